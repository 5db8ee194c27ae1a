/* SPDX-License-Identifier: Apache-2.0 */
/* oracle_compare - the engine against the oracle on random cases; README.md says how to run it. */
#include "agent/engine/engine.h"
#include "tests/oracle/generate.h"
#include "tests/oracle/oracle.h"
#include "tests/oracle/reach.h"
#include "tests/oracle/trial.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

struct options {
    uint64_t seed, first, cases;
    int processes, promotions_max, failures_max;
    const char *kind;
    bool check_reach, progress, no_returns;
};

struct shared { /* by all processes */
    struct reach reach[8];
    uint64_t done[8], verdicts[8][VERDICTS], failures[8];
};

static uint64_t number_of(const char *text, uint64_t otherwise)
{
    return text && *text ? strtoull(text, NULL, 10) : otherwise;
}

static cJSON *make_trial(const struct options *options, uint64_t number)
{
    struct dice dice = {.promotions_max = options->promotions_max, .kind = options->kind};
    cJSON *trial = cJSON_CreateObject(), *bundle, *sale;

    dice_seed(&dice, options->seed, number);
    if (dice_percent(&dice, 35))
        dice.promotions_max = 1;
    bundle = generate_bundle(&dice);
    sale = generate_sale(&dice, bundle);
    cJSON_AddItemToObject(trial, "bundle", bundle);
    cJSON_AddItemToObject(trial, "sale", sale);
    cJSON_AddItemToObject(trial, "returns",
                          !options->no_returns && dice_percent(&dice, 30) ? generate_returns(&dice, sale)
                                                                          : cJSON_CreateArray());
    return trial;
}

static void report_failure(const struct options *options, struct engine *engine, cJSON *trial, uint64_t number,
                           const char *why)
{
    char name[80], last[WHY_BYTES];

    trial_shrink(engine, trial);
    (void)snprintf(name, sizeof name, "random-%" PRIu64 "-%" PRIu64, options->seed, number);
    (void)trial_run(engine, trial, last, NULL, NULL);
    printf("# LOYALD_SEED=%" PRIu64 " case %" PRIu64 ": first %s\n", options->seed, number, why);
    trial_print(engine, trial, name, last);
}

static void run_one(const struct options *options, struct shared *shared, int process, struct engine *engine,
                    uint64_t number)
{
    cJSON *trial = make_trial(options, number), *by_engine, *by_oracle;
    char why[WHY_BYTES];
    enum verdict verdict;

    oracle_reach = &shared->reach[process];
    verdict = trial_run(engine, trial, why, &by_engine, &by_oracle);
    if (by_oracle)
        reach_count(&shared->reach[process], trial, by_oracle);
    shared->verdicts[process][verdict]++;
    shared->done[process]++;
    if (verdict == DISAGREE || verdict == INVALID) {
        shared->failures[process]++;
        report_failure(options, engine, trial, number, why);
    }
    cJSON_Delete(by_engine);
    cJSON_Delete(by_oracle);
    cJSON_Delete(trial);
}

static int work(const struct options *options, struct shared *shared, int process)
{
    struct engine *engine = NULL;

    if (engine_create(&engine, NULL) != ST_OK)
        return 1;
    for (uint64_t i = (uint64_t)process; i < options->cases; i += (uint64_t)options->processes) {
        run_one(options, shared, process, engine, options->first + i);
        if (shared->failures[process] >= (uint64_t)options->failures_max)
            break;
        if (options->progress && process == 0 && i % 20000 == 0)
            fprintf(stderr, "oracle_compare: LOYALD_SEED=%" PRIu64 " LOYALD_FIRST=%" PRIu64 "\n", options->seed,
                    options->first + i);
    }
    engine_destroy(engine);
    return shared->failures[process] > 0;
}

static int report(const struct options *options, const struct shared *shared, double seconds)
{
    static const char *const names[VERDICTS] = {"agree", "disagree", "refused", "too large", "not proven"};
    struct reach reach = {0};
    int missing;

    for (int v = 0; v < VERDICTS; v++) {
        uint64_t sum = 0;

        for (int p = 0; p < options->processes; p++)
            sum += shared->verdicts[p][v];
        printf("%-12s %" PRIu64 "\n", names[v], sum);
    }
    for (int p = 0; p < options->processes; p++)
        reach_add(&reach, &shared->reach[p]);
    missing = reach_print(&reach);
    printf("seconds      %.1f\n", seconds);
    return options->check_reach && missing > 0;
}

static void read_options(struct options *options, int argc, char **argv)
{
    *options = (struct options){.seed = number_of(getenv("LOYALD_SEED"), (uint64_t)time(NULL)),
                                .cases = number_of(getenv("LOYALD_CASES"), 100000),
                                .first = number_of(getenv("LOYALD_FIRST"), 0),
                                .processes = 2,
                                .promotions_max = 6,
                                .failures_max = 3};
    for (int i = 1; i < argc; i++) {
        const char *value = i + 1 < argc ? argv[i + 1] : "";

        if (strcmp(argv[i], "--kind") == 0)
            options->kind = argv[++i];
        else if (strcmp(argv[i], "--promotions") == 0)
            options->promotions_max = (int)number_of(value, 6), i++;
        else if (strcmp(argv[i], "--processes") == 0)
            options->processes = (int)number_of(value, 2), i++;
        else if (strcmp(argv[i], "--failures") == 0)
            options->failures_max = (int)number_of(value, 3), i++;
        else if (strcmp(argv[i], "--reach") == 0)
            options->check_reach = true;
        else if (strcmp(argv[i], "--progress") == 0)
            options->progress = true;
        else if (strcmp(argv[i], "--no-returns") == 0)
            options->no_returns = true;
        else
            options->processes = 0;
    }
    if (options->processes < 1 || options->processes > 8 || options->promotions_max < 1 ||
        options->promotions_max > 9) {
        fprintf(stderr, "oracle_compare: wrong usage; tests/oracle/README.md says how to run it\n");
        exit(2);
    }
}

int main(int argc, char **argv)
{
    struct options options;
    struct shared *shared;
    struct timespec from, until;
    int failed = 0, status;

    read_options(&options, argc, argv);
    setvbuf(stdout, NULL, _IOFBF, 1 << 16);
    printf("LOYALD_SEED=%" PRIu64 " LOYALD_CASES=%" PRIu64 "\n", options.seed, options.cases);
    fflush(stdout);
    shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED)
        return 1;
    (void)clock_gettime(CLOCK_MONOTONIC, &from);
    for (int p = 0; p < options.processes; p++) {
        if (fork() == 0)
            exit(work(&options, shared, p));
    }
    while (wait(&status) > 0)
        failed = failed || status != 0;
    (void)clock_gettime(CLOCK_MONOTONIC, &until);
    return report(&options, shared,
                  (double)(until.tv_sec - from.tv_sec) + (double)(until.tv_nsec - from.tv_nsec) / 1e9) ||
           failed;
}
