/* SPDX-License-Identifier: Apache-2.0 */
/* Records that a till carried over into an epoch of its own: whoever delivers one first, it counts once. */
#include "sync/central/updates.h"
#include "till_records.h"

#include <criterion/criterion.h>

#include <stdio.h>
#include <string.h>

TestSuite(central_carried, .timeout = 120);

enum { TEXT_MAX = 256 * 1024 };

struct scene {
    struct fixture f;
    struct fake_till good, copy; /* the copy has an epoch of its own, and in half of the tests a name */
    struct strbuf shared, own;   /* records: of before the copy, of the copy alone */
    struct strbuf carried;       /* both, as the copy has them now */
    struct strbuf answer;
};

/* As the first records of an epoch that has none yet. */
static void carry_anew(struct fake_till *to, const struct strbuf *records, struct strbuf *out)
{
    to->seq = 0;
    memset(to->head, 0, sizeof to->head);
    strbuf_clear(out);
    till_carry(to, records, out);
}

/* Two sales, then the disk is copied; the copy sells one more, and begins an epoch. */
static void scene_open(struct scene *s, bool new_name)
{
    struct fake_till before;
    struct strbuf both = STRBUF_INIT(TEXT_MAX);
    char code[16];

    fixture_open(&s->f);
    fixture_publish(&s->f, 1);
    fixture_import(&s->f, "member,card,bonus\nM1,2900000000001,1000\n");
    s->shared = s->own = s->carried = s->answer = (struct strbuf)STRBUF_INIT(TEXT_MAX);
    till_enrol_fresh(&s->f, &s->good, 0xa1);
    till_sale(&s->f, &s->good, "A-1", "{\"id\":\"M1\"}", "", 10000, &s->shared);
    till_sale(&s->f, &s->good, "A-2", "{\"id\":\"M1\"}", "", 10000, &s->shared);
    before = s->good;
    till_sale(&s->f, &before, "C-1", "{\"id\":\"M1\"}", "", 10000, &s->own);
    strbuf_add(&both, s->shared.data, s->shared.len);
    strbuf_add(&both, s->own.data, s->own.len);
    till_init(&s->copy, new_name ? 0xb1 : s->good.dev, s->good.epoch + 1);
    fixture_code(&s->f, new_name ? "4" : "3", code);
    if (new_name)
        cr_assert_eq(till_enrol(&s->f, &s->copy, code), 200);
    till_carry(&s->copy, &both, &s->carried);
    strbuf_free(&both);
}

static void enrol_copy(struct scene *s)
{
    char code[16];

    fixture_code(&s->f, "3", code);
    cr_assert_eq(till_enrol(&s->f, &s->copy, code), 200);
}

static void expect_books(struct scene *s, int64_t sales)
{
    cr_expect_eq(total(&s->f, "sales"), sales);
    cr_expect_eq(total(&s->f, "dead_letters"), 0, "what is known is nobody's fault");
    cr_expect_eq(total_points(&s->f, "earned"), 90 * sales);
    cr_expect_eq(total_points(&s->f, "balance"), 1000 + 90 * sales);
    cr_expect(ledger_is_ok(&s->f));
}

static void scene_close(struct scene *s)
{
    till_clear(&s->good);
    till_clear(&s->copy);
    strbuf_free(&s->shared);
    strbuf_free(&s->own);
    strbuf_free(&s->carried);
    strbuf_free(&s->answer);
    fixture_close(&s->f);
}

Test(central_carried, what_was_delivered_before_it_was_carried_counts_once)
{
    for (int new_name = 0; new_name < 2; new_name++) {
        struct scene s;

        scene_open(&s, new_name != 0);
        cr_assert_eq(till_post(&s.f, &s.good, &s.shared, &s.answer), 200);
        if (!new_name)
            enrol_copy(&s);
        cr_assert_eq(till_post(&s.f, &s.copy, &s.carried, &s.answer), 200, "%s", s.answer.data);
        expect_books(&s, 3);
        scene_close(&s);
    }
}

Test(central_carried, what_was_carried_before_it_is_delivered_counts_once)
{
    struct scene s;

    scene_open(&s, true);
    cr_assert_eq(till_post(&s.f, &s.copy, &s.carried, &s.answer), 200, "%s", s.answer.data);
    expect_books(&s, 3);
    fixture_reopen(&s.f);
    till_sale(&s.f, &s.good, "A-3", "{\"id\":\"M1\"}", "", 10000, &s.shared);
    cr_assert_eq(till_post(&s.f, &s.good, &s.shared, &s.answer), 200, "%s", s.answer.data);
    expect_books(&s, 4);
    scene_close(&s);
}

