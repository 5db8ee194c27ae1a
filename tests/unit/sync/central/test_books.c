/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/base/json_writer.h"
#include "fixture.h"
#include "sync/central/csv.h"
#include "sync/central/import.h"
#include "sync/central/ledger.h"
#include "sync/central/member.h"
#include "sync/central/report.h"

enum { TEXT_MAX = 1024 * 1024 };

/* ---- the store ---- */

Test(central_store, keeps_to_one_dialect)
{
    static const char *const forbidden[] = {"?",          "AUTOINCREMENT", "date(", "datetime(",         "strftime",
                                            "julianday",  "REPLACE INTO",  "rowid", "CURRENT_TIMESTAMP", "ifnull",
                                            "last_insert"};

    for (int i = 0; i < STATEMENT_COUNT; i++) {
        const char *sql = statement_text((enum statement)i);

        for (size_t k = 0; k < sizeof(forbidden) / sizeof(forbidden[0]); k++)
            cr_expect_null(strstr(sql, forbidden[k]), "%s uses %s", statement_name((enum statement)i), forbidden[k]);
        if (strstr(sql, "LIMIT"))
            cr_expect_not_null(strstr(sql, "ORDER BY"), "%s cuts rows in no order",
                               statement_name((enum statement)i));
    }
}

Test(central_store, undoes_to_the_mark_and_keeps_the_rest)
{
    struct fixture f;
    struct errmsg err = ERRMSG_INIT;
    struct store *store;
    int64_t last = 0, change;

    fixture_open(&f);
    store = f.central->store;
    cr_assert_eq(store_begin(store, &err), ST_OK);
    cr_assert_eq(store_next_change(store, &change, &err), ST_OK);
    cr_assert_eq(store_mark(store, &err), ST_OK);
    cr_assert_eq(store_next_change(store, &change, &err), ST_OK);
    cr_assert_eq(store_mark_undo(store, &err), ST_OK);
    cr_assert_eq(store_commit(store, &err), ST_OK);
    cr_assert_eq(store_last_change(store, &last, &err), ST_OK);
    cr_expect_eq(last, change - 1);
    cr_assert_eq(store_begin(store, &err), ST_OK);
    cr_assert_eq(store_next_change(store, &change, &err), ST_OK);
    store_rollback(store);
    cr_assert_eq(store_last_change(store, &change, &err), ST_OK);
    cr_expect_eq(last, change);
    fixture_close(&f);
}

Test(central_store, refuses_a_statement_with_the_wrong_number_of_values)
{
    struct fixture f;
    struct rows *rows;

    fixture_open(&f);
    cr_expect_eq(STORE_SELECT(f.central->store, STATEMENT_CHAIN_EXISTS, &rows, NULL, V_TEXT("a"), V_TEXT("b")),
                 ST_INTERNAL);
    fixture_close(&f);
}

/* Copied in parts with writing between them, the copy opens as a database of its own and has what was written. */
Test(central_store, copies_itself_while_it_is_written_to)
{
    struct fixture f;
    struct errmsg err = ERRMSG_INIT;
    struct store_backup *backup = NULL;
    struct store *copy = NULL;
    int64_t done = 0, all = 1, uses = 0, written = 0;
    char path[128], csv[20000] = "member\n";

    fixture_open(&f);
    snprintf(path, sizeof(path), "%s/copy.db", f.dir);
    if (store_is_shared(f.central->store)) {
        cr_expect_eq(store_backup_begin(f.central->store, path, &backup, &err), ST_UNSUPPORTED);
        cr_expect(strstr(err.text, "pg_dump"), "%s", err.text);
        fixture_close(&f);
        return;
    }
    for (int i = 0; i < 1000; i++)
        snprintf(csv + strlen(csv), 16, "M%d\n", i);
    fixture_import(&f, csv);
    for (int i = 0; i < 5; i++) { /* some 10 MB: more than a step */
        static char bytes[2 * 1024 * 1024];

        snprintf(path, sizeof(path), "%064d", i);
        OK(STORE_RUN(f.central->store, STATEMENT_BLOB_PUT, &err, V_TEXT(path), V_BLOB(bytes, sizeof(bytes))));
    }
    snprintf(path, sizeof(path), "%s/copy.db", f.dir);
    OK(store_backup_begin(f.central->store, path, &backup, &err));
    while (done < all) {
        OK(store_backup_step(backup, &done, &all, &err));
        if (done < all) {
            OK(STORE_RUN(f.central->store, STATEMENT_USAGE_COUNT, &err, V_TEXT("demo"), V_TEXT("while"), V_INT(1),
                         V_INT(1000 + written++)));
            cr_expect_neq(access(path, F_OK), 0, "it has its name when it is whole");
        }
    }
    store_backup_end(backup);
    cr_expect_gt(written, 0);
    cr_expect_eq(store_backup_begin(f.central->store, path, &backup, &err), ST_CONFLICT);
    cr_expect_eq(store_backup_begin(f.central->store, "here", &backup, &err), ST_INVALID);
    OK(store_open(path, &copy, &err));
    OK(STORE_NUMBER(copy, STATEMENT_USAGE_GET, &uses, &err, V_TEXT("demo"), V_TEXT("while")));
    cr_expect_eq(uses, written);
    OK(STORE_NUMBER(copy, STATEMENT_TOTAL_MEMBERS, &all, &err, V_TEXT("demo")));
    cr_expect_eq(all, 1000);
    store_close(copy);
    fixture_close(&f);
}

