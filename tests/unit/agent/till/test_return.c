/* SPDX-License-Identifier: Apache-2.0 */
/* Goods come back: with the sale from the journal or from the central, in parts, twice, in an exchange, after a
 * restart. */
#include "world.h"

#include "agent/base/json.h"
#include "agent/db/cache.h"

#include <cjson/cJSON.h>
#include <criterion/criterion.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* The third of a kind is free, a point for each full 1.00, points pay half of it at most, and one coupon takes 5.00
 * off, once. */
#define BUNDLE                                                                                                       \
    "{\"format\":\"loyald-bundle/1\",\"id\":\"main\",\"version\":1,\"currency\":\"RUB\",\"minor_digits\":2,"         \
    "\"layers\":[{\"id\":\"promo\",\"mode\":\"stack\"},{\"id\":\"points\",\"mode\":\"stack\"}],"                     \
    "\"point_currencies\":[{\"id\":\"bonus\",\"digits\":0,\"value_minor\":100}],"                                    \
    "\"redemption\":[{\"currency\":\"bonus\",\"items\":{\"any\":true},\"max_share_bp\":5000}],"                      \
    "\"coupon_series\":[{\"id\":\"five\",\"kind\":\"generic\",\"codes\":[\"FIVE\"],\"single_use\":true}],"           \
    "\"promotions\":["                                                                                               \
    "{\"id\":\"third\",\"title\":{\"en\":\"3 for 2\"},\"layer\":\"promo\",\"order\":1,\"reward\":{\"kind\":"         \
    "\"nth_unit\",\"items\":{\"skus\":[\"A\"]},\"every\":3,\"percent_bp\":10000}},"                                  \
    "{\"id\":\"five-off\",\"title\":{\"en\":\"5 "                                                                    \
    "off\"},\"layer\":\"promo\",\"order\":2,\"when\":{\"coupon\":\"five\"},"                                         \
    "\"reward\":{\"kind\":\"amount_off\",\"items\":{\"any\":true},\"amount_minor\":500,\"per\":\"basket\"}},"        \
    "{\"id\":\"earn\",\"title\":{\"en\":\"Points\"},\"layer\":\"points\",\"order\":1,\"reward\":{\"kind\":"          \
    "\"points\","                                                                                                    \
    "\"currency\":\"bonus\",\"items\":{\"any\":true},\"per_minor\":100,\"give\":1}}]}"

#define CARD "2900000000018"
#define THREE                                                                                                        \
    "{\"card\":\"" CARD                                                                                              \
    "\",\"lines\":[{\"line\":1,\"sku\":\"A\",\"name\":\"Tea\",\"qty_milli\":3000,\"unit_price_minor\":1000}]}"
#define ONE_B "{\"lines\":[{\"line\":1,\"sku\":\"B\",\"qty_milli\":1000,\"unit_price_minor\":3000}]"

static struct world world;

static void begin(void)
{
    world_begin(&world, NULL);
    world_rules(&world, BUNDLE, 1);
    world_member(&world, "M1", CARD, "\"state\":\"active\",\"balances\":{\"bonus\":100},", 0);
}

static void end(void)
{
    world_end(&world);
}

TestSuite(till_return, .init = begin, .fini = end);

static void sell(const char *id, const char *body)
{
    cr_assert_eq(world_do(&world, "put", id, body, NULL), PROBLEM_NONE);
    cr_assert_eq(world_do(&world, "commit", id, "{}", NULL), PROBLEM_NONE);
}

static int64_t number(const cJSON *object, const char *name)
{
    int64_t value = -1;

    (void)json_int(object, name, -JSON_INT_MAX, JSON_INT_MAX, &value, NULL);
    return value;
}

/* What a return of that body refunds; -1 and the problem when it is refused. */
static int64_t take_back(const char *body, enum problem *out_problem)
{
    struct cJSON *answer = NULL;
    enum problem problem = world_do(&world, "return", NULL, body, &answer);
    int64_t refund = answer ? number(answer, "refund_minor") : -1;

    if (out_problem)
        *out_problem = problem;
    else
        cr_assert_eq(problem, PROBLEM_NONE, "problem %d", (int)problem);
    json_free(answer);
    return refund;
}

