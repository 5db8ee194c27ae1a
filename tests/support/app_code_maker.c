/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/app_code_maker.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

/* One number of a DER signature, as 32 bytes. */
static const uint8_t *take_integer(const uint8_t *der, uint8_t out_half[32])
{
    size_t len = der[1], skip = len > 32 ? len - 32 : 0;

    memset(out_half, 0, 32);
    memcpy(out_half + 32 - (len - skip), der + 2 + skip, len - skip);
    return der + 2 + len;
}

void app_code_make(struct pk *key, const char *id, int64_t expires_unix_s, char out_code[APP_CODE_BYTES_MAX + 1])
{
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    uint8_t digest[SHA256_BYTES], der[PK_SIGNATURE_BYTES_MAX], raw[66] = {0};
    size_t len = 0, at;

    at = (size_t)snprintf(out_code, APP_CODE_BYTES_MAX + 1, "v1.%s.%lld", id, (long long)expires_unix_s);
    sha256_of(out_code, at, digest);
    cr_assert_eq(pk_sign(key, digest, der, &len, NULL), ST_OK);
    (void)take_integer(take_integer(der + 2, raw), raw + 32);
    out_code[at++] = '.';
    for (size_t i = 0; i < APP_CODE_SIGNATURE_CHARACTERS; i++) {
        size_t bit = i * 6;
        unsigned two = (unsigned)raw[bit / 8] << 8 | raw[bit / 8 + 1];

        out_code[at++] = alphabet[two >> (10 - bit % 8) & 63];
    }
    out_code[at] = '\0';
}
