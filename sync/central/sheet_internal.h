/* SPDX-License-Identifier: Apache-2.0 */
/* sheet_internal - the sheets in memory, for sheet.c (finds and changes them) and sheet_write.c (writes them). */
#ifndef LOYALD_CENTRAL_SHEET_INTERNAL_H
#define LOYALD_CENTRAL_SHEET_INTERNAL_H

#include "agent/base/json_pool.h"
#include "sync/central/member.h"
#include "sync/central/sheet.h"

enum { SHEET_BUCKETS = 1024 };

/* All texts and rows lie in the pool, until all of it is written or forgotten. */
struct account_row {
    struct account_row *next;
    const char *kind, *currency;
    int64_t id, balance;
    bool changed, made; /* made: not in the table yet */
};

struct lot_row {
    struct lot_row *next;
    const char *currency;
    int32_t from_day, until_day;
    int64_t amount;
    bool changed;
};

struct use_row {
    struct use_row *next;
    const char *promotion;
    struct member_use use;
};

struct place_row { /* a store, or a till */
    struct place_row *next;
    const char *name;
    int32_t last_day;
    int64_t count;
};

struct sheet {
    struct sheet *in_bucket, *next;
    const char *chain, *owner; /* a member, or a till: by its dev */
    char merged_into[ID_BYTES];
    bool is_member;
    int64_t change, purchases; /* change 0: not touched */
    struct account_row *accounts;
    struct lot_row *lots;
    struct use_row *uses;
    struct place_row *stores, *tills;
};

struct rule_row { /* a currency's, {0} when it has none */
    struct rule_row *next;
    const char *chain, *currency;
    int32_t activation_days, life_days;
};

struct chain_use {
    struct chain_use *next;
    const char *chain, *name;
    int64_t count;
};

struct sheets {
    struct store_keeper keeper; /* first: the keeper is the sheets */
    struct store *store;
    struct json_pool pool;
    struct sheet *buckets[SHEET_BUCKETS];
    struct sheet *first, **last; /* in the order they were made */
    struct chain_use *uses;
    struct rule_row *rules;
    int count;
};

/* For the keeper. Forgets in any case. */
enum status sheets_write(struct store_keeper *keeper, struct errmsg *err);
void sheets_forget(struct store_keeper *keeper);

#endif
