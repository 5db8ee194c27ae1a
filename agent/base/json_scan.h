/* SPDX-License-Identifier: Apache-2.0 */
/*
 * json_scan - JSON by RFC 8259 to the letter, without recursion (internal to base): checks a text, and builds the
 * tree in a pool when there is one.
 */
#ifndef LOYALD_BASE_JSON_SCAN_H
#define LOYALD_BASE_JSON_SCAN_H

#include "agent/base/json.h"
#include "agent/base/json_pool.h"

#include <stddef.h>
#include <string.h>

enum { JSON_NAME_BITS = 256, JSON_NAMES_FEW = 64 };

struct json_level {                      /* a container that is open */
    struct cJSON *node, *last;           /* the last member so far */
    size_t count;                        /* of its names */
    uint64_t names[JSON_NAME_BITS / 64]; /* bit map of the hashes of its members' names */
    bool is_object, twins;               /* twins: two names may be one */
};

struct json_scan {
    const char *text;
    size_t len;
    size_t at;
    int depth;
    const char *fault; /* what is wrong at text[at], in words */

    /* For a tree. */
    struct json_pool *pool; /* NULL: only checks */
    struct cJSON *root;
    char *name;            /* of the member whose value comes next */
    bool twins;            /* there may be an object with two members of one name */
    bool no_memory;        /* fault is NULL then */
    const char *twin;      /* a name that stands twice in an object */
    const char *skip_name; /* the array to leave out */
    struct json_left_out left_out;
    struct json_level levels[JSON_DEPTH_MAX]; /* those below depth are set */
};

/* A scan from a place in a text on. The levels are left as they are: they are most of it. */
static inline void json_scan_init(struct json_scan *s, const char *text, size_t len, size_t at,
                                  struct json_pool *pool)
{
    memset(s, 0, offsetof(struct json_scan, levels));
    s->text = text;
    s->len = len;
    s->at = at;
    s->pool = pool;
}

/* The whole text: one value and nothing after it. */
bool json_scan_text(struct json_scan *s);
/* One value from s->at on, which is left behind it. */
bool json_scan_value(struct json_scan *s);
/* json_scan_string.c: what follows the opening quote, to the closing one. *out_escaped: the text is not the string as
 * it is. */
bool json_scan_string(struct json_scan *s, bool *out_escaped);
/* Writes out what json_scan_string has checked, and which ends at end; answers its length. */
size_t json_scan_unescape(const struct json_scan *checked, size_t from, size_t end, char *out);
/* Tells what went wrong; answers its status. */
enum status json_scan_say(const struct json_scan *s, struct errmsg *err);
/* Finds a name that two members of one object have, the outermost objects first; NULL when there is none. False
 * without memory. */
bool json_find_twins(const struct cJSON *value, const char **out_twin);

#endif
