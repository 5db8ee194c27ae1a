/* SPDX-License-Identifier: Apache-2.0 */
/* sheet_internal - the sheets in memory, for sheet.c (finds and makes them), sheet_expect.c (many at once),
 * sheet_points.c and sheet_uses.c (change them) and sheet_write.c (writes them). */
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
    int64_t undated;    /* of a member's balance what is in no dated lot */
    bool changed, made; /* made: not in the table yet */
    bool has_dated;     /* all dated lots of this currency are in the sheet */
};

struct lot_row { /* with a date */
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
    bool found, changed; /* found: the table has it */
};

struct place_row { /* a store, or a till */
    struct place_row *next;
    const char *name;
    int32_t last_day;
    int64_t count;    /* 0: not in this transaction */
    bool known;       /* a store: the table has it */
    int32_t kept_day; /* with what day */
};

struct sheet {
    struct sheet *in_bucket, *next;
    const char *chain, *owner; /* a member, or a till: by its dev */
    char merged_into[ID_BYTES];
    bool is_member;
    bool has_others;           /* all his accounts are here, not those of his points alone */
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
    const char *asked_of; /* the chain that these were read of */
    bool by_store;        /* its tills hear of members by store */
    bool has_leases;      /* points of it are set aside at tills */
    bool grants_leases;   /* and where a member buys most is asked for */
    int count;
};

struct sheets *sheets_of(const struct central *central);
/* Memory until all is written or forgotten; NULL when there is none. sheets_take gives zeros. */
void *sheets_take(struct sheets *sheets, size_t bytes);
const char *sheets_copy(struct sheets *sheets, const char *text);
/* The sheets' own question, which asks nothing of them. */
enum status sheets_ask(struct sheets *sheets, enum statement statement, const struct store_value *values,
                       size_t count, struct rows **out_rows, struct errmsg *err);
/* Reads what is asked of a chain, once. */
enum status sheets_ask_chain(struct sheets *sheets, const char *chain, struct errmsg *err);
/* Something was changed: outside of a transaction nobody would ask for it. */
enum status sheets_done(struct sheets *sheets, struct errmsg *err);
/* One owner's, read when it is not there yet. chain and owner are the caller's own, as all may be forgotten here. */
enum status sheet_find(struct central *central, const char *chain, const char *owner, struct sheet **out_sheet,
                       struct errmsg *err);
/* What few records ask for: a member's accounts of another kind, or a till's. */
enum status sheet_load_others(struct sheets *sheets, struct sheet *sheet, struct errmsg *err);
/* NULL when it is not there. */
struct sheet *sheet_look_up(struct sheets *sheets, const char *chain, const char *owner);
/* All of a sheet: an empty one, which is put in when it is read; NULL without memory. */
struct sheet *sheet_make(struct sheets *sheets, const char *chain, const char *owner);
void sheet_put_in(struct sheets *sheets, struct sheet *sheet);
enum status sheet_take_row(struct sheets *sheets, struct sheet *sheet, const struct rows *rows);
/* Promotions by name, which need not end at len. NULL when it is not there; add: without memory. */
struct use_row *sheet_find_use(const struct sheet *sheet, const char *promotion, size_t len);
struct use_row *sheet_add_use(struct sheets *sheets, struct sheet *sheet, const char *promotion, size_t len);
void sheet_read_use(struct use_row *row, struct rows *rows);
/* NULL without memory. */
struct account_row *sheet_add_account(struct sheets *sheets, struct sheet *sheet, const char *kind,
                                      const char *currency);
struct lot_row *sheet_add_lot(struct sheets *sheets, struct sheet *sheet, const char *currency, int32_t from_day,
                              int32_t until_day);

/* For the keeper. Forgets in any case. */
enum status sheets_write(struct store_keeper *keeper, struct errmsg *err);
void sheets_forget(struct store_keeper *keeper);

#endif
