/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sale_record - the body of a till's "sale" record, read and checked (docs/protocol.md 2). Nothing of the database in
 * here.
 */
#ifndef LOYALD_CENTRAL_SALE_RECORD_H
#define LOYALD_CENTRAL_SALE_RECORD_H

#include "agent/base/errmsg.h"
#include "agent/base/ids.h"
#include "agent/base/json_pool.h"
#include "agent/base/status.h"

#include <stddef.h>
#include <stdint.h>

struct cJSON;

/* All texts are views of the tree or of the body's bytes; sale_record_clear ends them. "" when absent. */
struct sale_record {
    struct json_pool pool; /* the tree's memory */
    const struct cJSON *root;
    const struct cJSON *result;
    const char *sale_json; /* the engine's input as it came, byte by byte */
    size_t sale_len;
    const char *sale_id, *store, *till, *member, *identifier, *bundle, *digest;
    char business_date[11];
    int32_t business_day;
    int64_t gross_minor, discount_minor, redeemed_minor, net_minor, line_count;
};

/* Borrows body. ST_INVALID with the reason in words; the record is then empty. */
enum status sale_record_parse(const char *body, size_t len, struct sale_record *out_record, struct errmsg *err);
void sale_record_clear(struct sale_record *record);

/* The points moved, one currency at a time. ST_NOT_FOUND past the last. */
struct sale_points {
    const char *currency;
    int64_t earned, redeemed, cost;
};
enum status sale_record_points(const struct sale_record *record, int index, struct sale_points *out_points,
                               struct errmsg *err);

/* Calls visit once for each promotion that gave something in this sale, and for each coupon used up ("coupon:" and
 * its code in lower case without spaces and hyphens). Stops at the first status that is not ST_OK. */
typedef enum status sale_use_visitor(void *context, const char *name, struct errmsg *err);
enum { SALE_USES_MAX = 4096 };
enum status sale_record_uses(const struct sale_record *record, sale_use_visitor *visit, void *context,
                             struct errmsg *err);

/* The sale as it came, with a member put in: returns owned (free()). member_json is an object. */
char *sale_record_with_member(const struct sale_record *record, const char *member_json, size_t *out_len);

#endif
