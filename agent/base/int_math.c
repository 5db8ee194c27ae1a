/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/base/int_math.h"

#include "agent/base/wide.h"

#include <stdbool.h>

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

/* Whether the rest of a division takes the quotient one step away from zero. */
static bool steps_away(uint64_t rest, uint64_t divisor, enum rounding mode)
{
    if (mode == ROUND_HALF_UP)
        return rest >= divisor - rest;
    return mode == ROUND_UP && rest > 0;
}

static uint64_t magnitude(int64_t number)
{
    return number < 0 ? -(uint64_t)number : (uint64_t)number;
}

enum status int_mul_div(int64_t a, int64_t b, int64_t divisor, enum rounding mode, int64_t *out_quotient)
{
    struct wide product = wide_mul(magnitude(a), magnitude(b));
    bool negative = (a < 0) != (b < 0);
    uint64_t quotient, rest, most = negative ? (uint64_t)INT64_MAX + 1 : INT64_MAX;

    if (divisor <= 0)
        return ST_INVALID;
    if (product.high >= (uint64_t)divisor)
        return ST_RANGE;
    quotient = wide_div(product, (uint64_t)divisor, &rest);
    if (quotient > most || (quotient == most && steps_away(rest, (uint64_t)divisor, mode)))
        return ST_RANGE;
    quotient += steps_away(rest, (uint64_t)divisor, mode);
    /* -2^63 has no positive counterpart. */
    *out_quotient = negative && quotient > 0 ? -(int64_t)(quotient - 1) - 1 : (int64_t)quotient;
    return ST_OK;
}
