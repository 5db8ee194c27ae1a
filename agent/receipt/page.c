/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/receipt/page.h"

#include "agent/base/utf8.h"
#include "agent/receipt/page_internal.h"

#include <stdlib.h>
#include <string.h>

void page_fault(struct page *page, enum status st)
{
    if (page->st == ST_OK)
        page->st = st;
}

bool page_grow(struct page *page, void **items, size_t *cap, size_t count, size_t count_max, size_t item_bytes)
{
    size_t more = *cap ? *cap * 2 : 64;
    void *grown;

    if (count < *cap)
        return true;
    grown = count < count_max ? realloc(*items, more * item_bytes) : NULL;
    if (!grown) {
        page_fault(page, count < count_max ? ST_NOMEM : ST_FULL);
        return false;
    }
    *items = grown;
    *cap = more;
    return true;
}

void page_clear(struct page *page)
{
    page->row_count = page->cell_count = page->span_count = 0;
    page->st = ST_OK;
    page->in_cash = false;
    page->bitmap_bytes = 0;
    strbuf_clear(&page->text);
}

void page_free(struct page *page)
{
    free(page->rows);
    free(page->cells);
    free(page->spans);
    strbuf_free(&page->text);
    *page = (struct page)PAGE_INIT;
}

/* Room for one more row, or NULL and the fault remembered. */
struct page_row *page_new_row(struct page *page, enum page_kind kind)
{
    struct page_row *row;
    void *rows = page->rows;

    if (page->st != ST_OK)
        return NULL;
    if (page->row_count == PAGE_ROWS_MAX) {
        page_fault(page, ST_FULL);
        return NULL;
    }
    if (!page_grow(page, &rows, &page->row_cap, page->row_count, PAGE_ROWS_MAX, sizeof *row))
        return NULL;
    page->rows = rows;
    row = &page->rows[page->row_count];
    memset(row, 0, sizeof *row);
    row->kind = kind;
    return row;
}

/* The row counts only once its texts are in. */
void page_keep_row(struct page *page)
{
    if (strbuf_status(&page->text) != ST_OK)
        page_fault(page, strbuf_status(&page->text));
    else
        page->row_count++;
}

/* Steers the display and prints nothing: soft hyphen, zero-width and bidi marks, isolates, variation selectors, BOM.
 */
static bool is_invisible(uint32_t code)
{
    return code == 0xAD || code == 0x061C || (code >= 0x200B && code <= 0x200F) ||
           (code >= 0x2028 && code <= 0x202E) || (code >= 0x2060 && code <= 0x206F) ||
           (code >= 0xFE00 && code <= 0xFE0F) || code == 0xFEFF;
}

static bool is_control(uint32_t code)
{
    return code < 0x20 || (code >= 0x7F && code <= 0x9F);
}

/* A run of bytes that are safe as they are: most texts are one. */
static size_t plain_run(const char *text, size_t len)
{
    size_t i = 0;

    while (i < len && text[i] >= 0x20 && text[i] < 0x7F)
        i++;
    return i;
}

void page_put_safe(struct page *page, const char *text, size_t text_len, bool feeds, uint32_t *out_at,
                   uint32_t *out_len)
{
    static const char hex[] = "0123456789ABCDEF";
    size_t at = page->text.len, plain;

    text_len = utf8_cut(text, text_len, PAGE_ROW_TEXT_BYTES_MAX);
    plain = plain_run(text, text_len);
    strbuf_add(&page->text, text, plain);
    text += plain;
    text_len -= plain;
    for (size_t i = 0; i < text_len;) {
        uint32_t code;
        char bytes[4];

        i += utf8_next_letter(text + i, text_len - i, &code);
        if (code == '\t')
            code = ' ';
        if (is_control(code) && !(feeds && code == '\n')) {
            strbuf_puts(&page->text, "\\x");
            strbuf_putc(&page->text, hex[code >> 4]);
            strbuf_putc(&page->text, hex[code & 15]);
        } else if (!is_invisible(code)) {
            strbuf_add(&page->text, bytes, utf8_put(code, bytes));
        }
    }
    strbuf_putc(&page->text, '\0');
    *out_at = (uint32_t)at;
    *out_len = page->text.len > at ? (uint32_t)(page->text.len - at - 1) : 0;
}

void page_add_text(struct page *page, struct page_style style, const char *text)
{
    const char *end;

    if (!text)
        text = "";
    do {
        size_t len;
        struct page_row *row = page_new_row(page, PAGE_TEXT);

        if (!row)
            return;
        end = strchr(text, '\n');
        len = end ? (size_t)(end - text) : strlen(text);
        if (len > 0 && text[len - 1] == '\r')
            len--;
        row->style = style;
        page_put_safe(page, text, len, false, &row->text_at, &row->text_len);
        page_keep_row(page);
        text = end ? end + 1 : NULL;
    } while (text);
}

void page_add_columns(struct page *page, struct page_style style, enum page_overflow overflow, const char *left,
                      const char *right)
{
    struct page_row *row = page_new_row(page, PAGE_COLUMNS);

    if (!row)
        return;
    left = left ? left : "";
    right = right ? right : "";
    row->style = style;
    row->overflow = overflow;
    page_put_safe(page, left, strlen(left), false, &row->text_at, &row->text_len);
    page_put_safe(page, right, strlen(right), false, &row->right_at, &row->right_len);
    page_keep_row(page);
}

static void page_add_plain(struct page *page, enum page_kind kind, int lines)
{
    struct page_row *row = page_new_row(page, kind);

    if (!row)
        return;
    row->feed_lines = (uint8_t)(lines < 0 ? 0 : lines > PAGE_FEED_LINES_MAX ? PAGE_FEED_LINES_MAX : lines);
    page_keep_row(page);
}

void page_add_rule(struct page *page)
{
    page_add_plain(page, PAGE_RULE, 0);
}

void page_add_feed(struct page *page, int lines)
{
    page_add_plain(page, PAGE_FEED, lines);
}

void page_add_cut(struct page *page)
{
    page_add_plain(page, PAGE_CUT, 0);
}

const char *page_row_text(const struct page *page, const struct page_row *row)
{
    return row->text_len ? strbuf_text(&page->text) + row->text_at : "";
}

const char *page_row_right(const struct page *page, const struct page_row *row)
{
    return row->right_len ? strbuf_text(&page->text) + row->right_at : "";
}
