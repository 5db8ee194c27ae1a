/* SPDX-License-Identifier: Apache-2.0 */
#include "drivers/sim/sim_pole.h"

#include "agent/base/utf8.h"
#include "drivers/sim/sim_charset.h"

#include <string.h>

enum { BS = 0x08, HT, LF, HOM, CLR, CR, CAN = 0x18, ESC = 0x1B, US = 0x1F, NO_CHARACTER = 0xFFFD };

/* How many bytes follow prefix and command; LINE: up to CR; DEFINE, WINDOW: they say it themselves. */
enum { LINE = 100, DEFINE, WINDOW };
struct known {
    uint8_t prefix, command, parameters;
};

/* Epson, DM-D110 and DM-D210 ESC/POS display commands. */
static const struct known epson[] = {
    {ESC, '%', 1},      {ESC, '&', DEFINE}, {ESC, '=', 1}, {ESC, '?', 1}, {ESC, '@', 0}, {ESC, 'R', 1},
    {ESC, 'W', WINDOW}, {ESC, 't', 1},      {US, 0x01, 0}, {US, 0x02, 0}, {US, 0x03, 0}, {US, LF, 0},
    {US, CR, 0},        {US, '$', 2},       {US, ',', 1},  {US, '.', 1},  {US, ';', 1},  {US, ':', 0},
    {US, '@', 0},       {US, 'B', 0},       {US, 'C', 1},  {US, 'E', 1},  {US, 'T', 2},  {US, 'U', 0},
    {US, 'X', 1},       {US, '^', 2},       {US, 'r', 1},  {US, 'v', 1},  {0, 0, 0},
};

/* Partner, CD5220 user's manual, chapter 6.1. */
static const struct known cd5220[] = {
    {ESC, 0x11, 0}, {ESC, 0x12, 0}, {ESC, 0x13, 0},     {ESC, 'Q', LINE}, {ESC, '[', 1}, {ESC, 'l', 2}, {ESC, '@', 0},
    {ESC, 'W', 4},  {ESC, '*', 1},  {ESC, '&', DEFINE}, {ESC, '?', 1},    {ESC, '%', 1}, {ESC, '_', 1}, {ESC, 'f', 1},
    {ESC, 'c', 1},  {ESC, '=', 1},  {ESC, 's', 1},      {ESC, 'd', 1},    {0, 0, 0},
};

static const char *charset(const struct sim_pole *pole)
{
    static const char *const numbers[] = {
        [0] = "CP437",   [2] = "CP850",  [3] = "CP860",  [4] = "CP863", [5] = "CP865",
        [16] = "CP1252", [17] = "CP866", [18] = "CP852", [19] = "CP858"};

    if (pole->set == SIM_POLE_CD5220)
        return pole->page == 'R' ? "CP866" : pole->page == 'L' ? "CP852" : "CP437";
    return pole->page < sizeof numbers / sizeof numbers[0] ? numbers[pole->page] : NULL;
}

static void clear_row(struct sim_pole *pole, int row)
{
    for (int i = 0; i < pole->columns; i++)
        pole->cells[row][i] = ' ';
}

void sim_pole_init(struct sim_pole *pole, enum sim_pole_set set, int columns)
{
    *pole = (struct sim_pole){.set = set, .columns = columns, .brightness = 4, .cursor = true};
    pole->page = pole->country = set == SIM_POLE_CD5220 ? 'A' : 0;
    clear_row(pole, 0);
    clear_row(pole, 1);
}

static void go(struct sim_pole *pole, int column, int row)
{
    if (column >= 0 && column < pole->columns && row >= 0 && row < SIM_POLE_ROWS) {
        pole->column = column;
        pole->row = row;
    } else {
        pole->ignored++;
    }
}

