/* SPDX-License-Identifier: Apache-2.0 */
/*
 * steps - work in bulk as one step after the other: each changes rows of one till and of one member at most, and is
 * whole by itself, so that the work may end between any two and is gone on with by what the rows say.
 *
 * That many share a transaction spares commits and nothing else. Where the database is spread over several machines
 * by till and member (docs/scaling.md), central.together_max is 1 and each step is a transaction: what one member or
 * till leaves to be done for another is then noted with it (due.h), or the record comes again (interpret.h). Two
 * members who become one (merge.h) are the only exception.
 */
#ifndef LOYALD_CENTRAL_STEPS_H
#define LOYALD_CENTRAL_STEPS_H

#include "sync/central/central.h"

/* How many of many may share a transaction; at least 1. */
int steps_together(const struct central *central, int many);
/* Each is a transaction of its own. */
bool steps_are_apart(const struct central *central);

/* Inside a transaction. *out_found is false when nothing was left to do. */
typedef enum status step_fn(void *context, bool *out_found, struct errmsg *err);
/* Does steps until one finds nothing or max are done, and tells the tills. A fault leaves what was committed before.
 * *out_count (may be NULL) is how many were done. */
enum status steps_run(struct central *central, int max, step_fn *step, void *context, int64_t *out_count,
                      struct errmsg *err);

#endif
