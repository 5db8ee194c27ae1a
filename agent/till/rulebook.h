/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rulebook - the rules the till sells by: the active bundle, compiled, and the way a new one becomes active.
 *
 * A bundle comes as a signed manifest and then in pieces. It is refused in words, and the one before stays, when the
 * signature, the chain, the version (it only rises), the length, the hash or the compiler says so. Checking and
 * compiling run in a worker on memory of its own. What passed is staged on disk and becomes active when no sale is in
 * tender; a sale keeps the bundle it started with. It is on trial then: rules that cannot be applied to a basket, or
 * under which the agent starts again and again, give way to those before by themselves.
 */
#ifndef LOYALD_TILL_RULEBOOK_H
#define LOYALD_TILL_RULEBOOK_H

#include "agent/base/errmsg.h"
#include "agent/base/json_writer.h"
#include "agent/base/sha256.h"
#include "agent/base/status.h"

#include <stdbool.h>
#include <stdint.h>

struct bundle;
struct clock_source;
struct identity;
struct journal;
struct loop;
struct rulebook;
struct rules;
struct trust;

/* One compiled bundle, counted: the rulebook holds one count, each open sale one. */
struct rule_edition;
struct rule_edition *rule_edition_hold(struct rule_edition *edition);
void rule_edition_release(struct rule_edition *edition); /* accepts NULL */
const struct bundle *rule_edition_bundle(const struct rule_edition *edition);
const char *rule_edition_sha256(const struct rule_edition *edition); /* hex of the file; "" of the empty bundle */
int64_t rule_edition_version(const struct rule_edition *edition);

struct rulebook_options {
    struct loop *loop;
    const struct clock_source *clock;
    struct journal *journal;
    struct rules *rules;
    struct identity *identity;
    /* Asked to fetch bytes [from, to] of the file; answers come by rulebook_piece. */
    void (*fetch)(void *context, const char *sha256_hex, int64_t from, int64_t to);
    /* Told of each edition that became active, and of each refusal (err says why). */
    void (*changed)(void *context, int64_t version, const char *refused_reason);
    /* Appends a record of that type; the daemon points it at the till. */
    enum status (*journal_record)(void *context, const char *type, const char *body, size_t len, struct errmsg *err);
    bool (*may_switch)(void *context); /* no sale is in tender */
    void *context;
    const char *boot_id; /* of the machine, since it was switched on; NULL: starts are not counted against new rules */
    /* Asked to fetch that root of the chain (trust.h); the answer goes to trust_root. NULL: none can be had. */
    void (*fetch_root)(void *context, int64_t version);
};

/* Compiles the active bundle of rules.db; one that cannot be read falls back to the previous, then to none (shelf
 * prices). */
enum status rulebook_create(const struct rulebook_options *options, struct rulebook **out_rulebook,
                            struct errmsg *err);
void rulebook_destroy(struct rulebook *rulebook);
/* Returns a view; hold it to keep it. Never NULL. */
struct rule_edition *rulebook_active(const struct rulebook *rulebook);

/* The rules of that file, if they are active here or were before: held for the caller (rule_edition_release). NULL
 * when they are not, or are too large to compile while somebody waits. */
struct rule_edition *rulebook_edition(struct rulebook *rulebook, const char *sha256_hex);

/* A manifest from the central: text as signed, signatures as the JSON array sent. Judged at once but for the
 * signature, which a worker checks. */
void rulebook_offer(struct rulebook *rulebook, const char *manifest, size_t len, const char *signatures_json,
                    size_t signatures_len);
/* A piece that was asked for; bytes NULL: it could not be had now, ask again later (rulebook_resume). */
void rulebook_piece(struct rulebook *rulebook, const char *sha256_hex, int64_t offset, const void *bytes, size_t len);
/* A timestamp from the central; it comes before the manifest that it names, which waits until it is checked. */
void rulebook_vouch(struct rulebook *rulebook, const char *timestamp, size_t len, const char *signatures_json,
                    size_t signatures_len);
struct trust *rulebook_trust(struct rulebook *rulebook); /* returns a view */
/* The till was enrolled: what the journal holds of its chain is read anew, and the versions of another chain count
 * from nothing. What the chain before had made active stays until its own rules come. */
void rulebook_reload(struct rulebook *rulebook);
/* The link is up: goes on with a fetch that broke off. */
void rulebook_resume(struct rulebook *rulebook);
/* A basket was worked out by that edition, or could not be: what is on trial is judged by it. */
void rulebook_tried(struct rulebook *rulebook, const struct rule_edition *edition, bool applied);
/* Activates what is staged when may_switch allows, and judges what is on trial; called between sales. */
void rulebook_settle(struct rulebook *rulebook);
/* {"version","id","sha256","promotions","since","refused":{"version","reason"},"trust"} */
void rulebook_write(const struct rulebook *rulebook, struct json_writer *w);

#endif
