/* SPDX-License-Identifier: Apache-2.0 */
/*
 * office - what the office sets up: chains, their signing keys, stores, codes to enrol tills with.
 */
#ifndef LOYALD_CENTRAL_OFFICE_H
#define LOYALD_CENTRAL_OFFICE_H

#include "agent/base/crypto.h"
#include "sync/central/central.h"

enum {
    OFFICE_NAME_MAX = 200,
    OFFICE_ATTRS_MAX = 16 * 1024,
    CODE_DIGITS = 12, /* of 32: 60 bits, see enrol.h */
    CODE_GROUP = 4,
    CODE_TEXT = CODE_DIGITS + CODE_DIGITS / CODE_GROUP, /* "ABCD-EFGH-JKLM" */
    CODE_LIFE_S = 15 * 60,
};

struct office_chain {
    const char *id, *name, *currency, *language;
};

/* Each is a transaction of its own. ST_INVALID in words, ST_CONFLICT when it is there, ST_NOT_FOUND for an unknown
 * chain or store. */
enum status office_chain_create(struct central *central, const struct office_chain *chain, struct errmsg *err);
enum status office_key_add(struct central *central, const char *chain, const char *pem, char out_key_id[17],
                           struct errmsg *err);
/* How many of its keys must sign the chain's rules. Tills enrolled before keep what they were told then. */
enum status office_threshold_set(struct central *central, const char *chain, int64_t threshold, struct errmsg *err);
/* attrs is a JSON object of texts, integers, true and false. */
enum status office_store_create(struct central *central, const char *chain, const char *store, const char *name,
                                const char *attrs, struct errmsg *err);
/* name NULL: it stays. attrs is a JSON object of those that change, null takes one away; "{}": none. Tills hear of it
 * when they are enrolled. ST_NOT_FOUND for an unknown store. */
enum status office_store_set(struct central *central, const char *chain, const char *store, const char *name,
                             const char *attrs, struct errmsg *err);
/* The newest code of a till is its only one: an enrolment by an older one that was long under way must not come after
 * it, and take the till's keys with it. */
enum status office_till_code(struct central *central, const char *chain, const char *store, const char *till,
                             char out_code[CODE_TEXT], struct errmsg *err);

/* ST_INVALID in words for what can be no name: of a chain, store or till; for people to read. */
enum status office_check_id(const char *what, const char *id, struct errmsg *err);
enum status office_check_name(const char *name, struct errmsg *err);
/* ST_NOT_FOUND in words. */
enum status office_need_chain(struct central *central, const char *chain, struct errmsg *err);
enum status office_id_key(struct central *central, const char *chain, uint8_t out_key[CRYPTO_KEY_BYTES],
                          struct errmsg *err);
/* Codes are kept and looked up by hash: what the lookup's time tells is of the hash. Case, spaces and hyphens do not
 * count. ST_INVALID when the text cannot be a code. */
enum status office_code_hash(const char *code, char out_hash[SHA256_TEXT]);

#endif
