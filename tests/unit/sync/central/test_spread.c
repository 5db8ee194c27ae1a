/* SPDX-License-Identifier: Apache-2.0 */
/* What the central does in bulk, each step a transaction of its own: none is of two tills or two members; ended
 * between any two and gone on with, it comes to the books of one that was not, whose steps shared a transaction. */
#include <criterion/criterion.h>
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "points_scene.h"
#include "spread_watch.h"
#include "sync/central/circle.h"
#include "sync/central/counting.h"
#include "sync/central/import.h"
#include "sync/central/lease.h"
#include "sync/central/ledger.h"
#include "sync/central/member.h"
#include "sync/central/report.h"
#include "sync/central/restore.h"
#include "sync/central/store_engine.h"
#include "sync/central/upkeep.h"
#include "till_records.h"

enum { TEXT_MAX = 1024 * 1024, CUT = 77, CUTS_MAX = 60 };

TestSuite(central_spread, .timeout = 300);

/* prepare leaves something to be done, do does all of it, and what is left of it when it was done in part. */
struct job {
    void (*prepare)(struct points_scene *s);
    void (*act)(struct points_scene *s);
    int steps_min;
};

/* ---- the jobs ---- */

static void send(struct points_scene *s, struct fake_till *till)
{
    cr_assert_eq(till_send(&s->fixture, till, &s->batch, &s->answer), 200, "%s", s->answer.data);
    strbuf_clear(&s->batch);
}

static void count(struct points_scene *s)
{
    struct errmsg err = ERRMSG_INIT;

    OK(counting_run(s->fixture.central, &err));
}

static void card_hash(const struct points_scene *s, const char *card, char out_hash[IDENTIFIER_HASH_TEXT])
{
    identifier_hash(s->till.id_key, card, out_hash);
}

/* Two sales at one till and one at another by a card that nobody has. */
static void sell_by_card(struct points_scene *s, const char *card)
{
    char hash[IDENTIFIER_HASH_TEXT];

    card_hash(s, card, hash);
    strbuf_clear(&s->batch);
    till_sale(&s->fixture, &s->till, "c-1", NULL, hash, 10000, &s->batch);
    till_sale(&s->fixture, &s->till, "c-2", NULL, hash, 20000, &s->batch);
    send(s, &s->till);
    till_sale(&s->fixture, &s->other, "c-3", NULL, hash, 30000, &s->batch);
    send(s, &s->other);
    count(s);
}

static void prepare_import(struct points_scene *s)
{
    sell_by_card(s, "card:5");
}

static void import(struct points_scene *s)
{
    fixture_import(&s->fixture, "member,card,phone,bonus,gold\nM2,1,,,\nM3,5|6,+79990000001,,\nM4,,,50,7\n");
}

static void prepare_form(struct points_scene *s)
{
    char hash[IDENTIFIER_HASH_TEXT];

    sell_by_card(s, "card:7");
    card_hash(s, "card:7", hash);
    till_form(&s->till, hash, s->fixture.central->forms_key, hash,
              "{\"name\":\"Anna\",\"phone\":\"+79990000000\",\"birthday\":\"1990-05-17\"}", false, &s->batch);
    till_sale(&s->fixture, &s->till, "c-4", NULL, hash, 5000, &s->batch);
    send(s, &s->till);
}

/* What the first till's copy carried comes before and after what the first till sends itself. */
static void prepare_carried(struct points_scene *s)
{
    struct strbuf own = STRBUF_INIT(TEXT_MAX), carried = STRBUF_INIT(TEXT_MAX);
    char code[16];

    till_clear(&s->other);
    till_init(&s->other, 0xb1, 0xb2);
    fixture_code(&s->fixture, "4", code);
    cr_assert_eq(till_enrol(&s->fixture, &s->other, code), 200);
    for (int i = 0; i < 4; i++) {
        char id[8];

        snprintf(id, sizeof(id), "k-%d", i);
        till_sale(&s->fixture, &s->till, id, i % 2 ? "{\"id\":\"M1\"}" : "{\"id\":\"M5\"}", "", 10000, &own);
        if (i == 1) {
            strbuf_add(&s->batch, own.data, own.len);
            send(s, &s->till);
        }
    }
    till_carry(&s->other, &own, &carried);
    cr_assert_eq(till_send(&s->fixture, &s->other, &carried, &s->answer), 200, "%s", s->answer.data);
    strbuf_free(&own);
    strbuf_free(&carried);
}

