/* SPDX-License-Identifier: Apache-2.0 */
/*
 * carried - records that a till carried over into an epoch of its own, since its disk had been copied or put back.
 *
 * What it had not heard to be here may be here all the same, or come from the other life yet: the same record, in
 * bytes and hash, under its first place. Whichever of the two is booked first is booked, the other is not, and that
 * is all that becomes of it: no dead letter, no notice. Who carried it claims it first, by a row of the till that
 * first wrote it, which keeps that till's own from being booked; then it is booked where it came.
 */
#ifndef LOYALD_CENTRAL_CARRIED_H
#define LOYALD_CENTRAL_CARRIED_H

#include "sync/central/device.h"
#include "sync/protocol/record.h"

struct carried {
    char first_dev[HEX64_TEXT]; /* who first wrote it */
    bool booked;                /* it was, or will be, under another place */
    bool again; /* where steps are apart: it was claimed, a step of the first till; it is to come again */
};

/* Inside the transaction that books the record. */
enum status carried_look(struct central *central, const struct device *device, const struct record_head *head,
                         const char *body, size_t body_len, struct carried *out_carried, struct errmsg *err);

#endif
