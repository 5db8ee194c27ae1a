/* SPDX-License-Identifier: Apache-2.0 */
/* What can happen between a central and a PostgreSQL: the line cut at every place, refusals for others' sake, two
 * processes at once. Wants LOYALD_TEST_DATABASE, see tests/integration/postgres_unit.sh. */
#include <criterion/criterion.h>
#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fixture.h"
#include "relay.h"
#include "spread_watch.h"

#include "sync/central/counting.h"
#include "sync/central/coupon.h"
#include "sync/central/hold.h"
#include "sync/central/member.h"
#include "sync/central/updates.h"

enum { TEXT_MAX = 1024 * 1024, BATCH = 4 };

struct scene {
    struct fixture fixture;
    struct fake_till till;
    struct strbuf batch, answer;
    int sales;
};

static bool has_server(void)
{
    const char *server = getenv("LOYALD_TEST_DATABASE");

    return server && server[0];
}

static void scene_open(struct scene *s)
{
    if (!has_server())
        cr_skip_test("no PostgreSQL: LOYALD_TEST_DATABASE names none");
    *s = (struct scene){.batch = STRBUF_INIT(TEXT_MAX), .answer = STRBUF_INIT(TEXT_MAX)};
    fixture_open(&s->fixture);
    fixture_publish(&s->fixture, 1);
    fixture_import(&s->fixture, "member,card,bonus\nM1,111,0\n");
    till_enrol_fresh(&s->fixture, &s->till, 0xd1);
}

static void scene_close(struct scene *s)
{
    strbuf_free(&s->batch);
    strbuf_free(&s->answer);
    till_clear(&s->till);
    fixture_close(&s->fixture);
}

static void make_batch(struct scene *s, int count)
{
    char id[32];

    strbuf_clear(&s->batch);
    for (int i = 0; i < count; i++) {
        snprintf(id, sizeof(id), "sale-%d", ++s->sales);
        till_sale(&s->fixture, &s->till, id, "{\"id\":\"M1\"}", "", 10000, &s->batch);
    }
}

/* As the courier does: again and again, until there is an answer. */
static void post_until_taken(struct scene *s)
{
    int tries = 0;

    while (till_post(&s->fixture, &s->till, &s->batch, &s->answer) == 503)
        cr_assert_lt(++tries, 200, "%s", strbuf_text(&s->answer));
    cr_expect_eq(answer_int(&s->answer, "acked"), s->till.seq, "%s", strbuf_text(&s->answer));
}

static void expect_each_once(struct scene *s)
{
    cr_expect_eq(total(&s->fixture, "records"), s->till.seq);
    cr_expect_eq(total(&s->fixture, "sales"), s->sales);
    cr_expect_eq(total_points(&s->fixture, "earned"), INT64_C(90) * s->sales);
    cr_expect(ledger_is_ok(&s->fixture));
}

static void tell(struct scene *s, const char *sql)
{
    PGconn *conn = PQconnectdb(s->fixture.database);
    PGresult *result = PQexec(conn, sql);

    cr_assert_lt(PQresultStatus(result), PGRES_BAD_RESPONSE, "%s: %s", sql, PQerrorMessage(conn));
    PQclear(result);
    PQfinish(conn);
}

static int64_t number(struct scene *s, const char *sql)
{
    PGconn *conn = PQconnectdb(s->fixture.database);
    PGresult *result = PQexec(conn, sql);
    int64_t value;

    cr_assert_eq(PQresultStatus(result), PGRES_TUPLES_OK, "%s: %s", sql, PQerrorMessage(conn));
    value = strtoll(PQgetvalue(result, 0, 0), NULL, 10);
    PQclear(result);
    PQfinish(conn);
    return value;
}

/* The fixture's central goes through the relay from here on. */
static void go_through(struct scene *s, struct relay *relay)
{
    char direct[512], server_dir[256];
    const char *host;

    snprintf(direct, sizeof(direct), "%s", s->fixture.database);
    host = strstr(direct, "host=");
    cr_assert_not_null(host);
    snprintf(server_dir, sizeof(server_dir), "%.*s", (int)strcspn(host + 5, "&"), host + 5);
    relay_start(relay, server_dir);
    snprintf(s->fixture.database, sizeof(s->fixture.database), "%.*shost=%s%s", (int)(host - direct), direct,
             relay->dir, host + 5 + strlen(server_dir));
    fixture_reopen(&s->fixture);
}

