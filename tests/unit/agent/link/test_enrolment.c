/* SPDX-License-Identifier: Apache-2.0 */
/* The central's side is played from docs/protocol.md 6, with its own words for every step. */
#include "tests/unit/agent/link/rig.h"

#include "agent/base/hex.h"
#include "agent/base/json.h"
#include "agent/base/json_writer.h"
#include "agent/db/cache.h"
#include "agent/db/journal.h"
#include "agent/link/link_internal.h"

#include <criterion/criterion.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct rig rig;
static struct {
    int times;
    enum problem problem;
    char detail[256];
} told;

static void begin(void)
{
    rig_begin_fresh(&rig);
    rig_connect(&rig);
}

static void end(void)
{
    rig_end(&rig);
}

static bool disk_full;

enum status __real_journal_put_states(struct journal *journal, const struct journal_state *states, size_t count,
                                      struct errmsg *err);
enum status __wrap_journal_put_states(struct journal *journal, const struct journal_state *states, size_t count,
                                      struct errmsg *err);
enum status __wrap_journal_put_states(struct journal *journal, const struct journal_state *states, size_t count,
                                      struct errmsg *err)
{
    if (!disk_full)
        return __real_journal_put_states(journal, states, count, err);
    errmsg_set(err, "the disk of the test");
    return ST_FULL;
}

TestSuite(enrolment, .init = begin, .fini = end, .timeout = 60);

#define CODE "7K3M-9QPX"

static void note(void *context, enum problem problem, const char *detail)
{
    (void)context;
    told.times++;
    told.problem = problem;
    (void)snprintf(told.detail, sizeof told.detail, "%s", detail);
}

static bool is_told(struct rig *r)
{
    (void)r;
    return told.times > 0;
}

/* ---- the central ---- */

/* What a test makes the central do wrong, and what it gives. */
struct central {
    const char *chain;
    const char *more; /* further members of the answer */
    bool wrong_code, wrong_mac, wrong_seal;
    int office_keys; /* 0: one */
};

/* Agrees the keys with the till's point: fills the MAC key and the seal key. */
static void agree(const struct question *q, const struct pk *own, const char *code, uint8_t mac_key[32],
                  uint8_t seal_key[32])
{
    uint8_t point[PK_POINT_BYTES], secret[PK_SECRET_BYTES];
    struct cJSON *body = NULL;
    const char *sent_code, *dev;

    cr_assert_eq(json_parse(q->body, q->len, q->len, &body, NULL), ST_OK);
    cr_assert_eq(json_hex(body, "point", sizeof point, point, NULL), ST_OK);
    cr_assert(json_text(body, "code", 64, &sent_code, NULL) == ST_OK && strcmp(sent_code, CODE) == 0);
    cr_assert(json_text(body, "dev", 16, &dev, NULL) == ST_OK && strcmp(dev, "00000000000000d1") == 0);
    cr_assert_eq(pk_agree(own, point, secret, NULL), ST_OK);
    cr_assert_eq(crypto_hkdf(secret, sizeof secret, code, strlen(code), "loyald mac 1", mac_key, 32), ST_OK);
    cr_assert_eq(crypto_hkdf(secret, sizeof secret, code, strlen(code), "loyald seal 1", seal_key, 32), ST_OK);
    json_free(body);
}

static void write_answer(const struct central *central, const struct pk *own, const uint8_t seal_key[32],
                         struct strbuf *out)
{
    static const char store[] = "{\"id\":\"S77\",\"name\":\"Corner\",\"attrs\":{\"format\":\"express\"}}";
    struct json_writer w = JSON_WRITER_INIT(out);
    uint8_t point[PK_POINT_BYTES], sealed[128];
    char id_key[128], rules_pem[PK_PEM_BYTES_MAX];
    size_t len;

