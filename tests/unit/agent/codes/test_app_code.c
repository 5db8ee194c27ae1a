/* SPDX-License-Identifier: Apache-2.0 */
/* Codes signed here with a key of our own, as a chain's cloud would. */
#include "agent/base/base64.h"
#include "agent/base/pk_memo.h"
#include "tests/support/app_code_maker.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

Test(app_code, is_verified_as_it_was_signed)
{
    struct pk *key = NULL;

    cr_assert_eq(pk_generate(&key, NULL), ST_OK);
    for (int i = 0; i < 60; i++) { /* every 256th r or s begins with a zero byte, every second with a one bit */
        char id[16], code[APP_CODE_BYTES_MAX + 1];
        uint8_t digest[SHA256_BYTES], signature[PK_COMPACT_BYTES];
        struct app_code parsed;
        const char *why = "";
        size_t len;

        (void)snprintf(id, sizeof id, "2900000%05d", i);
        app_code_make(key, id, 1795320000 + i, code);
        cr_assert(app_code_parse(code, strlen(code), &parsed, &why), "%s: %s", code, why);
        cr_expect_str_eq(parsed.id, id);
        cr_expect_eq(parsed.expires_unix_s, 1795320000 + i);
        cr_assert_eq(
            base64url_decode(parsed.signature, strlen(parsed.signature), signature, sizeof signature, &len), ST_OK);
        sha256_of(code, parsed.signed_len, digest);
        cr_expect_eq(pk_verify_compact(key, digest, signature, NULL), ST_OK, "%s", code);
        digest[0] ^= 1;
        cr_expect_eq(pk_verify_compact(key, digest, signature, NULL), ST_DENIED);
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
