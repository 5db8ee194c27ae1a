/* SPDX-License-Identifier: Apache-2.0 */
/* What a transaction keeps in memory of members: it is written before anybody looks, and with its transaction or not
 * at all; and records booked one by one come to the same books as many at once. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "points_scene.h"
#include "sync/central/circle.h"
#include "sync/central/counting.h"
#include "sync/central/hold.h"
#include "sync/central/ledger.h"
#include "sync/central/member.h"
#include "sync/central/sheet.h"
#include "sync/central/store_engine.h"

static void earn(struct fixture *f, const char *member, int64_t seq, int64_t points)
{
    struct errmsg err = ERRMSG_INIT;
    struct ledger_record record = {"d", "e", seq};
    struct ledger_move move = {.currency = "bonus", .earned = points};
    struct ledger_posting posting;

    posting = ledger_begin(f->central, "demo", member, &record);
    OK(ledger_sale(f->central, &posting, &move, &err));
    OK(member_count_purchase(f->central, "demo", member, &err));
}

static int64_t posted(struct fixture *f, const char *member)
{
    struct errmsg err = ERRMSG_INIT;
    struct lot_sums sums;

    OK(lot_sum(f->central, "demo", member, "bonus", &sums, &err));
    return sums.posted;
}

Test(central_sheets, what_is_kept_is_written_before_it_is_read)
{
    struct errmsg err = ERRMSG_INIT;
    struct strbuf row = STRBUF_INIT(4096);
    struct json_writer w = JSON_WRITER_INIT(&row);
    struct fixture f;

    fixture_open(&f);
    fixture_together(&f);
    fixture_import(&f, "member,bonus\nM1,500\n");
    OK(store_begin(f.central->store, &err));
    earn(&f, "M1", 1, 10);
    cr_expect_eq(posted(&f, "M1"), 510);
    earn(&f, "M1", 2, 5);
    OK(member_count_use(f.central, "demo", "M1", "P", 20000, &err));
    OK(member_count_use(f.central, "demo", "M1", "P", 20000, &err));
    OK(member_write(f.central, "demo", "M1", NULL, &w, &err));
    cr_expect(has_text(&row, "\"bonus\":515"), "%s", row.data);
    cr_expect(has_text(&row, "\"purchases\":2"), "%s", row.data);
    cr_expect(has_text(&row, "\"P\":{\"count\":2"), "%s", row.data);
    OK(store_commit(f.central->store, &err));
    cr_expect_eq(posted(&f, "M1"), 515);
    cr_expect(ledger_is_ok(&f));
    strbuf_free(&row);
    fixture_close(&f);
}

/* What is done for each sale that spends a hold must not write what is kept: booking would take ten times as long. */
Test(central_sheets, the_end_of_a_hold_leaves_what_is_kept_alone)
{
    const struct device device = {.dev = "00000000000000b1", .epoch = "0000000000000001", .chain = "demo"};
    struct errmsg err = ERRMSG_INIT;
    struct fixture f;

    fixture_open(&f);
    fixture_together(&f);
    fixture_import(&f, "member,bonus\nM1,500\n");
    OK(store_begin(f.central->store, &err));
    earn(&f, "M1", 1, 10);
    cr_assert(f.central->store->keeper->keeps);
    OK(hold_end(f.central, &device, "h1", true, &err));
    cr_expect(f.central->store->keeper->keeps);
    OK(store_commit(f.central->store, &err));
    fixture_close(&f);
}

Test(central_sheets, what_is_undone_is_forgotten)
{
    struct errmsg err = ERRMSG_INIT;
    struct fixture f;

    fixture_open(&f);
    fixture_together(&f);
    fixture_import(&f, "member,bonus\nM1,500\n");
    OK(store_begin(f.central->store, &err));
    earn(&f, "M1", 1, 10);
    store_rollback(f.central->store);
    cr_expect_eq(posted(&f, "M1"), 500);
    OK(store_begin(f.central->store, &err));
    earn(&f, "M1", 2, 7);
    OK(store_mark(f.central->store, &err));
    earn(&f, "M1", 3, 100);
    OK(usage_count(f.central, "demo", "P", &err));
    OK(store_mark_undo(f.central->store, &err));
    OK(store_mark(f.central->store, &err));
    earn(&f, "M1", 4, 1);
    OK(store_mark_keep(f.central->store, &err));
    OK(store_commit(f.central->store, &err));
    cr_expect_eq(posted(&f, "M1"), 508);
    cr_expect_eq(total_points(&f, "earned"), 8);
    cr_expect(ledger_is_ok(&f));
    fixture_close(&f);
}

