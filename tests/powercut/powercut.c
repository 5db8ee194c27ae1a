/* SPDX-License-Identifier: Apache-2.0 */
/*
 * powercut - cuts the power of a whole till at any write or sync, starts it again and checks what it promised.
 *
 *   test_powercut [--cuts N] [--seconds S] [--seed X] [--mutant NAME] [--life SEED] [--part 1|2]
 *
 * First it proves itself: it must find what weaker settings lose and what each mutant breaks. Then the real one must
 * break nothing. Ends with 1 when it does, and prints the seed of that life.
 */
#include "tests/powercut/calls.h"
#include "tests/powercut/life.h"

#include <sqlite3.h>

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { CUTS_A_LIFE = 250, MUTANT_CUTS_MAX = 20000, CUTS_A_LINE = 50000 };

struct options {
    int64_t cuts, seconds;
    uint64_t seed;
    int mutant;    /* only this one; -1: all */
    bool one_life; /* only the life of seed */
    int part;      /* of two that run beside each other: the first proves the mutants too; 0: alone */
};

static double now_s(void)
{
    struct timespec at;

    (void)clock_gettime(CLOCK_MONOTONIC, &at);
    return (double)at.tv_sec + (double)at.tv_nsec / 1e9;
}

/* Until so many cuts are made, or so much time has gone, or something is wrong. */
static const char *run(struct bench *bench, struct dice *seeds, int64_t cuts, double until_s,
                       struct life_totals *totals, uint64_t *out_seed)
{
    const char *wrong = NULL;

    while (!wrong && totals->cuts < cuts && now_s() < until_s) {
        int64_t lines = totals->cuts / CUTS_A_LINE;

        *out_seed = dice_bits(seeds);
        wrong = bench_live(bench, *out_seed, CUTS_A_LIFE, totals);
        if (totals->cuts / CUTS_A_LINE > lines) {
            (void)printf("  %" PRId64 " cuts\n", totals->cuts);
            (void)fflush(stdout);
        }
    }
    return wrong;
}

/* A mutant must be found, on a slow machine too: cuts bound the search, not time. */
static bool prove(struct bench *bench, enum mutant mutant, uint64_t seed)
{
    struct life_totals totals = {0};
    struct dice seeds = {seed};
    uint64_t life = 0;
    const char *wrong;

    calls_set_mutant(mutant);
    wrong = run(bench, &seeds, MUTANT_CUTS_MAX, HUGE_VAL, &totals, &life);
    calls_set_mutant(MUTANT_NONE);
    if (wrong)
        (void)printf("%-28s found after %" PRId64 " cuts: %s\n", mutant_name(mutant), totals.cuts, wrong);
    else
        (void)printf("%-28s NOT FOUND in %" PRId64 " cuts\n", mutant_name(mutant), totals.cuts);
    (void)fflush(stdout);
    return wrong != NULL;
}

static bool judge_real(struct bench *bench, const struct options *options)
{
    struct life_totals totals = {0};
    struct dice seeds = {options->seed};
    double began = now_s(), until = began + (options->seconds > 0 ? (double)options->seconds : 1e9);
    uint64_t life = options->seed;
    const char *wrong;

    if (options->one_life)
        wrong = bench_live(bench, life, CUTS_A_LIFE, &totals);
    else
        wrong = run(bench, &seeds, options->cuts, until, &totals, &life);
    (void)printf("%s: seed %" PRIu64 ", %" PRId64 " cuts (%" PRId64 " while starting) and %" PRId64
                 " kills in %" PRId64 " lives, %" PRId64
                 " of them on copies of a day that went on; %.0f s, %.0f cuts/s\n",
                 mutant_name(calls_mutant()), options->seed, totals.cuts, totals.cuts_opening, totals.kills,
                 totals.lives, totals.branches, now_s() - began, (double)totals.cuts / (now_s() - began));
    (void)printf("  %" PRId64 " sales begun, %" PRId64 " confirmed, %" PRId64 " asked again, %" PRId64
                 " records, log moved while selling %" PRId64 " times, cache made anew %" PRId64 " times\n",
                 totals.sales, totals.answered, totals.retries, totals.records, totals.checkpoints, totals.rebuilds);
    if (wrong)
        (void)printf("  BROKEN: %s\n  again: test_powercut --life %" PRIu64 "\n", wrong, life);
    else
        (void)printf(
            "  0 confirmed sales lost, 0 doubled, 0 printed and not on disk, 0 wrong balances, 0 unreadable files\n");
    return wrong == NULL;
}

static bool read_options(int argc, char **argv, struct options *out)
{
    *out = (struct options){.cuts = INT64_MAX, .seed = 20260101, .mutant = -1};
    for (int i = 1; i + 1 < argc; i += 2) {
        if (strcmp(argv[i], "--cuts") == 0) {
            out->cuts = strtoll(argv[i + 1], NULL, 10);
        } else if (strcmp(argv[i], "--seconds") == 0) {
            out->seconds = strtoll(argv[i + 1], NULL, 10);
        } else if (strcmp(argv[i], "--seed") == 0) {
            out->seed = strtoull(argv[i + 1], NULL, 10);
        } else if (strcmp(argv[i], "--life") == 0) {
            out->seed = strtoull(argv[i + 1], NULL, 10);
            out->one_life = true;
        } else if (strcmp(argv[i], "--part") == 0) {
            out->part = (int)strtol(argv[i + 1], NULL, 10);
            out->seed += (uint64_t)out->part;
        } else if (strcmp(argv[i], "--mutant") == 0) {
            for (out->mutant = 0; mutant_name(out->mutant) && strcmp(mutant_name(out->mutant), argv[i + 1]) != 0;)
                out->mutant++;
        } else {
            return false;
        }
    }
    return argc % 2 == 1 && (out->cuts < INT64_MAX || out->seconds > 0 || out->one_life) &&
           (out->mutant < 0 || mutant_name(out->mutant));
}

/* One thread, and nobody asks SQLite how much memory it holds. */
static void spare_sqlite_its_locks(void)
{
    (void)sqlite3_config(SQLITE_CONFIG_SINGLETHREAD);
    (void)sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

int main(int argc, char **argv)
{
    struct options options;
    struct bench *bench;
    bool good = true;

    if (!read_options(argc, argv, &options)) {
        (void)fprintf(stderr,
                      "usage: test_powercut --cuts N | --seconds S [--seed X] [--mutant NAME] | --life SEED\n");
        return 2;
    }
    spare_sqlite_its_locks();
    disk_install();
    bench = bench_create();
    for (int i = MUTANT_NONE + 1; i < MUTANT_COUNT && !options.one_life && options.mutant < 0 && options.part < 2;
         i++)
        good = prove(bench, i, options.seed) && good;
    if (options.mutant > 0)
        calls_set_mutant(options.mutant);
    good = judge_real(bench, &options) && good;
    bench_destroy(bench);
    return good ? 0 : 1;
}
