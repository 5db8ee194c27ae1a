/* SPDX-License-Identifier: Apache-2.0 */
/* The courier's connection at its end: frames out of bounds, restarts, a later one, nobody there. */
#include "tests/unit/agent/link/courier_asking.h"

#include "agent/base/bytes.h"
#include "agent/net/loop.h"

#include <criterion/criterion.h>

#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

TestSuite(courier_ends, .init = asking_begin, .fini = asking_end, .timeout = 60);

/* ---- frames out of bounds ---- */

static void expect_cut_off(const void *bytes, size_t len)
{
    struct outcome outcome = {0};

    rig_connect(&rig);
    ask(&outcome, DEADLINE_MS);
    rig_send(&rig, bytes, len);
    rig_until(&rig, is_closed, "the end of the connection");
    cr_expect_eq(outcome.answers, 1);
    cr_expect_eq(outcome.outcome, COURIER_ABSENT);
}

Test(courier_ends, frames_out_of_bounds_close_the_connection_and_both_survive)
{
    uint8_t prefix[FRAME_PREFIX_BYTES];
    static const char not_json[] = "\0\0\0\3\0\0\0\0{x}";
    static const char array[] = "\0\0\0\2\0\0\0\0[]";
    static const char no_id[] = "\0\0\0\15\0\0\0\0{\"more\":true}";

    bytes_put_u32(prefix, FRAME_HEADER_MAX + 1);
    bytes_put_u32(prefix + 4, 0);
    expect_cut_off(prefix, sizeof prefix);
    bytes_put_u32(prefix, 2);
    bytes_put_u32(prefix + 4, FRAME_PAYLOAD_MAX + 1);
    expect_cut_off(prefix, sizeof prefix);
    bytes_put_u32(prefix, 0);
    bytes_put_u32(prefix + 4, 0);
    expect_cut_off(prefix, sizeof prefix);
    expect_cut_off(not_json, sizeof not_json - 1);
    expect_cut_off(no_id, sizeof no_id - 1);
    rig_connect(&rig);
    rig_send(&rig, array, sizeof array - 1); /* JSON, but says nothing */
    (void)rig_has(&rig, OP_MEMBER);
    rig_connect(&rig);
    cr_expect(courier_is_connected(rig.link->courier));
}

Test(courier_ends, message_past_its_bound_closes_the_connection)
{
    static char frame[FRAME_PREFIX_BYTES + 22 + FRAME_PAYLOAD_MAX];

    bytes_put_u32((uint8_t *)frame, 22);
    bytes_put_u32((uint8_t *)frame + 4, FRAME_PAYLOAD_MAX);
    memcpy(frame + FRAME_PREFIX_BYTES, "{\"id\":7,\"more\":true  }", 22);
    for (int i = 0; i <= MESSAGE_PAYLOAD_MAX / FRAME_PAYLOAD_MAX; i++)
        rig_send(&rig, frame, sizeof frame);
    rig_until(&rig, is_closed, "the end of the connection");
}

/* ---- coming and going ---- */

Test(courier_ends, restart_in_the_middle_of_a_question_answers_it_once)
{
    struct outcome outcome = {0};
    struct question q;

    ask(&outcome, DEADLINE_MS);
    q = rig_take(&rig, OP_MEMBER);
    rig_hang_up(&rig);
    until_answered(&outcome);
    cr_expect_eq(outcome.outcome, COURIER_ABSENT);
    rig_connect(&rig);
    rig_answer(&rig, &q, 200, "{}"); /* the new one knows the old number by chance */
    (void)rig_has(&rig, OP_MEMBER);
    cr_expect_eq(outcome.answers, 1);
    question_clear(&q);
}

Test(courier_ends, records_go_again_after_a_restart)
{
    struct question q, again;

    rig_sell(&rig, "s1");
    q = rig_take(&rig, OP_JOURNAL);
    rig_hang_up(&rig);
    rig_connect(&rig);
    again = rig_take(&rig, OP_JOURNAL);
    cr_expect_eq(again.len, q.len);
    cr_expect_arr_eq(again.body, q.body, q.len);
    rig_ack(&rig, &again, 1, "");
    question_clear(&q);
    question_clear(&again);
}