    (void)snprintf(id_key, sizeof id_key, "{\"id_key\":\"%064d\"}", 7);
    len = strlen(id_key);
    cr_assert_eq(crypto_seal(seal_key, central->wrong_seal ? "enrol 00000000000000d2" : "enrol 00000000000000d1",
                             id_key, len, sealed),
                 ST_OK);
    cr_assert(pk_point(own, point) == ST_OK && pk_public_pem(rig.world.office, rules_pem, NULL) == ST_OK);
    jw_object_begin(&w);
    jw_field_text(&w, "certificate", "PEM");
    jw_field_text(&w, "ca", "PEM");
    jw_field_hex(&w, "point", point, sizeof point);
    jw_field_text(&w, "chain", central->chain ? central->chain : "demo");
    jw_field_raw(&w, "store", store, strlen(store));
    jw_field_text(&w, "till", "5");
    jw_field_text(&w, "currency", "EUR");
    jw_field_text(&w, "language", "en");
    jw_name(&w, "rules_keys");
    jw_array_begin(&w);
    for (int i = 0; i < (central->office_keys ? central->office_keys : 1); i++) {
        jw_object_begin(&w);
        jw_field_text(&w, "pem", rules_pem);
        jw_object_end(&w);
    }
    jw_array_end(&w);
    jw_field_text(&w, "incarnation", "00000000000000aa");
    jw_field_hex(&w, "sealed", sealed, len + CRYPTO_SEAL_OVERHEAD);
    if (central->more)
        strbuf_puts(out, central->more);
    jw_object_end(&w);
    cr_assert_eq(strbuf_status(out), ST_OK);
}

/* Answers the enrolment and takes on its key. */
static void enrol_answer(struct question *q, const struct central *central)
{
    struct strbuf body = STRBUF_INIT(64 * 1024);
    uint8_t seal_key[32];
    struct pk *own = NULL;

    cr_assert_eq(pk_generate(&own, NULL), ST_OK);
    agree(q, own, central->wrong_code ? "0000-0000" : CODE, rig.mac_key, seal_key);
    write_answer(central, own, seal_key, &body);
    if (central->wrong_mac)
        rig.mac_key[0] ^= 1;
    rig_answer_n(&rig, q, 200, body.data, body.len, "");
    pk_destroy(own);
    strbuf_free(&body);
}

static void enrol(const struct central *central)
{
    struct question q;

    memset(&told, 0, sizeof told);
    link_enrol(rig.link, CODE, note, NULL);
    q = rig_take(&rig, OP_ENROL);
    enrol_answer(&q, central);
    rig_until(&rig, is_told, "the end of the enrolment");
    question_clear(&q);
}

/* ---- the way of it ---- */

Test(enrolment, till_takes_on_what_the_central_says)
{
    const struct identity *identity = &rig.world.identity;
    struct question records, poll;

    rig_sell(&rig, "s1"); /* before it: kept, and sent after it */
    enrol(&(struct central){0});
    cr_expect_eq(told.problem, PROBLEM_NONE, "%s", told.detail);
    cr_expect_str_eq(told.detail, "store S77, till 5");
    cr_expect(identity->enrolled);
    cr_expect_str_eq(identity->chain, "demo");
    cr_expect_str_eq(identity->store, "S77");
    cr_expect_str_eq(identity->store_name, "Corner");
    cr_expect_str_eq(identity->till, "5");
    cr_expect_str_eq(identity->currency, "EUR");
    cr_expect(strstr(identity->store_attrs, "express"), "%s", identity->store_attrs);
    cr_expect_eq(identity->rules_key_count, 1);
    cr_expect_arr_eq(identity->mac_key, rig.mac_key, 32);
    records = rig_take(&rig, OP_JOURNAL); /* the rig checks its MAC with the new key */
    rig_ack(&rig, &records, 1, "");
    poll = rig_take(&rig, OP_UPDATES);
    cr_expect_str_eq(poll.args.values[0], "");
    cr_expect(rig_is_up(&rig));
    cr_expect_eq(told.times, 1);
    question_clear(&records);
    question_clear(&poll);
}

Test(enrolment, survives_a_restart)
{
    struct question q;

    enrol(&(struct central){.more = ",\"mac_key\":\"00\",\"id_key\":7,\"of_a_later_version\":{}"});
    cr_assert_eq(told.problem, PROBLEM_NONE, "%s", told.detail);
    rig_sell(&rig, "s1");
    rig_restart(&rig, true);
    cr_expect(rig.world.identity.enrolled);
    cr_expect_str_eq(rig.world.identity.store, "S77");
    rig_connect(&rig);
    q = rig_take(&rig, OP_JOURNAL);
    question_clear(&q);
}

