/* SPDX-License-Identifier: Apache-2.0 */
/* From the work to the result: lines and coupons in the order of the sale, promotions by layer, order, id. */
#include "agent/engine/layer.h"
#include "agent/engine/sort.h"

#include <string.h>

/* Each line's adjustments, by promotion: they were booked layer by layer, each by line and promotion, and layers go
 * by promotions. */
static void make_adjustments(struct engine *e, struct engine_result_line *lines)
{
    struct engine_adjustment *items = arena_raw(&e->arena, e->adjustments.count, sizeof *items);

    if (!items || e->adjustments.count == 0)
        return;
    for (size_t i = 0; i < e->adjustments.count; i++)
        lines[e->lines[e->adjustments.items[i].line].index].adjustment_count++;
    for (uint32_t l = 0; l < e->line_count; l++) {
        struct engine_result_line *line = &lines[l];

        if (line->adjustment_count == 0)
            continue;
        line->adjustments = items;
        items += line->adjustment_count;
        line->adjustment_count = 0;
    }
    for (size_t i = 0; i < e->adjustments.count; i++) {
        const struct adjustment *adjustment = &e->adjustments.items[i];
        const struct promotion *promotion = &e->bundle->promotions[adjustment->promotion];
        struct engine_result_line *line = &lines[e->lines[adjustment->line].index];

        /* Our own array, being filled. */
        ((struct engine_adjustment *)line->adjustments)[line->adjustment_count++] = (struct engine_adjustment){
            promotion->id, e->bundle->layers[promotion->layer].id, adjustment->qty_milli, adjustment->amount};
        line->discount_minor += adjustment->amount;
    }
}

static int redeemed_cmp(const void *a, const void *b)
{
    return strcmp(((const struct engine_redeemed *)a)->currency, ((const struct engine_redeemed *)b)->currency);
}

static void line_redeemed(struct engine *e, uint32_t number, struct engine_result_line *out)
{
    struct engine_redeemed *items = NULL;

    for (size_t i = 0; i < e->payments.count; i++) {
        const struct payment *payment = &e->payments.items[i];

        if (payment->line != number)
            continue;
        if (!items)
            items = arena_array(&e->arena, e->bundle->currency_count, sizeof *items);
        if (!items)
            return;
        items[out->redeemed_count++] =
            (struct engine_redeemed){e->bundle->currencies[payment->currency].id, payment->amount};
        out->redeemed_minor += payment->amount;
    }
    sort_items(items, out->redeemed_count, sizeof *items, redeemed_cmp);
    out->redeemed = items;
}

struct unit_price {
    int64_t net, count;
};

static int unit_price_cmp(const void *a, const void *b)
{
    const struct unit_price *x = a, *y = b;

    if (x->net != y->net)
        return x->net > y->net ? -1 : 1;
    return x->count < y->count ? -1 : x->count > y->count;
}

static void line_splits(struct engine *e, const struct work_line *line, struct engine_split *splits,
                        struct engine_result_line *out)
{
    struct unit_price *prices;

    if (line->count == 1) { /* as most lines */
        splits[0] = (struct engine_split){line->line->qty_milli,
                                          line->line->gross_minor - out->discount_minor - out->redeemed_minor};
        out->splits = splits;
        out->split_count = 1;
        return;
    }
    prices = arena_raw(&e->arena, line->count, sizeof *prices);
    if (!prices)
        return;
    for (size_t i = 0; i < line->count; i++)
        prices[i] = (struct unit_price){line->items[i].price - line->items[i].paid, line->items[i].count};
    sort_items(prices, line->count, sizeof *prices, unit_price_cmp);
    for (size_t i = 0; i < line->count; i++) {
        struct engine_split *split;

        if (i == 0 || prices[i].net != prices[i - 1].net)
            splits[out->split_count++] = (struct engine_split){0};
        split = &splits[out->split_count - 1];
        split->qty_milli += line_weighed(line) ? line->line->qty_milli : prices[i].count * 1000;
        split->net_minor += prices[i].net * prices[i].count;
    }
    out->splits = splits;
}

