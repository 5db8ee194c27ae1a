/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/powercut/calls.h"

#include "agent/base/errmsg.h"
#include "agent/base/status.h"
#include "agent/db/cache.h"
#include "agent/db/journal.h"
#include "agent/net/loop.h"
#include "tests/powercut/disk.h"
#include "tests/powercut/history.h"
#include "tests/powercut/must.h"

#include <sqlite3.h>

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct {
    enum mutant mutant;
    struct history *history;
    char last_log[300];
    bool show_log;
} calls;

const char *mutant_name(enum mutant mutant)
{
    static const char *const names[MUTANT_COUNT] = {
        [MUTANT_NONE] = "the real one, FULL",         [MUTANT_SYNC_NORMAL] = "synchronous NORMAL",
        [MUTANT_SYNC_OFF] = "synchronous OFF",        [MUTANT_ANSWER_FIRST] = "answer before commit",
        [MUTANT_PRINT_FIRST] = "print before commit", [MUTANT_ACK_FIRST] = "ack before store",
        [MUTANT_CURSOR_FIRST] = "cursor before rows", [MUTANT_NO_DEDUP] = "a sale committed twice",
        [MUTANT_OTHER_BYTES] = "other bytes stored",  [MUTANT_PRUNE_FIRST] = "pruned before it is counted",
    };

    return mutant < MUTANT_COUNT ? names[mutant] : NULL;
}

void calls_set_mutant(enum mutant mutant)
{
    calls.mutant = mutant;
}

enum mutant calls_mutant(void)
{
    return calls.mutant;
}

void calls_watch(struct history *history)
{
    calls.history = history;
}

/* ---- the journal ---- */

enum status __real_journal_append(struct journal *journal, const char *type, uint64_t hlc, const char *bytes,
                                  size_t len, struct errmsg *err);
enum status __wrap_journal_append(struct journal *journal, const char *type, uint64_t hlc, const char *bytes,
                                  size_t len, struct errmsg *err);

/* One byte of the body is another one. */
static enum status append_other(struct journal *journal, const char *type, uint64_t hlc, const char *bytes,
                                size_t len, struct errmsg *err)
{
    char *copy = must_alloc(len);
    enum status st;

    memcpy(copy, bytes, len);
    copy[len - 3] = ' ';
    st = __real_journal_append(journal, type, hlc, copy, len, err);
    free(copy);
    return st;
}

enum status __wrap_journal_append(struct journal *journal, const char *type, uint64_t hlc, const char *bytes,
                                  size_t len, struct errmsg *err)
{
    struct history *history = calls.history;
    bool is_sale = strcmp(type, "sale") == 0 && history->committing >= 0;
    struct journal_head head;
    enum status st;

    /* A journal that refuses all that writes, and a process without power, attempt nothing. */
    if (journal_failed(journal) || (disk_mounted() && disk_is_off(disk_mounted())))
        return __real_journal_append(journal, type, hlc, bytes, len, err);
    journal_head(journal, &head);
    history_attempt(history, head.position + 1, type, bytes, len);
    if (is_sale && calls.mutant == MUTANT_ANSWER_FIRST)
        history->sales[history->committing].answered = true;
    if (is_sale && calls.mutant == MUTANT_PRINT_FIRST)
        history->sales[history->committing].prints++;
    if (is_sale && calls.mutant == MUTANT_OTHER_BYTES)
        st = append_other(journal, type, hlc, bytes, len, err);
    else
        st = __real_journal_append(journal, type, hlc, bytes, len, err);
    if (st == ST_OK)
        history_returned(history, head.position + 1);
    return st;
}

enum status __real_cache_find_sale(struct cache *cache, const char *sale_id, int64_t *out_position,
                                   struct errmsg *err);
enum status __wrap_cache_find_sale(struct cache *cache, const char *sale_id, int64_t *out_position,
                                   struct errmsg *err);

enum status __wrap_cache_find_sale(struct cache *cache, const char *sale_id, int64_t *out_position,
                                   struct errmsg *err)
{
    if (calls.mutant == MUTANT_NO_DEDUP)
        return ST_NOT_FOUND;
    return __real_cache_find_sale(cache, sale_id, out_position, err);
}

/* ---- workers ---- */

enum { WORK_MAX = 8 };

static struct {
    void (*work)(void *context);
    void (*done)(void *context);
    void *context;
} queue[WORK_MAX];
static int queued;

enum status __wrap_loop_work(struct loop *loop, void (*work)(void *context), void (*done)(void *context),
                             void *context);

enum status __wrap_loop_work(struct loop *loop, void (*work)(void *context), void (*done)(void *context),
                             void *context)
{
    (void)loop;
    must(queued < WORK_MAX, "more work than the queue holds");
    queue[queued].work = work;
    queue[queued].done = done;
    queue[queued++].context = context;
    return ST_OK;
}

void calls_run_work(void)
{
    while (queued > 0) {
        void (*work)(void *context) = queue[0].work;
        void (*done)(void *context) = queue[0].done;
        void *context = queue[0].context;

        memmove(queue, queue + 1, (size_t)--queued * sizeof queue[0]);
        work(context);
        done(context);
    }
}

/* ---- the log ---- */

__attribute__((format(printf, 2, 3))) void __wrap_log_error(const char *area, const char *format, ...);
__attribute__((format(printf, 2, 3))) void __wrap_log_warn(const char *area, const char *format, ...);
__attribute__((format(printf, 2, 3))) void __wrap_log_info(const char *area, const char *format, ...);

__attribute__((format(printf, 2, 0))) static void take_log(const char *area, const char *format, va_list args)
{
    int len = snprintf(calls.last_log, sizeof calls.last_log, "%s: ", area);

    (void)vsnprintf(calls.last_log + len, sizeof calls.last_log - (size_t)len, format, args);
    if (calls.show_log)
        (void)fprintf(stderr, "%s\n", calls.last_log);
}

void __wrap_log_error(const char *area, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    take_log(area, format, args);
    va_end(args);
}

void __wrap_log_warn(const char *area, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    take_log(area, format, args);
    va_end(args);
}

void __wrap_log_info(const char *area, const char *format, ...)
{
    (void)area;
    (void)format;
}

const char *calls_last_log(void)
{
    return calls.last_log;
}

void calls_show_log(bool show)
{
    calls.show_log = show;
}
