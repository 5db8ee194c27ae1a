/* SPDX-License-Identifier: Apache-2.0 */
/* Those who watch: in order, bounded, and never in the way of a sale. */
#include "shop.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

#define WATCH "GET /v1/events HTTP/1.1\r\nHost: localhost\r\n\r\n"

static struct shop shop;
static loop_timer_fn *beat; /* of the hub, so that no test waits 15 s for it */

enum status __real_loop_timer_create(struct loop *loop, loop_timer_fn *fn, void *context, struct loop_timer **out);
enum status __wrap_loop_timer_create(struct loop *loop, loop_timer_fn *fn, void *context, struct loop_timer **out);
enum status __wrap_loop_timer_create(struct loop *loop, loop_timer_fn *fn, void *context, struct loop_timer **out)
{
    if (!shop.hub && shop.rulebook && !beat)
        beat = fn; /* the first timer after the rulebook is the hub's */
    return __real_loop_timer_create(loop, fn, context, out);
}

static void open_shop(void)
{
    beat = NULL;
    shop.has_printer = true;
    shop_open(&shop);
}

static void close_shop(void)
{
    shop_close(&shop);
}

TestSuite(api_events, .init = open_shop, .fini = close_shop);

static void scan(const char *code)
{
    struct till_scan one = {
        .symbology = "]E0", .text = code, .len = strlen(code), .device = "test", .received_ns = clock_measure_ns()};

    till_scanned(shop.till, &one);
}

static void put_basket(const char *path)
{
    cJSON *answer;

    cr_assert_eq(shop_call(&shop, "PUT", path,
                           "{\"lines\":[{\"line\":1,\"sku\":\"A\",\"qty_milli\":1000,\"unit_price_minor\":500}]}",
                           &answer),
                 200);
    cJSON_Delete(answer);
}

Test(api_events, come_in_order_with_numbers)
{
    struct raw raw;
    const char *hello, *sale, *read, *notice;

    scan(SHOP_CARD); /* before anybody watches: a card that waits, and its scan */
    raw_open(&raw, &shop, WATCH);
    cr_assert(raw_wait(&raw, &shop, "event: hello\n"));
    cr_assert(raw_wait(&raw, &shop, "\"last_id\":2}\n"), "%s", strbuf_text(&raw.got));
    put_basket("/v1/sales/A");
    scan("4601234567893");
    till_scan_fault(shop.till, "test", "half a frame");
    cr_assert(raw_wait(&raw, &shop, "event: notice\n"));
    cr_assert(raw_wait(&raw, &shop, "half a frame"));
    hello = strstr(strbuf_text(&raw.got), "event: hello\n");
    sale = strstr(strbuf_text(&raw.got), "id: 3\nevent: sale\ndata: {\"sale_id\":\"A\"");
    read = strstr(strbuf_text(&raw.got), "id: 4\nevent: scan\ndata: {\"kind\":\"code\"");
    notice = strstr(strbuf_text(&raw.got), "id: 5\nevent: notice\ndata: {\"code\":\"L-311\"");
    cr_expect(hello && sale && read && notice, "%s", strbuf_text(&raw.got));
    cr_expect(hello < sale && sale < read && read < notice);
    cr_expect_not_null(strstr(strbuf_text(&raw.got), "text/event-stream"));
    raw_close(&raw);
}

Test(api_events, a_card_is_shown_masked)
{
    struct raw raw;

    raw_open(&raw, &shop, WATCH);
    cr_assert(raw_wait(&raw, &shop, "event: hello"));
    put_basket("/v1/sales/A");
    scan(SHOP_CARD);
    cr_assert(raw_wait(&raw, &shop, "\"kind\":\"card\""));
    cr_assert(raw_wait(&raw, &shop, "\"tier\":\"gold\""));
    cr_expect_null(strstr(strbuf_text(&raw.got), SHOP_CARD));
    raw_close(&raw);
}

Test(api_events, the_end_of_a_print_is_told)
{
    struct raw raw;
    cJSON *answer;

    raw_open(&raw, &shop, WATCH);
    cr_assert(raw_wait(&raw, &shop, "event: hello"));
    put_basket("/v1/sales/A");
    cr_assert_eq(shop_call(&shop, "POST", "/v1/sales/A/commit", "{}", &answer), 200);
    cJSON_Delete(answer);
    shop.printed(shop.printed_context, shop.job_id, TILL_PRINT_FAILED, "out of paper");
    cr_expect(raw_wait(&raw, &shop,
                       "event: print\ndata: {\"sale_id\":\"A\",\"state\":\"failed\",\"reason\":\"out of paper\""));
    cr_expect(raw_wait(&raw, &shop, "\"state\":\"print_failed\""));
    raw_close(&raw);
}

Test(api_events, a_quiet_watcher_hears_a_heartbeat)
{
    struct raw raw;

    raw_open(&raw, &shop, WATCH);
    cr_assert(raw_wait(&raw, &shop, "event: hello"));
    cr_assert_not_null(beat);
    beat(shop.hub);
    cr_expect(raw_wait(&raw, &shop, ": still here\n\n"));
    raw_close(&raw);
}

