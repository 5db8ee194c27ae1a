/* SPDX-License-Identifier: Apache-2.0 */
/*
 * trust - by whose word the till takes rules: the newest root of its chain, and the timestamp that says which rules
 * are in force. docs/protocol.md 9.
 *
 * Kept in the journal's state, not in the cache that a technician may throw away. Nothing is kept before all of it
 * was checked, and what one document changes is one commit. A version never goes down, but for a role that lost a
 * key: what that key may have run ahead with is forgotten. A chain whose office has no root yet is trusted by the
 * keys told at enrolment, which count as root 0: they sign root 1 beside its own keys.
 *
 * A timestamp that ran out stops nothing: the till says so, lets nobody spend points, and goes on with the promotions
 * it has. Signatures are checked in a worker.
 */
#ifndef LOYALD_TILL_TRUST_H
#define LOYALD_TILL_TRUST_H

#include "agent/base/errmsg.h"
#include "agent/base/json_writer.h"
#include "agent/base/sha256.h"
#include "agent/base/signers.h"
#include "agent/base/status.h"

#include <stdbool.h>
#include <stdint.h>

struct cJSON;
struct clock_source;
struct identity;
struct journal;
struct loop;
struct trust;

struct trust_options {
    struct loop *loop;
    const struct clock_source *clock;
    struct journal *journal;
    const struct identity *identity;
    const char *boot_id; /* as in rulebook_options; NULL: each start counts as one of the machine */
    /* Asked to fetch that root; the answer goes to trust_root. */
    void (*fetch_root)(void *context, int64_t version);
    void (*forgot_rules)(void *context); /* the versions of rules count anew */
    void (*settled)(void *context);      /* what was offered is taken or refused */
    void *context;
};

/* Owned in *out_text the root to pin with an enrolment's answer; left alone: it has none, or none newer than this
 * chain's that is known. ST_DENIED when too few have signed it. */
enum status trust_pin(struct journal *journal, const struct cJSON *answer, const char *chain, bool same_chain,
                      char **out_text, struct errmsg *err);

/* Reads what the journal holds; what cannot be read is said and left for the enrolment to mend. */
enum status trust_create(const struct trust_options *options, struct trust **out_trust, struct errmsg *err);
void trust_destroy(struct trust *trust);
/* The till was enrolled: the journal holds the root of that day. */
void trust_reload(struct trust *trust);

/* A timestamp from the central: text as signed, signatures as the JSON array sent. Roots that lie between are fetched
 * first. One offer at a time; a later one replaces it when it only waits for a root. */
void trust_offer(struct trust *trust, const char *text, size_t len, const char *signatures_json,
                 size_t signatures_len);
/* The root that was asked for; text NULL: it could not be had now. */
void trust_root(struct trust *trust, const char *text, size_t len, const char *signatures_json,
                size_t signatures_len);
/* The link is up: asks again for the root that is wanted. */
void trust_resume(struct trust *trust);
/* An offer is under way: who asks about a manifest waits for settled. */
bool trust_is_busy(const struct trust *trust);

/* Copies those who may sign rules. */
void trust_rules_signers(const struct trust *trust, struct signers *out_signers);
/* ST_OK when that manifest is in force, or the chain has no root; ST_DENIED says why not. */
enum status trust_names(const struct trust *trust, int64_t version, const uint8_t manifest_sha256[SHA256_BYTES],
                        struct errmsg *err);

/* The central, whose word has a MAC, said what time it is, at some moment since it was asked: no later than now_ms says
 * from then on is it. */
void trust_heard_time(struct trust *trust, int64_t unix_ms, int64_t asked_mono_ms);
/* What the time is at least: the wall clock, or the last signature when that is later. */
int64_t trust_wall_ms(const struct trust *trust);
/* The best word on what time it is now: what must not depend on a clock that somebody sets goes by it. */
int64_t trust_now_ms(const struct trust *trust);
/* False: the machine was switched off, the central not heard since, and the clock is behind what was known before. */
bool trust_knows_time(const struct trust *trust);
/* The rules may be old: the timestamp ran out, or there is none though there is a root. */
bool trust_is_stale(const struct trust *trust);
/* {"root","root_expires_unix_ms","timestamp","expires_unix_ms","days_left","stale","refused"}; of a chain without a
 * root {"root":0}. */
void trust_write(const struct trust *trust, struct json_writer *w);

#endif
