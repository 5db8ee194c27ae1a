/* SPDX-License-Identifier: Apache-2.0 */
/* What lies between a record's being accepted and its being booked. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "journal_scene.h"
#include "sync/central/counting.h"
#include "sync/central/hold.h"
#include "sync/central/interpret_return.h"
#include "sync/central/updates.h"

static int send(struct journal_scene *s)
{
    return till_send(&s->fixture, &s->till, &s->batch, &s->answer);
}

static int64_t step(struct journal_scene *s)
{
    struct errmsg err = ERRMSG_INIT;
    int64_t count = -2;

    OK(counting_step(s->fixture.central, &count, &err));
    return count;
}

static void shifts(struct fake_till *till, int count, struct strbuf *out)
{
    char body[64];

    for (int i = 0; i < count; i++) {
        snprintf(body, sizeof(body), "{\"shift\":\"s%d\",\"state\":\"open\"}", i);
        till_record(till, "shift", body, out);
    }
}

static void load(struct journal_scene *s, const struct fake_till *till, struct device *out)
{
    struct errmsg err = ERRMSG_INIT;

    OK(device_load(s->fixture.central, till->dev_hex, out, &err));
}

Test(central_counting, a_record_is_acked_before_it_is_booked)
{
    struct journal_scene s;
    struct device device;

    journal_scene_open(&s);
    till_sale(&s.fixture, &s.till, "sale-1", SCENE_MEMBER, "", 10000, &s.batch);
    cr_assert_eq(send(&s), 200, "%s", s.answer.data);
    cr_expect_eq(answer_int(&s.answer, "acked"), 1);
    cr_expect_eq(answer_int(&s.answer, "counted"), 0);
    cr_expect_eq(total(&s.fixture, "records"), 1);
    cr_expect_eq(total(&s.fixture, "sales"), 0);
    cr_expect_eq(step(&s), 1);
    cr_expect_eq(step(&s), 0);
    load(&s, &s.till, &device);
    cr_expect_eq(device.counted, 1);
    cr_expect_eq(total(&s.fixture, "sales"), 1);
    cr_expect_eq(total_points(&s.fixture, "earned"), 90);
    journal_scene_close(&s);
}

/* Its points are posted before its leases are looked at. */
Test(central_counting, a_record_that_fails_half_way_leaves_nothing_of_itself)
{
    static const char bad[] =
        "{\"sale\":{\"sale_id\":\"bad\",\"store\":{\"id\":\"S12\"},\"till\":\"3\",\"at\":\"2026-11-22T12:00:00Z\","
        "\"business_date\":\"2026-11-22\",\"lines\":[],\"member\":{\"id\":\"M1\"}},\"result\":{\"sale_id\":\"bad\","
        "\"gross_minor\":0,\"discount_minor\":0,\"redeemed_minor\":0,\"total_minor\":0,\"lines\":[],\"adjustments\":[],"
        "\"coupons\":[],\"points\":[{\"currency\":\"bonus\",\"earned\":500,\"redeemed\":0,\"cost\":0,\"by\":[]}],\"digest\":"
        "\"0000000000000000000000000000000000000000000000000000000000000000\"},\"bundle\":\"\",\"identifier\":\"\","
        "\"leases\":[{\"id\":\"x\",\"used\":-1}]}";
    struct errmsg err = ERRMSG_INIT;
    struct journal_scene s;

    journal_scene_open(&s);
    till_sale(&s.fixture, &s.till, "sale-1", SCENE_MEMBER, "", 10000, &s.batch);
    till_record(&s.till, "sale", bad, &s.batch);
    till_sale(&s.fixture, &s.till, "sale-2", SCENE_MEMBER, "", 10000, &s.batch);
    cr_assert_eq(send(&s), 200);
    OK(counting_run(s.fixture.central, &err));
    cr_expect_eq(total(&s.fixture, "dead_letters"), 1);
    cr_expect_eq(total(&s.fixture, "sales"), 2);
    cr_expect_eq(total_points(&s.fixture, "earned"), 180);
    cr_expect_eq(total_points(&s.fixture, "balance"), 1180);
    cr_expect(ledger_is_ok(&s.fixture));
    journal_scene_close(&s);
}