Test(central_init, refuses_where_one_is_and_opens_once)
{
    struct fixture f;
    struct central *second = NULL;
    struct errmsg err = ERRMSG_INIT;

    fixture_open(&f);
    cr_expect_eq(central_open(&(struct central_place){f.dir, f.database}, &f.clock, &second, &err), ST_CONFLICT);
    cr_expect_eq(central_open(&(struct central_place){f.dir, "mysql://x"}, &f.clock, &second, &err), ST_INVALID);
    cr_expect(strstr(err.text, "postgres://USER@HOST/DATABASE"), "%s", err.text);
    central_close(f.central);
    cr_expect_eq(central_init(&(struct central_place){f.dir, f.database}, "", clock_system(), &err), ST_CONFLICT);
    cr_expect(strstr(err.text, "already"), "%s", err.text);
    cr_assert_eq(central_open(&(struct central_place){f.dir, f.database}, &f.clock, &f.central, &err), ST_OK);
    fixture_close(&f);
}

/* ---- the ledger ---- */

Test(central_ledger, notices_a_balance_that_is_not_the_sum)
{
    struct fixture f;

    fixture_open(&f);
    fixture_import(&f, "member,bonus\nM1,500\n");
    fixture_together(&f);
    cr_expect(ledger_is_ok(&f));
    cr_assert_eq(STORE_RUN(f.central->store, STATEMENT_ACCOUNT_PUT, NULL, V_INT(1000000), V_TEXT("demo"),
                           V_TEXT("member"), V_TEXT("M2"), V_TEXT("bonus"), V_INT(1), V_INT(1)),
                 ST_OK);
    cr_expect_not(ledger_is_ok(&f));
    fixture_close(&f);
}

Test(central_ledger, notices_a_posting_with_one_leg)
{
    struct fixture f;
    int64_t posting = 1000000;

    fixture_open(&f);
    fixture_import(&f, "member,bonus\nM1,500\n");
    fixture_together(&f);
    cr_assert_eq(STORE_RUN(f.central->store, STATEMENT_POSTING_INSERT, NULL, V_INT(posting), V_TEXT("demo"),
                           V_TEXT("sale"), V_NULL, V_NULL, V_NULL, V_TEXT("M1"), V_INT(1)),
                 ST_OK);
    cr_assert_eq(STORE_RUN(f.central->store, STATEMENT_ACCOUNT_PUT, NULL, V_INT(1000001), V_TEXT("demo"),
                           V_TEXT("member"), V_TEXT("M2"), V_TEXT("bonus"), V_INT(5), V_INT(5)),
                 ST_OK);
    cr_assert_eq(STORE_RUN(f.central->store, STATEMENT_ENTRY_INSERT, NULL, V_INT(1000001), V_INT(posting), V_INT(1),
                           V_INT(1000002), V_INT(5)),
                 ST_OK);
    cr_expect_not(ledger_is_ok(&f));
    fixture_close(&f);
}

Test(central_ledger, notices_an_entry_between_two_currencies)
{
    struct errmsg err = ERRMSG_INIT;
    struct fixture f;

    fixture_open(&f);
    fixture_together(&f);
    for (int i = 0; i < 2; i++)
        OK(STORE_RUN(f.central->store, STATEMENT_ACCOUNT_PUT, &err, V_INT(1000001 + i), V_TEXT("demo"),
                     V_TEXT("issued"), V_TEXT("D"), V_TEXT(i == 0 ? "bonus" : "miles"), V_INT(i == 0 ? 5 : -5),
                     V_INT(0)));
    cr_expect_not(ledger_is_ok(&f)); /* balances that come from nowhere */
    OK(STORE_RUN(f.central->store, STATEMENT_ENTRY_INSERT, &err, V_INT(1000001), V_INT(7), V_INT(1), V_INT(1000002),
                 V_INT(5)));
    cr_expect_not(ledger_is_ok(&f));
    fixture_close(&f);
}

