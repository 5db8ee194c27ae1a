/* SPDX-License-Identifier: Apache-2.0 */
/* Spending points: by hold, by lease, up to the floor limits, or not at all. */
#include "world.h"

#include "agent/base/file.h"
#include "agent/base/json.h"
#include "agent/db/cache.h"
#include "agent/db/journal.h"
#include "agent/net/loop.h"
#include "agent/till/rulebook.h"
#include "agent/till/trust.h"
#include "agent/till/upkeep.h"
#include "sync/protocol/root.h"

#include <cjson/cJSON.h>
#include <criterion/criterion.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CARD "2900000000018"
#define RULES(offline)                                                                                               \
    "{\"format\":\"loyald-bundle/1\",\"id\":\"main\",\"version\":1,\"currency\":\"RUB\",\"minor_digits\":2,"         \
    "\"layers\":[{\"id\":\"promo\",\"mode\":\"stack\"}],\"point_currencies\":[{\"id\":\"bonus\",\"digits\":2,"       \
    "\"value_minor\":"                                                                                               \
    "100}],\"redemption\":[{\"currency\":\"bonus\",\"items\":{\"any\":true},\"max_share_bp\":10000}]" offline        \
    ",\"promotions\":[]}"
#define FLOOR ",\"offline\":{\"f_sale\":3000,\"f_member\":5000,\"e_device\":6000,\"sales_max\":3,\"hours_max\":24}"
/* 100.00, to be paid with up to 40.00 of points. */
#define BASKET(redeem)                                                                                               \
    "{\"card\":\"" CARD "\",\"redeem\":{\"bonus\":" redeem                                                           \
    "},\"lines\":[{\"line\":1,\"sku\":\"A\",\"qty_milli\":1000,\"unit_price_minor\":10000}]}"

static struct world world;
static char folder[32];

static void begin_with(const char *rules)
{
    (void)snprintf(folder, sizeof folder, "/tmp/till-spend-XXXXXX");
    cr_assert_not_null(mkdtemp(folder));
    world = (struct world){.online_points = true};
    world_begin(&world, folder);
    world.link_up = true;
    world_rules(&world, rules, 1);
    world_member(&world, "M1", CARD, "\"state\":\"active\",\"balances\":{\"bonus\":20000},", 0);
}

static void begin(void)
{
    begin_with(RULES(""));
}

static void begin_floor(void)
{
    begin_with(RULES(FLOOR));
}

static void end(void)
{
    world_end(&world);
}

TestSuite(spending, .init = begin, .fini = end);
TestSuite(floor, .init = begin_floor, .fini = end);

static void put(const char *id, const char *body)
{
    cr_assert_eq(world_do(&world, "put", id, body, NULL), PROBLEM_NONE);
}

static struct cJSON *last_record(const char *type)
{
    return world_last(&world, type);
}

Test(spending, is_held_before_it_is_spent_and_the_record_names_the_hold)
{
    struct cJSON *body;
    const cJSON *holds;

    put("s1", BASKET("4000"));
    cr_expect_eq(world.holds_asked, 0, "a basket is only a question");
    cr_expect_eq(world_int(&world, "s1", "total_minor"), 6000);
    cr_assert_eq(world_do(&world, "tender", "s1", NULL, NULL), PROBLEM_NONE);
    cr_expect_eq(world.holds_asked, 1);
    cr_expect_eq(world.held_amount, 4000, "the amount asked for, not the balance");
    cr_expect_eq(world_count(&world, "hold_asked"), 1);
    cr_assert_eq(world_do(&world, "commit", "s1", "{\"expected_total_minor\":6000}", NULL), PROBLEM_NONE);
    cr_expect_eq(world.holds_asked, 1, "held once");
    body = last_record("sale");
    holds = cJSON_GetObjectItemCaseSensitive(body, "holds");
    cr_assert_eq(cJSON_GetArraySize(holds), 1);
    cr_expect_str_eq(cJSON_GetArrayItem(holds, 0)->valuestring, world.hold_id);
    json_free(body);
    cr_expect_eq(world_count(&world, "hold_voided"), 0);
}

Test(spending, commit_alone_asks_too)
{
    put("s1", BASKET("4000"));
    cr_assert_eq(world_do(&world, "commit", "s1", "{\"expected_total_minor\":6000}", NULL), PROBLEM_NONE);
    cr_expect_eq(world.holds_asked, 1);
    cr_expect_eq(world_int(&world, "s1", "redeemed_minor"), 4000);
}

