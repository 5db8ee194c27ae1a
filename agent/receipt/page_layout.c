/* SPDX-License-Identifier: Apache-2.0 */
/* The rows of a page, one at a time, laid on lines (page_lines.c). */
#include "agent/receipt/page.h"

#include "agent/receipt/page_internal.h"

#include <stdlib.h>

static struct page_look row_look(const struct page_row *row)
{
    return (struct page_look){
        .bold = row->style.bold, .wide = row->style.double_width ? 2 : 1, .tall = row->style.double_height ? 2 : 1};
}

/* A line of a row of one look, its alignment left to the device. */
static struct page_line *line_begin(struct layout *layout, enum page_kind kind, const struct page_row *row)
{
    struct page_line *line = layout_line_begin(layout, kind);

    if (!line)
        return NULL;
    line->align = row->style.align;
    line->code = row->code;
    line->feed_lines = row->feed_lines;
    if (kind == PAGE_TEXT)
        layout_run(layout, line, row_look(row));
    return line;
}

static int row_columns(const struct layout *layout, const struct page_row *row)
{
    return layout->options->columns / (row->style.double_width ? 2 : 1);
}

/* Never so deep that nothing is left to print on. */
static int row_indent(const struct page_row *row, int columns)
{
    return row->style.indent < columns / 2 ? row->style.indent : columns / 2;
}

static void lay_text(struct layout *layout, const struct page_row *row)
{
    int columns = row_columns(layout, row), indent = row_indent(row, columns);
    size_t from = 0, next = 0;

    do {
        size_t count = layout_wrap(&layout->left, from, layout->left.count, columns - indent, &next);
        struct page_line *line = line_begin(layout, PAGE_TEXT, row);

        if (!line)
            return;
        if (count > 0)
            layout_fill(layout, line, ' ', indent);
        layout_put(layout, line, &layout->left, from, count);
        layout_line_end(layout, line);
        from = next;
    } while (from < layout->left.count);
}

/* One line: indent, left, white space, right against the edge. */
static void lay_pair(struct layout *layout, const struct page_row *row, int columns, size_t left_from,
                     size_t left_count, size_t right_from, size_t right_count, bool clipped)
{
    int indent = row_indent(row, columns);
    struct page_line *line = line_begin(layout, PAGE_TEXT, row);
    int right_width = layout_width(&layout->right, right_from, right_count);

    if (!line)
        return;
    line->align = PAGE_LEFT;
    if (left_count > 0 || right_count == 0)
        layout_fill(layout, line, ' ', indent);
    layout_put(layout, line, &layout->left, left_from, left_count);
    if (clipped)
        layout_fill(layout, line, '.', 2);
    if (right_count > 0)
        layout_fill(layout, line, ' ', columns - line->width / (row->style.double_width ? 2 : 1) - right_width);
    layout_put(layout, line, &layout->right, right_from, right_count);
    layout_line_end(layout, line);
}

/* A right column wider than the line: all of it, on lines of its own, broken where the line ends. */
static void lay_wide_right(struct layout *layout, const struct page_row *row, int columns)
{
    size_t next = 0;

    for (size_t from = 0; from < layout->right.count; from = next) {
        size_t count = layout_wrap(&layout->right, from, layout->right.count, columns, &next);

        lay_pair(layout, row, columns, 0, 0, from, count, false);
    }
}

static void lay_clipped(struct layout *layout, const struct page_row *row, int columns, int room)
{
    size_t count = room >= 0 ? layout->left.count : 0; /* not even an indent, nor characters of no width */
    bool clipped = layout_width(&layout->left, 0, count) > room;

    if (clipped) {
        while (count > 0 && layout_width(&layout->left, 0, count) > (room > 2 ? room - 2 : 0))
            count--;
    }
    lay_pair(layout, row, columns, 0, count, 0, layout->right.count, clipped && room > 2);
}

