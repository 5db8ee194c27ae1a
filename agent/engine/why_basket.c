/* SPDX-License-Identifier: Apache-2.0 */
/* Why not for this basket: group, threshold, nothing, outbid; and what it gave, when it did. */
#include "agent/engine/why_internal.h"

#include <string.h>

/* What is wanted in all of the figure that is missing; 0 when more than one minimum could be meant. */
static int64_t wanted_of(const struct why *why)
{
    const struct when *when = why->promotion->when;
    const struct reward *reward = &why->promotion->reward;
    int64_t wanted = 0;
    int count = 0;

    if (strcmp(why->trace->reason, "nothing") == 0) { /* the units of a set */
        if (reward->kind == REWARD_BUY_GET)
            return (reward->buy_qty + reward->get_qty) * 1000;
        for (uint32_t i = 0; reward->kind == REWARD_MIX && i < reward->part_count; i++)
            wanted += reward->parts[i].qty * 1000;
        return wanted;
    }
    for (uint32_t i = 0; when && i < when->basket_count; i++) {
        const struct basket_condition *entry = &when->basket[i];
        int64_t min = why->trace->missing == ENGINE_MISSING_MINOR       ? entry->amount_min
                      : why->trace->missing == ENGINE_MISSING_QTY_MILLI ? entry->qty_min_milli
                                                                        : entry->distinct_min;

        if (min) {
            wanted = min;
            count++;
        }
    }
    return count == 1 ? wanted : 0;
}

/* Pieces as they are counted, a weight to the thousandth. */
static void put_quantity(struct strbuf *out, int64_t qty_milli, bool whole)
{
    why_put_amount(out, whole ? qty_milli / 1000 : qty_milli, whole ? 0 : 3);
}

static void put_have_of(struct why *why, int64_t wanted, int digits)
{
    int64_t have = wanted - why->trace->missing_value;

    if (wanted <= 0 || have < 0)
        return;
    strbuf_puts(why->out, " (");
    why_put_amount(why->out, have, digits);
    WHY_SAY(why, " of%s", " из%s", " ");
    why_put_amount(why->out, wanted, digits);
    strbuf_puts(why->out, ")");
}

static void say_quantity(struct why *why)
{
    int64_t wanted = wanted_of(why), missing = why->trace->missing_value;
    bool whole = missing % 1000 == 0 && wanted % 1000 == 0;

    if (whole && missing == 1000) {
        WHY_SAY(why, "one more is missing%s", "не хватает ещё одного%s", "");
    } else {
        if (why->russian)
            strbuf_puts(why->out, "не хватает ещё ");
        put_quantity(why->out, missing, whole);
        WHY_SAY(why, " more are missing%s", "%s", "");
    }
    if (wanted > 0 && wanted >= missing) {
        strbuf_puts(why->out, " (");
        put_quantity(why->out, wanted - missing, whole);
        WHY_SAY(why, " of%s", " из%s", " ");
        put_quantity(why->out, wanted, whole);
        strbuf_puts(why->out, ")");
    }
}

static void say_missing(struct why *why)
{
    switch (why->trace->missing) {
    case ENGINE_MISSING_MINOR:
        if (why->russian)
            strbuf_puts(why->out, "не хватает ");
        why_put_amount(why->out, why->trace->missing_value, why->bundle->minor_digits);
        WHY_SAY(why, " more is missing%s", "%s", "");
        put_have_of(why, wanted_of(why), why->bundle->minor_digits);
        break;
    case ENGINE_MISSING_QTY_MILLI:
        say_quantity(why);
        break;
    case ENGINE_MISSING_DISTINCT:
        WHY_SAY(why, "different goods are missing: %lld more", "не хватает разных товаров: ещё %lld",
                (long long)why->trace->missing_value);
        put_have_of(why, wanted_of(why), 0);
        break;
    case ENGINE_MISSING_POINTS:
    case ENGINE_MISSING_NONE:
        WHY_SAY(why, "the basket does not reach what it asks for%s", "покупка не набрала нужного%s", "");
        break;
    }
    strbuf_puts(why->out, ".");
}

/* Which of its group applied: that is what the shopper has instead. */
static void say_group(struct why *why)
{
    WHY_SAY(why, "a sale gets one of these%s", "в одном чеке действует одна из таких%s", "");
    for (size_t i = 0; i < why->result->trace_count; i++) {
        const struct engine_trace *other = &why->result->trace[i];
        uint32_t number = bundle_find(why->bundle, other->promotion);

        if (*other->reason || number == NONE || why->bundle->promotions[number].group != why->promotion->group)
            continue;
        WHY_SAY(why, ", and it was:%s", ", и это была:%s", " ");
        why_put_title(why, other->promotion);
        break;
    }
    strbuf_puts(why->out, ".");
}

static void say_nothing(struct why *why)
{
    if (why->trace->missing != ENGINE_MISSING_NONE)
        say_missing(why);
    else if (why->promotion->reward.kind == REWARD_POINTS)
        WHY_SAY(why, "nothing in the basket gives points for it%s",
                "в покупке нет товаров, за которые она даёт баллы%s", ".");
    else if (why->promotion->reward.kind == REWARD_GIFT)
        WHY_SAY(why, "the gift is not in the basket: fetch and scan it%s",
                "подарка нет в чеке: принесите и отсканируйте его%s", ".");
    else
        WHY_SAY(why, "nothing in the basket that it makes cheaper%s", "в покупке нет ничего, что она удешевляет%s",
                ".");
}

/* Money first, then points; what gave neither is told to have applied. */
static void say_applied(struct why *why)
{
    int64_t off = 0;

    WHY_SAY(why, "applied%s", "сработала%s", "");
    for (size_t i = 0; i < why->result->line_count; i++) {
        const struct engine_result_line *line = &why->result->lines[i];

        for (size_t k = 0; k < line->adjustment_count; k++)
            off += strcmp(line->adjustments[k].promotion, why->promotion->id) == 0 ? line->adjustments[k].amount_minor
                                                                                   : 0;
    }
    if (off > 0) {
        WHY_SAY(why, ", %s", ", скидка %s", "");
        why_put_amount(why->out, off, why->bundle->minor_digits);
        WHY_SAY(why, " off%s", "%s", "");
    }
    for (size_t i = 0; i < why->result->point_count; i++) {
        const struct engine_points *points = &why->result->points[i];

        for (size_t k = 0; k < points->by_count; k++) {
            if (strcmp(points->by[k].promotion, why->promotion->id) != 0)
                continue;
            WHY_SAY(why, ", points: %s", ", баллов: %s", "");
            why_put_amount(why->out, points->by[k].earned, points->digits);
        }
    }
    strbuf_puts(why->out, ".");
}

bool why_say_basket(struct why *why)
{
    const char *reason = why->trace->reason;

    if (*reason == '\0')
        say_applied(why);
    else if (strcmp(reason, "group") == 0)
        say_group(why);
    else if (strcmp(reason, "threshold") == 0)
        say_missing(why);
    else if (strcmp(reason, "nothing") == 0)
        say_nothing(why);
    else if (strcmp(reason, "outbid") == 0)
        WHY_SAY(why, "without it the basket comes cheaper: other promotions give more%s",
                "без неё покупка выходит дешевле: другие акции дают больше%s", ".");
    else
        return false;
    return true;
}
