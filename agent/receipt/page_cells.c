/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rows of cells: adding them, and laying them out by the rules of the ReceiptLine format for widths, and by two of
 * our own for text: it wraps at spaces, and a cell of fixed width whose longest word does not fit takes what it needs
 * from the cells that share the rest, so that an amount is not broken while there is room for it.
 */
#include "agent/receipt/page.h"

#include "agent/receipt/page_internal.h"

void page_cells_begin(struct page *page, const struct page_grid *grid)
{
    struct page_row *row = page_new_row(page, PAGE_CELLS);

    if (!row)
        return;
    row->grid = *grid;
    row->cell_at = (uint32_t)page->cell_count;
}

void page_cell_begin(struct page *page, enum page_align align)
{
    void *cells = page->cells;

    if (page->st != ST_OK ||
        !page_grow(page, &cells, &page->cell_cap, page->cell_count, PAGE_SPANS_MAX, sizeof *page->cells))
        return;
    page->cells = cells;
    page->cells[page->cell_count++] = (struct page_cell){align, (uint32_t)page->span_count, 0};
}

void page_add_span(struct page *page, struct page_look look, const char *text, size_t len)
{
    void *spans = page->spans;
    struct page_span *span;

    if (page->st != ST_OK ||
        !page_grow(page, &spans, &page->span_cap, page->span_count, PAGE_SPANS_MAX, sizeof *page->spans))
        return;
    page->spans = spans;
    span = &page->spans[page->span_count++];
    span->look = look;
    page_put_safe(page, text, len, true, &span->text_at, &span->text_len);
    page->cells[page->cell_count - 1].span_count++;
}

void page_cells_end(struct page *page)
{
    struct page_row *row;

    if (page->st != ST_OK)
        return;
    row = &page->rows[page->row_count];
    row->cell_count = (uint32_t)page->cell_count - row->cell_at;
    page_keep_row(page);
}

static void append_rows(struct page *page, const struct page *from, const struct page *base)
{
    for (size_t i = 0; i < from->row_count; i++) {
        struct page_row *row = page_new_row(page, from->rows[i].kind);

        if (!row)
            return;
        *row = from->rows[i];
        row->text_at += (uint32_t)base->text.len;
        row->right_at += (uint32_t)base->text.len;
        row->cell_at += (uint32_t)base->cell_count;
        page->row_count++;
    }
}

void page_append(struct page *page, const struct page *from)
{
    struct page base = *page; /* its counts */

    if (from->st != ST_OK) {
        page_fault(page, from->st);
        return;
    }
    page->in_cash = page->in_cash || from->in_cash;
    page->bitmap_bytes += from->bitmap_bytes;
    if (from->row_count == 0)
        return;
    strbuf_add(&page->text, strbuf_text(&from->text), from->text.len);
    if (strbuf_status(&page->text) != ST_OK) {
        page_fault(page, strbuf_status(&page->text));
        return;
    }
    for (size_t i = 0; i < from->cell_count && page->st == ST_OK; i++) {
        page_cell_begin(page, from->cells[i].align);
        if (page->st == ST_OK) {
            page->cells[page->cell_count - 1].span_at = from->cells[i].span_at + (uint32_t)base.span_count;
            page->cells[page->cell_count - 1].span_count = from->cells[i].span_count;
        }
    }
    for (size_t i = 0; i < from->span_count && page->st == ST_OK; i++) {
        void *spans = page->spans;

        if (!page_grow(page, &spans, &page->span_cap, page->span_count, PAGE_SPANS_MAX, sizeof *page->spans))
            return;
        page->spans = spans;
        page->spans[page->span_count] = from->spans[i];
        page->spans[page->span_count++].text_at += (uint32_t)base.text.len;
    }
    append_rows(page, from, &base);
}

/* ---- layout ---- */

struct place {
    int width;
    bool shares;     /* the rest */
    size_t next, to; /* characters still to be laid, in layout->left */
    enum page_align align;
};

/* The widest word that a line cannot be broken in. */
static int longest_word(const struct chars *chars, size_t from, size_t to)
{
    int longest = 0, width = 0;

    for (size_t i = from; i < to; i++) {
        bool gap = chars->codes[i] == ' ' || chars->codes[i] == '\n';

        width = gap ? 0 : width + page_char_width(chars->codes[i]) * look_wide(chars->looks[i]);
        longest = width > longest ? width : longest;
    }
    return longest;
}

static struct place *widest_fixed(struct place *places, size_t count)
{
    struct place *widest = NULL;

