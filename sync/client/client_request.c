/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One request's way: out of a message of loyald's, onto the line, and the answer back. Everything that goes into a
 * header of HTTP is checked to be of its alphabet first, so that nothing can be smuggled behind it.
 */
#include "sync/client/client_internal.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/crypto.h"
#include "agent/base/json.h"
#include "agent/base/json_writer.h"
#include "agent/base/log.h"

#include <cjson/cJSON.h>

enum {
    DEADLINE_DEFAULT_MS = 30000,
    DEADLINE_MAX_MS = 600000,
    WAIT_MAX_S = 55,
    ERROR_TEXT_MAX = 1024,
    HEADER_LINE_MAX = 160,
};

/* What a message asks for, checked. Views of the message. */
struct asked {
    int64_t id;
    enum operation op;
    struct operation_args args;
    const char *n, *epoch, *mac;
    int64_t deadline_ms;
};

/* Answers. */

static void send_error(struct client *client, int64_t id, const char *error, const char *text, int64_t retry_after_ms)
{
    struct strbuf header = STRBUF_INIT(FRAME_HEADER_MAX);
    struct json_writer w = JSON_WRITER_INIT(&header);
    size_t len = strnlen(text, ERROR_TEXT_MAX);

    jw_object_begin(&w);
    jw_field_int(&w, "id", id);
    jw_field_text(&w, "error", error);
    jw_name(&w, "text");
    jw_text_n(&w, text, len);
    jw_field_int(&w, "retry_after_ms", retry_after_ms);
    jw_object_end(&w);
    daemon_link_send(client->link, &header, id, NULL, 0);
    strbuf_free(&header);
}

static void send_answer(struct client *client, int64_t id, const struct carrier_answer *answer)
{
    struct strbuf header = STRBUF_INIT(FRAME_HEADER_MAX);
    struct json_writer w = JSON_WRITER_INIT(&header);

    jw_object_begin(&w);
    jw_field_int(&w, "id", id);
    jw_field_int(&w, "status", answer->status);
    if (answer->mac[0])
        jw_field_text(&w, "mac", answer->mac);
    if (answer->retry_after_ms > 0)
        jw_field_int(&w, "retry_after_ms", answer->retry_after_ms);
    jw_object_end(&w);
    daemon_link_send(client->link, &header, id, answer->body, answer->body_len);
    strbuf_free(&header);
}

static void release(struct client_request *request)
{
    crypto_wipe(request->enrol_key_pem, sizeof request->enrol_key_pem);
    *request = (struct client_request){0};
}

void client_request_drop(struct client_request *request)
{
    if (request->call)
        http_carrier_cancel(request->call);
    release(request);
}

/* The central's own words for refusing our certificate, when it says any. */
static void send_certificate_refused(struct client_request *request, const struct carrier_answer *answer)
{
    struct cJSON *root = NULL;
    const char *said = NULL;
    struct errmsg text = ERRMSG_INIT;

    if (json_parse(answer->body, answer->body_len, MESSAGE_PAYLOAD_MAX, &root, NULL) == ST_OK)
        (void)json_text(root, "message", ERROR_TEXT_MAX, &said, NULL); /* without it our own words have to do */
    errmsg_set(&text, "%s refused this till's certificate: %s", http_carrier_peer(request->client->carrier),
               said ? said : "enrol this till again");
    send_error(request->client, request->id, "tls", text.text, answer->retry_after_ms);
    json_free(root);
}

static void deliver_answered(struct client_request *request, const struct carrier_answer *answer)
{
    struct errmsg err = ERRMSG_INIT;

    if (answer->status == 401) {
        send_certificate_refused(request, answer);
        return;
    }
    if (request->op == OP_ENROL && answer->status == 200 &&
        client_enrol_keep(request, answer->body, answer->body_len, &err) != ST_OK) {
        log_error("enrol-10", "%s", err.text);
        send_error(request->client, request->id, "not_enrolled", err.text, 0);
        return;
    }
    send_answer(request->client, request->id, answer);
}

static void request_done(void *context, const struct carrier_answer *answer)
{
    struct client_request *request = context;
    struct client *client = request->client;

    request->call = NULL;
    switch (answer->result) {
    case CARRIER_ANSWERED:
        client_note_link(client, true, "");
        renewal_heard(client->renewal, answer->ca_id);
        deliver_answered(request, answer);
        break;
    case CARRIER_OFFLINE:
        client_note_link(client, false, answer->text);
        send_error(client, request->id, "offline", answer->text, answer->retry_after_ms);
        break;
    case CARRIER_TLS:
        client_note_link(client, false, answer->text);
        send_error(client, request->id, "tls", answer->text, 0);
        break;
    case CARRIER_DEADLINE:
        /* A short deadline missed over a line that stands says nothing of the line. */
        if (!answer->connected)
            client_note_link(client, false, answer->text);
        send_error(client, request->id, "deadline", answer->text, 0);
        break;
    }
    release(request);
}

