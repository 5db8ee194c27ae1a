/* SPDX-License-Identifier: Apache-2.0 */
/* The table of routes and their handlers: each reads a request, asks the till and answers.
 * schema/api/till.openapi.yaml says the same in its words; a test compares the two. */
#include "agent/api/api_internal.h"

#include "agent/api/commands.h"
#include "agent/api/events.h"
#include "agent/base/json.h"
#include "agent/till/till.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static void answer_json(struct http_request *request, int status, const struct strbuf *text)
{
    http_answer(request, status, "application/json", strbuf_text(text), text->len);
}

static void run(struct api *api, struct http_request *request, const struct api_command *command, const char *id)
{
    struct strbuf out = STRBUF_INIT(TILL_ANSWER_MAX);
    struct errmsg err = ERRMSG_INIT;
    size_t len;
    const char *body = http_body(request, &len);
    enum problem problem = command->run(api->options.till, id, body, len, &out, &err);

    if (problem == PROBLEM_NONE && strbuf_status(&out) != ST_OK) {
        errmsg_set(&err, "the answer: %s", status_text(strbuf_status(&out)));
        problem = PROBLEM_INTERNAL; /* what was asked is done: asking for the sale tells */
    }
    if (problem == PROBLEM_NONE)
        answer_json(request, command->status, &out);
    else
        api_answer_problem(api, request, problem, err.text);
    strbuf_free(&out);
}

/* ---- commands that may ask the central first, 300 ms at most ---- */

/* A request whose command waits for the central. Its client may leave meanwhile; the till answers in any case. */
struct waiting {
    struct api *api;
    struct http_request *request; /* NULL: its client has left, or the API has ended */
    const struct api_command *command;
    char id[API_ID_MAX + 1];
};

static void waiting_left(void *context)
{
    ((struct waiting *)context)->request = NULL;
}

static void waiting_ready(void *context)
{
    struct waiting *waiting = context;

    if (waiting->request)
        run(waiting->api, waiting->request, waiting->command, waiting->id);
    free(waiting);
}

static void run_after(struct api *api, struct http_request *request, const struct api_command *command,
                      const char *id)
{
    struct waiting *waiting = calloc(1, sizeof *waiting);
    size_t len;
    const char *body = http_body(request, &len);

    if (!waiting) {
        api_answer_problem(api, request, PROBLEM_BUSY, NULL);
        return;
    }
    *waiting = (struct waiting){.api = api, .request = request, .command = command};
    memcpy(waiting->id, id, strlen(id) + 1);
    http_park(request, waiting_left, waiting);
    command->before(api->options.till, waiting->id, body, len, waiting_ready, waiting);
}