Test(spending, refused_by_the_central_spends_nothing_and_says_why)
{
    world.hold_outcome = TILL_HOLD_REFUSED;
    put("s1", BASKET("4000"));
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
    put("s1", BASKET("4000"));
    cr_expect_eq(world_do(&world, "commit", "s1", "{\"expected_total_minor\":6000}", NULL), PROBLEM_TOTAL_DIFFERS);
    cr_expect_eq(world_count(&world, "hold_voided"), 1, "never both");
    cr_expect_eq(world.holds_voided, 1, "and the central hears at once");
    cr_expect_eq(world_int(&world, "s1", "total_minor"), 8500);
    cr_expect(world_has_notice(&world, "s1", "L-323"));
    cr_assert_eq(world_do(&world, "commit", "s1", "{\"expected_total_minor\":8500}", NULL), PROBLEM_NONE);
    body = last_record("sale");
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
    put("s1", BASKET("4000"));
    cr_expect(world_has_notice(&world, "s1", "L-328"));
    cr_expect_eq(world_int(&world, "s1", "total_minor"), 10000);
    cr_assert_eq(world_do(&world, "commit", "s1", "{\"expected_total_minor\":10000}", NULL), PROBLEM_NONE);
    cr_expect_eq(world.holds_asked, 0);
    cr_expect_eq(world_int(&world, "s1", "redeemed_minor"), 0);
}

Test(spending, an_answer_that_comes_after_the_sale_was_put_again_is_voided)
{
    world.holds_wait = true;
    put("s1", BASKET("4000"));
    cr_expect_eq(world_do(&world, "tender", "s1", NULL, NULL), PROBLEM_BUSY);
    world.time.mono_ms += 100;
    put("s1", BASKET("1000"));
    world.hold_answer(world.hold_context, TILL_HOLD_GRANTED, "");
    cr_expect(world.ready);
    cr_expect_eq(world_count(&world, "hold_voided"), 1);
    world.holds_wait = false;
    cr_assert_eq(world_do(&world, "commit", "s1", "{\"expected_total_minor\":9000}", NULL), PROBLEM_NONE);
    cr_expect_eq(world.held_amount, 1000);
}

Test(spending, a_put_a_void_and_a_restart_set_free_what_is_held)
{
    put("s1", BASKET("4000"));
    cr_assert_eq(world_do(&world, "tender", "s1", NULL, NULL), PROBLEM_NONE);
    put("s1", BASKET("4000"));
    cr_expect_eq(world_count(&world, "hold_voided"), 1);
    cr_assert_eq(world_do(&world, "tender", "s1", NULL, NULL), PROBLEM_NONE);
    cr_assert_eq(world_do(&world, "void", "s1", NULL, NULL), PROBLEM_NONE);
    cr_expect_eq(world_count(&world, "hold_voided"), 2);
    put("s2", BASKET("4000"));
    cr_assert_eq(world_do(&world, "commit", "s2", NULL, NULL), PROBLEM_NONE);
    put("s3", BASKET("4000"));
    cr_assert_eq(world_do(&world, "tender", "s3", NULL, NULL), PROBLEM_NONE);
    world_restart(&world, false);
    cr_expect_eq(world_count(&world, "hold_voided"), 3, "the one in tender, not the one that was sold");
    world_restart(&world, false);
    cr_expect_eq(world_count(&world, "hold_voided"), 3);
}

Test(spending, without_a_link_is_nothing_by_default)
{
    world.link_up = false;
    put("s1", BASKET("4000"));
    cr_expect_eq(world_int(&world, "s1", "total_minor"), 10000);
    cr_expect(world_has_notice(&world, "s1", "L-320"));
    cr_assert_eq(world_do(&world, "commit", "s1", "{\"expected_total_minor\":10000}", NULL), PROBLEM_NONE);
    cr_expect_eq(world_count(&world, "hold_asked"), 0);
}

