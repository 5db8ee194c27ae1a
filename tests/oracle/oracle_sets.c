/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sets of units, formed in the way that gives most: every set that can be made of the groups is listed once, then for
 * every basket of remaining units the best way is the best of "this set and the best way of what it leaves". What is
 * best is decided by a key whose order a set added on both sides does not change, so this is the same as trying all.
 */
#include "tests/oracle/oracle.h"

#include "tests/oracle/reach.h"

#include <stdlib.h>
#include <string.h>

enum { TYPES_MAX = 4000, STATES_MAX = 6000 };

struct way {
    bool known;
    int set_count;
    int64_t total;
    uint8_t taken[UNITS_MAX], bought[UNITS_MAX]; /* by group */
    int64_t amounts[UNITS_MAX];                  /* of the taken, falling, each group from its first unit on */
};

struct sets {
    int group_count, state_count, limit; /* limit 0: none */
    int first_unit[UNITS_MAX], radix[UNITS_MAX];
    bool is_mix, only_bought[UNITS_MAX];
    int type_count;
    struct way *types;
    struct way *ways; /* [limit + 1][state] */
};

struct maker { /* of the list of sets */
    const struct reward_context *context;
    struct sets *sets;
    const cJSON *buy, *get, *parts;
    int bought[UNITS_MAX], got[UNITS_MAX];
    int got_wanted;
    bool partial, free_pick;
};

void sets_free(struct sets *sets)
{
    if (!sets)
        return;
    free(sets->types);
    free(sets->ways);
    free(sets);
}

/* ---- the list of sets ---- */

static struct way *type_new(struct maker *maker)
{
    struct sets *sets = maker->sets;

    if (sets->type_count == TYPES_MAX) {
        maker->context->run->gave_up = true;
        return NULL;
    }
    memset(&sets->types[sets->type_count], 0, sizeof sets->types[0]);
    return &sets->types[sets->type_count];
}

static bool same_units(const struct way *a, const struct way *b)
{
    return memcmp(a->taken, b->taken, sizeof a->taken) == 0 && memcmp(a->bought, b->bought, sizeof a->bought) == 0;
}

/* A set that gives nothing is not formed; one made in two ways is one. */
static void type_keep(struct maker *maker, const struct way *type)
{
    if (type->total <= 0)
        return;
    for (int i = 0; i < maker->sets->type_count; i++) {
        if (same_units(&maker->sets->types[i], type))
            return;
    }
    maker->sets->type_count++;
}

static void type_of_mix(struct maker *maker)
{
    struct way *type = type_new(maker);
    struct outcome shares;

    if (!type)
        return;
    mix_shares(maker->context, maker->bought, &shares);
    type->total = shares.total;
    type->set_count = 1;
    for (int g = 0; g < maker->sets->group_count; g++) {
        type->taken[g] = (uint8_t)maker->bought[g];
        for (int i = 0; i < maker->bought[g]; i++)
            type->amounts[maker->sets->first_unit[g] + i] = shares.amounts[maker->sets->first_unit[g] + i];
    }
    type_keep(maker, type);
}

static void mix_part(struct maker *maker, const cJSON *part, int group, int wanted)
{
    const struct groups *groups = maker->context->groups;

    if (wanted == 0) {
        if (part->next)
            mix_part(maker, part->next, 0, (int)get_int(part->next, "qty", 0));
        else
            type_of_mix(maker);
        return;
    }
    if (group == groups->count)
        return;
    mix_part(maker, part, group + 1, wanted);
    if (group_in(maker->context, get(part, "items"), group) && maker->bought[group] < groups->at[group].count) {
        maker->bought[group]++;
        mix_part(maker, part, group, wanted - 1);
        maker->bought[group]--;
    }
}

/* No got unit is dearer than a bought one where each could stand in the other's place. */
static bool pick_holds(const struct maker *maker)
{
    const struct groups *groups = maker->context->groups;

    for (int g = 0; g < groups->count && !maker->free_pick; g++) {
        for (int b = 0; b < groups->count; b++) {
            if (maker->got[g] && maker->bought[b] && groups->at[g].price > groups->at[b].price &&
                group_in(maker->context, get(maker->buy, "items"), g) &&
                group_in(maker->context, get(maker->get, "items"), b))
                return false;
        }
    }
    return true;
}