    for (size_t i = 0; i < count; i++) {
        if (!places[i].shares && (!widest || places[i].width > widest->width))
            widest = &places[i];
    }
    return widest;
}

/* Fixed cells take more for a word that does not fit, each of the others keeping a few columns. */
static int widen(const struct layout *layout, struct place *places, size_t count, int rest, int sharing)
{
    enum { KEEP = 6 };

    for (size_t i = 0; i < count && sharing > 0; i++) {
        int more = places[i].shares ? 0 : longest_word(&layout->left, places[i].next, places[i].to) - places[i].width;

        if (more > 0 && rest - more >= KEEP * sharing) {
            places[i].width += more;
            rest -= more;
        }
    }
    return rest;
}

/* Returns the columns left over, for the row's alignment. */
static int share_out(const struct layout *layout, const struct page_grid *grid, struct place *places, size_t count)
{
    int rest = layout->options->columns - (count > 0 ? (int)(count - 1) * grid->gap : 0), sharing = 0, nth = 0;

    for (size_t i = 0; i < count; i++) {
        sharing += places[i].shares;
        rest -= places[i].shares ? 0 : places[i].width;
    }
    while (sharing > rest) {
        struct place *fixed = widest_fixed(places, count);

        if (!fixed || fixed->width == 0)
            break;
        fixed->width--;
        rest++;
    }
    if (!grid->clip)
        rest = widen(layout, places, count, rest, sharing);
    for (size_t i = 0; i < count; i++) {
        if (places[i].shares)
            places[i].width = (rest + nth++) / sharing;
    }
    return sharing > 0 ? 0 : rest;
}

static size_t load_cells(struct layout *layout, const struct page *page, const struct page_row *row,
                         struct place *places)
{
    const struct page_grid *grid = &row->grid;
    size_t count = 0, most = ((size_t)layout->options->columns + grid->gap) / ((size_t)grid->gap + 1);

    for (uint32_t i = 0; i < grid->count && count < most; i++) {
        struct place *place = &places[count];

        if (grid->widths[i] == 0)
            continue;
        *place = (struct place){.width = grid->widths[i], .shares = grid->widths[i] < 0, .align = PAGE_CENTRE};
        place->next = layout->left.count;
        if (i < row->cell_count) {
            const struct page_cell *cell = &page->cells[row->cell_at + i];

            place->align = cell->align;
            for (uint32_t k = 0; k < cell->span_count; k++) {
                const struct page_span *span = &page->spans[cell->span_at + k];

                layout_load(layout, &layout->left, strbuf_text(&page->text) + span->text_at, span->text_len,
                            look_pack(span->look));
            }
        }
        place->to = layout->left.count;
        count++;
    }
    return count;
}

/* The next line of one cell, begun at column `at`. */
static void lay_piece(struct layout *layout, struct page_line *line, struct place *place, int at)
{
    size_t from = place->next, count = layout_wrap(&layout->left, from, place->to, place->width, &place->next);
    int spare = place->width - layout_width(&layout->left, from, count);

    if (count == 0)
        return;
    layout_run(layout, line, (struct page_look){0});
    layout_fill(layout, line, ' ', at - line->width + (spare > 0 ? (spare * (int)place->align + 1) / 2 : 0));
    for (size_t i = from, end; i < from + count; i = end) {
        for (end = i + 1; end < from + count && layout->left.looks[end] == layout->left.looks[i]; end++)
            ;
        layout_run(layout, line, look_unpack(layout->left.looks[i]));
        layout_put(layout, line, &layout->left, i, end - i);
    }
}

void layout_cells(struct layout *layout, const struct page *page, const struct page_row *row)
{
    struct place places[PAGE_CELLS_MAX];
    size_t count = load_cells(layout, page, row, places);
    int margin = share_out(layout, &row->grid, places, count) * (int)row->grid.align / 2;
    bool more = true;

    while (more && layout->st == ST_OK) {
        struct page_line *line = layout_line_begin(layout, PAGE_TEXT);
        int at = margin;

        if (!line)
            return;
        more = false;
        for (size_t i = 0; i < count; i++) {
            if (places[i].width > 0 && places[i].next < places[i].to)
                lay_piece(layout, line, &places[i], at);
            at += places[i].width + row->grid.gap;
            more = more || (places[i].width > 0 && places[i].next < places[i].to);
        }
        layout_line_end(layout, line);
        more = more && !row->grid.clip;
    }
}
