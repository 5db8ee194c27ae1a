/* SPDX-License-Identifier: Apache-2.0 */
#include "world.h"

#include "agent/base/json.h"
#include "agent/db/cache.h"

#include <cjson/cJSON.h>
#include <criterion/criterion.h>

#include <stdio.h>
#include <string.h>

#define CARD  "2900000000018"
#define CARD2 "2900000000025"

/* Gold: 10 % off; once a day and member 1.00 off; 1 point for each whole unit of money. */
#define BUNDLE                                                                                                       \
    "{\"format\":\"loyald-bundle/1\",\"id\":\"main\",\"version\":1,\"currency\":\"RUB\",\"minor_digits\":2,"         \
    "\"layers\":[{\"id\":\"card\",\"mode\":\"stack\"}],\"point_currencies\":[{\"id\":\"bonus\",\"digits\":0}],"      \
    "\"promotions\":[{\"id\":\"gold\",\"title\":{\"en\":\"Gold\"},\"layer\":\"card\",\"order\":1,"                   \
    "\"when\":{\"member\":{\"required\":true,\"tiers\":[\"gold\"]}},\"reward\":{\"kind\":\"percent_off\","           \
    "\"items\":{\"any\":true},\"percent_bp\":1000}},"                                                                \
    "{\"id\":\"daily\",\"title\":{\"en\":\"daily\"},\"layer\":\"card\",\"order\":2,\"when\":{\"member\":{"           \
    "\"required\":true}},"                                                                                           \
    "\"reward\":{\"kind\":\"amount_off\",\"items\":{\"any\":true},\"amount_minor\":100,\"per\":\"basket\"},"         \
    "\"limits\":{\"per_member\":[{\"max\":1,\"per\":\"day\"}]}},"                                                    \
    "{\"id\":\"earn\",\"title\":{\"en\":\"points\"},\"layer\":\"card\",\"order\":3,\"when\":{\"member\":{"           \
    "\"required\":true}},"                                                                                           \
    "\"reward\":{\"kind\":\"points\",\"currency\":\"bonus\",\"items\":{\"any\":true},\"per_minor\":100,\"give\":1}}" \
    "]}"

static struct world world;

static void begin(void)
{
    world_begin(&world, NULL);
    world_rules(&world, BUNDLE, 1);
}

static void end(void)
{
    world_end(&world);
}

TestSuite(member, .init = begin, .fini = end);

static int64_t balance(const char *sale)
{
    struct cJSON *view = NULL;
    const cJSON *member = NULL, *balances = NULL;
    int64_t value = -1;

    if (world_do(&world, "get", sale, NULL, &view) == PROBLEM_NONE &&
        json_object(view, "member", &member, NULL) == ST_OK &&
        json_object(member, "balances", &balances, NULL) == ST_OK)
        (void)json_int(balances, "bonus", -JSON_INT_MAX, JSON_INT_MAX, &value, NULL);
    json_free(view);
    return value;
}

Test(member, card_gives_the_members_price)
{
    world_member(&world, "M1", CARD, "\"tier\":\"gold\",\"balances\":{\"bonus\":50},", 0);
    cr_assert_eq(world_do(&world, "put", "s1", WORLD_ONE_LINE, NULL), PROBLEM_NONE);
    cr_expect_eq(world_int(&world, "s1", "total_minor"), 10000);
    world_scan(&world, CARD);
    cr_expect_eq(world_int(&world, "s1", "total_minor"), 8900);
    cr_expect_eq(balance("s1"), 50);
    cr_expect_eq(world.questions, 0, "known here: nobody is asked");
}

