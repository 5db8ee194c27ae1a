/* SPDX-License-Identifier: Apache-2.0 */
#include "drivers/sim/sim_escpos.h"

#include "drivers/sim/sim_bars.h"

#include <string.h>

enum { ESC = 0x1B, FS = 0x1C, GS = 0x1D, DLE = 0x10, NO_CHARACTER = 0xFFFD };

void sim_escpos_modes_init(struct sim_escpos *printer)
{
    printer->modes = (struct sim_modes){
        .look = {.wide = 1, .tall = 1},
        .chinese = printer->profile->chinese,
        .bars_height = 162,
        .bars_module = 3,
        .qr_module = 3,
        .line_dots = 30,
        .tab = 8,
    };
    printer->pair_first = 0;
}

/* The buffered line goes on the paper; each takes one line of what paper is left. */
void sim_escpos_end_line(struct sim_escpos *printer, bool even_when_empty)
{
    if (printer->line_count == 0 && !even_when_empty)
        return;
    slip_add_line(&printer->slip, printer->modes.align, printer->line, printer->line_count);
    printer->line_count = 0;
    if (printer->paper_lines > 0 && --printer->paper_lines == 0)
        sim_escpos_paper(printer, SIM_PAPER_OUT, 0);
}

static void put_cell(struct sim_escpos *printer, uint32_t code)
{
    if (printer->line_count == SIM_LINE_CELLS_MAX ||
        slip_cells_width(printer->line, printer->line_count) + printer->modes.look.wide > printer->slip.columns)
        sim_escpos_end_line(printer, false);
    if (code == NO_CHARACTER)
        printer->slip.undecodable++;
    printer->line[printer->line_count++] = (struct slip_cell){.code = code, .look = printer->modes.look};
}

void sim_escpos_put_byte(struct sim_escpos *printer, uint8_t byte)
{
    uint32_t code = byte;

    if (printer->pair_first) {
        if (!sim_charset_decode_pair(printer->pair_first, byte, &code))
            code = NO_CHARACTER;
        printer->pair_first = 0;
        put_cell(printer, code);
        return;
    }
    if (byte >= 0x80 && printer->modes.chinese) {
        printer->pair_first = byte;
        return;
    }
    if (byte >= 0x80) {
        slip_use_page(&printer->slip, printer->modes.page);
        if (!sim_charset_decode(printer->profile, printer->modes.page, byte, &code))
            code = NO_CHARACTER;
    }
    put_cell(printer, code);
}

void sim_escpos_feed_dots(struct sim_escpos *printer, int dots)
{
    sim_escpos_end_line(printer, false);
    if (dots > 0)
        slip_add_item(&printer->slip, (struct slip_item){.kind = SLIP_FEED, .height_dots = (uint16_t)dots}, NULL, 0);
}

static void tabulate(struct sim_escpos *printer)
{
    int to = slip_cells_width(printer->line, printer->line_count);

    to += printer->modes.tab - to % printer->modes.tab;
    while (printer->line_count < SIM_LINE_CELLS_MAX && to <= printer->slip.columns &&
           slip_cells_width(printer->line, printer->line_count) < to)
        put_cell(printer, ' ');
}

static void obey_single(struct sim_escpos *printer, uint8_t byte)
{
    switch (byte) {
    case '\n':
        printer->pair_first = 0;
        sim_escpos_end_line(printer, true);
        return;
    case '\t':
        tabulate(printer);
        return;
    case 0x0C: /* FF, CR, CAN, NUL: nothing in standard mode */
    case '\r':
    case 0x18:
    case 0:
        return;
    default:
        if (byte < 0x20 || byte == 0x7F)
            printer->slip.unknown_commands++;
        else
            sim_escpos_put_byte(printer, byte);
        return;
    }
}

void sim_escpos_cut(struct sim_escpos *printer, const char *how)
{
    sim_escpos_end_line(printer, false);
    printer->slip.cut = how;
    printer->cut(printer->context);
    slip_clear(&printer->slip);
}

static bool is_on(uint8_t n)
{
    return n & 1;
}

