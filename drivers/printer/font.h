/* SPDX-License-Identifier: Apache-2.0 */
/*
 * font - a bitmap font for characters that no code page and no spelling gives: read from GNU Unifont's text form, a
 * line "4E00:" and 32 or 64 hexadecimal digits, rows of 8 or 16 dots, 16 of them.
 *
 * The font is a file of the system (Debian: package unifont), not a part of this program: its licence is its own.
 */
#ifndef LOYALD_PRINTER_FONT_H
#define LOYALD_PRINTER_FONT_H

#include "agent/base/errmsg.h"
#include "agent/base/status.h"
#include "drivers/printer/raster.h"

struct font; /* opaque */

enum {
    FONT_FILE_BYTES_MAX = 8 * 1024 * 1024, /* Unifont 15 has 3.8 MB */
    FONT_CODES = 0x10000,                  /* of the basic plane; others are passed over */
};

/* ST_INVALID names the line that is none. */
enum status font_load(const char *text, size_t len, struct font **out_font, struct errmsg *err);
/* ST_NOT_FOUND when there is no such file. */
enum status font_load_file(const char *path, struct font **out_font, struct errmsg *err);
void font_destroy(struct font *font); /* accepts NULL */
bool font_has(const struct font *font, uint32_t code);

struct font_cell {
    int x, y, width, height; /* of the place, which the glyph is stretched to */
    bool bold;
};
/* Draws nothing when there is no such glyph. */
void font_draw(const struct font *font, uint32_t code, const struct font_cell *cell, struct bitmap *bitmap);

#endif
