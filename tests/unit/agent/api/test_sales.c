/* SPDX-License-Identifier: Apache-2.0 */
/* The way of a sale over HTTP. */
#include "shop.h"

#include <stdio.h>
#include <string.h>

#include <criterion/criterion.h>

#define BASKET                                                                                                       \
    "{\"card\":\"" SHOP_CARD "\",\"entry\":\"scan\",\"cashier\":\"7\",\"lines\":["                                   \
    "{\"line\":1,\"sku\":\"A100\",\"name\":\"Coffee\",\"qty_milli\":2000,\"unit_price_minor\":9990}]}"

static struct shop shop;

static void open_shop(void)
{
    shop.has_printer = true;
    shop_open(&shop);
}

static void close_shop(void)
{
    shop_close(&shop);
}

TestSuite(api_sales, .init = open_shop, .fini = close_shop);

/* Calls and expects a status; the answer is owned by the caller. */
static cJSON *call(int status, const char *method, const char *path, const char *body)
{
    cJSON *answer;
    int got = shop_call(&shop, method, path, body, &answer);
    char *text = cJSON_PrintUnformatted(answer);

    cr_expect_eq(got, status, "%s %s answered %d %s", method, path, got, text);
    cJSON_free(text);
    return answer;
}

static void drop(int status, const char *method, const char *path, const char *body)
{
    cJSON_Delete(call(status, method, path, body));
}

static void expect_error(int status, const char *name, const char *method, const char *path, const char *body)
{
    cJSON *answer = call(status, method, path, body);

    cr_expect_str_eq(shop_text(answer, "name"), name);
    cr_expect_eq(shop_text(answer, "code")[0], 'L');
    cr_expect_gt(strlen(shop_text(answer, "text")), 0);
    cr_expect_gt(strlen(shop_text(answer, "act")), 0);
    cJSON_Delete(answer);
}

static int64_t records(void)
{
    struct journal_head head;

    journal_head(shop.journal, &head);
    return head.position;
}

Test(api_sales, whole_sale)
{
    cJSON *answer = call(201, "POST", "/v1/sales", "{\"sale_id\":\"A-1\"}");
    const cJSON *member, *balances;

    cr_expect_str_eq(shop_text(answer, "state"), "open");
    cJSON_Delete(answer);

    answer = call(200, "PUT", "/v1/sales/A-1", BASKET);
    cr_expect_eq(shop_number(answer, "gross_minor"), 19980);
    cr_expect_eq(shop_number(answer, "discount_minor"), 1998);
    cr_expect_eq(shop_number(answer, "total_minor"), 17982);
    cr_expect_str_eq(shop_text(answer, "card"), "***0018");
    member = cJSON_GetObjectItemCaseSensitive(answer, "member");
    cr_expect_str_eq(shop_text(member, "id"), "M1");
    cr_expect_str_eq(shop_text(member, "tier"), "gold");
    balances = cJSON_GetObjectItemCaseSensitive(member, "balances");
    cr_expect_eq(shop_number(balances, "bonus"), 54000);
    cJSON_Delete(answer);

    answer = call(200, "POST", "/v1/sales/A-1/tender", "{\"tenders\":[\"card\"]}");
    cr_expect_str_eq(shop_text(answer, "state"), "tendering");
    cr_expect_eq(records(), 0, "nothing is written before the commit");
    cJSON_Delete(answer);

    answer = call(200, "POST", "/v1/sales/A-1/commit",
                  "{\"expected_total_minor\":17982,\"tenders\":[{\"kind\":\"card\",\"amount_minor\":17982}]}");
    cr_expect_str_eq(shop_text(answer, "state"), "committed");
    cr_expect_eq(records(), 1);
    cr_expect_eq(shop.pages, 1);
    cJSON_Delete(answer);

    shop.printed(shop.printed_context, shop.job_id, TILL_PRINT_CONFIRMED, "");
    answer = call(200, "GET", "/v1/sales/A-1", NULL);
    cr_expect_str_eq(shop_text(answer, "state"), "printed");
    cJSON_Delete(answer);
}

Test(api_sales, totals_count_what_was_sold)
{
    cJSON *answer;

    drop(200, "PUT", "/v1/sales/A-1", BASKET);
    drop(200, "POST", "/v1/sales/A-1/commit", "{}");
    answer = call(200, "GET", "/v1/totals", NULL);
    cr_expect_eq(shop_number(answer, "sales"), 1);
    cr_expect_eq(shop_number(answer, "gross_minor"), 19980);
    cr_expect_eq(shop_number(answer, "discount_minor"), 1998);
    cr_expect_eq(shop_number(answer, "net_minor"), 17982);
    cr_expect_eq(shop_number(cJSON_GetArrayItem(cJSON_GetObjectItemCaseSensitive(answer, "points"), 0), "earned"),
                 170);
    cJSON_Delete(answer);
}

