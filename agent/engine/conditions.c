/* SPDX-License-Identifier: Apache-2.0 */
/*
 * All of `when`, in the order of the closed list of reasons: the first that fails is what a cashier is told.
 *
 * Decisions: a store's ids and attributes are one reason (`store`). Weekday and hours hold together in one range:
 * after midnight a range that began the evening before counts as that calendar day; otherwise the business date's
 * weekday. What names a time fails without `at`; weekdays and birthdays need the business date only.
 */
#include "agent/engine/work.h"

#include "agent/base/civil_time.h"

#include <string.h>

static struct verdict fails(const char *reason)
{
    return (struct verdict){.reason = reason};
}

static struct verdict lacks(const char *reason, enum engine_missing missing, int64_t value)
{
    return (struct verdict){.reason = reason, .missing = missing, .value = value, .figures = 1};
}

static bool attr_holds(const struct sale_attrs *attrs, const struct attr_condition *condition)
{
    const struct attr_value *value = NULL;
    bool in = !condition->has_in;

    for (uint32_t i = 0; i < attrs->count && !value; i++) {
        if (strcmp(attrs->items[i].name, condition->attr) == 0)
            value = &attrs->items[i].value;
    }
    if (!value)
        return false;
    for (uint32_t i = 0; i < condition->in_count && !in; i++) {
        const struct attr_value *wanted = &condition->in[i];

        in = wanted->kind == value->kind &&
             (value->kind == ATTR_TEXT ? strcmp(wanted->text, value->text) == 0 : wanted->number == value->number);
    }
    if ((condition->has_gte || condition->has_lte) && value->kind != ATTR_INT)
        return false;
    return in && (!condition->has_gte || value->number >= condition->gte) &&
           (!condition->has_lte || value->number <= condition->lte);
}

static bool attrs_hold(const struct sale_attrs *attrs, const struct attr_list *conditions)
{
    for (uint32_t i = 0; i < conditions->count; i++) {
        if (!attr_holds(attrs, &conditions->items[i]))
            return false;
    }
    return true;
}

static int time_cmp(const struct local_time *a, const struct local_time *b)
{
    if (a->day != b->day)
        return a->day < b->day ? -1 : 1;
    return a->second < b->second ? -1 : a->second > b->second;
}

static bool weekday_in(const struct when *when, int32_t day)
{
    return when->weekdays == 0 || (when->weekdays >> civil_weekday(day) & 1) != 0;
}

/* hours and weekdays together; NULL when they hold. */
static const char *hours_weekday(const struct engine_sale *sale, const struct when *when)
{
    bool hours = false;

    if (when->hours_count == 0)
        return when->weekdays == 0 || (sale->has_date && weekday_in(when, sale->business_day)) ? NULL : "weekday";
    for (uint32_t i = 0; sale->has_at && i < when->hours_count; i++) {
        const struct hours_range *range = &when->hours[i];
        bool over = range->from_s > range->until_s, evening = sale->at.second >= range->from_s;
        bool inside =
            over ? evening || sale->at.second < range->until_s : evening && sale->at.second < range->until_s;

        if (!inside)
            continue;
        hours = true;
        if (weekday_in(when, over && !evening ? sale->at.day - 1 : sale->business_day))
            return NULL;
    }
    return hours ? "weekday" : "hours";
}

