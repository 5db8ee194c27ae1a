/* SPDX-License-Identifier: Apache-2.0 */
/* till_server_internal - what the routes of the tills (till_server.c) and the polls among them that wait
 * (till_poll.c) share. */
#ifndef LOYALD_CENTRAL_TILL_SERVER_INTERNAL_H
#define LOYALD_CENTRAL_TILL_SERVER_INTERNAL_H

#include "agent/net/http_server.h"
#include "sync/central/device.h"

struct loop_timer;
struct till_poll;
struct journal_wait;
struct counting;

enum {
    POLLS_OF_TILL_MAX = 8, /* one, one asked ahead, and what broken lines left behind; more are somebody's who means harm */
    POLL_SHELVES = 4096,
};

struct till_server {
    struct loop *loop;
    struct central *central;
    struct http_server *http;
    struct till_poll *polls;                 /* those that wait */
    struct till_poll *shelves[POLL_SHELVES]; /* the same by their tills, the newest first */
    struct counting *counting;
    struct journal_wait *waits; /* batches that came in this turn of the loop */
    struct loop_timer *take;    /* ends it */
    struct loop_timer *wake;     /* gathers changes that follow one another */
    bool waking;                 /* polls are to be gone through, once more if that is under way */
    int64_t woken_ms;            /* when that began the last time */
    struct till_poll *wake_next; /* where it goes on; NULL: it is not under way */
};

/* A request that was found to be its till's own. */
struct till_call {
    struct till_server *server;
    struct http_request *request;
    enum operation op;
    struct device device;
    struct answer answer;
};

/* False when the request was answered already: it was not a till's own. */
bool till_call_begin(struct till_server *server, struct http_request *request, enum operation op,
                     struct till_call *call, struct operation_args *args);
/* Sends the call's answer. */
void till_call_finish(struct till_call *call);

/* The route of the journal: what comes in one turn of the loop is taken in together at its end (journal_wait.c). */
void journal_wait_on_journal(void *context, struct http_request *request);
/* context is the server. */
void journal_wait_take(void *context);

/* The route of updates. */
void till_poll_on_updates(void *context, struct http_request *request);
/* Sets the timer: at once after a pause; while changes follow one another those who wait are woken now and then, and
 * hear the last state. */
void till_poll_wake_later(struct till_server *server);
/* The server leaves: all that wait are answered with what there is, so that their tills ask again at once, wherever
 * they are answered. Bounded in time; who is left is told by the HTTP server. */
void till_poll_end_all(struct till_server *server);
/* After something changed: answers the polls that have something to hear. context is the server. */
void till_poll_on_wake(void *context);

#endif