/* The points that a new sale of the member would show. */
static int64_t balance(void)
{
    static int looks;
    struct cJSON *view = NULL;
    char id[16];
    int64_t value;

    (void)snprintf(id, sizeof id, "look%d", looks++);
    cr_assert_eq(world_do(&world, "put", id, THREE, &view), PROBLEM_NONE);
    value = number(cJSON_GetObjectItemCaseSensitive(cJSON_GetObjectItemCaseSensitive(view, "member"), "balances"),
                   "bonus");
    json_free(view);
    cr_assert_eq(world_do(&world, "void", id, NULL, NULL), PROBLEM_NONE);
    return value;
}

Test(till_return, gives_back_what_was_paid_in_parts_and_no_more)
{
    enum problem problem;
    int64_t sum = 0;

    sell("s1", THREE); /* 30.00, one free: 20.00 paid */
    for (int i = 1; i <= 3; i++) {
        char body[160];

        (void)snprintf(body, sizeof body,
                       "{\"return_id\":\"r%d\",\"sale_id\":\"s1\",\"lines\":[{\"line\":1,\"qty_milli\":1000}]}", i);
        sum += take_back(body, NULL);
    }
    cr_expect_eq(sum, 2000);
    cr_expect_eq(world_count(&world, "return"), 3);
    cr_expect_eq(
        take_back("{\"return_id\":\"r4\",\"sale_id\":\"s1\",\"lines\":[{\"line\":1,\"qty_milli\":1000}]}", &problem),
        -1);
    cr_expect_eq(problem, PROBLEM_RETURN_MORE);
    cr_expect_eq(take_back("{\"return_id\":\"r4\",\"sale_id\":\"s1\"}", &problem), -1);
    cr_expect_eq(problem, PROBLEM_RETURN_MORE, "the same receipt twice");
    cr_expect_eq(world_count(&world, "return"), 3);
}

Test(till_return, without_lines_brings_back_all_that_is_left)
{
    sell("s1", THREE);
    (void)take_back("{\"sale_id\":\"s1\",\"lines\":[{\"line\":1,\"qty_milli\":1000}]}", NULL);
    cr_expect_eq(take_back("{\"sale_id\":\"s1\"}", NULL), 2000 - 667);
}

Test(till_return, recompute_does_not_split_a_free_item)
{
    sell("s1", THREE);
    cr_expect_eq(take_back("{\"return_id\":\"r1\",\"sale_id\":\"s1\",\"policy\":\"recompute\",\"lines\":[{\"line\":1,"
                           "\"qty_milli\":1000}]}",
                           NULL),
                 0, "two are kept, at full price");
}

Test(till_return, recompute_goes_by_the_rules_of_the_sale)
{
    struct cJSON *answer = NULL;
    char next[sizeof BUNDLE];

    sell("s1", THREE);
    memcpy(next, BUNDLE, sizeof next);
    memcpy(strstr(next, "\"version\":1"), "\"version\":2", 11);
    world_rules(&world, next, 2);
    cr_assert_eq(world.active_version, 2);
    cr_assert_eq(world_do(&world, "return", NULL,
                          "{\"return_id\":\"r1\",\"sale_id\":\"s1\",\"policy\":\"recompute\",\"lines\":[{\"line\":1,"
                          "\"qty_milli\":1000}]}",
                          &answer),
                 PROBLEM_NONE);
    cr_expect_eq(number(answer, "refund_minor"), 0, "the rules before are still here");
    json_free(answer);
    memcpy(strstr(next, "\"version\":2"), "\"version\":3", 11);
    world_rules(&world, next, 3);
    cr_assert_eq(world_do(&world, "return", NULL,
                          "{\"return_id\":\"r2\",\"sale_id\":\"s1\",\"policy\":\"recompute\",\"lines\":[{\"line\":1,"
                          "\"qty_milli\":1000}]}",
                          &answer),
                 PROBLEM_NONE);
    cr_expect_str_eq(cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(answer, "policy")), "as_paid",
                     "gone by now");
    cr_expect_eq(cJSON_GetArraySize(cJSON_GetObjectItemCaseSensitive(answer, "notices")), 1);
    json_free(answer);
}

