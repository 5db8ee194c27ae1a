/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/oracle/oracle.h"

#include <string.h>

/* ---- items ---- */

static bool gtin_listed(const cJSON *list, const char *gtin)
{
    const cJSON *item;

    if (!gtin || strlen(gtin) > 14 || strspn(gtin, "0123456789") != strlen(gtin))
        return false;
    while (*gtin == '0')
        gtin++;
    cJSON_ArrayForEach(item, list)
    {
        const char *other = item->valuestring;

        while (*other == '0')
            other++;
        if (strcmp(other, gtin) == 0)
            return true;
    }
    return false;
}

static bool category_listed(const cJSON *list, const char *category)
{
    const cJSON *item;

    cJSON_ArrayForEach(item, list)
    {
        size_t len = strlen(item->valuestring);

        if (strncmp(category, item->valuestring, len) == 0 && (category[len] == '\0' || category[len] == '/'))
            return true;
    }
    return false;
}

static bool in_sets(const struct run *run, const cJSON *names, int line)
{
    const cJSON *sets = get(run->bundle, "item_sets"), *name;

    if (cJSON_IsString(names))
        return oracle_items_match(run, get(sets, names->valuestring), line);
    cJSON_ArrayForEach(name, names)
    {
        if (oracle_items_match(run, get(sets, name->valuestring), line))
            return true;
    }
    return false;
}

static bool in_member_lists(const struct run *run, const cJSON *names, const char *sku)
{
    const cJSON *name;

    cJSON_ArrayForEach(name, names)
    {
        if (list_has(get(get(run->member, "lists"), name->valuestring), sku))
            return true;
    }
    return false;
}

static bool tag_listed(const cJSON *list, const cJSON *tags)
{
    const cJSON *tag;

    cJSON_ArrayForEach(tag, tags)
    {
        if (list_has(list, tag->valuestring))
            return true;
    }
    return false;
}

static bool field_matches(const struct run *run, const cJSON *field, const struct line *line, int place)
{
    const char *name = field->string;
    int64_t number = cJSON_IsNumber(field) ? (int64_t)field->valuedouble : 0;

    if (strcmp(name, "any") == 0)
        return true;
    if (strcmp(name, "skus") == 0)
        return list_has(field, line->sku);
    if (strcmp(name, "gtins") == 0)
        return gtin_listed(field, get_text(line->json, "gtin", NULL));
    if (strcmp(name, "categories") == 0)
        return category_listed(field, get_text(line->json, "category", ""));
    if (strcmp(name, "brands") == 0)
        return get(line->json, "brand") && list_has(field, get_text(line->json, "brand", ""));
    if (strcmp(name, "tags") == 0)
        return tag_listed(field, get(line->json, "tags"));
    if (strcmp(name, "set") == 0)
        return in_sets(run, field, place);
    if (strcmp(name, "member_lists") == 0)
        return in_member_lists(run, field, line->sku);
    if (strcmp(name, "price_min_minor") == 0)
        return line->unit_price >= number;
    if (strcmp(name, "price_max_minor") == 0)
        return line->unit_price <= number;
    if (strcmp(name, "line_qty_min_milli") == 0)
        return line->qty >= number;
    return strcmp(name, "exclude") == 0 && !oracle_items_match(run, field, place);
}

bool oracle_items_match(const struct run *run, const cJSON *items, int line)
{
    const cJSON *field;

    cJSON_ArrayForEach(field, items)
    {
        if (!field_matches(run, field, &run->lines[line], line))
            return false;
    }
    return true;
}

bool takes_line(const struct run *run, const cJSON *items, int line)
{
    return run->lines[line].discountable && oracle_items_match(run, items, line);
}

/* ---- measures ---- */

int64_t measure_amount(const struct run *run, const cJSON *items, bool current)
{
    int64_t sum = 0;

    for (int i = 0; i < run->unit_count; i++) {
        if (oracle_items_match(run, items, run->units[i].line))
            sum += current ? run->units[i].price : run->units[i].gross;
    }
    return sum;
}

int64_t measure_qty(const struct run *run, const cJSON *items)
{
    int64_t sum = 0;

    for (int i = 0; i < run->line_count; i++)
        sum += oracle_items_match(run, items, i) ? run->lines[i].qty : 0;
    return sum;
}

