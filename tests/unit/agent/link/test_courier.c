/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/agent/link/rig.h"

#include "agent/base/bytes.h"
#include "agent/link/link_internal.h"
#include "agent/net/loop.h"

#include <criterion/criterion.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

static struct rig rig;

static void begin(void)
{
    rig_begin(&rig, false);
    rig_connect(&rig);
}

static void end(void)
{
    rig_end(&rig);
}

TestSuite(courier, .init = begin, .fini = end, .timeout = 60);

/* ---- asking by hand ---- */

enum { DEADLINE_MS = 60 * 1000 };

/* What became of one question. */
struct outcome {
    int answers;
    enum courier_outcome outcome;
    int http_status;
    char body[256], text[256];
    int64_t retry_after_ms;
    int again; /* questions to ask from inside the callback */
    struct outcome *next;
};

static void ask(struct outcome *outcome, int64_t deadline_ms);

static void told(void *context, const struct courier_answer *answer)
{
    struct outcome *outcome = context;
    size_t len;

    outcome->answers++;
    outcome->outcome = answer->outcome;
    outcome->http_status = answer->http_status;
    outcome->retry_after_ms = answer->retry_after_ms;
    (void)snprintf(outcome->text, sizeof outcome->text, "%s", answer->text ? answer->text : "");
    if (outcome->again > 0) {
        outcome->again--;
        ask(outcome->next ? outcome->next : outcome, DEADLINE_MS);
    }
    /* Last: what was asked above may not take the answer away. memcpy, whose reading the sanitizers see. */
    len = answer->len < sizeof outcome->body ? answer->len : sizeof outcome->body - 1;
    memcpy(outcome->body, answer->body, len);
    outcome->body[len] = '\0';
}

static void ask(struct outcome *outcome, int64_t deadline_ms)
{
    struct operation_args args = {.values = {"00112233445566778899aabbccddeeff"}};

    courier_ask(rig.link->courier, OP_MEMBER, &args, NULL, 0, deadline_ms, told, outcome);
}

static struct outcome *awaited;

static bool is_answered(struct rig *ignored)
{
    (void)ignored;
    return awaited->answers > 0;
}

static void until_answered(struct outcome *outcome)
{
    awaited = outcome;
    rig_until(&rig, is_answered, "the answer");
}

static bool is_closed(struct rig *r)
{
    return r->closed;
}

static bool is_greeted(struct rig *r)
{
    return r->hello[0] != '\0';
}

/* ---- the hello ---- */

Test(courier, greets_and_names_the_till)
{
    char version[64];

    cr_expect(strstr(rig.hello, "\"hello\":\"loyald\""), "%s", rig.hello);
    cr_expect(strstr(rig.hello, "\"version\":\""), "%s", rig.hello);
    cr_expect(strstr(rig.hello, "\"dev\":\"00000000000000d1\""), "%s", rig.hello);
    rig_link_text(&rig, "courier", version, sizeof version);
    cr_expect_str_eq(version, "9.9");
    cr_expect(courier_is_connected(rig.link->courier));
}

Test(courier, one_who_says_no_hello_is_cut_off)
{
    rig_hang_up(&rig);
    rig.fd = rig_dial(&rig);
    rig_say(&rig, "{\"id\":1,\"status\":200}", 1, NULL, 0);
    rig_until(&rig, is_closed, "the end of the connection");
    rig_connect(&rig);
    cr_expect(courier_is_connected(rig.link->courier), "the socket survives");
}

/* ---- answers ---- */

Test(courier, answers_come_in_any_order)
{
    struct outcome outcomes[4] = {{0}};
    struct question questions[4];

    for (int i = 0; i < 4; i++)
        ask(&outcomes[i], DEADLINE_MS);
    for (int i = 0; i < 4; i++)
        questions[i] = rig_take(&rig, OP_MEMBER);
    for (int i = 3; i >= 0; i--) {
        char body[32];

        (void)snprintf(body, sizeof body, "{\"answer\":%d}", i);
        rig_answer(&rig, &questions[i], 200 + i, body);
        until_answered(&outcomes[i]);
        cr_expect_eq(outcomes[i].outcome, COURIER_ANSWERED);
        cr_expect_eq(outcomes[i].http_status, 200 + i);
        cr_expect_str_eq(outcomes[i].body, body);
        question_clear(&questions[i]);
    }
    for (int i = 0; i < 4; i++)
        cr_expect_eq(outcomes[i].answers, 1);
}

