/* SPDX-License-Identifier: Apache-2.0 */
/* rollout start: the plan as it is typed, the rules and the way back as they are sent. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "agent/base/file.h"
#include "agent/base/ids.h"
#include "agent/base/json.h"
#include "agent/base/json_writer.h"
#include "sync/central/command_ask.h"
#include "sync/central/publish.h"
#include "sync/central/rollout.h"

enum { RING_TEXT_MAX = 8192 };
#define RINGS_DEFAULT "1%,10%,100%"

/* "12", "0.5", "100": hundredths of a percent. */
static enum status read_percent(const char *what, const char *text, size_t len, int64_t *out_bp, struct errmsg *err)
{
    int64_t value = 0;
    int decimals = -1;

    for (size_t i = 0; i < len && len <= 6; i++) {
        if (text[i] == '.' && decimals < 0) {
            decimals = 0;
            continue;
        }
        if (text[i] < '0' || text[i] > '9' || decimals == 2) {
            len = 0;
            break;
        }
        value = 10 * value + (text[i] - '0');
        decimals += decimals >= 0;
    }
    for (; decimals < 2; decimals = decimals < 0 ? 1 : decimals + 1)
        value *= 10;
    if (len > 0 && len <= 6 && value <= 10000) {
        *out_bp = value;
        return ST_OK;
    }
    errmsg_set(err, "%s \"%.40s\": a percentage from 0 to 100 with two decimals at most is wanted", what, text);
    return ST_INVALID;
}

static void write_stores(const char *from, const char *end, struct json_writer *w)
{
    jw_name(w, "stores");
    jw_array_begin(w);
    while (from < end) {
        size_t len = strcspn(from, "+,:");
        char name[ID_LEN_MAX + 2];

        (void)snprintf(name, sizeof(name), "%.*s", (int)(len < sizeof(name) ? len : sizeof(name) - 1), from);
        jw_text(w, name);
        from += len + 1;
    }
    jw_array_end(w);
}

/* One ring: "10%", "lab:S12+S13" or "early:S12+S13:5%". A ring of stores has at least the share of the ring before.
 */
static enum status write_ring(const char *text, size_t len, int64_t *share_bp, struct json_writer *w,
                              struct errmsg *err)
{
    const char *colon = memchr(text, ':', len), *end = text + len, *second;
    char name[ID_LEN_MAX + 2];
    enum status st = ST_OK;

    if (!colon && (len < 2 || text[len - 1] != '%')) {
        errmsg_set(err, "--rings: \"%.*s\" is neither a share such as 10%% nor NAME:STORE+STORE", (int)len, text);
        return ST_INVALID;
    }
    second = colon ? memchr(colon + 1, ':', (size_t)(end - colon - 1)) : text - 1;
    if (second && end[-1] == '%')
        st = read_percent("--rings", second + 1, (size_t)(end - second - 2), share_bp, err);
    if (st != ST_OK)
        return st;
    (void)snprintf(name, sizeof(name), "%.*s", (int)(colon ? colon - text : end - text - 1), text);
    jw_object_begin(w);
    jw_field_text(w, "name", name);
    if (colon)
        write_stores(colon + 1, second ? second : end, w);
    jw_field_int(w, "share_bp", *share_bp);
    jw_object_end(w);
    return ST_OK;
}

static enum status write_rings(const char *text, struct json_writer *w, struct errmsg *err)
{
    int64_t share_bp = 0;
    enum status st = strlen(text) < RING_TEXT_MAX ? ST_OK : ST_INVALID;

    if (st != ST_OK)
        errmsg_set(err, "--rings is longer than %d bytes", RING_TEXT_MAX);
    jw_name(w, "rings");
    jw_array_begin(w);
    while (st == ST_OK && *text) {
        size_t len = strcspn(text, ",");

        st = write_ring(text, len, &share_bp, w, err);
        text += len + (text[len] == ',');
    }
    jw_array_end(w);
    return st;
}

/* "2..15" */
static enum status write_band(const char *text, struct json_writer *w, struct errmsg *err)
{
    const char *dots = strstr(text, "..");
    int64_t low = 0, high = 0;
    enum status st = ST_INVALID;

    if (!dots)
        errmsg_set(err, "--band \"%.40s\": the least and the most discounts may be of the sales, as in 2..15", text);
    else
        st = read_percent("--band", text, (size_t)(dots - text), &low, err);
    if (st == ST_OK)
        st = read_percent("--band", dots + 2, strlen(dots + 2), &high, err);
    if (st != ST_OK)
        return st;
    jw_name(w, "band_bp");
    jw_array_begin(w);
    jw_int(w, low);
    jw_int(w, high);
    jw_array_end(w);
    return ST_OK;
}

