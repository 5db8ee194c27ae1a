/* SPDX-License-Identifier: Apache-2.0 */
/* What each promotion of a best layer might do to any part of the basket, and what the others leave it. */
#include "tests/oracle/oracle_best.h"

#include <stdlib.h>
#include <string.h>

enum { OFFERS_MAX = 3000, WORK_MAX = 3000000 };

static bool same_use(const struct outcome *a, const struct outcome *b)
{
    return memcmp(a->taken, b->taken, sizeof a->taken) == 0 && memcmp(a->bought, b->bought, sizeof a->bought) == 0;
}

static int outcome_keep(struct candidate *candidate, const struct outcome *out)
{
    for (int i = 0; i < candidate->outcome_count; i++) {
        if (same_use(&candidate->outcomes[i], out) && candidate->outcomes[i].total == out->total)
            return i;
    }
    candidate->outcomes[candidate->outcome_count] = *out;
    if (out->total > candidate->most)
        candidate->most = out->total;
    return candidate->outcome_count++;
}

/* Of a set that leaves what it buys: may it buy units of this group? */
static bool buys(const struct candidate *candidate, int group)
{
    const cJSON *buy = get(candidate->promotion->reward, "buy");

    return group_in(&candidate->context, buy ? get(buy, "items") : candidate->promotion->items, group);
}

/* Does an offer of units of this group change anything? */
static bool looks_at(const struct candidate *candidate, int group)
{
    const struct promotion *promotion = candidate->promotion;
    const cJSON *reward = promotion->reward, *part;

    if (candidate->groups.at[group].held)
        return buys(candidate, group);
    if (promotion->kind == BUY_GET)
        return group_in(&candidate->context, get(get(reward, "buy"), "items"), group) ||
               group_in(&candidate->context, get(get(reward, "get"), "items"), group);
    if (promotion->kind == PRICE_LIST)
        return true;
    if (promotion->kind != MIX)
        return group_in(&candidate->context, promotion->items, group);
    cJSON_ArrayForEach(part, get(reward, "parts"))
    {
        if (group_in(&candidate->context, get(part, "items"), group))
            return true;
    }
    return false;
}

/* May any other take units of this group without counting them? */
static bool held_by_any(const struct search *search, int group)
{
    for (int i = 0; i < search->count; i++) {
        if (!search->candidates[i].promotion->counts && looks_at(&search->candidates[i], group))
            return true;
    }
    return false;
}

/* The groups as the candidate sees them. False: too many. */
static bool split_groups(const struct search *search, struct candidate *candidate)
{
    struct groups split = {0};

    for (int g = 0; g < search->groups.count; g++) {
        bool twice = candidate->promotion->reuse && buys(candidate, g) && held_by_any(search, g);

        if (split.count + 1 + twice > UNITS_MAX)
            return false;
        candidate->free_at[g] = split.count;
        candidate->held_at[g] = twice ? split.count + 1 : -1;
        for (int half = 0; half <= twice; half++) {
            candidate->base[split.count] = g;
            split.at[split.count] = search->groups.at[g];
            split.at[split.count++].held = half == 1;
        }
    }
    candidate->groups = split;
    return true;
}

static bool candidate_fill(struct search *search, struct candidate *candidate)
{
    int full[UNITS_MAX];

    offer(search->run, candidate->promotion, &search->groups, full);
    if (candidate->promotion->reuse && !split_groups(search, candidate))
        return false;
    candidate->offer_count = 1;
    for (int g = 0; g < candidate->groups.count; g++) {
        candidate->full[g] = full[candidate->base[g]];
        candidate->radix[g] = looks_at(candidate, g) ? candidate->offer_count : 0;
        if (!candidate->radix[g])
            candidate->full[g] = 0;
        candidate->offer_count *= candidate->full[g] + 1;
        if (candidate->offer_count > OFFERS_MAX)
            return false;
    }
    reward_measure(&candidate->context);
    candidate->outcomes = calloc((size_t)candidate->offer_count, sizeof *candidate->outcomes);
    candidate->by_offer = calloc((size_t)candidate->offer_count, sizeof *candidate->by_offer);
    for (int at = 0; at < candidate->offer_count; at++) {
        int offered[UNITS_MAX] = {0};
        struct outcome out;

        for (int g = 0; g < candidate->groups.count; g++)
            offered[g] = candidate->radix[g] ? at / candidate->radix[g] % (candidate->full[g] + 1) : 0;
        reward_apply(&candidate->context, offered, &out);
        candidate->by_offer[at] = outcome_keep(candidate, &out);
        if (search->run->gave_up || search->run->work > WORK_MAX)
            return false;
    }
    return true;
}

void candidates_fill(struct search *search)
{
    for (int i = 0; i < search->count; i++) {
        struct candidate *candidate = &search->candidates[i];

        candidate->context = (struct reward_context){
            .run = search->run, .promotion = candidate->promotion, .groups = &candidate->groups};
        candidate->groups = search->groups;
        for (int g = 0; g < search->groups.count; g++) {
            candidate->base[g] = candidate->free_at[g] = g;
            candidate->held_at[g] = -1;
        }
    }
    for (int i = 0; i < search->count && !search->run->gave_up; i++)
        search->run->gave_up = !candidate_fill(search, &search->candidates[i]);
}

int candidate_does(const struct candidate *candidate, const int *offered)
{
    int at = 0;

    for (int g = 0; g < candidate->groups.count; g++)
        at += offered[g] * candidate->radix[g];
    return candidate->by_offer[at];
}

/* ---- what the others leave */

struct use {                    /* of one group of the basket */
    int plain;                  /* taken, not counted */
    int counted;                /* got, or bought for good */
    int reused_free, reused_on; /* bought and left: of those nobody has, of those that are taken */
};

static struct use use_of(const struct search *search, int group, int upto, int except)
{
    struct use use = {0};

    for (int i = 0; i < upto; i++) {
        const struct candidate *candidate = &search->candidates[i];
        const struct outcome *out = search->picked[i] < 0 ? NULL : &candidate->outcomes[search->picked[i]];
        int at = candidate->free_at[group];

        if (i == except || !out)
            continue;
        *(candidate->promotion->counts ? &use.counted : &use.plain) += out->taken[at];
        *(candidate->promotion->reuse ? &use.reused_free : &use.counted) += out->bought[at];
        if (candidate->held_at[group] >= 0)
            use.reused_on += out->bought[candidate->held_at[group]];
    }
    return use;
}

bool candidate_left(const struct search *search, int number, int upto, int *out_left)
{
    const struct candidate *candidate = &search->candidates[number];

    for (int g = 0; g < candidate->groups.count; g++) {
        struct use use;

        out_left[g] = candidate->full[g];
        if (out_left[g] == 0)
            continue;
        use = use_of(search, candidate->base[g], upto, number);
        if (!candidate->groups.at[g].held)
            out_left[g] -= use.counted + use.plain + (candidate->promotion->counts ? use.reused_free : 0);
        else if (upto == search->count) /* before, who will hold them is not known */
            out_left[g] = use.plain - use.reused_on;
        if (out_left[g] < 0)
            return false;
    }
    return true;
}
