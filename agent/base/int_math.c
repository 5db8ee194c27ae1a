/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/base/int_math.h"

/* gcc and clang have it on every 64-bit target; the product of two int64_t always fits. */
__extension__ typedef __int128 int128;

enum status int_add(int64_t a, int64_t b, int64_t *out_sum)
{
    int64_t sum;

    if (__builtin_add_overflow(a, b, &sum))
        return ST_RANGE;
    *out_sum = sum;
    return ST_OK;
}

enum status int_sub(int64_t a, int64_t b, int64_t *out_difference)
{
    int64_t difference;

    if (__builtin_sub_overflow(a, b, &difference))
        return ST_RANGE;
    *out_difference = difference;
    return ST_OK;
}

enum status int_mul(int64_t a, int64_t b, int64_t *out_product)
{
    int64_t product;

    if (__builtin_mul_overflow(a, b, &product))
        return ST_RANGE;
    *out_product = product;
    return ST_OK;
}

/* Whether the rest of a division, both without sign, takes the quotient one step away from zero. */
static int steps_away(int128 rest, int128 divisor, enum rounding mode)
{
    switch (mode) {
    case ROUND_DOWN:
        return 0;
    case ROUND_HALF_UP:
        return rest * 2 >= divisor;
    case ROUND_UP:
        return rest > 0;
    }
    return 0;
}

enum status int_mul_div(int64_t a, int64_t b, int64_t divisor, enum rounding mode, int64_t *out_quotient)
{
    int128 product = (int128)a * b;
    int128 quotient, rest;

    if (divisor <= 0)
        return ST_INVALID;
    /* C truncates, so quotient and rest carry the product's sign. */
    quotient = product / divisor;
    rest = product % divisor;
    if (steps_away(rest < 0 ? -rest : rest, divisor, mode))
        quotient += product < 0 ? -1 : 1;
    if (quotient < INT64_MIN || quotient > INT64_MAX)
        return ST_RANGE;
    *out_quotient = (int64_t)quotient;
    return ST_OK;
}
