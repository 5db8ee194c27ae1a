/* SPDX-License-Identifier: Apache-2.0 */
/* What the central says of them. */
#include "tests/unit/agent/link/outbox_records.h"

#include "agent/base/hex.h"
#include "agent/db/journal.h"
#include "agent/link/link_internal.h"

#include <criterion/criterion.h>

#include <inttypes.h>
#include <stdio.h>
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

TestSuite(outbox_answers, .init = begin, .fini = end, .timeout = 60);

static bool is_forked(struct rig *r)
{
    return rig_is_forked(r);
}

/* ---- acks ---- */

#define FOREIGN_HASH "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

Test(outbox_answers, ack_with_a_foreign_hash_stops_it)
{
    rig_sell(&rig, "s1");
    rig_connect(&rig);
    outbox_answer(&rig, 1, 1, 200,
                  "{\"epoch\":\"00000000000000e1\",\"acked\":1,\"hash\":\"" FOREIGN_HASH "\"}");
    rig_until(&rig, is_forked, "the alarm");
    cr_expect_eq(rig_acked(&rig), 0);
    rig_sell(&rig, "s2");
    rig_connect(&rig);
    cr_expect_not(rig_has(&rig, OP_JOURNAL), "a fork is for IT to look at");
}

Test(outbox_answers, ack_past_our_end_stops_it)
{
    rig_sell(&rig, "s1");
    rig_connect(&rig);
    outbox_answer(&rig, 1, 1, 200,
                  "{\"epoch\":\"00000000000000e1\",\"acked\":50,\"hash\":\"" FOREIGN_HASH "\"}");
    rig_until(&rig, is_forked, "the alarm");
}

Test(outbox_answers, ack_that_does_not_move_on_is_waited_for)
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

Test(outbox_answers, answer_that_cannot_be_used_changes_nothing_and_is_tried_again)
{
    rig_sell(&rig, "s1");
    rig_connect(&rig);
    for (size_t i = 0; i < sizeof unusable / sizeof unusable[0]; i++)
        outbox_answer(&rig, 1, 1, 200, unusable[i]);
    outbox_ack(&rig, 1, 1, "");
    rig_until(&rig, outbox_is_acked, "the ack");
    cr_expect_not(rig_is_forked(&rig));
}

/* A proxy hands this till the ack that was another till's, or its own of before for another question. */
Test(outbox_answers, an_ack_of_another_till_leaves_the_cursor_and_is_asked_for_again)
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
    outbox_expect(&rig, &q, 1, 1);
    cr_expect_eq(rig_acked(&rig), 0);
    rig.mac_key[0] ^= 1; /* of a till that agreed on another key */
    rig_ack(&rig, &q, 1, "");
    rig.mac_key[0] ^= 1;
    question_clear(&q);
    q = rig_take(&rig, OP_JOURNAL);
    outbox_expect(&rig, &q, 1, 1);
    cr_expect_eq(rig_acked(&rig), 0);
    rig_ack(&rig, &q, 1, "");
    rig_until(&rig, outbox_is_acked, "the ack");
    cr_expect_not(rig_is_forked(&rig));
    question_clear(&q);
}

/* The very bytes of an ack of before, MAC and all, for the next batch: the cache of a proxy. */
Test(outbox_answers, an_ack_out_of_a_proxys_cache_moves_no_cursor)
{
    struct question q, cached = {0};

    rig_connect(&rig);
    for (int64_t seq = 1; seq <= 2; seq++) {
        rig_sell(&rig, seq == 1 ? "s1" : "s2");
        q = rig_take(&rig, OP_JOURNAL);
        if (seq == 1)
            cached = q;
        rig_ack(&rig, &q, seq, "");
        rig_until(&rig, outbox_is_acked, "the ack");
        question_clear(&q);
    }
    rig_sell(&rig, "s3");
    for (int i = 0; i < 3; i++) {
        q = rig_take(&rig, OP_JOURNAL);
        outbox_expect(&rig, &q, 3, 3);
        cr_expect_eq(rig_acked(&rig), 2, "nor back to what the old one says");
        cached.id = q.id;
        rig_ack(&rig, i < 2 ? &cached : &q, i < 2 ? 1 : 3, "");
        question_clear(&q);
    }
    rig_until(&rig, outbox_is_acked, "the ack of its own");
    cr_expect_not(rig_is_forked(&rig));
}

/* ---- refusals ---- */

Test(outbox_answers, central_that_expects_less_is_sent_from_there)
{
    outbox_fill(&rig, 3, 16);
    rig_connect(&rig);
    outbox_ack(&rig, 1, 3, "");
    outbox_fill(&rig, 1, 16);
    outbox_answer(&rig, 4, 4, 409, "{\"code\":\"expect\",\"message\":\"restored\",\"expect\":2}");
    outbox_answer(&rig, 2, 4, 409, "{\"code\":\"expect\",\"message\":\"restored\",\"expect\":1}");
    outbox_ack(&rig, 1, 4, "");
    rig_until(&rig, outbox_is_acked, "the ack");
}

static bool says_gone(struct rig *r)
{
    return r->link->outbox.gone;
}