static const struct {
    const char *what;
    struct central central;
} wrong[] = {{"another code", {.wrong_code = true}},
             {"a changed answer", {.wrong_mac = true}},
             {"an id key sealed for another till", {.wrong_seal = true}},
             {"two chains", {.more = ",\"chain\":\"twice\""}}};

Test(enrolment, what_does_not_fit_is_refused_and_changes_nothing)
{
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        enrol(&wrong[i].central);
        cr_expect_eq(told.problem, PROBLEM_ENROL_REFUSED, "%s: %s", wrong[i].what, told.detail);
        cr_expect_neq(told.detail[0], '\0');
        cr_expect_not(rig.world.identity.enrolled);
        cr_expect_not(rig_has(&rig, OP_JOURNAL));
    }
    enrol(&(struct central){0}); /* the next try is a good one */
    cr_expect_eq(told.problem, PROBLEM_NONE, "%s", told.detail);
}

Test(enrolment, on_a_full_disk_is_said_to_be_that)
{
    disk_full = true;
    enrol(&(struct central){0});
    cr_expect_eq(told.problem, PROBLEM_DISK_FULL, "%s", told.detail);
    cr_expect_not(rig.world.identity.enrolled);
    disk_full = false;
    enrol(&(struct central){0});
    cr_expect_eq(told.problem, PROBLEM_NONE, "%s", told.detail);
}

/* More keys than a till keeps: the central's fault, not the disk's. */
Test(enrolment, with_more_keys_than_a_till_keeps_is_refused_in_words)
{
    struct central many = {.office_keys = IDENTITY_RULES_KEYS_MAX + 1};

    enrol(&many);
    cr_expect_eq(told.problem, PROBLEM_ENROL_REFUSED, "%s", told.detail);
    cr_expect_not_null(strstr(told.detail, "rules_keys"), "%s", told.detail);
}

Test(enrolment, refusal_is_said_in_the_centrals_words)
{
    struct question q;

    memset(&told, 0, sizeof told);
    link_enrol(rig.link, CODE, note, NULL);
    q = rig_take(&rig, OP_ENROL);
    rig_answer(&rig, &q, 403, "{\"code\":\"bad_code\",\"message\":\"the code was used already\"}");
    rig_until(&rig, is_told, "the refusal");
    cr_expect_eq(told.problem, PROBLEM_ENROL_REFUSED);
    cr_expect_str_eq(told.detail, "the code was used already");
    question_clear(&q);
}

Test(enrolment, without_loyald_sync_it_is_said_so)
{
    rig_hang_up(&rig);
    for (int turn = 0; turn < 100 && courier_is_connected(rig.link->courier); turn++)
        rig_turn(&rig);
    memset(&told, 0, sizeof told);
    link_enrol(rig.link, CODE, note, NULL);
    cr_expect_eq(told.times, 1);
    cr_expect_eq(told.problem, PROBLEM_NO_COURIER);
}

Test(enrolment, one_code_at_a_time)
{
    struct question q;

    memset(&told, 0, sizeof told);
    link_enrol(rig.link, CODE, note, NULL);
    q = rig_take(&rig, OP_ENROL);
    link_enrol(rig.link, "2222-2222", note, NULL);
    cr_expect_eq(told.times, 1);
    cr_expect_eq(told.problem, PROBLEM_BUSY, "%s", told.detail);
    told.times = 0;
    enrol_answer(&q, &(struct central){0}); /* the first is not disturbed */
    rig_until(&rig, is_told, "the end of the enrolment");
    cr_expect_eq(told.problem, PROBLEM_NONE, "%s", told.detail);
    question_clear(&q);
}

Test(enrolment, lost_connection_ends_it_and_the_code_may_be_tried_again)
{
    struct question q;

    memset(&told, 0, sizeof told);
    link_enrol(rig.link, CODE, note, NULL);
    q = rig_take(&rig, OP_ENROL);
    question_clear(&q);
    rig_connect(&rig);
    rig_until(&rig, is_told, "the end of the enrolment");
    cr_expect_eq(told.problem, PROBLEM_NO_COURIER);
    enrol(&(struct central){0});
    cr_expect_eq(told.problem, PROBLEM_NONE, "%s", told.detail);
}

