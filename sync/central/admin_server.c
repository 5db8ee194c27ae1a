/* SPDX-License-Identifier: Apache-2.0 */
#include "sync/central/admin_server.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "agent/base/json.h"
#include "agent/base/log.h"
#include "sync/central/admin_points.h"
#include "sync/central/device.h"
#include "sync/central/fleet.h"
#include "sync/central/forms.h"
#include "sync/central/import.h"
#include "sync/central/ledger.h"
#include "sync/central/office.h"
#include "sync/central/publish.h"
#include "sync/central/report.h"

enum { ADMIN_BODY_MAX = 64 * 1024, ADMIN_TEXT_MAX = 4096 };

static void send_answer(struct http_request *request, struct answer *answer)
{
    if (strbuf_status(&answer->body) != ST_OK)
        answer_error(answer, 503, "unavailable", "the answer could not be made: %s", status_text(answer->body.st));
    http_answer(request, answer->status, "application/json", strbuf_text(&answer->body), answer->body.len);
    strbuf_free(&answer->body);
}

static void send_status(struct http_request *request, struct answer *answer, enum status st, const struct errmsg *err)
{
    if (st != ST_OK) {
        log_warn("admin", "%s %s refused: %s", http_method(request), http_path(request), err->text);
        answer_status(answer, st, err);
    } else {
        log_info("admin", "%s %s done", http_method(request), http_path(request));
    }
    send_answer(request, answer);
}

static enum status parse_body(struct http_request *request, struct cJSON **out_root, struct errmsg *err)
{
    size_t len;
    const char *body = http_body(request, &len);

    return json_parse(body, len, ADMIN_BODY_MAX, out_root, err);
}

/* A text that must be there. */
static enum status need(const struct cJSON *root, const char *name, const char **out_text, struct errmsg *err)
{
    enum status st = json_text(root, name, ADMIN_TEXT_MAX, out_text, err);

    return st == ST_NOT_FOUND ? ST_INVALID : st;
}

static enum status may(const struct cJSON *root, const char *name, const char **out_text, struct errmsg *err)
{
    *out_text = "";
    return json_optional(json_text(root, name, ADMIN_TEXT_MAX, out_text, err));
}

static void write_one(struct answer *answer, const char *name, const char *text)
{
    struct json_writer w = JSON_WRITER_INIT(&answer->body);

    jw_object_begin(&w);
    jw_field_text(&w, name, text);
    jw_object_end(&w);
}

static void on_chain_create(void *context, struct http_request *request)
{
    struct office_chain chain;
    struct answer answer = ANSWER_INIT;
    struct errmsg err = ERRMSG_INIT;
    struct cJSON *root = NULL;
    enum status st = parse_body(request, &root, &err);

    if (st == ST_OK)
        st = need(root, "id", &chain.id, &err);
    if (st == ST_OK)
        st = need(root, "currency", &chain.currency, &err);
    if (st == ST_OK)
        st = need(root, "language", &chain.language, &err);
    if (st == ST_OK)
        st = may(root, "name", &chain.name, &err);
    if (st == ST_OK)
        st = office_chain_create(context, &chain, &err);
    if (st == ST_OK)
        write_one(&answer, "chain", chain.id);
    send_status(request, &answer, st, &err);
    json_free(root);
}

static void on_key_add(void *context, struct http_request *request)
{
    struct answer answer = ANSWER_INIT;
    struct errmsg err = ERRMSG_INIT;
    struct cJSON *root = NULL;
    const char *pem;
    char key_id[17];
    enum status st = parse_body(request, &root, &err);

    if (st == ST_OK)
        st = need(root, "pem", &pem, &err);
    if (st == ST_OK)
        st = office_key_add(context, http_path_part(request, 0), pem, key_id, &err);
    if (st == ST_OK)
        write_one(&answer, "key", key_id);
    send_status(request, &answer, st, &err);
    json_free(root);
}

