/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/base/crypto.h"
#include "agent/base/hex.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static size_t unhex(const char *text, uint8_t *out)
{
    size_t len = strlen(text) / 2;

    cr_assert_eq(hex_decode(text, len, out), ST_OK);
    return len;
}

static void expect_hex(const void *bytes, size_t len, const char *wanted)
{
    char text[512];

    cr_assert_lt(2 * len, sizeof text);
    hex_encode(bytes, len, text);
    cr_expect_str_eq(text, wanted);
}

/* RFC 4231 4.2 to 4.5. HMAC fills keys up with zeros, so the shorter keys of the RFC are 32-byte keys ending in
 * zeros. */
Test(crypto, hmac_is_that_of_rfc_4231)
{
    uint8_t key[CRYPTO_KEY_BYTES] = {0};
    uint8_t data[50], mac[CRYPTO_MAC_BYTES];
    struct crypto_part part = {"Hi There", 8};
    size_t i;

    memset(key, 0x0b, 20);
    crypto_hmac(key, &part, 1, mac);
    expect_hex(mac, sizeof mac, "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");

    memset(key, 0, sizeof key);
    memcpy(key, "Jefe", 4);
    part = (struct crypto_part){"what do ya want for nothing?", 28};
    crypto_hmac(key, &part, 1, mac);
    expect_hex(mac, sizeof mac, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");

    memset(key, 0, sizeof key);
    memset(key, 0xaa, 20);
    memset(data, 0xdd, sizeof data);
    part = (struct crypto_part){data, sizeof data};
    crypto_hmac(key, &part, 1, mac);
    expect_hex(mac, sizeof mac, "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe");

    memset(key, 0, sizeof key);
    for (i = 0; i < 25; i++)
        key[i] = (uint8_t)(i + 1);
    memset(data, 0xcd, sizeof data);
    crypto_hmac(key, &part, 1, mac);
    expect_hex(mac, sizeof mac, "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b");
}

Test(crypto, hmac_of_parts_is_that_of_the_whole)
{
    uint8_t key[CRYPTO_KEY_BYTES] = "a key of thirty-two bytes, sure";
    uint8_t whole[CRYPTO_MAC_BYTES], parted[CRYPTO_MAC_BYTES], none[CRYPTO_MAC_BYTES];
    const struct crypto_part one = {"abcdef", 6};
    const struct crypto_part three[] = {{"ab", 2}, {NULL, 0}, {"cdef", 4}};

    crypto_hmac(key, &one, 1, whole);
    crypto_hmac(key, three, 3, parted);
    crypto_hmac(key, NULL, 0, none);
    cr_expect(crypto_equal(whole, parted, sizeof whole));
    cr_expect_not(crypto_equal(whole, none, sizeof whole));
}

/* RFC 5869 A.1 to A.3; their info holds no NUL, so it passes as a text. */
Test(crypto, hkdf_is_that_of_rfc_5869)
{
    uint8_t secret[80], salt[80], key[82];
    char info[81] = "";
    size_t i;

    memset(secret, 0x0b, 22);
    for (i = 0; i < 13; i++)
        salt[i] = (uint8_t)i;
    for (i = 0; i < 10; i++)
        info[i] = (char)(0xf0 + i);
    cr_assert_eq(crypto_hkdf(secret, 22, salt, 13, info, key, 42), ST_OK);
    expect_hex(key, 42, "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865");

    cr_assert_eq(crypto_hkdf(secret, 22, NULL, 0, "", key, 42), ST_OK);
    expect_hex(key, 42, "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8");

    for (i = 0; i < 80; i++) {
        secret[i] = (uint8_t)i;
        salt[i] = (uint8_t)(0x60 + i);
        info[i] = (char)(0xb0 + i);
    }
    cr_assert_eq(crypto_hkdf(secret, 80, salt, 80, info, key, 82), ST_OK);
    expect_hex(key, 82,
               "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac7827271cb41c65e590e09"
               "da3275600c2f09b8367793a9aca3db71cc30c58179ec3e87c14c01d5c1f3434f1d87");
}

Test(crypto, hkdf_gives_at_most_255_blocks)
{
    static uint8_t key[255 * SHA256_BYTES + 1];

    cr_expect_eq(crypto_hkdf("s", 1, NULL, 0, "x", key, sizeof key - 1), ST_OK);
    cr_expect_eq(crypto_hkdf("s", 1, NULL, 0, "x", key, sizeof key), ST_RANGE);
    cr_expect_eq(crypto_hkdf("s", 1, NULL, 0, "x", key, 0), ST_RANGE);
}

/* Test case 16 of "The Galois/Counter Mode of Operation" (McGrew, Viega), laid out as nonce, text, tag. */
Test(crypto, unseals_a_known_text)
{
    uint8_t key[CRYPTO_KEY_BYTES], sealed[128], plain[128];
    char aad[32] = "";
    size_t len;

    unhex("feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308", key);
    unhex("feedfacedeadbeeffeedfacedeadbeefabaddad2", (uint8_t *)aad);
    len = unhex("cafebabefacedbaddecaf888"
                "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838"
                "c5f61e6393ba7a0abcc9f662"
                "76fc6ece0f4e1768cddf8853bb2d551b",
                sealed);
    cr_assert_eq(crypto_unseal(key, aad, sealed, len, plain), ST_OK);
    expect_hex(plain, len - CRYPTO_SEAL_OVERHEAD,
               "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525"
               "b16aedf5aa0de657ba637b39");
}

Test(crypto, sealed_text_opens_only_unchanged_and_in_its_place)
{
    static const char text[] = "Anna P.";
    enum { LEN = sizeof text, SEALED = LEN + CRYPTO_SEAL_OVERHEAD };
    uint8_t key[CRYPTO_KEY_BYTES], sealed[SEALED], again[SEALED];
    char plain[LEN];
    size_t i;

    crypto_random(key, sizeof key);
    cr_assert_eq(crypto_seal(key, "member|7|name", text, LEN, sealed), ST_OK);
    cr_assert_eq(crypto_unseal(key, "member|7|name", sealed, SEALED, (uint8_t *)plain), ST_OK);
    cr_expect_str_eq(plain, text);
    cr_assert_eq(crypto_seal(key, "member|7|name", text, LEN, again), ST_OK);
    cr_expect_neq(memcmp(sealed, again, SEALED), 0, "the nonce is new each time");

    cr_expect_eq(crypto_unseal(key, "member|8|name", sealed, SEALED, (uint8_t *)plain), ST_DENIED);
    for (i = 0; i < SEALED; i++) {
        sealed[i] ^= 1;
        cr_expect_eq(crypto_unseal(key, "member|7|name", sealed, SEALED, (uint8_t *)plain), ST_DENIED, "byte %zu", i);
        sealed[i] ^= 1;
    }
    for (i = 0; i < SEALED; i++)
        cr_expect_eq(crypto_unseal(key, "member|7|name", sealed, i, (uint8_t *)plain), ST_DENIED, "length %zu", i);
    key[31] ^= 0x80;
    cr_expect_eq(crypto_unseal(key, "member|7|name", sealed, SEALED, (uint8_t *)plain), ST_DENIED);
}

Test(crypto, seals_an_empty_text)
{
    uint8_t key[CRYPTO_KEY_BYTES] = {1}, sealed[CRYPTO_SEAL_OVERHEAD], plain[1];

    cr_assert_eq(crypto_seal(key, "", "", 0, sealed), ST_OK);
    cr_expect_eq(crypto_unseal(key, "", sealed, sizeof sealed, plain), ST_OK);
}

Test(crypto, random_bytes_fill_the_whole_buffer)
{
    uint8_t seen[1000] = {0}, bytes[1000];
    int round;
    size_t i;

    for (round = 0; round < 4; round++) { /* a byte that stays 0 four times: 1 in 2^32 each */
        crypto_random(bytes, sizeof bytes);
        for (i = 0; i < sizeof bytes; i++)
            seen[i] |= bytes[i];
    }
    for (i = 0; i < sizeof bytes; i++)
        cr_expect_neq(seen[i], 0, "byte %zu", i);
    crypto_random(NULL, 0);
}

Test(crypto, compares_and_wipes)
{
    char text[] = "secret";

    cr_expect(crypto_equal("abc", "abd", 2));
    cr_expect_not(crypto_equal("abc", "abd", 3));
    cr_expect(crypto_equal(NULL, NULL, 0));
    crypto_wipe(text, sizeof text);
    cr_expect_eq(memcmp(text, "\0\0\0\0\0\0", sizeof text), 0);
    crypto_wipe(NULL, 0);
}
