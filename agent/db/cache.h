/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cache - cache.db: members and counters as the central last told, and the projection of the own journal.
 *
 * Disposable: a damaged or missing file is renamed aside and made anew, and the projection is rebuilt from the
 * journal; selling goes on. WAL, NORMAL, EXCLUSIVE: a commit may be lost by a power cut, never half of one. Each row
 * that own sales can change carries the own (epoch, seq) it counts; readers are answered the row plus the effects of
 * own records after it. Positions are the journal's.
 *
 * ST_CORRUPT from any call means that the file is damaged: close it (which puts it aside) and open it again.
 * Used from the loop's thread only; visitors may read the cache, not change it.
 */
#ifndef LOYALD_DB_CACHE_H
#define LOYALD_DB_CACHE_H

#include "agent/base/errmsg.h"
#include "agent/base/sha256.h"
#include "agent/base/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cache; /* opaque */

enum {
    IDENTIFIER_HASH_BYTES = 16,
    CACHE_ID_MAX = 64,
    CACHE_NAME_MAX = 160, /* of a promotion, currency, coupon ("coupon:" and a code of 127), lease or state */
    CACHE_PROFILE_MAX = 64 * 1024,
    CACHE_IDENTIFIERS_MAX = 256, /* of one member */
    CACHE_EFFECTS_MAX = 256,     /* of one record */
    CACHE_ALIAS_HOPS_MAX = 8,
    CACHE_SWEEP_ROWS = 500, /* looked at in one slice */
};
/* Of one effect or counter: so many records may be added up without leaving 64 bits. */
#define CACHE_AMOUNT_MAX INT64_C(9007199254740991)

/* What is past a bound above is refused with ST_RANGE, and nothing of the call is kept. */

/* *out_rebuilt says that the file is new: the caller projects the journal from position 1 and asks the central for
 * everything. */
enum status cache_open(const char *path, int64_t now_unix_ms, struct cache **out_cache, bool *out_rebuilt,
                       struct errmsg *err);
void cache_close(struct cache *cache);

/* ---- what the central told ---- */

/* Where a row's (epoch, seq) lies in the own journal: 0 when the epoch is not ours. */
typedef int64_t cache_position_fn(void *context, uint64_t epoch, int64_t seq);

/* Work in slices, so that no sale waits for a sync: neither a slice nor a checkpoint holds the loop for longer than
 * CACHE_TURN_NS, as far as the disk lets it. Begin, puts until the slice is full, commit; then other work of the
 * loop; then, while it is due, the checkpoint, a part of it a turn. How much a slice holds follows the disk (pace.h).
 * A put outside a slice is a commit of its own. One that fails leaves the slice as it was before it, unless SQLite
 * had to give up all of it (full disk, no memory): then the next put and the commit answer ST_CONFLICT, and the slice
 * is done again from its beginning. */
#define CACHE_TURN_NS INT64_C(5000000)
enum status cache_begin(struct cache *cache, struct errmsg *err);
enum status cache_commit(struct cache *cache, struct errmsg *err);
void cache_rollback(struct cache *cache);
bool cache_slice_is_full(const struct cache *cache); /* commit now; the rest goes into the next one */
/* What is committed survives a power cut from here on: before something else that lasts counts on it. One wait for the
 * disk. */
enum status cache_sync(struct cache *cache, struct errmsg *err);
/* Whether the WAL should be moved into the file before the next slice; past SQLITE_WAL_FRAMES_MAX a commit moves it
 * unasked. */
bool cache_wal_is_due(const struct cache *cache);
/* A part of it; done when it is due no more. ST_AGAIN while a visitor reads. What fails is tried again by the next;
 * the rows are in the WAL all the same. */
enum status cache_checkpoint(struct cache *cache, struct errmsg *err);
/* What slices are timed by, in ns; borrows context. The system's clock without it. */
void cache_set_timer(struct cache *cache, int64_t (*timer)(void *context), void *context);
/* A member row with its identifiers: the ones it had before and has no more are gone. profile is JSON text
 * (docs/protocol.md 5). */
enum status cache_put_member(struct cache *cache, const char *id, const char *profile,
                             const uint8_t (*identifiers)[IDENTIFIER_HASH_BYTES], size_t identifier_count,
                             uint64_t epoch, int64_t seq, struct errmsg *err);
enum status cache_put_usage(struct cache *cache, const char *promotion, int64_t uses, uint64_t epoch, int64_t seq,
                            struct errmsg *err);
/* The member, what identifies him and his lists. */
enum status cache_forget_member(struct cache *cache, const char *id, struct errmsg *err);
enum status cache_forget_identifier(struct cache *cache, const uint8_t hash[IDENTIFIER_HASH_BYTES],
                                    struct errmsg *err);
/* Merged: old_member is now member. Reading by identifier or id follows it, at most CACHE_ALIAS_HOPS_MAX times, until
 * cache_put_member tells of old_member himself. */
