/* SPDX-License-Identifier: Apache-2.0 */
/* Polls that wait, and what ends their wait. */
#include "till_wire.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

#include "agent/net/loop.h"
#include "sync/central/member.h"
#include "sync/central/till_server.h"
#include "sync/central/till_server_internal.h"

/* Asks for what comes after all that there is; the answer waits for that many seconds. */
static void begin_poll(struct wire *s, struct wire_request *poll, struct operation_args *args, const char *wait_s)
{
    int64_t last;

    cr_assert_eq(store_last_change(s->fixture.central->store, &last, NULL), ST_OK);
    memset(args, 0, sizeof(*args));
    snprintf(args->values[0], sizeof(args->values[0]), "%s.%lld", s->fixture.central->incarnation, (long long)last);
    snprintf(args->values[1], sizeof(args->values[1]), "%s", wait_s);
    wire_begin_operation(s, poll, OP_UPDATES, args);
}

Test(central_tills, refuses_a_revoked_till_at_once)
{
    struct wire s;
    struct wire_request poll = {0}, r = {0};
    struct operation_args args = {.values = {"", "0"}};
    uint64_t n;

    wire_open(&s);
    snprintf(args.values[0], sizeof(args.values[0]), "%s.99999", s.fixture.central->incarnation);
    cr_expect_eq(wire_run(&s, &r, OP_UPDATES, &args), 200);
    wire_drop(&s, &r);
    /* One is waiting while it is revoked. */
    begin_poll(&s, &poll, &args, "50");
    n = s.till.n;
    for (int i = 0; i < 200; i++)
        wire_turn(&s);
    cr_assert_not(poll.over);
    cr_assert_eq(device_revoke(s.fixture.central, s.till.dev_hex, NULL), ST_OK);
    central_tell_changed(s.fixture.central);
    wire_finish(&s, &poll);
    cr_expect_eq(poll.status, 403);
    s.till.n = n;
    cr_expect(wire_mac_is_good(&s.till, &poll, OP_UPDATES));
    cr_expect_eq(wire_run(&s, &r, OP_UPDATES, &args), 403);
    cr_expect(has_text(&r.answer, "revoked"));
    wire_drop(&s, &poll);
    wire_drop(&s, &r);
    wire_close(&s);
}

Test(central_tills, a_poll_waits_and_wakes_when_there_is_something)
{
    struct wire s;
    struct wire_request poll = {0};
    struct operation_args args;

    wire_open(&s);
    begin_poll(&s, &poll, &args, "50");
    for (int i = 0; i < 200; i++)
        wire_turn(&s);
    cr_assert_not(poll.over);
    fixture_import(&s.fixture, "member,card\nM1,1\n");
    wire_finish(&s, &poll);
    cr_expect_eq(poll.status, 200);
    cr_expect(has_text(&poll.answer, "\"M1\""));
    cr_expect(wire_mac_is_good(&s.till, &poll, OP_UPDATES));
    wire_drop(&s, &poll);
    wire_close(&s);
}

/* What is for these tills and no other. */
static void tell_tills(struct wire *s, const struct fake_till *tills, int count)
{
    struct errmsg err = ERRMSG_INIT;

    cr_assert_eq(store_begin(s->fixture.central->store, &err), ST_OK);
    for (int i = 0; i < count; i++)
        cr_assert_eq(notice_put(s->fixture.central, "demo", tills[i].dev_hex, "hear this", &err), ST_OK);
    cr_assert_eq(central_end(s->fixture.central, ST_OK, &err), ST_OK, "%s", err.text);
}

/* More than are gone through in one turn of the loop. In the midst of it something changes for one who had nothing to
 * hear when it was his turn: he is not forgotten, and neither are those behind him. */
