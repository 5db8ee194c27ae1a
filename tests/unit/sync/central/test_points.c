/* SPDX-License-Identifier: Apache-2.0 */
/* Points by lot, holds, coupons: what is there, what is promised, what was given too often. */
#include <cjson/cJSON.h>
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "points_scene.h"
#include "sync/central/coupon.h"
#include "sync/central/hold.h"
#include "sync/central/ledger.h"
#include "sync/central/report.h"

Test(central_points, become_active_and_expire_by_lot)
{
    struct points_scene s;

    points_open(&s);
    points_rule(&s, 14, 30, 0, 0, 0);
    points_sale(&s, &s.till, "a", "M1", 500, 0, "");
    cr_expect_eq(points_sums(&s, "M1").posted, 1500);
    cr_expect_eq(points_available(&s, "M1"), 1000, "not active yet");
    cr_expect(points_hold(&s, &s.till, "h", "M1", 1001, "refused"));
    s.fixture.now.wall_ms += 14 * (int64_t)SCENE_DAY_MS;
    cr_expect_eq(points_available(&s, "M1"), 1500);
    points_sale(&s, &s.till, "b", "M1", 0, 200, "");
    cr_expect_eq(points_available(&s, "M1"), 1300);
    s.fixture.now.wall_ms += 30 * (int64_t)SCENE_DAY_MS;
    cr_expect_eq(points_available(&s, "M1"), 1000, "spent first is what expires first");
    points_expire(&s);
    cr_expect_eq(points_sums(&s, "M1").posted, 1000);
    points_expire(&s);
    cr_expect_eq(points_sums(&s, "M1").posted, 1000, "once");
    points_close(&s);
}

Test(central_points, that_wait_are_told_with_how_long)
{
    struct points_scene s;
    char cursor[POINTS_CURSOR_TEXT] = "";
    struct strbuf body = STRBUF_INIT(1024 * 1024);

    points_open(&s);
    points_rule(&s, 14, 30, 0, 0, 0);
    points_sale(&s, &s.till, "a", "M1", 500, 0, "");
    cJSON_Delete(points_updates(&s.fixture, &s.till, cursor, &body));
    cr_expect_not_null(strstr(strbuf_text(&body),
                              "{\"id\":\"bonus.delay\",\"currency\":\"bonus\",\"amount\":0,\"activation_days\":14}"),
                       "%s", strbuf_text(&body));
    points_rule(&s, 0, 30, 0, 0, 0);
    points_sale(&s, &s.till, "b", "M1", 500, 0, "");
    cJSON_Delete(points_updates(&s.fixture, &s.till, cursor, &body));
    cr_expect_not_null(strstr(strbuf_text(&body), "\"lots\""));
    cr_expect_null(strstr(strbuf_text(&body), "activation_days"), "%s", strbuf_text(&body));
    strbuf_free(&body);
    points_close(&s);
}

Test(central_points, never_expire_while_a_hold_has_promised_them)
{
    struct points_scene s;

    points_open(&s);
    points_rule(&s, 0, 30, 0, 0, 0);
    points_sale(&s, &s.till, "a", "M1", 500, 0, "");
    cr_expect(points_hold(&s, &s.till, "h", "M1", 1400, "granted"));
    s.fixture.now.wall_ms += 31 * (int64_t)SCENE_DAY_MS;
    points_expire(&s);
    cr_expect_eq(points_sums(&s, "M1").posted, 1400);
    points_sale(&s, &s.till, "b", "M1", 0, 1400, ",\"holds\":[\"h\"]");
    cr_expect_eq(points_sums(&s, "M1").posted, 0);
    cr_expect_eq(points_sums(&s, "M1").held, 0);
    points_close(&s);
}

/* A sale of a till that takes that for the day. */
static void sale_on(struct points_scene *s, const char *date, int earned)
{
    char body[2048];

    snprintf(body, sizeof(body),
             "{\"sale\":{\"sale_id\":\"on-%s\",\"store\":{\"id\":\"S12\"},\"till\":\"3\",\"at\":\"%sT12:00:00Z\","
             "\"business_date\":\"%s\",\"lines\":[],\"member\":{\"id\":\"M1\"}},\"result\":{\"sale_id\":\"on-%s\","
             "\"gross_minor\":0,\"discount_minor\":0,\"redeemed_minor\":0,\"total_minor\":0,\"lines\":[],"
             "\"adjustments\":[],\"coupons\":[],\"points\":[{\"currency\":\"bonus\",\"earned\":%d,\"redeemed\":0,"
             "\"cost\":0,\"by\":[]}],\"digest\":\"%064d\"},\"bundle\":\"\",\"identifier\":\"\"}",
             date, date, date, date, earned, 0);
    points_record(s, &s->till, "sale", body);
}

