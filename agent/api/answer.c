/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/api/api_internal.h"

#include "agent/base/log.h"
#include "agent/till/till.h"

#include <string.h>

enum { ERROR_BYTES_MAX = 4096 };

/* What is worth a notice on a sale (no printer, no link) is 200 in the table; as the reason why a command was not
 * done it is not. */
static int status_of(enum problem problem)
{
    int status = problem_spec(problem)->http_status;

    return status == 200 ? 503 : status;
}

static void log_problem(const struct http_request *request, enum problem problem, const char *detail)
{
    const char *code = problem_spec(problem)->code;

    if (status_of(problem) >= 500)
        log_warn("api-01", "%s %s code=%s: %s", http_method(request), http_path(request), code, detail ? detail : "");
    else
        log_debug("api-02", "%s %s code=%s", http_method(request), http_path(request), code);
}

void api_answer_problem(struct api *api, struct http_request *request, enum problem problem, const char *detail)
{
    struct strbuf text = STRBUF_INIT(ERROR_BYTES_MAX);
    struct json_writer w = JSON_WRITER_INIT(&text);

    log_problem(request, problem, detail);
    problem_write(&w, problem, till_language(api->options.till), detail);
    http_answer(request, status_of(problem), "application/json", strbuf_text(&text), text.len);
    strbuf_free(&text);
    if (problem == PROBLEM_JOURNAL_FAILED && api->options.hooks.journal_failed)
        api->options.hooks.journal_failed(api->options.hooks.context);
}

static enum problem problem_of_status(int status)
{
    switch (status) {
    case 400:
    case 415:
        return PROBLEM_BAD_JSON;
    case 401:
    case 403:
        return PROBLEM_NOT_ALLOWED;
    case 404:
    case 405:
        return PROBLEM_NO_ROUTE;
    case 413:
        return PROBLEM_TOO_LARGE;
    case 429:
        return PROBLEM_TOO_OFTEN;
    case 503:
        return PROBLEM_BUSY;
    default:
        return PROBLEM_INTERNAL;
    }
}

void api_write_server_error(void *context, int status, const char *code, const char *message, char *out_json,
                            size_t out_max)
{
    const struct api *api = context;
    struct strbuf text = STRBUF_INIT(out_max - 1);
    struct json_writer w = JSON_WRITER_INIT(&text);

    (void)code; /* the server's own; ours are of the table */
    problem_write(&w, problem_of_status(status), till_language(api->options.till), message);
    if (strbuf_status(&text) == ST_OK)
        memcpy(out_json, text.data, text.len + 1);
    else
        out_json[0] = '\0';
    strbuf_free(&text);
}
