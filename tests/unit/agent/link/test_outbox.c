/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/agent/link/rig.h"

#include "agent/base/hex.h"
#include "agent/db/journal.h"
#include "agent/link/link_internal.h"
#include "sync/protocol/record.h"

#include <criterion/criterion.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct rig rig;

static void begin(void)
{
    rig_begin(&rig, false);
}

static void end(void)
{
    rig_end(&rig);
}

TestSuite(outbox, .init = begin, .fini = end, .timeout = 60);

/* ---- what the journal holds ---- */

struct text {
    struct strbuf bytes;
    int64_t to;
};

static bool add_line(void *context, const struct journal_entry *entry)
{
    struct text *text = context;

    if (entry->position > text->to)
        return false;
    strbuf_add(&text->bytes, entry->bytes, entry->len);
    strbuf_putc(&text->bytes, '\n');
    return true;
}

/* The journal's own bytes from one position to another. */
static struct strbuf lines(int64_t from, int64_t to)
{
    struct text text = {.bytes = STRBUF_INIT(4 * 1024 * 1024), .to = to};

    cr_assert_eq(journal_each(rig.world.journal, from, add_line, &text, NULL), ST_OK);
    cr_assert_eq(strbuf_status(&text.bytes), ST_OK);
    return text.bytes;
}

static void expect_records(const struct question *q, int64_t from, int64_t to)
{
    struct strbuf expected = lines(from, to);

    cr_expect_eq(q->len, expected.len, "records %" PRId64 " to %" PRId64, from, to);
    cr_expect(q->len == expected.len && memcmp(q->body, expected.data, q->len) == 0);
    strbuf_free(&expected);
}

/* Records of any size, without the cost of sales. */
static void fill(int count, size_t body_len)
{
    char *body = malloc(body_len + 1);

    memset(body, 'x', body_len);
    memcpy(body, "{\"x\":\"", 6);
    memcpy(body + body_len - 2, "\"}", 3);
    for (int i = 0; i < count; i++)
        cr_assert_eq(till_record(rig.world.till, "note", body, body_len, NULL), ST_OK);
    free(body);
}

static bool is_acked(struct rig *r)
{
    return rig_acked(r) == world_records(&r->world);
}

static bool is_forked(struct rig *r)
{
    return rig_is_forked(r);
}

/* ---- batches ---- */

Test(outbox, sends_exactly_the_journals_bytes)
{
    struct question q;

    rig_sell(&rig, "s1");
    rig_connect(&rig);
    rig_sell(&rig, "s2");
    q = rig_take(&rig, OP_JOURNAL);
    expect_records(&q, 1, 1);
    rig_ack(&rig, &q, 1, "");
    question_clear(&q);
    q = rig_take(&rig, OP_JOURNAL);
    expect_records(&q, 2, 2);
    rig_ack(&rig, &q, 2, "");
    question_clear(&q);
    rig_until(&rig, is_acked, "the ack");
    cr_expect_not(rig_has(&rig, OP_JOURNAL), "nothing is left to send");
}

Test(outbox, batch_has_a_bound_of_records)
{
    struct question q;

    fill(RECORD_BATCH_MAX + 7, 16);
    rig_connect(&rig);
    q = rig_take(&rig, OP_JOURNAL);
    expect_records(&q, 1, RECORD_BATCH_MAX);
    rig_ack(&rig, &q, RECORD_BATCH_MAX, ",\"max_batch\":3");
    question_clear(&q);
    q = rig_take(&rig, OP_JOURNAL);
    expect_records(&q, RECORD_BATCH_MAX + 1, RECORD_BATCH_MAX + 3);
    rig_ack(&rig, &q, RECORD_BATCH_MAX + 3, ",\"max_batch\":500");
    question_clear(&q);
    q = rig_take(&rig, OP_JOURNAL);
    expect_records(&q, RECORD_BATCH_MAX + 4, RECORD_BATCH_MAX + 7);
    question_clear(&q);
}

static bool has_packed(struct rig *r)
{
    return r->link->outbox.ahead_count > 0;
}