Test(central_points, of_a_till_whose_clock_is_years_off_live_as_long_as_others)
{
    struct points_scene s;

    points_open(&s);
    points_rule(&s, 0, 30, 0, 0, 0);
    sale_on(&s, "2016-11-22", 100);
    sale_on(&s, "2036-11-22", 200);
    s.fixture.now.wall_ms += 29 * (int64_t)SCENE_DAY_MS;
    points_expire(&s);
    cr_expect_eq(points_available(&s, "M1"), 1300);
    s.fixture.now.wall_ms += 2 * (int64_t)SCENE_DAY_MS;
    points_expire(&s);
    cr_expect_eq(points_available(&s, "M1"), 1000);
    points_close(&s);
}

Test(central_points, a_wrong_clock_earns_as_of_today)
{
    struct points_scene s;

    points_open(&s);
    points_rule(&s, 0, 30, 0, 0, 0);
    s.fixture.now.wall_ms += 4000 * (int64_t)SCENE_DAY_MS;
    points_sale(&s, &s.till, "a", "M1", 1, 0, "");
    s.fixture.now.wall_ms -= 3000 * (int64_t)SCENE_DAY_MS;
    points_sale(&s, &s.till, "b", "M1", 500, 0, "");
    s.fixture.now.wall_ms += 29 * (int64_t)SCENE_DAY_MS;
    cr_expect_eq(points_available(&s, "M1"), 1501);
    points_close(&s);
}

Test(central_points, beyond_the_balance_post_block_redemption_and_are_earned_back)
{
    struct points_scene s;

    points_open(&s);
    points_rule(&s, 14, 30, 0, 0, 0);
    points_sale(&s, &s.till, "a", "M1", 0, 1300, "");
    cr_expect_eq(points_sums(&s, "M1").posted, -300);
    cr_expect(points_hold(&s, &s.till, "h1", "M1", 1, "refused"));
    points_sale(&s, &s.till, "b", "M1", 200, 0, "");
    cr_expect_eq(points_sums(&s, "M1").posted, -100, "netted at once, active or not");
    cr_expect_eq(points_sums(&s, "M1").active, -100);
    points_sale(&s, &s.till, "c", "M1", 200, 0, "");
    cr_expect_eq(points_sums(&s, "M1").posted, 100);
    cr_expect_eq(points_available(&s, "M1"), 0, "the rest waits to become active");
    s.fixture.now.wall_ms += 14 * (int64_t)SCENE_DAY_MS;
    cr_expect(points_hold(&s, &s.till, "h2", "M1", 100, "granted"), "no longer overdrawn");
    points_close(&s);
}

Test(central_holds, are_kept_by_no_clock_and_ended_by_their_till_alone)
{
    struct points_scene s;
    struct device device;
    struct answer answer = ANSWER_INIT;

    points_open(&s);
    cr_expect(points_hold(&s, &s.till, "h", "M1", 1000, "granted"));
    cr_expect(points_hold(&s, &s.till, "h", "M1", 1000, "granted"), "asked again it is the same one");
    cr_expect_eq(points_sums(&s, "M1").held, 1000);
    s.fixture.now.wall_ms += 3650 * (int64_t)SCENE_DAY_MS;
    points_expire(&s);
    cr_expect(points_hold(&s, &s.other, "x", "M1", 1, "refused"), "a hold is released by no timer");
    points_record(&s, &s.other, "hold_voided", "{\"hold\":\"h\",\"reason\":\"void\"}");
    cr_expect_eq(points_sums(&s, "M1").held, 1000, "another till's word does not end it");
    points_load(&s, &s.till, &device);
    hold_void_answer(s.fixture.central, &device, "{\"hold\":\"h\"}", 12, &answer);
    cr_expect(has_text(&answer.body, "\"state\":\"voided\""));
    cr_expect_eq(points_sums(&s, "M1").held, 0);
    points_record(&s, &s.till, "hold_voided", "{\"hold\":\"h\",\"reason\":\"void\"}");
    cr_expect_eq(points_sums(&s, "M1").held, 0);
    strbuf_clear(&answer.body);
    hold_void_answer(s.fixture.central, &device, "{\"hold\":\"a b\"}", 14, &answer);
    cr_expect_eq(answer.status, 400);
    strbuf_free(&answer.body);
    points_close(&s);
}

