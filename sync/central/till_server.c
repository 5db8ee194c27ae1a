/* SPDX-License-Identifier: Apache-2.0 */
#include "sync/central/till_server.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/log.h"
#include "agent/net/loop.h"
#include "sync/central/counting.h"
#include "sync/central/coupon.h"
#include "sync/central/device.h"
#include "sync/central/enrol.h"
#include "sync/central/hold.h"
#include "sync/central/interpret_return.h"
#include "sync/central/journal.h"
#include "sync/central/publish.h"
#include "sync/central/renew.h"
#include "sync/central/till_server_internal.h"
#include "sync/central/trust.h"
#include "sync/central/updates.h"

enum { STATUS_BODY_MAX = 64 * 1024 };

/* Tells a till which set of authorities is in force: another than it knows makes it ask. */
static void send_answer(struct till_server *server, struct http_request *request, enum operation op,
                        const uint8_t *mac_key, struct answer *answer)
{
    char mac[2 * CRYPTO_MAC_BYTES + 1] = "", retry[16];

    if (strbuf_status(&answer->body) != ST_OK)
        answer_error(answer, 503, "unavailable", "the answer could not be made: %s", status_text(answer->body.st));
    if (mac_key)
        device_answer_mac(mac_key, http_header(request, "Loyald-Dev"), http_header(request, "Loyald-Epoch"),
                          http_header(request, "Loyald-N"), op, answer->status, strbuf_text(&answer->body),
                          answer->body.len, mac);
    if (mac[0])
        http_add_header(request, "Loyald-Mac", mac);
    http_add_header(request, RENEWAL_CA_HEADER, server->central->ca_bundle_id);
    http_add_header(request, "Cache-Control", "no-store"); /* each answer is one question's, under its MAC */
    if (answer->retry_after_s > 0) {
        (void)snprintf(retry, sizeof(retry), "%d", answer->retry_after_s);
        http_add_header(request, "Retry-After", retry);
    }
    http_answer(request, answer->status, answer->binary ? "application/octet-stream" : "application/json",
                strbuf_text(&answer->body), answer->body.len);
    strbuf_free(&answer->body);
}

static void stop_when_failed(struct till_server *server)
{
    if (!store_has_failed(server->central->store))
        return;
    log_error("central-06", "the database could not be written: stopping, look at the disk and start again");
    loop_stop(server->loop);
}

void till_call_finish(struct till_call *call)
{
    send_answer(call->server, call->request, call->op, call->device.mac_key, &call->answer);
    stop_when_failed(call->server);
}

/* "bytes=a-b" */
static bool read_range(const char *text, struct operation_args *args)
{
    const char *from = text + 6, *dash = strchr(text, '-');

    if (strncmp(text, "bytes=", 6) != 0 || !dash || dash == from || dash - from > 12 || strlen(dash + 1) > 12)
        return false;
    (void)snprintf(args->values[1], sizeof(args->values[1]), "%.*s", (int)(dash - from), from);
    (void)snprintf(args->values[2], sizeof(args->values[2]), "%s", dash + 1);
    return true;
}

/* False when one is not what a till may ask with (operation.h): neither cut nor handed to the database. */
static bool read_args(const struct http_request *request, enum operation op, struct operation_args *args)
{
    const struct operation_spec *spec = operation_spec(op);
    bool in_path = strchr(spec->path, '{') != NULL, good = true;

    memset(args, 0, sizeof(*args));
    for (int i = 0; i < OPERATION_ARG_MAX && spec->args[i]; i++) {
        const char *value = in_path && i == 0 ? http_path_part(request, 0) : http_query(request, spec->args[i]);

        good &= value[0] == '\0' || operation_arg_is_valid(value);
        (void)snprintf(args->values[i], sizeof(args->values[i]), "%s", value);
    }
    if (op == OP_BLOB && !read_range(http_header(request, "Range"), args))
        args->values[1][0] = args->values[2][0] = '\0';
    return good;
}

bool till_call_begin(struct till_server *server, struct http_request *request, enum operation op,
                     struct till_call *call, struct operation_args *args)
{
    struct till_request asked = {.op = op,
                                 .peer = http_peer_name(request),
                                 .peer_key = http_peer_key(request),
                                 .dev = http_header(request, "Loyald-Dev"),
                                 .epoch = http_header(request, "Loyald-Epoch"),
                                 .n = http_header(request, "Loyald-N"),
                                 .mac = http_header(request, "Loyald-Mac")};
    bool known = false;