Test(central_tills, many_polls_are_woken_in_parts_and_nobody_is_left_out, .timeout = 120)
{
    enum { TILLS = 30, OF_EACH = 4, POLLS = TILLS * OF_EACH };
    struct wire s;
    struct wire_request *polls = calloc(POLLS + 1, sizeof(*polls));
    struct fake_till tills[TILLS];
    struct operation_args args;

    wire_open(&s);
    for (int i = 0; i < POLLS; i++) {
        if (i > 0 && i % OF_EACH == 0) {
            tills[i / OF_EACH - 1] = s.till;
            till_enrol_fresh(&s.fixture, &s.till, 0xd1 + (uint64_t)i);
        }
        begin_poll(&s, &polls[i], &args, "50");
    }
    for (int i = 0; i < 10 * POLLS; i++)
        wire_turn(&s);
    tills[TILLS - 1] = s.till;
    till_enrol_fresh(&s.fixture, &s.till, 0xc2);
    begin_poll(&s, &polls[POLLS], &args, "50"); /* the last to come stands in front */
    for (int i = 0; i < 400; i++)
        wire_turn(&s);
    tell_tills(&s, tills, TILLS);
    loop_step(s.loop, 100);
    tell_tills(&s, &s.till, 1);
    for (int i = 0; i <= POLLS; i++)
        wire_finish(&s, &polls[i]);
    for (int i = 0; i <= POLLS; i++) {
        cr_expect_eq(polls[i].status, 200);
        cr_expect(has_text(&polls[i].answer, "hear this"));
        wire_drop(&s, &polls[i]);
    }
    for (int i = 0; i < TILLS; i++)
        till_clear(&tills[i]);
    free(polls);
    wire_close(&s);
}

/* A connection that waits for the central is never cut for room, so that one till's own would keep all others out:
 * the oldest of them are answered with what there is. */
Test(central_tills, of_one_till_few_polls_wait)
{
    enum { TOO_MANY = 3, POLLS = POLLS_OF_TILL_MAX + TOO_MANY };
    struct wire s;
    struct wire_request polls[POLLS], neighbours = {0};
    struct operation_args args;
    struct fake_till neighbour;
    int over = 0;

    wire_open(&s);
    memset(polls, 0, sizeof(polls));
    neighbour = s.till;
    begin_poll(&s, &neighbours, &args, "50");
    till_enrol_fresh(&s.fixture, &s.till, 0xd1 + POLL_SHELVES); /* on the same shelf */
    for (int i = 0; i < POLLS; i++)
        begin_poll(&s, &polls[i], &args, "50");
    for (int turn = 0; turn < 20000 && over < TOO_MANY; turn++) {
        wire_turn(&s);
        over = 0;
        for (int i = 0; i < POLLS; i++)
            over += polls[i].over;
    }
    for (int turn = 0; turn < 200; turn++)
        wire_turn(&s);
    over = 0;
    for (int i = 0; i < POLLS; i++) {
        over += polls[i].over;
        if (polls[i].over)
            cr_expect_eq(polls[i].status, 200);
    }
    cr_expect_eq(over, TOO_MANY);
    cr_expect_not(neighbours.over, "it is no other till's affair");
    for (int i = 0; i < POLLS; i++)
        wire_drop(&s, &polls[i]);
    wire_drop(&s, &neighbours);
    till_clear(&neighbour);
    wire_close(&s);
}

Test(central_tills, a_poll_ends_when_its_wait_is_over)
{
    struct wire s;
    struct wire_request poll = {0};
    struct operation_args args;

    wire_open(&s);
    begin_poll(&s, &poll, &args, "1");
    wire_finish(&s, &poll);
    cr_expect_eq(poll.status, 200);
    cr_expect(has_text(&poll.answer, "\"members\":[]"));
    wire_drop(&s, &poll);
    wire_close(&s);
}

Test(central_tills, parked_polls_end_with_the_server)
{
    struct wire s;
    struct wire_request poll = {0};
    struct operation_args args;

    wire_open(&s);
    begin_poll(&s, &poll, &args, "50");
    for (int i = 0; i < 200; i++)
        wire_turn(&s);
    till_server_destroy(s.server);
    s.server = NULL;
    wire_drop(&s, &poll);
    wire_close(&s);
}
