/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libcurl's multi interface on our loop: it names the sockets and the time it waits for, we watch them and tell it.
 * Results are handed out after each such step, outside of any callback of libcurl's, so that done may start and
 * cancel as it likes.
 */
#include "sync/client/http_carrier.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/log.h"
#include "agent/net/loop.h"
#include "sync/client/carrier_internal.h"

enum { CONNECTIONS_KEPT_MAX = 4 };

struct carrier_socket {
    struct http_carrier *carrier;
    curl_socket_t fd;
    struct loop_watch *watch;
};

static void call_free(struct carrier_call *call)
{
    if (call->link) {
        (void)curl_multi_remove_handle(call->carrier->multi, call->easy);
        *call->link = call->next;
        if (call->next)
            call->next->link = call->link;
    }
    curl_easy_cleanup(call->easy);
    curl_slist_free_all(call->headers);
    strbuf_free(&call->request_body);
    strbuf_free(&call->answer_body);
    free(call);
}

static void finish_call(struct carrier_call *call, CURLcode rc)
{
    struct carrier_answer answer;
    struct errmsg text = ERRMSG_INIT;

    carrier_verdict(call, rc, loop_now_ms(call->carrier->loop), &text, &answer);
    call->done(call->context, &answer);
    call_free(call);
}

static void hand_out(struct http_carrier *carrier)
{
    CURLMsg *message;
    int left;

    while ((message = curl_multi_info_read(carrier->multi, &left))) {
        struct carrier_call *call = NULL;
        CURLcode rc = message->data.result;

        if (message->msg != CURLMSG_DONE)
            continue;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&call);
        finish_call(call, rc);
    }
}

static void act(struct http_carrier *carrier, curl_socket_t fd, int what)
{
    int running;
    CURLMcode rc = curl_multi_socket_action(carrier->multi, fd, what, &running);

    if (rc != CURLM_OK)
        log_error("carrier-01", "libcurl: %s", curl_multi_strerror(rc));
    hand_out(carrier);
}

static void socket_ready(void *context, int events)
{
    struct carrier_socket *socket = context;
    int what = 0;

    if (events & LOOP_READABLE)
        what |= CURL_CSELECT_IN;
    if (events & LOOP_WRITABLE)
        what |= CURL_CSELECT_OUT;
    if (!what)
        what = CURL_CSELECT_ERR; /* with bytes to read, the end comes after them */
    act(socket->carrier, socket->fd, what);
}

static int socket_wanted(CURL *easy, curl_socket_t fd, int what, void *context, void *of_socket)
{
    struct http_carrier *carrier = context;
    struct carrier_socket *socket = of_socket;
    int events = 0;

    (void)easy;
    if (what == CURL_POLL_REMOVE) {
        if (socket)
            loop_watch_destroy(socket->watch);
        free(socket);
        return 0;
    }
    if (what & CURL_POLL_IN)
        events |= LOOP_READABLE;
    if (what & CURL_POLL_OUT)
        events |= LOOP_WRITABLE;
    if (socket) {
        loop_watch_change(socket->watch, events);
        return 0;
    }
    socket = calloc(1, sizeof *socket);
    if (!socket)
        return 0; /* unwatched, the request ends by its deadline; an error here would end all of them */
    socket->carrier = carrier;
    socket->fd = fd;
    if (loop_watch_create(carrier->loop, fd, events, socket_ready, socket, &socket->watch, NULL) != ST_OK) {
        free(socket);
        return 0;
    }
    (void)curl_multi_assign(carrier->multi, fd, socket);
    return 0;
}

static int time_wanted(CURLM *multi, long wait_ms, void *context)
{
    struct http_carrier *carrier = context;

    (void)multi;
    if (wait_ms < 0)
        loop_timer_stop(carrier->timer);
    else
        loop_timer_set(carrier->timer, wait_ms, 0);
    return 0;
}

static void time_due(void *context)
{
    act(context, CURL_SOCKET_TIMEOUT, 0);
}

/* Takes "https://host:port" apart to see that it is no more than that. */
static enum status set_url(struct http_carrier *carrier, const char *url, struct errmsg *err)
{
    CURLU *parts = curl_url();
    char *host = NULL, *port = NULL, *path = NULL, *other = NULL;
    size_t len = strlen(url), size;
    bool good = parts && strncmp(url, "https://", 8) == 0 && url[8] != '/' &&
                curl_url_set(parts, CURLUPART_URL, url, 0) == CURLUE_OK &&
                curl_url_get(parts, CURLUPART_HOST, &host, 0) == CURLUE_OK &&
                curl_url_get(parts, CURLUPART_PORT, &port, CURLU_DEFAULT_PORT) == CURLUE_OK &&
                curl_url_get(parts, CURLUPART_PATH, &path, 0) == CURLUE_OK && strcmp(path, "/") == 0 &&
                curl_url_get(parts, CURLUPART_USER, &other, 0) == CURLUE_NO_USER &&
                curl_url_get(parts, CURLUPART_QUERY, &other, 0) == CURLUE_NO_QUERY &&
                curl_url_get(parts, CURLUPART_FRAGMENT, &other, 0) == CURLUE_NO_FRAGMENT;

