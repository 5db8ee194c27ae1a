/* SPDX-License-Identifier: Apache-2.0 */
#include "world.h"

#include "agent/base/json.h"

#include <cjson/cJSON.h>
#include <criterion/criterion.h>

#include <stdio.h>
#include <string.h>

/* 10 % on everything, and 1.00 off for the first sale in the chain only. */
#define BUNDLE                                                                                                       \
    "{\"format\":\"loyald-bundle/1\",\"id\":\"main\",\"version\":1,\"currency\":\"RUB\",\"minor_digits\":2,"         \
    "\"layers\":[{\"id\":\"promo\",\"mode\":\"stack\"}],\"promotions\":["                                            \
    "{\"id\":\"ten\",\"title\":{\"en\":\"10%\"},\"layer\":\"promo\",\"order\":1,\"reward\":{\"kind\":\"percent_"     \
    "off\","                                                                                                         \
    "\"items\":{\"any\":true},\"percent_bp\":1000}},"                                                                \
    "{\"id\":\"once\",\"title\":{\"en\":\"once\"},\"layer\":\"promo\",\"order\":2,\"reward\":{\"kind\":\"amount_"    \
    "off\","                                                                                                         \
    "\"items\":{\"any\":true},\"amount_minor\":100,\"per\":\"basket\"},\"limits\":{\"total\":1}}]}"

static struct world world;

static void begin(void)
{
    world_begin(&world, NULL);
}

static void end(void)
{
    world_end(&world);
}

TestSuite(sale, .init = begin, .fini = end);

Test(sale, goes_from_open_to_printed)
{
    world_rules(&world, BUNDLE, 1);
    cr_assert_eq(world_do(&world, "put", "s1", WORLD_ONE_LINE, NULL), PROBLEM_NONE);
    cr_expect_eq(world_int(&world, "s1", "total_minor"), 8900);
    cr_assert_eq(world_do(&world, "tender", "s1", "{\"tenders\":[\"cash\"]}", NULL), PROBLEM_NONE);
    cr_assert_eq(world_do(&world, "commit", "s1", "{\"expected_total_minor\":8900}", NULL), PROBLEM_NONE);
    cr_expect_eq(world_count(&world, "sale"), 1);
    cr_expect_eq(world.prints, 1);
    world.printed(world.printed_context, world.job_id, TILL_PRINT_CONFIRMED, "");
    cr_expect_eq(world_count(&world, "print"), 1);
}

Test(sale, is_on_disk_before_it_is_printed)
{
    cr_assert_eq(world_do(&world, "put", "s1", WORLD_ONE_LINE, NULL), PROBLEM_NONE);
    cr_assert_eq(world_do(&world, "commit", "s1", "{}", NULL), PROBLEM_NONE);
    cr_expect_eq(world.prints, 1);
    cr_expect_eq(world.journal_at_print, 1, "the page came when %lld records were on disk",
                 (long long)world.journal_at_print);
}

Test(sale, same_basket_again_changes_nothing)
{
    struct cJSON *first = NULL, *second = NULL;

    world_rules(&world, BUNDLE, 1);
    cr_assert_eq(world_do(&world, "put", "s1", WORLD_ONE_LINE, &first), PROBLEM_NONE);
    cr_assert_eq(world_do(&world, "put", "s1", WORLD_ONE_LINE, &second), PROBLEM_NONE);
    cr_expect(cJSON_Compare(first, second, true));
    json_free(first);
    json_free(second);
}

Test(sale, committed_again_gives_the_same_answer_and_one_record)
{
    struct cJSON *first = NULL, *second = NULL;
    const cJSON *a, *b;

    world_rules(&world, BUNDLE, 1);
    cr_assert_eq(world_do(&world, "put", "s1", WORLD_ONE_LINE, NULL), PROBLEM_NONE);
    cr_assert_eq(world_do(&world, "commit", "s1", "{}", &first), PROBLEM_NONE);
    cr_assert_eq(world_do(&world, "commit", "s1", "{}", &second), PROBLEM_NONE);
    a = cJSON_GetObjectItemCaseSensitive(first, "result");
    b = cJSON_GetObjectItemCaseSensitive(second, "result");
    cr_expect(cJSON_Compare(a, b, true));
    cr_expect_eq(world_count(&world, "sale"), 1);
    cr_expect_eq(world.prints, 1);
    json_free(first);
    json_free(second);
}

