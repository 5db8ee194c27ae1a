/* SPDX-License-Identifier: Apache-2.0 */
/*
 * money - amounts in minor units of one currency. A struct, so it cannot be mixed with a count.
 *
 * Exact or refused: ST_RANGE when a result leaves +-MONEY_MINOR_MAX; outputs are untouched on failure.
 */
#ifndef LOYALD_BASE_MONEY_H
#define LOYALD_BASE_MONEY_H

#include "agent/base/int_math.h"

#define MONEY_MINOR_MAX INT64_C(1000000000000000) /* 10^15: a thousand lines of 10^12 each */

typedef struct money {
    int64_t minor;
} money;

enum status money_add(money a, money b, money *out_sum);
/* unit price x quantity in thousandths, half up. */
enum status money_times_qty(money unit_price, int64_t qty_milli, money *out_amount);
/* "1234.50" for 123450 and two digits, "-0.05"; point is '.' or ','. out_text holds 32 bytes. */
void money_format(money amount, int minor_digits, char point, char out_text[32]);

#endif
