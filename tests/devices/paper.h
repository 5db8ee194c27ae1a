/* SPDX-License-Identifier: Apache-2.0 */
/*
 * paper - slips with numbers on them, and what of them has come out of a printer: which were begun, which are whole.
 */
#ifndef LOYALD_TESTS_PAPER_H
#define LOYALD_TESTS_PAPER_H

#include "drivers/sim/sim_slip.h"

#include <stdbool.h>
#include <stdint.h>

struct page;

struct paper_job {
    int begun, whole; /* times it is on the paper: its head; head, all lines and foot on a piece of its own */
    int lines;
    int sent;                              /* times its sending was written down */
    bool told, failed, confirmed, unknown; /* what the caller was told of it */
    bool orphaned; /* unknown, and then the agent was started anew: it does not know any more that this broke off */
};

struct paper {
    struct paper_job *jobs;
    int job_max;
    uint64_t bytes; /* of the text that came out */
};

bool paper_begin(struct paper *paper, int job_max);
void paper_end(struct paper *paper);
/* The slip of that number: a head, lines, codes, a foot, a cut. */
void paper_make(struct paper *paper, struct page *page, int job, int lines);
/* A piece that was cut off. Returns a view of what is wrong with it, NULL when it may be so: a whole slip hangs
 * together with nothing but parts of orphans. */
const char *paper_add(struct paper *paper, const struct slip *slip);
struct paper_job *paper_job(struct paper *paper, int job);

#endif
