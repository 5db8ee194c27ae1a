/* SPDX-License-Identifier: Apache-2.0 */
/* Items and rewards. */
#include "tests/oracle/generate_parts.h"

#include <string.h>

/* ---- items ---- */

static const char *const skus[] = {"S0", "S1", "S2", "S3", "S4", NULL};
static const char *const categories[] = {"food", "food/fruit", "drinks", "drinks/coffee", "drinks/cof", NULL};
static const char *const brands[] = {"X", "Y", NULL};
static const char *const tags[] = {"own", "sticker", NULL};
static const char *const gtins[] = {"4601", "04602", "4603", NULL};
static const char *const lists[] = {"fav", "other", NULL};
static const char *const sets[] = {"all", "coffee", "both", NULL};

static void items_field(struct dice *dice, cJSON *items)
{
    int field = (int)dice_range(dice, 0, 13);

    if (field <= 3)
        text_list(dice, items, "skus", 3, skus);
    else if (field == 4 || field == 5)
        text_list(dice, items, "categories", 2, categories);
    else if (field == 6)
        text_list(dice, items, "brands", 2, brands);
    else if (field == 7)
        text_list(dice, items, "tags", 2, tags);
    else if (field == 8)
        text_list(dice, items, "gtins", 2, gtins);
    else if (field == 9)
        text_list(dice, items, "member_lists", 2, lists);
    else if (field == 10)
        cJSON_AddNumberToObject(items, "price_min_minor", (double)dice_price(dice));
    else if (field == 11)
        cJSON_AddNumberToObject(items, "price_max_minor", (double)dice_price(dice));
    else if (field == 12)
        cJSON_AddNumberToObject(items, "line_qty_min_milli", (double)dice_range(dice, 1, 2) * 1000);
    else if (dice_percent(dice, 50))
        cJSON_AddStringToObject(items, "set", dice_one(dice, sets));
    else
        text_list(dice, items, "set", 2, sets);
}

cJSON *some_items(struct dice *dice, bool exclude)
{
    cJSON *items = cJSON_CreateObject();
    bool any = dice_percent(dice, 45);

    if (any) {
        cJSON_AddTrueToObject(items, "any");
    } else {
        items_field(dice, items);
        if (dice_percent(dice, 12) && cJSON_GetArraySize(items) == 1) {
            cJSON *more = cJSON_CreateObject();

            items_field(dice, more);
            if (!cJSON_GetObjectItemCaseSensitive(items, more->child->string))
                move_first(more, items);
            cJSON_Delete(more);
        }
    }
    if (exclude && dice_percent(dice, 8)) {
        cJSON *out = cJSON_CreateObject();

        items_field(dice, out);
        cJSON_AddItemToObject(items, "exclude", out);
    }
    return items;
}

/* ---- rewards ---- */

/* Exactly one of the ways to give; which is a choice out of "pap": percent, amount, price. */
static void a_way(struct dice *dice, cJSON *object, bool amount, bool price)
{
    int64_t way = dice_range(dice, 0, 2);

    if (way == 1 && amount)
        cJSON_AddNumberToObject(object, "amount_minor", (double)an_amount(dice));
    else if (way == 2 && price)
        cJSON_AddNumberToObject(object, "price_minor", (double)dice_price(dice));
    else
        cJSON_AddNumberToObject(object, "percent_bp", (double)a_percent(dice));
}

static void amount_off(struct dice *dice, cJSON *reward)
{
    const char *per = ONE_OF(dice, "unit", "line", "basket", "basket");

    cJSON_AddNumberToObject(reward, "amount_minor", (double)an_amount(dice));
    if (strcmp(per, "unit") != 0 || dice_percent(dice, 50))
        cJSON_AddStringToObject(reward, "per", per);
    if (dice_percent(dice, 20))
        cJSON_AddNumberToObject(reward, "max_units_per_line", (double)dice_range(dice, 1, 2));
    if (strcmp(per, "basket") == 0 && dice_percent(dice, 40)) {
        cJSON_AddNumberToObject(reward, "every_minor", (double)an_amount(dice) * 2);
        if (dice_percent(dice, 40))
            cJSON_AddNumberToObject(reward, "max_times", (double)dice_range(dice, 1, 3));
        if (dice_percent(dice, 40))
            cJSON_AddStringToObject(reward, "base", ONE_OF(dice, "gross", "current"));
    }
}

