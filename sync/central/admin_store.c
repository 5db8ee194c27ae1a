/* SPDX-License-Identifier: Apache-2.0 */
#include "sync/central/admin_store.h"

#include <cjson/cJSON.h>

#include "agent/base/json.h"
#include "agent/net/http_server.h"
#include "sync/central/admin_answer.h"
#include "sync/central/office.h"

/* The body's "attrs" as text, owned (cJSON_free); "{}" when there are none. */
static enum status read_attrs(const struct cJSON *root, char **out_text, struct errmsg *err)
{
    const struct cJSON *attrs = NULL;
    enum status st = json_optional(json_object(root, "attrs", &attrs, err));

    if (st != ST_OK)
        return st;
    *out_text = attrs ? cJSON_PrintUnformatted(attrs) : cJSON_PrintUnformatted(&(struct cJSON){.type = cJSON_Object});
    return *out_text ? ST_OK : ST_NOMEM;
}

static enum status create(const struct admin_call *call, struct errmsg *err)
{
    const char *store, *name;
    char *attrs = NULL;
    enum status st = admin_text(call->root, "id", &store, err);

    if (st == ST_OK)
        st = admin_text_or_none(call->root, "name", &name, err);
    if (st == ST_OK)
        st = read_attrs(call->root, &attrs, err);
    if (st == ST_OK)
        st = office_store_create(call->central, http_path_part(call->request, 0), store, name, attrs, err);
    if (st == ST_OK)
        admin_write_one(call->w, "store", store);
    cJSON_free(attrs);
    return st;
}

void admin_store_create(void *context, struct http_request *request)
{
    admin_do_json(context, request, create);
}

static enum status set(const struct admin_call *call, struct errmsg *err)
{
    const char *store = http_path_part(call->request, 1), *name = NULL;
    char *attrs = NULL;
    enum status st = json_optional(json_text(call->root, "name", OFFICE_NAME_MAX, &name, err));

    if (st == ST_OK)
        st = read_attrs(call->root, &attrs, err);
    if (st == ST_OK)
        st = office_store_set(call->central, http_path_part(call->request, 0), store, name, attrs, err);
    if (st == ST_OK)
        admin_write_one(call->w, "store", store);
    cJSON_free(attrs);
    return st;
}

void admin_store_set(void *context, struct http_request *request)
{
    admin_do_json(context, request, set);
}
