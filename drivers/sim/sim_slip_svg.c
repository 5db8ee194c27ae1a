/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The slip as a drawing: one unit is one dot of a 203 dpi head. Each word stands at its own place, so that the
 * columns are straight whatever monospaced font the viewer has; bars and QR codes are paths on whole dots, so that a
 * scanner reads them off the picture.
 */
#include "agent/base/utf8.h"
#include "drivers/sim/sim_bars.h"
#include "drivers/sim/sim_slip.h"

#include <qrencode.h>
#include <string.h>

enum {
    CELL_HEIGHT = 24,
    LINE_PITCH = 30,
    BASELINE = 20,  /* from the top of a cell */
    MARGIN = 40,    /* of the paper */
    BORDER = 24,    /* around the paper, for its shadow */
    TOOTH = 8,      /* of the cut edge */
    EDGE_SPACE = 26 /* paper above the first and below the last line */
};

struct drawing {
    const struct slip *slip;
    struct strbuf *out;
    int width; /* of the printable area */
    int y;     /* top of the next item */
};

static void put_escaped(struct strbuf *out, uint32_t code)
{
    char bytes[4];

    if (code == '&')
        strbuf_puts(out, "&amp;");
    else if (code == '<')
        strbuf_puts(out, "&lt;");
    else if (code == '>')
        strbuf_puts(out, "&gt;");
    else if (code >= 0x20 && code != 0x7F)
        strbuf_add(out, bytes, utf8_put(code, bytes));
}

static int left_edge(const struct drawing *drawing, enum slip_align align, int width)
{
    int spare = drawing->width > width ? drawing->width - width : 0;

    return BORDER + MARGIN + (align == SLIP_LEFT ? 0 : align == SLIP_CENTRE ? spare / 2 : spare);
}

static bool same_look(const struct slip_look *a, const struct slip_look *b)
{
    return a->wide == b->wide && a->tall == b->tall && a->bold == b->bold && a->underline == b->underline &&
           a->invert == b->invert;
}

/* One word, or one stretch of underlined or inverted cells, whose spaces are seen. */
static void put_word(struct drawing *drawing, const struct slip_cell *cells, size_t count, int x, int bottom)
{
    const struct slip_look *look = &cells[0].look;
    int width = (int)count * SLIP_CELL_DOTS * look->wide, height = CELL_HEIGHT * look->tall;
    struct strbuf *out = drawing->out;

    if (look->invert)
        strbuf_printf(out, "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\"/>", x, bottom - height, width, height);
    strbuf_printf(out, "<text%s%s", look->bold ? " class=\"b\"" : "", look->invert ? " fill=\"#fff\"" : "");
    if (look->wide == 1 && look->tall == 1)
        strbuf_printf(out, " x=\"%d\" y=\"%d\">", x, bottom - CELL_HEIGHT + BASELINE);
    else
        strbuf_printf(out, " transform=\"translate(%d %d) scale(%d %d)\">", x,
                      bottom - (CELL_HEIGHT - BASELINE) * look->tall, look->wide, look->tall);
    for (size_t i = 0; i < count; i++)
        put_escaped(out, cells[i].code == ' ' ? 0xA0 : cells[i].code);
    strbuf_puts(out, "</text>\n");
    if (look->underline)
        strbuf_printf(out, "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"2\"/>\n", x, bottom - 2, width);
}

static void put_text(struct drawing *drawing, const struct slip_item *item)
{
    const struct slip_cell *cells = item->count > 0 ? drawing->slip->cells + item->first : NULL;
    int x = left_edge(drawing, item->align, slip_cells_width(cells, item->count) * SLIP_CELL_DOTS);
    int tall = 1;

    for (size_t i = 0; i < item->count; i++)
        tall = cells[i].look.tall > tall ? cells[i].look.tall : tall;
    for (size_t i = 0; i < item->count;) {
        size_t end = i + 1;
        bool shows_space = cells[i].look.underline || cells[i].look.invert;

        if (cells[i].code != ' ' || shows_space) {
            while (end < item->count && same_look(&cells[i].look, &cells[end].look) &&
                   (shows_space || cells[end].code != ' '))
                end++;
            put_word(drawing, cells + i, end - i, x, drawing->y + CELL_HEIGHT * tall);
        }
        x += slip_cells_width(cells + i, end - i) * SLIP_CELL_DOTS;
        i = end;
    }
    drawing->y += CELL_HEIGHT * tall + (LINE_PITCH - CELL_HEIGHT);
}

