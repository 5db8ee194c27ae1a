/* SPDX-License-Identifier: Apache-2.0 */
/* Spending points up to the floor limits. */
#include "spending_world.h"

#include "agent/db/journal.h"
#include "agent/till/rulebook.h"
#include "agent/till/trust.h"

#include <criterion/criterion.h>

#include <stdio.h>

#define HOUR_MS  INT64_C(3600000)
#define YEARS_MS (10 * 366 * 24 * HOUR_MS)

static struct world world;

static void begin(void)
{
    spending_begin(&world, SPENDING_RULES(SPENDING_FLOOR));
}

static void end(void)
{
    world_end_in_folder(&world);
}

TestSuite(floor, .init = begin, .fini = end);

static void put(const char *id, const char *body)
{
    spending_put(&world, id, body);
}

/* Which a POS may mistake it for: what to redeem is by currency. */
Test(floor, a_redeem_that_is_no_object_is_refused)
{
    world.link_up = false;
    world_lease(&world, 5000, world.time.wall_ms + 1000);
    cr_expect_eq(world_do(&world, "put", "s1",
                          "{\"card\":\"" WORLD_CARD "\",\"redeem\":[4000],"
                          "\"lines\":[{\"line\":1,\"sku\":\"A\",\"qty_milli\":1000,\"unit_price_minor\":10000}]}",
                          NULL),
                 PROBLEM_BAD_FIELD);
}

Test(floor, is_said_to_allow_it)
{
    cr_expect(spending_is_said(&world));
}

static int64_t spend(const char *id)
{
    put(id, SPENDING_BASKET("4000"));
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
    put("s1", SPENDING_BASKET("4000"));
    cr_assert_eq(world_do(&world, "tender", "s1", NULL, NULL), PROBLEM_NONE);
    put("s2", SPENDING_BASKET("4000"));
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
    put("s2", SPENDING_BASKET("4000"));
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
    put("s2", SPENDING_BASKET("1000"));
    cr_expect_eq(world_int(&world, "s2", "redeemed_minor"), 1000);
    world.time.wall_ms -= 2 * YEARS_MS;
    world.time.mono_ms += 25 * HOUR_MS;
    put("s2", SPENDING_BASKET("1100"));
    cr_expect_eq(world_int(&world, "s2", "redeemed_minor"), 0, "set back it ends all the same");
}

Test(floor, after_a_night_a_clock_that_went_back_counts_no_hours)
{
    world.link_up = false;
    trust_heard_time(rulebook_trust(world.rulebook), world.time.wall_ms, world.time.mono_ms);
    cr_expect_eq(spend("s1"), 3000);
    world.boot = "boot-2";
    world.time.mono_ms = 1000;
    world.time.wall_ms -= 2 * HOUR_MS; /* its battery is empty */
    world_restart(&world, false);
    put("s2", SPENDING_BASKET("1000"));
    cr_expect_eq(world_int(&world, "s2", "redeemed_minor"), 0, "nobody knows how many have passed");
    world.time.wall_ms += 4 * HOUR_MS;
    put("s2", SPENDING_BASKET("1100"));
    cr_expect_eq(world_int(&world, "s2", "redeemed_minor"), 1100);
}

Test(floor, ends_after_so_many_sales)
{
    world.link_up = false;
    for (int i = 0; i < 3; i++) {
        char id[8];

        (void)snprintf(id, sizeof id, "f%d", i);
        put(id, SPENDING_BASKET("1000"));
        cr_assert_eq(world_do(&world, "commit", id, NULL, NULL), PROBLEM_NONE);
    }
    put("s4", SPENDING_BASKET("1000"));
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
