/* SPDX-License-Identifier: Apache-2.0 */
/*
 * spread - an amount over parts in proportion to their weights: exact shares, cut down to whole minor units; what is
 * missing goes one by one to the largest fractions, ties to the earlier part. A part that would go above its cap
 * stops there and the rest is spread anew over the others. The parts sum to the amount.
 */
#ifndef LOYALD_ENGINE_SPREAD_H
#define LOYALD_ENGINE_SPREAD_H

#include "agent/engine/arena.h"

#include <stdbool.h>
#include <stdint.h>

struct share {
    uint64_t weight;
    int64_t cap;   /* the most that one may take */
    int64_t count; /* alike ones, each of that weight and cap */
    /* The outcome: each takes low, the first extra of them one more. */
    int64_t low, extra;
    /* For the computation. */
    uint64_t fraction;
    bool full;
};

/* The sum of weight x count is below 2^64 and amount at most the sum of cap x count over parts of weight above 0. */
void spread_amount(struct arena *arena, struct share *shares, size_t count, int64_t amount);

#endif