static void put_label(struct drawing *drawing, enum slip_align align, int x, int width, const char *label)
{
    int text_width = (int)utf8_length(label, strlen(label)) * SLIP_CELL_DOTS;

    (void)align;
    strbuf_printf(drawing->out, "<text x=\"%d\" y=\"%d\">", x + (width - text_width) / 2, drawing->y + BASELINE);
    for (const char *c = label; *c; c++)
        put_escaped(drawing->out, (uint8_t)*c);
    strbuf_puts(drawing->out, "</text>\n");
    drawing->y += LINE_PITCH;
}

static void put_bars(struct drawing *drawing, const struct slip_item *item)
{
    char modules[SIM_BARS_MODULES_MAX], label[SIM_BARS_TEXT_MAX];
    const char *data = strbuf_text(&drawing->slip->data) + item->first;
    size_t count = sim_bars_modules(item->bars, data, item->count, modules);
    int width = (int)count * item->module_dots, x = left_edge(drawing, item->align, width);

    sim_bars_text(item->bars, data, item->count, label);
    drawing->y += 4;
    if (count == 0 || item->digits_above)
        put_label(drawing, item->align, x, width, label);
    if (count == 0)
        return;
    strbuf_puts(drawing->out, "<path class=\"m\" d=\"");
    for (size_t i = 0; i < count;) {
        size_t end = i;

        while (end < count && modules[end] == '1')
            end++;
        if (end > i)
            strbuf_printf(drawing->out, "M%d %dh%dv%dh-%dz", x + (int)i * item->module_dots, drawing->y,
                          (int)(end - i) * item->module_dots, item->height_dots, (int)(end - i) * item->module_dots);
        i = end > i ? end : i + 1;
    }
    strbuf_puts(drawing->out, "\"/>\n");
    drawing->y += item->height_dots + 4;
    if (item->digits_below)
        put_label(drawing, item->align, x, width, label);
}

static void put_qr(struct drawing *drawing, const struct slip_item *item)
{
    const char *data = strbuf_text(&drawing->slip->data) + item->first;
    QRcode *qr = QRcode_encodeData((int)item->count, (const unsigned char *)data, 0, QR_ECLEVEL_M);
    int dots = item->module_dots, x;

    if (!qr) /* longer than any symbol: the text file has it */
        return;
    x = left_edge(drawing, item->align, qr->width * dots);
    drawing->y += 2 * dots;
    strbuf_puts(drawing->out, "<path class=\"m\" d=\"");
    for (int row = 0; row < qr->width; row++) {
        for (int i = 0; i < qr->width;) {
            int end = i;

            while (end < qr->width && qr->data[row * qr->width + end] & 1)
                end++;
            if (end > i)
                strbuf_printf(drawing->out, "M%d %dh%dv%dh-%dz", x + i * dots, drawing->y + row * dots,
                              (end - i) * dots, dots, (end - i) * dots);
            i = end > i ? end : i + 1;
        }
    }
    strbuf_puts(drawing->out, "\"/>\n");
    drawing->y += qr->width * dots + 2 * dots;
    QRcode_free(qr);
}

