/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Promotions that cannot win are not looked at; with a trace all are. Both must come to the same digest: random
 * bundles of percents and of those that play beside them, on prices so small that rounding decides.
 *
 * LOYALD_SEED=n repeats a run, LOYALD_CASES=n makes it longer.
 */
#include "agent/engine/engine.h"
#include "tests/support/dice.h"

#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static struct dice dice;

static int below(int n)
{
    return (int)dice_below(&dice, n);
}

static void put_items(struct strbuf *out)
{
    if (below(4) == 0)
        strbuf_puts(out, "\"items\":{\"any\":true}");
    else
        strbuf_printf(out, "\"items\":{\"categories\":[\"c%d\"],\"line_qty_min_milli\":%d}", below(3),
                      below(3) * 1000);
}

static void put_reward(struct strbuf *out)
{
    static const int percents[] = {1, 10, 100, 1000, 1001, 1010, 1100, 2000, 5000, 10000};

    switch (below(12)) {
    case 0:
        strbuf_puts(out, "\"reward\":{\"kind\":\"cheapest\",\"count\":1,\"percent_bp\":5000,");
        break;
    case 1:
        strbuf_puts(out, "\"reward\":{\"kind\":\"nth_unit\",\"every\":2,\"percent_bp\":10000,");
        break;
    case 2:
        strbuf_printf(out, "\"reward\":{\"kind\":\"amount_off\",\"amount_minor\":%d,", 1 + below(20));
        break;
    default:
        strbuf_printf(out, "\"reward\":{\"kind\":\"percent_off\",\"percent_bp\":%d,", percents[below(10)]);
    }
    put_items(out);
    strbuf_puts(out, "}");
}

static void put_when(struct strbuf *out)
{
    strbuf_puts(out, "\"when\":{");
    if (below(3) == 0)
        strbuf_printf(out, "\"member\":{\"tiers\":[\"t%d\"]},", below(2));
    if (below(4) == 0)
        strbuf_printf(out, "\"hours\":[[\"10:00\",\"%d:00\"]],", 11 + below(8));
    if (below(3) == 0)
        strbuf_printf(out, "\"basket\":[{\"items\":{\"any\":true},\"amount_min\":%d,\"base\":\"%s\"}],", below(300),
                      below(2) ? "gross" : "current");
    strbuf_printf(out, "\"weekdays\":[%s]},", below(3) ? "" : "\"mon\",\"sun\"");
}

static void put_bundle(struct strbuf *out)
{
    static const char *const modes[] = {"best", "best", "best", "stack", "first"};
    int count = 3 + below(12);

    strbuf_printf(
        out,
        "{\"format\":\"loyald-bundle/1\",\"id\":\"c\",\"version\":1,\"currency\":\"EUR\",\"search_nodes\":2000,"
        "\"layers\":[{\"id\":\"l0\",\"mode\":\"%s\"},{\"id\":\"l1\",\"mode\":\"%s\"}],\"promotions\":[",
        modes[below(5)], modes[below(5)]);
    for (int i = 0; i < count; i++) {
        strbuf_printf(out, "%s{\"id\":\"p%d\",\"layer\":\"l%d\",\"order\":%d,\"final\":%s,", i ? "," : "", i,
                      below(2), below(3), below(8) ? "false" : "true");
        if (below(10) == 0)
            strbuf_puts(out, "\"hint\":\"almost\",");
        put_when(out);
        put_reward(out);
        strbuf_puts(out, "}");
    }
    strbuf_puts(out, "]}");
}

static void put_sale(struct strbuf *out)
{
    static const int prices[] = {0, 1, 3, 9, 10, 33, 50, 99, 149, 150, 1000, 99999};
    int count = 1 + below(4);

    strbuf_printf(out, "{\"at\":\"2026-11-22T%d:30:00\",\"member\":{\"id\":\"m\",\"tier\":\"t%d\"},\"lines\":[",
                  10 + below(9), below(2));
    for (int i = 0; i < count; i++) {
        bool weight = below(4) == 0;

        strbuf_printf(out,
                      "%s{\"line\":%d,\"sku\":\"s%d\",\"category\":\"c%d\",\"qty_milli\":%d,\"sold_by\":\"%s\","
                      "\"unit_price_minor\":%d,\"discountable\":%s,\"floor_price_minor\":%d",
                      i ? "," : "", i + 1, below(3), below(3), weight ? 1 + below(3000) : 1000 * (1 + below(4)),
                      weight ? "weight" : "each", prices[below(12)], below(8) ? "true" : "false",
                      below(8) ? 0 : below(40));
        if (below(5) == 0) /* odd minor units on the first */
            strbuf_printf(out, ",\"amount_minor\":%d", below(500));
        strbuf_puts(out, "}");
    }
    strbuf_puts(out, "]}");
}

