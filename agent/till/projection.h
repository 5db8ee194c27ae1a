/* SPDX-License-Identifier: Apache-2.0 */
/*
 * projection - what a record of the journal did, by member: the one reading of a record for the cache, at its commit
 * and when the cache is rebuilt, so that both give the same. Internal to the till.
 */
#ifndef LOYALD_TILL_PROJECTION_H
#define LOYALD_TILL_PROJECTION_H

#include "agent/base/errmsg.h"
#include "agent/base/ids.h"
#include "agent/base/status.h"
#include "agent/db/cache.h"

#include <stdint.h>

enum { PROJECTION_EFFECTS_MAX = CACHE_EFFECTS_MAX, PROJECTION_FIGURE_NAMES_MAX = 16 };

struct projection {
    char sale_id[ID_LEN_MAX + 1];                        /* or that of the return */
    char member[CACHE_ID_MAX + 1];                       /* "" when the sale names none */
    struct cache_effect effects[PROJECTION_EFFECTS_MAX]; /* names are views of the tree */
    size_t effect_count;
    char figure_names[PROJECTION_FIGURE_NAMES_MAX][CACHE_NAME_MAX + 1];
    size_t figure_name_count;
    struct cJSON *tree; /* owned: the body */
};

/* Reads what the body of a sale or return did; other types do nothing. Points and coupons come first; uses past the
 * bound are dropped: a limit then counts one use too few until the central says. */
enum status projection_read(const char *type, const char *body, size_t len, struct projection *out_projection,
                            struct errmsg *err);
/* Under which name uses of a coupon are counted: "coupon:" and the code in lower case without spaces and hyphens. */
void projection_coupon_name(const char *code, char out_name[CACHE_NAME_MAX + 1]);
void projection_clear(struct projection *projection);
/* Reads a record and puts what it did into the cache. One whose body cannot be read does nothing, and is counted as
 * such; only a lack of memory is a failure. */
enum status projection_put(struct projection *projection, struct cache *cache, const char *type, const char *body,
                           size_t len, int64_t position, struct errmsg *err);

#endif
