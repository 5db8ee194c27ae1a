/* SPDX-License-Identifier: Apache-2.0 */
#include "sync/central/admin_points.h"

#include <stdlib.h>
#include <string.h>

#include "agent/base/json.h"
#include "agent/base/log.h"
#include "agent/net/http_server.h"
#include "sync/central/circle.h"
#include "sync/central/coupon.h"
#include "sync/central/lease.h"
#include "sync/central/lot.h"
#include "sync/central/merge.h"
#include "sync/central/office.h"
#include "sync/central/report.h"
#include "sync/central/upkeep.h"

enum { BODY_MAX = 64 * 1024 };

/* Answers, and says in the log what was done or refused. */
static void finish(struct http_request *request, struct answer *answer, enum status st, const struct errmsg *err)
{
    if (st != ST_OK) {
        log_warn("admin", "%s %s refused: %s", http_method(request), http_path(request), err->text);
        answer_status(answer, st, err);
    } else if (strcmp(http_method(request), "GET") != 0) {
        log_info("admin", "%s %s done", http_method(request), http_path(request));
    }
    if (strbuf_status(&answer->body) != ST_OK)
        answer_error(answer, 503, "unavailable", "the answer could not be made: %s", status_text(answer->body.st));
    http_answer(request, answer->status, "application/json", strbuf_text(&answer->body), answer->body.len);
    strbuf_free(&answer->body);
}

static enum status parse(struct http_request *request, struct cJSON **out_root, struct errmsg *err)
{
    size_t len;
    const char *body = http_body(request, &len);

    return json_parse(body, len, BODY_MAX, out_root, err);
}

static enum status need_name(const struct cJSON *root, const char *name, const char **out_text, struct errmsg *err)
{
    enum status st = json_text(root, name, ID_LEN_MAX, out_text, err);

    if (st == ST_OK && !id_is_valid(*out_text)) {
        errmsg_set(err, "%s: not a name", name);
        st = ST_INVALID;
    }
    return st == ST_NOT_FOUND ? ST_INVALID : st;
}

static void write_ok(struct answer *answer)
{
    strbuf_puts(&answer->body, "{}");
}

/* ---- rules of points ---- */

struct rule {
    int64_t activation_days, life_days, lease_cap, lease_days, lost_days;
};

static enum status read_rule(const struct cJSON *root, struct rule *rule, struct errmsg *err)
{
    const struct {
        const char *name;
        int64_t min, max, *out;
    } numbers[] = {{"activation_days", 0, LOT_DAYS_MAX, &rule->activation_days},
                   {"life_days", 0, LOT_DAYS_MAX, &rule->life_days},
                   {"lease_cap", 0, JSON_INT_MAX, &rule->lease_cap},
                   {"lease_days", 1, LEASE_DAYS_MAX, &rule->lease_days},
                   {"lost_days", 1, LOT_DAYS_MAX, &rule->lost_days}};
    enum status st = ST_OK;

    for (size_t i = 0; st == ST_OK && i < sizeof(numbers) / sizeof(numbers[0]); i++)
        st = json_optional(json_int(root, numbers[i].name, numbers[i].min, numbers[i].max, numbers[i].out, err));
    return st;
}

static enum status set_rule(struct central *central, const char *chain, const struct cJSON *root, struct errmsg *err)
{
    struct rule rule = {.lease_days = 7, .lost_days = 30}; /* sync.md 2.4: written off after 30 days by default */
    const char *currency;
    struct rows *rows;
    enum status st = need_name(root, "currency", &currency, err);

    if (st == ST_OK)
        st = office_need_chain(central, chain, err);
    if (st == ST_OK)
        st = STORE_SELECT(central->store, STATEMENT_POINT_RULE_GET, &rows, err, V_TEXT(chain), V_TEXT(currency));
    if (st != ST_OK)
        return st;
    if (rows_next(rows)) /* what is not named stays */
        rule = (struct rule){rows_int(rows, 0), rows_int(rows, 1), rows_int(rows, 2), rows_int(rows, 3),
                             rows_int(rows, 4)};
    st = rows_end(rows, err);
    if (st == ST_OK)
        st = read_rule(root, &rule, err);
    if (st != ST_OK)
        return st;
    return STORE_RUN(central->store, STATEMENT_POINT_RULE_PUT, err, V_TEXT(chain), V_TEXT(currency),
                     V_INT(rule.activation_days), V_INT(rule.life_days), V_INT(rule.lease_cap),
                     V_INT(rule.lease_days), V_INT(rule.lost_days));
}