Test(till_return, takes_points_back_and_gives_them_back)
{
    sell("s1", "{\"card\":\"" CARD "\",\"redeem\":{\"bonus\":10},\"lines\":[{\"line\":1,\"sku\":\"A\",\"qty_milli\":"
                                   "3000,\"unit_price_minor\":1000}]}");
    cr_expect_eq(balance(), 100 - 10 + 10, "20.00 less 10 points: 10.00 paid, 10 earned");
    cr_expect_eq(take_back("{\"sale_id\":\"s1\"}", NULL), 1000);
    cr_expect_eq(balance(), 100);
}

Test(till_return, releases_a_coupon_when_all_is_back)
{
    const char *with = "{\"coupons\":[\"five\"],\"lines\":[{\"line\":1,\"sku\":\"B\",\"qty_milli\":2000,\"unit_price_"
                       "minor\":1000}]}";

    sell("s1", with);
    cr_assert_eq(world_do(&world, "put", "s2", with, NULL), PROBLEM_NONE);
    cr_expect_eq(world_int(&world, "s2", "total_minor"), 2000, "used up here, known before the central says so");
    (void)take_back("{\"sale_id\":\"s1\",\"lines\":[{\"line\":1,\"qty_milli\":1000}]}", NULL);
    cr_assert_eq(world_do(&world, "put", "s2", with, NULL), PROBLEM_NONE);
    cr_expect_eq(world_int(&world, "s2", "total_minor"), 2000);
    (void)take_back("{\"sale_id\":\"s1\"}", NULL);
    cr_assert_eq(world_do(&world, "put", "s2", with, NULL), PROBLEM_NONE);
    cr_expect_eq(world_int(&world, "s2", "total_minor"), 1500);
}

Test(till_return, again_is_answered_alike_and_another_of_its_id_refused)
{
    const char *body = "{\"return_id\":\"r1\",\"sale_id\":\"s1\",\"lines\":[{\"line\":1,\"qty_milli\":1000}]}";
    struct cJSON *first = NULL, *second = NULL;
    enum problem problem;
    int prints;

    sell("s1", THREE);
    cr_assert_eq(world_do(&world, "return", NULL, body, &first), PROBLEM_NONE);
    prints = world.prints;
    cr_assert_eq(world_do(&world, "return", NULL, body, &second), PROBLEM_NONE);
    cr_expect(cJSON_Compare(first, second, true));
    cr_expect_eq(world_count(&world, "return"), 1);
    cr_expect_eq(world.prints, prints);
    (void)take_back("{\"return_id\":\"r1\",\"sale_id\":\"s1\",\"lines\":[{\"line\":1,\"qty_milli\":2000}]}",
                    &problem);
    cr_expect_eq(problem, PROBLEM_RETURN_EXISTS);
    (void)take_back("{\"return_id\":\"s1\",\"sale_id\":\"s1\"}", &problem);
    cr_expect_eq(problem, PROBLEM_RETURN_EXISTS, "a sale's id");
    cr_expect_eq(world_do(&world, "get", "r1", NULL, NULL), PROBLEM_NO_SALE);
    cr_expect_eq(world_do(&world, "get_return", "s1", NULL, NULL), PROBLEM_NO_RETURN);
    json_free(first);
    json_free(second);
}

