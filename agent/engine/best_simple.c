/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Plain percents in a `best` layer: no limit, cap, group or cost, rounded by the line, on lines without floors. They
 * are most of what a chain runs, and nearly all of them lose to a larger one at once.
 *
 * Every plain percent that selects a line may have all its units. So if B gives some of them b and A gives a, moving
 * them to A changes what is given by at least floor(k p a) - half_up(k p b) for k units of price p, which is above
 * zero when p (a - b) is at least one and a half minor units: then no best solution has B on that line. Of a single
 * unit there is nothing to round in parts, so only the largest amount, of equal ones the first promotion, can be in
 * it. Who takes the units, A or B, is the same to everybody else.
 */
#include "agent/engine/best.h"

enum { BP = PLAIN_BP, PAIRS_A_LINE = 2 /* room for, at first */ };

void simple_lines_make(struct engine *e)
{
    e->simple = arena_raw(&e->arena, e->line_count + 1u, sizeof *e->simple);
    e->simple_all = true;
    for (uint32_t l = 0; e->simple && l < e->line_count; l++) {
        const struct work_line *line = &e->lines[l];
        struct simple_line simple = {.amount = line->items[0].price * line->items[0].count,
                                     .price_min = line->items[0].price,
                                     .plain = line->floor == 0 && !line->items[0].final,
                                     .closed = !line->line->discountable,
                                     .single = line->units == 1,
                                     .alone = true,
                                     .best = NONE};

        for (size_t r = 1; r < line->count; r++) {
            const struct run *run = &line->items[r];

            simple.plain = simple.plain && !run->final;
            simple.amount += run->price * run->count;
            simple.price_min = run->price < simple.price_min ? run->price : simple.price_min;
        }
        e->simple[l] = simple;
        e->simple_all = e->simple_all && (simple.plain || simple.closed);
    }
}

void best_simple_begin(struct best_layer *b)
{
    b->lines = b->e->simple;
    b->pairs.cap = b->e->line_count * (size_t)PAIRS_A_LINE;
    b->pairs.items = arena_raw(&b->e->arena, b->pairs.cap, sizeof *b->pairs.items);
    b->pairs.cap = b->pairs.items ? b->pairs.cap : 0;
}

bool best_simple_offer(struct best_layer *b, uint32_t number)
{
    struct engine *e = b->e;
    struct candidate *candidate = &e->candidates[number];
    const struct gate *gate = &e->bundle->gates[candidate->promotion];

    if (!(gate->flags & GATE_SIMPLE))
        return false;
    for (uint32_t i = e->simple_all ? 0 : hit_first(e, gate->items); i; i = hit_next(e, i)) {
        if (!b->lines[hit_line(e, i)].plain && !b->lines[hit_line(e, i)].closed)
            return false;
    }
    for (uint32_t i = hit_first(e, gate->items); i; i = hit_next(e, i)) {
        struct simple_line *line = &b->lines[hit_line(e, i)];
        struct simple_pair *pair = line->closed ? NULL : VEC_ADD(&e->arena, &b->pairs);
        int64_t gain = plain_gain(line->amount, gate->percent_bp);

        if (!pair)
            continue;
        *pair = (struct simple_pair){.candidate = number, .line = hit_line(e, i)};
        if (gain > 0)
            candidate->verdict.reason = "outbid"; /* unless it is applied */
        /* Of a single unit the first of those that give most, else the first of the largest percents. */
        if (line->best == NONE || (line->single ? gain > line->best_gain : gate->percent_bp > line->best_bp)) {
            line->best = number;
            line->best_bp = gate->percent_bp;
            line->best_gain = gain;
        }
    }
    return true;
}

/* Whether a best solution may have that percent on that line. */
static bool may_win(const struct best_layer *b, const struct simple_pair *pair)
{
    const struct simple_line *line = &b->lines[pair->line];
    int64_t bp = b->e->bundle->gates[b->e->candidates[pair->candidate].promotion].percent_bp;

    if (pair->candidate == line->best || line->best_gain == 0 || b->e->candidates[pair->candidate].whole)
        return true;
    return !line->single && line->price_min * (line->best_bp - bp) < PLAIN_MARGIN;
}

