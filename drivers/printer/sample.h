/* SPDX-License-Identifier: Apache-2.0 */
/* sample - a slip to look at: looks, codes, and a line in each code page, so that who sets a printer up sees its
 * numbers. */
#ifndef LOYALD_PRINTER_SAMPLE_H
#define LOYALD_PRINTER_SAMPLE_H

#include "drivers/printer/render.h"

enum { SAMPLE_NUMBERS = 96 }; /* of ESC t that are tried: those of the models we know end there */

/* As render_page. every_number: Russian letters under each number, as CP866 and as CP1251. */
enum status sample_render(const struct render_options *options, bool every_number, struct strbuf *out,
                          struct strbuf *out_ends, struct errmsg *err);

#endif
