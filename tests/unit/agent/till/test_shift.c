/* SPDX-License-Identifier: Apache-2.0 */
/* Shifts and their totals; parked sales and their time; where a restart leaves each state. */
#include "world_points.h"

#include "agent/base/json.h"

#include <cjson/cJSON.h>
#include <criterion/criterion.h>

#include <stdio.h>
#include <string.h>

static struct world world;

static void begin(void)
{
    world_begin_in_folder(&world);
}

static void end(void)
{
    world_end_in_folder(&world);
}

TestSuite(shift, .init = begin, .fini = end);
TestSuite(parked, .init = begin, .fini = end);

static int64_t number(const cJSON *object, const char *name)
{
    int64_t value = -1;

    (void)json_int(object, name, -JSON_INT_MAX, JSON_INT_MAX, &value, NULL);
    return value;
}

static int64_t total(const char *name)
{
    struct cJSON *answer = NULL;
    int64_t value;

    cr_assert_eq(world_do(&world, "shift", NULL, NULL, &answer), PROBLEM_NONE);
    value = number(cJSON_GetObjectItemCaseSensitive(answer, "totals"), name);
    json_free(answer);
    return value;
}

static enum problem turn(const char *body)
{
    return world_do(&world, "shift", NULL, body, NULL);
}

static void sell(const char *id)
{
    cr_assert_eq(world_do(&world, "put", id, WORLD_ONE_LINE, NULL), PROBLEM_NONE);
    cr_assert_eq(world_do(&world, "commit", id, "{\"tenders\":[{\"kind\":\"cash\",\"amount_minor\":10000}]}", NULL),
                 PROBLEM_NONE);
}

Test(shift, counts_what_lies_between_open_and_close)
{
    cr_expect_eq(world_do(&world, "shift", NULL, NULL, NULL), PROBLEM_NO_SHIFT);
    sell("before");
    cr_assert_eq(turn("{\"state\":\"open\",\"shift\":\"d1\",\"cashier\":\"7\"}"), PROBLEM_NONE);
    sell("s1");
    sell("s2");
    cr_assert_eq(world_do(&world, "return", NULL,
                          "{\"sale_id\":\"s1\",\"tenders\":[{\"kind\":\"cash\",\"amount_minor\":10000}]}", NULL),
                 PROBLEM_NONE);
    cr_expect_eq(total("sales"), 2);
    cr_expect_eq(total("returns"), 1);
    cr_expect_eq(total("net_minor"), 20000);
    cr_expect_eq(total("refund_minor"), 10000);
    cr_assert_eq(turn("{\"state\":\"close\"}"), PROBLEM_NONE);
    sell("after");
    cr_expect_eq(total("sales"), 2);
    cr_expect_eq(world_count(&world, "shift"), 2);
}

Test(shift, again_changes_nothing_and_two_are_not_open)
{
    cr_assert_eq(turn("{\"state\":\"open\",\"shift\":\"d1\"}"), PROBLEM_NONE);
    cr_expect_eq(turn("{\"state\":\"open\",\"shift\":\"d1\"}"), PROBLEM_NONE);
    cr_expect_eq(turn("{\"state\":\"open\",\"shift\":\"d2\"}"), PROBLEM_SHIFT_OPEN);
    cr_expect_eq(turn("{\"state\":\"close\",\"shift\":\"d2\"}"), PROBLEM_NO_SHIFT);
    cr_expect_eq(turn("{\"state\":\"close\",\"shift\":\"d1\"}"), PROBLEM_NONE);
    cr_expect_eq(turn("{\"state\":\"close\",\"shift\":\"d1\"}"), PROBLEM_NONE);
    cr_expect_eq(turn("{\"state\":\"close\"}"), PROBLEM_NO_SHIFT);
    cr_expect_eq(turn("{\"state\":\"open\",\"shift\":\"d1\"}"), PROBLEM_SHIFT_OPEN, "its id is used");
    cr_expect_eq(turn("{\"state\":\"ajar\"}"), PROBLEM_BAD_FIELD);
    cr_expect_eq(world_count(&world, "shift"), 2);
}

Test(shift, goes_on_after_a_restart)
{
    cr_assert_eq(turn("{\"state\":\"open\",\"shift\":\"d1\",\"cashier\":\"7\"}"), PROBLEM_NONE);
    sell("s1");
    world_restart(&world, false);
    sell("s2");
    cr_expect_eq(total("sales"), 2);
    world_restart(&world, true);
    cr_expect_eq(total("sales"), 2);
    cr_assert_eq(turn("{\"state\":\"close\",\"shift\":\"d1\"}"), PROBLEM_NONE);
    world_restart(&world, false);
    cr_expect_eq(total("net_minor"), 20000);
    cr_expect_eq(turn("{\"state\":\"close\",\"shift\":\"d1\"}"), PROBLEM_NONE,
                 "closed before the restart: the same answer");
}

