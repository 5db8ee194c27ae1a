/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rules - rules.db: the active bundle, the one before, and one being fetched in pieces. Each commit is durable (WAL, FULL, EXCLUSIVE).
 */
#ifndef LOYALD_DB_RULES_H
#define LOYALD_DB_RULES_H

#include "agent/base/errmsg.h"
#include "agent/base/sha256.h"
#include "agent/base/status.h"

#include <stddef.h>
#include <stdint.h>

struct rules; /* opaque */

enum rules_state { RULES_FETCHING, RULES_STAGED, RULES_ACTIVE, RULES_PREVIOUS };

struct rules_entry {
    uint8_t sha256[SHA256_BYTES];
    int64_t version;
    int64_t total_bytes;
    int64_t have_bytes;
    const char *manifest, *signatures; /* for rules_begin: borrowed */
};

enum status rules_open(const char *path, struct rules **out_rules, struct errmsg *err);
void rules_close(struct rules *rules);

/* Begins to fetch, or goes on where the same file broke off (have_bytes of rules_find); another file being fetched is dropped. */
enum status rules_begin(struct rules *rules, const struct rules_entry *entry, int64_t now_unix_ms, struct errmsg *err);
/* Appends the piece at offset, which must be have_bytes. ST_CONFLICT otherwise. */
enum status rules_add_piece(struct rules *rules, int64_t offset, const void *bytes, size_t len, struct errmsg *err);
/* ST_NOT_FOUND when there is none in that state. manifest and signatures are not filled. */
enum status rules_find(struct rules *rules, enum rules_state state, struct rules_entry *out_entry, struct errmsg *err);
/* Returns owned the whole bytes (free()) of the bundle in that state. ST_CORRUPT when the hash does not fit. */
enum status rules_read(struct rules *rules, enum rules_state state, char **out_bytes, size_t *out_len,
                       struct errmsg *err);
/* fetching -> staged, once complete and checked. */
enum status rules_stage(struct rules *rules, struct errmsg *err);
/* staged -> active, active -> previous, previous goes; in one commit. */
enum status rules_activate(struct rules *rules, struct errmsg *err);
/* Drops what is being fetched or staged. */
enum status rules_drop(struct rules *rules, struct errmsg *err);

#endif
