/* SPDX-License-Identifier: Apache-2.0 */
/* One request's life: taken from loyald, at its turn, answered once. What comes behind another one is made ready and
 * waits (docs/protocol.md 3). */
#include "sync/client/client_internal.h"

#include <string.h>

#include "agent/base/crypto.h"
#include "agent/base/json.h"
#include "agent/base/json_writer.h"
#include "agent/base/log.h"

#include <cjson/cJSON.h>

enum { ERROR_TEXT_MAX = 1024 };
#define NOT_TAKEN "the request before it was not taken"

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

/* The request that waits for this one; NULL: none does. */
static struct client_request *behind(struct client *client, int64_t id)
{
    int i;

    for (i = 0; i < CLIENT_REQUESTS_MAX; i++)
        if (client->requests[i].client && client->requests[i].waits && client->requests[i].after == id)
            return &client->requests[i];
    return NULL;
}

/* The next one's turn, when the one before it was taken; else it is given up, and those behind it. */
static void go_on(struct client *client, int64_t id, bool taken)
{
    struct client_request *next;
    struct errmsg err = ERRMSG_INIT;

    client->taken_id = taken ? id : 0;
    while ((next = behind(client, id))) {
        next->waits = false;
        if (taken && http_carrier_send(next->call, &err) == ST_OK)
            return;
        taken = false;
        id = next->id;
        send_error(client, id, "busy", NOT_TAKEN, 0);
        client_request_drop(next);
    }
}

void client_request_done(void *context, const struct carrier_answer *answer)
{
    struct client_request *request = context;
    struct client *client = request->client;
    int64_t id = request->id;
    bool in_turn = request->op == OP_JOURNAL;

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
    if (in_turn)
        go_on(client, id, answer->result == CARRIER_ANSWERED && answer->status == 200);
}

/* Why a request cannot even be tried: an error's word and its text; NULL when it can. */
static const char *refusal(const struct client *client, const struct client_question *asked, const char **out_text)
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

/* NULL when as many of its kind are under way as may be. */
static struct client_request *free_place(struct client *client, bool waits)
{
    struct client_request *place = NULL;
    int i, alike = 0;

    for (i = 0; i < CLIENT_REQUESTS_MAX; i++) {
        if (!client->requests[i].client)
            place = &client->requests[i];
        else if (client->requests[i].waits == waits)
            alike++;
    }
    return alike < (waits ? CLIENT_BEHIND_MAX : CLIENT_AT_ONCE_MAX) ? place : NULL;
}

static struct client_request *under_way(struct client *client, int64_t id)
{
    int i;

    for (i = 0; i < CLIENT_REQUESTS_MAX; i++)
        if (client->requests[i].client && client->requests[i].id == id)
            return &client->requests[i];
    return NULL;
}

/* It goes at once, too, when the one before it was taken meanwhile. */
static void begin(struct client *client, const struct client_question *asked, const struct message *message)
{
    const struct client_request *ahead = asked->after > 0 ? under_way(client, asked->after) : NULL;
    bool waits = ahead && ahead->op == OP_JOURNAL;
    struct client_request *request = free_place(client, waits);
    struct errmsg fault = ERRMSG_INIT;
    enum status st;

    if (asked->after > 0 && (waits ? behind(client, asked->after) != NULL : asked->after != client->taken_id)) {
        send_error(client, asked->id, "busy", NOT_TAKEN, 0);
        return;
    }
    if (!request) {
        send_error(client, asked->id, "busy", "as many requests as may be are under way already", 0);
        return;
    }
    *request = (struct client_request){
        .client = client, .id = asked->id, .op = asked->op, .after = asked->after, .waits = waits};
    st = client_line_start(request, asked, message, &fault);
    if (st == ST_OK)
        return;
    send_error(client, asked->id, st == ST_INVALID ? "bad_request" : "busy", fault.text, 0);
    client_request_drop(request);
}

enum status client_request_begin(struct client *client, const struct message *message, struct errmsg *err)
{
    struct client_question asked;
    struct errmsg fault = ERRMSG_INIT;
    const char *text = "", *word;
    int64_t id;
    enum status st = json_int(message->header, "id", 0, JSON_INT_MAX, &id, err);

    if (st != ST_OK)
        return st;
    if (under_way(client, id)) {
        errmsg_set(err, "request %lld came while it is under way", (long long)id);
        return ST_INVALID;
    }
    st = client_question_read(message->header, &asked, &fault);
    asked.id = id;
    if (st != ST_OK)
        send_error(client, id, "bad_request", fault.text, 0);
    else if ((word = refusal(client, &asked, &text)))
        send_error(client, id, word, text, 0);
    else
        begin(client, &asked, message);
    return ST_OK;
}