static void cut_everywhere(enum relay_cut cut)
{
    struct scene s;
    struct relay relay;
    bool reached = true;
    int at;

    scene_open(&s);
    go_through(&s, &relay);
    for (at = 1; reached; at++) {
        cr_assert_lt(at, 500);
        make_batch(&s, BATCH);
        relay_arm(&relay, at, cut);
        post_until_taken(&s);
        reached = relay_disarm(&relay);
    }
    printf("cut at %d places\n", at - 2);
    cr_expect_gt(at, 8);
    expect_each_once(&s);
    scene_close(&s);
    relay_stop(&relay);
}

Test(central_postgres, a_line_cut_before_any_word_loses_nothing_and_books_nothing_twice, .timeout = 300)
{
    cut_everywhere(RELAY_BEFORE);
}

Test(central_postgres, an_answer_lost_after_any_word_that_of_the_commit_too_books_nothing_twice, .timeout = 300)
{
    cut_everywhere(RELAY_AFTER);
}

/* The commit's own answer lost: what is not told by a cursor is told by the signature. */
Test(central_postgres, a_commit_whose_answer_was_lost_is_known_to_be_made, .timeout = 120)
{
    struct errmsg err = ERRMSG_INIT;
    struct scene s;
    struct relay relay;
    struct store *store;
    int64_t uses;

    scene_open(&s);
    go_through(&s, &relay);
    store = s.fixture.central->store;
    for (int cut = RELAY_BEFORE; cut <= RELAY_AFTER; cut++) {
        OK(store_begin(store, &err));
        OK(STORE_RUN(store, STATEMENT_USAGE_COUNT, &err, V_TEXT("demo"), V_TEXT("lost"), V_INT(1),
                     V_INT(1000 + cut)));
        relay_arm(&relay, 1, (enum relay_cut)cut);
        cr_expect_eq(store_commit(store, &err), cut == RELAY_BEFORE ? ST_AGAIN : ST_OK, "%s", err.text);
        cr_expect(relay_disarm(&relay));
    }
    OK(STORE_NUMBER(store, STATEMENT_USAGE_GET, &uses, &err, V_TEXT("demo"), V_TEXT("lost")));
    cr_expect_eq(uses, 1);
    scene_close(&s);
    relay_stop(&relay);
}

/* Every third insert is refused as if another transaction had been in the way. */
static void refuse_often(struct scene *s, const char *table, const char *state)
{
    char sql[800];

    snprintf(sql, sizeof(sql),
             "CREATE SEQUENCE tried_%s;"
             "CREATE FUNCTION refuse_%s() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
             " IF nextval('tried_%s') %% 3 = 0 THEN RAISE EXCEPTION 'in the way' USING ERRCODE = '%s'; END IF;"
             " RETURN NEW; END $$;"
             "CREATE TRIGGER refuse BEFORE INSERT ON %s FOR EACH ROW EXECUTE FUNCTION refuse_%s()",
             table, table, table, state, table, table);
    tell(s, sql);
}

Test(central_postgres, transactions_that_others_stood_in_the_way_of_are_repeated, .timeout = 120)
{
    struct scene s;

    scene_open(&s);
    refuse_often(&s, "journal", "40001");
    refuse_often(&s, "ledger_entry", "40P01");
    for (int i = 0; i < 12; i++) {
        make_batch(&s, 1);
        post_until_taken(&s);
    }
    expect_each_once(&s);
    cr_expect_gt(number(&s, "SELECT last_value FROM tried_journal"), 12);
    scene_close(&s);
}

static int ask(struct scene *s,
               void (*answer_it)(struct central *, const struct device *, const char *, size_t, struct answer *),
               const char *body)
{
    struct errmsg err = ERRMSG_INIT;
    struct answer answer = ANSWER_INIT;
    struct device device;

    OK(device_load(s->fixture.central, s->till.dev_hex, &device, &err));
    answer_it(s->fixture.central, &device, body, strlen(body), &answer);
    strbuf_clear(&s->answer);
    strbuf_add(&s->answer, strbuf_text(&answer.body), answer.body.len);
    strbuf_free(&answer.body);
    return answer.status;
}

