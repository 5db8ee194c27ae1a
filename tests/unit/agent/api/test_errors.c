/* SPDX-License-Identifier: Apache-2.0 */
/* What goes wrong, said in one shape; who may call; enrolments that wait. */
#include "shop.h"

#include "agent/net/http_server.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

static struct shop shop;
static enum status append_fails; /* what journal_append answers instead of appending */

enum status __real_journal_append(struct journal *journal, const char *type, uint64_t hlc, const char *bytes,
                                  size_t len, struct errmsg *err);
enum status __wrap_journal_append(struct journal *journal, const char *type, uint64_t hlc, const char *bytes,
                                  size_t len, struct errmsg *err);
enum status __wrap_journal_append(struct journal *journal, const char *type, uint64_t hlc, const char *bytes,
                                  size_t len, struct errmsg *err)
{
    if (append_fails == ST_OK)
        return __real_journal_append(journal, type, hlc, bytes, len, err);
    errmsg_set(err, "the disk of the test");
    return append_fails;
}

static void open_shop(void)
{
    append_fails = ST_OK;
    shop_open(&shop);
}

static void close_shop(void)
{
    shop_close(&shop);
}

TestSuite(api_errors, .init = open_shop, .fini = close_shop);

#define ONE_LINE "{\"lines\":[{\"line\":1,\"sku\":\"A\",\"qty_milli\":1000,\"unit_price_minor\":500}]}"

/* Expects the one shape of all errors; detail NULL: not looked at. */
static void expect_error(int status, const char *name, const char *detail, const char *method, const char *path,
                         const char *body)
{
    cJSON *answer;
    int got = shop_call(&shop, method, path, body, &answer);

    cr_expect_eq(got, status, "%s %s answered %d", method, path, got);
    cr_expect_str_eq(shop_text(answer, "name"), name);
    cr_expect_eq(strncmp(shop_text(answer, "code"), "L-", 2), 0);
    cr_expect_gt(strlen(shop_text(answer, "text")), 0);
    cr_expect_gt(strlen(shop_text(answer, "act")), 0);
    if (detail)
        cr_expect_not_null(strstr(shop_text(answer, "detail"), detail), "%s", shop_text(answer, "detail"));
    cJSON_Delete(answer);
}

Test(api_errors, bad_json_says_where)
{
    expect_error(400, "bad_json", "line 2, byte", "PUT", "/v1/sales/A", "{\"lines\":\n [1,]}");
    expect_error(400, "bad_json", "object", "PUT", "/v1/sales/A", "[]");
    expect_error(404, "no_sale", NULL, "GET", "/v1/sales/A", NULL);
}

Test(api_errors, a_bad_value_is_named_by_its_pointer)
{
    expect_error(400, "bad_field", "/lines/1/qty_milli", "PUT", "/v1/sales/A",
                 "{\"lines\":[{\"line\":1,\"sku\":\"A\",\"qty_milli\":1000,\"unit_price_minor\":500},"
                 "{\"line\":2,\"sku\":\"A\",\"qty_milli\":0,\"unit_price_minor\":500}]}");
    expect_error(400, "bad_field", "/lines", "PUT", "/v1/sales/A", "{}");
    expect_error(400, "bad_field", "/sale_id", "POST", "/v1/sales", "{\"sale_id\":\"a b\"}");
    expect_error(400, "bad_field", "/tenders", "PUT", "/v1/sales/A", "{\"lines\":[],\"tenders\":[1]}");
    expect_error(404, "no_sale", NULL, "GET", "/v1/sales/A", NULL);
}

Test(api_errors, a_bad_put_leaves_the_sale_as_it_was)
{
    cJSON *before, *after;

    shop_call(&shop, "PUT", "/v1/sales/A", ONE_LINE, &before);
    expect_error(400, "bad_field", NULL, "PUT", "/v1/sales/A", "{\"lines\":[{}]}");
    shop_call(&shop, "GET", "/v1/sales/A", NULL, &after);
    cr_expect(cJSON_Compare(before, after, true));
    cJSON_Delete(before);
    cJSON_Delete(after);
}

Test(api_errors, an_oversized_body_is_refused)
{
    size_t len = TILL_BODY_MAX + 1;
    char *body = malloc(len);
    cJSON *answer;

    cr_assert_not_null(body);
    memset(body, ' ', len);
    cr_expect_eq(shop_call_bytes(&shop, "PUT", "/v1/sales/A", body, len, &answer), 413);
    cr_expect_str_eq(shop_text(answer, "name"), "too_large");
    cJSON_Delete(answer);
    memcpy(body, ONE_LINE, sizeof ONE_LINE - 1);
    cr_expect_eq(shop_call_bytes(&shop, "PUT", "/v1/sales/A", body, TILL_BODY_MAX, &answer), 200,
                 "the bound itself fits");
    cJSON_Delete(answer);
    free(body);
}

