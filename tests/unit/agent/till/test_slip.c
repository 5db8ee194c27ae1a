/* SPDX-License-Identifier: Apache-2.0 */
/* Slips made from records that a real till has committed: nothing but the record, the rules and the language goes in.
 */
#include "world.h"

#include "agent/base/json.h"
#include "agent/db/cache.h"
#include "agent/receipt/page.h"
#include "agent/till/rule_edition.h"
#include "agent/till/slip.h"

#include <cjson/cJSON.h>
#include <criterion/criterion.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CARD "2900000000018"

#define BUNDLE                                                                                                       \
    "{\"format\":\"loyald-bundle/1\",\"id\":\"main\",\"version\":1,\"currency\":\"RUB\",\"minor_digits\":2,"         \
    "\"layers\":[{\"id\":\"card\",\"mode\":\"stack\"}],\"point_currencies\":[{\"id\":\"bonus\",\"digits\":0}],"      \
    "\"coupon_series\":[{\"id\":\"next\",\"kind\":\"generic\",\"codes\":[\"Next-15\"]},"                             \
    "{\"id\":\"many\",\"kind\":\"listed\",\"codes\":[\"A1\",\"A2\",\"A3\",\"A4\",\"A5\",\"A6\",\"A7\",\"A8\"]},"     \
    "{\"id\":\"none\",\"kind\":\"listed\",\"codes\":[]}],\"promotions\":["                                           \
    "{\"id\":\"earn\",\"layer\":\"card\",\"when\":{\"member\":{\"required\":true}},\"reward\":{\"kind\":\"points\"," \
    "\"currency\":\"bonus\",\"items\":{\"any\":true},\"per_minor\":100,\"give\":1}},"                                \
    "{\"id\":\"cheese\",\"title\":{\"en\":\"Your cheese\",\"ru\":\"Ваш сыр\"},\"layer\":\"card\","             \
    "\"when\":{\"until\":\"2026-12-01T00:00:00\",\"member\":{\"personal\":true}},"                                   \
    "\"reward\":{\"kind\":\"percent_off\",\"items\":{\"skus\":[\"CHEESE\"]},\"percent_bp\":2000}},"                  \
    "{\"id\":\"tea\",\"title\":{\"en\":\"Your tea\"},\"layer\":\"card\",\"when\":{\"member\":{\"personal\":true}},"  \
    "\"reward\":{\"kind\":\"percent_off\",\"items\":{\"skus\":[\"TEA\"]},\"percent_bp\":2000}},"                     \
    "{\"id\":\"over\",\"title\":{\"en\":\"Too late\"},\"layer\":\"card\","                                           \
    "\"when\":{\"until\":\"2026-11-01T00:00:00\",\"member\":{\"personal\":true}},"                                   \
    "\"reward\":{\"kind\":\"percent_off\",\"items\":{\"skus\":[\"OIL\"]},\"percent_bp\":2000}}," ISSUE(              \
        "a", "next", "true",                                                                                         \
        "15 % off") "," ISSUE("b", "many", "true",                                                                   \
                              "One of many") "," ISSUE("c", "none", "true",                                          \
                                                       "Comes by post") "," ISSUE("d", "next", "false",              \
                                                                                  "Not on paper") "]}"

#define ISSUE(id, series, print, title)                                                                              \
    "{\"id\":\"" id "\",\"title\":{\"en\":\"" title "\"},\"layer\":\"card\",\"order\":9,"                            \
    "\"reward\":{\"kind\":\"issue_coupon\",\"series\":\"" series "\",\"valid_days\":14,\"print\":" print "}}"

#define MEMBER "\"balances\":{\"bonus\":500},\"personal\":[\"cheese\",\"tea\",\"over\",\"unheard\"],"

static struct world world;
static struct strbuf text = STRBUF_INIT(64 * 1024);

static void begin(void)
{
    world_begin(&world, NULL);
    world_rules(&world, BUNDLE, 1);
    world_member(&world, "M1", CARD, MEMBER, 0);
}

static void end(void)
{
    strbuf_free(&text);
    world_end(&world);
}

TestSuite(slip, .init = begin, .fini = end);