static void handle_command(void *context, struct http_request *request)
{
    char id[API_ID_MAX + 1];
    const struct api_command *command = api_command_find(http_method(request), http_path(request), id);

    if (!command) /* the route fits, so it is the id */
        api_answer_problem(context, request, PROBLEM_BAD_FIELD, "the id in the path is too long");
    else if (command->before)
        run_after(context, request, command, id);
    else
        run(context, request, command, id);
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

static bool read_position(const char *text, int64_t *out_position)
{
    char *end;

    errno = 0;
    *out_position = strtoll(text, &end, 10);
    return text[0] >= '0' && text[0] <= '9' && *end == '\0' && errno == 0 && *out_position <= JSON_INT_MAX;
}

/* GET /v1/outbox?after=POSITION: a page of what the central has not got, for a till that must be replaced; with &end=POSITION the
 * line that closes the file. */
static void handle_outbox(void *context, struct http_request *request)
{
    struct api *api = context;
    struct strbuf out = STRBUF_INIT(TILL_ANSWER_MAX);
    struct errmsg err = ERRMSG_INIT;
    const char *after = http_query(request, "after"), *end = http_query(request, "end");
    int64_t position = -1, last = -1;
    enum status st = (after[0] != '\0' && !read_position(after, &position)) || (end[0] != '\0' && !read_position(end, &last))
                         ? ST_INVALID
                         : ST_OK;

    if (st == ST_INVALID)
        errmsg_set(&err, "after, end: want the position of a record, 0 to %" PRId64, JSON_INT_MAX);
    else if (end[0] != '\0')
        st = till_write_unsynced_end(api->options.till, position < 0 ? last : position, last, &out, &err);
    else
        st = till_write_unsynced(api->options.till, position, &out, &err);
    if (st == ST_OK)
        st = strbuf_status(&out);
    if (st == ST_OK)
        http_answer(request, 200, "application/x-ndjson", strbuf_text(&out), out.len);
    else
        api_answer_problem(api, request, st == ST_INVALID || st == ST_NOT_FOUND ? PROBLEM_BAD_FIELD : PROBLEM_INTERNAL, err.text);
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
    {"POST", "/v1/sales", HTTP_AUTH_PEER, handle_command, API_SMALL_BODY_MAX},
    {"GET", "/v1/sales", HTTP_AUTH_PEER, handle_command, 0},
    {"PUT", "/v1/sales/{id}", HTTP_AUTH_PEER, handle_command, TILL_BODY_MAX},
    {"GET", "/v1/sales/{id}", HTTP_AUTH_PEER, handle_command, 0},
    {"POST", "/v1/sales/{id}/tender", HTTP_AUTH_PEER, handle_command, API_SMALL_BODY_MAX},
    {"POST", "/v1/sales/{id}/commit", HTTP_AUTH_PEER, handle_command, API_SMALL_BODY_MAX},
    {"POST", "/v1/sales/{id}/void", HTTP_AUTH_PEER, handle_command, API_SMALL_BODY_MAX},
    {"POST", "/v1/sales/{id}/copy", HTTP_AUTH_PEER, handle_command, API_SMALL_BODY_MAX},
    {"GET", "/v1/sales/{id}/why", HTTP_AUTH_PEER, api_why, 0},
    {"POST", "/v1/returns", HTTP_AUTH_PEER, handle_command, API_SMALL_BODY_MAX * 4},
    {"GET", "/v1/returns/{id}", HTTP_AUTH_PEER, handle_command, 0},
    {"POST", "/v1/returns/{id}/copy", HTTP_AUTH_PEER, handle_command, API_SMALL_BODY_MAX},
    {"POST", "/v1/shifts", HTTP_AUTH_PEER, handle_command, API_SMALL_BODY_MAX},
    {"GET", "/v1/shifts", HTTP_AUTH_PEER, handle_command, 0},
    {"GET", "/v1/health", HTTP_AUTH_PEER, api_health, 0},
    {"GET", "/v1/status", HTTP_AUTH_PEER, api_status, 0},
    {"GET", "/metrics", HTTP_AUTH_PEER, api_metrics, 0},
    {"GET", "/v1/totals", HTTP_AUTH_PEER, handle_totals, 0},
    {"GET", "/v1/outbox", HTTP_AUTH_PEER, handle_outbox, 0},
    {"GET", "/v1/events", HTTP_AUTH_PEER, handle_events, 0},
    {"POST", "/v1/scans", HTTP_AUTH_PEER, handle_command, API_SMALL_BODY_MAX},
    {"GET", "/v1/page", HTTP_AUTH_PEER, api_page_address, 0},
    /* Cards, and what the page shows of them. */
    {"GET", "/v1/members", HTTP_AUTH_PEER, api_find_member, 0},
    {"GET", "/v1/enrolments", HTTP_AUTH_PEER, api_enrolment_terms, 0},
    {"POST", "/v1/enrolments", HTTP_AUTH_PEER, api_enrol_member, API_SMALL_BODY_MAX},
    {"GET", "/v1/screens/{name}", HTTP_AUTH_PEER, api_screen, 0},
    {"GET", "/v1/words", HTTP_AUTH_PEER, api_words, 0},
    {"POST", "/v1/enrolment", HTTP_AUTH_PEER, api_enrol, API_SMALL_BODY_MAX},
    /* The pages hold nothing that is secret: their token comes in the address they are opened by, past us. */
    {"GET", "/", HTTP_AUTH_NONE, api_page, 0},
    {"GET", "/page.css", HTTP_AUTH_NONE, api_page, 0},
    {"GET", "/page.js", HTTP_AUTH_NONE, api_page, 0},
    {"GET", "/status", HTTP_AUTH_NONE, api_page, 0},
    {"GET", "/status.css", HTTP_AUTH_NONE, api_page, 0},
    {"GET", "/status.js", HTTP_AUTH_NONE, api_page, 0},
    {0},
};