/* At the bound all is written and begun anew: nobody's points are lost or come twice. */
Test(central_sheets, a_transaction_of_more_members_than_are_kept_is_whole, .timeout = 120)
{
    struct errmsg err = ERRMSG_INIT;
    struct fixture f;
    char id[16];

    fixture_open(&f);
    fixture_together(&f);
    OK(store_begin(f.central->store, &err));
    for (int i = 0; i < SHEETS_MAX + 50; i++) {
        snprintf(id, sizeof(id), "N%d", i);
        OK(member_make(f.central, "demo", id, &err));
    }
    for (int i = 0; i < SHEETS_MAX + 50; i++) {
        snprintf(id, sizeof(id), "N%d", i);
        earn(&f, id, i + 1, 3);
    }
    earn(&f, "N0", SHEETS_MAX + 100, 4);
    OK(store_commit(f.central->store, &err));
    cr_expect_eq(posted(&f, "N0"), 7);
    cr_expect_eq(total_points(&f, "earned"), INT64_C(3) * (SHEETS_MAX + 50) + 4);
    cr_expect(ledger_is_ok(&f));
    fixture_close(&f);
}

/* As many rows of one table as a transaction can come to, and two members only. */
Test(central_sheets, a_full_transaction_of_sales_that_earn_and_spend_is_booked_whole, .timeout = 120)
{
    struct errmsg err = ERRMSG_INIT;
    struct points_scene s;
    char body[600];
    int64_t count;

    points_open(&s);
    fixture_together(&s.fixture);
    strbuf_clear(&s.batch);
    for (int i = 0; i < COUNTING_RECORDS_MAX; i++) {
        snprintf(body, sizeof(body),
                 "{\"sale\":{\"sale_id\":\"f%d\",\"business_date\":\"2026-11-22\",\"lines\":[],\"member\":{\"id\":"
                 "\"F%d\"}},"
                 "\"result\":{\"digest\":\"00\",\"gross_minor\":0,\"discount_minor\":0,\"redeemed_minor\":0,\"total_"
                 "minor\":0,"
                 "\"points\":[{\"currency\":\"bonus\",\"earned\":5,\"redeemed\":2,\"cost\":1,\"by\":[]}]},\"bundle\":"
                 "\"\"}",
                 i, i % 2);
        till_record(&s.till, "sale", body, &s.batch);
        if ((i + 1) % 250 > 0)
            continue;
        cr_assert_eq(till_send(&s.fixture, &s.till, &s.batch, &s.answer), 200, "%s", s.answer.data);
        strbuf_clear(&s.batch);
    }
    _Static_assert(COUNTING_RECORDS_MAX % 250 == 0, "all are sent");
    OK(counting_step(s.fixture.central, &count, &err));
    cr_expect_eq(count, COUNTING_RECORDS_MAX);
    cr_expect_eq(posted(&s.fixture, "F0"), COUNTING_RECORDS_MAX / 2 * 2);
    cr_expect_eq(posted(&s.fixture, "F1"), COUNTING_RECORDS_MAX / 2 * 2);
    cr_expect_eq(total_points(&s.fixture, "redeemed"), 2 * COUNTING_RECORDS_MAX);
    cr_expect_eq(total(&s.fixture, "sales"), COUNTING_RECORDS_MAX);
    points_close(&s);
}

/* ---- one by one, or many at once ---- */

enum { RECORDS = 60, BUYERS = 4 };

/* Sales that earn and spend, below zero too, some by nobody, one that cannot be booked; the same ones each time. No
 * leases: what is promised depends on when. */
