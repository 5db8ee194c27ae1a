/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/engine/engine.h"
#include "agent/receipt/bundle_receipts.h"
#include "agent/receipt/page.h"
#include "agent/receipt/template.h"
#include "tests/unit/agent/receipt/sample_facts.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static void expect_page(const char *text, const struct receipt_facts *facts, int columns, const char *expected)
{
    struct receipt_template *compiled = NULL;
    struct page page = PAGE_INIT;
    struct strbuf out = STRBUF_INIT(1 << 20);
    struct errmsg err = ERRMSG_INIT;

    cr_assert_eq(template_compile(text, strlen(text), &compiled, NULL, &err), ST_OK, "%s", err.text);
    cr_assert_eq(template_run(compiled, facts, &page, &err), ST_OK, "%s", err.text);
    cr_assert_eq(page_to_text(&page, columns, &out, &err), ST_OK, "%s", err.text);
    cr_expect_str_eq(strbuf_text(&out), expected, "%s\ngave\n%s", text, strbuf_text(&out));
    template_destroy(compiled);
    strbuf_free(&out);
    page_free(&page);
}

static void expect_text(const char *text, const char *expected)
{
    struct receipt_facts facts = {.language = "en"};

    expect_page(text, &facts, 20, expected);
}

Test(template, draws_a_column_to_the_pipe_it_stands_at)
{
    expect_text("ab", "         ab\n");
    expect_text("|ab|", "         ab\n");
    expect_text("| ab |", "         ab\n");
    expect_text("|ab", "ab\n");
    expect_text("|ab |", "ab\n");
    expect_text("ab |", "ab\n");
    expect_text("ab|", "                  ab\n");
    expect_text("| ab|", "                  ab\n");
    expect_text("| ab", "                  ab\n");
    expect_text("a | b", "a                  b\n");
    expect_text("|a |b |", "a         b\n");
    expect_text("a|b", "        a b\n");
    expect_text("||", "\n");
    expect_text("|", "\n");
}

Test(template, shares_the_line_as_widths_say)
{
    expect_text("{width: * 6}\nbread | 1.99", "bread           1.99\n");
    expect_text("{w:3, *, 5;b:0}\nx|y|z", "  x      y     z\n");
    expect_text("{width: 4 4; align: right}\n|a |b |", "           a    b\n");
    expect_text("{width: 0 *}\na|b ", "b\n");
    expect_text("{text: nowrap; width: 6 *}\nabcdefgh | 1", "abcdef             1\n");
    expect_text("{width: * 4}\nbread | 1234567.00", "bread     1234567.00\n");
}

Test(template, knows_the_signs_and_escapes_of_the_format)
{
    expect_text("---", "--------------------\n");
    expect_text("-", "--------------------\n");
    expect_text("\\-", "          -\n");
    expect_text("===", "- - - - - - - - - - \n");
    expect_text("~~a~b |", "  a b\n");
    expect_text("\\|\\{\\}\\\\\\^\\~\\\" |", "|{}\\^~\"\n");
    expect_text("a\\nb |", "a\nb\n");
    expect_text("\\x41\\x1b\\xzz |", "Azz\n");
    expect_text("{_: nothing}\n{comment: nothing}", "");
    expect_text("^ab |^c", "ab      c\n");
}

Test(template, gives_each_piece_its_look)
{
    const char *text = "{border: 0}\n|a\"b\"_c_`d`^e^^^f^^^^g |";
    struct receipt_facts facts = {.language = "en"};
    struct receipt_template *compiled = NULL;
    struct page page = PAGE_INIT;
    struct page_lines lines = PAGE_LINES_INIT;
    struct page_layout_options options = {.columns = 40};

    cr_assert_eq(template_compile(text, strlen(text), &compiled, NULL, NULL), ST_OK);
    cr_assert_eq(template_run(compiled, &facts, &page, NULL), ST_OK);
    cr_assert_eq(page_layout(&page, &options, &lines, NULL), ST_OK);
    cr_assert_eq(lines.count, 1);
    cr_assert_eq(lines.run_count, 7, "%zu", lines.run_count);
    cr_expect(lines.runs[1].look.bold && lines.runs[2].look.underline && lines.runs[3].look.inverse);
    cr_expect(lines.runs[4].look.wide == 2 && lines.runs[4].look.tall == 1);
    cr_expect(lines.runs[5].look.wide == 2 && lines.runs[5].look.tall == 2);
    cr_expect(lines.runs[6].look.wide == 3 && lines.runs[6].look.tall == 3);
    cr_expect_eq(lines.items[0].width, 4 + 2 + 2 + 3);
    cr_expect_eq(lines.items[0].tall, 3);
    template_destroy(compiled);
    page_lines_free(&lines);
    page_free(&page);
}

