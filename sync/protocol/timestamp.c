/* SPDX-License-Identifier: Apache-2.0 */
#include "sync/protocol/timestamp.h"

#include "agent/base/json.h"
#include "agent/base/json_writer.h"

#include <cjson/cJSON.h>

#include <string.h>

void timestamp_write(const struct timestamp *timestamp, struct strbuf *out)
{
    struct json_writer w = JSON_WRITER_INIT(out);

    jw_object_begin(&w);
    jw_field_text(&w, "format", TIMESTAMP_FORMAT);
    jw_field_text(&w, "chain", timestamp->chain);
    jw_field_int(&w, "version", timestamp->version);
    jw_field_int(&w, "root", timestamp->root);
    jw_field_int(&w, "signed_unix_ms", timestamp->signed_unix_ms);
    jw_field_int(&w, "expires_unix_ms", timestamp->expires_unix_ms);
    jw_name(&w, "manifests");
    jw_array_begin(&w);
    for (int i = 0; i < timestamp->manifest_count; i++) {
        jw_object_begin(&w);
        jw_field_int(&w, "version", timestamp->manifests[i].version);
        jw_field_hex(&w, "sha256", timestamp->manifests[i].sha256, SHA256_BYTES);
        jw_object_end(&w);
    }
    jw_array_end(&w);
    jw_object_end(&w);
}

/* Each below the one before it. */
static enum status read_manifests(const cJSON *tree, struct timestamp *timestamp, struct errmsg *err)
{
    const cJSON *list, *item;
    int64_t below = JSON_INT_MAX;
    enum status st = json_array(tree, "manifests", &list, err);

    if (st != ST_OK)
        return st;
    cJSON_ArrayForEach(item, list)
    {
        struct timestamp_manifest *manifest = &timestamp->manifests[timestamp->manifest_count];

        if (timestamp->manifest_count == TIMESTAMP_MANIFESTS_MAX) {
            errmsg_set(err, "manifests: at most %d", TIMESTAMP_MANIFESTS_MAX);
            return ST_INVALID;
        }
        st = json_int(item, "version", 1, below, &manifest->version, err);
        if (st == ST_OK)
            st = json_hex(item, "sha256", SHA256_BYTES, manifest->sha256, err);
        if (st != ST_OK) {
            errmsg_wrap(err, "manifests");
            return st;
        }
        below = manifest->version - 1;
        timestamp->manifest_count++;
    }
    return ST_OK;
}

static enum status read_timestamp(const cJSON *tree, struct timestamp *timestamp, struct errmsg *err)
{
    const char *format, *chain;
    enum status st = json_text(tree, "format", TIMESTAMP_CHAIN_MAX, &format, err);

    if (st == ST_OK && strcmp(format, TIMESTAMP_FORMAT) != 0) {
        errmsg_set(err, "format is \"%s\", known is \"%s\"", format, TIMESTAMP_FORMAT);
        return ST_UNSUPPORTED;
    }
    if (st == ST_OK)
        st = json_text(tree, "chain", TIMESTAMP_CHAIN_MAX, &chain, err);
    if (st == ST_OK)
        memcpy(timestamp->chain, chain, strlen(chain) + 1);
    if (st == ST_OK)
        st = json_int(tree, "version", 1, JSON_INT_MAX, &timestamp->version, err);
    if (st == ST_OK)
        st = json_int(tree, "root", 1, JSON_INT_MAX, &timestamp->root, err);
    if (st == ST_OK)
        st = json_int(tree, "signed_unix_ms", 0, JSON_INT_MAX, &timestamp->signed_unix_ms, err);
    if (st == ST_OK)
        st = json_int(tree, "expires_unix_ms", timestamp->signed_unix_ms, JSON_INT_MAX, &timestamp->expires_unix_ms,
                      err);
    return st == ST_OK ? read_manifests(tree, timestamp, err) : st;
}

enum status timestamp_parse(const char *text, size_t len, struct timestamp *out_timestamp, struct errmsg *err)
{
    struct timestamp timestamp = {0};
    struct cJSON *tree = NULL;
    enum status st = json_parse(text, len, TIMESTAMP_BYTES_MAX, &tree, err);

    if (st == ST_OK)
        st = read_timestamp(tree, &timestamp, err);
    if (st == ST_OK)
        *out_timestamp = timestamp;
    else
        errmsg_wrap(err, "timestamp");
    json_free(tree);
    return st == ST_NOT_FOUND ? ST_INVALID : st;
}

bool timestamp_names(const struct timestamp *timestamp, int64_t version, const uint8_t sha256[SHA256_BYTES])
{
    for (int i = 0; i < timestamp->manifest_count; i++) {
        if (timestamp->manifests[i].version == version &&
            memcmp(timestamp->manifests[i].sha256, sha256, SHA256_BYTES) == 0)
            return true;
    }
    return false;
}

int64_t timestamp_newest(const struct timestamp *timestamp)
{
    return timestamp->manifest_count > 0 ? timestamp->manifests[0].version : 0;
}
