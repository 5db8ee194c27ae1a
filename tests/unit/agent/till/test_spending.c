/* SPDX-License-Identifier: Apache-2.0 */
/* Spending points: by hold, or not at all. */
#include "spending_world.h"

#include "agent/base/file.h"
#include "agent/base/json.h"
#include "agent/db/cache.h"
#include "agent/db/journal.h"
#include "agent/net/loop.h"
#include "agent/till/rulebook.h"
#include "agent/till/upkeep.h"
#include "sync/protocol/root.h"

#include <cjson/cJSON.h>
#include <criterion/criterion.h>

#include <stdlib.h>
#include <string.h>

static struct world world;

static void begin(void)
{
    spending_begin(&world, SPENDING_RULES(""));
}

static void end(void)
{
    world_end_in_folder(&world);
}

TestSuite(spending, .init = begin, .fini = end);

static void put(const char *id, const char *body)
{
    spending_put(&world, id, body);
}

Test(spending, is_held_before_it_is_spent_and_the_record_names_the_hold)
{
    struct cJSON *body;
    const cJSON *holds;

    put("s1", SPENDING_BASKET("4000"));
    cr_expect_eq(world.holds_asked, 0, "a basket is only a question");
    cr_expect_eq(world_int(&world, "s1", "total_minor"), 6000);
    cr_assert_eq(world_do(&world, "tender", "s1", NULL, NULL), PROBLEM_NONE);
    cr_expect_eq(world.holds_asked, 1);
    cr_expect_eq(world.held_amount, 4000, "the amount asked for, not the balance");
    cr_expect_eq(world_count(&world, "hold_asked"), 1);
    cr_assert_eq(world_do(&world, "commit", "s1", "{\"expected_total_minor\":6000}", NULL), PROBLEM_NONE);
    cr_expect_eq(world.holds_asked, 1, "held once");
    body = world_last(&world, "sale");
    holds = cJSON_GetObjectItemCaseSensitive(body, "holds");
    cr_assert_eq(cJSON_GetArraySize(holds), 1);
    cr_expect_str_eq(cJSON_GetArrayItem(holds, 0)->valuestring, world.hold_id);
    json_free(body);
    cr_expect_eq(world_count(&world, "hold_voided"), 0);
}

Test(spending, commit_alone_asks_too)
{
    put("s1", SPENDING_BASKET("4000"));
    cr_assert_eq(world_do(&world, "commit", "s1", "{\"expected_total_minor\":6000}", NULL), PROBLEM_NONE);
    cr_expect_eq(world.holds_asked, 1);
    cr_expect_eq(world_int(&world, "s1", "redeemed_minor"), 4000);
}

Test(spending, refused_by_the_central_spends_nothing_and_says_why)
{
    world.hold_outcome = TILL_HOLD_REFUSED;
    put("s1", SPENDING_BASKET("4000"));
    cr_expect_eq(world_do(&world, "commit", "s1", "{\"expected_total_minor\":6000}", NULL), PROBLEM_TOTAL_DIFFERS);
    cr_expect(world_has_notice(&world, "s1", "L-321"));
    cr_expect_eq(world_int(&world, "s1", "total_minor"), 10000);
    cr_expect_eq(world_count(&world, "hold_voided"), 1);
    world_lease(&world, 4000, world.time.wall_ms + 1000);
    cr_expect_eq(world_do(&world, "commit", "s1", "{\"expected_total_minor\":10000}", NULL), PROBLEM_NONE,
                 "no lease after a no");
    cr_expect_eq(world.holds_asked, 1);
}