Test(central_ledger, posts_a_record_once_and_below_zero)
{
    struct fixture f;
    struct errmsg err = ERRMSG_INIT;
    struct ledger_record record = {"d", "e", 1};
    struct ledger_posting posting;
    struct ledger_move move = {.currency = "bonus", .earned = 10, .redeemed = 700, .cost = 40};

    fixture_open(&f);
    fixture_import(&f, "member,bonus\nM1,500\n");
    fixture_together(&f);
    OK(store_begin(f.central->store, &err));
    posting = ledger_begin(f.central, "demo", "M1", &record);
    cr_assert_eq(ledger_sale(f.central, &posting, &move, &err), ST_OK);
    OK(store_commit(f.central->store, &err));
    OK(store_begin(f.central->store, &err));
    posting = ledger_begin(f.central, "demo", "M1", &record);
    cr_expect_eq(ledger_sale(f.central, &posting, &move, &err), ST_CONFLICT);
    store_rollback(f.central->store);
    cr_expect_eq(total_points(&f, "balance"), -230);
    cr_expect_eq(total_points(&f, "redeemed"), 700);
    cr_expect_eq(total_points(&f, "cost"), 40);
    cr_expect(ledger_is_ok(&f));
    fixture_close(&f);
}

/* ---- uses ---- */

Test(central_usage, counts_by_day_week_and_month_in_any_order_of_arrival)
{
    int32_t sunday = civil_day(2026, 11, 29), monday = sunday + 1, next_month = civil_day(2026, 12, 1);
    struct member_use use = {.last_day = sunday};

    member_use_add(&use, sunday);
    member_use_add(&use, sunday);
    cr_expect(use.uses == 2 && use.day == 2 && use.week == 2 && use.month == 2);
    member_use_add(&use, monday); /* a new week, the same month */
    cr_expect(use.uses == 3 && use.day == 1 && use.week == 1 && use.month == 3);
    member_use_add(&use, sunday); /* reported late */
    cr_expect(use.uses == 4 && use.day == 1 && use.week == 1 && use.month == 4 && use.last_day == monday);
    member_use_add(&use, next_month); /* the same week, a new month */
    cr_expect(use.uses == 5 && use.day == 1 && use.week == 2 && use.month == 1);
}

/* ---- the import ---- */

static void import(struct fixture *f, const char *csv, struct strbuf *out)
{
    struct errmsg err = ERRMSG_INIT;
    struct json_writer w = JSON_WRITER_INIT(out);
    char *text = strdup(csv);

    cr_assert_eq(import_members(f->central, "demo", text, strlen(text), 2, &w, &err), ST_OK, "%s", err.text);
    free(text);
}

static void show(struct fixture *f, const char *id, struct strbuf *out)
{
    struct json_writer w = JSON_WRITER_INIT(out);

    strbuf_clear(out);
    cr_assert_eq(report_member(f->central, id, &w, NULL), ST_OK);
}

Test(central_import, tells_bad_rows_by_line_and_takes_the_others)
{
    struct fixture f;
    struct strbuf out = STRBUF_INIT(TEXT_MAX);

    fixture_open(&f);
    import(&f,
           "\xEF\xBB\xBFmember,card,state,birthday,bonus\r\n"
           "M1,1,active,02-29,10\r\n"
           "bad id,2,,,\r\n"
           "M3,3,sleeping,,\r\n"
           "M4,4,,13-01,\r\n"
           "M5,5,,,1.5\r\n"
           "M6,!!,,,\r\n"
           "M7,7\r\n"
           "\r\n"
           "M8,\"8\n9\",,,\r\n"
           "M9,9|10,,,7\r\n",
           &out);
    cr_expect_eq(answer_int(&out, "rows"), 9);
    cr_expect_eq(answer_int(&out, "imported"), 2);
    cr_expect_eq(answer_int(&out, "error_count"), 7);
    for (int line = 3; line <= 8; line++) {
        char text[32];

        snprintf(text, sizeof(text), "\"line\":%d,", line);
        cr_expect(has_text(&out, text), "%s %s", text, out.data);
    }
    cr_expect(has_text(&out, "\"line\":10,"), "%s", out.data);
    cr_expect_eq(total(&f, "members"), 2);
    cr_expect_eq(total_points(&f, "balance"), 17);
    cr_expect(ledger_is_ok(&f));
    strbuf_free(&out);
    fixture_close(&f);
}

