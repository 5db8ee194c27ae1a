/* SPDX-License-Identifier: Apache-2.0 */
/*
 * interpret - what a till's record means for sales, members, ledger and reports.
 *
 * Runs inside the transaction that accepts the record. A record that cannot be understood is no reason to stop the
 * till: the caller undoes what was begun and keeps it as a dead letter, with the reason.
 */
#ifndef LOYALD_CENTRAL_INTERPRET_H
#define LOYALD_CENTRAL_INTERPRET_H

#include "sync/central/device.h"

enum { INTERPRET_BUYERS_MAX = 1000 };

/* Whom the sales of some records were posted to, each once. */
struct interpret_buyers {
    int count;
    char members[INTERPRET_BUYERS_MAX][ID_BYTES];
};

struct interpret_record {
    const struct device *device;
    const char *first_dev; /* the till that first wrote it, by its name */
    int64_t seq;
    const char *type;
    int64_t type_version;
    const char *body;
    size_t body_len;
    struct interpret_buyers
        *buyers; /* who bought is added: leases are the caller's to look after, when all is booked */
    /* NULL: a transaction may be of many. Else set to true by who has done what a transaction may hold and has more
     * to do: what was done is kept, and the record comes again in another. */
    bool *again;
};

/* Anything but ST_OK and what interpret_is_fault names is a reason for a dead letter. */
enum status interpret(struct central *central, const struct interpret_record *record, struct errmsg *err);
/* True when st is the machine's fault and not the record's: the batch must be tried again as a whole. */
bool interpret_is_fault(enum status st);
/* Whether sales wait for a member with this identifier. */
enum status interpret_is_unattached(struct central *central, const char *chain, const char *hash, bool *out_any,
                                    struct errmsg *err);
/* Inside a transaction, a step (steps.h): posts the next of the sales that waited for a member with this identifier,
 * who is there now. *out_found is false when none waits. */
enum status interpret_attach_next(struct central *central, const char *chain, const char *hash, bool *out_found,
                                  struct errmsg *err);

#endif