Test(api_events, no_more_watch_than_stated)
{
    struct raw raw[HUB_WATCHERS_MAX];
    cJSON *answer;

    for (int i = 0; i < HUB_WATCHERS_MAX; i++) {
        raw_open(&raw[i], &shop, WATCH);
        cr_assert(raw_wait(&raw[i], &shop, "event: hello"));
    }
    cr_expect_eq(shop_call(&shop, "GET", "/v1/events", NULL, &answer), 503);
    cr_expect_str_eq(shop_text(answer, "name"), "busy");
    cr_expect_not_null(strstr(shop_text(answer, "detail"), "16"));
    cJSON_Delete(answer);
    raw_close(&raw[0]); /* its place is free once the server has seen it go */
    while (hub_watcher_count(shop.hub) == HUB_WATCHERS_MAX)
        loop_step(shop.loop, 1000);
    raw_open(&raw[0], &shop, WATCH);
    cr_expect(raw_wait(&raw[0], &shop, "event: hello"));
    for (int i = 0; i < HUB_WATCHERS_MAX; i++)
        raw_close(&raw[i]);
}

Test(api_events, one_that_falls_behind_is_cut_and_nobody_else)
{
    struct till_watcher talk = hub_watcher(shop.hub);
    struct raw slow, quick;
    char json[32 * 1024], mark[64];
    int told = 0;

    raw_open(&slow, &shop, WATCH);
    cr_assert(raw_wait(&slow, &shop, "event: hello"));
    raw_open(&quick, &shop, WATCH);
    cr_assert(raw_wait(&quick, &shop, "event: hello"));
    memset(json, 'x', sizeof json);
    json[0] = json[sizeof json - 1] = '"';
    while (hub_cut_count(shop.hub) == 0 && told < 1000) { /* slow does not read: socket, then buffer fill up */
        talk.event(talk.watcher, "notice", json, sizeof json);
        snprintf(mark, sizeof mark, "id: %d\n", ++told);
        cr_assert(raw_wait(&quick, &shop, mark));
    }
    cr_expect_eq(hub_cut_count(shop.hub), 1);
    cr_expect_geq((size_t)told * sizeof json, (size_t)HUB_BUFFER_MAX, "not before its bound");
    put_basket("/v1/sales/A");
    cr_expect(raw_wait(&quick, &shop, "event: sale"), "the other one still watches");
    cr_expect_not(raw_wait(&slow, &shop, "event: sale"), "the slow one's connection has ended");
    cr_expect_eq(hub_watcher_count(shop.hub), 1);
    raw_close(&slow);
    raw_close(&quick);
}

Test(api_events, one_that_is_cut_hears_and_counts_no_more)
{
    struct till_watcher talk = hub_watcher(shop.hub);
    char json[32 * 1024];
    struct raw raw;

    raw_open(&raw, &shop, WATCH);
    cr_assert(raw_wait(&raw, &shop, "event: hello"));
    memset(json, 'x', sizeof json);
    json[0] = json[sizeof json - 1] = '"';
    for (int i = 0; i < 20; i++) /* in one turn of the loop: nothing leaves meanwhile */
        talk.event(talk.watcher, "notice", json, sizeof json);
    cr_expect_eq(hub_cut_count(shop.hub), 1);
    cr_expect_not(raw_wait(&raw, &shop, "id: 20\n"));
    while (hub_watcher_count(shop.hub) > 0)
        loop_step(shop.loop, 1000);
    raw_close(&raw);
    raw_open(&raw, &shop, WATCH);
    cr_expect(raw_wait(&raw, &shop, "\"last_id\":20}"), "it may come again");
    raw_close(&raw);
}

Test(api_events, a_large_sale_cuts_nobody)
{
    struct strbuf body = STRBUF_INIT(TILL_BODY_MAX);
    struct raw raw;
    cJSON *answer;

    raw_open(&raw, &shop, WATCH);
    cr_assert(raw_wait(&raw, &shop, "event: hello"));
    strbuf_puts(&body, "{\"lines\":[");
    for (int i = 1; i <= 1000; i++)
        strbuf_printf(&body, "%s{\"line\":%d,\"sku\":\"A%d\",\"qty_milli\":1000,\"unit_price_minor\":%d}",
                      i == 1 ? "" : ",", i, i, 100 + i);
    strbuf_puts(&body, "]}");
    cr_assert_eq(strbuf_status(&body), ST_OK);
    cr_expect_eq(shop_call_bytes(&shop, "PUT", "/v1/sales/A", body.data, body.len, &answer), 200);
    cr_expect_not_null(cJSON_GetObjectItemCaseSensitive(answer, "result"));
    cJSON_Delete(answer);
    cr_expect(raw_wait(&raw, &shop, "\"result_left_out\":true"));
    cr_expect_eq(hub_cut_count(shop.hub), 0);
    raw_close(&raw);
    strbuf_free(&body);
}

Test(api_events, watchers_end_with_the_api)
{
    struct raw raw;

    raw_open(&raw, &shop, WATCH);
    cr_assert(raw_wait(&raw, &shop, "event: hello"));
    api_destroy(shop.api);
    shop.api = NULL;
    cr_expect_eq(hub_watcher_count(shop.hub), 0);
    cr_expect_not(raw_wait(&raw, &shop, "never"));
    scan(SHOP_CARD); /* talks to nobody */
    raw_close(&raw);
}
