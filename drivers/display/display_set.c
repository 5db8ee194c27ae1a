/* SPDX-License-Identifier: Apache-2.0 */
#include "drivers/display/display_set.h"

#include "agent/base/utf8.h"
#include "drivers/charset/code_pages.h"
#include "drivers/charset/transliterate.h"

#include <string.h>

enum { CELLS_MAX = 2 * DISPLAY_COLUMNS_MAX, TEXT_BYTES_MAX = 512 };

/* Numbers of code pages: Epson, DM-D ESC/POS reference, ESC t; Partner, CD5220 manual, chapter 6: R and L; Aures by
 * escpos-printer-db (CC BY 4.0), which also has the Oxhoo AF-240: Epson's commands, of its only page 0 the letters
 * are CP437's as far as U with two dots. -1: the command set knows none, or displays differ. */
static const struct {
    const char *word;
    uint16_t number;
    int16_t n[3]; /* by enum display_set_id */
} pages[] = {
    {"cp866", 866, {17, 'R', 11}},  {"cp1251", 1251, {-1, -1, 12}}, {"cp437", 437, {0, 'A', 0}},
    {"cp850", 850, {2, -1, 2}},     {"cp852", 852, {18, 'L', 9}},   {"cp858", 858, {19, -1, 19}},
    {"cp1250", 1250, {-1, -1, 18}}, {"cp1252", 1252, {16, -1, 16}}, {"cp1253", 1253, {-1, -1, 17}},
    {"cp1254", 1254, {-1, -1, 13}}, {"cp1257", 1257, {-1, -1, 15}},
};

/* ---- the command sets ---- */

static size_t put(uint8_t *out, const uint8_t *bytes, size_t len)
{
    memcpy(out, bytes, len);
    return len;
}

/* Sets all it relies on: another program may have left the display in any state, or speaking to a printer behind it
 * (ESC = 2: to the display). */
static size_t epson_begin(int code_page_n, uint8_t *out)
{
    const uint8_t bytes[] = {0x1B, '=',  2, 0x1B, '@', 0x1B, 'R', 0, 0x1B, 't', (uint8_t)code_page_n,
                             0x1F, 0x01,    /* overwrite, no scrolling */
                             0x1F, 'C',  0, /* no cursor */
                             0x0C};

    return put(out, bytes, sizeof bytes);
}

static size_t epson_line(int row, const uint8_t *cells, int columns, uint8_t *out)
{
    const uint8_t place[] = {0x1F, '$', 1, (uint8_t)(row + 1)};
    size_t len = put(out, place, sizeof place);

    return len + put(out + len, cells, (size_t)columns);
}

/* CLR first: in the string mode that ESC Q begins nothing but CLR and CAN is obeyed. */
static size_t cd5220_begin(int code_page_n, uint8_t *out)
{
    const uint8_t bytes[] = {0x0C, 0x1B, '=',
                             2,    0x1B, '@',
                             0x1B, 'f',  (uint8_t)(code_page_n >= 'A' ? code_page_n : 'A'),
                             0x1B, 'c',  (uint8_t)code_page_n,
                             0x1B, 0x11,    /* overwrite */
                             0x1B, '_',  0, /* no cursor */
                             0x0C};

    return put(out, bytes, sizeof bytes);
}

static size_t cd5220_line(int row, const uint8_t *cells, int columns, uint8_t *out)
{
    const uint8_t head[] = {0x1B, 'Q', row == 0 ? 'A' : 'B'};
    size_t len = put(out, head, sizeof head);

    len += put(out + len, cells, (size_t)columns);
    out[len++] = '\r';
    return len;
}

const struct display_set display_sets[] = {
    [DISPLAY_EPSON] = {"epson", epson_begin, epson_line},
    [DISPLAY_CD5220] = {"cd5220", cd5220_begin, cd5220_line},
    [DISPLAY_AURES] = {"aures", epson_begin, epson_line},
};

/* ---- texts ---- */

enum status display_face_init(struct display_face *face, const struct display_options *options, struct errmsg *err)
{
    size_t i = (size_t)options->code_page;

