/* SPDX-License-Identifier: Apache-2.0 */
/*
 * points - the calls of an hour that can fail, one at a time.
 *
 * The hour is lived once without a failure. At each call that is to fail the process forks: in the child it fails,
 * and the child lives the hour to its end and is judged; the parent waits for it and goes on as if nothing had been.
 * So what lies before a point is paid for once, and a crash is one point's, not the run's. The rest of most hours is
 * brief (hour.h); of each 16th point, of the disk's each fourth, it is whole.
 */
#ifndef LOYALD_TESTS_POWERCUT_POINTS_H
#define LOYALD_TESTS_POWERCUT_POINTS_H

#include "tests/powercut/hour.h"

enum asked { ASKED_MEMORY, ASKED_SQLITE, ASKED_READ, ASKED_WRITE, ASKED_SYNC, ASKED_COUNT };

struct kind {
    const char *name;
    enum asked asked;
    int code; /* SQLite's */
    enum disk_fault fault;
    bool stays; /* until the agent is started anew */
    bool first; /* in the hour of the till's first start */
};

enum { KINDS = 17 };
extern const struct kind kinds[KINDS];

struct points {
    struct hour *hour;
    uint64_t seed;
    /* Which: of those of each kind so many, evenly spread; of all these, numbered as they come, every parts-th from
     * part on, and none before the number from. */
    int64_t shares[KINDS];
    int64_t part, parts, from;

    bool first;                  /* the hour that is being lived */
    int64_t counts[ASKED_COUNT]; /* calls in it so far */
    int64_t calls[KINDS];        /* in a whole hour, by points_count */
    int64_t number;              /* of the last point */
    int64_t done, broken, done_of[KINDS];
    double began_s;
    /* In a child: the point that fails in it. */
    const struct kind *failing;
    int64_t nth;
    struct verdict *verdict; /* shared with it */
};

/* Counts the calls of each kind; false when the hour goes wrong without a failure. */
bool points_count(struct points *points);
/* Lets each chosen one fail in turn, prints how far it has come and what is broken. */
void points_try(struct points *points);
/* One point, in this process. NULL when all is well. */
const char *points_try_one(struct points *points, const struct kind *kind, int64_t nth);

#endif
