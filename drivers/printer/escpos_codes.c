/* SPDX-License-Identifier: Apache-2.0 */
#include "drivers/printer/escpos_codes.h"

#include "drivers/printer/escpos_render.h"
#include "drivers/printer/profile.h"

#include <errno.h>
#include <qrencode.h>
#include <string.h>

enum {
    BARCODE_HEIGHT_DOTS = 80,
    CODE128_MODULES = 35 + 20, /* start, check, stop, quiet zones, ISO/IEC 15417; 11 more each symbol */
    QR_QUIET_MODULES = 8,
};

void escpos_put2(struct strbuf *out, uint8_t a, uint8_t b)
{
    const uint8_t bytes[] = {a, b};

    strbuf_add(out, bytes, sizeof bytes);
}

void escpos_put3(struct strbuf *out, uint8_t a, uint8_t b, uint8_t c)
{
    const uint8_t bytes[] = {a, b, c};

    strbuf_add(out, bytes, sizeof bytes);
}

/* Code set C packs two digits in a byte. Not when that would make DLE EOT, DLE ENQ or DLE DC4 (digits 1604, 1605,
 * 1620), which a printer obeys even inside data. */
static bool fits_code_set_c(const char *code)
{
    size_t len = strlen(code);

    if (len < 4 || len % 2 != 0 || strspn(code, "0123456789") != len)
        return false;
    for (size_t i = 0; i + 3 < len; i += 2) {
        if (memcmp(code + i, "16", 2) == 0 &&
            (memcmp(code + i + 2, "04", 2) == 0 || memcmp(code + i + 2, "05", 2) == 0 ||
             memcmp(code + i + 2, "20", 2) == 0))
            return false;
    }
    return true;
}

/* The data of GS k 73: code set, then symbols; "{" is doubled. Returns how many symbols. */
static int code128_data(const char *code, struct strbuf *out)
{
    int symbols = 0;

    if (fits_code_set_c(code)) {
        strbuf_puts(out, "{C");
        for (; *code; code += 2, symbols++)
            strbuf_putc(out, (char)((code[0] - '0') * 10 + (code[1] - '0')));
        return symbols;
    }
    strbuf_puts(out, "{B");
    for (; *code; code++, symbols++) {
        if (*code == '{')
            strbuf_putc(out, '{');
        strbuf_putc(out, *code);
    }
    return symbols;
}

/* The data of GS k, second form, and its number m; returns how many modules wide the code is, quiet zones counted
 * (ISO/IEC 15420, 15417, 16388, 16390; Codabar by EN 798), wide bars taken as three narrow ones. */
static int barcode_data(enum page_symbology symbology, const char *code, struct strbuf *out, uint8_t *out_m)
{
    int len = (int)strlen(code);

    if (symbology == PAGE_CODE128) {
        *out_m = 73;
        return CODE128_MODULES + 11 * code128_data(code, out);
    }
    strbuf_puts(out, code);
    switch (symbology) {
    case PAGE_EAN8:
        *out_m = 68;
        return 67 + 14;
    case PAGE_UPC_A:
        *out_m = 65;
        return 95 + 18;
    case PAGE_CODE39:
        *out_m = 69;
        return (len + 2) * 16 + 20;
    case PAGE_ITF:
        *out_m = 70;
        return len * 9 + 9 + 20;
    case PAGE_CODABAR:
        *out_m = 71;
        return len * 14 + 20;
    default:
        *out_m = 67;
        return 95 + 18;
    }
}

