/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rules - rules.db: the active bundle, the one before, and one being fetched in pieces. Each commit is durable (WAL,
 * FULL, EXCLUSIVE).
 *
 * Kept, but not precious: what it holds can be fetched again. A damaged file is renamed aside and made anew. Used
 * from the loop's thread only.
 */
#ifndef LOYALD_DB_RULES_H
#define LOYALD_DB_RULES_H

#include "agent/base/errmsg.h"
#include "agent/base/sha256.h"
#include "agent/base/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rules; /* opaque */

enum rules_state { RULES_FETCHING, RULES_STAGED, RULES_ACTIVE, RULES_PREVIOUS };

enum {
    RULES_PIECE_BYTES_MAX = 1024 * 1024,
    RULES_BUNDLE_BYTES_MAX = 64 * 1024 * 1024,
    RULES_MANIFEST_BYTES_MAX = 64 * 1024,
};

struct rules_entry {
    uint8_t sha256[SHA256_BYTES];
    int64_t version;
    int64_t total_bytes;
    int64_t have_bytes;
    const char *manifest, *signatures; /* for rules_begin: borrowed */
};

/* *out_rebuilt says that a damaged file was put aside and the one open now is empty. ST_UNSUPPORTED for a newer
 * schema. */
enum status rules_open(const char *path, int64_t now_unix_ms, struct rules **out_rules, bool *out_rebuilt,
                       struct errmsg *err);
void rules_close(struct rules *rules); /* accepts NULL */

/* Begins to fetch, or goes on where the same file broke off (have_bytes of rules_find); another file being fetched is
 * dropped. One that is staged is being fetched again, with all its bytes. have_bytes of entry is not read.
 * ST_CONFLICT when this very file is active; ST_RANGE past a bound above. */
enum status rules_begin(struct rules *rules, const struct rules_entry *entry, int64_t now_unix_ms,
                        struct errmsg *err);
/* Appends the piece at offset, which must be have_bytes. ST_CONFLICT otherwise; ST_RANGE past total_bytes or
 * RULES_PIECE_BYTES_MAX; ST_NOT_FOUND when nothing is being fetched. */
enum status rules_add_piece(struct rules *rules, int64_t offset, const void *bytes, size_t len, struct errmsg *err);
/* ST_NOT_FOUND when there is none in that state. manifest and signatures are not filled. */
enum status rules_find(struct rules *rules, enum rules_state state, struct rules_entry *out_entry,
                       struct errmsg *err);
/* Returns owned the whole bytes (free()), NUL-terminated, of the bundle in that state. ST_CORRUPT when the hash does
 * not fit. */
enum status rules_read(struct rules *rules, enum rules_state state, char **out_bytes, size_t *out_len,
                       struct errmsg *err);
/* fetching -> staged, once complete and checked; one staged before is dropped. ST_CONFLICT while bytes are missing;
 * ST_CORRUPT when the hash does not fit: drop it and fetch again. */
enum status rules_stage(struct rules *rules, struct errmsg *err);
/* staged -> active, active -> previous, previous goes; in one commit. ST_NOT_FOUND when nothing is staged. */
enum status rules_activate(struct rules *rules, struct errmsg *err);
/* previous -> active, active goes; in one commit. ST_NOT_FOUND when there is no previous. */
enum status rules_go_back(struct rules *rules, struct errmsg *err);
/* Removes the bundle in that state: what it holds is damaged. */
enum status rules_forget(struct rules *rules, enum rules_state state, struct errmsg *err);
/* Drops what is being fetched or staged. */
enum status rules_drop(struct rules *rules, struct errmsg *err);

#endif