Test(template, puts_values_in_and_never_reads_them_as_markup)
{
    struct receipt_facts facts = {.language = "en", .store_name = "{end} | ^x^ --- \\n", .cashier = "---"};

    expect_page("{store} |\n|{cashier}", &facts, 30, "{end} | ^x^ --- \\n\n---\n");
}

Test(template, cuts_a_value_where_it_says)
{
    struct receipt_facts facts = {.language = "en", .store_name = "面包 and more", .cashier = "abcdef"};

    expect_page("{store max 6} |\n{cashier max 6} |\n{cashier max 5} |", &facts, 30, "面包..\nabcdef\nabc..\n");
}

Test(template, goes_through_loops_and_choices)
{
    static const struct receipt_adjustment two[] = {{"first", {100}}, {"second", {-50}}};
    static const struct receipt_line lines[] = {
        {.name = "tea", .qty_milli = 2000, .gross = {200}, .net = {150}, .adjustments = two, .adjustment_count = 2},
        {.name = "jam", .qty_milli = 1000, .gross = {300}, .net = {300}},
    };
    struct receipt_facts facts = {.language = "en", .lines = lines, .line_count = 2, .minor_digits = 2};
    const char *text =
        "{each lines}\n{if line.single}\n{line.name} | one\n{else}\n{line.name} | {line.qty}\n{end}\n"
        "{each line.adjustments}\n{adjustment.title} | {adjustment.amount}\n{end}\n{end}\n"
        "{if not saved}\nnothing|\n{end}\n{each coupons}\n{coupon.code}\n{end}\n{if lines}\nend|\n{end}";

    expect_page(text, &facts, 16,
                "tea            2\nfirst      -1.00\nsecond      0.50\njam          one\n         nothing\n"
                "             end\n");
}

Test(template, prints_codes_by_their_options)
{
    struct receipt_facts facts = {.language = "en", .sale_number = "400638133393"};

    expect_page("{code: {number}; option: ean 3 50 hri}\n{c:A{number}Z;o:code39}\n{option: qrcode 6 q}\n{code: "
                "a;_:b}\n{c: 9638507; o: ean}",
                &facts, 30, "[EAN-13 4006381333931]\n[Code 39 A400638133393Z]\n[QR a]\n[EAN-8 96385074]\n");
}

Test(template, names_a_picture_of_the_till)
{
    expect_text("{image: logo}\n|{i: cafe_2}", "[picture logo]\n[picture cafe_2]\n");
    expect_text("{c: 9638507; o: ean}\n{image: logo}\n{c: 9638507}",
                "[EAN-8 96385074]\n[picture logo]\n[EAN-8 96385074]\n");
}

