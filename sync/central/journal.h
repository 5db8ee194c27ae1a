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

/* What an import of records came to. */
struct journal_import {
    char dev[HEX64_TEXT];
    int64_t accepted, known; /* new here, and here before */
    int64_t acked;           /* the till's last record that is here now */
};

/* A batch that no till sent but a person brought: what "loyalctl export-unsynced" or "salvage" wrote, the office vouches for it. The
 * records name their till, revoked or not. Taken as journal_accept would, all or none; of another history they are refused, and the
 * till is none the worse for it. ST_INVALID, ST_NOT_FOUND, ST_CONFLICT in words. */
enum status journal_import(struct central *central, const char *body, size_t len, struct journal_import *out_import,
                           struct errmsg *err);
/* Whether the closing line of such a file bears the MAC of its till's key. ST_INVALID; ST_NOT_FOUND: no such till was ever here;
 * ST_DENIED: it bears none or another, in words. */
enum status journal_check_end(struct central *central, const char *line, size_t len, struct errmsg *err);

#endif
