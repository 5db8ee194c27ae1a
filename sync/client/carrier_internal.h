/* SPDX-License-Identifier: Apache-2.0 */
/* carrier_internal - what http_carrier.c (loop and calls), carrier_setup.c (options of a request) and
 * carrier_verdict.c (what came of it) share. */
#ifndef LOYALD_CLIENT_CARRIER_INTERNAL_H
#define LOYALD_CLIENT_CARRIER_INTERNAL_H

#include "agent/base/strbuf.h"
#include "sync/client/http_carrier.h"
#include "sync/protocol/renewal.h"

#include <curl/curl.h>

struct http_carrier {
    struct loop *loop;
    CURLM *multi;
    struct loop_timer *timer;
    struct carrier_call *calls;
    char *url; /* without a slash at its end */
    char *peer;
    char *proxy;
    int64_t connect_timeout_ms;
};

struct carrier_call {
    struct carrier_call *next, **link;
    struct http_carrier *carrier;
    CURL *easy;
    struct curl_slist *headers;
    struct strbuf request_body;
    struct strbuf answer_body;
    char error_text[CURL_ERROR_SIZE];
    int64_t deadline_ms, started_ms;
    bool is_central;  /* the protocol's header was there */
    bool answer_full; /* the body went beyond its bound */
    char mac[CARRIER_MAC_BYTES_MAX];
    char ca_id[RENEWAL_CA_TEXT];
    int64_t retry_after_ms;
    void (*done)(void *context, const struct carrier_answer *answer);
    void *context;
};

/* carrier_setup.c: sets every option of call->easy; the body is packed into call->request_body. */
enum status carrier_setup(struct carrier_call *call, const struct carrier_ask *ask, struct errmsg *err);
/* carrier_verdict.c: what libcurl's result means. text must outlive out_answer. */
void carrier_verdict(const struct carrier_call *call, CURLcode rc, int64_t now_ms, struct errmsg *text,
                     struct carrier_answer *out_answer);

#endif
