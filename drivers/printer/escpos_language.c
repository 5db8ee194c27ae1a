/* SPDX-License-Identifier: Apache-2.0 */
/* escpos_language - Epson's ESC/POS, and what follows it. Facts: Epson, ESC/POS command reference. */
#include "drivers/printer/language.h"
#include "drivers/printer/raster.h"

#include <string.h>

enum {
    BARCODE_HEIGHT_DOTS = 80,
    CODE128_MODULES = 35 + 20, /* start, check, stop, quiet zones, ISO/IEC 15417; 11 more each symbol */
    TEAR_OFF_LINES = 4,
};

/* To the printer (ESC =): a display on the same line may have been spoken to last, and then everything else is for it.
 * Chinese mode off (FS .): with it on, bytes from 80 on go in pairs. International set USA, or # and $ are others. */
static void begin(struct strbuf *out)
{
    static const uint8_t init[] = {0x1B, '=', 1, 0x1B, '@', 0x1C, '.', 0x1B, 'R', 0};

    strbuf_add(out, init, sizeof init);
}

static void end(struct strbuf *out)
{
    put_bytes2(out, 0x1B, '@');
}

static void select_page(struct strbuf *out, uint8_t n)
{
    put_bytes3(out, 0x1B, 't', n);
}

static void set_align(struct strbuf *out, enum page_align align)
{
    put_bytes3(out, 0x1B, 'a', (uint8_t)align);
}

static void set_look(struct strbuf *out, struct page_look was, struct page_look now)
{
    if (now.bold != was.bold)
        put_bytes3(out, 0x1B, 'E', now.bold);
    if (now.underline != was.underline)
        put_bytes3(out, 0x1B, '-', now.underline);
    if (now.inverse != was.inverse)
        put_bytes3(out, 0x1D, 'B', now.inverse);
    if (now.wide != was.wide || now.tall != was.tall)
        put_bytes3(out, 0x1D, '!', (uint8_t)((now.wide - 1) << 4 | (now.tall - 1)));
}

static void feed(struct strbuf *out, uint8_t lines)
{
    put_bytes3(out, 0x1B, 'd', lines);
}

static void cut(struct strbuf *out, enum profile_cut how)
{
    switch (how) {
    case PROFILE_CUT_NONE: /* far enough to tear off */
        feed(out, TEAR_OFF_LINES);
        return;
    case PROFILE_CUT_FULL:
        put_bytes3(out, 0x1D, 'V', 65);
        strbuf_putc(out, 0);
        return;
    case PROFILE_CUT_PARTIAL:
        put_bytes3(out, 0x1D, 'V', 66);
        strbuf_putc(out, 0);
        return;
    }
}

/* Pin 2, 50 ms on and half a second off, as drawers want it. */
static void open_drawer(struct strbuf *out)
{
    static const uint8_t pulse[] = {0x1B, 'p', 0, 0x19, 0xFA};

    strbuf_add(out, pulse, sizeof pulse);
}

static void put_raster(struct strbuf *out, struct strbuf *out_ends, const struct bitmap *bitmap)
{
    for (int from = 0, rows; from < bitmap->height; from += rows) {
        const uint8_t width = (uint8_t)bitmap->row_bytes; /* BITMAP_WIDTH_MAX / 8 fits */

        rows = raster_band_rows(bitmap, from);
        put_bytes3(out, 0x1D, 'v', '0');
        put_bytes3(out, 0, width, 0);
        put_bytes2(out, (uint8_t)rows, 0);
        raster_put_band(out, out_ends, bitmap, from, rows);
    }
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
    case PAGE_CODE93: /* its own check symbols */
        *out_m = 72;
        return (len + 4) * 9 + 1 + 20;
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

static bool put_barcode(struct strbuf *out, const struct page_code_options *options, const char *code, int dots)
{
    struct strbuf data = STRBUF_INIT(4 * PAGE_CODE128_LEN_MAX);
    uint8_t m;
    int modules = barcode_data(options->symbology, code, &data, &m),
        width = options->module_dots ? options->module_dots : 3;

    while (width > 2 && modules * width > dots)
        width--;
    if (modules * width > dots || strbuf_status(&data) != ST_OK) {
        strbuf_free(&data);
        return false;
    }
    put_bytes3(out, 0x1D, 'h', options->height_dots ? options->height_dots : BARCODE_HEIGHT_DOTS);
    put_bytes3(out, 0x1D, 'w', (uint8_t)width);
    put_bytes3(out, 0x1D, 'H', options->no_text ? 0 : 2); /* the digits below */
    put_bytes3(out, 0x1D, 'f', 0);
    put_bytes2(out, 0x1D, 'k');
    put_bytes2(out, m, (uint8_t)data.len);
    strbuf_add(out, data.data, data.len);
    strbuf_free(&data);
    return true;
}

static void qr_command(struct strbuf *out, uint8_t function, const void *data, size_t len)
{
    size_t parameter_len = len + 2;

    put_bytes3(out, 0x1D, '(', 'k');
    put_bytes2(out, (uint8_t)(parameter_len & 0xFF), (uint8_t)(parameter_len >> 8));
    put_bytes2(out, 49, function);
    strbuf_add(out, data, len);
}

static void put_qr(struct strbuf *out, const char *text, int module_dots, char level)
{
    struct strbuf store = STRBUF_INIT(PAGE_QR_BYTES_MAX + 1);
    const char correction = level == 'l' ? 48 : level == 'q' ? 50 : level == 'h' ? 51 : 49;

    strbuf_putc(&store, 48);
    strbuf_puts(&store, text);
    qr_command(out, 65, (const uint8_t[]){50, 0}, 2); /* model 2 */
    qr_command(out, 67, (const uint8_t[]){(uint8_t)module_dots}, 1);
    qr_command(out, 69, (const uint8_t[]){(uint8_t)correction}, 1);
    if (strbuf_status(&store) == ST_OK)
        qr_command(out, 80, store.data, store.len);
    else
        out->st = strbuf_status(&store);
    qr_command(out, 81, (const uint8_t[]){48}, 1);
    strbuf_free(&store);
}

/* ---- what it says ---- */

static size_t ask(int n, uint8_t out[LANGUAGE_QUESTION_BYTES_MAX])
{
    const uint8_t question[] = {0x10, 0x04, (uint8_t)n};

    memcpy(out, question, sizeof question);
    return sizeof question;
}

static void learn(struct escpos_condition *condition, int n, const struct escpos_packet *packet)
{
    if (packet->kind == ESCPOS_ASB)
        escpos_condition_asb(condition, packet->bytes);
    else
        escpos_condition_realtime(condition, n, packet->bytes[0]);
}

const struct language escpos_language = {
    .newline = "\n",
    .begin = begin,
    .end = end,
    .select_page = select_page,
    .set_align = set_align,
    .set_look = set_look,
    .feed = feed,
    .cut = cut,
    .put_barcode = put_barcode,
    .put_qr = put_qr,
    .put_raster = put_raster,
    .open_drawer = open_drawer,
    .question_count = 4,
    .ask = ask,
    .push = escpos_reader_push,
    .answer = ESCPOS_REALTIME,
    .learn = learn,
    .automatic = "\x1D"
                 "a\x0E", /* GS a: errors, paper, online; not the drawer */
};