static void on_store_create(void *context, struct http_request *request)
{
    struct answer answer = ANSWER_INIT;
    struct errmsg err = ERRMSG_INIT;
    struct cJSON *root = NULL;
    const struct cJSON *attrs = NULL;
    const char *store, *name;
    char *attrs_text = NULL;
    enum status st = parse_body(request, &root, &err);

    if (st == ST_OK)
        st = need(root, "id", &store, &err);
    if (st == ST_OK)
        st = may(root, "name", &name, &err);
    if (st == ST_OK)
        st = json_optional(json_object(root, "attrs", &attrs, &err));
    if (st == ST_OK && attrs && !(attrs_text = cJSON_PrintUnformatted(attrs)))
        st = ST_NOMEM;
    if (st == ST_OK)
        st = office_store_create(context, http_path_part(request, 0), store, name, attrs_text ? attrs_text : "{}",
                                 &err);
    if (st == ST_OK)
        write_one(&answer, "store", store);
    send_status(request, &answer, st, &err);
    cJSON_free(attrs_text);
    json_free(root);
}

static void on_consent_set(void *context, struct http_request *request)
{
    struct answer answer = ANSWER_INIT;
    struct errmsg err = ERRMSG_INIT;
    struct cJSON *root = NULL;
    const char *language, *version, *text;
    enum status st = parse_body(request, &root, &err);

    if (st == ST_OK)
        st = need(root, "language", &language, &err);
    if (st == ST_OK)
        st = need(root, "version", &version, &err);
    if (st == ST_OK)
        st = need(root, "text", &text, &err);
    if (st == ST_OK)
        st = forms_consent_set(context, http_path_part(request, 0), language, version, text, &err);
    if (st == ST_OK)
        write_one(&answer, "version", version);
    send_status(request, &answer, st, &err);
    json_free(root);
}

static void on_till_code(void *context, struct http_request *request)
{
    struct answer answer = ANSWER_INIT;
    struct errmsg err = ERRMSG_INIT;
    struct cJSON *root = NULL;
    const char *chain, *store, *till;
    char code[CODE_TEXT];
    enum status st = parse_body(request, &root, &err);

    if (st == ST_OK)
        st = need(root, "chain", &chain, &err);
    if (st == ST_OK)
        st = need(root, "store", &store, &err);
    if (st == ST_OK)
        st = need(root, "till", &till, &err);
    if (st == ST_OK)
        st = office_till_code(context, chain, store, till, code, &err);
    if (st == ST_OK) {
        struct json_writer w = JSON_WRITER_INIT(&answer.body);

        jw_object_begin(&w);
        jw_field_text(&w, "code", code);
        jw_field_int(&w, "expires_in_s", CODE_LIFE_S);
        jw_object_end(&w);
    }
    send_status(request, &answer, st, &err);
    json_free(root);
}

static void on_till_revoke(void *context, struct http_request *request)
{
    struct central *central = context;
    struct answer answer = ANSWER_INIT;
    struct errmsg err = ERRMSG_INIT;
    enum status st = device_revoke(central, http_path_part(request, 0), &err);

    if (st == ST_OK) {
        write_one(&answer, "revoked", http_path_part(request, 0));
        central_tell_changed(central); /* its poll ends now, not in a minute */
    }
    send_status(request, &answer, st, &err);
}

static void on_member_import(void *context, struct http_request *request)
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
        st = import_members(context, http_path_part(request, 0), text, len, first_line, &w, &err);
    }
    send_status(request, &answer, st, &err);
    free(text);
}

/* The body is one line, the signed manifest as JSON, then the bundle's bytes. */
static void on_publish(void *context, struct http_request *request)
{
    struct answer answer = ANSWER_INIT;
    struct json_writer w = JSON_WRITER_INIT(&answer.body);
    struct errmsg err = ERRMSG_INIT;
    int64_t version;
    size_t len;
    const char *body = http_body(request, &len), *end = memchr(body, '\n', len);
    enum status st = ST_INVALID;

    if (end)
        st = publish_bundle(context, body, (size_t)(end - body), end + 1, len - (size_t)(end - body) - 1, &version,
                            &err);
    else
        errmsg_set(&err, "the body is a line with the signed manifest, then the bundle");
    if (st == ST_OK) {
        jw_object_begin(&w);
        jw_field_int(&w, "published", version);
        jw_object_end(&w);
    }
    send_status(request, &answer, st, &err);
}

