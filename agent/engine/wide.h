/* SPDX-License-Identifier: Apache-2.0 */
/* wide - a * b / d through 128 bits with the remainder, also on machines whose compiler has no 128-bit integer. */
#ifndef LOYALD_ENGINE_WIDE_H
#define LOYALD_ENGINE_WIDE_H

#include <stdint.h>

/* d is above zero and the quotient fits 64 bits. Returns the quotient. */
static inline uint64_t wide_mul_div(uint64_t a, uint64_t b, uint64_t d, uint64_t *out_remainder)
{
#ifdef __SIZEOF_INT128__
    __extension__ typedef unsigned __int128 u128;
    u128 product = (u128)a * b;

    *out_remainder = (uint64_t)(product % d);
    return (uint64_t)(product / d);
#else
    uint64_t a0 = a & UINT32_MAX, a1 = a >> 32, b0 = b & UINT32_MAX, b1 = b >> 32;
    uint64_t low = a0 * b0, mid = a1 * b0 + (low >> 32), mid2 = a0 * b1 + (mid & UINT32_MAX);
    uint64_t high = a1 * b1 + (mid >> 32) + (mid2 >> 32), rest = 0, quotient = 0;

    low = (mid2 << 32) | (low & UINT32_MAX);
    for (int i = 127; i >= 0; i--) { /* long division, bit by bit */
        uint64_t carry = rest >> 63, bit = (i >= 64 ? high >> (i - 64) : low >> i) & 1;

        rest = (rest << 1) | bit;
        quotient <<= 1;
        if (carry || rest >= d) {
            rest -= d;
            quotient |= 1;
        }
    }
    *out_remainder = rest;
    return quotient;
#endif
}

static inline uint64_t wide_half_up(uint64_t a, uint64_t b, uint64_t d)
{
    uint64_t remainder, quotient = wide_mul_div(a, b, d, &remainder);

    return quotient + (remainder >= d - remainder ? 1 : 0);
}

static inline uint64_t wide_down(uint64_t a, uint64_t b, uint64_t d)
{
    uint64_t remainder;

    return wide_mul_div(a, b, d, &remainder);
}

#endif
