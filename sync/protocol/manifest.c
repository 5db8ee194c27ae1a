/* SPDX-License-Identifier: Apache-2.0 */
#include "sync/protocol/manifest.h"

#include "agent/base/json.h"
#include "agent/base/json_writer.h"

#include <cjson/cJSON.h>

#include <stdlib.h>
#include <string.h>

void manifest_write(const struct manifest *manifest, struct strbuf *out)
{
    struct json_writer w = JSON_WRITER_INIT(out);

    jw_object_begin(&w);
    jw_field_text(&w, "format", MANIFEST_FORMAT);
    jw_field_text(&w, "chain", manifest->chain);
    jw_field_int(&w, "version", manifest->version);
    jw_field_text(&w, "created_at", manifest->created_at);
    if (manifest->expires_at[0] != '\0')
        jw_field_text(&w, "expires_at", manifest->expires_at);
    jw_name(&w, "files");
    jw_array_begin(&w);
    jw_object_begin(&w);
    jw_field_text(&w, "name", MANIFEST_BUNDLE_NAME);
    jw_field_hex(&w, "sha256", manifest->bundle_sha256, SHA256_BYTES);
    jw_field_int(&w, "bytes", manifest->bundle_bytes);
    jw_object_end(&w);
    jw_array_end(&w);
    jw_object_end(&w);
}

static enum status read_text(const cJSON *root, const char *name, char out_text[MANIFEST_TEXT_MAX + 1],
                             struct errmsg *err)
{
    const char *view;
    enum status st = json_text(root, name, MANIFEST_TEXT_MAX, &view, err);

    if (st == ST_OK)
        memcpy(out_text, view, strlen(view) + 1);
    return st;
}

static enum status read_bundle(const cJSON *root, struct manifest *manifest, struct errmsg *err)
{
    const cJSON *files, *file;
    const char *name;
    enum status st = json_array(root, "files", &files, err);

    if (st != ST_OK)
        return st;
    cJSON_ArrayForEach(file, files)
    {
        if (json_text(file, "name", MANIFEST_TEXT_MAX, &name, NULL) != ST_OK ||
            strcmp(name, MANIFEST_BUNDLE_NAME) != 0)
            continue;
        st = json_hex(file, "sha256", SHA256_BYTES, manifest->bundle_sha256, err);
        if (st != ST_OK)
            return st;
        return json_int(file, "bytes", 2, MANIFEST_FILE_BYTES_MAX, &manifest->bundle_bytes, err);
    }
    errmsg_set(err, "files: none is named \"" MANIFEST_BUNDLE_NAME "\"");
    return ST_INVALID;
}

enum status manifest_parse(const char *text, size_t len, struct manifest *out_manifest, struct errmsg *err)
{
    struct manifest manifest = {0};
    struct cJSON *root = NULL;
    const char *format;
    enum status st = json_parse(text, len, MANIFEST_BYTES_MAX, &root, err);

    if (st != ST_OK)
        goto out;
    st = json_text(root, "format", MANIFEST_TEXT_MAX, &format, err);
    if (st != ST_OK)
        goto out;
    if (strcmp(format, MANIFEST_FORMAT) != 0) {
        errmsg_set(err, "format is \"%s\", known is \"%s\"", format, MANIFEST_FORMAT);
        st = ST_UNSUPPORTED;
        goto out;
    }
    st = read_text(root, "chain", manifest.chain, err);
    if (st != ST_OK)
        goto out;
    st = json_int(root, "version", 1, JSON_INT_MAX, &manifest.version, err);
    if (st != ST_OK)
        goto out;
    st = read_text(root, "created_at", manifest.created_at, err);
    if (st != ST_OK)
        goto out;
    st = json_optional(read_text(root, "expires_at", manifest.expires_at, err));
    if (st != ST_OK)
        goto out;
    st = read_bundle(root, &manifest, err);
out:
    if (st == ST_OK)
        *out_manifest = manifest;
    else
        errmsg_wrap(err, "manifest");
    json_free(root);
    return st == ST_NOT_FOUND ? ST_INVALID : st;
}
