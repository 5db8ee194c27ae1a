/* SPDX-License-Identifier: Apache-2.0 */
/* Why not for this card holder: member, tier, segment, birthday, personal, attr; tender, coupon, reward, balance,
 * limit. */
#include "agent/engine/why_internal.h"

#include <string.h>

static void say_tier(struct why *why)
{
    const char *tier = why->sale->member->tier;

    WHY_SAY(why, "it is for:%s", "она для уровня:%s", " ");
    why_put_names(why->out, &why->promotion->when->tiers);
    if (*tier)
        WHY_SAY(why, "; the card is %s.", "; у карты — %s.", tier);
    else
        WHY_SAY(why, "; the card has no level%s", "; у карты уровня нет%s", ".");
}

static void say_attr(struct why *why)
{
    const struct attr_list *wanted = &why->promotion->when->member_attrs;

    WHY_SAY(why, "the card holder does not meet what it asks for%s", "держатель карты не подходит под её условие%s",
            "");
    for (uint32_t i = 0; i < wanted->count && i < WHY_NAMES_MAX; i++)
        strbuf_printf(why->out, "%s%s", i > 0 ? ", " : " (", wanted->items[i].attr);
    strbuf_puts(why->out, wanted->count ? ")." : ".");
}

static bool say_who(struct why *why, const char *reason)
{
    if (strcmp(reason, "member") == 0)
        WHY_SAY(why, "for card holders only, and no card was shown%s", "только по карте, а карту не показали%s", ".");
    else if (strcmp(reason, "tier") == 0)
        say_tier(why);
    else if (strcmp(reason, "segment") == 0)
        WHY_SAY(why, "the card holder is not among those it is for%s", "держатель карты не из тех, для кого она%s",
                ".");
    else if (strcmp(reason, "birthday") == 0 && why->sale->member->birth_month == 0)
        WHY_SAY(why, "it is for the days around a birthday, and the card holder's is not known%s",
                "она ко дню рождения, а день рождения держателя карты неизвестен%s", ".");
    else if (strcmp(reason, "birthday") == 0)
        WHY_SAY(why, "it is for the days around the card holder's birthday, and this is none of them%s",
                "она ко дню рождения держателя карты, а сегодня другой день%s", ".");
    else if (strcmp(reason, "personal") == 0)
        WHY_SAY(why, "a personal offer, and not one of this card holder's%s",
                "персональное предложение, не для этой карты%s", ".");
    else if (strcmp(reason, "attr") == 0)
        say_attr(why);
    else
        return false;
    return true;
}

static void say_tender(struct why *why)
{
    if (why->sale->tenders.count == 0)
        WHY_SAY(why, "it depends on how is paid, which is not known yet; it is for:%s",
                "зависит от способа оплаты, а он ещё не выбран; она для:%s", " ");
    else
        WHY_SAY(why, "not with this way of paying; it is for:%s", "не при таком способе оплаты; она для:%s", " ");
    why_put_names(why->out, &why->promotion->when->tenders);
    strbuf_puts(why->out, ".");
}

static void say_balance(struct why *why)
{
    const struct promotion *promotion = why->promotion;
    int digits = why->bundle->currencies[promotion->cost_currency].digits;
    int64_t missing = why->trace->missing_value;

    WHY_SAY(why, "points are missing:%s", "не хватает баллов:%s", " ");
    why_put_amount(why->out, missing, digits);
    strbuf_puts(why->out, " (");
    why_put_amount(why->out, promotion->cost_points - missing, digits);
    WHY_SAY(why, " of%s", " из%s", " ");
    why_put_amount(why->out, promotion->cost_points, digits);
    strbuf_puts(why->out, ").");
}

static void say_reward(struct why *why)
{
    const struct promotion *promotion = why->promotion;

    WHY_SAY(why, "it is bought with points (%s", "её покупают за баллы (%s", "");
    why_put_amount(why->out, promotion->cost_points, why->bundle->currencies[promotion->cost_currency].digits);
    WHY_SAY(why, "), and nobody asked for it%s", "), а её не попросили%s", ".");
}

/* Which limit it was: chain-wide, or the member's in the shortest period that is used up. */
static void say_limit(struct why *why)
{
    static const char *const periods[2][PERIOD_COUNT] = {
        {"today", "this week", "this month", "in all"},
        {"сегодня", "на этой неделе", "в этом месяце", "за всё время"}};
    const struct promotion *promotion = why->promotion;
    const struct sale_member *member = why->sale->member;

    if (promotion->total && sale_amount_of(&why->sale->usage, promotion->id) >= promotion->total) {
        WHY_SAY(why, "all that there were have been given out (%lld).", "все уже розданы (%lld).",
                (long long)promotion->total);
        return;
    }
    for (uint32_t i = 0; member && i < member->usage_count; i++) {
        for (int p = 0; strcmp(member->usage[i].promotion, promotion->id) == 0 && p < PERIOD_COUNT; p++) {
            long long used = member->usage[i].count[p], max = promotion->per_member[p];

            if (max && used >= max) {
                WHY_SAY(why, "the card holder has had it %s: %lld of %lld.",
                        "держатель карты уже получил её %s: %lld из %lld.", periods[why->russian][p], used, max);
                return;
            }
        }
    }
    WHY_SAY(why, "it is used up%s", "она уже использована%s", ".");
}

bool why_say_member(struct why *why)
{
    const char *reason = why->trace->reason;

    if (say_who(why, reason))
        return true;
    if (strcmp(reason, "tender") == 0)
        say_tender(why);
    else if (strcmp(reason, "coupon") == 0)
        WHY_SAY(why, "it wants a coupon, and no good one was given%s", "нужен купон, а действующего не предъявили%s",
                ".");
    else if (strcmp(reason, "reward") == 0)
        say_reward(why);
    else if (strcmp(reason, "balance") == 0)
        say_balance(why);
    else if (strcmp(reason, "limit") == 0)
        say_limit(why);
    else
        return false;
    return true;
}