Test(spending, two_parked_sales_share_one_lease)
{
    world.link_up = false;
    world_lease(&world, 5000, world.time.wall_ms + 1000);
    put("s1", BASKET("4000"));
    cr_assert_eq(world_do(&world, "tender", "s1", NULL, NULL), PROBLEM_NONE);
    put("s2", BASKET("4000"));
    cr_expect_eq(world_int(&world, "s2", "total_minor"), 9000, "4000 of the 5000 are reserved");
    cr_expect_eq(world_int(&world, "s1", "total_minor"), 6000);
}

Test(spending, from_a_lease_is_counted_over_a_restart_until_the_central_counts_it)
{
    world.link_up = false;
    world_lease(&world, 5000, world.time.wall_ms + 1000);
    put("s1", BASKET("4000"));
    cr_assert_eq(world_do(&world, "commit", "s1", NULL, NULL), PROBLEM_NONE);
    cr_expect_eq(world_int(&world, "s1", "redeemed_minor"), 4000);
    world_restart(&world, false);
    world.link_up = false;
    put("s2", BASKET("4000"));
    cr_expect_eq(world_int(&world, "s2", "redeemed_minor"), 1000);
}

/* The row comes back as the central has it: what it counts yet, and what the till's journal adds to that, or no more. */
static void lease_row(int64_t used, int64_t seq)
{
    struct cache_lease lease = {.id = "L1",
                                .member = "M1",
                                .currency = "bonus",
                                .granted = 5000,
                                .used = used,
                                .expires_unix_ms = world.time.wall_ms + 1000,
                                .epoch = 0xe1,
                                .seq = seq};

    cr_assert_eq(cache_put_lease(world.cache, &lease, NULL), ST_OK);
}

Test(spending, from_a_lease_half_used_whose_cache_is_thrown_away_is_never_given_twice)
{
    world.link_up = false;
    lease_row(0, 0);
    put("s1", BASKET("3000"));
    cr_assert_eq(world_do(&world, "commit", "s1", NULL, NULL), PROBLEM_NONE);
    world_restart(&world, true);
    world.link_up = false;
    world_member(&world, "M1", CARD, "\"state\":\"active\",\"balances\":{\"bonus\":20000},", 0);
    put("s2", BASKET("4000"));
    cr_expect_eq(world_int(&world, "s2", "redeemed_minor"), 0, "the right to spend is lost until it is told again");
    lease_row(0, 0);
    put("s2", BASKET("4000"));
    cr_expect_eq(world_int(&world, "s2", "redeemed_minor"), 2000, "told as before the use: the journal has it");
    lease_row(3000, world_records(&world));
    put("s2", BASKET("4000"));
    cr_expect_eq(world_int(&world, "s2", "redeemed_minor"), 2000, "told with it, as when the record is gone");
}

/* What the screens say of it while the link is away. */
static bool is_said_to_spend(void)
{
    struct strbuf health = STRBUF_INIT(64 * 1024);
    struct json_writer w = JSON_WRITER_INIT(&health);
    bool said;

    till_write_health(world.till, &w);
    said = strstr(health.data, "\"spends_without_link\":true") != NULL;
    cr_assert(said || strstr(health.data, "\"spends_without_link\":false"));
    strbuf_free(&health);
    return said;
}

Test(spending, without_a_link_is_said_where_somebody_has_a_lease)
{
    cr_expect_not(is_said_to_spend());
    world_lease(&world, 5000, world.time.wall_ms + 1000);
    cr_expect(is_said_to_spend());
    world.time.wall_ms += 1000;
    cr_expect_not(is_said_to_spend(), "its time is over");
}

Test(spending, without_a_link_is_said_by_the_time_the_central_told)
{
    trust_heard_time(rulebook_trust(world.rulebook), world.time.wall_ms, world.time.mono_ms);
    world_lease(&world, 5000, world.time.wall_ms + 1000);
    world.time.wall_ms += 1000;
    cr_expect(is_said_to_spend(), "a clock that is set ends no lease");
    world.time.mono_ms += 1000;
    cr_expect_not(is_said_to_spend(), "time that passes does");
}

/* Which a POS may mistake it for: what to redeem is by currency. */
Test(floor, a_redeem_that_is_no_object_is_refused)
{
    world.link_up = false;
    world_lease(&world, 5000, world.time.wall_ms + 1000);
    cr_expect_eq(world_do(&world, "put", "s1",
                          "{\"card\":\"" CARD "\",\"redeem\":[4000],"
                          "\"lines\":[{\"line\":1,\"sku\":\"A\",\"qty_milli\":1000,\"unit_price_minor\":10000}]}",
                          NULL),
                 PROBLEM_BAD_FIELD);
}

