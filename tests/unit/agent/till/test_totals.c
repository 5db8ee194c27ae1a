/* SPDX-License-Identifier: Apache-2.0 */
/* What was sold, as the cache adds it up record by record and as a shift counts it: the same figures. */
#include "world_points.h"

#include "agent/base/json.h"
#include "agent/till/till_internal.h"

#include <cjson/cJSON.h>
#include <criterion/criterion.h>

#include <stdio.h>

/* The third of a kind is free, a point for each full 1.00, points pay half of it at most. */
#define RULES                                                                                                        \
    "{\"format\":\"loyald-bundle/1\",\"id\":\"main\",\"version\":1,\"currency\":\"RUB\",\"minor_digits\":2,"         \
    "\"layers\":[{\"id\":\"promo\",\"mode\":\"stack\"},{\"id\":\"points\",\"mode\":\"stack\"}],"                     \
    "\"point_currencies\":[{\"id\":\"bonus\",\"digits\":0,\"value_minor\":100}],"                                    \
    "\"redemption\":[{\"currency\":\"bonus\",\"items\":{\"any\":true},\"max_share_bp\":5000}],"                      \
    "\"promotions\":["                                                                                               \
    "{\"id\":\"third\",\"title\":{\"en\":\"3 for 2\"},\"layer\":\"promo\",\"order\":1,\"reward\":{\"kind\":"         \
    "\"nth_unit\",\"items\":{\"skus\":[\"A\"]},\"every\":3,\"percent_bp\":10000}},"                                  \
    "{\"id\":\"earn\",\"title\":{\"en\":\"Points\"},\"layer\":\"points\",\"order\":1,\"reward\":{\"kind\":"          \
    "\"points\",\"currency\":\"bonus\",\"items\":{\"any\":true},\"per_minor\":100,\"give\":1}}]}"

#define BASKET(redeem)                                                                                               \
    "{\"card\":\"" WORLD_CARD "\",\"redeem\":{\"bonus\":" redeem                                                     \
    "},\"lines\":[{\"line\":1,\"sku\":\"A\",\"qty_milli\":3000,\"unit_price_minor\":1000}]}"

static struct world world;

static void begin(void)
{
    world_begin_in_folder(&world);
    world_rules(&world, RULES, 1);
    world_member(&world, "M1", WORLD_CARD, "\"balances\":{\"bonus\":100},", 0);
}

static void end(void)
{
    world_end_in_folder(&world);
}

TestSuite(totals, .init = begin, .fini = end);

static struct cJSON *totals(void)
{
    struct strbuf text = STRBUF_INIT(65536);
    struct json_writer w = JSON_WRITER_INIT(&text);
    struct cJSON *root = NULL;

    cr_assert_eq(till_write_totals(world.till, &w, NULL), ST_OK);
    cr_assert_eq(json_parse(text.data, text.len, text.len, &root, NULL), ST_OK);
    strbuf_free(&text);
    return root;
}

static int64_t number(const cJSON *object, const char *name)
{
    int64_t value = -1;

    (void)json_int(object, name, -JSON_INT_MAX, JSON_INT_MAX, &value, NULL);
    return value;
}

static void must(const char *command, const char *id, const char *body)
{
    cr_assert_eq(world_do(&world, command, id, body, NULL), PROBLEM_NONE, "%s %s", command, id ? id : "");
}

static void trade(void)
{
    must("put", "s1", BASKET("10"));
    must("commit", "s1", "{}");
    must("put", "s2", BASKET("0"));
    must("commit", "s2", "{}");
    must("return", NULL, "{\"sale_id\":\"s1\"}");
    must("put", "s3", BASKET("0"));
    must("tender", "s3", "{}");
    must("void", "s3", "{}");
}

static void expect_what_was_traded(const cJSON *sums, const char *when)
{
    static const struct {
        const char *name;
        int64_t amount;
    } wanted[] = {{"sales", 2},          {"returns", 1},           {"voids", 1},
                  {"gross_minor", 6000}, {"discount_minor", 2000}, {"redeemed_minor", 1000},
                  {"net_minor", 3000},   {"refund_minor", 1000}};
    const cJSON *points = cJSON_GetArrayItem(cJSON_GetObjectItemCaseSensitive(sums, "points"), 0);

    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++)
        cr_expect_eq(number(sums, wanted[i].name), wanted[i].amount, "%s: %s", when, wanted[i].name);
    cr_expect_eq(number(points, "earned"), 30, "%s", when);
    cr_expect_eq(number(points, "redeemed"), 10, "%s", when);
    cr_expect_eq(number(points, "taken_back"), 10, "%s", when);
    cr_expect_eq(number(points, "given_back"), 10, "%s", when);
}

Test(totals, are_those_of_the_shift_with_returns_and_voids)
{
    struct cJSON *sums, *shift = NULL;

    must("shift", NULL, "{\"state\":\"open\",\"shift\":\"d1\"}");
    trade();
    must("shift", NULL, "{\"state\":\"close\"}");
    cr_assert_eq(world_do(&world, "shift", NULL, NULL, &shift), PROBLEM_NONE);
    expect_what_was_traded(cJSON_GetObjectItemCaseSensitive(shift, "totals"), "the shift");
    json_free(shift);
    sums = totals();
    expect_what_was_traded(sums, "as it happened");
    json_free(sums);
    world_restart(&world, true);
    sums = totals();
    expect_what_was_traded(sums, "the cache made anew");
    json_free(sums);
}