Test(enrolment, code_out_of_bounds_is_refused)
{
    char code[200];

    memset(code, 'x', sizeof code - 1);
    code[sizeof code - 1] = '\0';
    memset(&told, 0, sizeof told);
    link_enrol(rig.link, code, note, NULL);
    link_enrol(rig.link, "", note, NULL);
    cr_expect_eq(told.times, 2);
    cr_expect_eq(told.problem, PROBLEM_BAD_FIELD);
}

/* ---- once more, as another till ---- */

Test(enrolment, answers_to_who_it_was_before_are_dropped)
{
    struct question poll, late;
    uint8_t before[32];
    char cursor[64];

    enrol(&(struct central){0});
    poll = rig_take(&rig, OP_UPDATES);
    rig_answer(&rig, &poll, 200, "{\"cursor\":\"aa.1\"}");
    question_clear(&poll);
    late = rig_take(&rig, OP_UPDATES); /* a long-poll under the first key */
    memcpy(before, rig.mac_key, sizeof before);
    enrol(&(struct central){.chain = "other"});
    cr_expect_eq(told.problem, PROBLEM_NONE, "%s", told.detail);
    poll = rig_take(&rig, OP_UPDATES);
    cr_expect_str_eq(poll.args.values[0], "", "of another chain, everything is asked for anew");
    {
        uint8_t now[32];

        memcpy(now, rig.mac_key, sizeof now);
        memcpy(rig.mac_key, before, sizeof before);
        rig_answer(&rig, &late, 200, "{\"cursor\":\"aa.2\",\"members\":[{\"id\":\"old\"}]}");
        memcpy(rig.mac_key, now, sizeof now);
    }
    cr_expect_not(rig_has(&rig, OP_UPDATES));
    cr_expect(rig_is_up(&rig), "and the link is not said to be down");
    cr_expect_eq(cache_member_count(rig.world.cache), 0);
    (void)cache_get_state(rig.world.cache, "cursor", cursor, sizeof cursor, NULL);
    cr_expect_str_eq(cursor, "");
    question_clear(&late);
    question_clear(&poll);
}

/* Three sales in an epoch that is over, the first two known to the central that was put back; one in the next. */
static void begin_second_epoch(struct journal_head *out_first, uint8_t out_hash[SHA256_BYTES])
{
    struct journal *journal = rig.world.journal;
    struct journal_life life = {.epoch = 0xe2};
    struct question q;

    for (int i = 0; i < 3; i++)
        rig_sell(&rig, (const char *[]){"s1", "s2", "s3"}[i]);
    journal_head(journal, out_first);
    q = rig_take(&rig, OP_JOURNAL);
    rig_ack(&rig, &q, out_first->seq, "");
    question_clear(&q);
    while (rig_acked(&rig) < out_first->position)
        rig_turn(&rig);
    cr_assert_eq(journal_hash_at(journal, 2, out_hash, NULL), ST_OK);
    life.dev = out_first->dev;
    cr_assert_eq(journal_begin_epoch(journal, &life, NULL), ST_OK);
    rig_restart(&rig, true);
    rig_connect(&rig);
}

