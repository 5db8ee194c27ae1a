/* SPDX-License-Identifier: Apache-2.0 */
/* The embedded engine: one file, one connection, the only process that writes. */
#include "sync/central/store_engine.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sqlite3.h>

#include "agent/base/embedded.h"

extern const struct embedded_file schema_central[];

struct sqlite_rows {
    struct rows base;
    sqlite3_stmt *stmt;
    int rc; /* of the last step */
};

struct sqlite_store {
    struct store base;
    sqlite3 *db;
    struct sqlite_rows rows[STATEMENT_COUNT];
    int slots[STATEMENT_COUNT][STORE_PARAMETERS_MAX]; /* where $1, $2 ... of each statement are bound */
};

static struct sqlite_store *of_store(struct store *store)
{
    return (struct sqlite_store *)store;
}

enum status store_sqlite_status(int rc)
{
    switch (rc & 0xff) {
    case SQLITE_OK:
    case SQLITE_ROW:
    case SQLITE_DONE:
        return ST_OK;
    case SQLITE_CONSTRAINT:
        return ST_CONFLICT;
    case SQLITE_NOMEM:
        return ST_NOMEM;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        return ST_CORRUPT;
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
    case SQLITE_READONLY:
    case SQLITE_FULL: /* the disk: no record's fault */
        return ST_IO;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return ST_AGAIN;
    default:
        return ST_INTERNAL;
    }
}

static enum status fault(struct sqlite_store *store, int rc, const char *doing, struct errmsg *err)
{
    errmsg_set(err, "database: %s: %s", doing, sqlite3_errmsg(store->db));
    return store_sqlite_status(rc);
}

static enum status run_text(struct sqlite_store *store, const char *sql, const char *doing, struct errmsg *err)
{
    int rc = sqlite3_exec(store->db, sql, NULL, NULL, NULL);

    return rc == SQLITE_OK ? ST_OK : fault(store, rc, doing, err);
}

static enum status schema_version(struct sqlite_store *store, int *out_version, struct errmsg *err)
{
    sqlite3_stmt *stmt = NULL;
    int rc = sqlite3_prepare_v2(store->db, "PRAGMA user_version", -1, &stmt, NULL);

    if (rc == SQLITE_OK)
        rc = sqlite3_step(stmt);
    if (rc == SQLITE_ROW)
        *out_version = sqlite3_column_int(stmt, 0);
    sqlite3_finalize(stmt);
    return rc == SQLITE_ROW ? ST_OK : fault(store, rc, "cannot read its version", err);
}

/* Migrations are numbered from 1 in the order of the table; each is one transaction with the version it brings. */
static enum status migrate(struct sqlite_store *store, struct errmsg *err)
{
    int version = 0, last = 0;
    enum status st = schema_version(store, &version, err);

    if (st != ST_OK)
        return st;
    while (schema_central[last].name)
        last++;
    if (version > last) {
        errmsg_set(err, "database is of schema %d, this program knows up to %d: install the later version", version,
                   last);
        return ST_UNSUPPORTED;
    }
    for (; version < last; version++) {
        char mark[64];

        (void)snprintf(mark, sizeof(mark), "PRAGMA user_version = %d", version + 1);
        st = run_text(store, "BEGIN IMMEDIATE", "cannot begin a migration", err);
        if (st == ST_OK)
            st = run_text(store, schema_central[version].text, schema_central[version].name, err);
        if (st == ST_OK)
            st = run_text(store, mark, "cannot mark a migration", err);
        if (st == ST_OK)
            st = run_text(store, "COMMIT", "cannot commit a migration", err);
        if (st != ST_OK) {
            (void)sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL);
            return st;
        }
    }
    return ST_OK;
}

/* At its first use: a start that prepares all of them is a good part slower. "$2 ... $1" numbers parameters by first
 * appearance, so each is looked up by its name. */
static enum status prepare(struct sqlite_store *store, enum statement statement, struct errmsg *err)
{
    struct sqlite_rows *rows = &store->rows[statement];
    int rc;

    if (rows->stmt)
        return ST_OK;
    rc = sqlite3_prepare_v3(store->db, statement_text(statement), -1, SQLITE_PREPARE_PERSISTENT, &rows->stmt, NULL);
    if (rc != SQLITE_OK)
        return fault(store, rc, statement_name(statement), err);
    rows->base = (struct rows){.store = &store->base, .statement = statement};
    for (int i = 0; i < STORE_PARAMETERS_MAX; i++) {
        char name[16];

        (void)snprintf(name, sizeof(name), "$%d", i + 1);
        store->slots[statement][i] = sqlite3_bind_parameter_index(rows->stmt, name);
    }
    return ST_OK;
}

