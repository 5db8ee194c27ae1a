/* SPDX-License-Identifier: Apache-2.0 */
/* Pictures that come with the rules: checked, put on the page, drawn, made smaller. */
#include "agent/base/base64.h"
#include "agent/engine/engine.h"
#include "agent/receipt/bitmap.h"
#include "agent/receipt/bundle_receipts.h"
#include "agent/receipt/receipt.h"
#include "agent/receipt/template.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WIDE = 1024, HIGH = 257 }; /* one row more than a page holds */

/* "P1 8 2 1111000010000001" */
#define SMALL "UDEgOCAyIDExMTEwMDAwMTAwMDAwMDE="

static struct bundle *compile(const char *pictures, struct bundle_report *report)
{
    static const char head[] = "{\"format\":\"loyald-bundle/1\",\"id\":\"b\",\"version\":1,\"currency\":\"EUR\","
                               "\"minor_digits\":2,\"layers\":[{\"id\":\"l\",\"mode\":\"best\"}],\"promotions\":[],"
                               "\"receipts\":{\"pictures\":{";
    size_t room = sizeof head + strlen(pictures) + 8;
    char *text = malloc(room);
    struct bundle *bundle = NULL;
    struct errmsg err = ERRMSG_INIT;

    cr_assert_not_null(text);
    (void)snprintf(text, room, "%s%s}}}", head, pictures);
    cr_assert_eq(bundle_compile(text, strlen(text), &bundle, report, &err), ST_OK, "%s", err.text);
    free(text);
    return bundle;
}

/* A PBM of that size as base64, in the bundle's form; owned. */
static char *large_picture(int width, int height)
{
    size_t room = bitmap_bytes(width, height) + 32, len;
    char *file = calloc(1, room), *text = malloc(BASE64_BYTES(room) + 32);

    cr_assert(file && text);
    len = (size_t)snprintf(file, room, "P4 %d %d\n", width, height) + bitmap_bytes(width, height);
    memcpy(text, "\"large\":\"", 9);
    base64_encode(file, len, text + 9);
    memcpy(text + strlen(text), "\"", 2);
    free(file);
    return text;
}

Test(bundle_pictures, are_checked_in_words)
{
    static struct bundle_report report;
    struct errmsg err = ERRMSG_INIT;
    struct bundle *bundle = compile("\"logo\":\"" SMALL "\",\"gif\":\"R0lGODlh\",\"torn\":\"UDE=UDE=\"", &report);

    cr_expect_eq(bundle_receipts_check(bundle, &report, &err), ST_INVALID);
    cr_expect_str_eq(err.text, "receipts/pictures/gif: it is neither a PNG nor a PBM");
    cr_expect_eq(report.fault_count, 2);
    cr_expect_str_eq(report.notes[0].at, "/receipts/pictures/gif");
    cr_expect_str_eq(report.notes[1].at, "/receipts/pictures/torn");
    cr_expect_str_eq(report.notes[1].text, "it is not the base64 of a file (base64 -w 0 logo.png)");
    bundle_destroy(bundle);
}

Test(bundle_pictures, have_no_more_dots_than_a_page_holds)
{
    static struct bundle_report report;
    struct errmsg err = ERRMSG_INIT;
    char *fits = large_picture(WIDE, HIGH - 1), *large = large_picture(WIDE, HIGH);
    struct bundle *bundle = compile(fits, &report);

    cr_expect_eq(bundle_receipts_check(bundle, &report, &err), ST_OK, "%s", err.text);
    bundle_destroy(bundle);
    bundle = compile(large, &report);
    cr_expect_eq(bundle_receipts_check(bundle, NULL, &err), ST_INVALID);
    cr_expect_str_eq(err.text,
                     "receipts/pictures/large: it has 1024 times 257 dots, 262 thousand are taken: a printer "
                     "would take too long over it");
    bundle_destroy(bundle);
    free(fits);
    free(large);
}