/* Answers how many promotions were not looked at. */
static size_t one_case(struct engine *engine, struct strbuf *text, uint64_t seed, int number)
{
    const struct engine_options traced = {.trace = true};
    const struct engine_result *result;
    struct errmsg err = ERRMSG_INIT;
    struct engine_fault fault = {0};
    struct bundle *bundle = NULL;
    struct engine_sale *sale = NULL;
    char digest[65];
    size_t looked_at;

    strbuf_clear(text);
    put_bundle(text);
    cr_assert_eq(bundle_compile(text->data, text->len, &bundle, NULL, &err), ST_OK, "%s: %s", err.text, text->data);
    strbuf_clear(text);
    put_sale(text);
    cr_assert_eq(engine_sale_parse(text->data, text->len, &sale, &fault), ST_OK, "%s %s", fault.at, fault.message);
    cr_assert_eq(engine_evaluate(engine, bundle, sale, NULL, &result, &err), ST_OK);
    memcpy(digest, result->digest, sizeof digest);
    looked_at = result->promotions_looked_at;
    cr_assert_eq(engine_evaluate(engine, bundle, sale, &traced, &result, &err), ST_OK);
    cr_assert_str_eq(result->digest, digest, "LOYALD_SEED=%" PRIu64 ", case %d", seed, number);
    looked_at = result->promotions_looked_at - looked_at;
    bundle_destroy(bundle);
    engine_sale_destroy(sale);
    return looked_at;
}

Test(contenders, who_is_left_out_could_not_win)
{
    int cases = (int)dice_cases(12000);
    uint64_t seed;
    struct strbuf text = STRBUF_INIT(1 << 20);
    struct engine *engine = NULL;
    size_t left_out = 0;

    dice = dice_of_environment();
    seed = dice.state;
    cr_assert_eq(engine_create(&engine, NULL), ST_OK);
    for (int i = 0; i < cases; i++)
        left_out += one_case(engine, &text, seed, i);
    cr_expect_gt(left_out, (size_t)cases); /* else the test shows nothing */
    engine_destroy(engine);
    strbuf_free(&text);
}

/* 50 coupons on everything, each with what would be looked at in every sale otherwise: a hint, a gift, a message. */
static void put_coupons(struct strbuf *out)
{
    static const char *const rewards[] = {"percent_off\",\"percent_bp\":1000,\"items\":{\"any\":true}",
                                          "gift\",\"qty\":1,\"items\":{\"skus\":[\"g\"]}",
                                          "message\",\"to\":\"cashier\",\"text\":{\"en\":\"well\"}"};

    strbuf_puts(out, "{\"format\":\"loyald-bundle/1\",\"id\":\"b\",\"version\":1,\"currency\":\"EUR\","
                     "\"layers\":[{\"id\":\"l\",\"mode\":\"best\"}],\"coupon_series\":[");
    for (int i = 0; i < 50; i++)
        strbuf_printf(out, "%s{\"id\":\"s%d\",\"kind\":\"generic\",\"codes\":[\"C%d\"]}", i ? "," : "", i, i);
    strbuf_puts(out, "],\"promotions\":[");
    for (int i = 0; i < 150; i++)
        strbuf_printf(out,
                      "%s{\"id\":\"p%d\",\"layer\":\"l\",\"hint\":{\"en\":\"soon\"},\"when\":{\"coupon\":\"s%d\"},"
                      "\"reward\":{\"kind\":\"%s}}",
                      i ? "," : "", i, i % 50, rewards[i % 3]);
    strbuf_puts(out, "]}");
}

static size_t looked_at_with(struct engine *engine, const struct bundle *bundle, const char *coupons)
{
    struct strbuf text = STRBUF_INIT(1 << 10);
    const struct engine_result *result;
    struct engine_sale *sale = NULL;
    struct engine_fault fault;

    strbuf_printf(&text,
                  "{\"sale_id\":\"S\",\"coupons\":[%s],\"lines\":[{\"line\":1,\"sku\":\"a\",\"qty_milli\":1000,"
                  "\"unit_price_minor\":500}]}",
                  coupons);
    cr_assert_eq(engine_sale_parse(text.data, text.len, &sale, &fault), ST_OK);
    cr_assert_eq(engine_evaluate(engine, bundle, sale, NULL, &result, NULL), ST_OK);
    engine_sale_destroy(sale);
    strbuf_free(&text);
    return result->promotions_looked_at;
}

Test(contenders, coupons_that_nobody_shows_cost_nothing)
{
    struct strbuf text = STRBUF_INIT(1 << 20);
    struct errmsg err = ERRMSG_INIT;
    struct bundle *bundle = NULL;
    struct engine *engine = NULL;

    put_coupons(&text);
    cr_assert_eq(bundle_compile(text.data, text.len, &bundle, NULL, &err), ST_OK, "%s", err.text);
    cr_assert_eq(engine_create(&engine, NULL), ST_OK);
    cr_expect_eq(looked_at_with(engine, bundle, ""), 0);
    cr_expect_eq(looked_at_with(engine, bundle, "\"nobody's\""), 0);
    cr_expect_eq(looked_at_with(engine, bundle, "\"C7\",\"c-7\""), 3);
    cr_expect_eq(looked_at_with(engine, bundle, "\"C7\",\"C8\""), 6);
    engine_destroy(engine);
    bundle_destroy(bundle);
    strbuf_free(&text);
}