static void obey_esc(struct sim_escpos *printer, const uint8_t *c)
{
    struct sim_modes *modes = &printer->modes;

    switch (c[1]) {
    case '@':
        sim_escpos_modes_init(printer);
        printer->line_count = 0;
        return;
    case '!':
        modes->look.bold = c[2] & 0x08;
        modes->look.tall = c[2] & 0x10 ? 2 : 1;
        modes->look.wide = c[2] & 0x20 ? 2 : 1;
        modes->look.underline = c[2] & 0x80;
        return;
    case 'E':
    case 'G':
        modes->look.bold = is_on(c[2]);
        return;
    case '-':
        modes->look.underline = c[2] % '0' != 0;
        return;
    case 'a':
        if (printer->line_count == 0) /* obeyed at the start of a line only */
            modes->align = c[2] % '0' == 1 ? SLIP_CENTRE : c[2] % '0' == 2 ? SLIP_RIGHT : SLIP_LEFT;
        return;
    case 't':
        modes->page = c[2];
        return;
    case 'R':
        modes->international = c[2];
        return;
    case '2':
        modes->line_dots = 30;
        return;
    case '3':
        modes->line_dots = c[2];
        return;
    case 'd':
        sim_escpos_feed_dots(printer, c[2] * modes->line_dots);
        return;
    case 'J':
        sim_escpos_feed_dots(printer, c[2]);
        return;
    case 'i':
    case 'm':
        sim_escpos_cut(printer, "partial");
        return;
    case 'p':
        printer->slip.drawer_pulses++;
        return;
    default: /* known, and without a trace on our paper */
        return;
    }
}

static void obey_bars(struct sim_escpos *printer, const uint8_t *c, size_t len)
{
    bool counted = c[2] >= 65;
    uint8_t kind = counted ? c[2] - 65 : c[2];
    const uint8_t *data = c + (counted ? 4 : 3);
    size_t data_len = counted ? c[3] : len - 4;
    struct slip_item item = {.kind = SLIP_BARS,
                             .align = printer->modes.align,
                             .bars = SLIP_OTHER_BARS,
                             .module_dots = printer->modes.bars_module,
                             .height_dots = printer->modes.bars_height,
                             .digits_above = printer->modes.bars_digits & 1,
                             .digits_below = printer->modes.bars_digits & 2};
    char digits[13], values[SIM_BARS_SYMBOLS_MAX];
    size_t count;

    sim_escpos_end_line(printer, false);
    if (kind == 2 && sim_bars_ean13(data, data_len, digits)) {
        item.bars = SLIP_EAN13;
        slip_add_item(&printer->slip, item, digits, sizeof digits);
    } else if (counted && kind == 8 && (count = sim_bars_code128(data, data_len, values)) > 0) {
        item.bars = SLIP_CODE128;
        slip_add_item(&printer->slip, item, values, count);
    } else {
        slip_add_item(&printer->slip, item, data, data_len);
    }
}

/* GS ( k pL pH cn fn ...: cn 49 is QR; the others are known and not drawn. */
static void obey_symbol(struct sim_escpos *printer, const uint8_t *c, size_t len)
{
    if (len < 8 || c[5] != 49)
        return;
    switch (c[6]) {
    case 67:
        printer->modes.qr_module = c[7] > 0 && c[7] <= 16 ? c[7] : 3;
        return;
    case 80:
        strbuf_clear(&printer->qr_store);
        strbuf_add(&printer->qr_store, c + 8, len - 8);
        return;
    case 81:
        sim_escpos_end_line(printer, false);
        slip_add_item(&printer->slip,
                      (struct slip_item){
                          .kind = SLIP_QR, .align = printer->modes.align, .module_dots = printer->modes.qr_module},
                      printer->qr_store.data, printer->qr_store.len);
        return;
    default:
        return;
    }
}

/* GS ( H: the process id comes back when everything before it is printed. */
static void obey_process_id(struct sim_escpos *printer, const uint8_t *c, size_t len)
{
    uint8_t answer[] = {0x37, 0x22, 0, 0, 0, 0, 0};

    if (len < 11 || c[5] != 48)
        return;
    memcpy(answer + 2, c + 7, 4);
    printer->reply(printer->context, answer, sizeof answer);
}