static void make_lines(struct engine *e)
{
    struct engine_result_line *lines = arena_array(&e->arena, e->line_count + 1u, sizeof *lines);
    struct engine_result *result = &e->result;
    struct engine_split *splits;
    size_t runs = 0;

    for (uint32_t i = 0; i < e->line_count; i++)
        runs += e->lines[i].count;
    splits = arena_raw(&e->arena, runs + 1, sizeof *splits);
    if (!lines || !splits)
        return;
    make_adjustments(e, lines);
    for (uint32_t i = 0; i < e->line_count; i++) {
        struct engine_result_line *line = &lines[e->lines[i].index];

        line->line = e->lines[i].line->line;
        line->gross_minor = e->lines[i].line->gross_minor;
        if (e->payments.count > 0)
            line_redeemed(e, i, line);
        line_splits(e, &e->lines[i], splits, line);
        splits += e->lines[i].count;
        line->net_minor = line->gross_minor - line->discount_minor - line->redeemed_minor;
        result->gross_minor += line->gross_minor;
        result->discount_minor += line->discount_minor;
        result->redeemed_minor += line->redeemed_minor;
        result->total_minor += line->net_minor;
    }
    result->lines = lines;
    result->line_count = e->line_count;
}

static int entry_cmp(const void *a, const void *b)
{
    const struct points_entry *x = a, *y = b;

    return x->promotion < y->promotion ? -1 : x->promotion > y->promotion;
}

static void make_points(struct engine *e)
{
    struct engine_points *points = arena_array(&e->arena, e->bundle->currency_count + 1u, sizeof *points);
    size_t count = 0;

    if (!points)
        return;
    sort_items(e->earnings.items, e->earnings.count, sizeof *e->earnings.items, entry_cmp);
    for (uint32_t c = 0; c < e->bundle->currency_count; c++) {
        const struct points_state *state = &e->points[c];
        struct engine_points_by *by;

        if (state->earned == 0 && state->redeemed == 0 && state->cost == 0)
            continue;
        by = arena_array(&e->arena, e->earnings.count + 1, sizeof *by);
        if (!by)
            return;
        points[count] = (struct engine_points){.currency = e->bundle->currencies[c].id,
                                               .digits = e->bundle->currencies[c].digits,
                                               .earned = state->earned,
                                               .redeemed = state->redeemed,
                                               .cost = state->cost,
                                               .by = by};
        for (size_t i = 0; i < e->earnings.count; i++) {
            const struct points_entry *entry = &e->earnings.items[i];

            if (entry->currency == c)
                by[points[count].by_count++] =
                    (struct engine_points_by){e->bundle->promotions[entry->promotion].id, entry->earned};
        }
        count++;
    }
    e->result.points = points;
    e->result.point_count = count;
}

static bool series_applied(const struct engine *e, uint32_t series)
{
    for (uint32_t i = 0; i < e->candidate_count; i++) {
        const struct when *when = e->bundle->promotions[e->candidates[i].promotion].when;

        if (e->candidates[i].applied && when && when->series == series)
            return true;
    }
    return false;
}

/* The reason and figure of the series' first promotion; "nothing" for a series that no promotion wants. */
static void coupon_reason(struct engine *e, const struct coupon_state *coupon, struct engine_coupon *out)
{
    uint32_t first = e->bundle->series[coupon->series].first_promotion;
    const struct candidate *candidate = first == NONE ? NULL : candidate_of(e, first);

    out->reason = candidate && candidate->verdict.reason ? candidate->verdict.reason : "nothing";
    if (candidate && candidate->verdict.figures > 0) {
        out->missing = candidate->verdict.missing;
        out->missing_value = candidate->verdict.value;
    }
}

static void make_coupons(struct engine *e)
{
    struct engine_coupon *coupons = arena_array(&e->arena, e->coupon_count + 1u, sizeof *coupons);

    if (!coupons)
        return;
    for (uint32_t i = 0; i < e->coupon_count; i++) {
        const struct coupon_state *state = &e->coupons[i];
        struct engine_coupon *out = &coupons[i];

        *out = (struct engine_coupon){.code = state->text, .state = "not_applied", .reason = ""};
        if (state->rejected) {
            out->state = "rejected";
            out->reason = state->rejected;
        } else if (series_applied(e, state->series)) {
            if (state->serves)
                out->state = "applied";
            else
                out->reason = "not_needed";
        } else if (!state->serves) {
            out->reason = "not_needed";
        } else {
            coupon_reason(e, state, out);
        }
    }
    e->result.coupons = coupons;
    e->result.coupon_count = e->coupon_count;
}