/* Each fault where it is: line:column. */
static const struct {
    const char *text;
    int line, column;
    const char *says;
} faulty[] = {
    {"a\n  {nme}", 2, 4, "there is no value \"nme\""},
    {"ж {store", 1, 3, "this brace is never closed; \\{ prints one"},
    {"a } b", 1, 3, "this brace closes nothing; \\} prints one"},
    {"{each lines}", 1, 1, "this {each} has no {end}"},
    {"{end}", 1, 2, "there is no {each} or {if} open that this could end"},
    {"{else}", 1, 2, "there is no {if} open that this could belong to"},
    {"{each store}\n{end}", 1, 7, "\"store\" is no list"},
    {"{lines}", 1, 2, "\"lines\" is a list: {each lines} goes through it"},
    {"{line.name}", 1, 2, "\"line.name\" is only within {each lines}"},
    {"{each lines}\n{each lines}\n{end}\n{end}", 2, 7, "{each lines} is open already"},
    {"a | {w: 1}", 1, 5, "a property stands alone on its line"},
    {"{image: iVBORw0KGgo=}", 1, 9, "a picture is named, 1 to 31 of a-z 0-9 _ -, and comes in the rules' receipts/pictures or lies on the till"},
    {"{image: }", 1, 9, "a picture's name has 1 to 31 characters"},
    {"{wdth: 1}", 1, 2, "no such property: align border code comment image option text width"},
    {"{width: 1 x}", 1, 11, "a width is \"*\" or 0 to 96 columns"},
    {"{border: line}", 1, 10, "lines between columns are not drawn here: use space, none, 0, 1 or 2"},
    {"{command: \\x1b}", 1, 11, "raw commands are not sent to a printer: they could print a receipt twice"},
    {"{store max 2}", 1, 12, "\"max\" wants columns, 3 to 999"},
    {"{align: top}", 1, 9, "align wants left, center or right"},
    {"{code: x; option: ean 9}", 1, 23, NULL},
    {"\xff", 1, 1, "the text is not UTF-8"},
};

Test(template, says_where_each_fault_is)
{
    for (size_t i = 0; i < sizeof faulty / sizeof faulty[0]; i++) {
        struct receipt_template *compiled = NULL;
        struct template_report report;

        cr_assert_eq(template_compile(faulty[i].text, strlen(faulty[i].text), &compiled, &report, NULL), ST_INVALID,
                     "%s", faulty[i].text);
        cr_expect_eq(report.fault_count, 1, "%s: %zu faults", faulty[i].text, report.fault_count);
        cr_expect(report.faults[0].line == faulty[i].line && report.faults[0].column == faulty[i].column,
                  "%s: %d:%d %s", faulty[i].text, report.faults[0].line, report.faults[0].column,
                  report.faults[0].message.text);
        if (faulty[i].says)
            cr_expect_str_eq(report.faults[0].message.text, faulty[i].says);
    }
}

Test(template, counts_all_faults_and_keeps_twenty)
{
    char text[64 * 6 + 1] = "";
    struct receipt_template *compiled = NULL;
    struct template_report report;
    struct errmsg err = ERRMSG_INIT;

    for (int i = 0; i < 64; i++)
        strcat(text, "{bad}\n");
    cr_assert_eq(template_compile(text, strlen(text), &compiled, &report, &err), ST_INVALID);
    cr_expect_eq(report.fault_count, 64);
    cr_expect_eq(report.faults[TEMPLATE_FAULTS_MAX - 1].line, TEMPLATE_FAULTS_MAX);
    cr_expect_str_eq(err.text, "line 1, column 2: there is no value \"bad\" (and more faults)");
}

Test(template, refuses_what_is_too_long_or_too_deep)
{
    static char text[TEMPLATE_BYTES_MAX + 2];
    struct receipt_template *compiled = NULL;
    char deep[400] = "";

    memset(text, 'x', sizeof text - 1);
    cr_expect_eq(template_compile(text, TEMPLATE_BYTES_MAX + 1, &compiled, NULL, NULL), ST_INVALID);
    for (int i = 0; i < TEMPLATE_DEPTH_MAX + 1; i++)
        strcat(deep, "{if card}\n");
    for (int i = 0; i < TEMPLATE_DEPTH_MAX + 1; i++)
        strcat(deep, "{end}\n");
    cr_expect_eq(template_compile(deep, strlen(deep), &compiled, NULL, NULL), ST_INVALID);
}

