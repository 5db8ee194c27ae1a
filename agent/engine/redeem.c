/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Paying with points: currency by currency in the order of the bundle, the most points that were asked for, are held
 * after costs, make whole steps and whole minor units, and that the lines can bear.
 */
#include "agent/engine/layer.h"
#include "agent/engine/spread.h"
#include "agent/base/wide.h"

static int64_t gcd(int64_t a, int64_t b)
{
    while (b) {
        int64_t rest = a % b;

        a = b;
        b = rest;
    }
    return a;
}

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* Points that can be paid with go in multiples of this: whole steps, whole minor units. */
static int64_t granule(const struct redemption *rule, const struct point_currency *currency)
{
    int64_t whole = currency->scale / gcd(currency->scale, currency->value_minor);

    return rule->step / gcd(rule->step, whole) * whole;
}

/* Per selected line that can be paid with points: its weight (price of units with room) and what it can bear. */
static size_t line_shares(struct engine *e, const struct redemption *rule, struct share *shares, uint32_t *numbers,
                          int64_t *out_net)
{
    size_t count = 0;

    for (uint32_t i = hit_first(e, rule->selection); i; i = hit_next(e, i)) {
        const struct work_line *line = &e->lines[hit_line(e, i)];
        struct share share = {.count = 1};
        int64_t left = -rule->line_min_minor;

        if (!line->line->discountable)
            continue;
        for (size_t r = 0; r < line->count; r++) {
            const struct run *run = &line->items[r];
            int64_t room = unit_room(line, run->price - run->paid);

            *out_net += run->price * run->count;
            left += (run->price - run->paid) * run->count;
            share.cap += room * run->count;
            share.weight += room > 0 ? (uint64_t)((run->price - run->paid) * run->count) : 0;
        }
        share.cap = left > 0 ? least(share.cap, left) : 0;
        shares[count] = share;
        numbers[count++] = hit_line(e, i);
    }
    return count;
}

/* A line's part over its units, in proportion to what is left to pay. */
static void pay_line(struct engine *e, uint32_t number, uint32_t currency, int64_t amount)
{
    struct work_line *line = &e->lines[number];
    size_t count = line->count;
    struct share *shares = arena_array(&e->arena, count, sizeof *shares);
    struct run *runs = arena_array(&e->arena, count, sizeof *runs);
    struct payment *slot = VEC_ADD(&e->arena, &e->payments);

    if (!shares || !runs || !slot)
        return;
    *slot = (struct payment){.line = number, .currency = currency, .amount = amount};
    /* Dearest first: a line's runs are few. */
    for (size_t i = 0; i < count; i++) {
        size_t at = i;

        for (; at > 0 && runs[at - 1].price - runs[at - 1].paid < line->items[i].price - line->items[i].paid; at--)
            runs[at] = runs[at - 1];
        runs[at] = line->items[i];
    }
    for (size_t i = 0; i < count; i++) {
        int64_t price = runs[i].price - runs[i].paid, room = unit_room(line, price);

        shares[i] = (struct share){.weight = room > 0 ? (uint64_t)price : 0, .cap = room, .count = runs[i].count};
    }
    spread_amount(&e->arena, shares, count, amount);
    for (size_t i = 0; i < count; i++) {
        if (shares[i].extra > 0)
            units_pay(e, number, runs[i].start, shares[i].extra, shares[i].low + 1);
        if (shares[i].low > 0 && runs[i].count > shares[i].extra)
            units_pay(e, number, runs[i].start + shares[i].extra, runs[i].count - shares[i].extra, shares[i].low);
    }
}

static void redeem_currency(struct engine *e, const struct redemption *rule)
{
    const struct point_currency *currency = &e->bundle->currencies[rule->currency];
    const struct sale_amount *asked = sale_amount_find(&e->sale->redeem, currency->id);
    struct share *shares = arena_array(&e->arena, e->line_count + 1u, sizeof *shares);
    uint32_t *numbers = arena_array(&e->arena, e->line_count + 1u, sizeof *numbers);
    struct points_state *points = &e->points[rule->currency];
    int64_t net = 0, bear = 0, held, most, amount;
    size_t count;

    if (!asked || !shares || !numbers)
        return;
    held = sale_amount_of(&e->sale->member->balances, currency->id) - points->cost;
    most = asked->max ? held : least(asked->value, held);
    count = line_shares(e, rule, shares, numbers, &net);
    for (size_t i = 0; i < count; i++)
        bear += shares[i].weight > 0 ? shares[i].cap : 0;
    amount = least(bear, (int64_t)wide_down((uint64_t)net, (uint64_t)rule->max_share_bp, 10000));
    if (most <= 0 || amount <= 0)
        return;
    /* Worth points x value / scale, so this many at most; then whole granules. */
    most =
        least(most, (int64_t)wide_down((uint64_t)amount, (uint64_t)currency->scale, (uint64_t)currency->value_minor));
    most -= most % granule(rule, currency);
    if (most == 0)
        return;
    amount = (int64_t)wide_down((uint64_t)most, (uint64_t)currency->value_minor, (uint64_t)currency->scale);
    points->redeemed = most;
    spread_amount(&e->arena, shares, count, amount);
    for (size_t i = 0; i < count; i++) {
        if (shares[i].low + shares[i].extra > 0)
            pay_line(e, numbers[i], rule->currency, shares[i].low + shares[i].extra);
    }
}

void redeem_run(struct engine *e)
{
    for (uint32_t i = 0; e->sale->member && i < e->bundle->redemption_count; i++)
        redeem_currency(e, &e->bundle->redemptions[i]);
}