    *call = (struct till_call){.server = server, .request = request, .op = op, .answer = ANSWER_INIT};
    if (!read_args(request, op, args)) {
        answer_error(&call->answer, 400, "bad_request",
                     "a value in the path or query is longer than %d bytes, or not of A-Z a-z 0-9 . _ - :",
                     OPERATION_ARG_BYTES_MAX);
        send_answer(server, request, op, NULL, &call->answer);
        return false;
    }
    asked.args = *args;
    asked.body = http_body(request, &asked.body_len);
    if (device_check_request(server->central, &asked, &call->device, &known, &call->answer))
        return true;
    log_warn("tills-01", "refused op=%s dev=%.16s: %s", operation_spec(op)->name, asked.dev,
             strbuf_text(&call->answer.body));
    send_answer(server, request, op, known ? call->device.mac_key : NULL, &call->answer);
    return false;
}

static void on_enrol(void *context, struct http_request *request)
{
    struct till_server *server = context;
    struct answer answer = ANSWER_INIT;
    uint8_t mac_key[CRYPTO_KEY_BYTES];
    size_t len;
    const char *body = http_body(request, &len);
    bool good = enrol_till(server->central, http_header(request, "Loyald-Dev"), http_header(request, "Loyald-Epoch"),
                           body, len, mac_key, &answer);

    send_answer(server, request, OP_ENROL, good ? mac_key : NULL, &answer);
    crypto_wipe(mac_key, sizeof(mac_key));
    stop_when_failed(server);
}

static void on_renew(void *context, struct http_request *request)
{
    struct till_server *server = context;
    struct answer answer = ANSWER_INIT;
    size_t len;
    const char *body = http_body(request, &len);

    renew_certificate(server->central, body, len, &answer);
    send_answer(server, request, OP_ENROL, NULL, &answer);
    stop_when_failed(server);
}

static void on_identity(void *context, struct http_request *request)
{
    struct till_server *server = context;
    struct answer answer = ANSWER_INIT;

    renew_identity(server->central, http_peer_name(request), http_peer_key(request), http_query(request, "ca"),
                   &answer);
    send_answer(server, request, OP_ENROL, NULL, &answer);
    stop_when_failed(server);
}

static void on_member(void *context, struct http_request *request)
{
    struct operation_args args;
    struct till_call call;

    if (!till_call_begin(context, request, OP_MEMBER, &call, &args))
        return;
    updates_member(call.server->central, &call.device, args.values[0], &call.answer);
    till_call_finish(&call);
}

static void on_sale(void *context, struct http_request *request)
{
    struct operation_args args;
    struct till_call call;

    if (!till_call_begin(context, request, OP_SALE, &call, &args))
        return;
    return_sale_answer(call.server->central, &call.device, args.values[0], &call.answer);
    till_call_finish(&call);
}

typedef void answer_fn(struct central *central, const struct device *device, const char *body, size_t len,
                       struct answer *answer);

/* What is asked by a body and answered at once. */
static void answer_body(struct till_server *server, struct http_request *request, enum operation op,
                        answer_fn *answer)
{
    struct operation_args args;
    struct till_call call;
    size_t len;
    const char *body;

    if (!till_call_begin(server, request, op, &call, &args))
        return;
    body = http_body(request, &len);
    answer(server->central, &call.device, body, len, &call.answer);
    till_call_finish(&call);
}

static void on_hold(void *context, struct http_request *request)
{
    answer_body(context, request, OP_HOLD, hold_answer);
}

static void on_hold_void(void *context, struct http_request *request)
{
    answer_body(context, request, OP_HOLD_VOID, hold_void_answer);
}

static void on_claim(void *context, struct http_request *request)
{
    answer_body(context, request, OP_CLAIM, coupon_claim_answer);
}

static void on_blob(void *context, struct http_request *request)
{
    struct operation_args args;
    struct till_call call;

    if (!till_call_begin(context, request, OP_BLOB, &call, &args))
        return;
    publish_blob(call.server->central, &call.device, &args, &call.answer);
    till_call_finish(&call);
}