void best_give(struct best_layer *b, uint32_t number, uint32_t line, const struct give *give)
{
    struct engine *e = b->e;
    struct candidate *candidate = &e->candidates[number];
    int64_t low = give->gain, odd = 0;
    struct move move = {.promotion = candidate->promotion, .line = line, .start = give->start};

    if (give->count > 1) {
        low = give->gain / give->count;
        odd = give->gain % give->count;
    }
    move.count = odd;
    move.amount = low + 1;
    if (odd > 0)
        units_move(e, &move, false);
    move.start += odd;
    move.count = give->count - odd;
    move.amount = low;
    units_move(e, &move, false);
    candidate->units += give->count;
    if (!candidate->applied)
        candidate_applied(e, candidate);
}

/* To the only percent that is left, or to those among which a table shares it. */
static bool give_line(struct best_layer *b, uint32_t number)
{
    const struct simple_line *line = &b->lines[number];

    if (!line->alone || line->best_gain == 0 || b->e->lines[number].count > 1)
        return false;
    if (line->count_left > 1)
        return best_split_line(b, number);
    best_give(b, line->best, number, &(struct give){0, b->e->lines[number].units, line->best_gain});
    return true;
}

/* The player of a candidate whose pairs stand from..end, for its lines that are left; false when there are none. */
static bool player_make(struct best_layer *b, size_t from, size_t end, struct player *out)
{
    struct engine *e = b->e;
    uint32_t number = b->pairs.items[from].candidate;
    struct outcome outcome;

    *out = (struct player){.candidate = number,
                           .promotion = &e->bundle->promotions[e->candidates[number].promotion],
                           .times = 1,
                           .separable = true,
                           .monotone = true};
    for (size_t i = from; i < end; i++) {
        if (b->pairs.items[i].line != NONE)
            offer_line(e, out->promotion, b->pairs.items[i].line, true, false, 0, &out->offers);
    }
    if (out->offers.count == 0)
        return false;
    offers_sort(&out->offers);
    reward_compute(&e->arena, out->promotion, 1, out->offers.items, out->offers.count, &outcome);
    out->alone = outcome.gain;
    return outcome.gain > 0;
}

/* A percent that takes units for nothing (rounded) stays whole beside those who gain by it (parts_unite): what
 * it gives on one line then decides about another. */
static void keep_whole(struct best_layer *b)
{
    struct engine *e = b->e;
    bool any = best_any_gains_by_losing(b);

    for (size_t i = 0; i < b->pairs.count && any; i++) {
        struct candidate *candidate = &e->candidates[b->pairs.items[i].candidate];
        int64_t bp = e->bundle->gates[candidate->promotion].percent_bp;

        candidate->whole = candidate->whole || b->lines[b->pairs.items[i].line].price_min * bp < BP / 2;
    }
    for (size_t i = 0; i < b->pairs.count && any; i++) {
        if (e->candidates[b->pairs.items[i].candidate].whole)
            b->lines[b->pairs.items[i].line].alone = false;
    }
}

void best_simple_choose(struct best_layer *b)
{
    struct engine *e = b->e;
    struct player player;

    for (uint32_t p = 0; p < b->player_count; p++) {
        for (size_t i = 0; i < b->players[p].offers.count; i++)
            b->lines[b->players[p].offers.items[i].line].alone = false;
    }
    keep_whole(b);
    for (size_t i = b->pairs.count; i-- > 0;) {
        struct simple_pair *pair = &b->pairs.items[i];
        struct simple_line *line = &b->lines[pair->line];

        if (may_win(b, pair)) {
            pair->next = line->first_pair;
            line->first_pair = (uint32_t)i + 1;
            line->count_left++;
        } else {
            pair->line = NONE;
        }
    }
    for (uint32_t l = 0; l < e->line_count; l++) {
        if (b->lines[l].count_left > 0 && give_line(b, l))
            b->lines[l].count_left = 0;
    }
    for (size_t i = 0, end; i < b->pairs.count; i = end) {
        bool left = false;

        for (end = i; end < b->pairs.count && b->pairs.items[end].candidate == b->pairs.items[i].candidate; end++) {
            if (b->pairs.items[end].line != NONE && b->lines[b->pairs.items[end].line].count_left == 0)
                b->pairs.items[end].line = NONE;
            left = left || b->pairs.items[end].line != NONE;
        }
        if (left && player_make(b, i, end, &player))
            best_player_add(b, &player);
    }
}
