/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/base/pk_memo.h"

#include "agent/base/crypto.h"

#include <criterion/criterion.h>
#include <string.h>

struct fixture {
    struct pk *key;
    uint8_t point[PK_POINT_BYTES], digest[SHA256_BYTES], signature[PK_COMPACT_BYTES];
    struct pk_memo memo;
};

static struct fixture f;

static void begin(void)
{
    memset(&f, 0, sizeof f);
    cr_assert_eq(pk_generate(&f.key, NULL), ST_OK);
    cr_assert_eq(pk_point(f.key, f.point), ST_OK);
    sha256_of("a coupon", 8, f.digest);
    cr_assert_eq(pk_sign_compact(f.key, f.digest, f.signature, NULL), ST_OK);
}

static void end(void)
{
    pk_destroy(f.key);
}

Test(pk_memo, verifies_once, .init = begin, .fini = end)
{
    for (int i = 0; i < 5; i++)
        cr_expect(pk_memo_verify(&f.memo, f.point, f.digest, f.signature));
    cr_expect_eq(f.memo.verified, 1);
    f.signature[10] ^= 1;
    for (int i = 0; i < 5; i++)
        cr_expect_not(pk_memo_verify(&f.memo, f.point, f.digest, f.signature));
    cr_expect_eq(f.memo.verified, 2);
}

Test(pk_memo, refuses_another_key_digest_or_point, .init = begin, .fini = end)
{
    struct pk *other = NULL;
    uint8_t point[PK_POINT_BYTES], digest[SHA256_BYTES] = {0};

    cr_assert_eq(pk_generate(&other, NULL), ST_OK);
    cr_assert_eq(pk_point(other, point), ST_OK);
    cr_expect_not(pk_memo_verify(&f.memo, point, f.digest, f.signature));
    cr_expect_not(pk_memo_verify(&f.memo, f.point, digest, f.signature));
    memcpy(point, f.point, sizeof point);
    point[64] ^= 1; /* off the curve */
    cr_expect_not(pk_memo_verify(&f.memo, point, f.digest, f.signature));
    memset(point, 0, sizeof point);
    cr_expect_not(pk_memo_verify(&f.memo, point, f.digest, f.signature));
    pk_destroy(other);
}

Test(pk_memo, refuses_zeros_and_ones, .init = begin, .fini = end)
{
    uint8_t signature[PK_COMPACT_BYTES];

    memset(signature, 0, sizeof signature);
    cr_expect_not(pk_memo_verify(&f.memo, f.point, f.digest, signature));
    memset(signature, 0xff, sizeof signature);
    cr_expect_not(pk_memo_verify(&f.memo, f.point, f.digest, signature));
}

/* Numbers of r and s that begin with zeros or with a high bit take another form in between. */
Test(pk_memo, signs_in_one_form, .init = begin, .fini = end)
{
    for (int i = 0; i < 300; i++) {
        crypto_random(f.digest, sizeof f.digest);
        cr_assert_eq(pk_sign_compact(f.key, f.digest, f.signature, NULL), ST_OK);
        cr_assert_lt(f.signature[32], 0x80);
        if (i % 10 == 0)
            cr_assert(pk_memo_verify(&f.memo, f.point, f.digest, f.signature));
    }
}

Test(pk_memo, the_oldest_verdict_goes, .init = begin, .fini = end)
{
    uint8_t signature[PK_COMPACT_BYTES];

    cr_expect(pk_memo_verify(&f.memo, f.point, f.digest, f.signature));
    for (int i = 0; i < PK_MEMO_MAX; i++) {
        crypto_random(signature, sizeof signature);
        (void)pk_memo_verify(&f.memo, f.point, f.digest, signature);
    }
    cr_expect_eq(f.memo.verified, PK_MEMO_MAX + 1);
    cr_expect(pk_memo_verify(&f.memo, f.point, f.digest, f.signature));
    cr_expect_eq(f.memo.verified, PK_MEMO_MAX + 2);
}
