/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/base/money.h"

#include <inttypes.h>
#include <stddef.h>

#include <criterion/criterion.h>

static const money most = {MONEY_MINOR_MAX};
static const money least = {-MONEY_MINOR_MAX};

Test(money, adds_and_subtracts_within_its_range)
{
    money out = {7};

    cr_expect_eq(money_add((money){MONEY_MINOR_MAX - 1}, (money){1}, &out), ST_OK);
    cr_expect_eq(out.minor, MONEY_MINOR_MAX);
    cr_expect_eq(money_sub((money){1 - MONEY_MINOR_MAX}, (money){1}, &out), ST_OK);
    cr_expect_eq(out.minor, -MONEY_MINOR_MAX);
    out.minor = 7;
    cr_expect_eq(money_add(most, (money){1}, &out), ST_RANGE);
    cr_expect_eq(money_sub(least, (money){1}, &out), ST_RANGE);
    cr_expect_eq(money_add((money){INT64_MAX}, (money){INT64_MAX}, &out), ST_RANGE);
    cr_expect_eq(money_sub((money){INT64_MIN}, (money){1}, &out), ST_RANGE);
    cr_expect_eq(out.minor, 7);
}

struct rate_case {
    int64_t base;
    int32_t rate_bp;
    int64_t down, half_up, up;
};

Test(money, rate_rounds_as_asked_and_halves_away_from_zero)
{
    static const struct rate_case cases[] = {
        {1000, 1000, 100, 100, 100},
        {1005, 1000, 100, 101, 101}, /* 100.5 */
        {-1005, 1000, -100, -101, -101},
        {1005, -1000, -100, -101, -101},
        {1004, 1000, 100, 100, 101}, /* 100.4 */
        {-1004, 1000, -100, -100, -101},
        {1, 5000, 0, 1, 1},
        {-1, 5000, 0, -1, -1},
        {1, 4999, 0, 0, 1},
        {19990, 1250, 2498, 2499, 2499}, /* 2498.75 */
        {199, RATE_BP_ONE, 199, 199, 199},
        {MONEY_MINOR_MAX, RATE_BP_ONE, MONEY_MINOR_MAX, MONEY_MINOR_MAX, MONEY_MINOR_MAX},
        {0, 3333, 0, 0, 0},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct rate_case *c = &cases[i];
        money base = {c->base}, down = {9}, half_up = {9}, up = {9};

        cr_expect_eq(money_rate(base, c->rate_bp, ROUND_DOWN, &down), ST_OK);
        cr_expect_eq(money_rate(base, c->rate_bp, ROUND_HALF_UP, &half_up), ST_OK);
        cr_expect_eq(money_rate(base, c->rate_bp, ROUND_UP, &up), ST_OK);
        cr_expect(down.minor == c->down && half_up.minor == c->half_up && up.minor == c->up,
                  "case %zu: %" PRId64 " %" PRId64 " %" PRId64, i, down.minor, half_up.minor, up.minor);
    }
}

Test(money, rate_refuses_what_leaves_the_range)
{
    money out = {7};

    cr_expect_eq(money_rate(most, RATE_BP_ONE + 1, ROUND_DOWN, &out), ST_RANGE);
    cr_expect_eq(money_rate(least, INT32_MAX, ROUND_UP, &out), ST_RANGE);
    cr_expect_eq(money_rate((money){INT64_MIN}, INT32_MIN, ROUND_UP, &out), ST_RANGE);
    cr_expect_eq(out.minor, 7);
}

Test(money, times_quantity_in_thousandths_half_up)
{
    money out = {7};

    cr_expect_eq(money_times_qty((money){8990}, 1000, &out), ST_OK);
    cr_expect_eq(out.minor, 8990);
    cr_expect_eq(money_times_qty((money){8990}, 255, &out), ST_OK); /* 2292.45 */
    cr_expect_eq(out.minor, 2292);
    cr_expect_eq(money_times_qty((money){1}, 500, &out), ST_OK);
    cr_expect_eq(out.minor, 1);
    cr_expect_eq(money_times_qty((money){1}, -500, &out), ST_OK);
    cr_expect_eq(out.minor, -1);
    cr_expect_eq(money_times_qty((money){1}, 499, &out), ST_OK);
    cr_expect_eq(out.minor, 0);
    out.minor = 7;
    cr_expect_eq(money_times_qty(most, 1001, &out), ST_RANGE);
    cr_expect_eq(money_times_qty((money){INT64_MAX}, INT64_MAX, &out), ST_RANGE);
    cr_expect_eq(out.minor, 7);
}

struct format_case {
    int64_t minor;
    int digits;
    char point;
    const char *text;
};

Test(money, is_written_with_its_point)
{
    static const struct format_case cases[] = {
        {123450, 2, '.', "1234.50"},
        {123450, 2, ',', "1234,50"},
        {-5, 2, '.', "-0.05"},
        {0, 2, '.', "0.00"},
        {7, 0, '.', "7"},
        {-70, 0, '.', "-70"},
        {0, 0, '.', "0"},
        {99, 2, '.', "0.99"},
        {100, 2, '.', "1.00"},
        {1234567, 3, '.', "1234.567"},
        {5, 4, '.', "0.0005"},
        {MONEY_MINOR_MAX, 2, '.', "10000000000000.00"},
        {INT64_MIN, 2, '.', "-92233720368547758.08"},
        {INT64_MIN, 18, '.', "-9.223372036854775808"},
        {-1, 99, '.', "-0.000000000000000001"}, /* the most digits there are */
        {12, -3, '.', "12"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[32];

        money_format((money){cases[i].minor}, cases[i].digits, cases[i].point, text);
        cr_expect_str_eq(text, cases[i].text, "case %zu: %s", i, text);
    }
}
