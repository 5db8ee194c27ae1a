/* SPDX-License-Identifier: Apache-2.0 */
#include "sync/central/admin_server.h"

#include <stdio.h>
#include <string.h>

#include "agent/base/json.h"
#include "sync/central/admin_answer.h"
#include "sync/central/admin_backup.h"
#include "sync/central/admin_office.h"
#include "sync/central/admin_points.h"
#include "sync/central/admin_trust.h"
#include "sync/central/device.h"
#include "sync/central/fleet.h"
#include "sync/central/import.h"
#include "sync/central/journal.h"
#include "sync/central/ledger.h"
#include "sync/central/publish.h"
#include "sync/central/report.h"
#include "sync/central/rollout.h"
#include "sync/protocol/export.h"

/* ---- what is done ---- */

static enum status revoke(const struct admin_call *call, struct errmsg *err)
{
    const char *dev = http_path_part(call->request, 0);
    enum status st = device_revoke(call->central, dev, err);

    if (st == ST_OK) {
        admin_write_one(call->w, "revoked", dev);
        central_tell_changed(call->central); /* its poll ends now, not in a minute */
    }
    return st;
}

static enum status import_records(const struct admin_call *call, struct errmsg *err)
{
    struct journal_import import;
    size_t len;
    const char *body = http_body(call->request, &len);
    enum status st = journal_import(call->central, body, len, &import, err);

    if (st == ST_OK) {
        jw_object_begin(call->w);
        jw_field_text(call->w, "dev", import.dev);
        jw_field_int(call->w, "accepted", import.accepted);
        jw_field_int(call->w, "known", import.known);
        jw_field_int(call->w, "acked", import.acked);
        jw_object_end(call->w);
    }
    return st;
}

static void on_records(void *context, struct http_request *request)
{
    admin_do(context, request, import_records);
}

static enum status check_end(const struct admin_call *call, struct errmsg *err)
{
    size_t len;
    const char *body = http_body(call->request, &len);
    enum status st = journal_check_end(call->central, body, len, err);

    if (st == ST_OK) {
        jw_object_begin(call->w);
        jw_field_bool(call->w, "proven", true);
        jw_object_end(call->w);
    }
    return st;
}

static void on_records_end(void *context, struct http_request *request)
{
    admin_do(context, request, check_end);
}

static void on_till_revoke(void *context, struct http_request *request)
{
    admin_do(context, request, revoke);
}

static void on_member_import(void *context, struct http_request *request)
{
    admin_take_file(context, request, import_members);
}

/* The body is one line, the signed manifest as JSON, then the bundle's bytes. */
static enum status publish(const struct admin_call *call, struct errmsg *err)
{
    int64_t version;
    size_t len;
    const char *body = http_body(call->request, &len), *end = memchr(body, '\n', len);
    enum status st = ST_INVALID;

    if (end)
        st = publish_bundle(call->central, body, (size_t)(end - body), end + 1, len - (size_t)(end - body) - 1,
                            &version, err);
    else
        errmsg_set(err, "the body is a line with the signed manifest, then the bundle");
    if (st == ST_OK) {
        jw_object_begin(call->w);
        jw_field_int(call->w, "published", version);
        jw_object_end(call->w);
    }
    return st;
}

static void on_publish(void *context, struct http_request *request)
{
    admin_do(context, request, publish);
}

/* ---- reports ---- */

static enum status report_ledger(struct central *central, struct json_writer *w, struct errmsg *err)
{
    bool ok;

    return ledger_check(central, w, &ok, err);
}

static void on_tills(void *context, struct http_request *request)
{
    admin_send_report(context, request, device_list);
}

static void on_fleet(void *context, struct http_request *request)
{
    admin_send_report(context, request, fleet_report);
}

static void on_bundles(void *context, struct http_request *request)
{
    admin_send_report(context, request, publish_list);
}

static void on_rollouts(void *context, struct http_request *request)
{
    admin_send_report(context, request, rollout_list);
}

