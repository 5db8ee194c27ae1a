/* SPDX-License-Identifier: Apache-2.0 */
/* Returns in the books: points back, compared, more than was sold, and what a till is told of a sale. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "agent/base/hex.h"
#include "agent/engine/engine.h"
#include "journal_scene.h"
#include "sync/central/hold.h"
#include "sync/central/interpret_return.h"
#include "sync/central/member.h"

/* The till sold to the member: 90.00 paid, 90 points. */
static void scene_open(struct journal_scene *s)
{
    journal_scene_open(s);
    till_sale(&s->fixture, &s->till, "sale-1", SCENE_MEMBER, "", 10000, &s->batch);
    cr_assert_eq(journal_scene_post(s), 200);
    strbuf_clear(&s->batch);
}

/* Sends the record of a return of the one line. */
static void send_return(struct journal_scene *s, const char *id, const char *sale, const char *earlier, int refund,
                        int taken)
{
    char body[1024];

    snprintf(body, sizeof body,
             "{\"return_id\":\"%s\",\"sale_id\":\"%s\",\"policy\":\"as_paid\",\"business_date\":\"2026-11-23\","
             "\"member\":\"M1\","
             "\"result\":{\"coupons_released\":[],\"lines\":[{\"line\":1,\"qty_milli\":1000,\"refund_minor\":%d}],"
             "\"points\":[{\"currency\":\"bonus\",\"given_back\":0,\"taken_back\":%d}],\"refund_minor\":%d,\"return_"
             "id\":\"%s\"},"
             "\"earlier\":[%s]}",
             id, sale, refund, taken, refund, id, earlier);
    strbuf_clear(&s->batch);
    till_record(&s->till, "return", body, &s->batch);
    cr_assert_eq(journal_scene_post(s), 200, "%s", strbuf_text(&s->answer));
}

Test(central_returns, take_points_back_and_are_worked_out_again)
{
    struct journal_scene s;

    scene_open(&s);
    cr_expect_eq(total_points(&s.fixture, "balance"), 1090);
    send_return(&s, "r1", "sale-1", "", 9000, 90);
    cr_expect_eq(total_points(&s.fixture, "balance"), 1000);
    cr_expect_eq(total_points(&s.fixture, "taken_back"), 90);
    cr_expect_eq(total_points(&s.fixture, "earned"), 90, "what was earned stays told as earned");
    cr_expect_eq(total(&s.fixture, "returns"), 1);
    cr_expect_eq(total(&s.fixture, "refund_minor"), 9000);
    cr_expect_eq(total(&s.fixture, "differences"), 0);
    cr_expect_eq(total(&s.fixture, "dead_letters"), 0);
    cr_expect(ledger_is_ok(&s.fixture));
    journal_scene_close(&s);
}

Test(central_returns, another_refund_is_reported_and_booked_as_it_was)
{
    struct journal_scene s;

    scene_open(&s);
    send_return(&s, "r1", "sale-1", "", 10000, 90);
    cr_expect_eq(total(&s.fixture, "differences"), 1);
    cr_expect_eq(total(&s.fixture, "refund_minor"), 10000);
    cr_expect_eq(total_points(&s.fixture, "balance"), 1000);
    journal_scene_close(&s);
}

static int64_t notices(struct journal_scene *s)
{
    struct rows *rows;
    int64_t count = 0;

    cr_assert_eq(STORE_SELECT(s->fixture.central->store, STATEMENT_NOTICE_LIST, &rows, NULL, V_INT(100)), ST_OK);
    while (rows_next(rows))
        count += strstr(rows_text(rows, 3), "gave back too much") != NULL;
    cr_assert_eq(rows_end(rows, NULL), ST_OK);
    return count;
}

Test(central_returns, at_two_tills_without_a_link_raise_a_notice)
{
    struct journal_scene s;

    scene_open(&s);
    send_return(&s, "r1", "sale-1", "", 9000, 90);
    cr_expect_eq(notices(&s), 0);
    send_return(&s, "r2", "sale-1", "", 9000, 90); /* knew of no other */
    cr_expect_eq(notices(&s), 1);
    cr_expect_eq(total(&s.fixture, "differences"), 0, "each till worked it out right by what it knew");
    cr_expect_eq(total_points(&s.fixture, "balance"), 910, "always posted");
    cr_expect(ledger_is_ok(&s.fixture));
    journal_scene_close(&s);
}

/* ---- a card that got its member after the sale ---- */

