/* SPDX-License-Identifier: Apache-2.0 */
/*
 * best: every solution is tried. For each promotion all it might do to any part of the basket is worked out first; a
 * solution picks for each promotion nothing or one of those, so that no unit is used twice and each promotion does
 * just what it does when it is offered all units that no other has.
 */
#include "tests/oracle/oracle_best.h"

#include "tests/oracle/reach.h"

#include <stdlib.h>
#include <string.h>

enum { WORK_MAX = 3000000 };

static bool fits_left(const struct outcome *out, const int *left, int groups)
{
    for (int g = 0; g < groups; g++) {
        if (out->taken[g] + out->bought[g] > left[g])
            return false;
    }
    return true;
}

/* Whether both do the same; whether a unit that is bought is held is all the same. */
static bool alike(const struct search *search, const struct candidate *candidate, int a, int b)
{
    const struct outcome *x = &candidate->outcomes[a], *y = &candidate->outcomes[b];
    bool same = x->total == y->total;

    for (int g = 0; g < search->groups.count && same; g++) {
        int at = candidate->free_at[g], held = candidate->held_at[g];

        same = x->taken[at] == y->taken[at] &&
               x->bought[at] + (held < 0 ? 0 : x->bought[held]) == y->bought[at] + (held < 0 ? 0 : y->bought[held]);
    }
    return same;
}

/* Each promotion acts on all that no other takes; what costs points is covered all together. */
static bool is_solution(const struct search *search)
{
    int64_t costs[CURRENCIES_MAX] = {0};

    for (int i = 0; i < search->count; i++) {
        const struct candidate *candidate = &search->candidates[i];
        int left[UNITS_MAX];

        if (search->picked[i] < 0)
            continue;
        if (!candidate_left(search, i, search->count, left) ||
            !fits_left(&candidate->outcomes[search->picked[i]], left, candidate->groups.count) ||
            !alike(search, candidate, candidate_does(candidate, left), search->picked[i]))
            return false;
        if (candidate->promotion->currency >= 0)
            costs[candidate->promotion->currency] += candidate->promotion->cost;
    }
    for (int c = 0; c < search->run->currency_count; c++) {
        if (costs[c] > 0 && costs[c] > balance_left(search->run, c))
            return false;
    }
    return true;
}

/* ---- ties ---- */

struct seat {
    int64_t amount;
    int promotion; /* count: none */
};

static void seats_of(const struct search *search, const int *picked, struct seat *seats)
{
    for (int g = 0; g < search->groups.count; g++) {
        struct seat *row = &seats[search->groups.at[g].first];
        int used = 0;

        for (int i = 0; i < search->count; i++) {
            const struct outcome *out = picked[i] < 0 ? NULL : &search->candidates[i].outcomes[picked[i]];
            int at = search->candidates[i].free_at[g];

            /* What is bought though another holds it has that one's seat. */
            for (int k = 0; out && k < out->taken[at] + out->bought[at]; k++) {
                struct seat seat = {k < out->taken[at] ? out->amounts[search->groups.at[g].first + k] : 0, i};
                int place = used++;

                for (; place > 0 && row[place - 1].amount < seat.amount; place--)
                    row[place] = row[place - 1];
                row[place] = seat;
            }
        }
        for (; used < search->groups.at[g].count; used++)
            row[used] = (struct seat){0, search->count};
    }
}

static int64_t gives(const struct search *search, const int *picked, int i)
{
    return picked[i] < 0 ? 0 : search->candidates[i].outcomes[picked[i]].total;
}

/* Of two that give the same in all: the first promotion gives most, then the next; then unit by unit. */
static bool wins_tie(const struct search *search)
{
    struct seat mine[UNITS_MAX], theirs[UNITS_MAX];

    for (int i = 0; i < search->count; i++) {
        if (gives(search, search->picked, i) != gives(search, search->best, i))
            return gives(search, search->picked, i) > gives(search, search->best, i);
    }
    seats_of(search, search->picked, mine);
    seats_of(search, search->best, theirs);
    for (int u = 0; u < search->run->unit_count; u++) {
        if (mine[u].amount != theirs[u].amount)
            return mine[u].amount > theirs[u].amount;
        if (mine[u].promotion != theirs[u].promotion)
            return mine[u].promotion < theirs[u].promotion;
    }
    return false;
}

/* ---- search ---- */

static bool group_free(const struct search *search, int candidate)
{
    const char *group = search->candidates[candidate].promotion->group;

    for (int i = 0; group && i < candidate; i++) {
        const char *other = search->candidates[i].promotion->group;

        if (search->picked[i] >= 0 && other && strcmp(group, other) == 0)
            return false;
    }
    return true;
}

