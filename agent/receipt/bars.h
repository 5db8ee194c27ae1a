/* SPDX-License-Identifier: Apache-2.0 */
/* bars - bar codes as bars and gaps, for whoever draws a page itself. Pure. */
#ifndef LOYALD_RECEIPT_BARS_H
#define LOYALD_RECEIPT_BARS_H

#include "agent/receipt/page.h"

enum { BARS_MODULES_MAX = 32 * 16 + 64 };

/* One character a module, '1' a bar and '0' a gap, without quiet zones; code as a page holds it. Returns how many, 0
 * for a code that has no bars. */
size_t bars_modules(enum page_symbology symbology, const char *code, char out_modules[BARS_MODULES_MAX]);

#endif