static void make_hints(struct engine *e)
{
    if (!(e->flags & GATE_HINT))
        return;
    for (uint32_t i = 0; i < e->candidate_count; i++) {
        const struct candidate *candidate = &e->candidates[i];
        const struct promotion *promotion = &e->bundle->promotions[candidate->promotion];
        const struct verdict *verdict = &candidate->verdict;
        struct engine_hint *slot;

        if (!(e->bundle->gates[candidate->promotion].flags & GATE_HINT) || candidate->applied ||
            verdict->figures != 1 || verdict->missing == ENGINE_MISSING_POINTS)
            continue;
        slot = VEC_ADD(&e->arena, &e->hints);
        if (slot)
            *slot = (struct engine_hint){promotion->id, verdict->missing, verdict->value, promotion->hint};
    }
    e->result.hints = e->hints.items;
    e->result.hint_count = e->hints.count;
}

static void make_trace(struct engine *e)
{
    struct engine_trace *trace = arena_array(&e->arena, e->candidate_count + 1u, sizeof *trace);

    if (!trace)
        return;
    for (uint32_t i = 0; i < e->candidate_count; i++) {
        const struct candidate *candidate = &e->candidates[i];
        const struct verdict *verdict = &candidate->verdict;

        trace[i].promotion = e->bundle->promotions[candidate->promotion].id;
        trace[i].reason = candidate->applied ? "" : verdict->reason ? verdict->reason : "nothing";
        if (!candidate->applied && verdict->figures > 0) {
            trace[i].missing = verdict->missing;
            trace[i].missing_value = verdict->value;
        }
    }
    e->result.trace = trace;
    e->result.trace_count = e->candidate_count;
}

/* What a gift still lacks: to fetch and scan. Not when it was outbid, or another of its group gave something. */
static void make_gifts(struct engine *e)
{
    if (!(e->flags & GATE_GIFT))
        return;
    for (uint32_t i = 0; i < e->candidate_count; i++) {
        const struct candidate *candidate = &e->candidates[i];
        const struct promotion *promotion = &e->bundle->promotions[candidate->promotion];
        struct engine_gift *slot;
        int64_t missing;

        if (!(e->bundle->gates[candidate->promotion].flags & GATE_GIFT))
            continue;
        missing = promotion->reward.count - candidate->units;
        if (missing <= 0 || (!candidate->applied &&
                             (!candidate->verdict.reason || strcmp(candidate->verdict.reason, "nothing") != 0)))
            continue;
        slot = VEC_ADD(&e->arena, &e->gifts);
        if (slot)
            *slot = (struct engine_gift){promotion->id, missing * 1000};
    }
    e->result.gifts = e->gifts.items;
    e->result.gift_count = e->gifts.count;
}

/* Whoever gave nothing beside another of its group lost to it, whatever else there was. */
static void name_group_losers(struct engine *e)
{
    if (!(e->flags & GATE_GROUP))
        return;
    for (uint32_t i = 0; i < e->candidate_count; i++) {
        struct candidate *candidate = &e->candidates[i];
        const char *reason = candidate->verdict.reason;
        uint32_t group;

        if (!(e->bundle->gates[candidate->promotion].flags & GATE_GROUP))
            continue;
        group = e->bundle->promotions[candidate->promotion].group;
        if (!candidate->applied && group != NONE && e->group_used[group] && reason &&
            (strcmp(reason, "threshold") == 0 || strcmp(reason, "nothing") == 0 || strcmp(reason, "outbid") == 0))
            candidate->verdict = (struct verdict){.reason = "group"};
    }
}

void result_make(struct engine *e)
{
    struct engine_result *result = &e->result;

    *result = (struct engine_result){.sale_id = e->sale->sale_id,
                                     .bundle_id = e->bundle->id,
                                     .bundle_digest = e->bundle->digest,
                                     .bundle_version = e->bundle->version,
                                     .optimal = e->optimal,
                                     .bound_minor = e->bound,
                                     .issued = e->issued.items,
                                     .issued_count = e->issued.count,
                                     .messages = e->messages.items,
                                     .message_count = e->messages.count,
                                     .promotions_looked_at = e->candidate_count};
    name_group_losers(e);
    make_lines(e);
    make_points(e);
    make_gifts(e);
    make_coupons(e);
    make_hints(e);
    if (e->trace)
        make_trace(e);
}
