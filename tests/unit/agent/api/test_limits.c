/* SPDX-License-Identifier: Apache-2.0 */
/* Every bound of the API that a program can reach: at it all goes well, beyond it an error in words, and nothing has
 * changed. Others are reached in test_errors.c (body, enrolments), test_events.c (watchers), test_sales.c (open
 * sales), test_http_hard.c (headers, gzip, slowness) and test_scan.c of the till (coupons). */
#include "shop.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <criterion/criterion.h>

#define ONE_LINE "{\"lines\":[{\"line\":1,\"sku\":\"A\",\"qty_milli\":1000,\"unit_price_minor\":500}]}"

static struct shop shop;
static char text[256 * 1024];

static void open_shop(void)
{
    shop_open(&shop);
}

static void close_shop(void)
{
    shop_close(&shop);
}

TestSuite(api_limits, .init = open_shop, .fini = close_shop);

static char *fill(char *at, char c, size_t count)
{
    memset(at, c, count);
    at[count] = '\0';
    return at + count;
}

/* Expects a status, and of an error its name and what its detail names. */
static void expect(int status, const char *name, const char *detail, const char *method, const char *path,
                   const char *body)
{
    cJSON *answer;
    int got = shop_call(&shop, method, path, body, &answer);

    cr_expect_eq(got, status, "%s %.80s answered %d, not %d", method, path, got, status);
    if (got >= 300) {
        cr_expect_str_eq(shop_text(answer, "name"), name);
        cr_expect(strlen(shop_text(answer, "text")) > 0 && strlen(shop_text(answer, "act")) > 0);
        cr_expect_not_null(strstr(shop_text(answer, "detail"), detail), "%s", shop_text(answer, "detail"));
    }
    cJSON_Delete(answer);
}

/* A basket of one line in which a member of that name has a text of so many characters. */
static const char *with_text(const char *name, size_t count)
{
    char *at =
        text +
        sprintf(text, "{\"lines\":[{\"line\":1,\"sku\":\"A\",\"qty_milli\":1000,\"unit_price_minor\":500}],\"%s\":\"",
                name);

    (void)strcpy(fill(at, '9', count), "\"}");
    return text;
}

Test(api_limits, of_texts_in_a_basket)
{
    static const struct {
        const char *name;
        size_t most;
    } fields[] = {{"card", 64}, {"cashier", 64}, {"channel", 64}};

    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        expect(200, "", "", "PUT", "/v1/sales/A", with_text(fields[i].name, fields[i].most));
        expect(400, "bad_field", fields[i].name, "PUT", "/v1/sales/A", with_text(fields[i].name, fields[i].most + 1));
    }
    expect(400, "bad_field", "phone", "PUT", "/v1/sales/A", with_text("phone", 41));
    expect(400, "bad_field", "exchange", "PUT", "/v1/sales/A", with_text("exchange", 200));
}

static const char *with_lines(int count)
{
    char *at = text + sprintf(text, "{\"lines\":[");

    for (int i = 1; i <= count; i++)
        at += sprintf(at, "%s{\"line\":%d,\"sku\":\"A\",\"qty_milli\":1000,\"unit_price_minor\":500}",
                      i > 1 ? "," : "", i);
    (void)strcpy(at, "]}");
    return text;
}

Test(api_limits, of_lines)
{
    expect(200, "", "", "PUT", "/v1/sales/A", with_lines(1000));
    expect(400, "bad_field", "1000 lines", "PUT", "/v1/sales/A", with_lines(1001));
    expect(400, "bad_field", "1000 lines", "PUT", "/v1/sales/B", with_lines(1001));
    expect(404, "no_sale", "", "GET", "/v1/sales/B", NULL);
}

static const char *with_tenders(int count)
{
    char *at = text + sprintf(text, "{\"tenders\":[");

    for (int i = 0; i < count; i++)
        at += sprintf(at, "%s\"cash\"", i > 0 ? "," : "");
    (void)strcpy(at, "]}");
    return text;
}

Test(api_limits, of_tenders)
{
    expect(200, "", "", "PUT", "/v1/sales/A", ONE_LINE);
    expect(200, "", "", "POST", "/v1/sales/A/tender", with_tenders(16));
    expect(400, "bad_field", "16", "POST", "/v1/sales/A/tender", with_tenders(17));
}

/* Lists in lists in "lines", so many deep with the body itself. */
static const char *with_depth(int depth)
{
    char *at = fill(text + sprintf(text, "{\"lines\":[],\"deep\":"), '[', (size_t)depth - 1);

    (void)strcpy(fill(at, ']', (size_t)depth - 1), "}");
    return text;
}

Test(api_limits, of_depth)
{
    expect(200, "", "", "PUT", "/v1/sales/A", with_depth(32));
    expect(400, "bad_json", "", "PUT", "/v1/sales/A", with_depth(33));
    expect(400, "bad_json", "", "PUT", "/v1/sales/A", with_depth(10000));
}

Test(api_limits, of_numbers)
{
    static const char *const values[] = {"1000000000001", "-1", "1.5", "1e400", "9223372036854775808", "\"5\""};

    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        (void)snprintf(text, sizeof text,
                       "{\"lines\":[{\"line\":1,\"sku\":\"A\",\"qty_milli\":1000,\"unit_price_minor\":%s}]}",
                       values[i]);
        expect(400, "bad_field", "unit_price_minor", "PUT", "/v1/sales/A", text);
    }
    expect(404, "no_sale", "", "GET", "/v1/sales/A", NULL);
}

