/* SPDX-License-Identifier: Apache-2.0 */
/*
 * civil_time - dates and local times as written, without clock, time zone or locale.
 *
 * A civil time is what the store's wall clock shows: days since 1970-01-01 and minutes or seconds of that day. What the
 * offset of an ISO 8601 text says is kept beside it, never applied.
 */
#ifndef LOYALD_BASE_CIVIL_TIME_H
#define LOYALD_BASE_CIVIL_TIME_H

#include "agent/base/status.h"

#include <stdint.h>

struct civil_time {
    int32_t day;          /* days since 1970-01-01, proleptic Gregorian */
    int32_t second;       /* of the day, 0..86399 */
    int32_t offset_s;     /* east of UTC; 0 when the text has none */
};

int32_t civil_day(int year, int month, int day_of_month);
void civil_from_day(int32_t day, int *out_year, int *out_month, int *out_day_of_month);
/* 0 is Monday. */
int civil_weekday(int32_t day);
/* "2026-11-22"; years 1970 to 9999. */
enum status civil_parse_date(const char *text, int32_t *out_day);
/* "2026-11-22T18:05[:00[.123]][Z|+03:00]"; fractions (1 to 9 digits) are dropped, offsets go to 14:00. */
enum status civil_parse_time(const char *text, struct civil_time *out_time);
/* What lies outside 1970 to 9999, or is no time of day, is written with x for its digits. */
void civil_format_date(int32_t day, char out_text[11]);
/* "2026-11-22T18:05:00+03:00" */
void civil_format_time(const struct civil_time *time, char out_text[26]);

#endif
