/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/engine/search.h"
#include "agent/engine/sort.h"

#include <string.h>

enum {
    BP = 10000,
    CHOICES_MAX = 1024,  /* recursion: cells x seats; a larger part is left to the greedy solutions */
    FIRST_SEATS_MAX = 16 /* greedy solutions that begin with each seat */
};

struct option { /* a seat that selects a cell */
    uint32_t seat, offer;
    uint64_t worth;
};

struct search {
    struct engine *e;
    struct part *part;
    struct option *options; /* by cell, best worth first */
    size_t *option_first;   /* by cell, one more at the end */
    uint64_t *suffix;       /* the most that the cells from here on are worth, with the seats that are on */
    struct solution *best, tried;
    uint64_t open; /* the highest bound left unexplored, + 1; 0: none */
    int64_t *used; /* units used of each cell, of the solution being tried */
};

/* ---- comparing solutions */

struct unit_entry {
    uint32_t rank, seat;
    int64_t amount, count;
};

static int unit_entry_cmp(const void *a, const void *b)
{
    const struct unit_entry *x = a, *y = b;

    if (x->rank != y->rank)
        return x->rank < y->rank ? -1 : 1;
    if (x->amount != y->amount)
        return x->amount > y->amount ? -1 : 1;
    return x->seat < y->seat ? -1 : x->seat > y->seat;
}

/* What each unit gets, earlier units first, units of a cell by amount; untouched ones last. */
static struct unit_entry *unit_entries(struct search *s, const struct solution *solution, size_t *out_count)
{
    size_t cells = s->part->cell_count, n = 0;
    struct unit_entry *entries = arena_array(&s->e->arena, solution->count + cells, sizeof *entries);
    int64_t *left = arena_array(&s->e->arena, cells, sizeof *left);

    if (!entries || !left)
        return NULL;
    for (size_t c = 0; c < cells; c++)
        left[c] = s->part->cells[c].count;
    for (size_t i = 0; i < solution->count; i++) {
        const struct part_take *take = &solution->takes[i];

        left[take->cell] -= take->count;
        entries[n++] = (struct unit_entry){s->part->cells[take->cell].rank, take->seat, take->amount, take->count};
    }
    for (size_t c = 0; c < cells; c++) {
        if (left[c] > 0)
            entries[n++] = (struct unit_entry){s->part->cells[c].rank, UINT32_MAX, 0, left[c]};
    }
    sort_items(entries, n, sizeof *entries, unit_entry_cmp);
    *out_count = n;
    return entries;
}

/* Of two solutions with the same gains: the larger amount, then the first promotion, on the earlier unit. */
static bool units_better(struct search *s, const struct solution *a, const struct solution *b)
{
    size_t na = 0, nb = 0, i = 0, k = 0;
    struct unit_entry *x = unit_entries(s, a, &na), *y = unit_entries(s, b, &nb);

    while (x && y && i < na && k < nb) {
        int64_t step = x[i].count < y[k].count ? x[i].count : y[k].count;

        if (x[i].amount != y[k].amount)
            return x[i].amount > y[k].amount;
        if (x[i].seat != y[k].seat)
            return x[i].seat < y[k].seat;
        x[i].count -= step;
        y[k].count -= step;
        i += x[i].count == 0;
        k += y[k].count == 0;
    }
    return false;
}

static bool better(struct search *s, const struct solution *a, const struct solution *b)
{
    if (a->gain != b->gain)
        return a->gain > b->gain;
    for (size_t i = 0; i < s->part->seat_count; i++) {
        if (a->gains[i] != b->gains[i])
            return a->gains[i] > b->gains[i];
    }
    return units_better(s, a, b);
}

/* ---- trying one solution */

/* The seat's reward on given counts of its offers; offers without units are left out. */
static void seat_compute(struct search *s, const struct seat *seat, const int64_t *counts, struct outcome *out,
                         uint32_t **out_places)
{
    struct offer *offers = arena_array(&s->e->arena, seat->count + 1, sizeof *offers);
    uint32_t *places = arena_array(&s->e->arena, seat->count + 1, sizeof *places);
    size_t n = 0;

    *out = (struct outcome){0};
    if (!offers || !places)
        return;
    for (size_t i = 0; i < seat->count; i++) {
        if (counts[i] == 0)
            continue;
        offers[n] = seat->offers[i];
        offers[n].count = counts[i];
        places[n++] = (uint32_t)i;
    }
    reward_compute(&s->e->arena, seat->promotion, seat->times, offers, n, out);
    *out_places = places;
}

