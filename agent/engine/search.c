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

static bool is_plain(const struct seat *seat)
{
    return !reward_counts(&seat->promotion->reward);
}

/* ---- greedy: the seats one after the other, each takes from all that is left */

struct left {                     /* of each cell, while the seats take one after the other */
    int64_t *units, *kept, *held; /* not taken; bought and left to seats that do not count; taken by these */
};

/* Offers the seat all that is left of its cells. */
static void greedy_offer(struct seat *seat, const struct left *left)
{
    for (size_t k = 0; k < seat->count; k++) {
        uint32_t cell = seat->offers[k].cell;

        seat->offered[k] = seat->offers[k].held ? left->held[cell] : left->units[cell];
        if (is_plain(seat))
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
    if (is_plain(seat)) {
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

        seat->on = !seat->is_switch || may_turn_on(s, on, order[i]);
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
    if (x->seat != y->seat)
        return x->seat < y->seat ? -1 : 1;
    return x->buyer + 1 < y->buyer + 1 ? -1 : x->buyer + 1 > y->buyer + 1; /* NONE first */
}

/* Where the options of each cell begin: one for a seat that selects it, one for each pair. */
static bool options_count(struct search *s)
{
    size_t cells = s->part->cell_count, total = 0;
    uint32_t *plain = arena_array(&s->e->arena, cells + 1, sizeof *plain);
    uint32_t *held = arena_array(&s->e->arena, cells + 1, sizeof *held);

    s->option_first = arena_array(&s->e->arena, cells + 2, sizeof *s->option_first);
    if (!plain || !held || !s->option_first)
        return false;
    for (size_t i = 0; i < s->part->seat_count; i++) {
        const struct seat *seat = &s->part->seats[i];

        for (size_t k = 0; k < seat->count; k++) {
            plain[seat->offers[k].cell] += is_plain(seat);
            held[seat->offers[k].cell] += seat->offers[k].held;
            s->option_first[seat->offers[k].cell + 2] += !seat->offers[k].held;
        }
    }
    for (size_t c = 0; c < cells; c++) {
        s->option_first[c + 2] += (size_t)plain[c] * held[c];
        total += s->option_first[c + 2];
        s->option_first[c + 2] = total;
    }
    s->options = arena_array(&s->e->arena, total + 1, sizeof *s->options);
    return s->options != NULL;
}

static void option_add(struct search *s, uint32_t cell, const struct option *option)
{
    s->options[s->option_first[cell + 1]++] = *option;
}

struct range {
    size_t first, end;
};

/* The held offers of a seat beside each seat that does not count: the options plain of the cell. */
static void options_pair(struct search *s, uint32_t number, const struct range *plain)
{
    const struct seat *seat = &s->part->seats[number];

    for (size_t k = 0; k < seat->count; k++) {
        uint32_t cell = seat->offers[k].cell;

        for (size_t o = plain[cell].first; seat->offers[k].held && o < plain[cell].end; o++) {
            struct option pair = s->options[o];

            pair.buyer = number;
            pair.buyer_offer = (uint32_t)k;
            pair.worth += seat->worth[k];
            option_add(s, cell, &pair);
        }
    }
}

/* Those of the seats that count, or that do not. */
static void options_add(struct search *s, bool plain)
{
    for (uint32_t i = 0; i < s->part->seat_count; i++) {
        const struct seat *seat = &s->part->seats[i];

        for (size_t k = 0; k < seat->count; k++) {
            struct option option = {i, (uint32_t)k, NONE, 0, seat->worth[k]};

            if (is_plain(seat) == plain && !seat->offers[k].held)
                option_add(s, seat->offers[k].cell, &option);
        }
    }
}

static bool options_make(struct search *s)
{
    size_t cells = s->part->cell_count;
    struct range *plain = arena_array(&s->e->arena, cells + 1, sizeof *plain);

    s->suffix = arena_array(&s->e->arena, cells + 1, sizeof *s->suffix);
    if (!plain || !s->suffix || !options_count(s))
        return false;
    for (size_t c = 0; c < cells; c++)
        plain[c].first = s->option_first[c + 1];
    options_add(s, true);
    for (size_t c = 0; c < cells; c++)
        plain[c].end = s->option_first[c + 1];
    for (uint32_t i = 0; i < s->part->seat_count; i++) {
        if (s->part->seats[i].reuses)
            options_pair(s, i, plain);
    }
    options_add(s, false);
    for (size_t c = 0; c < cells; c++)
        sort_items(&s->options[s->option_first[c]], s->option_first[c + 1] - s->option_first[c], sizeof *s->options,
                   option_cmp);
    return true;
}

/* The next option of a cell whose seat is on; end when there is none. */
static size_t next_on(const struct search *s, size_t option, size_t end)
{
    while (option < end && (!s->part->seats[s->options[option].seat].on ||
                            (s->options[option].buyer != NONE && !s->part->seats[s->options[option].buyer].on)))
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
    int64_t *offered, *bought, before;
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
    before = *offered; /* a pair offers to the same seat */
    bought = s->options[option].buyer == NONE
                 ? NULL
                 : &s->part->seats[s->options[option].buyer].offered[s->options[option].buyer_offer];
    for (int64_t count = rest; count >= (next == end ? rest : 0); count--) {
        uint64_t now = sure + worth * (uint64_t)count;
        uint64_t others = next == end ? 0 : s->options[next].worth * (uint64_t)(rest - count);

        /* Fewer units here never raise the bound, so nothing after this can be better. */
        if (!worth_trying(s, now + others + s->suffix[cell + 1]))
            break;
        *offered = before + count;
        if (bought)
            *bought += count;
        if (next == end) {
            branch(s, cell + 1, end, cell + 1 < s->part->cell_count ? s->part->cells[cell + 1].count : 0, now);
        } else {
            s->e->nodes_left--;
            branch(s, cell, next, rest - count, now);
        }
        if (bought)
            *bought -= count;
    }
    *offered = before;
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

static void search_all(struct search *s, size_t switches)
{
    bool *on = arena_array(&s->e->arena, s->part->seat_count + 1, sizeof *on);

    if (!on)
        return;
    if (s->option_first[s->part->cell_count] > CHOICES_MAX || switches > 20) {
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
    size_t switches = 0, takes = 0;

    for (size_t i = 0; i < part->seat_count; i++) {
        takes += takes_most(&part->seats[i]);
        switches += part->seats[i].is_switch;
    }
    if (!solution_make(e, part, takes, out) || !solution_make(e, part, takes, &s.tried))
        return;
    s.used = arena_array(&e->arena, 4 * (part->cell_count + 1), sizeof *s.used);
    if (!s.used || !options_make(&s))
        return;
    s.kept = s.used + part->cell_count;
    s.plain = s.kept + part->cell_count;
    s.held = s.plain + part->cell_count;
    greedy_solutions(&s);
    search_all(&s, switches);
    if (s.open > 0 && (int64_t)((s.open - 1) / BP) >= out->gain) {
        e->optimal = false;
        e->bound += (int64_t)((s.open - 1) / BP) - out->gain;
    }
}