static void reply_byte(struct sim_escpos *printer, uint8_t byte)
{
    printer->reply(printer->context, &byte, 1);
}

static void obey_identity(struct sim_escpos *printer, uint8_t n)
{
    const char *text = n == 66 ? "SIMULATED" : n == 67 ? printer->profile->model : n == 65 ? "1.00" : "0";

    if (n < 65) {
        reply_byte(printer, n % '0' == 2 ? 0x02 : 0x20);
        return;
    }
    reply_byte(printer, 0x5F);
    printer->reply(printer->context, (const uint8_t *)text, strlen(text) + 1);
}

void sim_escpos_put_picture(struct sim_escpos *printer, size_t row_bytes, size_t rows, const uint8_t *bits,
                            size_t len)
{
    struct slip_item item = {.kind = SLIP_PICTURE,
                             .align = printer->modes.align,
                             .width_dots = (uint16_t)(row_bytes < 8191 ? row_bytes * 8 : 65528),
                             .height_dots = (uint16_t)rows};

    sim_escpos_end_line(printer, false);
    printer->slip.pictures++;
    slip_add_item(&printer->slip, item, bits, len);
}

static void obey_raster(struct sim_escpos *printer, const uint8_t *c, size_t len)
{
    sim_escpos_put_picture(printer, (size_t)c[4] | (size_t)c[5] << 8, (size_t)c[6] | (size_t)c[7] << 8, c + 8,
                           len - 8);
}

static void obey_gs(struct sim_escpos *printer, const uint8_t *c, size_t len)
{
    struct sim_modes *modes = &printer->modes;

    switch (c[1]) {
    case '!':
        modes->look.wide = (uint8_t)((c[2] >> 4 & 7) + 1);
        modes->look.tall = (uint8_t)((c[2] & 7) + 1);
        return;
    case 'B':
        modes->look.invert = is_on(c[2]);
        return;
    case 'V':
        sim_escpos_cut(printer, c[2] % 2 ? (c[2] == 65 || c[2] == 97 ? "full" : "partial")
                                         : (c[2] == 66 || c[2] == 98 ? "partial" : "full"));
        return;
    case 'h':
        modes->bars_height = c[2];
        return;
    case 'w':
        modes->bars_module = c[2] >= 1 && c[2] <= 6 ? c[2] : 3;
        return;
    case 'H':
        modes->bars_digits = c[2] % '0';
        return;
    case 'k':
        obey_bars(printer, c, len);
        return;
    case '(':
        if (c[2] == 'k')
            obey_symbol(printer, c, len);
        else if (c[2] == 'H')
            obey_process_id(printer, c, len);
        else if (c[2] == 'L')
            printer->slip.pictures++;
        return;
    case '8':
        printer->slip.pictures++;
        return;
    case 'v':
        obey_raster(printer, c, len);
        return;
    case 'r': /* paper sensor, drawer: carried out online only, so the paper is never out here */
        reply_byte(printer, c[2] % '0' == 1 && printer->paper == SIM_PAPER_LOW ? 0x03 : 0x00);
        return;
    case 'a':
        printer->asb_mask = c[2];
        if (c[2])
            sim_escpos_send_asb(printer, true);
        return;
    case 'I':
        obey_identity(printer, c[2]);
        return;
    default:
        return;
    }
}

/* Epson's reference on ESC =: a printer that is not selected passes over everything else, so also ESC @. */
void sim_escpos_obey(struct sim_escpos *printer, const uint8_t *command, size_t len)
{
    if (command[0] == ESC && command[1] == '=')
        printer->deselected = (command[2] & 1) == 0;
    if (printer->deselected)
        return;
    switch (command[0]) {
    case ESC:
        obey_esc(printer, command);
        return;
    case GS:
        obey_gs(printer, command, len);
        return;
    case FS:
        if (command[1] == '&' || command[1] == '.') {
            printer->modes.chinese = command[1] == '&';
            printer->pair_first = 0;
        }
        return;
    case DLE: /* obeyed on arrival */
        return;
    default:
        obey_single(printer, command[0]);
        return;
    }
}
