/* SPDX-License-Identifier: Apache-2.0 */
/* journal_internal - one batch on its way into the journal: journal_batch.c looks through it and writes it, journal.c answers
 * the tills that sent some, journal_import.c those that a person brought. */
#ifndef LOYALD_CENTRAL_JOURNAL_INTERNAL_H
#define LOYALD_CENTRAL_JOURNAL_INTERNAL_H

#include "sync/central/device.h"
#include "sync/protocol/record.h"

struct envelope {
    struct record_head head;
    const char *bytes, *body;
    size_t len, body_len;
    uint8_t hash[SHA256_BYTES];
};

struct batch {
    struct central *central;
    enum status st;       /* what became of it; refused: with a reason */
    struct errmsg reason;
    char epoch[HEX64_TEXT]; /* that its records are of */
    struct device device; /* as it stands within the transaction */
    int64_t duplicates;   /* records of this batch that were known */
    int64_t accepted;
    int64_t fork_seq; /* above 0: this till's history is not the one known */
    struct envelope records[RECORD_BATCH_MAX];
    size_t count;
};

/* Cuts the body into records and checks their envelopes: nothing is written for a batch that is damaged anywhere. Sets
 * all but central and device, which are set before. Borrows body. */
enum status journal_read_batch(struct batch *batch, const char *body, size_t len, struct errmsg *err);
/* A store_body: takes it in, from the till's cursor as it is within the transaction. ST_RANGE: it begins behind a gap;
 * ST_DENIED: a fork; ST_CONFLICT: the till has another epoch now. Refused so, nothing of it was written. */
enum status journal_take_batch(void *context, struct errmsg *err);

#endif