    if (i >= sizeof pages / sizeof pages[0] || options->columns < DISPLAY_COLUMNS_MIN ||
        options->columns > DISPLAY_COLUMNS_MAX) {
        errmsg_set(err, "display: %d columns, code page %d", options->columns, options->code_page);
        return ST_INVALID;
    }
    *face = (struct display_face){.set = &display_sets[options->set],
                                  .page = code_page_find(pages[i].number),
                                  .code_page_n =
                                      options->code_page_n >= 0 ? options->code_page_n : pages[i].n[options->set],
                                  .columns = options->columns};
    if (face->code_page_n >= 0)
        return ST_OK;
    errmsg_set(
        err, "code_page = %s: displays of the set %s differ in its number; say code_page_n, by the display's manual",
        pages[i].word, face->set->name);
    return ST_INVALID;
}

static bool has(void *context, uint32_t code)
{
    const struct display_face *face = context;

    return code_page_byte(face->page, code) != 0;
}

static int put_cells(struct display_face *face, uint32_t code, uint8_t cells[CELLS_MAX], int count)
{
    uint32_t codes[TRANSLITERATE_MAX];
    int spelt;

    if (has(face, code)) {
        cells[count++] = code_page_byte(face->page, code);
        return count;
    }
    face->substituted++;
    spelt = transliterate_for(code, has, face, codes);
    if (spelt < 0) {
        codes[0] = '?';
        spelt = 1;
    }
    for (int i = 0; i < spelt && count < CELLS_MAX; i++)
        cells[count++] = code_page_byte(face->page, codes[i]);
    return count;
}

/* A text as cells: what would be a command is none (control characters are blanks). Returns how many. */
static int text_cells(struct display_face *face, const char *text, uint8_t cells[CELLS_MAX])
{
    size_t len = text ? strnlen(text, TEXT_BYTES_MAX) : 0;
    int count = 0;

    for (size_t i = 0; i < len && count < CELLS_MAX;) {
        uint32_t code;

        i += utf8_next_letter(text + i, len - i, &code);
        count = put_cells(face, code < 0x20 || code == 0x7F ? ' ' : code, cells, count);
    }
    return count;
}

static void put_centred(const uint8_t *cells, int count, int columns, uint8_t *out)
{
    if (count > columns)
        count = columns;
    memcpy(out + (columns - count) / 2, cells, (size_t)count);
}

static void put_line(struct display_face *face, const struct display_line *line, uint8_t *out)
{
    uint8_t left[CELLS_MAX], right[CELLS_MAX];
    int columns = face->columns, left_count = text_cells(face, line->left, left);
    int right_count = text_cells(face, line->right, right), room = columns - right_count - 1;

    if (right_count == 0) {
        put_centred(left, left_count, columns, out);
    } else if (right_count > columns) {
        memset(out, '-', (size_t)columns); /* an amount without its first figures would be another amount */
    } else {
        if (room > 0)
            memcpy(out, left, (size_t)(left_count < room ? left_count : room));
        memcpy(out + columns - right_count, right, (size_t)right_count);
    }
}

/* One text over both lines, parted at the last blank that the first has room for. */
static void put_wrapped(const uint8_t *cells, int count, int columns, uint8_t rows[DISPLAY_ROWS][DISPLAY_COLUMNS_MAX])
{
    int first = columns, next;

    while (first > 0 && cells[first] != ' ')
        first--;
    next = first > 0 ? first + 1 : columns;
    if (first == 0)
        first = columns;
    put_centred(cells, first, columns, rows[0]);
    put_centred(cells + next, count - next, columns, rows[1]);
}

static bool is_empty(const struct display_line *line)
{
    return (!line->left || !line->left[0]) && (!line->right || !line->right[0]);
}

void display_face_page(struct display_face *face, const struct display_page *page,
                       uint8_t out_rows[DISPLAY_ROWS][DISPLAY_COLUMNS_MAX])
{
    const struct display_line *first = &page->lines[0];
    uint8_t cells[CELLS_MAX];
    int count = 0;

    memset(out_rows, ' ', (size_t)DISPLAY_ROWS * DISPLAY_COLUMNS_MAX);
    if ((!first->right || !first->right[0]) && is_empty(&page->lines[1]))
        count = text_cells(face, first->left, cells);
    if (count > face->columns) {
        put_wrapped(cells, count, face->columns, out_rows);
        return;
    }
    for (int row = 0; row < DISPLAY_ROWS; row++)
        put_line(face, &page->lines[row], out_rows[row]);
}