static void type_of_buy_get(struct maker *maker)
{
    struct way *type = pick_holds(maker) ? type_new(maker) : NULL;

    if (!type)
        return;
    type->set_count = 1;
    for (int g = 0; g < maker->sets->group_count; g++) {
        int64_t gain = unit_gain(maker->get, &maker->context->groups->at[g]);

        type->taken[g] = (uint8_t)maker->got[g];
        type->bought[g] = (uint8_t)maker->bought[g];
        for (int i = 0; i < maker->got[g]; i++)
            type->amounts[maker->sets->first_unit[g] + i] = gain;
        type->total += gain * maker->got[g];
    }
    type_keep(maker, type);
}

static void choose_got(struct maker *maker, int group, int wanted)
{
    const struct groups *groups = maker->context->groups;

    if (wanted > 0 && maker->partial && wanted < maker->got_wanted)
        reach_note(PARTIAL_SET);
    if (wanted == 0 || (maker->partial && wanted < maker->got_wanted))
        type_of_buy_get(maker);
    if (wanted == 0)
        return;
    for (int g = group; g < groups->count; g++) {
        if (group_got_in(maker->context, get(maker->get, "items"), g) &&
            maker->bought[g] + maker->got[g] < groups->at[g].count) {
            maker->got[g]++;
            choose_got(maker, g, wanted - 1);
            maker->got[g]--;
        }
    }
}

static void choose_bought(struct maker *maker, int group, int wanted)
{
    const struct groups *groups = maker->context->groups;

    if (wanted == 0) {
        choose_got(maker, 0, maker->got_wanted);
        return;
    }
    for (int g = group; g < groups->count; g++) {
        if (group_in(maker->context, get(maker->buy, "items"), g) && maker->bought[g] < groups->at[g].count) {
            maker->bought[g]++;
            choose_bought(maker, g, wanted - 1);
            maker->bought[g]--;
        }
    }
}

/* nth_unit is a buy_get of its own items: the missing halves are written out here. */
static void halves_of(const struct promotion *promotion, cJSON **out_buy, cJSON **out_get)
{
    const cJSON *reward = promotion->reward;

    if (promotion->kind == BUY_GET) {
        *out_buy = cJSON_Duplicate(get(reward, "buy"), true);
        *out_get = cJSON_Duplicate(get(reward, "get"), true);
        return;
    }
    *out_buy = cJSON_CreateObject();
    *out_get = cJSON_Duplicate(reward, true);
    cJSON_AddItemToObject(*out_buy, "items", cJSON_Duplicate(promotion->items, true));
    cJSON_AddNumberToObject(*out_buy, "qty", (double)(get_int(reward, "every", 2) - 1));
    cJSON_AddNumberToObject(*out_get, "qty", 1);
}

static void list_sets(const struct reward_context *context, struct sets *sets)
{
    const cJSON *reward = context->promotion->reward;
    struct maker maker = {.context = context, .sets = sets};
    cJSON *buy = NULL, *got = NULL;

    if (sets->is_mix) {
        maker.parts = get(reward, "parts");
        mix_part(&maker, maker.parts->child, 0, (int)get_int(maker.parts->child, "qty", 0));
        return;
    }
    halves_of(context->promotion, &buy, &got);
    maker.buy = buy;
    maker.get = got;
    maker.partial = get_bool(reward, "partial", false);
    maker.free_pick = strcmp(get_text(reward, "pick", "cheapest"), "dearest") == 0;
    maker.got_wanted = (int)get_int(got, "qty", 0);
    for (int g = 0; g < sets->group_count; g++) {
        sets->only_bought[g] = !group_got_in(context, get(got, "items"), g);
    }
    choose_bought(&maker, 0, (int)get_int(buy, "qty", 0));
    cJSON_Delete(buy);
    cJSON_Delete(got);
}

