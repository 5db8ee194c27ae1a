/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The bounded reader and the writer together: what is taken is written, and what was written must be taken again and
 * give the same text. ST_NOMEM cannot be: it would mean that the scan lets through what cJSON refuses.
 */
#include "agent/base/json.h"
#include "agent/base/json_pool.h"
#include "agent/base/json_writer.h"

#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

enum { TEXT_BYTES_MAX = 64 * 1024, WRITTEN_BYTES_MAX = 1024 * 1024 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(int holds)
{
    if (!holds)
        abort();
}

static void write_value(struct json_writer *w, const cJSON *value)
{
    int64_t number = 0;

    if (value->string)
        jw_name(w, value->string);
    if (cJSON_IsObject(value) || cJSON_IsArray(value)) {
        (cJSON_IsObject(value) ? jw_object_begin : jw_array_begin)(w);
        for (const cJSON *child = value->child; child; child = child->next)
            write_value(w, child);
        (cJSON_IsObject(value) ? jw_object_end : jw_array_end)(w);
    } else if (cJSON_IsString(value)) {
        jw_text(w, value->valuestring);
    } else if (cJSON_IsBool(value)) {
        jw_bool(w, cJSON_IsTrue(value));
    } else if (json_value_int(value, -JSON_INT_MAX, JSON_INT_MAX, &number) == ST_OK) {
        jw_int(w, number);
    } else {
        jw_null(w);
    }
}

/* Every reader on the member named "a", whatever it is. */
static void read_member(const cJSON *root)
{
    struct errmsg err = ERRMSG_INIT;
    const cJSON *view;
    const char *text;
    uint8_t bytes[4];
    int64_t number;
    bool flag;

    if (json_int(root, "a", -10, 10, &number, &err) == ST_OK)
        must(number >= -10 && number <= 10);
    if (json_text(root, "a", 10, &text, &err) == ST_OK)
        must(strlen(text) <= 10);
    (void)json_bool(root, "a", &flag, &err);
    (void)json_object(root, "a", &view, &err);
    (void)json_array(root, "a", &view, &err);
    (void)json_hex(root, "a", sizeof bytes, bytes, &err);
}

/* A pool takes and refuses the same in the same words; the array "a" of the outermost object, element by element, is
 * no other. */
static void pool_agrees(const uint8_t *data, size_t size, enum status wanted, const char *words)
{
    struct json_pool pool = JSON_POOL_INIT, parts = JSON_POOL_INIT;
    struct errmsg err = ERRMSG_INIT;
    const cJSON *root = NULL, *value = NULL;
    struct json_left_out out = {0};
    size_t at;
    enum status st = json_pool_parse(&pool, (const char *)data, size, TEXT_BYTES_MAX, &root, &err);

    must(st == wanted && strcmp(err.text, words) == 0);
    st = json_pool_parse_without(&pool, (const char *)data, size, TEXT_BYTES_MAX, "a", &root, &out, &err);
    at = out.at;
    must(st == ST_OK || wanted != ST_OK);
    if (st == ST_OK && at > 0) {
        do
            st = json_pool_element(&parts, (const char *)data, size, &at, &value, &err);
        while (st == ST_OK && value);
    }
    must(wanted != ST_OK || st == ST_OK);
    json_pool_free(&pool);
    json_pool_free(&parts);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct strbuf first = STRBUF_INIT(WRITTEN_BYTES_MAX), second = STRBUF_INIT(WRITTEN_BYTES_MAX);
    struct json_writer w = JSON_WRITER_INIT(&first), again = JSON_WRITER_INIT(&second);
    struct errmsg err = ERRMSG_INIT;
    cJSON *root = NULL;
    enum status st = json_parse((const char *)data, size, TEXT_BYTES_MAX, &root, &err);

    must(st == ST_OK || (st == ST_INVALID && err.text[0] && !root));
    pool_agrees(data, size, st, err.text);
    if (st != ST_OK)
        return 0;
    read_member(root);
    write_value(&w, root);
    json_free(root);
    must(strbuf_status(&first) == ST_OK);
    must(json_parse(first.data, first.len, first.len, &root, &err) == ST_OK);
    write_value(&again, root);
    json_free(root);
    must(first.len == second.len && memcmp(first.data, second.data, first.len) == 0);
    strbuf_free(&first);
    strbuf_free(&second);
    return 0;
}