static void commit(const char *id, bool with_card)
{
    cr_assert_eq(world_do(&world, "put", id, WORLD_ONE_LINE, NULL), PROBLEM_NONE);
    if (with_card)
        world_scan(&world, CARD);
    cr_assert_eq(world_do(&world, "commit", id, "{}", NULL), PROBLEM_NONE);
}

/* The last sale's receipt, or a copy of it. */
static const char *slip(const char *language, int copy)
{
    struct cJSON *body = world_last(&world, "sale");
    struct slip_facts facts = {.body = body,
                               .bundle = rule_edition_bundle(rulebook_active(world.rulebook)),
                               .identity = &world.identity,
                               .language = language,
                               .member_display = "",
                               .copy_number = copy,
                               .offline_note = ""};
    struct page page = PAGE_INIT;
    struct errmsg err = ERRMSG_INIT;

    strbuf_clear(&text);
    cr_assert_not_null(body);
    cr_assert_eq(slip_build(&facts, &page, &err), ST_OK, "%s", err.text);
    cr_assert_eq(page_to_text(&page, 42, &text, &err), ST_OK, "%s", err.text);
    page_free(&page);
    json_free(body);
    return strbuf_text(&text);
}

/* What came back, of three for the price of two: the shelf price, and the share of what was paid, without a rounded
 * price that does not add up. */
Test(slip, of_a_return_says_what_is_given_back_of_the_shelf_price)
{
    static const char record[] =
        "{\"return_id\":\"r1\",\"sale_id\":\"s1\",\"at\":\"2026-11-22T18:40:00\",\"sold\":[{\"line\":1,\"sku\":\"A\","
        "\"name\":\"Tea\",\"qty_milli\":3000,\"unit_price_minor\":1000},{\"line\":2,\"sku\":\"B\",\"name\":\"Jam\","
        "\"qty_milli\":1000,\"unit_price_minor\":500}],\"result\":{\"refund_minor\":1833,\"lines\":[{\"line\":1,"
        "\"qty_milli\":2000,\"refund_minor\":1333},{\"line\":2,\"qty_milli\":1000,\"refund_minor\":500}],\"points\":["
        "]},"
        "\"tenders\":[]}";
    struct cJSON *body = NULL;
    struct slip_facts facts = {.bundle = rule_edition_bundle(rulebook_active(world.rulebook)),
                               .identity = &world.identity,
                               .is_return = true,
                               .language = "en",
                               .member_display = "",
                               .offline_note = ""};
    struct page page = PAGE_INIT;

    cr_assert_eq(json_parse(record, strlen(record), sizeof record, &body, NULL), ST_OK);
    facts.body = body;
    cr_assert_eq(slip_build(&facts, &page, NULL), ST_OK);
    cr_assert_eq(page_to_text(&page, 32, &text, NULL), ST_OK);
    cr_expect_not_null(strstr(strbuf_text(&text), "Tea\n"
                                                  "  2 x 10.00                20.00\n"
                                                  "  refunded                 13.33\n"
                                                  "Jam                         5.00\n"
                                                  "--------------------------------\n"
                                                  "REFUND"),
                       "%s", strbuf_text(&text));
    page_free(&page);
    json_free(body);
}

static bool says(const char *receipt, const char *words)
{
    return strstr(receipt, words) != NULL;
}

Test(slip, brings_coupons_that_were_issued)
{
    const char *receipt;

    commit("s1", false);
    receipt = slip("en", 0);
    cr_expect(says(receipt, "15 % off\n") && says(receipt, "02/12/2026"), "%s", receipt);
    cr_expect(says(receipt, "[Code 128 NEXT15]"), "%s", receipt);
    cr_expect(says(receipt, "[Code 128 A"), "%s", receipt);
    cr_expect(says(receipt, "Comes by post"), "%s", receipt);
    cr_expect(!says(receipt, "Not on paper"), "%s", receipt);
    cr_expect(!says(receipt, "COPY"), "%s", receipt);
}