/* Reading a message. */

static bool is_hex(const char *text, size_t len)
{
    return strlen(text) == len && strspn(text, "0123456789abcdef") == len;
}

static enum status read_args(const struct cJSON *header, struct asked *asked, struct errmsg *err)
{
    const struct operation_spec *spec = operation_spec(asked->op);
    const struct cJSON *object = NULL;
    enum status st = json_optional(json_object(header, "arg", &object, err));
    int i;

    for (i = 0; st == ST_OK && i < OPERATION_ARG_MAX && spec->args[i]; i++) {
        const char *value = "";

        if (object)
            st = json_optional(json_text(object, spec->args[i], OPERATION_ARG_BYTES_MAX, &value, err));
        if (st == ST_OK && value[0] && !operation_arg_is_valid(value)) {
            errmsg_set(err, "arg %s holds characters that are not taken", spec->args[i]);
            st = ST_INVALID;
        }
        if (st == ST_OK && !value[0] && i == 0 && strchr(spec->path, '{')) {
            errmsg_set(err, "arg %s is wanted", spec->args[i]);
            st = ST_INVALID;
        }
        if (st == ST_OK)
            memcpy(asked->args.values[i], value, strlen(value) + 1);
    }
    return st;
}

static enum status read_head(const struct cJSON *header, struct asked *asked, struct errmsg *err)
{
    const char *name = "";
    enum status st = json_text(header, "op", 32, &name, err);

    if (st == ST_OK && operation_by_name(name, &asked->op) != ST_OK) {
        errmsg_set(err, "op \"%s\" is not known to this version", name);
        st = ST_INVALID;
    }
    if (st == ST_OK)
        st = json_text(header, "n", 16, &asked->n, err);
    if (st == ST_OK)
        st = json_text(header, "epoch", 16, &asked->epoch, err);
    if (st == ST_OK)
        st = json_optional(json_text(header, "mac", 64, &asked->mac, err));
    if (st == ST_OK)
        st = json_optional(json_int(header, "deadline_ms", 1, DEADLINE_MAX_MS, &asked->deadline_ms, err));
    if (st == ST_OK &&
        (!is_hex(asked->n, 16) || !is_hex(asked->epoch, 16) || (asked->mac[0] && !is_hex(asked->mac, 64)))) {
        errmsg_set(err, "n and epoch are 16, mac is 64 hex digits");
        st = ST_INVALID;
    }
    return st == ST_OK ? read_args(header, asked, err) : st;
}

/* Onto the line. */

/* The header lines of a request, kept while it is handed to the carrier. */
struct lines {
    char text[CARRIER_HEADERS_MAX][HEADER_LINE_MAX];
    int count;
};

__attribute__((format(printf, 3, 4))) static void add_line(struct lines *lines, struct carrier_ask *ask,
                                                           const char *format, ...)
{
    va_list arguments;
    char *line = lines->text[lines->count];

    va_start(arguments, format);
    (void)vsnprintf(line, HEADER_LINE_MAX, format, arguments); /* every part is bounded by its check */
    va_end(arguments);
    ask->headers[lines->count++] = line;
}

static void add_lines(const struct client *client, const struct asked *asked, struct lines *lines,
                      struct carrier_ask *ask)
{
    add_line(lines, ask, "Loyald-Protocol: 1");
    add_line(lines, ask, "Loyald-Dev: %s", client->dev);
    add_line(lines, ask, "Loyald-Epoch: %s", asked->epoch);
    add_line(lines, ask, "Loyald-N: %s", asked->n);
    if (asked->mac[0])
        add_line(lines, ask, "Loyald-Mac: %s", asked->mac);
    if (asked->op == OP_BLOB && asked->args.values[1][0])
        add_line(lines, ask, "Range: bytes=%.20s-%.20s", asked->args.values[1], asked->args.values[2]);
}

static void use_identity(const struct client *client, const struct operation_spec *spec, struct carrier_ask *ask)
{
    const struct identity *identity = &client->identity;

    if (spec->certificate) {
        ask->ca_pem = identity->ca_pem;
        ask->cert_pem = identity->cert_pem;
        ask->key_pem = identity->key_pem;
    } else {
        /* The CA configured comes first: enrolling anew may be the way to a new CA. */
        ask->ca_pem = identity->first_ca_pem ? identity->first_ca_pem : identity->ca_pem;
    }
}