/* A cashier waits for these: others in the way are not his concern. */
Test(central_postgres, holds_and_claims_that_others_stood_in_the_way_of_are_repeated, .timeout = 120)
{
    struct scene s;
    char body[200];

    scene_open(&s);
    make_batch(&s, 4);
    post_until_taken(&s);
    refuse_often(&s, "hold", "40001");
    refuse_often(&s, "coupon_claim", "40P01");
    for (int i = 0; i < 7; i++) {
        snprintf(body, sizeof(body),
                 "{\"hold\":\"h%d\",\"sale_id\":\"s%d\",\"member\":\"M1\",\"currency\":\"bonus\",\"amount\":10}", i,
                 i);
        cr_expect_eq(ask(&s, hold_answer, body), 200, "%s", strbuf_text(&s.answer));
        cr_expect(has_text(&s.answer, "\"state\":\"granted\""), "%s", strbuf_text(&s.answer));
        snprintf(body, sizeof(body), "{\"code\":\"AB%d\",\"sale_id\":\"s%d\",\"member\":\"M1\"}", i, i);
        cr_expect_eq(ask(&s, coupon_claim_answer, body), 200, "%s", strbuf_text(&s.answer));
    }
    cr_expect_eq(number(&s, "SELECT COUNT(*) FROM hold WHERE state = 'granted'"), 7);
    cr_expect_eq(number(&s, "SELECT COUNT(*) FROM coupon_claim"), 7);
    cr_expect_gt(number(&s, "SELECT last_value FROM tried_hold"), 7);
    scene_close(&s);
}

Test(central_postgres, a_session_ended_by_its_administrator_is_taken_up_again, .timeout = 120)
{
    struct scene s;
    char sql[300];

    scene_open(&s);
    snprintf(sql, sizeof(sql),
             "SELECT COUNT(pg_terminate_backend(pid, 5000)) FROM pg_stat_activity"
             " WHERE application_name = 'loyal-central' AND pid <> pg_backend_pid()");
    for (int i = 0; i < 5; i++) {
        make_batch(&s, 2);
        (void)number(&s, sql);
        cr_expect_eq(till_post(&s.fixture, &s.till, &s.batch, &s.answer), 200, "%s", strbuf_text(&s.answer));
    }
    expect_each_once(&s);
    scene_close(&s);
}

/* A record that cannot be booked makes the batch be taken again with marks, and only that record is buried. */
Test(central_postgres, a_bad_record_among_good_ones_is_buried_alone)
{
    struct scene s;

    scene_open(&s);
    make_batch(&s, 3);
    till_record(&s.till, "sale", "{\"sale\":\"none\"}", &s.batch);
    till_record(&s.till, "void", "{\"sale_id\":\"\xff\xfe\"}", &s.batch);
    s.sales++;
    till_sale(&s.fixture, &s.till, "sale-4", "{\"id\":\"M1\"}", "", 10000, &s.batch);
    post_until_taken(&s);
    cr_expect_eq(total(&s.fixture, "dead_letters"), 2);
    expect_each_once(&s);
    scene_close(&s);
}

/* ---- two processes ---- */

static void ask_updates(struct central *central, struct scene *s, struct updates_cursor *cursor, char *text,
                        size_t max)
{
    struct errmsg err = ERRMSG_INIT;
    struct answer answer = ANSWER_INIT;
    struct device device;
    const char *at;

    OK(device_load(central, s->till.dev_hex, &device, &err));
    OK(updates_read_cursor(central, text, cursor, &err));
    updates_answer(central, &device, cursor, &answer);
    cr_assert_eq(answer.status, 200, "%s", strbuf_text(&answer.body));
    strbuf_clear(&s->answer);
    strbuf_add(&s->answer, strbuf_text(&answer.body), answer.body.len);
    at = strstr(strbuf_text(&answer.body), "\"cursor\":\"");
    cr_assert_not_null(at);
    snprintf(text, max, "%.*s", (int)strcspn(at + 10, "\""), at + 10);
    strbuf_free(&answer.body);
}

Test(central_postgres, one_till_talks_to_two_processes_in_turn, .timeout = 120)
{
    struct errmsg err = ERRMSG_INIT;
    struct scene s;
    struct updates_cursor cursor;
    struct central *both[2];
    char text[UPDATES_CURSOR_TEXT] = "", copy[128], command[600], balance[64];

    scene_open(&s);
    snprintf(copy, sizeof(copy), "%s/second", s.fixture.dir);
    snprintf(command, sizeof(command), "mkdir %s && cp %s/*.pem %s/*.key %s/", copy, s.fixture.dir, s.fixture.dir,
             copy);
    cr_assert_eq(system(command), 0);
    both[0] = s.fixture.central;
    OK(central_open(&(struct central_place){copy, s.fixture.database}, &s.fixture.clock, &both[1], &err));
    cr_expect_str_eq(both[0]->incarnation, both[1]->incarnation);
    for (int i = 0; i < 10; i++) {
        s.fixture.central = both[i % 2];
        make_batch(&s, 2);
        post_until_taken(&s);
        /* The same again at the other one: known there. */
        s.fixture.central = both[(i + 1) % 2];
        post_until_taken(&s);
        ask_updates(both[i % 2], &s, &cursor, text, sizeof(text));
        snprintf(balance, sizeof(balance), "\"balances\":{\"bonus\":%d}", 90 * s.sales);
        cr_expect(has_text(&s.answer, balance), "%s in %s", balance, strbuf_text(&s.answer));
    }
    s.fixture.central = both[0];
    expect_each_once(&s);
    cr_expect_eq(total(&s.fixture, "duplicates"), 20);
    central_close(both[1]);
    snprintf(command, sizeof(command), "rm -r %s", copy);
    cr_assert_eq(system(command), 0);
    scene_close(&s);
}

