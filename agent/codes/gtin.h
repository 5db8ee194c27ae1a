/* SPDX-License-Identifier: Apache-2.0 */
/* gtin - the trade numbers of the EAN and UPC family in one form: 14 digits, whatever the scanner was set to send. */
#ifndef LOYALD_CODES_GTIN_H
#define LOYALD_CODES_GTIN_H

#include <stdbool.h>
#include <stddef.h>

enum { GTIN_TEXT = 15, UPC_A_TEXT = 13, UPC_E_DIGITS = 8 };

/* EAN-8, UPC-A, EAN-13 or GTIN-14 as 14 digits, padded with zeros on the left. False, and out untouched, when it is
 * none: another length, no digits, a wrong check digit. */
bool gtin_canonical(const char *text, size_t len, char out_gtin[GTIN_TEXT]);
/* The UPC-A of a UPC-E: 6 digits, or 7 with the number system 0 or 1 before, or 8 with the check digit behind as
 * well. False when it is none, or its check digit is not that of the UPC-A. */
bool gtin_expand_upc_e(const char *text, size_t len, char out_upc_a[UPC_A_TEXT]);

#endif
