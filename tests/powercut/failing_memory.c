/* SPDX-License-Identifier: Apache-2.0 */
/* Allocations: those that fail, and those that nobody frees. */
#include "tests/powercut/failing_internal.h"
#include "tests/powercut/must.h"
#include "tests/support/wrapped_memory.h"

#include <cjson/cJSON.h>
#include <sqlite3.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- what is held: a table by address, each piece at its slot or behind it without a gap ---- */

enum { HELD_MAX = 1 << 14 };

static struct {
    bool on;
    int64_t count, sqlite_count, sqlite_before;
    struct {
        const void *memory, *caller;
    } pieces[HELD_MAX];
} held;

static size_t slot_of(const void *memory)
{
    return (size_t)(((uintptr_t)memory >> 4) * UINT64_C(0x9e3779b97f4a7c15) >> 50) % HELD_MAX;
}

static void *hold(void *memory, const void *caller)
{
    size_t at = slot_of(memory);

    if (!held.on || !memory)
        return memory;
    must(++held.count < HELD_MAX / 4 * 3, "more pieces of memory are held than the table has room for");
    while (held.pieces[at].memory)
        at = (at + 1) % HELD_MAX;
    held.pieces[at].memory = memory;
    held.pieces[at].caller = caller;
    return memory;
}

/* Those behind the gap move up when they could not be found across it. */
static void close_gap(size_t gap)
{
    size_t at = gap;

    held.pieces[gap].memory = NULL;
    for (at = (at + 1) % HELD_MAX; held.pieces[at].memory; at = (at + 1) % HELD_MAX) {
        size_t from = slot_of(held.pieces[at].memory);

        if ((at - from) % HELD_MAX < (at - gap) % HELD_MAX)
            continue;
        held.pieces[gap] = held.pieces[at];
        held.pieces[at].memory = NULL;
        gap = at;
    }
}

/* What was there before, or came from elsewhere, is not in the table. */
static void release(const void *memory)
{
    size_t at = slot_of(memory);

    if (!held.on || !memory)
        return;
    while (held.pieces[at].memory && held.pieces[at].memory != memory)
        at = (at + 1) % HELD_MAX;
    if (!held.pieces[at].memory)
        return;
    held.count--;
    close_gap(at);
}

void calls_hold(void)
{
    memset(held.pieces, 0, sizeof held.pieces);
    held.on = true;
    held.count = 0;
    held.sqlite_before = held.sqlite_count;
}

int64_t calls_held(const void **out_caller)
{
    *out_caller = NULL;
    for (size_t i = 0; i < HELD_MAX && held.count > 0; i++) {
        if (held.pieces[i].memory)
            *out_caller = held.pieces[i].caller;
    }
    held.on = false;
    return held.count + held.sqlite_count - held.sqlite_before;
}

/* ---- the program's own ---- */

char *__real_strdup(const char *text);
char *__wrap_strdup(const char *text);
char *__real_strndup(const char *text, size_t len);
char *__wrap_strndup(const char *text, size_t len);

static bool fails(void)
{
    if (calls_ask_of(CALL_MEMORY) == 0)
        return false;
    errno = ENOMEM;
    return true;
}

void *__wrap_malloc(size_t size)
{
    return fails() ? NULL : hold(__real_malloc(size), __builtin_return_address(0));
}

void *__wrap_calloc(size_t count, size_t size)
{
    return fails() ? NULL : hold(__real_calloc(count, size), __builtin_return_address(0));
}

void *__wrap_realloc(void *memory, size_t size)
{
    void *grown;

    if (fails())
        return NULL;
    release(memory);
    grown = __real_realloc(memory, size);
    must(grown != NULL || size == 0, "out of memory");
    return hold(grown, __builtin_return_address(0));
}

char *__wrap_strdup(const char *text)
{
    return fails() ? NULL : hold(__real_strdup(text), __builtin_return_address(0));
}

char *__wrap_strndup(const char *text, size_t len)
{
    return fails() ? NULL : hold(__real_strndup(text, len), __builtin_return_address(0));
}

void __wrap_free(void *memory)
{
    release(memory);
    __real_free(memory);
}

/* ---- SQLite's allocator works with sizes; it stays, and is only asked less often ---- */

static sqlite3_mem_methods memory_of_sqlite;

static void *sqlite_malloc(int size)
{
    void *memory = calls_ask_of(CALL_MEMORY) != 0 ? NULL : memory_of_sqlite.xMalloc(size);

    held.sqlite_count += memory != NULL;
    return memory;
}

static void sqlite_free(void *memory)
{
    held.sqlite_count -= memory != NULL;
    memory_of_sqlite.xFree(memory);
}

static void *sqlite_realloc(void *memory, int size)
{
    return calls_ask_of(CALL_MEMORY) != 0 ? NULL : memory_of_sqlite.xRealloc(memory, size);
}

void calls_install(void)
{
    static cJSON_Hooks hooks = {__wrap_malloc, __wrap_free};
    sqlite3_mem_methods asked;

    cJSON_InitHooks(&hooks);
    must(sqlite3_config(SQLITE_CONFIG_GETMALLOC, &memory_of_sqlite) == SQLITE_OK, "SQLite shows no allocator");
    asked = memory_of_sqlite;
    asked.xMalloc = sqlite_malloc;
    asked.xFree = sqlite_free;
    asked.xRealloc = sqlite_realloc;
    must(sqlite3_config(SQLITE_CONFIG_MALLOC, &asked) == SQLITE_OK, "SQLite takes no allocator");
    must(sqlite3_config(SQLITE_CONFIG_SINGLETHREAD) == SQLITE_OK &&
             sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0) == SQLITE_OK,
         "SQLite keeps its locks and sums");
    /* The small pieces it keeps for itself would hide most of the calls. */
    must(sqlite3_config(SQLITE_CONFIG_LOOKASIDE, 0, 0) == SQLITE_OK, "SQLite keeps its lookaside memory");
}

/* ---- the test's own ---- */

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
