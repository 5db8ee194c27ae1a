/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sheet - what a transaction changes of members, kept in memory until it ends: each is read once and written once,
 * however many of a till's records are his. So are the accounts of the till itself and the uses of promotions, which
 * all of its records change.
 *
 * Nobody has to remember to write: the store asks before each statement that may meet the same rows, and before the
 * commit; what is undone is forgotten (store.h, store_keeper). Outside of a transaction all is written at once.
 *
 * Used by ledger, lot, member and circle only, who own the tables; all below inside a transaction.
 */
#ifndef LOYALD_CENTRAL_SHEET_H
#define LOYALD_CENTRAL_SHEET_H

#include "sync/central/central.h"

enum { SHEETS_MAX = 4096, SHEET_BYTES_MAX = 16 * 1024 * 1024 }; /* beyond, all is written and begun anew */

struct sheets;
struct member_use;

/* Makes the keeper of this store. Borrows store, which is closed after sheets_destroy. */
enum status sheets_create(struct store *store, struct sheets **out_sheets);
void sheets_destroy(struct sheets *sheets); /* accepts NULL */

struct sheet_expected_use {
    char member[ID_BYTES];
    const char *promotion; /* need not end at len */
    size_t len;
};
/* What will be asked for: members, and how often some of them used a promotion. Read in one way to the database and
 * back. Names nobody has do no harm. */
struct sheet_expected {
    const char *const *members;
    size_t member_count;
    const struct sheet_expected_use *uses;
    size_t use_count;
};
enum status sheets_expect(struct central *central, const char *chain, const struct sheet_expected *expected,
                          struct errmsg *err);

/* Whom he was merged into, "" for nobody. ST_NOT_FOUND. */
enum status sheet_merged(struct central *central, const char *chain, const char *member, char out_into[ID_BYTES],
                         struct errmsg *err);

struct sheet_account {
    const char *chain, *owner, *kind, *currency; /* kind is a literal */
};
/* Adds to the balance of an account, which is made when it is the first of its kind. */
enum status sheet_account_add(struct central *central, const struct sheet_account *account, int64_t amount,
                              int64_t *out_id, int64_t *out_balance, struct errmsg *err);

struct sheet_lot {
    const char *chain, *member, *currency;
    int32_t from_day, until_day;
};
/* 0 when there is none; a lot of nothing is no row. */
enum status sheet_lot_get(struct central *central, const struct sheet_lot *lot, int64_t *out_amount,
                          struct errmsg *err);
/* The one that is spent next, of those with something in them: what expires first, and what is not active on that day
 * after all that is; newest: what came last. Fills lot's days; *out_amount is 0 when there is none. */
enum status sheet_lot_choose(struct central *central, struct sheet_lot *lot, bool newest, int32_t day,
                             int64_t *out_amount, struct errmsg *err);
enum status sheet_lot_set(struct central *central, const struct sheet_lot *lot, int64_t amount, struct errmsg *err);

/* The member's row takes a new number from the change counter, and so many purchases more. */
enum status sheet_touch(struct central *central, const char *chain, const char *member, int64_t purchases,
                        struct errmsg *err);
/* He was seen in a store on that day, or bought once more at a till. */
enum status sheet_seen(struct central *central, const char *chain, const char *member, const char *store, int32_t day,
                       struct errmsg *err);
enum status sheet_bought(struct central *central, const char *chain, const char *member, const char *dev, int32_t day,
                         struct errmsg *err);

/* One promotion's uses by him, to be changed in place; {0} with that last_day when there are none yet. A view until
 * the next call of this module or the store. */
enum status sheet_use(struct central *central, const char *chain, const char *member, const char *promotion,
                      int32_t day, struct member_use **out_use, struct errmsg *err);
/* Once more by the whole chain. */
enum status sheet_chain_use(struct central *central, const char *chain, const char *name, struct errmsg *err);

/* How long points of a currency wait and live, in days; 0 and 0 without a rule. */
enum status sheet_rule(struct central *central, const char *chain, const char *currency, int32_t *out_activation_days,
                       int32_t *out_life_days, struct errmsg *err);

#endif