static enum status do_rollout(const struct admin_call *call, struct errmsg *err)
{
    struct rollout_order order = {.chain = http_path_part(call->request, 0)};
    enum status st = admin_text(call->root, "do", &order.word, err);

    if (st == ST_OK)
        st = admin_text_or_none(call->root, "reason", &order.reason, err);
    if (st == ST_OK)
        st = admin_text_or_none(call->root, "key", &order.key, err);
    if (st == ST_OK)
        st = admin_text_or_none(call->root, "signature", &order.signature_hex, err);
    if (st == ST_OK)
        st = json_optional(json_bool(call->root, "force", &order.force, err));
    if (st == ST_OK)
        st = rollout_do(call->central, &order, err);
    if (st == ST_OK)
        admin_write_one(call->w, "done", order.word);
    return st;
}

static void on_rollout(void *context, struct http_request *request)
{
    admin_do_json(context, request, do_rollout);
}

static void on_chains(void *context, struct http_request *request)
{
    admin_send_report(context, request, report_chains);
}

static void on_stores(void *context, struct http_request *request)
{
    admin_send_report(context, request, report_stores);
}

static void on_metrics(void *context, struct http_request *request)
{
    admin_send_report(context, request, report_metrics);
}

static void on_totals(void *context, struct http_request *request)
{
    admin_send_report(context, request, report_totals);
}

static void on_ledger(void *context, struct http_request *request)
{
    admin_send_report(context, request, report_ledger);
}

static void on_differences(void *context, struct http_request *request)
{
    admin_send_report(context, request, report_differences);
}

static void on_dead_letters(void *context, struct http_request *request)
{
    admin_send_report(context, request, report_dead_letters);
}

static void on_cashiers(void *context, struct http_request *request)
{
    admin_send_report(context, request, report_cashiers);
}

static void on_notices(void *context, struct http_request *request)
{
    admin_send_report(context, request, report_notices);
}

static enum status show_member(const struct admin_call *call, struct errmsg *err)
{
    return report_member(call->central, http_path_part(call->request, 0), call->w, err);
}

static void on_member(void *context, struct http_request *request)
{
    admin_do(context, request, show_member);
}

