/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pk_memo - signatures of 64 bytes (r || s, the form that fits into a code), and a memory of what was verified.
 *
 * A verification takes about 3 ms; a sale is evaluated at every scan, with the same coupons. The last PK_MEMO_MAX
 * verdicts are kept, the oldest goes. A verdict is a fact about its bytes, so it never gets stale; one that could not
 * be reached (no memory) is not kept.
 */
#ifndef LOYALD_BASE_PK_MEMO_H
#define LOYALD_BASE_PK_MEMO_H

#include "agent/base/pk.h"

#include <stdbool.h>

enum { PK_MEMO_MAX = 64, PK_COMPACT_BYTES = 64 };

struct pk_memo { /* begins zeroed; nothing to clear */
    struct {
        uint8_t asked[SHA256_BYTES];
        bool known, good;
    } entries[PK_MEMO_MAX];
    size_t next;
    uint64_t verified; /* how often it had to work it out */
};

/* s is brought into the lower half of the order, so that a signature has one form. */
enum status pk_sign_compact(const struct pk *key, const uint8_t digest[SHA256_BYTES],
                            uint8_t out_signature[PK_COMPACT_BYTES], struct errmsg *err);
/* ST_DENIED when it is not the key's. */
enum status pk_verify_compact(const struct pk *key, const uint8_t digest[SHA256_BYTES],
                              const uint8_t signature[PK_COMPACT_BYTES], struct errmsg *err);
/* memo is a struct pk_memo; fits engine_verify. False also for a point that is off the curve. */
bool pk_memo_verify(void *memo, const uint8_t point[PK_POINT_BYTES], const uint8_t digest[SHA256_BYTES],
                    const uint8_t signature[PK_COMPACT_BYTES]);

#endif