    if (good) {
        size = strlen(host) + strlen(port) + 2;
        carrier->url = strndup(url, url[len - 1] == '/' ? len - 1 : len);
        carrier->peer = malloc(size);
        if (carrier->peer)
            (void)snprintf(carrier->peer, size, "%s:%s", host, port);
    } else {
        errmsg_set(err, "\"%s\" is no address of a central: wanted is https://host:port and nothing behind it", url);
    }
    curl_free(host);
    curl_free(port);
    curl_free(path);
    curl_free(other);
    curl_url_cleanup(parts);
    if (!good)
        return ST_INVALID;
    return carrier->url && carrier->peer ? ST_OK : ST_NOMEM;
}

enum status http_carrier_create(const struct carrier_options *options, struct http_carrier **out_carrier,
                                struct errmsg *err)
{
    struct http_carrier *carrier = calloc(1, sizeof *carrier);
    enum status st = carrier ? set_url(carrier, options->url, err) : ST_NOMEM;

    if (st == ST_OK) {
        carrier->loop = options->loop;
        carrier->connect_timeout_ms = options->connect_timeout_ms;
        carrier->proxy = strdup(options->proxy);
        carrier->multi = curl_multi_init();
        if (!carrier->proxy || !carrier->multi)
            st = ST_NOMEM;
    }
    if (st == ST_OK)
        st = loop_timer_create(options->loop, time_due, carrier, &carrier->timer);
    if (st != ST_OK) {
        if (st == ST_NOMEM)
            errmsg_set(err, "carrier: out of memory");
        http_carrier_destroy(carrier);
        return st;
    }
    curl_multi_setopt(carrier->multi, CURLMOPT_SOCKETFUNCTION, socket_wanted);
    curl_multi_setopt(carrier->multi, CURLMOPT_SOCKETDATA, carrier);
    curl_multi_setopt(carrier->multi, CURLMOPT_TIMERFUNCTION, time_wanted);
    curl_multi_setopt(carrier->multi, CURLMOPT_TIMERDATA, carrier);
    curl_multi_setopt(carrier->multi, CURLMOPT_MAXCONNECTS, (long)CONNECTIONS_KEPT_MAX);
    *out_carrier = carrier;
    return ST_OK;
}

void http_carrier_destroy(struct http_carrier *carrier)
{
    if (!carrier)
        return;
    while (carrier->calls)
        call_free(carrier->calls);
    if (carrier->multi)
        (void)curl_multi_cleanup(carrier->multi);
    loop_timer_destroy(carrier->timer);
    free(carrier->url);
    free(carrier->peer);
    free(carrier->proxy);
    free(carrier);
}

const char *http_carrier_peer(const struct http_carrier *carrier)
{
    return carrier->peer;
}

enum status http_carrier_prepare(struct http_carrier *carrier, const struct carrier_ask *ask,
                                 void (*done)(void *context, const struct carrier_answer *answer), void *context,
                                 struct carrier_call **out_call, struct errmsg *err)
{
    struct carrier_call *call = calloc(1, sizeof *call);
    enum status st;

    if (call)
        call->easy = curl_easy_init();
    if (!call || !call->easy) {
        errmsg_set(err, "out of memory for a request");
        free(call);
        return ST_NOMEM;
    }
    call->carrier = carrier;
    call->done = done;
    call->context = context;
    call->deadline_ms = ask->deadline_ms;
    st = carrier_setup(call, ask, err);
    if (st != ST_OK) {
        call_free(call);
        return st;
    }
    *out_call = call;
    return ST_OK;
}

enum status http_carrier_send(struct carrier_call *call, struct errmsg *err)
{
    struct http_carrier *carrier = call->carrier;

    if (curl_multi_add_handle(carrier->multi, call->easy) != CURLM_OK) {
        errmsg_set(err, "libcurl does not take the request");
        return ST_INTERNAL;
    }
    call->started_ms = loop_now_ms(carrier->loop);
    call->next = carrier->calls;
    call->link = &carrier->calls;
    if (call->next)
        call->next->link = &call->next;
    carrier->calls = call;
    return ST_OK;
}

enum status http_carrier_start(struct http_carrier *carrier, const struct carrier_ask *ask,
                               void (*done)(void *context, const struct carrier_answer *answer), void *context,
                               struct carrier_call **out_call, struct errmsg *err)
{
    struct carrier_call *call = NULL;
    enum status st = http_carrier_prepare(carrier, ask, done, context, &call, err);

    if (st == ST_OK)
        st = http_carrier_send(call, err);
    if (st == ST_OK)
        *out_call = call;
    else if (call)
        call_free(call);
    return st;
}

void http_carrier_cancel(struct carrier_call *call)
{
    call_free(call);
}
