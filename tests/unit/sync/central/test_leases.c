/* SPDX-License-Identifier: Apache-2.0 */
/* Leases: named cases. T1 on random histories: test_leases_random.c. */
#include <criterion/criterion.h>
#include <stdio.h>

#include "leased_till.h"
#include "sync/central/lease.h"

/* A till that was told of a lease of 600, by two sales. */
static struct leased_till *open_with_lease(struct points_scene *s)
{
    struct leased_till *t;

    points_open(s);
    points_rule(s, 0, 0, 600, 7, 30);
    t = leased_open(&s->fixture, 0xd9);
    points_sale(s, &t->till, "a", "M1", 0, 0, "");
    points_sale(s, &t->till, "b", "M1", 0, 0, "");
    leased_down(&s->fixture, t);
    return t;
}

Test(central_leases, are_granted_at_the_usual_till_out_of_what_is_available)
{
    struct points_scene s;
    struct leased_till *t;

    points_open(&s);
    points_rule(&s, 0, 0, 600, 7, 30);
    t = leased_open(&s.fixture, 0xd9);
    points_sale(&s, &t->till, "a", "M1", 0, 0, "");
    cr_expect_eq(points_sums(&s, "M1").leased, 0, "once is not usual");
    points_sale(&s, &t->till, "b", "M1", 0, 0, "");
    cr_expect_eq(points_sums(&s, "M1").leased, 600);
    cr_expect_eq(points_available(&s, "M1"), 400);
    cr_expect(points_hold(&s, &s.other, "h", "M1", 401, "refused"));
    points_sale(&s, &s.other, "c", "M1", 0, 0, "");
    points_sale(&s, &s.other, "d", "M1", 0, 0, "");
    cr_expect_eq(points_available(&s, "M1"), 0, "the second till gets the rest");
    leased_down(&s.fixture, t);
    cr_assert_eq(t->lease_count, 1);
    cr_expect_eq(t->leases[0].granted, 600);
    leased_close(t);
    points_close(&s);
}

static int64_t tills_counted(struct points_scene *s)
{
    struct rows *rows;
    int64_t count = 0;

    cr_assert_eq(STORE_SELECT(s->fixture.central->store, STATEMENT_MEMBER_TILLS, &rows, NULL, V_TEXT("demo"),
                              V_TEXT("M1"), V_INT(10)),
                 ST_OK);
    while (rows_next(rows))
        count++;
    cr_assert_eq(rows_end(rows, NULL), ST_OK);
    return count;
}

Test(central_leases, where_a_member_buys_is_counted_since_there_are_any)
{
    struct points_scene s;

    points_open(&s);
    points_rule(&s, 0, 0, 0, 7, 30);
    points_sale(&s, &s.till, "a", "M1", 0, 0, "");
    points_sale(&s, &s.till, "b", "M1", 0, 0, "");
    cr_expect_eq(tills_counted(&s), 0, "nobody asks");
    points_rule(&s, 0, 0, 600, 7, 30);
    points_sale(&s, &s.till, "c", "M1", 0, 0, "");
    cr_expect_eq(tills_counted(&s), 1);
    cr_expect_eq(points_sums(&s, "M1").leased, 0, "once is not usual");
    points_sale(&s, &s.till, "d", "M1", 0, 0, "");
    cr_expect_eq(points_sums(&s, "M1").leased, 600);
    points_close(&s);
}

