/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/engine/search_try.h"
#include "agent/engine/sort.h"

#include <string.h>

enum {
    BP = 10000,
    OFFER_TAKES_MAX = 256,
    CHOICES_MAX = 1024 /* recursion: cells x seats; a larger part is left to the greedy solutions */
};

/* ---- branch and bound */

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
    if (search_may_turn_on(s, on, seat)) {
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
        s.pairs = s.pairs || part->seats[i].reuses;
    }
    if (!solution_make(e, part, takes, out) || !solution_make(e, part, takes, &s.tried))
        return;
    s.used = arena_array(&e->arena, 4 * (part->cell_count + 1), sizeof *s.used);
    if (!s.used || !search_options(&s))
        return;
    s.kept = s.used + part->cell_count;
    s.plain = s.kept + part->cell_count;
    s.held = s.plain + part->cell_count;
    search_greedy(&s);
    search_all(&s, switches);
    if (s.open > 0 && (int64_t)((s.open - 1) / BP) >= out->gain) {
        e->optimal = false;
        e->bound += (int64_t)((s.open - 1) / BP) - out->gain;
    }
}