/* The cursor is past the end of its row. */
static void wrap(struct sim_pole *pole)
{
    switch (pole->mode) {
    case SIM_POLE_OVERWRITE:
        pole->row = !pole->row;
        pole->column = 0;
        return;
    case SIM_POLE_SCROLL_UP:
        if (pole->row == 1) {
            memcpy(pole->cells[0], pole->cells[1], sizeof pole->cells[0]);
            clear_row(pole, 1);
        }
        pole->row = 1;
        pole->column = 0;
        return;
    case SIM_POLE_SCROLL_LEFT:
        memmove(pole->cells[pole->row], pole->cells[pole->row] + 1, ((size_t)pole->columns - 1) * sizeof(uint32_t));
        pole->column = pole->columns - 1;
        pole->cells[pole->row][pole->column] = ' ';
        return;
    }
}

static uint32_t decode(struct sim_pole *pole, uint8_t byte)
{
    uint32_t code = byte;

    if (byte >= 0x80 && (!charset(pole) || !sim_charset_decode_named(charset(pole), byte, &code))) {
        pole->undecodable++;
        code = NO_CHARACTER;
    }
    return code;
}

static void put_byte(struct sim_pole *pole, uint8_t byte)
{
    if (pole->column >= pole->columns)
        wrap(pole);
    pole->cells[pole->row][pole->column++] = decode(pole, byte);
    if (pole->column == pole->columns && pole->mode == SIM_POLE_OVERWRITE)
        wrap(pole);
}

/* One byte that is a command by itself, or text. */
static void obey_single(struct sim_pole *pole, uint8_t byte)
{
    switch (byte) {
    case CLR:
        clear_row(pole, 0);
        clear_row(pole, 1);
        pole->column = pole->row = 0;
        pole->strings = false;
        break;
    case CAN:
        clear_row(pole, pole->row);
        pole->column = 0;
        pole->strings = false;
        break;
    case BS:
        pole->column -= pole->column > 0;
        break;
    case HT:
        pole->column += pole->column < pole->columns - 1;
        break;
    case LF:
        pole->row = !pole->row;
        break;
    case HOM:
        pole->column = pole->row = 0;
        break;
    case CR:
        pole->column = 0;
        break;
    default:
        if (byte < 0x20)
            pole->unknown++;
        else
            put_byte(pole, byte);
        return;
    }
    pole->obeyed++;
}

static void restart(struct sim_pole *pole)
{
    struct sim_pole before = *pole;

    sim_pole_init(pole, before.set, before.columns);
    pole->obeyed = before.obeyed;
    pole->unknown = before.unknown;
    pole->ignored = before.ignored;
    pole->undecodable = before.undecodable;
}

static void obey_us(struct sim_pole *pole, const uint8_t *c)
{
    switch (c[1]) {
    case 1:
    case 2:
    case 3:
        pole->mode = (enum sim_pole_mode)(c[1] - 1);
        return;
    case LF:
        pole->row = !pole->row;
        return;
    case CR:
        pole->column = pole->columns - 1;
        return;
    case '$':
        go(pole, c[2] - 1, c[3] - 1);
        return;
    case 'B':
        go(pole, pole->columns - 1, 1);
        return;
    case 'C':
        pole->cursor = c[2] & 1;
        return;
    case 'X':
        if (c[2] >= 1 && c[2] <= 4)
            pole->brightness = c[2];
        return;
    default: /* blinking, reverse, clock, points: known, and not seen on our glass */
        return;
    }
}

static void obey_bracket(struct sim_pole *pole, uint8_t which)
{
    static const char keys[] = "DCABHLRK";
    static const uint8_t same[] = {BS, HT, LF, LF, HOM, CR};
    const char *at = which ? strchr(keys, which) : NULL;

    if (!at)
        pole->unknown++;
    else if (at - keys < (long)sizeof same)
        obey_single(pole, same[at - keys]);
    else
        go(pole, pole->columns - 1, which == 'K' ? 1 : pole->row);
}

/* ESC Q A text CR: one whole line; D scrolls a text past the upper one, of which the beginning is seen here. */
static void obey_line(struct sim_pole *pole, const uint8_t *c, size_t len)
{
    int row = c[2] == 'B', count = (int)len - 4;

    if (c[2] != 'A' && c[2] != 'B' && c[2] != 'D') {
        pole->unknown++;
        return;
    }
    pole->strings = c[2] != 'D';
    clear_row(pole, row);
    for (int i = 0; i < count && i < pole->columns; i++)
        pole->cells[row][i] = decode(pole, c[3 + i]);
}