Test(till_return, is_on_disk_before_it_is_printed_and_its_copy_is_counted_as_one)
{
    sell("s1", THREE);
    (void)take_back("{\"return_id\":\"r1\",\"sale_id\":\"s1\"}", NULL);
    cr_expect_eq(world.prints, 2);
    cr_expect_str_eq(world.job_id, "r1#0");
    cr_expect_eq(world.journal_at_print, 4, "bundle, typed card, sale, return"); /* bundle_activated is the first */
    world.printed(world.printed_context, world.job_id, TILL_PRINT_CONFIRMED, "");
    cr_assert_eq(world_do(&world, "copy_return", "r1", NULL, NULL), PROBLEM_NONE);
    cr_expect_str_eq(world.job_id, "r1#1");
    cr_expect_eq(world_do(&world, "copy_return", "s1", NULL, NULL), PROBLEM_NO_RETURN);
}

Test(till_return, a_quote_writes_nothing_and_a_changed_refund_is_refused)
{
    enum problem problem;
    int64_t before;

    sell("s1", THREE);
    before = world_records(&world);
    cr_expect_eq(take_back("{\"sale_id\":\"s1\",\"quote\":true}", NULL), 2000);
    (void)take_back("{\"sale_id\":\"s1\",\"expected_refund_minor\":1999}", &problem);
    cr_expect_eq(problem, PROBLEM_REFUND_DIFFERS);
    cr_expect_eq(world_records(&world), before);
    cr_expect_eq(world.prints, 1);
    cr_expect_eq(take_back("{\"sale_id\":\"s1\",\"expected_refund_minor\":2000}", NULL), 2000);
}

Test(till_return, without_a_sale_is_refused_unless_the_policy_says_so)
{
    const char *line =
        "\"lines\":[{\"line\":1,\"sku\":\"B\",\"name\":\"Cup\",\"qty_milli\":2000,\"unit_price_minor\":350}]";
    enum problem problem;
    char body[256];

    (void)snprintf(body, sizeof body, "{%s}", line);
    (void)take_back(body, &problem);
    cr_expect_eq(problem, PROBLEM_RETURN_NO_SALE);
    (void)snprintf(body, sizeof body, "{\"policy\":\"unreferenced\",%s}", line);
    cr_expect_eq(take_back(body, NULL), 700);
    cr_expect_eq(world_count(&world, "override"), 1, "somebody let it pass");
    (void)take_back("{\"policy\":\"generous\",\"sale_id\":\"s1\"}", &problem);
    cr_expect_eq(problem, PROBLEM_SALE_ELSEWHERE);
    sell("s1", THREE);
    (void)take_back("{\"policy\":\"generous\",\"sale_id\":\"s1\"}", &problem);
    cr_expect_eq(problem, PROBLEM_BAD_FIELD);
    (void)take_back("{\"sale_id\":\"s1\",\"lines\":[{\"line\":7,\"qty_milli\":1000}]}", &problem);
    cr_expect_eq(problem, PROBLEM_BAD_FIELD);
    (void)take_back("{\"sale_id\":\"s1\",\"lines\":[{\"line\":1,\"qty_milli\":500}]}", &problem);
    cr_expect_eq(problem, PROBLEM_RETURN_MORE, "half a piece");
}

/* ---- sold elsewhere ---- */

#define ELSEWHERE(returns)                                                                                           \
    "{\"member\":\"M1\",\"body\":{\"sale\":{\"sale_id\":\"far\",\"lines\":[{\"line\":1,\"sku\":\"A\",\"qty_milli\":" \
    "2000,\"unit_price_minor\":500}],\"member\":{\"id\":\"M0\"}},\"result\":{\"sale_id\":\"far\",\"bundle\":{"       \
    "\"id\":"                                                                                                        \
    "\"main\",\"version\":9,\"digest\":\"\"},\"lines\":[{\"line\":1,\"gross_minor\":1000,\"discount_minor\":0,"      \
    "\"redeemed_minor\":0,\"net_minor\":1000,\"adjustments\":[],\"redeemed\":[],\"splits\":[]}],\"points\":[{"       \
    "\"currency\":\"bonus\",\"earned\":10,\"redeemed\":0,\"cost\":0,\"by\":[]}],\"coupons\":[]},\"bundle\":\"\"},"   \
    "\"returns\":[" returns "]}"
