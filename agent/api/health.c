/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/api/api_internal.h"

#include "agent/api/events.h"
#include "agent/base/cli.h"
#include "agent/till/till.h"

#include <unistd.h>

void api_write_health(struct api *api, struct json_writer *w)
{
    const struct api_hooks *hooks = &api->options.hooks;

    jw_object_begin(w);
    jw_field_text(w, "version", cli_version());
    jw_field_int(w, "pid", getpid());
    jw_field_int(w, "started_unix_ms", api->started_unix_ms);
    jw_field_int(w, "watchers", hub_watcher_count(api->options.hub));
    jw_field_int(w, "watchers_cut", hub_cut_count(api->options.hub));
    jw_name(w, "till");
    till_write_health(api->options.till, w);
    if (hooks->write_health)
        hooks->write_health(hooks->context, w);
    jw_object_end(w);
}

void api_health(void *context, struct http_request *request)
{
    struct strbuf out = STRBUF_INIT(TILL_ANSWER_MAX);
    struct json_writer w = JSON_WRITER_INIT(&out);

    api_write_health(context, &w);
    if (strbuf_status(&out) == ST_OK)
        http_answer(request, 200, "application/json", strbuf_text(&out), out.len);
    else
        api_answer_problem(context, request, PROBLEM_INTERNAL, status_text(strbuf_status(&out)));
    strbuf_free(&out);
}
