/* SPDX-License-Identifier: Apache-2.0 */
#include "drivers/printer/render.h"

#include "agent/receipt/page.h"
#include "drivers/printer/profile.h"
#include "drivers/printer/raster.h"
#include "tests/unit/agent/receipt/sample_facts.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct page_style plain = {.align = PAGE_LEFT};

static void render(const char *profile, const struct page *page, struct strbuf *out, uint64_t *substituted)
{
    const struct render_options options = {.profile = profile_find(profile)};
    struct render_counts counts = {0};
    struct errmsg err = ERRMSG_INIT;

    cr_assert_eq(render_page(&options, page, out, NULL, &counts, &err), ST_OK, "%s", err.text);
    if (substituted)
        *substituted = counts.substituted;
}

enum { BEGIN_BYTES = 13 };

/* The job after its beginning (ESC = 1 ESC @ FS . ESC R 0 ESC t n) and before its end (ESC @). */
static void expect_body(const char *profile, struct page *page, const void *body, size_t len)
{
    struct strbuf out = STRBUF_INIT(1 << 20);

    render(profile, page, &out, NULL);
    cr_assert_eq(out.len, len + BEGIN_BYTES + 2, "%zu bytes, not %zu", out.len - BEGIN_BYTES - 2,
                 len);
    cr_expect_arr_eq(out.data, "\x1B=\1\x1B@\x1C.\x1BR\0\x1Bt", 12);
    cr_expect_arr_eq(out.data + BEGIN_BYTES, body, len);
    cr_expect_arr_eq(out.data + BEGIN_BYTES + len, "\x1B@", 2);
    strbuf_free(&out);
    page_free(page);
}

#define BODY(profile, page, bytes) expect_body(profile, page, bytes, sizeof(bytes) - 1)

Test(render, chooses_a_page_for_each_character)
{
    struct page page = PAGE_INIT;

    /* "Ж" in CP866; « only in CP1251, which then serves on; "─" (a box) back in CP866. */
    page_add_text(&page, plain, "Ж«Ж»─");
    BODY("epson-tm-t20iii", &page, "\x86\x1Bt\x2E\xAB\xC6\xBB\x1Bt\x11\xC4\n");
}

Test(render, takes_the_numbers_of_the_profile)
{
    struct page page = PAGE_INIT;
    struct strbuf out = STRBUF_INIT(1 << 20);

    page_add_text(&page, plain, "Ж«");
    render("rongta-rp326", &page, &out, NULL);
    cr_expect_eq(out.data[BEGIN_BYTES - 1], 7);
    cr_expect_arr_eq(out.data + BEGIN_BYTES, "\x86\x1Bt\x06\xAB\n", 6);
    strbuf_free(&out);
    page_free(&page);
}

Test(render, prints_otherwise_what_no_page_has_and_counts_it)
{
    struct page page = PAGE_INIT;
    struct strbuf out = STRBUF_INIT(1 << 20);
    uint64_t substituted = 0;

    page_add_text(&page, plain, "1−1 ₽ 面");
    render("epson-tm-t20iii", &page, &out, &substituted);
    cr_expect_eq(substituted, 3);
    cr_expect_arr_eq(out.data + BEGIN_BYTES, "1-1 \xE0. ?\n", 9);
    strbuf_free(&out);
    page_free(&page);
}

/* Names of members, on a printer of Latin and Cyrillic letters without a font: read by whoever can read it. */
Test(render, spells_names_of_other_alphabets_and_composes_letters)
{
    struct page page = PAGE_INIT;
    struct strbuf out = STRBUF_INIT(1 << 20);
    uint64_t substituted = 0;

    page_add_columns(&page, plain, PAGE_WRAP, "שָׁלוֹם", "1,00");
    page_add_text(&page, plain, "محمد");
    page_add_text(&page, plain, "Андреи\xCC\x86");
    render("zijiang-zj-5870", &page, &out, &substituted);
    cr_expect_not_null(memmem(out.data, out.len, "shlvm                       1,00\n", 33));
    cr_expect_not_null(memmem(out.data, out.len, "mhmd\n", 5));
    cr_expect_null(memchr(out.data, '?', out.len));
    cr_expect_eq(substituted, 7 + 4, "%u", (unsigned)substituted);
    strbuf_free(&out);
    page_free(&page);
}

