/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/base/money.h"

#include <stddef.h>

#include <criterion/criterion.h>

static const money most = {MONEY_MINOR_MAX};

Test(money, adds_within_its_range)
{
    money out = {7};

    cr_expect_eq(money_add((money){MONEY_MINOR_MAX - 1}, (money){1}, &out), ST_OK);
    cr_expect_eq(out.minor, MONEY_MINOR_MAX);
    out.minor = 7;
    cr_expect_eq(money_add(most, (money){1}, &out), ST_RANGE);
    cr_expect_eq(money_add((money){-MONEY_MINOR_MAX}, (money){-1}, &out), ST_RANGE);
    cr_expect_eq(money_add((money){INT64_MAX}, (money){INT64_MAX}, &out), ST_RANGE);
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
