/* SPDX-License-Identifier: Apache-2.0 */
/* escpos_codes - bar codes and QR codes as ESC/POS commands, for escpos_render. */
#ifndef LOYALD_PRINTER_ESCPOS_CODES_H
#define LOYALD_PRINTER_ESCPOS_CODES_H

#include "agent/base/errmsg.h"
#include "agent/base/strbuf.h"
#include "agent/receipt/page.h"

#include <stdbool.h>
#include <stdint.h>

struct profile;

void escpos_put2(struct strbuf *out, uint8_t a, uint8_t b);
void escpos_put3(struct strbuf *out, uint8_t a, uint8_t b, uint8_t c);
/* False, and nothing written, when the printer has no bar codes or the paper is too narrow: print the digits then. */
bool escpos_put_barcode(struct strbuf *out, const struct profile *profile, const struct page_code_options *options,
                        const char *code);
/* The printer's own QR code, or its picture when it has none. */
enum status escpos_put_qr(struct strbuf *out, const struct profile *profile, const struct page_code_options *options,
                          const char *text, struct errmsg *err);

#endif
