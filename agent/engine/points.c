/* SPDX-License-Identifier: Apache-2.0 */
/*
 * After redemption: points, coupons for the next visit and messages, by layer, order, id whatever the layer's mode;
 * multipliers last, since they multiply what the others gave.
 */
#include "agent/engine/work.h"

#include "agent/base/civil_time.h"
#include "agent/base/wide.h"

struct base {
    int64_t amount, units;
};

static void line_base(const struct work_line *line, bool gross, struct base *base)
{
    for (size_t r = 0; r < line->count; r++) {
        const struct run *run = &line->items[r];

        if (run->price == 0) /* came to 0 before redemption: does not count */
            continue;
        base->amount += (gross ? run->gross : run->price - run->paid) * run->count;
        base->units += run->count;
    }
}

/* What the selected units count, on lines that other selects too (NONE: all). */
static struct base base_of(const struct engine *e, uint32_t selection, uint32_t other, bool gross)
{
    struct base base = {0};
    uint32_t k = hit_first(e, other);

    for (uint32_t i = hit_first(e, selection); i; i = hit_next(e, i)) {
        uint32_t line = hit_line(e, i);

        while (k && hit_line(e, k) < line)
            k = hit_next(e, k);
        if (other == NONE || (k && hit_line(e, k) == line))
            line_base(&e->lines[line], gross, &base);
    }
    return base;
}

#define POINTS_MAX INT64_C(1000000000000000) /* 10^15 of one promotion in one sale; more is cut to it */

static int64_t times_give(int64_t times, int64_t give)
{
    int64_t points;

    return __builtin_mul_overflow(times, give, &points) || points > POINTS_MAX ? POINTS_MAX : points;
}

static int64_t times_limited(const struct promotion *promotion, int64_t times)
{
    return promotion->per_sale && times > promotion->per_sale ? promotion->per_sale : times;
}

/* What a promotion that is no multiplier gives on the lines that other selects too. */
static int64_t gives(const struct engine *e, const struct promotion *promotion, uint32_t other)
{
    const struct reward *reward = &promotion->reward;
    struct base base = base_of(e, reward->items, other, reward->base_gross);
    int64_t times;

    if (reward->points_mode == POINTS_GIVE)
        return base.units > 0 ? reward->give : 0;
    times = reward->points_mode == POINTS_PER_MINOR ? base.amount / reward->per_minor : base.units;
    return times_give(times_limited(promotion, times), reward->give);
}

static int64_t multiplied(const struct engine *e, const struct promotion *promotion)
{
    const struct reward *reward = &promotion->reward;
    int64_t points = 0;

    for (size_t i = 0; i < e->earnings.count; i++) {
        const struct promotion *base = &e->bundle->promotions[e->earnings.items[i].promotion];

        if (base->reward.currency == reward->currency &&
            (base->reward.points_mode == POINTS_PER_MINOR || base->reward.points_mode == POINTS_PER_UNIT))
            points += gives(e, base, reward->items);
    }
    points = points > POINTS_MAX ? POINTS_MAX : points;
    points = (int64_t)wide_down((uint64_t)points, (uint64_t)reward->multiplier_bp - 10000, 10000);
    return points > POINTS_MAX ? POINTS_MAX : points;
}

static bool earn(struct engine *e, const struct promotion *promotion, uint32_t number, int64_t points)
{
    struct points_entry *slot;

    if (points <= 0)
        return false;
    slot = VEC_ADD(&e->arena, &e->earnings);
    if (!slot)
        return false;
    *slot = (struct points_entry){number, promotion->reward.currency, points};
    e->points[promotion->reward.currency].earned += points;
    return true;
}

static bool issue(struct engine *e, const struct promotion *promotion)
{
    struct engine_issued *slot = VEC_ADD(&e->arena, &e->issued);

    if (!slot)
        return false;
    *slot = (struct engine_issued){
        .promotion = promotion->id, .series = promotion->reward.series, .print = promotion->reward.print};
    if (e->sale->has_date)
        civil_format_date(e->sale->business_day + (int32_t)promotion->reward.valid_days, slot->valid_until);
    return true;
}

static bool say(struct engine *e, const struct promotion *promotion)
{
    struct engine_message *slot = VEC_ADD(&e->arena, &e->messages);

    if (slot)
        *slot = (struct engine_message){promotion->reward.to, promotion->reward.text};
    return slot != NULL;
}

static bool is_multiplier(const struct promotion *promotion)
{
    return promotion->reward.kind == REWARD_POINTS && promotion->reward.points_mode == POINTS_MULTIPLIER;
}

/* The kinds that come here: those that take nothing off. */
static bool give(struct engine *e, const struct promotion *promotion, uint32_t number)
{
    if (promotion->reward.kind == REWARD_ISSUE_COUPON)
        return issue(e, promotion);
    if (promotion->reward.kind == REWARD_MESSAGE)
        return say(e, promotion);
    return earn(e, promotion, number,
                is_multiplier(promotion) ? multiplied(e, promotion) : gives(e, promotion, NONE));
}

static void pass(struct engine *e, bool multipliers)
{
    for (uint32_t i = 0; i < e->candidate_count; i++) {
        struct candidate *candidate = &e->candidates[i];
        const struct promotion *promotion = &e->bundle->promotions[candidate->promotion];

        if ((e->bundle->gates[candidate->promotion].flags & GATE_DISCOUNT) || is_multiplier(promotion) != multipliers)
            continue;
        candidate->verdict = conditions_hold(e, promotion);
        if (!candidate->verdict.reason)
            candidate->verdict = conditions_group_threshold(e, promotion);
        if (candidate->verdict.reason)
            continue;
        if (give(e, promotion, candidate->promotion))
            candidate_applied(e, candidate);
        else
            candidate->verdict.reason = "nothing";
    }
}

void points_run(struct engine *e)
{
    if (!(e->flags & GATE_REST))
        return;
    pass(e, false);
    pass(e, true);
}