/* What was packed while another batch was under way is what comes next, or is thrown away. */
Test(outbox, what_was_packed_ahead_is_sent_only_when_it_follows)
{
    struct question q;

    fill(3 * RECORD_BATCH_MAX + 1, 16);
    rig_connect(&rig);
    q = rig_take(&rig, OP_JOURNAL);
    rig_until(&rig, has_packed, "a batch packed ahead");
    cr_expect_eq(rig.link->outbox.ahead_count, RECORD_BATCH_MAX);
    rig_ack(&rig, &q, RECORD_BATCH_MAX, "");
    question_clear(&q);
    q = rig_take(&rig, OP_JOURNAL);
    expect_records(&q, RECORD_BATCH_MAX + 1, 2 * RECORD_BATCH_MAX);
    cr_expect_eq(rig.link->outbox.ahead_count, 0, "the one in flight");
    rig_until(&rig, has_packed, "the last batch packed ahead");
    /* The central took a part of it. */
    rig_ack(&rig, &q, RECORD_BATCH_MAX + 7, "");
    question_clear(&q);
    q = rig_take(&rig, OP_JOURNAL);
    expect_records(&q, RECORD_BATCH_MAX + 8, 2 * RECORD_BATCH_MAX + 7);
    question_clear(&q);
}

Test(outbox, batch_has_a_bound_of_bytes)
{
    struct question q;

    fill(3, 300 * 1024);
    fill(1, 900 * 1024); /* over the bound alone: goes alone */
    rig_connect(&rig);
    for (int64_t seq = 1; seq <= 4; seq++) {
        q = rig_take(&rig, OP_JOURNAL);
        expect_records(&q, seq, seq);
        rig_ack(&rig, &q, seq, "");
        question_clear(&q);
    }
    rig_until(&rig, is_acked, "the last ack");
}

Test(outbox, next_batch_comes_at_the_pace_the_central_asks_for)
{
    struct question q;

    fill(2, 16);
    rig_connect(&rig);
    q = rig_take(&rig, OP_JOURNAL);
    rig_sell(&rig, "s1");
    rig_ack(&rig, &q, 2, ",\"next_after_ms\":3600000");
    question_clear(&q);
    cr_expect_not(rig_has(&rig, OP_JOURNAL));
    cr_expect_eq(rig_acked(&rig), 2);
}

/* ---- acks ---- */

Test(outbox, ack_with_a_foreign_hash_stops_it)
{
    struct question q;

    rig_sell(&rig, "s1");
    rig_connect(&rig);
    q = rig_take(&rig, OP_JOURNAL);
    rig_answer(&rig, &q, 200,
               "{\"epoch\":\"00000000000000e1\",\"acked\":1,\"hash\":\"00112233445566778899aabbccddeeff"
               "00112233445566778899aabbccddeeff\"}");
    rig_until(&rig, is_forked, "the alarm");
    cr_expect_eq(rig_acked(&rig), 0);
    rig_sell(&rig, "s2");
    rig_connect(&rig);
    cr_expect_not(rig_has(&rig, OP_JOURNAL), "a fork is for IT to look at");
    question_clear(&q);
}

Test(outbox, ack_past_our_end_stops_it)
{
    struct question q;

    rig_sell(&rig, "s1");
    rig_connect(&rig);
    q = rig_take(&rig, OP_JOURNAL);
    rig_answer(&rig, &q, 200,
               "{\"epoch\":\"00000000000000e1\",\"acked\":50,\"hash\":\"00112233445566778899aabbccddeeff"
               "00112233445566778899aabbccddeeff\"}");
    rig_until(&rig, is_forked, "the alarm");
    question_clear(&q);
}

Test(outbox, ack_that_does_not_move_on_is_waited_for)
{
    struct question q;

    rig.link->options.retry_max_ms = 60 * 1000;
    rig.link->outbox.retry.failures =
        10; /* a wait long enough to see that there is one: the dice may say 0 once in 60,000 */
    rig_sell(&rig, "s1");
    rig_connect(&rig);
    q = rig_take(&rig, OP_JOURNAL);
    rig_ack(&rig, &q, 0, "");
    cr_expect_not(rig_has(&rig, OP_JOURNAL), "asked %d times", rig.asked[OP_JOURNAL]);
    cr_expect_eq(rig_acked(&rig), 0);
    question_clear(&q);
}

