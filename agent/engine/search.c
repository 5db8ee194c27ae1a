/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/engine/search_try.h"
#include "agent/engine/sort.h"

#include <string.h>

enum {
    BP = 10000,
    OFFER_TAKES_MAX = 256,
    CHOICES_MAX = 1024,  /* recursion: cells x seats; a larger part is left to the greedy solutions */
    FIRST_SEATS_MAX = 16 /* greedy solutions that begin with each seat */
};

/* ---- switches: groups and costs */

/* Whether the seat may be on beside those before it that are. */
static bool may_turn_on(const struct search *s, const bool *on, size_t number)
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

/* ---- greedy: the seats one after the other, each takes from all that is left */

static void greedy(struct search *s, const size_t *order)
{
    struct arena_mark mark = arena_mark(&s->e->arena);
    int64_t *left = arena_array(&s->e->arena, s->part->cell_count + 1, sizeof *left);
    bool *on = arena_array(&s->e->arena, s->part->seat_count + 1, sizeof *on);

    if (!left || !on)
        return;
    for (size_t c = 0; c < s->part->cell_count; c++)
        left[c] = s->part->cells[c].count;
    for (size_t i = 0; i < s->part->seat_count; i++) {
        struct seat *seat = &s->part->seats[order[i]];
        struct outcome outcome;
        uint32_t *places;

        for (size_t k = 0; k < seat->count; k++)
            seat->offered[k] = left[seat->offers[k].cell];
        seat->on = !seat->is_switch || may_turn_on(s, on, order[i]);
        if (seat->on) {
            search_seat(s, seat, seat->offered, &outcome, &places);
            memset(seat->offered, 0, seat->count * sizeof *seat->offered);
            for (size_t k = 0; k < outcome.count; k++) {
                seat->offered[places[outcome.takes[k].offer]] += outcome.takes[k].count;
                left[seat->offers[places[outcome.takes[k].offer]].cell] -= outcome.takes[k].count;
            }
            seat->on = on[order[i]] = outcome.gain > 0;
        }
    }
    search_try(s);
    arena_rewind(&s->e->arena, mark);
}

static void greedy_solutions(struct search *s)
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

/* ---- branch and bound */

static int option_cmp(const void *a, const void *b)
{
    const struct option *x = a, *y = b;

    if (x->worth != y->worth)
        return x->worth > y->worth ? -1 : 1;
    return x->seat < y->seat ? -1 : x->seat > y->seat;
}

static bool options_make(struct search *s)
{
    size_t cells = s->part->cell_count, total = 0;

    for (size_t i = 0; i < s->part->seat_count; i++)
        total += s->part->seats[i].count;
    s->options = arena_array(&s->e->arena, total + 1, sizeof *s->options);
    s->option_first = arena_array(&s->e->arena, cells + 2, sizeof *s->option_first);
    s->suffix = arena_array(&s->e->arena, cells + 1, sizeof *s->suffix);
    if (!s->options || !s->option_first || !s->suffix)
        return false;
    for (size_t i = 0; i < s->part->seat_count; i++) {
        for (size_t k = 0; k < s->part->seats[i].count; k++)
            s->option_first[s->part->seats[i].offers[k].cell + 2]++;
    }
    for (size_t c = 2; c < cells + 2; c++)
        s->option_first[c] += s->option_first[c - 1];
    for (size_t i = 0; i < s->part->seat_count; i++) {
        const struct seat *seat = &s->part->seats[i];

        for (size_t k = 0; k < seat->count; k++)
            s->options[s->option_first[seat->offers[k].cell + 1]++] =
                (struct option){(uint32_t)i, (uint32_t)k, seat->worth[k]};
    }
    for (size_t c = 0; c < cells; c++)
        sort_items(&s->options[s->option_first[c]], s->option_first[c + 1] - s->option_first[c], sizeof *s->options,
                   option_cmp);
    return true;
}

/* The next option of a cell whose seat is on; end when there is none. */
static size_t next_on(const struct search *s, size_t option, size_t end)
{
    while (option < end && !s->part->seats[s->options[option].seat].on)
        option++;
    return option;
}

/* Whether a bound may still hold something better, or as good: ties are decided too. */
static bool worth_trying(struct search *s, uint64_t bound)
{
    if ((int64_t)(bound / BP) < s->best->gain)
        return false;
    if (s->e->nodes_left <= 0) {
        if (s->open < bound + 1)
            s->open = bound + 1;
        return false;
    }
    return true;
}