enum status cache_put_alias(struct cache *cache, const char *old_member, const char *member, struct errmsg *err);
/* What a member has by the list; body is a JSON array and replaces the one before. An empty one is deleted. */
enum cache_part { CACHE_LOTS, CACHE_SEGMENTS, CACHE_OFFERS };
enum status cache_put_part(struct cache *cache, enum cache_part part, const char *member, const char *body,
                           uint64_t epoch, int64_t seq, struct errmsg *err);
struct cache_coupon {
    const char *code, *member; /* member "": anybody's */
    int64_t uses, uses_max;
    const char *body; /* JSON object */
    uint64_t epoch;
    int64_t seq;
};
/* One that may be used 0 times is deleted. */
enum status cache_put_coupon(struct cache *cache, const struct cache_coupon *coupon, struct errmsg *err);
struct cache_lease {
    const char *id, *member, *currency;
    int64_t granted, used, expires_unix_ms;
    uint64_t epoch;
    int64_t seq;
};
/* One of nothing granted is deleted. */
enum status cache_put_lease(struct cache *cache, const struct cache_lease *lease, struct errmsg *err);

/* A full reload: from cache_begin_reload on rows are put under a new generation, while those of before are still read;
 * after cache_end_reload, once all were told, cache_sweep takes away what was not told again, a slice at a time. It
 * goes on after a restart. A reload that begins while another is under way takes its place. */
enum status cache_begin_reload(struct cache *cache, struct errmsg *err);
bool cache_is_reloading(const struct cache *cache);
enum status cache_end_reload(struct cache *cache, struct errmsg *err);
/* *out_done: nothing is left to sweep. */
enum status cache_sweep(struct cache *cache, bool *out_done, struct errmsg *err);

/* The state that says when the central last told what is here: Unix time in ms, as text. */
#define CACHE_TOLD "told_unix_ms"
enum status cache_put_state(struct cache *cache, const char *name, const char *value, struct errmsg *err);
/* Copies; ST_NOT_FOUND leaves "", ST_FULL when value_max (with the NUL) is too small. */
enum status cache_get_state(struct cache *cache, const char *name, char *out_value, size_t value_max,
                            struct errmsg *err);

/* ---- the journal's projection ---- */

/* Those after EFFECT_TIED are not kept by position, and nothing is reserved of them: a figure is added to the totals
 * of its day and of the shift under way, a digest to the chain of digests, a shift begins. */
enum cache_effect_kind {
    EFFECT_POINTS,
    EFFECT_USE,
    EFFECT_MEMBER_USE,
    EFFECT_COUPON,
    EFFECT_LEASE,
    EFFECT_TIED,
    EFFECT_FIGURE,
    EFFECT_DIGEST,
    EFFECT_SHIFT
};
struct cache_effect {
    enum cache_effect_kind kind;
    /* Member id; of EFFECT_TIED the document named; "" for EFFECT_USE, EFFECT_COUPON, EFFECT_LEASE and those after
     * EFFECT_TIED. */
    const char *subject;
    const char *name;
    int64_t amount;
    int32_t day;
};
/* Adds what the record at position did, and that it is projected; in one commit (or inside a slice). Every position
 * has its turn, those without effects too: one at or below the projected is ignored, one that leaves out another is
 * ST_CONFLICT (project from cache_projected() + 1 on again). sale_id may be NULL. Two effects of one record with one
 * (kind, subject, name) add up. */
enum status cache_project(struct cache *cache, int64_t position, const char *sale_id,
                          const struct cache_effect *effects, size_t effect_count, struct errmsg *err);
int64_t cache_projected(const struct cache *cache);
/* The journal begins after position: what it held before is in the central's rows. Does nothing when more is
 * projected. */
enum status cache_skip_to(struct cache *cache, int64_t position, struct errmsg *err);
/* Takes away what the record at position did, which the central counts by now: it is about to leave the journal.
 * Totals stay. */
enum status cache_forget(struct cache *cache, int64_t position, const char *sale_id,
                         const struct cache_effect *effects, size_t effect_count, struct errmsg *err);
/* Makes a sale findable before its turn to be projected has come. */
enum status cache_note_sale(struct cache *cache, const char *sale_id, int64_t position, struct errmsg *err);
/* Visits the figures of business dates [day_from, day_to], by day, shift and name. */
typedef bool cache_total_visitor(void *context, int32_t day, const char *shift, const char *name, int64_t amount);
enum status cache_each_total(struct cache *cache, int32_t day_from, int32_t day_to, cache_total_visitor *visitor,
                             void *context, struct errmsg *err);
/* d(n) = SHA-256(d(n-1) || the n-th sale's digest as text); zeros before the first. */
enum status cache_digests(struct cache *cache, uint8_t out_hash[SHA256_BYTES], struct errmsg *err);
enum status cache_find_sale(struct cache *cache, const char *sale_id, int64_t *out_position, struct errmsg *err);

