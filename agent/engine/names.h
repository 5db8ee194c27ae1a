/* SPDX-License-Identifier: Apache-2.0 */
/* names - how names of items and coupon codes are compared: one form for bundle and sale. */
#ifndef LOYALD_ENGINE_NAMES_H
#define LOYALD_ENGINE_NAMES_H

#include <stdbool.h>
#include <stddef.h>

enum { GTIN_TEXT = 15, CODE_BYTES_MAX = 128 };

/* Trade numbers compare as 14 digits. False when text is not 1 to 14 digits. */
bool name_gtin(const char *text, char out_gtin[GTIN_TEXT]);
/* The length without slashes at the end: "drinks/" is "drinks". */
size_t name_category_len(const char *text);
/* Coupon codes: ASCII, lower case, without spaces and hyphens. False when nothing is left, it is not ASCII or longer
 * than CODE_BYTES_MAX - 1. */
bool name_code(const char *text, char out_code[CODE_BYTES_MAX]);

#endif
