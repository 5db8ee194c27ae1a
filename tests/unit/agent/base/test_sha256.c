/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/base/sha256.h"

#include "agent/base/hex.h"
#include "agent/base/sha256_blocks.h"

#include <string.h>

#include <criterion/criterion.h>

struct vector {
    const char *text;
    const char *digest;
};

static void expect_digest(const uint8_t digest[SHA256_BYTES], const char *wanted)
{
    char text[SHA256_TEXT];

    hex_encode(digest, SHA256_BYTES, text);
    cr_expect_str_eq(text, wanted);
}

/* The examples that NIST publishes with FIPS 180-4. */
Test(sha256, agrees_with_the_standard)
{
    static const struct vector vectors[] = {
        {"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
        {"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
        {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
         "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
        {"abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopq"
         "klmnopqrlmnopqrsmnopqrstnopqrstu",
         "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1"},
    };

    for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++) {
        uint8_t digest[SHA256_BYTES];

        sha256_of(vectors[i].text, strlen(vectors[i].text), digest);
        expect_digest(digest, vectors[i].digest);
    }
}

Test(sha256, digests_a_million_letters)
{
    char letters[1000];
    uint8_t digest[SHA256_BYTES];
    struct sha256 hash;

    memset(letters, 'a', sizeof letters);
    sha256_init(&hash);
    for (int i = 0; i < 1000; i++)
        sha256_add(&hash, letters, sizeof letters);
    sha256_end(&hash, digest);
    expect_digest(digest, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

/* Every length over several blocks; what is wanted was worked out with another implementation. */
Test(sha256, agrees_at_every_length)
{
    uint8_t bytes[300], digest[SHA256_BYTES];
    struct sha256 all;

    sha256_init(&all);
    for (size_t len = 0; len < sizeof bytes; len++) {
        for (size_t i = 0; i < len; i++)
            bytes[i] = (uint8_t)(i * 7 + len);
        sha256_of(bytes, len, digest);
        sha256_add(&all, digest, sizeof digest);
    }
    sha256_end(&all, digest);
    expect_digest(digest, "d5238871a46ac4a1a75ac3fb19d645b0b3b9e5f35f5f720e2b240d605c6b694e");
}

Test(sha256, does_not_depend_on_how_the_bytes_come)
{
    uint8_t bytes[200], whole[SHA256_BYTES], parts[SHA256_BYTES];

    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)(i * 31);
    sha256_of(bytes, sizeof bytes, whole);
    for (size_t first = 0; first <= sizeof bytes; first++) {
        for (size_t step = 1; step < 70; step += 9) {
            struct sha256 hash;

            sha256_init(&hash);
            sha256_add(&hash, bytes, first);
            for (size_t at = first; at < sizeof bytes; at += step)
                sha256_add(&hash, bytes + at, step < sizeof bytes - at ? step : sizeof bytes - at);
            sha256_add(&hash, NULL, 0);
            sha256_end(&hash, parts);
            cr_assert_arr_eq(parts, whole, sizeof whole, "first %zu step %zu", first, step);
        }
    }
}

/* Both ways to work a block out, where this machine has both. */
Test(sha256, instructions_agree_with_plain_c)
{
    uint32_t plain[8] = {1, 2, 3, 4, 5, 6, 7, 8}, fast[8] = {1, 2, 3, 4, 5, 6, 7, 8};
    uint8_t bytes[SHA256_BLOCK_BYTES * 9 + 1];
    uint32_t state = 2463534242u;

    if (!sha256_x86_there())
        cr_skip_test("this processor has no SHA instructions");
    for (int round = 0; round < 200; round++) {
        for (size_t i = 0; i < sizeof bytes; i++) {
            state ^= state << 13;
            state ^= state >> 17;
            state ^= state << 5;
            bytes[i] = (uint8_t)state;
        }
        sha256_blocks_plain(plain, bytes + round % 2, (size_t)round % 10);
        sha256_blocks_x86(fast, bytes + round % 2, (size_t)round % 10);
        cr_assert_arr_eq(plain, fast, sizeof plain);
    }
}