static const char *const unusable[] = {"",
                                       "[]",
                                       "{}",
                                       "{\"acked\":1}",
                                       "{\"epoch\":\"00000000000000e1\",\"acked\":1,\"hash\":\"00\"}",
                                       ("{\"epoch\":\"00000000000000e2\",\"acked\":0,\"hash\":"
                                        "\"0000000000000000000000000000000000000000000000000000000000000000\"}")};

Test(outbox, answer_that_cannot_be_used_changes_nothing_and_is_tried_again)
{
    struct question q;

    rig_sell(&rig, "s1");
    rig_connect(&rig);
    for (size_t i = 0; i < sizeof unusable / sizeof unusable[0]; i++) {
        q = rig_take(&rig, OP_JOURNAL);
        expect_records(&q, 1, 1);
        rig_answer(&rig, &q, 200, unusable[i]);
        question_clear(&q);
    }
    q = rig_take(&rig, OP_JOURNAL);
    rig_ack(&rig, &q, 1, "");
    rig_until(&rig, is_acked, "the ack");
    cr_expect_not(rig_is_forked(&rig));
    question_clear(&q);
}

/* A proxy hands this till the ack that was another till's, or its own of before for another question. */
Test(outbox, an_ack_of_another_till_leaves_the_cursor_and_is_asked_for_again)
{
    struct question q, others;

    rig_sell(&rig, "s1");
    rig_connect(&rig);
    q = rig_take(&rig, OP_JOURNAL);
    others = q;
    others.dev ^= 1;
    rig_ack(&rig, &others, 1, "");
    question_clear(&q);
    q = rig_take(&rig, OP_JOURNAL);
    expect_records(&q, 1, 1);
    cr_expect_eq(rig_acked(&rig), 0);
    rig.mac_key[0] ^= 1; /* of a till that agreed on another key */
    rig_ack(&rig, &q, 1, "");
    rig.mac_key[0] ^= 1;
    question_clear(&q);
    q = rig_take(&rig, OP_JOURNAL);
    expect_records(&q, 1, 1);
    cr_expect_eq(rig_acked(&rig), 0);
    rig_ack(&rig, &q, 1, "");
    rig_until(&rig, is_acked, "the ack");
    cr_expect_not(rig_is_forked(&rig));
    question_clear(&q);
}

/* ---- refusals ---- */

Test(outbox, central_that_expects_less_is_sent_from_there)
{
    struct question q;

    fill(3, 16);
    rig_connect(&rig);
    q = rig_take(&rig, OP_JOURNAL);
    rig_ack(&rig, &q, 3, "");
    question_clear(&q);
    fill(1, 16);
    q = rig_take(&rig, OP_JOURNAL);
    expect_records(&q, 4, 4);
    rig_answer(&rig, &q, 409, "{\"code\":\"expect\",\"message\":\"restored\",\"expect\":2}");
    question_clear(&q);
    q = rig_take(&rig, OP_JOURNAL);
    expect_records(&q, 2, 4);
    rig_answer(&rig, &q, 409, "{\"code\":\"expect\",\"message\":\"restored\",\"expect\":1}");
    question_clear(&q);
    q = rig_take(&rig, OP_JOURNAL);
    expect_records(&q, 1, 4);
    rig_ack(&rig, &q, 4, "");
    question_clear(&q);
    rig_until(&rig, is_acked, "the ack");
}

static bool says_gone(struct rig *r)
{
    return r->link->outbox.gone;
}