static const struct http_route routes[] = {
    {"POST", "/admin/chains", HTTP_AUTH_PEER, admin_chain_create, ADMIN_BODY_MAX},
    {"POST", "/admin/chains/{chain}/keys", HTTP_AUTH_PEER, admin_key_add, ADMIN_BODY_MAX},
    {"POST", "/admin/chains/{chain}/threshold", HTTP_AUTH_PEER, admin_threshold, ADMIN_BODY_MAX},
    {"POST", "/admin/chains/{chain}/stores", HTTP_AUTH_PEER, admin_store_create, ADMIN_BODY_MAX},
    {"POST", "/admin/chains/{chain}/stores/{store}", HTTP_AUTH_PEER, admin_store_set, ADMIN_BODY_MAX},
    {"GET", "/admin/chains", HTTP_AUTH_PEER, on_chains, 0},
    {"GET", "/admin/stores", HTTP_AUTH_PEER, on_stores, 0},
    {"GET", "/admin/metrics", HTTP_AUTH_PEER, on_metrics, 0},
    {"POST", "/admin/chains/{chain}/members", HTTP_AUTH_PEER, on_member_import, IMPORT_CHUNK_MAX},
    {"POST", "/admin/chains/{chain}/points", HTTP_AUTH_PEER, admin_points_set, ADMIN_BODY_MAX},
    {"POST", "/admin/chains/{chain}/merges", HTTP_AUTH_PEER, admin_merge, ADMIN_BODY_MAX},
    {"POST", "/admin/chains/{chain}/coupons", HTTP_AUTH_PEER, admin_coupon_import, IMPORT_CHUNK_MAX},
    {"POST", "/admin/chains/{chain}/audience", HTTP_AUTH_PEER, admin_audience, ADMIN_BODY_MAX},
    {"POST", "/admin/chains/{chain}/circles", HTTP_AUTH_PEER, admin_circle, ADMIN_BODY_MAX},
    {"GET", "/admin/points", HTTP_AUTH_PEER, admin_points_list, 0},
    {"GET", "/admin/exposure", HTTP_AUTH_PEER, admin_exposure, 0},
    {"GET", "/admin/leases", HTTP_AUTH_PEER, admin_lease_list, 0},
    {"POST", "/admin/leases/{lease}/recall", HTTP_AUTH_PEER, admin_lease_recall, ADMIN_BODY_MAX},
    {"POST", "/admin/backup", HTTP_AUTH_PEER, admin_backup, ADMIN_BODY_MAX},
    {"POST", "/admin/upkeep", HTTP_AUTH_PEER, admin_upkeep, ADMIN_BODY_MAX},
    {"POST", "/admin/chains/{chain}/consents", HTTP_AUTH_PEER, admin_consent_set, ADMIN_BODY_MAX},
    {"POST", "/admin/codes", HTTP_AUTH_PEER, admin_till_code, ADMIN_BODY_MAX},
    {"GET", "/admin/tills", HTTP_AUTH_PEER, on_tills, 0},
    {"POST", "/admin/records", HTTP_AUTH_PEER, on_records, JOURNAL_BODY_MAX},
    {"POST", "/admin/records/end", HTTP_AUTH_PEER, on_records_end, EXPORT_END_BYTES_MAX},
    {"GET", "/admin/fleet", HTTP_AUTH_PEER, on_fleet, 0},
    {"POST", "/admin/tills/{dev}/revoke", HTTP_AUTH_PEER, on_till_revoke, ADMIN_BODY_MAX},
    {"GET", "/admin/members/{id}", HTTP_AUTH_PEER, on_member, 0},
    {"POST", "/admin/bundles", HTTP_AUTH_PEER, on_publish, 2 * (size_t)MANIFEST_FILE_BYTES_MAX + PARCEL_BYTES_MAX},
    {"GET", "/admin/rollouts", HTTP_AUTH_PEER, on_rollouts, 0},
    {"POST", "/admin/chains/{chain}/rollout", HTTP_AUTH_PEER, on_rollout, ADMIN_BODY_MAX},
    {"GET", "/admin/bundles", HTTP_AUTH_PEER, on_bundles, 0},
    {"POST", "/admin/chains/{chain}/roots", HTTP_AUTH_PEER, admin_root_publish, ADMIN_BODY_MAX},
    {"GET", "/admin/roots", HTTP_AUTH_PEER, admin_root_list, 0},
    {"GET", "/admin/totals", HTTP_AUTH_PEER, on_totals, 0},
    {"GET", "/admin/ledger", HTTP_AUTH_PEER, on_ledger, 0},
    {"GET", "/admin/differences", HTTP_AUTH_PEER, on_differences, 0},
    {"GET", "/admin/dead-letters", HTTP_AUTH_PEER, on_dead_letters, 0},
    {"GET", "/admin/cashiers", HTTP_AUTH_PEER, on_cashiers, 0},
    {"GET", "/admin/notices", HTTP_AUTH_PEER, on_notices, 0},
    {0},
};

const struct http_route *admin_server_routes(void)
{
    return routes;
}

void admin_socket_path(const char *state_dir, char out_path[ADMIN_PATH_MAX])
{
    (void)snprintf(out_path, ADMIN_PATH_MAX, "%s/admin.sock", state_dir);
}

enum status admin_server_create(struct loop *loop, struct central *central, const char *state_dir,
                                struct http_server **out_server, struct errmsg *err)
{
    char path[ADMIN_PATH_MAX];
    struct http_server_options options = {
        .loop = loop, .routes = routes, .context = central, .unix_path = path, .unix_mode = 0600};

    admin_socket_path(state_dir, path);
    return http_server_create(&options, out_server, err);
}
