/* SPDX-License-Identifier: Apache-2.0 */
/* The office's commands for points, leases, coupons and members. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "agent/base/ids.h"
#include "agent/base/json.h"
#include "agent/base/json_writer.h"
#include "agent/base/money.h"
#include "agent/base/plural.h"
#include "sync/central/command_ask.h"

enum { REQUEST_BYTES_MAX = 16 * 1024 };

/* Posts a body to /admin/<folder>/<name>/<tail>; says done. */
static enum status post(const struct command_call *call, const char *folder, const char *name, const char *tail,
                        const struct strbuf *body, const char *done, struct errmsg *err)
{
    char path[COMMAND_PATH_BYTES];
    enum status st = command_check_name("name", name, err);

    (void)snprintf(path, sizeof(path), "/admin/%s/%s/%s", folder, name, tail);
    return st == ST_OK ? command_post(call, path, body, &(struct command_done){NULL, done, ""}, err) : st;
}

/* Posts {first: word, second: word}. */
static enum status post_two(const struct command_call *call, const char *tail, const char *first, const char *one,
                            const char *second, const char *two, const char *done, struct errmsg *err)
{
    struct strbuf body = STRBUF_INIT(REQUEST_BYTES_MAX);
    struct json_writer w = JSON_WRITER_INIT(&body);
    enum status st;

    jw_object_begin(&w);
    jw_field_text(&w, first, one);
    if (second)
        jw_field_text(&w, second, two);
    jw_object_end(&w);
    st = post(call, "chains", call->words[0], tail, &body, done, err);
    strbuf_free(&body);
    return st;
}

enum status command_points_set(const struct command_call *call, struct errmsg *err)
{
    const struct {
        const char *option, *text, *name;
    } numbers[] = {{"activate", call->activate, "activation_days"},
                   {"live", call->live, "life_days"},
                   {"lease-cap", call->lease_cap, "lease_cap"},
                   {"lease-days", call->lease_days, "lease_days"},
                   {"lost-days", call->lost_days, "lost_days"}};
    struct strbuf body = STRBUF_INIT(REQUEST_BYTES_MAX);
    struct json_writer w = JSON_WRITER_INIT(&body);
    enum status st = ST_OK;

    jw_object_begin(&w);
    jw_field_text(&w, "currency", call->words[1]);
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        const char *text = numbers[i].text;

        if (!text)
            continue;
        if (!text[0] || strlen(text) > 15 || strspn(text, "0123456789") != strlen(text)) {
            errmsg_set(err, "--%s \"%.20s\": a whole number is wanted", numbers[i].option, text);
            st = ST_INVALID;
        } else {
            jw_field_int(&w, numbers[i].name, strtoll(text, NULL, 10));
        }
    }
    jw_object_end(&w);
    if (st == ST_OK)
        st = post(call, "chains", call->words[0], "points", &body, "set: from the next record on", err);
    strbuf_free(&body);
    return st;
}

enum status command_member_merge(const struct command_call *call, struct errmsg *err)
{
    return post_two(call, "merges", "old", call->words[1], "member", call->words[2], "merged", err);
}

enum status command_chain_audience(const struct command_call *call, struct errmsg *err)
{
    return post_two(call, "audience", "audience", call->words[1], NULL, NULL, "set: tills load their members anew",
                    err);
}

enum status command_store_circle(const struct command_call *call, struct errmsg *err)
{
    return post_two(call, "circles", "store", call->words[1], "other", call->words[2],
                    "tills of both stores hear of each other's members", err);
}

enum status command_lease_recall(const struct command_call *call, struct errmsg *err)
{
    struct strbuf body = STRBUF_INIT(REQUEST_BYTES_MAX);
    enum status st;

    strbuf_puts(&body, "{}");
    st = post(call, "leases", call->words[0], "recall", &body,
              "the till is told; it stays set aside until it answers", err);
    strbuf_free(&body);
    return st;
}

