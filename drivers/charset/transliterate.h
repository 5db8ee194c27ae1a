/* SPDX-License-Identifier: Apache-2.0 */
/* transliterate - what to write for a character that no page of the device has. */
#ifndef LOYALD_CHARSET_TRANSLITERATE_H
#define LOYALD_CHARSET_TRANSLITERATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { TRANSLITERATE_MAX = 8 }; /* characters for one */

/* Returns a view of 1 to 4 characters of UTF-8 that mean about the same, in the same alphabet where there is one;
 * NULL when we know none. */
const char *transliterate(uint32_t code);
/* Likewise for a letter of the Greek, Cyrillic, Armenian, Hebrew, Arabic, Thai or Georgian alphabet, in Latin ones: for
 * a device without them. */
const char *transliterate_latin(uint32_t code);
/* A mark above or below a letter, or one that only lengthens a word: what is written without it can still be read. */
bool transliterate_is_mark(uint32_t code);
/* What to write for a character that has() denies, by all of them: 1 to TRANSLITERATE_MAX characters, all of which it
 * has. Returns how many; 0: it is a mark, left out; below 0: nothing is known that it has. */
int transliterate_for(uint32_t code, bool (*has)(void *context, uint32_t code), void *context,
                      uint32_t out_codes[TRANSLITERATE_MAX]);

#endif
