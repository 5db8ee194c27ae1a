/* SPDX-License-Identifier: Apache-2.0 */
/* The metrics: well-formed, of the right value, and with nobody's name in them. */
#include "shop.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

static struct shop shop;

static void open_shop(void)
{
    shop_open(&shop);
}

static void close_shop(void)
{
    shop_close(&shop);
}

TestSuite(api_metrics, .init = open_shop, .fini = close_shop);

/* The body of GET /metrics; free() it. */
static char *read_metrics(void)
{
    struct raw raw;
    const char *body;
    char *copy;

    raw_open(&raw, &shop, "GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    (void)raw_wait(&raw, &shop, "never"); /* to its end */
    cr_expect_not_null(strstr(strbuf_text(&raw.got), "application/openmetrics-text; version=1.0.0"));
    body = strstr(strbuf_text(&raw.got), "\r\n\r\n");
    cr_assert_not_null(body);
    copy = strdup(body + 4);
    raw_close(&raw);
    return copy;
}

/* The value of a metric without labels; -1 when it is not there. */
static double value_of(const char *metrics, const char *name)
{
    char wanted[96];
    const char *at;

    snprintf(wanted, sizeof wanted, "\n%s ", name);
    at = strstr(metrics, wanted);
    return at ? strtod(at + strlen(wanted), NULL) : -1;
}

static void put_sale(const char *id, bool commit)
{
    char path[64];

    snprintf(path, sizeof path, "/v1/sales/%s", id);
    cr_assert_eq(shop_call(&shop, "PUT", path,
                           "{\"lines\":[{\"line\":1,\"sku\":\"Z\",\"qty_milli\":1000,\"unit_price_minor\":500}]}",
                           NULL),
                 200);
    snprintf(path, sizeof path, "/v1/sales/%s/commit", id);
    if (commit)
        cr_assert_eq(shop_call(&shop, "POST", path, "{\"expected_total_minor\":500}", NULL), 200);
}

Test(api_metrics, tell_what_the_health_tells)
{
    char *metrics;
    cJSON *health;

    put_sale("M-1", true);
    put_sale("M-2", false);
    metrics = read_metrics();
    cr_assert_eq(shop_call(&shop, "GET", "/v1/health", NULL, &health), 200);
    const cJSON *till = cJSON_GetObjectItemCaseSensitive(health, "till");

    cr_expect_eq((int64_t)value_of(metrics, "loyald_open_sales"), 1);
    cr_expect_eq((int64_t)value_of(metrics, "loyald_records_total"), shop_number(till, "records"));
    cr_expect_eq((int64_t)value_of(metrics, "loyald_unsynced_records"), shop_number(till, "unsynced"));
    cr_expect_geq((int64_t)value_of(metrics, "loyald_unsynced_sales"), 1);
    cr_expect_eq((int64_t)value_of(metrics, "loyald_start_time_seconds"),
                 shop_number(health, "started_unix_ms") / 1000);
    cr_expect_not_null(strstr(metrics, "loyald_build_info{version=\"0."));
    cJSON_Delete(health);
    free(metrics);
}

/* Every line is a comment or "name value" or "name{labels} value", each name announced, "# EOF" last and once. */
Test(api_metrics, are_well_formed)
{
    char *metrics = read_metrics(), *rest, *line, type[96] = "";

    cr_expect_not_null(strstr(metrics, "\n# EOF\n"));
    for (line = strtok_r(metrics, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
        char name[96] = "";

        if (sscanf(line, "# TYPE %95s", name) == 1) {
            snprintf(type, sizeof type, "%s", name);
            continue;
        }
        if (line[0] == '#') {
            cr_expect(strcmp(line, "# EOF") == 0 || strncmp(line, "# HELP ", 7) == 0, "%s", line);
            continue;
        }
        cr_expect_eq(sscanf(line, "%95[a-z0-9_]", name), 1, "%s", line);
        cr_expect_eq(strncmp(name, type, strlen(type)), 0, "%s was announced as %s", line, type);
        cr_expect(isdigit((unsigned char)line[strlen(line) - 1]), "%s", line);
    }
    free(metrics);
}

Test(api_metrics, are_closed_to_strangers)
{
    static const char *const none[] = {NULL};

    cr_expect_eq(shop_call_tcp(&shop, "/metrics", none), 401);
}