/* Night trade: what is open over midnight stays one shift, whatever ends in it. */
Test(shift, over_midnight_counts_voids_exchanges_and_points)
{
    struct cJSON *answer = NULL;
    const cJSON *points;

    world_rules(&world, WORLD_EARNING, 1);
    world_member(&world, "M1", WORLD_CARD, "", 0);
    cr_assert_eq(turn("{\"state\":\"open\",\"shift\":\"night\"}"), PROBLEM_NONE);
    world_scan(&world, WORLD_CARD);
    sell("s1");
    world.time.wall_ms += INT64_C(12) * 60 * 60 * 1000; /* the next day, whatever the hour was */
    world.time.mono_ms += INT64_C(12) * 60 * 60 * 1000;
    sell("s2");
    cr_assert_eq(world_do(&world, "put", "s3", WORLD_ONE_LINE, NULL), PROBLEM_NONE);
    cr_assert_eq(world_do(&world, "tender", "s3", NULL, NULL), PROBLEM_NONE);
    cr_assert_eq(world_do(&world, "void", "s3", "{\"reason\":\"no money\"}", NULL), PROBLEM_NONE);
    cr_assert_eq(
        world_do(&world, "return", NULL, "{\"return_id\":\"r1\",\"sale_id\":\"s1\",\"exchange\":\"x1\"}", NULL),
        PROBLEM_NONE);
    cr_assert_eq(world_do(&world, "put", "s4",
                          "{\"exchange\":\"x1\",\"lines\":[{\"line\":1,\"sku\":\"A\",\"qty_milli\":1000,"
                          "\"unit_price_minor\":12000}]}",
                          NULL),
                 PROBLEM_NONE);
    cr_assert_eq(world_do(&world, "commit", "s4",
                          "{\"expected_total_minor\":12000,\"tenders\":[{\"kind\":\"cash\",\"amount_minor\":2000}]}",
                          NULL),
                 PROBLEM_NONE);
    for (int restarted = 0; restarted < 2; restarted++) {
        cr_expect_eq(total("sales"), 3);
        cr_expect_eq(total("voids"), 1);
        cr_expect_eq(total("returns"), 1);
        cr_expect_eq(total("net_minor"), 32000);
        cr_expect_eq(total("refund_minor"), 10000);
        world_restart(&world, true);
    }
    cr_assert_eq(world_do(&world, "shift", NULL, NULL, &answer), PROBLEM_NONE);
    points = cJSON_GetArrayItem(
        cJSON_GetObjectItemCaseSensitive(cJSON_GetObjectItemCaseSensitive(answer, "totals"), "points"), 0);
    cr_expect_eq(number(points, "earned"), 100);
    cr_expect_eq(number(points, "taken_back"), 100);
    json_free(answer);
}

/* Typed before anybody sells: whose it was is said with the opening, else by the shift. */
Test(shift, says_who_typed_a_card_before_a_basket_did)
{
    static const struct {
        const char *open, *cashier;
    } sales[] = {{"{\"sale_id\":\"s1\",\"cashier\":\"8\"}", "8"}, {"{\"sale_id\":\"s2\"}", "7"}};

    world_rules(&world, WORLD_EARNING, 1);
    world_member(&world, "M1", WORLD_CARD, "\"state\":\"active\",", 0);
    cr_assert_eq(turn("{\"state\":\"open\",\"cashier\":\"7\"}"), PROBLEM_NONE);
    for (size_t i = 0; i < sizeof sales / sizeof sales[0]; i++) {
        struct cJSON *keyed;

        cr_assert_eq(world_do(&world, "type", NULL, "{\"text\":\"" WORLD_CARD "\"}", NULL), PROBLEM_NONE);
        cr_assert_eq(world_do(&world, "open", NULL, sales[i].open, NULL), PROBLEM_NONE);
        keyed = world_last(&world, "keyed_entry");
        cr_expect_str_eq(cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(keyed, "cashier")), sales[i].cashier);
        json_free(keyed);
        cr_assert_eq(world_do(&world, "void", i == 0 ? "s1" : "s2", "{}", NULL), PROBLEM_NONE);
    }
    cr_expect_eq(world_do(&world, "open", NULL, "{\"cashier\":7}", NULL), PROBLEM_BAD_FIELD);
}

/* ---- parked sales ---- */

static int open_count(void)
{
    struct cJSON *answer = NULL;
    int count;

    cr_assert_eq(world_do(&world, "list", NULL, NULL, &answer), PROBLEM_NONE);
    count = cJSON_GetArraySize(cJSON_GetObjectItemCaseSensitive(answer, "sales"));
    json_free(answer);
    return count;
}

