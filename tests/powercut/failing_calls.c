/* SPDX-License-Identifier: Apache-2.0 */
/*
 * failing_calls - a shop's hour in which the nth call of one kind fails: an allocation, a call of SQLite, a read,
 * write or sync of the disk. Then the power goes, and what was promised must be there; nothing may crash or leak.
 *
 *   test_failing_calls --points N | --all 1   [--kind KIND] [--seed X] [--part 1|2] [--from NUMBER]
 *   test_failing_calls --kind KIND --nth N    [--seed X]     again, with the log
 *
 * N are spread evenly over the kinds and over each kind's calls; --from goes on with a run that was ended.
 *
 * Kinds whose name begins with "first-" begin with the very first start of a till and stop in good order; the others
 * find a till that is set up, and lose their power.
 */
#include "tests/powercut/points.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct options {
    int64_t points, nth, part, from;
    uint64_t seed;
    const char *kind;
};

/* Each kind gets the same share of points; what a kind with fewer calls leaves, the others get. */
static void share_out(struct points *points, int64_t wanted)
{
    int64_t left = wanted, each;
    int open = KINDS, before;

    memset(points->shares, 0, sizeof points->shares);
    do { /* those with fewer calls than the share of the rest get all they have */
        before = open;
        each = left / open;
        for (int i = 0; i < KINDS; i++) {
            if (points->shares[i] == 0 && points->calls[i] <= each) {
                points->shares[i] = points->calls[i];
                left -= points->calls[i];
                open--;
            }
        }
    } while (open > 0 && open < before);
    for (int i = 0; i < KINDS; i++) {
        if (points->shares[i] == 0)
            points->shares[i] = each;
    }
}

static bool torture(struct points *points, const struct options *options)
{
    if (!points_count(points))
        return false;
    for (int i = 0; i < KINDS && options->kind; i++) {
        if (strcmp(kinds[i].name, options->kind) != 0)
            points->calls[i] = 0;
    }
    share_out(points, options->points > 0 ? options->points : INT64_MAX);
    points_try(points);
    for (int i = 0; i < KINDS; i++)
        (void)printf("%-14s %" PRId64 " of %" PRId64 " calls failed, one at a time\n", kinds[i].name,
                     points->done_of[i], points->calls[i]);
    (void)printf("seed %" PRIu64 ": %" PRId64 " failing calls: %s\n", options->seed, points->done,
                 points->broken > 0 ? "see above"
                                    : "no crash, nothing leaked, no confirmed sale lost, the shop sold on");
    return points->broken == 0;
}

static bool torture_one(struct points *points, const struct options *options)
{
    for (int i = 0; i < KINDS; i++) {
        const char *wrong;

        if (strcmp(kinds[i].name, options->kind) != 0)
            continue;
        calls_show_log(true);
        wrong = points_try_one(points, &kinds[i], options->nth);
        (void)printf("%s\n", wrong ? wrong : "all is well");
        return wrong == NULL;
    }
    (void)fprintf(stderr, "no kind %s\n", options->kind);
    return false;
}

static bool read_options(int argc, char **argv, struct options *out)
{
    bool any = false;

    *out = (struct options){.seed = 20260101, .from = 1};
    for (int i = 1; i + 1 < argc; i += 2) {
        any = any || strcmp(argv[i], "--seed") != 0;
        if (strcmp(argv[i], "--points") == 0)
            out->points = strtoll(argv[i + 1], NULL, 10);
        else if (strcmp(argv[i], "--seed") == 0)
            out->seed = strtoull(argv[i + 1], NULL, 10);
        else if (strcmp(argv[i], "--part") == 0)
            out->part = strtoll(argv[i + 1], NULL, 10);
        else if (strcmp(argv[i], "--from") == 0)
            out->from = strtoll(argv[i + 1], NULL, 10);
        else if (strcmp(argv[i], "--kind") == 0)
            out->kind = argv[i + 1];
        else if (strcmp(argv[i], "--nth") == 0)
            out->nth = strtoll(argv[i + 1], NULL, 10);
        else if (strcmp(argv[i], "--all") != 0)
            return false;
    }
    return argc % 2 == 1 && any;
}

int main(int argc, char **argv)
{
    struct options options;
    struct hour hour;
    struct points points;
    bool good;

    if (!read_options(argc, argv, &options)) {
        (void)fprintf(stderr, "usage: test_failing_calls --points N | --all 1  [--kind KIND] [--seed X] [--part 1|2]"
                              " [--from NUMBER]\n       test_failing_calls --kind KIND --nth N [--seed X]\n");
        return 2;
    }
    hour_begin(&hour);
    points = (struct points){.hour = &hour,
                             .seed = options.seed,
                             .part = options.part,
                             .parts = options.part > 0 ? 2 : 1,
                             .from = options.from};
    good = options.nth > 0 ? torture_one(&points, &options) : torture(&points, &options);
    hour_end(&hour);
    return good ? 0 : 1;
}
