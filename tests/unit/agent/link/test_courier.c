/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/agent/link/courier_asking.h"

#include <criterion/criterion.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

TestSuite(courier, .init = asking_begin, .fini = asking_end, .timeout = 60);

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
