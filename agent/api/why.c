/* SPDX-License-Identifier: Apache-2.0 */
/* GET /v1/sales/{id}/why: why each promotion applied or did not, in sentences. */
#include "agent/api/api_internal.h"

#include "agent/till/till.h"

void api_why(void *context, struct http_request *request)
{
    struct api *api = context;
    struct strbuf out = STRBUF_INIT(TILL_ANSWER_MAX);
    struct errmsg err = ERRMSG_INIT;
    enum problem problem = till_why(api->options.till, http_path_part(request, 0), &out, &err);

    /* 10,000 promotions in sentences may be more than an answer holds. */
    if (problem == PROBLEM_NONE && strbuf_status(&out) != ST_OK)
        problem = PROBLEM_TOO_LARGE;
    if (problem == PROBLEM_NONE)
        http_answer(request, 200, "application/json", strbuf_text(&out), out.len);
    else
        api_answer_problem(api, request, problem, err.text);
    strbuf_free(&out);
}
