/* SPDX-License-Identifier: Apache-2.0 */
/* Codes on a page: what each symbology takes is checked before it is in. */
#include "agent/receipt/page.h"

#include "agent/base/utf8.h"
#include "agent/receipt/bitmap.h"
#include "agent/receipt/page_internal.h"

#include <string.h>

#define DIGITS "0123456789"

/* Already checked, so it goes in as it is. */
static void add_code(struct page *page, enum page_kind kind, const struct page_code_options *options,
                     const char *code, size_t len)
{
    struct page_row *row = page_new_row(page, kind);

    if (!row)
        return;
    row->code = *options;
    row->style.align = options->align;
    row->text_at = (uint32_t)page->text.len;
    row->text_len = (uint32_t)len;
    strbuf_add(&page->text, code, len);
    strbuf_putc(&page->text, '\0');
    page_keep_row(page);
}

/* GS1 General Specifications 7.9: weights 3 and 1, the last digit before the check digit weighs 3. */
static char check_digit(const char *digits, size_t len)
{
    int sum = 0;

    for (size_t i = 0; i < len; i++)
        sum += (digits[i] - '0') * ((len - i) % 2 ? 3 : 1);
    return (char)('0' + (10 - sum % 10) % 10);
}

/* len_all digits with the check digit, which may be left out. */
static enum status add_checked(struct page *page, const struct page_code_options *options, const char *name,
                               size_t len_all, const char *code, struct errmsg *err)
{
    size_t len = strlen(code);
    char digits[16];

    if ((len != len_all && len != len_all - 1) || strspn(code, DIGITS) != len) {
        errmsg_set(err, "%s \"%.20s\": wants %zu or %zu digits", name, code, len_all - 1, len_all);
        return ST_INVALID;
    }
    memcpy(digits, code, len_all - 1);
    digits[len_all - 1] = check_digit(code, len_all - 1);
    if (len == len_all && code[len_all - 1] != digits[len_all - 1]) {
        errmsg_set(err, "%s %s: its check digit should be %c", name, code, digits[len_all - 1]);
        return ST_INVALID;
    }
    add_code(page, PAGE_BARCODE, options, digits, len_all);
    return page->st;
}

static bool is_codabar(const char *code, size_t len)
{
    return len >= 3 && strchr("ABCD", code[0]) && strchr("ABCD", code[len - 1]) &&
           strspn(code + 1, DIGITS "-$:/.+") == len - 2;
}

static enum status add_free(struct page *page, const struct page_code_options *options, const char *name,
                            const char *code, struct errmsg *err)
{
    size_t len = strlen(code);

    if (len == 0 || len > PAGE_CODE128_LEN_MAX) {
        errmsg_set(err, "%s: %zu characters, wants 1 to %d", name, len, PAGE_CODE128_LEN_MAX);
        return ST_INVALID;
    }
    for (size_t i = 0; i < len; i++) {
        if (code[i] < 0x20 || code[i] > 0x7E) {
            errmsg_set(err, "%s: character %zu is not printable ASCII", name, i + 1);
            return ST_INVALID;
        }
    }
    if ((options->symbology == PAGE_CODE39 || options->symbology == PAGE_CODE93) &&
        strspn(code, DIGITS "ABCDEFGHIJKLMNOPQRSTUVWXYZ-. $/+%") != len) {
        errmsg_set(err, "%s \"%s\": takes A to Z, digits and -. $/+%%", name, code);
        return ST_INVALID;
    }
    if (options->symbology == PAGE_ITF && (len % 2 != 0 || strspn(code, DIGITS) != len)) {
        errmsg_set(err, "ITF \"%s\": takes an even number of digits", code);
        return ST_INVALID;
    }
    if (options->symbology == PAGE_CODABAR && !is_codabar(code, len)) {
        errmsg_set(err, "Codabar \"%s\": takes digits and -$:/.+ between two of A, B, C, D", code);
        return ST_INVALID;
    }
    add_code(page, PAGE_BARCODE, options, code, len);
    return page->st;
}

static enum status add_qr(struct page *page, const struct page_code_options *options, const char *text,
                          struct errmsg *err)
{
    size_t len = strlen(text);

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
    add_code(page, PAGE_QR, options, text, len);
    return page->st;
}

static enum page_symbology choose(const char *code)
{
    size_t len = strlen(code);