static bool leap(int year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

/* The days around the birthday may reach over the end of a year, so the years beside count too. */
static bool birthday_holds(const struct engine_sale *sale, const struct when *when)
{
    const struct sale_member *member = sale->member;
    int year, month, day;

    if (!sale->has_date || member->birth_month == 0)
        return false;
    civil_from_day(sale->business_day, &year, &month, &day);
    for (int y = year - 1; y <= year + 1; y++) {
        int birth_day = member->birth_month == 2 && member->birth_day == 29 && !leap(y) ? 28 : member->birth_day;
        int32_t birth = civil_day(y, member->birth_month, birth_day);

        if (sale->business_day >= birth - when->birthday_before && sale->business_day <= birth + when->birthday_after)
            return true;
    }
    return false;
}

static const char *place_and_time(const struct engine_sale *sale, const struct when *when)
{
    if ((when->store_ids.count && !text_list_has_sorted(&when->store_ids, sale->store_id)) ||
        !attrs_hold(&sale->store_attrs, &when->store_attrs))
        return "store";
    if (when->channels.count && !text_list_has_sorted(&when->channels, sale->channel))
        return "channel";
    if ((when->has_from || when->has_until) &&
        (!sale->has_at || (when->has_from && time_cmp(&sale->at, &when->from) < 0) ||
         (when->has_until && time_cmp(&sale->at, &when->until) >= 0)))
        return "date";
    return hours_weekday(sale, when);
}

static bool any_in(const struct text_list *wanted, const struct text_list *held)
{
    for (uint32_t i = 0; i < held->count; i++) {
        if (text_list_has_sorted(wanted, held->items[i]))
            return true;
    }
    return false;
}

/* The member is there, or no part of these needs one. */
static const char *who(const struct engine_sale *sale, const struct promotion *promotion)
{
    const struct when *when = promotion->when;
    const struct sale_member *member = sale->member;

    if (when->tiers.count && !text_list_has_sorted(&when->tiers, member->tier))
        return "tier";
    if (when->segments.count && !any_in(&when->segments, &member->segments))
        return "segment";
    if (when->has_birthday && !birthday_holds(sale, when))
        return "birthday";
    if (when->personal && !text_list_has(&member->personal, promotion->id))
        return "personal";
    return member && !attrs_hold(&member->attrs, &when->member_attrs) ? "attr" : NULL;
}

/* The sale names some, and every one of them is listed. */
static bool tenders_hold(const struct engine_sale *sale, const struct when *when)
{
    if (when->tenders.count == 0)
        return true;
    for (uint32_t i = 0; i < sale->tenders.count; i++) {
        if (!text_list_has_sorted(&when->tenders, sale->tenders.items[i]))
            return false;
    }
    return sale->tenders.count > 0;
}

static const struct sale_usage *usage_of(const struct sale_member *member, const char *promotion)
{
    for (uint32_t i = 0; i < member->usage_count; i++) {
        if (strcmp(member->usage[i].promotion, promotion) == 0)
            return &member->usage[i];
    }
    return NULL;
}

static bool limits_hold(const struct engine_sale *sale, const struct promotion *promotion)
{
    const struct sale_usage *usage = sale->member ? usage_of(sale->member, promotion->id) : NULL;

    if (promotion->total && sale_amount_of(&sale->usage, promotion->id) >= promotion->total)
        return false;
    for (int i = 0; usage && i < PERIOD_COUNT; i++) {
        if (promotion->per_member[i] && usage->count[i] >= promotion->per_member[i])
            return false;
    }
    return true;
}

static bool needs_member(const struct promotion *promotion)
{
    for (int i = 0; i < PERIOD_COUNT; i++) {
        if (promotion->per_member[i])
            return true;
    }
    /* Only members earn. */
    return (promotion->when && promotion->when->member) || promotion->cost_currency != NONE ||
           promotion->reward.kind == REWARD_POINTS;
}

static struct verdict cost_holds(const struct engine *e, const struct promotion *promotion)
{
    const struct points_state *points = &e->points[promotion->cost_currency];
    const char *currency = e->bundle->currencies[promotion->cost_currency].id;
    int64_t held;

    if (!text_list_has(&e->sale->rewards, promotion->id))
        return fails("reward");
    held = sale_amount_of(&e->sale->member->balances, currency) - points->cost - points->redeemed;
    if (held < promotion->cost_points)
        return lacks("balance", ENGINE_MISSING_POINTS, promotion->cost_points - held);
    return fails(NULL);
}

struct verdict conditions_hold(const struct engine *e, const struct promotion *promotion)
{
    const struct when *when = promotion->when;
    const char *reason = when ? place_and_time(e->sale, when) : NULL;

    if (reason)
        return fails(reason);
    if (!e->sale->member && needs_member(promotion))
        return fails("member");
    reason = when ? who(e->sale, promotion) : NULL;
    if (reason)
        return fails(reason);
    if (when && !tenders_hold(e->sale, when))
        return fails("tender");
    if (when && when->series != NONE && e->series_coupon[when->series] == NONE)
        return fails("coupon");
    if (promotion->cost_currency != NONE) {
        struct verdict cost = cost_holds(e, promotion);

        if (cost.reason)
            return cost;
    }
    return fails(limits_hold(e->sale, promotion) ? NULL : "limit");
}

/* What the selected lines come to, gross: once a sale. Distinct skus need no set: lines of one sku stand together in
 * the order. */
const struct selection_state *basket_sums(const struct engine *e, uint32_t selection)
{
    struct selection_state *state = &e->selections[selection];
    const char *sku = NULL;

    state->amount = state->qty = state->distinct = 0;
    for (uint32_t i = hit_first(e, selection); i; i = hit_next(e, i)) {
        const struct sale_line *line = e->lines[hit_line(e, i)].line;

        state->qty += line->qty_milli;
        state->amount += line->gross_minor;
        if (!sku || strcmp(sku, line->sku) != 0)
            state->distinct++;
        sku = line->sku;
    }
    state->sum_stamp = e->stamp;
    return state;
}

static int64_t basket_current(const struct engine *e, uint32_t selection)
{
    int64_t amount = 0;

    for (uint32_t i = hit_first(e, selection); i; i = hit_next(e, i)) {
        const struct work_line *line = &e->lines[hit_line(e, i)];

        for (size_t r = 0; r < line->count; r++)
            amount += (line->items[r].price - line->items[r].paid) * line->items[r].count; /* after redemption: net */
    }
    return amount;
}

/* Which figures of a basket entry are missing: the first one, and how many. */
static void entry_lacks(const struct engine *e, const struct basket_condition *entry, struct verdict *verdict)
{
    static const enum engine_missing kinds[] = {ENGINE_MISSING_MINOR, ENGINE_MISSING_QTY_MILLI,
                                                ENGINE_MISSING_DISTINCT};
    const int64_t wanted[] = {entry->amount_min, entry->qty_min_milli, entry->distinct_min};
    const struct selection_state *sums = basket_gross(e, entry->selection);
    const int64_t have[] = {entry->current ? basket_current(e, entry->selection) : sums->amount, sums->qty,
                            sums->distinct};

    for (int i = 0; i < 3; i++) {
        if (have[i] >= wanted[i])
            continue;
        if (verdict->figures++ == 0) {
            verdict->reason = "threshold";
            verdict->missing = kinds[i];
            verdict->value = wanted[i] - have[i];
        }
    }
}

struct verdict conditions_group_threshold(const struct engine *e, const struct promotion *promotion)
{
    struct verdict verdict = {0};

    if (promotion->group != NONE && e->group_used[promotion->group])
        return fails("group");
    for (uint32_t i = 0; promotion->when && i < promotion->when->basket_count; i++)
        entry_lacks(e, &promotion->when->basket[i], &verdict);
    return verdict;
}
