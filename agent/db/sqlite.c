/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/db/sqlite.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum status sqlite_status(int code)
{
    if (code == SQLITE_IOERR_NOMEM)
        return ST_NOMEM;
    switch (code & 0xff) {
    case SQLITE_OK:
    case SQLITE_ROW:
    case SQLITE_DONE:
        return ST_OK;
    case SQLITE_FULL:
        return ST_FULL;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        return ST_CORRUPT;
    case SQLITE_BUSY:
    case SQLITE_CONSTRAINT:
        return ST_CONFLICT;
    case SQLITE_LOCKED:
        return ST_AGAIN;
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
        return ST_IO;
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH:
        return ST_DENIED;
    case SQLITE_NOMEM:
        return ST_NOMEM;
    case SQLITE_TOOBIG:
        return ST_RANGE;
    default:
        return ST_INTERNAL; /* a mistake in our SQL or in its use */
    }
}

enum status sqlite_fail(const struct sqlite *db, const char *what, struct errmsg *err)
{
    int code = sqlite3_extended_errcode(db->handle), system = sqlite3_system_errno(db->handle);
    enum status st = sqlite_status(code);

    /* SQLite knows ENOSPC as a full disk; a quota is one too. Nothing was committed in either case. */
    if (code == SQLITE_IOERR_WRITE && (system == EDQUOT || system == ENOSPC))
        st = ST_FULL;
    if ((st == ST_IO || st == ST_DENIED) && system != 0)
        errmsg_set(err, "%s: %s: %s: %s", db->name, what, sqlite3_errmsg(db->handle), strerror(system));
    else
        errmsg_set(err, "%s: %s: %s", db->name, what, sqlite3_errmsg(db->handle));
    return st == ST_OK ? ST_INTERNAL : st;
}

struct sqlite_value value_text(const char *text)
{
    return (struct sqlite_value){SQLITE_TEXT, 0, text, strlen(text)};
}

enum status sqlite_exec(struct sqlite *db, const char *sql, struct errmsg *err)
{
    if (sqlite3_exec(db->handle, sql, NULL, NULL, NULL) == SQLITE_OK)
        return ST_OK;
    return sqlite_fail(db, "running a script", err);
}

enum status sqlite_prepare(struct sqlite *db, const char *sql, sqlite3_stmt **out_statement, struct errmsg *err)
{
    if (sqlite3_prepare_v3(db->handle, sql, -1, SQLITE_PREPARE_PERSISTENT, out_statement, NULL) == SQLITE_OK)
        return ST_OK;
    *out_statement = NULL;
    return sqlite_fail(db, sql, err);
}

enum status sqlite_lend(struct sqlite *db, const char *sql, sqlite3_stmt **kept, sqlite3_stmt **out_statement,
                        struct errmsg *err)
{
    if (!*kept)
        return sqlite_prepare(db, sql, out_statement, err);
    *out_statement = *kept;
    *kept = NULL;
    return ST_OK;
}

void sqlite_give_back(sqlite3_stmt **kept, sqlite3_stmt *statement)
{
    sqlite_reset(statement);
    if (*kept)
        (void)sqlite3_finalize(statement); /* repeats the failure that sqlite_step has told already */
    else
        *kept = statement;
}

static int bind_one(sqlite3_stmt *statement, int at, const struct sqlite_value *value)
{
    switch (value->type) {
    case SQLITE_INTEGER:
        return sqlite3_bind_int64(statement, at, value->integer);
    case SQLITE_TEXT:
        return sqlite3_bind_text64(statement, at, value->bytes, value->len, SQLITE_STATIC, SQLITE_UTF8);
    case SQLITE_BLOB:
        /* A NULL pointer would bind NULL; an empty blob is not that. */
        return sqlite3_bind_blob64(statement, at, value->len ? value->bytes : "", value->len, SQLITE_STATIC);
    default:
        return sqlite3_bind_null(statement, at);
    }
}

enum status sqlite_bind(struct sqlite *db, sqlite3_stmt *statement, const struct sqlite_value *values, int count,
                        struct errmsg *err)
{
    for (int i = 0; i < count; i++)
        if (bind_one(statement, i + 1, &values[i]) != SQLITE_OK)
            return sqlite_fail(db, "binding a value", err);
    return ST_OK;
}

enum status sqlite_step(struct sqlite *db, sqlite3_stmt *statement, struct errmsg *err)
{
    switch (sqlite3_step(statement)) {
    case SQLITE_ROW:
        return ST_OK;
    case SQLITE_DONE:
        return ST_NOT_FOUND;
    default:
        return sqlite_fail(db, sqlite3_sql(statement), err);
    }
}

void sqlite_reset(sqlite3_stmt *statement)
{
    (void)sqlite3_reset(statement); /* repeats the failure that sqlite_step has told already */
    (void)sqlite3_clear_bindings(statement);
}

enum status sqlite_query(struct sqlite *db, sqlite3_stmt *statement, const struct sqlite_value *values, int count,
                         struct errmsg *err)
{
    enum status st = sqlite_bind(db, statement, values, count, err);

    if (st == ST_OK)
        st = sqlite_step(db, statement, err);
    if (st != ST_OK)
        sqlite_reset(statement);
    return st;
}

enum status sqlite_run(struct sqlite *db, sqlite3_stmt *statement, const struct sqlite_value *values, int count,
                       struct errmsg *err)
{
    enum status st = sqlite_query(db, statement, values, count, err);

    if (st == ST_NOT_FOUND)
        return ST_OK;
    if (st == ST_OK) {
        sqlite_reset(statement);
        errmsg_set(err, "%s: a statement that should give no rows gave one", db->name);
        return ST_INTERNAL;
    }
    return st;
}

enum status sqlite_get_int(struct sqlite *db, const char *sql, int64_t *out_value, struct errmsg *err)
{
    sqlite3_stmt *statement;
    enum status st = sqlite_prepare(db, sql, &statement, err);

    if (st != ST_OK)
        return st;
    st = sqlite_step(db, statement, err);
    if (st == ST_OK)
        *out_value = sqlite3_column_int64(statement, 0);
    (void)sqlite3_finalize(statement);
    return st;
}

enum status sqlite_begin(struct sqlite *db, struct errmsg *err)
{
    return sqlite_exec(db, "SAVEPOINT step", err);
}

enum status sqlite_commit(struct sqlite *db, struct errmsg *err)
{
    if (sqlite3_exec(db->handle, "RELEASE step", NULL, NULL, NULL) == SQLITE_OK)
        return ST_OK;
    return sqlite_fail(db, "commit", err);
}

void sqlite_undo(struct sqlite *db)
{
    if (!sqlite_in_transaction(db))
        return;
    if (sqlite3_exec(db->handle, "ROLLBACK TO step; RELEASE step", NULL, NULL, NULL) != SQLITE_OK)
        (void)sqlite3_exec(db->handle, "ROLLBACK", NULL, NULL,
                           NULL); /* all of it, then: the outer commit will fail */
}

enum status sqlite_end(struct sqlite *db, enum status st, struct errmsg *err)
{
    if (st == ST_OK)
        st = sqlite_commit(db, err);
    if (st != ST_OK)
        sqlite_undo(db);
    return st;
}

bool sqlite_in_transaction(const struct sqlite *db)
{
    return sqlite3_get_autocommit(db->handle) == 0;
}