Test(render, sets_styles_only_where_they_change)
{
    struct page page = PAGE_INIT;
    struct page_style big = {.align = PAGE_CENTRE, .bold = true, .double_width = true, .double_height = true};

    page_add_text(&page, big, "A");
    page_add_text(&page, big, "B");
    page_add_feed(&page, 2);
    page_add_cut(&page);
    BODY("epson-tm-t20iii", &page,
         "\x1B"
         "a\1\x1B"
         "E\1\x1D!\x11"
         "A\nB\n\x1B"
         "a\0\x1B"
         "E\0\x1D!\0\x1B"
         "d\2\x1DVB\0");
}

Test(render, writes_codes_natively)
{
    struct page page = PAGE_INIT;

    cr_assert_eq(page_add_barcode(&page, PAGE_EAN13, "400638133393", NULL), ST_OK);
    cr_assert_eq(page_add_barcode(&page, PAGE_CODE128, "A{1", NULL), ST_OK);
    cr_assert_eq(page_add_barcode(&page, PAGE_CODE128, "123456", NULL), ST_OK);
    cr_assert_eq(page_add_barcode(&page, PAGE_CODE93, "A-1", NULL), ST_OK);
    cr_assert_eq(page_add_qr(&page, "hi", NULL), ST_OK);
    BODY("epson-tm-t20iii", &page,
         "\x1B"
         "a\1"
         "\x1Dh\x50\x1Dw\3\x1DH\2\x1D"
         "f\0\x1Dk\x43\x0D"
         "4006381333931"
         "\x1Dh\x50\x1Dw\3\x1DH\2\x1D"
         "f\0\x1Dk\x49\x06{BA{{1"
         "\x1Dh\x50\x1Dw\3\x1DH\2\x1D"
         "f\0\x1Dk\x49\x05{C\x0C\x22\x38"
         "\x1Dh\x50\x1Dw\3\x1DH\2\x1D"
         "f\0\x1Dk\x48\x03"
         "A-1"
         "\x1D(k\4\0\x31\x41\x32\0\x1D(k\3\0\x31\x43\6\x1D(k\3\0\x31\x45\x31\x1D(k\5\0\x31\x50\x30hi"
         "\x1D(k\3\0\x31\x51\x30");
}

/* DLE EOT, DLE ENQ and DLE DC4 are obeyed wherever they stand, so they must stand nowhere. */
Test(render, never_writes_a_real_time_command)
{
    static const char *const codes[] = {"1604", "1605", "1620", "99160412", "0016041605"};

    for (size_t p = 0; profile_at(p); p++) {
        struct page page = PAGE_INIT;
        struct strbuf out = STRBUF_INIT(1 << 20);
        struct receipt_facts facts = sample_facts_ru();

        cr_assert_eq(receipt_build(&facts, &page, NULL), ST_OK);
        for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++)
            cr_assert_eq(page_add_barcode(&page, PAGE_CODE128, codes[i], NULL), ST_OK);
        page_add_text(&page, plain, "name\x10\x04\x01 \x10\x05\x02 \x10\x14\x01\x01\x05");
        render(profile_at(p)->name, &page, &out, NULL);
        for (size_t i = 0; i + 1 < out.len; i++)
            cr_expect(
                !(out.data[i] == 0x10 && (out.data[i + 1] == 4 || out.data[i + 1] == 5 || out.data[i + 1] == 20)),
                "%s: byte %zu", profile_at(p)->name, i);
        strbuf_free(&out);
        page_free(&page);
    }
}

