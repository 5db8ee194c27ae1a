/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store_engine - what a database does for store.c. Used by store.c and the engines only.
 *
 * An engine's own struct store_* begins with struct store, its rows with struct rows; each statement has one place
 * for its rows, so that starting it twice is seen.
 */
#ifndef LOYALD_CENTRAL_STORE_ENGINE_H
#define LOYALD_CENTRAL_STORE_ENGINE_H

#include "sync/central/store.h"

enum store_mark_act { STORE_MARK, STORE_MARK_KEEP, STORE_MARK_UNDO };
enum store_way {
    STORE_IN_LINE, /* one writer after the other */
    STORE_IF_FREE, /* the same, or ST_CONFLICT when another process is writing */
    STORE_APART,   /* writes, out of line */
    STORE_READING, /* a snapshot that stays as it is, and nothing is written */
};

struct store_engine {
    void (*close)(struct store *store);
    enum status (*begin)(struct store *store, enum store_way way, struct errmsg *err);
    enum status (*commit)(struct store *store, struct errmsg *err);
    void (*rollback)(struct store *store);
    enum status (*mark)(struct store *store, enum store_mark_act act, struct errmsg *err);
    enum status (*select)(struct store *store, enum statement statement, const struct store_value *values,
                          size_t count, struct rows **out_rows, struct errmsg *err);
    enum status (*run)(struct store *store, enum statement statement, const struct store_value *values, size_t count,
                       int64_t *out_changed, struct errmsg *err);
    bool (*next)(struct rows *rows);
    int64_t (*integer)(const struct rows *rows, int column);
    const char *(*text)(const struct rows *rows, int column);
    const void *(*blob)(const struct rows *rows, int column, size_t *out_len);
    enum status (*end)(struct rows *rows, struct errmsg *err);
    enum status (*select_each)(struct store *store, const struct store_each *asks, size_t count, struct errmsg *err);
    enum status (*flush)(struct store *store, struct errmsg *err);
    enum status (*upkeep)(struct store *store, int64_t now_us, struct errmsg *err); /* NULL: nothing is ever due */
    bool shared; /* other processes may write to it too */
};

struct store {
    const struct store_engine *engine;
    struct store_keeper *keeper; /* or NULL */
    bool in_transaction;
    bool failed;
    bool apart;
    bool deferring; /* see store_transact: no marks are made, and a server is not waited for */
    /* The change counter is this transaction's alone: it is counted here and written once, with the commit. */
    bool change_known, change_moved;
    int64_t change, change_at_mark;
};

struct rows {
    struct store *store;
    enum statement statement;
    bool busy; /* between store_select and rows_end */
};

enum status store_sqlite_open(const char *path, struct store **out_store, struct errmsg *err);
enum status store_pg_open(const char *url, struct store **out_store, struct errmsg *err);

/* For store_backup.c, the one that knows what is behind the file: NULL when it is none. */
struct sqlite3 *store_sqlite_handle(struct store *store);
enum status store_sqlite_status(int rc);

/* Says that a statement was given what it does not take. */
enum status store_misused(enum statement statement, struct errmsg *err);

#endif
