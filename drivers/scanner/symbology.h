/* SPDX-License-Identifier: Apache-2.0 */
/*
 * symbology - what a frame means: the code family, the text, whether its digits add up, whether it may be looked at
 * at all. Knows no lines and no time.
 */
#ifndef LOYALD_SCANNER_SYMBOLOGY_H
#define LOYALD_SCANNER_SYMBOLOGY_H

#include "agent/base/status.h"
#include "drivers/scanner/scanner.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum symbology_verdict {
    SYMBOLOGY_SCAN,
    SYMBOLOGY_GARBAGE,
    SYMBOLOGY_CHECK_DIGIT,
    SYMBOLOGY_PAYMENT_CARD,
};

/* Reads a whole frame; out_scan gets symbology, text and len, and only when the answer is SYMBOLOGY_SCAN. enclosed
 * frames may hold CR, LF and TAB (framing.h). out_why, otherwise, is a static text in words without the content. */
enum symbology_verdict symbology_read(const uint8_t *bytes, size_t len, enum scanner_code_ids code_ids, bool enclosed,
                                      struct scan *out_scan, const char **out_why);

/* Whether the last digit of 2 to 18 digits is the GS1 check digit of those before (weights 3, 1 from the right). */
bool symbology_gs1_check(const char *digits, size_t len);
/* Whether 2 to 19 digits pass the Luhn check of ISO/IEC 7812. */
bool symbology_luhn(const char *digits, size_t len);
/* Whether a text is, or is a magnetic stripe that holds, the number of a payment card. */
bool symbology_is_payment_card(const char *text, size_t len);

/* The 14-digit trade number of an EAN-8, UPC-A, EAN-13 or GTIN-14, padded with zeros on the left. ST_INVALID when it
 * is none: another length, no digits, a wrong check digit. */
enum status symbology_gtin14(const char *text, size_t len, char out_gtin[15]);

#endif