    if (len == 13 && strspn(code, DIGITS) == len && check_digit(code, 12) == code[12])
        return PAGE_EAN13;
    for (size_t i = 0; i < len; i++) {
        if (code[i] < 0x20 || code[i] > 0x7E)
            return PAGE_QR_CODE;
    }
    return len > 0 && len <= PAGE_CODE128_LEN_MAX ? PAGE_CODE128 : PAGE_QR_CODE;
}

static enum status add_picture(struct page *page, const struct page_code_options *options, const char *name,
                               struct errmsg *err)
{
    size_t len = strlen(name);

    if (len == 0 || len > PAGE_PICTURE_NAME_MAX || strspn(name, "abcdefghijklmnopqrstuvwxyz" DIGITS "_-") != len) {
        errmsg_set(err, "picture \"%.40s\": a name is 1 to %d of a-z 0-9 _ -", name, PAGE_PICTURE_NAME_MAX);
        return ST_INVALID;
    }
    add_code(page, PAGE_IMAGE, options, name, len);
    return page->st;
}

enum status page_add_bitmap(struct page *page, enum page_align align, const char *name, const struct bitmap *bitmap,
                            struct errmsg *err)
{
    size_t len = bitmap_bytes(bitmap->width, bitmap->height), at;
    struct page_row *row;
    enum status st;

    if (len > PAGE_BITMAP_BYTES_MAX || page->bitmap_bytes + len > PAGE_BITMAPS_BYTES_MAX) {
        errmsg_set(err, "picture \"%s\": more dots than a page holds", name);
        return ST_FULL;
    }
    st = page_add_picture(page, align, name, err);
    if (st != ST_OK)
        return st;
    at = page->text.len;
    strbuf_add(&page->text, bitmap->bits, len);
    strbuf_putc(&page->text, '\0');
    if (strbuf_status(&page->text) != ST_OK)
        page_fault(page, strbuf_status(&page->text));
    row = &page->rows[page->row_count - 1];
    row->right_at = (uint32_t)at;
    row->right_len = (uint32_t)len;
    page->bitmap_bytes += len;
    row->width = (uint16_t)bitmap->width;
    row->height = (uint16_t)bitmap->height;
    return page->st;
}

enum status page_add_code(struct page *page, const struct page_code_options *options, const char *code,
                          struct errmsg *err)
{
    struct page_code_options chosen = *options;

    code = code ? code : "";
    if (chosen.symbology == PAGE_ANY_CODE)
        chosen.symbology = choose(code);
    switch (chosen.symbology) {
    case PAGE_EAN13:
        return add_checked(page, &chosen, "EAN-13", 13, code, err);
    case PAGE_EAN8:
        return add_checked(page, &chosen, "EAN-8", 8, code, err);
    case PAGE_UPC_A:
        return add_checked(page, &chosen, "UPC-A", 12, code, err);
    case PAGE_CODE128:
    case PAGE_CODE39:
    case PAGE_CODE93:
    case PAGE_ITF:
    case PAGE_CODABAR:
        return add_free(page, &chosen, page_symbology_name(chosen.symbology), code, err);
    case PAGE_QR_CODE:
    case PAGE_ANY_CODE:
        return add_qr(page, &chosen, code, err);
    case PAGE_PICTURE:
        return add_picture(page, &chosen, code, err);
    }
    return ST_INTERNAL;
}

enum status page_add_barcode(struct page *page, enum page_symbology symbology, const char *code, struct errmsg *err)
{
    return page_add_code(page, &(struct page_code_options){.symbology = symbology, .align = PAGE_CENTRE}, code, err);
}

enum status page_add_qr(struct page *page, const char *text, struct errmsg *err)
{
    return page_add_barcode(page, PAGE_QR_CODE, text, err);
}

enum status page_add_picture(struct page *page, enum page_align align, const char *name, struct errmsg *err)
{
    return page_add_code(page, &(struct page_code_options){.symbology = PAGE_PICTURE, .align = align}, name, err);
}

const char *page_symbology_name(enum page_symbology symbology)
{
    static const char *const names[] = {
        [PAGE_EAN13] = "EAN-13",  [PAGE_CODE128] = "Code 128", [PAGE_EAN8] = "EAN-8",
        [PAGE_UPC_A] = "UPC-A",   [PAGE_CODE39] = "Code 39",   [PAGE_CODE93] = "Code 93",
        [PAGE_ITF] = "ITF",       [PAGE_CODABAR] = "Codabar",  [PAGE_QR_CODE] = "QR code",
        [PAGE_ANY_CODE] = "code", [PAGE_PICTURE] = "picture",
    };

    return names[symbology];
}
