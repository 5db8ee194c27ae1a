/* SPDX-License-Identifier: Apache-2.0 */
/* Conditions. */
#include "tests/oracle/generate_parts.h"

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

void one_condition(struct dice *dice, cJSON *when)
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