Test(api_errors, addresses_that_do_not_exist)
{
    expect_error(404, "no_route", NULL, "GET", "/v1/nothing", NULL);
    expect_error(404, "no_route", NULL, "GET", "/v1/sales/", NULL);
    expect_error(405, "no_route", "method", "DELETE", "/v1/sales/A", NULL);
}

Test(api_errors, speak_the_language_of_the_till)
{
    cJSON *answer;

    strcpy(shop.identity.language, "ru");
    shop_call(&shop, "GET", "/v1/nothing", NULL, &answer);
    cr_expect_str_eq(shop_text(answer, "text"), "Такого адреса в API нет.");
    cJSON_Delete(answer);
    shop_call(&shop, "GET", "/v1/sales/none", NULL, &answer);
    cr_expect_str_eq(shop_text(answer, "text"), "Такой чек здесь неизвестен.");
    cJSON_Delete(answer);
}

Test(api_errors, no_printer_is_no_success)
{
    cJSON *answer;

    shop_call(&shop, "PUT", "/v1/sales/A", ONE_LINE, &answer);
    cJSON_Delete(answer);
    cr_expect_eq(shop_call(&shop, "POST", "/v1/sales/A/commit", "{}", &answer), 200);
    cr_expect(shop_has_notice(answer, "printer_none"), "the sale is closed all the same");
    cJSON_Delete(answer);
    expect_error(503, "printer_none", NULL, "POST", "/v1/sales/A/copy", NULL);
}

/* ---- the disk ---- */

Test(api_errors, a_journal_that_fails_closes_no_sale_and_stops_the_daemon)
{
    cJSON *answer;

    shop_call(&shop, "PUT", "/v1/sales/A", ONE_LINE, &answer);
    cJSON_Delete(answer);
    append_fails = ST_IO;
    expect_error(500, "journal_failed", NULL, "POST", "/v1/sales/A/commit", "{}");
    cr_expect_eq(shop.journal_failures, 1);
    append_fails = ST_OK; /* whatever the disk says now: what an fsync lost is not known before a restart */
    expect_error(500, "journal_failed", NULL, "POST", "/v1/sales/A/commit", "{}");
    cr_expect_eq(shop.journal_failures, 2);
}

Test(api_errors, a_full_disk_closes_no_sale_until_there_is_room)
{
    cJSON *answer;

    shop_call(&shop, "PUT", "/v1/sales/A", ONE_LINE, &answer);
    cJSON_Delete(answer);
    append_fails = ST_FULL;
    expect_error(507, "disk_full", NULL, "POST", "/v1/sales/A/commit", "{}");
    cr_expect_eq(shop.journal_failures, 0);
    append_fails = ST_OK;
    cr_expect_eq(shop_call(&shop, "POST", "/v1/sales/A/commit", "{}", &answer), 200);
    cJSON_Delete(answer);
}

Test(api_errors, a_full_disk_voids_no_sale_in_tender_until_there_is_room)
{
    cJSON *answer;

    shop_call(&shop, "PUT", "/v1/sales/A", ONE_LINE, &answer);
    cJSON_Delete(answer);
    cr_expect_eq(shop_call(&shop, "POST", "/v1/sales/A/tender", "{}", &answer), 200);
    cJSON_Delete(answer);
    append_fails = ST_FULL;
    expect_error(507, "disk_full", NULL, "POST", "/v1/sales/A/void", "{}");
    cr_expect_eq(shop.journal_failures, 0, "a till that stops and starts finds no more room");
    append_fails = ST_OK;
    cr_expect_eq(shop_call(&shop, "POST", "/v1/sales/A/void", "{}", &answer), 200);
    cJSON_Delete(answer);
}

/* ---- who may call ---- */

Test(api_errors, over_tcp_the_token_and_a_loopback_host_are_demanded)
{
    static const char bearer[] = "Authorization: Bearer " SHOP_TOKEN;

    cr_expect_eq(shop_call_tcp(&shop, "/v1/health", (const char *[]){NULL}), 401);
    cr_expect_eq(shop_call_tcp(&shop, "/v1/health", (const char *[]){"Authorization: Bearer wrong-horse!", NULL}),
                 401);
    cr_expect_eq(shop_call_tcp(&shop, "/v1/health", (const char *[]){bearer, NULL}), 200);
    cr_expect_eq(shop_call_tcp(&shop, "/v1/health", (const char *[]){bearer, "Host: localhost", NULL}), 200);
    cr_expect_eq(shop_call_tcp(&shop, "/v1/health", (const char *[]){bearer, "Host: till.example.com", NULL}), 403);
    cr_expect_eq(shop_call_tcp(&shop, "/v1/health", (const char *[]){bearer, "Origin: http://example.com", NULL}),
                 403);
}

