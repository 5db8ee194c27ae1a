/* SPDX-License-Identifier: Apache-2.0 */
/* What a till held when it began another epoch: its records end it, as those of before would have; what was of a life
 * that is gone is given up one day. */
#include <cjson/cJSON.h>
#include <criterion/criterion.h>
#include <string.h>

#include "agent/base/json.h"
#include "points_scene.h"
#include "sync/central/coupon.h"

TestSuite(central_new_epoch, .timeout = 120);

Test(central_new_epoch, ends_a_hold_of_the_one_before)
{
    struct points_scene s;

    points_open(&s);
    cr_expect(points_hold(&s, &s.till, "paid", "M1", 300, "granted"));
    cr_expect(points_hold(&s, &s.till, "left", "M1", 400, "granted"));
    cr_expect_eq(points_available(&s, "M1"), 300);
    points_begin_epoch(&s, &s.till);
    cr_expect_eq(points_available(&s, "M1"), 300, "an enrolment ends nothing");
    points_record(&s, &s.till, "hold_voided", "{\"hold\":\"left\",\"reason\":\"restart\"}");
    cr_expect_eq(points_available(&s, "M1"), 700);
    points_sale(&s, &s.till, "a", "M1", 0, 300, ",\"holds\":[\"paid\"]");
    cr_expect_eq(points_available(&s, "M1"), 700, "spent, and set aside no more");
    points_record(&s, &s.till, "hold_voided", "{\"hold\":\"paid\",\"reason\":\"restart\"}");
    cr_expect_eq(points_sums(&s, "M1").posted, 700);
    points_close(&s);
}

/* Two tills may have one hold's name between them, for all we know. */
Test(central_new_epoch, ends_no_hold_of_another_till)
{
    struct points_scene s;

    points_open(&s);
    cr_expect(points_hold(&s, &s.other, "one", "M1", 300, "granted"));
    points_begin_epoch(&s, &s.till);
    points_record(&s, &s.till, "hold_voided", "{\"hold\":\"one\",\"reason\":\"restart\"}");
    cr_expect_eq(points_available(&s, "M1"), 700);
    points_close(&s);
}

static void list_coupon(struct points_scene *s, const char *code)
{
    struct errmsg err = ERRMSG_INIT;
    int64_t change = 0;

    cr_assert_eq(store_begin(s->fixture.central->store, &err), ST_OK, "%s", err.text);
    cr_assert_eq(store_next_change(s->fixture.central->store, &change, &err), ST_OK, "%s", err.text);
    cr_assert_eq(STORE_RUN(s->fixture.central->store, STATEMENT_COUPON_PUT, &err, V_TEXT("demo"), V_TEXT(code),
                           V_INT(change), V_TEXT(""), V_TEXT(""), V_INT(1), V_TEXT(""), V_TEXT("")),
                 ST_OK);
    cr_assert_eq(store_end(s->fixture.central->store, ST_OK, &err), ST_OK, "%s", err.text);
}

Test(central_new_epoch, ends_what_was_claimed_in_the_one_before)
{
    struct points_scene s;

    points_open(&s);
    list_coupon(&s, "one");
    list_coupon(&s, "two");
    cr_expect(points_claim(&s, &s.till, "a", "one", "granted"));
    cr_expect(points_claim(&s, &s.till, "a", "two", "granted"));
    points_begin_epoch(&s, &s.till);
    cr_expect(points_claim(&s, &s.other, "b", "one", "being used at another till"));
    points_record(&s, &s.till, "claim_voided", "{\"code\":\"one\",\"sale_id\":\"a\"}");
    cr_expect(points_claim(&s, &s.other, "c", "one", "granted"));
    cr_expect(points_claim(&s, &s.other, "c", "two", "being used at another till"), "that one is not given up");
    points_record(&s, &s.till, "void", "{\"sale_id\":\"a\",\"reason\":\"left\"}");
    cr_expect(points_claim(&s, &s.other, "d", "two", "granted"));
    points_close(&s);
}

static void days_pass(struct points_scene *s, int days)
{
    struct errmsg err = ERRMSG_INIT;

    s->fixture.now.wall_ms += days * (int64_t)SCENE_DAY_MS;
    cr_assert_eq(coupon_give_up_lost(s->fixture.central, &err), ST_OK, "%s", err.text);
}