static int64_t measure_distinct(const struct run *run, const cJSON *items)
{
    int64_t count = 0;
    const char *last = NULL;

    for (int i = 0; i < run->line_count; i++) { /* sorted by sku */
        if (!oracle_items_match(run, items, i))
            continue;
        count += !last || strcmp(last, run->lines[i].sku) != 0;
        last = run->lines[i].sku;
    }
    return count;
}

/* ---- conditions ---- */

static bool attribute_holds(const cJSON *attrs, const cJSON *rule)
{
    const cJSON *value = get(attrs, get_text(rule, "attr", "")), *in = get(rule, "in"), *wanted;
    bool found = !in;

    if (!value)
        return false;
    cJSON_ArrayForEach(wanted, in)
    {
        found = found || cJSON_Compare(wanted, value, true);
    }
    if (get(rule, "gte") && (!cJSON_IsNumber(value) || value->valuedouble < get(rule, "gte")->valuedouble))
        return false;
    if (get(rule, "lte") && (!cJSON_IsNumber(value) || value->valuedouble > get(rule, "lte")->valuedouble))
        return false;
    return found;
}

static bool attributes_hold(const cJSON *attrs, const cJSON *rules)
{
    const cJSON *rule;

    cJSON_ArrayForEach(rule, rules)
    {
        if (!attribute_holds(attrs, rule))
            return false;
    }
    return true;
}

static bool listed_or_empty(const cJSON *list, const char *text)
{
    return cJSON_GetArraySize(list) == 0 || (text && list_has(list, text));
}

static bool store_holds(const struct run *run, const cJSON *stores)
{
    const cJSON *store = get(run->sale, "store");

    return listed_or_empty(get(stores, "ids"), get_text(store, "id", NULL)) &&
           attributes_hold(get(store, "attrs"), get(stores, "attrs"));
}

/* A limit of 0 is none. */
static bool limits_members(const cJSON *rules)
{
    const cJSON *rule;

    cJSON_ArrayForEach(rule, rules)
    {
        if (get_int(rule, "max", 0) > 0)
            return true;
    }
    return false;
}

static bool wants_member(const struct promotion *promotion, const cJSON *member)
{
    return get_bool(member, "required", false) || cJSON_GetArraySize(get(member, "tiers")) ||
           cJSON_GetArraySize(get(member, "segments")) || get(member, "birthday") ||
           get_bool(member, "personal", false) || cJSON_GetArraySize(get(member, "attrs")) ||
           limits_members(get(get(promotion->json, "limits"), "per_member")) || get(promotion->json, "cost") ||
           promotion->kind == POINTS;
}

static bool segments_hold(const struct run *run, const cJSON *segments)
{
    const cJSON *segment;

    cJSON_ArrayForEach(segment, segments)
    {
        if (list_has(get(run->member, "segments"), segment->valuestring))
            return true;
    }
    return cJSON_GetArraySize(segments) == 0;
}

static enum reason member_fails(const struct run *run, const struct promotion *promotion, const cJSON *member)
{
    if (wants_member(promotion, member) && !run->member)
        return R_MEMBER;
    if (!listed_or_empty(get(member, "tiers"), get_text(run->member, "tier", NULL)))
        return R_TIER;
    if (!segments_hold(run, get(member, "segments")))
        return R_SEGMENT;
    if (get(member, "birthday") && !birthday_holds(run, get(member, "birthday")))
        return R_BIRTHDAY;
    if (get_bool(member, "personal", false) && !list_has(get(run->member, "personal"), promotion->id))
        return R_PERSONAL;
    return attributes_hold(get(run->member, "attrs"), get(member, "attrs")) ? APPLIED : R_ATTR;
}

static bool tenders_hold(const struct run *run, const cJSON *tenders)
{
    const cJSON *used = get(run->sale, "tenders"), *tender;

    if (cJSON_GetArraySize(tenders) == 0)
        return true;
    cJSON_ArrayForEach(tender, used)
    {
        if (!list_has(tenders, tender->valuestring))
            return false;
    }
    return cJSON_GetArraySize(used) > 0;
}