Test(central_leases, are_used_filled_up_and_closed_by_records)
{
    struct points_scene s;
    struct leased_till *t;
    char text[256];

    t = open_with_lease(&s);
    snprintf(text, sizeof(text), ",\"leases\":[{\"id\":\"%s\",\"used\":200}]", t->leases[0].id);
    points_sale(&s, &t->till, "c", "M1", 0, 200, text);
    cr_expect_eq(points_sums(&s, "M1").leased, 400, "not filled up before half is gone");
    cr_expect_eq(points_available(&s, "M1"), 400);
    points_sale(&s, &t->till, "d", "M1", 0, 200, text);
    cr_expect_eq(points_sums(&s, "M1").leased, 600, "filled up to the cap");
    cr_expect_eq(points_available(&s, "M1"), 0);
    snprintf(text, sizeof(text),
             "{\"lease\":\"%s\",\"member\":\"M1\",\"currency\":\"bonus\",\"amount\":100,"
             "\"sale_id\":\"x\"}",
             t->leases[0].id);
    points_record(&s, &t->till, "lease_use", text);
    cr_expect_eq(points_sums(&s, "M1").posted, 500);
    cr_expect_eq(points_sums(&s, "M1").leased, 500);
    snprintf(text, sizeof(text),
             "{\"lease\":\"%s\",\"member\":\"M1\",\"currency\":\"bonus\",\"used\":500,"
             "\"reason\":\"returned\"}",
             t->leases[0].id);
    points_record(&s, &s.other, "lease_close", text);
    cr_expect_eq(points_sums(&s, "M1").leased, 500, "another till cannot close it");
    points_record(&s, &t->till, "lease_close", text);
    cr_expect_eq(points_available(&s, "M1"), 500);
    leased_down(&s.fixture, t);
    cr_expect_eq(t->leases[0].granted, 0, "gone");
    leased_close(t);
    points_close(&s);
}

Test(central_leases, are_prolonged_while_heard_of_and_end_by_no_clock)
{
    struct points_scene s;
    struct leased_till *t;
    struct errmsg err = ERRMSG_INIT;
    int64_t count = 0, before;

    points_open(&s);
    points_rule(&s, 0, 20, 600, 8, 30);
    t = leased_open(&s.fixture, 0xd9);
    points_sale(&s, &t->till, "a", "M1", 600, 0, "");
    points_sale(&s, &t->till, "b", "M1", 0, 0, "");
    leased_down(&s.fixture, t);
    before = t->leases[0].expires_ms;
    s.fixture.now.wall_ms += 5 * (int64_t)SCENE_DAY_MS;
    leased_down(&s.fixture, t);
    cr_expect_eq(t->leases[0].expires_ms, before + 5 * (int64_t)SCENE_DAY_MS);
    s.fixture.now.wall_ms += 25 * (int64_t)SCENE_DAY_MS; /* past its time, and that of the lots */
    points_expire(&s);
    OK(lease_write_off(s.fixture.central, &count, &err));
    cr_expect_eq(count, 0);
    cr_expect_eq(points_sums(&s, "M1").leased, 600);
    cr_expect_geq(points_sums(&s, "M1").posted, 600, "what is promised does not expire");
    s.fixture.now.wall_ms += 400 * (int64_t)SCENE_DAY_MS;
    leased_down(&s.fixture, t); /* it was away for a year and is back */
    points_sale(&s, &t->till, "c", "M1", 0, 0, "");
    OK(lease_write_off(s.fixture.central, &count, &err));
    cr_expect_eq(count, 0, "a till that is heard of loses nothing");
    leased_close(t);
    points_close(&s);
}

Test(central_leases, of_a_lost_till_are_written_off_and_late_spending_still_posts)
{
    struct points_scene s;
    struct leased_till *t;
    struct errmsg err = ERRMSG_INIT;
    int64_t count = 0;
    char text[256];

    t = open_with_lease(&s);
    cr_expect(points_hold(&s, &t->till, "h", "M1", 100, "granted"));
    s.fixture.now.wall_ms += 38 * (int64_t)SCENE_DAY_MS;
    OK(lease_write_off(s.fixture.central, &count, &err));
    cr_expect_eq(count, 2, "the lease and the hold");
    cr_expect_eq(points_available(&s, "M1"), 1000);
    cr_expect(points_hold(&s, &s.other, "h", "M1", 1000, "granted"));
    points_sale(&s, &s.other, "c", "M1", 0, 1000, ",\"holds\":[\"h\"]");
    snprintf(text, sizeof(text), ",\"leases\":[{\"id\":\"%s\",\"used\":500}]", t->leases[0].id);
    points_sale(&s, &t->till, "d", "M1", 0, 500, text);
    cr_expect_eq(points_sums(&s, "M1").posted, -500, "a sale that happened is posted");
    cr_expect_eq(points_sums(&s, "M1").leased, 0);
    cr_expect(points_hold(&s, &s.other, "i", "M1", 1, "refused"), "overdrawn");
    leased_close(t);
    points_close(&s);
}