/* repeat false is a limit of one. */
static int limit_of(const struct promotion *promotion)
{
    int64_t limit = get_int(get(promotion->json, "limits"), "per_sale", 0);

    return get_bool(promotion->reward, "repeat", true) ? (int)(limit > UNITS_MAX ? UNITS_MAX : limit) : 1;
}

static struct sets *sets_make(const struct reward_context *context)
{
    struct sets *sets = calloc(1, sizeof *sets);
    int states = 1, units = 0;

    sets->group_count = context->groups->count;
    sets->is_mix = context->promotion->kind == MIX;
    sets->limit = limit_of(context->promotion);
    for (int g = 0; g < sets->group_count; g++) {
        sets->first_unit[g] = units;
        units += context->groups->at[g].held ? 0 : context->groups->at[g].count;
        sets->radix[g] = states;
        states *= context->groups->at[g].count + 1;
        if (states > STATES_MAX) {
            context->run->gave_up = true;
            return sets;
        }
    }
    sets->state_count = states;
    sets->types = calloc(TYPES_MAX, sizeof *sets->types);
    sets->ways = calloc((size_t)states * (size_t)(sets->limit + 1), sizeof *sets->ways);
    list_sets(context, sets);
    return sets;
}

/* ---- the best way ---- */

static int better(int64_t a, int64_t b)
{
    return (a > b) - (a < b);
}

/* More given in all; then, of a buy_get, fewer sets, the larger amount on the earlier unit, and bought first what can
 * only be bought, then the others, dearest first; of a mix unit by unit the larger amount, then being in a set. */