Test(member, shown_balance_is_the_row_and_later_own_records)
{
    world_member(&world, "M1", CARD, "\"tier\":\"gold\",\"balances\":{\"bonus\":50},", 0);
    cr_assert_eq(world_do(&world, "put", "s1", WORLD_ONE_LINE, NULL), PROBLEM_NONE);
    world_scan(&world, CARD);
    cr_assert_eq(world_do(&world, "commit", "s1", "{}", NULL), PROBLEM_NONE);
    cr_assert_eq(world_do(&world, "put", "s2", WORLD_ONE_LINE, NULL), PROBLEM_NONE);
    world_scan(&world, CARD);
    cr_expect_eq(balance("s2"), 50 + 89);
    /* The central has counted that record (seq 2, after the rules' own): its row takes the place, nothing is added
     * twice. */
    world_member(&world, "M1", CARD, "\"tier\":\"gold\",\"balances\":{\"bonus\":139},", 2);
    cr_assert_eq(world_do(&world, "put", "s3", WORLD_ONE_LINE, NULL), PROBLEM_NONE);
    world_scan(&world, CARD);
    cr_expect_eq(balance("s3"), 139);
    /* A row that counts less than the one before (a central restored from a backup) is taken too. */
    world_member(&world, "M1", CARD, "\"tier\":\"gold\",\"balances\":{\"bonus\":50},", 0);
    cr_assert_eq(world_do(&world, "put", "s4", WORLD_ONE_LINE, NULL), PROBLEM_NONE);
    world_scan(&world, CARD);
    cr_expect_eq(balance("s4"), 139);
}

Test(member, limit_of_a_day_counts_own_sales_and_reservations)
{
    world_member(&world, "M1", CARD, "", 0);
    cr_assert_eq(world_do(&world, "put", "s1", WORLD_ONE_LINE, NULL), PROBLEM_NONE);
    world_scan(&world, CARD);
    cr_expect_eq(world_int(&world, "s1", "total_minor"), 9900);
    cr_assert_eq(world_do(&world, "tender", "s1", NULL, NULL), PROBLEM_NONE);
    cr_assert_eq(world_do(&world, "put", "s2", WORLD_ONE_LINE, NULL), PROBLEM_NONE);
    world_scan(&world, CARD);
    cr_expect_eq(world_int(&world, "s2", "total_minor"), 10000, "reserved by the sale in tender");
    cr_assert_eq(world_do(&world, "commit", "s1", "{}", NULL), PROBLEM_NONE);
    cr_assert_eq(world_do(&world, "put", "s2", WORLD_ONE_LINE, NULL), PROBLEM_NONE);
    cr_expect_eq(world_int(&world, "s2", "total_minor"), 10000, "used today");
    world.time.wall_ms += INT64_C(24) * 60 * 60 * 1000;
    cr_assert_eq(world_do(&world, "put", "s2", WORLD_ONE_LINE, NULL), PROBLEM_NONE);
    cr_expect_eq(world_int(&world, "s2", "total_minor"), 9900, "another day");
}

Test(member, counts_of_the_row_are_of_the_date_it_names)
{
    world_member(&world, "M1", CARD,
                 "\"usage\":{\"daily\":{\"count\":4,\"day\":1,\"week\":2,\"month\":3,\"date\":\"2026-11-01\"}},", 0);
    cr_assert_eq(world_do(&world, "put", "s1", WORLD_ONE_LINE, NULL), PROBLEM_NONE);
    world_scan(&world, CARD);
    cr_expect_eq(world_int(&world, "s1", "total_minor"), 9900, "the use was on another day");
    world_member(&world, "M2", CARD2, "\"usage\":{\"daily\":{\"count\":4,\"day\":1,\"week\":2,\"month\":3}},", 0);
    cr_assert_eq(world_do(&world, "put", "s2", WORLD_ONE_LINE, NULL), PROBLEM_NONE);
    world_scan(&world, CARD2);
    cr_expect_eq(world_int(&world, "s2", "total_minor"), 10000);
}

Test(member, unknown_card_is_asked_for_and_the_sale_goes_on)
{
    struct strbuf row = STRBUF_INIT(4096);

    cr_assert_eq(world_do(&world, "put", "s1", WORLD_ONE_LINE, NULL), PROBLEM_NONE);
    world_scan(&world, CARD);
    cr_expect_eq(world.questions, 1);
    cr_expect(world_has_notice(&world, "s1", "L-302"));
    cr_expect_eq(world_int(&world, "s1", "total_minor"), 10000);
    world_member_row(&world, "M7", CARD, "\"tier\":\"gold\",", 0, &row);
    world.member_answer(world.member_context, true, row.data, row.len);
    cr_expect_eq(world_int(&world, "s1", "total_minor"), 8900);
    cr_expect_not(world_has_notice(&world, "s1", "L-302"));
    strbuf_free(&row);
}