static void on_root(void *context, struct http_request *request)
{
    struct operation_args args;
    struct till_call call;

    if (!till_call_begin(context, request, OP_ROOT, &call, &args))
        return;
    trust_answer_root(call.server->central, &call.device, args.values[0], &call.answer);
    till_call_finish(&call);
}

static void on_status(void *context, struct http_request *request)
{
    answer_body(context, request, OP_STATUS, device_status);
}

static void on_changed(void *context)
{
    struct till_server *server = context;

    if (!server->waking && !server->wake_next)
        till_poll_wake_later(server);
    server->waking = true;
}

static const struct http_route routes[] = {
    {"POST", "/v1/enroll", HTTP_AUTH_NONE, on_enrol, ENROL_BODY_MAX},
    {"POST", RENEWAL_PATH, HTTP_AUTH_NONE, on_renew, RENEW_BODY_MAX}, /* by a signature, see renew.h */
    {"GET", RENEWAL_IDENTITY_PATH, HTTP_AUTH_CERTIFICATE, on_identity, 0},
    {"POST", "/v1/journal", HTTP_AUTH_CERTIFICATE, journal_wait_on_journal, JOURNAL_BODY_MAX},
    {"GET", "/v1/updates", HTTP_AUTH_CERTIFICATE, till_poll_on_updates, 0},
    {"GET", "/v1/members/{identifier}", HTTP_AUTH_CERTIFICATE, on_member, 0},
    {"POST", "/v1/redeem", HTTP_AUTH_CERTIFICATE, on_hold, HOLD_BODY_MAX},
    {"POST", "/v1/redeem/void", HTTP_AUTH_CERTIFICATE, on_hold_void, HOLD_BODY_MAX},
    {"POST", "/v1/coupons/claim", HTTP_AUTH_CERTIFICATE, on_claim, COUPON_BODY_MAX},
    {"GET", "/v1/sales/{sale}", HTTP_AUTH_CERTIFICATE, on_sale, 0},
    {"GET", "/v1/blob/{sha256}", HTTP_AUTH_CERTIFICATE, on_blob, 0},
    {"GET", "/v1/roots/{version}", HTTP_AUTH_CERTIFICATE, on_root, 0},
    {"POST", "/v1/status", HTTP_AUTH_CERTIFICATE, on_status, STATUS_BODY_MAX},
    {0},
};

const struct http_route *till_server_routes(void)
{
    return routes;
}

enum status till_server_create(const struct till_server_options *options, struct till_server **out_server,
                               struct errmsg *err)
{
    struct till_server *server = calloc(1, sizeof(*server));
    enum status st;

    if (!server)
        return ST_NOMEM;
    server->loop = options->loop;
    server->central = options->central;
    st = loop_timer_create(options->loop, till_poll_on_wake, server, &server->wake);
    if (st == ST_OK)
        st = loop_timer_create(options->loop, journal_wait_take, server, &server->take);
    if (st == ST_OK)
        st = counting_create(options->loop, options->central, &server->counting, err);
    if (st == ST_OK) {
        struct http_server_options http = {.loop = options->loop,
                                           .routes = routes,
                                           .context = server,
                                           .tcp_host = options->listen_host,
                                           .tcp_port = options->listen_port,
                                           .certificate_pem = options->central->server_pem,
                                           .key_pem = options->central->server_key_pem,
                                           .client_ca_pem = options->central->ca_bundle,
                                           .answer_header = "Loyald-Protocol: 1",
                                           .connections_max = options->connections_max};

        st = http_server_create(&http, &server->http, err);
    }
    if (st != ST_OK) {
        till_server_destroy(server);
        return st;
    }
    options->central->changed = on_changed;
    options->central->changed_context = server;
    *out_server = server;
    return ST_OK;
}

void till_server_destroy(struct till_server *server)
{
    if (!server)
        return;
    if (server->central->changed_context == server)
        server->central->changed = NULL;
    if (server->http) {
        http_server_leave(server->http);
        till_poll_end_all(server);
    }
    http_server_destroy(server->http); /* tells every poll that is left that it is gone */
    counting_destroy(server->counting);
    loop_timer_destroy(server->wake);
    loop_timer_destroy(server->take);
    free(server);
}

uint16_t till_server_port(const struct till_server *server)
{
    return http_server_port(server->http);
}
