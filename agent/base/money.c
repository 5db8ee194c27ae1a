/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/base/money.h"

#include <stddef.h>

enum { QTY_MILLI_ONE = 1000, MINOR_DIGITS_MAX = 18 };

static enum status in_range(enum status st, int64_t minor, money *out)
{
    if (st != ST_OK)
        return st;
    if (minor < -MONEY_MINOR_MAX || minor > MONEY_MINOR_MAX)
        return ST_RANGE;
    out->minor = minor;
    return ST_OK;
}

enum status money_add(money a, money b, money *out_sum)
{
    int64_t minor = 0;
    enum status st = int_add(a.minor, b.minor, &minor);

    return in_range(st, minor, out_sum);
}

enum status money_times_qty(money unit_price, int64_t qty_milli, money *out_amount)
{
    int64_t minor = 0;
    enum status st = int_mul_div(unit_price.minor, qty_milli, QTY_MILLI_ONE, ROUND_HALF_UP, &minor);

    return in_range(st, minor, out_amount);
}

void money_format(money amount, int minor_digits, char point, char out_text[32])
{
    char backwards[32];
    size_t len = 0, digits = 0, wanted;
    /* Without sign, since -INT64_MIN is no int64_t. */
    uint64_t rest = amount.minor < 0 ? 0 - (uint64_t)amount.minor : (uint64_t)amount.minor;

    if (minor_digits < 0)
        minor_digits = 0;
    if (minor_digits > MINOR_DIGITS_MAX)
        minor_digits = MINOR_DIGITS_MAX;
    wanted = (size_t)minor_digits;
    /* From the last digit on; at least one stands before the point: 19 digits, point and sign fit. */
    do {
        backwards[len++] = (char)('0' + rest % 10);
        rest /= 10;
        if (++digits == wanted)
            backwards[len++] = point;
    } while (rest > 0 || digits <= wanted);
    if (amount.minor < 0)
        backwards[len++] = '-';
    for (size_t i = 0; i < len; i++)
        out_text[i] = backwards[len - 1 - i];
    out_text[len] = '\0';
}
