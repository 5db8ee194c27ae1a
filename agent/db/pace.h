/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pace - how much work one turn of the loop bears, learnt from how long the turns before took.
 *
 * A disk is as fast as it is, and not the same from minute to minute: a turn that took longer than the limit makes
 * those after it smaller at once, so that they would take half of it; one that did all it might in less than that
 * makes the next a little larger. So a single stall costs some twenty turns at a smaller size, and a slow disk
 * keeps its size. Never less than PACE_MIN: where even that takes longer, it is the disk's time for anything at all,
 * which less work would not make shorter; and a load must end. Arithmetic only.
 */
#ifndef LOYALD_DB_PACE_H
#define LOYALD_DB_PACE_H

#include <stdint.h>

enum { PACE_MIN = 64, PACE_START = 100, PACE_MAX = 400 };

struct pace {
    int units; /* that the next turn may do, PACE_MIN to PACE_MAX */
};
#define PACE_INIT ((struct pace){PACE_START})

/* A turn with so many units (1 or more) took so long. */
void pace_learn(struct pace *pace, int done, int64_t took_ns, int64_t limit_ns);

#endif
