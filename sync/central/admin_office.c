/* SPDX-License-Identifier: Apache-2.0 */
#include "sync/central/admin_office.h"

#include <cjson/cJSON.h>

#include "agent/base/json.h"
#include "agent/net/http_server.h"
#include "sync/central/admin_answer.h"
#include "sync/central/forms.h"
#include "sync/central/office.h"

/* ---- chains ---- */

static enum status create_chain(const struct admin_call *call, struct errmsg *err)
{
    struct office_chain chain;
    enum status st = admin_text(call->root, "id", &chain.id, err);

    if (st == ST_OK)
        st = admin_text(call->root, "currency", &chain.currency, err);
    if (st == ST_OK)
        st = admin_text(call->root, "language", &chain.language, err);
    if (st == ST_OK)
        st = admin_text_or_none(call->root, "name", &chain.name, err);
    if (st == ST_OK)
        st = office_chain_create(call->central, &chain, err);
    if (st == ST_OK)
        admin_write_one(call->w, "chain", chain.id);
    return st;
}

void admin_chain_create(void *context, struct http_request *request)
{
    admin_do_json(context, request, create_chain);
}

static enum status add_key(const struct admin_call *call, struct errmsg *err)
{
    const char *pem;
    char key_id[17];
    enum status st = admin_text(call->root, "pem", &pem, err);

    if (st == ST_OK)
        st = office_key_add(call->central, http_path_part(call->request, 0), pem, key_id, err);
    if (st == ST_OK)
        admin_write_one(call->w, "key", key_id);
    return st;
}

void admin_key_add(void *context, struct http_request *request)
{
    admin_do_json(context, request, add_key);
}

static enum status set_threshold(const struct admin_call *call, struct errmsg *err)
{
    int64_t threshold = 0;
    enum status st = json_int(call->root, "threshold", 0, JSON_INT_MAX, &threshold, err);

    return st == ST_OK ? office_threshold_set(call->central, http_path_part(call->request, 0), threshold, err) : st;
}

void admin_threshold(void *context, struct http_request *request)
{
    admin_do_json(context, request, set_threshold);
}

static enum status set_consent(const struct admin_call *call, struct errmsg *err)
{
    const char *language, *version, *text;
    enum status st = admin_text(call->root, "language", &language, err);

    if (st == ST_OK)
        st = admin_text(call->root, "version", &version, err);
    if (st == ST_OK)
        st = admin_text(call->root, "text", &text, err);
    if (st == ST_OK)
        st = forms_consent_set(call->central, http_path_part(call->request, 0), language, version, text, err);
    if (st == ST_OK)
        admin_write_one(call->w, "version", version);
    return st;
}

void admin_consent_set(void *context, struct http_request *request)
{
    admin_do_json(context, request, set_consent);
}

static enum status make_code(const struct admin_call *call, struct errmsg *err)
{
    const char *chain, *store, *till;
    char code[CODE_TEXT];
    enum status st = admin_text(call->root, "chain", &chain, err);

    if (st == ST_OK)
        st = admin_text(call->root, "store", &store, err);
    if (st == ST_OK)
        st = admin_text(call->root, "till", &till, err);
    if (st == ST_OK)
        st = office_till_code(call->central, chain, store, till, code, err);
    if (st == ST_OK) {
        jw_object_begin(call->w);
        jw_field_text(call->w, "code", code);
        jw_field_int(call->w, "expires_in_s", CODE_LIFE_S);
        jw_object_end(call->w);
    }
    return st;
}

void admin_till_code(void *context, struct http_request *request)
{
    admin_do_json(context, request, make_code);
}

/* ---- stores ---- */

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

static enum status create_store(const struct admin_call *call, struct errmsg *err)
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
    admin_do_json(context, request, create_store);
}

static enum status set_store(const struct admin_call *call, struct errmsg *err)
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
    admin_do_json(context, request, set_store);
}
