/* SPDX-License-Identifier: Apache-2.0 */
/* transliterate - what to print for a character no page of the printer has. */
#ifndef LOYALD_PRINTER_TRANSLITERATE_H
#define LOYALD_PRINTER_TRANSLITERATE_H

#include <stdint.h>

/* Returns a view of 1 to 4 characters of UTF-8 that mean about the same, NULL when we know none. */
const char *transliterate(uint32_t code);

#endif
