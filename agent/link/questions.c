/* SPDX-License-Identifier: Apache-2.0 */
/* What the till asks of the central while a sale waits, each with a deadline and exactly one answer. */
#include "agent/link/link_internal.h"

#include "agent/base/hex.h"
#include "agent/base/json.h"
#include "agent/till/identity.h"
#include "sync/protocol/frame.h"

#include <cjson/cJSON.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ANSWER_BYTES_MAX = 256 * 1024, BODY_BYTES_MAX = 4096, VOID_DEADLINE_MS = 10 * 1000 };

/* ---- members and sales ---- */

struct member_question {
    struct link *link;
    till_member_fn *answer;
    void *context;
};

static void member_answered(void *context, const struct courier_answer *answer)
{
    struct member_question *question = context;
    struct cJSON *root = NULL;
    const struct cJSON *member = NULL;
    char *text = NULL;
    bool known = answer->outcome == COURIER_ANSWERED && answer->http_status == 200;

    if (answer->outcome != COURIER_LATE) /* a slow answer is not a broken link */
        link_heard(question->link, answer);
    if (known && json_parse(answer->body, answer->len, ANSWER_BYTES_MAX, &root, NULL) == ST_OK &&
        json_object(root, "member", &member, NULL) == ST_OK)
        text = cJSON_PrintUnformatted(member);
    question->answer(question->context, known, text, text ? strlen(text) : 0);
    cJSON_free(text);
    json_free(root);
    free(question);
}

static void ask_member(void *context, const uint8_t identifier[16], int64_t deadline_ms, till_member_fn *answer,
                       void *answer_context)
{
    struct link *link = context;
    struct operation_args args = {0};
    struct member_question *question = link->up && link->options.identity->enrolled ? malloc(sizeof *question) : NULL;

    if (!question) {
        answer(answer_context, false, NULL, 0);
        return;
    }
    *question = (struct member_question){link, answer, answer_context};
    hex_encode(identifier, IDENTITY_HASH_BYTES, args.values[0]);
    courier_ask(link->courier, OP_MEMBER, &args, NULL, 0, deadline_ms, member_answered, question);
}

struct sale_question {
    struct link *link;
    till_sale_fn *answer;
    void *context;
};

static void sale_answered(void *context, const struct courier_answer *answer)
{
    struct sale_question *question = context;
    struct cJSON *root = NULL;
    const struct cJSON *sale = NULL;
    char *text = NULL;
    /* Only an answer that names the sale, if only as null, is one: an older central knows no such question. */
    bool known = answer->outcome == COURIER_ANSWERED && answer->http_status == 200 &&
                 json_parse(answer->body, answer->len, MESSAGE_PAYLOAD_MAX, &root, NULL) == ST_OK &&
                 cJSON_GetObjectItemCaseSensitive(root, "sale");

    if (answer->outcome != COURIER_LATE)
        link_heard(question->link, answer);
    if (known && json_object(root, "sale", &sale, NULL) == ST_OK)
        text = cJSON_PrintUnformatted(sale);
    question->answer(question->context, known, text, text ? strlen(text) : 0);
    cJSON_free(text);
    json_free(root);
    free(question);
}

static void ask_sale(void *context, const char *sale_id, int64_t deadline_ms, till_sale_fn *answer,
                     void *answer_context)
{
    struct link *link = context;
    struct operation_args args = {0};
    /* Of dots alone, which a path would swallow, no till makes an id. */
    bool ask = link->up && link->options.identity->enrolled && strspn(sale_id, ".") < strlen(sale_id);
    struct sale_question *question = ask ? malloc(sizeof *question) : NULL;

    if (!question) {
        answer(answer_context, false, NULL, 0);
        return;
    }
    *question = (struct sale_question){link, answer, answer_context};
    (void)snprintf(args.values[0], sizeof args.values[0], "%s", sale_id);
    courier_ask(link->courier, OP_SALE, &args, NULL, 0, deadline_ms, sale_answered, question);
}

/* ---- rights: holds of points, claims of coupons ---- */

struct right_question {
    struct link *link;
    till_hold_fn *answer;
    void *context;
};

