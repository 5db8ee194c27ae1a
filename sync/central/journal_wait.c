/* SPDX-License-Identifier: Apache-2.0 */
/* Batches of several tills that are there at once: while one transaction commits the next ones gather in the sockets, and
 * the turn of the loop that reads them takes them in with one commit. Nobody waits for others to
 * come, and there are no more of them than connections. */
#include <stdlib.h>

#include "agent/net/loop.h"
#include "sync/central/journal.h"
#include "sync/central/till_server_internal.h"

struct journal_wait {
    struct journal_wait *next, **link;
    struct till_call call;
};

static void leave(struct journal_wait *wait)
{
    *wait->link = wait->next;
    if (wait->next)
        wait->next->link = wait->link;
    free(wait);
}

/* Not taken in yet: the till sends it again. */
static void on_gone(void *context)
{
    leave(context);
}

/* Takes in what is there. The answers go out after the commit. */
void journal_wait_take(void *context)
{
    struct till_server *server = context;
    struct journal_post posts[JOURNAL_GROUP_MAX] = {0};
    struct till_call calls[JOURNAL_GROUP_MAX];
    size_t count = 0;

    while (server->waits && count < JOURNAL_GROUP_MAX) {
        struct till_call *call = &calls[count];
        size_t len;
        const char *body;

        *call = server->waits->call;
        leave(server->waits);
        body = http_body(call->request, &len);
        posts[count++] = (struct journal_post){&call->device, body, len, &call->answer};
    }
    journal_accept_all(server->central, posts, count);
    for (size_t i = 0; i < count; i++)
        till_call_finish(&calls[i]);
    if (server->waits)
        loop_timer_set(server->take, 0, 0);
}

void journal_wait_on_journal(void *context, struct http_request *request)
{
    struct till_server *server = context;
    struct journal_wait *wait = calloc(1, sizeof(*wait));
    struct errmsg err = ERRMSG_INIT;
    struct operation_args args;
    struct till_call call;

    if (!till_call_begin(server, request, OP_JOURNAL, wait ? &wait->call : &call, &args)) {
        free(wait);
        return;
    }
    if (!wait) {
        answer_status(&call.answer, ST_NOMEM, &err);
        till_call_finish(&call);
        return;
    }
    wait->next = server->waits;
    wait->link = &server->waits;
    if (wait->next)
        wait->next->link = &wait->next;
    server->waits = wait;
    http_park(request, on_gone, wait);
    if (!wait->next)
        loop_timer_set(server->take, 0, 0);
}
