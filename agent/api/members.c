/* SPDX-License-Identifier: Apache-2.0 */
/* GET /v1/members?identifier=: who a card or phone number is of. */
#include "agent/api/api_internal.h"

#include "agent/base/crypto.h"
#include "agent/till/till.h"

#include <stdlib.h>
#include <string.h>

enum { IDENTIFIER_MAX = 64 };

/* A request that may wait for the central. Its client may leave meanwhile. */
struct asked {
    struct api *api;
    struct http_request *request; /* NULL: its client has left, or the API has ended */
    char identifier[IDENTIFIER_MAX + 1];
};

static void left(void *context)
{
    ((struct asked *)context)->request = NULL;
}

static void answer(const struct asked *asked)
{
    struct strbuf out = STRBUF_INIT(TILL_ANSWER_MAX);
    struct errmsg err = ERRMSG_INIT;
    enum problem problem = till_find_member(asked->api->options.till, asked->identifier, &out, &err);

    if (problem == PROBLEM_NONE && strbuf_status(&out) != ST_OK)
        problem = PROBLEM_INTERNAL;
    if (problem == PROBLEM_NONE)
        http_answer(asked->request, 200, "application/json", strbuf_text(&out), out.len);
    else
        api_answer_problem(asked->api, asked->request, problem, err.text);
    strbuf_free(&out);
}

static void ready(void *context)
{
    struct asked *asked = context;

    if (asked->request)
        answer(asked);
    crypto_wipe(asked, sizeof *asked);
    free(asked);
}

void api_find_member(void *context, struct http_request *request)
{
    const char *identifier = http_query(request, "identifier");
    size_t len = strlen(identifier);
    struct asked *asked = len <= IDENTIFIER_MAX ? calloc(1, sizeof *asked) : NULL;

    if (!asked) {
        api_answer_problem(context, request, len > IDENTIFIER_MAX ? PROBLEM_BAD_FIELD : PROBLEM_BUSY,
                           len > IDENTIFIER_MAX ? "identifier: at most 64 bytes" : NULL);
        return;
    }
    asked->api = context;
    asked->request = request;
    memcpy(asked->identifier, identifier, len + 1);
    http_park(request, left, asked);
    till_before_member(asked->api->options.till, asked->identifier, ready, asked);
}
