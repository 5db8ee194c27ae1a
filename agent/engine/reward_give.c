/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/engine/reward_give.h"

enum { BP = 10000 };

uint64_t calc_percent_weight(const struct reward *reward, const struct offer *offer)
{
    uint64_t part = (uint64_t)offer->price * (uint64_t)reward->value, room = (uint64_t)offer->room * BP;

    return part < room ? part : room;
}

size_t calc_line_end(const struct calc *c, size_t from)
{
    size_t end = from + 1;

    while (end < c->count && c->offers[end].line == c->offers[from].line)
        end++;
    return end;
}

/* In proportion to what a percent would take, or to the price. */
static uint64_t weight_of(const struct calc *c, size_t i, bool percent)
{
    if (percent)
        return calc_percent_weight(c->reward, &c->offers[i]);
    return c->offers[i].room > 0 ? (uint64_t)c->offers[i].price : 0;
}

void calc_give_units(struct calc *c, size_t from, size_t end, int64_t amount, bool percent)
{
    struct share *shares = arena_array(c->arena, end - from, sizeof *shares);

    if (!shares)
        return;
    for (size_t i = from; i < end; i++) {
        shares[i - from] =
            (struct share){.weight = weight_of(c, i, percent), .cap = c->offers[i].room, .count = c->use[i]};
    }
    spread_amount(c->arena, shares, end - from, amount);
    for (size_t i = from; i < end; i++) {
        const struct share *share = &shares[i - from];

        /* The price of a basket or of a set counts every unit in it, also those that cannot come down. */
        if (share->weight == 0 && c->reward->kind != REWARD_FIXED_PRICE && c->reward->kind != REWARD_MIX)
            continue;
        reward_emit(c->arena, c->out, i, share->extra, share->low + 1, false);
        reward_emit(c->arena, c->out, i, c->use[i] - share->extra, share->low, false);
    }
}

struct share calc_line_share(const struct calc *c, size_t from, size_t end, bool percent)
{
    struct share share = {.count = 1};

    for (size_t i = from; i < end; i++) {
        uint64_t weight = weight_of(c, i, percent);

        share.weight += weight * (uint64_t)c->use[i];
        share.cap += weight > 0 ? c->offers[i].room * c->use[i] : 0;
    }
    return share;
}

void calc_give_lines(struct calc *c, int64_t amount, bool percent)
{
    struct share *shares = arena_array(c->arena, c->count, sizeof *shares);
    size_t lines = 0;

    if (!shares)
        return;
    for (size_t i = 0; i < c->count; i = calc_line_end(c, i))
        shares[lines++] = calc_line_share(c, i, calc_line_end(c, i), percent);
    spread_amount(c->arena, shares, lines, amount);
    lines = 0;
    for (size_t i = 0; i < c->count; i = calc_line_end(c, i), lines++)
        calc_give_units(c, i, calc_line_end(c, i), shares[lines].low + shares[lines].extra, percent);
}

void calc_shrink(struct arena *arena, const struct offer *offers, struct outcome *out, int64_t cap)
{
    struct outcome shrunk = {.unproven = out->unproven};
    struct share *lines = arena_array(arena, out->count, sizeof *lines);
    struct share *units = arena_array(arena, out->count, sizeof *units);
    size_t n = 0;

    if (!lines || !units)
        return;
    for (size_t i = 0; i < out->count; i++) {
        const struct take *take = &out->takes[i];

        if (i == 0 || offers[take->offer].line != offers[out->takes[i - 1].offer].line)
            lines[n++].count = 1;
        lines[n - 1].weight += (uint64_t)(take->amount * take->count);
        lines[n - 1].cap += take->amount * take->count;
    }
    spread_amount(arena, lines, n, cap);
    n = 0;
    for (size_t i = 0, end; i < out->count; i = end, n++) {
        for (end = i; end < out->count && offers[out->takes[end].offer].line == offers[out->takes[i].offer].line;
             end++)
            units[end - i] = (struct share){.weight = (uint64_t)out->takes[end].amount,
                                            .cap = out->takes[end].amount,
                                            .count = out->takes[end].count};
        spread_amount(arena, units, end - i, lines[n].low + lines[n].extra);
        for (size_t k = i; k < end; k++) {
            const struct take *take = &out->takes[k];

            reward_emit(arena, &shrunk, take->offer, units[k - i].extra, units[k - i].low + 1, take->bought);
            reward_emit(arena, &shrunk, take->offer, take->count - units[k - i].extra, units[k - i].low,
                        take->bought);
        }
    }
    *out = shrunk;
}