Test(render, prints_the_digits_of_a_code_too_wide_for_the_paper)
{
    struct page page = PAGE_INIT;
    struct strbuf out = STRBUF_INIT(1 << 20);

    cr_assert_eq(page_add_barcode(&page, PAGE_CODE128, "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345", NULL), ST_OK);
    render("epson-tm-t88v", &page, &out, NULL);
    cr_expect(memmem(out.data, out.len, "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345\n", 33));
    cr_expect_null(memmem(out.data, out.len, "\x1Dk", 2));
    strbuf_free(&out);
    page_free(&page);
}

/* The whole Russian slip, byte for byte. With LOYALD_GOLDEN=write it is made anew. */
Test(render, gives_the_agreed_bytes_of_a_slip)
{
    struct page page = PAGE_INIT;
    struct strbuf out = STRBUF_INIT(1 << 20);
    struct receipt_facts facts = sample_facts_ru();
    const char *path = LOYALD_SOURCE_DIR "/tests/unit/drivers/printer/golden/slip_ru_t88v.bin", *golden;
    uint8_t expected[16384];
    size_t len;
    FILE *file;

    cr_assert_eq(receipt_build(&facts, &page, NULL), ST_OK);
    render("epson-tm-t88v", &page, &out, NULL);
    golden = getenv("LOYALD_GOLDEN");
    if (golden && strcmp(golden, "write") == 0) {
        file = fopen(path, "wb");
        cr_assert_not_null(file);
        fwrite(out.data, 1, out.len, file);
        fclose(file);
    }
    file = fopen(path, "rb");
    cr_assert_not_null(file, "%s", path);
    len = fread(expected, 1, sizeof expected, file);
    fclose(file);
    cr_assert_eq(out.len, len, "%zu bytes, not %zu", out.len, len);
    cr_expect_arr_eq(out.data, expected, len);
    strbuf_free(&out);
    page_free(&page);
}

Test(render, holds_the_largest_page_and_says_when_one_is_too_large)
{
    struct page page = PAGE_INIT;
    struct strbuf out = STRBUF_INIT(1 << 20), small = STRBUF_INIT(64);
    struct errmsg err = ERRMSG_INIT;
    char text[200];

    memset(text, 'x', sizeof text);
    text[sizeof text - 1] = '\0';
    while (page.row_count < 1300)
        page_add_text(&page, plain, text);
    render("generic-58mm", &page, &out, NULL);
    cr_expect_lt(out.len, RENDER_JOB_BYTES_MAX);
    cr_expect_eq(render_page(&(struct render_options){.profile = profile_at(0)}, &page, &small, NULL, NULL, &err),
                 ST_FULL);
    cr_expect_str_eq(err.text, "print job: more bytes than a job may have");
    strbuf_free(&out);
    strbuf_free(&small);
    page_free(&page);
}

/* What a printer cannot say it is not told: blanks align, a code stands in its characters. */
Test(render, puts_bare_text_for_a_printer_of_bare_text)
{
    struct page page = PAGE_INIT;
    struct strbuf out = STRBUF_INIT(1 << 20);
    struct page_style centre = {.align = PAGE_CENTRE, .bold = true};

    page_add_text(&page, centre, "Хлеб");
    cr_assert_eq(page_add_barcode(&page, PAGE_EAN13, "4006381333931", NULL), ST_OK);
    cr_assert_eq(page_add_qr(&page, "hi", NULL), ST_OK);
    page_add_feed(&page, 1);
    page_add_cut(&page);
    render("generic-text", &page, &out, NULL);
    cr_expect_str_eq(out.data,
                     "\r                 KHleb\r\n             4006381333931\r\n                   "
                     "hi\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n",
                     "%s", out.data);
    strbuf_free(&out);
    page_free(&page);
}

