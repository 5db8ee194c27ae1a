/* SPDX-License-Identifier: Apache-2.0 */
/*
 * json_scan - JSON by RFC 8259 to the letter, without recursion (internal to base): checks a text, and builds the
 * tree in a pool when there is one.
 */
#ifndef LOYALD_BASE_JSON_SCAN_H
#define LOYALD_BASE_JSON_SCAN_H

#include "agent/base/json.h"
#include "agent/base/json_pool.h"

enum { JSON_NAME_BITS = 1024 };

struct json_level {                      /* a container that is open */
    struct cJSON *node, *last;           /* the last member so far */
    uint64_t names[JSON_NAME_BITS / 64]; /* bit map of the hashes of its members' names */
    bool is_object, twins;               /* twins: two names have one hash */
};

struct json_scan {
    const char *text;
    size_t len;
    size_t at;
    int depth;
    struct json_level levels[JSON_DEPTH_MAX];
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
};

/* The whole text: one value and nothing after it. */
bool json_scan_text(struct json_scan *s);
/* One value from s->at on, which is left behind it. */
bool json_scan_value(struct json_scan *s);
/* Tells what went wrong; answers its status. */
enum status json_scan_say(const struct json_scan *s, struct errmsg *err);
/* Finds a name that two members of one object have, the outermost objects first; NULL when there is none. False
 * without memory. */
bool json_find_twins(const struct cJSON *value, const char **out_twin);

#endif