Test(parked, age_out_with_a_notice_and_one_in_tender_never)
{
    cr_assert_eq(world_do(&world, "put", "s1", WORLD_ONE_LINE, NULL), PROBLEM_NONE);
    cr_assert_eq(world_do(&world, "put", "s2", WORLD_ONE_LINE, NULL), PROBLEM_NONE);
    cr_assert_eq(world_do(&world, "tender", "s2", NULL, NULL), PROBLEM_NONE);
    cr_expect_eq(open_count(), 2);
    world.time.mono_ms += 59 * 60 * 1000;
    till_tick(world.till);
    cr_expect_eq(open_count(), 2);
    world.time.mono_ms += 60 * 1000;
    till_tick(world.till);
    cr_expect_eq(open_count(), 1);
    cr_expect(world_was_told(&world, "L-221"));
    cr_expect_eq(world_do(&world, "get", "s1", NULL, NULL), PROBLEM_NO_SALE);
    cr_expect_eq(world_do(&world, "put", "s1", WORLD_ONE_LINE, NULL), PROBLEM_NONE, "its id is free again");
    world.time.mono_ms += INT64_C(48) * 60 * 60 * 1000;
    till_tick(world.till);
    cr_expect_eq(world_do(&world, "commit", "s2", NULL, NULL), PROBLEM_NONE);
}

Test(parked, are_listed_with_the_one_that_a_scan_goes_to)
{
    struct cJSON *answer = NULL;
    const cJSON *sale;
    int current = 0;

    cr_assert_eq(world_do(&world, "put", "s1", WORLD_ONE_LINE, NULL), PROBLEM_NONE);
    cr_assert_eq(world_do(&world, "put", "s2", WORLD_ONE_LINE, NULL), PROBLEM_NONE);
    cr_assert_eq(world_do(&world, "list", NULL, NULL, &answer), PROBLEM_NONE);
    cJSON_ArrayForEach(sale, cJSON_GetObjectItemCaseSensitive(answer, "sales"))
    {
        if (cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(sale, "current"))) {
            current++;
            cr_expect_str_eq(cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(sale, "sale_id")), "s2");
        }
    }
    cr_expect_eq(current, 1);
    json_free(answer);
}

/* ---- a restart in every state ---- */

Test(parked, a_restart_in_every_state_leads_to_a_defined_place)
{
    struct cJSON *view = NULL;

    cr_assert_eq(world_do(&world, "put", "open", WORLD_ONE_LINE, NULL), PROBLEM_NONE);
    cr_assert_eq(world_do(&world, "put", "tendering", WORLD_ONE_LINE, NULL), PROBLEM_NONE);
    cr_assert_eq(world_do(&world, "tender", "tendering", NULL, NULL), PROBLEM_NONE);
    sell("printed");
    world.printed(world.printed_context, world.job_id, TILL_PRINT_CONFIRMED, "");
    sell("failed");
    world.printed(world.printed_context, world.job_id, TILL_PRINT_FAILED, "paper out");
    sell("committed");
    cr_assert_eq(world_do(&world, "put", "voided", WORLD_ONE_LINE, NULL), PROBLEM_NONE);
    cr_assert_eq(world_do(&world, "tender", "voided", NULL, NULL), PROBLEM_NONE);
    cr_assert_eq(world_do(&world, "void", "voided", NULL, NULL), PROBLEM_NONE);
    world_restart(&world, false);
    cr_expect_eq(world_do(&world, "get", "open", NULL, NULL), PROBLEM_NO_SALE);
    cr_expect_eq(world_do(&world, "get", "tendering", NULL, NULL), PROBLEM_NO_SALE);
    cr_expect_eq(world_do(&world, "get", "voided", NULL, NULL), PROBLEM_NO_SALE);
    for (int i = 0; i < 3; i++) {
        static const char *const ids[] = {"printed", "failed", "committed"};
        static const char *const states[] = {"printed", "print_failed", "print_unknown"};

        cr_assert_eq(world_do(&world, "get", ids[i], NULL, &view), PROBLEM_NONE);
        cr_expect_str_eq(cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(view, "state")), states[i]);
        json_free(view);
        cr_expect_eq(world_do(&world, "put", ids[i], WORLD_ONE_LINE, NULL), PROBLEM_SALE_COMMITTED);
    }
    cr_expect_eq(world_do(&world, "put", "tendering", WORLD_ONE_LINE, NULL), PROBLEM_NONE, "the POS puts it again");
    cr_expect_eq(world_do(&world, "commit", "tendering", NULL, NULL), PROBLEM_NONE);
    cr_expect_eq(world_count(&world, "sale"), 4);
}
