/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/oracle/generate.h"

#include <stdio.h>
#include <string.h>

enum { SALE_UNITS_MAX = 8 };

static void price_line(struct dice *dice, cJSON *line, int64_t qty)
{
    int64_t price = dice_price(dice);

    if (dice_percent(dice, 85))
        cJSON_AddNumberToObject(line, "unit_price_minor", (double)price);
    else
        cJSON_AddNumberToObject(line, "amount_minor", (double)(price * qty / 1000 + dice_range(dice, 0, 2)));
    if (dice_percent(dice, 18))
        cJSON_AddNumberToObject(line, "floor_price_minor",
                                (double)(dice_percent(dice, 50) ? price - (price > 2 ? dice_range(dice, 0, 3) : 0)
                                                                : dice_range(dice, 0, price)));
}

static void describe_line(struct dice *dice, cJSON *line)
{
    if (dice_percent(dice, 60))
        cJSON_AddStringToObject(line, "category",
                                ONE_OF(dice, "food", "food/fruit", "drinks", "drinks/coffee", "drinks/coffee/x"));
    if (dice_percent(dice, 50))
        cJSON_AddStringToObject(line, "brand", ONE_OF(dice, "X", "Y"));
    if (dice_percent(dice, 40))
        cJSON_AddItemToArray(cJSON_AddArrayToObject(line, "tags"),
                             cJSON_CreateString(ONE_OF(dice, "own", "sticker")));
    if (dice_percent(dice, 40))
        cJSON_AddStringToObject(line, "gtin", ONE_OF(dice, "04601", "00000000004602", "4603", "x"));
    if (dice_percent(dice, 6))
        cJSON_AddBoolToObject(line, "discountable", 0);
}

static int64_t some_line(struct dice *dice, cJSON *lines, int64_t number, int64_t room)
{
    cJSON *line = cJSON_CreateObject();
    bool weight = dice_percent(dice, 15);
    int64_t units = dice_range(dice, 1, dice_percent(dice, 80) ? 2 : 4), qty;

    if (units > room)
        units = room;
    qty = weight ? (dice_percent(dice, 40) ? 500 : dice_range(dice, 1, 2500)) : units * 1000;
    cJSON_AddItemToArray(lines, line);
    cJSON_AddNumberToObject(line, "line", (double)number);
    cJSON_AddStringToObject(line, "sku", ONE_OF(dice, "S0", "S1", "S2", "S3", "S4"));
    cJSON_AddNumberToObject(line, "qty_milli", (double)qty);
    if (weight)
        cJSON_AddStringToObject(line, "sold_by", "weight");
    price_line(dice, line, qty);
    describe_line(dice, line);
    return weight ? 1 : units;
}

static void add_lines(struct dice *dice, cJSON *sale)
{
    cJSON *lines = cJSON_AddArrayToObject(sale, "lines");
    int64_t room = SALE_UNITS_MAX, count = dice_percent(dice, 2) ? 0 : dice_range(dice, 1, 4);

    for (int64_t i = 0; i < count && room > 0; i++)
        room -= some_line(dice, lines, count - i, room); /* numbers fall: the order scanned is none */
}

