/* SPDX-License-Identifier: Apache-2.0 */
/*
 * record - the envelope of what a till journals, and the chain of hashes that ties the records together.
 *
 * The bytes that record_encode writes are stored, hashed and sent as they are, for ever; nobody encodes a record a
 * second time. Shape: docs/protocol.md 2.
 */
#ifndef LOYALD_PROTOCOL_RECORD_H
#define LOYALD_PROTOCOL_RECORD_H

#include "agent/base/errmsg.h"
#include "agent/base/sha256.h"
#include "agent/base/status.h"
#include "agent/base/strbuf.h"

#include <stdint.h>

struct cJSON;

enum {
    RECORD_BYTES_MAX = 1024 * 1024 - 1, /* with its line end it fits one message (frame.h) */
    RECORD_TYPE_MAX = 32,
    RECORD_BATCH_MAX = 500,
};

/* What the envelope says. Times in hlc: 48 bits of Unix ms, 16 bits of counter. */
struct record_head {
    uint64_t dev;
    uint64_t epoch;
    int64_t seq; /* from 1 */
    uint64_t hlc;
    char type[RECORD_TYPE_MAX + 1];
    int64_t type_version;
    uint8_t prev[SHA256_BYTES];
};

/* Appends the record's one line, without a newline. body is a JSON object. ST_FULL past RECORD_BYTES_MAX; ST_INVALID
 * for what record_parse would refuse: a seq or type_version below 1 or of more than 15 digits, a type of other than
 * a-z 0-9 _, a body that is no object or has a line end in it. On failure out is not to be used. */
enum status record_encode(const struct record_head *head, const char *body, size_t body_len, struct strbuf *out,
                          struct errmsg *err);
/* Reads the envelope only, from its fixed beginning; never fails on what a body holds. ST_INVALID when the bytes do
 * not begin as docs/protocol.md 2 says. On ST_OK *out_body is a view of the body's text inside bytes. */
enum status record_parse(const char *bytes, size_t len, struct record_head *out_head, const char **out_body,
                         size_t *out_body_len, struct errmsg *err);
/* A form of an enrolment is sealed for this purpose, and bound to the till, the card and the consent: docs/protocol.md 8. */
#define RECORD_FORM_INFO "loyald form 1"
void record_form_place(const char *dev, const char *identifier, const char *consent, struct strbuf *out);
/* hash = SHA-256(prev || bytes). */
void record_hash(const uint8_t prev[SHA256_BYTES], const void *bytes, size_t len, uint8_t out_hash[SHA256_BYTES]);
/* The next hybrid time after last at the wall time given: never goes back, even when the clock does. */
uint64_t record_next_hlc(uint64_t last, int64_t wall_ms);
/* Its Unix ms. */
static inline int64_t record_hlc_ms(uint64_t hlc)
{
    return (int64_t)(hlc >> 16);
}

#endif