Test(outbox, central_that_expects_what_was_removed_is_told_so)
{
    struct journal *journal = rig.world.journal;
    struct journal_head head;
    struct question q;

    fill(5, 16);
    rig_connect(&rig);
    q = rig_take(&rig, OP_JOURNAL);
    rig_ack(&rig, &q, 5, "");
    question_clear(&q);
    rig_until(&rig, is_acked, "the ack");
    journal_head(journal, &head);
    cr_assert_eq(journal_set_counted(journal, head.epoch, 5, 0, NULL), ST_OK);
    cr_assert_eq(journal_prune(journal, 3, NULL), ST_OK);
    fill(1, 16);
    q = rig_take(&rig, OP_JOURNAL);
    rig_answer(&rig, &q, 409, "{\"code\":\"expect\",\"message\":\"restored\",\"expect\":2}");
    question_clear(&q);
    rig_until(&rig, says_gone, "the word that records are gone");
    cr_expect_eq(rig_acked(&rig), 5);
    cr_expect_not(rig_is_forked(&rig));
    q = rig_take(&rig, OP_JOURNAL); /* it is tried again: the central may have been put to a later state since */
    rig_answer(&rig, &q, 409, "{\"code\":\"expect\",\"message\":\"restored\",\"expect\":4}");
    question_clear(&q);
    q = rig_take(&rig, OP_JOURNAL);
    expect_records(&q, 4, 6);
    rig_ack(&rig, &q, 6, "");
    question_clear(&q);
    rig_until(&rig, is_acked, "the ack");
    cr_expect_not(says_gone(&rig));
}

Test(outbox, central_that_expects_more_is_sent_from_there)
{
    struct question q;

    fill(4, 16);
    rig_connect(&rig);
    q = rig_take(&rig, OP_JOURNAL);
    rig_answer(&rig, &q, 409, "{\"code\":\"expect\",\"message\":\"have it\",\"expect\":4}");
    question_clear(&q);
    q = rig_take(&rig, OP_JOURNAL);
    expect_records(&q, 4, 4);
    cr_expect_eq(rig_acked(&rig), 3);
    question_clear(&q);
}

Test(outbox, central_that_expects_what_is_not_there_stops_it)
{
    struct question q;

    fill(2, 16);
    rig_connect(&rig);
    q = rig_take(&rig, OP_JOURNAL);
    rig_answer(&rig, &q, 409, "{\"code\":\"expect\",\"message\":\"\",\"expect\":4}");
    question_clear(&q);
    rig_until(&rig, is_forked, "the alarm: this journal is an old image");
    cr_expect_eq(rig_acked(&rig), 0);
}

Test(outbox, fork_stops_it)
{
    struct question q;

    fill(2, 16);
    rig_connect(&rig);
    q = rig_take(&rig, OP_JOURNAL);
    rig_answer(&rig, &q, 409, "{\"code\":\"fork\",\"message\":\"another history\",\"seq\":1}");
    question_clear(&q);
    rig_until(&rig, is_forked, "the alarm");
    rig_sell(&rig, "s1");
    cr_expect_not(rig_has(&rig, OP_JOURNAL));
    cr_expect(rig_is_up(&rig), "the link itself is well");
}

/* A till with nothing to send hears it by what it asks for. */
Test(outbox, fork_told_to_a_poll_stops_it)
{
    struct question q;

    rig_connect(&rig);
    q = rig_take(&rig, OP_UPDATES);
    rig_answer(&rig, &q, 409, "{\"code\":\"fork\",\"message\":\"another epoch\"}");
    question_clear(&q);
    rig_until(&rig, is_forked, "the alarm");
    rig_sell(&rig, "s1");
    cr_expect_not(rig_has(&rig, OP_JOURNAL));
}

Test(outbox, too_large_halves_what_was_sent)
{
    struct question q;

    fill(9, 16);
    rig_connect(&rig);
    q = rig_take(&rig, OP_JOURNAL);
    expect_records(&q, 1, 9);
    for (int64_t left = 4; left >= 1; left /= 2) {
        rig_answer(&rig, &q, 413, "{\"code\":\"too_large\",\"message\":\"\"}");
        question_clear(&q);
        q = rig_take(&rig, OP_JOURNAL);
        expect_records(&q, 1, left);
    }
    rig_answer(&rig, &q, 413, "{\"code\":\"too_large\",\"message\":\"\"}"); /* one record stays one */
    question_clear(&q);
    q = rig_take(&rig, OP_JOURNAL);
    expect_records(&q, 1, 1);
    rig_ack(&rig, &q, 1, ",\"max_batch\":500");
    question_clear(&q);
    q = rig_take(&rig, OP_JOURNAL);
    expect_records(&q, 2, 3); /* and grows one by one */
    question_clear(&q);
}

