/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wide - a * b / d through 128 bits with the remainder, also on machines whose compiler has no 128-bit integer
 * (32-bit ARM). Both ways are always compiled, so that a test on any machine can hold one against the other;
 * LOYALD_NO_INT128 takes the second one everywhere.
 */
#ifndef LOYALD_BASE_WIDE_H
#define LOYALD_BASE_WIDE_H

#include <stdint.h>

struct wide { /* high x 2^64 + low */
    uint64_t high, low;
};

static inline struct wide wide_mul_halves(uint64_t a, uint64_t b)
{
    uint64_t a0 = a & UINT32_MAX, a1 = a >> 32, b0 = b & UINT32_MAX, b1 = b >> 32;
    uint64_t low = a0 * b0, mid = a1 * b0 + (low >> 32), mid2 = a0 * b1 + (mid & UINT32_MAX);

    return (struct wide){.high = a1 * b1 + (mid >> 32) + (mid2 >> 32), .low = (mid2 << 32) | (low & UINT32_MAX)};
}

/* Long division bit by bit; number.high is below d. */
static inline uint64_t wide_div_bits(struct wide number, uint64_t d, uint64_t *out_remainder)
{
    uint64_t rest = number.high, quotient = 0;

    for (int i = 63; i >= 0; i--) {
        uint64_t carry = rest >> 63;

        rest = (rest << 1) | (number.low >> i & 1);
        quotient <<= 1;
        if (carry || rest >= d) {
            rest -= d;
            quotient |= 1;
        }
    }
    *out_remainder = rest;
    return quotient;
}

#if defined(__SIZEOF_INT128__) && !defined(LOYALD_NO_INT128)
__extension__ typedef unsigned __int128 wide_native;

static inline struct wide wide_mul(uint64_t a, uint64_t b)
{
    wide_native product = (wide_native)a * b;

    return (struct wide){.high = (uint64_t)(product >> 64), .low = (uint64_t)product};
}

static inline uint64_t wide_div(struct wide number, uint64_t d, uint64_t *out_remainder)
{
    wide_native whole = (wide_native)number.high << 64 | number.low;
    uint64_t quotient = (uint64_t)(whole / d);

    *out_remainder = number.low - quotient * d;
    return quotient;
}
#else
static inline struct wide wide_mul(uint64_t a, uint64_t b)
{
    return wide_mul_halves(a, b);
}

static inline uint64_t wide_div(struct wide number, uint64_t d, uint64_t *out_remainder)
{
    return wide_div_bits(number, d, out_remainder);
}
#endif

/* d is above zero and the quotient fits 64 bits. Returns the quotient. */
static inline uint64_t wide_mul_div(uint64_t a, uint64_t b, uint64_t d, uint64_t *out_remainder)
{
    struct wide product = wide_mul(a, b);

    if (product.high == 0) { /* nearly always: money of a sale */
        *out_remainder = product.low % d;
        return product.low / d;
    }
    return wide_div(product, d, out_remainder);
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
