/* SPDX-License-Identifier: Apache-2.0 */
/* Spending points from a lease: how much, until when, and how it is given back. */
#include "spending_world.h"

#include "agent/base/json.h"
#include "agent/db/cache.h"
#include "agent/till/rulebook.h"
#include "agent/till/trust.h"

#include <criterion/criterion.h>

#define HOUR_MS  INT64_C(3600000)
#define YEARS_MS (10 * 366 * 24 * HOUR_MS)

static struct world world;

static void begin(void)
{
    spending_begin(&world, SPENDING_RULES(""));
}

static void end(void)
{
    world_end_in_folder(&world);
}

TestSuite(leases, .init = begin, .fini = end);

static void put(const char *id, const char *body)
{
    spending_put(&world, id, body);
}

Test(leases, two_parked_sales_share_one_lease)
{
    world.link_up = false;
    world_lease(&world, 5000, world.time.wall_ms + 1000);
    put("s1", SPENDING_BASKET("4000"));
    cr_assert_eq(world_do(&world, "tender", "s1", NULL, NULL), PROBLEM_NONE);
    put("s2", SPENDING_BASKET("4000"));
    cr_expect_eq(world_int(&world, "s2", "total_minor"), 9000, "4000 of the 5000 are reserved");
    cr_expect_eq(world_int(&world, "s1", "total_minor"), 6000);
}

Test(leases, from_a_lease_is_counted_over_a_restart_until_the_central_counts_it)
{
    world.link_up = false;
    world_lease(&world, 5000, world.time.wall_ms + 1000);
    put("s1", SPENDING_BASKET("4000"));
    cr_assert_eq(world_do(&world, "commit", "s1", NULL, NULL), PROBLEM_NONE);
    cr_expect_eq(world_int(&world, "s1", "redeemed_minor"), 4000);
    world_restart(&world, false);
    world.link_up = false;
    put("s2", SPENDING_BASKET("4000"));
    cr_expect_eq(world_int(&world, "s2", "redeemed_minor"), 1000);
}

/* The office merged M7 into M1; the lease's row under its new member is still on its way. */
Test(leases, under_a_name_from_before_a_merge_are_used_up_all_the_same)
{
    struct cache_lease lease = {.id = "L1",
                                .member = "M7",
                                .currency = "bonus",
                                .granted = 5000,
                                .expires_unix_ms = world.time.wall_ms + 1000,
                                .epoch = 0xe1};

    world.link_up = false;
    cr_assert_eq(cache_put_lease(world.cache, &lease, NULL), ST_OK);
    cr_assert_eq(cache_put_alias(world.cache, "M7", "M1", NULL), ST_OK);
    put("s1", SPENDING_BASKET("3000"));
    cr_assert_eq(world_do(&world, "commit", "s1", NULL, NULL), PROBLEM_NONE);
    cr_expect_eq(world_int(&world, "s1", "redeemed_minor"), 3000);
    put("s2", SPENDING_BASKET("4000"));
    cr_expect_eq(world_int(&world, "s2", "redeemed_minor"), 2000);
    world_restart(&world, false);
    world.link_up = false;
    put("s2", SPENDING_BASKET("4000"));
    cr_expect_eq(world_int(&world, "s2", "redeemed_minor"), 2000);
}

/* The row comes back as the central has it: what it counts yet, and what the till's journal adds to that, or no more.
 */
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

Test(leases, from_a_lease_half_used_whose_cache_is_thrown_away_is_never_given_twice)
{
    world.link_up = false;
    lease_row(0, 0);
    put("s1", SPENDING_BASKET("3000"));
    cr_assert_eq(world_do(&world, "commit", "s1", NULL, NULL), PROBLEM_NONE);
    world_restart(&world, true);
    world.link_up = false;
    world_member(&world, "M1", WORLD_CARD, "\"state\":\"active\",\"balances\":{\"bonus\":20000},", 0);
    put("s2", SPENDING_BASKET("4000"));
    cr_expect_eq(world_int(&world, "s2", "redeemed_minor"), 0, "the right to spend is lost until it is told again");
    lease_row(0, 0);
    put("s2", SPENDING_BASKET("4000"));
    cr_expect_eq(world_int(&world, "s2", "redeemed_minor"), 2000, "told as before the use: the journal has it");
    lease_row(3000, world_records(&world));
    put("s2", SPENDING_BASKET("4000"));
    cr_expect_eq(world_int(&world, "s2", "redeemed_minor"), 2000, "told with it, as when the record is gone");
}