Test(courier, long_answer_of_many_frames_is_whole)
{
    struct outcome outcome = {0};
    struct question q;
    char *body = malloc(MESSAGE_PAYLOAD_MAX);

    memset(body, 'x', MESSAGE_PAYLOAD_MAX);
    ask(&outcome, DEADLINE_MS);
    q = rig_take(&rig, OP_MEMBER);
    rig_answer_n(&rig, &q, 200, body, MESSAGE_PAYLOAD_MAX, "");
    until_answered(&outcome);
    cr_expect_eq(outcome.outcome, COURIER_ANSWERED, "its MAC covers all of it");
    question_clear(&q);
    free(body);
}

Test(courier, wrong_mac_is_no_answer)
{
    struct outcome outcome = {0};
    struct question q;

    ask(&outcome, DEADLINE_MS);
    q = rig_take(&rig, OP_MEMBER);
    rig.mac_key[5] ^= 1;
    rig_answer(&rig, &q, 200, "{\"member\":null}");
    rig.mac_key[5] ^= 1;
    until_answered(&outcome);
    cr_expect_eq(outcome.outcome, COURIER_OFFLINE);
    cr_expect(strstr(outcome.text, "MAC"), "%s", outcome.text);
    question_clear(&q);
}

Test(courier, answer_without_mac_is_no_answer)
{
    struct outcome outcome = {0};
    struct question q;
    char header[64];

    ask(&outcome, DEADLINE_MS);
    q = rig_take(&rig, OP_MEMBER);
    (void)snprintf(header, sizeof header, "{\"id\":%" PRId64 ",\"status\":200}", q.id);
    rig_say(&rig, header, q.id, "{}", 2);
    until_answered(&outcome);
    cr_expect_eq(outcome.outcome, COURIER_OFFLINE);
    question_clear(&q);
}

/* The status is under the MAC too: loyald-sync cannot make a 404 of a 200. */
Test(courier, changed_status_is_no_answer)
{
    struct outcome outcome = {0};
    struct question q, other;

    ask(&outcome, DEADLINE_MS);
    q = rig_take(&rig, OP_MEMBER);
    other = q;
    other.op = OP_BLOB; /* nor an answer to another operation */
    rig_answer(&rig, &other, 200, "{}");
    until_answered(&outcome);
    cr_expect_eq(outcome.outcome, COURIER_OFFLINE);
    question_clear(&q);
}

Test(courier, replayed_answer_is_refused)
{
    struct outcome first = {0}, second = {0};
    struct question q, replay;

    ask(&first, DEADLINE_MS);
    q = rig_take(&rig, OP_MEMBER);
    rig_answer(&rig, &q, 200, "{\"old\":1}");
    until_answered(&first);
    ask(&second, DEADLINE_MS);
    replay = rig_take(&rig, OP_MEMBER);
    cr_expect_neq(replay.n, q.n);
    q.id = replay.id; /* the old answer, MAC and all, under the new number */
    rig_answer(&rig, &q, 200, "{\"old\":1}");
    until_answered(&second);
    cr_expect_eq(second.outcome, COURIER_OFFLINE);
    question_clear(&q);
    question_clear(&replay);
}

Test(courier, second_answer_to_one_question_is_dropped)
{
    struct outcome outcome = {0};
    struct question q;

    ask(&outcome, DEADLINE_MS);
    q = rig_take(&rig, OP_MEMBER);
    rig_answer(&rig, &q, 200, "{}");
    rig_answer(&rig, &q, 200, "{}");
    rig_say(&rig, "{\"id\":999999,\"status\":200}", 1, NULL, 0);
    rig_say(&rig, "{\"word\":\"of a later version\"}", 1, NULL, 0);
    until_answered(&outcome);
    (void)rig_has(&rig, OP_MEMBER);
    cr_expect_eq(outcome.answers, 1);
    cr_expect_not(rig.closed);
    question_clear(&q);
}

Test(courier, its_own_words_are_told_apart)
{
    static const struct {
        const char *error;
        enum courier_outcome outcome;
    } cases[] = {{"offline", COURIER_OFFLINE},
                 {"tls", COURIER_OFFLINE},
                 {"not_enrolled", COURIER_ABSENT},
                 {"deadline", COURIER_LATE},
                 {"busy", COURIER_DROPPED},
                 {"bad_request", COURIER_DROPPED},
                 {"of-a-later-version", COURIER_OFFLINE}};

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct outcome outcome = {0};
        struct question q;

        ask(&outcome, DEADLINE_MS);
        q = rig_take(&rig, OP_MEMBER);
        rig_refuse(&rig, &q, cases[i].error, 1234);
        until_answered(&outcome);
        cr_expect_eq(outcome.outcome, cases[i].outcome, "%s", cases[i].error);
        cr_expect_eq(outcome.retry_after_ms, 1234);
        cr_expect(strstr(outcome.text, "says the test"), "%s", outcome.text);
        question_clear(&q);
    }
}