/* Data: rows of bytes, the leftmost dot in the highest bit. */
static void put_picture(struct drawing *drawing, const struct slip_item *item)
{
    const uint8_t *data = (const uint8_t *)strbuf_text(&drawing->slip->data) + item->first;
    int row_bytes = (item->width_dots + 7) / 8, x = left_edge(drawing, item->align, item->width_dots);

    if (item->count >= (size_t)row_bytes * item->height_dots) {
        strbuf_puts(drawing->out, "<path class=\"m\" d=\"");
        for (int row = 0; row < item->height_dots; row++) {
            for (int i = 0; i < item->width_dots;) {
                int end = i;

                while (end < item->width_dots && data[row * row_bytes + end / 8] & (0x80 >> end % 8))
                    end++;
                if (end > i)
                    strbuf_printf(drawing->out, "M%d %dh%dv1h-%dz", x + i, drawing->y + row, end - i, end - i);
                i = end > i ? end : i + 1;
            }
        }
        strbuf_puts(drawing->out, "\"/>\n");
    }
    drawing->y += item->height_dots;
}

static void put_item(struct drawing *drawing, const struct slip_item *item)
{
    switch (item->kind) {
    case SLIP_TEXT:
        put_text(drawing, item);
        return;
    case SLIP_FEED:
        drawing->y += item->height_dots;
        return;
    case SLIP_BARS:
        put_bars(drawing, item);
        return;
    case SLIP_QR:
        put_qr(drawing, item);
        return;
    case SLIP_PICTURE:
        put_picture(drawing, item);
        return;
    }
}

/* The outline of the paper: straight sides, the teeth of the cutter above and below. */
static void put_paper(struct strbuf *out, int paper_width, int paper_height)
{
    int teeth = paper_width / TOOTH;

    strbuf_printf(out, "<defs><path id=\"p\" d=\"M%d %d", BORDER, BORDER + TOOTH / 2);
    for (int i = 0; i < teeth; i++)
        strbuf_printf(out, "l%d %dl%d %d", TOOTH / 2, -TOOTH / 2, TOOTH / 2, TOOTH / 2);
    strbuf_printf(out, "v%d", paper_height);
    for (int i = 0; i < teeth; i++)
        strbuf_printf(out, "l%d %dl%d %d", -TOOTH / 2, TOOTH / 2, -TOOTH / 2, -TOOTH / 2);
    strbuf_puts(out, "z\"/></defs>\n");
    /* A soft shadow without a filter, which not every viewer has: outlines of falling weight. */
    for (int width = 18; width >= 2; width -= 4)
        strbuf_printf(out,
                      "<use href=\"#p\" y=\"4\" fill=\"none\" stroke=\"#000\" stroke-width=\"%d\" "
                      "stroke-opacity=\".035\" stroke-linejoin=\"round\"/>\n",
                      width);
    strbuf_puts(out, "<use href=\"#p\" fill=\"#fffefa\" stroke=\"#d6d1c4\"/>\n");
}

void slip_to_svg(const struct slip *slip, struct strbuf *out)
{
    struct strbuf body = STRBUF_INIT(out->len_max);
    struct drawing drawing = {.slip = slip, .out = &body, .width = slip->columns * SLIP_CELL_DOTS};
    int paper_width = (drawing.width + 2 * MARGIN) / TOOTH * TOOTH, height;

    drawing.y = BORDER + EDGE_SPACE;
    for (size_t i = 0; i < slip->item_count; i++)
        put_item(&drawing, &slip->items[i]);
    height = drawing.y + EDGE_SPACE - BORDER;
    strbuf_printf(out,
                  "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" viewBox=\"0 0 %d %d\">\n"
                  "<title>A slip of %d columns, as the simulated printer drew it</title>\n"
                  "<style>text{font:20px 'DejaVu Sans Mono','Liberation Mono',Menlo,Consolas,monospace}"
                  ".b{font-weight:700}.m{shape-rendering:crispEdges}</style>\n",
                  (paper_width + 2 * BORDER) * 5 / 8, (height + TOOTH + 2 * BORDER) * 5 / 8, paper_width + 2 * BORDER,
                  height + TOOTH + 2 * BORDER, slip->columns);
    put_paper(out, paper_width, height);
    strbuf_puts(out, "<g fill=\"#1c1b1a\">\n");
    strbuf_add(out, strbuf_text(&body), body.len);
    strbuf_puts(out, "</g>\n</svg>\n");
    if (strbuf_status(&body) != ST_OK)
        out->st = strbuf_status(&body);
    strbuf_free(&body);
}
