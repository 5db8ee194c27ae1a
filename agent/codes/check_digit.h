/* SPDX-License-Identifier: Apache-2.0 */
/* check_digit - the two sums that say whether a number was read or typed whole. */
#ifndef LOYALD_CODES_CHECK_DIGIT_H
#define LOYALD_CODES_CHECK_DIGIT_H

#include <stdbool.h>
#include <stddef.h>

enum { CHECK_DIGITS_MAX = 64 };

/* Whether text is len digits and nothing else; no digits are none. */
bool check_all_digits(const char *text, size_t len);
/* GS1: the last of 2 to CHECK_DIGITS_MAX digits sums with those before, weights 1, 3, 1, ... from the right, to a
 * multiple of ten. EAN-8, UPC-A, EAN-13, GTIN-14, SSCC, GLN and GSRN all use it. */
bool check_mod10(const char *digits, size_t len);
/* Luhn, of ISO/IEC 7812: every second digit from the right doubled, its own digits summed. */
bool check_luhn(const char *digits, size_t len);
/* The digit that makes check_mod10 hold when it is put behind len digits; '\0' when they are none. */
char check_mod10_digit(const char *digits, size_t len);

#endif