Test(floor, is_said_to_allow_it)
{
    cr_expect(is_said_to_spend());
}

Test(spending, from_an_expired_lease_is_refused)
{
    world.link_up = false;
    world_lease(&world, 5000, world.time.wall_ms);
    put("s1", BASKET("4000"));
    cr_expect_eq(world_int(&world, "s1", "total_minor"), 10000);
}

/* ---- what time it is, for a lease ---- */

#define HOUR_MS  INT64_C(3600000)
#define YEARS_MS (10 * 366 * 24 * HOUR_MS)

/* Points that a sale of now may spend; nobody is in the link's way. */
static int64_t may_spend(const char *id)
{
    int64_t redeemed;

    put(id, BASKET("4000"));
    redeemed = world_int(&world, id, "redeemed_minor");
    cr_assert_eq(world_do(&world, "void", id, "{}", NULL), PROBLEM_NONE);
    return redeemed;
}

/* A lease of an hour; the central said what time it is. */
static void lease_an_hour(void)
{
    world.link_up = false;
    trust_heard_time(rulebook_trust(world.rulebook), world.time.wall_ms, world.time.mono_ms);
    world_lease(&world, 2500, world.time.wall_ms + HOUR_MS);
}

Test(spending, no_clock_that_is_set_makes_a_lease_live_longer_or_shorter)
{
    lease_an_hour();
    world.time.wall_ms += YEARS_MS;
    cr_expect_eq(may_spend("a1"), 2500, "set forward it is good still");
    till_upkeep(world.till, 1);
    cr_expect_eq(world_count(&world, "lease_close"), 0);
    world.time.wall_ms -= 2 * YEARS_MS;
    cr_expect_eq(may_spend("a2"), 2500);
    world.time.mono_ms += HOUR_MS;
    cr_expect_eq(may_spend("a3"), 0, "set back it ends with its hour");
    till_upkeep(world.till, 1);
    cr_expect_eq(world_count(&world, "lease_close"), 1);
}

Test(spending, a_restart_of_the_process_does_not_begin_a_leases_hour_anew)
{
    lease_an_hour();
    world.time.mono_ms += HOUR_MS / 2;
    world.time.wall_ms -= YEARS_MS;
    world_restart(&world, false);
    cr_expect_eq(may_spend("a1"), 2500);
    world.time.mono_ms += HOUR_MS / 2;
    cr_expect_eq(may_spend("a2"), 0);
}

Test(spending, after_a_night_the_wall_clock_is_believed_unless_it_went_back)
{
    lease_an_hour();
    world.boot = "boot-2";
    world.time.mono_ms = 1000;
    world.time.wall_ms += HOUR_MS / 2;
    world_restart(&world, false);
    cr_expect_eq(may_spend("a1"), 2500);
    world.time.wall_ms -= HOUR_MS; /* half an hour before the central was heard last: its battery is empty */
    cr_expect_eq(may_spend("a2"), 0, "nobody knows what time it is");
    till_upkeep(world.till, 1);
    cr_expect_eq(world_count(&world, "lease_close"), 0, "nor is it given back by that");
    trust_heard_time(rulebook_trust(world.rulebook), world.time.wall_ms + HOUR_MS, world.time.mono_ms);
    cr_expect_eq(may_spend("a3"), 2500, "the central says so");
    world.boot = "boot-3";
    world_restart(&world, false);
    world.time.wall_ms += 2 * HOUR_MS;
    cr_expect_eq(may_spend("a4"), 0, "past its time by a clock that is believed");
}

Test(spending, max_asks_for_what_the_sale_takes_and_not_for_all)
{
    put("s1", BASKET("\"max\""));
    cr_assert_eq(world_do(&world, "tender", "s1", NULL, NULL), PROBLEM_NONE);
    cr_expect_eq(world.held_amount, 10000, "of 200.00 held the sale of 100.00 asks for its own");
}

/* ---- the floor limits ---- */

static int64_t spend(const char *id)
{
    put(id, BASKET("4000"));
    cr_assert_eq(world_do(&world, "commit", id, NULL, NULL), PROBLEM_NONE);
    return world_int(&world, id, "redeemed_minor");
}