static void add_member(struct dice *dice, cJSON *sale, const cJSON *bundle)
{
    cJSON *member = cJSON_AddObjectToObject(sale, "member"), *personal, *lists, *usage, *balances;
    const cJSON *promotion;

    cJSON_AddStringToObject(member, "id", "M");
    if (dice_percent(dice, 70))
        cJSON_AddStringToObject(member, "tier", ONE_OF(dice, "gold", "silver", "basic"));
    if (dice_percent(dice, 70))
        cJSON_AddItemToArray(cJSON_AddArrayToObject(member, "segments"),
                             cJSON_CreateString(ONE_OF(dice, "new", "old")));
    if (dice_percent(dice, 80))
        cJSON_AddStringToObject(member, "birthday", ONE_OF(dice, "02-29", "01-02", "12-31", "02-28", "03-01"));
    if (dice_percent(dice, 70))
        cJSON_AddNumberToObject(cJSON_AddObjectToObject(member, "attrs"), "purchases",
                                (double)dice_range(dice, 0, 4));
    balances = cJSON_AddObjectToObject(member, "balances");
    cJSON_AddNumberToObject(balances, "bonus", (double)dice_range(dice, 0, 3) * dice_range(dice, 0, 500));
    if (dice_percent(dice, 60))
        cJSON_AddNumberToObject(balances, "chips", (double)dice_range(dice, 0, 90));
    lists = cJSON_AddObjectToObject(member, "lists");
    cJSON_AddItemToArray(cJSON_AddArrayToObject(lists, "fav"), cJSON_CreateString(ONE_OF(dice, "S0", "S1", "S2")));
    personal = cJSON_AddArrayToObject(member, "personal");
    usage = cJSON_AddObjectToObject(member, "usage");
    cJSON_ArrayForEach(promotion, cJSON_GetObjectItemCaseSensitive(bundle, "promotions"))
    {
        const char *id = cJSON_GetObjectItemCaseSensitive(promotion, "id")->valuestring;
        cJSON *used;

        if (dice_percent(dice, 60))
            cJSON_AddItemToArray(personal, cJSON_CreateString(id));
        if (!cJSON_GetObjectItemCaseSensitive(promotion, "limits") || dice_percent(dice, 50))
            continue;
        used = cJSON_AddObjectToObject(usage, id);
        cJSON_AddNumberToObject(used, "count", (double)dice_range(dice, 0, 3));
        cJSON_AddNumberToObject(used, ONE_OF(dice, "day", "week", "month"), (double)dice_range(dice, 0, 2));
    }
}

static void add_time(struct dice *dice, cJSON *sale)
{
    static const char *const days[] = {"2026-02-28", "2027-03-01", "2028-02-29", "2026-12-31",
                                       "2027-01-01", "2026-12-30", "2026-11-22", NULL};
    static const char *const earlier[] = {"2026-02-27", "2027-02-28", "2028-02-28", "2026-12-30",
                                          "2026-12-31", "2026-12-29", "2026-11-21", NULL};
    int64_t which = dice_range(dice, 0, 6);
    char text[64];

    if (dice_percent(dice, 90)) {
        (void)snprintf(text, sizeof text, "%sT%s%s", days[which],
                       ONE_OF(dice, "00:00:00", "00:30:00", "01:59:59", "02:00:00", "09:59:59", "10:00:00",
                              "13:59:59", "14:00:00", "22:00:30", "23:59:59"),
                       ONE_OF(dice, "Z", "+03:00", "-11:00", ".250+03:00"));
        cJSON_AddStringToObject(sale, "at", text);
    }
    if (dice_percent(dice, 50))
        cJSON_AddStringToObject(sale, "business_date", dice_percent(dice, 60) ? days[which] : earlier[which]);
}

static void add_rest(struct dice *dice, cJSON *sale, const cJSON *bundle)
{
    const cJSON *promotion;
    cJSON *rewards = cJSON_AddArrayToObject(sale, "rewards"), *coupons = cJSON_AddArrayToObject(sale, "coupons");
    cJSON *usage = cJSON_AddObjectToObject(sale, "usage"), *redeem, *tenders;

    for (int64_t i = dice_percent(dice, 50) ? 0 : dice_range(dice, 1, 4); i > 0; i--)
        cJSON_AddItemToArray(
            coupons, cJSON_CreateString(ONE_OF(dice, "spring10", "SPRING 10", "a1", "A-2", "a3", "Dated", "none")));
    if (dice_percent(dice, 20))
        cJSON_AddNumberToObject(usage, "coupon:a1", (double)dice_range(dice, 0, 1));
    cJSON_ArrayForEach(promotion, cJSON_GetObjectItemCaseSensitive(bundle, "promotions"))
    {
        const char *id = cJSON_GetObjectItemCaseSensitive(promotion, "id")->valuestring;

        if (cJSON_GetObjectItemCaseSensitive(promotion, "cost") && dice_percent(dice, 80))
            cJSON_AddItemToArray(rewards, cJSON_CreateString(id));
        if (cJSON_GetObjectItemCaseSensitive(promotion, "limits") && dice_percent(dice, 40))
            cJSON_AddNumberToObject(usage, id, (double)dice_range(dice, 0, 2));
    }
    if (dice_percent(dice, 60)) {
        redeem = cJSON_AddObjectToObject(sale, "redeem");
        if (dice_percent(dice, 80))
            cJSON_AddItemToObject(redeem, "bonus",
                                  dice_percent(dice, 50) ? cJSON_CreateString("max")
                                                         : cJSON_CreateNumber((double)dice_range(dice, 0, 300)));
        if (dice_percent(dice, 50))
            cJSON_AddItemToObject(redeem, "chips",
                                  dice_percent(dice, 50) ? cJSON_CreateString("max")
                                                         : cJSON_CreateNumber((double)dice_range(dice, 0, 60)));
    }
    if (dice_percent(dice, 50)) {
        tenders = cJSON_AddArrayToObject(sale, "tenders");
        for (int64_t i = dice_range(dice, 0, 2); i > 0; i--)
            cJSON_AddItemToArray(tenders, cJSON_CreateString(ONE_OF(dice, "card", "card", "cash")));
    }
    if (dice_percent(dice, 40))
        cJSON_AddStringToObject(sale, "channel", ONE_OF(dice, "till", "web", "app"));
}