Test(api_errors, is_not_served_to_a_network_nor_without_a_token)
{
    struct api_options options = {
        .loop = shop.loop, .till = shop.till, .hub = shop.hub, .tcp_host = "0.0.0.0", .bearer_token = SHOP_TOKEN};
    struct api *api = NULL;
    struct errmsg err = ERRMSG_INIT;

    cr_expect_eq(api_create(&options, &api, &err), ST_INVALID);
    cr_expect_not_null(strstr(err.text, "loopback"));
    options.tcp_host = "127.0.0.1";
    options.bearer_token = NULL;
    cr_expect_eq(api_create(&options, &api, &err), ST_INVALID);
    options.tcp_host = NULL;
    cr_expect_eq(api_create(&options, &api, &err), ST_INVALID);
    cr_expect_null(api);
}

/* ---- enrolment ---- */

#define ENROL(code)                                                                                                  \
    "POST /v1/enrolment HTTP/1.1\r\nHost: localhost\r\nContent-Length: 15\r\n\r\n{\"code\":\"" code "\"}"

static void wait_for_enrolments(int count)
{
    while (shop.enrolments < count)
        loop_step(shop.loop, 1000);
}

Test(api_errors, an_enrolment_waits_for_its_answer)
{
    struct raw raw;

    raw_open(&raw, &shop, ENROL("ABCD"));
    wait_for_enrolments(1);
    cr_expect_str_eq(shop.code, "ABCD");
    shop.enrolled(shop.enrolled_context, PROBLEM_NONE, NULL);
    cr_expect(raw_wait(&raw, &shop, "\"store\":\"S12\""), "%s", strbuf_text(&raw.got));
    cr_expect_not_null(strstr(strbuf_text(&raw.got), "HTTP/1.1 200"));
    raw_close(&raw);
}

Test(api_errors, a_refused_enrolment_says_why)
{
    expect_error(409, "enrol_refused", "used already", "POST", "/v1/enrolment", "{\"code\":\"AT-ONCE\"}");
    expect_error(400, "bad_field", "/code", "POST", "/v1/enrolment", "{}");
    expect_error(400, "bad_field", "/code", "POST", "/v1/enrolment", "{\"code\":\"\"}");
    expect_error(400, "bad_json", NULL, "POST", "/v1/enrolment", "ABCD");
    cr_expect_eq(shop.enrolments, 1);
}

Test(api_errors, an_enrolment_outlives_its_client)
{
    struct raw raw;
    cJSON *answer;

    raw_open(&raw, &shop, ENROL("ABCD"));
    wait_for_enrolments(1);
    raw_close(&raw);
    shop_call(&shop, "GET", "/v1/health", NULL, &answer); /* by now the server has seen the client go */
    cJSON_Delete(answer);
    shop.enrolled(shop.enrolled_context, PROBLEM_NONE, NULL);
}

Test(api_errors, an_enrolment_outlives_the_api)
{
    struct raw raw;

    raw_open(&raw, &shop, ENROL("ABCD"));
    wait_for_enrolments(1);
    api_destroy(shop.api);
    shop.api = NULL;
    shop.enrolled(shop.enrolled_context, PROBLEM_ENROL_REFUSED, "too late");
    cr_expect(raw_wait(&raw, &shop, "\"name\":\"busy\""), "the client was told: %s", strbuf_text(&raw.got));
    raw_close(&raw);
}

Test(api_errors, no_more_enrolments_wait_than_stated)
{
    struct raw raw[API_ENROLMENTS_MAX];
    api_enrolled_fn *enrolled[API_ENROLMENTS_MAX];
    void *contexts[API_ENROLMENTS_MAX];

    for (int i = 0; i < API_ENROLMENTS_MAX; i++) {
        raw_open(&raw[i], &shop, ENROL("ABCD"));
        wait_for_enrolments(i + 1);
        enrolled[i] = shop.enrolled;
        contexts[i] = shop.enrolled_context;
    }
    expect_error(503, "busy", NULL, "POST", "/v1/enrolment", "{\"code\":\"ABCD\"}");
    for (int i = 0; i < API_ENROLMENTS_MAX; i++) {
        enrolled[i](contexts[i], PROBLEM_ENROL_REFUSED, "no");
        cr_expect(raw_wait(&raw[i], &shop, "enrol_refused"));
        raw_close(&raw[i]);
    }
}
