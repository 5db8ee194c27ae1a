/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lot - the points of a member by when they begin to count and when they expire. The lots of a currency add up to its
 * account in the ledger, which calls this module and nobody else does, but for sums and expiry.
 *
 * Spent first is what expires first; what is not active yet only when nothing else is left, and then the balance goes
 * below zero. What comes in pays that first. Points set aside by leases and holds do not expire while they are: a
 * till that was promised them keeps them (docs/protocol.md 7).
 */
#ifndef LOYALD_CENTRAL_LOT_H
#define LOYALD_CENTRAL_LOT_H

#include "agent/base/json_writer.h"
#include "sync/central/central.h"

enum { LOT_DAYS_MAX = 36600, LOT_CURRENCY_BYTES = 513, LOT_EXPIRE_BATCH = 100 };

struct device;

/* Of one member and currency, today. */
struct lot_sums {
    int64_t posted, active; /* all lots; those that count today */
    int64_t leased, held;   /* what is left of live leases; live holds */
};
/* What may still be promised; below zero when more is promised or spent than is there. */
int64_t lot_available(const struct lot_sums *sums);
enum status lot_sum(struct central *central, const char *chain, const char *member, const char *currency,
                    struct lot_sums *out_sums, struct errmsg *err);
int32_t lot_today(const struct central *central);

/* What was earned on a business day: counts by the chain's rule for the currency. earned false: given back, moved or
 * imported, which counts at once. */
struct lot_key {
    const char *chain, *member, *currency;
};
enum status lot_earn(struct central *central, const struct lot_key *key, int32_t day, bool earned, int64_t amount,
                     struct errmsg *err);
enum status lot_add(struct central *central, const struct lot_key *key, int32_t from_day, int32_t until_day,
                    int64_t amount, struct errmsg *err);
/* newest: what came last goes first, as when goods come back. */
enum status lot_take(struct central *central, const struct lot_key *key, bool newest, int64_t amount,
                     struct errmsg *err);
/* Moves all lots of one member to another, as they are. */
enum status lot_move(struct central *central, const char *chain, const char *from, const char *to,
                     struct errmsg *err);

/* {"member","lots":[{"id","currency","amount","from","until"}],"epoch","seq"}. device as in member_write. */
enum status lot_write(struct central *central, const char *chain, const char *member, const struct device *device,
                      struct json_writer *w, struct errmsg *err);
/* Where expiry goes on from; {0} is the beginning. */
struct lot_place {
    char chain[ID_BYTES], member[ID_BYTES], currency[LOT_CURRENCY_BYTES];
};
/* Takes what expired out of at most LOT_EXPIRE_BATCH balances behind *place, a step each (steps.h), and moves it on.
 * *out_more is false when none is left behind it. */
enum status lot_expire(struct central *central, struct lot_place *place, bool *out_more, struct errmsg *err);

#endif
