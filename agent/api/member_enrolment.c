/* SPDX-License-Identifier: Apache-2.0 */
/* A card is issued at the till: what the shopper agrees to, and the form. */
#include "agent/api/api_internal.h"

#include "agent/till/enrol_member.h"
#include "agent/till/till.h"

static void answer(struct api *api, struct http_request *request, enum problem problem, int status,
                   const struct strbuf *out, const struct errmsg *err)
{
    if (problem == PROBLEM_NONE && strbuf_status(out) != ST_OK)
        problem = PROBLEM_INTERNAL;
    if (problem == PROBLEM_NONE)
        http_answer(request, status, "application/json", strbuf_text(out), out->len);
    else
        api_answer_problem(api, request, problem, err->text);
}

void api_enrolment_terms(void *context, struct http_request *request)
{
    struct api *api = context;
    struct strbuf out = STRBUF_INIT(API_SMALL_BODY_MAX);
    struct errmsg err = ERRMSG_INIT;

    answer(api, request, till_enrolment_terms(api->options.till, &out, &err), 200, &out, &err);
    strbuf_free(&out);
}

void api_enrol_member(void *context, struct http_request *request)
{
    struct api *api = context;
    struct strbuf out = STRBUF_INIT(API_SMALL_BODY_MAX);
    struct errmsg err = ERRMSG_INIT;
    size_t len;
    const char *body = http_body(request, &len);

    answer(api, request, till_enrol_member(api->options.till, body, len, &out, &err), 201, &out, &err);
    strbuf_free(&out);
}
