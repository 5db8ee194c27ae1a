/* SPDX-License-Identifier: Apache-2.0 */
/* A page as a picture: 12 by 24 dots a character, as printers of 203 dpi draw font A. */
#include "agent/receipt/page.h"

#include "agent/base/utf8.h"
#include "agent/receipt/bars.h"
#include "agent/receipt/bitmap.h"

#include <string.h>

enum { CELL_WIDTH = 12, CELL_HEIGHT = 24, LINE_HEIGHT = 30, MARGIN = 24, QUIET = 10 };

struct drawing {
    const struct page_svg_options *options;
    const struct page_lines *lines;
    struct strbuf body;
    int width, y;
};

static void put_escaped(struct strbuf *out, const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        switch (text[i]) {
        case '&':
            strbuf_puts(out, "&amp;");
            break;
        case '<':
            strbuf_puts(out, "&lt;");
            break;
        case '>':
            strbuf_puts(out, "&gt;");
            break;
        case '"':
            strbuf_puts(out, "&quot;");
            break;
        default:
            strbuf_putc(out, text[i]);
        }
    }
}

static int text_columns(const char *text, size_t len)
{
    int columns = 0;

    for (size_t i = 0; i < len;) {
        uint32_t code;

        i += utf8_next(text + i, len - i, &code, NULL);
        columns += page_char_width(code);
    }
    return columns;
}

static void put_rect(struct drawing *d, int x, int y, int width, int height, const char *fill)
{
    strbuf_printf(&d->body, "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" fill=\"%s\"/>\n", x, y, width, height,
                  fill);
}

/* Letters are stretched about their own origin, so that a line of two sizes stands on one base. */
static int put_run(struct drawing *d, const struct page_run *run, int x, int tall)
{
    const char *text = strbuf_text(&d->lines->text) + run->text_at;
    int columns = text_columns(text, run->text_len), width = columns * CELL_WIDTH * run->look.wide;
    int base = d->y + tall * CELL_HEIGHT - 5 * run->look.tall;

    if (strspn(text, " ") >= run->text_len && !run->look.inverse && !run->look.underline)
        return x + width;
    if (run->look.inverse)
        put_rect(d, x, d->y + (tall - run->look.tall) * CELL_HEIGHT, width, run->look.tall * CELL_HEIGHT, "#000");
    if (run->look.underline)
        put_rect(d, x, base + 3, width, 2, "#000");
    strbuf_printf(&d->body, "<text transform=\"translate(%d %d) scale(%d %d)\" textLength=\"%d\"%s%s>", x, base,
                  run->look.wide, run->look.tall, columns * CELL_WIDTH, run->look.bold ? " font-weight=\"bold\"" : "",
                  run->look.inverse ? " fill=\"#fff\"" : "");
    put_escaped(&d->body, text, run->text_len);
    strbuf_puts(&d->body, "</text>\n");
    return x + width;
}

static int aligned(const struct drawing *d, enum page_align align, int width)
{
    int spare = d->width - 2 * MARGIN - width;

    return MARGIN + (spare > 0 ? spare * (int)align / 2 : 0);
}

static void draw_text(struct drawing *d, const struct page_line *line)
{
    int x = aligned(d, line->align, line->width * CELL_WIDTH);

    for (uint32_t i = 0; i < line->run_count; i++)
        x = put_run(d, &d->lines->runs[line->run_at + i], x, line->tall);
    d->y += LINE_HEIGHT + (line->tall - 1) * CELL_HEIGHT;
}

static void draw_caption(struct drawing *d, const struct page_line *line, const char *text)
{
    struct page_run run = {.look = {.wide = 1, .tall = 1}, .text_at = line->text_at, .text_len = line->text_len};

    (void)put_run(d, &run, aligned(d, line->align, text_columns(text, line->text_len) * CELL_WIDTH), 1);
    d->y += LINE_HEIGHT;
}

static void draw_bars(struct drawing *d, const struct page_line *line, const char *code)
{
    char modules[BARS_MODULES_MAX];
    size_t count = bars_modules(line->code.symbology, code, modules);
    int dots = line->code.module_dots ? line->code.module_dots : 3;
    int height = line->code.height_dots ? line->code.height_dots : 80, x;

    while (dots > 1 && (int)count * dots > d->width - 2 * MARGIN)
        dots--;
    x = aligned(d, line->align, (int)count * dots);
    d->y += QUIET;
    for (size_t i = 0, end; i < count; i = end) {
        for (end = i; end < count && modules[end] == modules[i]; end++)
            ;
        if (modules[i] == '1')
            put_rect(d, x + (int)i * dots, d->y, (int)(end - i) * dots, height, "#000");
    }
    d->y += height + QUIET;
    if (!line->code.no_text)
        draw_caption(d, line, code);
}

