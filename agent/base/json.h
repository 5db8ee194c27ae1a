/* SPDX-License-Identifier: Apache-2.0 */
/*
 * json - bounded reading of JSON over cJSON.
 *
 * The text is checked for depth and size before cJSON sees it, so that a hostile text costs nothing. Numbers are
 * taken as integers only: cJSON keeps doubles, exact to 2^53, and json_int refuses whatever is not an integer in the
 * range asked for; 1.0 and 1e3 are integers. Messages name the member; callers put the place before it with
 * errmsg_wrap.
 */
#ifndef LOYALD_BASE_JSON_H
#define LOYALD_BASE_JSON_H

#include "agent/base/errmsg.h"
#include "agent/base/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cJSON;

enum { JSON_DEPTH_MAX = 32 };
#define JSON_INT_MAX INT64_C(9007199254740991) /* 2^53 - 1: what a double holds exactly */

/* Returns owned a tree in *out_root (json_free). Refuses what is longer than len_max, deeper than JSON_DEPTH_MAX, not
 * UTF-8, not JSON by RFC 8259 to the letter, or followed by anything but white space; \u0000 and NUL too, since the
 * views are C strings, and two members of one name in an object, since one would hide the other. All of these are
 * ST_INVALID, with line and byte. Text need not end with NUL. */
enum status json_parse(const char *text, size_t len, size_t len_max, struct cJSON **out_root, struct errmsg *err);
void json_free(struct cJSON *root);
/* Only looks whether it is JSON; two members of one name pass. */
enum status json_check(const char *text, size_t len, struct errmsg *err);

/* Readers of one member of an object. Each returns ST_NOT_FOUND when it is absent (or null), ST_INVALID when it is of
 * another type or out of range, with a message that names the member. Views live as long as the tree. */
enum status json_int(const struct cJSON *object, const char *name, int64_t min, int64_t max, int64_t *out_value,
                     struct errmsg *err);
enum status json_bool(const struct cJSON *object, const char *name, bool *out_value, struct errmsg *err);
enum status json_text(const struct cJSON *object, const char *name, size_t len_max, const char **out_view,
                      struct errmsg *err);
enum status json_object(const struct cJSON *object, const char *name, const struct cJSON **out_view,
                        struct errmsg *err);
enum status json_array(const struct cJSON *object, const char *name, const struct cJSON **out_view,
                       struct errmsg *err);
/* A text of exactly 2 * len hex digits as len bytes, such as a hash. */
enum status json_hex(const struct cJSON *object, const char *name, size_t len, void *out_bytes, struct errmsg *err);
/* The integer of a value that stands in an array; ST_INVALID otherwise. */
enum status json_value_int(const struct cJSON *value, int64_t min, int64_t max, int64_t *out_value);
/* Turns ST_NOT_FOUND into ST_OK: for members that may be absent, whose default the caller has set before. */
static inline enum status json_optional(enum status st)
{
    return st == ST_NOT_FOUND ? ST_OK : st;
}

#endif
