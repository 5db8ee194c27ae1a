/* SPDX-License-Identifier: Apache-2.0 */
/*
 * journal - batches of records, each record exactly once (docs/protocol.md 7).
 *
 * A batch changes rows of its till only: the cursor in the till's row is the authority, bytes are kept as
 * they came, and only after the commit is anything answered. Sending again is always safe. What the records mean is
 * booked afterwards (counting.h), so nothing in them can keep a till from getting rid of them.
 */
#ifndef LOYALD_CENTRAL_JOURNAL_H
#define LOYALD_CENTRAL_JOURNAL_H

#include "sync/central/device.h"

enum { JOURNAL_BODY_MAX = 1024 * 1024 };

/*
 * Batches that are there at the same time share a transaction and with it a commit, 1 of each till or several. A batch
 * is looked through before anything of it is written, so one that is refused leaves nothing behind and the others are
 * none the worse; after a fault each is taken by itself. All answers are filled after the commit.
 */
enum { JOURNAL_GROUP_MAX = 32 };
struct journal_post {
    const struct device *device;
    const char *body;
    size_t len;
    struct answer *answer;
};
/* Any number, JOURNAL_GROUP_MAX in a transaction; one where the database is spread (steps.h). */
void journal_accept_all(struct central *central, const struct journal_post *posts, size_t count);
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
