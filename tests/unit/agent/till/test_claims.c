/* SPDX-License-Identifier: Apache-2.0 */
/* Coupons of limited use: asked of the central before they are given, and what becomes of the claim. */
#include "world.h"

#include "agent/base/json.h"
#include "agent/db/cache.h"
#include "agent/net/loop.h"

#include <cjson/cJSON.h>
#include <criterion/criterion.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RULES                                                                                                        \
    "{\"format\":\"loyald-bundle/1\",\"id\":\"main\",\"version\":1,\"currency\":\"RUB\",\"minor_digits\":2,"         \
    "\"layers\":[{\"id\":\"promo\",\"mode\":\"stack\"}],\"coupon_series\":["                                         \
    "{\"id\":\"once\",\"kind\":\"listed\",\"single_use\":true,\"codes\":[\"ONE-1\",\"ONE-2\"]},"                     \
    "{\"id\":\"any\",\"kind\":\"generic\",\"codes\":[\"SPRING\"]}],\"promotions\":["                                 \
    "{\"id\":\"a\",\"title\":{\"en\":\"a\"},\"layer\":\"promo\",\"order\":1,\"when\":{\"coupon\":\"once\"},"         \
    "\"reward\":{\"kind\":\"percent_off\",\"items\":{\"any\":true},\"percent_bp\":1000}},"                           \
    "{\"id\":\"b\",\"title\":{\"en\":\"b\"},\"layer\":\"promo\",\"order\":2,\"when\":{\"coupon\":\"any\"},"          \
    "\"reward\":{\"kind\":\"percent_off\",\"items\":{\"any\":true},\"percent_bp\":2000}}]}"
/* 100.00, 10 % off with a coupon of "once". */
#define BASKET(coupons)                                                                                              \
    "{\"coupons\":[" coupons "],\"lines\":[{\"line\":1,\"sku\":\"A\",\"qty_milli\":1000,\"unit_price_minor\":10000}" \
    "]}"

static struct world world;
static char folder[32];

static void begin(void)
{
    (void)snprintf(folder, sizeof folder, "/tmp/till-claim-XXXXXX");
    cr_assert_not_null(mkdtemp(folder));
    world = (struct world){.online_points = true};
    world_begin(&world, folder);
    world.link_up = true;
    world_rules(&world, RULES, 1);
}

static void end(void)
{
    world_end(&world);
}

TestSuite(claims, .init = begin, .fini = end);

static void put(const char *id, const char *body)
{
    cr_assert_eq(world_do(&world, "put", id, body, NULL), PROBLEM_NONE);
}

Test(claims, are_asked_before_a_coupon_of_limited_use_is_given)
{
    struct cJSON *body;

    put("s1", BASKET("\"one 1\""));
    cr_expect_eq(world.claims_asked, 0, "a basket is only a question");
    cr_assert_eq(world_do(&world, "tender", "s1", NULL, NULL), PROBLEM_NONE);
    cr_expect_eq(world.claims_asked, 1);
    cr_expect_str_eq(world.claim_code, "one1");
    cr_expect_eq(world_count(&world, "claim_asked"), 1);
    cr_assert_eq(world_do(&world, "commit", "s1", "{\"expected_total_minor\":9000}", NULL), PROBLEM_NONE);
    cr_expect_eq(world.claims_asked, 1, "once a sale");
    body = world_last(&world, "claim_asked");
    cr_expect_str_eq(cJSON_GetObjectItemCaseSensitive(body, "sale_id")->valuestring, "s1");
    json_free(body);
    world_restart(&world, false);
    cr_expect_eq(world_count(&world, "claim_voided"), 0, "the sale's record ends it");
}

Test(claims, of_a_coupon_for_everybody_are_not_asked)
{
    put("s1", BASKET("\"SPRING\""));
    cr_assert_eq(world_do(&world, "commit", "s1", "{\"expected_total_minor\":8000}", NULL), PROBLEM_NONE);
    cr_expect_eq(world.claims_asked, 0);
    cr_expect_eq(world_count(&world, "claim_asked"), 0);
}