Test(floor, bounds_a_sale_a_member_and_the_till)
{
    world.link_up = false;
    cr_expect_eq(spend("s1"), 3000, "a sale");
    cr_expect_eq(spend("s2"), 2000, "a member: 50.00 in all");
    cr_expect_eq(spend("s3"), 0);
    world_member(&world, "M2", "2900000000025", "\"state\":\"active\",\"balances\":{\"bonus\":20000},", 0);
    put("s4", "{\"card\":\"2900000000025\",\"redeem\":{\"bonus\":4000},\"lines\":[{\"line\":1,\"sku\":\"A\",\"qty_"
              "milli\":1000,\"unit_price_minor\":10000}]}");
    cr_expect_eq(world_int(&world, "s4", "redeemed_minor"), 1000, "the till: 60.00 in all");
}

Test(floor, counts_over_a_restart_and_sales_in_tender)
{
    world.link_up = false;
    put("s1", BASKET("4000"));
    cr_assert_eq(world_do(&world, "tender", "s1", NULL, NULL), PROBLEM_NONE);
    put("s2", BASKET("4000"));
    cr_expect_eq(world_int(&world, "s2", "redeemed_minor"), 2000);
    cr_assert_eq(world_do(&world, "commit", "s1", NULL, NULL), PROBLEM_NONE);
    world_restart(&world, false);
    cr_expect_eq(spend("s3"), 2000);
}

Test(floor, ends_after_so_many_hours)
{
    world.link_up = false;
    cr_expect_eq(spend("s1"), 3000);
    world_restart(&world, false); /* the hours do not begin anew */
    world.time.wall_ms += INT64_C(25) * 60 * 60 * 1000;
    put("s2", BASKET("4000"));
    cr_expect_eq(world_int(&world, "s2", "redeemed_minor"), 0);
    cr_expect(world_has_notice(&world, "s2", "L-320"));
}

Test(floor, hours_are_not_counted_by_a_clock_that_is_set)
{
    world.link_up = false;
    trust_heard_time(rulebook_trust(world.rulebook), world.time.wall_ms, world.time.mono_ms);
    cr_expect_eq(spend("s1"), 3000);
    world_restart(&world, false);
    world.time.wall_ms += YEARS_MS;
    put("s2", BASKET("1000"));
    cr_expect_eq(world_int(&world, "s2", "redeemed_minor"), 1000);
    world.time.wall_ms -= 2 * YEARS_MS;
    world.time.mono_ms += 25 * HOUR_MS;
    put("s2", BASKET("1100"));
    cr_expect_eq(world_int(&world, "s2", "redeemed_minor"), 0, "set back it ends all the same");
}

Test(floor, ends_after_so_many_sales)
{
    world.link_up = false;
    for (int i = 0; i < 3; i++) {
        char id[8];

        (void)snprintf(id, sizeof id, "f%d", i);
        put(id, BASKET("1000"));
        cr_assert_eq(world_do(&world, "commit", id, NULL, NULL), PROBLEM_NONE);
    }
    put("s4", BASKET("1000"));
    cr_expect_eq(world_int(&world, "s4", "redeemed_minor"), 0);
}

Test(floor, begins_anew_once_the_central_has_heard)
{
    struct journal_head head;
    struct errmsg err = ERRMSG_INIT;

    world.link_up = false;
    cr_expect_eq(spend("s1"), 3000);
    journal_head(world.journal, &head);
    cr_assert_eq(journal_set_acked(world.journal, head.epoch, head.seq, head.hash, &err), ST_OK, "%s", err.text);
    cr_expect_eq(spend("s2"), 3000);
}

Test(spending, of_a_member_who_spent_more_than_there_was_waits_until_it_is_earned_back)
{
    world_member(&world, "M1", CARD, "\"state\":\"active\",\"overdrawn\":true,\"balances\":{\"bonus\":20000},", 0);
    put("s1", BASKET("4000"));
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

    identity_hash(&world.identity, "card", CARD, hashes[0]);
    identity_hash(&world.identity, "phone", "+79991234567", hashes[1]);
    cr_assert_eq(cache_put_member(world.cache, "M1", "{\"balances\":{\"bonus\":20000}}",
                                  (const uint8_t(*)[IDENTIFIER_HASH_BYTES])hashes, 2, 0xe1, 0, NULL),
                 ST_OK);
    put("s1", basket);
    cr_expect(world_has_notice(&world, "s1", "L-324"));
    cr_expect_eq(world_int(&world, "s1", "total_minor"), 10000);
    cr_assert_eq(world_do(&world, "tender", "s1", NULL, NULL), PROBLEM_NONE);
    cr_expect_eq(world.holds_asked, 0, "nothing was set aside for it");
    put("s1", BASKET("4000"));
    cr_expect_not(world_has_notice(&world, "s1", "L-324"));
    cr_expect_eq(world_int(&world, "s1", "total_minor"), 6000);
}