Test(spending, unanswered_in_time_is_voided_and_falls_back_to_the_lease)
{
    struct cJSON *body;

    world.hold_outcome = TILL_HOLD_UNANSWERED;
    world_lease(&world, 1500, world.time.wall_ms + 1000);
    put("s1", SPENDING_BASKET("4000"));
    cr_expect_eq(world_do(&world, "commit", "s1", "{\"expected_total_minor\":6000}", NULL), PROBLEM_TOTAL_DIFFERS);
    cr_expect_eq(world_count(&world, "hold_voided"), 1, "never both");
    cr_expect_eq(world.holds_voided, 1, "and the central hears at once");
    cr_expect_eq(world_int(&world, "s1", "total_minor"), 8500);
    cr_expect(world_has_notice(&world, "s1", "L-323"));
    cr_assert_eq(world_do(&world, "commit", "s1", "{\"expected_total_minor\":8500}", NULL), PROBLEM_NONE);
    body = world_last(&world, "sale");
    cr_expect_null(cJSON_GetObjectItemCaseSensitive(body, "holds"));
    cr_expect_eq(cJSON_GetArraySize(cJSON_GetObjectItemCaseSensitive(body, "leases")), 1);
    json_free(body);
    cr_expect_eq(world.holds_asked, 1);
}

/* There is a root, and no timestamp says that the rules here are today's. */
Test(spending, under_rules_that_nobody_confirmed_nothing_is_spent_and_all_else_goes_on)
{
    char *text = NULL;
    size_t len;

    cr_assert_eq(file_read(LOYALD_SOURCE_DIR "/schema/wire/root.json", ROOT_BYTES_MAX, &text, &len, NULL), ST_OK);
    cr_assert_eq(journal_put_state(world.journal, IDENTITY_TRUST_ROOT, text, len, NULL), ST_OK);
    free(text);
    rulebook_reload(world.rulebook);
    world_lease(&world, 4000, world.time.wall_ms + 1000);
    put("s1", SPENDING_BASKET("4000"));
    cr_expect(world_has_notice(&world, "s1", "L-328"));
    cr_expect_eq(world_int(&world, "s1", "total_minor"), 10000);
    cr_assert_eq(world_do(&world, "commit", "s1", "{\"expected_total_minor\":10000}", NULL), PROBLEM_NONE);
    cr_expect_eq(world.holds_asked, 0);
    cr_expect_eq(world_int(&world, "s1", "redeemed_minor"), 0);
}

Test(spending, an_answer_that_comes_after_the_sale_was_put_again_is_voided)
{
    world.holds_wait = true;
    put("s1", SPENDING_BASKET("4000"));
    cr_expect_eq(world_do(&world, "tender", "s1", NULL, NULL), PROBLEM_BUSY);
    world.time.mono_ms += 100;
    put("s1", SPENDING_BASKET("1000"));
    world.hold_answer(world.hold_context, TILL_HOLD_GRANTED, "");
    cr_expect(world.ready);
    cr_expect_eq(world_count(&world, "hold_voided"), 1);
    world.holds_wait = false;
    cr_assert_eq(world_do(&world, "commit", "s1", "{\"expected_total_minor\":9000}", NULL), PROBLEM_NONE);
    cr_expect_eq(world.held_amount, 1000);
}

Test(spending, a_put_a_void_and_a_restart_set_free_what_is_held)
{
    put("s1", SPENDING_BASKET("4000"));
    cr_assert_eq(world_do(&world, "tender", "s1", NULL, NULL), PROBLEM_NONE);
    put("s1", SPENDING_BASKET("4000"));
    cr_expect_eq(world_count(&world, "hold_voided"), 1);
    cr_assert_eq(world_do(&world, "tender", "s1", NULL, NULL), PROBLEM_NONE);
    cr_assert_eq(world_do(&world, "void", "s1", NULL, NULL), PROBLEM_NONE);
    cr_expect_eq(world_count(&world, "hold_voided"), 2);
    put("s2", SPENDING_BASKET("4000"));
    cr_assert_eq(world_do(&world, "commit", "s2", NULL, NULL), PROBLEM_NONE);
    put("s3", SPENDING_BASKET("4000"));
    cr_assert_eq(world_do(&world, "tender", "s3", NULL, NULL), PROBLEM_NONE);
    world_restart(&world, false);
    cr_expect_eq(world_count(&world, "hold_voided"), 3, "the one in tender, not the one that was sold");
    world_restart(&world, false);
    cr_expect_eq(world_count(&world, "hold_voided"), 3);
}

