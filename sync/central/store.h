/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store - the central's database behind a small face: SQLite, embedded, or a PostgreSQL that several central
 * processes share.
 *
 * Every statement has a name in statements.h and takes $1, $2 ...; there is no other SQL. One connection, used from
 * the loop's thread. Transactions that write come one after the other, also those of several processes: each sees all
 * that the ones before it did, so change numbers become visible in their order. Only store_transact_apart stands in
 * no line.
 *
 * A failing disk is not argued with: when a commit fails for it, store_has_failed is true from then on, and the
 * server ends; what was not committed was not answered. A PostgreSQL that cannot be reached is waited for: ST_AGAIN
 * in words, and the next statement tries again. Every wait for it ends by itself.
 */
#ifndef LOYALD_CENTRAL_STORE_H
#define LOYALD_CENTRAL_STORE_H

#include "agent/base/errmsg.h"
#include "agent/base/status.h"
#include "sync/central/statements.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct store;
struct rows;

enum { STORE_PARAMETERS_MAX = 24 };

enum store_value_kind { STORE_NULL, STORE_INT, STORE_TEXT, STORE_BLOB };
struct store_value {
    enum store_value_kind kind;
    int64_t number;
    const void *bytes; /* borrowed until the statement ends */
    size_t len;
};

#define V_NULL       ((struct store_value){.kind = STORE_NULL})
#define V_INT(value) ((struct store_value){.kind = STORE_INT, .number = (value)})
#define V_TEXT(text) store_text(text)
#define V_BLOB(p, n) ((struct store_value){.kind = STORE_BLOB, .bytes = (p), .len = (n)})
struct store_value store_text(const char *text);

/* Opens or makes the database and brings its schema up to date; refuses one of a later version. place is the path of
 * a file, or postgres://USER@HOST/DATABASE as libpq reads it. */
enum status store_open(const char *place, struct store **out_store, struct errmsg *err);
void store_close(struct store *store); /* accepts NULL */
bool store_is_url(const char *place);
/* True when other processes may write to it too: what they changed is looked for, not told. */
bool store_is_shared(const struct store *store);

/* A transaction that may write. Not nested. store_rollback never fails and does nothing outside of one. ST_AGAIN from
 * any statement of it, or from the commit: nothing of it was written, and the whole may be repeated. ST_TIMEOUT from
 * the commit: whether it was written could not be learnt. */
enum status store_begin(struct store *store, struct errmsg *err);
enum status store_commit(struct store *store, struct errmsg *err);
void store_rollback(struct store *store);
/* Ends it as st says: commits after ST_OK, else rolls back. Answers st, or what kept the commit from being made. */
enum status store_end(struct store *store, enum status st, struct errmsg *err);
/* Runs body within a transaction and commits it when it answers ST_OK; on ST_AGAIN the whole is repeated, some times
 * and some seconds at most. So body begins from what it was given each time. The first
 * attempt makes no marks, to undo one makes the body be repeated with them. Where the database is a server, the
 * statements of the first attempt that answer nothing are sent without waiting, and a fault of one makes the body
 * be repeated, slower, to meet it where it comes up. */
typedef enum status store_body(void *context, struct errmsg *err);
enum status store_transact(struct store *store, store_body *body, void *context, struct errmsg *err);
/* Likewise, out of the line of those that write: for rows of one till, which the body locks by that till's own row
 * first. It takes no change number. */
enum status store_transact_apart(struct store *store, store_body *body, void *context, struct errmsg *err);
/* As store_transact when no other process is writing; *out_ran is false when one is. */
enum status store_transact_if_free(struct store *store, store_body *body, void *context, bool *out_ran,
                                   struct errmsg *err);
/* From here on all is read as of one moment; nothing is written until the end. Not within a transaction. */
enum status store_snapshot_begin(struct store *store, struct errmsg *err);
void store_snapshot_end(struct store *store);
/*
 * Who keeps in memory what a transaction changes of some tables (sheet.h). Asked to write it before each statement
 * that may read or change the same rows, before a mark and before the commit; told to forget it when it is undone. To
 * be asked is the rule: a statement is let by when lets says so of it, because what it reads and writes is elsewhere.
 */