static enum status write_plan(const struct command_call *call, struct json_writer *w, struct errmsg *err)
{
    int64_t failures_bp = 0;
    enum status st;

    jw_name(w, "rollout");
    jw_object_begin(w);
    st = write_rings(call->rings ? call->rings : RINGS_DEFAULT, w, err);
    if (st == ST_OK && call->time_out) {
        if (strspn(call->time_out, "0123456789") != strlen(call->time_out) || strlen(call->time_out) > 6) {
            errmsg_set(err, "--time-out \"%.20s\": minutes are wanted", call->time_out);
            return ST_INVALID;
        }
        jw_field_int(w, "timeout_s", 60 * strtoll(call->time_out, NULL, 10));
    }
    if (st == ST_OK && call->failures)
        st = read_percent("--failures", call->failures, strlen(call->failures), &failures_bp, err);
    if (st == ST_OK && call->failures)
        jw_field_int(w, "failures_bp", failures_bp);
    if (st == ST_OK && call->band)
        st = write_band(call->band, w, err);
    jw_object_end(w);
    return st;
}

/* A file and its signed manifest. */
struct pair {
    char *bundle, *signed_json; /* owned */
    size_t len, signed_len;
    struct cJSON *root; /* owned */
};

static enum status read_pair(const char *bundle, const char *signed_json, struct pair *pair, struct errmsg *err)
{
    enum status st = file_read(bundle, (size_t)MANIFEST_FILE_BYTES_MAX, &pair->bundle, &pair->len, err);

    if (st == ST_OK)
        st = file_read(signed_json, SIGNED_BYTES_MAX, &pair->signed_json, &pair->signed_len, err);
    if (st == ST_OK)
        st = json_parse(pair->signed_json, pair->signed_len, SIGNED_BYTES_MAX, &pair->root, err);
    return st;
}

static void clear_pair(struct pair *pair)
{
    free(pair->bundle);
    free(pair->signed_json);
    json_free(pair->root);
}

static enum status write_signed(const struct pair *pair, struct json_writer *w, struct errmsg *err)
{
    const struct cJSON *signatures = NULL;
    const char *text = "";
    char *list;
    enum status st = json_text(pair->root, "text", MANIFEST_BYTES_MAX, &text, err);

    if (st == ST_OK)
        st = json_array(pair->root, "signatures", &signatures, err);
    if (st != ST_OK)
        return st;
    list = cJSON_PrintUnformatted(signatures);
    if (!list)
        return ST_NOMEM;
    jw_field_text(w, "text", text);
    jw_field_raw(w, "signatures", list, strlen(list));
    cJSON_free(list);
    return ST_OK;
}

static enum status write_parcel(const struct command_call *call, const struct pair *rules, const struct pair *back,
                                struct strbuf *out, struct errmsg *err)
{
    struct json_writer w = JSON_WRITER_INIT(out);
    enum status st;

    jw_object_begin(&w);
    st = write_signed(rules, &w, err);
    if (st == ST_OK)
        st = write_plan(call, &w, err);
    if (st == ST_OK && back->bundle) {
        jw_name(&w, "back");
        jw_object_begin(&w);
        st = write_signed(back, &w, err);
        jw_field_int(&w, "bytes", (int64_t)back->len);
        jw_object_end(&w);
    }
    jw_object_end(&w);
    strbuf_putc(out, '\n');
    strbuf_add(out, rules->bundle, rules->len);
    if (back->bundle)
        strbuf_add(out, back->bundle, back->len);
    return st == ST_OK ? strbuf_status(out) : st;
}

enum status command_rollout_start(const struct command_call *call, struct errmsg *err)
{
    struct strbuf body = STRBUF_INIT(2 * (size_t)MANIFEST_FILE_BYTES_MAX + PARCEL_BYTES_MAX);
    struct pair rules = {0}, back = {0};
    enum status st = call->word_count == 3 ? ST_INVALID : read_pair(call->words[0], call->words[1], &rules, err);

    if (call->word_count == 3)
        errmsg_set(err, "the way back is two files, its rules and what was signed of them");
    if (st == ST_OK && call->word_count == 4)
        st = read_pair(call->words[2], call->words[3], &back, err);
    if (st == ST_OK)
        st = write_parcel(call, &rules, &back, &body, err);
    if (st == ST_OK)
        st = command_post(call, "/admin/bundles", &body,
                          &(struct command_done){NULL, "it is on its way to the first ring",
                                                 back.bundle ? "" : "; no way back was signed with it"},
                          err);
    clear_pair(&rules);
    clear_pair(&back);
    strbuf_free(&body);
    return st;
}