/* Taking records in needs no place in the line of those that write; booking them does, and leaves it to whoever has
 * it. */
Test(central_postgres, records_are_taken_in_while_another_process_writes, .timeout = 60)
{
    struct errmsg err = ERRMSG_INIT;
    struct scene s;
    int64_t booked = 0;
    PGconn *writer;

    scene_open(&s);
    writer = PQconnectdb(s.fixture.database);
    PQclear(PQexec(writer, "BEGIN"));
    PQclear(PQexec(writer, "SELECT value FROM change_counter WHERE one = 1 FOR UPDATE"));
    make_batch(&s, 3);
    cr_assert_eq(till_send(&s.fixture, &s.till, &s.batch, &s.answer), 200, "%s", strbuf_text(&s.answer));
    cr_expect_eq(answer_int(&s.answer, "acked"), 3);
    OK(counting_step(s.fixture.central, &booked, &err));
    cr_expect_eq(booked, -1, "another process is at it");
    PQclear(PQexec(writer, "ROLLBACK"));
    PQfinish(writer);
    OK(counting_step(s.fixture.central, &booked, &err));
    cr_expect_eq(booked, 3);
    expect_each_once(&s);
    scene_close(&s);
}

/* ---- what the tables are like ---- */

Test(central_postgres, the_journal_is_kept_by_months_and_early_records_move_to_theirs)
{
    struct errmsg err = ERRMSG_INIT;
    struct scene s;

    scene_open(&s);
    make_batch(&s, 3);
    post_until_taken(&s);
    cr_expect_eq(number(&s, "SELECT COUNT(*) FROM journal_other"), 3, "no month was made yet");
    OK(store_upkeep(s.fixture.central->store, central_now_us(s.fixture.central), &err));
    OK(store_upkeep(s.fixture.central->store, central_now_us(s.fixture.central), &err));
    cr_expect_eq(number(&s, "SELECT COUNT(*) FROM journal_other"), 0);
    cr_expect_eq(number(&s, "SELECT COUNT(*) FROM journal_2026_11"), 3);
    make_batch(&s, 2);
    post_until_taken(&s);
    cr_expect_eq(number(&s, "SELECT COUNT(*) FROM journal_2026_11"), 5);
    s.fixture.now.wall_ms += INT64_C(31) * 86400 * 1000;
    make_batch(&s, 2);
    post_until_taken(&s);
    cr_expect_eq(number(&s, "SELECT COUNT(*) FROM journal_2026_12"), 2);
    cr_expect_eq(number(&s, "SELECT COUNT(*) FROM pg_inherits WHERE inhparent = 'journal'::regclass"), 4);
    expect_each_once(&s);
    scene_close(&s);
}

/* docs/scaling.md says the same. */
Test(central_postgres, every_table_carries_the_key_it_would_be_spread_by)
{
    struct scene s;
    char sql[400];
    int count = 0;

    scene_open(&s);
    for (; spread_tables[count].table; count++) {
        snprintf(sql, sizeof(sql),
                 "SELECT COUNT(*) FROM information_schema.columns WHERE table_schema = current_schema()"
                 " AND table_name = '%s' AND ('%s' = '' OR column_name = '%s' AND is_nullable = 'NO')",
                 spread_tables[count].table, spread_tables[count].key, spread_tables[count].key);
        cr_expect_gt(number(&s, sql), 0, "%s has no column %s", spread_tables[count].table, spread_tables[count].key);
    }
    cr_expect_eq(number(&s, "SELECT COUNT(*) FROM pg_class WHERE relnamespace = current_schema()::regnamespace"
                            " AND relkind IN ('r', 'p') AND NOT relispartition AND relname <> 'watched'"),
                 count, "a table is not in the list");
    scene_close(&s);
}