Test(spending, while_the_cache_is_behind_is_refused_in_words, .timeout = 60)
{
    for (int i = 0; i < UPKEEP_AT_ONCE + 100; i++)
        cr_assert_eq(till_record(world.till, "override", "{}", 2, NULL), ST_OK);
    world_restart(&world, true);
    world_member(&world, "M1", CARD, "\"state\":\"active\",\"balances\":{\"bonus\":20000},", 0);
    put("s1", BASKET("4000"));
    cr_expect(world_has_notice(&world, "s1", "L-325"), "the journal may hold what he spent");
    cr_expect_eq(world_int(&world, "s1", "total_minor"), 10000);
    cr_assert_eq(world_do(&world, "tender", "s1", NULL, NULL), PROBLEM_NONE);
    cr_expect_eq(world.holds_asked, 0);
    for (int i = 0; i < 1000 && cache_projected(world.cache) < world_records(&world); i++) {
        world.time.mono_ms += 10;
        loop_step(world.loop, 10);
    }
    put("s1", BASKET("4000"));
    cr_expect_not(world_has_notice(&world, "s1", "L-325"));
    cr_expect_eq(world_int(&world, "s1", "total_minor"), 6000, "caught up");
}

/* ---- leases are given back ---- */

static void is_given_back(const char *reason, int64_t used)
{
    struct cJSON *body = last_record("lease_close");
    const char *text = "";
    int64_t told = -1;

    (void)json_text(body, "reason", 32, &text, NULL);
    (void)json_int(body, "used", 0, JSON_INT_MAX, &told, NULL);
    cr_expect_str_eq(text, reason);
    cr_expect_eq(told, used);
    json_free(body);
}

Test(spending, lease_past_its_time_is_given_back_once_no_sale_is_open)
{
    world.hold_outcome = TILL_HOLD_UNANSWERED;
    world_lease(&world, 1500, world.time.wall_ms + 1000);
    put("s1", BASKET("1000"));
    (void)world_do(&world, "commit", "s1", "{\"expected_total_minor\":9000}", NULL);
    cr_assert_eq(world_do(&world, "commit", "s1", "{\"expected_total_minor\":9000}", NULL), PROBLEM_NONE);
    till_upkeep(world.till, 1);
    cr_expect_eq(world_count(&world, "lease_close"), 0, "it is good still");
    put("s2", BASKET("0"));
    world.time.wall_ms += 2000;
    till_upkeep(world.till, 1);
    cr_expect_eq(world_count(&world, "lease_close"), 0, "somebody may have reserved it");
    cr_assert_eq(world_do(&world, "void", "s2", "{}", NULL), PROBLEM_NONE);
    till_upkeep(world.till, 1);
    till_upkeep(world.till, 1);
    cr_expect_eq(world_count(&world, "lease_close"), 1);
    is_given_back("expired", 1000);
}

Test(spending, lease_that_is_recalled_is_given_back_and_no_late_row_brings_it_to_life)
{
    world.hold_outcome = TILL_HOLD_UNANSWERED;
    world_lease(&world, 1500, 0);
    till_upkeep(world.till, 1);
    cr_expect_eq(world_count(&world, "lease_close"), 1);
    is_given_back("returned", 0);
    world_lease(&world, 2500, world.time.wall_ms + 100000); /* sent before the record came, and filled up */
    put("s1", BASKET("1000"));
    (void)world_do(&world, "commit", "s1", "{\"expected_total_minor\":9000}", NULL);
    cr_expect_neq(world_do(&world, "commit", "s1", "{\"expected_total_minor\":9000}", NULL), PROBLEM_NONE);
    cr_expect_eq(world_int(&world, "s1", "total_minor"), 10000, "the central has given it to others by now");
}
