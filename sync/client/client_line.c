/* SPDX-License-Identifier: Apache-2.0 */
/* A request's way onto the line: its header lines, whose certificate, its body. */
#include "sync/client/client_internal.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WAIT_MAX_S = 55, HEADER_LINE_MAX = 160 };

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

static void add_lines(const struct client *client, const struct client_question *asked, struct lines *lines,
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

static int64_t wait_of(const struct client_question *asked)
{
    long seconds = asked->op == OP_UPDATES ? strtol(asked->args.values[1], NULL, 10) : 0;

    return 1000 * (int64_t)(seconds < 0 ? 0 : seconds > WAIT_MAX_S ? WAIT_MAX_S : seconds);
}

static enum status prepare_call(struct client_request *request, const struct client_question *asked, const void *body,
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
        st = http_carrier_prepare(client->carrier, &ask, client_request_done, request, &request->call, err);
    if (st == ST_OK && !request->waits)
        st = http_carrier_send(request->call, err);
    strbuf_free(&path);
    return st;
}

enum status client_line_start(struct client_request *request, const struct client_question *asked,
                              const struct message *message, struct errmsg *err)
{
    struct strbuf enrolment = STRBUF_INIT(MESSAGE_PAYLOAD_MAX);
    enum status st;

    if (asked->op != OP_ENROL)
        return prepare_call(request, asked, message->payload, message->payload_len, err);
    st = client_enrol_begin(request, message->payload, message->payload_len, &enrolment, err);
    if (st == ST_OK)
        st = prepare_call(request, asked, strbuf_text(&enrolment), enrolment.len, err);
    strbuf_free(&enrolment);
    return st;
}