Test(central_counting, what_was_accepted_is_booked_once_by_whoever_comes_after)
{
    struct errmsg err = ERRMSG_INIT;
    struct journal_scene s;

    journal_scene_open(&s);
    till_sale(&s.fixture, &s.till, "sale-1", SCENE_MEMBER, "", 10000, &s.batch);
    cr_assert_eq(send(&s), 200);
    fixture_reopen(&s.fixture); /* ended between the two */
    cr_assert_eq(send(&s), 200);
    OK(counting_run(s.fixture.central, &err));
    fixture_reopen(&s.fixture);
    cr_assert_eq(send(&s), 200);
    OK(counting_run(s.fixture.central, &err));
    cr_expect_eq(total(&s.fixture, "sales"), 1);
    cr_expect_eq(total(&s.fixture, "dead_letters"), 0);
    cr_expect_eq(total_points(&s.fixture, "earned"), 90);
    cr_expect(ledger_is_ok(&s.fixture));
    journal_scene_close(&s);
}

Test(central_counting, tills_take_turns_and_a_transaction_is_bounded)
{
    struct journal_scene s;
    struct fake_till other;

    journal_scene_open(&s);
    fixture_together(&s.fixture);
    till_enrol_fresh(&s.fixture, &other, s.till.dev + 1);
    for (int i = 0; i < 5; i++) {
        strbuf_clear(&s.batch);
        shifts(&s.till, COUNTING_RECORDS_MAX / 5 + 10, &s.batch);
        cr_assert_eq(send(&s), 200, "%s", s.answer.data);
    }
    strbuf_clear(&s.batch);
    shifts(&other, 1, &s.batch);
    cr_assert_eq(till_send(&s.fixture, &other, &s.batch, &s.answer), 200);
    cr_expect_eq(step(&s), COUNTING_RECORDS_MAX);
    cr_expect_eq(step(&s), 1, "the other till does not wait for all of the first one's");
    cr_expect_eq(step(&s), 50);
    cr_expect_eq(step(&s), 0);
    till_clear(&other);
    journal_scene_close(&s);
}

/* Its record is damaged on the disk: that till stands still and is told of, the others go on. */
Test(central_counting, a_till_that_cannot_be_booked_does_not_stop_the_others)
{
    struct errmsg err = ERRMSG_INIT;
    struct journal_scene s;
    struct fake_till other;
    struct device device;
    int64_t count;

    journal_scene_open(&s);
    fixture_together(&s.fixture);
    till_enrol_fresh(&s.fixture, &other, s.till.dev + 1);
    shifts(&s.till, 1, &s.batch);
    cr_assert_eq(send(&s), 200);
    OK(STORE_RUN(s.fixture.central->store, STATEMENT_DEVICE_COUNTED, &err, V_TEXT(s.till.dev_hex), V_INT(-1),
                 V_INT(0)));
    strbuf_clear(&s.batch);
    shifts(&other, 2, &s.batch);
    cr_assert_eq(till_send(&s.fixture, &other, &s.batch, &s.answer), 200);
    cr_expect_eq(counting_step(s.fixture.central, &count, &err), ST_CORRUPT);
    cr_expect(strstr(err.text, s.till.dev_hex), "%s", err.text);
    cr_expect_eq(step(&s), 2);
    load(&s, &other, &device);
    cr_expect_eq(device.counted, 2);
    till_clear(&other);
    journal_scene_close(&s);
}

/* A till shows what the central counts: it is told of a record that changes no row as well, and once. */
Test(central_counting, a_till_hears_that_a_record_was_counted_which_changes_nothing)
{
    struct errmsg err = ERRMSG_INIT;
    struct journal_scene s;
    struct updates_cursor cursor = {.phase = UPDATES_CHANGES};
    struct device device;
    bool waiting;

    journal_scene_open(&s);
    OK(store_last_change(s.fixture.central->store, &cursor.after, &err));
    load(&s, &s.till, &device);
    OK(updates_waiting(s.fixture.central, &device, &cursor, &waiting, &err));
    cr_expect_not(waiting);
    shifts(&s.till, 1, &s.batch);
    cr_assert_eq(send(&s), 200);
    load(&s, &s.till, &device);
    OK(updates_waiting(s.fixture.central, &device, &cursor, &waiting, &err));
    cr_expect_not(waiting, "it is accepted and not counted");
    cr_expect_eq(step(&s), 1);
    load(&s, &s.till, &device);
    OK(updates_waiting(s.fixture.central, &device, &cursor, &waiting, &err));
    cr_expect(waiting);
    OK(store_last_change(s.fixture.central->store, &cursor.after, &err));
    OK(updates_waiting(s.fixture.central, &device, &cursor, &waiting, &err));
    cr_expect_not(waiting);
    journal_scene_close(&s);
}

