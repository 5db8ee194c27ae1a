/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sim_star - the simulated printer as one that speaks Star's Line Mode. Written from Star's Line Mode Command
 * Specifications (commands: chapter 3, status: chapter 5), apart from drivers/printer.
 */
#include "drivers/sim/sim_bars.h"
#include "drivers/sim/sim_escpos.h"

#include <string.h>

enum {
    ESC = 0x1B,
    GS = 0x1D,
    RS = 0x1E,
    ETB = 0x17,
    ACK = 0x06,
    SOH = 0x01,
    BEL = 0x07,
    SUB = 0x1A,
    CAN = 0x18,
    FS = 0x1C,
    STATUS_BYTES = 9,
    KEPT_BYTES_MAX = 8 * 1024,
    LINE_DOTS = 30
};

/* ---- how long a command is ---- */

static const struct {
    uint8_t command, parameters;
} commands[] = {
    {'@', 0}, {'E', 0}, {'F', 0}, {'-', 1}, {'_', 1}, {'4', 0},  {'5', 0},  {'i', 2}, {'W', 1},
    {'h', 1}, {'R', 1}, {'a', 1}, {'d', 1}, {'l', 1}, {'Q', 1},  {'z', 1},  {'0', 0}, {'1', 0},
    {'2', 0}, {'3', 1}, {'A', 1}, {'J', 1}, {'I', 1}, {'M', 0},  {'P', 0},  {':', 0}, {'g', 0},
    {' ', 1}, {'s', 2}, {'p', 1}, {BEL, 2}, {ACK, 1}, {0x0E, 0}, {0x14, 0}, {'?', 2}, {'#', 9},
};

static const struct sim_length more = {.known = true};

static struct sim_length whole(size_t header)
{
    return (struct sim_length){.header = header, .known = true};
}

static size_t le16(const uint8_t *bytes)
{
    return (size_t)bytes[0] | (size_t)bytes[1] << 8;
}

/* A picture of ours is kept; a larger one is passed over. */
static struct sim_length with_data(size_t header, size_t data)
{
    if (data <= KEPT_BYTES_MAX)
        return whole(header + data);
    return (struct sim_length){.header = header, .data = data, .known = true};
}

/* ESC GS ... */
static struct sim_length gs_length(const uint8_t *bytes, size_t len)
{
    if (len < 3)
        return more;
    switch (bytes[2]) {
    case 't':
    case 'a':
        return whole(4);
    case 'A':
    case 'R':
        return whole(5);
    case 'S': /* m xL xH yL yH n data */
        return len < 9 ? more : with_data(9, le16(bytes + 4) * le16(bytes + 6));
    case 'y': /* QR: S settings, D data, P print, I what it would take */
        if (len < 4)
            return more;
        if (bytes[3] == 'S')
            return whole(6);
        if (bytes[3] == 'D')
            return len < 8 ? more : with_data(8, le16(bytes + 6));
        return whole(4);
    default:
        return (struct sim_length){.header = 3};
    }
}

/* ESC b n1 n2 n3 n4 data RS */
static struct sim_length bars_length(const uint8_t *bytes, size_t len)
{
    const uint8_t *end = len > 6 ? memchr(bytes + 6, RS, len - 6) : NULL;

    if (end)
        return whole((size_t)(end - bytes) + 1);
    return len > 6 + 255 ? whole(6) : more;
}

static struct sim_length length(const uint8_t *bytes, size_t len)
{
    if (bytes[0] != ESC)
        return whole(1);
    if (len < 2)
        return more;
    if (bytes[1] == GS)
        return gs_length(bytes, len);
    if (bytes[1] == 'b')
        return bars_length(bytes, len);
    if (bytes[1] == RS) /* a, E, F and the like: one parameter */
        return whole(4);
    if (bytes[1] == 'K' || bytes[1] == 'L')
        return len < 4 ? more : with_data(4, le16(bytes + 2));
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        if (commands[i].command == bytes[1])
            return whole(2 + (size_t)commands[i].parameters);
    }
    return (struct sim_length){.header = 2};
}

/* ---- what it says ---- */

/* Two bytes of header, seven of status; the last but one counts ETBs. */
static void make_status(const struct sim_escpos *printer, uint8_t out[STATUS_BYTES])
{
    uint8_t count = printer->etb_count;

    memset(out, 0, STATUS_BYTES);
    out[0] = (STATUS_BYTES & 0x18) << 2 | (STATUS_BYTES & 0x07) << 1 | 0x01;
    out[1] = 0x06;
    out[2] = (uint8_t)((sim_escpos_offline(printer) ? 0x08 : 0) | (printer->cover_open ? 0x20 : 0));
    out[5] = (uint8_t)((printer->paper != SIM_PAPER_OK ? 0x04 : 0) | (printer->paper == SIM_PAPER_OUT ? 0x08 : 0));
    out[7] = (uint8_t)((count & 0x18) << 2 | (count & 0x07) << 1);
}

static void tell(struct sim_escpos *printer, bool always)
{
    uint8_t status[STATUS_BYTES];

    make_status(printer, status);
    if (printer->asb_mask && (always || memcmp(status, printer->asb_last, sizeof status) != 0))
        printer->reply(printer->context, status, sizeof status);
    memcpy(printer->asb_last, status, sizeof status);
}

/* ESC ACK SOH, wherever it stands. */
static void watch(struct sim_escpos *printer, uint8_t byte)
{
    static const uint8_t question[] = {ESC, ACK, SOH};
    uint8_t status[STATUS_BYTES];

    if (byte != question[printer->realtime_len])
        printer->realtime_len = 0;
    if (byte != question[printer->realtime_len] || ++printer->realtime_len < sizeof question)
        return;
    printer->realtime_len = 0;
    make_status(printer, status);
    printer->reply(printer->context, status, sizeof status);
}

