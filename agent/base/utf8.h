/* SPDX-License-Identifier: Apache-2.0 */
/* utf8 - UTF-8 decoded strictly (no overlong forms, no surrogates, at most U+10FFFF). */
#ifndef LOYALD_BASE_UTF8_H
#define LOYALD_BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { UTF8_INVALID = 0xFFFD };

/* Decodes one character and returns its length in bytes; 0 at the end (len 0). An invalid byte counts as one
 * character, UTF8_INVALID, of length 1, and clears *valid when that is given. */
size_t utf8_next(const char *text, size_t len, uint32_t *out_code, bool *valid);
/* Likewise, but a Cyrillic letter and the breve or the two dots after it, as some systems write them, are one character:
 * U+0438 U+0306 is U+0439. */
size_t utf8_next_letter(const char *text, size_t len, uint32_t *out_code);
bool utf8_is_valid(const char *text, size_t len);
/* Writes 1 to 4 bytes, returns how many; what is no character (a surrogate, above U+10FFFF) as U+FFFD. */
size_t utf8_put(uint32_t code, char out_bytes[4]);
size_t utf8_length(const char *text, size_t len); /* in characters */
/* The most bytes, at most len_max, that end at a character border. */
size_t utf8_cut(const char *text, size_t len, size_t len_max);

#endif