/* The till knew nobody: its record names no member, and no points. */
static void send_anonymous(struct journal_scene *s, const char *id, int refund)
{
    char body[512];

    snprintf(body, sizeof body,
             "{\"return_id\":\"%s\",\"sale_id\":\"sale-1\",\"policy\":\"as_paid\",\"business_date\":\"2026-11-23\","
             "\"member\":\"\",\"result\":{\"coupons_released\":[],\"lines\":[],\"points\":[],\"refund_minor\":%d,"
             "\"return_id\":\"%s\"},\"earlier\":[]}",
             id, refund, id);
    strbuf_clear(&s->batch);
    till_record(&s->till, "return", body, &s->batch);
    cr_assert_eq(journal_scene_post(s), 200, "%s", strbuf_text(&s->answer));
}

/* A sale that came to 90.00, with a card of that number, of which the till knew nothing. */
static void sell_with_card(struct journal_scene *s, const char *card)
{
    char hash[IDENTIFIER_HASH_TEXT];
    struct crypto_part part = {card, strlen(card)};
    uint8_t mac[CRYPTO_MAC_BYTES];

    journal_scene_open(s);
    crypto_hmac(s->till.id_key, &part, 1, mac);
    hex_encode(mac, 16, hash);
    till_sale(&s->fixture, &s->till, "sale-1", NULL, hash, 10000, &s->batch);
    cr_assert_eq(journal_scene_post(s), 200);
}

Test(central_returns, take_back_what_was_earned_after_the_sale)
{
    struct journal_scene s;

    sell_with_card(&s, "card:2900000012345");
    cr_expect_eq(total_points(&s.fixture, "earned_later"), 90);
    send_anonymous(&s, "r1", 3600);
    cr_expect_eq(total_points(&s.fixture, "taken_back"), 36, "two fifths of the money, of the points");
    send_anonymous(&s, "r2", 2955);
    cr_expect_eq(total_points(&s.fixture, "taken_back"), 66, "65.55 of 90.00 are back by now");
    send_anonymous(&s, "r3", 2445);
    cr_expect_eq(total_points(&s.fixture, "taken_back"), 90, "to the last one");
    cr_expect_eq(total_points(&s.fixture, "balance"), 1000);
    cr_expect(ledger_is_ok(&s.fixture));
    journal_scene_close(&s);
}

Test(central_returns, before_the_card_got_its_member_leave_less_to_earn)
{
    struct journal_scene s;

    sell_with_card(&s, "card:77");
    send_anonymous(&s, "r1", 3600);
    cr_expect_eq(total_points(&s.fixture, "taken_back"), 0, "nobody has earned yet");
    fixture_import(&s.fixture, "member,card\nM7,77\n");
    cr_expect_eq(total_points(&s.fixture, "earned_later"), 90);
    cr_expect_eq(total_points(&s.fixture, "taken_back"), 36);
    send_anonymous(&s, "r2", 5400);
    cr_expect_eq(total_points(&s.fixture, "taken_back"), 90);
    cr_expect(ledger_is_ok(&s.fixture));
    journal_scene_close(&s);
}

Test(central_returns, of_a_sale_not_known_here_are_booked_and_reported)
{
    struct journal_scene s;

    scene_open(&s);
    send_return(&s, "r1", "other", "", 500, 5);
    cr_expect_eq(total(&s.fixture, "returns"), 1);
    cr_expect_eq(total(&s.fixture, "differences"), 1);
    cr_expect_eq(total_points(&s.fixture, "balance"), 1085);
    send_return(&s, "r1", "sale-1", "", 9000, 90);
    cr_expect_eq(total(&s.fixture, "dead_letters"), 1, "one id, two returns");
    journal_scene_close(&s);
}

Test(central_returns, release_the_coupon_they_name)
{
    struct journal_scene s;
    struct rows *rows;
    struct errmsg err = ERRMSG_INIT;
    char body[] = "{\"return_id\":\"r1\",\"sale_id\":\"\",\"policy\":\"unreferenced\",\"member\":\"\",\"result\":{"
                  "\"coupons_released\":"
                  "[\"Spring-10\"],\"lines\":[],\"points\":[],\"refund_minor\":0,\"return_id\":\"r1\"}}";
    int64_t uses = -1;

    scene_open(&s);
    cr_assert_eq(store_begin(s.fixture.central->store, &err), ST_OK);
    cr_assert_eq(usage_count(s.fixture.central, "demo", "coupon:spring10", &err), ST_OK);
    cr_assert_eq(store_commit(s.fixture.central->store, &err), ST_OK);
    till_record(&s.till, "return", body, &s.batch);
    cr_assert_eq(journal_scene_post(&s), 200);
    cr_assert_eq(STORE_SELECT(s.fixture.central->store, STATEMENT_CHANGE_LIST, &rows, NULL, V_TEXT("demo"),
                              V_TEXT(""), V_INT(0), V_INT(1000), V_TEXT("")),
                 ST_OK);
    while (rows_next(rows)) {
        if (strcmp(rows_text(rows, 2), "coupon:spring10") == 0)
            uses = rows_int(rows, 3);
    }
    cr_assert_eq(rows_end(rows, NULL), ST_OK);
    cr_expect_eq(uses, 0);
    journal_scene_close(&s);
}