Test(member, no_answer_leaves_the_card_attached)
{
    cr_assert_eq(world_do(&world, "put", "s1", WORLD_ONE_LINE, NULL), PROBLEM_NONE);
    world_scan(&world, CARD);
    world.member_answer(world.member_context, false, NULL, 0);
    cr_expect(world_has_notice(&world, "s1", "L-301"));
    cr_expect(world_has_notice(&world, "s1", "L-401"));
    cr_assert_eq(world_do(&world, "commit", "s1", "{}", NULL), PROBLEM_NONE);
    cr_expect_eq(world_count(&world, "sale"), 1);
}

Test(member, answer_after_the_commit_changes_nothing)
{
    struct strbuf row = STRBUF_INIT(4096);

    cr_assert_eq(world_do(&world, "put", "s1", WORLD_ONE_LINE, NULL), PROBLEM_NONE);
    world_scan(&world, CARD);
    cr_assert_eq(world_do(&world, "commit", "s1", "{}", NULL), PROBLEM_NONE);
    world_member_row(&world, "M7", CARD, "\"tier\":\"gold\",", 0, &row);
    world.member_answer(world.member_context, true, row.data, row.len);
    cr_expect_eq(world_int(&world, "s1", "total_minor"), 10000);
    strbuf_free(&row);
}

Test(member, blocked_inactive_and_expired_are_said_and_give_no_price)
{
    static const struct {
        const char *state, *code;
    } cases[] = {{"\"state\":\"blocked\",", "L-303"},
                 {"\"state\":\"inactive\",", "L-304"},
                 {"\"state\":\"expired\",", "L-305"}};
    char extra[64];

    for (size_t i = 0; i < 3; i++) {
        (void)snprintf(extra, sizeof extra, "%s\"tier\":\"gold\",", cases[i].state);
        world_member(&world, "M1", CARD, extra, 0);
        cr_assert_eq(world_do(&world, "put", cases[i].code, WORLD_ONE_LINE, NULL), PROBLEM_NONE);
        world_scan(&world, CARD);
        cr_expect(world_has_notice(&world, cases[i].code, cases[i].code));
        cr_expect_eq(world_int(&world, cases[i].code, "total_minor"), 10000);
    }
}

Test(member, card_before_the_sale_waits_for_it)
{
    world_member(&world, "M1", CARD, "\"tier\":\"gold\",", 0);
    world_scan(&world, CARD);
    cr_expect(world_was_told(&world, "L-310"));
    cr_assert_eq(world_do(&world, "put", "s1", WORLD_ONE_LINE, NULL), PROBLEM_NONE);
    cr_expect_eq(world_int(&world, "s1", "total_minor"), 8900);
    cr_assert_eq(world_do(&world, "put", "s2", WORLD_ONE_LINE, NULL), PROBLEM_NONE);
    cr_expect_eq(world_int(&world, "s2", "total_minor"), 10000, "for one sale only");
}

/* A basket that is refused makes no sale; the card that waited for one is not lost with it. */
Test(member, card_before_a_basket_that_is_refused_waits_for_the_right_one)
{
    world_member(&world, "M1", CARD, "\"tier\":\"gold\",", 0);
    world_scan(&world, CARD);
    cr_assert_eq(world_do(&world, "put", "s1", "{\"lines\":[{\"line\":1}]}", NULL), PROBLEM_BAD_FIELD);
    cr_assert_eq(world_do(&world, "put", "s1", WORLD_ONE_LINE, NULL), PROBLEM_NONE);
    cr_expect_eq(world_int(&world, "s1", "total_minor"), 8900);
}

Test(member, card_typed_before_the_sale_is_noted_with_the_cashier_of_the_sale)
{
    struct cJSON *keyed;
    const char *cashier = "";

    world_member(&world, "M1", CARD, "", 0);
    cr_assert_eq(world_do(&world, "type", NULL, "{\"text\":\"" CARD "\"}", NULL), PROBLEM_NONE);
    cr_assert_eq(world_do(&world, "put", "s1",
                          "{\"cashier\":\"7\",\"lines\":[{\"line\":1,\"sku\":\"A\",\"qty_milli\":1000,"
                          "\"unit_price_minor\":10000}]}",
                          NULL),
                 PROBLEM_NONE);
    keyed = world_last(&world, "keyed_entry");
    cr_assert_not_null(keyed);
    (void)json_text(keyed, "cashier", 8, &cashier, NULL);
    cr_expect_str_eq(cashier, "7");
    json_free(keyed);
}

