/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/base/base64.h"

#include <criterion/criterion.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* RFC 4648 section 10 */
Test(base64, is_that_of_rfc_4648)
{
    static const char *const cases[][2] = {{"", ""},
                                           {"f", "Zg=="},
                                           {"fo", "Zm8="},
                                           {"foo", "Zm9v"},
                                           {"foob", "Zm9vYg=="},
                                           {"fooba", "Zm9vYmE="},
                                           {"foobar", "Zm9vYmFy"}};
    char text[16], bytes[16];
    size_t i, len;

    for (i = 0; i < sizeof cases / sizeof *cases; i++) {
        base64_encode(cases[i][0], strlen(cases[i][0]), text);
        cr_expect_str_eq(text, cases[i][1]);
        cr_assert_eq(base64_decode(cases[i][1], bytes, sizeof bytes, &len), ST_OK);
        cr_expect_eq(len, strlen(cases[i][0]));
        cr_expect_eq(memcmp(bytes, cases[i][0], len), 0);
    }
}

Test(base64, refuses_what_is_not_exactly_it)
{
    static const char *const cases[] = {"A",    "AA",   "AAA",  "AAA=A", "=AAA",   "A=AA", "AA=A",       "====",
                                        "A===", "Zh==", "Zm9=", "Zm 9",  "Zm9v\n", "Zm9-", "\xd0\x96==", "Zg==Zg=="};
    char bytes[16] = "untouched";
    size_t i, len = 77;

    for (i = 0; i < sizeof cases / sizeof *cases; i++)
        cr_expect_eq(base64_decode(cases[i], bytes, sizeof bytes, &len), ST_INVALID, "%s", cases[i]);
    cr_expect_eq(base64_decode("Zm9v", bytes, 2, &len), ST_FULL);
    cr_expect_str_eq(bytes, "untouched");
    cr_expect_eq(len, 77);
    cr_expect_eq(base64_decode("Zm9v", bytes, 3, &len), ST_OK);
}

Test(base64, for_addresses_has_another_end_and_no_padding)
{
    static const char *const wrong[] = {"A", "Zg==", "Zh", "Zm9", "ab+/", "Zm9vA", "Zm 9"};
    char bytes[16] = "untouched";
    size_t len = 77;

    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        cr_expect_eq(base64url_decode(wrong[i], strlen(wrong[i]), bytes, sizeof bytes, &len), ST_INVALID, "%s",
                     wrong[i]);
    cr_expect_eq(base64url_decode("Zm8", 3, bytes, 1, &len), ST_FULL);
    cr_expect_str_eq(bytes, "untouched");
    cr_assert_eq(base64url_decode("-_8", 3, bytes, 2, &len), ST_OK);
    cr_expect_eq(len, 2);
    cr_expect_eq(memcmp(bytes, "\xfb\xff", 2), 0);
}

Test(base64, comes_back_for_random_bytes)
{
    unsigned seed = (unsigned)time(NULL);
    uint8_t bytes[64], back[64];
    char text[BASE64_BYTES(64)];
    size_t i, len, back_len;

    srand(seed);
    for (len = 0; len <= sizeof bytes; len++) {
        for (i = 0; i < len; i++)
            bytes[i] = (uint8_t)rand();
        base64_encode(bytes, len, text);
        cr_expect_eq(strlen(text) + 1, BASE64_BYTES(len));
        cr_assert_eq(base64_decode(text, back, len, &back_len), ST_OK, "seed %u", seed);
        cr_expect(back_len == len && memcmp(bytes, back, len) == 0, "seed %u len %zu", seed, len);
    }
}
