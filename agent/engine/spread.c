/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/engine/spread.h"
#include "agent/engine/sort.h"
#include "agent/base/wide.h"

struct ranked {
    uint64_t fraction;
    size_t index;
};

static int ranked_cmp(const void *a, const void *b)
{
    const struct ranked *x = a, *y = b;

    if (x->fraction != y->fraction)
        return x->fraction > y->fraction ? -1 : 1;
    return x->index < y->index ? -1 : x->index > y->index;
}

/* Shares of rest over those not full. Answers whether one went above its cap; those are then full. */
static bool round_of_shares(struct share *shares, size_t count, int64_t rest)
{
    uint64_t total = 0;
    bool over = false;

    for (size_t i = 0; i < count; i++)
        total += shares[i].full ? 0 : shares[i].weight * (uint64_t)shares[i].count;
    for (size_t i = 0; i < count && total > 0; i++) {
        struct share *share = &shares[i];
        uint64_t low;

        if (share->full)
            continue;
        low = wide_mul_div((uint64_t)rest, share->weight, total, &share->fraction);
        if (low > (uint64_t)share->cap || (low == (uint64_t)share->cap && share->fraction > 0)) {
            share->full = over = true;
            share->low = share->cap;
            share->fraction = 0;
        } else {
            share->low = (int64_t)low;
        }
    }
    return over;
}

/* The last units to the largest fractions. Fractions sum to left times the whole, each below the whole, so more units
 * have a fraction than are left to give: none is given to a share without one, nor above a cap. */
static void give_fractions(struct arena *arena, struct share *shares, size_t count, int64_t left)
{
    struct ranked *ranked;
    size_t n = 0;

    if (left <= 0)
        return;
    ranked = arena_array(arena, count, sizeof *ranked);
    if (!ranked)
        return;
    for (size_t i = 0; i < count; i++) {
        if (shares[i].fraction > 0)
            ranked[n++] = (struct ranked){shares[i].fraction, i};
    }
    sort_items(ranked, n, sizeof *ranked, ranked_cmp);
    for (size_t i = 0; i < n && left > 0; i++) {
        struct share *share = &shares[ranked[i].index];

        share->extra = share->count < left ? share->count : left;
        left -= share->extra;
    }
}

void spread_amount(struct arena *arena, struct share *shares, size_t count, int64_t amount)
{
    int64_t rest = amount;

    for (size_t i = 0; i < count; i++) {
        shares[i].low = shares[i].extra = 0;
        shares[i].fraction = 0;
        shares[i].full = shares[i].weight == 0 || shares[i].cap <= 0 || shares[i].count <= 0;
    }
    while (round_of_shares(shares, count, rest)) {
        rest = amount;
        for (size_t i = 0; i < count; i++) {
            if (shares[i].full)
                rest -= shares[i].low * shares[i].count;
        }
    }
    for (size_t i = 0; i < count; i++) {
        if (!shares[i].full)
            rest -= shares[i].low * shares[i].count;
    }
    give_fractions(arena, shares, count, rest);
}