static void buy_get(struct dice *dice, cJSON *reward)
{
    cJSON *buy = cJSON_AddObjectToObject(reward, "buy"), *got = cJSON_AddObjectToObject(reward, "get"), *items;

    items = some_items(dice, true);
    cJSON_AddItemToObject(buy, "items", items);
    cJSON_AddNumberToObject(buy, "qty", (double)dice_range(dice, 1, 2));
    cJSON_AddItemToObject(got, "items",
                          dice_percent(dice, 50) ? cJSON_Duplicate(items, true) : some_items(dice, true));
    cJSON_AddNumberToObject(got, "qty", dice_percent(dice, 75) ? 1 : 2);
    a_way(dice, got, true, true);
    if (dice_percent(dice, 25))
        cJSON_AddBoolToObject(reward, "repeat", dice_percent(dice, 30));
    if (dice_percent(dice, 25))
        cJSON_AddBoolToObject(reward, "partial", dice_percent(dice, 80));
    if (dice_percent(dice, 40))
        cJSON_AddStringToObject(reward, "pick", ONE_OF(dice, "cheapest", "dearest"));
    if (dice_percent(dice, 35))
        cJSON_AddStringToObject(reward, "sets", ONE_OF(dice, "best", "pool", "pool"));
    if (dice_percent(dice, 20))
        cJSON_AddTrueToObject(reward, "reuse_buys");
}

static void mix(struct dice *dice, cJSON *reward)
{
    cJSON *parts = cJSON_AddArrayToObject(reward, "parts");
    int64_t count = dice_range(dice, 1, 3), units = 0;

    for (int64_t i = 0; i < count && units < 4; i++) {
        cJSON *part = cJSON_CreateObject();
        int64_t qty = dice_range(dice, 1, count == 1 ? 3 : 2);

        units += qty;
        cJSON_AddItemToArray(parts, part);
        cJSON_AddItemToObject(part, "items", some_items(dice, true));
        cJSON_AddNumberToObject(part, "qty", (double)qty);
    }
    a_way(dice, reward, true, true);
    if (dice_percent(dice, 25))
        cJSON_AddBoolToObject(reward, "repeat", dice_percent(dice, 30));
}

static void steps(struct dice *dice, cJSON *reward)
{
    bool by_qty = dice_percent(dice, 40);
    cJSON *array;
    int64_t from = 0;

    if (by_qty || dice_percent(dice, 50))
        cJSON_AddStringToObject(reward, "measure", by_qty ? "qty" : "amount");
    if (dice_percent(dice, 40))
        cJSON_AddStringToObject(reward, "base", ONE_OF(dice, "gross", "current"));
    array = cJSON_AddArrayToObject(reward, "steps");
    for (int64_t i = dice_range(dice, 1, 3); i > 0; i--) {
        cJSON *step = cJSON_CreateObject();

        from += by_qty ? dice_range(dice, 1, 3) * 1000 : 1 + dice_price(dice);
        cJSON_AddNumberToObject(step, "from", (double)from);
        a_way(dice, step, true, true);
        cJSON_AddItemToArray(array, step);
    }
}

static void points(struct dice *dice, cJSON *reward)
{
    int64_t way = dice_range(dice, 0, 4);

    cJSON_AddStringToObject(reward, "currency", ONE_OF(dice, "bonus", "chips"));
    if (dice_percent(dice, 40))
        cJSON_AddStringToObject(reward, "base", ONE_OF(dice, "net", "gross"));
    if (way <= 1) {
        cJSON_AddNumberToObject(reward, "per_minor", (double)an_amount(dice));
        cJSON_AddNumberToObject(reward, "give", (double)dice_range(dice, 1, 5));
    } else if (way == 2) {
        cJSON_AddNumberToObject(reward, "give", (double)dice_range(dice, 1, 50));
    } else if (way == 3) {
        cJSON_AddNumberToObject(reward, "give_per_unit", (double)dice_range(dice, 1, 3));
    } else {
        cJSON_AddNumberToObject(reward, "multiplier_bp", (double)dice_range(dice, 10000, 40000));
    }
}