#define ONE_BACK                                                                                                     \
    "{\"return_id\":\"there\",\"refund_minor\":500,\"lines\":[{\"line\":1,\"qty_milli\":1000,\"refund_minor\":500}]" \
    ",\"points\":[{\"currency\":\"bonus\",\"taken_back\":5,\"given_back\":0}]}"

Test(till_return, of_a_sale_elsewhere_asks_the_central)
{
    enum problem problem;

    (void)take_back("{\"sale_id\":\"far\"}", &problem);
    cr_expect_eq(problem, PROBLEM_SALE_ELSEWHERE, "no answer in time");
    world.sale_answer = "";
    (void)take_back("{\"sale_id\":\"far\"}", &problem);
    cr_expect_eq(problem, PROBLEM_NO_SALE);
    world.sale_answer = ELSEWHERE(ONE_BACK);
    cr_expect_eq(take_back("{\"return_id\":\"r1\",\"sale_id\":\"far\"}", NULL), 500,
                 "the other half came back there");
    cr_expect_eq(balance(), 95, "taken from whom the central names");
    (void)take_back("{\"return_id\":\"r2\",\"sale_id\":\"far\"}", &problem);
    cr_expect_eq(problem, PROBLEM_RETURN_MORE, "ours is not at the central yet and counts all the same");
    world.sale_answer = NULL;
    cr_expect_eq(world_do(&world, "return", NULL, "{\"return_id\":\"r1\",\"sale_id\":\"far\"}", NULL), PROBLEM_NONE,
                 "done before: answered without the central");
}

Test(till_return, elsewhere_of_an_own_sale_counts_too)
{
    enum problem problem;

    sell("s1", "{\"lines\":[{\"line\":1,\"sku\":\"B\",\"qty_milli\":1000,\"unit_price_minor\":500}]}");
    world.sale_answer = "{\"member\":\"\",\"body\":{},\"returns\":[{\"return_id\":\"there\",\"lines\":[{\"line\":1,"
                        "\"qty_milli\":1000,\"refund_minor\":500}],\"points\":[]}]}";
    (void)take_back("{\"sale_id\":\"s1\"}", &problem);
    cr_expect_eq(problem, PROBLEM_RETURN_MORE);
}

/* ---- an exchange ---- */

Test(till_return, an_exchange_leaves_one_amount_due)
{
    struct cJSON *view = NULL;
    const cJSON *exchange;

    cr_expect_eq(world_do(&world, "put", "s2", ONE_B ",\"exchange\":\"x1\"}", NULL), PROBLEM_NO_EXCHANGE);
    sell("s1", THREE);
    cr_expect_eq(take_back("{\"return_id\":\"r1\",\"sale_id\":\"s1\",\"exchange\":\"x1\"}", NULL), 2000);
    cr_assert_eq(world_do(&world, "put", "s2", ONE_B ",\"exchange\":\"x1\"}", &view), PROBLEM_NONE);
    exchange = cJSON_GetObjectItemCaseSensitive(view, "exchange");
    cr_expect_eq(number(exchange, "refund_minor"), 2000);
    cr_expect_eq(number(exchange, "due_minor"), 1000);
    json_free(view);
    cr_expect_eq(world_do(&world, "commit", "s2", "{\"tenders\":[{\"kind\":\"cash\",\"amount_minor\":999}]}", NULL),
                 PROBLEM_TENDERS_SHORT);
    cr_assert_eq(world_do(&world, "commit", "s2",
                          "{\"expected_total_minor\":3000,\"tenders\":[{\"kind\":\"cash\",\"amount_minor\":1000}]}",
                          NULL),
                 PROBLEM_NONE);
    cr_expect_eq(world_do(&world, "put", "s3", ONE_B ",\"exchange\":\"x1\"}", NULL), PROBLEM_EXCHANGE_DONE,
                 "it pays once");
    cr_expect_eq(
        world_do(&world, "return", NULL, "{\"return_id\":\"r2\",\"sale_id\":\"s2\",\"exchange\":\"x1\"}", NULL),
        PROBLEM_EXCHANGE_DONE);
    cr_expect_eq(world_do(&world, "get", "s2", NULL, &view), PROBLEM_NONE);
    json_free(view);
}