Test(central_import, again_changes_only_what_the_file_says)
{
    struct fixture f;
    struct strbuf out = STRBUF_INIT(TEXT_MAX);

    fixture_open(&f);
    fixture_import(&f, "member,card,tier,segments,bonus,display\nM1,1,gold,new|vip,100,Анна К.\n");
    fixture_import(&f, "member;bonus\nM1;40\n");
    show(&f, "M1", &out);
    cr_expect(has_text(&out, "\"tier\":\"gold\""));
    cr_expect(has_text(&out, "\"segments\":[\"new\",\"vip\"]"));
    cr_expect(has_text(&out, "\"balances\":{\"bonus\":40}"));
    cr_expect(has_text(&out, "Анна К."));
    cr_expect(ledger_is_ok(&f));
    strbuf_free(&out);
    fixture_close(&f);
}

/* A nightly file says what is so already: nothing is written to the books for it. */
Test(central_import, again_posts_nothing)
{
    static const char *const files[] = {"member,bonus,gold\nM1,100,7\nM2,0,\n", "member,bonus,gold\nM1,100,8\n"};
    static const int after[] = {1, 1, 2}; /* M2 has nothing to be opened with */
    struct errmsg err = ERRMSG_INIT;
    struct fixture f;
    int64_t postings = 0;

    fixture_open(&f);
    for (int i = 0; i < 3; i++) {
        fixture_import(&f, files[i / 2]);
        OK(store_number(f.central->store, STATEMENT_POSTING_COUNT, NULL, 0, &postings, &err));
        cr_expect_eq(postings, after[i], "%lld after file %d", (long long)postings, i);
    }
    cr_expect_eq(total_points(&f, "balance"), 100);
    cr_expect(ledger_is_ok(&f));
    fixture_close(&f);
}

Test(central_import, moves_a_card_to_its_new_member)
{
    struct fixture f;
    struct strbuf out = STRBUF_INIT(TEXT_MAX);

    fixture_open(&f);
    fixture_import(&f, "member,card\nM1,1\nM2,2\n");
    fixture_import(&f, "member,card\nM2,1\n");
    show(&f, "M1", &out);
    cr_expect(has_text(&out, "\"identifiers\":[]"));
    show(&f, "M2", &out);
    cr_expect_not(has_text(&out, "\"identifiers\":[]"));
    strbuf_free(&out);
    fixture_close(&f);
}

Test(central_import, refuses_a_file_without_members)
{
    struct fixture f;
    struct strbuf out = STRBUF_INIT(TEXT_MAX);
    struct json_writer w = JSON_WRITER_INIT(&out);
    struct errmsg err = ERRMSG_INIT;
    char text[] = "card,tier\n1,gold\n", empty[] = "";

    fixture_open(&f);
    cr_expect_eq(import_members(f.central, "demo", text, strlen(text), 2, &w, &err), ST_INVALID);
    cr_expect(strstr(err.text, "\"member\""), "%s", err.text);
    cr_expect_eq(import_members(f.central, "demo", empty, 0, 2, &w, &err), ST_INVALID);
    cr_expect_eq(import_members(f.central, "nope", text, strlen(text), 2, &w, &err), ST_NOT_FOUND);
    strbuf_free(&out);
    fixture_close(&f);
}

Test(central_csv, reads_quotes_as_spreadsheets_write_them)
{
    char text[] = "a,\"b \"\"c\"\", d\",\n\"open,1\n";
    struct csv csv;
    struct errmsg err = ERRMSG_INIT;

    csv_begin(&csv, text, strlen(text), 1);
    cr_assert_eq(csv_next(&csv, &err), ST_OK);
    cr_assert_eq(csv.count, 3);
    cr_expect_str_eq(csv.fields[1], "b \"c\", d");
    cr_expect_str_eq(csv.fields[2], "");
    cr_expect_eq(csv_next(&csv, &err), ST_INVALID);
    cr_expect_eq(csv.line, 2);
    cr_expect_eq(csv_next(&csv, &err), ST_NOT_FOUND);
}