Test(sale, another_total_than_shown_is_refused_and_changes_nothing)
{
    world_rules(&world, BUNDLE, 1);
    cr_assert_eq(world_do(&world, "put", "s1", WORLD_ONE_LINE, NULL), PROBLEM_NONE);
    cr_assert_eq(world_do(&world, "put", "s2", WORLD_ONE_LINE, NULL), PROBLEM_NONE);
    cr_expect_eq(world_do(&world, "commit", "s1", "{\"expected_total_minor\":8901}", NULL), PROBLEM_TOTAL_DIFFERS);
    cr_expect_eq(world_count(&world, "sale"), 0);
    cr_expect_eq(world.prints, 0);
    /* Nothing of it stays reserved: the other sale still gets what there is once. */
    cr_assert_eq(world_do(&world, "put", "s2", WORLD_ONE_LINE, NULL), PROBLEM_NONE);
    cr_expect_eq(world_int(&world, "s2", "total_minor"), 8900);
}

Test(sale, paid_at_another_total_is_recorded_and_said)
{
    world_rules(&world, BUNDLE, 1);
    cr_assert_eq(world_do(&world, "put", "s1", WORLD_ONE_LINE, NULL), PROBLEM_NONE);
    cr_expect_eq(world_do(&world, "commit", "s1", "{\"expected_total_minor\":10000,\"paid\":true}", NULL),
                 PROBLEM_NONE);
    cr_expect_eq(world_count(&world, "sale"), 1);
    cr_expect_eq(world_count(&world, "override"), 1);
    cr_expect(world_has_notice(&world, "s1", "L-210"));
}

Test(sale, in_tender_reserves_what_there_is_once)
{
    world_rules(&world, BUNDLE, 1);
    cr_assert_eq(world_do(&world, "put", "s1", WORLD_ONE_LINE, NULL), PROBLEM_NONE);
    cr_assert_eq(world_do(&world, "tender", "s1", NULL, NULL), PROBLEM_NONE);
    cr_assert_eq(world_do(&world, "put", "s2", WORLD_ONE_LINE, NULL), PROBLEM_NONE);
    cr_expect_eq(world_int(&world, "s1", "total_minor"), 8900);
    cr_expect_eq(world_int(&world, "s2", "total_minor"), 9000, "the sale in tender holds it");
    cr_assert_eq(world_do(&world, "void", "s1", "{\"reason\":\"changed his mind\"}", NULL), PROBLEM_NONE);
    cr_assert_eq(world_do(&world, "put", "s2", WORLD_ONE_LINE, NULL), PROBLEM_NONE);
    cr_expect_eq(world_int(&world, "s2", "total_minor"), 8900, "released by the void");
    cr_expect_eq(world_count(&world, "void"), 1);
}

Test(sale, committed_uses_up_what_there_is_once)
{
    world_rules(&world, BUNDLE, 1);
    cr_assert_eq(world_do(&world, "put", "s1", WORLD_ONE_LINE, NULL), PROBLEM_NONE);
    cr_assert_eq(world_do(&world, "commit", "s1", "{}", NULL), PROBLEM_NONE);
    cr_assert_eq(world_do(&world, "put", "s2", WORLD_ONE_LINE, NULL), PROBLEM_NONE);
    cr_expect_eq(world_int(&world, "s2", "total_minor"), 9000);
}

Test(sale, put_during_tender_reopens_and_releases)
{
    world_rules(&world, BUNDLE, 1);
    cr_assert_eq(world_do(&world, "put", "s1", WORLD_ONE_LINE, NULL), PROBLEM_NONE);
    cr_assert_eq(world_do(&world, "tender", "s1", NULL, NULL), PROBLEM_NONE);
    cr_assert_eq(world_do(&world, "put", "s1", WORLD_ONE_LINE, NULL), PROBLEM_NONE);
    cr_assert_eq(world_do(&world, "put", "s2", WORLD_ONE_LINE, NULL), PROBLEM_NONE);
    cr_expect_eq(world_int(&world, "s2", "total_minor"), 8900);
}

Test(sale, wrong_line_changes_nothing_and_says_where)
{
    struct strbuf out = STRBUF_INIT(TILL_ANSWER_MAX);
    struct errmsg err = ERRMSG_INIT;
    const char *wrong = "{\"lines\":[{\"line\":1,\"sku\":\"A\",\"qty_milli\":0,\"unit_price_minor\":1}]}";

    cr_assert_eq(world_do(&world, "put", "s1", WORLD_ONE_LINE, NULL), PROBLEM_NONE);
    cr_expect_eq(till_put_sale(world.till, "s1", wrong, strlen(wrong), &out, &err), PROBLEM_BAD_FIELD);
    cr_expect(strstr(err.text, "/lines/0/qty_milli"), "said: %s", err.text);
    cr_expect_eq(world_int(&world, "s1", "total_minor"), 10000);
    cr_expect_eq(till_put_sale(world.till, "new", wrong, strlen(wrong), &out, &err), PROBLEM_BAD_FIELD);
    cr_expect_eq(world_do(&world, "get", "new", NULL, NULL), PROBLEM_NO_SALE, "a refused first PUT leaves no sale");
    strbuf_free(&out);
}

