/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/tools/histogram.h"

/* Values below HISTOGRAM_STEPS have a bucket each; from there on each power of two has HISTOGRAM_STEPS of them. */
enum { STEP_BITS = 7 };

static int bucket_of(int64_t value)
{
    int power;

    if (value < HISTOGRAM_STEPS)
        return value < 0 ? 0 : (int)value;
    power = 63 - __builtin_clzll((unsigned long long)value); /* at least STEP_BITS */
    return (power - STEP_BITS + 1) * HISTOGRAM_STEPS + (int)((value >> (power - STEP_BITS)) - HISTOGRAM_STEPS);
}

/* The largest value of a bucket. */
static int64_t end_of(int bucket)
{
    int shift = bucket / HISTOGRAM_STEPS - 1;

    if (shift < 0)
        return bucket;
    return (int64_t)((((uint64_t)(bucket % HISTOGRAM_STEPS) + HISTOGRAM_STEPS + 1) << shift) - 1);
}

void histogram_add(struct histogram *histogram, int64_t value)
{
    histogram->buckets[bucket_of(value)]++;
    histogram->count++;
    if (value > histogram->max)
        histogram->max = value;
}

int64_t histogram_percentile(const struct histogram *histogram, int share_percent)
{
    int64_t wanted = (histogram->count * share_percent + 99) / 100, seen = 0;

    for (int i = 0; i < HISTOGRAM_BUCKETS && histogram->count > 0; i++) {
        seen += histogram->buckets[i];
        if (seen >= wanted)
            return end_of(i) < histogram->max ? end_of(i) : histogram->max;
    }
    return histogram->max;
}
