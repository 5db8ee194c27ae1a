/* SPDX-License-Identifier: Apache-2.0 */
/*
 * http_fixture - a server of every kind of route for the tests, and clients that run on a pool thread while the
 * test's own thread runs the loop.
 */
#ifndef LOYALD_TESTS_NET_HTTP_FIXTURE_H
#define LOYALD_TESTS_NET_HTTP_FIXTURE_H

#include "agent/base/strbuf.h"
#include "agent/net/http_server.h"
#include "agent/net/loop.h"

#include <curl/curl.h>

enum { BIG_BYTES = 5 * 1024 * 1024, ECHO_BYTES_MAX = 64 * 1024, STREAM_BYTES_MAX = 256 * 1024 };

struct fixture {
    struct loop *loop;
    struct http_server *server;
    char dir[64];
    char socket_path[96];
    struct http_request *parked;
    int handled, gone, closed;
    struct http_stream *stream;
    void (*on_handled)(struct fixture *fixture); /* called at the end of each handler, may be NULL */
    void (*on_gone)(struct fixture *fixture);
};

extern const struct http_route fixture_routes[];

/* Fills in loop, routes, context. */
void fixture_init(struct fixture *fixture, struct http_server_options *out_options);
void fixture_start(struct fixture *fixture, const struct http_server_options *options);
void fixture_free(struct fixture *fixture);

/* One request of libcurl and its answer. */
struct call {
    const char *unix_path; /* or */
    const char *url;
    const char *method; /* NULL: GET, or POST with a body */
    const char *headers[8];
    const char *body;
    size_t body_len;
    const char *ca_pem, *cert_pem, *key_pem;
    CURL *handle; /* kept from call to call when set by the caller */
    CURLcode rc;
    long status;
    long connects;
    struct strbuf answer, answer_headers;
};
void call_perform(void *call); /* blocking, on any thread */
void call_free(struct call *call);

/* Runs work on a pool thread and the loop until it is done. */
void run_client(struct fixture *fixture, void (*work)(void *context), void *context);
void run_call(struct fixture *fixture, struct call *call);

/* A raw connection: sends the text and reads until the end, or until the answer contains until (when not NULL). */
struct raw {
    const char *unix_path;
    const char *send;
    const char *until;
    bool half_close; /* shut down the sending half after sending */
    struct strbuf answer;
    bool ended; /* the server closed */
};
void raw_perform(void *raw);
int raw_connect(const char *unix_path);

#endif