Test(central_carried, what_two_copies_carried_counts_once)
{
    struct scene s;
    struct fake_till third;
    struct strbuf carried = STRBUF_INIT(TEXT_MAX);
    char code[16];

    scene_open(&s, true);
    till_init(&third, 0xc1, 0xc2);
    fixture_code(&s.f, "5", code);
    cr_assert_eq(till_enrol(&s.f, &third, code), 200);
    till_carry(&third, &s.carried, &carried); /* carried twice, by way of the copy */
    cr_assert_eq(till_post(&s.f, &third, &carried, &s.answer), 200, "%s", s.answer.data);
    cr_assert_eq(till_post(&s.f, &s.copy, &s.carried, &s.answer), 200, "%s", s.answer.data);
    cr_assert_eq(till_post(&s.f, &s.good, &s.shared, &s.answer), 200, "%s", s.answer.data);
    expect_books(&s, 3);
    till_clear(&third);
    strbuf_free(&carried);
    scene_close(&s);
}

/* A row that was told before the carried records were counted says to hold none of them, and the till adds them to
 * it: it must be told again, though booking them changes nothing. */
Test(central_carried, what_counts_already_is_told_again)
{
    struct answer answer = ANSWER_INIT;
    struct updates_cursor before;
    struct device device;
    struct scene s;
    int64_t change = 0;
    char cursor[64];

    scene_open(&s, false);
    cr_assert_eq(till_post(&s.f, &s.good, &s.shared, &s.answer), 200);
    enrol_copy(&s);
    strbuf_clear(&s.carried);
    carry_anew(&s.copy, &s.shared, &s.carried); /* nothing else, which would tell of the member anyhow */
    cr_assert_eq(store_last_change(s.f.central->store, &change, NULL), ST_OK);
    (void)snprintf(cursor, sizeof(cursor), "%s.%lld", s.f.central->incarnation, (long long)change);
    cr_assert_eq(till_post(&s.f, &s.copy, &s.carried, &s.answer), 200, "%s", s.answer.data);
    expect_books(&s, 2);
    cr_assert_eq(device_load(s.f.central, s.copy.dev_hex, &device, NULL), ST_OK);
    cr_assert_eq(updates_read_cursor(s.f.central, cursor, &before, NULL), ST_OK);
    updates_answer(s.f.central, &device, &before, &answer);
    cr_expect(has_text(&answer.body, "\"members\":[{\"id\":\"M1\""), "%s", strbuf_text(&answer.body));
    cr_expect(has_text(&answer.body, "\"seq\":2"), "%s", strbuf_text(&answer.body));
    strbuf_free(&answer.body);
    scene_close(&s);
}

/* A record that no id keeps from being booked twice: points spent of a lease. */
Test(central_carried, points_are_taken_once)
{
    struct scene s;

    scene_open(&s, true);
    strbuf_clear(&s.shared);
    till_clear(&s.good);
    till_enrol_fresh(&s.f, &s.good, 0xa2);
    till_record(&s.good, "lease_use", "{\"lease\":\"L1\",\"member\":\"M1\",\"currency\":\"bonus\",\"amount\":100}",
                &s.shared);
    carry_anew(&s.copy, &s.shared, &s.carried);
    cr_assert_eq(till_post(&s.f, &s.copy, &s.carried, &s.answer), 200, "%s", s.answer.data);
    cr_assert_eq(till_post(&s.f, &s.good, &s.shared, &s.answer), 200, "%s", s.answer.data);
    cr_expect_eq(total_points(&s.f, "balance"), 900);
    cr_expect_eq(total(&s.f, "dead_letters"), 0);
    scene_close(&s);
}

/* Another record at that place is another sale: both lives of a till that was put back count. */
Test(central_carried, a_sale_of_each_life_counts)
{
    struct scene s;

    scene_open(&s, false);
    till_sale(&s.f, &s.good, "A-3", "{\"id\":\"M1\"}", "", 10000, &s.shared); /* where the copy has C-1 */
    cr_assert_eq(till_post(&s.f, &s.good, &s.shared, &s.answer), 200);
    enrol_copy(&s);
    cr_assert_eq(till_post(&s.f, &s.copy, &s.carried, &s.answer), 200, "%s", s.answer.data);
    expect_books(&s, 4);
    scene_close(&s);
}

/* Nobody can keep another's sale out of the books by naming its place with other bytes. */
Test(central_carried, an_origin_with_other_content_is_another_record)
{
    struct strbuf altered = STRBUF_INIT(TEXT_MAX);
    struct scene s;

    scene_open(&s, true);
    memcpy(strstr(s.carried.data, "A-2"), "X-2", 3);
    carry_anew(&s.copy, &s.carried, &altered); /* and chained anew */
    cr_assert_eq(till_post(&s.f, &s.copy, &altered, &s.answer), 200, "%s", s.answer.data);
    cr_assert_eq(till_post(&s.f, &s.good, &s.shared, &s.answer), 200, "%s", s.answer.data);
    cr_expect_eq(total(&s.f, "sales"), 4, "A-1 once, X-2, C-1, and A-2 all the same");
    strbuf_free(&altered);
    scene_close(&s);
}