Test(outbox, busy_central_is_left_alone_as_long_as_it_asks)
{
    static const char busy[] = "{\"code\":\"busy\",\"message\":\"\"}";
    struct question q;

    rig_sell(&rig, "s1");
    rig_connect(&rig);
    q = rig_take(&rig, OP_JOURNAL);
    rig_answer_n(&rig, &q, 503, busy, strlen(busy), ",\"retry_after_ms\":3600000");
    question_clear(&q);
    cr_expect_not(rig_has(&rig, OP_JOURNAL));
    for (int i = 2; i < 6; i++) { /* what is sold meanwhile does not hammer it */
        char id[8];

        (void)snprintf(id, sizeof id, "s%d", i);
        rig_sell(&rig, id);
    }
    cr_expect_not(rig_has(&rig, OP_JOURNAL));
    cr_expect_eq(rig.asked[OP_JOURNAL], 1);
}

/* A refusal without a body that can be read waits as long all the same. */
Test(outbox, refusal_without_words_keeps_its_wait)
{
    struct question q;

    rig_sell(&rig, "s1");
    rig_connect(&rig);
    q = rig_take(&rig, OP_JOURNAL);
    rig_answer_n(&rig, &q, 503, "", 0, ",\"retry_after_ms\":3600000");
    question_clear(&q);
    cr_expect_not(rig_has(&rig, OP_JOURNAL));
}

/* ---- offline ---- */

Test(outbox, offline_is_tried_again_until_it_is_there)
{
    struct question q;
    char reason[128];

    rig_sell(&rig, "s1");
    rig_connect(&rig);
    for (int i = 0; i < 5; i++) {
        q = rig_take(&rig, OP_JOURNAL);
        rig_refuse(&rig, &q, i % 2 ? "offline" : "tls", 0);
        question_clear(&q);
    }
    q = rig_take(&rig, OP_JOURNAL);
    cr_expect_not(rig_is_up(&rig));
    rig_link_text(&rig, "reason", reason, sizeof reason);
    cr_expect_str_eq(reason, "tls, says the test", "the latest reason is shown: %s", reason);
    cr_expect_eq(rig.link->outbox.retry.failures, 5);
    rig_ack(&rig, &q, 1, "");
    rig_until(&rig, is_acked, "the ack");
    cr_expect(rig_is_up(&rig));
    cr_expect_eq(rig.link->outbox.retry.failures, 0);
    question_clear(&q);
}

Test(outbox, that_is_stuck_holds_no_updates_up)
{
    struct question q, poll;

    rig_sell(&rig, "s1");
    rig_connect(&rig);
    for (int i = 0; i < 3; i++) {
        q = rig_take(&rig, OP_JOURNAL);
        rig_answer(&rig, &q, 503, "{\"code\":\"busy\",\"message\":\"later\"}");
        question_clear(&q);
        poll = rig_take(&rig, OP_UPDATES);
        rig_answer(&rig, &poll, 200, i % 2 ? "{\"cursor\":\"aa.1\",\"more\":true}" : "{\"cursor\":\"aa.2\",\"more\":true}");
        question_clear(&poll);
    }
    cr_expect_eq(rig_acked(&rig), 0);
}

Test(outbox, link_that_comes_back_is_tried_at_once)
{
    struct question q;

    rig_sell(&rig, "s1");
    rig_connect(&rig);
    q = rig_take(&rig, OP_JOURNAL);
    rig_refuse(&rig, &q, "offline", 3600000);
    question_clear(&q);
    cr_expect_not(rig_has(&rig, OP_JOURNAL));
    rig_say(&rig, "{\"notice\":\"link\",\"up\":true}", 0, NULL, 0);
    q = rig_take(&rig, OP_JOURNAL);
    question_clear(&q);
    rig_say(&rig, "{\"notice\":\"link\",\"up\":false,\"text\":\"cable pulled\"}", 0, NULL, 0);
    cr_expect_not(rig_has(&rig, OP_JOURNAL));
}

