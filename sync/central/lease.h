/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lease - points set aside at one till for one member, so that it may spend them without a link and without risk.
 *
 * Granted out of what is available, in the transaction that debits it; only at the tills where the member buys most,
 * counted since the chain grants leases, only up to the chain's cap, topped up and prolonged while the till is heard
 * of. What a record of the till spends of it goes from the balance and from the lease at once, so what is promised
 * stays covered (docs/protocol.md 7).
 *
 * No clock at the central ends a lease: a till that is silent may have spent it. It ends by the till's
 * lease_close, or is written off after the chain's days of silence, which is written down as a risk taken.
 */
#ifndef LOYALD_CENTRAL_LEASE_H
#define LOYALD_CENTRAL_LEASE_H

#include "agent/base/json_writer.h"
#include "sync/central/interpret.h"

enum {
    LEASE_TILLS_MAX = 2,  /* of one member and currency at once */
    LEASE_SALES_MIN = 2,  /* at a till before a lease pays there */
    LEASE_RULES_MAX = 16, /* currencies of a chain that are leased */
    LEASE_WRITE_OFF_BATCH = 200,
    LEASE_DAYS_MAX = 365,
};

/* All but the last three inside a transaction. */
/* Whether the chain has leases at all, and grants them now. */
enum status lease_are_granted(struct central *central, const char *chain, bool *out_granted, struct errmsg *err);
/* The member bought at that till, which is counted: a lease is granted there or filled up where it pays. */
enum status lease_after_sale(struct central *central, const struct device *device, const char *member,
                             struct errmsg *err);
/* A record of the till spent that much of its lease; a sale that happened is not argued with. */
enum status lease_used(struct central *central, const struct device *device, const char *id, int64_t amount,
                       struct errmsg *err);
/* The till's word that nothing more will be spent: what is left is available again. */
enum status lease_closed(struct central *central, const struct device *device, const char *id, struct errmsg *err);
enum status lease_write(struct central *central, const char *id, const struct device *device, struct json_writer *w,
                        struct errmsg *err);

/* The till was heard of: leases past half of their time live on. Cheap when there are none. */
enum status lease_prolong(struct central *central, const struct device *device, struct errmsg *err);
/* Gives up what tills silent for too long, or enrolled anew, have set aside; at most a batch. */
enum status lease_write_off(struct central *central, int64_t *out_count, struct errmsg *err);
/* The till is told to spend nothing more from it; it stays set aside until the till says it is closed. */
enum status lease_recall(struct central *central, const char *id, struct errmsg *err);

#endif