/* ---- lists ---- */

enum status command_points_list(const struct command_call *call, struct errmsg *err)
{
    static const struct table_column columns[] = {{"chain", "chain", TABLE_TEXT},
                                                  {"points", "currency", TABLE_TEXT},
                                                  {"active after days", "activation_days", TABLE_NUMBER},
                                                  {"live days", "life_days", TABLE_NUMBER},
                                                  {"lease cap", "lease_cap", TABLE_NUMBER},
                                                  {"lease days", "lease_days", TABLE_NUMBER},
                                                  {"lost after days", "lost_days", TABLE_NUMBER},
                                                  {0}};

    return command_list(call, "/admin/points", "points", columns, err);
}

enum status command_lease_list(const struct command_call *call, struct errmsg *err)
{
    static const struct table_column columns[] = {{"lease", "id", TABLE_TEXT},
                                                  {"chain", "chain", TABLE_TEXT},
                                                  {"store", "store", TABLE_TEXT},
                                                  {"till", "till", TABLE_TEXT},
                                                  {"member", "member", TABLE_TEXT},
                                                  {"points", "currency", TABLE_TEXT},
                                                  {"granted", "granted", TABLE_NUMBER},
                                                  {"used", "used", TABLE_NUMBER},
                                                  {"recalled", "recalled", TABLE_NUMBER},
                                                  {"till may until (UTC)", "expires_us", TABLE_TIME},
                                                  {0}};

    return command_list(call, "/admin/leases", "leases", columns, err);
}

static void print_chain_exposure(const struct cJSON *chain)
{
    static const struct table_column tills[] = {{"store", "store", TABLE_TEXT},
                                                {"till", "till", TABLE_TEXT},
                                                {"heard of (UTC)", "last_seen_us", TABLE_TIME},
                                                {"floor sales", "floor_sales", TABLE_NUMBER},
                                                {"worth (minor)", "floor_minor", TABLE_NUMBER},
                                                {0}};
    static const struct table_column points[] = {{"store", "store", TABLE_TEXT},
                                                 {"till", "till", TABLE_TEXT},
                                                 {"points", "currency", TABLE_TEXT},
                                                 {"leased", "leased", TABLE_NUMBER},
                                                 {"held", "held", TABLE_NUMBER},
                                                 {"written off", "written_off", TABLE_NUMBER},
                                                 {"beyond balances", "overdrawn", TABLE_NUMBER},
                                                 {0}};
    const char *id = "", *currency = "";
    int64_t tills_count = command_number(chain, "tills");
    char each[32], all[32];

    (void)json_text(chain, "chain", ID_LEN_MAX, &id, NULL);
    (void)json_text(chain, "currency", 3, &currency, NULL);
    money_format((money){command_number(chain, "till_minor")}, (int)command_number(chain, "minor_digits"), '.', each);
    money_format((money){command_number(chain, "worst_minor")}, (int)command_number(chain, "minor_digits"), '.', all);
    printf(
        "chain %s: %lld %s, each may spend %s %s of points beyond what is known without a link: at worst %s %s\n", id,
        (long long)tills_count, plural(tills_count, "till", "tills"), each, currency, all, currency);
    printf("members overdrawn now: %lld\n", (long long)command_number(chain, "members_overdrawn"));
    table_print(stdout, cJSON_GetObjectItemCaseSensitive(chain, "by_till"), tills);
    table_print(stdout, cJSON_GetObjectItemCaseSensitive(chain, "by_points"), points);
}

static enum status print_exposure(const struct cJSON *root, struct errmsg *err)
{
    const struct cJSON *chain;

    (void)err;
    cJSON_ArrayForEach(chain, cJSON_GetObjectItemCaseSensitive(root, "chains")) print_chain_exposure(chain);
    return ST_OK;
}

enum status command_exposure(const struct command_call *call, struct errmsg *err)
{
    return command_show(call, "/admin/exposure", print_exposure, err);
}
