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
    PAGE_ROWS_MAX = 4096,              /* a sale of 1,000 lines with three adjustments each: ST_FULL beyond */
    PAGE_TEXT_BYTES_MAX = 384 * 1024,  /* of all texts and dots together: ST_FULL beyond */
    PAGE_ROW_TEXT_BYTES_MAX = 1024,    /* of one text: cut at a character border beyond */
    PAGE_QR_BYTES_MAX = 512,           /* ST_INVALID beyond */
    PAGE_CODE128_LEN_MAX = 32,         /* what fits on 58 mm paper: ST_INVALID beyond */
    PAGE_FEED_LINES_MAX = 20,          /* clamped */
    PAGE_PICTURE_NAME_MAX = 31,        /* of a picture: ST_INVALID beyond */
    PAGE_BITMAP_BYTES_MAX = 32 * 1024, /* of one that the page holds: 34 s on a line of 9600 baud */
    PAGE_BITMAPS_BYTES_MAX = 4 * PAGE_BITMAP_BYTES_MAX, /* of all */
    PAGE_COLUMNS_MIN = 16,
    PAGE_COLUMNS_MAX = 96,
    PAGE_CELLS_MAX = 16,        /* in one row: ST_FULL beyond */
    PAGE_SPANS_MAX = 32 * 1024, /* of all rows together: ST_FULL beyond */
    PAGE_SCALE_MAX = 6,
};

enum page_align { PAGE_LEFT, PAGE_CENTRE, PAGE_RIGHT };
enum page_symbology {
    PAGE_EAN13,
    PAGE_CODE128,
    PAGE_EAN8,
    PAGE_UPC_A,
    PAGE_CODE39,
    PAGE_CODE93,
    PAGE_ITF,
    PAGE_CODABAR,
    PAGE_QR_CODE,
    PAGE_ANY_CODE, /* EAN-13 when it is one, else Code 128, else QR */
    PAGE_PICTURE,  /* no code: a picture by its name, in the same ways aligned and added */
};
enum page_kind {
    PAGE_TEXT,
    PAGE_COLUMNS,
    PAGE_CELLS,
    PAGE_RULE,
    PAGE_FEED,
    PAGE_BARCODE,
    PAGE_QR,
    PAGE_IMAGE,
    PAGE_CUT
};
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

/* How a piece of text looks; all zero is plain, a scale of 0 is 1. */
struct page_look {
    bool bold, underline, inverse;
    uint8_t wide, tall; /* times its size, to PAGE_SCALE_MAX */
};

/* One piece of a cell; a line feed in its text ends the line within the cell. */
struct page_span {
    struct page_look look;
    uint32_t text_at, text_len;
};

struct page_cell {
    enum page_align align;
    uint32_t span_at, span_count; /* in page.spans */
};

/* How the cells of a row share the line. */
struct page_grid {
    uint8_t count;                 /* of widths: columns of each cell; 0: it is not printed */
    int8_t widths[PAGE_CELLS_MAX]; /* PAGE_WIDTH_REST: an equal share of what the others leave */
    uint8_t gap;                   /* columns between two cells */
    enum page_align align;         /* of the row, when the widths do not fill the line */
    bool clip;                     /* one line; what does not fit is left out */
};
enum { PAGE_WIDTH_REST = -1 };

/* How a code is drawn; zero: the device's own choice. */
struct page_code_options {
    enum page_symbology symbology;
    enum page_align align;
    uint8_t module_dots; /* 2 to 4 */
    uint8_t height_dots; /* 24 to 240 */
    uint8_t cell_dots;   /* of a QR code, 3 to 8 */
    char level;          /* 'l', 'm', 'q', 'h' */
    bool no_text;        /* without its characters below */
};

struct page_row {
    enum page_kind kind;
    struct page_style style;
    enum page_overflow overflow;   /* PAGE_COLUMNS */
    struct page_code_options code; /* PAGE_BARCODE, PAGE_QR */
    uint8_t feed_lines;            /* PAGE_FEED */
    uint32_t text_at, text_len;    /* text, left column, code: in page.text */
    uint32_t right_at, right_len;  /* right column; of PAGE_IMAGE the dots, when the page holds them */
    uint16_t width, height;        /* of those */
    struct page_grid grid;         /* PAGE_CELLS */
    uint32_t cell_at, cell_count;  /* PAGE_CELLS: in page.cells */
};