/* ---- deadlines and bounds ---- */

Test(courier, question_past_its_deadline_is_late)
{
    static struct outcome late, later; /* told by the end of the test at the latest */
    struct question q;

    ask(&late, 300);
    q = rig_take(&rig, OP_MEMBER);
    rig.world.time.mono_ms += 300 + COURIER_GRACE_MS;
    ask(&later, DEADLINE_MS); /* sets the timer by the clock that was moved */
    until_answered(&late);
    cr_expect_eq(late.outcome, COURIER_LATE);
    cr_expect_eq(later.answers, 0);
    rig_answer(&rig, &q, 200, "{}"); /* too late */
    (void)rig_has(&rig, OP_UPDATES);
    cr_expect_eq(late.answers, 1);
    question_clear(&q);
}

Test(courier, too_many_questions_are_dropped_and_say_nothing_of_the_link)
{
    static struct outcome outcomes[COURIER_ASKED_MAX]; /* told by the end of the test at the latest */
    struct question q = rig_take(&rig, OP_UPDATES);
    int dropped = 0;

    rig_answer(&rig, &q, 200, "{\"cursor\":\"c1\"}");
    question_clear(&q);
    q = rig_take(&rig, OP_UPDATES);
    cr_assert(rig_is_up(&rig));
    for (int i = 0; i < COURIER_ASKED_MAX; i++) /* with the long-poll one too many */
        ask(&outcomes[i], DEADLINE_MS);
    for (int i = 0; i < COURIER_ASKED_MAX; i++) {
        dropped += outcomes[i].answers;
        cr_expect(outcomes[i].answers == 0 || outcomes[i].outcome == COURIER_DROPPED);
    }
    cr_expect_eq(dropped, 1);
    rig_sell(&rig, "s1"); /* its record finds no place either */
    cr_expect(rig_is_up(&rig), "eight questions at once do not mean that the central is away");
    question_clear(&q);
}

/* One too long for the wire is dropped; the connection is not to blame. */
Test(courier, question_out_of_bounds_is_dropped)
{
    struct outcome outcome = {0};
    size_t len = MESSAGE_PAYLOAD_MAX + 1;
    char *body = calloc(1, len);

    courier_ask(rig.link->courier, OP_STATUS, NULL, body, len, DEADLINE_MS, told, &outcome);
    cr_expect_eq(outcome.answers, 1);
    cr_expect_eq(outcome.outcome, COURIER_DROPPED);
    cr_expect(courier_is_connected(rig.link->courier));
    free(body);
}

Test(courier, slow_reader_is_cut_off_at_the_bound)
{
    static char body[600 * 1024];
    static struct outcome outcomes[COURIER_ASKED_MAX]; /* told by the end of the test at the latest */

    for (int i = 0; i < COURIER_ASKED_MAX && courier_is_connected(rig.link->courier); i++)
        courier_ask(rig.link->courier, OP_STATUS, NULL, body, sizeof body, DEADLINE_MS, told, &outcomes[i]);
    cr_expect_not(courier_is_connected(rig.link->courier), "2 MiB and more wait unread");
    for (int i = 0; i < COURIER_ASKED_MAX; i++)
        cr_expect(outcomes[i].answers <= 1);
    cr_expect_eq(outcomes[0].outcome, COURIER_ABSENT);
    rig_connect(&rig);
}

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

Test(courier, frames_out_of_bounds_close_the_connection_and_both_survive)
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

Test(courier, message_past_its_bound_closes_the_connection)
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

Test(courier, restart_in_the_middle_of_a_question_answers_it_once)
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

Test(courier, records_go_again_after_a_restart)
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

Test(courier, later_connection_takes_the_place)
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

Test(courier, callback_may_ask_again)
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
Test(courier, callback_may_ask_again_while_the_connection_goes)
{
    struct outcome outcome = {.again = 1};

    ask(&outcome, DEADLINE_MS);
    rig_hang_up(&rig);
    awaited = &outcome;
    rig_until(&rig, is_answered, "the answer");
    cr_expect_eq(outcome.answers, 2);
    cr_expect_eq(outcome.outcome, COURIER_ABSENT);
}

Test(courier, nobody_there_is_said_at_once)
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
Test(courier, callback_that_meets_a_dead_socket_keeps_its_answer)
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
Test(courier, one_who_cannot_be_let_in_waits_without_a_circle)
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
