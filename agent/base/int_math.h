/* SPDX-License-Identifier: Apache-2.0 */
/* int_math - checked 64-bit arithmetic: ST_RANGE instead of wrapping; outputs untouched on failure. */
#ifndef LOYALD_BASE_INT_MATH_H
#define LOYALD_BASE_INT_MATH_H

#include "agent/base/status.h"

#include <stdint.h>

enum rounding { ROUND_DOWN, ROUND_HALF_UP, ROUND_UP };

enum status int_add(int64_t a, int64_t b, int64_t *out_sum);
enum status int_sub(int64_t a, int64_t b, int64_t *out_difference);
enum status int_mul(int64_t a, int64_t b, int64_t *out_product);
/* a * b / divisor through 128 bits, rounded as asked: away from zero for ROUND_UP, halves away from zero for
 * ROUND_HALF_UP, towards zero for ROUND_DOWN. divisor is above zero (else ST_INVALID). */
enum status int_mul_div(int64_t a, int64_t b, int64_t divisor, enum rounding mode, int64_t *out_quotient);

#endif