Test(claims, that_are_refused_take_the_coupon_out_and_say_why)
{
    struct cJSON *body;

    world.claim_outcome = TILL_HOLD_REFUSED;
    put("s1", BASKET("\"ONE-1\",\"SPRING\""));
    cr_expect_eq(world_do(&world, "commit", "s1", "{\"expected_total_minor\":7200}", NULL), PROBLEM_TOTAL_DIFFERS);
    cr_expect_eq(world_int(&world, "s1", "total_minor"), 8000, "the other coupon stays");
    cr_expect(world_has_notice(&world, "s1", "L-337"));
    cr_assert_eq(world_do(&world, "commit", "s1", "{\"expected_total_minor\":8000}", NULL), PROBLEM_NONE);
    cr_expect_eq(world.claims_asked, 1, "a no is a no, also after the basket is put again");
    body = world_last(&world, "sale");
    cr_expect_eq(cJSON_GetArraySize(
                     cJSON_GetObjectItemCaseSensitive(cJSON_GetObjectItemCaseSensitive(body, "sale"), "coupons")),
                 1);
    json_free(body);
}

Test(claims, that_are_not_answered_in_time_leave_it_to_what_the_till_knows)
{
    world.claim_outcome = TILL_HOLD_UNANSWERED;
    put("s1", BASKET("\"ONE-1\""));
    cr_assert_eq(world_do(&world, "commit", "s1", "{\"expected_total_minor\":9000}", NULL), PROBLEM_NONE);
    cr_expect_eq(world.claims_asked, 1);
    put("s2", BASKET("\"ONE-1\""));
    cr_expect_eq(world_int(&world, "s2", "total_minor"), 10000, "used here");
    world.link_up = false;
    put("s3", BASKET("\"ONE-2\""));
    cr_assert_eq(world_do(&world, "commit", "s3", "{\"expected_total_minor\":9000}", NULL), PROBLEM_NONE);
    cr_expect_eq(world.claims_asked, 1, "without a link nobody is asked");
}

/* A row of the office's list, as it was told here. */
static void list(const char *code, const char *member, const char *body, int64_t uses)
{
    struct cache_coupon coupon = {.code = code, .member = member, .uses = uses, .uses_max = 1, .body = body};

    cr_assert_eq(cache_put_coupon(world.cache, &coupon, NULL), ST_OK);
}

static void sell(const char *id, const char *coupon_and_card, int64_t total_minor)
{
    char body[400];

    (void)snprintf(body, sizeof body,
                   "{%s,\"lines\":[{\"line\":1,\"sku\":\"A\",\"qty_milli\":1000,\"unit_price_minor\":10000}]}",
                   coupon_and_card);
    put(id, body);
    if (total_minor == 10000) {
        cr_expect_eq(world_do(&world, "commit", id, "{\"expected_total_minor\":9000}", NULL), PROBLEM_TOTAL_DIFFERS,
                     "%s", id);
        cr_expect(world_has_notice(&world, id, "L-337"), "%s", id);
    }
    (void)snprintf(body, sizeof body, "{\"expected_total_minor\":%d}", (int)total_minor);
    cr_assert_eq(world_do(&world, "commit", id, body, NULL), PROBLEM_NONE, "%s", id);
}