static void try_from(struct search *search, int at, int64_t total, int64_t still_possible)
{
    struct candidate *candidate = &search->candidates[at];
    int left[UNITS_MAX];

    search->run->gave_up = search->run->gave_up || ++search->run->work > WORK_MAX;
    if (search->run->gave_up || total + still_possible < search->best_total)
        return;
    if (at == search->count) {
        if (is_solution(search) && (total > search->best_total || wins_tie(search))) {
            if (total == search->best_total)
                reach_note(BEST_TIE);
            memcpy(search->best, search->picked, sizeof search->best);
            search->best_total = total;
        }
        return;
    }
    for (int o = 0; o < candidate->outcome_count && group_free(search, at) && candidate_left(search, at, at, left);
         o++) {
        if (candidate->outcomes[o].total <= 0 || !fits_left(&candidate->outcomes[o], left, candidate->groups.count))
            continue;
        search->picked[at] = o;
        try_from(search, at + 1, total + candidate->outcomes[o].total, still_possible - candidate->most);
    }
    search->picked[at] = -1;
    try_from(search, at + 1, total, still_possible - candidate->most);
}

static void candidates_find(struct search *search, int layer)
{
    struct run *run = search->run;

    for (int p = 0; p < run->promotion_count; p++) {
        struct promotion *promotion = &run->promotions[p];

        if (promotion->layer != layer || !is_money(promotion->kind) || !oracle_conditions_hold(run, promotion))
            continue;
        search->candidates[search->count].promotion = promotion;
        search->best[search->count++] = -1;
    }
}

/* ---- the solution ---- */

/* The outcome by the groups of the basket, without what others hold. */
static struct outcome folded(const struct search *search, const struct candidate *candidate,
                             const struct outcome *outcome)
{
    struct outcome out = *outcome;

    for (int g = 0; g < search->groups.count; g++) {
        out.taken[g] = outcome->taken[candidate->free_at[g]];
        out.bought[g] = outcome->bought[candidate->free_at[g]];
    }
    return out;
}

/* Buys units that others hold: those that got most first. */
static void buy_held(struct search *search, const struct candidate *candidate, const struct outcome *outcome,
                     bool *held)
{
    for (int g = 0; g < search->groups.count; g++) {
        const struct group *group = &search->groups.at[g];
        int wanted = candidate->held_at[g] < 0 ? 0 : outcome->bought[candidate->held_at[g]];

        for (; wanted > 0; wanted--) {
            int best = -1;

            for (int i = 0; i < group->count; i++) {
                int unit = group->units[i];

                if (held[unit] && (best < 0 || search->run->units[unit].price < search->run->units[best].price))
                    best = unit;
            }
            held[best] = false;
            unit_use(candidate->promotion, &search->run->units[best], true);
        }
    }
}

static void take_all(struct search *search)
{
    int next[UNITS_MAX] = {0};
    bool held[UNITS_MAX] = {false};

    for (int i = 0; i < search->count; i++) {
        const struct candidate *candidate = &search->candidates[i];
        struct outcome out;
        int before[UNITS_MAX];

        if (search->best[i] < 0)
            continue;
        memcpy(before, next, sizeof before);
        out = folded(search, candidate, &candidate->outcomes[search->best[i]]);
        units_take(search->run, candidate->promotion, &search->groups, &out, next);
        for (int g = 0; g < search->groups.count && !candidate->promotion->counts; g++) {
            for (int k = before[g]; k < next[g]; k++)
                held[search->groups.at[g].units[k]] = true;
        }
    }
    for (int i = 0; i < search->count; i++) {
        if (search->best[i] >= 0)
            buy_held(search, &search->candidates[i], &search->candidates[i].outcomes[search->best[i]], held);
    }
}

static void solution_apply(struct search *search)
{
    int picked = 0;

    for (int i = 0; i < search->count; i++)
        picked += search->best[i] >= 0;
    if (picked > 1)
        reach_note(BEST_SEVERAL);
    take_all(search);
    for (int i = 0; i < search->count; i++) {
        struct candidate *candidate = &search->candidates[i];
        const struct outcome *alone;
        int offered[UNITS_MAX];

        if (search->best[i] >= 0)
            continue;
        for (int g = 0; g < candidate->groups.count; g++)
            offered[g] = candidate->groups.at[g].held ? 0 : candidate->full[g];
        alone = &candidate->outcomes[candidate_does(candidate, offered)];
        if (alone->total > 0)
            candidate->promotion->reason = R_OUTBID;
        else
            note_nothing(&candidate->context, offered, alone);
    }
}

void best_apply(struct run *run, int layer)
{
    struct search *search = calloc(1, sizeof *search);
    int64_t possible = 0;

    search->run = run;
    groups_of(run, &search->groups);
    candidates_find(search, layer);
    candidates_fill(search);
    for (int i = 0; i < search->count; i++)
        possible += search->candidates[i].most;
    if (!run->gave_up)
        try_from(search, 0, 0, possible);
    if (!run->gave_up)
        solution_apply(search);
    for (int i = 0; i < search->count; i++) {
        sets_free(search->candidates[i].context.sets);
        free(search->candidates[i].outcomes);
        free(search->candidates[i].by_offer);
    }
    free(search);
}
