/* SPDX-License-Identifier: Apache-2.0 */
/* Batches of several tills that are there at once: one commit, and each till's answer is its own. */
#include <criterion/criterion.h>
#include <sqlite3.h>
#include <string.h>

#include "journal_scene.h"
#include "sync/central/journal.h"
#include "sync/central/store_engine.h"

enum { TILLS = 5 };

struct group_scene {
    struct fixture fixture;
    struct fake_till tills[TILLS];
    struct strbuf batches[TILLS];
    struct device devices[TILLS];
    struct answer answers[TILLS];
    int commits; /* in SQLite */
};

static int on_commit(void *context)
{
    ++*(int *)context;
    return 0;
}

/* Each till has two records to send. */
static void group_open(struct group_scene *s)
{
    struct sqlite3 *db;

    memset(s, 0, sizeof(*s));
    fixture_open(&s->fixture);
    for (int i = 0; i < TILLS; i++) {
        till_enrol_fresh(&s->fixture, &s->tills[i], 0xc0 + (uint64_t)(TILLS - i)); /* not in the order of their ids */
        s->batches[i] = (struct strbuf)STRBUF_INIT(SCENE_TEXT_MAX);
        till_record(&s->tills[i], "shift", "{}", &s->batches[i]);
        till_record(&s->tills[i], "shift", "{}", &s->batches[i]);
    }
    fixture_together(&s->fixture);
    db = store_sqlite_handle(s->fixture.central->store);
    if (db)
        (void)sqlite3_commit_hook(db, on_commit, &s->commits);
}

static void group_close(struct group_scene *s)
{
    for (int i = 0; i < TILLS; i++) {
        strbuf_free(&s->answers[i].body);
        strbuf_free(&s->batches[i]);
        till_clear(&s->tills[i]);
    }
    fixture_close(&s->fixture);
}

static void send_all(struct group_scene *s)
{
    struct journal_post posts[TILLS];
    struct errmsg err = ERRMSG_INIT;

    for (int i = 0; i < TILLS; i++) {
        strbuf_free(&s->answers[i].body);
        s->answers[i] = (struct answer)ANSWER_INIT;
        OK(device_load(s->fixture.central, s->tills[i].dev_hex, &s->devices[i], &err));
        posts[i] = (struct journal_post){&s->devices[i], s->batches[i].data, s->batches[i].len, &s->answers[i]};
    }
    s->commits = 0;
    journal_accept_all(s->fixture.central, posts, TILLS);
}

static int64_t acked(struct group_scene *s, int till)
{
    struct errmsg err = ERRMSG_INIT;
    struct device device;

    OK(device_load(s->fixture.central, s->tills[till].dev_hex, &device, &err));
    return device.acked;
}

static bool is_embedded(const struct group_scene *s)
{
    return !store_is_shared(s->fixture.central->store);
}

Test(central_journal_group, shares_a_commit)
{
    struct group_scene s;

    group_open(&s);
    send_all(&s);
    for (int i = 0; i < TILLS; i++) {
        cr_expect_eq(s.answers[i].status, 200, "till %d: %s", i, strbuf_text(&s.answers[i].body));
        cr_expect_eq(acked(&s, i), 2);
    }
    if (is_embedded(&s))
        cr_expect_eq(s.commits, 1);
    send_all(&s);
    cr_expect_eq(s.answers[3].status, 200, "sent again");
    cr_expect_eq(total(&s.fixture, "records"), 2 * TILLS);
    group_close(&s);
}

Test(central_journal_group, has_a_commit_for_each_where_the_database_is_spread)
{
    struct group_scene s;

    group_open(&s);
    s.fixture.central->together_max = 1;
    send_all(&s);
    for (int i = 0; i < TILLS; i++)
        cr_expect_eq(acked(&s, i), 2);
    if (is_embedded(&s))
        cr_expect_eq(s.commits, TILLS);
    group_close(&s);
}

/* A gap, another history, a batch cut short: said to who sent them, and nothing is kept of those. */
Test(central_journal_group, is_not_spoilt_by_a_batch_that_is_refused)
{
    struct group_scene s;

    group_open(&s);
    send_all(&s);
    for (int i = 0; i < TILLS; i++) {
        strbuf_clear(&s.batches[i]);
        till_record(&s.tills[i], "shift", "{}", &s.batches[i]);
    }
    strbuf_clear(&s.batches[0]);
    till_record(&s.tills[0], "shift", "{}", &s.batches[0]); /* 4: 3 was not sent */
    memset(s.tills[1].head, 0x5a, sizeof(s.tills[1].head));
    till_record(&s.tills[1], "shift", "{}", &s.batches[1]); /* 3 is good, 4 stands on another */
    s.batches[2].len--;
    send_all(&s);
    cr_expect_eq(s.answers[0].status, 409);
    cr_expect(has_text(&s.answers[0].body, "\"expect\":3"), "%s", strbuf_text(&s.answers[0].body));
    cr_expect_eq(s.answers[1].status, 409);
    cr_expect(has_text(&s.answers[1].body, "\"fork\""), "%s", strbuf_text(&s.answers[1].body));
    cr_expect_eq(s.answers[2].status, 400, "%s", strbuf_text(&s.answers[2].body));
    for (int i = 0; i < 3; i++)
        cr_expect_eq(acked(&s, i), 2, "till %d", i);
    for (int i = 3; i < TILLS; i++) {
        cr_expect_eq(s.answers[i].status, 200);
        cr_expect_eq(acked(&s, i), 3);
    }
    cr_expect_eq(total(&s.fixture, "records"), 2 * TILLS + 2);
    cr_expect_eq(total(&s.fixture, "quarantined"), 1);
    group_close(&s);
}

/* A cursor that says more than there is: that till's row is damaged, which is found with its next batch. */
Test(central_journal_group, takes_the_others_when_one_tills_rows_are_damaged)
{
    struct group_scene s;
    struct errmsg err = ERRMSG_INIT;
    uint8_t hash[SHA256_BYTES] = {1};

    group_open(&s);
    OK(STORE_RUN(s.fixture.central->store, STATEMENT_DEVICE_CURSOR, &err, V_TEXT(s.tills[2].dev_hex), V_INT(1),
                 V_BLOB(hash, sizeof(hash)), V_INT(0)));
    send_all(&s);
    for (int i = 0; i < TILLS; i++) {
        cr_expect_eq(s.answers[i].status, i == 2 ? 503 : 200, "till %d: %s", i, strbuf_text(&s.answers[i].body));
        cr_expect_eq(acked(&s, i), i == 2 ? 1 : 2);
    }
    group_close(&s);
}