static void prepare_holdings(struct points_scene *s)
{
    struct errmsg err = ERRMSG_INIT;
    char body[1200];

    points_rule(s, 0, 0, 600, 7, 30);
    fixture_import(&s->fixture, "member,bonus\nM7,100\n");
    OK(central_restored(s->fixture.central, &err));
    snprintf(body, sizeof(body),
             "{\"incarnation\":\"%s\",\"leases\":["
             "{\"id\":\"La.1\",\"member\":\"M1\",\"currency\":\"bonus\",\"granted\":300,\"used\":20,"
             "\"expires_unix_ms\":1795900000000},"
             "{\"id\":\"La.2\",\"member\":\"M7\",\"currency\":\"bonus\",\"granted\":50,\"used\":0,"
             "\"expires_unix_ms\":1795900000000}],\"holds\":["
             "{\"hold\":\"h1\",\"member\":\"M1\",\"currency\":\"bonus\",\"amount\":40},"
             "{\"hold\":\"h2\",\"member\":\"M8\",\"currency\":\"bonus\",\"amount\":10}]}",
             s->fixture.central->incarnation);
    strbuf_clear(&s->batch);
    till_record(&s->till, "holdings", body, &s->batch);
    send(s, &s->till);
}

/* Three members with points that expired, leases and a hold at a till that was never heard of again, and a store that
 * forgets all three. */
static void prepare_upkeep(struct points_scene *s)
{
    struct errmsg err = ERRMSG_INIT;
    char id[8], sale[8];

    points_rule(s, 0, 30, 600, 7, 30);
    OK(circle_audience(s->fixture.central, "demo", "store", &err));
    for (int i = 1; i <= 3; i++) {
        snprintf(id, sizeof(id), "M%d", i);
        for (int k = 0; k < 2; k++) {
            snprintf(sale, sizeof(sale), "u%d-%d", i, k);
            points_sale(s, &s->till, sale, id, 500 * i, 0, "");
        }
    }
    cr_assert(points_hold(s, &s->till, "h", "M3", 100, "granted"));
    s->fixture.now.wall_ms += 500 * (int64_t)SCENE_DAY_MS;
}

static void upkeep(struct points_scene *s)
{
    struct errmsg err = ERRMSG_INIT;
    int64_t written_off;

    /* First: so what was promised expires with the rest, in one posting. */
    OK(lease_write_off(s->fixture.central, &written_off, &err));
    OK(upkeep_run(s->fixture.central, &written_off, &err));
}

static void prepare_nothing(struct points_scene *s)
{
    (void)s;
}

static void restored(struct points_scene *s)
{
    struct errmsg err = ERRMSG_INIT;

    OK(central_restored(s->fixture.central, &err));
}

/* ---- the books, as text ---- */

/* Names drawn anew for each central are hex: all the same. */
static void mask(char *text)
{
    for (char *at = text; *at;) {
        size_t len = strspn(at, "0123456789abcdef");

        if (len >= 16)
            memset(at, '#', len);
        at += len > 0 ? len : 1;
    }
}

static int read_ids(struct points_scene *s, char ids[][ID_BYTES], int max)
{
    struct errmsg err = ERRMSG_INIT;
    struct rows *rows;
    int found = 0;

    OK(STORE_SELECT(s->fixture.central->store, STATEMENT_MEMBERS_ALL, &rows, &err, V_TEXT("demo"), V_TEXT(""),
                    V_INT(max)));
    while (found < max && rows_next(rows))
        snprintf(ids[found++], ID_BYTES, "%s", rows_text(rows, 0));
    OK(rows_end(rows, &err));
    return found;
}

static void write_books(struct points_scene *s, struct strbuf *out)
{
    typedef enum status report_fn(struct central *, struct json_writer *, struct errmsg *);
    static report_fn *const reports[] = {report_totals, report_leases, report_exposure};
    struct central *central = s->fixture.central;
    struct errmsg err = ERRMSG_INIT;
    char ids[20][ID_BYTES];
    int found = read_ids(s, ids, 20);
    int64_t tills = 0;
    bool ok = false;

    for (int i = 0; i < found; i++) {
        struct json_writer w = JSON_WRITER_INIT(out);
        struct lot_sums sums = {0};

        OK(member_write(central, "demo", ids[i], NULL, &w, &err));
        OK(lot_write(central, "demo", ids[i], NULL, &w, &err));
        OK(lot_sum(central, "demo", ids[i], "bonus", &sums, &err));
        strbuf_printf(out, "\n%lld leased %lld held\n", (long long)sums.leased, (long long)sums.held);
    }
    for (size_t i = 0; i < sizeof(reports) / sizeof(reports[0]); i++) {
        struct json_writer w = JSON_WRITER_INIT(out);

        OK(reports[i](central, &w, &err));
        strbuf_putc(out, '\n');
    }
    {
        struct json_writer w = JSON_WRITER_INIT(out);

        OK(ledger_check(central, &w, &ok, &err)); /* also how many postings and entries there are */
    }
    OK(restore_waiting(central, "demo", &tills, &err));
    strbuf_printf(out, "\n%lld tills are waited for\n", (long long)tills);
    mask(out->data);
}