Test(outbox, waits_grow_and_stay_in_their_bounds)
{
    enum { ROUNDS = 400, MAX_MS = 60000 };
    int64_t seen[12] = {0};

    for (int round = 0; round < ROUNDS; round++) {
        struct retry retry = {0};

        for (int failure = 0; failure < 12; failure++) {
            int64_t top = INT64_C(500) << failure < MAX_MS ? INT64_C(500) << failure : MAX_MS;
            int64_t wait_ms = retry_next_ms(&retry, MAX_MS, 0);

            cr_assert(wait_ms >= 0 && wait_ms <= top, "failure %d: %" PRId64, failure, wait_ms);
            if (wait_ms > seen[failure])
                seen[failure] = wait_ms;
        }
        cr_assert_eq(retry.failures, 12);
    }
    for (int failure = 1; failure < 7; failure++) /* of 400 throws the highest is near the top */
        cr_expect_gt(seen[failure], INT64_C(250) << failure, "the waits grow");
}

Test(outbox, wait_asked_for_is_kept_and_spread)
{
    int64_t lowest = INT64_MAX, highest = 0;

    for (int round = 0; round < 200; round++) {
        struct retry retry = {.failures = 1000}; /* never overflows */
        int64_t wait_ms = retry_next_ms(&retry, 1000, 30000);

        cr_assert(wait_ms >= 30000 && wait_ms <= 31000);
        lowest = wait_ms < lowest ? wait_ms : lowest;
        highest = wait_ms > highest ? wait_ms : highest;
    }
    cr_expect_gt(highest, lowest, "tills told the same wait do not come back together");
    cr_expect_eq(retry_next_ms(&(struct retry){0}, 0, 0), 0);
}

/* ---- enrolment, crashes ---- */

Test(outbox, nothing_is_sent_before_enrolment)
{
    rig_end(&rig);
    rig_begin_fresh(&rig);
    rig_sell(&rig, "s1");
    rig_connect(&rig);
    cr_expect_not(rig_has(&rig, OP_JOURNAL));
    cr_expect_not(rig_has(&rig, OP_UPDATES));
}

/* The ack is kept lazily: what is lost of it costs a second delivery, never a gap. */
Test(outbox, restart_goes_on_after_the_ack)
{
    struct question q;

    rig_end(&rig);
    rig_begin(&rig, true);
    fill(3, 16);
    rig_connect(&rig);
    q = rig_take(&rig, OP_JOURNAL);
    rig_ack(&rig, &q, 2, "");
    question_clear(&q);
    q = rig_take(&rig, OP_JOURNAL);
    expect_records(&q, 3, 3);
    question_clear(&q);
    rig_restart(&rig, false);
    rig_connect(&rig);
    q = rig_take(&rig, OP_JOURNAL);
    expect_records(&q, 3, 3);
    question_clear(&q);
}

static bool is_back(struct rig *r)
{
    return rig_acked(r) == 2;
}

Test(outbox, till_that_sells_nothing_fills_up_a_central_that_was_put_back)
{
    struct question q, poll;
    char body[400], hex[SHA256_TEXT];
    uint8_t hash[SHA256_BYTES];

    fill(5, 16);
    rig_connect(&rig);
    q = rig_take(&rig, OP_JOURNAL);
    rig_ack(&rig, &q, 5, "");
    question_clear(&q);
    rig_until(&rig, is_acked, "the ack");
    poll = rig_take(&rig, OP_UPDATES); /* asked before the ack: what it says of the ack is not known to be news */
    cr_assert_eq(journal_hash_at(rig.world.journal, 2, hash, NULL), ST_OK);
    hex_encode(hash, sizeof hash, hex);
    (void)snprintf(body, sizeof body,
                   "{\"cursor\":\"0.1\",\"incarnation\":\"0\",\"acked\":{\"epoch\":\"%016llx\",\"seq\":2,"
                   "\"hash\":\"%s\"},\"more\":true}",
                   (unsigned long long)rig.world.identity.epoch, hex);
    rig_answer(&rig, &poll, 200, body);
    question_clear(&poll);
    poll = rig_take(&rig, OP_UPDATES);
    cr_expect_eq(rig_acked(&rig), 5);
    rig_answer(&rig, &poll, 200, body);
    question_clear(&poll);
    rig_until(&rig, is_back, "the ack going down");
    q = rig_take(&rig, OP_JOURNAL);
    expect_records(&q, 3, 5);
    question_clear(&q);
}