/* Rounds of loops in loops end, even when they print nothing. */
Test(template, ends_what_goes_round_too_often)
{
    static struct receipt_line lines[RECEIPT_LINES_MAX];
    static const char *messages[RECEIPT_MESSAGES_MAX], *reasons[RECEIPT_MESSAGES_MAX];
    const char *text = "{each lines}\n{each messages}\n{each reasons}\n{if card}\n{end}\n{end}\n{end}\n{end}";
    struct receipt_facts facts = {.lines = lines,
                                  .line_count = RECEIPT_LINES_MAX,
                                  .messages = messages,
                                  .message_count = RECEIPT_MESSAGES_MAX,
                                  .reasons = reasons,
                                  .reason_count = RECEIPT_MESSAGES_MAX};
    struct receipt_template *compiled = NULL;
    struct page page = PAGE_INIT;

    cr_assert_eq(template_compile(text, strlen(text), &compiled, NULL, NULL), ST_OK);
    cr_expect_eq(template_run(compiled, &facts, &page, NULL), ST_FULL);
    template_destroy(compiled);
    page_free(&page);
}

Test(template, has_a_meaning_for_each_name)
{
    const char *meaning = NULL;
    size_t count = 0;

    while (template_name(count, &meaning)) {
        cr_expect(meaning && meaning[0]);
        count++;
    }
    cr_expect(count > 40);
}

static const char bundle_text[] =
    "{\"format\":\"loyald-bundle/"
    "1\",\"id\":\"b\",\"version\":1,\"currency\":\"EUR\",\"minor_digits\":2,\"layers\":[{\"id\":"
    "\"l\",\"mode\":\"best\"}],\"promotions\":[],\"receipts\":{\"sale\":{\"en\":\"{total}\",\"ru\":\"a\\n{totl}\\n}"
    "\"}}}";

Test(template, of_a_bundle_is_checked_with_line_and_column)
{
    static struct bundle_report report;
    struct bundle *bundle = NULL;
    struct receipt_template *compiled = NULL;
    struct errmsg err = ERRMSG_INIT;

    cr_assert_eq(bundle_compile(bundle_text, sizeof bundle_text - 1, &bundle, &report, &err), ST_OK, "%s", err.text);
    cr_expect_eq(bundle_receipts_check(bundle, &report, &err), ST_INVALID);
    cr_expect_str_eq(err.text, "receipts/sale/ru: line 2, column 2: there is no value \"totl\" (and more faults)");
    cr_expect_eq(report.fault_count, 2);
    cr_expect_str_eq(report.notes[1].at, "/receipts/sale/ru");
    cr_expect_str_eq(report.notes[1].text, "line 3, column 1: this brace closes nothing; \\} prints one");
    cr_expect_eq(bundle_receipts_compile(bundle, "sale", "en", &compiled, &err), ST_OK);
    cr_expect_not_null(compiled);
    template_destroy(compiled);
    cr_expect_eq(bundle_receipts_compile(bundle, "return", "en", &compiled, &err), ST_OK);
    cr_expect_null(compiled);
    bundle_destroy(bundle);
}

/* Every part of every line, in every language: no line is wider than the paper. */
Test(template, default_templates_fit_every_paper)
{
    static const char *const languages[] = {"ru", "en"};

    for (int i = 0; i < 2; i++) {
        struct receipt_facts facts = i ? sample_facts_en() : sample_facts_ru();

        facts.language = languages[i];
        for (int columns = PAGE_COLUMNS_MIN; columns <= PAGE_COLUMNS_MAX; columns++) {
            struct page page = PAGE_INIT;
            struct page_lines lines = PAGE_LINES_INIT;
            struct page_layout_options options = {.columns = columns};

            facts.copy_number = columns % 3;
            facts.is_return = columns % 5 == 0;
            cr_assert_eq(receipt_build(&facts, &page, NULL), ST_OK);
            cr_assert_eq(page_layout(&page, &options, &lines, NULL), ST_OK);
            for (size_t k = 0; k < lines.count; k++)
                cr_expect_leq(lines.items[k].width, columns, "%d columns: %s", columns,
                              page_line_text(&lines, &lines.items[k]));
            page_lines_free(&lines);
            page_free(&page);
        }
    }
}
