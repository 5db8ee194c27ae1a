/* SPDX-License-Identifier: Apache-2.0 */
/* The cashier page: what is served, how large it is, and that nobody gets at more through it. */
#include "shop.h"

#include "agent/base/embedded.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include <criterion/criterion.h>

extern const struct embedded_file api_page_files[];

enum { PAGE_BYTES_MAX = 15 * 1024 };

static struct shop shop;

static void open_shop(void)
{
    shop_open(&shop);
}

static void close_shop(void)
{
    shop_close(&shop);
}

TestSuite(api_page, .init = open_shop, .fini = close_shop);

Test(api_page, is_small)
{
    size_t bytes = 0;

    for (const struct embedded_file *file = api_page_files; file->name; file++)
        bytes += strlen(file->text);
    cr_expect_gt(bytes, 1024, "it is there");
    printf("the cashier page: %zu bytes of at most %d\n", bytes, PAGE_BYTES_MAX);
    cr_expect_lt(bytes, (size_t)PAGE_BYTES_MAX, "all files together: %zu bytes", bytes);
}

static bool has_header(const char *answer, const char *header)
{
    for (const char *line = answer; line; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (strncasecmp(line, header, strlen(header)) == 0)
            return true;
    }
    return false;
}

static void expect_file(const char *path, const char *type)
{
    static const char *const headers[] = {"Cache-Control: no-store",
                                          "X-Frame-Options: DENY",
                                          "X-Content-Type-Options: nosniff",
                                          "Referrer-Policy: no-referrer",
                                          "Cross-Origin-Opener-Policy: same-origin",
                                          "Cross-Origin-Resource-Policy: same-origin"};
    struct raw raw;
    char request[128];

    snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", path);
    raw_open(&raw, &shop, request);
    (void)raw_wait(&raw, &shop, "never"); /* to its end */
    cr_expect_not_null(strstr(strbuf_text(&raw.got), "HTTP/1.1 200"), "%s", path);
    cr_expect_not_null(strstr(strbuf_text(&raw.got), type), "%s is %s", path, type);
    for (size_t i = 0; i < sizeof headers / sizeof headers[0]; i++)
        cr_expect(has_header(strbuf_text(&raw.got), headers[i]), "%s: %s", path, headers[i]);
    cr_expect_not_null(strstr(strbuf_text(&raw.got), "default-src 'none'"), "%s", path);
    cr_expect_not_null(strstr(strbuf_text(&raw.got), "frame-ancestors 'none'"), "%s", path);
    cr_expect_null(strstr(strbuf_text(&raw.got), "unsafe"), "%s", path);
    raw_close(&raw);
}

Test(api_page, its_files_carry_strict_headers)
{
    expect_file("/", "text/html; charset=utf-8");
    expect_file("/page.css", "text/css; charset=utf-8");
    expect_file("/page.js", "text/javascript; charset=utf-8");
    expect_file("/status", "text/html; charset=utf-8");
    expect_file("/status.css", "text/css; charset=utf-8");
    expect_file("/status.js", "text/javascript; charset=utf-8");
}

Test(api_page, only_its_files_are_open)
{
    static const char *const none[] = {NULL};
    static const char *const token[] = {"Authorization: Bearer " SHOP_TOKEN, NULL};

    cr_expect_eq(shop_call_tcp(&shop, "/", none), 200);
    cr_expect_eq(shop_call_tcp(&shop, "/page.js", none), 200);
    cr_expect_eq(shop_call_tcp(&shop, "/index.html", none), 404);
    cr_expect_eq(shop_call_tcp(&shop, "/v1/words", none), 401);
    cr_expect_eq(shop_call_tcp(&shop, "/v1/page", none), 401, "the address holds the token");
    cr_expect_eq(shop_call_tcp(&shop, "/v1/health", none), 401);
    cr_expect_eq(shop_call_tcp(&shop, "/v1/words", token), 200);
}

Test(api_page, the_address_leads_to_it)
{
    cJSON *answer;
    char expected[128];

    cr_expect_eq(shop_call(&shop, "GET", "/v1/page", NULL, &answer), 200);
    snprintf(expected, sizeof expected, "http://127.0.0.1:%u/#token=" SHOP_TOKEN, api_tcp_port(shop.api));
    cr_expect_str_eq(shop_text(answer, "address"), expected);
    cJSON_Delete(answer);
}

/* What the script asks of W, and each state, is there in both languages. */
Test(api_page, has_words_in_both_languages)
{
    static const char *const languages[] = {"en", "ru"};
    const char *script = NULL;

    for (const struct embedded_file *file = api_page_files; file->name; file++)
        script = strcmp(file->name, "page.js") == 0 ? file->text : script;
    cr_assert_not_null(script);
    for (int i = 0; i < 2; i++) {
        cJSON *words;
        const cJSON *item, *states;

        snprintf(shop.identity.language, sizeof shop.identity.language, "%s", languages[i]);
        cr_expect_eq(shop_call(&shop, "GET", "/v1/words", NULL, &words), 200);
        for (const char *at = strstr(script, "W."); at; at = strstr(at + 1, "W.")) {
            char name[32];

            if (sscanf(at + 2, "%31[a-z_]", name) == 1 && !isalnum((unsigned char)at[-1]))
                cr_expect(cJSON_HasObjectItem(words, name), "%s: %s", languages[i], name);
        }
        states = cJSON_GetObjectItemCaseSensitive(words, "states");
        cJSON_ArrayForEach(item, states)
        {
            cr_expect_gt(strlen(shop_text(item, "word")), 0, "%s: %s", languages[i], item->string);
            cr_expect_gt(strlen(shop_text(item, "sign")), 0);
        }
        cr_expect_gt(cJSON_GetArraySize(states), 20);
        cJSON_Delete(words);
    }
}