static void solution_add(struct search *s, size_t seat_number, const struct outcome *outcome, const uint32_t *places)
{
    const struct seat *seat = &s->part->seats[seat_number];

    for (size_t i = 0; i < outcome->count && s->tried.count < s->tried.cap; i++) {
        const struct take *take = &outcome->takes[i];
        uint32_t cell = seat->offers[places[take->offer]].cell;

        s->tried.takes[s->tried.count++] =
            (struct part_take){(uint32_t)seat_number, cell, take->count, take->amount, take->bought};
        s->used[cell] += take->count;
    }
    s->tried.gains[seat_number] = outcome->gain;
    s->tried.gain += outcome->gain;
}

/* Units of each offer that the seat took. */
static int64_t *seat_used(struct search *s, const struct seat *seat, const struct outcome *outcome,
                          const uint32_t *places)
{
    int64_t *used = arena_array(&s->e->arena, seat->count + 1, sizeof *used);

    for (size_t i = 0; used && i < outcome->count; i++)
        used[places[outcome->takes[i].offer]] += outcome->takes[i].count;
    return used;
}

/* Would the seat take the same if it were offered all that the others leave? */
static bool seat_sound(struct search *s, const struct seat *seat, const struct outcome *own, const uint32_t *places)
{
    int64_t *used = seat_used(s, seat, own, places), *again_used;
    int64_t *counts = arena_array(&s->e->arena, seat->count + 1, sizeof *counts);
    struct outcome again;
    uint32_t *again_places;
    bool more = false;

    if (!used || !counts)
        return false;
    for (size_t i = 0; i < seat->count; i++) {
        uint32_t cell = seat->offers[i].cell;

        counts[i] = s->part->cells[cell].count - (s->used[cell] - used[i]);
        more = more || counts[i] > seat->offered[i];
    }
    if (!more)
        return true;
    seat_compute(s, seat, counts, &again, &again_places);
    if (again.gain != own->gain)
        return false;
    again_used = seat_used(s, seat, &again, again_places);
    return again_used && memcmp(used, again_used, seat->count * sizeof *used) == 0;
}

static void solution_keep(struct search *s)
{
    struct solution *best = s->best;

    best->gain = s->tried.gain;
    best->count = s->tried.count;
    memcpy(best->gains, s->tried.gains, s->part->seat_count * sizeof *best->gains);
    if (best->count > 0)
        memcpy(best->takes, s->tried.takes, best->count * sizeof *best->takes);
}

/* Tries what the seats are offered now; keeps it when it is sound and better. */
static void try_offers(struct search *s)
{
    struct arena_mark mark = arena_mark(&s->e->arena);
    size_t seats = s->part->seat_count;
    struct outcome *outcomes = arena_array(&s->e->arena, seats, sizeof *outcomes);
    uint32_t **places = arena_array(&s->e->arena, seats, sizeof *places);
    bool sound = outcomes && places;

    s->tried.gain = 0;
    s->tried.count = 0;
    memset(s->tried.gains, 0, seats * sizeof *s->tried.gains);
    memset(s->used, 0, s->part->cell_count * sizeof *s->used);
    for (size_t i = 0; sound && i < seats; i++) {
        if (!s->part->seats[i].on)
            continue;
        seat_compute(s, &s->part->seats[i], s->part->seats[i].offered, &outcomes[i], &places[i]);
        solution_add(s, i, &outcomes[i], places[i]);
    }
    sound = sound && s->tried.gain > 0 && better(s, &s->tried, s->best);
    for (size_t i = 0; sound && i < seats; i++) {
        if (s->part->seats[i].on && outcomes[i].gain > 0)
            sound = seat_sound(s, &s->part->seats[i], &outcomes[i], places[i]);
    }
    if (sound && s->e->arena.st == ST_OK)
        solution_keep(s);
    arena_rewind(&s->e->arena, mark);
}

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
            seat_compute(s, seat, seat->offered, &outcome, &places);
            memset(seat->offered, 0, seat->count * sizeof *seat->offered);
            for (size_t k = 0; k < outcome.count; k++) {
                seat->offered[places[outcome.takes[k].offer]] += outcome.takes[k].count;
                left[seat->offers[places[outcome.takes[k].offer]].cell] -= outcome.takes[k].count;
            }
            seat->on = on[order[i]] = outcome.gain > 0;
        }
    }
    try_offers(s);
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
        try_offers(s);
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
    size_t choices = 0, switches = 0;

    for (size_t i = 0; i < part->seat_count; i++) {
        choices += part->seats[i].count;
        switches += part->seats[i].is_switch;
    }
    /* At most got, got with one more, bought, and each split once by a cap. */
    if (!solution_make(e, part, choices * 8, out) || !solution_make(e, part, choices * 8, &s.tried))
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