Test(central_leases, that_are_recalled_stay_set_aside_until_the_till_closes_them)
{
    struct points_scene s;
    struct leased_till *t;
    struct errmsg err = ERRMSG_INIT;

    t = open_with_lease(&s);
    OK(lease_recall(s.fixture.central, t->leases[0].id, &err));
    leased_down(&s.fixture, t);
    cr_expect_eq(t->leases[0].expires_ms, 0, "nothing more is to be spent from it");
    cr_expect_eq(points_sums(&s, "M1").leased, 600, "a use of it may be under way");
    cr_expect_eq(lease_recall(s.fixture.central, "L0", &err), ST_NOT_FOUND);
    leased_close(t);
    points_close(&s);
}

Test(central_leases, are_not_filled_up_out_of_what_a_hold_has_promised)
{
    struct points_scene s;
    struct leased_till *t;
    char text[256];

    t = open_with_lease(&s);
    cr_expect_eq(points_available(&s, "M1"), 400);
    cr_expect(points_hold(&s, &s.other, "h", "M1", 350, "granted"), "of what no lease has");
    snprintf(text, sizeof(text), ",\"leases\":[{\"id\":\"%s\",\"used\":400}]", t->leases[0].id);
    points_sale(&s, &t->till, "c", "M1", 0, 400, text);
    cr_expect_eq(points_sums(&s, "M1").leased, 250, "200 were left, and 50 that nobody holds");
    cr_expect_eq(points_available(&s, "M1"), 0);
    cr_expect(points_hold(&s, &s.other, "i", "M1", 1, "refused"));
    points_sale(&s, &s.other, "d", "M1", 0, 350, ",\"holds\":[\"h\"]");
    cr_expect_eq(points_sums(&s, "M1").posted, 250);
    cr_expect_eq(points_available(&s, "M1"), 0, "all of it is set aside at the till");
    leased_close(t);
    points_close(&s);
}

Test(central_leases, that_are_closed_do_not_come_to_life_by_a_refund)
{
    struct points_scene s;
    struct leased_till *t;
    char text[512];

    t = open_with_lease(&s);
    snprintf(text, sizeof(text), ",\"leases\":[{\"id\":\"%s\",\"used\":200}]", t->leases[0].id);
    points_sale(&s, &t->till, "c", "M1", 0, 200, text);
    snprintf(text, sizeof(text),
             "{\"lease\":\"%s\",\"member\":\"M1\",\"currency\":\"bonus\",\"used\":200,\"reason\":\"returned\"}",
             t->leases[0].id);
    points_record(&s, &t->till, "lease_close", text);
    points_record(&s, &t->till, "return",
                  "{\"return_id\":\"r\",\"sale_id\":\"c\",\"policy\":\"as_paid\",\"business_date\":\"2026-11-23\","
                  "\"member\":\"M1\",\"result\":{\"coupons_released\":[],\"lines\":[],\"points\":[{\"currency\":"
                  "\"bonus\",\"given_back\":200,\"taken_back\":0}],\"refund_minor\":0,\"return_id\":\"r\"},"
                  "\"earlier\":[]}");
    cr_expect_eq(points_sums(&s, "M1").posted, 1000, "what was paid is back");
    cr_expect_eq(points_sums(&s, "M1").leased, 0);
    cr_expect_eq(points_available(&s, "M1"), 1000, "for everybody, not for the lease");
    leased_close(t);
    points_close(&s);
}
