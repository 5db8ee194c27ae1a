/* SPDX-License-Identifier: Apache-2.0 */
/*
 * histogram - percentiles of any number of durations in constant memory: counts in buckets less than 1 % wide; least
 * and most are exact.
 */
#ifndef LOYALD_TOOLS_HISTOGRAM_H
#define LOYALD_TOOLS_HISTOGRAM_H

#include <stdint.h>

enum { HISTOGRAM_STEPS = 128, HISTOGRAM_BUCKETS = HISTOGRAM_STEPS * 58 }; /* of each power of two; up to 2^63 */

struct histogram {
    int64_t count, max;
    int64_t buckets[HISTOGRAM_BUCKETS];
};

void histogram_add(struct histogram *histogram, int64_t value);
/* The value that share_percent of all do not exceed: the upper end of its bucket, at most max; 0 without values. */
int64_t histogram_percentile(const struct histogram *histogram, int share_percent);

#endif