/* Nobody ever says what became of a sale whose till's disk was put back to an older image, or is silent for ever. */
Test(central_new_epoch, gives_up_what_was_claimed_and_is_heard_of_no_more)
{
    struct points_scene s;

    points_open(&s);
    list_coupon(&s, "gone");
    list_coupon(&s, "lost");
    list_coupon(&s, "live");
    cr_expect(points_claim(&s, &s.till, "a", "gone", "granted"));
    cr_expect(points_claim(&s, &s.other, "b", "lost", "granted"));
    points_begin_epoch(&s, &s.till);
    cr_expect(points_claim(&s, &s.till, "c", "live", "granted"));
    days_pass(&s, COUPON_LOST_DAYS);
    cr_expect(points_claim(&s, &s.till, "d", "gone", "being used at another till"), "not yet");
    s.fixture.now.wall_ms += 1000;
    points_record(&s, &s.till, "keyed_entry", "{}"); /* the one is heard of, the other is not */
    days_pass(&s, 0);
    cr_expect(points_claim(&s, &s.till, "f", "gone", "granted"));
    cr_expect(points_claim(&s, &s.till, "f", "lost", "granted"));
    cr_expect(points_claim(&s, &s.other, "e", "live", "being used at another till"), "its till sells on");
    points_close(&s);
}

/* It tells a central that was put back what the till may spend, and is carried when that is not acked yet. */
Test(central_new_epoch, tells_again_of_a_lease_that_is_set_aside)
{
    static const char holdings[] =
        "{\"incarnation\":\"00000000000000aa\",\"leases\":[{\"id\":\"L1\",\"member\":\"M1\",\"currency\":\"bonus\","
        "\"granted\":300,\"used\":100,\"expires_unix_ms\":4000000000000}],\"holds\":[]}";
    struct points_scene s;

    points_open(&s);
    points_record(&s, &s.till, "holdings", holdings);
    cr_expect_eq(points_sums(&s, "M1").leased, 200);
    points_begin_epoch(&s, &s.till);
    points_record(&s, &s.till, "holdings", holdings);
    cr_expect_eq(points_sums(&s, "M1").leased, 200, "once");
    points_record(&s, &s.other, "holdings", holdings); /* a copy of that till, under a name of its own */
    cr_expect_eq(points_sums(&s, "M1").leased, 200, "once");
    points_close(&s); /* no dead letters */
}

/* What the row of M1 says to hold of the till's records; -1: it is not told. */
static int64_t told_seq(struct points_scene *s, char cursor[POINTS_CURSOR_TEXT])
{
    struct cJSON *root = points_updates(&s->fixture, &s->till, cursor, NULL);
    const struct cJSON *row;
    int64_t seq = -1;

    cJSON_ArrayForEach(row, cJSON_GetObjectItemCaseSensitive(root, "members"))
        cr_expect_eq(json_int(row, "seq", 0, JSON_INT_MAX, &seq, NULL), ST_OK);
    cJSON_Delete(root);
    return seq;
}

/* The till shows the row and, on top of it, what it wrote since: it must hear that this record is no more of those.
 */
Test(central_new_epoch, tells_members_again_of_whom_a_record_cannot_be_booked)
{
    char cursor[POINTS_CURSOR_TEXT] = "";
    struct points_scene s;

    points_open(&s);
    points_sale(&s, &s.till, "a", "M1", 10, 0, "");
    cr_expect_eq(told_seq(&s, cursor), 1);
    strbuf_clear(&s.batch);
    till_record(&s.till, "return", "{\"return_id\":\"r\",\"member\":\"M1\"}", &s.batch);
    cr_assert_eq(till_post(&s.fixture, &s.till, &s.batch, &s.answer), 200);
    cr_expect_eq(total(&s.fixture, "dead_letters"), 1);
    cr_expect_eq(told_seq(&s, cursor), 2);
    strbuf_clear(&s.batch);
    till_record(&s.till, "return", "{\"return_id\":\"r\",\"member\":\"nobody\"}", &s.batch);
    cr_assert_eq(till_post(&s.fixture, &s.till, &s.batch, &s.answer), 200);
    cr_expect_eq(told_seq(&s, cursor), -1, "nobody is not made by it");
    cr_expect_eq(total(&s.fixture, "dead_letters"), 2);
    fixture_close(&s.fixture);
    strbuf_free(&s.answer);
    strbuf_free(&s.batch);
    till_clear(&s.other);
    till_clear(&s.till);
}
