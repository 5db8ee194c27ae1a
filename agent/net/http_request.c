/* SPDX-License-Identifier: Apache-2.0 */
/* The life of one request, from its headers to the end of its answer. The states are drawn in http_internal.h. */
#include "agent/net/http_internal.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "agent/base/log.h"

static struct http_request *request_create(struct http_server *server, struct MHD_Connection *mhd, const char *url,
                                           const char *method)
{
    struct http_request *request = calloc(1, sizeof *request);
    const union MHD_ConnectionInfo *info;

    if (!request)
        return NULL;
    request->path = strdup(url);
    if (!request->path) {
        free(request);
        return NULL;
    }
    request->server = server;
    request->mhd = mhd;
    info = MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    request->connection = info ? info->socket_context : NULL;
    if (request->connection) {
        request->connection->request = request;
        server->fresh_count -= request->connection->fresh;
        request->connection->fresh = false;
    }
    /* A method cut short matches no route. */
    strncpy(request->method, method, sizeof request->method - 1);

    request->next = server->requests;
    request->link = &server->requests;
    if (request->next)
        request->next->link = &request->next;
    server->requests = request;
    return request;
}

static void request_destroy(struct http_request *request)
{
    int i;

    *request->link = request->next;
    if (request->next)
        request->next->link = request->link;
    loop_watch_destroy(request->watch);
    for (i = 0; i < request->part_count; i++)
        free(request->parts[i]);
    for (i = 0; i < request->header_count; i++) {
        free(request->header_names[i]);
        free(request->header_values[i]);
    }
    if (request->response)
        MHD_destroy_response(request->response);
    strbuf_free(&request->body);
    free(request->path);
    free(request);
}

/* The declared length of the body; UINT64_MAX when it comes in chunks. */
static uint64_t declared_length(const struct http_request *request)
{
    const char *text = http_header(request, "Content-Length");

    if (http_header(request, "Transfer-Encoding")[0])
        return UINT64_MAX;
    return strtoull(text, NULL, 10); /* libmicrohttpd has refused what is no number or too long */
}

/* Everything that can be said of a request before its body. */
static void check_head(struct http_request *request)
{
    const char *encoding = http_header(request, "Content-Encoding");
    int status;

    if (request->server->stopping) {
        http_request_refuse(request, 503, "stopping", "the server is stopping; try again in a few seconds");
        return;
    }
    if (!http_route_find(request, &status)) {
        if (status == 405)
            http_request_refuse(request, 405, "method_not_allowed",
                                "this path has no such method; see the Allow header");
        else
            http_request_refuse(request, 404, "not_found", "there is no such path");
        return;
    }
    if (!http_auth_check(request))
        return;
    /* Who may not ask at all empties nobody's bucket: over loopback all clients have one. */
    if (request->route->auth != HTTP_AUTH_NONE &&
        !http_rate_allows(request->server, request->connection ? request->connection->peer : 0)) {
        http_add_header(request, "Retry-After", "1");
        http_request_refuse(request, 429, "too_often", "too many requests in a second; wait one, then go on");
        return;
    }
    request->body.len_max = request->route->body_max;
    if (encoding[0] && strcasecmp(encoding, "gzip") != 0 && strcasecmp(encoding, "identity") != 0) {
        http_request_refuse(request, 415, "bad_encoding", "a body may be plain or gzip, nothing else");
        return;
    }
    if (declared_length(request) != UINT64_MAX && declared_length(request) > request->route->body_max)
        http_request_refuse(request, 413, "too_large", "the body is longer than this path takes");
}

static enum MHD_Result queue_answer(struct http_request *request)
{
    enum MHD_Result rc;

    if (request->connection) {
        request->connection->busy = true;
        request->connection->since_ms = loop_now_ms(request->server->loop);
    }
    rc = MHD_queue_response(request->mhd, (unsigned)request->status, request->response);
    MHD_destroy_response(request->response); /* libmicrohttpd holds its own reference */
    request->response = NULL;
    return rc;
}

/*
 * A refusal waits for the end of the body, so that a client which sends first and reads then gets to see it; but not
 * for one that asks before it sends (Expect), nor for a body without end.
 */
static enum MHD_Result begin(struct http_server *server, struct MHD_Connection *mhd, const char *url,
                             const char *method, void **slot)
{
    struct http_request *request = request_create(server, mhd, url, method);

    if (!request)
        return MHD_NO;
    *slot = request;
    check_head(request);
    if (request->state == HTTP_REFUSED &&
        (http_header(request, "Expect")[0] || declared_length(request) > HTTP_DRAIN_BYTES_MAX))
        return request->response ? queue_answer(request) : MHD_NO;
    return MHD_YES;
}

static enum MHD_Result take_body(struct http_request *request, const char *bytes, size_t len)
{
    if (request->state == HTTP_READING) {
        strbuf_add(&request->body, bytes, len);
        if (strbuf_status(&request->body) == ST_FULL)
            http_request_refuse(request, 413, "too_large", "the body is longer than this path takes");
        else if (strbuf_status(&request->body) != ST_OK)
            http_request_refuse(request, 503, "busy", "out of memory for the body; try again later");
        return MHD_YES;
    }
    request->dropped_bytes += len;
    return request->dropped_bytes <= HTTP_DRAIN_BYTES_MAX ? MHD_YES : MHD_NO;
}

