/* SPDX-License-Identifier: Apache-2.0 */
/* What is legal and surely not meant: promotions that can never apply, steps that are never the highest, and layers
 * that together give more than the guard lets through. */
#include "agent/engine/compile.h"

#include "agent/base/civil_time.h"

#include <inttypes.h>

enum { WEEK_DAYS = 7 };

/* Depth is bounded by SET_DEPTH_MAX. */
static bool is_empty(const struct compiler *c, uint32_t number)
{
    const struct selection *s = number == NONE ? NULL : &c->selections.items[number];
    const struct number_list *lists[] = {s ? &s->skus : NULL,   s ? &s->gtins : NULL, s ? &s->categories : NULL,
                                         s ? &s->brands : NULL, s ? &s->tags : NULL,  s ? &s->member_lists : NULL};
    bool none = s && s->sets.present;

    if (!s)
        return false; /* its fault has been told */
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        if (lists[i]->present && lists[i]->count == 0)
            return true;
    }
    for (uint32_t i = 0; none && i < s->sets.count; i++)
        none = is_empty(c, s->sets.items[i]);
    return none || s->price_min > s->price_max;
}

static bool gives_to_nothing(const struct compiler *c, const struct reward *reward)
{
    bool empty = is_empty(c, reward->items) || is_empty(c, reward->buy_items);

    for (uint32_t i = 0; i < reward->part_count; i++)
        empty = empty || is_empty(c, reward->parts[i].items);
    return empty;
}

static bool has_minimum(const struct basket_condition *entry)
{
    return entry->amount_min || entry->qty_min_milli || entry->distinct_min;
}

/* Whether no day from the first to the last is one of the weekdays. Hours may reach into the next day: not asked. */
static bool no_day(const struct when *when)
{
    int32_t last = when->until.second == 0 ? when->until.day - 1 : when->until.day;

    if (!when->has_from || !when->has_until || !when->weekdays || when->hours_count ||
        last - when->from.day >= WEEK_DAYS)
        return false;
    for (int32_t day = when->from.day; day <= last; day++) {
        if (when->weekdays >> civil_weekday(day) & 1)
            return false;
    }
    return last >= when->from.day; /* else it ends before it begins, which has been told */
}

static void warn_when(struct compiler *c, const struct when *when)
{
    for (uint32_t i = 0; i < when->basket_count; i++) {
        if (has_minimum(&when->basket[i]) && is_empty(c, when->basket[i].selection))
            rd_warn(&c->rd, "when", "can never apply: a basket entry wants goods that it selects none of");
    }
    if (no_day(when))
        rd_warn(&c->rd, "when", "can never apply: no day between from and until is one of its weekdays");
}

/* A step that the conditions have passed already is never the highest one reached. */
static void warn_steps(struct compiler *c, const struct promotion *promotion)
{
    const struct reward *reward = &promotion->reward;
    const struct when *when = promotion->when;

    for (uint32_t i = 0; when && i + 1 < reward->step_count; i++) {
        for (uint32_t b = 0; b < when->basket_count; b++) {
            const struct basket_condition *entry = &when->basket[b];
            int64_t sure = reward->by_qty                         ? entry->qty_min_milli
                           : entry->current == reward->base_gross ? 0
                                                                  : entry->amount_min;

            if (entry->selection == reward->items && sure >= reward->steps[i + 1].from) {
                rd_warn(&c->rd, "reward", "the step from %" PRId64 " is never the highest: the basket wants %" PRId64,
                        reward->steps[i].from, sure);
                break;
            }
        }
    }
}

void compile_warn_promotion(struct compiler *c, const struct promotion *promotion)
{
    if (c->bundle->arena.st != ST_OK)
        return;
    if (gives_to_nothing(c, &promotion->reward))
        rd_warn(&c->rd, "reward", "can never apply: its items select nothing");
    if (promotion->when)
        warn_when(c, promotion->when);
    warn_steps(c, promotion);
}

/* ---- the guard */

struct largest { /* percent of the layers before */
    int64_t bp;
    const struct promotion *promotion;
};

static struct largest larger(struct largest a, struct largest b)
{
    return b.bp > a.bp ? b : a;
}

struct guard {
    struct largest *by_selection; /* of the layers before this one */
    struct largest any, all;      /* of those that select every line; of all */
};

/* The largest of the layers before that meets this one on a line for sure. */
static struct largest before(const struct compiler *c, const struct guard *guard, const struct promotion *promotion)
{
    uint32_t items = promotion->reward.items;

    if (c->selections.items[items].any && c->selections.items[items].exclude == NONE)
        return guard->all;
    return larger(guard->by_selection[items], guard->any);
}

static bool is_percent(const struct promotion *promotion)
{
    return promotion->reward.kind == REWARD_PERCENT_OFF && promotion->reward.items != NONE && !promotion->cap_minor;
}

static void guard_layer(struct compiler *c, struct guard *guard, const struct layer *layer)
{
    const struct promotion *first = &c->promotions[layer->first];
    bool told = false;

    for (uint32_t i = 0; i < layer->count && !told; i++) {
        struct largest other = is_percent(&first[i]) ? before(c, guard, &first[i]) : (struct largest){0};
        int64_t bp = first[i].reward.value, left = (BP_ONE - bp) * (BP_ONE - other.bp);

        told = other.promotion && (BP_ONE - c->bundle->guard_bp) * BP_ONE > left;
        if (told)
            rd_warn(&c->rd, "max_sale_discount_bp",
                    "layers \"%s\" and \"%s\" together may give more, which is then cut: \"%s\" and \"%s\"",
                    c->layers[other.promotion->layer].id, layer->id, other.promotion->id, first[i].id);
    }
    for (uint32_t i = 0; i < layer->count; i++) {
        struct largest own = {first[i].reward.value, &first[i]};
        uint32_t items = first[i].reward.items;

        if (!is_percent(&first[i]))
            continue;
        guard->by_selection[items] = larger(guard->by_selection[items], own);
        guard->all = larger(guard->all, own);
        if (c->selections.items[items].any && c->selections.items[items].exclude == NONE)
            guard->any = larger(guard->any, own);
    }
}

void compile_warn_guard(struct compiler *c)
{
    struct guard guard = {0};
    size_t mark;

    if (c->bundle->guard_bp == BP_ONE || c->bundle->promotion_count == 0)
        return;
    guard.by_selection = arena_array(&c->scratch, c->selections.count + 1, sizeof *guard.by_selection);
    if (!guard.by_selection)
        return;
    mark = rd_in(&c->rd, "guards");
    for (uint32_t i = 0; i < c->bundle->layer_count; i++)
        guard_layer(c, &guard, &c->layers[i]);
    rd_out(&c->rd, mark);
}
