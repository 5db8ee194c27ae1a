/* SPDX-License-Identifier: Apache-2.0 */
#include "drivers/printer/sample.h"

#include "agent/base/utf8.h"
#include "agent/receipt/page.h"
#include "drivers/charset/code_pages.h"
#include "drivers/printer/profile.h"

#include <stdio.h>

enum { LINE_BYTES_MAX = 160, LETTERS = 16 };

static const struct page_style plain = {.align = PAGE_LEFT},
                               title = {.align = PAGE_CENTRE, .bold = true, .double_width = true};

/* One line with one code page and no other, by its number. */
static enum status put_line(const struct render_options *options, struct profile_page page_and_n, const char *text,
                            struct strbuf *out, struct errmsg *err)
{
    const struct profile_page pages[] = {page_and_n, {0, 0}};
    struct profile only = *options->profile;
    const struct render_options wanted = {.profile = &only};
    struct page page = PAGE_INIT;
    enum status st;

    only.pages = pages;
    page_add_text(&page, plain, text);
    st = render_page(&wanted, &page, out, NULL, NULL, err);
    page_free(&page);
    return st;
}

static void end_row(const struct strbuf *out, struct strbuf *out_ends)
{
    uint32_t end = (uint32_t)out->len;

    strbuf_add(out_ends, &end, sizeof end);
}

/* Where the Russian letters begin, in a page that has them. */
static int first_letter(const struct code_page *page)
{
    for (int i = 0; i < 128; i++) {
        if (page->codes[i] == 0x0410)
            return i;
    }
    return 0;
}

/* The first letters that the page has beyond ASCII, signs and boxes left out. */
static void letters_of(uint16_t number, char out_text[4 * LETTERS + 1])
{
    const struct code_page *page = code_page_find(number);
    size_t len = 0;

    for (int i = page ? first_letter(page) : 128, count = 0; i < 128 && count < LETTERS; i++) {
        uint32_t code = page->codes[i];

        if (code < 0xC0 || code == 0xD7 || code == 0xF7 || code >= 0x0500)
            continue;
        len += utf8_put(code, out_text + len);
        count++;
    }
    out_text[len] = '\0';
}

static enum status put_pages(const struct render_options *options, struct strbuf *out, struct strbuf *out_ends,
                             struct errmsg *err)
{
    enum status st = ST_OK;

    for (const struct profile_page *page = options->profile->pages; page->number && st == ST_OK; page++) {
        char name[16], letters[4 * LETTERS + 1], line[LINE_BYTES_MAX];

        letters_of(page->number, letters);
        (void)snprintf(line, sizeof line, "%3d %-11s %s", page->n, code_page_name(page->number, name), letters);
        st = put_line(options, *page, line, out, err);
        end_row(out, out_ends);
    }
    return st;
}

static enum status put_numbers(const struct render_options *options, struct strbuf *out, struct strbuf *out_ends,
                               struct errmsg *err)
{
    static const uint16_t tried[] = {866, 1251};
    enum status st = ST_OK;

    for (int n = 0; n < SAMPLE_NUMBERS && st == ST_OK; n++) {
        for (size_t i = 0; i < 2 && st == ST_OK; i++) {
            char line[LINE_BYTES_MAX];

            (void)snprintf(line, sizeof line, "%d:%d Привет, Ёж", tried[i], n);
            st = put_line(options, (struct profile_page){tried[i], (uint8_t)n}, line, out, err);
            end_row(out, out_ends);
        }
    }
    return st;
}

static void fill_head(struct page *page, const struct profile *profile)
{
    char width[LINE_BYTES_MAX];
    int columns = profile->columns < LINE_BYTES_MAX ? profile->columns : LINE_BYTES_MAX - 1;

    for (int i = 0; i < columns; i++)
        width[i] = (char)('0' + (i + 1) % 10);
    width[columns] = '\0';
    page_add_text(page, title, "loyald");
    page_add_text(page, plain, profile->title);
    page_add_text(page, plain, width);
    (void)page_add_barcode(page, PAGE_EAN13, "4006381333931", NULL);
    (void)page_add_qr(page, "https://example.org/loyald", NULL);
}

enum status sample_render(const struct render_options *options, bool every_number, struct strbuf *out,
                          struct strbuf *out_ends, struct errmsg *err)
{
    struct page head = PAGE_INIT, tail = PAGE_INIT;
    enum status st;

    fill_head(&head, options->profile);
    page_add_cut(&tail);
    st = every_number ? ST_OK : render_page(options, &head, out, out_ends, NULL, err);
    if (st == ST_OK)
        st = every_number ? put_numbers(options, out, out_ends, err) : put_pages(options, out, out_ends, err);
    if (st == ST_OK)
        st = render_page(&(struct render_options){.profile = options->profile}, &tail, out, NULL, NULL, err);
    page_free(&head);
    page_free(&tail);
    return st;
}
