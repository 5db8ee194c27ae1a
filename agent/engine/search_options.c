/* SPDX-License-Identifier: Apache-2.0 */
/* What may become of a unit of each cell: the seats that select it, and pairs of them (search.h). */
#include "agent/engine/search_try.h"
#include "agent/engine/sort.h"

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
    uint32_t *plain = arena_array(&s->e->arena, s->pairs ? cells + 1 : 1, sizeof *plain);
    uint32_t *held = arena_array(&s->e->arena, s->pairs ? cells + 1 : 1, sizeof *held);

    s->option_first = arena_array(&s->e->arena, cells + 2, sizeof *s->option_first);
    if (!plain || !held || !s->option_first)
        return false;
    for (size_t i = 0; i < s->part->seat_count; i++) {
        const struct seat *seat = &s->part->seats[i];

        for (size_t k = 0; k < seat->count; k++) {
            if (s->pairs) {
                plain[seat->offers[k].cell] += seat_is_plain(seat);
                held[seat->offers[k].cell] += seat->offers[k].held;
            }
            s->option_first[seat->offers[k].cell + 2] += !seat->offers[k].held;
        }
    }
    for (size_t c = 0; c < cells; c++) {
        s->option_first[c + 2] += s->pairs ? (size_t)plain[c] * held[c] : 0;
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

            if (seat_is_plain(seat) == plain && !seat->offers[k].held)
                option_add(s, seat->offers[k].cell, &option);
        }
    }
}

bool search_options(struct search *s)
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
