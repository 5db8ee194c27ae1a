/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/base/json_pool.h"

#include "agent/base/json_scan.h"

#include <stdbool.h>
#include <stdlib.h>

#include <cjson/cJSON.h>

enum { CHUNK_BYTES = 16 * 1024, CHUNK_BYTES_MAX = 1024 * 1024 };

static struct json_pool_chunk *chunk_add(struct json_pool *pool, size_t need)
{
    size_t cap = pool->bytes < CHUNK_BYTES ? CHUNK_BYTES : pool->bytes;
    struct json_pool_chunk *chunk;

    if (cap > CHUNK_BYTES_MAX)
        cap = CHUNK_BYTES_MAX;
    if (cap < need)
        cap = need;
    chunk = malloc(sizeof *chunk + cap);
    if (!chunk)
        return NULL;
    *chunk = (struct json_pool_chunk){.cap = cap};
    pool->bytes += cap;
    if (pool->current) {
        chunk->next = pool->current->next;
        pool->current->next = chunk;
    } else {
        pool->first = chunk;
    }
    return chunk;
}

void *json_pool_take_slowly(struct json_pool *pool, size_t bytes)
{
    struct json_pool_chunk *chunk = pool->current;

    while (!chunk || chunk->cap - chunk->used < bytes) {
        chunk = chunk && chunk->next && chunk->next->cap >= bytes ? chunk->next : chunk_add(pool, bytes);
        if (!chunk)
            return NULL;
        chunk->used = 0;
        pool->current = chunk;
    }
    chunk->used += bytes;
    return chunk->bytes + chunk->used - bytes;
}

void json_pool_free(struct json_pool *pool)
{
    struct json_pool_chunk *chunk = pool->first;

    while (chunk) {
        struct json_pool_chunk *next = chunk->next;

        free(chunk);
        chunk = next;
    }
    *pool = (struct json_pool)JSON_POOL_INIT;
}

static void pool_reset(struct json_pool *pool)
{
    if (pool->bytes > JSON_POOL_KEEP_BYTES_MAX)
        json_pool_free(pool);
    pool->current = pool->first;
    if (pool->first)
        pool->first->used = 0;
}

enum status json_pool_parse(struct json_pool *pool, const char *text, size_t len, size_t len_max,
                            const struct cJSON **out_root, struct errmsg *err)
{
    struct json_left_out nothing;

    return json_pool_parse_without(pool, text, len, len_max, NULL, out_root, &nothing, err);
}

enum status json_pool_parse_without(struct json_pool *pool, const char *text, size_t len, size_t len_max,
                                    const char *name, const struct cJSON **out_root, struct json_left_out *out,
                                    struct errmsg *err)
{
    struct json_scan s;

    json_scan_init(&s, text, len, 0, pool);
    s.skip_name = name;
    if (len > len_max) {
        errmsg_set(err, "JSON: %zu bytes, at most %zu are taken", len, len_max);
        return ST_INVALID;
    }
    pool_reset(pool);
    if (!json_scan_text(&s))
        return json_scan_say(&s, err);
    *out_root = s.root;
    *out = s.left_out;
    return ST_OK;
}

static char next_byte(const char *text, size_t len, size_t *at)
{
    while (*at < len && (text[*at] == ' ' || text[*at] == '\n' || text[*at] == '\r' || text[*at] == '\t'))
        ++*at;
    return *at < len ? text[*at] : '\0';
}

enum status json_pool_element(struct json_pool *pool, const char *text, size_t len, size_t *inout_at,
                              const struct cJSON **out_value, struct errmsg *err)
{
    struct json_scan s;
    char before;

    json_scan_init(&s, text, len, *inout_at, pool);
    before = next_byte(text, len, &s.at);
    *out_value = NULL;
    if (before == ']')
        return ST_OK;
    if (before != '[' && before != ',') {
        s.fault = "',' or ']' is expected";
        return json_scan_say(&s, err);
    }
    s.at++;
    if (before == '[' && next_byte(text, len, &s.at) == ']') {
        *inout_at = s.at;
        return ST_OK;
    }
    pool_reset(pool);
    if (!json_scan_value(&s))
        return json_scan_say(&s, err);
    *inout_at = s.at;
    *out_value = s.root;
    return ST_OK;
}

/* Names are short and differ early: no call is worth it. */
static bool same_name(const char *a, const char *b)
{
    while (*a && *a == *b) {
        a++;
        b++;
    }
    return *a == *b;
}

const cJSON *json_member(const cJSON *object, const char *name)
{
    const cJSON *member = object ? object->child : NULL;

    /* Elements of an array have no name. */
    while (member && !(member->string && *member->string == *name && same_name(member->string, name)))
        member = member->next;
    return member;
}
