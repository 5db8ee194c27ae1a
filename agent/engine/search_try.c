/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/engine/search_try.h"
#include "agent/engine/sort.h"

#include <string.h>

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

        if (take->held) /* the unit is told by the seat that gives it something */
            continue;
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

void seat_compute(struct arena *arena, const struct seat *seat, struct outcome *out)
{
    if (!seat->table) {
        reward_compute(arena, seat->promotion, seat->times, seat->offers, seat->count, out);
        return;
    }
    *out = (struct outcome){0};
    mix_table_take(arena, seat->table, NULL, out);
    reward_finish(arena, seat->promotion, seat->offers, out);
}

/* A mix looks up what it gives; its takes are of the seat's own offers. */
static void seat_from_table(struct search *s, const struct seat *seat, const int64_t *counts, struct outcome *out,
                            uint32_t **out_places)
{
    uint32_t *places = arena_array(&s->e->arena, seat->count + 1, sizeof *places);

    if (!places)
        return;
    for (size_t i = 0; i < seat->count; i++)
        places[i] = (uint32_t)i;
    mix_table_take(&s->e->arena, seat->table, counts, out);
    reward_finish(&s->e->arena, seat->promotion, seat->offers, out);
    *out_places = places;
}

/* The seat's reward on given counts of its offers; offers without units are left out. */
void search_seat(struct search *s, const struct seat *seat, const int64_t *counts, struct outcome *out,
                 uint32_t **out_places)
{
    struct offer *offers = arena_array(&s->e->arena, seat->count + 1, sizeof *offers);
    uint32_t *places = arena_array(&s->e->arena, seat->count + 1, sizeof *places);
    size_t n = 0;

    *out = (struct outcome){0};
    *out_places = places;
    if (!offers || !places)
        return;
    if (seat->table) {
        seat_from_table(s, seat, counts, out, out_places);
        return;
    }
    for (size_t i = 0; i < seat->count; i++) {
        if (counts[i] == 0)
            continue;
        offers[n] = seat->offers[i];
        offers[n].count = counts[i];
        places[n++] = (uint32_t)i;
    }
    reward_compute(&s->e->arena, seat->promotion, seat->times, offers, n, out);
}

static void solution_add(struct search *s, size_t seat_number, const struct outcome *outcome, const uint32_t *places)
{
    const struct seat *seat = &s->part->seats[seat_number];

    if (outcome->count > s->tried.cap - s->tried.count) { /* only a mix in ever other ways: left out */
        s->too_many = true;
        return;
    }
    for (size_t i = 0; i < outcome->count; i++) {
        const struct take *take = &outcome->takes[i];
        const struct offer *offer = &seat->offers[places[take->offer]];
        uint32_t cell = offer->cell;

        s->tried.takes[s->tried.count++] =
            (struct part_take){(uint32_t)seat_number, cell, take->count, take->amount, take->bought, offer->held};
        if (offer->held) {
            s->held[cell] += take->count;
            continue;
        }
        s->used[cell] += take->count;
        if (seat->reuses && take->bought)
            s->kept[cell] += take->count;
        if (s->pairs && !seat->counts)
            s->plain[cell] += take->count;
    }
    s->tried.gains[seat_number] = outcome->gain;
    s->tried.gain += outcome->gain;
}

/* Units of each offer that the seat took, bought ones too; behind them those that it did not only buy. */
static int64_t *seat_used(struct search *s, const struct seat *seat, const struct outcome *outcome,
                          const uint32_t *places)
{
    int64_t *used = arena_array(&s->e->arena, 2 * seat->count + 1, sizeof *used);

    for (size_t i = 0; used && i < outcome->count; i++) {
        const struct take *take = &outcome->takes[i];

        used[places[take->offer]] += take->count;
        used[seat->count + places[take->offer]] += take->bought ? 0 : take->count;
    }
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

        counts[i] = seat->offers[i].held ? s->plain[cell] - (s->held[cell] - used[i])
                                         : s->part->cells[cell].count - (s->used[cell] - used[i]);
        if (s->pairs && seat_is_plain(seat))
            counts[i] += s->kept[cell];
        more = more || counts[i] > seat->offered[i];
    }
    if (!more)
        return true;
    search_seat(s, seat, counts, &again, &again_places);
    if (again.gain != own->gain)
        return false;
    again_used = seat_used(s, seat, &again, again_places);
    for (size_t i = 1; seat->reuses && again_used && i < seat->count;
         i++) { /* whether a unit it buys is held is all the same */
        if (seat->offers[i].held) {
            used[i - 1] += used[i];
            again_used[i - 1] += again_used[i];
            used[i] = again_used[i] = 0;
        }
    }
    return again_used && memcmp(used, again_used, 2 * seat->count * sizeof *used) == 0;
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
void search_try(struct search *s)
{
    struct arena_mark mark = arena_mark(&s->e->arena);
    size_t seats = s->part->seat_count;
    struct outcome *outcomes = arena_array(&s->e->arena, seats, sizeof *outcomes);
    uint32_t **places = arena_array(&s->e->arena, seats, sizeof *places);
    bool sound = outcomes && places;

    s->tried.gain = 0;
    s->tried.count = 0;
    s->too_many = false;
    memset(s->tried.gains, 0, seats * sizeof *s->tried.gains);
    memset(s->used, 0, (s->pairs ? 4 : 1) * s->part->cell_count * sizeof *s->used);
    for (size_t i = 0; sound && i < seats; i++) {
        if (!s->part->seats[i].on)
            continue;
        search_seat(s, &s->part->seats[i], s->part->seats[i].offered, &outcomes[i], &places[i]);
        solution_add(s, i, &outcomes[i], places[i]);
    }
    if (s->too_many)
        s->e->optimal = sound = false;
    for (size_t c = 0; s->pairs && c < s->part->cell_count;
         c++) /* offered as held, but the other seat left it: not a pair */
        sound = sound && s->held[c] <= s->plain[c];
    sound = sound && s->tried.gain > 0 && better(s, &s->tried, s->best);
    for (size_t i = 0; sound && i < seats; i++) {
        if (s->part->seats[i].on && outcomes[i].gain > 0)
            sound = seat_sound(s, &s->part->seats[i], &outcomes[i], places[i]);
    }
    if (sound && s->e->arena.st == ST_OK)
        solution_keep(s);
    arena_rewind(&s->e->arena, mark);
}
