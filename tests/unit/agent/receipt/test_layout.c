/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/base/utf8.h"
#include "agent/receipt/page.h"

#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const struct page_style plain = {.align = PAGE_LEFT};

static void expect_text(struct page *page, int columns, const char *expected)
{
    struct strbuf out = STRBUF_INIT(1 << 20);
    struct errmsg err = ERRMSG_INIT;

    cr_assert_eq(page_to_text(page, columns, &out, &err), ST_OK, "%s", err.text);
    cr_expect_str_eq(strbuf_text(&out), expected);
    strbuf_free(&out);
    page_free(page);
}

Test(layout, wraps_at_spaces_and_breaks_long_words)
{
    struct page page = PAGE_INIT;

    page_add_text(&page, plain, "a quick brown fox jumps overthelazydogs-and-on");
    expect_text(&page, 16, "a quick brown\nfox jumps\noverthelazydogs-\nand-on\n");
}

Test(layout, keeps_an_indent_on_every_line)
{
    struct page page = PAGE_INIT;

    page_add_text(&page, (struct page_style){.indent = 2}, "a quick brown fox");
    expect_text(&page, 16, "  a quick brown\n  fox\n");
}

Test(layout, wraps_the_left_and_sets_the_right_on_the_last_line)
{
    struct page page = PAGE_INIT;

    page_add_columns(&page, plain, PAGE_WRAP, "Rye bread, sliced 400 g", "64.90");
    page_add_columns(&page, plain, PAGE_WRAP, "Rye bread sliced", "64.90");
    page_add_columns(&page, plain, PAGE_WRAP, "Rye", "64.90");
    page_add_columns(&page, plain, PAGE_WRAP, "", "64.90");
    expect_text(&page, 16,
                "Rye bread,\nsliced 400\ng          64.90\n"
                "Rye bread\nsliced     64.90\n"
                "Rye        64.90\n"
                "           64.90\n");
}

Test(layout, clips_the_left_but_never_the_right)
{
    struct page page = PAGE_INIT;

    page_add_columns(&page, plain, PAGE_CLIP, "Rye bread, sliced", "64.90");
    page_add_columns(&page, plain, PAGE_CLIP, "Rye bread, sliced", "123456789012345");
    page_add_columns(&page, plain, PAGE_CLIP, "Rye", "12345678901234567");
    expect_text(&page, 16, "Rye brea.. 64.90\n 123456789012345\nRye\n1234567890123456\n               7\n");
}

Test(layout, counts_a_wide_character_as_two_and_a_combining_one_as_none)
{
    struct page page = PAGE_INIT;

    page_add_columns(&page, plain, PAGE_WRAP, "面包", "9");
    page_add_columns(&page, plain, PAGE_WRAP, "e\xCC\x81", "9");
    page_add_text(&page, plain, "面面面面面面面面面");
    expect_text(&page, 16, "面包           9\ne\xCC\x81              9\n面面面面面面面面\n面\n");
    cr_expect_eq(page_char_width(0x42F), 1);
    cr_expect_eq(page_char_width(0x20BD), 1);
}

Test(layout, gives_up_double_width_before_it_breaks_an_amount)
{
    struct page page = PAGE_INIT;

    page_add_columns(&page, (struct page_style){.double_width = true}, PAGE_WRAP, "SUM", "1.00");
    page_add_columns(&page, (struct page_style){.double_width = true}, PAGE_WRAP, "SUM", "123456789.00");
    expect_text(&page, 16, "SUM 1.00\nSUM 123456789.00\n");
}

static size_t spell_out(void *context, uint32_t code, uint32_t out_codes[PAGE_SUBSTITUTE_MAX])
{
    (void)context;
    if (code != 0x2026) {
        out_codes[0] = code;
        return 1;
    }
    out_codes[0] = out_codes[1] = out_codes[2] = '.';
    return 3;
}