static void add_store(struct dice *dice, cJSON *sale)
{
    cJSON *store = cJSON_AddObjectToObject(sale, "store");

    cJSON_AddStringToObject(store, "id", ONE_OF(dice, "A", "B", "C"));
    if (dice_percent(dice, 25))
        cJSON_AddStringToObject(cJSON_AddObjectToObject(store, "attrs"), "cafe", "one");
    else if (dice_percent(dice, 80))
        cJSON_AddItemToObject(cJSON_AddObjectToObject(store, "attrs"), "cafe",
                              dice_percent(dice, 40) ? cJSON_CreateBool(1)
                                                     : cJSON_CreateNumber((double)dice_range(dice, 0, 4)));
}

cJSON *generate_sale(struct dice *dice, const cJSON *bundle)
{
    cJSON *sale = cJSON_CreateObject();

    cJSON_AddStringToObject(sale, "sale_id", "s1");
    if (dice_percent(dice, 80))
        add_store(dice, sale);
    add_time(dice, sale);
    add_lines(dice, sale);
    if (dice_percent(dice, 80))
        add_member(dice, sale, bundle);
    add_rest(dice, sale, bundle);
    return sale;
}

/* ---- returns ---- */

static int64_t some_part(struct dice *dice, const cJSON *line, int64_t left)
{
    const cJSON *sold_by = cJSON_GetObjectItemCaseSensitive(line, "sold_by");

    if (dice_percent(dice, 40))
        return left;
    if (sold_by && strcmp(sold_by->valuestring, "weight") == 0)
        return dice_range(dice, 1, left);
    return dice_range(dice, 1, left / 1000) * 1000;
}

cJSON *generate_returns(struct dice *dice, const cJSON *sale)
{
    const cJSON *lines = cJSON_GetObjectItemCaseSensitive(sale, "lines"), *line;
    cJSON *returns = cJSON_CreateArray();
    int64_t left[16];
    const char *policy = ONE_OF(dice, "as_paid", "as_paid", "recompute", "mixed");
    int at = 0;

    cJSON_ArrayForEach(line, lines)
    {
        left[at++] = (int64_t)cJSON_GetObjectItemCaseSensitive(line, "qty_milli")->valuedouble;
    }
    for (int64_t count = 0, most = dice_range(dice, 1, 5); count < most; count++) {
        cJSON *one = cJSON_CreateObject(), *asked = cJSON_AddArrayToObject(one, "lines");
        char id[16];

        (void)snprintf(id, sizeof id, "r%d", (int)count);
        cJSON_AddStringToObject(one, "return_id", id);
        if (strcmp(policy, "recompute") == 0 || (strcmp(policy, "mixed") == 0 && dice_percent(dice, 50)))
            cJSON_AddStringToObject(one, "policy", "recompute");
        at = 0;
        cJSON_ArrayForEach(line, lines)
        {
            if (left[at] > 0 && dice_percent(dice, 50)) {
                cJSON *part = cJSON_CreateObject();
                int64_t qty = some_part(dice, line, left[at]);

                left[at] -= qty;
                cJSON_AddItemToArray(asked, part);
                cJSON_AddNumberToObject(part, "line", cJSON_GetObjectItemCaseSensitive(line, "line")->valuedouble);
                cJSON_AddNumberToObject(part, "qty_milli", (double)qty);
            }
            at++;
        }
        if (cJSON_GetArraySize(asked) > 0)
            cJSON_AddItemToArray(returns, one);
        else
            cJSON_Delete(one);
    }
    return returns;
}
