/* SPDX-License-Identifier: Apache-2.0 */
/*
 * coupon_code - the code of a signed coupon: everything a till must know to take it without a list or a link.
 *
 *   version 1 | tag of the series 4 | last day 2 | serial 8 | signature 64     bytes, big-endian
 *   written in base32 (RFC 4648, A-Z 2-7, no padding): 127 characters, the alphanumeric mode of a QR code
 *
 * The signature is ECDSA over P-256 as r || s, of SHA-256 over COUPON_CODE_DOMAIN, the id of the series, a line end
 * and the 15 bytes before it: bound to the whole id, of which the tag is only the first bytes of a hash. A code has
 * exactly one form: case, spaces and hyphens apart, its unused last bits are 0 and s is in the lower half of the
 * curve's order (s and order - s would both be good), or one coupon could be used twice.
 */
#ifndef LOYALD_ENGINE_COUPON_CODE_H
#define LOYALD_ENGINE_COUPON_CODE_H

#include "agent/base/sha256.h"

#include <stdbool.h>
#include <stdint.h>

#define COUPON_CODE_DOMAIN "loyald-coupon/1\n"

enum {
    COUPON_CODE_TEXT = 128, /* with the NUL */
    COUPON_SIGNATURE_BYTES = 64,
    COUPON_KEY_BYTES = 65, /* an uncompressed point */
    COUPON_TAG_BYTES = 4,
};

struct coupon_code_parts {
    uint8_t tag[COUPON_TAG_BYTES];
    uint16_t last_day; /* since 1970-01-01, included; 0: no end of its own */
    uint64_t serial;
    uint8_t signature[COUPON_SIGNATURE_BYTES];
};

void coupon_code_tag(const char *series, uint8_t out_tag[COUPON_TAG_BYTES]);
/* What is signed. */
void coupon_code_digest(const char *series, const struct coupon_code_parts *parts, uint8_t out_digest[SHA256_BYTES]);
void coupon_code_write(const struct coupon_code_parts *parts, char out_code[COUPON_CODE_TEXT]);
/* Takes a code as name_code leaves it (lower case). False when it is not exactly of this form. */
bool coupon_code_read(const char *code, struct coupon_code_parts *out_parts);

#endif
