/* SPDX-License-Identifier: Apache-2.0 */
/* Codes signed here with a key of our own, as a chain's cloud would. */
#include "agent/base/pk.h"
#include "agent/codes/app_code.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/* One number of a DER signature, as 32 bytes. */
static const uint8_t *take_integer(const uint8_t *der, uint8_t out_half[32])
{
    size_t len = der[1], skip = len > 32 ? len - 32 : 0;

    memset(out_half, 0, 32);
    memcpy(out_half + 32 - (len - skip), der + 2 + skip, len - skip);
    return der + 2 + len;
}

static void sign(struct pk *key, const char *text, char out_code[APP_CODE_BYTES_MAX + 1])
{
    uint8_t digest[SHA256_BYTES], der[PK_SIGNATURE_BYTES_MAX], raw[66] = {0};
    struct sha256 hash;
    size_t len = 0, at = strlen(text);

    sha256_init(&hash);
    sha256_add(&hash, text, at);
    sha256_end(&hash, digest);
    cr_assert_eq(pk_sign(key, digest, der, &len, NULL), ST_OK);
    (void)take_integer(take_integer(der + 2, raw), raw + 32);
    memcpy(out_code, text, at);
    out_code[at++] = '.';
    for (size_t i = 0; i < 86; i++) {
        size_t bit = i * 6;
        unsigned two = (unsigned)raw[bit / 8] << 8 | raw[bit / 8 + 1];

        out_code[at++] = alphabet[two >> (10 - bit % 8) & 63];
    }
    out_code[at] = '\0';
}

Test(app_code, is_verified_as_it_was_signed)
{
    struct pk *key = NULL;

    cr_assert_eq(pk_generate(&key, NULL), ST_OK);
    for (int i = 0; i < 60; i++) { /* every 256th r or s begins with a zero byte, every second with a one bit */
        char text[64], code[APP_CODE_BYTES_MAX + 1];
        uint8_t digest[SHA256_BYTES];
        struct app_code parsed;
        struct sha256 hash;
        const char *why = "";

        (void)snprintf(text, sizeof text, "v1.2900000%05d.%d", i, 1795320000 + i);
        sign(key, text, code);
        cr_assert(app_code_parse(code, strlen(code), &parsed, &why), "%s: %s", code, why);
        cr_expect_eq(parsed.expires_unix_s, 1795320000 + i);
        cr_expect_eq(parsed.signed_len, strlen(text));
        sha256_init(&hash);
        sha256_add(&hash, code, parsed.signed_len);
        sha256_end(&hash, digest);
        cr_expect_eq(pk_verify(key, digest, parsed.der, parsed.der_len, NULL), ST_OK, "%s", code);
        digest[0] ^= 1;
        cr_expect_eq(pk_verify(key, digest, parsed.der, parsed.der_len, NULL), ST_DENIED);
    }
    pk_destroy(key);
}

Test(app_code, of_another_form_is_none)
{
#define SIGNATURE "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
    static const char *const wrong[] = {
        "",
        "v1",
        "v1.",
        "v1.a",
        "v1.a.1",
        "v1.a.1.",
        "v2.a.1." SIGNATURE,
        "v1..1." SIGNATURE,
        "v1.a.." SIGNATURE,
        "v1.a.01." SIGNATURE,
        "v1.a.1x." SIGNATURE,
        "v1.a.123456789012." SIGNATURE,
        "v1.a b.1." SIGNATURE,
        "v1.a.1." SIGNATURE "A",
        "v1.a.1.A" SIGNATURE,
        "v1.a.1.=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "v1.12345678901234567890123456789012345678901234567890123456789012345.1." SIGNATURE,
        /* the four bits left over are not zero */
        "v1.a.1.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB",
    };
    struct app_code parsed;
    const char *why;

    cr_expect(app_code_parse("v1.a.1." SIGNATURE, strlen("v1.a.1." SIGNATURE), &parsed, &why));
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        why = "";
        cr_expect_not(app_code_parse(wrong[i], strlen(wrong[i]), &parsed, &why), "%s", wrong[i]);
        cr_expect(why[0]);
    }
}
