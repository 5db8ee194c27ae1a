/* SPDX-License-Identifier: Apache-2.0 */
#include "sync/central/fleet.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "agent/base/json.h"
#include "agent/base/plural.h"
#include "sync/central/device.h"
#include "sync/central/rollout.h"

enum {
    SILENT_WARN_S = 26 * 3600, /* a night and a late opening are no silence */
    SILENT_BAD_S = 72 * 3600,
    OLDEST_WARN_S = 3600, /* told over a link that stands, so something holds it up */
    OLDEST_BAD_S = 24 * 3600,
    SKEW_WARN_MS = 5 * 60 * 1000,
    CERT_WARN_DAYS = 45, /* a renewal is due with 60 to 50 days left */
    CERT_BAD_DAYS = 7,
};

/* One till as it is judged. */
struct look {
    int level;
    struct strbuf why;
};

__attribute__((format(printf, 3, 4))) static void find(struct look *look, int level, const char *format, ...)
{
    char text[200];
    va_list args;

    va_start(args, format);
    (void)vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    if (level > look->level)
        look->level = level;
    strbuf_printf(&look->why, "%s%s", look->why.len > 0 ? "; " : "", text);
}

/* Above 0: beyond a bound. */
static int level_of(int64_t value, int64_t warn, int64_t bad)
{
    return value >= bad ? 2 : value >= warn ? 1 : 0;
}

/* "2 ready", or the first that is not. */
static void judge_devices(const struct cJSON *told, struct look *look, struct json_writer *w)
{
    const struct cJSON *list = NULL, *one;
    char text[64];
    int ready = 0;

    (void)json_array(told, "devices", &list, NULL);
    cJSON_ArrayForEach(one, list)
    {
        const char *state = "", *kind = "device";

        (void)json_text(one, "state", 32, &state, NULL);
        (void)json_text(one, "kind", 32, &kind, NULL);
        if (strcmp(state, "ready") == 0)
            ready++;
        else
            find(look, 1, "%s %s", kind, state);
    }
    (void)snprintf(text, sizeof(text), "%d ready", ready);
    jw_field_text(w, "devices", text);
}

static void judge_told(const struct rows *rows, const struct cJSON *told, int64_t now_us, struct look *look,
                       struct json_writer *w)
{
    int64_t queue = 0, oldest_ms = 0, oldest_s = 0, told_us = rows_int(rows, 9), skew_ms = rows_int(rows, 10);

    (void)json_int(told, "queue", 0, JSON_INT_MAX, &queue, NULL);
    (void)json_int(told, "oldest_unix_ms", 0, JSON_INT_MAX, &oldest_ms, NULL);
    if (queue > 0 && oldest_ms > 0) /* by the till's own clock, as it was when it told */
        oldest_s = (told_us / 1000 + skew_ms - oldest_ms) / 1000;
    jw_field_int(w, "queue", queue);
    jw_field_int(w, "oldest_s", oldest_s > 0 ? oldest_s : 0);
    jw_field_int(w, "skew_ms", skew_ms);
    if (level_of(oldest_s, OLDEST_WARN_S, OLDEST_BAD_S))
        find(look, level_of(oldest_s, OLDEST_WARN_S, OLDEST_BAD_S),
             "%" PRId64 " %s, the oldest %" PRId64 " h", queue,
             plural(queue, "record waits", "records wait"), oldest_s / 3600);
    if (skew_ms >= SKEW_WARN_MS || skew_ms <= -SKEW_WARN_MS)
        find(look, 1, "its clock is %" PRId64 " s %s", (skew_ms < 0 ? -skew_ms : skew_ms) / 1000,
             skew_ms < 0 ? "behind" : "ahead");
    if (told_us == 0)
        find(look, now_us - rows_int(rows, 8) > INT64_C(3600000000) ? 1 : 0, "has not told how it is");
    judge_devices(told, look, w);
}

static void judge_link(struct central *central, const struct rows *rows, int64_t now_us, struct look *look,
                       struct json_writer *w)
{
    int64_t silent_s = (now_us - rows_int(rows, 8)) / 1000000, days = rows_int(rows, 7) - now_us;
    bool current = strcmp(rows_text(rows, 12), central->ca_bundle_id) == 0 &&
                   strcmp(rows_text(rows, 13), central->ca_key_id) == 0;

    days = days > 0 ? days / INT64_C(86400000000) : -1;
    jw_field_int(w, "silent_s", silent_s);
    jw_field_int(w, "cert_days", days);
    jw_field_bool(w, "authority", current);
    if (rows_int(rows, 11) > 0)
        find(look, 2, "its history splits at record %" PRId64 ": copied or put back", rows_int(rows, 11));
    if (level_of(silent_s, SILENT_WARN_S, SILENT_BAD_S))
        find(look, level_of(silent_s, SILENT_WARN_S, SILENT_BAD_S), "silent for %" PRId64 " h", silent_s / 3600);
    if (days < CERT_WARN_DAYS)
        find(look, days < CERT_BAD_DAYS ? 2 : 1, days < 0 ? "certificate has ended" : "certificate not renewed");
    if (central->ca_old_pem[0] && !current)
        find(look, 1, "not under the new authority yet");
}

static void write_till(struct central *central, const struct rows *rows, struct json_writer *w, int *worst)
{
    static const char *const texts[] = {"dev", "chain", "store", "till", "version"};
    struct look look = {.why = STRBUF_INIT(2048)};
    int64_t now_us = central_now_us(central);
    const char *told_text = rows_text(rows, 14);
    struct cJSON *told = NULL;
    char ring[ID_BYTES];

    (void)rollout_ring_of(central, rows_text(rows, 1), rows_text(rows, 2), rows_text(rows, 0), ring, NULL);
    (void)json_parse(told_text, strlen(told_text), DEVICE_TOLD_MAX, &told,
                     NULL); /* checked when it came; "" is none */
    jw_object_begin(w);
    for (int i = 0; i < 5; i++)
        jw_field_text(w, texts[i], rows_text(rows, i));
    jw_field_int(w, "rules", rows_int(rows, 5));
    jw_field_int(w, "rules_newest", rows_int(rows, 6));
    jw_field_text(w, "ring", ring);
    judge_link(central, rows, now_us, &look, w);
    judge_told(rows, told, now_us, &look, w);
    jw_field_int(w, "level", look.level);
    jw_field_text(w, "why", strbuf_text(&look.why));
    if (told)
        jw_field_raw(w, "told", told_text, strlen(told_text));
    jw_object_end(w);
    if (look.level > *worst)
        *worst = look.level;
    json_free(told);
    strbuf_free(&look.why);
}

enum status fleet_report(struct central *central, struct json_writer *w, struct errmsg *err)
{
    struct rows *rows;
    int worst = 0;
    enum status st = store_select(central->store, STATEMENT_DEVICE_FLEET, NULL, 0, &rows, err);

    if (st != ST_OK)
        return st;
    jw_object_begin(w);
    jw_field_int(w, "at_us", central_now_us(central));
    jw_name(w, "tills");
    jw_array_begin(w);
    while (rows_next(rows))
        write_till(central, rows, w, &worst);
    jw_array_end(w);
    jw_field_int(w, "level", worst);
    jw_object_end(w);
    return rows_end(rows, err);
}