static void lay_columns(struct layout *layout, const struct page_row *original)
{
    struct page_row row = *original;
    int columns = row_columns(layout, &row), room;
    int right_width = layout_width(&layout->right, 0, layout->right.count);
    size_t from = 0, next = 0;

    if (row.style.double_width && right_width > columns) {
        row.style.double_width = false;
        columns = row_columns(layout, &row);
    }
    room = columns - row_indent(&row, columns) - (right_width > 0 ? right_width + 1 : 0);
    if (row.overflow == PAGE_CLIP && right_width <= columns) {
        lay_clipped(layout, &row, columns, room);
        return;
    }
    /* The left's lines take the whole width; the last one leaves room for the right, when that is room for words. */
    if (layout->left.count == 0 && layout->right.count > 0) {
        lay_wide_right(layout, &row, columns);
        return;
    }
    do {
        size_t count =
            layout_wrap(&layout->left, from, layout->left.count, columns - row_indent(&row, columns), &next);

        if (next >= layout->left.count && layout_width(&layout->left, from, count) <= room) {
            lay_pair(layout, &row, columns, from, count, 0, layout->right.count, false);
            return;
        }
        if (next >= layout->left.count && room >= columns / 4)
            count = layout_wrap(&layout->left, from, layout->left.count, room, &next);
        lay_pair(layout, &row, columns, from, count, 0, 0, false);
        from = next;
    } while (from < layout->left.count && layout->st == ST_OK);
    lay_wide_right(layout, &row, columns);
}

static void lay_row(struct layout *layout, const struct page *page, const struct page_row *row)
{
    struct page_line *line;

    layout->left.count = layout->right.count = 0;
    if (row->kind != PAGE_CELLS && row->kind != PAGE_IMAGE) {
        layout_load(layout, &layout->left, page_row_text(page, row), row->text_len, 0);
        layout_load(layout, &layout->right, page_row_right(page, row), row->right_len, 0);
    }
    switch (row->kind) {
    case PAGE_TEXT:
        lay_text(layout, row);
        return;
    case PAGE_COLUMNS:
        lay_columns(layout, row);
        return;
    case PAGE_CELLS:
        layout_cells(layout, page, row);
        return;
    case PAGE_RULE:
        if ((line = line_begin(layout, PAGE_TEXT, row))) {
            layout_fill(layout, line, '-', layout->options->columns);
            layout_line_end(layout, line);
        }
        return;
    case PAGE_BARCODE:
    case PAGE_QR:
    case PAGE_IMAGE:
    case PAGE_FEED:
    case PAGE_CUT:
        if ((line = line_begin(layout, row->kind, row))) {
            if (row->right_len > 0) {
                line->dots = (const uint8_t *)page->text.data + row->right_at;
                line->dots_width = row->width;
                line->dots_height = row->height;
            }
            strbuf_add(&layout->out->text, page_row_text(page, row), row->text_len);
            layout_line_end(layout, line);
        }
        return;
    }
}

enum status page_layout(const struct page *page, const struct page_layout_options *options,
                        struct page_lines *out_lines, struct errmsg *err)
{
    struct layout *layout;
    enum status st;

    if (page->st != ST_OK) {
        errmsg_set(err, "page: %s",
                   page->st == ST_FULL ? "more rows or text than a page holds" : status_text(page->st));
        return page->st;
    }
    if (options->columns < PAGE_COLUMNS_MIN || options->columns > PAGE_COLUMNS_MAX) {
        errmsg_set(err, "page: %d columns, wants %d to %d", options->columns, PAGE_COLUMNS_MIN, PAGE_COLUMNS_MAX);
        return ST_INVALID;
    }
    layout = calloc(1, sizeof *layout);
    if (!layout) {
        errmsg_set(err, "page: out of memory");
        return ST_NOMEM;
    }
    layout->out = out_lines;
    layout->options = options;
    out_lines->count = out_lines->run_count = 0;
    out_lines->columns = options->columns;
    strbuf_clear(&out_lines->text);
    for (size_t i = 0; i < page->row_count && layout->st == ST_OK; i++)
        lay_row(layout, page, &page->rows[i]);
    st = layout->st;
    free(layout);
    if (st != ST_OK)
        errmsg_set(err, "page: %s", status_text(st));
    return st;
}
