/* SPDX-License-Identifier: Apache-2.0 */
/* raster - pictures made from codes, and pictures in the bands in which a language sends them. */
#ifndef LOYALD_PRINTER_RASTER_H
#define LOYALD_PRINTER_RASTER_H

#include "agent/base/errmsg.h"
#include "agent/base/status.h"
#include "agent/receipt/bitmap.h"
#include "agent/receipt/page.h"

#include <stddef.h>
#include <stdint.h>

enum {
    /* Rows in one command: a job broken off leaves the printer waiting for at most that (render.h). */
    RASTER_BAND_BYTES_MAX = 512, /* half a second of a line of 9600 baud, in which the printer can be asked nothing */
    RASTER_BAND_ROWS_MAX = 255,
};

/* A bar code without its characters: ST_INVALID when it is wider than dots at two dots a module. */
enum status bitmap_of_bars(struct bitmap *bitmap, const struct page_code_options *options, const char *code,
                           int dots);
/* ST_INVALID with words when the text is too long for a QR code, or the code for the paper. */
enum status bitmap_of_qr(struct bitmap *bitmap, const struct page_code_options *options, const char *text, int dots,
                         struct errmsg *err);
/* Modules of a side with its quiet zone; 0 when the text does not fit into any. */
int qr_side(const char *text, char level);

/* How many rows of the bitmap go into the next command, from row `from` on. */
int raster_band_rows(const struct bitmap *bitmap, int from);
/* Copies those rows, a dot set where bytes would be a command that printers obey even inside data. out_ends (may be
 * NULL) gets where they end in out, as a uint32_t. */
struct strbuf;
void raster_put_band(struct strbuf *out, struct strbuf *out_ends, const struct bitmap *bitmap, int from, int rows);

#endif
