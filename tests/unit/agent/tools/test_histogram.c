/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/tools/histogram.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <criterion/criterion.h>

enum { VALUES = 5000 };

static struct histogram histogram;

static void empty(void)
{
    memset(&histogram, 0, sizeof histogram);
}

TestSuite(tools_histogram, .init = empty);

static int compare(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

    return (x > y) - (x < y);
}

Test(tools_histogram, is_never_below_the_exact_one_and_less_than_one_percent_above)
{
    static int64_t values[VALUES];
    unsigned seed = (unsigned)time(NULL);

    for (int i = 0; i < VALUES; i++) {
        values[i] = (int64_t)rand_r(&seed) << (rand_r(&seed) % 31);
        histogram_add(&histogram, values[i]);
    }
    qsort(values, VALUES, sizeof values[0], compare);
    for (int share = 1; share <= 100; share++) {
        int64_t exact = values[(VALUES * share + 99) / 100 - 1], got = histogram_percentile(&histogram, share);

        cr_expect_geq(got, exact, "seed %u share %d: %" PRId64 " of %" PRId64, seed, share, got, exact);
        cr_expect_leq(got - exact, exact / 100, "seed %u share %d: %" PRId64 " of %" PRId64, seed, share, got, exact);
    }
}

Test(tools_histogram, bounds)
{
    cr_expect_eq(histogram_percentile(&histogram, 50), 0);
    histogram_add(&histogram, 0);
    cr_expect_eq(histogram_percentile(&histogram, 99), 0);
    histogram_add(&histogram, INT64_MAX);
    cr_expect_eq(histogram_percentile(&histogram, 50), 0);
    cr_expect_eq(histogram_percentile(&histogram, 100), INT64_MAX);
}
