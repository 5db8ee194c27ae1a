/* SPDX-License-Identifier: Apache-2.0 */
/* The nth allocation and the nth call of SQLite that fail. */
#include "tests/powercut/calls.h"
#include "tests/powercut/must.h"
#include "tests/support/wrapped_memory.h"

#include <cjson/cJSON.h>
#include <sqlite3.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct {
    enum call_kind kind;
    int64_t nth, counts[CALL_SQLITE + 1];
    int code;
    bool failed;
    sqlite3 *answered; /* the connection whose last call failed on purpose */
} failing;

void calls_fail(enum call_kind kind, int64_t nth, int code)
{
    memset(&failing, 0, sizeof failing);
    failing.kind = kind;
    failing.nth = nth;
    failing.code = code;
}

int64_t calls_count(enum call_kind kind)
{
    return failing.counts[kind];
}

bool calls_failed(void)
{
    return failing.failed;
}

static bool is_due(enum call_kind kind)
{
    if (++failing.counts[kind] != failing.nth || failing.kind != kind)
        return false;
    failing.failed = true;
    return true;
}

/* ---- memory ---- */

char *__real_strdup(const char *text);
char *__wrap_strdup(const char *text);
char *__real_strndup(const char *text, size_t len);
char *__wrap_strndup(const char *text, size_t len);

static void *no_memory(void)
{
    errno = ENOMEM;
    return NULL;
}

void *__wrap_malloc(size_t size)
{
    return is_due(CALL_MALLOC) ? no_memory() : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return is_due(CALL_MALLOC) ? no_memory() : __real_calloc(count, size);
}

void *__wrap_realloc(void *memory, size_t size)
{
    return is_due(CALL_MALLOC) ? no_memory() : __real_realloc(memory, size);
}

char *__wrap_strdup(const char *text)
{
    return is_due(CALL_MALLOC) ? no_memory() : __real_strdup(text);
}

char *__wrap_strndup(const char *text, size_t len)
{
    return is_due(CALL_MALLOC) ? no_memory() : __real_strndup(text, len);
}

void must(bool holds, const char *what)
{
    if (!holds) {
        (void)fprintf(stderr, "powercut: %s\n", what);
        abort();
    }
}

void *must_alloc(size_t size)
{
    void *memory = __real_calloc(1, size);

    must(memory != NULL, "out of memory");
    return memory;
}

void *must_grow(void *memory, size_t size)
{
    memory = __real_realloc(memory, size);
    must(memory != NULL, "out of memory");
    return memory;
}

/* SQLite's own allocator works with sizes; it stays, and is only asked less often. */
static sqlite3_mem_methods memory_of_sqlite;

static void *sqlite_malloc(int size)
{
    return is_due(CALL_MALLOC) ? NULL : memory_of_sqlite.xMalloc(size);
}

static void *sqlite_realloc(void *memory, int size)
{
    return is_due(CALL_MALLOC) ? NULL : memory_of_sqlite.xRealloc(memory, size);
}

void calls_install(void)
{
    static cJSON_Hooks hooks = {__wrap_malloc, free};
    sqlite3_mem_methods counted;

    cJSON_InitHooks(&hooks);
    must(sqlite3_config(SQLITE_CONFIG_GETMALLOC, &memory_of_sqlite) == SQLITE_OK, "SQLite shows no allocator");
    counted = memory_of_sqlite;
    counted.xMalloc = sqlite_malloc;
    counted.xRealloc = sqlite_realloc;
    must(sqlite3_config(SQLITE_CONFIG_MALLOC, &counted) == SQLITE_OK, "SQLite takes no allocator");
    /* The small pieces it keeps for itself would hide most of the calls. */
    must(sqlite3_config(SQLITE_CONFIG_LOOKASIDE, 0, 0) == SQLITE_OK, "SQLite keeps its lookaside memory");
}

/* ---- SQLite: a call that fails has done nothing ---- */

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
    failing.answered = is_due(CALL_SQLITE) ? db : NULL;
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