Test(api_limits, of_names_of_sales_and_returns)
{
    char path[400], *at = path + sprintf(path, "/v1/sales/");

    (void)fill(at, 'A', 64);
    expect(200, "", "", "PUT", path, ONE_LINE);
    (void)fill(at, 'A', 65);
    expect(400, "bad_field", "id", "PUT", path, ONE_LINE);
    (void)fill(at, 'A', 300);
    expect(400, "bad_field", "id", "PUT", path, ONE_LINE);
    expect(400, "bad_field", "id", "PUT", "/v1/sales/a%20b", ONE_LINE);
    at = text + sprintf(text, "{\"return_id\":\"");
    (void)strcpy(fill(at, 'R', 65), "\"}");
    expect(400, "bad_field", "return_id", "POST", "/v1/returns", text);
}

Test(api_limits, of_typed_codes)
{
    char *at = text + sprintf(text, "{\"text\":\"");

    (void)strcpy(fill(at, 'x', 512), "\"}");
    expect(200, "", "", "POST", "/v1/scans", text);
    (void)strcpy(fill(at, 'x', 513), "\"}");
    expect(400, "bad_field", "text", "POST", "/v1/scans", text);
    expect(400, "bad_field", "text", "POST", "/v1/scans", "{\"text\":\"\"}");
    (void)fill(text, ' ', API_SMALL_BODY_MAX + 1);
    expect(413, "too_large", "", "POST", "/v1/scans", text);
}

Test(api_limits, of_reasons)
{
    char *at = text + sprintf(text, "{\"reason\":\"");

    expect(200, "", "", "PUT", "/v1/sales/A", ONE_LINE);
    (void)strcpy(fill(at, 'x', 201), "\"}");
    expect(400, "bad_field", "reason", "POST", "/v1/sales/A/void", text);
    (void)strcpy(fill(at, 'x', 200), "\"}");
    expect(200, "", "", "POST", "/v1/sales/A/void", text);
}

/* ---- of all programs ---- */

static int answered(const struct raw *raw, const char *status)
{
    const char *at = strbuf_text(&raw->got);
    int count = 0;

    for (; (at = strstr(at, status)); at++)
        count++;
    return count;
}

/* Sends so many requests over one connection and reads all answers. */
static void ask(struct raw *raw, int count)
{
    static const char one[] = "GET /v1/sales/none HTTP/1.1\r\nHost: localhost\r\n\r\n";
    static const char last[] = "GET /v1/sales/none HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    size_t len = strlen(one);
    char *all = malloc(len * (size_t)count + sizeof last);

    cr_assert_not_null(all);
    for (int i = 0; i < count - 1; i++)
        memcpy(all + (size_t)i * len, one, len);
    memcpy(all + (size_t)(count - 1) * len, last, sizeof last);
    raw_open(raw, &shop, all);
    (void)raw_wait(raw, &shop, "no such text: it ends with the connection");
    free(all);
}

Test(api_limits, of_requests_in_a_second, .timeout = 60)
{
    struct raw raw;
    int over = 0, served = 0;

    /* However slow this machine is, it is refilled with 500 in a second: so many rounds outrun that. */
    for (int round = 0; round < 40 && over == 0; round++) {
        ask(&raw, 250);
        over += answered(&raw, "HTTP/1.1 429 ");
        served += answered(&raw, "HTTP/1.1 404 ");
        if (over > 0) {
            cr_expect(strstr(strbuf_text(&raw.got), "\"too_often\"") &&
                      strstr(strbuf_text(&raw.got), "Retry-After: 1"));
            cr_expect_eq(answered(&raw, "HTTP/1.1 "), 250, "each is answered");
        }
        raw_close(&raw);
    }
    cr_expect_gt(over, 0, "%d were served", served);
    cr_expect_geq(served, API_REQUESTS_BURST, "as many at once as is said");
    for (int64_t until_ns = clock_measure_ns() + INT64_C(1100000000); clock_measure_ns() < until_ns;)
        loop_step(shop.loop, 100);
    expect(404, "no_sale", "", "GET", "/v1/sales/none", NULL);
}

Test(api_limits, of_connections_of_one_program)
{
    struct raw raw[API_PEER_CONNECTIONS_MAX + 8];
    size_t count = sizeof raw / sizeof raw[0], left = 0;

    for (size_t i = 0; i < count; i++)
        raw_open(&raw[i], &shop, "GET /v1/health HTTP/1.1\r\nHo");
    for (int turn = 0; turn < 200; turn++)
        loop_step(shop.loop, 1);
    for (size_t i = 0; i < count; i++) {
        char c;

        left += recv(raw[i].fd, &c, 1, MSG_DONTWAIT) < 0;
    }
    cr_expect_eq(left, (size_t)API_PEER_CONNECTIONS_MAX, "%zu are left", left);
    expect(404, "no_sale", "", "GET", "/v1/sales/none", NULL); /* whoever asks whole requests is served */
    for (size_t i = 0; i < count; i++)
        raw_close(&raw[i]);
}
