/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/base/sha256.h"

#include "agent/base/bytes.h"
#include "agent/base/sha256_blocks.h"

#include <string.h>

enum { BLOCK_BYTES = SHA256_BLOCK_BYTES, LENGTH_AT = 56, ROUNDS = SHA256_ROUNDS };

/* The first 32 bits of the fractional parts of the cube roots of the first 64 primes (FIPS 180-4, 4.2.2). */
const uint32_t sha256_round_constants[ROUNDS] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

static inline uint32_t rotate_right(uint32_t x, int n)
{
    return x >> n | x << (32 - n);
}

static void expand(const uint8_t block[BLOCK_BYTES], uint32_t schedule[ROUNDS])
{
    for (int i = 0; i < 16; i++)
        schedule[i] = bytes_get_u32(block + 4 * i);
    for (int i = 16; i < ROUNDS; i++) {
        uint32_t early = schedule[i - 15], late = schedule[i - 2];
        uint32_t small0 = rotate_right(early, 7) ^ rotate_right(early, 18) ^ early >> 3;
        uint32_t small1 = rotate_right(late, 17) ^ rotate_right(late, 19) ^ late >> 10;

        schedule[i] = schedule[i - 16] + small0 + schedule[i - 7] + small1;
    }
}

/* One round with the eight words in the order of their roles: instead of moving the words along after each round, the
 * caller names them one place further on, which saves six moves of eight. */
static inline void one_round(uint32_t a, uint32_t b, uint32_t c, uint32_t *d, uint32_t e, uint32_t f, uint32_t g,
                             uint32_t *h, uint32_t input)
{
    uint32_t big1 = rotate_right(e, 6) ^ rotate_right(e, 11) ^ rotate_right(e, 25);
    uint32_t big0 = rotate_right(a, 2) ^ rotate_right(a, 13) ^ rotate_right(a, 22);
    uint32_t first = *h + big1 + (g ^ (e & (f ^ g))) + input;

    *d += first;
    *h = first + big0 + ((a & b) | (c & (a | b)));
}

static void digest_block(uint32_t state[8], const uint8_t block[BLOCK_BYTES])
{
    uint32_t w[ROUNDS];
    const uint32_t *k = sha256_round_constants;
    uint32_t a = state[0], b = state[1], c = state[2], d = state[3];
    uint32_t e = state[4], f = state[5], g = state[6], h = state[7];

    expand(block, w);
    for (int i = 0; i < ROUNDS; i += 8) {
        one_round(a, b, c, &d, e, f, g, &h, k[i] + w[i]);
        one_round(h, a, b, &c, d, e, f, &g, k[i + 1] + w[i + 1]);
        one_round(g, h, a, &b, c, d, e, &f, k[i + 2] + w[i + 2]);
        one_round(f, g, h, &a, b, c, d, &e, k[i + 3] + w[i + 3]);
        one_round(e, f, g, &h, a, b, c, &d, k[i + 4] + w[i + 4]);
        one_round(d, e, f, &g, h, a, b, &c, k[i + 5] + w[i + 5]);
        one_round(c, d, e, &f, g, h, a, &b, k[i + 6] + w[i + 6]);
        one_round(b, c, d, &e, f, g, h, &a, k[i + 7] + w[i + 7]);
    }
    state[0] += a;
    state[1] += b;
    state[2] += c;
    state[3] += d;
    state[4] += e;
    state[5] += f;
    state[6] += g;
    state[7] += h;
}

void sha256_blocks_plain(uint32_t state[8], const uint8_t *from, size_t blocks)
{
    for (; blocks > 0; blocks--, from += BLOCK_BYTES)
        digest_block(state, from);
}

static void digest_blocks(uint32_t state[8], const uint8_t *from, size_t blocks)
{
    if (sha256_x86_there())
        sha256_blocks_x86(state, from, blocks);
    else
        sha256_blocks_plain(state, from, blocks);
}

void sha256_init(struct sha256 *hash)
{
    /* Of the square roots of the first eight primes (5.3.3). */
    static const uint32_t start[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                      0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};

    memcpy(hash->state, start, sizeof start);
    hash->total = 0;
}

void sha256_add(struct sha256 *hash, const void *bytes, size_t len)
{
    const uint8_t *from = bytes;
    size_t held = hash->total % BLOCK_BYTES;

    if (len == 0)
        return;
    hash->total += len;
    if (held > 0) {
        size_t part = len < BLOCK_BYTES - held ? len : BLOCK_BYTES - held;

        memcpy(hash->block + held, from, part);
        from += part;
        len -= part;
        if (held + part < BLOCK_BYTES)
            return;
        digest_blocks(hash->state, hash->block, 1);
    }
    /* Whole blocks straight from the caller's memory. */
    digest_blocks(hash->state, from, len / BLOCK_BYTES);
    memcpy(hash->block, from + len / BLOCK_BYTES * BLOCK_BYTES, len % BLOCK_BYTES);
}

void sha256_end(struct sha256 *hash, uint8_t out_digest[SHA256_BYTES])
{
    static const uint8_t padding[BLOCK_BYTES] = {0x80};
    size_t held = hash->total % BLOCK_BYTES;
    uint64_t total = hash->total;
    uint8_t length[8];

    /* A one bit, zeros up to the last eight bytes of a block, the length in bits. */
    bytes_put_u64(length, total * 8);
    sha256_add(hash, padding, held < LENGTH_AT ? LENGTH_AT - held : BLOCK_BYTES + LENGTH_AT - held);
    sha256_add(hash, length, sizeof length);
    for (int i = 0; i < 8; i++)
        bytes_put_u32(out_digest + 4 * i, hash->state[i]);
}

void sha256_of(const void *bytes, size_t len, uint8_t out_digest[SHA256_BYTES])
{
    struct sha256 hash;

    sha256_init(&hash);
    sha256_add(&hash, bytes, len);
    sha256_end(&hash, out_digest);
}