/* ---- cut ---- */

/* The engine of the store, but that it ends the process instead of the commit that is due for it. */
static const struct store_engine *engine;
static int commits_left;

static enum status commit_or_end(struct store *store, struct errmsg *err)
{
    if (commits_left-- == 0)
        _exit(CUT);
    return engine->commit(store, err);
}

static enum status run_or_end(struct store *store, enum statement statement, const struct store_value *values,
                              size_t n, int64_t *out_changed, struct errmsg *err)
{
    if (!store->in_transaction && commits_left-- == 0)
        _exit(CUT);
    return engine->run(store, statement, values, n, out_changed, err);
}

static void open_apart(struct points_scene *s)
{
    fixture_reopen(&s->fixture);
    s->fixture.central->together_max = 1;
}

static void act_in_part(struct points_scene *s, const struct job *job, int commits)
{
    static struct store_engine ending;
    struct store *store;

    open_apart(s);
    store = s->fixture.central->store;
    engine = store->engine;
    ending = *engine;
    ending.commit = commit_or_end;
    ending.run = run_or_end;
    store->engine = &ending;
    commits_left = commits;
    job->act(s);
    store->engine = engine;
    central_close(s->fixture.central);
    _exit(0);
}

/* In a process of its own, which ends before the commit after so many. False when it came to its end. */
static bool is_cut(struct points_scene *s, const struct job *job, int commits)
{
    int status = 0;
    pid_t pid;

    central_close(s->fixture.central);
    s->fixture.central = NULL;
    pid = fork();
    cr_assert_geq(pid, 0);
    if (pid == 0)
        act_in_part(s, job, commits);
    cr_assert_eq(waitpid(pid, &status, 0), pid);
    cr_assert(WIFEXITED(status) && (WEXITSTATUS(status) == CUT || WEXITSTATUS(status) == 0), "status %d", status);
    open_apart(s);
    return WEXITSTATUS(status) == CUT;
}

static void begin(struct points_scene *s, const struct job *job)
{
    points_open(s);
    fixture_together(&s->fixture);
    strbuf_clear(&s->batch);
    job->prepare(s);
}

static void end(struct points_scene *s, struct strbuf *books)
{
    write_books(s, books);
    points_close(s);
}

static void try_job(const struct job *job)
{
    struct strbuf whole = STRBUF_INIT(TEXT_MAX), apart = STRBUF_INIT(TEXT_MAX);
    struct points_scene s;
    bool cut = true;
    int cuts = 0;

    begin(&s, job);
    job->act(&s);
    end(&s, &whole);

    begin(&s, job);
    s.fixture.central->together_max = 1;
    spread_watch_make(s.fixture.central->store, s.fixture.database);
    job->act(&s);
    spread_watch_end();
    end(&s, &apart);
    cr_expect_str_eq(strbuf_text(&apart), strbuf_text(&whole));

    for (; cut && cuts < CUTS_MAX; cuts++) {
        strbuf_clear(&apart);
        begin(&s, job);
        cut = is_cut(&s, job, cuts);
        cr_expect(ledger_is_ok(&s.fixture), "after %d commits", cuts);
        job->act(&s);
        end(&s, &apart);
        cr_expect_str_eq(strbuf_text(&apart), strbuf_text(&whole), "cut after %d commits:\n%s\n%s", cuts,
                         strbuf_text(&apart), strbuf_text(&whole));
    }
    cr_expect_geq(cuts - 1, job->steps_min, "%d steps", cuts - 1);
    strbuf_free(&apart);
    strbuf_free(&whole);
}

Test(central_spread, an_import_that_moves_a_card_and_gives_one_to_who_bought_before)
{
    try_job(&(struct job){prepare_import, import, 8});
}

Test(central_spread, a_form_for_a_card_that_bought_at_two_tills)
{
    try_job(&(struct job){prepare_form, count, 6});
}

Test(central_spread, records_carried_over_from_another_till)
{
    try_job(&(struct job){prepare_carried, count, 6});
}

Test(central_spread, what_a_till_holds_after_a_backup_was_put_back)
{
    try_job(&(struct job){prepare_holdings, count, 5});
}

Test(central_spread, what_comes_with_time_alone)
{
    try_job(&(struct job){prepare_upkeep, upkeep, 9});
}

Test(central_spread, keys_forgotten_when_a_backup_was_put_back)
{
    try_job(&(struct job){prepare_nothing, restored, 4});
}
