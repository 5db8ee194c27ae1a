/* SPDX-License-Identifier: Apache-2.0 */
#include "sync/central/store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sqlite3.h>

#include "agent/base/embedded.h"

extern const struct embedded_file schema_central[];

struct rows {
    sqlite3_stmt *stmt;
    struct store *store;
    bool busy; /* between store_select and rows_end */
    int rc;    /* of the last step */
};

struct store {
    sqlite3 *db;
    struct rows rows[STATEMENT_COUNT];
    int slots[STATEMENT_COUNT][STORE_PARAMETERS_MAX]; /* where $1, $2 ... of each statement are bound */
    bool in_transaction;
    bool failed;
};

#define SQL_OF(name, text)  [STATEMENT_##name] = text,
#define NAME_OF(name, text) [STATEMENT_##name] = #name,
static const char *const statement_sql[STATEMENT_COUNT] = {STATEMENTS(SQL_OF)};
static const char *const statement_names[STATEMENT_COUNT] = {STATEMENTS(NAME_OF)};

const char *statement_name(enum statement statement)
{
    return statement_names[statement];
}

const char *statement_text(enum statement statement)
{
    return statement_sql[statement];
}

struct store_value store_text(const char *text)
{
    return (struct store_value){.kind = STORE_TEXT, .bytes = text ? text : "", .len = text ? strlen(text) : 0};
}

static enum status status_of(int rc)
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

static enum status fault(struct store *store, int rc, const char *doing, struct errmsg *err)
{
    errmsg_set(err, "database: %s: %s", doing, sqlite3_errmsg(store->db));
    return status_of(rc);
}

static enum status run_text(struct store *store, const char *sql, const char *doing, struct errmsg *err)
{
    int rc = sqlite3_exec(store->db, sql, NULL, NULL, NULL);

    return rc == SQLITE_OK ? ST_OK : fault(store, rc, doing, err);
}

static enum status schema_version(struct store *store, int *out_version, struct errmsg *err)
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
static enum status migrate(struct store *store, struct errmsg *err)
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

/* "$2 ... $1" numbers parameters by first appearance, so each is looked up by its name. */
static enum status prepare(struct store *store, enum statement statement, struct errmsg *err)
{
    struct rows *rows = &store->rows[statement];
    int rc =
        sqlite3_prepare_v3(store->db, statement_sql[statement], -1, SQLITE_PREPARE_PERSISTENT, &rows->stmt, NULL);

    if (rc != SQLITE_OK)
        return fault(store, rc, statement_names[statement], err);
    rows->store = store;
    for (int i = 0; i < STORE_PARAMETERS_MAX; i++) {
        char name[16];

        (void)snprintf(name, sizeof(name), "$%d", i + 1);
        store->slots[statement][i] = sqlite3_bind_parameter_index(rows->stmt, name);
    }
    return ST_OK;
}

static enum status configure(struct store *store, struct errmsg *err)
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
        "PRAGMA foreign_keys = ON; PRAGMA trusted_schema = OFF; PRAGMA mmap_size = 0; PRAGMA cache_size = -65536;",
        "cannot be set up", err);
}

enum status store_open(const char *path, struct store **out_store, struct errmsg *err)
{
    struct store *store = calloc(1, sizeof(*store));
    enum status st = ST_OK;
    int rc;

    if (!store)
        return ST_NOMEM;
    rc = sqlite3_open_v2(path, &store->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, NULL);
    if (rc != SQLITE_OK)
        st = fault(store, rc, "cannot open", err);
    if (st == ST_OK)
        st = configure(store, err);
    if (st == ST_OK)
        st = migrate(store, err);
    for (int i = 0; st == ST_OK && i < STATEMENT_COUNT; i++)
        st = prepare(store, (enum statement)i, err);
    if (st != ST_OK) {
        errmsg_wrap(err, "%s", path);
        store_close(store);
        return st;
    }
    *out_store = store;
    return ST_OK;
}

void store_close(struct store *store)
{
    if (!store)
        return;
    for (int i = 0; i < STATEMENT_COUNT; i++)
        sqlite3_finalize(store->rows[i].stmt);
    sqlite3_close(store->db);
    free(store);
}

enum status store_begin(struct store *store, struct errmsg *err)
{
    enum status st = run_text(store, "BEGIN IMMEDIATE", "cannot begin", err);

    store->in_transaction = st == ST_OK;
    return st;
}

enum status store_commit(struct store *store, struct errmsg *err)
{
    enum status st = run_text(store, "COMMIT", "cannot commit", err);

    if (st == ST_IO || st == ST_CORRUPT)
        store->failed = true;
    if (st != ST_OK)
        store_rollback(store);
    store->in_transaction = false;
    return st;
}

