/* SPDX-License-Identifier: Apache-2.0 */
/*
 * simulation - a chain under everything that may happen to it, by seeds.
 *
 *   test_simulation [--seeds N] [--seconds S] [--first X] [--seed X] [--show] [--no-mutants]
 *
 * --seed runs that one twice and compares what happened, event by event. Ends with 1 when a promise was broken, and
 * prints the seed.
 */
#include "tests/powercut/must.h"
#include "tests/simulation/stage.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static struct stage *the_stage; /* held until the end of the program */

static double now_s(void)
{
    struct timespec at;

    (void)clock_gettime(CLOCK_MONOTONIC, &at);
    return (double)at.tv_sec + (double)at.tv_nsec / 1e9;
}

static bool prove(struct stage *stage)
{
    static const char *const names[SIM_MUTANTS] = {"", "no deduplication", "ack before store",
                                                   "pruned before counted", "balance applied twice"};
    bool all = true;

    for (int mutant = 1; mutant < SIM_MUTANTS; mutant++) {
        uint64_t seed = 0;

        do
            stage_live(stage, ++seed, (enum sim_mutant)mutant, false);
        while (stage->world.wrong[0] == '\0' && seed < 400);
        all = all && stage->world.wrong[0] != '\0';
        (void)printf("mutant %-24s %s seed %" PRIu64 ": %s\n", names[mutant],
                     stage->world.wrong[0] ? "found with" : "NOT FOUND up to", seed, stage->world.wrong);
        (void)fflush(stdout);
    }
    return all;
}

int main(int argc, char **argv)
{
    struct stage *stage = must_alloc(sizeof *stage);
    int64_t seeds = 2000, faults = 0, cuts = 0, answered = 0, happened = 0;
    uint64_t first = 1, seed;
    double seconds = 1e9, began;
    bool one = false, mutants = true, show_it = false, good = true;

    for (int i = 1; i < argc; i++) {
        const char *value = i + 1 < argc ? argv[i + 1] : "0";

        if (strcmp(argv[i], "--seeds") == 0)
            seeds = strtoll(value, NULL, 10);
        else if (strcmp(argv[i], "--seconds") == 0)
            seconds = (double)strtoll(value, NULL, 10);
        else if (strcmp(argv[i], "--first") == 0 || strcmp(argv[i], "--seed") == 0)
            first = strtoull(value, NULL, 10);
        one = one || strcmp(argv[i], "--seed") == 0;
        show_it = show_it || strcmp(argv[i], "--show") == 0;
        mutants = mutants && strcmp(argv[i], "--no-mutants") != 0;
    }
    the_stage = stage;
    disk_install();
    stage_set_up(stage);
    if (one) {
        uint64_t digest;

        stage_live(stage, first, SIM_REAL, show_it);
        digest = stage->world.digest;
        stage_live(stage, first, SIM_REAL, false);
        good = stage->world.wrong[0] == '\0' && digest == stage->world.digest;
        (void)printf("seed %" PRIu64 ": %" PRId64 " events, digest %016" PRIx64 ", again %016" PRIx64 ": %s\n", first,
                     stage->world.happened, digest, stage->world.digest,
                     stage->world.wrong[0] ? stage->world.wrong : "every promise held");
        return good ? 0 : 1;
    }
    good = !mutants || prove(stage);
    began = now_s();
    for (seed = first; seed < first + (uint64_t)seeds && now_s() - began < seconds; seed++) {
        stage_live(stage, seed, SIM_REAL, false);
        faults += stage->world.faults;
        cuts += stage->world.cuts;
        answered += stage->world.answered;
        happened += stage->world.happened;
        if (stage->world.wrong[0] != '\0') {
            (void)printf("BROKEN: %s\n  again: test_simulation --seed %" PRIu64 "\n", stage->world.wrong, seed);
            return 1;
        }
        if ((seed - first + 1) % 1000 == 0) {
            (void)printf("%" PRIu64 " seeds, %.0f s\n", seed - first + 1, now_s() - began);
            (void)fflush(stdout);
        }
    }
    (void)printf("%" PRIu64 " seeds from %" PRIu64 " on in %.0f s: %" PRId64 " sales answered, %" PRId64
                 " network faults, %" PRId64 " power cuts, %" PRId64 " events; every promise held\n",
                 seed - first, first, now_s() - began, answered, faults, cuts, happened);
    return good ? 0 : 1;
}
