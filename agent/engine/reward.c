/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/engine/mix.h"
#include "agent/engine/reward_give.h"
#include "agent/engine/sort.h"
#include "agent/base/wide.h"

enum { BP = 10000 };

bool reward_counts(const struct reward *reward)
{
    return reward->kind == REWARD_BUY_GET || reward->kind == REWARD_CHEAPEST || reward->kind == REWARD_MIX ||
           reward->kind == REWARD_GIFT;
}

bool reward_is_discount(const struct reward *reward)
{
    return reward->kind != REWARD_POINTS && reward->kind != REWARD_ISSUE_COUPON && reward->kind != REWARD_MESSAGE;
}

void reward_emit(struct arena *arena, struct outcome *out, size_t offer, int64_t count, int64_t amount, bool bought)
{
    if (count <= 0 ||
        (out->count == out->cap && !vec_more(arena, &out->takes, out->count, &out->cap, sizeof *out->takes)))
        return;
    out->takes[out->count++] =
        (struct take){.offer = (uint32_t)offer, .bought = bought, .count = count, .amount = amount};
    out->gain += count * amount;
}

/* A price or an amount by the unit is for each 1.000 of a weighed line, half up. */
static int64_t by_unit(int64_t value, const struct offer *offer)
{
    if (offer->weight_milli == 0)
        return value;
    return (int64_t)wide_half_up((uint64_t)value, (uint64_t)offer->weight_milli, 1000);
}

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

int64_t reward_unit_gain(const struct reward *reward, const struct offer *offer)
{
    int64_t gain = 0, value = by_unit(offer->value, offer);

    switch (reward->gives) {
    case GIVES_PERCENT:
        gain = (int64_t)wide_half_up((uint64_t)offer->price, (uint64_t)reward->value, BP);
        break;
    case GIVES_AMOUNT:
        gain = value;
        break;
    case GIVES_PRICE:
        gain = offer->price > value ? offer->price - value : 0;
        break;
    }
    return least(gain, offer->room);
}

/* Whether the unit gets something before any rounding. */
static bool gives_to(const struct reward *reward, const struct offer *offer)
{
    if (reward->per != PER_UNIT) /* an amount that is spread: wherever there is room */
        return offer->room > 0;
    return reward->gives == GIVES_PERCENT ? calc_percent_weight(reward, offer) > 0
                                          : reward_unit_gain(reward, offer) > 0;
}

struct ranked {
    int64_t price, gain;
    size_t index;
};

/* Dearest first, of equally dear ones the larger amount, then by line. */
static int dearest_cmp(const void *a, const void *b)
{
    const struct ranked *x = a, *y = b;

    if (x->price != y->price)
        return x->price > y->price ? -1 : 1;
    if (x->gain != y->gain)
        return x->gain > y->gain ? -1 : 1;
    return x->index < y->index ? -1 : x->index > y->index;
}

/* What the unit would get by itself: an amount off all together is not for each 1.000 of a weight. */
static int64_t gain_alone(const struct reward *reward, const struct offer *offer)
{
    return reward->per == PER_UNIT ? reward_unit_gain(reward, offer) : least(reward->value, offer->room);
}

static struct ranked *ranked_offers(const struct calc *c)
{
    struct ranked *ranked = arena_array(c->arena, c->count, sizeof *ranked);

    for (size_t i = 0; ranked && i < c->count; i++)
        ranked[i] = (struct ranked){c->offers[i].price, gain_alone(c->reward, &c->offers[i]), i};
    if (ranked)
        sort_items(ranked, c->count, sizeof *ranked, dearest_cmp);
    return ranked;
}

/* max_units_per_line, then per_sale: the dearest units to which it gives something. */
static bool limit_units(struct calc *c, bool per_sale)
{
    int64_t line_max = c->reward->max_units_per_line, sale_max = per_sale ? c->promotion->per_sale : 0, used = 0;
    struct ranked *ranked;

    c->use = arena_array(c->arena, c->count, sizeof *c->use);
    if (!c->use)
        return false;
    for (size_t i = 0; i < c->count; i++) {
        if (i == 0 || c->offers[i].line != c->offers[i - 1].line)
            used = 0;
        if (!gives_to(c->reward, &c->offers[i]))
            continue;
        c->use[i] = line_max ? least(c->offers[i].count, line_max - used) : c->offers[i].count;
        used += c->use[i];
    }
    if (!sale_max)
        return true;
    ranked = ranked_offers(c);
    if (!ranked)
        return false;
    for (size_t i = 0; i < c->count; i++) {
        int64_t *use = &c->use[ranked[i].index];

        *use = least(*use, sale_max);
        sale_max -= *use;
    }
    return true;
}

static void percent_off(struct calc *c)
{
    uint64_t total = 0;

    if (!limit_units(c, true))
        return;
    switch (c->promotion->round) {
    case ROUND_PER_UNIT:
        for (size_t i = 0; i < c->count; i++)
            reward_emit(c->arena, c->out, i, c->use[i], reward_unit_gain(c->reward, &c->offers[i]), false);
        return;
    case ROUND_PER_LINE:
        for (size_t i = 0; i < c->count; i = calc_line_end(c, i)) {
            struct share line = calc_line_share(c, i, calc_line_end(c, i), true);

            calc_give_units(c, i, calc_line_end(c, i), (int64_t)wide_half_up(line.weight, 1, BP), true);
        }
        return;
    case ROUND_PER_SALE:
        for (size_t i = 0; i < c->count; i = calc_line_end(c, i))
            total += calc_line_share(c, i, calc_line_end(c, i), true).weight;
        calc_give_lines(c, (int64_t)wide_half_up(total, 1, BP), true);
        return;
    }
}

