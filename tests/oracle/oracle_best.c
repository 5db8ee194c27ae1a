/* SPDX-License-Identifier: Apache-2.0 */
/*
 * best: every solution is tried. For each promotion all it might do to any part of the basket is worked out first; a
 * solution picks for each promotion nothing or one of those, so that no unit is used twice and each promotion does
 * just what it does when it is offered all units that no other has.
 */
#include "tests/oracle/oracle.h"

#include "tests/oracle/reach.h"

#include <stdlib.h>
#include <string.h>

enum { OFFERS_MAX = 3000, WORK_MAX = 3000000 };

struct candidate {
    struct reward_context context;
    struct promotion *promotion;
    int full[UNITS_MAX], radix[UNITS_MAX]; /* the groups it selects; radix 0: not selected */
    int offer_count, outcome_count;
    struct outcome *outcomes; /* those that differ in the units they use */
    int *by_offer;            /* what it does when it is offered so much */
    int64_t most;             /* that any of them gives */
};

struct search {
    struct run *run;
    struct groups groups;
    int count;
    struct candidate candidates[PROMOTIONS_MAX];
    int picked[PROMOTIONS_MAX], best[PROMOTIONS_MAX]; /* place of an outcome, or -1 */
    int64_t best_total;
};

static bool same_use(const struct outcome *a, const struct outcome *b)
{
    return memcmp(a->taken, b->taken, sizeof a->taken) == 0 && memcmp(a->bought, b->bought, sizeof a->bought) == 0;
}

static int outcome_keep(struct candidate *candidate, const struct outcome *out)
{
    for (int i = 0; i < candidate->outcome_count; i++) {
        if (same_use(&candidate->outcomes[i], out) && candidate->outcomes[i].total == out->total)
            return i;
    }
    candidate->outcomes[candidate->outcome_count] = *out;
    if (out->total > candidate->most)
        candidate->most = out->total;
    return candidate->outcome_count++;
}

/* Does an offer of units of this group change anything? */
static bool looks_at(struct candidate *candidate, int group)
{
    const struct promotion *promotion = candidate->promotion;
    const cJSON *reward = promotion->reward, *part;

    if (promotion->kind == BUY_GET)
        return group_in(&candidate->context, get(get(reward, "buy"), "items"), group) ||
               group_in(&candidate->context, get(get(reward, "get"), "items"), group);
    if (promotion->kind == PRICE_LIST)
        return true;
    if (promotion->kind != MIX)
        return group_in(&candidate->context, promotion->items, group);
    cJSON_ArrayForEach(part, get(reward, "parts"))
    {
        if (group_in(&candidate->context, get(part, "items"), group))
            return true;
    }
    return false;
}

static void candidate_fill(struct search *search, struct candidate *candidate)
{
    const struct groups *groups = &search->groups;

    offer(search->run, candidate->promotion, groups, candidate->full);
    candidate->offer_count = 1;
    for (int g = 0; g < groups->count; g++) {
        candidate->radix[g] = looks_at(candidate, g) ? candidate->offer_count : 0;
        if (!candidate->radix[g])
            candidate->full[g] = 0;
        candidate->offer_count *= candidate->full[g] + 1;
        if (candidate->offer_count > OFFERS_MAX) {
            search->run->gave_up = true;
            return;
        }
    }
    reward_measure(&candidate->context);
    candidate->outcomes = calloc((size_t)candidate->offer_count, sizeof *candidate->outcomes);
    candidate->by_offer = calloc((size_t)candidate->offer_count, sizeof *candidate->by_offer);
    for (int at = 0; at < candidate->offer_count && !search->run->gave_up; at++) {
        int offered[UNITS_MAX] = {0};
        struct outcome out;

        for (int g = 0; g < groups->count; g++)
            offered[g] = candidate->radix[g] ? at / candidate->radix[g] % (candidate->full[g] + 1) : 0;
        reward_apply(&candidate->context, offered, &out);
        candidate->by_offer[at] = outcome_keep(candidate, &out);
        search->run->gave_up = search->run->gave_up || search->run->work > WORK_MAX;
    }
}

/* What is left for the candidate of the groups it looks at; false: more is used than there is. */
static bool left_for(const struct search *search, int candidate, int upto, int *out_left)
{
    for (int g = 0; g < search->groups.count; g++) {
        int used = 0;

        out_left[g] = search->candidates[candidate].full[g];
        for (int i = 0; i < upto; i++) {
            if (i != candidate && search->picked[i] >= 0)
                used += search->candidates[i].outcomes[search->picked[i]].taken[g] +
                        search->candidates[i].outcomes[search->picked[i]].bought[g];
        }
        if (out_left[g] == 0)
            continue;
        out_left[g] -= used;
        if (out_left[g] < 0)
            return false;
    }
    return true;
}

static int does_when_offered(const struct candidate *candidate, const int *offered, int groups)
{
    int at = 0;

    for (int g = 0; g < groups; g++)
        at += offered[g] * candidate->radix[g];
    return candidate->by_offer[at];
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
        if (!left_for(search, i, search->count, left) ||
            does_when_offered(candidate, left, search->groups.count) != search->picked[i])
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

            for (int k = 0; out && k < out->taken[g] + out->bought[g]; k++) {
                struct seat seat = {k < out->taken[g] ? out->amounts[search->groups.at[g].first + k] : 0, i};
                int at = used++;

                for (; at > 0 && row[at - 1].amount < seat.amount; at--)
                    row[at] = row[at - 1];
                row[at] = seat;
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

static bool fits_left(const struct outcome *out, const int *left, int groups)
{
    for (int g = 0; g < groups; g++) {
        if (out->taken[g] + out->bought[g] > left[g])
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
    for (int o = 0; o < candidate->outcome_count && group_free(search, at) && left_for(search, at, at, left); o++) {
        if (candidate->outcomes[o].total <= 0 || !fits_left(&candidate->outcomes[o], left, search->groups.count))
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
        struct candidate *candidate = &search->candidates[search->count];

        if (promotion->layer != layer || !is_money(promotion->kind) || !oracle_conditions_hold(run, promotion))
            continue;
        run->gave_up = run->gave_up || promotion->reuse; /* units in two hands: not tried here */
        candidate->promotion = promotion;
        candidate->context = (struct reward_context){.run = run, .promotion = promotion, .groups = &search->groups};
        search->best[search->count++] = -1;
        candidate_fill(search, candidate);
        if (run->gave_up)
            return;
    }
}

static void solution_apply(struct search *search)
{
    int next[UNITS_MAX] = {0}, picked = 0;

    for (int i = 0; i < search->count; i++)
        picked += search->best[i] >= 0;
    if (picked > 1)
        reach_note(BEST_SEVERAL);
    for (int i = 0; i < search->count; i++) {
        struct candidate *candidate = &search->candidates[i];
        const struct outcome *alone;

        if (search->best[i] >= 0) {
            units_take(search->run, candidate->promotion, &search->groups, &candidate->outcomes[search->best[i]],
                       next);
            continue;
        }
        alone = &candidate->outcomes[does_when_offered(candidate, candidate->full, search->groups.count)];
        if (alone->total > 0)
            candidate->promotion->reason = R_OUTBID;
        else
            note_nothing(&candidate->context, candidate->full, alone);
    }
}

void best_apply(struct run *run, int layer)
{
    struct search *search = calloc(1, sizeof *search);
    int64_t possible = 0;

    search->run = run;
    groups_of(run, &search->groups);
    candidates_find(search, layer);
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