/* A copy is marked, and gives no second right: its codes are the original's. */
Test(slip, of_a_copy_is_marked_and_has_the_same_codes)
{
    char original[64 * 1024];
    const char *code, *copy;

    commit("s1", false);
    (void)snprintf(original, sizeof original, "%s", slip("en", 0));
    copy = slip("en", 2);
    cr_expect(says(copy, "COPY 2"), "%s", copy);
    code = strstr(original, "[Code 128 A");
    cr_assert_not_null(code);
    cr_expect_eq(strncmp(code, strstr(copy, "[Code 128 A"), strlen("[Code 128 A1]")), 0);
}

Test(slip, gives_other_sales_other_codes_of_a_list)
{
    char id[8];
    unsigned seen = 0;

    for (int i = 0; i < 40; i++) {
        (void)snprintf(id, sizeof id, "s%d", i);
        commit(id, false);
        seen |= 1U << (strstr(slip("en", 0), "[Code 128 A")[strlen("[Code 128 A")] - '1');
    }
    cr_expect_eq(seen, 0xff, "of eight codes, not all were given: %02x", seen);
}

Test(slip, offers_what_is_the_members_with_its_last_day)
{
    const char *receipt;

    commit("s1", true);
    receipt = slip("ru", 0);
    cr_expect(says(receipt, "Ваш сыр\n  до 30.11.2026\n"), "%s", receipt);
    cr_expect(says(receipt, "Your tea\n---"), "%s", receipt);
    cr_expect(!says(receipt, "Too late") && !says(receipt, "unheard"), "%s", receipt);
}

Test(slip, dates_a_balance_that_may_be_old)
{
    const char *receipt;

    cr_assert_eq(setenv("TZ", "UTC", 1), 0);
    cr_assert_eq(cache_put_state(world.cache, CACHE_TOLD, "1794999000000", NULL), ST_OK);
    commit("s1", true);
    cr_expect(!says(slip("en", 0), "as known at"), "%s", strbuf_text(&text));
    world.link_up = false;
    commit("s2", true);
    receipt = slip("en", 0);
    cr_expect(says(receipt, "as known at 18/11/2026 10:50"), "%s", receipt);
    /* The link is back, the copy says what the original did. */
    world.link_up = true;
    cr_expect(says(slip("en", 1), "as known at 18/11/2026 10:50"), "%s", strbuf_text(&text));
}

Test(slip, says_from_when_points_may_be_spent)
{
    const char *receipt;

    cr_assert_eq(cache_put_part(world.cache, CACHE_LOTS, "M1",
                                "[{\"id\":\"1\",\"currency\":\"bonus\",\"amount\":300},"
                                "{\"id\":\"2\",\"currency\":\"bonus\",\"amount\":50,\"from\":\"2026-12-05\"},"
                                "{\"id\":\"3\",\"currency\":\"bonus\",\"amount\":70,\"from\":\"2026-11-30\"},"
                                "{\"id\":\"4\",\"currency\":\"bonus\",\"amount\":30,\"from\":\"2026-12-05\"},"
                                "{\"id\":\"5\",\"currency\":\"bonus\",\"amount\":50,\"from\":\"2026-11-18\"}]",
                                0, 0, NULL),
                 ST_OK);
    commit("s1", true);
    receipt = slip("en", 0);
    cr_expect(says(receipt, "  balance                              600\n"
                            "    of it from 30/11/2026               70\n"
                            "    of it from 05/12/2026               80\n"),
              "%s", receipt);
}

/* Past what a receipt takes, the latest of the dates stands for the rest. */
Test(slip, bounds_the_dates_of_points)
{
    struct strbuf lots = STRBUF_INIT(4096);
    const char *receipt;

    for (int day = 10; day < 20; day++)
        strbuf_printf(&lots, "%c{\"id\":\"%d\",\"currency\":\"bonus\",\"amount\":1,\"from\":\"2026-12-%d\"}",
                      day == 10 ? '[' : ',', day, day);
    strbuf_puts(&lots, "]");
    cr_assert_eq(cache_put_part(world.cache, CACHE_LOTS, "M1", strbuf_text(&lots), 0, 0, NULL), ST_OK);
    commit("s1", true);
    receipt = slip("en", 0);
    cr_expect(says(receipt, "    of it from 12/12/2026                1\n"
                            "    of it from 19/12/2026                7\n"),
              "%s", receipt);
    strbuf_free(&lots);
}