static void gift(struct dice *dice, cJSON *reward)
{
    cJSON_AddNumberToObject(reward, "qty", (double)dice_range(dice, 1, 2));
    if (dice_percent(dice, 40))
        cJSON_AddNumberToObject(reward, "max_value_minor", (double)dice_price(dice));
}

static void reward_fields(struct dice *dice, const char *kind, cJSON *reward)
{
    if (strcmp(kind, "percent_off") == 0) {
        cJSON_AddNumberToObject(reward, "percent_bp", (double)a_percent(dice));
        if (dice_percent(dice, 20))
            cJSON_AddNumberToObject(reward, "max_units_per_line", (double)dice_range(dice, 1, 2));
    } else if (strcmp(kind, "amount_off") == 0) {
        amount_off(dice, reward);
    } else if (strcmp(kind, "fixed_price") == 0) {
        cJSON_AddNumberToObject(reward, "price_minor", (double)dice_price(dice));
        if (dice_percent(dice, 50))
            cJSON_AddStringToObject(reward, "per", ONE_OF(dice, "unit", "basket", "basket"));
    } else if (strcmp(kind, "nth_unit") == 0) {
        cJSON_AddNumberToObject(reward, "every", (double)dice_range(dice, 2, 3));
        a_way(dice, reward, false, true);
        if (dice_percent(dice, 20))
            cJSON_AddTrueToObject(reward, "reuse_buys");
        if (dice_percent(dice, 40))
            cJSON_AddStringToObject(reward, "pick", ONE_OF(dice, "cheapest", "dearest"));
    } else if (strcmp(kind, "cheapest") == 0) {
        cJSON_AddNumberToObject(reward, "count", (double)dice_range(dice, 1, 3));
        a_way(dice, reward, true, false);
    } else if (strcmp(kind, "steps") == 0) {
        steps(dice, reward);
    } else if (strcmp(kind, "gift") == 0) {
        gift(dice, reward);
    } else {
        points(dice, reward);
    }
}

static void message_or_coupon(struct dice *dice, const char *kind, cJSON *reward)
{
    if (strcmp(kind, "issue_coupon") == 0) {
        cJSON_AddStringToObject(reward, "series", "next");
        cJSON_AddNumberToObject(reward, "valid_days", (double)dice_range(dice, 0, 400));
        if (dice_percent(dice, 60))
            cJSON_AddBoolToObject(reward, "print", dice_percent(dice, 50));
    } else {
        cJSON *text = cJSON_CreateObject();

        cJSON_AddStringToObject(text, "en", "hello \"you\"\n");
        cJSON_AddStringToObject(reward, "to", ONE_OF(dice, "cashier", "customer", "receipt"));
        cJSON_AddItemToObject(reward, "text", dice_percent(dice, 50) ? text : cJSON_CreateString("hi"));
        if (text != cJSON_GetObjectItemCaseSensitive(reward, "text"))
            cJSON_Delete(text);
    }
}

cJSON *some_reward(struct dice *dice)
{
    const char *kind = dice->kind && dice_percent(dice, 90)
                           ? dice->kind
                           : ONE_OF(dice, "percent_off", "percent_off", "amount_off", "amount_off", "fixed_price",
                                    "price_list", "buy_get", "buy_get", "nth_unit", "cheapest", "mix", "mix", "steps",
                                    "gift", "points", "points", "issue_coupon", "message");
    cJSON *reward = cJSON_CreateObject();

    cJSON_AddStringToObject(reward, "kind", kind);
    if (strcmp(kind, "issue_coupon") == 0 || strcmp(kind, "message") == 0) {
        message_or_coupon(dice, kind, reward);
        return reward;
    }
    if (strcmp(kind, "buy_get") == 0) {
        buy_get(dice, reward);
    } else if (strcmp(kind, "mix") == 0) {
        mix(dice, reward);
    } else if (strcmp(kind, "price_list") == 0) {
        cJSON_AddStringToObject(reward, "list", ONE_OF(dice, "week", "next"));
    } else {
        cJSON_AddItemToObject(reward, "items", some_items(dice, true));
        reward_fields(dice, kind, reward);
    }
    if (strcmp(kind, "points") != 0 && dice_percent(dice, 12))
        cJSON_AddNumberToObject(reward, "cap_minor", (double)an_amount(dice));
    return reward;
}
