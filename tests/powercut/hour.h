/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hour - a shop's hour, the same each time: sales, prints, acks, rules, and a start in the middle. Calls may fail in
 * it; then the shop must sell on, the power goes, and what was promised must be there.
 *
 * It begins with a till that is set up and loses its power half-way, or with the very first start of one that stops
 * in good order. A brief one is over soon after the failure: the step in hand and two more, what got no answer asked
 * again, a power cut, a start, three steps, and then it is judged like a whole one.
 */
#ifndef LOYALD_TESTS_POWERCUT_HOUR_H
#define LOYALD_TESTS_POWERCUT_HOUR_H

#include "tests/powercut/calls.h"
#include "tests/powercut/disk.h"
#include "tests/powercut/life.h"

struct hour {
    struct office office;
    struct disk *disk, *image;
    struct history *history, *image_history;
    struct shop shop;
    struct life_totals totals;
    bool brief; /* from now on; each hour begins as a whole one */
    /* Who is asked of each call what becomes of it. */
    calls_ask_fn *ask_call;
    disk_ask_fn *ask_disk;
    void *context;
};

/* Sets up the till that hours begin with; once in a process. */
void hour_begin(struct hour *hour);
void hour_end(struct hour *hour);
/* NULL when all is well; a view until the next one. Nobody is asked after its second half, while it is judged. */
const char *hour_live(struct hour *hour, bool first_start, uint64_t seed);

#endif