bool escpos_put_barcode(struct strbuf *out, const struct profile *profile, const struct page_code_options *options,
                        const char *code)
{
    struct strbuf data = STRBUF_INIT(4 * PAGE_CODE128_LEN_MAX);
    uint8_t m;
    int modules = barcode_data(options->symbology, code, &data, &m), width;

    if (!profile->barcode || strbuf_status(&data) != ST_OK) {
        strbuf_free(&data);
        return false;
    }
    width = options->module_dots ? options->module_dots : 3;
    while (width > 2 && modules * width > profile->dots)
        width--;
    if (modules * width > profile->dots) {
        strbuf_free(&data);
        return false;
    }
    escpos_put3(out, 0x1D, 'h', options->height_dots ? options->height_dots : BARCODE_HEIGHT_DOTS);
    escpos_put3(out, 0x1D, 'w', (uint8_t)width);
    escpos_put3(out, 0x1D, 'H', options->no_text ? 0 : 2); /* the digits below */
    escpos_put3(out, 0x1D, 'f', 0);
    escpos_put2(out, 0x1D, 'k');
    escpos_put2(out, m, (uint8_t)data.len);
    strbuf_add(out, data.data, data.len);
    strbuf_free(&data);
    return true;
}

static void qr_command(struct strbuf *out, uint8_t function, const void *data, size_t len)
{
    size_t parameter_len = len + 2;

    escpos_put3(out, 0x1D, '(', 'k');
    escpos_put2(out, (uint8_t)(parameter_len & 0xFF), (uint8_t)(parameter_len >> 8));
    escpos_put2(out, 49, function);
    strbuf_add(out, data, len);
}

static void put_native_qr(struct strbuf *out, const char *text, int module_dots, QRecLevel level)
{
    struct strbuf store = STRBUF_INIT(PAGE_QR_BYTES_MAX + 1);

    strbuf_putc(&store, 48);
    strbuf_puts(&store, text);
    qr_command(out, 65, (const uint8_t[]){50, 0}, 2); /* model 2 */
    qr_command(out, 67, (const uint8_t[]){(uint8_t)module_dots}, 1);
    qr_command(out, 69, (const uint8_t[]){(uint8_t)(48 + level)}, 1);
    if (strbuf_status(&store) == ST_OK)
        qr_command(out, 80, store.data, store.len);
    else
        out->st = strbuf_status(&store);
    qr_command(out, 81, (const uint8_t[]){48}, 1);
    strbuf_free(&store);
}

/*
 * A picture of four dots a module: each byte is then 00, 0F, F0 or FF, so that no real-time command can arise in it.
 * One row of modules a command, so that a job broken off leaves the printer waiting for at most that.
 */
static void put_picture_of_qr(struct strbuf *out, const QRcode *qr)
{
    size_t bytes = ((size_t)qr->width + 1) / 2;

    for (int y = 0; y < qr->width; y++) {
        const uint8_t header[] = {0x1D, 'v', '0', 0, (uint8_t)bytes, 0, 4, 0};

        strbuf_add(out, header, sizeof header);
        for (int dot = 0; dot < 4; dot++) {
            for (size_t i = 0; i < bytes; i++) {
                const unsigned char *module = &qr->data[y * qr->width + (int)(2 * i)];
                bool second = (int)(2 * i) + 1 < qr->width && module[1] & 1;

                strbuf_putc(out, (char)((module[0] & 1 ? 0xF0 : 0) | (second ? 0x0F : 0)));
            }
        }
    }
}

static QRecLevel qr_level(char level)
{
    switch (level) {
    case 'l':
        return QR_ECLEVEL_L;
    case 'q':
        return QR_ECLEVEL_Q;
    case 'h':
        return QR_ECLEVEL_H;
    default:
        return QR_ECLEVEL_M;
    }
}

enum status escpos_put_qr(struct strbuf *out, const struct profile *profile, const struct page_code_options *options,
                          const char *text, struct errmsg *err)
{
    QRecLevel level = qr_level(options->level);
    QRcode *qr = QRcode_encodeString8bit(text, 0, level);
    int module_dots, wanted = options->cell_dots ? options->cell_dots : 6;

    if (!qr) {
        errmsg_set(err, "QR code: %s", errno == ENOMEM ? "out of memory" : "the text does not fit");
        return errno == ENOMEM ? ST_NOMEM : ST_INVALID;
    }
    module_dots = profile->dots / (qr->width + QR_QUIET_MODULES);
    if (!profile->qr)
        put_picture_of_qr(out, qr);
    else
        put_native_qr(out, text, module_dots > wanted ? wanted : module_dots, level);
    QRcode_free(qr);
    return ST_OK;
}
