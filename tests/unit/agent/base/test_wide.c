/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/base/wide.h"
#include "tests/support/dice.h"

#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static struct dice dice;

static uint64_t next(void)
{
    return dice_bits(&dice);
}

/* Of any length, often near a power of two. */
static uint64_t any(void)
{
    uint64_t number = next() >> (next() % 64);

    switch (next() % 4) {
    case 0:
        return (UINT64_C(1) << (next() % 64)) + next() % 3 - 1;
    case 1:
        return UINT64_MAX - number % 5;
    default:
        return number;
    }
}

static void begin(void)
{
    dice = dice_of_environment();
}

/* quotient x d + rest, by additions only, so that nothing under test is trusted. */
static bool adds_up(struct wide number, uint64_t d, uint64_t quotient, uint64_t rest)
{
    struct wide back = wide_mul_halves(quotient, d);
    uint64_t low = back.low + rest;

    return rest < d && low == number.low && back.high + (low < rest) == number.high;
}

Test(wide, divides_back, .init = begin)
{
    for (int i = 0; i < 200000; i++) {
        struct wide number = {any(), any()};
        uint64_t d = any(), rest = 0, quotient;

        d = d ? d : 1;
        number.high %= d;
        quotient = wide_div_bits(number, d, &rest);
        cr_assert(adds_up(number, d, quotient, rest), "%" PRIu64 " %" PRIu64 " by %" PRIu64, number.high, number.low,
                  d);
        quotient = wide_div(number, d, &rest);
        cr_assert(adds_up(number, d, quotient, rest), "%" PRIu64 " %" PRIu64 " by %" PRIu64, number.high, number.low,
                  d);
    }
}

Test(wide, multiplies_by_halves)
{
    struct wide most = wide_mul_halves(UINT64_MAX, UINT64_MAX);

    cr_expect_eq(most.high, UINT64_MAX - 1);
    cr_expect_eq(most.low, 1);
}

#ifdef __SIZEOF_INT128__
__extension__ typedef unsigned __int128 native;

Test(wide, agrees_with_the_compiler, .init = begin)
{
    for (int i = 0; i < 200000; i++) {
        uint64_t a = any(), b = any(), d = any(), rest = 0;
        native product = (native)a * b;
        struct wide halves = wide_mul_halves(a, b), whole = wide_mul(a, b);

        cr_assert_eq(halves.high, (uint64_t)(product >> 64));
        cr_assert_eq(halves.low, (uint64_t)product);
        cr_assert(whole.high == halves.high && whole.low == halves.low);
        if (d == 0 || halves.high >= d)
            continue;
        cr_assert_eq(wide_div_bits(halves, d, &rest), (uint64_t)(product / d));
        cr_assert_eq(rest, (uint64_t)(product % d));
        cr_assert_eq(wide_mul_div(a, b, d, &rest), (uint64_t)(product / d));
        cr_assert_eq(rest, (uint64_t)(product % d));
    }
}
#endif

Test(wide, rounds_half_up)
{
    cr_expect_eq(wide_half_up(1, 1, 2), 1);
    cr_expect_eq(wide_half_up(1, 1, 3), 0);
    cr_expect_eq(wide_half_up(2, 1, 3), 1);
    cr_expect_eq(wide_half_up(UINT64_MAX, UINT64_MAX, UINT64_MAX), UINT64_MAX);
    cr_expect_eq(wide_half_up(1, UINT64_MAX / 2, UINT64_MAX), 0);
    cr_expect_eq(wide_half_up(1, UINT64_MAX / 2 + 1, UINT64_MAX), 1);
    cr_expect_eq(wide_down(UINT64_MAX, 3, 4), UINT64_MAX / 4 * 3 + 2);
}
