/* SPDX-License-Identifier: Apache-2.0 */
/* The table of routes and their handlers: each reads a request, asks the till and answers.
 * schema/api/till.openapi.yaml says the same in its words; a test compares the two. */
#include "agent/api/api_internal.h"

#include "agent/api/events.h"
#include "agent/till/till.h"

#include <stdlib.h>

static void answer_json(struct http_request *request, int status, const struct strbuf *text)
{
    http_answer(request, status, "application/json", strbuf_text(text), text->len);
}

typedef enum problem command_fn(struct till *till, const char *id, const char *body, size_t len, struct strbuf *out,
                                struct errmsg *err);

static enum problem open_sale(struct till *till, const char *id, const char *body, size_t len, struct strbuf *out,
                              struct errmsg *err)
{
    (void)id; /* the body names it, or the till does */
    return till_open_sale(till, body, len, out, err);
}

static enum problem get_sale(struct till *till, const char *id, const char *body, size_t len, struct strbuf *out,
                             struct errmsg *err)
{
    (void)body;
    (void)len;
    return till_get_sale(till, id, out, err);
}

static enum problem copy_sale(struct till *till, const char *id, const char *body, size_t len, struct strbuf *out,
                              struct errmsg *err)
{
    (void)body;
    (void)len;
    return till_copy(till, id, out, err);
}

static void run(void *context, struct http_request *request, command_fn *command, int status)
{
    struct api *api = context;
    struct strbuf out = STRBUF_INIT(TILL_ANSWER_MAX);
    struct errmsg err = ERRMSG_INIT;
    size_t len;
    const char *body = http_body(request, &len);
    enum problem problem = command(api->options.till, http_path_part(request, 0), body, len, &out, &err);

    if (problem == PROBLEM_NONE && strbuf_status(&out) != ST_OK) {
        errmsg_set(&err, "the answer: %s", status_text(strbuf_status(&out)));
        problem = PROBLEM_INTERNAL; /* what was asked is done: asking for the sale tells */
    }
    if (problem == PROBLEM_NONE)
        answer_json(request, status, &out);
    else
        api_answer_problem(api, request, problem, err.text);
    strbuf_free(&out);
}

static void handle_open(void *context, struct http_request *request)
{
    run(context, request, open_sale, 201);
}

static enum problem list_sales(struct till *till, const char *id, const char *body, size_t len, struct strbuf *out,
                               struct errmsg *err)
{
    (void)id;
    (void)body;
    (void)len;
    return till_list_sales(till, out, err);
}

static void handle_list(void *context, struct http_request *request)
{
    run(context, request, list_sales, 200);
}

static enum problem turn_shift(struct till *till, const char *id, const char *body, size_t len, struct strbuf *out,
                               struct errmsg *err)
{
    (void)id;
    return till_turn_shift(till, body, len, out, err);
}

static void handle_turn_shift(void *context, struct http_request *request)
{
    run(context, request, turn_shift, 200);
}

static enum problem get_shift(struct till *till, const char *id, const char *body, size_t len, struct strbuf *out,
                              struct errmsg *err)
{
    (void)id;
    (void)body;
    (void)len;
    return till_get_shift(till, out, err);
}

static void handle_get_shift(void *context, struct http_request *request)
{
    run(context, request, get_shift, 200);
}

static void handle_put(void *context, struct http_request *request)
{
    run(context, request, till_put_sale, 200);
}

static void handle_get(void *context, struct http_request *request)
{
    run(context, request, get_sale, 200);
}

static void handle_void(void *context, struct http_request *request)
{
    run(context, request, till_void, 200);
}

static void handle_copy(void *context, struct http_request *request)
{
    run(context, request, copy_sale, 200);
}

/* ---- commands that may ask the central first, 300 ms at most ---- */

/* A request whose command waits for the central. Its client may leave meanwhile; the till answers in any case. */
struct waiting {
    struct api *api;
    struct http_request *request; /* NULL: its client has left, or the API has ended */
    command_fn *command;
};

typedef void before_fn(struct till *till, const char *id, const char *body, size_t len, till_ready_fn *ready, void *context);

static void waiting_left(void *context)
{
    ((struct waiting *)context)->request = NULL;
}

static void waiting_ready(void *context)
{
    struct waiting *waiting = context;

    if (waiting->request)
        run(waiting->api, waiting->request, waiting->command, 200);
    free(waiting);
}

static void run_after(struct api *api, struct http_request *request, before_fn *before, command_fn *command)
{
    struct waiting *waiting = calloc(1, sizeof *waiting);
    size_t len;
    const char *body = http_body(request, &len);

    if (!waiting) {
        api_answer_problem(api, request, PROBLEM_BUSY, NULL);
        return;
    }
    *waiting = (struct waiting){api, request, command};
    http_park(request, waiting_left, waiting);
    before(api->options.till, http_path_part(request, 0), body, len, waiting_ready, waiting);
}

static void before_tender(struct till *till, const char *id, const char *body, size_t len, till_ready_fn *ready,
                          void *context)
{
    (void)body;
    (void)len;
    till_before_tender(till, id, ready, context);
}

static void handle_tender(void *context, struct http_request *request)
{
    run_after(context, request, before_tender, till_tender);
}

static void handle_commit(void *context, struct http_request *request)
{
    run_after(context, request, before_tender, till_commit);
}

static void before_return(struct till *till, const char *id, const char *body, size_t len, till_ready_fn *ready,
                          void *context)
{
    (void)id;
    till_before_return(till, body, len, ready, context);
}

static enum problem give_back(struct till *till, const char *id, const char *body, size_t len, struct strbuf *out,
                              struct errmsg *err)
{
    (void)id;
    return till_return(till, body, len, out, err);
}