/* Five of them on one receipt: the fifth is left out, the receipt is not. */
Test(bundle_pictures, stand_on_the_page_and_never_keep_it_from_being_printed)
{
    static struct bundle_report report;
    static const char text[] = "{image: large}\n{image: large}\n{image: large}\n{image: large}\n{image: large}\n|end";
    char *large = large_picture(WIDE, HIGH - 1);
    struct bundle *bundle = compile(large, &report);
    struct receipt_facts facts = {.bundle = bundle};
    struct receipt_template *compiled = NULL;
    struct page page = PAGE_INIT;
    struct errmsg err = ERRMSG_INIT;

    cr_assert_eq(template_compile(text, strlen(text), &compiled, NULL, &err), ST_OK, "%s", err.text);
    facts.template = compiled;
    cr_assert_eq(receipt_build(&facts, &page, &err), ST_OK, "%s", err.text);
    cr_expect_eq(page.row_count, 6);
    for (size_t i = 0; i < 5; i++)
        cr_expect_eq(page.rows[i].right_len, i < 4 ? PAGE_BITMAP_BYTES_MAX : 0, "%zu", i);
    page_free(&page);
    template_destroy(compiled);
    bundle_destroy(bundle);
    free(large);
}

Test(bundle_pictures, named_logo_stands_at_the_top_of_our_own_templates)
{
    static struct bundle_report report;
    struct bundle *bundle = compile("\"logo\":\"" SMALL "\"", &report);
    struct receipt_facts facts = {.bundle = bundle, .store_name = "Shop"};
    struct strbuf out = STRBUF_INIT(1 << 16), svg = STRBUF_INIT(1 << 20);
    struct page page = PAGE_INIT, copy = PAGE_INIT;
    struct errmsg err = ERRMSG_INIT;

    cr_assert_eq(receipt_build(&facts, &page, &err), ST_OK, "%s", err.text);
    page_add_text(&copy, (struct page_style){0}, "before");
    page_append(&copy, &page);
    cr_assert_eq(page_to_text(&copy, 32, &out, &err), ST_OK);
    cr_expect_eq(strncmp(strbuf_text(&out), "before\n[picture logo]\n", 22), 0, "%s", strbuf_text(&out));
    cr_assert_eq(page_to_svg(&copy, &(struct page_svg_options){.columns = 32}, &svg, &err), ST_OK);
    /* In the middle of 32 columns: four dots, then one at either end of the row below. */
    cr_expect_not_null(strstr(strbuf_text(&svg),
                              "<rect x=\"212\" y=\"54\" width=\"4\" height=\"1\" fill=\"#000\"/>\n"
                              "<rect x=\"212\" y=\"55\" width=\"1\" height=\"1\" fill=\"#000\"/>\n"
                              "<rect x=\"219\" y=\"55\" width=\"1\" height=\"1\" fill=\"#000\"/>\n"),
                       "%s", strbuf_text(&svg));
    facts.bundle = NULL;
    page_clear(&page);
    strbuf_clear(&out);
    cr_assert_eq(receipt_build(&facts, &page, &err), ST_OK, "%s", err.text);
    cr_assert_eq(page_to_text(&page, 32, &out, &err), ST_OK);
    cr_expect_null(strstr(strbuf_text(&out), "picture"));
    page_free(&page);
    page_free(&copy);
    strbuf_free(&out);
    strbuf_free(&svg);
    bundle_destroy(bundle);
}

Test(bitmap, is_made_smaller_by_the_half)
{
    struct bitmap bitmap, half;

    cr_assert_eq(bitmap_init(&bitmap, 4, 4), ST_OK);
    bitmap_fill(&bitmap, 0, 0, 1, 2); /* two of four: black */
    bitmap_fill(&bitmap, 2, 2, 1, 1); /* one of four: white */
    cr_assert_eq(bitmap_shrink(&bitmap, 2, &half), ST_OK);
    cr_expect(half.width == 2 && half.height == 2);
    cr_expect(bitmap_at(&half, 0, 0) && !bitmap_at(&half, 1, 0) && !bitmap_at(&half, 0, 1) &&
              !bitmap_at(&half, 1, 1));
    bitmap_clear(&half);
    cr_assert_eq(bitmap_shrink(&bitmap, 3, &half), ST_OK);
    cr_expect(half.width == 3 && half.height == 3);
    bitmap_clear(&half);
    bitmap_clear(&bitmap);
    cr_expect_eq(bitmap_init(&bitmap, 1025, 1), ST_INVALID);
}
