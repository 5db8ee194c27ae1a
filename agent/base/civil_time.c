/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/base/civil_time.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

enum {
    DAYS_400_YEARS = 146097,
    DAYS_TO_1970 = 719468, /* from 1 March of the year 0 */
    YEAR_MIN = 1970,
    DAY_MAX = 2932896,            /* 9999-12-31 */
    OFFSET_MINUTES_MAX = 14 * 60, /* Kiritimati; none is further from UTC */
    FRACTION_DIGITS_MAX = 9,
};

static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

/* Years are counted from March, so that the leap day is the last of its year; the months from March on have
 * 31 30 31 30 31, twice and a bit, which (153 m + 2) / 5 sums up. */
int32_t civil_day(int year, int month, int day_of_month)
{
    int64_t march_year = (int64_t)year - (month <= 2);
    int64_t march_month = month <= 2 ? month + 9 : month - 3;
    int64_t leap_days = floor_div(march_year, 4) - floor_div(march_year, 100) + floor_div(march_year, 400);

    return (int32_t)(march_year * 365 + leap_days + (153 * march_month + 2) / 5 + day_of_month - 1 - DAYS_TO_1970);
}

void civil_from_day(int32_t day, int *out_year, int *out_month, int *out_day_of_month)
{
    int64_t since = (int64_t)day + DAYS_TO_1970;
    int64_t era = floor_div(since, DAYS_400_YEARS);
    int64_t in_era = since - era * DAYS_400_YEARS; /* 0..146096 */
    /* Taking the leap days out leaves years of 365 days: one in 1461 days, none in 36524, one at the era's end. */
    int64_t year = (in_era - in_era / 1460 + in_era / 36524 - in_era / (DAYS_400_YEARS - 1)) / 365;
    int64_t in_year = in_era - (year * 365 + year / 4 - year / 100);
    int64_t march_month = (5 * in_year + 2) / 153;

    *out_day_of_month = (int)(in_year - (153 * march_month + 2) / 5 + 1);
    *out_month = (int)(march_month < 10 ? march_month + 3 : march_month - 9);
    *out_year = (int)(year + era * 400 + (*out_month <= 2));
}

int civil_weekday(int32_t day)
{
    return (day % 7 + 7 + 3) % 7; /* 1970-01-01 was a Thursday */
}

static int days_in_month(int year, int month)
{
    static const uint8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

    return days[month - 1] + (month == 2 && leap);
}

/* Reads exactly count digits and steps over them; false at anything else, the end included. */
static bool take_digits(const char **at, int count, int *out_value)
{
    int value = 0;

    for (int i = 0; i < count; i++) {
        if ((*at)[i] < '0' || (*at)[i] > '9')
            return false;
        value = value * 10 + ((*at)[i] - '0');
    }
    *at += count;
    *out_value = value;
    return true;
}

static bool take_char(const char **at, char c)
{
    if (**at != c)
        return false;
    (*at)++;
    return true;
}

static bool take_date(const char **at, int32_t *out_day)
{
    int year, month, day;

    if (!take_digits(at, 4, &year) || !take_char(at, '-') || !take_digits(at, 2, &month) || !take_char(at, '-') ||
        !take_digits(at, 2, &day))
        return false;
    if (year < YEAR_MIN || month < 1 || month > 12 || day < 1 || day > days_in_month(year, month))
        return false;
    *out_day = civil_day(year, month, day);
    return true;
}

static bool take_hour_minute(const char **at, int *out_minutes)
{
    int hour, minute;

    if (!take_digits(at, 2, &hour) || !take_char(at, ':') || !take_digits(at, 2, &minute) || hour > 23 || minute > 59)
        return false;
    *out_minutes = hour * 60 + minute;
    return true;
}

/* ":00[.123]", when a colon stands here at all. */
static bool take_seconds(const char **at, int *out_second)
{
    int digit, count = 0;

    *out_second = 0;
    if (!take_char(at, ':'))
        return true;
    if (!take_digits(at, 2, out_second) || *out_second > 59)
        return false;
    if (!take_char(at, '.'))
        return true;
    while (count <= FRACTION_DIGITS_MAX && take_digits(at, 1, &digit))
        count++;
    return count >= 1 && count <= FRACTION_DIGITS_MAX;
}

static bool take_offset(const char **at, int32_t *out_offset_s)
{
    bool west = **at == '-';
    int minutes;

    *out_offset_s = 0;
    if (**at == '\0' || take_char(at, 'Z'))
        return true;
    if (!take_char(at, west ? '-' : '+') || !take_hour_minute(at, &minutes) || minutes > OFFSET_MINUTES_MAX)
        return false;
    *out_offset_s = (west ? -minutes : minutes) * 60;
    return true;
}

enum status civil_parse_date(const char *text, int32_t *out_day)
{
    int32_t day;

    if (!take_date(&text, &day) || *text != '\0')
        return ST_INVALID;
    *out_day = day;
    return ST_OK;
}

enum status civil_parse_time(const char *text, struct civil_time *out_time)
{
    struct civil_time time;
    int minutes, second;

    if (!take_date(&text, &time.day) || !take_char(&text, 'T') || !take_hour_minute(&text, &minutes) ||
        !take_seconds(&text, &second) || !take_offset(&text, &time.offset_s) || *text != '\0')
        return ST_INVALID;
    time.second = minutes * 60 + second;
    *out_time = time;
    return ST_OK;
}

/* Writes the last count digits. */
static void put_digits(char *out, int count, int value)
{
    for (int i = count - 1; i >= 0; i--, value /= 10)
        out[i] = (char)('0' + value % 10);
}

void civil_format_date(int32_t day, char out_text[11])
{
    int year, month, day_of_month;

    /* A day that has no such text; a mistake or a corrupt value, shown as one. */
    if (day < 0 || day > DAY_MAX) {
        memcpy(out_text, "xxxx-xx-xx", 11);
        return;
    }
    civil_from_day(day, &year, &month, &day_of_month);
    memcpy(out_text, "0000-00-00", 11);
    put_digits(out_text, 4, year);
    put_digits(out_text + 5, 2, month);
    put_digits(out_text + 8, 2, day_of_month);
}

void civil_format_time(const struct civil_time *time, char out_text[26])
{
    int32_t minutes = (time->offset_s < 0 ? -(time->offset_s / 60) : time->offset_s / 60);
    bool whole = time->second >= 0 && time->second < 86400 && minutes <= OFFSET_MINUTES_MAX;

    civil_format_date(time->day, out_text);
    memcpy(out_text + 10, whole ? "T00:00:00+00:00" : "Txx:xx:xx+xx:xx", 16);
    if (!whole)
        return;
    put_digits(out_text + 11, 2, time->second / 3600);
    put_digits(out_text + 14, 2, time->second / 60 % 60);
    put_digits(out_text + 17, 2, time->second % 60);
    out_text[19] = time->offset_s < 0 ? '-' : '+';
    put_digits(out_text + 20, 2, minutes / 60);
    put_digits(out_text + 23, 2, minutes % 60);
}
