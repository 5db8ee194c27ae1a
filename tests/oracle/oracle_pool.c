/* SPDX-License-Identifier: Apache-2.0 */
/* Pools, and what completes a set. */
#include "tests/oracle/oracle_sets.h"

#include "tests/oracle/reach.h"

#include <string.h>

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

/* So many sets with so many got units. */
static void pool_fill(struct reward_context *context, struct pool *pool, int64_t buy, int64_t got,
                      struct outcome *out)
{
    const cJSON *rule = get(context->promotion->reward, "get");
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

/* As many sets as there can be, with as many got units. */
void pool_apply(struct reward_context *context, const int *offered, struct outcome *out)
{
    const cJSON *buy = get(context->promotion->reward, "buy"), *rule = get(context->promotion->reward, "get");
    int64_t buy_qty = get_int(buy, "qty", 1), got_qty = get_int(rule, "qty", 1), got, sets = 0;
    int64_t least = get_bool(context->promotion->reward, "partial", false) ? 1 : got_qty;
    int limit = sets_limit(context->promotion), groups = context->groups->count;
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
    if (sets == 0)
        return;
    reach_note(POOL_FORMED);
    pool_fill(context, &pool, sets * buy_qty, got, out);
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

        sets_halves(context->promotion, &buy, &got);
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
