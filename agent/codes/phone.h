/* SPDX-License-Identifier: Apache-2.0 */
/* phone - a phone number in one form, as E.164 writes it: + and 8 to 15 digits. */
#ifndef LOYALD_CODES_PHONE_H
#define LOYALD_CODES_PHONE_H

#include <stdbool.h>
#include <stddef.h>

enum { PHONE_DIGITS_MIN = 8, PHONE_DIGITS_MAX = 15, PHONE_TEXT = PHONE_DIGITS_MAX + 2 };

/* Blanks, brackets, hyphens and dots are passed over. "00" at the start stands for "+". country is the chain's own
 * country code, such as "7", and lets a number without it pass: ten digits, or eleven with a trunk prefix of 8 or 0;
 * "": only whole numbers. False, and out untouched, when it is no phone number. */
bool phone_canonical(const char *text, size_t len, const char *country, char out_phone[PHONE_TEXT]);

#endif
