/* SPDX-License-Identifier: Apache-2.0 */
#include "drivers/printer/raster.h"

#include "agent/base/strbuf.h"
#include "agent/receipt/bars.h"

#include <errno.h>
#include <qrencode.h>
#include <stdlib.h>
#include <string.h>

enum {
    BARS_HEIGHT_DOTS = 80,
    BARS_QUIET_MODULES = 20, /* on both sides together */
    QR_QUIET_MODULES = 8,
    QR_MODULE_DOTS = 6,
    DLE = 0x10,
    ESC = 0x1B,
};

enum status bitmap_init(struct bitmap *bitmap, int width, int height)
{
    struct bitmap made = {.width = width, .height = height, .row_bytes = ((size_t)(width > 0 ? width : 0) + 7) / 8};

    if (width < 1 || width > BITMAP_WIDTH_MAX || height < 1 || height > BITMAP_HEIGHT_MAX)
        return ST_INVALID;
    made.bits = calloc((size_t)height, made.row_bytes);
    if (!made.bits)
        return ST_NOMEM;
    *bitmap = made;
    return ST_OK;
}

void bitmap_clear(struct bitmap *bitmap)
{
    free(bitmap->bits);
    *bitmap = (struct bitmap){0};
}

void bitmap_fill(struct bitmap *bitmap, int x, int y, int width, int height)
{
    for (int row = y < 0 ? 0 : y; row < y + height && row < bitmap->height; row++) {
        for (int column = x < 0 ? 0 : x; column < x + width && column < bitmap->width; column++)
            bitmap->bits[(size_t)row * bitmap->row_bytes + (size_t)column / 8] |= (uint8_t)(0x80 >> column % 8);
    }
}

bool bitmap_at(const struct bitmap *bitmap, int x, int y)
{
    return bitmap->bits[(size_t)y * bitmap->row_bytes + (size_t)x / 8] >> (7 - x % 8) & 1;
}

enum status bitmap_of_bars(struct bitmap *bitmap, const struct page_code_options *options, const char *code, int dots)
{
    char modules[BARS_MODULES_MAX];
    int count = (int)bars_modules(options->symbology, code, modules),
        module = options->module_dots ? options->module_dots : 3;
    int height = options->height_dots ? options->height_dots : BARS_HEIGHT_DOTS;
    enum status st;

    while (module > 2 && (count + BARS_QUIET_MODULES) * module > dots)
        module--;
    if (count == 0 || (count + BARS_QUIET_MODULES) * module > dots)
        return ST_INVALID;
    st = bitmap_init(bitmap, count * module, height);
    for (int i = 0; i < count && st == ST_OK; i++) {
        if (modules[i] == '1')
            bitmap_fill(bitmap, i * module, 0, module, height);
    }
    return st;
}

static QRcode *encode(const char *text, char level)
{
    QRecLevel correction = level == 'l'   ? QR_ECLEVEL_L
                           : level == 'q' ? QR_ECLEVEL_Q
                           : level == 'h' ? QR_ECLEVEL_H
                                          : QR_ECLEVEL_M;

    return QRcode_encodeString8bit(text, 0, correction);
}

int qr_side(const char *text, char level)
{
    QRcode *qr = encode(text, level);
    int side = qr ? qr->width + QR_QUIET_MODULES : 0;

    QRcode_free(qr);
    return side;
}

enum status bitmap_of_qr(struct bitmap *bitmap, const struct page_code_options *options, const char *text, int dots,
                         struct errmsg *err)
{
    QRcode *qr = encode(text, options->level);
    int module = options->cell_dots ? options->cell_dots : QR_MODULE_DOTS;
    enum status st = ST_INVALID;

    if (!qr) {
        errmsg_set(err, "QR code: %s", errno == ENOMEM ? "out of memory" : "the text does not fit");
        return errno == ENOMEM ? ST_NOMEM : ST_INVALID;
    }
    while (module > 2 && (qr->width + QR_QUIET_MODULES) * module > dots)
        module--;
    if ((qr->width + QR_QUIET_MODULES) * module <= dots)
        st = bitmap_init(bitmap, qr->width * module, qr->width * module);
    if (st != ST_OK)
        errmsg_set(err, "QR code: %s", st == ST_NOMEM ? "out of memory" : "it is wider than the paper");
    for (int i = 0; i < qr->width * qr->width && st == ST_OK; i++) {
        if (qr->data[i] & 1)
            bitmap_fill(bitmap, i % qr->width * module, i / qr->width * module, module, module);
    }
    QRcode_free(qr);
    return st;
}

int raster_band_rows(const struct bitmap *bitmap, int from)
{
    int rows = (int)(RASTER_BAND_BYTES_MAX / bitmap->row_bytes);

    rows = rows > RASTER_BAND_ROWS_MAX ? RASTER_BAND_ROWS_MAX : rows;
    return rows < bitmap->height - from ? rows : bitmap->height - from;
}

/* Epson's reference on DLE EOT, DLE ENQ and DLE DC4, and Star's on ESC ACK SOH: obeyed wherever they stand. A dot
 * more is not seen; a drawer that opens is. */
static bool is_obeyed(uint8_t before, uint8_t byte)
{
    return (before == DLE && (byte == 0x04 || byte == 0x05 || byte == 0x14)) || (before == ESC && byte == 0x06);
}

void raster_put_band(struct strbuf *out, const struct bitmap *bitmap, int from, int rows)
{
    const uint8_t *bits = bitmap->bits + (size_t)from * bitmap->row_bytes;
    size_t len = (size_t)rows * bitmap->row_bytes;
    char *to = strbuf_extend(out, len);

    if (!to)
        return;
    memcpy(to, bits, len);
    for (size_t i = 1; i < len; i++) {
        if (is_obeyed((uint8_t)to[i - 1], (uint8_t)to[i]))
            to[i] |= 0x08;
    }
}
