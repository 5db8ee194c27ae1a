/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/oracle/generate.h"

#include <stdio.h>
#include <string.h>

void dice_seed(struct dice *dice, uint64_t seed, uint64_t number)
{
    dice->state = seed * UINT64_C(0x9e3779b97f4a7c15) + number * UINT64_C(0xd1342543de82ef95) + 1;
    (void)dice_next(dice);
}

/* splitmix64 */
uint64_t dice_next(struct dice *dice)
{
    uint64_t z = (dice->state += UINT64_C(0x9e3779b97f4a7c15));

    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

int64_t dice_range(struct dice *dice, int64_t least, int64_t most)
{
    return least + (int64_t)(dice_next(dice) % (uint64_t)(most - least + 1));
}

bool dice_percent(struct dice *dice, int percent)
{
    return dice_range(dice, 0, 99) < percent;
}

const char *dice_one(struct dice *dice, const char *const *texts)
{
    int64_t count = 0;

    while (texts[count])
        count++;
    return texts[dice_range(dice, 0, count - 1)];
}

int64_t dice_price(struct dice *dice)
{
    static const int64_t prices[] = {0,   1,   2,   3,   5,   5,   10,   10,   33,   99,  100,
                                     100, 100, 101, 250, 333, 499, 1000, 1000, 1999, 3333};

    if (dice_percent(dice, 25))
        return dice_range(dice, 1, 60);
    return prices[dice_range(dice, 0, (int64_t)(sizeof prices / sizeof prices[0]) - 1)];
}

static int64_t a_percent(struct dice *dice)
{
    static const int64_t rates[] = {10000, 5000, 5000, 1000, 1000, 500, 3333, 1500, 9999, 1};

    return dice_percent(dice, 70) ? rates[dice_range(dice, 0, 9)] : dice_range(dice, 1, 10000);
}

static int64_t an_amount(struct dice *dice)
{
    int64_t price = dice_price(dice);

    return price > 0 ? price : 7;
}

static void text_list(struct dice *dice, cJSON *object, const char *name, int most, const char *const *from)
{
    cJSON *list = cJSON_AddArrayToObject(object, name);
    int64_t count = dice_percent(dice, 4) ? 0 : dice_range(dice, 1, most);

    for (int64_t i = 0; i < count; i++)
        cJSON_AddItemToArray(list, cJSON_CreateString(dice_one(dice, from)));
}

static void move_first(cJSON *from, cJSON *to)
{
    cJSON *item = cJSON_DetachItemViaPointer(from, from->child);

    cJSON_AddItemToObject(to, item->string, item);
}

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

static cJSON *some_items(struct dice *dice, bool exclude)
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

static cJSON *some_reward(struct dice *dice)
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

/* ---- conditions ---- */

static void add_attrs(struct dice *dice, cJSON *object, const char *attr)
{
    cJSON *attrs = cJSON_AddArrayToObject(object, "attrs"), *rule = cJSON_CreateObject(), *in;

    cJSON_AddItemToArray(attrs, rule);
    cJSON_AddStringToObject(rule, "attr", attr);
    switch (dice_range(dice, 0, 3)) {
    case 0:
        in = cJSON_AddArrayToObject(rule, "in");
        cJSON_AddItemToArray(in, cJSON_CreateNumber((double)dice_range(dice, 0, 3)));
        cJSON_AddItemToArray(in, cJSON_CreateString("one"));
        if (dice_percent(dice, 50))
            cJSON_AddItemToArray(in, cJSON_CreateBool(1));
        break;
    case 1:
        cJSON_AddNumberToObject(rule, "gte", (double)dice_range(dice, 0, 3));
        cJSON_AddNumberToObject(rule, "lte", (double)dice_range(dice, 1, 4));
        break;
    case 2:
        cJSON_AddNumberToObject(rule, "gte", (double)dice_range(dice, 0, 3));
        break;
    default:
        cJSON_AddNumberToObject(rule, "lte", (double)dice_range(dice, 0, 3));
        break;
    }
}

static void member_condition(struct dice *dice, cJSON *when)
{
    cJSON *member = cJSON_AddObjectToObject(when, "member"), *birthday;

    switch (dice_range(dice, 0, 5)) {
    case 0:
        cJSON_AddBoolToObject(member, "required", dice_percent(dice, 80));
        break;
    case 1:
        text_list(dice, member, "tiers", 2, (const char *const[]){"gold", "silver", NULL});
        break;
    case 2:
        text_list(dice, member, "segments", 2, (const char *const[]){"new", "old", NULL});
        break;
    case 3:
        birthday = cJSON_AddObjectToObject(member, "birthday");
        if (dice_percent(dice, 80))
            cJSON_AddNumberToObject(birthday, "before", (double)dice_range(dice, 0, 3));
        if (dice_percent(dice, 80))
            cJSON_AddNumberToObject(birthday, "after", (double)dice_range(dice, 0, 3));
        break;
    case 4:
        cJSON_AddBoolToObject(member, "personal", dice_percent(dice, 80));
        break;
    default:
        add_attrs(dice, member, "purchases");
        break;
    }
}

static void basket_condition(struct dice *dice, cJSON *when)
{
    cJSON *basket = cJSON_AddArrayToObject(when, "basket");

    for (int64_t i = dice_percent(dice, 80) ? 1 : 2; i > 0; i--) {
        cJSON *entry = cJSON_CreateObject();

        cJSON_AddItemToArray(basket, entry);
        cJSON_AddItemToObject(entry, "items", some_items(dice, true));
        if (dice_percent(dice, 60))
            cJSON_AddNumberToObject(entry, "amount_min", (double)dice_price(dice));
        if (dice_percent(dice, 35))
            cJSON_AddNumberToObject(entry, "qty_min_milli", (double)dice_range(dice, 1, 4) * 1000);
        if (dice_percent(dice, 30))
            cJSON_AddNumberToObject(entry, "distinct_min", (double)dice_range(dice, 1, 3));
        if (dice_percent(dice, 40))
            cJSON_AddStringToObject(entry, "base", ONE_OF(dice, "gross", "current"));
    }
}

static void hours_condition(struct dice *dice, cJSON *when)
{
    cJSON *hours = cJSON_AddArrayToObject(when, "hours"), *range = cJSON_CreateArray();
    static const char *const ends[][2] = {
        {"00:00", "24:00"}, {"22:00", "02:00"}, {"10:00", "14:00"}, {"00:30", "12:00"}, {"23:59", "00:01"}};
    int64_t at = dice_range(dice, 0, 4);

    cJSON_AddItemToArray(hours, range);
    cJSON_AddItemToArray(range, cJSON_CreateString(ends[at][0]));
    cJSON_AddItemToArray(range, cJSON_CreateString(ends[at][1]));
}

static void one_condition(struct dice *dice, cJSON *when)
{
    static const char *const days[] = {"mon", "tue", "wed", "thu", "fri", "sat", "sun", NULL};
    static const char *const moments[] = {"2026-02-28T00:00", "2026-12-31T12:00", "2027-01-01T00:00",
                                          "2028-02-29T22:00:30", NULL};
    cJSON *stores;

    switch (dice_range(dice, 0, 10)) {
    case 0:
        if (!cJSON_GetObjectItemCaseSensitive(when, "from"))
            cJSON_AddStringToObject(when, "from", dice_one(dice, moments));
        break;
    case 1:
        if (!cJSON_GetObjectItemCaseSensitive(when, "until"))
            cJSON_AddStringToObject(when, "until", dice_one(dice, moments));
        break;
    case 2:
        if (!cJSON_GetObjectItemCaseSensitive(when, "weekdays"))
            text_list(dice, when, "weekdays", 5, days);
        break;
    case 3:
        if (!cJSON_GetObjectItemCaseSensitive(when, "hours"))
            hours_condition(dice, when);
        break;
    case 4:
        stores = cJSON_CreateObject();
        if (dice_percent(dice, 50))
            text_list(dice, stores, "ids", 2, (const char *const[]){"A", "B", NULL});
        else
            add_attrs(dice, stores, "cafe");
        if (cJSON_GetObjectItemCaseSensitive(when, "stores"))
            cJSON_Delete(stores);
        else
            cJSON_AddItemToObject(when, "stores", stores);
        break;
    case 5:
        if (!cJSON_GetObjectItemCaseSensitive(when, "channels"))
            text_list(dice, when, "channels", 2, (const char *const[]){"till", "web", NULL});
        break;
    case 6:
    case 7:
        if (!cJSON_GetObjectItemCaseSensitive(when, "member"))
            member_condition(dice, when);
        break;
    case 8:
        if (!cJSON_GetObjectItemCaseSensitive(when, "tenders"))
            text_list(dice, when, "tenders", 2, (const char *const[]){"card", "cash", NULL});
        break;
    case 9:
        if (!cJSON_GetObjectItemCaseSensitive(when, "coupon"))
            cJSON_AddStringToObject(when, "coupon", ONE_OF(dice, "one", "many", "dated"));
        break;
    default:
        if (!cJSON_GetObjectItemCaseSensitive(when, "basket"))
            basket_condition(dice, when);
        break;
    }
}

static void some_limits(struct dice *dice, cJSON *promotion)
{
    cJSON *limits = cJSON_AddObjectToObject(promotion, "limits");

    if (dice_percent(dice, 70))
        cJSON_AddNumberToObject(limits, "per_sale", (double)dice_range(dice, 1, 3));
    if (dice_percent(dice, 25))
        cJSON_AddNumberToObject(limits, "total", (double)dice_range(dice, 0, 2));
    if (dice_percent(dice, 25)) {
        cJSON *list = cJSON_AddArrayToObject(limits, "per_member"), *rule = cJSON_CreateObject();

        cJSON_AddItemToArray(list, rule);
        cJSON_AddNumberToObject(rule, "max", (double)dice_range(dice, 0, 2));
        cJSON_AddStringToObject(rule, "per", ONE_OF(dice, "day", "week", "month", "ever"));
    }
}

static cJSON *some_promotion(struct dice *dice, int number, int layers)
{
    cJSON *promotion = cJSON_CreateObject(), *when;
    char id[16], layer[16];

    /* Ids fall as numbers rise, so that the order of the file is not the order of the ids. */
    (void)snprintf(id, sizeof id, "p%d", 9 - number);
    (void)snprintf(layer, sizeof layer, "l%d", (int)dice_range(dice, 0, layers - 1));
    cJSON_AddStringToObject(promotion, "id", id);
    cJSON_AddStringToObject(promotion, "layer", layer);
    if (dice_percent(dice, 40))
        cJSON_AddNumberToObject(promotion, "order", (double)dice_range(dice, -1, 2));
    if (dice_percent(dice, 15))
        cJSON_AddStringToObject(promotion, "exclusive_group", ONE_OF(dice, "g", "h"));
    if (dice_percent(dice, 12))
        cJSON_AddBoolToObject(promotion, "final", dice_percent(dice, 85));
    if (dice_percent(dice, 45)) {
        when = cJSON_AddObjectToObject(promotion, "when");
        for (int64_t i = dice_percent(dice, 75) ? 1 : 3; i > 0; i--)
            one_condition(dice, when);
    }
    if (dice_percent(dice, 25))
        some_limits(dice, promotion);
    if (dice_percent(dice, 8)) {
        cJSON *cost = cJSON_AddObjectToObject(promotion, "cost");

        cJSON_AddStringToObject(cost, "currency", ONE_OF(dice, "bonus", "chips"));
        cJSON_AddNumberToObject(cost, "points", (double)dice_range(dice, 1, 60));
    }
    if (dice_percent(dice, 30))
        cJSON_AddStringToObject(promotion, "round", ONE_OF(dice, "line", "unit", "sale"));
    if (dice_percent(dice, 60))
        cJSON_AddStringToObject(promotion, "hint", "one more");
    cJSON_AddItemToObject(promotion, "reward", some_reward(dice));
    return promotion;
}

/* ---- bundle ---- */

static void add_frame(struct dice *dice, cJSON *bundle)
{
    static const char *const parts =
        "{\"item_sets\":{\"all\":{\"any\":true,\"exclude\":{\"tags\":[\"sticker\"]}},\"coffee\":{\"categories\":["
        "\"drinks/"
        "coffee\"]},\"both\":{\"set\":[\"coffee\"],\"brands\":[\"X\"]}},"
        "\"price_lists\":{\"week\":{\"S0\":5,\"S1\":99,\"S2\":0},\"next\":{\"S0\":100,\"S3\":1,\"S4\":333}},"
        "\"coupon_series\":[{\"id\":\"one\",\"kind\":\"generic\",\"codes\":[\"SPRING-10\"]},"
        "{\"id\":\"many\",\"kind\":\"listed\",\"codes\":[\"a1\",\"a2\",\"a3\"],\"single_use\":true},"
        "{\"id\":\"dated\",\"kind\":\"generic\",\"codes\":[\"dated\"],\"from\":\"2026-12-31T00:00\",\"until\":\"2027-"
        "06-01T00:00\"},"
        "{\"id\":\"next\",\"kind\":\"listed\",\"codes\":[]}]}";
    cJSON *frame = cJSON_Parse(parts), *currencies, *currency;

    while (frame->child)
        move_first(frame, bundle);
    cJSON_Delete(frame);
    currencies = cJSON_AddArrayToObject(bundle, "point_currencies");
    for (int i = 0; i < 2; i++) {
        currency = cJSON_CreateObject();
        cJSON_AddItemToArray(currencies, currency);
        cJSON_AddStringToObject(currency, "id", i == 0 ? "chips" : "bonus");
        cJSON_AddNumberToObject(currency, "digits", (double)dice_range(dice, 0, 2));
        cJSON_AddNumberToObject(currency, "value_minor",
                                (double)(dice_percent(dice, 50) ? 100 : dice_range(dice, 1, 130)));
    }
}

static void add_redemption(struct dice *dice, cJSON *bundle)
{
    cJSON *redemption = cJSON_AddArrayToObject(bundle, "redemption");
    bool bonus_first = dice_percent(dice, 50);

    for (int64_t i = dice_range(dice, 1, 2); i > 0; i--) {
        cJSON *rule = cJSON_CreateObject();

        cJSON_AddItemToArray(redemption, rule);
        cJSON_AddStringToObject(rule, "currency", (i == 1) == bonus_first ? "bonus" : "chips");
        cJSON_AddItemToObject(rule, "items", some_items(dice, true));
        if (dice_percent(dice, 50))
            cJSON_AddNumberToObject(rule, "max_share_bp", (double)dice_range(dice, 1, 100) * 100);
        if (dice_percent(dice, 40))
            cJSON_AddNumberToObject(rule, "step", (double)dice_range(dice, 1, 10));
        if (dice_percent(dice, 30))
            cJSON_AddNumberToObject(rule, "line_min_minor", (double)dice_range(dice, 0, 120));
    }
}

cJSON *generate_bundle(struct dice *dice)
{
    cJSON *bundle = cJSON_CreateObject(), *layers, *promotions;
    int count = (int)dice_range(dice, 1, dice->promotions_max), layer_count = (int)dice_range(dice, 1, 3);

    cJSON_AddStringToObject(bundle, "format", "loyald-bundle/1");
    cJSON_AddStringToObject(bundle, "id", "test");
    cJSON_AddNumberToObject(bundle, "version", 1);
    cJSON_AddStringToObject(bundle, "currency", "RUB");
    cJSON_AddNumberToObject(bundle, "minor_digits", 2);
    layers = cJSON_AddArrayToObject(bundle, "layers");
    if (count == 1)
        layer_count = 1;
    for (int i = 0; i < layer_count; i++) {
        cJSON *layer = cJSON_CreateObject();
        char id[8];

        (void)snprintf(id, sizeof id, "l%d", i);
        cJSON_AddItemToArray(layers, layer);
        cJSON_AddStringToObject(layer, "id", id);
        cJSON_AddStringToObject(layer, "mode", ONE_OF(dice, "best", "best", "first", "stack"));
    }
    add_frame(dice, bundle);
    if (dice_percent(dice, 40))
        add_redemption(dice, bundle);
    if (dice_percent(dice, 15))
        cJSON_AddNumberToObject(cJSON_AddObjectToObject(bundle, "guards"), "max_sale_discount_bp",
                                (double)dice_range(dice, 0, 100) * 100);
    promotions = cJSON_AddArrayToObject(bundle, "promotions");
    for (int i = 0; i < count; i++)
        cJSON_AddItemToArray(promotions, some_promotion(dice, i, layer_count));
    return bundle;
}
