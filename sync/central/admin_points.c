/* SPDX-License-Identifier: Apache-2.0 */
#include "sync/central/admin_points.h"

#include "agent/base/json.h"
#include "agent/net/http_server.h"
#include "sync/central/admin_answer.h"
#include "sync/central/circle.h"
#include "sync/central/coupon.h"
#include "sync/central/lease.h"
#include "sync/central/lot.h"
#include "sync/central/merge.h"
#include "sync/central/office.h"
#include "sync/central/report.h"
#include "sync/central/upkeep.h"

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

static enum status set_rule(const struct admin_call *call, struct errmsg *err)
{
    struct central *central = call->central;
    const char *chain = http_path_part(call->request, 0);
    struct rule rule = {.lease_days = 7, .lost_days = 30}; /* of silence, then it is written off */
    const char *currency;
    struct rows *rows;
    enum status st = admin_name(call->root, "currency", &currency, err);

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
        st = read_rule(call->root, &rule, err);
    if (st != ST_OK)
        return st;
    return STORE_RUN(central->store, STATEMENT_POINT_RULE_PUT, err, V_TEXT(chain), V_TEXT(currency),
                     V_INT(rule.activation_days), V_INT(rule.life_days), V_INT(rule.lease_cap),
                     V_INT(rule.lease_days), V_INT(rule.lost_days));
}

void admin_points_set(void *context, struct http_request *request)
{
    admin_do_json(context, request, set_rule);
}

/* ---- reports ---- */

void admin_points_list(void *context, struct http_request *request)
{
    admin_send_report(context, request, report_point_rules);
}

void admin_exposure(void *context, struct http_request *request)
{
    admin_send_report(context, request, report_exposure);
}

void admin_lease_list(void *context, struct http_request *request)
{
    admin_send_report(context, request, report_leases);
}

/* ---- what is done ---- */

static enum status recall(const struct admin_call *call, struct errmsg *err)
{
    return lease_recall(call->central, http_path_part(call->request, 0), err);
}

void admin_lease_recall(void *context, struct http_request *request)
{
    admin_do(context, request, recall);
}

static enum status run_upkeep(const struct admin_call *call, struct errmsg *err)
{
    int64_t written_off = 0;
    enum status st = upkeep_run(call->central, &written_off, err);

    jw_object_begin(call->w);
    jw_field_int(call->w, "written_off", written_off);
    jw_object_end(call->w);
    return st;
}

void admin_upkeep(void *context, struct http_request *request)
{
    admin_do(context, request, run_upkeep);
}

static enum status merge(const struct admin_call *call, struct errmsg *err)
{
    const char *old, *member;
    enum status st = admin_name(call->root, "old", &old, err);

    if (st == ST_OK)
        st = admin_name(call->root, "member", &member, err);
    return st == ST_OK ? merge_members(call->central, http_path_part(call->request, 0), old, member, err) : st;
}

void admin_merge(void *context, struct http_request *request)
{
    admin_do_json(context, request, merge);
}

void admin_coupon_import(void *context, struct http_request *request)
{
    admin_take_file(context, request, coupon_import);
}

static enum status set_audience(const struct admin_call *call, struct errmsg *err)
{
    const char *audience;
    enum status st = admin_name(call->root, "audience", &audience, err);

    return st == ST_OK ? circle_audience(call->central, http_path_part(call->request, 0), audience, err) : st;
}

void admin_audience(void *context, struct http_request *request)
{
    admin_do_json(context, request, set_audience);
}

static enum status add_to_circle(const struct admin_call *call, struct errmsg *err)
{
    const char *store, *other;
    enum status st = admin_name(call->root, "store", &store, err);

    if (st == ST_OK)
        st = admin_name(call->root, "other", &other, err);
    return st == ST_OK ? circle_add(call->central, http_path_part(call->request, 0), store, other, err) : st;
}

void admin_circle(void *context, struct http_request *request)
{
    admin_do_json(context, request, add_to_circle);
}
