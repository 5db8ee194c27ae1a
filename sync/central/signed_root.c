/* SPDX-License-Identifier: Apache-2.0 */
#include "sync/central/signed_root.h"

#include <stdlib.h>
#include <string.h>

#include "agent/base/file.h"
#include "agent/base/json.h"

void signed_root_destroy(struct signed_root *signed_root)
{
    if (signed_root)
        json_free(signed_root->tree);
    free(signed_root);
}

enum status signed_root_parse(const char *json, size_t len, struct signed_root **out_root, struct errmsg *err)
{
    struct signed_root *read = calloc(1, sizeof(*read));
    enum status st = read ? json_parse(json, len, SIGNED_ROOT_BYTES_MAX, &read->tree, err) : ST_NOMEM;

    if (st == ST_OK)
        st = json_text(read->tree, "text", ROOT_BYTES_MAX, &read->text, err);
    if (st == ST_OK)
        st = json_array(read->tree, "signatures", &read->signatures, err);
    if (st == ST_OK)
        st = root_parse(read->text, strlen(read->text), &read->root, err);
    if (st == ST_OK) {
        *out_root = read;
        return ST_OK;
    }
    signed_root_destroy(read);
    return st == ST_NOT_FOUND ? ST_INVALID : st;
}

enum status signed_root_read(const char *path, struct signed_root **out_root, struct errmsg *err)
{
    char *json = NULL;
    size_t len = 0;
    enum status st = file_read(path, SIGNED_ROOT_BYTES_MAX, &json, &len, err);

    if (st == ST_OK)
        st = signed_root_parse(json, len, out_root, err);
    if (st != ST_OK)
        errmsg_wrap(err, "%s", path);
    free(json);
    return st;
}