Test(member, card_that_waited_too_long_is_forgotten)
{
    world_member(&world, "M1", CARD, "\"tier\":\"gold\",", 0);
    world_scan(&world, CARD);
    world.time.mono_ms += TILL_CARD_WAITS_MS + 1;
    cr_assert_eq(world_do(&world, "put", "s1", WORLD_ONE_LINE, NULL), PROBLEM_NONE);
    cr_expect_eq(world_int(&world, "s1", "total_minor"), 10000);
}

Test(member, two_cards_the_last_one_counts)
{
    world_member(&world, "M1", CARD, "\"tier\":\"gold\",", 0);
    world_member(&world, "M2", CARD2, "", 0);
    cr_assert_eq(world_do(&world, "put", "s1", WORLD_ONE_LINE, NULL), PROBLEM_NONE);
    world_scan(&world, CARD);
    world_scan(&world, CARD);
    cr_expect(world_has_notice(&world, "s1", "L-307"));
    world_scan(&world, CARD2);
    cr_expect(world_has_notice(&world, "s1", "L-308"));
    cr_expect_eq(world_int(&world, "s1", "total_minor"), 9900);
}

Test(member, wrong_check_digit_and_foreign_codes_are_no_cards)
{
    cr_assert_eq(world_do(&world, "put", "s1", WORLD_ONE_LINE, NULL), PROBLEM_NONE);
    world_scan(&world, "2900000000017");
    cr_expect(world_was_told(&world, "L-306"));
    world_scan(&world, "4601234567893");
    world_scan(&world, "hello");
    cr_expect_eq(world.questions, 0);
    cr_expect_eq(world_int(&world, "s1", "total_minor"), 10000);
}

Test(member, row_the_engine_cannot_take_does_not_stop_the_sale)
{
    world_member(&world, "M1", CARD, "\"tier\":\"gold\",\"birthday\":\"99-99\",", 0);
    cr_assert_eq(world_do(&world, "put", "s1", WORLD_ONE_LINE, NULL), PROBLEM_NONE);
    world_scan(&world, CARD);
    cr_expect_eq(world_int(&world, "s1", "total_minor"), 10000);
    cr_expect_eq(world_do(&world, "commit", "s1", "{}", NULL), PROBLEM_NONE);
}

Test(member, no_card_number_reaches_the_journal)
{
    world_member(&world, "M1", CARD, "\"display\":\"Anna Karenina\",", 0);
    cr_assert_eq(world_do(&world, "put", "s1", WORLD_ONE_LINE, NULL), PROBLEM_NONE);
    world_scan(&world, CARD);
    cr_assert_eq(world_do(&world, "commit", "s1", "{}", NULL), PROBLEM_NONE);
    {
        struct cJSON *view = NULL;
        char *text;

        cr_assert_eq(world_do(&world, "get", "s1", NULL, &view), PROBLEM_NONE);
        text = cJSON_PrintUnformatted(view);
        cr_expect_null(strstr(text, CARD), "the number in full");
        cJSON_free(text);
        json_free(view);
    }
    cr_expect_eq(world_count(&world, "sale"), 1);
}

/* ---- lots ---- */

/* "from" or "until" of the first entry of that list, or "". */
static const char *lot_day(const char *sale, const char *list, const char *day)
{
    static char found[16];
    struct cJSON *view = NULL;
    const cJSON *first;

    cr_assert_eq(world_do(&world, "get", sale, NULL, &view), PROBLEM_NONE);
    first = cJSON_GetArrayItem(cJSON_GetObjectItem(cJSON_GetObjectItem(view, "member"), list), 0);
    (void)snprintf(found, sizeof found, "%s", first ? cJSON_GetObjectItem(first, day)->valuestring : "");
    json_free(view);
    return found;
}

static void next_sale(const char *id)
{
    cr_assert_eq(world_do(&world, "put", id, WORLD_ONE_LINE, NULL), PROBLEM_NONE);
    world_scan(&world, CARD);
}

