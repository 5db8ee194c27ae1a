/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rewards that pick some units, one by one: the N cheapest, and a gift (the dearest up to a price). Only units to
 * which it gives something; of equally dear ones the larger amount, then the earlier unit. They round per unit.
 */
#include "agent/engine/reward.h"
#include "agent/engine/sort.h"

struct picked {
    int64_t price, gain;
    size_t offer;
};

static int cheapest_cmp(const void *a, const void *b)
{
    const struct picked *x = a, *y = b;

    if (x->price != y->price)
        return x->price < y->price ? -1 : 1;
    if (x->gain != y->gain)
        return x->gain > y->gain ? -1 : 1;
    return x->offer < y->offer ? -1 : x->offer > y->offer;
}

static int dearest_cmp(const void *a, const void *b)
{
    const struct picked *x = a, *y = b;

    if (x->price != y->price)
        return x->price > y->price ? -1 : 1;
    if (x->gain != y->gain)
        return x->gain > y->gain ? -1 : 1;
    return x->offer < y->offer ? -1 : x->offer > y->offer;
}

int64_t pick_unit_gain(const struct reward *reward, const struct offer *offer)
{
    if (reward->kind == REWARD_GIFT && offer->price > reward->max_value)
        return 0;
    return reward_unit_gain(reward, offer);
}

void pick_compute(struct arena *arena, const struct promotion *promotion, const struct offer *offers, size_t count,
                  struct outcome *out)
{
    const struct reward *reward = &promotion->reward;
    struct picked *picked = arena_array(arena, count, sizeof *picked);
    int64_t wanted = reward->count;
    size_t n = 0;

    for (size_t i = 0; picked && i < count; i++) {
        int64_t gain = pick_unit_gain(reward, &offers[i]);

        if (gain > 0)
            picked[n++] = (struct picked){offers[i].price, gain, i};
    }
    if (n > 0)
        sort_items(picked, n, sizeof *picked, reward->kind == REWARD_GIFT ? dearest_cmp : cheapest_cmp);
    for (size_t i = 0; i < n && wanted > 0; i++) {
        int64_t units = offers[picked[i].offer].count < wanted ? offers[picked[i].offer].count : wanted;

        reward_emit(arena, out, picked[i].offer, units, picked[i].gain, false);
        wanted -= units;
    }
}