static void use_coupon(struct points_scene *s, struct fake_till *till, const char *sale_id, const char *code)
{
    char body[1024];

    snprintf(
        body, sizeof(body),
        "{\"sale\":{\"sale_id\":\"%s\",\"store\":{\"id\":\"S12\"},\"till\":\"3\",\"at\":\"2026-11-22T12:00:00Z\","
        "\"business_date\":\"2026-11-22\",\"lines\":[]},\"result\":{\"sale_id\":\"%s\",\"gross_minor\":0,"
        "\"discount_minor\":0,\"redeemed_minor\":0,\"total_minor\":0,\"lines\":[],\"adjustments\":[],"
        "\"coupons\":[{\"code\":\"%s\",\"state\":\"applied\"}],\"points\":[],\"digest\":\"%064d\"},"
        "\"bundle\":\"\",\"identifier\":\"\"}",
        sale_id, sale_id, code, 0);
    points_record(s, till, "sale", body);
}

static bool notices_say(struct points_scene *s, const char *text)
{
    struct errmsg err = ERRMSG_INIT;
    struct strbuf out = STRBUF_INIT(1024 * 1024);
    struct json_writer w = JSON_WRITER_INIT(&out);
    bool says;

    cr_assert_eq(report_notices(s->fixture.central, &w, &err), ST_OK);
    says = has_text(&out, text);
    strbuf_free(&out);
    return says;
}

Test(central_coupons, are_claimed_once_used_twice_they_post_and_are_told)
{
    struct points_scene s;
    struct errmsg err = ERRMSG_INIT;

    points_open(&s);
    cr_assert_eq(STORE_RUN(s.fixture.central->store, STATEMENT_COUPON_PUT, &err, V_TEXT("demo"), V_TEXT("abc1"),
                           V_INT(1), V_TEXT("M1"), V_TEXT(""), V_INT(1), V_TEXT(""), V_TEXT("")),
                 ST_OK);
    cr_expect(points_claim(&s, &s.till, "a", "ABC-1", "granted"));
    cr_expect(points_claim(&s, &s.till, "a", "abc1", "granted"), "asked again it is the same claim");
    cr_expect(points_claim(&s, &s.other, "b", "ABC1", "being used at another till"));
    points_record(&s, &s.till, "void", "{\"sale_id\":\"a\",\"reason\":\"void\"}");
    cr_expect(points_claim(&s, &s.other, "c", "ABC1", "granted"), "a void frees it");
    points_record(&s, &s.other, "claim_asked", "{\"code\":\"abc1\",\"sale_id\":\"c\"}");
    points_record(&s, &s.other, "claim_voided", "{\"code\":\"abc1\",\"sale_id\":\"c\"}");
    cr_expect(points_claim(&s, &s.other, "c", "ABC1", "ended"), "given up, and asked late");
    cr_expect(points_claim(&s, &s.till, "a2", "ABC1", "granted"), "free for another");
    points_record(&s, &s.till, "claim_voided", "{\"code\":\"abc1\",\"sale_id\":\"a2\"}");
    points_record(&s, &s.other, "claim_voided", "{\"code\":\"abc1\",\"sale_id\":\"c2\"}");
    cr_expect(points_claim(&s, &s.other, "c2", "ABC1", "ended"), "the record was faster than the question");
    use_coupon(&s, &s.other, "c", "ABC1");
    cr_expect(points_claim(&s, &s.till, "d", "ABC1", "used before"));
    cr_expect_not(notices_say(&s, "duplicate_coupon"));
    use_coupon(&s, &s.till, "d", "ABC1");
    cr_expect(notices_say(&s, "duplicate_coupon: abc1 was used 2 times, 1 are allowed; last by sale d"));
    cr_expect_eq(total(&s.fixture, "sales"), 2);
    cr_expect(points_claim(&s, &s.till, "d", "OTHER", "the sale is over"));
    cr_expect(points_claim(&s, &s.till, "e", "NEVER-LISTED", "granted"), "what nothing bounds");
    cr_expect(points_claim(&s, &s.till, "e f", "x", "bad_request"));
    points_close(&s);
}

Test(central_coupons, that_the_rules_alone_bound_are_claimed_once_too)
{
    struct points_scene s;
    struct answer answer = ANSWER_INIT;
    struct device device;
    char text[128];

    points_open(&s);
    for (int i = 0; i < 2; i++) {
        points_load(&s, i ? &s.other : &s.till, &device);
        (void)snprintf(text, sizeof(text), "{\"code\":\"only\",\"sale_id\":\"%s\",\"uses_max\":1}", i ? "b" : "a");
        strbuf_clear(&answer.body);
        coupon_claim_answer(s.fixture.central, &device, text, strlen(text), &answer);
        cr_expect(has_text(&answer.body, i ? "being used at another till" : "granted"));
    }
    strbuf_free(&answer.body);
    points_close(&s);
}