void admin_points_set(void *context, struct http_request *request)
{
    struct answer answer = ANSWER_INIT;
    struct errmsg err = ERRMSG_INIT;
    struct cJSON *root = NULL;
    enum status st = parse(request, &root, &err);

    if (st == ST_OK)
        st = set_rule(context, http_path_part(request, 0), root, &err);
    if (st == ST_OK)
        write_ok(&answer);
    finish(request, &answer, st, &err);
    json_free(root);
}

/* ---- reports ---- */

typedef enum status report_fn(struct central *central, struct json_writer *w, struct errmsg *err);

static void send_report(struct central *central, struct http_request *request, report_fn *report)
{
    struct answer answer = ANSWER_INIT;
    struct json_writer w = JSON_WRITER_INIT(&answer.body);
    struct errmsg err = ERRMSG_INIT;

    finish(request, &answer, report(central, &w, &err), &err);
}

void admin_points_list(void *context, struct http_request *request)
{
    send_report(context, request, report_point_rules);
}

void admin_exposure(void *context, struct http_request *request)
{
    send_report(context, request, report_exposure);
}

void admin_lease_list(void *context, struct http_request *request)
{
    send_report(context, request, report_leases);
}

/* ---- what is done ---- */

void admin_lease_recall(void *context, struct http_request *request)
{
    struct answer answer = ANSWER_INIT;
    struct errmsg err = ERRMSG_INIT;
    enum status st = lease_recall(context, http_path_part(request, 0), &err);

    if (st == ST_OK)
        write_ok(&answer);
    finish(request, &answer, st, &err);
}

void admin_upkeep(void *context, struct http_request *request)
{
    struct answer answer = ANSWER_INIT;
    struct json_writer w = JSON_WRITER_INIT(&answer.body);
    struct errmsg err = ERRMSG_INIT;
    int64_t written_off = 0;
    enum status st = upkeep_run(context, &written_off, &err);

    if (st == ST_OK) {
        jw_object_begin(&w);
        jw_field_int(&w, "written_off", written_off);
        jw_object_end(&w);
    }
    finish(request, &answer, st, &err);
}

void admin_merge(void *context, struct http_request *request)
{
    struct answer answer = ANSWER_INIT;
    struct errmsg err = ERRMSG_INIT;
    struct cJSON *root = NULL;
    const char *old, *member;
    enum status st = parse(request, &root, &err);

    if (st == ST_OK)
        st = need_name(root, "old", &old, &err);
    if (st == ST_OK)
        st = need_name(root, "member", &member, &err);
    if (st == ST_OK)
        st = merge_members(context, http_path_part(request, 0), old, member, &err);
    if (st == ST_OK)
        write_ok(&answer);
    finish(request, &answer, st, &err);
    json_free(root);
}

void admin_coupon_import(void *context, struct http_request *request)
{
    struct answer answer = ANSWER_INIT;
    struct json_writer w = JSON_WRITER_INIT(&answer.body);
    struct errmsg err = ERRMSG_INIT;
    const char *line = http_query(request, "line");
    size_t len;
    const char *body = http_body(request, &len);
    char *text = malloc(len + 1);
    int first_line =
        strlen(line) < 10 && line[0] && strspn(line, "0123456789") == strlen(line) ? (int)strtol(line, NULL, 10) : 2;
    enum status st = ST_NOMEM;

    if (text) {
        memcpy(text, body, len);
        text[len] = '\0';
        st = coupon_import(context, http_path_part(request, 0), text, len, first_line, &w, &err);
    }
    finish(request, &answer, st, &err);
    free(text);
}

void admin_audience(void *context, struct http_request *request)
{
    struct answer answer = ANSWER_INIT;
    struct errmsg err = ERRMSG_INIT;
    struct cJSON *root = NULL;
    const char *audience;
    enum status st = parse(request, &root, &err);

    if (st == ST_OK)
        st = need_name(root, "audience", &audience, &err);
    if (st == ST_OK)
        st = circle_audience(context, http_path_part(request, 0), audience, &err);
    if (st == ST_OK)
        write_ok(&answer);
    finish(request, &answer, st, &err);
    json_free(root);
}

void admin_circle(void *context, struct http_request *request)
{
    struct answer answer = ANSWER_INIT;
    struct errmsg err = ERRMSG_INIT;
    struct cJSON *root = NULL;
    const char *store, *other;
    enum status st = parse(request, &root, &err);

    if (st == ST_OK)
        st = need_name(root, "store", &store, &err);
    if (st == ST_OK)
        st = need_name(root, "other", &other, &err);
    if (st == ST_OK)
        st = circle_add(context, http_path_part(request, 0), store, other, &err);
    if (st == ST_OK)
        write_ok(&answer);
    finish(request, &answer, st, &err);
    json_free(root);
}