Test(render, writes_codes_in_stars_language)
{
    struct page page = PAGE_INIT;
    struct strbuf out = STRBUF_INIT(1 << 20);
    static const char body[] = "\x1B\x1D"
                               "a\1\x1B"
                               "b\3\2\2\x50"
                               "4006381333931\x1E\x1B"
                               "b\6\2\2\x50"
                               "A%01\x1E"
                               "\x1B\x1DyS0\2\x1B\x1DyS1\1\x1B\x1DyS2\6\x1B\x1DyD1\0\2\0hi\x1B\x1DyP\x1B"
                               "d\3\x1B@";

    cr_assert_eq(page_add_barcode(&page, PAGE_EAN13, "400638133393", NULL), ST_OK);
    cr_assert_eq(page_add_barcode(&page, PAGE_CODE128, "A%1", NULL), ST_OK);
    cr_assert_eq(page_add_qr(&page, "hi", NULL), ST_OK);
    page_add_cut(&page);
    render("star-tsp600", &page, &out, NULL);
    cr_expect_arr_eq(out.data, "\x1B@\x1BR\0\x1B\x1Dt\x0A", 9);
    cr_expect_not_null(memmem(out.data, out.len, body + 0, 5));
    cr_expect_not_null(memmem(out.data, out.len, body + 5, 50));
    strbuf_free(&out);
    page_free(&page);
}

/* A printer that draws no codes gets their pictures, and no picture holds what it would obey. */
Test(render, draws_codes_for_a_printer_that_has_none)
{
    struct page page = PAGE_INIT;
    struct strbuf out = STRBUF_INIT(1 << 20);

    cr_assert_eq(page_add_barcode(&page, PAGE_EAN13, "4006381333931", NULL), ST_OK);
    cr_assert_eq(page_add_qr(&page, "https://example.org/1", NULL), ST_OK);
    render("generic-58mm", &page, &out, NULL);
    cr_expect_not_null(memmem(out.data, out.len, "\x1Dv0\0\x24\0", 6)); /* 95 modules of 3 dots */
    cr_expect_not_null(memmem(out.data, out.len, "4006381333931\n", 14));
    for (size_t i = 0; i + 1 < out.len; i++)
        cr_expect(!(out.data[i] == 0x10 && (out.data[i + 1] == 4 || out.data[i + 1] == 5 || out.data[i + 1] == 20)));
    strbuf_free(&out);
    page_free(&page);
}

Test(render, moves_a_dot_where_a_picture_would_be_a_command)
{
    struct bitmap bitmap;
    struct strbuf out = STRBUF_INIT(1 << 16);

    cr_assert_eq(bitmap_init(&bitmap, 32, 3), ST_OK);
    memcpy(bitmap.bits, "\x10\x04\x10\x05\x10\x14\x1B\x06\x10\x06\x04\x10", 12);
    raster_put_band(&out, NULL, &bitmap, 0, 3);
    cr_expect_arr_eq(out.data, "\x10\x0C\x10\x0D\x10\x1C\x1B\x0E\x10\x06\x04\x10", 12);
    bitmap_clear(&bitmap);
    strbuf_free(&out);
}

/* The table's answer is the encoder's, for every length that a page takes. */
Test(render, knows_how_large_a_code_will_be)
{
    static const char levels[] = "lmqh";
    char text[PAGE_QR_BYTES_MAX + 1];

    memset(text, 'a', sizeof text);
    for (size_t len = 1; len <= PAGE_QR_BYTES_MAX; len++) {
        const struct page_code_options options = {
            .symbology = PAGE_QR_CODE, .level = levels[len % 4], .cell_dots = 1};
        struct bitmap bitmap;

        text[len] = '\0';
        cr_assert_eq(bitmap_of_qr(&bitmap, &options, text, BITMAP_WIDTH_MAX, NULL), ST_OK);
        cr_expect_eq(qr_side(text, options.level), bitmap.width + 8, "%zu bytes, level %c", len, options.level);
        bitmap_clear(&bitmap);
        text[len] = 'a';
    }
}
