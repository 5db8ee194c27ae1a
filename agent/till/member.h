/* SPDX-License-Identifier: Apache-2.0 */
/*
 * member - the member of a sale as the till knows it: the central's row plus what own records did since, less what
 * other sales reserve. Internal to the till; member_store also serves the link.
 */
#ifndef LOYALD_TILL_MEMBER_H
#define LOYALD_TILL_MEMBER_H

#include "agent/base/errmsg.h"
#include "agent/base/json_writer.h"
#include "agent/base/status.h"
#include "agent/db/cache.h"
#include "agent/till/reservations.h"

#include <stdbool.h>
#include <stdint.h>

struct cJSON;
struct journal;

enum { MEMBER_DISPLAY_MAX = 64, MEMBER_IDENTIFIERS_MAX = CACHE_IDENTIFIERS_MAX };

enum member_state { MEMBER_ACTIVE, MEMBER_INACTIVE, MEMBER_BLOCKED, MEMBER_EXPIRED };

struct till_member {
    bool known; /* false: nobody, all else is empty */
    enum member_state state;
    char id[CACHE_ID_MAX + 1];
    char display[MEMBER_DISPLAY_MAX + 1]; /* "" when the till may not know a name */
    struct cJSON *profile;                /* owned: the row as the central sent it */
    struct cJSON *lots;                   /* owned: its points by when they begin and end; NULL: all are there */
    int64_t counted_position;             /* own records up to here are in the row */
};

void till_member_clear(struct till_member *member);
/* By the keyed hash of an identifier; ST_NOT_FOUND leaves out_member untouched. */
enum status till_member_find(struct cache *cache, const struct journal *journal, const uint8_t hash[16],
                             struct till_member *out_member, struct errmsg *err);
/* Writes the member as the engine takes it, own later records added, others' reservations taken off. */
enum status till_member_write(const struct till_member *member, struct cache *cache,
                              const struct reservations *reserved, const char *sale_id, int32_t business_day,
                              struct json_writer *w, struct errmsg *err);
/* The points held in one currency, in the same way. */
int64_t till_member_balance(const struct till_member *member, struct cache *cache,
                            const struct reservations *reserved, const char *sale_id, const char *currency);
/* The same without the points that begin later or have expired: what may be spent today. */
int64_t till_member_available(const struct till_member *member, struct cache *cache,
                              const struct reservations *reserved, const char *sale_id, const char *currency,
                              int32_t today);
/* Puts a member's row of the central (docs/protocol.md 5) into the cache, inside a slice of the caller's. */
enum status member_store(struct cache *cache, const struct cJSON *row, struct errmsg *err);
/* The same where its text is at hand: saves writing it anew. */
enum status member_store_text(struct cache *cache, const struct cJSON *row, const char *text, struct errmsg *err);

#endif
