/* SPDX-License-Identifier: Apache-2.0 */
#include "sync/central/admin_trust.h"

#include "agent/net/http_server.h"
#include "sync/central/admin_answer.h"
#include "sync/central/trust.h"

/* The body is {"text","signatures"}, whose text names the chain. */
static enum status publish(const struct admin_call *call, struct errmsg *err)
{
    struct trust_published published;
    size_t len;
    const char *body = http_body(call->request, &len);
    enum status st = trust_publish(call->central, http_path_part(call->request, 0), body, len, &published, err);

    if (st == ST_OK) {
        jw_object_begin(call->w);
        jw_field_int(call->w, "root", published.version);
        jw_field_bool(call->w, "withdrawn", published.withdrawn);
        jw_object_end(call->w);
    }
    return st;
}

void admin_root_publish(void *context, struct http_request *request)
{
    admin_do(context, request, publish);
}

void admin_root_list(void *context, struct http_request *request)
{
    admin_send_report(context, request, trust_list);
}