static bool coupon_holds(const struct run *run, const char *series)
{
    for (int i = 0; i < run->coupon_count; i++) {
        if (!run->coupons[i].state && strcmp(get_text(run->coupons[i].series, "id", ""), series) == 0)
            return true;
    }
    return false;
}

static bool within_limits(const struct run *run, const struct promotion *promotion)
{
    const cJSON *limits = get(promotion->json, "limits"), *rule;
    const cJSON *usage = get(get(run->member, "usage"), promotion->id);
    int64_t total = get_int(limits, "total", 0);

    if (total && get_int(get(run->sale, "usage"), promotion->id, 0) >= total)
        return false;
    cJSON_ArrayForEach(rule, get(limits, "per_member"))
    {
        const char *per = get_text(rule, "per", "");
        int64_t max = get_int(rule, "max", 0);

        if (max && get_int(usage, strcmp(per, "ever") == 0 ? "count" : per, 0) >= max)
            return false;
    }
    return true;
}

static void figure_add(struct promotion *promotion, const char *name, int64_t missing)
{
    if (missing <= 0 || promotion->figure_count == FIGURES_MAX)
        return;
    promotion->figures[promotion->figure_count++] = (struct figure){name, missing};
}

static bool basket_holds(const struct run *run, struct promotion *promotion, const cJSON *basket)
{
    const cJSON *entry;

    cJSON_ArrayForEach(entry, basket)
    {
        const cJSON *items = get(entry, "items");
        bool current = strcmp(get_text(entry, "base", "gross"), "current") == 0;

        figure_add(promotion, "missing_minor", get_int(entry, "amount_min", 0) - measure_amount(run, items, current));
        figure_add(promotion, "missing_qty_milli", get_int(entry, "qty_min_milli", 0) - measure_qty(run, items));
        figure_add(promotion, "missing_distinct", get_int(entry, "distinct_min", 0) - measure_distinct(run, items));
    }
    return promotion->figure_count == 0;
}

int64_t balance_left(const struct run *run, int currency)
{
    const cJSON *at = cJSON_GetArrayItem(get(run->bundle, "point_currencies"), currency);

    return get_int(get(run->member, "balances"), get_text(at, "id", ""), 0) - run->spent[currency] -
           run->paid[currency];
}

bool group_used(const struct run *run, const struct promotion *promotion)
{
    for (int i = 0; promotion->group && i < run->promotion_count; i++) {
        const struct promotion *other = &run->promotions[i];

        if (other != promotion && other->reason == APPLIED && other->group &&
            strcmp(other->group, promotion->group) == 0)
            return true;
    }
    return false;
}

static enum reason first_failure(struct run *run, struct promotion *promotion)
{
    const cJSON *when = get(promotion->json, "when");
    const char *series = get_text(when, "coupon", NULL);
    enum reason reason;

    if (!store_holds(run, get(when, "stores")))
        return R_STORE;
    if (!listed_or_empty(get(when, "channels"), get_text(run->sale, "channel", "till")))
        return R_CHANNEL;
    if (!date_holds(run, when))
        return R_DATE;
    if ((reason = hours_fail(run, when)) != APPLIED ||
        (reason = member_fails(run, promotion, get(when, "member"))) != APPLIED)
        return reason;
    if (!tenders_hold(run, get(when, "tenders")))
        return R_TENDER;
    if (series && !coupon_holds(run, series))
        return R_COUPON;
    if (promotion->cost && !list_has(get(run->sale, "rewards"), promotion->id))
        return R_REWARD;
    if (promotion->cost && balance_left(run, promotion->currency) < promotion->cost) {
        figure_add(promotion, "missing_points", promotion->cost - balance_left(run, promotion->currency));
        return R_BALANCE;
    }
    if (!within_limits(run, promotion))
        return R_LIMIT;
    if (group_used(run, promotion))
        return R_GROUP;
    return basket_holds(run, promotion, get(when, "basket")) ? APPLIED : R_THRESHOLD;
}

bool oracle_conditions_hold(struct run *run, struct promotion *promotion)
{
    promotion->figure_count = 0;
    promotion->reason = run->line_count == 0 ? R_NOTHING : first_failure(run, promotion);
    if (promotion->reason != APPLIED)
        return false;
    promotion->reason = R_NOTHING; /* until it gives something */
    return true;
}