Test(spending, without_a_link_is_nothing_by_default)
{
    world.link_up = false;
    put("s1", SPENDING_BASKET("4000"));
    cr_expect_eq(world_int(&world, "s1", "total_minor"), 10000);
    cr_expect(world_has_notice(&world, "s1", "L-320"));
    cr_assert_eq(world_do(&world, "commit", "s1", "{\"expected_total_minor\":10000}", NULL), PROBLEM_NONE);
    cr_expect_eq(world_count(&world, "hold_asked"), 0);
}

Test(spending, max_asks_for_what_the_sale_takes_and_not_for_all)
{
    put("s1", SPENDING_BASKET("\"max\""));
    cr_assert_eq(world_do(&world, "tender", "s1", NULL, NULL), PROBLEM_NONE);
    cr_expect_eq(world.held_amount, 10000, "of 200.00 held the sale of 100.00 asks for its own");
}

Test(spending, of_a_member_who_spent_more_than_there_was_waits_until_it_is_earned_back)
{
    world_member(&world, "M1", WORLD_CARD, "\"state\":\"active\",\"overdrawn\":true,\"balances\":{\"bonus\":20000},", 0);
    put("s1", SPENDING_BASKET("4000"));
    cr_expect_eq(world_int(&world, "s1", "total_minor"), 10000);
    cr_assert_eq(world_do(&world, "tender", "s1", NULL, NULL), PROBLEM_NONE);
    cr_expect_eq(world.holds_asked, 0);
    cr_expect_eq(world_int(&world, "s1", "total_minor"), 10000);
}

Test(spending, by_a_phone_number_alone_is_refused_in_words_and_by_the_card_goes_on)
{
    static const char *const basket =
        "{\"phone\":\"+79991234567\",\"redeem\":{\"bonus\":4000},\"lines\":[{\"line\":1,"
        "\"sku\":\"A\",\"qty_milli\":1000,\"unit_price_minor\":10000}]}";
    uint8_t hashes[2][IDENTIFIER_HASH_BYTES];

    identity_hash(&world.identity, "card", WORLD_CARD, hashes[0]);
    identity_hash(&world.identity, "phone", "+79991234567", hashes[1]);
    cr_assert_eq(cache_put_member(world.cache, "M1", "{\"balances\":{\"bonus\":20000}}",
                                  (const uint8_t(*)[IDENTIFIER_HASH_BYTES])hashes, 2, 0xe1, 0, NULL),
                 ST_OK);
    put("s1", basket);
    cr_expect(world_has_notice(&world, "s1", "L-324"));
    cr_expect_eq(world_int(&world, "s1", "total_minor"), 10000);
    cr_assert_eq(world_do(&world, "tender", "s1", NULL, NULL), PROBLEM_NONE);
    cr_expect_eq(world.holds_asked, 0, "nothing was set aside for it");
    put("s1", SPENDING_BASKET("4000"));
    cr_expect_not(world_has_notice(&world, "s1", "L-324"));
    cr_expect_eq(world_int(&world, "s1", "total_minor"), 6000);
}

Test(spending, while_the_cache_is_behind_is_refused_in_words, .timeout = 60)
{
    for (int i = 0; i < UPKEEP_AT_ONCE + 100; i++)
        cr_assert_eq(till_record(world.till, "override", "{}", 2, NULL), ST_OK);
    world_restart(&world, true);
    world_member(&world, "M1", WORLD_CARD, "\"state\":\"active\",\"balances\":{\"bonus\":20000},", 0);
    put("s1", SPENDING_BASKET("4000"));
    cr_expect(world_has_notice(&world, "s1", "L-325"), "the journal may hold what he spent");
    cr_expect_eq(world_int(&world, "s1", "total_minor"), 10000);
    cr_assert_eq(world_do(&world, "tender", "s1", NULL, NULL), PROBLEM_NONE);
    cr_expect_eq(world.holds_asked, 0);
    for (int i = 0; i < 1000 && cache_projected(world.cache) < world_records(&world); i++) {
        world.time.mono_ms += 10;
        loop_step(world.loop, 10);
    }
    put("s1", SPENDING_BASKET("4000"));
    cr_expect_not(world_has_notice(&world, "s1", "L-325"));
    cr_expect_eq(world_int(&world, "s1", "total_minor"), 6000, "caught up");
}