Test(leases, without_a_link_is_said_where_somebody_has_a_lease)
{
    cr_expect_not(spending_is_said(&world));
    world_lease(&world, 5000, world.time.wall_ms + 1000);
    cr_expect(spending_is_said(&world));
    world.time.wall_ms += 1000;
    cr_expect_not(spending_is_said(&world), "its time is over");
}

Test(leases, without_a_link_is_said_by_the_time_the_central_told)
{
    trust_heard_time(rulebook_trust(world.rulebook), world.time.wall_ms, world.time.mono_ms);
    world_lease(&world, 5000, world.time.wall_ms + 1000);
    world.time.wall_ms += 1000;
    cr_expect(spending_is_said(&world), "a clock that is set ends no lease");
    world.time.mono_ms += 1000;
    cr_expect_not(spending_is_said(&world), "time that passes does");
}

Test(leases, from_an_expired_lease_is_refused)
{
    world.link_up = false;
    world_lease(&world, 5000, world.time.wall_ms);
    put("s1", SPENDING_BASKET("4000"));
    cr_expect_eq(world_int(&world, "s1", "total_minor"), 10000);
}

/* ---- what time it is ---- */

/* Points that a sale of now may spend; nobody is in the link's way. */
static int64_t may_spend(const char *id)
{
    int64_t redeemed;

    put(id, SPENDING_BASKET("4000"));
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

Test(leases, no_clock_that_is_set_makes_a_lease_live_longer_or_shorter)
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

Test(leases, a_restart_of_the_process_does_not_begin_a_leases_hour_anew)
{
    lease_an_hour();
    world.time.mono_ms += HOUR_MS / 2;
    world.time.wall_ms -= YEARS_MS;
    world_restart(&world, false);
    cr_expect_eq(may_spend("a1"), 2500);
    world.time.mono_ms += HOUR_MS / 2;
    cr_expect_eq(may_spend("a2"), 0);
}

Test(leases, after_a_night_the_wall_clock_is_believed_unless_it_went_back)
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

/* ---- given back ---- */

static void is_given_back(const char *reason, int64_t used)
{
    struct cJSON *body = world_last(&world, "lease_close");
    const char *text = "";
    int64_t told = -1;

    (void)json_text(body, "reason", 32, &text, NULL);
    (void)json_int(body, "used", 0, JSON_INT_MAX, &told, NULL);
    cr_expect_str_eq(text, reason);
    cr_expect_eq(told, used);
    json_free(body);
}

Test(leases, lease_past_its_time_is_given_back_once_no_sale_is_open)
{
    world.hold_outcome = TILL_HOLD_UNANSWERED;
    world_lease(&world, 1500, world.time.wall_ms + 1000);
    put("s1", SPENDING_BASKET("1000"));
    (void)world_do(&world, "commit", "s1", "{\"expected_total_minor\":9000}", NULL);
    cr_assert_eq(world_do(&world, "commit", "s1", "{\"expected_total_minor\":9000}", NULL), PROBLEM_NONE);
    till_upkeep(world.till, 1);
    cr_expect_eq(world_count(&world, "lease_close"), 0, "it is good still");
    put("s2", SPENDING_BASKET("0"));
    world.time.wall_ms += 2000;
    till_upkeep(world.till, 1);
    cr_expect_eq(world_count(&world, "lease_close"), 0, "somebody may have reserved it");
    cr_assert_eq(world_do(&world, "void", "s2", "{}", NULL), PROBLEM_NONE);
    till_upkeep(world.till, 1);
    till_upkeep(world.till, 1);
    cr_expect_eq(world_count(&world, "lease_close"), 1);
    is_given_back("expired", 1000);
}

Test(leases, lease_that_is_recalled_is_given_back_and_no_late_row_brings_it_to_life)
{
    world.hold_outcome = TILL_HOLD_UNANSWERED;
    world_lease(&world, 1500, 0);
    till_upkeep(world.till, 1);
    cr_expect_eq(world_count(&world, "lease_close"), 1);
    is_given_back("returned", 0);
    world_lease(&world, 2500, world.time.wall_ms + 100000); /* sent before the record came, and filled up */
    put("s1", SPENDING_BASKET("1000"));
    (void)world_do(&world, "commit", "s1", "{\"expected_total_minor\":9000}", NULL);
    cr_expect_neq(world_do(&world, "commit", "s1", "{\"expected_total_minor\":9000}", NULL), PROBLEM_NONE);
    cr_expect_eq(world_int(&world, "s1", "total_minor"), 10000, "the central has given it to others by now");
}
