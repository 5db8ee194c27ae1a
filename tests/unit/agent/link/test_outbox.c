/* SPDX-License-Identifier: Apache-2.0 */
/* Which records go up, and when. */
#include "tests/unit/agent/link/outbox_records.h"

#include "agent/db/journal.h"
#include "agent/link/link_internal.h"
#include "sync/protocol/record.h"

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

TestSuite(outbox, .init = begin, .fini = end, .timeout = 60);

/* ---- batches ---- */

Test(outbox, sends_exactly_the_journals_bytes)
{
    rig_sell(&rig, "s1");
    rig_connect(&rig);
    rig_sell(&rig, "s2");
    outbox_ack(&rig, 1, 1, "");
    outbox_ack(&rig, 2, 2, "");
    rig_until(&rig, outbox_is_acked, "the ack");
    cr_expect_not(rig_has(&rig, OP_JOURNAL), "nothing is left to send");
}

Test(outbox, batch_has_a_bound_of_records)
{
    outbox_fill(&rig, RECORD_BATCH_MAX + 7, 16);
    rig_connect(&rig);
    outbox_ack(&rig, 1, RECORD_BATCH_MAX, ",\"max_batch\":3");
    outbox_ack(&rig, RECORD_BATCH_MAX + 1, RECORD_BATCH_MAX + 3, ",\"max_batch\":500");
    outbox_take(&rig, RECORD_BATCH_MAX + 4, RECORD_BATCH_MAX + 7);
}

Test(outbox, batch_has_a_bound_of_bytes)
{
    outbox_fill(&rig, 3, 300 * 1024);
    outbox_fill(&rig, 1, 900 * 1024); /* over the bound alone: goes alone */
    rig_connect(&rig);
    for (int64_t seq = 1; seq <= 4; seq++) {
        outbox_ack(&rig, seq, seq, "");
    }
    rig_until(&rig, outbox_is_acked, "the last ack");
}

Test(outbox, next_batch_comes_at_the_pace_the_central_asks_for)
{
    struct question q;

    outbox_fill(&rig, 2, 16);
    rig_connect(&rig);
    q = rig_take(&rig, OP_JOURNAL);
    rig_sell(&rig, "s1");
    rig_ack(&rig, &q, 2, ",\"next_after_ms\":3600000");
    question_clear(&q);
    cr_expect_not(rig_has(&rig, OP_JOURNAL));
    cr_expect_eq(rig_acked(&rig), 2);
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
    rig_until(&rig, outbox_is_acked, "the ack");
    cr_expect(rig_is_up(&rig));
    cr_expect_eq(rig.link->outbox.retry.failures, 0);
    question_clear(&q);
}

Test(outbox, that_is_stuck_holds_no_updates_up)
{
    struct question poll;

    rig_sell(&rig, "s1");
    rig_connect(&rig);
    for (int i = 0; i < 3; i++) {
        outbox_answer(&rig, 1, 1, 503, "{\"code\":\"busy\",\"message\":\"later\"}");
        poll = rig_take(&rig, OP_UPDATES);
        rig_answer(&rig, &poll, 200,
                   i % 2 ? "{\"cursor\":\"aa.1\",\"more\":true}" : "{\"cursor\":\"aa.2\",\"more\":true}");
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
    enum { ROUNDS = 400, MAX_MS = 60000, GROWS = 7 };
    int64_t highest[12] = {0}, lowest[12];

    for (int failure = 0; failure < 12; failure++)
        lowest[failure] = INT64_MAX;
    for (int round = 0; round < ROUNDS; round++) {
        struct retry retry = {0};

        for (int failure = 0; failure < 12; failure++) {
            int64_t top = INT64_C(500) << failure < MAX_MS ? INT64_C(500) << failure : MAX_MS;
            int64_t wait_ms = retry_next_ms(&retry, MAX_MS, 0);

            cr_assert(wait_ms >= 0 && wait_ms <= top, "failure %d: %" PRId64, failure, wait_ms);
            highest[failure] = wait_ms > highest[failure] ? wait_ms : highest[failure];
            lowest[failure] = wait_ms < lowest[failure] ? wait_ms : lowest[failure];
        }
        cr_assert_eq(retry.failures, 12);
    }
    for (int failure = 1; failure < GROWS; failure++) { /* of 400 throws one is near either end */
        cr_expect_gt(highest[failure], INT64_C(250) << failure, "the waits grow");
        cr_expect_lt(lowest[failure], INT64_C(50) << failure, "all of the time is used, so that tills spread over it");
    }
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

/* Neither an answer nor a word that there is none, for whatever reason. */
Test(outbox, that_is_never_answered_is_sent_again)
{
    struct question lost, poll, again;

    rig_sell(&rig, "s1");
    rig_connect(&rig);
    lost = rig_take(&rig, OP_JOURNAL);
    poll = rig_take(&rig, OP_UPDATES);
    rig.world.time.mono_ms += 31 * 1000;
    rig_answer(&rig, &poll, 200, "{\"cursor\":\"aa.1\",\"more\":true}"); /* sets the timer by the clock that was moved */
    again = rig_take(&rig, OP_JOURNAL);
    outbox_expect(&rig, &again, 1, 1);
    rig_ack(&rig, &lost, 1, ""); /* late by now */
    cr_expect_eq(rig_acked(&rig), 0);
    rig_ack(&rig, &again, 1, "");
    rig_until(&rig, outbox_is_acked, "the ack");
    question_clear(&lost);
    question_clear(&poll);
    question_clear(&again);
}

/* The ack is kept lazily: what is lost of it costs a second delivery, never a gap. */
Test(outbox, restart_goes_on_after_the_ack)
{
    struct question q;

    rig_end(&rig);
    rig_begin(&rig, true);
    outbox_fill(&rig, 3, 16);
    rig_connect(&rig);
    q = rig_take(&rig, OP_JOURNAL);
    rig_ack(&rig, &q, 2, "");
    question_clear(&q);
    outbox_take(&rig, 3, 3);
    rig_restart(&rig, false);
    rig_connect(&rig);
    outbox_take(&rig, 3, 3);
}