static bool unpack_body(struct http_request *request)
{
    enum status st;

    if (strcasecmp(http_header(request, "Content-Encoding"), "gzip") != 0)
        return true;
    st = http_gunzip(&request->body, request->route->body_max);
    if (st == ST_FULL)
        http_request_refuse(request, 413, "too_large", "the body unpacks to more than this path takes");
    else if (st == ST_NOMEM)
        http_request_refuse(request, 503, "busy", "out of memory for the body; try again later");
    else if (st != ST_OK)
        http_request_refuse(request, 400, "bad_encoding", "the body is not the gzip it says it is");
    return st == ST_OK;
}

/* What the state demands of libmicrohttpd once nobody of ours is inside the request any more. */
static enum MHD_Result settle(struct http_request *request)
{
    switch (request->state) {
    case HTTP_PARKED:
        if (!request->server->stopping && http_request_sleep(request) == ST_OK)
            return MHD_YES;
        request->gone(request->gone_context);
        http_request_refuse(request, 503, "busy", "this request cannot wait here now; try again later");
        break;
    case HTTP_HANDLED:
        log_error("http-07", "a handler did not answer method=%s route=%s", request->method, request->route->path);
        http_request_refuse(request, 500, "internal", "the request was not answered; see the log");
        break;
    case HTTP_REFUSED:
    case HTTP_ANSWERED:
        break;
    case HTTP_READING:
    case HTTP_GONE:
        return MHD_NO;
    }
    return request->response ? queue_answer(request) : MHD_NO;
}

static enum MHD_Result finish_body(struct http_request *request)
{
    if (request->state == HTTP_READING && unpack_body(request)) {
        request->state = HTTP_HANDLED;
        if (request->connection)
            request->connection->busy = true;
        request->route->handler(request->server->context, request);
    }
    return settle(request);
}

enum MHD_Result http_request_access(void *context, struct MHD_Connection *mhd, const char *url, const char *method,
                                    const char *version, const char *bytes, size_t *len, void **slot)
{
    struct http_request *request = *slot;
    size_t taken = *len;

    (void)version;
    if (!request)
        return begin(context, mhd, url, method, slot);
    if (request->state != HTTP_READING && request->state != HTTP_REFUSED)
        return settle(request); /* woken up */
    if (taken == 0)
        return finish_body(request);
    *len = 0;
    return take_body(request, bytes, taken);
}

void http_request_completed(void *context, struct MHD_Connection *mhd, void **slot,
                            enum MHD_RequestTerminationCode code)
{
    struct http_server *server = context;
    struct http_request *request = *slot;

    (void)mhd;
    (void)code;
    if (!request)
        return;
    *slot = NULL;
    if (request->connection) {
        request->connection->busy = false;
        request->connection->request = NULL;
        request->connection->since_ms = loop_now_ms(server->loop);
    }
    if (request->state == HTTP_PARKED)
        request->gone(request->gone_context);
    if (request->stream)
        http_stream_ended(request->stream);
    request_destroy(request);
}

/* Sleeping and waking. */

int http_request_fd(const struct http_request *request)
{
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(request->mhd, MHD_CONNECTION_INFO_CONNECTION_FD);

    return info ? info->connect_fd : -1;
}

/* A client that has shut down its sending half counts as gone too: with TCP nobody can tell the two apart. */
static void client_gone(void *context, int events)
{
    struct http_request *request = context;

    (void)events;
    if (request->state == HTTP_PARKED) {
        request->state = HTTP_GONE;
        request->gone(request->gone_context);
    } else if (request->stream) {
        request->stream->cut = true;
    }
    http_request_wake(request);
}

enum status http_request_sleep(struct http_request *request)
{
    enum status st = loop_watch_create(request->server->loop, http_request_fd(request), LOOP_GONE, client_gone,
                                       request, &request->watch, NULL);

    if (st != ST_OK)
        return st;
    MHD_suspend_connection(request->mhd);
    request->suspended = true;
    return ST_OK;
}

void http_request_wake(struct http_request *request)
{
    loop_watch_destroy(request->watch);
    request->watch = NULL;
    if (!request->suspended)
        return;
    request->suspended = false;
    MHD_resume_connection(request->mhd);
    http_server_kick(request->server);
}

void http_park(struct http_request *request, void (*gone)(void *context), void *context)
{
    if (request->state != HTTP_HANDLED) {
        log_error("http-08", "a request was parked that is no handler's path=%s", request->path);
        return;
    }
    request->state = HTTP_PARKED;
    request->gone = gone;
    request->gone_context = context;
}

/* Views. */

const char *http_method(const struct http_request *request)
{
    return request->method;
}

const char *http_path(const struct http_request *request)
{
    return request->path;
}

const char *http_path_part(const struct http_request *request, int index)
{
    return index >= 0 && index < request->part_count ? request->parts[index] : "";
}

const char *http_query(const struct http_request *request, const char *name)
{
    const char *value = MHD_lookup_connection_value(request->mhd, MHD_GET_ARGUMENT_KIND, name);

    return value ? value : "";
}

const char *http_header(const struct http_request *request, const char *name)
{
    const char *value = MHD_lookup_connection_value(request->mhd, MHD_HEADER_KIND, name);

    return value ? value : "";
}

const char *http_body(const struct http_request *request, size_t *out_len)
{
    if (out_len)
        *out_len = request->body.len;
    return strbuf_text(&request->body);
}

const char *http_peer_name(const struct http_request *request)
{
    return request->peer_name;
}

const char *http_peer_key(const struct http_request *request)
{
    return request->peer_key;
}

bool http_peer_uid(const struct http_request *request, uid_t *out_uid)
{
    struct ucred peer;
    socklen_t len = sizeof peer;

    if (!request->server->unix_socket ||
        getsockopt(http_request_fd(request), SOL_SOCKET, SO_PEERCRED, &peer, &len) != 0)
        return false;
    *out_uid = peer.uid;
    return true;
}
