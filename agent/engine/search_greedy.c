/* SPDX-License-Identifier: Apache-2.0 */
/*
 * First solutions: the seats one after the other, each takes from all that is left. The search has something to beat,
 * and a sale too large for it has something good.
 */
#include "agent/engine/search_try.h"

#include <string.h>

enum { FIRST_SEATS_MAX = 16 }; /* solutions that begin with each seat */

/* Whether the seat may be on beside those before it that are. */
bool search_may_turn_on(const struct search *s, const bool *on, size_t number)
{
    const struct promotion *promotion = s->part->seats[number].promotion;
    const struct engine *e = s->e;
    int64_t cost = promotion->cost_points;

    for (size_t i = 0; i < s->part->seat_count; i++) {
        const struct promotion *other = s->part->seats[i].promotion;

        if (i == number || !on[i])
            continue;
        if (promotion->group != NONE && other->group == promotion->group)
            return false;
        if (promotion->cost_currency != NONE && other->cost_currency == promotion->cost_currency)
            cost += other->cost_points;
    }
    if (promotion->cost_currency == NONE)
        return true;
    return cost + e->points[promotion->cost_currency].cost <=
           sale_amount_of(&e->sale->member->balances, e->bundle->currencies[promotion->cost_currency].id);
}

struct left {                     /* of each cell, while the seats take one after the other */
    int64_t *units, *kept, *held; /* not taken; bought and left to seats that do not count; taken by these */
};

/* Offers the seat all that is left of its cells. */
static void greedy_offer(struct seat *seat, const struct left *left)
{
    for (size_t k = 0; k < seat->count; k++) {
        uint32_t cell = seat->offers[k].cell;

        seat->offered[k] = seat->offers[k].held ? left->held[cell] : left->units[cell];
        if (seat_is_plain(seat))
            seat->offered[k] += left->kept[cell];
    }
}

/* A seat that does not count has taken so many units of the cell that others before it bought: these hold them now.
 */
static void greedy_hold(struct search *s, uint32_t cell, int64_t units)
{
    for (size_t i = 0; i < s->part->seat_count && units > 0; i++) {
        struct seat *seat = &s->part->seats[i];

        for (size_t k = 1; seat->reuses && k < seat->count && units > 0; k++) {
            int64_t moved = seat->offered[k - 1] < units ? seat->offered[k - 1] : units;

            if (!seat->offers[k].held || seat->offers[k].cell != cell)
                continue;
            seat->offered[k - 1] -= moved;
            seat->offered[k] += moved;
            units -= moved;
        }
    }
}

static void greedy_take(struct search *s, struct seat *seat, const struct take *take, size_t place, struct left *left)
{
    uint32_t cell = seat->offers[place].cell;
    int64_t shared = take->count > left->units[cell] ? take->count - left->units[cell] : 0;

    seat->offered[place] += take->count;
    if (seat->offers[place].held) {
        left->held[cell] -= take->count;
        return;
    }
    if (seat_is_plain(seat)) {
        left->held[cell] += take->count - shared;
        left->kept[cell] -= shared;
        if (shared > 0)
            greedy_hold(s, cell, shared);
    } else if (seat->reuses && take->bought) {
        left->kept[cell] += take->count;
    }
    left->units[cell] -= take->count - shared;
}

static void greedy(struct search *s, const size_t *order)
{
    struct arena_mark mark = arena_mark(&s->e->arena);
    size_t cells = s->part->cell_count;
    struct left left = {.units = arena_array(&s->e->arena, 3 * (cells + 1), sizeof *left.units)};
    bool *on = arena_array(&s->e->arena, s->part->seat_count + 1, sizeof *on);

    if (!left.units || !on)
        return;
    left.kept = left.units + cells;
    left.held = left.kept + cells;
    for (size_t c = 0; c < cells; c++)
        left.units[c] = s->part->cells[c].count;
    for (size_t i = 0; i < s->part->seat_count; i++)
        memset(s->part->seats[i].offered, 0, s->part->seats[i].count * sizeof *s->part->seats[i].offered);
    for (size_t i = 0; i < s->part->seat_count; i++) {
        struct seat *seat = &s->part->seats[order[i]];
        struct outcome outcome;
        uint32_t *places;

        seat->on = !seat->is_switch || search_may_turn_on(s, on, order[i]);
        if (!seat->on)
            continue;
        greedy_offer(seat, &left);
        search_seat(s, seat, seat->offered, &outcome, &places);
        memset(seat->offered, 0, seat->count * sizeof *seat->offered);
        for (size_t k = 0; k < outcome.count; k++)
            greedy_take(s, seat, &outcome.takes[k], places[outcome.takes[k].offer], &left);
        seat->on = on[order[i]] = outcome.gain > 0;
    }
    search_try(s);
    arena_rewind(&s->e->arena, mark);
}

void search_greedy(struct search *s)
{
    size_t seats = s->part->seat_count;
    size_t *order = arena_array(&s->e->arena, seats, sizeof *order), *by_gain;

    by_gain = arena_array(&s->e->arena, seats, sizeof *by_gain);
    if (!order || !by_gain)
        return;
    for (size_t i = 0; i < seats; i++) {
        size_t at = i;

        order[i] = i;
        for (; at > 0 && s->part->seats[by_gain[at - 1]].alone < s->part->seats[i].alone; at--)
            by_gain[at] = by_gain[at - 1];
        by_gain[at] = i;
    }
    greedy(s, order);
    for (size_t first = 0; first < seats && first < FIRST_SEATS_MAX; first++) {
        size_t n = 0;

        order[n++] = by_gain[first];
        for (size_t i = 0; i < seats; i++) {
            if (i != first)
                order[n++] = by_gain[i];
        }
        greedy(s, order);
    }
}
