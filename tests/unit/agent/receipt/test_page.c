/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/receipt/page.h"

#include <criterion/criterion.h>
#include <string.h>

static const struct page_style plain = {.align = PAGE_LEFT};

Test(page, shows_printer_commands_in_names_as_text)
{
    struct page page = PAGE_INIT;

    page_add_text(&page, plain, "Bread\x1B@\x1D\x56\x41\x10\x04\x01 \x7F\xC2\x9B");
    cr_assert_eq(page_status(&page), ST_OK);
    cr_expect_str_eq(page_row_text(&page, &page.rows[0]), "Bread\\x1B@\\x1DVA\\x10\\x04\\x01 \\x7F\\x9B");
    page_free(&page);
}

Test(page, drops_what_only_steers_the_display)
{
    struct page page = PAGE_INIT;

    page_add_columns(&page, plain, PAGE_WRAP,
                     "a\xE2\x80\xAE"
                     "b\xEF\xBB\xBF",
                     "1\xE2\x80\x8B\t2");
    cr_expect_str_eq(page_row_text(&page, &page.rows[0]), "ab");
    cr_expect_str_eq(page_row_right(&page, &page.rows[0]), "1 2");
    page_free(&page);
}

Test(page, starts_a_row_at_each_line_feed)
{
    struct page page = PAGE_INIT;

    page_add_text(&page, plain, "one\r\n\ntwo");
    cr_assert_eq(page.row_count, 3);
    cr_expect_str_eq(page_row_text(&page, &page.rows[0]), "one");
    cr_expect_str_eq(page_row_text(&page, &page.rows[1]), "");
    cr_expect_str_eq(page_row_text(&page, &page.rows[2]), "two");
    page_free(&page);
}

Test(page, replaces_bytes_that_are_not_utf8)
{
    struct page page = PAGE_INIT;

    page_add_text(&page, plain,
                  "a\xFF"
                  "b");
    cr_expect_str_eq(page_row_text(&page, &page.rows[0]), "a\xEF\xBF\xBD"
                                                          "b");
    page_free(&page);
}

Test(page, cuts_a_long_text_at_a_character)
{
    struct page page = PAGE_INIT;
    char text[PAGE_ROW_TEXT_BYTES_MAX + 3];

    memset(text, 'x', sizeof text);
    memcpy(text + PAGE_ROW_TEXT_BYTES_MAX - 1, "\xD0\x96z", 4); /* the border falls inside this letter */
    page_add_text(&page, plain, text);
    cr_assert_eq(page_status(&page), ST_OK);
    cr_expect_eq(page.rows[0].text_len, PAGE_ROW_TEXT_BYTES_MAX - 1);
    page_free(&page);
}

Test(page, remembers_that_it_was_full)
{
    struct page page = PAGE_INIT, copy = PAGE_INIT;

    for (int i = 0; i < PAGE_ROWS_MAX; i++)
        page_add_rule(&page);
    cr_assert_eq(page_status(&page), ST_OK);
    page_append(&copy, &page);
    cr_expect_eq(copy.row_count, PAGE_ROWS_MAX);
    page_add_rule(&page);
    cr_expect_eq(page_status(&page), ST_FULL);
    cr_expect_eq(page.row_count, PAGE_ROWS_MAX);
    page_append(&copy, &page);
    cr_expect_eq(page_status(&copy), ST_FULL);
    page_clear(&page);
    cr_expect_eq(page_status(&page), ST_OK);
    page_free(&page);
    page_free(&copy);
}

Test(page, remembers_that_its_texts_were_full)
{
    struct page page = PAGE_INIT;
    char text[PAGE_ROW_TEXT_BYTES_MAX];

    memset(text, 'x', sizeof text);
    text[sizeof text - 1] = '\0';
    for (int i = 0; i < PAGE_TEXT_BYTES_MAX / PAGE_ROW_TEXT_BYTES_MAX + 1; i++)
        page_add_text(&page, plain, text);
    cr_expect_eq(page_status(&page), ST_FULL);
    page_free(&page);
}

Test(page, adds_the_check_digit_of_ean13_or_checks_it)
{
    struct page page = PAGE_INIT;
    struct errmsg err = ERRMSG_INIT;

    cr_assert_eq(page_add_barcode(&page, PAGE_EAN13, "400638133393", &err), ST_OK);
    cr_expect_str_eq(page_row_text(&page, &page.rows[0]), "4006381333931");
    cr_expect_eq(page_add_barcode(&page, PAGE_EAN13, "4006381333931", &err), ST_OK);
    cr_expect_eq(page_add_barcode(&page, PAGE_EAN13, "4006381333932", &err), ST_INVALID);
    cr_expect_str_eq(err.text, "EAN-13 4006381333932: its check digit should be 1");
    cr_expect_eq(page_add_barcode(&page, PAGE_EAN13, "40063813339x", &err), ST_INVALID);
    cr_expect_eq(page_add_barcode(&page, PAGE_EAN13, NULL, &err), ST_INVALID);
    cr_expect_eq(page.row_count, 2);
    page_free(&page);
}

Test(page, refuses_codes_that_would_reach_the_printer_as_commands)
{
    struct page page = PAGE_INIT;
    struct errmsg err = ERRMSG_INIT;
    char long_code[PAGE_QR_BYTES_MAX + 2];

    memset(long_code, 'a', sizeof long_code);
    long_code[sizeof long_code - 1] = '\0';
    cr_expect_eq(page_add_barcode(&page, PAGE_CODE128, "AB\x10\x04", &err), ST_INVALID);
    cr_expect_eq(page_add_barcode(&page, PAGE_CODE128, long_code, &err), ST_INVALID);
    cr_expect_eq(page_add_barcode(&page, PAGE_CODE128, "", &err), ST_INVALID);
    cr_expect_eq(page_add_qr(&page, "x\x10\x04\x01", &err), ST_INVALID);
    cr_expect_str_eq(err.text, "QR code: byte 2 is the control character 10");
    cr_expect_eq(page_add_qr(&page, "\xC0\x80", &err), ST_INVALID);
    cr_expect_eq(page_add_qr(&page, long_code, &err), ST_INVALID);
    cr_expect_eq(page_add_qr(&page, "", &err), ST_INVALID);
    cr_expect_eq(page.row_count, 0);
    cr_expect_eq(page_add_qr(&page,
                             "10AB\x1D"
                             "2177",
                             &err),
                 ST_OK);
    page_free(&page);
}
