/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/agent/receipt/sample_facts.h"

#include "agent/base/utf8.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void build_text(const struct receipt_facts *facts, int columns, struct strbuf *out)
{
    struct page page = PAGE_INIT;
    struct errmsg err = ERRMSG_INIT;

    cr_assert_eq(receipt_build(facts, &page, &err), ST_OK, "%s", err.text);
    cr_assert_eq(page_to_text(&page, columns, out, &err), ST_OK, "%s", err.text);
    page_free(&page);
}

/* With LOYALD_GOLDEN=write the files are made anew, to be read before they are committed. */
static void expect_golden(const struct receipt_facts *facts, int columns, const char *name)
{
    struct strbuf out = STRBUF_INIT(1 << 20);
    const char *golden = getenv("LOYALD_GOLDEN");
    char path[512], expected[16384];
    size_t len;
    FILE *file;

    build_text(facts, columns, &out);
    snprintf(path, sizeof path, "%s/tests/unit/agent/receipt/golden/%s_%d.txt", LOYALD_SOURCE_DIR, name, columns);
    if (golden && strcmp(golden, "write") == 0) {
        file = fopen(path, "w");
        cr_assert_not_null(file, "%s", path);
        fwrite(strbuf_text(&out), 1, out.len, file);
        fclose(file);
    }
    file = fopen(path, "r");
    cr_assert_not_null(file, "%s", path);
    len = fread(expected, 1, sizeof expected - 1, file);
    expected[len] = '\0';
    fclose(file);
    cr_expect_str_eq(strbuf_text(&out), expected, "%s differs; got:\n%s", path, strbuf_text(&out));
    strbuf_free(&out);
}

Test(receipt, looks_as_agreed_in_russian)
{
    struct receipt_facts facts = sample_facts_ru();

    expect_golden(&facts, 48, "ru");
    expect_golden(&facts, 42, "ru");
    expect_golden(&facts, 32, "ru");
}

Test(receipt, looks_as_agreed_in_english)
{
    struct receipt_facts facts = sample_facts_en();

    expect_golden(&facts, 42, "en");
    expect_golden(&facts, 32, "en");
}

Test(receipt, marks_a_copy_at_top_and_bottom)
{
    struct receipt_facts facts = sample_facts_ru();
    struct strbuf out = STRBUF_INIT(1 << 20);
    const char *first, *last;

    facts.copy_number = 2;
    build_text(&facts, 42, &out);
    first = strstr(strbuf_text(&out), "КОПИЯ 2\n");
    last = first ? strstr(first + 1, "КОПИЯ 2\n") : NULL;
    cr_expect(first && last && first < strstr(strbuf_text(&out), "Лавка") && last > strstr(strbuf_text(&out), "QR"));
    strbuf_free(&out);
}

Test(receipt, says_return_and_refund)
{
    struct receipt_facts facts = sample_facts_en();
    struct strbuf out = STRBUF_INIT(1 << 20);

    facts.is_return = true;
    build_text(&facts, 42, &out);
    cr_expect(strstr(strbuf_text(&out), "RETURN") && strstr(strbuf_text(&out), "REFUND") &&
              !strstr(strbuf_text(&out), "TOTAL"));
    strbuf_free(&out);
}

Test(receipt, prints_no_balance_it_does_not_know)
{
    static const struct receipt_points points[] = {{.digits = 1, .earned = 55}};
    struct receipt_facts facts = sample_facts_en();
    struct strbuf out = STRBUF_INIT(1 << 20);

    facts.points = points;
    facts.points_count = 1;
    build_text(&facts, 42, &out);
    cr_expect(strstr(strbuf_text(&out), "+5.5\n  The balance will follow\n"), "%s", strbuf_text(&out));
    strbuf_free(&out);
}

Test(receipt, needs_no_text_at_all)
{
    struct receipt_line line = {.qty_milli = -1500};
    struct receipt_facts facts = {.lines = &line, .line_count = 1};
    struct strbuf out = STRBUF_INIT(1 << 20);

    build_text(&facts, 32, &out);
    cr_expect(strstr(strbuf_text(&out), "-1.5 x 0"), "%s", strbuf_text(&out));
    strbuf_free(&out);
}

Test(receipt, takes_the_extremes_of_money)
{
    struct receipt_facts facts = sample_facts_ru();
    struct strbuf out = STRBUF_INIT(1 << 20);

    facts.total.minor = -MONEY_MINOR_MAX;
    facts.currency = "руб.";
    build_text(&facts, 32, &out);
    cr_expect(strstr(strbuf_text(&out), "-10000000000000,00\n"), "%s", strbuf_text(&out));
    strbuf_free(&out);
}

