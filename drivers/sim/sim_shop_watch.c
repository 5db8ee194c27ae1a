/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/base/clock.h"
#include "agent/base/json.h"
#include "drivers/sim/sim_shop.h"

#include <cjson/cJSON.h>

#include <stdio.h>
#include <string.h>

static const char *text_of(const cJSON *object, const char *name)
{
    const char *text = "";

    (void)json_text(object, name, SIM_CLIENT_BODY_MAX, &text, NULL);
    return text;
}

static bool has_notice(const cJSON *sale, const char *name)
{
    const cJSON *notice;

    cJSON_ArrayForEach(notice, cJSON_GetObjectItemCaseSensitive(sale, "notices"))
    {
        if (strcmp(text_of(notice, "name"), name) == 0)
            return true;
    }
    return false;
}

static void see_sale(struct shop_watch *watch, const cJSON *sale, int64_t at_ns)
{
    if (strcmp(text_of(sale, "sale_id"), watch->sale_id) != 0)
        return;
    (void)snprintf(watch->state, sizeof watch->state, "%s", text_of(sale, "state"));
    if (text_of(sale, "card")[0] != '\0' && watch->card_ns == 0)
        watch->card_ns = at_ns;
    watch->asking = has_notice(sale, "card_asking");
    watch->unknown = has_notice(sale, "card_unknown");
}

static void see_misread(struct shop_watch *watch)
{
    watch->misread_count++;
    watch->misread_ns = clock_measure_ns();
}

static void see_scan(struct shop_watch *watch, const cJSON *scan, int64_t at_ns)
{
    if (watch->code[0] != '\0' && strcmp(text_of(scan, "text"), watch->code) == 0)
        watch->code_ns = at_ns;
    if (strcmp(text_of(scan, "kind"), "misread") == 0)
        see_misread(watch);
}

void shop_on_event(void *context, const char *name, const char *json, size_t len, int64_t at_ns)
{
    struct shop *shop = context;
    struct cJSON *tree = NULL;

    if (json_parse(json, len, SIM_CLIENT_BODY_MAX, &tree, NULL) != ST_OK) {
        shop_count_problem(&shop->report, "event_unreadable");
        return;
    }
    if (strcmp(name, "sale") == 0) {
        see_sale(&shop->watch, tree, at_ns);
    } else if (strcmp(name, "scan") == 0) {
        see_scan(&shop->watch, tree, at_ns);
    } else if (strcmp(name, "notice") == 0) {
        shop_count_problem(&shop->report, text_of(tree, "name"));
        if (strcmp(text_of(tree, "name"), "scan_unreadable") == 0)
            see_misread(&shop->watch);
    }
    json_free(tree);
}

void shop_watch_sale(struct shop *shop, const char *id)
{
    const struct shop_watch before = shop->watch;

    shop->watch = (struct shop_watch){.misread_count = before.misread_count, .misread_ns = before.misread_ns};
    (void)snprintf(shop->watch.sale_id, sizeof shop->watch.sale_id, "%s", id);
}

bool shop_wait(struct shop *shop, bool (*arrived)(const struct shop_watch *watch), int64_t wait_ms)
{
    int64_t due_ns = clock_measure_ns() + wait_ms * 1000000, left_ms;
    bool listened = sim_client_is_listening(shop->client);

    while (!arrived(&shop->watch)) {
        left_ms = (due_ns - clock_measure_ns()) / 1000000;
        if (left_ms <= 0 || shop_is_stopped(shop))
            return false;
        (void)sim_client_wait(shop->client, -1, left_ms);
        if (listened && !sim_client_is_listening(shop->client))
            return arrived(&shop->watch);
        listened = sim_client_is_listening(shop->client);
    }
    return true;
}

bool shop_has_card(const struct shop_watch *watch)
{
    return watch->card_ns > 0;
}

bool shop_card_settled(const struct shop_watch *watch)
{
    return watch->card_ns > 0 && !watch->asking;
}

bool shop_has_code(const struct shop_watch *watch)
{
    return watch->code_ns > 0;
}

bool shop_has_printed(const struct shop_watch *watch)
{
    return strncmp(watch->state, "print", 5) == 0;
}
