/* SPDX-License-Identifier: Apache-2.0 */
/* The canonical text of a JSON value: names in byte order, no white space, integers plain, only the escapes JSON
 * demands. */
#include "agent/base/hex.h"
#include "agent/base/json.h"
#include "agent/base/json_writer.h"
#include "agent/base/sha256.h"
#include "agent/engine/compile.h"
#include "agent/engine/sort.h"

#include <stdlib.h>
#include <string.h>

static int member_cmp(const void *a, const void *b)
{
    return strcmp((*(const cJSON *const *)a)->string, (*(const cJSON *const *)b)->string);
}

static bool write_value(struct json_writer *w, const cJSON *value);

static bool write_object(struct json_writer *w, const cJSON *object)
{
    size_t count = (size_t)cJSON_GetArraySize(object), i = 0;
    const cJSON **members = calloc(count + 1, sizeof *members);
    const cJSON *member;
    bool good = members != NULL;

    if (!good)
        return false;
    cJSON_ArrayForEach(member, object) members[i++] = member;
    sort_items(members, count, sizeof *members, member_cmp);
    jw_object_begin(w);
    for (i = 0; good && i < count; i++) {
        jw_name(w, members[i]->string);
        good = write_value(w, members[i]);
    }
    jw_object_end(w);
    free(members);
    return good;
}

/* Recursion ends at JSON_DEPTH_MAX, which json_parse has checked. */
static bool write_value(struct json_writer *w, const cJSON *value)
{
    const cJSON *element;
    int64_t number;

    if (cJSON_IsObject(value))
        return write_object(w, value);
    if (cJSON_IsArray(value)) {
        jw_array_begin(w);
        cJSON_ArrayForEach(element, value)
        {
            if (!write_value(w, element))
                return false;
        }
        jw_array_end(w);
        return true;
    }
    if (cJSON_IsNumber(value)) {
        if (json_value_int(value, -JSON_INT_MAX, JSON_INT_MAX, &number) != ST_OK)
            return false;
        jw_int(w, number);
    } else if (cJSON_IsBool(value)) {
        jw_bool(w, cJSON_IsTrue(value));
    } else if (cJSON_IsString(value)) {
        jw_text(w, value->valuestring);
    } else {
        jw_null(w);
    }
    return true;
}

bool digest_json(const cJSON *value, char out_text[65], size_t len_max)
{
    struct strbuf text = STRBUF_INIT(len_max);
    struct json_writer w = JSON_WRITER_INIT(&text);
    uint8_t hash[SHA256_BYTES];
    bool good = write_value(&w, value) && strbuf_status(&text) == ST_OK;

    if (good) {
        sha256_of(text.data, text.len, hash);
        hex_encode(hash, sizeof hash, out_text);
    }
    strbuf_free(&text);
    return good;
}