Test(receipt, refuses_more_than_its_bounds)
{
    struct receipt_facts facts = sample_facts_en();
    struct page page = PAGE_INIT;
    struct errmsg err = ERRMSG_INIT;

    facts.line_count = RECEIPT_LINES_MAX + 1;
    cr_expect_eq(receipt_build(&facts, &page, &err), ST_FULL);
    cr_expect_str_eq(err.text, "receipt of sale 18: 1001 lines, a receipt takes 1000");
    facts = sample_facts_en();
    facts.minor_digits = RECEIPT_DIGITS_MAX + 1;
    cr_expect_eq(receipt_build(&facts, &page, &err), ST_RANGE);
    cr_expect_eq(page.row_count, 0);
    page_free(&page);
}

Test(receipt, prints_a_code_that_cannot_be_drawn_as_text)
{
    static const struct receipt_coupon coupons[] = {{"Cheese -15%", "", "caf\xC3\xA9\x01"}};
    struct receipt_facts facts = sample_facts_en();
    struct page page = PAGE_INIT;
    struct strbuf out = STRBUF_INIT(1 << 20);
    struct errmsg err = ERRMSG_INIT;

    facts.coupons = coupons;
    facts.coupon_count = 1;
    cr_assert_eq(receipt_build(&facts, &page, &err), ST_OK, "%s", err.text);
    cr_assert_eq(page_to_text(&page, 42, &out, &err), ST_OK);
    cr_expect(strstr(strbuf_text(&out), "caf\xC3\xA9\\x01\n"), "%s", strbuf_text(&out));
    strbuf_free(&out);
    page_free(&page);
}

Test(receipt, holds_the_largest_sale)
{
    static struct receipt_line lines[RECEIPT_LINES_MAX];
    static const struct receipt_adjustment two[] = {{"One discount", {1}}, {"Another", {1}}};
    struct receipt_facts facts = sample_facts_ru();
    struct strbuf out = STRBUF_INIT(1 << 20);

    for (size_t i = 0; i < RECEIPT_LINES_MAX; i++)
        lines[i] = (struct receipt_line){.name = "Молоко пастеризованное 3,2% в бутылке 0,93 л",
                                         .qty_milli = 2000,
                                         .unit_price = {100},
                                         .gross = {200},
                                         .adjustments = two,
                                         .adjustment_count = i % 2,
                                         .net = {199}};
    facts.lines = lines;
    facts.line_count = RECEIPT_LINES_MAX;
    build_text(&facts, 32, &out);
    strbuf_free(&out);
}

/* 127 characters, as long as a till's catalogue may have: 62 columns of them are printed, over as few rows as the
 * paper needs, the last two are dots (which a row of 21 or 31 columns would otherwise part), and no amount moves. */
static void expect_cut_name(const char *name, int columns)
{
    struct receipt_line lines[] = {{.name = name, .qty_milli = 1000, .unit_price = {12345}, .gross = {12345}},
                                   {.name = name, .qty_milli = 3000, .unit_price = {100}, .gross = {300}}};
    struct receipt_facts facts = sample_facts_ru();
    struct strbuf out = STRBUF_INIT(1 << 20);
    int dots = 0, amounts = 0;

    facts.lines = lines;
    facts.line_count = 2;
    build_text(&facts, columns, &out);
    for (char *row = strtok(out.data, "\n"); row; row = strtok(NULL, "\n")) {
        size_t width = utf8_length(row, strlen(row));

        cr_expect(width <= (size_t)columns || row[0] == '[', "%zu columns of %d: %s", width, columns, row);
        dots += strstr(row, "..") != NULL;
        amounts += width == (size_t)columns && (strstr(row, " 123,45") || strstr(row, " 3,00"));
    }
    cr_expect_eq(dots, 2, "%d names of 2 are cut, at %d columns", dots, columns);
    cr_expect_eq(amounts, 2, "%d amounts of 2 stand at the right edge of %d columns", amounts, columns);
    strbuf_free(&out);
}

Test(receipt, cuts_names_of_127_characters_by_rule)
{
    static const int papers[] = {32, 42, 48};
    char latin[128] = "", cyrillic[2 * 127 + 1] = "", words[128] = "";

    for (int i = 0; i < 127; i++) {
        latin[i] = (char)('a' + i % 26);
        words[i] = i % 9 == 8 ? ' ' : (char)('a' + i % 26);
        memcpy(cyrillic + 2 * (size_t)i, "щ", 2);
    }
    words[126] = 'z';
    for (int i = 0; i < 3; i++) {
        expect_cut_name(latin, papers[i]);
        expect_cut_name(cyrillic, papers[i]);
        expect_cut_name(words, papers[i]);
    }
}
