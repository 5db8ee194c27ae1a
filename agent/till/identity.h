/* SPDX-License-Identifier: Apache-2.0 */
/*
 * identity - who this till is: its own name, the store and till number given at enrolment, and the keys agreed with
 * the central. Kept in the journal's state, so that it outlives the cache; loyald-sync never sees a key of it.
 */
#ifndef LOYALD_TILL_IDENTITY_H
#define LOYALD_TILL_IDENTITY_H

#include "agent/base/crypto.h"
#include "agent/base/errmsg.h"
#include "agent/base/pk.h"
#include "agent/base/status.h"

#include <stdbool.h>
#include <stdint.h>

struct journal;

enum { IDENTITY_TEXT_MAX = 128, IDENTITY_RULES_KEYS_MAX = 8, IDENTITY_HASH_BYTES = 16 };

struct identity {
    uint64_t dev;
    uint64_t epoch;
    bool enrolled;
    char chain[IDENTITY_TEXT_MAX + 1];
    char store[IDENTITY_TEXT_MAX + 1];
    char store_name[IDENTITY_TEXT_MAX + 1];
    char *store_attrs; /* owned: JSON object */
    char till[IDENTITY_TEXT_MAX + 1];
    char currency[8];
    char language[8];
    uint8_t mac_key[CRYPTO_KEY_BYTES];
    uint8_t id_key[CRYPTO_KEY_BYTES];
    struct pk *rules_keys[IDENTITY_RULES_KEYS_MAX]; /* owned: those who may sign rules */
    char rules_key_ids[IDENTITY_RULES_KEYS_MAX][17];
    int rules_key_count;
    int64_t rules_threshold; /* so many of them must sign */
    struct pk *pending_key;  /* owned: of an enrolment under way */
    char pending_code[64];
};

/* What the journal keeps of the rules that is a chain's own: gone with an enrolment into another chain. */
#define IDENTITY_RULES_VERSION   "rules_version" /* the highest that ever became active here, or was about to */
#define IDENTITY_RULES_REFUSED   "rules_refused" /* version and reason of the last refusal */
#define IDENTITY_TRUST_ROOT      "trust_root"    /* trust.h keeps these three */
#define IDENTITY_TRUST_TIMESTAMP "trust_timestamp"
#define IDENTITY_TRUST_RATCHET   "trust_ratchet"
#define IDENTITY_INCARNATION "central_incarnation" /* of the central that knows what this till may spend */

/* Reads what the journal holds. ST_CORRUPT when that cannot be read. */
enum status identity_load(struct journal *journal, struct identity *out_identity, struct errmsg *err);
void identity_clear(struct identity *identity);
/* Begins an enrolment: a fresh ECDH key, its point for the request. A later call replaces the one before. */
enum status identity_begin(struct identity *identity, const char *code, uint8_t out_point[PK_POINT_BYTES],
                           struct errmsg *err);
/* Ends it with the central's answer (docs/protocol.md 6): agrees the keys, checks the answer's MAC with mac_prefix
 * (all that the MAC covers before the body), stores all of it durably, then takes it on. The root in it is pinned,
 * unless a newer one of that chain is known. ST_DENIED when the MAC is wrong, or the root signed by too few. */
enum status identity_finish(struct identity *identity, struct journal *journal, const char *answer, size_t len,
                            const void *mac_prefix, size_t mac_prefix_len, const uint8_t mac[CRYPTO_MAC_BYTES],
                            struct errmsg *err);
/* The keyed hash of a canonical identifier such as "card:2900000012345". Before enrolment the key is all zero. */
void identity_hash(const struct identity *identity, const char *kind, const char *number,
                   uint8_t out_hash[IDENTITY_HASH_BYTES]);

#endif
