/* SPDX-License-Identifier: Apache-2.0 */
/* Batches that loyald-sync makes ready while another one is with the central. */
#include "tests/unit/agent/link/outbox_records.h"

#include "agent/link/link_internal.h"
#include "sync/protocol/record.h"

#include <criterion/criterion.h>

#include <string.h>

static struct rig rig;

static void begin(void)
{
    rig_begin(&rig, false);
    rig.behind = 2;
}

static void end(void)
{
    rig_end(&rig);
}

TestSuite(outbox_behind, .init = begin, .fini = end, .timeout = 60);

enum { FULL = RECORD_BATCH_MAX };

/* The next batch, its records and whom it follows looked at. */
static struct question take(int64_t from, int64_t to, int64_t after)
{
    struct question q = rig_take(&rig, OP_JOURNAL);

    outbox_expect(&rig, &q, from, to);
    cr_expect_eq(q.after, after, "behind %lld", (long long)q.after);
    return q;
}

static void answer_ack(struct question *q, int64_t seq)
{
    rig_ack(&rig, q, seq, "");
    question_clear(q);
}

Test(outbox_behind, whole_batches_follow_one_another_up_to_the_bound)
{
    struct question first, second, third, next;

    outbox_fill(&rig, 4 * FULL + 1, 16);
    rig_connect(&rig);
    first = take(1, FULL, 0);
    second = take(FULL + 1, 2 * FULL, first.id);
    third = take(2 * FULL + 1, 3 * FULL, second.id);
    cr_expect_not(rig_has(&rig, OP_JOURNAL), "two behind are the bound");
    answer_ack(&first, FULL);
    next = take(3 * FULL + 1, 4 * FULL, third.id);
    answer_ack(&second, 2 * FULL);
    answer_ack(&third, 3 * FULL);
    cr_expect_not(rig_has(&rig, OP_JOURNAL), "one record more is no whole batch: it waits for others");
    answer_ack(&next, 4 * FULL);
    next = take(4 * FULL + 1, 4 * FULL + 1, 0);
    answer_ack(&next, 4 * FULL + 1);
    rig_until(&rig, outbox_is_acked, "the last ack");
}

Test(outbox_behind, one_that_knows_no_turns_gets_one_batch)
{
    struct question first;

    rig.behind = 0;
    outbox_fill(&rig, 2 * FULL + 1, 16);
    rig_connect(&rig);
    first = take(1, FULL, 0);
    cr_expect_not(rig_has(&rig, OP_JOURNAL));
    answer_ack(&first, FULL);
    first = take(FULL + 1, 2 * FULL, 0);
    question_clear(&first);
}

Test(outbox_behind, more_than_we_know_what_to_do_with_is_our_bound)
{
    struct question q;

    rig.behind = 1000;
    outbox_fill(&rig, 5 * FULL + 1, 16);
    rig_connect(&rig);
    for (int i = 0; i <= COURIER_BEHIND_MAX; i++) {
        q = rig_take(&rig, OP_JOURNAL);
        question_clear(&q);
    }
    cr_expect_not(rig_has(&rig, OP_JOURNAL));
}

Test(outbox_behind, large_records_stay_within_the_bytes_that_may_wait)
{
    struct question q;
    size_t bytes = 0;

    outbox_fill(&rig, 4, 900 * 1024);
    rig_connect(&rig);
    q = rig_take(&rig, OP_JOURNAL);
    while (rig_has(&rig, OP_JOURNAL)) {
        bytes += q.len;
        question_clear(&q);
        q = rig_take(&rig, OP_JOURNAL);
    }
    cr_expect_leq(bytes + q.len, 3 * 512 * 1024);
    question_clear(&q);
}

static bool has_waited(struct rig *r)
{
    return r->link->outbox.retry.failures == 1 && !r->link->outbox.waiting;
}

/* One failure is one failure: those behind it end with it, and it goes on from the ack. */
Test(outbox_behind, a_failure_ends_those_behind_it_and_it_goes_on_from_the_ack)
{
    struct question first, second, third;

    outbox_fill(&rig, 4 * FULL + 1, 16);
    rig_connect(&rig);
    first = take(1, FULL, 0);
    second = take(FULL + 1, 2 * FULL, first.id);
    third = take(2 * FULL + 1, 3 * FULL, second.id);
    answer_ack(&first, FULL);
    rig_refuse(&rig, &second, "offline", 0);
    question_clear(&second);
    rig_until(&rig, has_waited, "the end of the wait");
    cr_expect_not(rig_has(&rig, OP_JOURNAL), "nothing while one is under way that cannot be taken");
    cr_expect_eq(rig.link->outbox.retry.failures, 1);
    rig_refuse(&rig, &third, "busy", 0);
    question_clear(&third);
    first = take(FULL + 1, 2 * FULL, 0);
    cr_expect_eq(rig.link->outbox.retry.failures, 1);
    question_clear(&first);
}

Test(outbox_behind, a_part_taken_holds_the_rest_until_all_are_answered)
{
    struct question first, second;

    outbox_fill(&rig, 3 * FULL + 1, 16);
    rig.behind = 1;
    rig_connect(&rig);
    first = take(1, FULL, 0);
    second = take(FULL + 1, 2 * FULL, first.id);
    answer_ack(&first, 7);
    cr_expect_not(rig_has(&rig, OP_JOURNAL));
    rig_answer(&rig, &second, 409, "{\"code\":\"expect\",\"message\":\"\",\"expect\":8}");
    question_clear(&second);
    first = take(8, FULL + 7, 0);
    question_clear(&first);
}

Test(outbox_behind, a_fork_ends_it_for_good)
{
    struct question first, second;

    outbox_fill(&rig, 3 * FULL, 16);
    rig.behind = 1;
    rig_connect(&rig);
    first = take(1, FULL, 0);
    second = take(FULL + 1, 2 * FULL, first.id);
    rig_answer(&rig, &first, 409, "{\"code\":\"fork\",\"message\":\"\",\"seq\":3}");
    question_clear(&first);
    rig_refuse(&rig, &second, "busy", 0);
    question_clear(&second);
    cr_expect_not(rig_has(&rig, OP_JOURNAL));
    cr_expect(rig_is_forked(&rig));
}

/* The central's pace holds from the batch after those under way on. */
Test(outbox_behind, a_pace_asked_for_is_kept)
{
    struct question first, second;

    outbox_fill(&rig, 4 * FULL, 16);
    rig.behind = 1;
    rig_connect(&rig);
    first = take(1, FULL, 0);
    second = take(FULL + 1, 2 * FULL, first.id);
    rig_ack(&rig, &first, FULL, ",\"next_after_ms\":3600000");
    question_clear(&first);
    cr_expect_not(rig_has(&rig, OP_JOURNAL));
    rig_ack(&rig, &second, 2 * FULL, ",\"next_after_ms\":3600000");
    question_clear(&second);
    cr_expect_not(rig_has(&rig, OP_JOURNAL));
    cr_expect_eq(rig_acked(&rig), 2 * FULL);
}

/* loyald-sync goes away with three batches in its hands: one wait, and all from the ack. */
Test(outbox_behind, a_connection_lost_is_one_failure)
{
    struct question q;

    outbox_fill(&rig, 4 * FULL, 16);
    rig_connect(&rig);
    for (int i = 0; i < 3; i++) {
        q = rig_take(&rig, OP_JOURNAL);
        question_clear(&q);
    }
    rig_connect(&rig);
    q = take(1, FULL, 0);
    question_clear(&q);
    cr_expect_leq(rig.link->outbox.retry.failures, 1);
}