Test(api_sales, a_new_sale_is_named_by_the_till_when_the_pos_does_not)
{
    cJSON *answer = call(201, "POST", "/v1/sales", NULL);
    char path[128];

    snprintf(path, sizeof path, "/v1/sales/%s", shop_text(answer, "sale_id"));
    cJSON_Delete(answer);
    drop(200, "GET", path, NULL);
    drop(200, "PUT", path, BASKET);
}

Test(api_sales, no_two_new_sales_have_one_name)
{
    char first[64];
    cJSON *answer = call(201, "POST", "/v1/sales", NULL);

    snprintf(first, sizeof first, "%s", shop_text(answer, "sale_id"));
    cJSON_Delete(answer);
    answer = call(201, "POST", "/v1/sales", NULL);
    cr_expect_str_neq(shop_text(answer, "sale_id"), first);
    cJSON_Delete(answer);
}

Test(api_sales, put_again_changes_nothing)
{
    cJSON *first = call(200, "PUT", "/v1/sales/A-1", BASKET), *second = call(200, "PUT", "/v1/sales/A-1", BASKET);

    cr_expect(cJSON_Compare(first, second, true));
    cr_expect_eq(records(), 0);
    cJSON_Delete(first);
    cJSON_Delete(second);
}

Test(api_sales, commit_again_answers_the_same_and_writes_nothing)
{
    cJSON *first, *second;

    drop(200, "PUT", "/v1/sales/A-1", BASKET);
    first = call(200, "POST", "/v1/sales/A-1/commit", "{}");
    second = call(200, "POST", "/v1/sales/A-1/commit", "{}");
    cr_expect(cJSON_Compare(first, second, true));
    cr_expect_eq(records(), 1);
    cr_expect_eq(shop.pages, 1, "and prints nothing");
    cJSON_Delete(first);
    cJSON_Delete(second);
    expect_error(409, "sale_committed", "PUT", "/v1/sales/A-1", BASKET);
    expect_error(409, "sale_committed", "POST", "/v1/sales/A-1/void", "{}");
    expect_error(409, "sale_exists", "POST", "/v1/sales", "{\"sale_id\":\"A-1\"}");
}

Test(api_sales, another_total_than_shown_is_refused_unless_paid)
{
    cJSON *answer;

    drop(200, "PUT", "/v1/sales/A-1", BASKET);
    answer = call(409, "POST", "/v1/sales/A-1/commit", "{\"expected_total_minor\":1}");
    cr_expect_str_eq(shop_text(answer, "name"), "total_differs");
    cr_expect_not_null(strstr(shop_text(answer, "detail"), "17982"));
    cJSON_Delete(answer);
    cr_expect_eq(records(), 0);
    answer = call(200, "GET", "/v1/sales/A-1", NULL);
    cr_expect_str_eq(shop_text(answer, "state"), "open", "nothing was changed");
    cJSON_Delete(answer);
    answer = call(200, "POST", "/v1/sales/A-1/commit", "{\"expected_total_minor\":19000,\"paid\":true}");
    cr_expect(shop_has_notice(answer, "paid_difference"));
    cr_expect_eq(records(), 2, "the sale, and that somebody let it pass");
    cJSON_Delete(answer);
}

Test(api_sales, tenders_that_do_not_cover_the_total_are_refused)
{
    drop(200, "PUT", "/v1/sales/A-1", BASKET);
    expect_error(409, "tenders_short", "POST", "/v1/sales/A-1/commit",
                 "{\"tenders\":[{\"kind\":\"cash\",\"amount_minor\":100}]}");
    cr_expect_eq(records(), 0);
}

Test(api_sales, a_voided_sale_stays_voided)
{
    drop(200, "PUT", "/v1/sales/A-1", BASKET);
    drop(200, "POST", "/v1/sales/A-1/tender", "{}");
    drop(200, "POST", "/v1/sales/A-1/void", "{\"reason\":\"the shopper left\"}");
    cr_expect_eq(records(), 1, "one that was tendered leaves a record");
    drop(200, "POST", "/v1/sales/A-1/void", "{}");
    cr_expect_eq(records(), 1);
    expect_error(409, "sale_voided", "PUT", "/v1/sales/A-1", BASKET);
    expect_error(409, "sale_voided", "POST", "/v1/sales/A-1/tender", "{}");
    expect_error(409, "sale_voided", "POST", "/v1/sales/A-1/commit", "{}");
}

