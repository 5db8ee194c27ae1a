/* SPDX-License-Identifier: Apache-2.0 */
/* A central put back from a backup: what it granted since is booked, by the tills' word, before it grants anything.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "points_scene.h"
#include "sync/central/restore.h"

static const char lease_id[] = "Labcdef0123456789.7"; /* granted by the incarnation that was lost */

static void open(struct points_scene *s)
{
    points_open(s);
    points_rule(s, 0, 0, 600, 7, 30);
    cr_assert_eq(central_restored(s->fixture.central, NULL), ST_OK);
}

static void report(struct points_scene *s, struct fake_till *till, const char *leases, const char *holds)
{
    char text[600];

    (void)snprintf(text, sizeof text, "{\"incarnation\":\"%s\",\"leases\":[%s],\"holds\":[%s]}",
                   s->fixture.central->incarnation, leases, holds);
    points_record(s, till, "holdings", text);
}

static const char *lease(int granted, int used)
{
    static char text[300];

    (void)snprintf(text, sizeof text,
                   "{\"id\":\"%s\",\"member\":\"M1\",\"currency\":\"bonus\",\"granted\":%d,\"used\":%d,"
                   "\"expires_unix_ms\":1795900000000}",
                   lease_id, granted, used);
    return text;
}

static int64_t waiting(struct points_scene *s)
{
    int64_t tills = -1;

    cr_assert_eq(restore_waiting(s->fixture.central, "demo", &tills, NULL), ST_OK);
    return tills;
}

/* Neither granted nor refused: the till takes it for a slow link. */
static bool is_put_off(struct points_scene *s, const char *hold)
{
    return !points_hold(s, &s->other, hold, "M1", 10, "granted") &&
           !points_hold(s, &s->other, hold, "M1", 10, "refused");
}

Test(central_restore, grants_nothing_before_each_till_said_what_it_may_spend)
{
    struct points_scene s;

    open(&s);
    cr_expect_eq(waiting(&s), 2);
    cr_expect(is_put_off(&s, "h1"));
    points_sale(&s, &s.till, "a", "M1", 0, 0, "");
    points_sale(&s, &s.till, "b", "M1", 0, 0, "");
    cr_expect_eq(points_sums(&s, "M1").leased, 0, "no lease either");
    report(&s, &s.till, lease(600, 0), "{\"hold\":\"h9\",\"member\":\"M1\",\"currency\":\"bonus\",\"amount\":50}");
    cr_expect_eq(points_sums(&s, "M1").leased, 600);
    cr_expect_eq(points_sums(&s, "M1").held, 50);
    cr_expect(is_put_off(&s, "h1"), "the other one has not said it");
    report(&s, &s.other, "", "");
    cr_expect_eq(waiting(&s), 0);
    cr_expect(points_hold(&s, &s.other, "h2", "M1", 351, "refused"));
    cr_expect(points_hold(&s, &s.other, "h3", "M1", 350, "granted"));
    points_close(&s);
}

/* Its records come again before it says what it holds: what they used of a lease unknown here is posted already. */
Test(central_restore, a_use_that_was_sent_again_counts_once)
{
    struct points_scene s;
    char used[128];

    open(&s);
    (void)snprintf(used, sizeof used, ",\"leases\":[{\"id\":\"%s\",\"used\":100}]", lease_id);
    points_sale(&s, &s.till, "a", "M1", 0, 100, used);
    cr_expect_eq(points_sums(&s, "M1").posted, 900);
    report(&s, &s.till, lease(600, 100), "");
    cr_expect_eq(points_sums(&s, "M1").leased, 500);
    cr_expect_eq(points_available(&s, "M1"), 400);
    report(&s, &s.till, lease(600, 100), "");
    cr_expect_eq(points_sums(&s, "M1").leased, 500, "said twice is the same");
    points_sale(&s, &s.till, "b", "M1", 0, 200, used);
    cr_expect_eq(points_sums(&s, "M1").leased, 400, "and it goes on from there");
    cr_expect(ledger_is_ok(&s.fixture));
    points_close(&s);
}

