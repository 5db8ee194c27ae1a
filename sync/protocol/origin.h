/* SPDX-License-Identifier: Apache-2.0 */
/*
 * origin - where a record was first written that a till carried over into a new epoch (docs/protocol.md 7).
 *
 * Its body stays as it was and ends with one member more, `"origin":{"dev","epoch","seq","prev"}`: with that the
 * bytes that were first written can be made again, and their hash. So whoever has both knows them for one record, and
 * nobody can pass another one off for it.
 */
#ifndef LOYALD_PROTOCOL_ORIGIN_H
#define LOYALD_PROTOCOL_ORIGIN_H

#include "sync/protocol/record.h"

struct origin {
    uint64_t dev, epoch;
    int64_t seq;
    uint8_t hash[SHA256_BYTES]; /* of the bytes first written */
};

/* Writes, in place of what out holds, the record as it is in another epoch: dev, epoch, seq and prev are those of to,
 * the rest its own. One carried before keeps its first origin; one that has no room for any goes without. ST_INVALID
 * when bytes are no record. */
enum status origin_carry(const struct record_head *to, const char *bytes, size_t len, struct strbuf *out,
                         struct errmsg *err);
/* Of a record as record_parse reads it. ST_NOT_FOUND when it was not carried. */
enum status origin_read(const struct record_head *head, const char *body, size_t body_len, struct origin *out_origin,
                        struct errmsg *err);

#endif
