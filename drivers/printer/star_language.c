/* SPDX-License-Identifier: Apache-2.0 */
/* star_language - Star's Line Mode. Facts: Star Micronics, Line Mode Command Specifications. */
#include "drivers/printer/language.h"
#include "drivers/printer/raster.h"
#include "drivers/printer/star_status.h"

#include <string.h>

enum { BARCODE_HEIGHT_DOTS = 80, RS = 0x1E, TEAR_OFF_LINES = 4, MODULES_128 = 35 + 20 };

static void begin(struct strbuf *out)
{
    static const uint8_t init[] = {0x1B, '@', 0x1B, 'R', 0};

    strbuf_add(out, init, sizeof init);
}

static void end(struct strbuf *out)
{
    put_bytes2(out, 0x1B, '@');
}

static void select_page(struct strbuf *out, uint8_t n)
{
    put_bytes2(out, 0x1B, 0x1D);
    put_bytes2(out, 't', n);
}

static void set_align(struct strbuf *out, enum page_align align)
{
    put_bytes2(out, 0x1B, 0x1D);
    put_bytes2(out, 'a', (uint8_t)align);
}

static void set_look(struct strbuf *out, struct page_look was, struct page_look now)
{
    if (now.bold != was.bold)
        put_bytes2(out, 0x1B, now.bold ? 'E' : 'F');
    if (now.underline != was.underline)
        put_bytes3(out, 0x1B, '-', now.underline);
    if (now.inverse != was.inverse)
        put_bytes2(out, 0x1B, now.inverse ? '4' : '5');
    if (now.wide != was.wide || now.tall != was.tall) {
        put_bytes2(out, 0x1B, 'i');
        put_bytes2(out, (uint8_t)(now.tall - 1), (uint8_t)(now.wide - 1));
    }
}

static void feed(struct strbuf *out, uint8_t lines)
{
    put_bytes3(out, 0x1B, 'a', lines);
}

/* Feeds to the cutter first. */
static void cut(struct strbuf *out, enum profile_cut how)
{
    switch (how) {
    case PROFILE_CUT_NONE:
        feed(out, TEAR_OFF_LINES);
        return;
    case PROFILE_CUT_FULL:
        put_bytes3(out, 0x1B, 'd', 2);
        return;
    case PROFILE_CUT_PARTIAL:
        put_bytes3(out, 0x1B, 'd', 3);
        return;
    }
}

static void open_drawer(struct strbuf *out)
{
    strbuf_putc(out, 0x07);
}

/* ---- codes ---- */

/* n1 of ESC b and the modules of a code with its quiet zones, as in escpos_language.c. */
static uint8_t kind_of(enum page_symbology symbology, int len, int *out_modules)
{
    switch (symbology) {
    case PAGE_UPC_A:
        *out_modules = 95 + 18;
        return 1;
    case PAGE_EAN8:
        *out_modules = 67 + 14;
        return 2;
    case PAGE_EAN13:
        *out_modules = 95 + 18;
        return 3;
    case PAGE_CODE39:
        *out_modules = (len + 2) * 16 + 20;
        return 4;
    case PAGE_CODE93:
        *out_modules = (len + 4) * 9 + 1 + 20;
        return 7;
    case PAGE_ITF:
        *out_modules = len * 9 + 9 + 20;
        return 5;
    case PAGE_CODABAR:
        *out_modules = len * 14 + 20;
        return 8;
    default:
        *out_modules = MODULES_128 + 11 * len;
        return 6;
    }
}

/* ESC b n1 n2 n3 n4 data RS: n2 says whether characters stand below (2) or not (1), n3 the module in dots less one.
 */
static bool put_barcode(struct strbuf *out, const struct page_code_options *options, const char *code, int dots)
{
    int modules, width = options->module_dots ? options->module_dots : 3;
    uint8_t kind = kind_of(options->symbology, (int)strlen(code), &modules);

    width = width > 4 ? 4 : width;
    while (width > 2 && modules * width > dots)
        width--;
    if (modules * width > dots)
        return false;
    put_bytes2(out, 0x1B, 'b');
    put_bytes3(out, kind, options->no_text ? 1 : 2, (uint8_t)(width - 1));
    strbuf_putc(out, (char)(options->height_dots ? options->height_dots : BARCODE_HEIGHT_DOTS));
    for (; *code; code++) {
        strbuf_putc(out, *code);
        if (kind == 6 && *code == '%') /* of Code 128 it begins a control character; "%0" is itself */
            strbuf_putc(out, '0');
    }
    strbuf_putc(out, RS);
    return true;
}

static void put_qr(struct strbuf *out, const char *text, int module_dots, char level)
{
    size_t len = strlen(text);
    const uint8_t correction = level == 'l' ? 0 : level == 'q' ? 2 : level == 'h' ? 3 : 1;
    const uint8_t set[] = {0x1B, 0x1D, 'y', 'S', '0', 2,
                           0x1B, 0x1D, 'y', 'S', '1', correction,
                           0x1B, 0x1D, 'y', 'S', '2', (uint8_t)(module_dots > 8 ? 8 : module_dots)};
    const uint8_t store[] = {0x1B, 0x1D, 'y', 'D', '1', 0, (uint8_t)(len & 0xFF), (uint8_t)(len >> 8)};
    const uint8_t print[] = {0x1B, 0x1D, 'y', 'P'};

    strbuf_add(out, set, sizeof set);
    strbuf_add(out, store, sizeof store);
    strbuf_add(out, text, len);
    strbuf_add(out, print, sizeof print);
}

/* ESC GS S m xL xH yL yH n data */
static void put_raster(struct strbuf *out, struct strbuf *out_ends, const struct bitmap *bitmap)
{
    for (int from = 0, rows; from < bitmap->height; from += rows) {
        rows = raster_band_rows(bitmap, from);
        put_bytes3(out, 0x1B, 0x1D, 'S');
        put_bytes3(out, 1, (uint8_t)bitmap->row_bytes, 0);
        put_bytes3(out, (uint8_t)rows, 0, 0);
        raster_put_band(out, out_ends, bitmap, from, rows);
    }
}

/* ---- what it says ---- */

/* ESC ACK SOH: its whole status, now. */
static size_t ask(int n, uint8_t out[LANGUAGE_QUESTION_BYTES_MAX])
{
    static const uint8_t question[] = {0x1B, 0x06, 0x01};

    (void)n;
    memcpy(out, question, sizeof question);
    return sizeof question;
}

static void learn(struct escpos_condition *condition, int n, const struct escpos_packet *packet)
{
    (void)n;
    star_condition(condition, packet);
}

const struct language star_language = {
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
    .question_count = 1,
    .ask = ask,
    .push = star_reader_push,
    .answer = ESCPOS_STAR,
    .learn = learn,
};
