/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/base/civil_time.h"

#include <stddef.h>
#include <stdbool.h>

#include <criterion/criterion.h>

Test(civil_time, knows_days)
{
    cr_expect_eq(civil_day(1970, 1, 1), 0);
    cr_expect_eq(civil_day(1969, 12, 31), -1);
    cr_expect_eq(civil_day(2000, 2, 29), 11016);
    cr_expect_eq(civil_day(2026, 11, 22), 20779);
    cr_expect_eq(civil_day(9999, 12, 31), 2932896);
}

/* A calendar counted day by day, as on paper, through four centuries and a half. */
Test(civil_time, agrees_with_a_calendar_counted_by_hand)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int year = 1970, month = 1, day_of_month = 1;

    for (int32_t day = 0; day < 450 * 366; day++) {
        bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
        int y, m, d;

        cr_assert_eq(civil_day(year, month, day_of_month), day);
        civil_from_day(day, &y, &m, &d);
        cr_assert(y == year && m == month && d == day_of_month, "day %d: %d-%d-%d", (int)day, y, m, d);
        cr_assert_eq(civil_weekday(day), (int)((day + 3) % 7));
        if (++day_of_month > days[month - 1] + (month == 2 && leap)) {
            day_of_month = 1;
            month = month % 12 + 1;
            year += month == 1;
        }
    }
}

Test(civil_time, goes_both_ways_far_outside)
{
    for (int64_t wide = INT32_MIN; wide <= INT32_MAX; wide += 65521) {
        int32_t day = (int32_t)wide;
        int year, month, day_of_month;

        civil_from_day(day, &year, &month, &day_of_month);
        cr_assert(month >= 1 && month <= 12 && day_of_month >= 1 && day_of_month <= 31);
        cr_assert_eq(civil_day(year, month, day_of_month), day);
        cr_assert(civil_weekday(day) >= 0 && civil_weekday(day) <= 6);
    }
    cr_expect_eq(civil_weekday(-1), 2); /* Wednesday, 1969-12-31 */
    cr_expect_eq(civil_weekday(civil_day(2026, 11, 22)), 6);
}

Test(civil_time, reads_and_writes_dates)
{
    static const char *const dates[] = {"1970-01-01", "2024-02-29", "2000-02-29", "2026-11-22", "9999-12-31"};

    for (size_t i = 0; i < sizeof dates / sizeof *dates; i++) {
        int32_t day = -5;
        char text[11];

        cr_expect_eq(civil_parse_date(dates[i], &day), ST_OK);
        civil_format_date(day, text);
        cr_expect_str_eq(text, dates[i]);
    }
}

Test(civil_time, refuses_dates_that_are_none)
{
    static const char *const wrong[] = {
        "",           "2026",       "2026-11",     "2026-11-2",   "2026-11-222", "2026-1-22",
        "2026-13-01", "2026-00-01", "2026-11-00",  "2026-11-31",  "2026-02-29",  "2100-02-29",
        "1969-12-31", "20261122",   "2026/11/22",  " 2026-11-22", "2026-11-22 ", "+026-11-22",
        "-026-11-22", "2026-11-2x", "10000-01-01", "2026-11-22T"};

    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        int32_t day = -5;

        cr_expect_eq(civil_parse_date(wrong[i], &day), ST_INVALID, "%s", wrong[i]);
        cr_expect_eq(day, -5);
    }
}

struct time_case {
    const char *text;
    int32_t second;
    int32_t offset_s;
    const char *written;
};

Test(civil_time, reads_and_writes_times)
{
    static const struct time_case cases[] = {
        {"2026-11-22T18:05", 65100, 0, "2026-11-22T18:05:00+00:00"},
        {"2026-11-22T18:05:09", 65109, 0, "2026-11-22T18:05:09+00:00"},
        {"2026-11-22T18:05:09.1", 65109, 0, "2026-11-22T18:05:09+00:00"},
        {"2026-11-22T18:05:09.999999999Z", 65109, 0, "2026-11-22T18:05:09+00:00"},
        {"2026-11-22T18:05Z", 65100, 0, "2026-11-22T18:05:00+00:00"},
        {"2026-11-22T18:05+03:00", 65100, 10800, "2026-11-22T18:05:00+03:00"},
        {"2026-11-22T00:00:00-03:30", 0, -12600, "2026-11-22T00:00:00-03:30"},
        {"2026-11-22T23:59:59.5+14:00", 86399, 50400, "2026-11-22T23:59:59+14:00"},
        {"2026-11-22T23:59-00:00", 86340, 0, "2026-11-22T23:59:00+00:00"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct civil_time time = {1, 1, 1};
        char text[26];

        cr_expect_eq(civil_parse_time(cases[i].text, &time), ST_OK, "%s", cases[i].text);
        cr_expect_eq(time.day, 20779);
        cr_expect_eq(time.second, cases[i].second, "%s", cases[i].text);
        cr_expect_eq(time.offset_s, cases[i].offset_s, "%s", cases[i].text);
        civil_format_time(&time, text);
        cr_expect_str_eq(text, cases[i].written);
    }
}

Test(civil_time, refuses_times_that_are_none)
{
    static const char *const wrong[] = {
        "2026-11-22",
        "2026-11-22T",
        "2026-11-22T1",
        "2026-11-22T18",
        "2026-11-22T18:",
        "2026-11-22T18:5",
        "2026-11-22 18:05",
        "2026-11-22t18:05",
        "2026-11-22T24:00",
        "2026-11-22T18:60",
        "2026-11-22T18:05:60",
        "2026-11-22T18:05:",
        "2026-11-22T18:05:00.",
        "2026-11-22T18:05.5",
        "2026-11-22T18:05z",
        "2026-11-22T18:05ZZ",
        "2026-11-22T18:05+",
        "2026-11-22T18:05+3:00",
        "2026-11-22T18:05+03",
        "2026-11-22T18:05+0300",
        "2026-11-22T18:05 Z",
        "2026-11-22T18:05+14:01",
        "2026-11-22T18:05-15:00",
        "2026-11-22T18:05+03:00Z",
        "2026-02-30T18:05",
        "2026-11-22T18:05:00.1234567890",
    };

    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct civil_time time = {1, 2, 3};

        cr_expect_eq(civil_parse_time(wrong[i], &time), ST_INVALID, "%s", wrong[i]);
        cr_expect(time.day == 1 && time.second == 2 && time.offset_s == 3);
    }
}

Test(civil_time, writes_x_for_what_has_no_text)
{
    const int32_t days[] = {-1, INT32_MIN, 2932897, INT32_MAX};
    const struct civil_time times[] = {{0, -1, 0}, {0, 86400, 0}, {0, 0, INT32_MIN}, {0, 0, INT32_MAX}};
    char text[26];

    for (size_t i = 0; i < 4; i++) {
        civil_format_date(days[i], text);
        cr_expect_str_eq(text, "xxxx-xx-xx");
        civil_format_time(&times[i], text);
        cr_expect_str_eq(text, "1970-01-01Txx:xx:xx+xx:xx");
    }
}
