/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/engine/coupon_code.h"

#include <string.h>

enum { VERSION = 1, HEAD_BYTES = 1 + COUPON_TAG_BYTES + 2 + 8, CODE_BYTES = HEAD_BYTES + COUPON_SIGNATURE_BYTES };

/* Half the order of P-256 (FIPS 186-4, D.1.2.3), rounded down. */
static const uint8_t half_order[32] = {0x7f, 0xff, 0xff, 0xff, 0x80, 0x00, 0x00, 0x00, 0x7f, 0xff, 0xff,
                                       0xff, 0xff, 0xff, 0xff, 0xff, 0xde, 0x73, 0x7d, 0x56, 0xd3, 0x8b,
                                       0xcf, 0x42, 0x79, 0xdc, 0xe5, 0x61, 0x7e, 0x31, 0x92, 0xa8};

void coupon_code_tag(const char *series, uint8_t out_tag[COUPON_TAG_BYTES])
{
    uint8_t digest[SHA256_BYTES];

    sha256_of(series, strlen(series), digest);
    memcpy(out_tag, digest, COUPON_TAG_BYTES);
}

static void head_write(const struct coupon_code_parts *parts, uint8_t out_head[HEAD_BYTES])
{
    uint8_t *at = out_head;

    *at++ = VERSION;
    memcpy(at, parts->tag, COUPON_TAG_BYTES);
    at += COUPON_TAG_BYTES;
    *at++ = (uint8_t)(parts->last_day >> 8);
    *at++ = (uint8_t)parts->last_day;
    for (int shift = 56; shift >= 0; shift -= 8)
        *at++ = (uint8_t)(parts->serial >> shift);
}

void coupon_code_digest(const char *series, const struct coupon_code_parts *parts, uint8_t out_digest[SHA256_BYTES])
{
    uint8_t head[HEAD_BYTES];
    struct sha256 hash;

    head_write(parts, head);
    sha256_init(&hash);
    sha256_add(&hash, COUPON_CODE_DOMAIN, strlen(COUPON_CODE_DOMAIN));
    sha256_add(&hash, series, strlen(series));
    sha256_add(&hash, "\n", 1);
    sha256_add(&hash, head, sizeof head);
    sha256_end(&hash, out_digest);
}

void coupon_code_write(const struct coupon_code_parts *parts, char out_code[COUPON_CODE_TEXT])
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    uint8_t bytes[CODE_BYTES];
    unsigned bits = 0, held = 0;
    size_t len = 0;

    head_write(parts, bytes);
    memcpy(bytes + HEAD_BYTES, parts->signature, COUPON_SIGNATURE_BYTES);
    for (size_t i = 0; i < sizeof bytes; i++) {
        bits = (bits << 8 | bytes[i]) & 0xfff;
        for (held += 8; held >= 5; held -= 5)
            out_code[len++] = digits[bits >> (held - 5) & 31];
    }
    out_code[len++] = digits[bits << (5 - held) & 31];
    out_code[len] = '\0';
}

static int digit_of(char digit)
{
    if (digit >= 'a' && digit <= 'z')
        return digit - 'a';
    return digit >= '2' && digit <= '7' ? digit - '2' + 26 : -1;
}

static bool unbase32(const char *code, uint8_t out_bytes[CODE_BYTES])
{
    unsigned bits = 0, held = 0;
    size_t len = 0;

    if (strlen(code) != COUPON_CODE_TEXT - 1)
        return false;
    for (; *code; code++) {
        int digit = digit_of(*code);

        if (digit < 0)
            return false;
        bits = (bits << 5 | (unsigned)digit) & 0xfff;
        held += 5;
        if (held >= 8) {
            held -= 8;
            out_bytes[len++] = (uint8_t)(bits >> held);
        }
    }
    return (bits & ((1u << held) - 1)) == 0;
}

bool coupon_code_read(const char *code, struct coupon_code_parts *out_parts)
{
    struct coupon_code_parts parts = {0};
    uint8_t bytes[CODE_BYTES];
    const uint8_t *at = bytes + 1;

    if (!unbase32(code, bytes) || bytes[0] != VERSION)
        return false;
    memcpy(parts.tag, at, COUPON_TAG_BYTES);
    at += COUPON_TAG_BYTES;
    parts.last_day = (uint16_t)(at[0] << 8 | at[1]);
    at += 2;
    for (int i = 0; i < 8; i++)
        parts.serial = parts.serial << 8 | *at++;
    memcpy(parts.signature, at, COUPON_SIGNATURE_BYTES);
    if (memcmp(parts.signature + 32, half_order, sizeof half_order) > 0)
        return false;
    *out_parts = parts;
    return true;
}
