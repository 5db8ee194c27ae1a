/* SPDX-License-Identifier: Apache-2.0 */
/* What a promotion is offered: its units as they are now, and what of its reward the sale decides before any choice.
 */
#include "agent/engine/layer.h"
#include "agent/engine/mix.h"
#include "agent/engine/sort.h"

static int offer_cmp(const void *a, const void *b)
{
    const struct offer *x = a, *y = b;

    if (x->line != y->line)
        return x->line < y->line ? -1 : 1;
    if (x->price != y->price)
        return x->price > y->price ? -1 : 1;
    return x->start < y->start ? -1 : x->start > y->start;
}

/* The price of the line's sku in a list; the selection has made sure that it is there. */
static int64_t list_price(const struct price_list *list, uint32_t sku)
{
    uint32_t low = 0, high = list->count;

    while (low < high) {
        uint32_t mid = low + (high - low) / 2;

        if (list->skus[mid] == sku)
            return list->prices[mid];
        if (list->skus[mid] < sku)
            low = mid + 1;
        else
            high = mid;
    }
    return INT64_MAX;
}

void offer_line(struct engine *e, const struct promotion *promotion, uint32_t number, bool get, bool buy,
                uint32_t parts, struct offers *out)
{
    const struct work_line *line = &e->lines[number];
    const struct reward *reward = &promotion->reward;
    int64_t value = reward->list ? list_price(reward->list, line->sku) : reward->value;
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
                                .value = value,
                                .parts = parts,
                                .get = get,
                                .buy = buy,
                                .weight_milli = line_weighed(line) ? line->line->qty_milli : 0};
    }
}

/* The lines of a mix, each with the parts it fits. */
static void offer_parts(struct engine *e, const struct promotion *promotion, struct offers *out)
{
    const struct reward *reward = &promotion->reward;
    uint32_t *parts = arena_array(&e->arena, e->line_count, sizeof *parts);

    if (!parts)
        return;
    for (uint32_t p = 0; p < reward->part_count; p++) {
        for (uint32_t i = hit_first(e, reward->parts[p].items); i; i = hit_next(e, i))
            parts[hit_line(e, i)] |= 1u << p;
    }
    for (uint32_t l = 0; l < e->line_count; l++) {
        if (parts[l])
            offer_line(e, promotion, l, true, true, parts[l], out);
    }
}

void offers_sort(struct offers *offers)
{
    sort_items(offers->items, offers->count, sizeof *offers->items, offer_cmp);
}

bool offers_make(struct engine *e, const struct promotion *promotion, struct offers *out)
{
    const struct reward *reward = &promotion->reward;
    uint32_t get = hit_first(e, reward->items), buy = hit_first(e, reward->buy_items);

    *out = (struct offers){0};
    if (reward->kind == REWARD_MIX) {
        offer_parts(e, promotion, out);
        get = buy = 0;
    }
    while (get || buy) {
        uint32_t get_line = get ? hit_line(e, get) : NONE, buy_line = buy ? hit_line(e, buy) : NONE;
        uint32_t line = get_line < buy_line ? get_line : buy_line;

        offer_line(e, promotion, line, get_line == line, buy_line == line, 0, out);
        if (get_line == line)
            get = hit_next(e, get);
        if (buy_line == line)
            buy = hit_next(e, buy);
    }
    offers_sort(out);
    return e->arena.st == ST_OK;
}

/* What the selected lines measure now. Lines that take no discount count, as for every threshold. */
static int64_t measure(const struct engine *e, const struct reward *reward)
{
    int64_t sum = 0;

    for (uint32_t i = hit_first(e, reward->items); i; i = hit_next(e, i)) {
        const struct work_line *line = &e->lines[hit_line(e, i)];

        if (reward->by_qty)
            sum += line->line->qty_milli;
        else if (reward->base_gross)
            sum += line->line->gross_minor;
        for (size_t r = 0; !reward->by_qty && !reward->base_gross && r < line->count; r++)
            sum += line->items[r].price * line->items[r].count;
    }
    return sum;
}

int64_t reward_times(const struct engine *e, const struct promotion *promotion)
{
    const struct reward *reward = &promotion->reward;
    int64_t times;

    if (reward->kind != REWARD_AMOUNT_OFF || !reward->every_minor)
        return 1;
    times = measure(e, reward) / reward->every_minor;
    if (reward->max_times && times > reward->max_times)
        times = reward->max_times;
    if (promotion->per_sale && times > promotion->per_sale)
        times = promotion->per_sale;
    return times;
}

const struct promotion *promotion_now(struct engine *e, const struct promotion *promotion)
{
    static const enum reward_kind kinds[] = {REWARD_PERCENT_OFF, REWARD_AMOUNT_OFF, REWARD_FIXED_PRICE};
    const struct reward *reward = &promotion->reward;
    const struct reward_step *step = NULL;
    struct promotion *now;
    int64_t reached;

    if (reward->kind != REWARD_STEPS)
        return promotion;
    reached = measure(e, reward);
    for (uint32_t i = 0; i < reward->step_count && reward->steps[i].from <= reached; i++)
        step = &reward->steps[i];
    now = step ? arena_alloc(&e->arena, sizeof *now) : NULL;
    if (!now)
        return NULL;
    *now = *promotion;
    now->reward.kind = kinds[step->gives];
    now->reward.gives = step->gives;
    now->reward.value = step->value;
    now->reward.per = step->gives == GIVES_AMOUNT ? PER_BASKET : PER_UNIT;
    now->reward.limit_together = true;
    return now;
}

int64_t set_lacks_milli(const struct promotion *promotion, const struct offers *offers)
{
    const struct reward *reward = &promotion->reward;
    int64_t buys = 0, gets = 0, either = 0, lacks_buy, lacks_get, least_get = reward->partial ? 1 : reward->get_qty;

    if (reward->kind == REWARD_MIX)
        return offers->count == 0 ? 0 : mix_lacks(reward, offers->items, offers->count) * 1000;
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