Test(sale, tenders_must_cover_the_total)
{
    cr_assert_eq(world_do(&world, "put", "s1", WORLD_ONE_LINE, NULL), PROBLEM_NONE);
    cr_expect_eq(world_do(&world, "commit", "s1", "{\"tenders\":[{\"kind\":\"cash\",\"amount_minor\":9999}]}", NULL),
                 PROBLEM_TENDERS_SHORT);
    cr_expect_eq(world_do(&world, "commit", "s1", "{\"tenders\":[{\"kind\":\"cash\",\"amount_minor\":10000}]}", NULL),
                 PROBLEM_NONE);
}

Test(sale, ended_one_takes_no_more_commands)
{
    cr_assert_eq(world_do(&world, "put", "s1", WORLD_ONE_LINE, NULL), PROBLEM_NONE);
    cr_assert_eq(world_do(&world, "commit", "s1", "{}", NULL), PROBLEM_NONE);
    cr_expect_eq(world_do(&world, "put", "s1", WORLD_ONE_LINE, NULL), PROBLEM_SALE_COMMITTED);
    cr_expect_eq(world_do(&world, "void", "s1", NULL, NULL), PROBLEM_SALE_COMMITTED);
    cr_assert_eq(world_do(&world, "put", "s2", WORLD_ONE_LINE, NULL), PROBLEM_NONE);
    cr_assert_eq(world_do(&world, "void", "s2", NULL, NULL), PROBLEM_NONE);
    cr_expect_eq(world_do(&world, "put", "s2", WORLD_ONE_LINE, NULL), PROBLEM_SALE_VOIDED);
    cr_expect_eq(world_do(&world, "commit", "s2", NULL, NULL), PROBLEM_SALE_VOIDED);
    cr_expect_eq(world_count(&world, "void"), 0, "one never tendered leaves no trace");
}

/* What the other window put meanwhile is not sold in its place, and the number it took serves no second sale: either is
 * refused in words, and what was to be sold is sold under another number. */
Test(sale, two_windows_with_one_number_lose_no_sale)
{
    static const char two_lines[] = "{\"lines\":[{\"line\":1,\"sku\":\"A\",\"qty_milli\":1000,\"unit_price_minor\":10000},"
                                    "{\"line\":2,\"sku\":\"B\",\"qty_milli\":1000,\"unit_price_minor\":5000}]}";

    cr_assert_eq(world_do(&world, "put", "s1", WORLD_ONE_LINE, NULL), PROBLEM_NONE);
    cr_assert_eq(world_do(&world, "put", "s1", two_lines, NULL), PROBLEM_NONE);
    cr_expect_eq(world_do(&world, "commit", "s1", "{\"expected_total_minor\":10000}", NULL), PROBLEM_TOTAL_DIFFERS);
    cr_expect_eq(world_count(&world, "sale"), 0);
    cr_assert_eq(world_do(&world, "commit", "s1", "{\"expected_total_minor\":15000}", NULL), PROBLEM_NONE);
    cr_expect_eq(world_do(&world, "put", "s1", WORLD_ONE_LINE, NULL), PROBLEM_SALE_COMMITTED);
    cr_expect_eq(world_int(&world, "s1", "total_minor"), 15000);
    cr_assert_eq(world_do(&world, "put", "s2", WORLD_ONE_LINE, NULL), PROBLEM_NONE);
    cr_assert_eq(world_do(&world, "commit", "s2", "{\"expected_total_minor\":10000}", NULL), PROBLEM_NONE);
    cr_expect_eq(world_count(&world, "sale"), 2);
}

Test(sale, without_lines_cannot_be_tendered)
{
    cr_assert_eq(world_do(&world, "open", NULL, "{\"sale_id\":\"s1\"}", NULL), PROBLEM_NONE);
    cr_expect_eq(world_do(&world, "tender", "s1", NULL, NULL), PROBLEM_NO_LINES);
    cr_expect_eq(world_do(&world, "open", NULL, "{\"sale_id\":\"s1\"}", NULL), PROBLEM_SALE_EXISTS);
}