static void draw_qr(struct drawing *d, const struct page_line *line, const char *text)
{
    uint8_t modules[PAGE_QR_SIDE_MAX * PAGE_QR_SIDE_MAX];
    int side = d->options->qr ? d->options->qr(text, line->code.level, modules) : 0;
    int dots = line->code.cell_dots ? line->code.cell_dots : 6, x;

    if (side == 0) {
        draw_caption(d, line, text);
        return;
    }
    x = aligned(d, line->align, side * dots);
    d->y += 4 * dots;
    for (int row = 0; row < side; row++) {
        for (int from = 0, end; from < side; from = end) {
            for (end = from; end < side && modules[row * side + end] == modules[row * side + from]; end++)
                ;
            if (modules[row * side + from])
                put_rect(d, x + from * dots, d->y + row * dots, (end - from) * dots, dots, "#000");
        }
    }
    d->y += side * dots + 4 * dots;
}

/* As wide as the paper at most. */
static void draw_picture(struct drawing *d, const struct page_line *line, const char *name)
{
    struct bitmap bitmap = {.width = line->dots_width,
                            .height = line->dots_height,
                            .row_bytes = ((size_t)line->dots_width + 7) / 8,
                            .bits = (uint8_t *)(uintptr_t)line->dots}; /* read only */
    int room = d->width - 2 * MARGIN, x;
    struct bitmap smaller = {0};

    if (!line->dots || (bitmap.width > room && bitmap_shrink(&bitmap, room, &smaller) != ST_OK)) {
        draw_caption(d, line, name);
        return;
    }
    if (smaller.bits)
        bitmap = smaller;
    x = aligned(d, line->align, bitmap.width);
    for (int row = 0; row < bitmap.height; row++) {
        for (int from = 0, end; from < bitmap.width; from = end) {
            for (end = from; end < bitmap.width && bitmap_at(&bitmap, end, row) == bitmap_at(&bitmap, from, row);
                 end++)
                ;
            if (bitmap_at(&bitmap, from, row))
                put_rect(d, x + from, d->y + row, end - from, 1, "#000");
        }
    }
    d->y += bitmap.height;
    bitmap_clear(&smaller);
}

static void draw_line(struct drawing *d, const struct page_line *line)
{
    const char *text = page_line_text(d->lines, line);

    switch (line->kind) {
    case PAGE_TEXT:
    case PAGE_COLUMNS:
    case PAGE_CELLS:
    case PAGE_RULE:
        draw_text(d, line);
        return;
    case PAGE_FEED:
        d->y += line->feed_lines * LINE_HEIGHT;
        return;
    case PAGE_BARCODE:
        draw_bars(d, line, text);
        return;
    case PAGE_QR:
        draw_qr(d, line, text);
        return;
    case PAGE_IMAGE:
        draw_picture(d, line, text);
        return;
    case PAGE_CUT:
        strbuf_printf(&d->body, "<path d=\"M0 %dH%d\" stroke=\"#888\" stroke-dasharray=\"6 6\"/>\n", d->y + 12,
                      d->width);
        d->y += LINE_HEIGHT;
        return;
    }
}

enum status page_to_svg(const struct page *page, const struct page_svg_options *options, struct strbuf *out,
                        struct errmsg *err)
{
    struct page_layout_options layout = {.columns = options->columns};
    struct page_lines lines = PAGE_LINES_INIT;
    struct drawing d = {.options = options,
                        .lines = &lines,
                        .body = STRBUF_INIT(PAGE_SVG_BYTES_MAX),
                        .width = options->columns * CELL_WIDTH + 2 * MARGIN,
                        .y = MARGIN};
    enum status st = page_layout(page, &layout, &lines, err);

    for (size_t i = 0; st == ST_OK && i < lines.count; i++)
        draw_line(&d, &lines.items[i]);
    if (st == ST_OK) {
        strbuf_printf(out,
                      "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" viewBox=\"0 0 %d %d\">\n"
                      "<rect width=\"100%%\" height=\"100%%\" fill=\"#fff\"/>\n"
                      "<g font-family=\"monospace\" font-size=\"20\" xml:space=\"preserve\" "
                      "lengthAdjust=\"spacingAndGlyphs\">\n",
                      d.width, d.y + MARGIN, d.width, d.y + MARGIN);
        strbuf_add(out, strbuf_text(&d.body), d.body.len);
        strbuf_puts(out, "</g>\n</svg>\n");
        st = strbuf_status(&d.body) != ST_OK ? strbuf_status(&d.body) : strbuf_status(out);
        if (st != ST_OK)
            errmsg_set(err, "page as a picture: %s", status_text(st));
    }
    strbuf_free(&d.body);
    page_lines_free(&lines);
    return st;
}
