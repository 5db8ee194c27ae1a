/* SPDX-License-Identifier: Apache-2.0 */
/*
 * page - a receipt before any device has seen it: rows of text, two columns, rules, codes and cuts.
 *
 * A page knows nothing of code pages, columns or dots. Everything printable in it is made safe on the way in: a
 * control character in a text (an ESC in an item's name would be a printer command) becomes its printable escape
 * "\x1B", characters that only steer the display (bidi marks, zero-width ones) are dropped, invalid UTF-8 becomes
 * U+FFFD. So no driver below needs to distrust a page.
 *
 * Adding past a bound or out of memory adds nothing and the page remembers it: build the whole page, then ask
 * page_status once. Pure: no clock, locale or I/O. All texts are UTF-8.
 */
#ifndef LOYALD_RECEIPT_PAGE_H
#define LOYALD_RECEIPT_PAGE_H

#include "agent/base/errmsg.h"
#include "agent/base/status.h"
#include "agent/base/strbuf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    PAGE_ROWS_MAX = 4096,             /* a sale of 1,000 lines with three adjustments each: ST_FULL beyond */
    PAGE_TEXT_BYTES_MAX = 256 * 1024, /* of all texts together: ST_FULL beyond */
    PAGE_ROW_TEXT_BYTES_MAX = 1024,   /* of one text: cut at a character border beyond */
    PAGE_QR_BYTES_MAX = 512,          /* ST_INVALID beyond */
    PAGE_CODE128_LEN_MAX = 32,        /* what fits on 58 mm paper: ST_INVALID beyond */
    PAGE_FEED_LINES_MAX = 20,         /* clamped */
    PAGE_COLUMNS_MIN = 16,
    PAGE_COLUMNS_MAX = 96,
};

enum page_align { PAGE_LEFT, PAGE_CENTRE, PAGE_RIGHT };
enum page_symbology { PAGE_EAN13, PAGE_CODE128 };
enum page_kind { PAGE_TEXT, PAGE_COLUMNS, PAGE_RULE, PAGE_FEED, PAGE_BARCODE, PAGE_QR, PAGE_CUT };
/* What happens to a left column that does not fit beside the right one, which is never cut. */
enum page_overflow {
    PAGE_WRAP, /* wraps over several lines; the right column stands on the last one */
    PAGE_CLIP, /* one line; the left ends in ".." */
};

struct page_style {
    enum page_align align;
    bool bold;
    bool double_width; /* given up for a row whose right column would not fit */
    bool double_height;
    uint8_t indent; /* columns of white space before each line of a text or left column */
};

struct page_row {
    enum page_kind kind;
    struct page_style style;
    enum page_overflow overflow;   /* PAGE_COLUMNS */
    enum page_symbology symbology; /* PAGE_BARCODE */
    uint8_t feed_lines;            /* PAGE_FEED */
    uint32_t text_at, text_len;    /* text, left column, code: in page.text */
    uint32_t right_at, right_len;  /* right column */
};

struct page {
    struct page_row *rows;
    size_t row_count, row_cap;
    struct strbuf text;
    enum status st; /* the first fault; sticky until page_clear */
};

/* A plain value: `struct page page = PAGE_INIT;`, ended by page_free. */
#define PAGE_INIT                                                                                                    \
    {                                                                                                                \
        .text = STRBUF_INIT(PAGE_TEXT_BYTES_MAX)                                                                     \
    }

void page_clear(struct page *page); /* empties it, forgets its fault, keeps the memory */
void page_free(struct page *page);
static inline enum status page_status(const struct page *page)
{
    return page->st;
}

/* A line feed in the text starts a new row; NULL is "". */
void page_add_text(struct page *page, struct page_style style, const char *text);
void page_add_columns(struct page *page, struct page_style style, enum page_overflow overflow, const char *left,
                      const char *right);
void page_add_rule(struct page *page);
void page_add_feed(struct page *page, int lines);
/* EAN13: 12 digits, or 13 with a right check digit; the page holds 13. CODE128: printable ASCII. ST_INVALID else. */
enum status page_add_barcode(struct page *page, enum page_symbology symbology, const char *code, struct errmsg *err);
/* Printable UTF-8, and GS (1D) for GS1 data; other control characters are ST_INVALID: a printer acts on DLE EOT
 * and its kin even inside data. */
enum status page_add_qr(struct page *page, const char *text, struct errmsg *err);
void page_add_cut(struct page *page);
/* Copies all rows of from to the end of page: a driver's or till's own keeping of a page. */
void page_append(struct page *page, const struct page *from);
/* Returns a view of a row's text (code, left column), NUL-terminated, until the page changes. */
const char *page_row_text(const struct page *page, const struct page_row *row);
const char *page_row_right(const struct page *page, const struct page_row *row);

/*
 * Layout: the page as lines of at most `columns` columns.
 *
 * A character takes one column, an East Asian wide one two, a combining one none. A text wraps at spaces; a word
 * longer than the line is broken. A right column wider than the whole line is broken over lines, never cut.
 */
enum { PAGE_SUBSTITUTE_MAX = 8 };
/* Says what a device prints for a character it may lack: writes 1 to PAGE_SUBSTITUTE_MAX characters, returns how
 * many. Asked before anything is measured, so that columns stay straight. */
typedef size_t page_substitute_fn(void *context, uint32_t code, uint32_t out_codes[PAGE_SUBSTITUTE_MAX]);

struct page_layout_options {
    int columns;                    /* of normal width, PAGE_COLUMNS_MIN..PAGE_COLUMNS_MAX */
    page_substitute_fn *substitute; /* NULL: every character as it is */
    void *context;
};

struct page_line {
    enum page_kind kind; /* PAGE_TEXT for both columns and rules; the rest as in the row */
    struct page_style
        style; /* align still to be done by the device for PAGE_TEXT; two columns come padded, aligned left */
    enum page_symbology symbology;
    uint8_t feed_lines;
    uint32_t text_at, text_len; /* in page_lines.text; codes stand there too */
    uint16_t width;             /* columns of the text, of the line's own width */
};

struct page_lines {
    struct page_line *items; /* in order */
    size_t count, cap;
    struct strbuf text;
    int columns;
};

#define PAGE_LINES_INIT                                                                                              \
    {                                                                                                                \
        .text = STRBUF_INIT(4 * PAGE_TEXT_BYTES_MAX)                                                                 \
    }
/* ST_INVALID on columns out of range, ST_NOMEM, ST_FULL, or the fault the page remembers. out_lines is an initialised
 * value, emptied first; page_lines_free ends it. */
enum status page_layout(const struct page *page, const struct page_layout_options *options,
                        struct page_lines *out_lines, struct errmsg *err);
void page_lines_free(struct page_lines *lines);
/* Returns a view of a line's text, NUL-terminated. */
const char *page_line_text(const struct page_lines *lines, const struct page_line *line);

/* The page as plain text of that many columns: what a screen, a log of slips or a test shows. */
enum status page_to_text(const struct page *page, int columns, struct strbuf *out, struct errmsg *err);
/* Columns one character takes: 0, 1 or 2. */
int page_char_width(uint32_t code);

#endif