/* Whatever is not plainly a grant is none; what the central did all the same, the till's record undoes. */
static void right_answered(void *context, const struct courier_answer *answer)
{
    struct right_question *question = context;
    enum till_hold outcome = TILL_HOLD_UNANSWERED;
    struct cJSON *root = NULL;
    const char *state = "", *reason = "";

    if (answer->outcome != COURIER_LATE)
        link_heard(question->link, answer);
    if (answer->outcome == COURIER_ANSWERED && answer->http_status == 200 &&
        json_parse(answer->body, answer->len, ANSWER_BYTES_MAX, &root, NULL) == ST_OK) {
        (void)json_text(root, "state", 16, &state, NULL);
        (void)json_text(root, "reason", 200, &reason, NULL);
        if (strcmp(state, "granted") == 0)
            outcome = TILL_HOLD_GRANTED;
        else if (strcmp(state, "refused") == 0)
            outcome = TILL_HOLD_REFUSED;
    }
    question->answer(question->context, outcome, reason);
    json_free(root);
    free(question);
}

static void ask_right(struct link *link, enum operation op, const struct strbuf *body, int64_t deadline_ms,
                      till_hold_fn *answer, void *context)
{
    bool ask = link->up && link->options.identity->enrolled && strbuf_status(body) == ST_OK;
    struct right_question *question = ask ? malloc(sizeof *question) : NULL;

    if (!question) {
        answer(context, TILL_HOLD_UNANSWERED, "");
        return;
    }
    *question = (struct right_question){link, answer, context};
    courier_ask(link->courier, op, NULL, body->data, body->len, deadline_ms, right_answered, question);
}

static void ask_hold(void *link, const struct till_hold_question *asked, int64_t deadline_ms, till_hold_fn *answer,
                     void *answer_context)
{
    struct strbuf body = STRBUF_INIT(BODY_BYTES_MAX);
    struct json_writer w = JSON_WRITER_INIT(&body);

    jw_object_begin(&w);
    jw_field_text(&w, "hold", asked->hold);
    jw_field_text(&w, "sale_id", asked->sale_id);
    jw_field_text(&w, "member", asked->member);
    jw_field_text(&w, "currency", asked->currency);
    jw_field_int(&w, "amount", asked->amount);
    jw_object_end(&w);
    ask_right(link, OP_HOLD, &body, deadline_ms, answer, answer_context);
    strbuf_free(&body);
}

static void ask_claim(void *link, const struct till_claim_question *asked, int64_t deadline_ms, till_hold_fn *answer,
                      void *answer_context)
{
    struct strbuf body = STRBUF_INIT(BODY_BYTES_MAX);
    struct json_writer w = JSON_WRITER_INIT(&body);

    jw_object_begin(&w);
    jw_field_text(&w, "code", asked->code);
    jw_field_text(&w, "sale_id", asked->sale_id);
    if (asked->member[0] != '\0')
        jw_field_text(&w, "member", asked->member);
    jw_field_int(&w, "uses_max", asked->uses_max);
    jw_object_end(&w);
    ask_right(link, OP_CLAIM, &body, deadline_ms, answer, answer_context);
    strbuf_free(&body);
}

/* Nobody waits for it, and whether it arrives does not matter: the record does the same a little later. */
static void voided(void *context, const struct courier_answer *answer)
{
    if (answer->outcome != COURIER_LATE)
        link_heard(context, answer);
}

static void void_hold(void *context, const char *hold)
{
    struct link *link = context;
    struct strbuf body = STRBUF_INIT(BODY_BYTES_MAX);
    struct json_writer w = JSON_WRITER_INIT(&body);

    if (!link->up || !link->options.identity->enrolled)
        return;
    jw_object_begin(&w);
    jw_field_text(&w, "hold", hold);
    jw_object_end(&w);
    if (strbuf_status(&body) == ST_OK)
        courier_ask(link->courier, OP_HOLD_VOID, NULL, body.data, body.len, VOID_DEADLINE_MS, voided, link);
    strbuf_free(&body);
}

static bool is_up(void *context, int64_t *out_since_unix_ms)
{
    const struct link *link = context;

    *out_since_unix_ms = link_since_unix_ms(link);
    return link->up;
}

static void record_added(void *context)
{
    struct link *link = context;

    outbox_kick(&link->outbox, false);
}

struct till_central link_central(struct link *link)
{
    return (struct till_central){link, ask_member, is_up, record_added, ask_sale, ask_hold, void_hold, ask_claim};
}