Test(outbox_answers, central_that_expects_what_was_removed_is_told_so)
{
    struct journal *journal = rig.world.journal;
    struct journal_head head;

    outbox_fill(&rig, 5, 16);
    rig_connect(&rig);
    outbox_ack(&rig, 1, 5, "");
    rig_until(&rig, outbox_is_acked, "the ack");
    journal_head(journal, &head);
    cr_assert_eq(journal_set_counted(journal, head.epoch, 5, 0, NULL), ST_OK);
    cr_assert_eq(journal_prune(journal, 3, NULL), ST_OK);
    outbox_fill(&rig, 1, 16);
    outbox_answer(&rig, 6, 6, 409, "{\"code\":\"expect\",\"message\":\"restored\",\"expect\":2}");
    rig_until(&rig, says_gone, "the word that records are gone");
    cr_expect_eq(rig_acked(&rig), 5);
    cr_expect_not(rig_is_forked(&rig));
    /* It is tried again: the central may have been put to a later state since. */
    outbox_answer(&rig, 6, 6, 409, "{\"code\":\"expect\",\"message\":\"restored\",\"expect\":4}");
    outbox_ack(&rig, 4, 6, "");
    rig_until(&rig, outbox_is_acked, "the ack");
    cr_expect_not(says_gone(&rig));
}

Test(outbox_answers, central_that_expects_more_is_sent_from_there)
{
    struct question q;

    outbox_fill(&rig, 4, 16);
    rig_connect(&rig);
    outbox_answer(&rig, 1, 4, 409, "{\"code\":\"expect\",\"message\":\"have it\",\"expect\":4}");
    q = rig_take(&rig, OP_JOURNAL);
    outbox_expect(&rig, &q, 4, 4);
    cr_expect_eq(rig_acked(&rig), 3);
    question_clear(&q);
}

Test(outbox_answers, central_that_expects_what_is_not_there_stops_it)
{
    outbox_fill(&rig, 2, 16);
    rig_connect(&rig);
    outbox_answer(&rig, 1, 2, 409, "{\"code\":\"expect\",\"message\":\"\",\"expect\":4}");
    rig_until(&rig, is_forked, "the alarm: this journal is an old image");
    cr_expect_eq(rig_acked(&rig), 0);
}

Test(outbox_answers, fork_stops_it)
{
    outbox_fill(&rig, 2, 16);
    rig_connect(&rig);
    outbox_answer(&rig, 1, 2, 409, "{\"code\":\"fork\",\"message\":\"another history\",\"seq\":1}");
    rig_until(&rig, is_forked, "the alarm");
    rig_sell(&rig, "s1");
    cr_expect_not(rig_has(&rig, OP_JOURNAL));
    cr_expect(rig_is_up(&rig), "the link itself is well");
}

/* A till with nothing to send hears it by what it asks for. */
Test(outbox_answers, fork_told_to_a_poll_stops_it)
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

Test(outbox_answers, too_large_halves_what_was_sent)
{
    struct question q;

    outbox_fill(&rig, 9, 16);
    rig_connect(&rig);
    q = rig_take(&rig, OP_JOURNAL);
    outbox_expect(&rig, &q, 1, 9);
    for (int64_t left = 4; left >= 1; left /= 2) {
        rig_answer(&rig, &q, 413, "{\"code\":\"too_large\",\"message\":\"\"}");
        question_clear(&q);
        q = rig_take(&rig, OP_JOURNAL);
        outbox_expect(&rig, &q, 1, left);
    }
    rig_answer(&rig, &q, 413, "{\"code\":\"too_large\",\"message\":\"\"}"); /* one record stays one */
    question_clear(&q);
    outbox_ack(&rig, 1, 1, ",\"max_batch\":500");
    q = rig_take(&rig, OP_JOURNAL);
    outbox_expect(&rig, &q, 2, 3); /* and grows one by one */
    question_clear(&q);
}

static void expect_left_alone(int status)
{
    static const char busy[] = "{\"code\":\"busy\",\"message\":\"\"}";
    struct question q;

    rig_sell(&rig, "s1");
    rig_connect(&rig);
    q = rig_take(&rig, OP_JOURNAL);
    rig_answer_n(&rig, &q, status, busy, strlen(busy), ",\"retry_after_ms\":3600000");
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

Test(outbox_answers, busy_central_is_left_alone_as_long_as_it_asks)
{
    expect_left_alone(503);
}

Test(outbox_answers, central_that_says_too_many_is_left_alone_as_long_as_it_asks)
{
    expect_left_alone(429);
}

/* A refusal without a body that can be read waits as long all the same. */
Test(outbox_answers, refusal_without_words_keeps_its_wait)
{
    struct question q;

    rig_sell(&rig, "s1");
    rig_connect(&rig);
    q = rig_take(&rig, OP_JOURNAL);
    rig_answer_n(&rig, &q, 503, "", 0, ",\"retry_after_ms\":3600000");
    question_clear(&q);
    cr_expect_not(rig_has(&rig, OP_JOURNAL));
}

/* ---- beside something else ---- */

static bool is_back(struct rig *r)
{
    return rig_acked(r) == 2;
}

Test(outbox_answers, till_that_sells_nothing_fills_up_a_central_that_was_put_back)
{
    struct question poll;
    char body[400], hex[SHA256_TEXT];
    uint8_t hash[SHA256_BYTES];

    outbox_fill(&rig, 5, 16);
    rig_connect(&rig);
    outbox_ack(&rig, 1, 5, "");
    rig_until(&rig, outbox_is_acked, "the ack");
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
    outbox_take(&rig, 3, 5);
}
