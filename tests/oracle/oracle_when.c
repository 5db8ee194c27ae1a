/* SPDX-License-Identifier: Apache-2.0 */
/* Days are counted one by one from a fixed Monday: slow, and nothing to get wrong. */
#include "tests/oracle/oracle.h"

#include <stdio.h>
#include <string.h>

enum { FIRST_YEAR = 2001, LAST_YEAR = 2099, SECONDS_A_DAY = 86400 }; /* 1 January 2001 was a Monday */

static bool is_leap(int year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static int month_days(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

    return days[month - 1] + (month == 2 && is_leap(year));
}

static int64_t day_number(int year, int month, int day)
{
    int64_t number = day - 1;

    for (int y = FIRST_YEAR; y < year; y++)
        number += is_leap(y) ? 366 : 365;
    for (int m = 1; m < month; m++)
        number += month_days(year, m);
    return number;
}

static void day_split(int64_t number, int *year, int *month, int *day)
{
    *year = FIRST_YEAR;
    *month = 1;
    while (number >= (is_leap(*year) ? 366 : 365))
        number -= is_leap((*year)++) ? 366 : 365;
    while (number >= month_days(*year, *month)) {
        number -= month_days(*year, *month);
        (*month)++;
    }
    *day = (int)number + 1;
}

void day_text(int64_t number, char out[16])
{
    int year, month, day;

    day_split(number, &year, &month, &day);
    (void)snprintf(out, 16, "%04u-%02u-%02u", (unsigned)year % 10000, (unsigned)month % 100, (unsigned)day % 100);
}

int64_t moment_of(const char *text, int64_t *out_day)
{
    int year, month, day, hour = 0, minute = 0, second = 0;

    if (!text || sscanf(text, "%4d-%2d-%2dT%2d:%2d:%2d", &year, &month, &day, &hour, &minute, &second) < 3)
        return -1;
    if (out_day)
        *out_day = day_number(year, month, day);
    return day_number(year, month, day) * SECONDS_A_DAY + hour * 3600 + minute * 60 + second;
}

void when_read(struct run *run)
{
    run->at_day = run->business_day = -1;
    run->at_seconds = moment_of(get_text(run->sale, "at", NULL), &run->at_day);
    run->business_day = run->at_day;
    (void)moment_of(get_text(run->sale, "business_date", NULL), &run->business_day);
}

bool date_holds(const struct run *run, const cJSON *when)
{
    const char *from = get_text(when, "from", NULL), *until = get_text(when, "until", NULL);

    if (!from && !until)
        return true;
    if (run->at_seconds < 0)
        return false;
    return (!from || run->at_seconds >= moment_of(from, NULL)) &&
           (!until || run->at_seconds < moment_of(until, NULL));
}

static bool weekday_is(const cJSON *weekdays, int64_t day)
{
    static const char *const names[] = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};

    return cJSON_GetArraySize(weekdays) == 0 || (day >= 0 && list_has(weekdays, names[day % 7]));
}

static int64_t minutes_of(const char *text)
{
    int hour = 0, minute = 0;

    (void)sscanf(text, "%2d:%2d", &hour, &minute);
    return hour * 60 + minute;
}

/* Hours after midnight belong to the weekday they began on. */
enum reason hours_fail(const struct run *run, const cJSON *when)
{
    const cJSON *hours = get(when, "hours"), *weekdays = get(when, "weekdays"), *range;
    bool in_hours = false;
    int64_t now;

    if (cJSON_GetArraySize(hours) == 0)
        return weekday_is(weekdays, run->business_day) ? APPLIED : R_WEEKDAY;
    if (run->at_seconds < 0)
        return R_HOURS;
    now = run->at_seconds % SECONDS_A_DAY / 60;
    cJSON_ArrayForEach(range, hours)
    {
        int64_t from = minutes_of(cJSON_GetArrayItem(range, 0)->valuestring);
        int64_t until = minutes_of(cJSON_GetArrayItem(range, 1)->valuestring);
        bool evening = from <= until ? now >= from && now < until : now >= from;
        bool morning = from > until && now < until;

        in_hours = in_hours || evening || morning;
        if ((evening && weekday_is(weekdays, run->business_day)) ||
            (morning && weekday_is(weekdays, run->at_day - 1)))
            return APPLIED;
    }
    return in_hours ? R_WEEKDAY : R_HOURS;
}

bool birthday_holds(const struct run *run, const cJSON *birthday)
{
    const char *born = get_text(run->member, "birthday", NULL);
    int year, month, day, ignored;

    if (!born || run->business_day < 0 || sscanf(born, "%2d-%2d", &month, &day) != 2)
        return false;
    day_split(run->business_day, &year, &ignored, &ignored);
    for (int y = year - 1; y <= year + 1; y++) {
        int kept_on = month == 2 && day == 29 && !is_leap(y) ? 28 : day;
        int64_t number = day_number(y, month, kept_on);

        if (run->business_day >= number - get_int(birthday, "before", 0) &&
            run->business_day <= number + get_int(birthday, "after", 0))
            return true;
    }
    return false;
}