Test(till_return, a_basket_that_is_refused_leaves_the_amount_due_of_an_exchange)
{
    struct cJSON *view = NULL;

    sell("s1", THREE);
    (void)take_back("{\"return_id\":\"r1\",\"sale_id\":\"s1\",\"exchange\":\"x1\"}", NULL);
    cr_assert_eq(world_do(&world, "put", "s2", ONE_B ",\"exchange\":\"x1\"}", NULL), PROBLEM_NONE);
    cr_assert_eq(world_do(&world, "put", "s2", "{\"lines\":[{\"line\":0}]}", NULL), PROBLEM_BAD_FIELD);
    cr_assert_eq(world_do(&world, "get", "s2", NULL, &view), PROBLEM_NONE);
    cr_expect_eq(number(cJSON_GetObjectItemCaseSensitive(view, "exchange"), "due_minor"), 1000);
    json_free(view);
}

Test(till_return, two_parked_sales_cannot_end_one_exchange)
{
    sell("s1", THREE);
    (void)take_back("{\"return_id\":\"r1\",\"sale_id\":\"s1\",\"exchange\":\"x1\"}", NULL);
    cr_assert_eq(world_do(&world, "put", "s2", ONE_B ",\"exchange\":\"x1\"}", NULL), PROBLEM_NONE);
    cr_assert_eq(world_do(&world, "put", "s3", ONE_B ",\"exchange\":\"x1\"}", NULL), PROBLEM_NONE);
    cr_assert_eq(world_do(&world, "tender", "s2", NULL, NULL), PROBLEM_NONE);
    cr_assert_eq(world_do(&world, "tender", "s3", NULL, NULL), PROBLEM_NONE);
    cr_assert_eq(world_do(&world, "commit", "s3", NULL, NULL), PROBLEM_NONE);
    cr_expect_eq(world_do(&world, "commit", "s2", NULL, NULL), PROBLEM_EXCHANGE_DONE);
}

/* ---- a restart ---- */

static char folder[] = "/tmp/till-return-XXXXXX";

Test(till_return_restart, what_came_back_stays_so_with_the_cache_lost)
{
    enum problem problem;

    strcpy(folder, "/tmp/till-return-XXXXXX");
    cr_assert_not_null(mkdtemp(folder));
    world_begin(&world, folder);
    world_rules(&world, BUNDLE, 1);
    world_member(&world, "M1", CARD, "\"state\":\"active\",\"balances\":{\"bonus\":100},", 0);
    sell("s1", THREE);
    cr_expect_eq(take_back("{\"return_id\":\"r1\",\"sale_id\":\"s1\",\"exchange\":\"x1\",\"lines\":[{\"line\":1,"
                           "\"qty_milli\":1000}]}",
                           NULL),
                 667);
    world_restart(&world, true);
    cr_expect_eq(world_count(&world, "print"), 2, "sale and return were cut off in print");
    cr_expect_eq(take_back("{\"return_id\":\"r1\",\"sale_id\":\"s1\",\"exchange\":\"x1\",\"lines\":[{\"line\":1,"
                           "\"qty_milli\":1000}]}",
                           NULL),
                 667);
    cr_expect_eq(world_count(&world, "return"), 1);
    cr_expect_eq(take_back("{\"return_id\":\"r2\",\"sale_id\":\"s1\"}", NULL), 1333);
    (void)take_back("{\"return_id\":\"r3\",\"sale_id\":\"s1\"}", &problem);
    cr_expect_eq(problem, PROBLEM_RETURN_MORE);
    world_member(&world, "M1", CARD, "\"state\":\"active\",\"balances\":{\"bonus\":100},", 0);
    cr_expect_eq(balance(), 100);
    world_end(&world);
}
