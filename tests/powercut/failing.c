/* SPDX-License-Identifier: Apache-2.0 */
/* Calls of SQLite that fail; one that does has done nothing. Allocations: failing_memory.c. */
#include "tests/powercut/failing_internal.h"

#include <sqlite3.h>

#include <stdio.h>
#include <string.h>

static struct {
    calls_ask_fn *ask;
    void *context;
    int code;
    sqlite3 *answered; /* the connection whose last call failed on purpose, with code */
} failing;

void calls_ask(calls_ask_fn *ask, void *context)
{
    failing.ask = ask;
    failing.context = context;
}

int calls_ask_of(enum call_kind kind)
{
    return failing.ask ? failing.ask(failing.context, kind) : 0;
}

int __real_sqlite3_exec(sqlite3 *db, const char *sql, int (*row)(void *, int, char **, char **), void *context,
                        char **out_message);
int __wrap_sqlite3_exec(sqlite3 *db, const char *sql, int (*row)(void *, int, char **, char **), void *context,
                        char **out_message);
int __real_sqlite3_prepare_v3(sqlite3 *db, const char *sql, int len, unsigned flags, sqlite3_stmt **out_statement,
                              const char **out_tail);
int __wrap_sqlite3_prepare_v3(sqlite3 *db, const char *sql, int len, unsigned flags, sqlite3_stmt **out_statement,
                              const char **out_tail);
int __real_sqlite3_step(sqlite3_stmt *statement);
int __wrap_sqlite3_step(sqlite3_stmt *statement);
int __real_sqlite3_bind_int64(sqlite3_stmt *statement, int at, sqlite3_int64 value);
int __wrap_sqlite3_bind_int64(sqlite3_stmt *statement, int at, sqlite3_int64 value);
int __real_sqlite3_wal_checkpoint_v2(sqlite3 *db, const char *schema, int mode, int *out_log, int *out_moved);
int __wrap_sqlite3_wal_checkpoint_v2(sqlite3 *db, const char *schema, int mode, int *out_log, int *out_moved);
int __real_sqlite3_extended_errcode(sqlite3 *db);
int __wrap_sqlite3_extended_errcode(sqlite3 *db);

static bool fails(sqlite3 *db)
{
    failing.code = calls_ask_of(CALL_SQLITE);
    failing.answered = failing.code != 0 ? db : NULL;
    return failing.answered != NULL;
}

/* The mutants NORMAL and OFF: what the journal asks of SQLite, asked for less. */
static const char *weaken(const char *sql, char *out, size_t size)
{
    const char *full = strstr(sql, "synchronous=FULL");

    if (!full || (calls_mutant() != MUTANT_SYNC_NORMAL && calls_mutant() != MUTANT_SYNC_OFF))
        return sql;
    (void)snprintf(out, size, "%.*ssynchronous=%s", (int)(full - sql), sql,
                   calls_mutant() == MUTANT_SYNC_OFF ? "OFF" : "NORMAL");
    return out;
}

int __wrap_sqlite3_exec(sqlite3 *db, const char *sql, int (*row)(void *, int, char **, char **), void *context,
                        char **out_message)
{
    char text[200];

    if (fails(db))
        return failing.code;
    return __real_sqlite3_exec(db, weaken(sql, text, sizeof text), row, context, out_message);
}

int __wrap_sqlite3_prepare_v3(sqlite3 *db, const char *sql, int len, unsigned flags, sqlite3_stmt **out_statement,
                              const char **out_tail)
{
    if (fails(db)) {
        *out_statement = NULL;
        return failing.code;
    }
    return __real_sqlite3_prepare_v3(db, sql, len, flags, out_statement, out_tail);
}

int __wrap_sqlite3_step(sqlite3_stmt *statement)
{
    return fails(sqlite3_db_handle(statement)) ? failing.code : __real_sqlite3_step(statement);
}

int __wrap_sqlite3_bind_int64(sqlite3_stmt *statement, int at, sqlite3_int64 value)
{
    return fails(sqlite3_db_handle(statement)) ? failing.code : __real_sqlite3_bind_int64(statement, at, value);
}

int __wrap_sqlite3_wal_checkpoint_v2(sqlite3 *db, const char *schema, int mode, int *out_log, int *out_moved)
{
    return fails(db) ? failing.code : __real_sqlite3_wal_checkpoint_v2(db, schema, mode, out_log, out_moved);
}

int __wrap_sqlite3_extended_errcode(sqlite3 *db)
{
    return db && db == failing.answered ? failing.code : __real_sqlite3_extended_errcode(db);
}
