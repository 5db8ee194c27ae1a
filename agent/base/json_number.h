/* SPDX-License-Identifier: Apache-2.0 */
/*
 * json_number - numbers of JSON without the C library's reader, which asks the locale (internal to base). Integers
 * are exact as far as a double holds them; any other number comes out near its size and is never an integer below
 * 2^53.
 */
#ifndef LOYALD_BASE_JSON_NUMBER_H
#define LOYALD_BASE_JSON_NUMBER_H

#include <stddef.h>
#include <stdint.h>

/* Reads the number at *inout_at, which is left behind it, or where it goes wrong. Returns what is wrong, in words;
 * NULL: nothing. */
const char *json_number(const char *text, size_t len, size_t *inout_at, double *out_value);

#endif
