/* SPDX-License-Identifier: Apache-2.0 */
#include "drivers/printer/render_drawn.h"

#include "agent/base/utf8.h"
#include "drivers/printer/font.h"
#include "drivers/printer/profile.h"

enum { CELL_HEIGHT = 24, UNDERLINE_DOTS = 2 };

struct pen {
    const struct font *font;
    struct bitmap *bitmap;
    int cell_width, x, last_x; /* last_x: where a combining mark goes */
};

static void invert(struct bitmap *bitmap, int x, int width)
{
    for (int y = 0; y < bitmap->height; y++) {
        for (int column = x; column < x + width && column < bitmap->width; column++)
            bitmap->bits[(size_t)y * bitmap->row_bytes + (size_t)column / 8] ^= (uint8_t)(0x80 >> column % 8);
    }
}

/* Letters of different heights stand on one line. */
static void draw_code(struct pen *pen, struct page_look look, uint32_t code)
{
    int columns = page_char_width(code), height = CELL_HEIGHT * look.tall;
    int width = (columns > 0 ? columns : 1) * look.wide * pen->cell_width;
    struct font_cell cell = {columns > 0 ? pen->x : pen->last_x, pen->bitmap->height - height, width, height,
                             look.bold};

    font_draw(pen->font, code, &cell, pen->bitmap);
    if (columns == 0)
        return;
    pen->last_x = pen->x;
    pen->x += width;
}

static void draw_run(struct pen *pen, const char *text, const struct page_run *run)
{
    int from = pen->x;

    for (size_t i = 0; i < run->text_len;) {
        uint32_t code;

        i += utf8_next(text + i, run->text_len - i, &code, NULL);
        draw_code(pen, run->look, code);
    }
    if (run->look.underline)
        bitmap_fill(pen->bitmap, from, pen->bitmap->height - UNDERLINE_DOTS, pen->x - from, UNDERLINE_DOTS);
    if (run->look.inverse)
        invert(pen->bitmap, from, pen->x - from);
}

enum status render_drawn_line(const struct render_options *options, const struct page_lines *lines,
                              const struct page_line *line, struct bitmap *out_bitmap)
{
    struct bitmap bitmap;
    struct pen pen = {options->font, &bitmap, options->profile->dots / options->profile->columns, 0, 0};
    enum status st = bitmap_init(&bitmap, line->width * pen.cell_width, CELL_HEIGHT * (line->tall ? line->tall : 1));

    if (st != ST_OK)
        return st;
    for (uint32_t i = 0; i < line->run_count; i++) {
        const struct page_run *run = &lines->runs[line->run_at + i];

        draw_run(&pen, strbuf_text(&lines->text) + run->text_at, run);
    }
    *out_bitmap = bitmap;
    return ST_OK;
}
