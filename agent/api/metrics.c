/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GET /metrics: the health of the till as OpenMetrics text, for Prometheus and its kin. It is made from what GET
 * /v1/health says, by a table, so the two cannot tell different stories. No label names a member, a card or a
 * cashier.
 */
#include "agent/api/api_internal.h"

#include "agent/base/json.h"
#include "agent/till/till.h"

#include <cjson/cJSON.h>

#include <inttypes.h>
#include <string.h>

enum { METRICS_MAX = 64 * 1024, PATH_PARTS = 4 };

#define METRICS_TYPE "application/openmetrics-text; version=1.0.0; charset=utf-8"

struct metric {
    const char *name; /* without "loyald_" */
    const char *type; /* "gauge", "counter" */
    const char *help;
    const char *path[PATH_PARTS + 1];
    int digits; /* the value is divided by 10 to the power of this: ms to seconds is 3 */
};

static const struct metric metrics[] = {
    {"start_time_seconds", "gauge", "Unix time of the start.", {"started_unix_ms"}, 3},
    {"enrolled", "gauge", "Whether the till is one of a chain.", {"till", "enrolled"}, 0},
    {"open_sales", "gauge", "Sales that are open now.", {"till", "open_sales"}, 0},
    {"records", "counter", "Records in the journal.", {"till", "records"}, 0},
    {"unsynced_records", "gauge", "Records that the central has not acknowledged.", {"till", "unsynced"}, 0},
    {"unsynced_sales", "gauge", "Sales among these.", {"till", "unsynced_sales"}, 0},
    {"uncounted_records", "gauge", "Records that the central's balances do not count yet.", {"till", "uncounted"}, 0},
    {"members", "gauge", "Members known here.", {"till", "members"}, 0},
    {"scan_faults", "counter", "Scans that could not be read.", {"till", "scan_faults"}, 0},
    {"link_up", "gauge", "Whether the central is reached.", {"till", "link", "up"}, 0},
    {"link_change_time_seconds",
     "gauge",
     "Unix time since which the link is as it is.",
     {"till", "link", "since_unix_ms"},
     3},
    {"courier_forked", "gauge", "Whether the central knows another history of this till.", {"courier", "forked"}, 0},
    {"rules_version", "gauge", "Version of the rules sold by.", {"till", "rules", "version"}, 0},
    {"rules_promotions", "gauge", "Promotions in these rules.", {"till", "rules", "promotions"}, 0},
    {"rules_change_time_seconds",
     "gauge",
     "Unix time since which they are sold by.",
     {"till", "rules", "since_unix_ms"},
     3},
    {"rules_confirmed_until_seconds",
     "gauge",
     "Unix time until which the central confirmed these rules.",
     {"till", "rules", "trust", "expires_unix_ms"},
     3},
    {"scan_answers", "counter", "Cards answered.", {"till", "scan_to_answer", "count"}, 0},
    {"scan_answer_p50_seconds",
     "gauge",
     "Scan to answer, median of the last.",
     {"till", "scan_to_answer", "p50_us"},
     6},
    {"scan_answer_p99_seconds", "gauge", "Scan to answer, 99th percentile.", {"till", "scan_to_answer", "p99_us"}, 6},
    {"scan_answer_max_seconds", "gauge", "Scan to answer, the slowest.", {"till", "scan_to_answer", "max_us"}, 6},
    {"watchers_cut", "counter", "Watchers of the events cut, since they fell behind.", {"watchers_cut"}, 0},
};

static const cJSON *follow(const cJSON *at, const char *const *path)
{
    for (; at && *path; path++)
        at = cJSON_GetObjectItemCaseSensitive(at, *path);
    return at;
}

/* A whole number with its point moved, in integers. */
static void write_value(struct strbuf *out, int64_t value, int digits)
{
    int64_t unit = 1;

    for (int i = 0; i < digits; i++)
        unit *= 10;
    if (digits == 0)
        strbuf_printf(out, " %" PRId64 "\n", value);
    else
        strbuf_printf(out, " %" PRId64 ".%0*" PRId64 "\n", value / unit, digits, value % unit);
}

static void write_metric(struct strbuf *out, const struct metric *metric, const cJSON *health)
{
    const cJSON *item = follow(health, metric->path);
    int64_t value = cJSON_IsTrue(item);

    if (!item || (!cJSON_IsBool(item) && json_value_int(item, 0, JSON_INT_MAX, &value) != ST_OK))
        return; /* not known: no value is better than a wrong one */
    strbuf_printf(out, "# TYPE loyald_%s %s\n# HELP loyald_%s %s\nloyald_%s%s", metric->name, metric->type,
                  metric->name, metric->help, metric->name, strcmp(metric->type, "counter") == 0 ? "_total" : "");
    write_value(out, value, metric->digits);
}

/* Names of devices come from the settings; what could end a label is left out of it. */
static void write_label(struct strbuf *out, const cJSON *device, const char *name)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(device, name);
    const char *text = cJSON_IsString(item) ? item->valuestring : "";

    strbuf_printf(out, "%s=\"", name);
    for (; *text != '\0'; text++)
        if (*text != '"' && *text != '\\' && (unsigned char)*text >= ' ')
            strbuf_printf(out, "%c", *text);
    strbuf_printf(out, "\"");
}

static void write_devices(struct strbuf *out, const cJSON *health)
{
    const cJSON *device;

    strbuf_printf(out, "# TYPE loyald_device_up gauge\n# HELP loyald_device_up Whether the device is ready.\n");
    cJSON_ArrayForEach(device, cJSON_GetObjectItemCaseSensitive(health, "devices"))
    {
        const cJSON *state = cJSON_GetObjectItemCaseSensitive(device, "state");

        strbuf_printf(out, "loyald_device_up{");
        write_label(out, device, "kind");
        strbuf_printf(out, ",");
        write_label(out, device, "name");
        strbuf_printf(out, "} %d\n", cJSON_IsString(state) && strcmp(state->valuestring, "ready") == 0);
    }
}

static void write_build(struct strbuf *out, const cJSON *health)
{
    strbuf_printf(out, "# TYPE loyald_build info\n# HELP loyald_build What runs.\nloyald_build_info{");
    write_label(out, health, "version");
    strbuf_printf(out, "} 1\n");
}

void api_metrics(void *context, struct http_request *request)
{
    struct api *api = context;
    struct strbuf text = STRBUF_INIT(TILL_ANSWER_MAX), out = STRBUF_INIT(METRICS_MAX);
    struct json_writer w = JSON_WRITER_INIT(&text);
    struct errmsg err = ERRMSG_INIT;
    cJSON *health = NULL;
    enum status st;

    api_write_health(api, &w);
    st = strbuf_status(&text);
    if (st == ST_OK)
        st = json_parse(text.data, text.len, TILL_ANSWER_MAX, &health, &err);
    if (st == ST_OK) {
        write_build(&out, health);
        for (size_t i = 0; i < sizeof metrics / sizeof metrics[0]; i++)
            write_metric(&out, &metrics[i], health);
        write_devices(&out, health);
        strbuf_printf(&out, "# EOF\n");
        st = strbuf_status(&out);
    }
    if (st == ST_OK)
        http_answer(request, 200, METRICS_TYPE, out.data, out.len);
    else
        api_answer_problem(api, request, PROBLEM_INTERNAL, err.text[0] != '\0' ? err.text : status_text(st));
    json_free(health);
    strbuf_free(&text);
    strbuf_free(&out);
}
