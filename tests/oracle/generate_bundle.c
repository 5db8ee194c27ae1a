/* SPDX-License-Identifier: Apache-2.0 */
/* Promotions and the bundle around them. */
#include "tests/oracle/generate_parts.h"

#include <stdio.h>

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
        char id[16];

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
