/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The bounds of a seat: the most a unit can be worth to it, or the most it can give on any of its units at all.
 */
#include "agent/engine/mix.h"
#include "agent/engine/search.h"
#include "agent/engine/sort.h"
#include "agent/base/wide.h"

enum { BP = 10000 };

/* Sets of one kind of unit give at most get / (buy + get) of what all their units would: the got ones are cheapest.
 * Not so in a pool that buys held units: these may be cheaper. */
static bool is_plain_set(const struct seat *seat)
{
    const struct reward *reward = &seat->promotion->reward;

    if (reward->kind != REWARD_BUY_GET || reward->dearest || reward->gives != GIVES_PERCENT || reward->partial ||
        (reward->pool && seat->reuses))
        return false;
    for (size_t i = 0; i < seat->count; i++) {
        if (!seat->offers[i].get || !seat->offers[i].buy || seat->offers[i].room != seat->offers[i].price)
            return false;
    }
    return true;
}

static uint64_t unit_worth(const struct seat *seat, size_t i, bool plain_set)
{
    const struct reward *reward = &seat->promotion->reward;
    const struct offer *offer = &seat->offers[i];
    uint64_t part, room = (uint64_t)offer->room * BP;

    if (reward->kind == REWARD_BUY_GET && plain_set) {
        part = (uint64_t)offer->price * (uint64_t)reward->value + BP / 2;
        return wide_down(part, (uint64_t)reward->get_qty, (uint64_t)(reward->buy_qty + reward->get_qty)) + 1;
    }
    if (reward->kind == REWARD_BUY_GET)
        return offer->get && !offer->held ? (uint64_t)reward_unit_gain(reward, offer) * BP : 0;
    if (reward->kind == REWARD_PERCENT_OFF) {
        part = (uint64_t)offer->price * (uint64_t)reward->value;
        part += seat->promotion->round == ROUND_PER_UNIT ? BP / 2 : 0;
        return part < room ? part : room;
    }
    if (reward->kind == REWARD_MIX && reward->gives == GIVES_PERCENT) {
        part = (uint64_t)offer->price * (uint64_t)reward->value;
        return part < room ? part : room;
    }
    if (reward->kind == REWARD_CHEAPEST || reward->kind == REWARD_GIFT)
        return (uint64_t)pick_unit_gain(reward, offer) * BP;
    if (reward->kind != REWARD_MIX && reward->per == PER_UNIT)
        return (uint64_t)reward_unit_gain(reward, offer) * BP;
    return room; /* spread: any unit may bear all */
}

/* A limit takes the dearest units, which need not be those that gain most once there are floors, weights, lines to
 * round on, lines that gain as a whole, or a price for each sku; a pool and "the cheapest" give more when the cheap
 * ones go to others. */
bool bounds_monotone(const struct seat *seat)
{
    const struct promotion *promotion = seat->promotion;
    const struct reward *reward = &promotion->reward;

    if (reward->kind == REWARD_BUY_GET)
        return !reward->pool;
    if (reward->kind == REWARD_MIX)
        return !seat->unproven;
    if (reward->kind == REWARD_CHEAPEST || reward->kind == REWARD_GIFT)
        return false;
    if (!promotion->per_sale && !reward->max_units_per_line)
        return true;
    if (promotion->per_sale && ((reward->kind == REWARD_PERCENT_OFF && promotion->round == ROUND_PER_LINE) ||
                                reward->per == PER_LINE || reward->list))
        return false;
    for (size_t i = 0; i < seat->count; i++) {
        if (seat->offers[i].room != seat->offers[i].price || seat->offers[i].weight_milli)
            return false;
    }
    return true;
}

struct worthy {
    uint64_t worth;
    size_t offer;
};

static int worthy_cmp(const void *a, const void *b)
{
    const struct worthy *x = a, *y = b;

    if (x->worth != y->worth)
        return x->worth > y->worth ? -1 : 1;
    return x->offer < y->offer ? -1 : x->offer > y->offer;
}

/* The units that are worth most, as many as it picks. */
static uint64_t picks_most(struct arena *arena, const struct seat *seat)
{
    struct worthy *worthy = arena_array(arena, seat->count, sizeof *worthy);
    int64_t wanted = seat->promotion->reward.count;
    uint64_t sum = 0;

    if (!worthy)
        return UINT64_MAX;
    for (size_t i = 0; i < seat->count; i++)
        worthy[i] = (struct worthy){seat->worth[i], i};
    sort_items(worthy, seat->count, sizeof *worthy, worthy_cmp);
    for (size_t i = 0; i < seat->count && wanted > 0; i++) {
        int64_t count = seat->offers[worthy[i].offer].count;

        sum += worthy[i].worth * (uint64_t)(count < wanted ? count : wanted);
        wanted -= count;
    }
    return sum;
}

/* The most it gives on any of its units; UINT64_MAX when only the units say. */
static uint64_t most(struct arena *arena, const struct seat *seat)
{
    const struct reward *reward = &seat->promotion->reward;

    if (reward->kind == REWARD_CHEAPEST || reward->kind == REWARD_GIFT)
        return picks_most(arena, seat);
    return bounds_monotone(seat) ? (uint64_t)seat->alone * BP : UINT64_MAX;
}

/* What rounding may add to the units' worth. */
static uint64_t rounding(const struct seat *seat)
{
    const struct reward *reward = &seat->promotion->reward;
    uint64_t slack = 0;
    int64_t units = 0;
    uint32_t line = NONE;

    for (size_t i = 0; i < seat->count; i++) {
        units += seat->offers[i].count;
        slack += seat->offers[i].line != line ? BP / 2 : 0;
        line = seat->offers[i].line;
    }
    if (reward->kind == REWARD_MIX && reward->gives == GIVES_PERCENT)
        return (uint64_t)(units / mix_set_units(reward)) * (BP / 2);
    return reward->kind == REWARD_PERCENT_OFF && seat->promotion->round != ROUND_PER_UNIT ? slack : 0;
}

void bounds_make(struct arena *arena, struct seat *seat)
{
    bool plain_set = is_plain_set(seat);
    uint64_t sum = 0, lump;

    for (size_t i = 0; i < seat->count; i++) {
        seat->worth[i] = unit_worth(seat, i, plain_set);
        sum += seat->offers[i].held ? 0 : seat->worth[i] * (uint64_t)seat->offers[i].count;
    }
    seat->slack = rounding(seat);
    lump = most(arena, seat);
    if (lump >= sum / 2)
        return;
    seat->lump = lump;
    seat->slack = 0;
    for (size_t i = 0; i < seat->count; i++)
        seat->worth[i] = 0;
}
