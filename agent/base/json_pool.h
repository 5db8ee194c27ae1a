/* SPDX-License-Identifier: Apache-2.0 */
/*
 * json_pool - JSON trees in memory that is used again from text to text: for those who read many texts one after the
 * other, or a large one in parts.
 *
 * Takes exactly what json_parse takes. The trees are cJSON's to look at, with its macros and the readers of json.h;
 * they are never changed and never given to cJSON_Delete. Only next, child, string and the values are set. A number
 * that is no integer keeps about its size but is told from every integer.
 */
#ifndef LOYALD_BASE_JSON_POOL_H
#define LOYALD_BASE_JSON_POOL_H

#include "agent/base/errmsg.h"
#include "agent/base/status.h"

#include <stdalign.h>
#include <stddef.h>

struct cJSON;
struct json_pool_chunk {
    struct json_pool_chunk *next;
    size_t cap, used;
    alignas(8) unsigned char bytes[];
};

struct json_pool {
    struct json_pool_chunk *first, *current;
    size_t bytes; /* in chunks */
};

enum { JSON_POOL_KEEP_BYTES_MAX = 4 * 1024 * 1024 }; /* what is kept for the next text */

#define JSON_POOL_INIT                                                                                               \
    {                                                                                                                \
        .first = NULL                                                                                                \
    }

/* As json_parse; *out_root is a view until the pool is used again or freed. */
enum status json_pool_parse(struct json_pool *pool, const char *text, size_t len, size_t len_max,
                            const struct cJSON **out_root, struct errmsg *err);
/* The same, but an array that the outermost object has under that name is left out: it becomes an empty one. What is
 * left out is not checked. */
struct json_left_out {
    size_t at;        /* where its '[' stands; 0: there is no such array */
    size_t count_max; /* it has no more elements than this */
};
enum status json_pool_parse_without(struct json_pool *pool, const char *text, size_t len, size_t len_max,
                                    const char *name, const struct cJSON **out_root, struct json_left_out *out,
                                    struct errmsg *err);
/* One element of an array in the text. *inout_at is where the '[' stands, or what the call before left: the bracket
 * or the comma before the next element. *out_value is NULL when the array has ended. */
enum status json_pool_element(struct json_pool *pool, const char *text, size_t len, size_t *inout_at,
                              const struct cJSON **out_value, struct errmsg *err);
void json_pool_free(struct json_pool *pool); /* it may be used again */

/* Returns a view of the member of that name, NULL when there is none or the value is no object (also of a tree that
 * json_parse made). */
const struct cJSON *json_member(const struct cJSON *object, const char *name);

/* For the scanner. NULL without memory. */
void *json_pool_take_slowly(struct json_pool *pool, size_t bytes);
static inline void *json_pool_take(struct json_pool *pool, size_t bytes)
{
    struct json_pool_chunk *chunk = pool->current;

    bytes = (bytes + 7) / 8 * 8;
    if (!chunk || chunk->cap - chunk->used < bytes)
        return json_pool_take_slowly(pool, bytes);
    chunk->used += bytes;
    return chunk->bytes + chunk->used - bytes;
}

#endif