void store_rollback(struct store *store)
{
    if (!store->in_transaction)
        return;
    (void)sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL); /* an automatic one may have come before */
    store->in_transaction = false;
}

enum status store_end(struct store *store, enum status st, struct errmsg *err)
{
    if (st == ST_OK)
        return store_commit(store, err);
    store_rollback(store);
    return st;
}

enum status store_mark(struct store *store, struct errmsg *err)
{
    return run_text(store, "SAVEPOINT mark", "cannot mark", err);
}

enum status store_mark_keep(struct store *store, struct errmsg *err)
{
    return run_text(store, "RELEASE mark", "cannot keep what was done", err);
}

enum status store_mark_undo(struct store *store, struct errmsg *err)
{
    return run_text(store, "ROLLBACK TO mark; RELEASE mark", "cannot undo", err);
}

bool store_has_failed(const struct store *store)
{
    return store->failed;
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

enum status store_select(struct store *store, enum statement statement, const struct store_value *values,
                         size_t count, struct rows **out_rows, struct errmsg *err)
{
    struct rows *rows = &store->rows[statement];

    if (rows->busy || count > STORE_PARAMETERS_MAX || (int)count != sqlite3_bind_parameter_count(rows->stmt)) {
        errmsg_set(err, "database: statement %s is used wrongly", statement_names[statement]);
        return ST_INTERNAL;
    }
    for (size_t i = 0; i < count; i++) {
        int rc = bind(rows->stmt, store->slots[statement][i], &values[i]);

        if (rc != SQLITE_OK) {
            sqlite3_clear_bindings(rows->stmt);
            return fault(store, rc, statement_names[statement], err);
        }
    }
    rows->busy = true;
    rows->rc = SQLITE_OK;
    *out_rows = rows;
    return ST_OK;
}

bool rows_next(struct rows *rows)
{
    if (rows->rc == SQLITE_OK || rows->rc == SQLITE_ROW)
        rows->rc = sqlite3_step(rows->stmt);
    return rows->rc == SQLITE_ROW;
}

int64_t rows_int(const struct rows *rows, int column)
{
    return sqlite3_column_int64(rows->stmt, column);
}

const char *rows_text(const struct rows *rows, int column)
{
    const unsigned char *text = sqlite3_column_text(rows->stmt, column);

    return text ? (const char *)text : "";
}

const void *rows_blob(const struct rows *rows, int column, size_t *out_len)
{
    const void *bytes = sqlite3_column_blob(rows->stmt, column);

    *out_len = (size_t)sqlite3_column_bytes(rows->stmt, column);
    return bytes ? bytes : "";
}

enum status rows_end(struct rows *rows, struct errmsg *err)
{
    enum status st = ST_OK;

    if (rows->rc != SQLITE_OK && rows->rc != SQLITE_ROW && rows->rc != SQLITE_DONE)
        st = fault(rows->store, rows->rc, statement_names[rows - rows->store->rows], err);
    (void)sqlite3_reset(rows->stmt);
    (void)sqlite3_clear_bindings(rows->stmt);
    rows->busy = false;
    return st;
}

enum status store_run(struct store *store, enum statement statement, const struct store_value *values, size_t count,
                      int64_t *out_changed, struct errmsg *err)
{
    struct rows *rows;
    int64_t changed;
    enum status st = store_select(store, statement, values, count, &rows, err);

    if (st != ST_OK)
        return st;
    while (rows_next(rows))
        continue;
    changed = sqlite3_changes64(store->db);
    st = rows_end(rows, err);
    if (st == ST_OK && out_changed)
        *out_changed = changed;
    return st;
}

enum status store_number(struct store *store, enum statement statement, const struct store_value *values,
                         size_t count, int64_t *out_number, struct errmsg *err)
{
    struct rows *rows;
    int64_t number = 0;
    bool found;
    enum status st = store_select(store, statement, values, count, &rows, err);

    if (st != ST_OK)
        return st;
    found = rows_next(rows);
    if (found)
        number = rows_int(rows, 0);
    while (rows_next(rows)) /* a statement that writes and answers must run to its end */
        continue;
    st = rows_end(rows, err);
    if (st != ST_OK)
        return st;
    if (!found) {
        errmsg_set(err, "not found");
        return ST_NOT_FOUND;
    }
    *out_number = number;
    return ST_OK;
}

enum status store_next_change(struct store *store, int64_t *out_change, struct errmsg *err)
{
    return store_number(store, STATEMENT_CHANGE_NEXT, NULL, 0, out_change, err);
}

enum status store_last_change(struct store *store, int64_t *out_change, struct errmsg *err)
{
    return store_number(store, STATEMENT_CHANGE_LAST, NULL, 0, out_change, err);
}
