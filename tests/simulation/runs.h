/* SPDX-License-Identifier: Apache-2.0 */
/*
 * runs - many seeds, one after the other, by as many processes as there are jobs: each takes the next seed that
 * nobody has. The first broken promise ends them all, and is printed with the command that shows it again.
 */
#ifndef LOYALD_TESTS_SIMULATION_RUNS_H
#define LOYALD_TESTS_SIMULATION_RUNS_H

#include "tests/simulation/stage.h"

enum { RUNS_JOBS_MAX = 64 };

struct runs_options {
    int64_t seeds;
    uint64_t first;
    double seconds; /* no seed is begun after that */
    int jobs;
};

/* True when every promise held; prints what there was of everything. */
bool runs_all(struct stage *stage, const struct runs_options *options);

#endif
