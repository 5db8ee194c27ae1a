/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/receipt/page.h"

static void put_spaces(struct strbuf *out, int count)
{
    for (int i = 0; i < count; i++)
        strbuf_putc(out, ' ');
}

static void put_line(const struct page_lines *lines, const struct page_line *line, struct strbuf *out)
{
    const char *text = page_line_text(lines, line);
    /* An enlarged line begins where it begins on paper, though here its characters are small. */
    int spare = lines->columns > line->width ? lines->columns - line->width : 0;

    switch (line->kind) {
    case PAGE_TEXT:
    case PAGE_COLUMNS:
    case PAGE_CELLS:
    case PAGE_RULE:
        if (line->align != PAGE_LEFT && line->text_len > 0)
            put_spaces(out, line->align == PAGE_CENTRE ? spare / 2 : spare);
        strbuf_puts(out, text);
        strbuf_putc(out, '\n');
        return;
    case PAGE_FEED:
        for (int i = 0; i < line->feed_lines; i++)
            strbuf_putc(out, '\n');
        return;
    case PAGE_BARCODE:
        strbuf_printf(out, "[%s %s]\n", page_symbology_name(line->code.symbology), text);
        return;
    case PAGE_QR:
        strbuf_printf(out, "[QR %s]\n", text);
        return;
    case PAGE_IMAGE:
        strbuf_printf(out, "[picture %s]\n", text);
        return;
    case PAGE_CUT:
        for (int i = 0; i + 1 < lines->columns; i += 2)
            strbuf_puts(out, "- ");
        strbuf_putc(out, '\n');
        return;
    }
}

enum status page_to_text(const struct page *page, int columns, struct strbuf *out, struct errmsg *err)
{
    struct page_layout_options options = {.columns = columns};
    struct page_lines lines = PAGE_LINES_INIT;
    enum status st = page_layout(page, &options, &lines, err);

    for (size_t i = 0; st == ST_OK && i < lines.count; i++)
        put_line(&lines, &lines.items[i], out);
    if (st == ST_OK && strbuf_status(out) != ST_OK) {
        st = strbuf_status(out);
        errmsg_set(err, "page as text: %s", status_text(st));
    }
    page_lines_free(&lines);
    return st;
}