struct store_keeper {
    bool keeps; /* the keeper's own; nothing is asked of it while false, so also not by what it writes */
    bool lets[STATEMENT_COUNT];
    enum status (*write)(struct store_keeper *keeper, struct errmsg *err);
    void (*forget)(struct store_keeper *keeper);
};
/* Borrows keeper, which outlives the store or is replaced by NULL. */
void store_set_keeper(struct store *store, struct store_keeper *keeper);
/* Asks for it now. */
enum status store_write_kept(struct store *store, struct errmsg *err);
bool store_in_transaction(const struct store *store);
/* Marks a place to go back to within the transaction, for one record of a batch. */
enum status store_mark(struct store *store, struct errmsg *err);
enum status store_mark_keep(struct store *store, struct errmsg *err);
enum status store_mark_undo(struct store *store, struct errmsg *err);
bool store_has_failed(const struct store *store);

/* What is due once an hour: where the journal is kept by months, this month's table and the next two are made. */
enum status store_upkeep(struct store *store, int64_t now_us, struct errmsg *err);
/* A copy of the whole database to a file that is not there yet, while it is in use: a part with each step, what is
 * written meanwhile is in it. The file gets its name when it is whole. ST_UNSUPPORTED in words where the database is
 * a server, whose own tools do it. The store outlives the backup; store_backup_end accepts NULL. */
struct store_backup;
enum status store_backup_begin(struct store *store, const char *path, struct store_backup **out_backup,
                               struct errmsg *err);
/* Both 0 before the first step; done == all: it is whole. */
enum status store_backup_step(struct store_backup *backup, int64_t *out_done, int64_t *out_all, struct errmsg *err);
void store_backup_end(struct store_backup *backup);

/* Runs a statement that answers nothing of interest. out_changed (may be NULL) is the number of rows written.
 * ST_CONFLICT when a unique or foreign key stands against it. */
enum status store_run(struct store *store, enum statement statement, const struct store_value *values, size_t count,
                      int64_t *out_changed, struct errmsg *err);
/* Starts a statement that answers rows. *out_rows is valid until rows_end, which must come before the same statement
 * is started again. */
enum status store_select(struct store *store, enum statement statement, const struct store_value *values,
                         size_t count, struct rows **out_rows, struct errmsg *err);
/* True when there is another row. Views of it are valid until the next call. */
bool rows_next(struct rows *rows);
int64_t rows_int(const struct rows *rows, int column);
const char *rows_text(const struct rows *rows, int column); /* "" for null */
const void *rows_blob(const struct rows *rows, int column, size_t *out_len);
/* Says whether all rows were read without a fault. */
enum status rows_end(struct rows *rows, struct errmsg *err);

/* The same question so many times over, each with as many values; take gets the rows of each in turn (rows_next, and
 * what follows it) and asks nothing itself. */
typedef enum status store_take(void *context, size_t at, struct rows *rows, struct errmsg *err);
struct store_each {
    enum statement statement;
    const struct store_value *values; /* count times each */
    size_t each, count;
    store_take *take;
    void *context;
};
/* All of them in one way there and back, in their order. Not for what statements of this transaction wrote since
 * store_flush. */
enum status store_select_each(struct store *store, const struct store_each *asks, size_t count, struct errmsg *err);
/* What was put together to be sent is sent. */
enum status store_flush(struct store *store, struct errmsg *err);

/* The values written out, counted by the compiler. */
#define STORE_VALUES(...)                                                                                            \
    (const struct store_value[]){__VA_ARGS__},                                                                       \
        sizeof((const struct store_value[]){__VA_ARGS__}) / sizeof(struct store_value)
#define STORE_RUN(store, statement, err, ...) store_run(store, statement, STORE_VALUES(__VA_ARGS__), NULL, err)
#define STORE_SELECT(store, statement, out_rows, err, ...)                                                           \
    store_select(store, statement, STORE_VALUES(__VA_ARGS__), out_rows, err)

/* The one number a statement answers; ST_NOT_FOUND when it answers no row. */
enum status store_number(struct store *store, enum statement statement, const struct store_value *values,
                         size_t count, int64_t *out_number, struct errmsg *err);
#define STORE_NUMBER(store, statement, out_number, err, ...)                                                         \
    store_number(store, statement, STORE_VALUES(__VA_ARGS__), out_number, err)

/* The next value of the change counter, inside a transaction. */
enum status store_next_change(struct store *store, int64_t *out_change, struct errmsg *err);
enum status store_last_change(struct store *store, int64_t *out_change, struct errmsg *err);

#endif