/* ---- what the API has for it ---- */

#define BASKET                                                                                                       \
    "{\"card\":\"" SHOP_CARD "\",\"lines\":[{\"line\":1,\"sku\":\"A100\",\"name\":\"Coffee\",\"qty_milli\":2000,"    \
    "\"unit_price_minor\":9990}]}"

Test(api_page, a_sale_comes_with_its_lines_and_titles)
{
    cJSON *answer;
    const cJSON *line, *titles;

    cr_expect_eq(shop_call(&shop, "PUT", "/v1/sales/A-1", BASKET, &answer), 200);
    line = cJSON_GetArrayItem(cJSON_GetObjectItemCaseSensitive(answer, "lines"), 0);
    cr_expect_str_eq(shop_text(line, "name"), "Coffee");
    titles = cJSON_GetObjectItemCaseSensitive(answer, "titles");
    cr_expect_str_eq(shop_text(titles, "gold-10"), "Gold 10 %");
    cr_expect_str_eq(shop_text(titles, "earn"), "Points");
    cr_expect_eq(cJSON_GetArraySize(titles), 2);
    cJSON_Delete(answer);
}

static cJSON *type_in(int status, const char *body)
{
    cJSON *answer;

    cr_expect_eq(shop_call(&shop, "POST", "/v1/scans", body, &answer), status, "%s", body);
    return answer;
}

Test(api_page, a_typed_code_goes_the_way_of_a_scan)
{
    cJSON *answer;

    cr_expect_eq(shop_call(&shop, "PUT", "/v1/sales/A-1", "{\"lines\":[]}", &answer), 200);
    cJSON_Delete(answer);
    answer = type_in(200, "{\"text\":\"" SHOP_CARD "\"}");
    cr_expect_str_eq(shop_text(answer, "kind"), "card");
    cr_expect_str_eq(shop_text(answer, "text"), "***0018", "masked");
    cr_expect_str_eq(shop_text(answer, "sale_id"), "A-1");
    cJSON_Delete(answer);
    answer = type_in(200, "{\"text\":\"2900000000019\",\"entry\":\"scan\"}");
    cr_expect_str_eq(shop_text(answer, "kind"), "misread");
    cr_expect_str_eq(shop_text(answer, "text"), "");
    cJSON_Delete(answer);
    answer = type_in(200, "{\"text\":\"4601234567893\"}");
    cr_expect_str_eq(shop_text(answer, "kind"), "code");
    cr_expect_str_eq(shop_text(answer, "text"), "4601234567893");
    cJSON_Delete(answer);
    cJSON_Delete(type_in(400, "{\"text\":\"\"}"));
    cJSON_Delete(type_in(400, "{}"));
    cJSON_Delete(type_in(400, "["));
    cr_expect_eq(shop_call(&shop, "GET", "/v1/sales/A-1", NULL, &answer), 200);
    cr_expect_str_eq(shop_text(cJSON_GetObjectItemCaseSensitive(answer, "member"), "id"), "M1");
    cJSON_Delete(answer);
}

static const cJSON *till_health(cJSON **out_answer)
{
    cr_assert_eq(shop_call(&shop, "GET", "/v1/health", NULL, out_answer), 200);
    return cJSON_GetObjectItemCaseSensitive(*out_answer, "till");
}

Test(api_page, health_names_the_current_sale_and_counts_receipts_that_wait)
{
    cJSON *answer, *health;
    const cJSON *till;

    till = till_health(&health);
    cr_expect(cJSON_IsNull(cJSON_GetObjectItemCaseSensitive(till, "current_sale")));
    cr_expect_str_eq(shop_text(till, "language"), "en");
    cr_expect_str_eq(shop_text(till, "currency"), "RUB");
    cr_expect_eq(shop_number(till, "minor_digits"), 2);
    cr_expect_eq(shop_number(till, "unsynced_sales"), 0);
    cJSON_Delete(health);
    for (int i = 0; i < 3; i++) {
        char path[64];

        snprintf(path, sizeof path, "/v1/sales/A-%d", i);
        cr_expect_eq(shop_call(&shop, "PUT", path, BASKET, &answer), 200);
        cJSON_Delete(answer);
        till = till_health(&health);
        cr_expect_str_eq(shop_text(till, "current_sale"), path + strlen("/v1/sales/"));
        cJSON_Delete(health);
        strcat(path, "/commit");
        cr_expect_eq(shop_call(&shop, "POST", path, "{}", &answer), 200);
        cJSON_Delete(answer);
        till = till_health(&health);
        cr_expect_eq(shop_number(till, "unsynced_sales"), i + 1);
        cJSON_Delete(health);
    }
}
