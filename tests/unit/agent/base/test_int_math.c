/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/base/int_math.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stddef.h>

#include <criterion/criterion.h>
#include <criterion/logging.h>

__extension__ typedef __int128 int128;

Test(int_math, refuses_what_would_wrap)
{
    int64_t out = 77;

    cr_expect_eq(int_add(INT64_MAX, 1, &out), ST_RANGE);
    cr_expect_eq(int_add(INT64_MIN, -1, &out), ST_RANGE);
    cr_expect_eq(int_sub(INT64_MIN, 1, &out), ST_RANGE);
    cr_expect_eq(int_sub(0, INT64_MIN, &out), ST_RANGE);
    cr_expect_eq(int_mul(INT64_MIN, -1, &out), ST_RANGE);
    cr_expect_eq(int_mul(INT64_C(1) << 32, INT64_C(1) << 31, &out), ST_RANGE);
    cr_expect_eq(out, 77);
}

Test(int_math, reaches_the_ends)
{
    int64_t out = 0;

    cr_expect_eq(int_add(INT64_MAX - 1, 1, &out), ST_OK);
    cr_expect_eq(out, INT64_MAX);
    cr_expect_eq(int_sub(INT64_MIN + 1, 1, &out), ST_OK);
    cr_expect_eq(out, INT64_MIN);
    cr_expect_eq(int_mul(-(INT64_C(1) << 32), INT64_C(1) << 31, &out), ST_OK);
    cr_expect_eq(out, INT64_MIN);
}

struct division {
    int64_t a, b, divisor, down, half_up, up;
};

static const struct division divisions[] = {
    {0, 5, 3, 0, 0, 0},
    {1, 1, 2, 0, 1, 1},
    {-1, 1, 2, 0, -1, -1},
    {1, -1, 2, 0, -1, -1},
    {-1, -1, 2, 0, 1, 1},
    {3, 1, 2, 1, 2, 2},
    {-3, 1, 2, -1, -2, -2},
    {1, 1, 3, 0, 0, 1},
    {-1, 1, 3, 0, 0, -1},
    {2, 1, 3, 0, 1, 1},
    {6, 1, 3, 2, 2, 2},
    {-6, 1, 3, -2, -2, -2},
    {INT64_MAX, INT64_MAX, INT64_MAX, INT64_MAX, INT64_MAX, INT64_MAX},
    {INT64_MIN, INT64_MAX, INT64_MAX, INT64_MIN, INT64_MIN, INT64_MIN},
    {1, INT64_MAX, INT64_MAX, 1, 1, 1},
    {1, INT64_MAX - 1, INT64_MAX, 0, 1, 1},
    {1, INT64_MAX / 2, INT64_MAX, 0, 0, 1},     /* just below a half of an odd number */
    {1, INT64_MAX / 2 + 1, INT64_MAX, 0, 1, 1}, /* just above */
    {INT64_MIN, 1, 1, INT64_MIN, INT64_MIN, INT64_MIN},
};

Test(int_math, rounds_as_asked)
{
    for (size_t i = 0; i < sizeof divisions / sizeof *divisions; i++) {
        const struct division *d = &divisions[i];
        int64_t down = 99, half_up = 99, up = 99;

        cr_expect_eq(int_mul_div(d->a, d->b, d->divisor, ROUND_DOWN, &down), ST_OK);
        cr_expect_eq(int_mul_div(d->a, d->b, d->divisor, ROUND_HALF_UP, &half_up), ST_OK);
        cr_expect_eq(int_mul_div(d->a, d->b, d->divisor, ROUND_UP, &up), ST_OK);
        cr_expect(down == d->down && half_up == d->half_up && up == d->up,
                  "case %zu: %" PRId64 " %" PRId64 " %" PRId64, i, down, half_up, up);
    }
}

Test(int_math, refuses_a_quotient_out_of_range)
{
    int64_t out = 77;

    cr_expect_eq(int_mul_div(INT64_MIN, INT64_MIN, INT64_MAX, ROUND_DOWN, &out), ST_RANGE);
    cr_expect_eq(int_mul_div(INT64_MIN, -1, 1, ROUND_DOWN, &out), ST_RANGE);
    cr_expect_eq(int_mul_div(INT64_MAX, 2, 1, ROUND_DOWN, &out), ST_RANGE);
    cr_expect_eq(int_mul_div(1, 1, 0, ROUND_DOWN, &out), ST_INVALID);
    cr_expect_eq(int_mul_div(1, 1, -1, ROUND_UP, &out), ST_INVALID);
    cr_expect_eq(out, 77);
}

/* Only the rounding takes it past the end: (2^64 - 1) / 2 is a half above INT64_MAX. */
Test(int_math, refuses_what_rounding_takes_out_of_range)
{
    int64_t factor = (INT64_C(1) << 32) - 1, other = (INT64_C(1) << 32) + 1, out = 77;

    cr_expect_eq(int_mul_div(factor, other, 2, ROUND_DOWN, &out), ST_OK);
    cr_expect_eq(out, INT64_MAX);
    out = 77;
    cr_expect_eq(int_mul_div(factor, other, 2, ROUND_HALF_UP, &out), ST_RANGE);
    cr_expect_eq(int_mul_div(factor, other, 2, ROUND_UP, &out), ST_RANGE);
    cr_expect_eq(out, 77);
}

static uint64_t next_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

/* Every size of number, either sign. */
static int64_t random_int(uint64_t *state)
{
    uint64_t magnitude = next_random(state) >> (1 + next_random(state) % 62);

    return next_random(state) & 1 ? -(int64_t)magnitude : (int64_t)magnitude;
}

static int128 without_sign(int128 value)
{
    return value < 0 ? -value : value;
}

/* What makes a rounding right, told without dividing: the error's size and side. */
static bool is_right(int128 product, int64_t divisor, enum rounding mode, int64_t quotient)
{
    int128 taken = without_sign((int128)quotient * divisor), all = without_sign(product);

    if (quotient != 0 && (quotient < 0) != (product < 0))
        return false;
    switch (mode) {
    case ROUND_DOWN:
        return taken <= all && all - taken < divisor;
    case ROUND_UP:
        return taken >= all && taken - all < divisor;
    case ROUND_HALF_UP:
        return 2 * (all - taken) < divisor && 2 * (taken - all) <= divisor;
    }
    return false;
}

Test(int_math, rounds_random_numbers_by_the_rule)
{
    uint64_t seed = 20261122, state = seed;
    int taken = 0;

    cr_log_info("seed %" PRIu64, seed);
    for (int i = 0; i < 300000; i++) {
        int64_t a = random_int(&state), b = random_int(&state), divisor = random_int(&state), quotient = 0;
        enum rounding mode = (enum rounding)(i % 3);

        divisor = divisor < 0 ? -divisor : divisor;
        if (divisor == 0 || int_mul_div(a, b, divisor, mode, &quotient) != ST_OK)
            continue;
        taken++;
        cr_assert(is_right((int128)a * b, divisor, mode, quotient),
                  "seed %" PRIu64 ": %" PRId64 " * %" PRId64 " / %" PRId64 " mode %d = %" PRId64, seed, a, b, divisor,
                  (int)mode, quotient);
    }
    cr_expect_gt(taken, 100000);
}