Test(sale, too_many_open_are_refused_until_one_is_abandoned)
{
    char id[16];

    for (int i = 0; i < TILL_SALES_MAX; i++) {
        (void)snprintf(id, sizeof id, "p%d", i);
        cr_assert_eq(world_do(&world, "put", id, WORLD_ONE_LINE, NULL), PROBLEM_NONE);
    }
    cr_expect_eq(world_do(&world, "put", "one-more", WORLD_ONE_LINE, NULL), PROBLEM_TOO_MANY_SALES);
    world.time.mono_ms += 2 * 60 * 60 * 1000;
    cr_expect_eq(world_do(&world, "put", "one-more", WORLD_ONE_LINE, NULL), PROBLEM_NONE);
    cr_expect_eq(world_do(&world, "get", "p0", NULL, NULL), PROBLEM_NO_SALE, "the one longest abandoned has left");
}

Test(sale, that_left_memory_is_answered_from_the_journal)
{
    char id[16];

    world_rules(&world, BUNDLE, 1);
    cr_assert_eq(world_do(&world, "put", "s1", WORLD_ONE_LINE, NULL), PROBLEM_NONE);
    cr_assert_eq(world_do(&world, "commit", "s1", "{}", NULL), PROBLEM_NONE);
    for (int i = 0; i < TILL_SALES_MAX; i++) {
        (void)snprintf(id, sizeof id, "p%d", i);
        cr_assert_eq(world_do(&world, "put", id, WORLD_ONE_LINE, NULL), PROBLEM_NONE);
    }
    cr_expect_eq(world_int(&world, "s1", "total_minor"), 8900);
    cr_expect_eq(world_do(&world, "commit", "s1", "{}", NULL), PROBLEM_NONE);
    cr_expect_eq(world_do(&world, "put", "s1", WORLD_ONE_LINE, NULL), PROBLEM_SALE_COMMITTED);
    cr_expect_eq(world_count(&world, "sale"), 1);
}

Test(sale, failed_print_is_said_and_can_be_copied)
{
    cr_assert_eq(world_do(&world, "put", "s1", WORLD_ONE_LINE, NULL), PROBLEM_NONE);
    cr_assert_eq(world_do(&world, "commit", "s1", "{}", NULL), PROBLEM_NONE);
    world.printed(world.printed_context, world.job_id, TILL_PRINT_FAILED, "paper out");
    cr_expect(world_has_notice(&world, "s1", "L-501"));
    cr_expect(world_was_told(&world, "L-501"));
    cr_assert_eq(world_do(&world, "copy", "s1", NULL, NULL), PROBLEM_NONE);
    cr_expect_str_eq(world.job_id, "s1#1");
    world.printed(world.printed_context, world.job_id, TILL_PRINT_CONFIRMED, "");
    cr_expect_not(world_has_notice(&world, "s1", "L-501"));
    cr_expect_eq(world_count(&world, "print"), 2);
}

Test(sale, that_was_voided_is_not_opened_again_when_it_has_left_memory)
{
    char id[16];

    cr_assert_eq(world_do(&world, "put", "untouched", WORLD_ONE_LINE, NULL), PROBLEM_NONE);
    cr_assert_eq(world_do(&world, "void", "untouched", "{}", NULL), PROBLEM_NONE);
    cr_assert_eq(world_do(&world, "put", "paying", WORLD_ONE_LINE, NULL), PROBLEM_NONE);
    cr_assert_eq(world_do(&world, "tender", "paying", "{}", NULL), PROBLEM_NONE);
    cr_assert_eq(world_do(&world, "void", "paying", "{}", NULL), PROBLEM_NONE);
    for (int i = 0; i < TILL_SALES_MAX + 1; i++) {
        (void)snprintf(id, sizeof id, "s%d", i);
        world.time.mono_ms += 10;
        cr_assert_eq(world_do(&world, "put", id, WORLD_ONE_LINE, NULL), PROBLEM_NONE);
        cr_assert_eq(world_do(&world, "commit", id, "{}", NULL), PROBLEM_NONE);
    }
    cr_expect_eq(world_do(&world, "put", "untouched", WORLD_ONE_LINE, NULL), PROBLEM_SALE_VOIDED);
    cr_expect_eq(world_do(&world, "put", "paying", WORLD_ONE_LINE, NULL), PROBLEM_SALE_VOIDED);
    cr_expect_eq(world_do(&world, "commit", "paying", "{}", NULL), PROBLEM_SALE_VOIDED);
    cr_expect_eq(world_do(&world, "void", "paying", "{}", NULL), PROBLEM_SALE_VOIDED);
    cr_expect_eq(world_do(&world, "open", "", "{\"sale_id\":\"paying\"}", NULL), PROBLEM_SALE_EXISTS);
    cr_expect_eq(world_do(&world, "return", "", "{\"return_id\":\"r\",\"sale_id\":\"paying\"}", NULL),
                 PROBLEM_SALE_ELSEWHERE);
    cr_expect_eq(world_count(&world, "sale"), TILL_SALES_MAX + 1);
}