Test(api_sales, a_sale_nobody_knows)
{
    expect_error(404, "no_sale", "GET", "/v1/sales/none", NULL);
    expect_error(404, "no_sale", "POST", "/v1/sales/none/tender", "{}");
    expect_error(404, "no_sale", "POST", "/v1/sales/none/commit", "{}");
    expect_error(404, "no_sale", "POST", "/v1/sales/none/void", "{}");
    expect_error(404, "no_sale", "POST", "/v1/sales/none/copy", NULL);
}

Test(api_sales, nothing_to_sell_is_refused)
{
    drop(201, "POST", "/v1/sales", "{\"sale_id\":\"A-1\"}");
    expect_error(409, "no_lines", "POST", "/v1/sales/A-1/tender", "{}");
    expect_error(409, "no_lines", "POST", "/v1/sales/A-1/commit", "{}");
}

Test(api_sales, a_copy_is_printed_of_a_committed_sale_only)
{
    drop(200, "PUT", "/v1/sales/A-1", BASKET);
    expect_error(404, "no_sale", "POST", "/v1/sales/A-1/copy", NULL);
    drop(200, "POST", "/v1/sales/A-1/commit", "{}");
    shop.printed(shop.printed_context, shop.job_id, TILL_PRINT_UNKNOWN, "no answer");
    drop(200, "POST", "/v1/sales/A-1/copy", NULL);
    cr_expect_eq(shop.pages, 2);
}

Test(api_sales, the_central_answers_for_a_card_while_the_sale_goes_on)
{
    cJSON *answer =
        call(200, "PUT", "/v1/sales/A-1",
             "{\"card\":\"" SHOP_CARD_UNKNOWN "\",\"lines\":[{\"line\":1,\"sku\":\"A\",\"qty_milli\":1000,"
             "\"unit_price_minor\":1000}]}");
    struct strbuf row = STRBUF_INIT(1024);
    struct json_writer w = JSON_WRITER_INIT(&row);
    uint8_t hash[IDENTITY_HASH_BYTES];

    cr_expect(shop_has_notice(answer, "card_asking"));
    cr_expect_eq(shop_number(answer, "total_minor"), 1000);
    cJSON_Delete(answer);
    cr_assert_eq(shop.questions, 1);
    identity_hash(&shop.identity, "card", SHOP_CARD_UNKNOWN, hash);
    strbuf_puts(
        &row, "{\"id\":\"M2\",\"state\":\"active\",\"tier\":\"gold\",\"balances\":{\"bonus\":100},\"identifiers\":[");
    jw_hex(&w, hash, sizeof hash);
    strbuf_puts(&row, "],\"epoch\":\"0000000000000000\",\"seq\":0}");
    shop.answer(shop.answer_context, true, row.data, row.len);
    strbuf_free(&row);
    answer = call(200, "GET", "/v1/sales/A-1", NULL);
    cr_expect_not(shop_has_notice(answer, "card_asking"));
    cr_expect_eq(shop_number(answer, "total_minor"), 900);
    cJSON_Delete(answer);
}

Test(api_sales, more_open_sales_than_places_are_refused)
{
    char path[64];

    for (int i = 0; i < TILL_SALES_MAX; i++) {
        snprintf(path, sizeof path, "/v1/sales/A-%d", i);
        drop(200, "PUT", path, BASKET);
    }
    expect_error(409, "too_many_sales", "POST", "/v1/sales", "{}");
    drop(200, "POST", "/v1/sales/A-3/void", "{}");
    drop(201, "POST", "/v1/sales", "{}");
}

Test(api_sales, health_says_who_and_how)
{
    cJSON *answer = call(200, "GET", "/v1/health", NULL);
    const cJSON *till = cJSON_GetObjectItemCaseSensitive(answer, "till");

    cr_expect_str_eq(shop_text(till, "store"), "S12");
    cr_expect_eq(shop_number(cJSON_GetObjectItemCaseSensitive(till, "rules"), "version"), 7);
    cr_expect_eq(cJSON_GetArraySize(cJSON_GetObjectItemCaseSensitive(answer, "devices")), 1, "of the daemon's hook");
    cJSON_Delete(answer);
}
