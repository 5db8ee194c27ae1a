/* SPDX-License-Identifier: Apache-2.0 */
/*
 * counting - books what was accepted (journal.h), behind a cursor of each till: device.counted follows device.acked.
 *
 * A transaction takes the next records of one till, in their order, and moves that till's cursor with what it booked:
 * so each record is booked once, whatever ends this process or the server in between, and by whichever of several
 * processes. What cannot be understood becomes a dead letter and counts. Tills take turns.
 *
 * A record is of one till and of one member at most, and changes rows of those two only (docs/scaling.md). That many
 * records share a transaction spares commits and nothing else: where steps are apart (steps.h) each has its own, and
 * what that one may not hold is done in others before or behind it; it comes to the same books.
 *
 * To the books a record that is accepted and not yet counted is one that is still on its way: leases, holds and
 * balances are decided by what is counted, in the one line of transactions, so nothing is promised twice. Questions
 * that should not be behind call counting_catch_up first.
 */
#ifndef LOYALD_CENTRAL_COUNTING_H
#define LOYALD_CENTRAL_COUNTING_H

#include "sync/central/device.h"

struct loop;
struct counting;

enum {
    /* Of a transaction: twice as many share the pages that they change, and more would let a till wait. */
    COUNTING_RECORDS_MAX = 1000,
    COUNTING_BYTES_MAX = 2 * 1024 * 1024, /* of a transaction; one record however long */
    COUNTING_BEFORE_QUESTION = 500,       /* records; a till waits for its answer 300 ms */
};

/* One transaction of one till. *out_count is how many records it booked; 0: none wait; -1: another process is at it.
 */
enum status counting_step(struct central *central, int64_t *out_count, struct errmsg *err);
/* All that wait: for commands. */
enum status counting_run(struct central *central, struct errmsg *err);
/* Before a question of a till: books at most COUNTING_BEFORE_QUESTION. *out_all (may be NULL) says whether nothing
 * was left. A fault is not this question's; it is logged, and what is booked is answered from. */
void counting_catch_up(struct central *central, bool *out_all);

/* Books what is accepted, a transaction each turn of the loop, soon after central_tell_accepted; looks by itself for
 * what other processes, or one that was ended, left. Borrows both. */
enum status counting_create(struct loop *loop, struct central *central, struct counting **out_counting,
                            struct errmsg *err);
void counting_destroy(struct counting *counting); /* accepts NULL */

#endif
