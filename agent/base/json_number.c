/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/base/json_number.h"

#include <stdbool.h>

/* cJSON copies a number into 64 bytes. */
enum { NUMBER_BYTES_MAX = 63, DIGITS_MAX = 18 };

/* A decimal number as digits x 10^exponent; digits past the 18th only count in the exponent. */
struct decimal {
    uint64_t digits;
    int count;
    int64_t exponent;
    bool more; /* some of them were not 0 */
};

struct cursor {
    const char *text, *end;
    const char *fault;
};

static bool is_digit(const struct cursor *c)
{
    return c->text < c->end && *c->text >= '0' && *c->text <= '9';
}

static bool take(struct cursor *c, char wanted)
{
    if (c->text == c->end || *c->text != wanted)
        return false;
    c->text++;
    return true;
}

static bool fail(struct cursor *c, const char *fault)
{
    c->fault = fault;
    return false;
}

static void decimal_add(struct decimal *d, char digit, bool fraction)
{
    if (d->digits == 0 && digit == '0') { /* no digit yet that counts */
        d->exponent -= fraction;
    } else if (d->count == DIGITS_MAX) {
        d->more = d->more || digit != '0';
        d->exponent += !fraction;
    } else {
        d->digits = d->digits * 10 + (uint64_t)(digit - '0');
        d->count++;
        d->exponent -= fraction;
    }
}

static double scaled(double value, int64_t exponent)
{
    for (; exponent > 0 && value < 1e300; exponent--)
        value *= 10;
    return value;
}

/* Every integer up to 2^53 exactly: it has at most 16 digits, and its products with powers of ten below that are
 * exact. Another number comes out near its size and with a half, so that nothing but an integer is taken for one;
 * where a double has no halves any more, as one that is out of every range. */
static double decimal_value(struct decimal d)
{
    if (d.digits == 0)
        return 0;
    while (!d.more && d.exponent < 0 && d.digits % 10 == 0) {
        d.digits /= 10;
        d.exponent++;
    }
    if (d.exponent >= 0)
        return scaled((double)d.digits, d.exponent);
    for (; d.exponent < 0 && d.digits > 0; d.exponent++)
        d.digits /= 10;
    return d.digits < UINT64_C(1) << 52 ? (double)d.digits + 0.5 : (double)(UINT64_C(1) << 60);
}

static bool digits(struct cursor *c, struct decimal *d, bool fraction)
{
    if (!is_digit(c))
        return fail(c, "a digit is missing in a number");
    while (is_digit(c))
        decimal_add(d, *c->text++, fraction);
    return true;
}

static bool exponent(struct cursor *c, struct decimal *d)
{
    bool minus = false;
    int64_t value = 0;

    if (!take(c, '+'))
        minus = take(c, '-');
    if (!is_digit(c))
        return fail(c, "a digit is missing in a number");
    for (; is_digit(c); c->text++)
        value = value < 100000 ? value * 10 + (*c->text - '0') : value;
    d->exponent += minus ? -value : value;
    return true;
}

static bool number(struct cursor *c, struct decimal *d)
{
    if (take(c, '0')) {
        if (is_digit(c))
            return fail(c, "a number begins with 0");
    } else if (!digits(c, d, false)) {
        return false;
    }
    if (take(c, '.') && !digits(c, d, true))
        return false;
    return (!take(c, 'e') && !take(c, 'E')) || exponent(c, d);
}

const char *json_number(const char *text, size_t len, size_t *inout_at, double *out_value)
{
    struct cursor c = {.text = text + *inout_at, .end = text + len};
    struct decimal d = {0};
    const char *start = c.text;
    bool minus = take(&c, '-'), good = number(&c, &d);

    if (good && c.text - start > NUMBER_BYTES_MAX)
        (void)fail(&c, "a number is longer than 63 characters");
    *inout_at = (size_t)(c.text - text);
    *out_value = minus ? -decimal_value(d) : decimal_value(d);
    return c.fault;
}
