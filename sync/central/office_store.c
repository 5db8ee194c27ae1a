/* SPDX-License-Identifier: Apache-2.0 */
/* The office's stores: their names, and attributes that promotions ask for. */
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "agent/base/json.h"
#include "sync/central/office.h"

static enum status check_attrs(const struct cJSON *attrs, bool null_too, struct errmsg *err)
{
    const struct cJSON *one;
    int64_t number;

    cJSON_ArrayForEach(one, attrs)
    {
        if (!cJSON_IsString(one) && !cJSON_IsBool(one) && !(null_too && cJSON_IsNull(one)) &&
            json_value_int(one, -JSON_INT_MAX, JSON_INT_MAX, &number) != ST_OK) {
            errmsg_set(err, "attribute \"%.64s\" of a store is a text, a whole number, true or false", one->string);
            return ST_INVALID;
        }
    }
    return ST_OK;
}

static enum status read_attrs(const char *text, bool null_too, struct cJSON **out_attrs, struct errmsg *err)
{
    struct cJSON *attrs = NULL;
    enum status st = json_parse(text, strlen(text), OFFICE_ATTRS_MAX, &attrs, err);

    if (st == ST_OK && !cJSON_IsObject(attrs)) {
        errmsg_set(err, "attributes of a store are a JSON object");
        st = ST_INVALID;
    }
    if (st == ST_OK)
        st = check_attrs(attrs, null_too, err);
    if (st == ST_OK)
        *out_attrs = attrs;
    else
        json_free(attrs);
    return st;
}

enum status office_store_create(struct central *central, const char *chain, const char *store, const char *name,
                                const char *attrs, struct errmsg *err)
{
    struct cJSON *root = NULL;
    enum status st = office_need_chain(central, chain, err);

    if (st == ST_OK)
        st = office_check_id("store", store, err);
    if (st == ST_OK)
        st = office_check_name(name, err);
    if (st == ST_OK)
        st = read_attrs(attrs, false, &root, err);
    json_free(root);
    if (st != ST_OK)
        return st;
    st = store_begin(central->store, err);
    if (st == ST_OK)
        st = STORE_RUN(central->store, STATEMENT_STORE_INSERT, err, V_TEXT(chain), V_TEXT(store), V_TEXT(name),
                       V_TEXT(attrs));
    if (st == ST_CONFLICT)
        errmsg_set(err, "store %s of chain %s is there already: \"loyal-central store set\" changes it", store,
                   chain);
    if (st == ST_OK) /* its own circle */
        st = STORE_RUN(central->store, STATEMENT_CIRCLE_PUT, err, V_TEXT(chain), V_TEXT(store), V_TEXT(store));
    return store_end(central->store, st, err);
}

/* ---- changed ---- */

/* As it is; both owned. */
static enum status read_store(struct central *central, const char *chain, const char *store, char **out_name,
                              struct cJSON **out_attrs, struct errmsg *err)
{
    struct rows *rows;
    char *name = NULL, *attrs = NULL;
    bool found;
    enum status st = STORE_SELECT(central->store, STATEMENT_STORE_GET, &rows, err, V_TEXT(chain), V_TEXT(store));

    if (st != ST_OK)
        return st;
    found = rows_next(rows);
    if (found) {
        name = strdup(rows_text(rows, 0));
        attrs = strdup(rows_text(rows, 1));
    }
    st = rows_end(rows, err);
    if (st == ST_OK && !found) {
        errmsg_set(err, "store \"%.64s\" of chain %s is not known: see \"loyal-central store list\"", store, chain);
        st = ST_NOT_FOUND;
    }
    if (st == ST_OK)
        st = name && attrs ? read_attrs(attrs, false, out_attrs, err) : ST_NOMEM;
    free(attrs);
    if (st == ST_OK)
        *out_name = name;
    else
        free(name);
    return st;
}

/* Takes what is changed out of changes. */
static enum status change_attrs(struct cJSON *attrs, struct cJSON *changes)
{
    while (changes->child) {
        struct cJSON *one = cJSON_DetachItemViaPointer(changes, changes->child);

        cJSON_DeleteItemFromObjectCaseSensitive(attrs, one->string);
        if (cJSON_IsNull(one))
            cJSON_Delete(one);
        else if (!cJSON_AddItemToObject(attrs, one->string, one))
            return ST_NOMEM;
    }
    return ST_OK;
}

static enum status write_store(struct central *central, const char *chain, const char *store, const char *name,
                               const struct cJSON *attrs, struct errmsg *err)
{
    char *text = cJSON_PrintUnformatted(attrs);
    enum status st = text ? ST_OK : ST_NOMEM;

    if (st == ST_OK && strlen(text) > OFFICE_ATTRS_MAX) {
        errmsg_set(err, "the attributes of store %s would be longer than %d bytes", store, OFFICE_ATTRS_MAX);
        st = ST_INVALID;
    }
    if (st == ST_OK)
        st = STORE_RUN(central->store, STATEMENT_STORE_SET, err, V_TEXT(chain), V_TEXT(store), V_TEXT(name),
                       V_TEXT(text));
    cJSON_free(text);
    return st;
}

enum status office_store_set(struct central *central, const char *chain, const char *store, const char *name,
                             const char *attrs, struct errmsg *err)
{
    struct cJSON *changes = NULL, *known = NULL;
    char *known_name = NULL;
    enum status st = read_attrs(attrs, true, &changes, err);

    if (st == ST_OK && name)
        st = office_check_name(name, err);
    if (st == ST_OK)
        st = store_begin(central->store, err);
    if (st != ST_OK) {
        json_free(changes);
        return st;
    }
    st = read_store(central, chain, store, &known_name, &known, err);
    if (st == ST_OK)
        st = change_attrs(known, changes);
    if (st == ST_OK)
        st = write_store(central, chain, store, name ? name : known_name, known, err);
    free(known_name);
    json_free(known);
    json_free(changes);
    return store_end(central->store, st, err);
}
