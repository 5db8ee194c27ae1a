/* SPDX-License-Identifier: Apache-2.0 */
/*
 * simulation - a chain under everything that may happen to it, by seeds.
 *
 *   test_simulation [--seeds N] [--seconds S] [--first X] [--jobs N] [--seed X] [--show] [--no-mutants]
 *
 * --seed runs that one twice and compares what happened, event by event. Ends with 1 when a promise was broken, and
 * prints the seed.
 */
#include "tests/powercut/must.h"
#include "tests/simulation/runs.h"

#include <sqlite3.h>

#include <getopt.h>
#include <inttypes.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct stage *the_stage; /* held until the end of the program */

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
                                                   "not carried over",
                                                   "ended epoch not asked for",
                                                   "points expired twice"};
    bool all = true;

    for (int mutant = 1; mutant < SIM_MUTANTS; mutant++) {
        uint64_t seed = 0;

        do
            stage_live(stage, ++seed, (enum sim_mutant)mutant, false);
        while (stage->world.wrong[0] == '\0' && seed < 1000);
        all = all && stage->world.wrong[0] != '\0';
        (void)printf("mutant %-24s %s seed %" PRIu64 ": %s\n", names[mutant],
                     stage->world.wrong[0] ? "found with" : "NOT FOUND up to", seed, stage->world.wrong);
        (void)fflush(stdout);
    }
    return all;
}

struct options {
    struct runs_options runs;
    bool one, mutants, show;
};

static int64_t read_number(const char *text, int64_t max)
{
    char *end;
    long long number = strtoll(text, &end, 10);

    if (*text == '\0' || *end != '\0' || number < 0 || number > max) {
        (void)fprintf(stderr, "simulation: %s is no number from 0 to %" PRId64 "\n", text, max);
        exit(2);
    }
    return number;
}

/* A word it does not know ends it: a run of other seeds than were asked for proves nothing. */
static struct options read_options(int argc, char **argv)
{
    static const struct option known[] = {
        {"seeds", required_argument, NULL, 'n'}, {"seconds", required_argument, NULL, 's'},
        {"first", required_argument, NULL, 'f'}, {"seed", required_argument, NULL, 'o'},
        {"jobs", required_argument, NULL, 'j'},  {"show", no_argument, NULL, 'w'},
        {"no-mutants", no_argument, NULL, 'm'},  {0}};
    struct options options = {.runs = {.seeds = 2000, .first = 1, .seconds = 1e9, .jobs = 1}, .mutants = true};
    int option;

    while ((option = getopt_long(argc, argv, "", known, NULL)) != -1) {
        if (option == 'n')
            options.runs.seeds = read_number(optarg, INT32_MAX);
        else if (option == 's')
            options.runs.seconds = (double)read_number(optarg, INT32_MAX);
        else if (option == 'f' || option == 'o')
            options.runs.first = (uint64_t)read_number(optarg, INT64_MAX);
        else if (option == 'j')
            options.runs.jobs = (int)read_number(optarg, RUNS_JOBS_MAX);
        else if (option == '?')
            exit(2); /* said by getopt_long */
        options.one |= option == 'o';
        options.show |= option == 'w';
        options.mutants &= option != 'm';
    }
    if (optind < argc) {
        (void)fprintf(stderr, "simulation: %s is no option\n", argv[optind]);
        exit(2);
    }
    if (options.runs.jobs < 1)
        options.runs.jobs = 1;
    return options;
}

/* Twice: what happens must be the same. */
static bool run_one(struct stage *stage, const struct options *options)
{
    const struct sim_world *world = &stage->world;
    uint64_t digest;

    stage_live(stage, options->runs.first, SIM_REAL, options->show);
    digest = world->digest;
    stage_live(stage, options->runs.first, SIM_REAL, false);
    (void)printf("seed %" PRIu64 ": %" PRId64 " events, digest %016" PRIx64 ", again %016" PRIx64 ": %s\n",
                 options->runs.first, world->happened, digest, world->digest,
                 world->wrong[0] ? world->wrong : "every promise held");
    return world->wrong[0] == '\0' && digest == world->digest;
}

/* Half of a seed's time went into memory that was given back and asked for again, and locks that nobody waits for. */
static void use_little(void)
{
    (void)mallopt(M_MMAP_THRESHOLD, 1 << 30);
    (void)mallopt(M_TRIM_THRESHOLD, 1 << 30);
    must(sqlite3_config(SQLITE_CONFIG_SINGLETHREAD) == SQLITE_OK &&
             sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0) == SQLITE_OK,
         "SQLite without locks");
}

int main(int argc, char **argv)
{
    struct options options = read_options(argc, argv);
    bool good = true;

    the_stage = must_alloc(sizeof *the_stage);
    use_little();
    disk_install();
    stage_set_up(the_stage);
    if (options.one)
        return run_one(the_stage, &options) ? 0 : 1;
    if (options.mutants)
        good = prove(the_stage);
    return runs_all(the_stage, &options.runs) && good ? 0 : 1;
}