static void obey_esc(struct sim_pole *pole, const uint8_t *c, size_t len)
{
    switch (c[1]) {
    case '@':
        restart(pole);
        return;
    case 't':
    case 'c':
        pole->page = c[2];
        return;
    case 'R':
    case 'f':
        pole->country = c[2];
        return;
    case '=':
        pole->elsewhere = !(c[2] & 2);
        return;
    case 0x11:
    case 0x12:
    case 0x13:
        pole->mode = (enum sim_pole_mode)(c[1] - 0x11);
        return;
    case 'Q':
        obey_line(pole, c, len);
        return;
    case '[':
        obey_bracket(pole, c[2]);
        return;
    case 'l':
        go(pole, c[2] - 1, c[3] - 1);
        return;
    case '*':
        if (c[2] >= 1 && c[2] <= 4)
            pole->brightness = c[2];
        return;
    case '_':
        pole->cursor = c[2] & 1;
        return;
    default:
        return;
    }
}

static void obey(struct sim_pole *pole)
{
    const uint8_t *c = pole->command;

    if (pole->elsewhere && !(c[0] == ESC && c[1] == '='))
        return;
    if (pole->strings && !(c[0] == ESC && c[1] == 'Q')) {
        pole->ignored++;
        return;
    }
    pole->obeyed++;
    if (c[0] == US)
        obey_us(pole, c);
    else
        obey_esc(pole, c, pole->command_len);
}

static const struct known *find(const struct sim_pole *pole)
{
    for (const struct known *known = pole->set == SIM_POLE_EPSON ? epson : cd5220; known->prefix; known++) {
        if (known->prefix == pole->command[0] && known->command == pole->command[1])
            return known;
    }
    return NULL;
}

/* How long the command that has begun will be; 0: more bytes are needed to tell. */
static size_t command_length(const struct sim_pole *pole, const struct known *known)
{
    const uint8_t *c = pole->command;

    switch (known->parameters) {
    case LINE:
        return c[pole->command_len - 1] == CR && pole->command_len > 3 ? pole->command_len : 0;
    case DEFINE: /* s n m, then for each character a count and as many bytes (Epson), or five (CD5220) */
        return 5;
    case WINDOW:
        return pole->command_len < 4 ? 0 : c[3] & 1 ? 8 : 4;
    default:
        return 2 + (size_t)known->parameters;
    }
}

static void take_command_byte(struct sim_pole *pole, uint8_t byte)
{
    const struct known *known;
    size_t length;

    pole->command[pole->command_len++] = byte;
    if (pole->command_len < 2)
        return;
    known = find(pole);
    if (!known) {
        pole->unknown++;
        pole->command_len = 0;
        return;
    }
    length = command_length(pole, known);
    if (length > pole->command_len || (length == 0 && pole->command_len < SIM_POLE_COMMAND_BYTES_MAX))
        return;
    if (length == 0) {
        pole->unknown++; /* a line without an end */
    } else {
        if (known->parameters == DEFINE && pole->command[4] >= pole->command[3])
            pole->skip = ((size_t)pole->command[4] - pole->command[3] + 1) * (pole->set == SIM_POLE_EPSON ? 6 : 5);
        obey(pole);
    }
    pole->command_len = 0;
}

void sim_pole_feed(struct sim_pole *pole, const uint8_t *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (pole->skip > 0)
            pole->skip--;
        else if (pole->command_len > 0 || bytes[i] == ESC || (bytes[i] == US && pole->set == SIM_POLE_EPSON))
            take_command_byte(pole, bytes[i]);
        else if (pole->elsewhere)
            continue;
        else if (pole->strings && bytes[i] != CLR && bytes[i] != CAN)
            pole->ignored++;
        else
            obey_single(pole, bytes[i]);
    }
}

void sim_pole_row(const struct sim_pole *pole, int row, struct strbuf *out)
{
    for (int i = 0; i < pole->columns; i++) {
        char text[4];

        strbuf_add(out, text, utf8_put(pole->cells[row][i], text));
    }
}