Test(layout, measures_what_the_device_will_print)
{
    struct page page = PAGE_INIT;
    struct page_layout_options options = {.columns = 16, .substitute = spell_out};
    struct page_lines lines = PAGE_LINES_INIT;

    page_add_columns(&page, plain, PAGE_WRAP, "ab…", "9");
    cr_assert_eq(page_layout(&page, &options, &lines, NULL), ST_OK);
    cr_expect_str_eq(page_line_text(&lines, &lines.items[0]), "ab...          9");
    page_lines_free(&lines);
    page_free(&page);
}

Test(layout, refuses_columns_out_of_range_and_a_faulty_page)
{
    struct page page = PAGE_INIT;
    struct strbuf out = STRBUF_INIT(1 << 20);
    struct errmsg err = ERRMSG_INIT;

    cr_expect_eq(page_to_text(&page, PAGE_COLUMNS_MIN - 1, &out, &err), ST_INVALID);
    cr_expect_eq(page_to_text(&page, PAGE_COLUMNS_MAX + 1, &out, &err), ST_INVALID);
    page.st = ST_FULL;
    cr_expect_eq(page_to_text(&page, 42, &out, &err), ST_FULL);
    cr_expect_str_eq(err.text, "page: more rows or text than a page holds");
    strbuf_free(&out);
    page_free(&page);
}

static int width_of(const char *text, size_t len)
{
    int width = 0;

    for (size_t i = 0; i < len;) {
        uint32_t code;

        i += utf8_next(text + i, len - i, &code, NULL);
        width += page_char_width(code);
    }
    return width;
}

/* Whatever the texts are: no line is wider than the paper, and every character of a right column is there, in order.
 */
Test(layout, never_exceeds_the_paper_nor_loses_an_amount)
{
    static const char *const words[] = {"a",         "хлеб ", "  ", "面", "-", "Extraordinarily-long-word",
                                        "e\xCC\x81", "1,00"};
    unsigned seed = (unsigned)time(NULL);
    unsigned state = seed;

    for (int round = 0; round < 2000; round++) {
        struct page page = PAGE_INIT;
        struct page_lines lines = PAGE_LINES_INIT;
        struct page_layout_options options = {.columns = PAGE_COLUMNS_MIN + rand_r(&state) % 40};
        struct page_style style = {.indent = (uint8_t)(rand_r(&state) % 20), .double_width = rand_r(&state) % 3 == 0};
        char left[400] = "", right[64] = "", seen[64] = "";

        for (int i = rand_r(&state) % 12; i > 0; i--)
            strcat(left, words[(size_t)rand_r(&state) % 8]);
        for (int i = rand_r(&state) % 40; i > 0; i--)
            strcat(right, (const char *[]){"7", ","}[rand_r(&state) % 2]);
        page_add_columns(&page, style, rand_r(&state) % 2 ? PAGE_WRAP : PAGE_CLIP, left, right);
        cr_assert_eq(page_layout(&page, &options, &lines, NULL), ST_OK);
        for (size_t i = 0; i < lines.count; i++) {
            const char *text = page_line_text(&lines, &lines.items[i]);
            int wide = lines.items[i].run_count ? lines.runs[lines.items[i].run_at].look.wide : 1;

            cr_assert_leq(width_of(text, lines.items[i].text_len) * wide, options.columns, "seed %u round %d: \"%s\"",
                          seed, round, text);
            cr_assert_eq(width_of(text, lines.items[i].text_len) * wide, lines.items[i].width);
            if (left[0] == '\0')
                strcat(seen, text + strspn(text, " "));
        }
        if (left[0] == '\0')
            cr_assert_str_eq(seen, right, "seed %u round %d", seed, round);
        else if (right[0])
            cr_assert(lines.count > 0 &&
                          strrchr(page_line_text(&lines, &lines.items[lines.count - 1]), right[strlen(right) - 1]),
                      "seed %u round %d", seed, round);
        page_lines_free(&lines);
        page_free(&page);
    }
}