static int compare_ways(const struct sets *sets, const struct way *a, const struct way *b)
{
    int order = better(a->total, b->total);

    if (!order && !sets->is_mix)
        order = better(b->set_count, a->set_count);
    for (int g = 0; g < sets->group_count && !order; g++) {
        int most = a->taken[g] > b->taken[g] ? a->taken[g] : b->taken[g];

        for (int i = 0; i < most && !order; i++) {
            order = better(a->amounts[sets->first_unit[g] + i], b->amounts[sets->first_unit[g] + i]);
            if (!order && sets->is_mix)
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

/* ---- pool ---- */

struct pool {
    int left[UNITS_MAX];
    bool buys[UNITS_MAX], gets[UNITS_MAX];
};

static bool pool_can(const struct pool *pool, int groups, int64_t buy, int64_t got)
{
    int64_t buys = 0, gets = 0, both = 0;

    for (int g = 0; g < groups; g++) {
        buys += pool->buys[g] ? pool->left[g] : 0;
        gets += pool->gets[g] ? pool->left[g] : 0;
        both += pool->buys[g] || pool->gets[g] ? pool->left[g] : 0;
    }
    return buys >= buy && gets >= got && both >= buy + got;
}

/* Of one price the earlier. */
static bool pool_before(const struct groups *groups, int a, int b, bool dearest)
{
    int64_t pa = groups->at[a].price, pb = groups->at[b].price;

    if (pa != pb)
        return dearest ? pa > pb : pa < pb;
    return a < b;
}

/* Takes one unit, the first in the order that leaves enough for the rest; answers its group. */
static int pool_take(struct pool *pool, const struct groups *groups, const bool *from, bool dearest, int64_t buy_left,
                     int64_t got_left)
{
    int best = -1;

    for (int g = 0; g < groups->count; g++) {
        bool possible;

        if (!from[g] || pool->left[g] == 0)
            continue;
        pool->left[g]--;
        possible = pool_can(pool, groups->count, buy_left, got_left);
        pool->left[g]++;
        if (possible && (best < 0 || pool_before(groups, g, best, dearest)))
            best = g;
    }
    if (best >= 0)
        pool->left[best]--;
    return best;
}

static void pool_fill(struct reward_context *context, struct pool *pool, const cJSON *rule, int64_t buy, int64_t got,
                      struct outcome *out)
{
    bool dearest = strcmp(get_text(context->promotion->reward, "pick", "cheapest"), "dearest") == 0;

    while (got > 0) {
        int g = pool_take(pool, context->groups, pool->gets, dearest, buy, --got);

        if (g < 0)
            return;
        out->amounts[context->groups->at[g].first + out->taken[g]++] = unit_gain(rule, &context->groups->at[g]);
        out->total += unit_gain(rule, &context->groups->at[g]);
    }
    while (buy > 0) {
        int g = pool_take(pool, context->groups, pool->buys, true, --buy, 0);

        if (g < 0)
            return;
        out->bought[g]++;
    }
}

void pool_apply(struct reward_context *context, const int *offered, struct outcome *out)
{
    const cJSON *buy = get(context->promotion->reward, "buy"), *rule = get(context->promotion->reward, "get");
    int64_t buy_qty = get_int(buy, "qty", 1), got_qty = get_int(rule, "qty", 1), got, sets = 0;
    int64_t least = get_bool(context->promotion->reward, "partial", false) ? 1 : got_qty;
    int limit = limit_of(context->promotion), groups = context->groups->count;
    struct pool pool = {0};

    for (int g = 0; g < groups; g++) {
        pool.left[g] = offered[g];
        pool.buys[g] = group_in(context, get(buy, "items"), g);
        pool.gets[g] = group_got_in(context, get(rule, "items"), g);
    }
    while ((!limit || sets < limit) && pool_can(&pool, groups, (sets + 1) * buy_qty, (sets + 1) * least))
        sets++;
    got = sets * got_qty;
    while (got > 0 && !pool_can(&pool, groups, sets * buy_qty, got))
        got--;
    if (sets > 0)
        reach_note(POOL_FORMED);
    if (sets > 0)
        pool_fill(context, &pool, rule, sets * buy_qty, got, out);
}

/* ---- what completes a set ---- */

struct match {
    int unit_count, place_count;
    int unit_of[UNITS_MAX * 4]; /* by place */
    bool fits[UNITS_MAX][UNITS_MAX * 4];
};

static bool seat(struct match *match, int unit, bool *tried)
{
    for (int p = 0; p < match->place_count; p++) {
        if (!match->fits[unit][p] || tried[p])
            continue;
        tried[p] = true;
        if (match->unit_of[p] < 0 || seat(match, match->unit_of[p], tried)) {
            match->unit_of[p] = unit;
            return true;
        }
    }
    return false;
}

static void places_add(const struct reward_context *context, struct match *match, const int *offered,
                       const cJSON *items, int64_t qty)
{
    for (int64_t i = 0; i < qty; i++, match->place_count++) {
        int unit = 0;

        for (int g = 0; g < context->groups->count; g++) {
            for (int k = 0; k < offered[g]; k++)
                match->fits[unit++][match->place_count] = group_in(context, items, g);
        }
        match->unit_count = unit;
        match->unit_of[match->place_count] = -1;
    }
}

int64_t set_missing(const struct reward_context *context, const int *offered)
{
    const cJSON *reward = context->promotion->reward, *part;
    struct match match = {0};
    int there = 0;

    if (context->promotion->kind == MIX) {
        cJSON_ArrayForEach(part, get(reward, "parts"))
        {
            places_add(context, &match, offered, get(part, "items"), get_int(part, "qty", 0));
        }
    } else {
        cJSON *buy, *got;

        halves_of(context->promotion, &buy, &got);
        places_add(context, &match, offered, get(buy, "items"), get_int(buy, "qty", 0));
        places_add(context, &match, offered, get(got, "items"),
                   get_bool(reward, "partial", false) ? 1 : get_int(got, "qty", 0));
        cJSON_Delete(buy);
        cJSON_Delete(got);
    }
    for (int unit = 0; unit < match.unit_count; unit++) {
        bool tried[UNITS_MAX * 4] = {false};

        there += seat(&match, unit, tried);
    }
    return there > 0 && there < match.place_count ? (match.place_count - there) * INT64_C(1000) : 0;
}
