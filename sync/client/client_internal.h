/* SPDX-License-Identifier: Apache-2.0 */
/* client_internal - shared by client.c (life, link notices), client_question.c (what is asked), client_request.c (one
 * request's life), client_line.c (its way onto the line) and client_enrol.c. */
#ifndef LOYALD_CLIENT_CLIENT_INTERNAL_H
#define LOYALD_CLIENT_CLIENT_INTERNAL_H

#include "agent/base/pk.h"
#include "agent/base/strbuf.h"
#include "sync/client/client.h"
#include "sync/client/client_renew.h"
#include "sync/client/daemon_link.h"
#include "sync/client/http_carrier.h"
#include "sync/client/identity.h"
#include "sync/protocol/frame.h"
#include "sync/protocol/operation.h"

struct cJSON;

enum link_known { LINK_UNKNOWN, LINK_UP, LINK_DOWN };

/* What a message asks for, checked. Views of the message. */
struct client_question {
    int64_t id;
    enum operation op;
    struct operation_args args;
    const char *n, *epoch, *mac;
    int64_t deadline_ms;
    int64_t after; /* the id of the request it is carried behind; 0: of none */
};

/* One request under way; a free place has client NULL. */
struct client_request {
    struct client *client;
    int64_t id;
    enum operation op;
    int64_t after;
    bool waits; /* made ready; its turn comes when the request `after` was answered 200 */
    struct carrier_call *call;
    char enrol_key_pem[PK_PEM_BYTES_MAX]; /* OP_ENROL: the key its certificate will be for */
    char enrol_dev[17];
};

struct client {
    struct loop *loop;
    const struct clock_source *clock;
    int64_t renew_check_ms, renew_spread_ms;
    struct renewal *renewal;
    struct identity identity;
    struct http_carrier *carrier; /* NULL without a url */
    struct daemon_link *link;
    char dev[17]; /* loyald's name for itself, of its hello */
    struct client_request requests[CLIENT_REQUESTS_MAX];
    int64_t taken_id; /* of the last journal request, when it was answered 200; else 0 */
    enum link_known known;
    char link_text[ERRMSG_BYTES_MAX]; /* why it is down */
};

/* client.c: notes what the last answer told of the central; tells loyald of a change. */
void client_note_link(struct client *client, bool up, const char *text);

/* client.c: tells loyald that the certificate is another one. */
void client_tell_identity(struct client *client);

/* client_question.c: all but the id. ST_INVALID with what is wrong. */
enum status client_question_read(const struct cJSON *header, struct client_question *out_asked, struct errmsg *err);

/* client_request.c */
enum status client_request_begin(struct client *client, const struct message *message, struct errmsg *err);
/* The carrier's word on it. */
void client_request_done(void *context, const struct carrier_answer *answer);
/* Gives up a request without an answer: loyald is gone. */
void client_request_drop(struct client_request *request);

/* client_line.c: makes it ready; sends it unless it waits. */
enum status client_line_start(struct client_request *request, const struct client_question *asked,
                              const struct message *message, struct errmsg *err);

/* client_enrol.c */
/* Makes a key and appends the body with "csr" added to out. ST_INVALID when the body is no enrolment. */
enum status client_enrol_begin(struct client_request *request, const char *body, size_t body_len, struct strbuf *out,
                               struct errmsg *err);
/* Keeps certificate and CA of a 200 answer. */
enum status client_enrol_keep(struct client_request *request, const char *body, size_t body_len, struct errmsg *err);

#endif
