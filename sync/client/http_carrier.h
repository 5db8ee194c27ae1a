/* SPDX-License-Identifier: Apache-2.0 */
/*
 * http_carrier - HTTPS requests to one central, over libcurl driven by our loop.
 *
 * Trusts only the CA given with each request, never the system's; TLS 1.2 or later; no redirects, no proxy but the
 * one given. Connections are kept and used again. An answer without the protocol's header did not come from a central
 * and is CARRIER_OFFLINE, whatever its status: a portal's page must never pass for an answer.
 */
#ifndef LOYALD_CLIENT_HTTP_CARRIER_H
#define LOYALD_CLIENT_HTTP_CARRIER_H

#include "agent/base/errmsg.h"
#include "agent/base/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct loop;
struct http_carrier;
struct carrier_call;

enum { CARRIER_ANSWER_BYTES_MAX = 1024 * 1024, CARRIER_HEADERS_MAX = 8, CARRIER_MAC_BYTES_MAX = 128 };

struct carrier_options {
    struct loop *loop;
    const char *url;   /* https://host or https://host:port */
    const char *proxy; /* "" for none, whatever the environment says */
    int64_t connect_timeout_ms;
};

struct carrier_ask {
    const char *method;                       /* GET or POST */
    const char *path;                         /* with its query */
    const char *headers[CARRIER_HEADERS_MAX]; /* whole lines; NULL ends when there are fewer */
    const void *body;
    size_t body_len; /* packed with gzip when that pays */
    const char *ca_pem;
    const char *cert_pem, *key_pem; /* both or neither */
    int64_t deadline_ms;            /* for all of it */
    int64_t silence_ms;             /* how long the central may say nothing: a long poll's wait */
};

enum carrier_result {
    CARRIER_ANSWERED, /* by a central: status, mac and body are its own */
    CARRIER_OFFLINE,
    CARRIER_TLS, /* a certificate was refused, by either side */
    CARRIER_DEADLINE,
};

/* Views for the time of the call. */
struct carrier_answer {
    enum carrier_result result;
    const char *text; /* what happened in words, unless CARRIER_ANSWERED */
    int status;
    const char *mac; /* "" when absent */
    const void *body;
    size_t body_len;
    int64_t retry_after_ms; /* 0 when not said */
    const char *ca_id;      /* the set of authorities the central names; "" when it names none */
    bool connected;         /* the TLS connection was there */
};

/* Refuses a url that is no https://host[:port]. */
enum status http_carrier_create(const struct carrier_options *options, struct http_carrier **out_carrier,
                                struct errmsg *err);
void http_carrier_destroy(struct http_carrier *carrier); /* calls under way end without a word; accepts NULL */
/* "host:port", for messages; a view. */
const char *http_carrier_peer(const struct http_carrier *carrier);

/* Makes a request ready (copies everything, packs the body); done is called once after http_carrier_send, never from
 * inside these functions, and the call is gone with it. */
enum status http_carrier_prepare(struct http_carrier *carrier, const struct carrier_ask *ask,
                                 void (*done)(void *context, const struct carrier_answer *answer), void *context,
                                 struct carrier_call **out_call, struct errmsg *err);
/* Its deadline begins. On failure it may be tried again or cancelled. */
enum status http_carrier_send(struct carrier_call *call, struct errmsg *err);
/* Both at once. */
enum status http_carrier_start(struct http_carrier *carrier, const struct carrier_ask *ask,
                               void (*done)(void *context, const struct carrier_answer *answer), void *context,
                               struct carrier_call **out_call, struct errmsg *err);
/* Ends a call without a word. */
void http_carrier_cancel(struct carrier_call *call);

#endif