/* ---- obeying ---- */

static void obey_gs(struct sim_escpos *printer, const uint8_t *c, size_t len)
{
    switch (c[2]) {
    case 't':
        printer->modes.page = c[3];
        return;
    case 'a':
        printer->modes.align = c[3] % '0' == 1 ? SLIP_CENTRE : c[3] % '0' == 2 ? SLIP_RIGHT : SLIP_LEFT;
        return;
    case 'S':
        sim_escpos_put_picture(printer, le16(c + 4), le16(c + 6), c + 9, len - 9);
        return;
    case 'y':
        if (c[3] == 'S' && c[4] == '2') {
            printer->modes.qr_module = c[5] >= 1 && c[5] <= 8 ? c[5] : 3;
        } else if (c[3] == 'D') {
            strbuf_clear(&printer->qr_store);
            strbuf_add(&printer->qr_store, c + 8, len - 8);
        } else if (c[3] == 'P') {
            sim_escpos_end_line(printer, false);
            slip_add_item(&printer->slip,
                          (struct slip_item){.kind = SLIP_QR,
                                             .align = printer->modes.align,
                                             .module_dots = printer->modes.qr_module},
                          printer->qr_store.data, printer->qr_store.len);
        }
        return;
    default:
        return;
    }
}

/* Code 128 is told by its characters, "%0" for "%": put as code set B, as ESC/POS would name it. */
static size_t code128(const uint8_t *data, size_t len, char values[SIM_BARS_SYMBOLS_MAX])
{
    uint8_t named[2 * 256 + 2] = {'{', 'B'};
    size_t count = 2;

    for (size_t i = 0; i < len && count + 2 <= sizeof named; i++) {
        if (data[i] == '{')
            named[count++] = '{';
        named[count++] = data[i];
        i += data[i] == '%' && i + 1 < len && data[i + 1] == '0';
    }
    return sim_bars_code128(named, count, values);
}

static void obey_bars(struct sim_escpos *printer, const uint8_t *c, size_t len)
{
    const uint8_t *data = c + 6;
    size_t data_len = len - 7, count;
    struct slip_item item = {.kind = SLIP_BARS,
                             .align = printer->modes.align,
                             .bars = SLIP_OTHER_BARS,
                             .module_dots = (uint8_t)(c[4] + 1),
                             .height_dots = c[5],
                             .digits_below = c[3] == 2 || c[3] == 4};
    char digits[13], values[SIM_BARS_SYMBOLS_MAX];

    sim_escpos_end_line(printer, false);
    if (c[2] == 3 && sim_bars_ean13(data, data_len, digits)) {
        item.bars = SLIP_EAN13;
        slip_add_item(&printer->slip, item, digits, sizeof digits);
    } else if (c[2] == 6 && (count = code128(data, data_len, values)) > 0) {
        item.bars = SLIP_CODE128;
        slip_add_item(&printer->slip, item, values, count);
    } else {
        slip_add_item(&printer->slip, item, data, data_len);
    }
}

static void obey_rs(struct sim_escpos *printer, const uint8_t *c)
{
    if (c[2] == 'a') {
        printer->asb_mask = c[3] & 1;
        tell(printer, true);
    } else if (c[2] == 'E') {
        printer->etb_count = 0;
    }
}

static void obey_esc(struct sim_escpos *printer, const uint8_t *c, size_t len)
{
    struct slip_look *look = &printer->modes.look;

    switch (c[1]) {
    case '@':
        sim_escpos_modes_init(printer);
        printer->line_count = 0;
        return;
    case 'E':
    case 'F':
        look->bold = c[1] == 'E';
        return;
    case '-':
        look->underline = c[2] & 1;
        return;
    case '4':
    case '5':
        look->invert = c[1] == '4';
        return;
    case 'i':
        look->tall = (uint8_t)(c[2] % '0' + 1);
        look->wide = (uint8_t)(c[3] % '0' + 1);
        return;
    case 'W':
        look->wide = (uint8_t)(c[2] % '0' + 1);
        return;
    case 'h':
        look->tall = (uint8_t)(c[2] % '0' + 1);
        return;
    case 'R':
        printer->modes.international = c[2];
        return;
    case 'a':
        sim_escpos_feed_dots(printer, c[2] * LINE_DOTS);
        return;
    case 'J':
    case 'I':
        sim_escpos_feed_dots(printer, c[2]);
        return;
    case 'd':
        sim_escpos_cut(printer, c[2] & 1 ? "partial" : "full");
        return;
    case 'b':
        obey_bars(printer, c, len);
        return;
    case GS:
        obey_gs(printer, c, len);
        return;
    case RS:
        obey_rs(printer, c);
        return;
    default: /* known, and without a trace on our paper */
        return;
    }
}

static void obey(struct sim_escpos *printer, const uint8_t *command, size_t len)
{
    switch (command[0]) {
    case ESC:
        obey_esc(printer, command, len);
        return;
    case '\n':
        sim_escpos_end_line(printer, true);
        return;
    case ETB: /* all before is on the paper */
        printer->etb_count = (printer->etb_count + 1) % 32;
        tell(printer, false);
        return;
    case BEL:
    case FS:
    case SUB:
        printer->slip.drawer_pulses++;
        return;
    case CAN:
        printer->line_count = 0;
        printer->etb_count = 0;
        return;
    case '\r':
    case 0:
        return;
    default:
        if (command[0] < 0x20)
            printer->slip.unknown_commands++;
        else
            sim_escpos_put_byte(printer, command[0]);
        return;
    }
}

const struct sim_language sim_language_star = {length, obey, watch, tell};
