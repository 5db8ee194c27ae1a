/* SPDX-License-Identifier: Apache-2.0 */
/*
 * virtual_loop - agent/net/loop.h with a clock of its own: when nothing is ready it goes straight to the next timer.
 * Linked in place of the real one; so a wait of ten seconds costs a test nothing, and every wake-up is counted.
 */
#ifndef LOYALD_TESTS_VIRTUAL_LOOP_H
#define LOYALD_TESTS_VIRTUAL_LOOP_H

#include "agent/net/loop.h"

#include <stdbool.h>
#include <stdint.h>

/* Callbacks so far: of watches and of timers. */
int64_t virtual_loop_wakes(const struct loop *loop);
/* Who knows what is on its way through a pty says so: while the answer is true the clock waits for it, else it does
 * not wait at all. Without it each turn gives the ptys a little time. */
void virtual_loop_settle(struct loop *loop, bool (*on_its_way)(void *context), void *context);
/* Timers that are set: 0 means that this loop would sleep for ever. */
int virtual_loop_timers(const struct loop *loop);
/* inotify tells nothing from now on, as on a system without it: only timers find what comes. */
void virtual_loop_blind(struct loop *loop, bool blind);

#endif