static void by_units(struct calc *c)
{
    if (!limit_units(c, true))
        return;
    for (size_t i = 0; i < c->count; i++)
        reward_emit(c->arena, c->out, i, c->use[i], reward_unit_gain(c->reward, &c->offers[i]), false);
}

/* per_sale leaves the lines of the dearest units. */
static void amount_by_line(struct calc *c)
{
    int64_t lines_left = c->promotion->per_sale ? c->promotion->per_sale : INT64_MAX;
    struct ranked *ranked;
    size_t lines = 0;

    if (!limit_units(c, false))
        return;
    ranked = arena_array(c->arena, c->count, sizeof *ranked);
    if (!ranked)
        return;
    for (size_t i = 0; i < c->count; i = calc_line_end(c, i))
        ranked[lines++] =
            (struct ranked){c->use[i] > 0 ? c->offers[i].price : -1,
                            least(c->reward->value, calc_line_share(c, i, calc_line_end(c, i), false).cap), i};
    sort_items(ranked, lines, sizeof *ranked, dearest_cmp);
    for (size_t i = 0; i < lines && lines_left > 0 && ranked[i].price >= 0; i++, lines_left--) {
        size_t from = ranked[i].index, end = calc_line_end(c, from);

        calc_give_units(c, from, end, least(c->reward->value, calc_line_share(c, from, end, false).cap), false);
    }
}

static void amount_by_basket(struct calc *c, int64_t times)
{
    int64_t amount, cap = 0;

    if (!limit_units(c, c->reward->limit_together))
        return;
    for (size_t i = 0; i < c->count; i = calc_line_end(c, i))
        cap += calc_line_share(c, i, calc_line_end(c, i), false).cap;
    if (__builtin_mul_overflow(c->reward->value, times, &amount))
        amount = cap;
    amount = least(amount, cap);
    if (amount > 0)
        calc_give_lines(c, amount, false);
}

static void use_all(struct calc *c)
{
    c->use = arena_array(c->arena, c->count, sizeof *c->use);
    for (size_t i = 0; c->use && i < c->count; i++)
        c->use[i] = c->offers[i].count;
}

static void fixed_basket(struct calc *c)
{
    int64_t cap = 0, total = 0;

    use_all(c);
    if (!c->use)
        return;
    for (size_t i = 0; i < c->count; i++) {
        total += c->offers[i].price * c->offers[i].count;
        cap += c->offers[i].room * c->offers[i].count;
    }
    if (total > c->reward->value && cap > 0)
        calc_give_lines(c, least(total - c->reward->value, cap), false);
}

void reward_set(struct arena *arena, const struct promotion *promotion, const struct offer *offers, size_t count,
                int64_t *use, int64_t times, struct outcome *out)
{
    struct outcome one = {0};
    struct calc c = {.arena = arena,
                     .promotion = promotion,
                     .reward = &promotion->reward,
                     .offers = offers,
                     .count = count,
                     .use = use,
                     .out = &one};

    calc_give_lines(&c, mix_set_gain(c.reward, offers, count, use), c.reward->gives == GIVES_PERCENT);
    for (size_t i = 0; i < one.count; i++)
        reward_emit(arena, out, one.takes[i].offer, one.takes[i].count * times, one.takes[i].amount, false);
}

static int take_cmp(const void *a, const void *b)
{
    const struct take *x = a, *y = b;

    if (x->offer != y->offer)
        return x->offer < y->offer ? -1 : 1;
    if (x->amount != y->amount)
        return x->amount > y->amount ? -1 : 1;
    return (int)x->bought - (int)y->bought;
}

static void mix(struct arena *arena, const struct promotion *promotion, const struct offer *offers, size_t count,
                struct outcome *out)
{
    const struct mix_table *table = mix_table_make(arena, promotion, offers, count);

    if (table)
        mix_table_take(arena, table, NULL, out);
    else
        mix_compute(arena, promotion, offers, count, out);
}

void reward_finish(struct arena *arena, const struct promotion *promotion, const struct offer *offers,
                   struct outcome *out)
{
    size_t kept = 0;

    sort_items(out->takes, out->count, sizeof *out->takes, take_cmp);
    for (size_t i = 0; i < out->count; i++) {
        if (kept > 0 && take_cmp(&out->takes[kept - 1], &out->takes[i]) == 0)
            out->takes[kept - 1].count += out->takes[i].count;
        else
            out->takes[kept++] = out->takes[i];
    }
    out->count = kept;
    if (promotion->cap_minor && out->gain > promotion->cap_minor)
        calc_shrink(arena, offers, out, promotion->cap_minor);
    if (out->gain == 0)
        out->count = 0;
}

void reward_compute(struct arena *arena, const struct promotion *promotion, int64_t times, const struct offer *offers,
                    size_t count, struct outcome *out)
{
    const struct reward *reward = &promotion->reward;
    struct calc c = {
        .arena = arena, .promotion = promotion, .reward = reward, .offers = offers, .count = count, .out = out};

    *out = (struct outcome){0};
    if (count == 0)
        return;
    if (reward->kind == REWARD_BUY_GET)
        sets_compute(arena, promotion, offers, count, out);
    else if (reward->kind == REWARD_MIX)
        mix(arena, promotion, offers, count, out);
    else if (reward->kind == REWARD_CHEAPEST || reward->kind == REWARD_GIFT)
        pick_compute(arena, promotion, offers, count, out);
    else if (reward->kind == REWARD_PERCENT_OFF)
        percent_off(&c);
    else if (reward->per == PER_UNIT)
        by_units(&c);
    else if (reward->per == PER_LINE)
        amount_by_line(&c);
    else if (reward->kind == REWARD_FIXED_PRICE)
        fixed_basket(&c);
    else
        amount_by_basket(&c, times);
    reward_finish(arena, promotion, offers, out);
}
