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
    static const char *const names[SIM_MUTANTS] = {"",
                                                   "no deduplication",
                                                   "ack before store",
                                                   "seq at send",
                                                   "hold released by timer",
                                                   "lease released by timer",
                                                   "pruned before counted",
                                                   "balance applied twice",
                                                   "promised twice",
                                                   "floor limits not kept",
                                                   "lease given anew",
                                                   "lease ended by wall clock",
                                                   "put back, grants early",
                                                   "fork not noticed",
                                                   "counted in both lives",
                                                   "not carried over"};
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

struct options {
    int64_t seeds;
    uint64_t first;
    double seconds;
    bool one, mutants, show;
};

static struct options read_options(int argc, char **argv)
{
    struct options options = {.seeds = 2000, .first = 1, .seconds = 1e9, .mutants = true};

    for (int i = 1; i < argc; i++) {
        const char *value = i + 1 < argc ? argv[i + 1] : "0";

        if (strcmp(argv[i], "--seeds") == 0)
            options.seeds = strtoll(value, NULL, 10);
        else if (strcmp(argv[i], "--seconds") == 0)
            options.seconds = (double)strtoll(value, NULL, 10);
        else if (strcmp(argv[i], "--first") == 0 || strcmp(argv[i], "--seed") == 0)
            options.first = strtoull(value, NULL, 10);
        options.one |= strcmp(argv[i], "--seed") == 0;
        options.show |= strcmp(argv[i], "--show") == 0;
        options.mutants &= strcmp(argv[i], "--no-mutants") != 0;
    }
    return options;
}

/* Twice: what happens must be the same. */
static bool run_one(struct stage *stage, const struct options *options)
{
    const struct sim_world *world = &stage->world;
    uint64_t digest;

    stage_live(stage, options->first, SIM_REAL, options->show);
    digest = world->digest;
    stage_live(stage, options->first, SIM_REAL, false);
    (void)printf("seed %" PRIu64 ": %" PRId64 " events, digest %016" PRIx64 ", again %016" PRIx64 ": %s\n",
                 options->first, world->happened, digest, world->digest,
                 world->wrong[0] ? world->wrong : "every promise held");
    return world->wrong[0] == '\0' && digest == world->digest;
}

/* What there is a sum of. */
struct sums {
    int64_t answered, returned, faults, cuts, happened, grants, claims, by_hold, by_lease, by_floor, written_off;
    int64_t forks, carried, both, behind;
};

static void add(struct sums *sums, const struct sim_world *world)
{
    sums->answered += world->answered;
    sums->returned += world->returned;
    sums->faults += world->faults;
    sums->cuts += world->cuts;
    sums->happened += world->happened;
    sums->grants += world->grants;
    sums->claims += world->claims;
    sums->by_hold += world->by_hold;
    sums->by_lease += world->by_lease;
    sums->by_floor += world->by_floor;
    sums->written_off += world->written_off;
    sums->forks += world->forks;
    sums->carried += world->carried;
    sums->both += world->both;
    sums->behind += world->behind;
}

static bool run_all(struct stage *stage, const struct options *options)
{
    struct sums sums = {0};
    double began = now_s();
    int64_t run = 0;

    for (; run < options->seeds && now_s() - began < options->seconds; run++) {
        uint64_t seed = options->first + (uint64_t)run;

        stage_live(stage, seed, SIM_REAL, false);
        if (stage->world.wrong[0] != '\0') {
            (void)printf("BROKEN: %s\n  again: test_simulation --seed %" PRIu64 "\n", stage->world.wrong, seed);
            return false;
        }
        add(&sums, &stage->world);
        if (run % 1000 == 999) {
            (void)printf("%" PRId64 " seeds, %.0f s\n", run + 1, now_s() - began);
            (void)fflush(stdout);
        }
    }
    (void)printf("%" PRId64 " seeds from %" PRIu64 " on in %.0f s: %" PRId64 " sales answered, %" PRId64
                 " returns, %" PRId64 " grants, %" PRId64 " claims, %" PRId64 " network faults, %" PRId64
                 " power cuts, %" PRId64 " events\n",
                 run, options->first, now_s() - began, sums.answered, sums.returned, sums.grants, sums.claims,
                 sums.faults, sums.cuts, sums.happened);
    (void)printf("histories split %" PRId64 ", records carried %" PRId64 ", of them in both lives %" PRId64
                 ", batches sent behind another %" PRId64 "\n",
                 sums.forks, sums.carried, sums.both, sums.behind);
    (void)printf("points spent by hold %" PRId64 ", by lease %" PRId64 ", up to the floor %" PRId64
                 ", of what was written off %" PRId64 "; every promise held\n",
                 sums.by_hold, sums.by_lease, sums.by_floor, sums.written_off);
    return true;
}

int main(int argc, char **argv)
{
    struct options options = read_options(argc, argv);
    bool good = true;

    the_stage = must_alloc(sizeof *the_stage);
    disk_install();
    stage_set_up(the_stage);
    if (options.one)
        return run_one(the_stage, &options) ? 0 : 1;
    if (options.mutants)
        good = prove(the_stage);
    return run_all(the_stage, &options) && good ? 0 : 1;
}
