/* SPDX-License-Identifier: Apache-2.0 */
/*
 * calls - what stands between the till's parts in these programs, put there by the linker (--wrap): it sees what is
 * written, breaks a promise on demand to show that the check finds it (a mutant), and makes the nth call fail.
 *
 * Production code has no switch for any of this.
 */
#ifndef LOYALD_TESTS_POWERCUT_CALLS_H
#define LOYALD_TESTS_POWERCUT_CALLS_H

#include <stdbool.h>
#include <stdint.h>

struct history;

enum mutant {
    MUTANT_NONE,
    MUTANT_SYNC_NORMAL,  /* journal.db with synchronous NORMAL */
    MUTANT_SYNC_OFF,     /* ... OFF */
    MUTANT_ANSWER_FIRST, /* the caller is answered before the commit */
    MUTANT_PRINT_FIRST,  /* the receipt is printed before the commit */
    MUTANT_ACK_FIRST,    /* the central acks before it has stored */
    MUTANT_CURSOR_FIRST, /* the cursor of what came down is stored before the rows */
    MUTANT_NO_DEDUP,     /* a sale that was committed before is not recognised */
    MUTANT_OTHER_BYTES,  /* what is stored is not what was given */
    MUTANT_PRUNE_FIRST,  /* a record goes when it is acked, counted or not */
    MUTANT_COUNT
};

/* In words, for the report; NULL past the last. */
const char *mutant_name(enum mutant mutant);
void calls_set_mutant(enum mutant mutant);
enum mutant calls_mutant(void);
/* Where what is seen is noted; borrows. */
void calls_watch(struct history *history);

/* ---- failing calls ---- */
enum call_kind { CALL_MEMORY, CALL_SQLITE };
/* Asked of each allocation and call of SQLite what becomes of it: 0, it goes on; else it fails, SQLite's with that
 * code. NULL: all go on. Allocates nothing itself. */
typedef int calls_ask_fn(void *context, enum call_kind kind);
void calls_ask(calls_ask_fn *ask, void *context);
/* Routes the allocations of SQLite and cJSON through the asked ones; before anything else is called. */
void calls_install(void);

/* ---- leaks: what the agent's own code, SQLite and cJSON allocate from calls_hold on ---- */
void calls_hold(void);
/* How much of it was not freed, and stops looking; where the first piece was asked for (for addr2line), NULL when it
 * was SQLite. */
int64_t calls_held(const void **out_caller);

/* Work that was given to a worker, done here and now, in order. */
void calls_run_work(void);

/* The last error that was logged; the log itself stays silent. */
const char *calls_last_log(void);
void calls_show_log(bool show);

#endif
