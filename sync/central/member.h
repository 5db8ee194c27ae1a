/* SPDX-License-Identifier: Apache-2.0 */
/*
 * member - the profile every channel shares: its row as the tills get it, its identifiers, what it has used.
 *
 * Each change of a row takes a new number from the change counter; that number is what the tills' cursors run along.
 */
#ifndef LOYALD_CENTRAL_MEMBER_H
#define LOYALD_CENTRAL_MEMBER_H

#include "agent/base/json_writer.h"
#include "sync/central/central.h"

struct device;

enum { MEMBER_MERGES_MAX = 8 /* a chain of merges longer than this is a fault */ };

/* The member that this id stands for now, through merges. ST_NOT_FOUND. */
enum status member_resolve(struct central *central, const char *chain, const char *id, char out_id[ID_BYTES],
                           struct errmsg *err);
enum status member_by_identifier(struct central *central, const char *chain, const char *hash, char out_id[ID_BYTES],
                                 struct errmsg *err);
/* Writes the row. For device (may be NULL) it carries that till's position. ST_NOT_FOUND. */
enum status member_write(struct central *central, const char *chain, const char *id, const struct device *device,
                         struct json_writer *w, struct errmsg *err);

/* All below inside a transaction. */
/* A member that a till's record names and this database has not: the sale happened, so it is made, empty and active.
 */
enum status member_make(struct central *central, const char *chain, const char *id, struct errmsg *err);
/* Whom a till's record names, through merges, even if the card has moved since; made when nobody is called so. */
enum status member_named(struct central *central, const char *chain, const char *named, char out_id[ID_BYTES],
                         struct errmsg *err);
enum status member_touch(struct central *central, const char *chain, const char *id, struct errmsg *err);
enum status member_count_purchase(struct central *central, const char *chain, const char *id, struct errmsg *err);
/* One more sale in which the promotion gave this member something, on that business day (days since 1970-01-01). */
enum status member_count_use(struct central *central, const char *chain, const char *id, const char *promotion,
                             int32_t day, struct errmsg *err);
/* One more sale of the chain that used name: a promotion, or "coupon:" and a code. */
enum status usage_count(struct central *central, const char *chain, const char *name, struct errmsg *err);

/* A coupon is free again: all of the sale came back. */
enum status usage_release(struct central *central, const char *chain, const char *name, struct errmsg *err);

/* Something the office, and the till named by dev ("" for none), should hear. */
enum status notice_put(struct central *central, const char *chain, const char *dev, const char *text,
                       struct errmsg *err);

/* Counters of one promotion of one member; day, week and month are those of last_day. */
struct member_use {
    int64_t uses, day, week, month;
    int32_t last_day;
};
/* Of a row of MEMBER_USAGE_GET. */
void member_use_read(const struct rows *rows, struct member_use *out_use);
/* Counts one more on day, which may lie before last_day: tills report late. */
void member_use_add(struct member_use *use, int32_t day);
/* Adds those of another member who turned out to be the same. */
void member_use_merge(struct member_use *use, const struct member_use *other);

#endif
