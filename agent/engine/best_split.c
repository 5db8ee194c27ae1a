/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The units of a line that only plain percents select, when several of these may be in a best solution: each rounds
 * on its own units, so sharing the line may give more than the largest alone. A search would look at every way to
 * share it, as most of them tie; a table does with units x units x percents.
 *
 * Where a unit alone gives a minor unit at least, one unit more gives more. Then all units are taken, and who gives
 * how much says who has how many: so the promotion first in order gives most, then the next, of all ways that give
 * the same, and there is nothing left to choose.
 */
#include "agent/engine/best.h"

enum { BP = PLAIN_BP, WORK_MAX = 40000 /* as long as a few hundred nodes of a search */ };

struct split_table {
    size_t units, seats;
    uint32_t *candidates; /* of each seat, in order */
    int64_t *gives;       /* seats x (units + 1): the seat on so many */
    int64_t *most;        /* likewise: this one and all after it on so many together */
};

static int64_t *row(int64_t *rows, const struct split_table *t, size_t seat)
{
    return &rows[seat * (t->units + 1)];
}

/* Whether each unit gives something to each percent, and the table is small. */
static bool is_small(const struct best_layer *b, const struct simple_line *line, uint64_t units)
{
    if (units * units > WORK_MAX / line->count_left)
        return false;
    for (uint32_t i = line->first_pair; i; i = b->pairs.items[i - 1].next) {
        uint32_t promotion = b->e->candidates[b->pairs.items[i - 1].candidate].promotion;

        if (line->price_min * b->e->bundle->gates[promotion].percent_bp < BP)
            return false;
    }
    return true;
}

static bool table_make(struct best_layer *b, const struct simple_line *line, size_t units, struct split_table *t)
{
    struct engine *e = b->e;

    *t = (struct split_table){.units = units};
    t->candidates = arena_raw(&e->arena, line->count_left, sizeof *t->candidates);
    t->gives = arena_raw(&e->arena, line->count_left * (units + 1), sizeof *t->gives);
    t->most = arena_raw(&e->arena, line->count_left * (units + 1), sizeof *t->most);
    if (!t->candidates || !t->gives || !t->most)
        return false;
    for (uint32_t i = line->first_pair; i; i = b->pairs.items[i - 1].next) {
        uint32_t candidate = b->pairs.items[i - 1].candidate;
        int64_t *gives = row(t->gives, t, t->seats);

        for (size_t u = 0; u <= units; u++)
            gives[u] = plain_gain(line->price_min * (int64_t)u,
                                  e->bundle->gates[e->candidates[candidate].promotion].percent_bp);
        t->candidates[t->seats++] = candidate;
    }
    return true;
}

static void table_fill(const struct split_table *t)
{
    for (size_t s = t->seats; s-- > 0;) {
        const int64_t *gives = row(t->gives, t, s), *after = row(t->most, t, s + 1);
        int64_t *most = row(t->most, t, s);

        for (size_t u = 0; u <= t->units; u++) {
            most[u] = gives[u];
            for (size_t k = 0; s + 1 < t->seats && k < u; k++) {
                if (gives[k] + after[u - k] > most[u])
                    most[u] = gives[k] + after[u - k];
            }
        }
    }
}

/* Each seat in turn has as many units as leave enough to those after it. */
static void table_give(struct best_layer *b, uint32_t number, const struct split_table *t)
{
    size_t left = t->units;

    for (size_t s = 0; s < t->seats && left > 0; s++) {
        const int64_t *gives = row(t->gives, t, s), *after = row(t->most, t, s + 1);
        int64_t wanted = row(t->most, t, s)[left];
        size_t units = left;

        for (int64_t gain = gives[units]; gain < wanted; gain = gives[units] + after[left - units])
            units--;
        if (units > 0)
            best_give(b, t->candidates[s], number,
                      &(struct give){(int64_t)(t->units - left), (int64_t)units, gives[units]});
        left -= units;
    }
}

bool best_split_line(struct best_layer *b, uint32_t number)
{
    const struct simple_line *line = &b->lines[number];
    size_t units = (size_t)b->e->lines[number].units;
    struct split_table table;

    if (!is_small(b, line, units) || !table_make(b, line, units, &table))
        return false;
    table_fill(&table);
    table_give(b, number, &table);
    return true;
}