struct page {
    struct page_row *rows;
    size_t row_count, row_cap;
    struct page_cell *cells;
    size_t cell_count, cell_cap;
    struct page_span *spans;
    size_t span_count, span_cap;
    struct strbuf text;
    size_t bitmap_bytes; /* of it */
    enum status st; /* the first fault; sticky until page_clear */
    bool in_cash;   /* money changes hands: a device may open the cash drawer; for the caller to set */
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
/* A row of cells: begin, then each cell followed by its spans, then end. Fewer cells than widths: the rest is empty;
 * more: they are not printed. */
void page_cells_begin(struct page *page, const struct page_grid *grid);
void page_cell_begin(struct page *page, enum page_align align);
void page_add_span(struct page *page, struct page_look look, const char *text, size_t len);
void page_cells_end(struct page *page);
void page_add_rule(struct page *page);
void page_add_feed(struct page *page, int lines);
/* EAN-13, EAN-8, UPC-A: with the right check digit or without; the page holds it. Code 128: printable ASCII. Code 39
 * and 93: the 43 characters of the former. ITF: an even number of digits. Codabar: from A-D to A-D. ST_INVALID else. */
enum status page_add_barcode(struct page *page, enum page_symbology symbology, const char *code, struct errmsg *err);
/* Printable UTF-8, and GS (1D) for GS1 data; other control characters are ST_INVALID: a printer acts on DLE EOT
 * and its kin even inside data. */
enum status page_add_qr(struct page *page, const char *text, struct errmsg *err);
/* A picture that the device has by that name: 1 to PAGE_PICTURE_NAME_MAX of a-z 0-9 _ -. One it has not leaves no
 * trace on paper; a screen shows the name. */
enum status page_add_picture(struct page *page, enum page_align align, const char *name, struct errmsg *err);
/* One that the page holds itself: copies the dots. ST_FULL, and nothing is added, past the bounds: a receipt is
 * printed without it. */
struct bitmap;
enum status page_add_bitmap(struct page *page, enum page_align align, const char *name, const struct bitmap *bitmap,
                            struct errmsg *err);
/* Any of them, with how it is drawn. */
enum status page_add_code(struct page *page, const struct page_code_options *options, const char *code,
                          struct errmsg *err);
const char *page_symbology_name(enum page_symbology symbology); /* "EAN-13" */
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
/* Says what a device prints for a character it may lack: writes at most PAGE_SUBSTITUTE_MAX characters, returns how
 * many; none leaves it out. Asked before anything is measured, so that columns stay straight. */
typedef size_t page_substitute_fn(void *context, uint32_t code, uint32_t out_codes[PAGE_SUBSTITUTE_MAX]);

struct page_layout_options {
    int columns;                    /* of normal width, PAGE_COLUMNS_MIN..PAGE_COLUMNS_MAX */
    page_substitute_fn *substitute; /* NULL: every character as it is */
    void *context;
};

/* A piece of a line that looks alike. */
struct page_run {
    struct page_look look;      /* scales are 1 or more */
    uint32_t text_at, text_len; /* in page_lines.text, within the line's text */
};

struct page_line {
    enum page_kind kind;   /* PAGE_TEXT for all rows of text and for rules; the rest as in the row */
    enum page_align align; /* to be done by the device; two columns and cells come padded, aligned left */
    struct page_code_options code;
    uint8_t feed_lines;
    uint8_t tall;               /* the highest of its runs, in lines */
    uint32_t text_at, text_len; /* in page_lines.text; codes stand there too */
    uint32_t run_at, run_count; /* in page_lines.runs; together they are the text */
    uint16_t width;             /* columns it takes, scales counted */
    const uint8_t *dots; /* PAGE_IMAGE: a view of the page's, as a bitmap has them; NULL: the device looks by name */
    uint16_t dots_width, dots_height;
};

struct page_lines {
    struct page_line *items; /* in order */
    size_t count, cap;
    struct page_run *runs;
    size_t run_count, run_cap;
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
/* The page as a picture, at the size it has on paper of 203 dpi. qr gives the modules of a QR code, row by row, 1 is
 * dark, and answers how many a side has, 0 for none; NULL: such codes are shown as text. */
enum { PAGE_QR_SIDE_MAX = 177, PAGE_SVG_BYTES_MAX = 16 * 1024 * 1024 };
struct page_svg_options {
    int columns;
    int (*qr)(const char *text, char level, uint8_t out_modules[PAGE_QR_SIDE_MAX * PAGE_QR_SIDE_MAX]);
};
enum status page_to_svg(const struct page *page, const struct page_svg_options *options, struct strbuf *out,
                        struct errmsg *err);
/* Columns one character takes: 0, 1 or 2. */
int page_char_width(uint32_t code);

#endif