static void handle_return(void *context, struct http_request *request)
{
    run_after(context, request, before_return, give_back);
}

static enum problem get_return(struct till *till, const char *id, const char *body, size_t len, struct strbuf *out,
                               struct errmsg *err)
{
    (void)body;
    (void)len;
    return till_get_return(till, id, out, err);
}

static void handle_get_return(void *context, struct http_request *request)
{
    run(context, request, get_return, 200);
}

static enum problem copy_return(struct till *till, const char *id, const char *body, size_t len, struct strbuf *out,
                                struct errmsg *err)
{
    (void)body;
    (void)len;
    return till_copy_return(till, id, out, err);
}

static void handle_copy_return(void *context, struct http_request *request)
{
    run(context, request, copy_return, 200);
}

static enum problem typed(struct till *till, const char *id, const char *body, size_t len, struct strbuf *out,
                          struct errmsg *err)
{
    (void)id; /* a code goes to the current sale */
    return till_typed(till, body, len, out, err);
}

static void handle_typed(void *context, struct http_request *request)
{
    run(context, request, typed, 200);
}

static void handle_health(void *context, struct http_request *request)
{
    struct strbuf out = STRBUF_INIT(TILL_ANSWER_MAX);
    struct json_writer w = JSON_WRITER_INIT(&out);

    api_write_health(context, &w);
    if (strbuf_status(&out) == ST_OK)
        answer_json(request, 200, &out);
    else
        api_answer_problem(context, request, PROBLEM_INTERNAL, status_text(strbuf_status(&out)));
    strbuf_free(&out);
}

static void handle_totals(void *context, struct http_request *request)
{
    struct api *api = context;
    struct strbuf out = STRBUF_INIT(TILL_ANSWER_MAX);
    struct json_writer w = JSON_WRITER_INIT(&out);
    struct errmsg err = ERRMSG_INIT;
    enum status st = till_write_totals(api->options.till, &w, &err);

    if (st == ST_OK)
        st = strbuf_status(&out);
    if (st == ST_OK)
        answer_json(request, 200, &out);
    else
        api_answer_problem(api, request, PROBLEM_INTERNAL, err.text[0] ? err.text : status_text(st));
    strbuf_free(&out);
}

static void handle_events(void *context, struct http_request *request)
{
    struct api *api = context;
    struct errmsg err = ERRMSG_INIT;

    if (hub_add(api->options.hub, request) == ST_OK)
        return;
    errmsg_set(&err, "%d programs watch the events already, no more can", HUB_WATCHERS_MAX);
    api_answer_problem(api, request, PROBLEM_BUSY, err.text);
}

const struct http_route api_routes[] = {
    {"POST", "/v1/sales", HTTP_AUTH_PEER, handle_open, API_SMALL_BODY_MAX},
    {"GET", "/v1/sales", HTTP_AUTH_PEER, handle_list, 0},
    {"PUT", "/v1/sales/{id}", HTTP_AUTH_PEER, handle_put, TILL_BODY_MAX},
    {"GET", "/v1/sales/{id}", HTTP_AUTH_PEER, handle_get, 0},
    {"POST", "/v1/sales/{id}/tender", HTTP_AUTH_PEER, handle_tender, API_SMALL_BODY_MAX},
    {"POST", "/v1/sales/{id}/commit", HTTP_AUTH_PEER, handle_commit, API_SMALL_BODY_MAX},
    {"POST", "/v1/sales/{id}/void", HTTP_AUTH_PEER, handle_void, API_SMALL_BODY_MAX},
    {"POST", "/v1/sales/{id}/copy", HTTP_AUTH_PEER, handle_copy, API_SMALL_BODY_MAX},
    {"GET", "/v1/sales/{id}/why", HTTP_AUTH_PEER, api_why, 0},
    {"POST", "/v1/returns", HTTP_AUTH_PEER, handle_return, API_SMALL_BODY_MAX * 4},
    {"GET", "/v1/returns/{id}", HTTP_AUTH_PEER, handle_get_return, 0},
    {"POST", "/v1/returns/{id}/copy", HTTP_AUTH_PEER, handle_copy_return, API_SMALL_BODY_MAX},
    {"POST", "/v1/shifts", HTTP_AUTH_PEER, handle_turn_shift, API_SMALL_BODY_MAX},
    {"GET", "/v1/shifts", HTTP_AUTH_PEER, handle_get_shift, 0},
    {"GET", "/v1/health", HTTP_AUTH_PEER, handle_health, 0},
    {"GET", "/metrics", HTTP_AUTH_PEER, api_metrics, 0},
    {"GET", "/v1/totals", HTTP_AUTH_PEER, handle_totals, 0},
    {"GET", "/v1/events", HTTP_AUTH_PEER, handle_events, 0},
    {"POST", "/v1/scans", HTTP_AUTH_PEER, handle_typed, API_SMALL_BODY_MAX},
    {"GET", "/v1/page", HTTP_AUTH_PEER, api_page_address, 0},
    {"GET", "/v1/words", HTTP_AUTH_PEER, api_words, 0},
    {"POST", "/v1/enrolment", HTTP_AUTH_PEER, api_enrol, API_SMALL_BODY_MAX},
    /* The page holds nothing that is secret: its token comes in the address it is opened by, past us. */
    {"GET", "/", HTTP_AUTH_NONE, api_page, 0},
    {"GET", "/page.css", HTTP_AUTH_NONE, api_page, 0},
    {"GET", "/page.js", HTTP_AUTH_NONE, api_page, 0},
    {0},
};