Test(enrolment, says_where_its_epochs_ended_and_hears_what_a_central_put_back_lacks)
{
    char expected[400], hex[SHA256_TEXT], answer[400];
    struct journal_head first;
    uint8_t hash[SHA256_BYTES];
    struct question q;

    enrol(&(struct central){0});
    begin_second_epoch(&first, hash);
    memset(&told, 0, sizeof told);
    link_enrol(rig.link, CODE, note, NULL);
    q = rig_take(&rig, OP_ENROL);
    hex_encode(first.hash, sizeof first.hash, hex);
    (void)snprintf(
        expected, sizeof expected,
        "\"history\":{\"chain\":\"demo\",\"incarnation\":\"00000000000000aa\",\"ended\":[{\"epoch\":\"%016" PRIx64
        "\",\"seq\":3,\"hash\":\"%s\"}]}",
        first.epoch, hex);
    cr_expect(memmem(q.body, q.len, expected, strlen(expected)), "%.*s", (int)q.len, q.body);
    hex_encode(hash, sizeof hash, hex);
    (void)snprintf(answer, sizeof answer,
                   "{\"code\":\"behind\",\"message\":\"new-epoch\",\"epoch\":\"%016" PRIx64
                   "\",\"seq\":2,\"hash\":\"%s\"}",
                   first.epoch, hex);
    rig_answer(&rig, &q, 409, answer);
    rig_until(&rig, is_told, "the refusal");
    question_clear(&q);
    cr_expect_eq(told.problem, PROBLEM_ENROL_REFUSED);
    cr_expect_str_eq(told.detail, "new-epoch");
    cr_expect_eq(rig_acked(&rig), 2);
    cr_expect(rig_is_forked(&rig), "who looks at the till is told what to do");
    rig_restart(&rig, false);
    rig_connect(&rig);
    cr_expect_eq(rig_acked(&rig), 2);
    cr_expect_not(rig_has(&rig, OP_JOURNAL), "under this epoch that record is nothing");
    cr_expect(rig_is_forked(&rig), "also after a start");
}

#define ZEROS "0000000000000000000000000000000000000000000000000000000000000000"

static const char *const not_behind[] = {
    "{\"code\":\"behind\",\"message\":\"m\"}", "{\"code\":\"behind\",\"epoch\":\"zz\",\"seq\":1,\"hash\":\"00\"}",
    "{\"code\":\"behind\",\"epoch\":\"00000000000000e2\",\"seq\":0,\"hash\":\"" ZEROS "\"}"};

Test(enrolment, a_lack_that_cannot_be_changes_nothing)
{
    struct journal_head first;
    uint8_t hash[SHA256_BYTES];

    enrol(&(struct central){0});
    begin_second_epoch(&first, hash);
    for (size_t i = 0; i < sizeof not_behind / sizeof not_behind[0]; i++) {
        struct question q;

        memset(&told, 0, sizeof told);
        link_enrol(rig.link, CODE, note, NULL);
        q = rig_take(&rig, OP_ENROL);
        rig_answer(&rig, &q, 409, not_behind[i]);
        rig_until(&rig, is_told, "the refusal");
        question_clear(&q);
        cr_expect_eq(told.problem, PROBLEM_ENROL_REFUSED);
        cr_expect(strstr(told.detail, "cannot be noted"), "%s", told.detail);
        cr_expect_eq(rig_acked(&rig), first.position);
        cr_expect_not(rig_is_forked(&rig));
    }
}

/* The next answer to a poll is of another incarnation than that: then the till tells what it holds. */
Test(enrolment, what_it_last_heard_of_the_central_stays)
{
    char *heard = NULL;
    size_t len = 0;

    enrol(&(struct central){0});
    cr_assert_eq(journal_put_state(rig.world.journal, IDENTITY_INCARNATION, "00000000000000a9", 16, NULL), ST_OK);
    enrol(&(struct central){0});
    cr_assert_eq(journal_get_state(rig.world.journal, IDENTITY_INCARNATION, &heard, &len, NULL), ST_OK);
    cr_expect_str_eq(heard, "00000000000000a9");
    free(heard);
    enrol(&(struct central){.chain = "other"});
    cr_assert_eq(journal_get_state(rig.world.journal, IDENTITY_INCARNATION, &heard, &len, NULL), ST_OK);
    cr_expect_str_eq(heard, "00000000000000aa", "another chain's owes it nothing");
    free(heard);
}

Test(enrolment, ends_a_fork)
{
    struct question q;

    enrol(&(struct central){0});
    rig_sell(&rig, "s1");
    q = rig_take(&rig, OP_JOURNAL);
    rig_answer(&rig, &q, 409, "{\"code\":\"fork\",\"message\":\"\",\"seq\":1}");
    question_clear(&q);
    cr_expect_not(rig_has(&rig, OP_JOURNAL));
    cr_assert(rig_is_forked(&rig));
    enrol(&(struct central){0});
    q = rig_take(&rig, OP_JOURNAL);
    question_clear(&q);
    cr_expect_not(rig_is_forked(&rig));
}
