/* SPDX-License-Identifier: Apache-2.0 */
/*
 * life - one till from its first start, or from a shop's day in the middle, through many power cuts. All that happens
 * follows from the seed.
 */
#ifndef LOYALD_TESTS_POWERCUT_LIFE_H
#define LOYALD_TESTS_POWERCUT_LIFE_H

#include "tests/powercut/shop.h"

struct life_totals {
    int64_t lives, cuts, cuts_opening, sales, answered, prints, records, checkpoints, rebuilds, retries, kills;
    int64_t branches; /* cuts and kills at moments of a day that went on */
};

struct bench; /* opaque: the disks and the history, made once and used for each life */

/* Sets up a till on image, with rules and members, and switches it off: what a life in the middle begins with. */
void make_image(const struct office *office, struct disk *image, struct history *history);

struct bench *bench_create(void);
void bench_destroy(struct bench *bench);
/* Lives one life of at most cuts_max cuts; adds to totals. Returns NULL, or the first promise that was broken (a view
 * until the next life). */
const char *bench_live(struct bench *bench, uint64_t seed, int64_t cuts_max, struct life_totals *totals);

/* One thing that may happen in a shop. steady: it is the same whatever the dice say, for counting calls. */
void script_step(struct shop *shop, struct dice *dice, struct life_totals *totals);
/* What the caller does after a restart: asks again for what it got no answer to. */
void script_retry(struct shop *shop, struct life_totals *totals);

#endif