Test(courier_ends, later_connection_takes_the_place)
{
    struct outcome outcome = {0};
    struct question q;
    int first;

    ask(&outcome, DEADLINE_MS);
    q = rig_take(&rig, OP_MEMBER);
    question_clear(&q);
    first = rig.fd;
    rig.fd = -1;
    rig_connect(&rig);
    cr_expect_eq(outcome.answers, 1);
    cr_expect_eq(outcome.outcome, COURIER_ABSENT);
    cr_expect_eq(recv(first, &(char){0}, 1, MSG_DONTWAIT | MSG_PEEK) > 0 ? 1 : 0, 0,
                 "nothing more is said to the first");
    ask(&outcome, DEADLINE_MS);
    q = rig_take(&rig, OP_MEMBER);
    rig_answer(&rig, &q, 200, "{}");
    outcome.answers = 0;
    until_answered(&outcome);
    cr_expect_eq(outcome.outcome, COURIER_ANSWERED);
    question_clear(&q);
    (void)close(first);
}

Test(courier_ends, callback_may_ask_again)
{
    static struct outcome outcome = {.again = 3}; /* the last of it is told by the end of the test */

    ask(&outcome, DEADLINE_MS);
    for (int i = 1; i <= 3; i++) {
        struct question q = rig_take(&rig, OP_MEMBER);

        rig_answer(&rig, &q, 200, "{}");
        question_clear(&q);
    }
    (void)rig_has(&rig, OP_MEMBER);
    cr_expect_eq(outcome.answers, 3);
}

/* Asked again from inside the round that tells all of a lost connection: answered at once, no circle. */
Test(courier_ends, callback_may_ask_again_while_the_connection_goes)
{
    struct outcome outcome = {.again = 1};

    ask(&outcome, DEADLINE_MS);
    rig_hang_up(&rig);
    until_answered(&outcome);
    cr_expect_eq(outcome.answers, 2);
    cr_expect_eq(outcome.outcome, COURIER_ABSENT);
}

Test(courier_ends, nobody_there_is_said_at_once)
{
    struct outcome outcome = {0};

    rig_hang_up(&rig);
    for (int turn = 0; turn < 100 && courier_is_connected(rig.link->courier); turn++)
        rig_turn(&rig);
    ask(&outcome, DEADLINE_MS);
    cr_expect_eq(outcome.answers, 1);
    cr_expect_eq(outcome.outcome, COURIER_ABSENT);
}

/* The peer is gone when the answer's callback asks the next thing: what was read must live until the callback is
 * through. */
Test(courier_ends, callback_that_meets_a_dead_socket_keeps_its_answer)
{
    struct outcome outcome = {.again = 1}, next = {0};
    struct question q;

    outcome.next = &next;
    ask(&outcome, DEADLINE_MS);
    q = rig_take(&rig, OP_MEMBER);
    rig_answer(&rig, &q, 200, "{\"member\":null}");
    (void)shutdown(rig.fd, SHUT_RDWR);
    until_answered(&outcome);
    cr_expect_eq(outcome.outcome, COURIER_ANSWERED);
    until_answered(&next);
    cr_expect_eq(next.outcome, COURIER_ABSENT);
    question_clear(&q);
}

/* No descriptor is left: who connects waits, and the loop does not spin meanwhile. */
Test(courier_ends, one_who_cannot_be_let_in_waits_without_a_circle)
{
    enum { TURNS = 30 };
    struct rlimit before, none;
    int64_t began;
    int free_fd;

    rig_hang_up(&rig);
    for (int turn = 0; turn < 100 && courier_is_connected(rig.link->courier); turn++)
        rig_turn(&rig);
    rig.fd = rig_dial(&rig);
    free_fd = dup(rig.fd);
    (void)close(free_fd);
    cr_assert_eq(getrlimit(RLIMIT_NOFILE, &before), 0);
    none = (struct rlimit){(rlim_t)free_fd, before.rlim_max};
    cr_assert_eq(setrlimit(RLIMIT_NOFILE, &none), 0);
    began = clock_measure_ns();
    for (int turn = 0; turn < TURNS; turn++)
        loop_step(rig.world.loop, 10);
    cr_expect_gt(clock_measure_ns() - began, INT64_C(5000000) * TURNS, "most turns found nothing to do");
    cr_assert_eq(setrlimit(RLIMIT_NOFILE, &before), 0);
    rig.world.time.mono_ms += 1000;
    rig.hello[0] = '\0';
    rig_say(&rig, "{\"hello\":\"loyald-sync\"}", 0, NULL, 0);
    rig_until(&rig, is_greeted, "loyald's hello");
}
