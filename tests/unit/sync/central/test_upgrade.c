/* SPDX-License-Identifier: Apache-2.0 */
/* A database with the tables of an earlier version keeps what it holds. It is made by undoing the migrations that are
 * tested here, from the last one back to the first of them, as they were when it was written. */
#include <criterion/criterion.h>
#include <libpq-fe.h>
#include <sqlite3.h>
#include <stdio.h>

#include "points_scene.h"

/* 0022: points without a date were lots like any other. */
static const char undo_undated[] =
    "DROP VIEW lot;"
    "DROP INDEX dated_lot_by_expiry;"
    "ALTER TABLE dated_lot RENAME TO lot;"
    "CREATE INDEX lot_by_expiry ON lot (until_day) WHERE until_day > 0;"
    "INSERT INTO lot (chain, member, currency, until_day, from_day, amount)"
    " SELECT chain, owner, currency, 0, 0, undated FROM ledger_account WHERE kind = 'member' AND undated <> 0;"
    "ALTER TABLE ledger_account DROP COLUMN undated;";
/* 0023, of PostgreSQL alone. */
static const char undo_taken_in[] =
    "ALTER TABLE journal ADD CONSTRAINT journal_dev_fkey FOREIGN KEY (dev) REFERENCES device (dev);";
/* 0024: an entry was two rows, of each account one. */
static const char undo_pairs[] =
    "CREATE TABLE entry_before (posting BIGINT NOT NULL, line BIGINT NOT NULL, account BIGINT NOT NULL,"
    " amount BIGINT NOT NULL, PRIMARY KEY (posting, line));"
    "INSERT INTO entry_before SELECT posting, 2 * line - 1, account, amount FROM ledger_entry"
    " UNION ALL SELECT posting, 2 * line, other, -amount FROM ledger_entry;"
    "DROP TABLE ledger_entry;"
    "ALTER TABLE entry_before RENAME TO ledger_entry;"
    "CREATE INDEX ledger_entry_by_account ON ledger_entry (account);";
enum { VERSION_BEFORE = 22 }; /* two migrations share the number 0017 */

static void run_on_server(const char *url, const char *sql)
{
    PGconn *conn = PQconnectdb(url);
    PGresult *result = PQexec(conn, sql);

    cr_assert_eq(PQresultStatus(result), PGRES_COMMAND_OK, "%s: %s", sql, PQerrorMessage(conn));
    PQclear(result);
    PQfinish(conn);
}

static void run_on_file(const char *dir, const char *sql)
{
    char path[128];
    sqlite3 *db;
    char *text = NULL;

    snprintf(path, sizeof(path), "%s/central.db", dir);
    cr_assert_eq(sqlite3_open(path, &db), SQLITE_OK);
    cr_assert_eq(sqlite3_exec(db, sql, NULL, NULL, &text), SQLITE_OK, "%s: %s", sql, text);
    cr_assert_eq(sqlite3_close(db), SQLITE_OK);
}

/* The central begins as its next version would on that database. */
static void begin_before(struct fixture *f)
{
    char sql[2000];
    struct central_place place = {f->dir, f->database};
    struct errmsg err = ERRMSG_INIT;

    central_close(f->central);
    if (f->database[0]) {
        snprintf(sql, sizeof(sql), "%s%s%sUPDATE schema_version SET version = %d", undo_pairs, undo_taken_in,
                 undo_undated, VERSION_BEFORE);
        run_on_server(f->database, sql);
    } else {
        snprintf(sql, sizeof(sql), "%s%sPRAGMA user_version = %d", undo_pairs, undo_undated, VERSION_BEFORE);
        run_on_file(f->dir, sql);
    }
    cr_assert_eq(central_open(&place, &f->clock, &f->central, &err), ST_OK, "%s", err.text);
}

static void expect_sums(struct points_scene *s, const char *member, int posted, int active)
{
    struct lot_sums sums = points_sums(s, member);

    cr_expect_eq(sums.posted, posted, "%s: %lld", member, (long long)sums.posted);
    cr_expect_eq(sums.active, active, "%s: %lld", member, (long long)sums.active);
}

/* What the office sees of a member's postings, as lines. */
static void write_postings(struct fixture *f, const char *member, struct strbuf *out)
{
    struct rows *rows;

    strbuf_clear(out);
    cr_assert_eq(STORE_SELECT(f->central->store, STATEMENT_MEMBER_POSTINGS, &rows, NULL, V_TEXT("demo"),
                              V_TEXT(member), V_INT(100)),
                 ST_OK);
    while (rows_next(rows))
        strbuf_printf(out, "%lld %s %s %lld %s\n", (long long)rows_int(rows, 0), rows_text(rows, 1),
                      rows_text(rows, 2), (long long)rows_int(rows, 3), rows_text(rows, 4));
    cr_assert_eq(rows_end(rows, NULL), ST_OK);
}

Test(central_upgrade, postings_stay_what_they_are, .timeout = 60)
{
    struct strbuf before = STRBUF_INIT(4096), after = STRBUF_INIT(4096);
    struct points_scene s;

    points_open(&s);
    fixture_import(&s.fixture, "member,card,bonus\nM2,2,50\n");
    points_sale(&s, &s.till, "both", "M2", 7, 5, "");
    points_sale(&s, &s.till, "beyond", "M2", 0, 80, "");
    fixture_import(&s.fixture, "member,card,bonus\nM2,2,10\n");
    write_postings(&s.fixture, "M2", &before);
    begin_before(&s.fixture);
    cr_expect(ledger_is_ok(&s.fixture));
    write_postings(&s.fixture, "M2", &after);
    cr_expect_str_eq(strbuf_text(&after), strbuf_text(&before));
    cr_expect(strstr(strbuf_text(&before), "sale bonus 7 issued\n") &&
                  strstr(strbuf_text(&before), "sale bonus -5 redeemed\n"),
              "%s", strbuf_text(&before));
    strbuf_free(&before);
    strbuf_free(&after);
    points_close(&s);
}

Test(central_upgrade, points_without_a_date_move_into_the_account, .timeout = 60)
{
    struct points_scene s;

    points_open(&s);
    fixture_import(&s.fixture, "member,card,bonus\nM2,2,50\nM3,3,0\n");
    points_sale(&s, &s.till, "beyond", "M2", 0, 80, "");
    points_rule(&s, 10, 30, 0, 0, 0);
    points_sale(&s, &s.till, "dated", "M1", 70, 0, "");
    points_sale(&s, &s.till, "only-dated", "M3", 5, 0, "");
    begin_before(&s.fixture);
    cr_expect(ledger_is_ok(&s.fixture));
    expect_sums(&s, "M1", 1070, 1000);
    expect_sums(&s, "M2", -30, -30);
    expect_sums(&s, "M3", 5, 0);
    points_sale(&s, &s.till, "after", "M2", 40, 0, ""); /* what was spent beyond the balance is paid first */
    expect_sums(&s, "M2", 10, 0);
    points_sale(&s, &s.till, "spends", "M1", 0, 1000, "");
    expect_sums(&s, "M1", 70, 0);
    points_close(&s);
}
