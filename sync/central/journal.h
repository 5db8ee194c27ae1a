/* SPDX-License-Identifier: Apache-2.0 */
/*
 * journal - batches of records, each record exactly once (docs/protocol.md 7).
 *
 * One transaction a batch, of this till's rows only: the cursor in the till's row is the authority, bytes are kept as
 * they came, and only after the commit is anything answered. Sending again is always safe. What the records mean is
 * booked afterwards (counting.h), so nothing in them can keep a till from getting rid of them.
 */
#ifndef LOYALD_CENTRAL_JOURNAL_H
#define LOYALD_CENTRAL_JOURNAL_H

#include "sync/central/device.h"

enum { JOURNAL_BODY_MAX = 1024 * 1024 };

/* Fills the answer. */
void journal_accept(struct central *central, const struct device *device, const char *body, size_t len,
                    struct answer *answer);

#endif