/* It was filled up after the backup, which has it as it was granted. */
Test(central_restore, a_lease_that_is_known_becomes_what_the_till_has_of_it)
{
    struct points_scene s;

    open(&s);
    report(&s, &s.till, lease(300, 0), "");
    cr_expect_eq(points_sums(&s, "M1").leased, 300);
    report(&s, &s.till, lease(500, 0), "");
    cr_expect_eq(points_sums(&s, "M1").leased, 500);
    report(&s, &s.till, lease(300, 0), "");
    cr_expect_eq(points_sums(&s, "M1").leased, 500, "an older word takes nothing back");
    points_close(&s);
}

Test(central_restore, what_a_record_ended_stays_ended)
{
    struct points_scene s;

    open(&s);
    points_record(&s, &s.till, "hold_voided", "{\"hold\":\"h9\",\"reason\":\"void\"}");
    report(&s, &s.till, lease(600, 0), "{\"hold\":\"h9\",\"member\":\"M1\",\"currency\":\"bonus\",\"amount\":50}");
    cr_expect_eq(points_sums(&s, "M1").held, 0);
    points_record(&s, &s.till, "lease_close",
                  "{\"lease\":\"Labcdef0123456789.7\",\"member\":\"M1\",\"currency\":\"bonus\",\"used\":0,"
                  "\"reason\":\"expired\"}");
    report(&s, &s.till, lease(600, 0), "");
    cr_expect_eq(points_sums(&s, "M1").leased, 0);
    points_close(&s);
}

Test(central_restore, a_till_that_is_silent_is_waited_for_a_day)
{
    struct points_scene s;

    open(&s);
    report(&s, &s.other, "", "");
    s.fixture.now.wall_ms += RESTORE_WAIT_S * INT64_C(1000) - 1;
    cr_expect(is_put_off(&s, "h1"));
    s.fixture.now.wall_ms++;
    cr_expect(points_hold(&s, &s.other, "h1", "M1", 10, "granted"));
    points_close(&s);
}

Test(central_restore, who_was_away_before_or_came_since_is_not_waited_for)
{
    struct points_scene s;
    struct fake_till fresh;

    points_open(&s);
    s.fixture.now.wall_ms += (RESTORE_USED_S + 1) * INT64_C(1000);
    points_sale(&s, &s.other, "a", "M1", 0, 0, "");
    cr_assert_eq(central_restored(s.fixture.central, NULL), ST_OK);
    cr_expect_eq(waiting(&s), 1, "the other one alone was heard of this week");
    till_enrol_fresh(&s.fixture, &fresh, 0xe7);
    cr_expect_eq(waiting(&s), 1);
    fixture_reopen(&s.fixture);
    cr_expect_eq(waiting(&s), 1, "after a restart too");
    till_clear(&fresh);
    points_close(&s);
}

Test(central_restore, a_report_to_the_one_that_was_lost_is_booked_and_not_enough)
{
    struct points_scene s;
    char text[400];

    open(&s);
    (void)snprintf(text, sizeof text, "{\"incarnation\":\"0000000000000000\",\"leases\":[%s],\"holds\":[]}",
                   lease(600, 0));
    points_record(&s, &s.till, "holdings", text);
    cr_expect_eq(points_sums(&s, "M1").leased, 600);
    cr_expect_eq(waiting(&s), 2);
    points_close(&s);
}

/* More is set aside at a till than he has: he is overdrawn, and the books say nothing of a fault. */
Test(central_restore, a_lease_of_who_has_less_here_makes_him_overdrawn)
{
    struct points_scene s;
    char held[2][200];

    open(&s);
    fixture_import(&s.fixture, "member,card\nM2,2\n");
    for (int i = 0; i < 2; i++)
        (void)snprintf(held[i], sizeof held[i],
                       "{\"id\":\"%s\",\"member\":\"M2\",\"currency\":\"bonus\",\"granted\":%d,\"used\":0,"
                       "\"expires_unix_ms\":1795900000000}",
                       lease_id, 100 + 200 * i);
    report(&s, &s.till, held[0], "");
    cr_expect_eq(points_sums(&s, "M2").leased, 100);
    cr_expect(ledger_is_ok(&s.fixture), "no points at all");
    points_sale(&s, &s.other, "a", "M2", 200, 0, "");
    cr_expect(ledger_is_ok(&s.fixture));
    report(&s, &s.till, held[1], "");
    cr_expect_eq(points_sums(&s, "M2").leased, 300);
    cr_expect(ledger_is_ok(&s.fixture), "filled beyond what he has");
    points_close(&s);
}
