/* SPDX-License-Identifier: Apache-2.0 */
#include "drivers/printer/raster.h"

#include "agent/base/strbuf.h"
#include "agent/receipt/bars.h"

#include <errno.h>
#include <qrencode.h>
#include <string.h>

enum {
    BARS_HEIGHT_DOTS = 80,
    BARS_QUIET_MODULES = 20, /* on both sides together */
    QR_QUIET_MODULES = 8,
    QR_MODULE_DOTS = 6,
    DLE = 0x10,
    ESC = 0x1B,
};

/* The row once more below itself, so that there are so many. */
static void repeat_row(struct bitmap *bitmap, int y, int count)
{
    uint8_t *row = bitmap->bits + (size_t)y * bitmap->row_bytes;

    for (int i = 1; i < count; i++)
        memcpy(row + (size_t)i * bitmap->row_bytes, row, bitmap->row_bytes);
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
            bitmap_fill(bitmap, i * module, 0, module, 1);
    }
    if (st == ST_OK)
        repeat_row(bitmap, 0, height);
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

/* How many bytes each version holds at the levels L, M, Q, H (ISO/IEC 18004, table 7), as far as PAGE_QR_BYTES_MAX
 * needs: encoding a text only to know its size would take longer than the rest of a slip. */
int qr_side(const char *text, char level)
{
    static const uint16_t bytes[][4] = {
        {17, 14, 11, 7},       {32, 26, 20, 14},      {53, 42, 32, 24},      {78, 62, 46, 34},
        {106, 84, 60, 44},     {134, 106, 74, 58},    {154, 122, 86, 64},    {192, 152, 108, 84},
        {230, 180, 130, 98},   {271, 213, 151, 119},  {321, 251, 177, 137},  {367, 287, 203, 155},
        {425, 331, 241, 177},  {458, 362, 258, 194},  {520, 412, 292, 220},  {586, 450, 322, 250},
        {644, 504, 364, 280},  {718, 560, 394, 310},  {792, 624, 442, 338},  {858, 666, 482, 382},
        {929, 711, 509, 403},  {1003, 779, 565, 439}, {1091, 857, 611, 461}, {1171, 911, 661, 511},
        {1273, 997, 715, 535},
    };
    int column = level == 'l' ? 0 : level == 'q' ? 2 : level == 'h' ? 3 : 1;
    size_t len = strlen(text);

    for (int i = 0; i < (int)(sizeof bytes / sizeof bytes[0]); i++) {
        if (len <= bytes[i][column])
            return 17 + 4 * (i + 1) + QR_QUIET_MODULES;
    }
    return 0;
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
    for (int y = 0; y < qr->width && st == ST_OK; y++) {
        for (int x = 0; x < qr->width; x++) {
            if (qr->data[y * qr->width + x] & 1)
                bitmap_fill(bitmap, x * module, y * module, module, 1);
        }
        repeat_row(bitmap, y * module, module);
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

void raster_put_band(struct strbuf *out, struct strbuf *out_ends, const struct bitmap *bitmap, int from, int rows)
{
    const uint8_t *bits = bitmap->bits + (size_t)from * bitmap->row_bytes;
    size_t len = (size_t)rows * bitmap->row_bytes;
    char *to = strbuf_extend(out, len);
    uint32_t end;

    if (!to)
        return;
    memcpy(to, bits, len);
    for (size_t i = 1; i < len; i++) {
        if (is_obeyed((uint8_t)to[i - 1], (uint8_t)to[i]))
            to[i] |= 0x08;
    }
    end = (uint32_t)out->len;
    if (out_ends)
        strbuf_add(out_ends, &end, sizeof end);
}
