/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The layers in the order of the bundle, and the two simple modes: by order and id, each promotion works on what the
 * ones before left; in "first" a unit that one has taken is not reached by another.
 */
#include "agent/engine/layer.h"

struct candidate *candidate_of(struct engine *e, uint32_t promotion)
{
    uint32_t low = 0, high = e->candidate_count;

    while (low < high) {
        uint32_t mid = low + (high - low) / 2;

        if (e->candidates[mid].promotion == promotion)
            return &e->candidates[mid];
        if (e->candidates[mid].promotion < promotion)
            low = mid + 1;
        else
            high = mid;
    }
    return NULL;
}

void candidate_applied(struct engine *e, struct candidate *candidate)
{
    const struct promotion *promotion = &e->bundle->promotions[candidate->promotion];

    candidate->applied = true;
    candidate->verdict = (struct verdict){0};
    if (promotion->group != NONE)
        e->group_used[promotion->group] = true;
    if (promotion->cost_currency != NONE)
        e->points[promotion->cost_currency].cost += promotion->cost_points;
}

void outcome_unproven(struct engine *e, const struct outcome *outcome)
{
    e->optimal = e->optimal && outcome->unproven == 0;
    e->bound += outcome->unproven;
}

void outcome_apply(struct engine *e, struct candidate *candidate, const struct offer *offers,
                   const struct outcome *outcome)
{
    bool counting = reward_counts(&e->bundle->promotions[candidate->promotion].reward);
    uint32_t offer = NONE;
    int64_t used = 0;

    /* The takes of one offer stand together. */
    for (size_t i = 0; i < outcome->count; i++) {
        const struct take *take = &outcome->takes[i];
        struct move move = {.promotion = candidate->promotion,
                            .line = offers[take->offer].line,
                            .count = take->count,
                            .amount = take->amount,
                            .bought = take->bought};

        if (take->offer != offer)
            used = 0;
        offer = take->offer;
        move.start = offers[offer].start + used;
        used += take->count;
        units_move(e, &move, counting);
        candidate->units += move.bought ? 0 : move.count;
    }
}

/* Gave nothing: no unit it could act on, or a set that is not complete. */
static struct verdict nothing(const struct promotion *promotion, const struct offers *offers)
{
    int64_t lacks = set_lacks_milli(promotion, offers);

    if (lacks == 0)
        return (struct verdict){.reason = "nothing"};
    return (struct verdict){.reason = "nothing", .missing = ENGINE_MISSING_QTY_MILLI, .value = lacks, .figures = 1};
}

static void apply_one(struct engine *e, struct candidate *candidate)
{
    const struct promotion *promotion = &e->bundle->promotions[candidate->promotion];
    struct outcome outcome;
    struct offers offers;

    candidate->verdict = conditions_hold(e, promotion);
    if (!candidate->verdict.reason)
        candidate->verdict = conditions_group_threshold(e, promotion);
    if (candidate->verdict.reason)
        return;
    candidate->verdict.reason = "nothing";
    promotion = promotion_now(e, promotion);
    if (!promotion || !offers_make(e, promotion, &offers))
        return;
    reward_compute(&e->arena, promotion, reward_times(e, promotion), offers.items, offers.count, &outcome);
    outcome_unproven(e, &outcome);
    if (outcome.gain == 0) {
        candidate->verdict = nothing(promotion, &offers);
        return;
    }
    outcome_apply(e, candidate, offers.items, &outcome);
    candidate_applied(e, candidate);
}

static bool is_discount(const struct engine *e, uint32_t candidate)
{
    return e->bundle->gates[e->candidates[candidate].promotion].flags & GATE_DISCOUNT;
}

static void layer_run(struct engine *e, const struct layer *layer, uint32_t first, uint32_t end)
{
    units_layer_begin(e);
    if (layer->mode == MODE_BEST) {
        layer_best(e, first, end);
    } else {
        for (uint32_t i = first; i < end; i++) {
            if (is_discount(e, i))
                apply_one(e, &e->candidates[i]);
        }
    }
    units_layer_end(e);
}

void layers_run(struct engine *e)
{
    for (uint32_t l = 0; l < e->bundle->layer_count; l++) {
        const struct layer *layer = &e->bundle->layers[l];
        uint32_t first = e->candidate_count;
        bool any = false;

        contenders_of_layer(e, layer);
        for (uint32_t i = first; i < e->candidate_count; i++)
            any = any || is_discount(e, i);
        if (any)
            layer_run(e, layer, first, e->candidate_count);
    }
}
