/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/base/pk_memo.h"

#include <string.h>

enum { HALF = PK_COMPACT_BYTES / 2, DER_HEAD = 2 };

/* The order of P-256 (FIPS 186-4, D.1.2.3). */
static const uint8_t order[HALF] = {0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff,
                                    0xff, 0xff, 0xff, 0xff, 0xff, 0xbc, 0xe6, 0xfa, 0xad, 0xa7, 0x17,
                                    0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51};

/* A DER INTEGER of 32 bytes: no leading zeros but one where the top bit would make it negative. */
static size_t der_integer(const uint8_t number[HALF], uint8_t *out)
{
    size_t skip = 0, len;
    bool pad;

    while (skip < HALF - 1 && number[skip] == 0)
        skip++;
    pad = number[skip] & 0x80;
    len = HALF - skip + pad;
    out[0] = 0x02;
    out[1] = (uint8_t)len;
    out[2] = 0;
    memcpy(out + DER_HEAD + pad, number + skip, HALF - skip);
    return DER_HEAD + len;
}

static size_t to_der(const uint8_t signature[PK_COMPACT_BYTES], uint8_t out_der[PK_SIGNATURE_BYTES_MAX])
{
    size_t len = der_integer(signature, out_der + DER_HEAD);

    len += der_integer(signature + HALF, out_der + DER_HEAD + len);
    out_der[0] = 0x30;
    out_der[1] = (uint8_t)len;
    return DER_HEAD + len;
}

/* The next INTEGER of a signature that we made ourselves, in 32 bytes. */
static bool from_der_integer(const uint8_t *der, size_t len, size_t *at, uint8_t out_number[HALF])
{
    size_t size;

    if (len - *at < DER_HEAD || der[*at] != 0x02 || der[*at + 1] > len - *at - DER_HEAD)
        return false;
    size = der[*at + 1];
    *at += DER_HEAD;
    while (size > HALF && der[*at] == 0) {
        ++*at;
        size--;
    }
    if (size > HALF)
        return false;
    memset(out_number, 0, HALF);
    memcpy(out_number + HALF - size, der + *at, size);
    *at += size;
    return true;
}

/* number = order - number, where that is less. */
static void into_lower_half(uint8_t number[HALF])
{
    uint8_t other[HALF];
    int borrow = 0;

    for (size_t i = HALF; i-- > 0;) {
        int digit = order[i] - number[i] - borrow;

        borrow = digit < 0;
        other[i] = (uint8_t)(digit + (borrow ? 256 : 0));
    }
    if (memcmp(other, number, HALF) < 0)
        memcpy(number, other, HALF);
}

enum status pk_sign_compact(const struct pk *key, const uint8_t digest[SHA256_BYTES],
                            uint8_t out_signature[PK_COMPACT_BYTES], struct errmsg *err)
{
    uint8_t der[PK_SIGNATURE_BYTES_MAX], signature[PK_COMPACT_BYTES];
    size_t len = 0, at = DER_HEAD;
    enum status st = pk_sign(key, digest, der, &len, err);

    if (st != ST_OK)
        return st;
    if (len < DER_HEAD || !from_der_integer(der, len, &at, signature) ||
        !from_der_integer(der, len, &at, signature + HALF)) {
        errmsg_set(err, "a signature came out in a form that is not ours");
        return ST_INTERNAL;
    }
    into_lower_half(signature + HALF);
    memcpy(out_signature, signature, sizeof signature);
    return ST_OK;
}

enum status pk_verify_compact(const struct pk *key, const uint8_t digest[SHA256_BYTES],
                              const uint8_t signature[PK_COMPACT_BYTES], struct errmsg *err)
{
    uint8_t der[PK_SIGNATURE_BYTES_MAX];

    return pk_verify(key, digest, der, to_der(signature, der), err);
}

bool pk_memo_verify(void *user, const uint8_t point[PK_POINT_BYTES], const uint8_t digest[SHA256_BYTES],
                    const uint8_t signature[PK_COMPACT_BYTES])
{
    struct pk_memo *memo = user;
    uint8_t asked[SHA256_BYTES];
    struct sha256 hash;
    struct pk *key = NULL;
    enum status st;

    sha256_init(&hash);
    sha256_add(&hash, point, PK_POINT_BYTES);
    sha256_add(&hash, digest, SHA256_BYTES);
    sha256_add(&hash, signature, PK_COMPACT_BYTES);
    sha256_end(&hash, asked);
    for (size_t i = 0; i < PK_MEMO_MAX; i++) {
        if (memo->entries[i].known && memcmp(memo->entries[i].asked, asked, sizeof asked) == 0)
            return memo->entries[i].good;
    }
    memo->verified++;
    st = pk_from_point(point, &key, NULL);
    if (st == ST_OK)
        st = pk_verify_compact(key, digest, signature, NULL);
    pk_destroy(key);
    if (st == ST_NOMEM)
        return false;
    memcpy(memo->entries[memo->next].asked, asked, sizeof asked);
    memo->entries[memo->next].known = true;
    memo->entries[memo->next].good = st == ST_OK;
    memo->next = (memo->next + 1) % PK_MEMO_MAX;
    return st == ST_OK;
}
