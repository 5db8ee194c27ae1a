/* SPDX-License-Identifier: Apache-2.0 */
/*
 * due - what a transaction of one member or till leaves to be done for others: a member's row that tills are to hear
 * of anew, sales of any till that waited for the card which got its member.
 *
 * Where steps share a transaction (steps.h) it is done at once. Else it is noted in the transaction that made it due,
 * and done by steps of its own right after; or by whoever looks next, when the process ended in between. Nothing is
 * done twice: what a step did is gone from the rows it read.
 */
#ifndef LOYALD_CENTRAL_DUE_H
#define LOYALD_CENTRAL_DUE_H

#include "sync/central/central.h"

/* Inside a transaction. */
enum status due_touch(struct central *central, const char *chain, const char *member, struct errmsg *err);
/* The card with that hash has its member. *out_posted: how many of its sales were posted at once. */
enum status due_attach(struct central *central, const char *chain, const char *hash, int64_t *out_posted,
                       struct errmsg *err);
/* A step (steps.h): one thing that is due, of one till and one member. *io_posted goes up by the sales it posted. */
enum status due_step(struct central *central, int64_t *io_posted, bool *out_found, struct errmsg *err);
/* All that is due; cheap when nothing is. Not within a transaction. */
enum status due_run(struct central *central, struct errmsg *err);

#endif
