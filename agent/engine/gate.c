/* SPDX-License-Identifier: Apache-2.0 */
/* Gates: of ten thousand promotions most fail a sale by its tier, its day or its store, and a gate says so at once.
 */
#include "agent/engine/compile.h"
#include "agent/engine/reward.h"
#include "agent/engine/work.h"

#include "agent/base/civil_time.h"

#include <string.h>

enum { ANY_WEEKDAY = 0xff, NO_DATE = 7 };

/* The tier's bit; new tiers are added while there are bits. 64 when there are none left. */
static uint32_t tier_bit(const char **tiers, uint32_t *count, const char *tier)
{
    uint32_t bit = 0;

    while (bit < *count && strcmp(tiers[bit], tier) != 0)
        bit++;
    if (bit == *count && *count < GATE_TIERS_MAX)
        tiers[(*count)++] = tier;
    return bit < *count ? bit : 64;
}

static uint64_t tier_map(const struct text_list *wanted, const char **tiers, uint32_t *count)
{
    uint64_t map = 0;

    for (uint32_t i = 0; i < wanted->count; i++) {
        uint32_t bit = tier_bit(tiers, count, wanted->items[i]);

        if (bit == 64)
            return UINT64_MAX;
        map |= UINT64_C(1) << bit;
    }
    return wanted->count ? map : UINT64_MAX;
}

static bool limited(const struct promotion *promotion)
{
    bool any = promotion->total != 0;

    for (int i = 0; i < PERIOD_COUNT; i++)
        any = any || promotion->per_member[i];
    return any;
}

static bool is_simple(const struct promotion *promotion)
{
    return promotion->reward.kind == REWARD_PERCENT_OFF && promotion->round == ROUND_PER_LINE &&
           !promotion->reward.max_units_per_line && !promotion->per_sale && !promotion->cap_minor &&
           promotion->group == NONE && promotion->cost_currency == NONE &&
           !promotion->final; /* it takes units of which it gives nothing, too: not line by line */
}

static uint8_t flags_of(const struct promotion *promotion)
{
    enum reward_kind kind = promotion->reward.kind;

    return (uint8_t)((reward_is_discount(&promotion->reward) ? GATE_DISCOUNT : GATE_REST) |
                     (is_simple(promotion) ? GATE_SIMPLE : 0) | (kind == REWARD_GIFT ? GATE_GIFT : 0) |
                     (promotion->hint ? GATE_HINT : 0) | (promotion->group != NONE ? GATE_GROUP : 0) |
                     (compile_always(promotion) ? GATE_ALWAYS : 0));
}

static struct gate gate_of(struct compiler *c, const struct promotion *promotion, const char **tiers, uint32_t *count)
{
    const struct when *when = promotion->when;
    struct gate gate = {.tiers = UINT64_MAX,
                        .from_day = INT32_MIN,
                        .until_day = INT32_MAX,
                        .store = NONE,
                        .selection = NONE,
                        .whole_basket = true,
                        .flags = flags_of(promotion),
                        .items = promotion->reward.items,
                        .percent_bp = is_simple(promotion) ? (int32_t)promotion->reward.value : 0,
                        .weekdays = ANY_WEEKDAY,
                        .member = promotion->reward.kind == REWARD_POINTS,
                        .whole = promotion->cost_currency == NONE && !limited(promotion)};

    if (!when)
        return gate;
    gate.whole_basket = when->basket_count == 0;
    for (uint32_t i = 0; i < when->basket_count && gate.selection == NONE; i++) {
        const struct basket_condition *entry = &when->basket[i];

        if (entry->current || entry->selection == NONE)
            continue;
        gate.selection = entry->selection;
        gate.amount_min = entry->amount_min;
        gate.whole_basket = when->basket_count == 1 && !entry->qty_min_milli && !entry->distinct_min;
    }
    gate.tiers = tier_map(&when->tiers, tiers, count);
    gate.member = gate.member || when->member;
    if (when->weekdays && when->hours_count == 0)
        gate.weekdays = when->weekdays;
    if (when->has_from)
        gate.from_day = when->from.day;
    if (when->has_until)
        gate.until_day = when->until.day;
    if (when->store_ids.count == 1)
        gate.store = intern_add(&c->bundle->names, &c->bundle->arena, NAME_STORE, when->store_ids.items[0],
                                strlen(when->store_ids.items[0]));
    gate.whole =
        gate.whole && !when->has_from && !when->has_until && when->hours_count == 0 && when->store_attrs.count == 0 &&
        when->channels.count == 0 && when->segments.count == 0 && !when->has_birthday && !when->personal &&
        when->member_attrs.count == 0 && when->tenders.count == 0 && when->series == NONE &&
        (when->store_ids.count == 0 || gate.store != NONE) && (when->tiers.count == 0 || gate.tiers != UINT64_MAX);
    return gate;
}

void compile_gates(struct compiler *c)
{
    struct bundle *bundle = c->bundle;
    struct gate *gates = arena_array(&bundle->arena, bundle->promotion_count + 1u, sizeof *gates);
    const char **tiers = arena_array(&bundle->arena, GATE_TIERS_MAX, sizeof *tiers);
    uint32_t count = 0;

    if (!gates || !tiers)
        return;
    for (uint32_t i = 0; i < bundle->promotion_count; i++)
        gates[i] = gate_of(c, &bundle->promotions[i], tiers, &count);
    bundle->gates = gates;
    bundle->gate_tiers = (struct text_list){.items = tiers, .count = count};
}

void gate_begin(struct engine *e)
{
    const struct engine_sale *sale = e->sale;
    const struct text_list *tiers = &e->bundle->gate_tiers;
    int weekday = sale->has_date ? civil_weekday(sale->business_day) : NO_DATE;
    uint32_t bit = 0;

    while (sale->member && bit < tiers->count && strcmp(tiers->items[bit], sale->member->tier) != 0)
        bit++;
    e->gate.tier = UINT64_C(1) << (bit < tiers->count ? bit : GATE_TIERS_MAX); /* no gate names the last bit */
    e->gate.tier_folded = gate_fold(e->gate.tier);
    e->gate.weekday = (uint8_t)(1u << weekday);
    e->gate.store = intern_find(&e->bundle->names, NAME_STORE, sale->store_id, strlen(sale->store_id));
}