Test(central_returns, a_till_is_told_of_the_sale_and_what_came_back)
{
    struct journal_scene s;
    struct device device;
    struct errmsg err = ERRMSG_INIT;
    struct answer answer = ANSWER_INIT;

    scene_open(&s);
    send_return(&s, "r1", "sale-1", "", 9000, 90);
    cr_assert_eq(device_load(s.fixture.central, s.till.dev_hex, &device, &err), ST_OK);
    return_sale_answer(s.fixture.central, &device, "sale-1", &answer);
    cr_expect_eq(answer.status, 200);
    cr_expect(has_text(&answer.body, "{\"sale\":{\"member\":\"M1\",\"body\":{\"sale\":{\"sale_id\":\"sale-1\""), "%s",
              strbuf_text(&answer.body));
    cr_expect(has_text(&answer.body, "\"return_id\":\"r1\""));
    strbuf_clear(&answer.body);
    return_sale_answer(s.fixture.central, &device, "nobody", &answer);
    cr_expect_str_eq(strbuf_text(&answer.body), "{\"sale\":null}");
    strbuf_free(&answer.body);
    journal_scene_close(&s);
}

/* ---- holds ---- */

static bool hold_says(struct journal_scene *s, const char *body, const char *state)
{
    struct device device;
    struct errmsg err = ERRMSG_INIT;
    struct answer answer = ANSWER_INIT;
    bool says;

    cr_assert_eq(device_load(s->fixture.central, s->till.dev_hex, &device, &err), ST_OK);
    hold_answer(s->fixture.central, &device, body, strlen(body), &answer);
    says = has_text(&answer.body, state);
    strbuf_free(&answer.body);
    return says;
}

static void end_hold(struct journal_scene *s, const char *type, const char *body)
{
    strbuf_clear(&s->batch);
    till_record(&s->till, type, body, &s->batch);
    cr_assert_eq(journal_scene_post(s), 200, "%s", strbuf_text(&s->answer));
}

#define HOLD(id, amount)                                                                                             \
    "{\"hold\":\"" id "\",\"sale_id\":\"s\",\"member\":\"M1\",\"currency\":\"bonus\",\"amount\":" amount "}"

Test(central_holds, are_granted_out_of_what_is_neither_spent_nor_held)
{
    struct journal_scene s;

    scene_open(&s); /* 1090 */
    cr_expect(hold_says(&s, HOLD("h1", "1000"), "granted"));
    cr_expect(hold_says(&s, HOLD("h1", "1000"), "granted"), "asked twice it is one");
    cr_expect(hold_says(&s, HOLD("h2", "91"), "refused"));
    cr_expect(hold_says(&s, HOLD("h3", "90"), "granted"));
    cr_expect(hold_says(&s, HOLD("h2", "91"), "refused"), "decided once");
    cr_expect(
        hold_says(&s, "{\"hold\":\"h4\",\"member\":\"nobody\",\"currency\":\"bonus\",\"amount\":1}", "refused"));
    cr_expect(hold_says(&s, HOLD("h5", "0"), "bad_request"));
    cr_expect(hold_says(&s, HOLD("h 6", "1"), "bad_request"));
    journal_scene_close(&s);
}

Test(central_holds, end_by_a_record_whichever_comes_first)
{
    struct journal_scene s;

    scene_open(&s);
    end_hold(&s, "hold_asked", HOLD("h1", "1000"));
    cr_expect(hold_says(&s, HOLD("h1", "1000"), "granted"));
    end_hold(&s, "hold_voided", "{\"hold\":\"h1\",\"reason\":\"late\"}");
    cr_expect(hold_says(&s, HOLD("h2", "1090"), "granted"), "free again");
    end_hold(&s, "hold_voided", "{\"hold\":\"h2\",\"reason\":\"restart\"}");
    end_hold(&s, "hold_voided", "{\"hold\":\"late\",\"reason\":\"late\"}");
    cr_expect(hold_says(&s, HOLD("late", "1000"), "voided"), "the question was slower than its end");
    cr_expect(hold_says(&s, HOLD("h3", "1090"), "granted"));
    cr_expect_eq(total(&s.fixture, "dead_letters"), 0);
    journal_scene_close(&s);
}