static void fill(struct points_scene *s)
{
    char body[900];
    uint32_t state = 1;

    points_rule(s, 2, 30, 0, 0, 0);
    strbuf_clear(&s->batch);
    for (int i = 0; i < RECORDS; i++) {
        state = state * 1664525u + 1013904223u;
        snprintf(body, sizeof(body),
                 "{\"sale\":{\"sale_id\":\"s%d\",\"store\":{\"id\":\"S12\"},\"business_date\":\"2026-11-%02d\","
                 "\"lines\":[]%s%u%s},\"result\":{\"digest\":\"00\",\"gross_minor\":0,\"discount_minor\":0,"
                 "\"redeemed_minor\":0,\"total_minor\":%d,\"points\":[{\"currency\":\"bonus\",\"earned\":%u,"
                 "\"redeemed\":%u,\"by\":[{\"promotion\":\"P%u\"}]}]},\"bundle\":\"\"}",
                 i, 1 + i % 28, i % 7 == 3 ? ",\"till\":\"" : ",\"member\":{\"id\":\"M", state >> 8 & (BUYERS - 1),
                 i % 7 == 3 ? "\"" : "\"}", i == 41, state >> 16 & 127, state >> 12 & 63, state >> 20 & 3);
        till_record(&s->till, "sale", body, &s->batch);
    }
    cr_assert_eq(till_send(&s->fixture, &s->till, &s->batch, &s->answer), 200, "%s", s->answer.data);
}

/* All that the books say, as text; change numbers and times apart. */
static void write_books(struct points_scene *s, struct strbuf *out)
{
    struct errmsg err = ERRMSG_INIT;
    struct json_writer w = JSON_WRITER_INIT(out);
    char id[8], *card;
    static const char *const totals[] = {"records", "sales", "dead_letters"};

    for (int i = 0; i < BUYERS; i++) {
        struct lot_sums sums;

        snprintf(id, sizeof(id), "M%d", i);
        OK(member_write(s->fixture.central, "demo", id, NULL, &w, &err));
        OK(lot_write(s->fixture.central, "demo", id, NULL, &w, &err));
        OK(lot_sum(s->fixture.central, "demo", id, "bonus", &sums, &err));
        strbuf_printf(out, "\n%lld %lld\n", (long long)sums.posted, (long long)sums.active);
    }
    card = strstr(out->data, "\"identifiers\":[\"");
    cr_assert_not_null(card);
    memset(card + strlen("\"identifiers\":[\""), '-', 32); /* by a key that each central draws */
    for (int i = 0; i < 3; i++)
        strbuf_printf(out, "%s %lld\n", totals[i], (long long)total(&s->fixture, totals[i]));
    cr_expect(ledger_is_ok(&s->fixture));
}

/* Booked so many at a time, and ended after each: between any two transactions. */
static void book_by(int max, struct strbuf *out)
{
    struct errmsg err = ERRMSG_INIT;
    struct points_scene s;
    int64_t count = 1, sum = 0;

    points_open(&s);
    if (max > 1)
        fixture_together(&s.fixture);
    fill(&s);
    while (count > 0) {
        s.fixture.central->together_max = max;
        OK(counting_step(s.fixture.central, &count, &err));
        cr_expect_leq(count, max);
        cr_expect(ledger_is_ok(&s.fixture), "after %lld records", (long long)sum);
        sum += count;
        fixture_reopen(&s.fixture);
    }
    cr_expect_eq(sum, RECORDS);
    cr_expect_eq(total(&s.fixture, "dead_letters"), 1);
    write_books(&s, out);
    strbuf_free(&s.answer);
    strbuf_free(&s.batch);
    till_clear(&s.other);
    till_clear(&s.till);
    fixture_close(&s.fixture);
}

Test(central_sheets, records_booked_one_by_one_and_cut_between_any_two_come_to_the_same_books, .timeout = 300)
{
    struct strbuf one = STRBUF_INIT(64 * 1024), seven = STRBUF_INIT(64 * 1024), all = STRBUF_INIT(64 * 1024);

    book_by(RECORDS, &all);
    book_by(1, &one);
    book_by(7, &seven);
    cr_expect_str_eq(strbuf_text(&one), strbuf_text(&all));
    cr_expect_str_eq(strbuf_text(&seven), strbuf_text(&all));
    strbuf_free(&one);
    strbuf_free(&seven);
    strbuf_free(&all);
}
