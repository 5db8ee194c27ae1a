/* SPDX-License-Identifier: Apache-2.0 */
/* Chains and stores as they are set up. */
#include <stdio.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "agent/base/ids.h"
#include "agent/base/json_writer.h"
#include "sync/central/command_ask.h"
#include "sync/central/import.h"

enum { REQUEST_BYTES_MAX = 64 * 1024, ATTRS_SHOWN_MAX = 1024 };

/* "cafe=true", "size=3", "format=express"; "cafe=" takes one away, where that can be */
static enum status write_attr(struct json_writer *w, const char *attr, bool takes_away, struct errmsg *err)
{
    const char *equals = strchr(attr, '='), *value = equals ? equals + 1 : "";
    char name[ID_LEN_MAX + 1];

    if (!equals || equals == attr || (size_t)(equals - attr) > ID_LEN_MAX) {
        errmsg_set(err, "\"%.80s\": an attribute is NAME=VALUE", attr);
        return ST_INVALID;
    }
    (void)snprintf(name, sizeof(name), "%.*s", (int)(equals - attr), attr);
    jw_name(w, name);
    if (takes_away && !value[0])
        jw_null(w);
    else
        import_write_scalar(w, value);
    return ST_OK;
}

static enum status write_attrs(struct json_writer *w, const struct command_call *call, bool takes_away,
                               struct errmsg *err)
{
    enum status st = ST_OK;

    jw_name(w, "attrs");
    jw_object_begin(w);
    for (int i = 0; st == ST_OK && i < call->attr_count; i++)
        st = write_attr(w, call->attrs[i], takes_away, err);
    jw_object_end(w);
    return st;
}

enum status command_store_create(const struct command_call *call, struct errmsg *err)
{
    struct strbuf body = STRBUF_INIT(REQUEST_BYTES_MAX);
    struct json_writer w = JSON_WRITER_INIT(&body);
    char path[COMMAND_PATH_BYTES];
    enum status st = command_check_name("chain", call->words[0], err);

    jw_object_begin(&w);
    jw_field_text(&w, "id", call->words[1]);
    jw_field_text(&w, "name", call->name ? call->name : call->words[1]);
    if (st == ST_OK)
        st = write_attrs(&w, call, false, err);
    jw_object_end(&w);
    (void)snprintf(path, sizeof(path), "/admin/chains/%s/stores", call->words[0]);
    if (st == ST_OK)
        st = command_post(call, path, &body, &(struct command_done){"store", "store ", " made"}, err);
    strbuf_free(&body);
    return st;
}

enum status command_store_set(const struct command_call *call, struct errmsg *err)
{
    struct strbuf body = STRBUF_INIT(REQUEST_BYTES_MAX);
    struct json_writer w = JSON_WRITER_INIT(&body);
    char path[COMMAND_PATH_BYTES];
    enum status st = command_check_name("chain", call->words[0], err);

    if (st == ST_OK)
        st = command_check_name("store", call->words[1], err);
    if (st == ST_OK && !call->name && call->attr_count == 0) {
        errmsg_set(err, "say what changes: --name TEXT, --attr NAME=VALUE, or --attr NAME= to take one away");
        st = ST_INVALID;
    }
    jw_object_begin(&w);
    if (call->name)
        jw_field_text(&w, "name", call->name);
    if (st == ST_OK)
        st = write_attrs(&w, call, true, err);
    jw_object_end(&w);
    (void)snprintf(path, sizeof(path), "/admin/chains/%s/stores/%s", call->words[0], call->words[1]);
    if (st == ST_OK)
        st = command_post(
            call, path, &body,
            &(struct command_done){"store", "store ", " changed: its tills learn of it when they are enrolled again"},
            err);
    strbuf_free(&body);
    return st;
}

enum status command_chain_list(const struct command_call *call, struct errmsg *err)
{
    static const struct table_column columns[] = {{"chain", "id", TABLE_TEXT},
                                                  {"name", "name", TABLE_TEXT},
                                                  {"currency", "currency", TABLE_TEXT},
                                                  {"language", "language", TABLE_TEXT},
                                                  {"keys", "keys", TABLE_NUMBER},
                                                  {"must sign", "threshold", TABLE_NUMBER},
                                                  {"stores", "stores", TABLE_NUMBER},
                                                  {"tills", "tills", TABLE_NUMBER},
                                                  {0}};

    return command_list(call, "/admin/chains", "chains", columns, err);
}

/* {"cafe":true,"format":"express"} as it was typed: cafe=true format=express */
static void format_attrs(const struct cJSON *attrs, char out_text[ATTRS_SHOWN_MAX])
{
    const struct cJSON *one;
    size_t len = 0;

    out_text[0] = '\0';
    cJSON_ArrayForEach(one, attrs)
    {
        char *value = cJSON_IsString(one) ? NULL : cJSON_PrintUnformatted(one);

        if (len < ATTRS_SHOWN_MAX - 1)
            len += (size_t)snprintf(out_text + len, ATTRS_SHOWN_MAX - len, "%s%s=%s", len > 0 ? " " : "", one->string,
                                    value                 ? value
                                    : cJSON_IsString(one) ? one->valuestring
                                                          : "");
        cJSON_free(value);
    }
}

static enum status print_stores(const struct cJSON *root, struct errmsg *err)
{
    static const struct table_column columns[] = {
        {"chain", "chain", TABLE_TEXT},   {"store", "id", TABLE_TEXT},         {"name", "name", TABLE_TEXT},
        {"tills", "tills", TABLE_NUMBER}, {"attributes", "attrs", TABLE_TEXT}, {0}};
    struct cJSON *list = cJSON_Duplicate(cJSON_GetObjectItemCaseSensitive(root, "stores"), true), *one;
    char attrs[ATTRS_SHOWN_MAX];

    (void)err;
    cJSON_ArrayForEach(one, list)
    {
        format_attrs(cJSON_GetObjectItemCaseSensitive(one, "attrs"), attrs);
        (void)cJSON_ReplaceItemInObjectCaseSensitive(one, "attrs", cJSON_CreateString(attrs));
    }
    table_print(stdout, list, columns);
    cJSON_Delete(list);
    return ST_OK;
}

enum status command_store_list(const struct command_call *call, struct errmsg *err)
{
    return command_show(call, "/admin/stores", print_stores, err);
}
