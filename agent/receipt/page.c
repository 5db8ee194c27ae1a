/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/receipt/page.h"

#include "agent/base/utf8.h"

#include <stdlib.h>
#include <string.h>

static void page_fault(struct page *page, enum status st)
{
    if (page->st == ST_OK)
        page->st = st;
}

void page_clear(struct page *page)
{
    page->row_count = 0;
    page->st = ST_OK;
    strbuf_clear(&page->text);
}

void page_free(struct page *page)
{
    free(page->rows);
    strbuf_free(&page->text);
    *page = (struct page)PAGE_INIT;
}

/* Room for one more row, or NULL and the fault remembered. */
static struct page_row *page_new_row(struct page *page, enum page_kind kind)
{
    struct page_row *row;

    if (page->st != ST_OK)
        return NULL;
    if (page->row_count == PAGE_ROWS_MAX) {
        page_fault(page, ST_FULL);
        return NULL;
    }
    if (page->row_count == page->row_cap) {
        size_t cap = page->row_cap ? page->row_cap * 2 : 64;
        struct page_row *rows = realloc(page->rows, cap * sizeof *rows);

        if (!rows) {
            page_fault(page, ST_NOMEM);
            return NULL;
        }
        page->rows = rows;
        page->row_cap = cap;
    }
    row = &page->rows[page->row_count];
    memset(row, 0, sizeof *row);
    row->kind = kind;
    return row;
}

/* The row counts only once its texts are in. */
static void page_keep_row(struct page *page)
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

/* Appends text made safe and its NUL; text_len is in bytes and at most PAGE_ROW_TEXT_BYTES_MAX after the cut. */
static void page_put_safe(struct page *page, const char *text, size_t text_len, uint32_t *out_at, uint32_t *out_len)
{
    static const char hex[] = "0123456789ABCDEF";
    size_t at = page->text.len;

    text_len = utf8_cut(text, text_len, PAGE_ROW_TEXT_BYTES_MAX);
    for (size_t i = 0; i < text_len;) {
        uint32_t code;
        char bytes[4];

        i += utf8_next(text + i, text_len - i, &code, NULL);
        if (code == '\t')
            code = ' ';
        if (is_control(code)) {
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
        page_put_safe(page, text, len, &row->text_at, &row->text_len);
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
    page_put_safe(page, left, strlen(left), &row->text_at, &row->text_len);
    page_put_safe(page, right, strlen(right), &row->right_at, &row->right_len);
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

/* A code: already checked, so it goes in as it is. */
static struct page_row *page_add_code(struct page *page, enum page_kind kind, const char *code, size_t len)
{
    struct page_row *row = page_new_row(page, kind);

    if (!row)
        return NULL;
    row->style.align = PAGE_CENTRE;
    row->text_at = (uint32_t)page->text.len;
    row->text_len = (uint32_t)len;
    strbuf_add(&page->text, code, len);
    strbuf_putc(&page->text, '\0');
    page_keep_row(page);
    return row;
}

/* GS1 General Specifications 7.9: weights 3 and 1 from the right of the first twelve digits. */
static char ean13_check_digit(const char *digits)
{
    int sum = 0;

    for (int i = 0; i < 12; i++)
        sum += (digits[i] - '0') * (i % 2 ? 3 : 1);
    return (char)('0' + (10 - sum % 10) % 10);
}

static enum status page_add_ean13(struct page *page, const char *code, struct errmsg *err)
{
    size_t len = strlen(code);
    char digits[13];

    if ((len != 12 && len != 13) || strspn(code, "0123456789") != len) {
        errmsg_set(err, "EAN-13 \"%.20s\": wants 12 or 13 digits", code);
        return ST_INVALID;
    }
    memcpy(digits, code, 12);
    digits[12] = ean13_check_digit(code);
    if (len == 13 && code[12] != digits[12]) {
        errmsg_set(err, "EAN-13 %s: its check digit should be %c", code, digits[12]);
        return ST_INVALID;
    }
    (void)page_add_code(page, PAGE_BARCODE, digits, sizeof digits);
    return page->st;
}

enum status page_add_barcode(struct page *page, enum page_symbology symbology, const char *code, struct errmsg *err)
{
    size_t len = code ? strlen(code) : 0;
    struct page_row *row;

    if (symbology == PAGE_EAN13)
        return page_add_ean13(page, code ? code : "", err);
    if (len == 0 || len > PAGE_CODE128_LEN_MAX) {
        errmsg_set(err, "Code 128: %zu characters, wants 1 to %d", len, PAGE_CODE128_LEN_MAX);
        return ST_INVALID;
    }
    for (size_t i = 0; i < len; i++) {
        if (code[i] < 0x20 || code[i] > 0x7E) {
            errmsg_set(err, "Code 128: character %zu is not printable ASCII", i + 1);
            return ST_INVALID;
        }
    }
    row = page_add_code(page, PAGE_BARCODE, code, len);
    if (row)
        row->symbology = PAGE_CODE128;
    return page->st;
}

enum status page_add_qr(struct page *page, const char *text, struct errmsg *err)
{
    size_t len = text ? strlen(text) : 0;

    if (len == 0 || len > PAGE_QR_BYTES_MAX) {
        errmsg_set(err, "QR code: %zu bytes, wants 1 to %d", len, PAGE_QR_BYTES_MAX);
        return ST_INVALID;
    }
    if (!utf8_is_valid(text, len)) {
        errmsg_set(err, "QR code: the text is not UTF-8");
        return ST_INVALID;
    }
    for (size_t i = 0; i < len; i++) {
        if ((text[i] >= 0 && text[i] < 0x20 && text[i] != 0x1D) || text[i] == 0x7F) {
            errmsg_set(err, "QR code: byte %zu is the control character %02X", i + 1, (unsigned)text[i]);
            return ST_INVALID;
        }
    }
    (void)page_add_code(page, PAGE_QR, text, len);
    return page->st;
}

void page_append(struct page *page, const struct page *from)
{
    size_t base = page->text.len;

    if (from->st != ST_OK) {
        page_fault(page, from->st);
        return;
    }
    if (from->row_count == 0)
        return;
    strbuf_add(&page->text, strbuf_text(&from->text), from->text.len);
    if (strbuf_status(&page->text) != ST_OK) {
        page_fault(page, strbuf_status(&page->text));
        return;
    }
    for (size_t i = 0; i < from->row_count; i++) {
        struct page_row *row = page_new_row(page, from->rows[i].kind);

        if (!row)
            return;
        *row = from->rows[i];
        row->text_at += (uint32_t)base;
        row->right_at += (uint32_t)base;
        page->row_count++;
    }
}

const char *page_row_text(const struct page *page, const struct page_row *row)
{
    return row->text_len ? strbuf_text(&page->text) + row->text_at : "";
}

const char *page_row_right(const struct page *page, const struct page_row *row)
{
    return row->right_len ? strbuf_text(&page->text) + row->right_at : "";
}