/* Decides about rest units of a cell, from an option of it on. sure: the bound of all that is decided. */
static void branch(struct search *s, size_t cell, size_t option, int64_t rest, uint64_t sure)
{
    size_t end, next;
    int64_t *offered;
    uint64_t worth;

    if (cell == s->part->cell_count) {
        search_try(s);
        return;
    }
    end = s->option_first[cell + 1];
    option = next_on(s, option, end);
    next = next_on(s, option + (option < end), end);
    if (option == end) {
        branch(s, cell + 1, end, cell + 1 < s->part->cell_count ? s->part->cells[cell + 1].count : 0, sure);
        return;
    }
    worth = s->options[option].worth;
    offered = &s->part->seats[s->options[option].seat].offered[s->options[option].offer];
    for (int64_t count = rest; count >= (next == end ? rest : 0); count--) {
        uint64_t now = sure + worth * (uint64_t)count;
        uint64_t others = next == end ? 0 : s->options[next].worth * (uint64_t)(rest - count);

        /* Fewer units here never raise the bound, so nothing after this can be better. */
        if (!worth_trying(s, now + others + s->suffix[cell + 1]))
            break;
        *offered = count;
        if (next == end) {
            branch(s, cell + 1, end, cell + 1 < s->part->cell_count ? s->part->cells[cell + 1].count : 0, now);
        } else {
            s->e->nodes_left--;
            branch(s, cell, next, rest - count, now);
        }
    }
    *offered = 0;
}

/* All cells, with the seats that are on. */
static void branch_cells(struct search *s)
{
    uint64_t sure = 0;

    for (size_t i = 0; i < s->part->seat_count; i++) {
        struct seat *seat = &s->part->seats[i];

        memset(seat->offered, 0, seat->count * sizeof *seat->offered);
        if (seat->on)
            sure += seat->lump + seat->slack;
    }
    s->suffix[s->part->cell_count] = 0;
    for (size_t c = s->part->cell_count; c-- > 0;) {
        size_t end = s->option_first[c + 1], best = next_on(s, s->option_first[c], end);
        uint64_t worth = best == end ? 0 : s->options[best].worth;

        s->suffix[c] = s->suffix[c + 1] + worth * (uint64_t)s->part->cells[c].count;
    }
    if (worth_trying(s, sure + s->suffix[0])) {
        s->e->nodes_left--;
        branch(s, 0, 0, s->part->cell_count ? s->part->cells[0].count : 0, sure);
    }
}

static void branch_switches(struct search *s, bool *on, size_t seat)
{
    while (seat < s->part->seat_count && !s->part->seats[seat].is_switch)
        seat++;
    if (seat == s->part->seat_count) {
        for (size_t i = 0; i < s->part->seat_count; i++)
            s->part->seats[i].on = on[i];
        branch_cells(s);
        return;
    }
    on[seat] = false; /* not beside itself */
    if (may_turn_on(s, on, seat)) {
        on[seat] = true;
        branch_switches(s, on, seat + 1);
        on[seat] = false;
    }
    branch_switches(s, on, seat + 1);
}

/* The most a part can give: for a search that was not made. */
static uint64_t whole_bound(struct search *s)
{
    uint64_t bound = 0;

    for (size_t i = 0; i < s->part->seat_count; i++)
        bound += s->part->seats[i].lump + s->part->seats[i].slack;
    for (size_t c = 0; c < s->part->cell_count; c++) {
        if (s->option_first[c] < s->option_first[c + 1])
            bound += s->options[s->option_first[c]].worth * (uint64_t)s->part->cells[c].count;
    }
    return bound;
}

static bool solution_make(struct engine *e, const struct part *part, size_t cap, struct solution *out)
{
    *out = (struct solution){.cap = cap};
    out->gains = arena_array(&e->arena, part->seat_count, sizeof *out->gains);
    out->takes = arena_array(&e->arena, cap, sizeof *out->takes);
    return out->gains && out->takes;
}

/* Of each offer at most got, got with one more, bought, and each split once by a cap; of a mix one for each way its
 * units share in sets, at most each its own. */
static size_t takes_most(const struct seat *seat)
{
    size_t takes = seat->count * 8;

    for (size_t i = 0; seat->promotion->reward.kind == REWARD_MIX && i < seat->count; i++)
        takes += 2 * (size_t)(seat->offers[i].count < OFFER_TAKES_MAX ? seat->offers[i].count : OFFER_TAKES_MAX);
    return takes;
}

static void search_all(struct search *s, size_t choices, size_t switches)
{
    bool *on = arena_array(&s->e->arena, s->part->seat_count + 1, sizeof *on);

    if (!on)
        return;
    if (choices > CHOICES_MAX || switches > 20) {
        s->open = whole_bound(s) + 1;
        return;
    }
    for (size_t i = 0; i < s->part->seat_count; i++)
        on[i] = !s->part->seats[i].is_switch;
    branch_switches(s, on, 0);
}

void search_part(struct engine *e, struct part *part, struct solution *out)
{
    struct search s = {.e = e, .part = part, .best = out};
    size_t choices = 0, switches = 0, takes = 0;

    for (size_t i = 0; i < part->seat_count; i++) {
        choices += part->seats[i].count;
        takes += takes_most(&part->seats[i]);
        switches += part->seats[i].is_switch;
    }
    if (!solution_make(e, part, takes, out) || !solution_make(e, part, takes, &s.tried))
        return;
    s.used = arena_array(&e->arena, part->cell_count + 1, sizeof *s.used);
    if (!s.used || !options_make(&s))
        return;
    greedy_solutions(&s);
    search_all(&s, choices, switches);
    if (s.open > 0 && (int64_t)((s.open - 1) / BP) >= out->gain) {
        e->optimal = false;
        e->bound += (int64_t)((s.open - 1) / BP) - out->gain;
    }
}
