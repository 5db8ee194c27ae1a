/* SPDX-License-Identifier: Apache-2.0 */
/* The best way to form sets of what is offered. */
#include "tests/oracle/oracle_sets.h"

#include "tests/oracle/reach.h"

#include <stdlib.h>
#include <string.h>

void sets_free(struct sets *sets)
{
    if (!sets)
        return;
    free(sets->types);
    free(sets->ways);
    free(sets);
}

static int better(int64_t a, int64_t b)
{
    return (a > b) - (a < b);
}

/* More given in all; then, of a buy_get, fewer sets; then unit by unit the larger amount, then being got (of a mix:
 * in a set); then bought first what can only be bought, then the others, dearest first. */
static int compare_ways(const struct sets *sets, const struct way *a, const struct way *b)
{
    int order = better(a->total, b->total);

    if (!order && !sets->is_mix)
        order = better(b->set_count, a->set_count);
    for (int g = 0; g < sets->group_count && !order; g++) {
        int most = a->taken[g] > b->taken[g] ? a->taken[g] : b->taken[g];

        for (int i = 0; i < most && !order; i++) {
            order = better(a->amounts[sets->first_unit[g] + i], b->amounts[sets->first_unit[g] + i]);
            if (!order)
                order = better(a->taken[g] > i, b->taken[g] > i);
        }
    }
    for (int only = 1; only >= 0; only--) {
        for (int g = 0; g < sets->group_count && !order; g++)
            order = sets->only_bought[g] == only ? better(a->bought[g], b->bought[g]) : 0;
    }
    return order;
}

static void way_add(const struct sets *sets, struct way *way, const struct way *set)
{
    way->total += set->total;
    way->set_count++;
    for (int g = 0; g < sets->group_count; g++) {
        int64_t *amounts = &way->amounts[sets->first_unit[g]];

        way->bought[g] = (uint8_t)(way->bought[g] + set->bought[g]);
        for (int k = 0; k < set->taken[g]; k++) {
            int64_t amount = set->amounts[sets->first_unit[g] + k];
            int i = way->taken[g]++;

            for (; i > 0 && amounts[i - 1] < amount; i--)
                amounts[i] = amounts[i - 1];
            amounts[i] = amount;
        }
    }
}

static bool fits(const struct sets *sets, const struct way *set, const int *left)
{
    for (int g = 0; g < sets->group_count; g++) {
        if (set->taken[g] + set->bought[g] > left[g])
            return false;
    }
    return true;
}

static const struct way *best_way(struct run *run, struct sets *sets, const int *left, int more)
{
    int state = 0, smaller[UNITS_MAX];
    struct way *way;

    for (int g = 0; g < sets->group_count; g++)
        state += left[g] * sets->radix[g];
    way = &sets->ways[more * sets->state_count + state];
    if (sets->limit && more == 0)
        reach_note(SET_LIMITED);
    if (way->known || (sets->limit && more == 0)) {
        way->known = true;
        return way;
    }
    way->known = true; /* a set never leaves the same state */
    run->work += sets->type_count;
    for (int t = 0; t < sets->type_count; t++) {
        const struct way *set = &sets->types[t];
        struct way with;

        if (!fits(sets, set, left))
            continue;
        for (int g = 0; g < sets->group_count; g++)
            smaller[g] = left[g] - set->taken[g] - set->bought[g];
        with = *best_way(run, sets, smaller, sets->limit ? more - 1 : 0);
        way_add(sets, &with, set);
        if (compare_ways(sets, &with, way) > 0)
            *way = with;
    }
    return way;
}

void sets_apply(struct reward_context *context, const int *offered, struct outcome *out)
{
    const struct way *way;
    struct sets *sets;

    if (!context->sets)
        context->sets = sets_make(context);
    sets = context->sets;
    if (context->run->gave_up)
        return;
    way = best_way(context->run, sets, offered, sets->limit);
    out->total = way->total;
    for (int g = 0; g < sets->group_count; g++) {
        out->taken[g] = way->taken[g];
        out->bought[g] = way->bought[g];
        for (int i = 0; i < way->taken[g]; i++)
            out->amounts[sets->first_unit[g] + i] = way->amounts[sets->first_unit[g] + i];
    }
}