Test(claims, without_a_link_the_list_here_says_whose_a_coupon_is_and_when_it_is_valid)
{
    world_member(&world, "M1", "2000000000015", "", 0);
    world_member(&world, "M2", "2000000000022", "", 0);
    list("one1", "M1", "{}", 0);
    list("one2", "", "{\"from\":\"2000-01-01\",\"until\":\"2000-01-31\"}", 0);
    world.link_up = false;
    sell("s1", "\"coupons\":[\"ONE-1\"]", 10000);
    sell("s2", "\"coupons\":[\"ONE-1\"],\"card\":\"2000000000022\"", 10000);
    sell("s3", "\"coupons\":[\"ONE-2\"]", 10000);
    list("one2", "", "{\"from\":\"2900-01-01\"}", 0);
    sell("s4", "\"coupons\":[\"ONE-2\"]", 10000);
    list("one2", "", "{}", 1);
    sell("s5", "\"coupons\":[\"ONE-2\"]", 10000);
    sell("s6", "\"coupons\":[\"ONE-1\"],\"card\":\"2000000000015\"", 9000);
    cr_expect_eq(world.claims_asked, 0);
    cr_expect_eq(world_count(&world, "claim_asked"), 0);
}

Test(claims, whose_coupon_it_is_follows_who_was_merged)
{
    world_member(&world, "M2", "2000000000022", "", 0);
    cr_assert_eq(cache_put_alias(world.cache, "M1", "M2", NULL), ST_OK);
    list("one1", "M1", "{}", 0);
    world.link_up = false;
    sell("s1", "\"coupons\":[\"ONE-1\"],\"card\":\"2000000000022\"", 9000);
}

Test(claims, that_are_not_answered_and_listed_for_another_are_left_out_and_ended)
{
    world.claim_outcome = TILL_HOLD_UNANSWERED;
    list("one1", "M1", "{}", 0);
    put("s1", BASKET("\"ONE-1\""));
    cr_assert_eq(world_do(&world, "tender", "s1", NULL, NULL), PROBLEM_NONE);
    cr_expect_eq(world_int(&world, "s1", "total_minor"), 10000);
    cr_expect(world_has_notice(&world, "s1", "L-337"));
    put("s1", BASKET(""));
    world.time.mono_ms += 2 * 60 * 60 * 1000;
    till_tick(world.till);
    cr_expect_eq(world_count(&world, "claim_voided"), 1, "the central may have granted it");
}

Test(claims, a_sale_given_up_ends_them_by_a_record)
{
    put("s1", BASKET("\"ONE-1\""));
    cr_assert_eq(world_do(&world, "tender", "s1", NULL, NULL), PROBLEM_NONE);
    put("s1", BASKET(""));
    cr_expect_eq(world_count(&world, "claim_voided"), 0, "it may yet come back");
    cr_assert_eq(world_do(&world, "void", "s1", NULL, NULL), PROBLEM_NONE);
    cr_expect_eq(world_count(&world, "void"), 1, "open, but the central was asked");
    put("s2", BASKET("\"ONE-2\""));
    cr_assert_eq(world_do(&world, "tender", "s2", NULL, NULL), PROBLEM_NONE);
    world_restart(&world, false);
    cr_expect_eq(world_count(&world, "claim_voided"), 1, "of s2 alone");
    world_restart(&world, false);
    cr_expect_eq(world_count(&world, "claim_voided"), 1, "once");
}

Test(claims, of_a_sale_that_nobody_came_back_to_end_by_a_record)
{
    put("s1", BASKET("\"ONE-1\""));
    cr_assert_eq(world_do(&world, "tender", "s1", NULL, NULL), PROBLEM_NONE);
    put("s1", BASKET("\"ONE-1\""));
    world.time.mono_ms += 2 * 60 * 60 * 1000;
    till_tick(world.till);
    cr_expect_eq(world_count(&world, "claim_voided"), 1);
}

Test(claims, answered_when_the_sale_is_gone_change_nothing)
{
    world.claims_wait = true;
    put("s1", BASKET("\"ONE-1\""));
    cr_expect_eq(world_do(&world, "tender", "s1", NULL, NULL), PROBLEM_BUSY);
    cr_assert_eq(world_do(&world, "void", "s1", NULL, NULL), PROBLEM_NONE);
    cr_expect_eq(world_count(&world, "void"), 1);
    world.claim_answer(world.claim_context, TILL_HOLD_GRANTED, "");
    cr_expect(world.ready);
}
