/* SPDX-License-Identifier: Apache-2.0 */
#include "sync/protocol/root.h"

#include "agent/base/json.h"
#include "agent/base/json_writer.h"

#include <cjson/cJSON.h>

#include <stdlib.h>
#include <string.h>

static const char *const role_names[ROOT_ROLE_COUNT] = {"root", "rules", "timestamp"};

const char *root_role_name(enum root_role role)
{
    return role_names[role];
}

enum status root_role_by_name(const char *name, enum root_role *out_role)
{
    for (int role = 0; role < ROOT_ROLE_COUNT; role++) {
        if (strcmp(role_names[role], name) == 0) {
            *out_role = (enum root_role)role;
            return ST_OK;
        }
    }
    return ST_NOT_FOUND;
}

void root_write(const struct root *root, struct strbuf *out)
{
    struct json_writer w = JSON_WRITER_INIT(out);

    jw_object_begin(&w);
    jw_field_text(&w, "format", ROOT_FORMAT);
    jw_field_text(&w, "chain", root->chain);
    jw_field_int(&w, "version", root->version);
    jw_field_int(&w, "created_unix_ms", root->created_unix_ms);
    jw_field_int(&w, "expires_unix_ms", root->expires_unix_ms);
    jw_field_int(&w, "timestamp_days", root->timestamp_days);
    jw_name(&w, "roles");
    jw_object_begin(&w);
    for (int role = 0; role < ROOT_ROLE_COUNT; role++) {
        const struct signers *keys = &root->roles[role];

        jw_name(&w, role_names[role]);
        jw_object_begin(&w);
        jw_field_int(&w, "threshold", keys->threshold);
        jw_name(&w, "keys");
        jw_array_begin(&w);
        for (int i = 0; i < keys->count; i++) {
            jw_object_begin(&w);
            jw_field_text(&w, "id", keys->list[i].id);
            jw_field_text(&w, "pem", keys->list[i].pem);
            jw_object_end(&w);
        }
        jw_array_end(&w);
        jw_object_end(&w);
    }
    jw_object_end(&w);
    jw_object_end(&w);
}

/* Two keys of one holder under one name, or one key in two roles, would make a threshold less than it says. */
static bool is_known(const struct root *root, const char *id)
{
    for (int role = 0; role < ROOT_ROLE_COUNT; role++) {
        if (signers_have(&root->roles[role], id))
            return true;
    }
    return false;
}

static enum status read_key(const cJSON *item, struct root *root, struct signers *keys, struct errmsg *err)
{
    struct signer *key = &keys->list[keys->count];
    const char *id, *pem;
    enum status st;

    if (keys->count == SIGNERS_MAX) {
        errmsg_set(err, "keys: at most %d", SIGNERS_MAX);
        return ST_INVALID;
    }
    st = json_text(item, "id", 16, &id, err);
    if (st == ST_OK)
        st = json_text(item, "pem", SIGNER_PEM_MAX, &pem, err);
    if (st != ST_OK)
        return st;
    if (is_known(root, id)) {
        errmsg_set(err, "key %s stands in it twice", id);
        return ST_INVALID;
    }
    memcpy(key->id, id, strlen(id) + 1);
    memcpy(key->pem, pem, strlen(pem) + 1);
    keys->count++;
    return ST_OK;
}

static enum status read_role(const cJSON *roles, enum root_role role, struct root *root, struct errmsg *err)
{
    struct signers *keys = &root->roles[role];
    const cJSON *object, *list, *item;
    enum status st = json_object(roles, role_names[role], &object, err);

    if (st == ST_OK)
        st = json_array(object, "keys", &list, err);
    if (st == ST_OK) {
        cJSON_ArrayForEach(item, list)
        {
            st = read_key(item, root, keys, err);
            if (st != ST_OK)
                break;
        }
    }
    if (st == ST_OK)
        st = json_int(object, "threshold", 1, keys->count, &keys->threshold, err);
    if (st != ST_OK)
        errmsg_wrap(err, "role %s", role_names[role]);
    return st;
}

static enum status read_root(const cJSON *tree, struct root *root, struct errmsg *err)
{
    const cJSON *roles;
    const char *format, *chain;
    enum status st = json_text(tree, "format", ROOT_CHAIN_MAX, &format, err);

    if (st == ST_OK && strcmp(format, ROOT_FORMAT) != 0) {
        errmsg_set(err, "format is \"%s\", known is \"%s\"", format, ROOT_FORMAT);
        return ST_UNSUPPORTED;
    }
    if (st == ST_OK)
        st = json_text(tree, "chain", ROOT_CHAIN_MAX, &chain, err);
    if (st == ST_OK)
        memcpy(root->chain, chain, strlen(chain) + 1);
    if (st == ST_OK)
        st = json_int(tree, "version", 1, JSON_INT_MAX, &root->version, err);
    if (st == ST_OK)
        st = json_int(tree, "created_unix_ms", 0, JSON_INT_MAX, &root->created_unix_ms, err);
    if (st == ST_OK)
        st = json_int(tree, "expires_unix_ms", 0, JSON_INT_MAX, &root->expires_unix_ms, err);
    if (st == ST_OK)
        st = json_int(tree, "timestamp_days", 1, ROOT_TIMESTAMP_DAYS_MAX, &root->timestamp_days, err);
    if (st == ST_OK)
        st = json_object(tree, "roles", &roles, err);
    for (int role = 0; st == ST_OK && role < ROOT_ROLE_COUNT; role++)
        st = read_role(roles, (enum root_role)role, root, err);
    return st;
}

enum status root_parse(const char *text, size_t len, struct root *out_root, struct errmsg *err)
{
    struct root *root = calloc(1, sizeof *root); /* 7 KB */
    struct cJSON *tree = NULL;
    enum status st = root ? json_parse(text, len, ROOT_BYTES_MAX, &tree, err) : ST_NOMEM;

    if (st == ST_OK)
        st = read_root(tree, root, err);
    if (st == ST_OK)
        *out_root = *root;
    else
        errmsg_wrap(err, "root");
    json_free(tree);
    free(root);
    return st == ST_NOT_FOUND ? ST_INVALID : st;
}

bool root_lost_key(const struct root *old, const struct root *next, enum root_role role)
{
    for (int i = 0; i < old->roles[role].count; i++) {
        if (!signers_have(&next->roles[role], old->roles[role].list[i].id))
            return true;
    }
    return false;
}