static enum status configure(struct sqlite_store *store, struct errmsg *err)
{
    (void)sqlite3_extended_result_codes(store->db, 0);
    (void)sqlite3_db_config(store->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    (void)sqlite3_db_config(store->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    (void)sqlite3_db_config(store->db, SQLITE_DBCONFIG_DQS_DML, 0, NULL);
    (void)sqlite3_db_config(store->db, SQLITE_DBCONFIG_DQS_DDL, 0, NULL);
    (void)sqlite3_busy_timeout(store->db, 5000);
    return run_text(
        store,
        "PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
        "PRAGMA foreign_keys = ON; PRAGMA trusted_schema = OFF; PRAGMA mmap_size = 0; PRAGMA cache_size = -65536;"
        "PRAGMA temp_store = MEMORY;"        /* also what a mark keeps to go back to */
        "PRAGMA wal_autocheckpoint = 32768;" /* 128 MiB: a page that many batches change is copied back once for all
                                              */
        ,
        "cannot be set up", err);
}

static void sqlite_close(struct store *base)
{
    struct sqlite_store *store = of_store(base);

    for (int i = 0; i < STATEMENT_COUNT; i++)
        sqlite3_finalize(store->rows[i].stmt);
    sqlite3_close(store->db);
    free(store);
}

/* What is read is this process's own: nobody writes between two statements. So all ways to write are one. */
static enum status sqlite_begin(struct store *base, enum store_way way, struct errmsg *err)
{
    return run_text(of_store(base), way == STORE_READING ? "BEGIN" : "BEGIN IMMEDIATE", "cannot begin", err);
}

static enum status sqlite_commit(struct store *base, struct errmsg *err)
{
    enum status st = run_text(of_store(base), "COMMIT", "cannot commit", err);

    if (st == ST_IO || st == ST_CORRUPT)
        base->failed = true;
    return st;
}

static void sqlite_rollback(struct store *base)
{
    (void)sqlite3_exec(of_store(base)->db, "ROLLBACK", NULL, NULL, NULL); /* an automatic one may have come before */
}

static enum status sqlite_mark(struct store *base, enum store_mark_act act, struct errmsg *err)
{
    switch (act) {
    case STORE_MARK:
        return run_text(of_store(base), "SAVEPOINT mark", "cannot mark", err);
    case STORE_MARK_KEEP:
        return run_text(of_store(base), "RELEASE mark", "cannot keep what was done", err);
    case STORE_MARK_UNDO:
        return run_text(of_store(base), "ROLLBACK TO mark; RELEASE mark", "cannot undo", err);
    }
    return ST_INTERNAL;
}

static int bind(sqlite3_stmt *stmt, int slot, const struct store_value *value)
{
    switch (value->kind) {
    case STORE_NULL:
        return sqlite3_bind_null(stmt, slot);
    case STORE_INT:
        return sqlite3_bind_int64(stmt, slot, value->number);
    case STORE_TEXT:
        return sqlite3_bind_text64(stmt, slot, value->bytes, value->len, SQLITE_STATIC, SQLITE_UTF8);
    case STORE_BLOB:
        return sqlite3_bind_blob64(stmt, slot, value->bytes ? value->bytes : "", value->len, SQLITE_STATIC);
    }
    return SQLITE_MISUSE;
}

static enum status sqlite_select(struct store *base, enum statement statement, const struct store_value *values,
                                 size_t count, struct rows **out_rows, struct errmsg *err)
{
    struct sqlite_store *store = of_store(base);
    struct sqlite_rows *rows = &store->rows[statement];
    enum status st = prepare(store, statement, err);

    if (st != ST_OK)
        return st;
    if (rows->base.busy || (int)count != sqlite3_bind_parameter_count(rows->stmt))
        return store_misused(statement, err);
    for (size_t i = 0; i < count; i++) {
        int rc = bind(rows->stmt, store->slots[statement][i], &values[i]);

        if (rc != SQLITE_OK) {
            sqlite3_clear_bindings(rows->stmt);
            return fault(store, rc, statement_name(statement), err);
        }
    }
    rows->base.busy = true;
    rows->rc = SQLITE_OK;
    *out_rows = &rows->base;
    return ST_OK;
}

static bool sqlite_next(struct rows *base)
{
    struct sqlite_rows *rows = (struct sqlite_rows *)base;

    if (rows->rc == SQLITE_OK || rows->rc == SQLITE_ROW)
        rows->rc = sqlite3_step(rows->stmt);
    return rows->rc == SQLITE_ROW;
}

static int64_t sqlite_integer(const struct rows *base, int column)
{
    return sqlite3_column_int64(((const struct sqlite_rows *)base)->stmt, column);
}

static const char *sqlite_text(const struct rows *base, int column)
{
    const unsigned char *text = sqlite3_column_text(((const struct sqlite_rows *)base)->stmt, column);

    return text ? (const char *)text : "";
}

static const void *sqlite_blob(const struct rows *base, int column, size_t *out_len)
{
    sqlite3_stmt *stmt = ((const struct sqlite_rows *)base)->stmt;
    const void *bytes = sqlite3_column_blob(stmt, column);

    *out_len = (size_t)sqlite3_column_bytes(stmt, column);
    return bytes ? bytes : "";
}

static enum status sqlite_end(struct rows *base, struct errmsg *err)
{
    struct sqlite_rows *rows = (struct sqlite_rows *)base;
    enum status st = ST_OK;

    if (rows->rc != SQLITE_OK && rows->rc != SQLITE_ROW && rows->rc != SQLITE_DONE)
        st = fault(of_store(base->store), rows->rc, statement_name(base->statement), err);
    (void)sqlite3_reset(rows->stmt);
    (void)sqlite3_clear_bindings(rows->stmt);
    base->busy = false;
    return st;
}

static enum status ask_each(struct store *base, const struct store_each *ask, struct errmsg *err)
{
    enum status st = ST_OK, end;

    for (size_t i = 0; st == ST_OK && i < ask->count; i++) {
        struct rows *rows;

        st = sqlite_select(base, ask->statement, ask->values + i * ask->each, ask->each, &rows, err);
        if (st != ST_OK)
            break;
        st = ask->take(ask->context, i, rows, err);
        end = sqlite_end(rows, st == ST_OK ? err : NULL);
        st = st == ST_OK ? end : st;
    }
    return st;
}

static enum status sqlite_select_each(struct store *base, const struct store_each *asks, size_t count,
                                      struct errmsg *err)
{
    enum status st = ST_OK;

    for (size_t i = 0; st == ST_OK && i < count; i++)
        st = ask_each(base, &asks[i], err);
    return st;
}

static enum status sqlite_run(struct store *base, enum statement statement, const struct store_value *values,
                              size_t count, int64_t *out_changed, struct errmsg *err)
{
    struct rows *rows;
    int64_t changed;
    enum status st = sqlite_select(base, statement, values, count, &rows, err);

    if (st != ST_OK)
        return st;
    while (sqlite_next(rows))
        continue;
    changed = sqlite3_changes64(of_store(base)->db);
    st = sqlite_end(rows, err);
    if (st == ST_OK && out_changed)
        *out_changed = changed;
    return st;
}

enum status store_sqlite_open(const char *path, struct store **out_store, struct errmsg *err)
{
    static const struct store_engine engine = {.close = sqlite_close,
                                               .begin = sqlite_begin,
                                               .commit = sqlite_commit,
                                               .rollback = sqlite_rollback,
                                               .mark = sqlite_mark,
                                               .select = sqlite_select,
                                               .run = sqlite_run,
                                               .next = sqlite_next,
                                               .integer = sqlite_integer,
                                               .text = sqlite_text,
                                               .blob = sqlite_blob,
                                               .end = sqlite_end,
                                               .select_each = sqlite_select_each};
    struct sqlite_store *store = calloc(1, sizeof(*store));
    enum status st = ST_OK;
    int rc;

    if (!store)
        return ST_NOMEM;
    store->base.engine = &engine;
    (void)sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0); /* a lock a call, for figures nobody asks; too late: no harm */
    rc = sqlite3_open_v2(path, &store->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, NULL);
    if (rc != SQLITE_OK)
        st = fault(store, rc, "cannot open", err);
    if (st == ST_OK)
        st = configure(store, err);
    if (st == ST_OK)
        st = migrate(store, err);
    if (st != ST_OK) {
        errmsg_wrap(err, "%s", path);
        sqlite_close(&store->base);
        return st;
    }
    *out_store = &store->base;
    return ST_OK;
}

sqlite3 *store_sqlite_handle(struct store *store)
{
    return store->engine->shared ? NULL : of_store(store)->db;
}