static int64_t wait_of(const struct asked *asked)
{
    long seconds = asked->op == OP_UPDATES ? strtol(asked->args.values[1], NULL, 10) : 0;

    return 1000 * (int64_t)(seconds < 0 ? 0 : seconds > WAIT_MAX_S ? WAIT_MAX_S : seconds);
}

static enum status start_call(struct client_request *request, const struct asked *asked, const void *body,
                              size_t body_len, struct errmsg *err)
{
    struct client *client = request->client;
    const struct operation_spec *spec = operation_spec(asked->op);
    struct strbuf path = STRBUF_INIT(1024);
    struct lines lines = {.count = 0};
    struct carrier_ask ask = {.method = spec->method,
                              .body = body,
                              .body_len = body_len,
                              .deadline_ms = asked->deadline_ms,
                              .silence_ms = wait_of(asked)};
    enum status st;

    operation_url(asked->op, &asked->args, &path);
    ask.path = strbuf_text(&path);
    add_lines(client, asked, &lines, &ask);
    use_identity(client, spec, &ask);
    st = strbuf_status(&path);
    if (st == ST_OK)
        st = http_carrier_start(client->carrier, &ask, request_done, request, &request->call, err);
    strbuf_free(&path);
    return st;
}

static enum status start(struct client_request *request, const struct asked *asked, const struct message *message,
                         struct errmsg *err)
{
    struct strbuf enrolment = STRBUF_INIT(MESSAGE_PAYLOAD_MAX);
    enum status st;

    if (asked->op != OP_ENROL)
        return start_call(request, asked, message->payload, message->payload_len, err);
    st = client_enrol_begin(request, message->payload, message->payload_len, &enrolment, err);
    if (st == ST_OK)
        st = start_call(request, asked, strbuf_text(&enrolment), enrolment.len, err);
    strbuf_free(&enrolment);
    return st;
}

/* Why a request cannot even be tried: an error's word and its text; NULL when it can. */
static const char *refusal(const struct client *client, const struct asked *asked, const char **out_text)
{
    const struct identity *identity = &client->identity;

    if (!client->carrier) {
        *out_text = "no central is configured: set url in [central] of loyald-sync's configuration";
        return "offline";
    }
    if (operation_spec(asked->op)->certificate && !identity_is_enrolled(identity)) {
        *out_text = "this till has no certificate yet: enrol it with loyalctl enrol CODE";
        return "not_enrolled";
    }
    if (asked->op == OP_ENROL && !identity->first_ca_pem && !identity->ca_pem) {
        *out_text = "no CA to trust the central by: set ca_file in [central] of loyald-sync's configuration";
        return "not_enrolled";
    }
    return NULL;
}

static struct client_request *free_place(struct client *client)
{
    int i;

    for (i = 0; i < CLIENT_REQUESTS_MAX; i++)
        if (!client->requests[i].client)
            return &client->requests[i];
    return NULL;
}

static bool is_under_way(const struct client *client, int64_t id)
{
    int i;

    for (i = 0; i < CLIENT_REQUESTS_MAX; i++)
        if (client->requests[i].client && client->requests[i].id == id)
            return true;
    return false;
}

enum status client_request_begin(struct client *client, const struct message *message, struct errmsg *err)
{
    struct asked asked = {.n = "", .epoch = "", .mac = "", .deadline_ms = DEADLINE_DEFAULT_MS};
    struct client_request *request = free_place(client);
    struct errmsg fault = ERRMSG_INIT;
    const char *text = "", *word;
    enum status st = json_int(message->header, "id", 0, JSON_INT_MAX, &asked.id, err);

    if (st != ST_OK)
        return st;
    if (is_under_way(client, asked.id)) {
        errmsg_set(err, "request %lld came while it is under way", (long long)asked.id);
        return ST_INVALID;
    }
    if (read_head(message->header, &asked, &fault) != ST_OK) {
        send_error(client, asked.id, "bad_request", fault.text, 0);
    } else if ((word = refusal(client, &asked, &text))) {
        send_error(client, asked.id, word, text, 0);
    } else if (!request) {
        send_error(client, asked.id, "busy", "8 requests are under way already", 0);
    } else {
        *request = (struct client_request){.client = client, .id = asked.id, .op = asked.op};
        st = start(request, &asked, message, &fault);
        if (st != ST_OK) {
            send_error(client, asked.id, st == ST_INVALID ? "bad_request" : "busy", fault.text, 0);
            release(request);
        }
    }
    return ST_OK;
}