/* ---- questions ---- */

static int ask_hold(struct journal_scene *s, const char *body, struct strbuf *out)
{
    struct answer answer = ANSWER_INIT;
    struct device device;

    load(s, &s->till, &device);
    hold_answer(s->fixture.central, &device, body, strlen(body), &answer);
    strbuf_clear(out);
    strbuf_add(out, strbuf_text(&answer.body), answer.body.len);
    strbuf_free(&answer.body);
    return answer.status;
}

static int ask_sale(struct journal_scene *s, const char *sale_id, struct strbuf *out)
{
    struct answer answer = ANSWER_INIT;
    struct device device;

    load(s, &s->till, &device);
    return_sale_answer(s->fixture.central, &device, sale_id, &answer);
    strbuf_clear(out);
    strbuf_add(out, strbuf_text(&answer.body), answer.body.len);
    strbuf_free(&answer.body);
    return answer.status;
}

Test(central_counting, a_question_right_after_the_ack_is_answered_with_it)
{
    struct journal_scene s;

    journal_scene_open(&s);
    till_sale(&s.fixture, &s.till, "sale-1", SCENE_MEMBER, "", 10000, &s.batch);
    cr_assert_eq(send(&s), 200);
    /* 1,000 he had, 90 are of that sale. */
    cr_assert_eq(ask_hold(&s,
                          "{\"hold\":\"h1\",\"sale_id\":\"sale-2\",\"member\":\"M1\",\"currency\":\"bonus\","
                          "\"amount\":1090}",
                          &s.answer),
                 200);
    cr_expect(has_text(&s.answer, "\"state\":\"granted\""), "%s", s.answer.data);
    strbuf_clear(&s.batch);
    till_sale(&s.fixture, &s.till, "sale-3", SCENE_MEMBER, "", 10000, &s.batch);
    cr_assert_eq(send(&s), 200);
    cr_assert_eq(ask_sale(&s, "sale-3", &s.answer), 200);
    cr_expect(has_text(&s.answer, "\"sale_id\":\"sale-3\""), "%s", s.answer.data);
    journal_scene_close(&s);
}

/* "No such sale" is said only when none can be among those that wait. */
Test(central_counting, behind_a_backlog_a_sale_is_not_said_to_be_unknown)
{
    struct errmsg err = ERRMSG_INIT;
    struct journal_scene s;

    journal_scene_open(&s);
    for (int i = 0; i < 2; i++) {
        strbuf_clear(&s.batch);
        shifts(&s.till, COUNTING_BEFORE_QUESTION - 1, &s.batch);
        cr_assert_eq(send(&s), 200, "%s", s.answer.data);
    }
    cr_expect_eq(ask_sale(&s, "nobody", &s.answer), 503, "%s", s.answer.data);
    OK(counting_run(s.fixture.central, &err));
    cr_expect_eq(ask_sale(&s, "nobody", &s.answer), 200);
    cr_expect(has_text(&s.answer, "\"sale\":null"), "%s", s.answer.data);
    journal_scene_close(&s);
}

Test(central_counting, a_till_begins_no_other_history_before_its_last_one_is_booked)
{
    struct errmsg err = ERRMSG_INIT;
    struct journal_scene s;
    struct fake_till anew;
    char code[16];

    journal_scene_open(&s);
    till_sale(&s.fixture, &s.till, "sale-1", SCENE_MEMBER, "", 10000, &s.batch);
    cr_assert_eq(send(&s), 200);
    till_init(&anew, s.till.dev, s.till.epoch + 1);
    fixture_code(&s.fixture, "3", code);
    cr_expect_eq(till_enrol(&s.fixture, &anew, code), 503);
    OK(counting_run(s.fixture.central, &err));
    cr_expect_eq(till_enrol(&s.fixture, &anew, code), 200, "the code is good still");
    cr_expect_eq(total(&s.fixture, "sales"), 1);
    till_clear(&anew);
    journal_scene_close(&s);
}
