/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The layers in the order of the bundle, and the two simple modes: by order and id, each promotion works on what the
 * ones before left; in "first" a unit that one has taken is not reached by another.
 */
#include "agent/engine/layer.h"
#include "agent/engine/sort.h"

#include <string.h>

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

static int offer_cmp(const void *a, const void *b)
{
    const struct offer *x = a, *y = b;

    if (x->line != y->line)
        return x->line < y->line ? -1 : 1;
    if (x->price != y->price)
        return x->price > y->price ? -1 : 1;
    return x->start < y->start ? -1 : x->start > y->start;
}

static void offer_line(struct engine *e, const struct promotion *promotion, uint32_t number, bool get, bool buy,
                       struct offers *out)
{
    const struct work_line *line = &e->lines[number];
    bool counts = reward_counts(&promotion->reward);
    enum layer_mode mode = e->bundle->layers[promotion->layer].mode;

    if (!line->line->discountable)
        return;
    for (size_t i = 0; i < line->count; i++) {
        const struct run *run = &line->items[i];
        struct offer *offer;

        if (run->final || (mode != MODE_STACK && run->taken) || (counts && run->counted))
            continue;
        offer = VEC_ADD(&e->arena, out);
        if (!offer)
            return;
        *offer = (struct offer){.line = number,
                                .cell = (uint32_t)i,
                                .start = run->start,
                                .count = run->count,
                                .price = run->price,
                                .room = unit_room(line, run->price),
                                .get = get,
                                .buy = buy,
                                .weight_milli = line_weighed(line) ? line->line->qty_milli : 0};
    }
}

bool offers_make(struct engine *e, const struct promotion *promotion, struct offers *out)
{
    const struct reward *reward = &promotion->reward;
    uint32_t get = hit_first(e, reward->items), buy = hit_first(e, reward->buy_items);

    *out = (struct offers){0};
    while (get || buy) {
        uint32_t get_line = get ? hit_line(e, get) : NONE, buy_line = buy ? hit_line(e, buy) : NONE;
        uint32_t line = get_line < buy_line ? get_line : buy_line;

        offer_line(e, promotion, line, get_line == line, buy_line == line, out);
        if (get_line == line)
            get = hit_next(e, get);
        if (buy_line == line)
            buy = hit_next(e, buy);
    }
    sort_items(out->items, out->count, sizeof *out->items, offer_cmp);
    return e->arena.st == ST_OK;
}

int64_t reward_times(const struct engine *e, const struct promotion *promotion)
{
    const struct reward *reward = &promotion->reward;
    int64_t spent = 0, times;

    if (reward->kind != REWARD_AMOUNT_OFF || !reward->every_minor)
        return 1;
    /* Lines that take no discount count here, as for every threshold. */
    for (uint32_t i = hit_first(e, reward->items); i; i = hit_next(e, i)) {
        const struct work_line *line = &e->lines[hit_line(e, i)];

        if (reward->base_gross)
            spent += line->line->gross_minor;
        for (size_t r = 0; !reward->base_gross && r < line->count; r++)
            spent += line->items[r].layer_price * line->items[r].count;
    }
    times = spent / reward->every_minor;
    if (reward->max_times && times > reward->max_times)
        times = reward->max_times;
    if (promotion->per_sale && times > promotion->per_sale)
        times = promotion->per_sale;
    return times;
}

void outcome_apply(struct engine *e, uint32_t promotion, const struct offer *offers, const struct outcome *outcome)
{
    bool counting = reward_counts(&e->bundle->promotions[promotion].reward);
    uint32_t offer = NONE;
    int64_t used = 0;

    /* The takes of one offer stand together. */
    for (size_t i = 0; i < outcome->count; i++) {
        const struct take *take = &outcome->takes[i];
        struct move move = {.promotion = promotion,
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
    }
}

int64_t set_lacks_milli(const struct promotion *promotion, const struct offers *offers)
{
    const struct reward *reward = &promotion->reward;
    int64_t buys = 0, gets = 0, either = 0, lacks_buy, lacks_get, least_get = reward->partial ? 1 : reward->get_qty;

    if (reward->kind != REWARD_BUY_GET)
        return 0;
    for (size_t i = 0; i < offers->count; i++) {
        const struct offer *offer = &offers->items[i];

        if (offer->get && offer->buy)
            either += offer->count;
        else if (offer->get)
            gets += offer->count;
        else
            buys += offer->count;
    }
    if (buys + gets + either == 0)
        return 0;
    lacks_buy = reward->buy_qty > buys ? reward->buy_qty - buys : 0;
    lacks_get = least_get > gets ? least_get - gets : 0;
    return (lacks_buy + lacks_get > either ? lacks_buy + lacks_get - either : 0) * 1000;
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
    if (candidate->verdict.reason || !offers_make(e, promotion, &offers))
        return;
    reward_compute(&e->arena, promotion, reward_times(e, promotion), offers.items, offers.count, &outcome);
    if (outcome.gain == 0) {
        candidate->verdict = nothing(promotion, &offers);
        return;
    }
    outcome_apply(e, candidate->promotion, offers.items, &outcome);
    candidate_applied(e, candidate);
}

static bool is_discount(const struct engine *e, uint32_t candidate)
{
    return reward_is_discount(&e->bundle->promotions[e->candidates[candidate].promotion].reward);
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
    uint32_t first = 0, end;

    for (uint32_t l = 0; l < e->bundle->layer_count; l++, first = end) {
        bool any = false;

        for (end = first; end < e->candidate_count && e->bundle->promotions[e->candidates[end].promotion].layer == l;
             end++)
            any = any || is_discount(e, end);
        if (any)
            layer_run(e, &e->bundle->layers[l], first, end);
    }
}