/* The world begins on 2026-11-18: 500 for good, 300 that end on the 20th, 200 that begin then. */
static void give_lots(void)
{
    world_member(&world, "M1", CARD, "\"balances\":{\"bonus\":1000},", 0);
    cr_assert_eq(
        cache_put_part(world.cache, CACHE_LOTS, "M1",
                       "[{\"id\":\"a\",\"currency\":\"bonus\",\"amount\":500},"
                       "{\"id\":\"b\",\"currency\":\"bonus\",\"amount\":300,\"until\":\"2026-11-20\"},"
                       "{\"id\":\"c\",\"currency\":\"bonus\",\"amount\":200,\"from\":\"2026-11-20\",\"until\":"
                       "\"2027-11-20\"}]",
                       0xe1, 0, NULL),
        ST_OK);
}

Test(member, is_shown_points_that_begin_and_end_and_may_spend_those_of_today)
{
    give_lots();
    next_sale("s1");
    cr_expect_eq(balance("s1"), 800, "without those that begin later");
    cr_expect_str_eq(lot_day("s1", "pending", "from"), "2026-11-20");
    cr_expect_str_eq(lot_day("s1", "expiring", "until"), "2026-11-20");
    cr_expect(world_has_notice(&world, "s1", "L-326") && world_has_notice(&world, "s1", "L-327"));
    cr_assert_eq(world_do(&world, "void", "s1", "{}", NULL), PROBLEM_NONE);
    world.time.wall_ms += 2 * INT64_C(86400000); /* without a word from the central */
    next_sale("s2");
    cr_expect_eq(balance("s2"), 700, "300 ended, 200 began");
    cr_expect_str_eq(lot_day("s2", "pending", "from"), "");
    cr_expect_str_eq(lot_day("s2", "expiring", "until"), "");
    cr_expect_not(world_has_notice(&world, "s2", "L-326") || world_has_notice(&world, "s2", "L-327"));
}

Test(member, who_spent_what_would_have_ended_loses_it_once)
{
    static const struct cache_effect spent = {EFFECT_POINTS, "M1", "bonus", -100, 20775}; /* on the 18th */

    give_lots();
    cr_assert_eq(cache_project(world.cache, cache_projected(world.cache) + 1, NULL, &spent, 1, NULL), ST_OK);
    next_sale("s1");
    cr_expect_eq(balance("s1"), 700);
    cr_assert_eq(world_do(&world, "void", "s1", "{}", NULL), PROBLEM_NONE);
    world.time.wall_ms += 2 * INT64_C(86400000);
    next_sale("s2");
    cr_expect_eq(balance("s2"), 700, "of the 300 only 200 were left to end");
}

Test(member, what_own_sales_earn_waits_as_long_as_the_chain_says)
{
    static const struct cache_effect old = {EFFECT_POINTS, "M1", "bonus", 40, 20772}, /* on the 15th */
        earned = {EFFECT_POINTS, "M1", "bonus", 100, 20775},                          /* on the 18th */
        spent = {EFFECT_POINTS, "M1", "bonus", -30, 20775};

    world_member(&world, "M1", CARD, "\"balances\":{\"bonus\":1000},", 0);
    cr_assert_eq(cache_put_part(world.cache, CACHE_LOTS, "M1",
                                "[{\"id\":\"a\",\"currency\":\"bonus\",\"amount\":1000},"
                                "{\"id\":\"bonus.delay\",\"currency\":\"bonus\",\"amount\":0,\"activation_days\":2}]",
                                0xe1, 0, NULL),
                 ST_OK);
    cr_assert_eq(cache_project(world.cache, cache_projected(world.cache) + 1, NULL, &old, 1, NULL), ST_OK);
    cr_assert_eq(cache_project(world.cache, cache_projected(world.cache) + 1, NULL, &earned, 1, NULL), ST_OK);
    cr_assert_eq(cache_project(world.cache, cache_projected(world.cache) + 1, NULL, &spent, 1, NULL), ST_OK);
    next_sale("s1");
    cr_expect_eq(balance("s1"), 1010, "40 of the 15th are there, 30 were spent, 100 of today wait");
    cr_assert_eq(world_do(&world, "void", "s1", "{}", NULL), PROBLEM_NONE);
    world.time.wall_ms += INT64_C(86400000);
    next_sale("s2");
    cr_expect_eq(balance("s2"), 1010, "they wait two days");
    cr_assert_eq(world_do(&world, "void", "s2", "{}", NULL), PROBLEM_NONE);
    world.time.wall_ms += INT64_C(86400000);
    next_sale("s3");
    cr_expect_eq(balance("s3"), 1110);
}
