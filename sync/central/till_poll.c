/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "agent/base/clock.h"
#include "agent/base/hex.h"
#include "agent/net/loop.h"
#include "sync/central/lease.h"
#include "sync/central/till_server_internal.h"
#include "sync/central/updates.h"

enum { WAKE_AT_ONCE = 100, WAKE_MS = 250, END_MS = 3000 };

/* A request for updates that waits. */
struct till_poll {
    struct till_poll *next, **link;
    struct till_poll *shelf_next, **shelf_link;
    struct till_server *server;
    struct http_request *request;
    struct loop_timer *timer; /* at the end of its wait */
    char dev[HEX64_TEXT];
    struct updates_cursor cursor;
};

static void poll_destroy(struct till_poll *poll)
{
    if (poll->server->wake_next == poll)
        poll->server->wake_next = poll->next;
    *poll->link = poll->next;
    if (poll->next)
        poll->next->link = poll->link;
    *poll->shelf_link = poll->shelf_next;
    if (poll->shelf_next)
        poll->shelf_next->shelf_link = poll->shelf_link;
    loop_timer_destroy(poll->timer);
    free(poll);
}

static void on_poll_gone(void *context)
{
    poll_destroy(context);
}

/* Answers a poll with what there is now. The till is looked up again: it may have been revoked meanwhile. */
static void answer_poll(struct till_poll *poll)
{
    struct till_server *server = poll->server;
    struct till_call call = {.server = server, .request = poll->request, .op = OP_UPDATES, .answer = ANSWER_INIT};
    struct errmsg err = ERRMSG_INIT;
    enum status st = device_load(server->central, poll->dev, &call.device, &err);

    if (st != ST_OK)
        answer_status(&call.answer, st, &err);
    else if (call.device.revoked)
        answer_error(&call.answer, 403, "revoked",
                     "this till was revoked by the office: enrol it again with a new code");
    else
        updates_answer(server->central, &call.device, &poll->cursor, &call.answer);
    poll_destroy(poll);
    till_call_finish(&call);
}

static void on_poll_over(void *context)
{
    answer_poll(context);
}

static struct till_poll **shelf_of(struct till_server *server, const char *dev)
{
    uint64_t number = 0;

    (void)hex_to_u64(dev, &number); /* it was read before */
    return &server->shelves[(number ^ number >> 32) % POLL_SHELVES];
}

static void shelve(struct till_poll *poll)
{
    struct till_poll **shelf = shelf_of(poll->server, poll->dev);

    poll->shelf_next = *shelf;
    poll->shelf_link = shelf;
    if (poll->shelf_next)
        poll->shelf_next->shelf_link = &poll->shelf_next;
    *shelf = poll;
}

/* A connection that waits for us is never cut, so one till's must be few: with one too many the oldest is answered
 * with what there is. */
static void keep_few(struct till_server *server, const char *dev)
{
    struct till_poll *oldest = NULL;
    int count = 0;

    for (struct till_poll *poll = *shelf_of(server, dev); poll; poll = poll->shelf_next) {
        if (strcmp(poll->dev, dev) != 0)
            continue;
        oldest = poll;
        count++;
    }
    if (count > POLLS_OF_TILL_MAX)
        answer_poll(oldest);
}

static enum status park(struct till_server *server, struct http_request *request, const struct device *device,
                        const struct updates_cursor *cursor, int64_t wait_s)
{
    struct till_poll *poll = calloc(1, sizeof(*poll));

    if (!poll)
        return ST_NOMEM;
    poll->server = server;
    poll->request = request;
    poll->cursor = *cursor;
    memcpy(poll->dev, device->dev, sizeof(poll->dev));
    if (loop_timer_create(server->loop, on_poll_over, poll, &poll->timer) != ST_OK) {
        free(poll);
        return ST_NOMEM;
    }
    poll->next = server->polls;
    poll->link = &server->polls;
    if (poll->next)
        poll->next->link = &poll->next;
    server->polls = poll;
    shelve(poll);
    loop_timer_set(poll->timer, wait_s * 1000, 0);
    http_park(request, on_poll_gone, poll);
    keep_few(server, device->dev);
    return ST_OK;
}

/* A wait that is no number, or none, is no wait; too long a one is cut. */
static int64_t read_wait(const char *text)
{
    int64_t wait_s = strspn(text, "0123456789") == strlen(text) && strlen(text) <= 4 ? strtol(text, NULL, 10) : 0;

    return wait_s < UPDATES_WAIT_MAX_S ? wait_s : UPDATES_WAIT_MAX_S;
}

void till_poll_on_updates(void *context, struct http_request *request)
{
    struct operation_args args;
    struct updates_cursor cursor;
    struct errmsg err = ERRMSG_INIT;
    struct till_call call;
    bool waiting = true;
    int64_t wait_s;
    enum status st;

    if (!till_call_begin(context, request, OP_UPDATES, &call, &args))
        return;
    wait_s = read_wait(args.values[1]);
    st = lease_prolong(call.server->central, &call.device, &err);
    if (st == ST_OK)
        st = updates_read_cursor(call.server->central, args.values[0], &cursor, &err);
    if (st == ST_OK && wait_s > 0)
        st = updates_waiting(call.server->central, &call.device, &cursor, &waiting, &err);
    if (st == ST_OK && !waiting && park(call.server, request, &call.device, &cursor, wait_s) == ST_OK)
        return;
    if (st == ST_OK)
        updates_answer(call.server->central, &call.device, &cursor, &call.answer);
    else
        answer_status(&call.answer, st, &err);
    till_call_finish(&call);
}

/* Those that still have nothing to hear wait on. */
static void wake(struct till_poll *poll)
{
    struct till_server *server = poll->server;
    struct errmsg err = ERRMSG_INIT;
    struct device device;
    bool waiting = true;

    if (device_load(server->central, poll->dev, &device, &err) == ST_OK && !device.revoked &&
        updates_waiting(server->central, &device, &poll->cursor, &waiting, &err) == ST_OK && !waiting)
        return;
    answer_poll(poll);
}

void till_poll_wake_later(struct till_server *server)
{
    int64_t due_ms = server->woken_ms + WAKE_MS - clock_mono_ms(clock_system());

    loop_timer_set(server->wake, due_ms > 0 ? due_ms : 0, 0);
}

/* Goes through the polls once, some each turn of the loop: a cashier's question does not wait for ten thousand. Those
 * that come meanwhile stand before the first, and know what there is; what changes meanwhile is for the next time. */
void till_poll_on_wake(void *context)
{
    struct till_server *server = context;

    if (!server->wake_next) {
        server->waking = false;
        server->woken_ms = clock_mono_ms(clock_system());
        server->wake_next = server->polls;
    }
    for (int i = 0; i < WAKE_AT_ONCE && server->wake_next; i++) {
        struct till_poll *poll = server->wake_next;

        server->wake_next = poll->next;
        wake(poll);
    }
    if (server->wake_next)
        loop_timer_set(server->wake, 0, 0);
    else if (server->waking)
        till_poll_wake_later(server);
}

void till_poll_end_all(struct till_server *server)
{
    int64_t until_ms = clock_mono_ms(clock_system()) + END_MS;

    while (server->polls && clock_mono_ms(clock_system()) < until_ms)
        answer_poll(server->polls);
}
