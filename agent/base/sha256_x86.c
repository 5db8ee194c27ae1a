/* SPDX-License-Identifier: Apache-2.0 */
/* SHA-256 by the SHA extensions of x86 processors; elsewhere they are never there. */
#include "agent/base/sha256_blocks.h"

#if defined(__x86_64__)

#include <cpuid.h>
#include <immintrin.h>
#include <stdatomic.h>

/* Leaf 1, ECX: SSSE3 and SSE4.1; leaf 7, EBX: SHA. */
static bool ask_processor(void)
{
    unsigned a, b, c, d;
    bool sse = __get_cpuid(1, &a, &b, &c, &d) && (c & bit_SSSE3) && (c & bit_SSE4_1);

    return sse && __get_cpuid_count(7, 0, &a, &b, &c, &d) && (b & bit_SHA);
}

bool sha256_x86_there(void)
{
    /* Not state of ours but a fact about the machine: under a hypervisor asking costs more than a digest. Two threads
     * that ask at once write the same. */
    static atomic_int known; /* 0: not asked, else 1 + the answer */
    int answer = atomic_load_explicit(&known, memory_order_relaxed);

    if (answer == 0) {
        answer = 1 + (int)ask_processor();
        atomic_store_explicit(&known, answer, memory_order_relaxed);
    }
    return answer == 2;
}

#define WITH_SHA __attribute__((target("sha,sse4.1,ssse3")))

/* Four rounds; low and high halves of the input feed two each. */
WITH_SHA static inline void four_rounds(__m128i *abef, __m128i *cdgh, __m128i words, const uint32_t *constants)
{
    __m128i input = _mm_add_epi32(words, _mm_loadu_si128((const __m128i *)(const void *)constants));

    *cdgh = _mm_sha256rnds2_epu32(*cdgh, *abef, input);
    *abef = _mm_sha256rnds2_epu32(*abef, *cdgh, _mm_shuffle_epi32(input, 0x0e));
}

/* The next four words of the schedule from the sixteen before. */
WITH_SHA static inline __m128i next_words(__m128i w0, __m128i w1, __m128i w2, __m128i w3)
{
    __m128i sum = _mm_add_epi32(_mm_sha256msg1_epu32(w0, w1), _mm_alignr_epi8(w3, w2, 4));

    return _mm_sha256msg2_epu32(sum, w3);
}

WITH_SHA static inline __m128i load_words(const uint8_t *from)
{
    const __m128i big_endian = _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203);

    return _mm_shuffle_epi8(_mm_loadu_si128((const __m128i *)(const void *)from), big_endian);
}

WITH_SHA static inline void one_block(__m128i *abef, __m128i *cdgh, const uint8_t *from)
{
    const uint32_t *k = sha256_round_constants;
    __m128i w0 = load_words(from), w1 = load_words(from + 16), w2 = load_words(from + 32), w3 = load_words(from + 48);
    __m128i abef_before = *abef, cdgh_before = *cdgh;

    for (int i = 0;; i += 16) {
        four_rounds(abef, cdgh, w0, k + i);
        four_rounds(abef, cdgh, w1, k + i + 4);
        four_rounds(abef, cdgh, w2, k + i + 8);
        four_rounds(abef, cdgh, w3, k + i + 12);
        if (i == SHA256_ROUNDS - 16)
            break;
        w0 = next_words(w0, w1, w2, w3);
        w1 = next_words(w1, w2, w3, w0);
        w2 = next_words(w2, w3, w0, w1);
        w3 = next_words(w3, w0, w1, w2);
    }
    *abef = _mm_add_epi32(*abef, abef_before);
    *cdgh = _mm_add_epi32(*cdgh, cdgh_before);
}

WITH_SHA void sha256_blocks_x86(uint32_t state[8], const uint8_t *from, size_t blocks)
{
    /* The instructions want the eight words as two registers, each from its top: a b e f, c d g h. */
    __m128i abef = _mm_set_epi32((int)state[0], (int)state[1], (int)state[4], (int)state[5]);
    __m128i cdgh = _mm_set_epi32((int)state[2], (int)state[3], (int)state[6], (int)state[7]);

    for (; blocks > 0; blocks--, from += SHA256_BLOCK_BYTES)
        one_block(&abef, &cdgh, from);
    state[0] = (uint32_t)_mm_extract_epi32(abef, 3);
    state[1] = (uint32_t)_mm_extract_epi32(abef, 2);
    state[4] = (uint32_t)_mm_extract_epi32(abef, 1);
    state[5] = (uint32_t)_mm_extract_epi32(abef, 0);
    state[2] = (uint32_t)_mm_extract_epi32(cdgh, 3);
    state[3] = (uint32_t)_mm_extract_epi32(cdgh, 2);
    state[6] = (uint32_t)_mm_extract_epi32(cdgh, 1);
    state[7] = (uint32_t)_mm_extract_epi32(cdgh, 0);
}

#else

bool sha256_x86_there(void)
{
    return false;
}

void sha256_blocks_x86(uint32_t state[8], const uint8_t *from, size_t blocks)
{
    sha256_blocks_plain(state, from, blocks);
}

#endif
