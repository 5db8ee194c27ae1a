/* SPDX-License-Identifier: Apache-2.0 */
#include "drivers/printer/font.h"

#include "agent/base/file.h"

#include <stdlib.h>
#include <string.h>

enum { ROWS = 16, NARROW_DIGITS = 2 * ROWS, WIDE_DIGITS = 4 * ROWS, CODE_DIGITS_MAX = 6 };

struct font {
    uint32_t at[FONT_CODES]; /* of a glyph in bits, one more than where it begins; 0: none */
    uint8_t *bits;           /* a byte of its columns / 8, then its rows */
    size_t len;
};

static int digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool read_code(const char *line, size_t len, uint32_t *out_code)
{
    uint32_t code = 0;

    if (len == 0 || len > CODE_DIGITS_MAX)
        return false;
    for (size_t i = 0; i < len; i++) {
        if (digit(line[i]) < 0)
            return false;
        code = code << 4 | (uint32_t)digit(line[i]);
    }
    *out_code = code;
    return true;
}

static bool take_line(struct font *font, const char *line, size_t len)
{
    const char *colon = memchr(line, ':', len);
    size_t code_len = colon ? (size_t)(colon - line) : 0, digits = colon ? len - code_len - 1 : 0;
    uint8_t *to = font->bits + font->len;
    uint32_t code;

    if (!read_code(line, code_len, &code) || (digits != NARROW_DIGITS && digits != WIDE_DIGITS))
        return false;
    *to++ = digits == NARROW_DIGITS ? 1 : 2;
    for (size_t i = 0; i < digits; i += 2) {
        int high = digit(colon[1 + i]), low = digit(colon[2 + i]);

        if (high < 0 || low < 0)
            return false;
        *to++ = (uint8_t)(high << 4 | low);
    }
    if (code < FONT_CODES) {
        font->at[code] = (uint32_t)font->len + 1;
        font->len += 1 + digits / 2;
    }
    return true;
}

enum status font_load(const char *text, size_t len, struct font **out_font, struct errmsg *err)
{
    struct font *font = len <= FONT_FILE_BYTES_MAX ? calloc(1, sizeof *font) : NULL;
    int line = 0;

    /* A glyph takes less than its line, and one is written ahead. */
    if (font)
        font->bits = malloc(len + WIDE_DIGITS);
    if (!font || !font->bits) {
        errmsg_set(err, len > FONT_FILE_BYTES_MAX ? "the font is too large" : "out of memory");
        font_destroy(font);
        return len > FONT_FILE_BYTES_MAX ? ST_FULL : ST_NOMEM;
    }
    for (size_t at = 0; at < len;) {
        const char *end = memchr(text + at, '\n', len - at);
        size_t line_len = end ? (size_t)(end - text) - at : len - at;

        line++;
        if (line_len > 0 && !take_line(font, text + at, line_len)) {
            errmsg_set(err, "line %d is no glyph: a code, a colon, 32 or 64 hexadecimal digits", line);
            font_destroy(font);
            return ST_INVALID;
        }
        at += line_len + 1;
    }
    *out_font = font;
    return ST_OK;
}

enum status font_load_file(const char *path, struct font **out_font, struct errmsg *err)
{
    char *text = NULL;
    size_t len = 0;
    enum status st = file_read(path, FONT_FILE_BYTES_MAX, &text, &len, err);

    if (st == ST_OK) {
        st = font_load(text, len, out_font, err);
        if (st != ST_OK)
            errmsg_wrap(err, "%s", path);
    }
    free(text);
    return st;
}

void font_destroy(struct font *font)
{
    if (!font)
        return;
    free(font->bits);
    free(font);
}

bool font_has(const struct font *font, uint32_t code)
{
    return font && code < FONT_CODES && font->at[code] != 0;
}

void font_draw(const struct font *font, uint32_t code, const struct font_cell *cell, struct bitmap *bitmap)
{
    const uint8_t *glyph;
    int row_bytes;

    if (!font_has(font, code))
        return;
    glyph = font->bits + font->at[code] - 1;
    row_bytes = *glyph++;
    for (int y = 0; y < cell->height; y++) {
        const uint8_t *row = glyph + (size_t)(y * ROWS / cell->height) * (size_t)row_bytes;

        for (int x = 0; x < cell->width; x++) {
            int from = x * 8 * row_bytes / cell->width;

            if (row[from / 8] >> (7 - from % 8) & 1)
                bitmap_fill(bitmap, cell->x + x, cell->y + y, cell->bold ? 2 : 1, 1);
        }
    }
}