typedef enum status report_fn(struct central *central, struct json_writer *w, struct errmsg *err);

static void send_report(struct central *central, struct http_request *request, report_fn *report)
{
    struct answer answer = ANSWER_INIT;
    struct json_writer w = JSON_WRITER_INIT(&answer.body);
    struct errmsg err = ERRMSG_INIT;
    enum status st = report(central, &w, &err);

    if (st != ST_OK)
        answer_status(&answer, st, &err);
    send_answer(request, &answer);
}

static enum status report_ledger(struct central *central, struct json_writer *w, struct errmsg *err)
{
    bool ok;

    return ledger_check(central, w, &ok, err);
}

static void on_tills(void *context, struct http_request *request)
{
    send_report(context, request, device_list);
}

static void on_fleet(void *context, struct http_request *request)
{
    send_report(context, request, fleet_report);
}

static void on_bundles(void *context, struct http_request *request)
{
    send_report(context, request, publish_list);
}

static void on_totals(void *context, struct http_request *request)
{
    send_report(context, request, report_totals);
}

static void on_ledger(void *context, struct http_request *request)
{
    send_report(context, request, report_ledger);
}

static void on_differences(void *context, struct http_request *request)
{
    send_report(context, request, report_differences);
}

static void on_dead_letters(void *context, struct http_request *request)
{
    send_report(context, request, report_dead_letters);
}

static void on_notices(void *context, struct http_request *request)
{
    send_report(context, request, report_notices);
}

static void on_member(void *context, struct http_request *request)
{
    struct answer answer = ANSWER_INIT;
    struct json_writer w = JSON_WRITER_INIT(&answer.body);
    struct errmsg err = ERRMSG_INIT;
    enum status st = report_member(context, http_path_part(request, 0), &w, &err);

    if (st != ST_OK)
        answer_status(&answer, st, &err);
    send_answer(request, &answer);
}

static const struct http_route routes[] = {
    {"POST", "/admin/chains", HTTP_AUTH_PEER, on_chain_create, ADMIN_BODY_MAX},
    {"POST", "/admin/chains/{chain}/keys", HTTP_AUTH_PEER, on_key_add, ADMIN_BODY_MAX},
    {"POST", "/admin/chains/{chain}/stores", HTTP_AUTH_PEER, on_store_create, ADMIN_BODY_MAX},
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
    {"POST", "/admin/upkeep", HTTP_AUTH_PEER, admin_upkeep, ADMIN_BODY_MAX},
    {"POST", "/admin/chains/{chain}/consents", HTTP_AUTH_PEER, on_consent_set, ADMIN_BODY_MAX},
    {"POST", "/admin/codes", HTTP_AUTH_PEER, on_till_code, ADMIN_BODY_MAX},
    {"GET", "/admin/tills", HTTP_AUTH_PEER, on_tills, 0},
    {"GET", "/admin/fleet", HTTP_AUTH_PEER, on_fleet, 0},
    {"POST", "/admin/tills/{dev}/revoke", HTTP_AUTH_PEER, on_till_revoke, ADMIN_BODY_MAX},
    {"GET", "/admin/members/{id}", HTTP_AUTH_PEER, on_member, 0},
    {"POST", "/admin/bundles", HTTP_AUTH_PEER, on_publish, (size_t)MANIFEST_FILE_BYTES_MAX + SIGNED_BYTES_MAX},
    {"GET", "/admin/bundles", HTTP_AUTH_PEER, on_bundles, 0},
    {"GET", "/admin/totals", HTTP_AUTH_PEER, on_totals, 0},
    {"GET", "/admin/ledger", HTTP_AUTH_PEER, on_ledger, 0},
    {"GET", "/admin/differences", HTTP_AUTH_PEER, on_differences, 0},
    {"GET", "/admin/dead-letters", HTTP_AUTH_PEER, on_dead_letters, 0},
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
