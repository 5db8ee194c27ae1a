/* SPDX-License-Identifier: Apache-2.0 */
/* page_internal - what the files of the page share. Nobody else includes it. */
#ifndef LOYALD_RECEIPT_PAGE_INTERNAL_H
#define LOYALD_RECEIPT_PAGE_INTERNAL_H

#include "agent/receipt/page.h"

/* ---- page.c ---- */
void page_fault(struct page *page, enum status st);
/* Room for one more item; false and the fault remembered when there is none. */
bool page_grow(struct page *page, void **items, size_t *cap, size_t count, size_t count_max, size_t item_bytes);
/* Room for one more row, or NULL and the fault remembered. */
struct page_row *page_new_row(struct page *page, enum page_kind kind);
/* The row counts only once its texts are in. */
void page_keep_row(struct page *page);
/* Appends text made safe and its NUL; what is longer than PAGE_ROW_TEXT_BYTES_MAX is cut. feeds: line feeds stay. */
void page_put_safe(struct page *page, const char *text, size_t text_len, bool feeds, uint32_t *out_at,
                   uint32_t *out_len);

/* ---- page_lines.c: what a row is laid out of ---- */

/* Of one row: the safe text is at most four times as long as what came in ("\\x1B" for one byte). */
enum { CHARS_MAX = 4 * PAGE_ROW_TEXT_BYTES_MAX };

struct chars {
    uint32_t codes[CHARS_MAX];
    uint16_t looks[CHARS_MAX]; /* look_pack; of cells only */
    size_t count;
};

struct layout {
    struct page_lines *out;
    const struct page_layout_options *options;
    struct chars left, right;
    enum status st;
};

/* A look in 16 bits. */
static inline uint16_t look_pack(struct page_look look)
{
    return (uint16_t)((look.bold ? 1 : 0) | (look.underline ? 2 : 0) | (look.inverse ? 4 : 0) |
                      (look.wide ? look.wide - 1 : 0) << 3 | (look.tall ? look.tall - 1 : 0) << 6);
}

static inline int look_wide(uint16_t packed)
{
    return (packed >> 3 & 7) + 1;
}

static inline struct page_look look_unpack(uint16_t packed)
{
    return (struct page_look){.bold = packed & 1,
                              .underline = packed & 2,
                              .inverse = packed & 4,
                              .wide = (uint8_t)look_wide(packed),
                              .tall = (uint8_t)((packed >> 6 & 7) + 1)};
}

/* NULL and the fault kept in layout->st when there is no memory. */
struct page_line *layout_line_begin(struct layout *layout, enum page_kind kind);
/* What follows looks so, until the next one. */
void layout_run(struct layout *layout, struct page_line *line, struct page_look look);
void layout_put(struct layout *layout, struct page_line *line, const struct chars *chars, size_t from, size_t count);
void layout_fill(struct layout *layout, struct page_line *line, char fill, int width);
void layout_line_end(struct layout *layout, struct page_line *line);
/* Appends characters as the device will print them; what is past CHARS_MAX is cut. */
void layout_load(const struct layout *layout, struct chars *out, const char *text, size_t len, uint16_t look);
int layout_width(const struct chars *chars, size_t from, size_t count);
/* How many characters from `from` go on a line of `room` columns; *out_next is where the next line begins. */
size_t layout_wrap(const struct chars *chars, size_t from, size_t to, int room, size_t *out_next);

/* ---- page_cells.c ---- */
void layout_cells(struct layout *layout, const struct page *page, const struct page_row *row);

#endif
