/* SPDX-License-Identifier: Apache-2.0 */
/* unsynced - the closing line of a file of records (sync/protocol/export.h), from a journal: of a till that runs, or of one that was saved
 * from its disk. */
#ifndef LOYALD_TILL_UNSYNCED_H
#define LOYALD_TILL_UNSYNCED_H

#include "agent/base/strbuf.h"
#include "agent/till/identity.h"

/* Appends it for a file of so many records that ends with the one at that position; with a MAC of the till's key once it is enrolled. ST_NOT_FOUND in
 * words when there is no such record. */
enum status unsynced_write_end(struct journal *journal, const struct identity *identity, int64_t records, int64_t position,
                               struct strbuf *out, struct errmsg *err);

#endif