/* ---- what a sale asks ---- */

struct cache_member {
    char id[CACHE_ID_MAX + 1];
    char *profile; /* owned: JSON text as put */
    uint64_t epoch;
    int64_t seq;
};
void cache_member_clear(struct cache_member *member);
/* Returns owned the list (free()) as JSON, and what it counts; ST_NOT_FOUND when there is none. */
enum status cache_read_part(struct cache *cache, enum cache_part part, const char *member, char **out_body,
                            uint64_t *out_epoch, int64_t *out_seq, struct errmsg *err);
/* Views of the row, with own later uses added, during the call of the visitor. ST_NOT_FOUND for another code. */
typedef void cache_coupon_visitor(void *context, const struct cache_coupon *coupon);
enum status cache_find_coupon(struct cache *cache, const char *code, cache_position_fn *position_of,
                              void *position_context, cache_coupon_visitor *visitor, void *context,
                              struct errmsg *err);
/* Visits a member's leases with own later uses in used; granted - used is what may still be spent, before what sales
 * in tender reserve. */
typedef bool cache_lease_visitor(void *context, const struct cache_lease *lease);
enum status cache_each_lease(struct cache *cache, const char *member, cache_position_fn *position_of,
                             void *position_context, cache_lease_visitor *visitor, void *context, struct errmsg *err);
/* The same of every member. */
enum status cache_every_lease(struct cache *cache, cache_position_fn *position_of, void *position_context,
                              cache_lease_visitor *visitor, void *context, struct errmsg *err);
/* Whether any member has one whose time is not over; ST_NOT_FOUND: nobody. */
enum status cache_lease_lives(struct cache *cache, int64_t now_unix_ms, struct errmsg *err);
/* Visits one lease, of any member, whose time is over; ST_NOT_FOUND when there is none. */
enum status cache_ended_lease(struct cache *cache, int64_t now_unix_ms, cache_position_fn *position_of,
                              void *position_context, cache_lease_visitor *visitor, void *context,
                              struct errmsg *err);
/* By identifier (through aliases); out_member is the member merged into. ST_NOT_FOUND. */
enum status cache_find_member(struct cache *cache, const uint8_t hash[IDENTIFIER_HASH_BYTES],
                              struct cache_member *out_member, struct errmsg *err);
enum status cache_member_by_id(struct cache *cache, const char *id, struct cache_member *out_member,
                               struct errmsg *err);
/* Visits the effects of one subject, under each name it had before it was merged, after a position, summed by (kind,
 * name), in the order of kinds and names; views are valid during the call of the visitor, which answers false to
 * stop. ST_RANGE when a sum leaves 64 bits. */
struct cache_sum {
    enum cache_effect_kind kind;
    const char *name;
    int64_t amount;   /* of all after the position */
    int32_t last_day; /* the latest business date among them */
};
typedef bool cache_sum_visitor(void *context, const struct cache_sum *sum);
enum status cache_each_effect(struct cache *cache, const char *subject, int64_t after_position,
                              cache_sum_visitor *visitor, void *context, struct errmsg *err);
/* Uses of one subject's promotion with business date in [day_from, day_to], after a position. */
enum status cache_count_uses(struct cache *cache, const char *subject, enum cache_effect_kind kind, const char *name,
                             int64_t after_position, int32_t day_from, int32_t day_to, int64_t *out_count,
                             struct errmsg *err);
/* What own records after a position have given a member in a currency since a day, without what they took. */
enum status cache_sum_earned(struct cache *cache, const char *member, const char *currency, int64_t after_position,
                             int32_t day_from, int64_t *out_points, struct errmsg *err);
/* Visits the chain-wide counters with their own later uses added, in the order of their names, and those that only
 * own sales know of: promotion, uses. position_of maps a row's (epoch, seq). The visitor answers false to stop. */
typedef bool cache_usage_visitor(void *context, const char *promotion, int64_t uses);
/* (Two look-ups a name, however many own records the central does not count yet.) */
enum status cache_each_usage(struct cache *cache, cache_position_fn *position_of, void *position_context,
                             cache_usage_visitor *visitor, void *context, struct errmsg *err);
/* Without those of coupons. */
enum status cache_each_promotion_usage(struct cache *cache, cache_position_fn *position_of, void *position_context,
                                       cache_usage_visitor *visitor, void *context, struct errmsg *err);
/* The same of one promotion or "coupon:" and a code; 0 when nobody knows of it. */
enum status cache_usage_of(struct cache *cache, const char *promotion, cache_position_fn *position_of,
                           void *position_context, int64_t *out_uses, struct errmsg *err);
int64_t cache_member_count(struct cache *cache); /* -1 when the file cannot be read */

#endif
