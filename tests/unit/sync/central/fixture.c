/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"
#include "spread_watch.h"

#include <criterion/criterion.h>
#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cjson/cJSON.h>
#include <libpq-fe.h>

#include "agent/base/json.h"
#include "agent/base/json_writer.h"
#include "agent/base/log.h"
#include "agent/base/signers.h"
#include "agent/engine/engine.h"
#include "sync/central/import.h"
#include "sync/central/ledger.h"
#include "sync/central/office.h"
#include "sync/central/publish.h"
#include "sync/central/report.h"

enum { TEXT_MAX = 4 * 1024 * 1024 };

/* One statement over a connection of its own. */
static void tell_server(const char *server, const char *sql)
{
    PGconn *conn = PQconnectdb(server);
    PGresult *result = PQexec(conn, sql);

    cr_assert_eq(PQresultStatus(result), PGRES_COMMAND_OK, "%s: %s", sql, PQerrorMessage(conn));
    PQclear(result);
    PQfinish(conn);
}

/* A schema of this fixture's own, where a server is given; else a file. */
static void make_place(struct fixture *fixture)
{
    const char *server = getenv("LOYALD_TEST_DATABASE");
    char sql[64];

    if (!server || !server[0])
        return;
    snprintf(fixture->schema, sizeof(fixture->schema), "t%.*s", 6, strrchr(fixture->dir, '-') + 1);
    for (char *at = fixture->schema; *at; at++)
        *at = (char)tolower((unsigned char)*at);
    snprintf(fixture->database, sizeof(fixture->database), "%s%coptions=-csearch_path%%3D%s", server,
             strchr(server, '?') ? '&' : '?', fixture->schema);
    snprintf(sql, sizeof(sql), "CREATE SCHEMA %s", fixture->schema);
    tell_server(server, sql);
}

/* What is on every fixture's central, opened for the first time or again. */
static void set_apart(struct fixture *fixture)
{
    if (fixture->apart)
        fixture->central->together_max = 1;
}

void fixture_open(struct fixture *fixture)
{
    struct central_place place = {fixture->dir, fixture->database};
    struct errmsg err = ERRMSG_INIT;
    char pem[PK_PEM_BYTES_MAX];
    struct office_chain chain = {.id = "demo", .name = "Демо", .currency = "RUB", .language = "ru"};

    memset(fixture, 0, sizeof(*fixture));
    log_set_level(LOG_LEVEL_ERROR);
    strcpy(fixture->dir, "/tmp/loyald-central-XXXXXX");
    cr_assert_not_null(mkdtemp(fixture->dir));
    make_place(fixture);
    fixture->now.wall_ms = INT64_C(1795370000000); /* November 2026 */
    fixture->clock = clock_virtual(&fixture->now);
    OK(central_init(&place, "", clock_system(), &err));
    OK(central_open(&place, &fixture->clock, &fixture->central, &err));
    fixture->apart = getenv("LOYALD_TEST_SPREAD") != NULL;
    set_apart(fixture);
    if (fixture->apart)
        spread_watch_make(fixture->central->store, fixture->database);
    OK(pk_generate(&fixture->office, &err));
    OK(pk_public_pem(fixture->office, pem, &err));
    OK(office_chain_create(fixture->central, &chain, &err));
    OK(office_key_add(fixture->central, "demo", pem, fixture->office_key_id, &err));
    OK(office_store_create(fixture->central, "demo", "S12", "Twelve", "{\"format\":\"express\"}", &err));
}

void fixture_reopen(struct fixture *fixture)
{
    struct central_place place = {fixture->dir, fixture->database};
    struct errmsg err = ERRMSG_INIT;

    central_close(fixture->central);
    OK(central_open(&place, &fixture->clock, &fixture->central, &err));
    set_apart(fixture);
    if (fixture->apart)
        spread_watch_resume(fixture->central->store);
}

static void remove_dir(const char *path)
{
    DIR *dir = opendir(path);
    struct dirent *entry;
    char name[512];

    while (dir && (entry = readdir(dir))) {
        snprintf(name, sizeof(name), "%s/%s", path, entry->d_name);
        (void)unlink(name);
    }
    if (dir)
        closedir(dir);
    (void)rmdir(path);
}

void fixture_close(struct fixture *fixture)
{
    if (fixture->apart)
        spread_watch_end();
    central_close(fixture->central);
    pk_destroy(fixture->office);
    remove_dir(fixture->dir);
    if (fixture->schema[0]) {
        char sql[96];

        snprintf(sql, sizeof(sql), "SET client_min_messages = error; DROP SCHEMA %s CASCADE", fixture->schema);
        tell_server(getenv("LOYALD_TEST_DATABASE"), sql);
    }
}

void fixture_together(struct fixture *fixture)
{
    fixture->central->together_max = 0;
    if (fixture->apart)
        spread_watch_end();
    fixture->apart = false;
}

int fixture_many(const struct fixture *fixture)
{
    return fixture->database[0] || fixture->apart ? 2100 : 5000;
}

void fixture_code(struct fixture *fixture, const char *till, char out_code[16])
{
    struct errmsg err = ERRMSG_INIT;

    OK(office_till_code(fixture->central, "demo", "S12", till, out_code, &err));
}

void fixture_bundle(int version, struct strbuf *out)
{
    strbuf_printf(
        out,
        "{\"format\":\"loyald-bundle/1\",\"id\":\"main\",\"version\":%d,\"currency\":\"RUB\",\"minor_digits\":2,"
        "\"layers\":[{\"id\":\"promo\",\"mode\":\"best\"}],"
        "\"point_currencies\":[{\"id\":\"bonus\",\"digits\":2,\"value_minor\":100}],"
        "\"promotions\":["
        "{\"id\":\"ten\",\"layer\":\"promo\",\"order\":1,\"reward\":{\"kind\":\"percent_off\",\"items\":{\"any\":"
        "true},"
        "\"percent_bp\":1000}},"
        "{\"id\":\"earn\",\"layer\":\"promo\",\"order\":2,\"reward\":{\"kind\":\"points\",\"currency\":\"bonus\","
        "\"items\":{\"any\":true},\"per_minor\":100,\"give\":1,\"base\":\"net\"}}]}",
        version);
}

void fixture_sign(struct fixture *fixture, const struct pk *key, const char *chain, int version,
                  const struct strbuf *bundle, struct strbuf *out)
{
    struct errmsg err = ERRMSG_INIT;
    struct strbuf text = STRBUF_INIT(MANIFEST_BYTES_MAX);
    struct json_writer w = JSON_WRITER_INIT(out);
    struct manifest manifest = {.version = version, .bundle_bytes = (int64_t)bundle->len};
    struct signature signature;

    (void)fixture;
    snprintf(manifest.chain, sizeof(manifest.chain), "%s", chain);
    strcpy(manifest.created_at, "2026-11-22T00:00:00Z");
    sha256_of(bundle->data, bundle->len, manifest.bundle_sha256);
    manifest_write(&manifest, &text);
    OK(signers_sign(key, text.data, text.len, &signature, &err));
    jw_object_begin(&w);
    jw_field_text(&w, "text", text.data);
    jw_name(&w, "signatures");
    jw_array_begin(&w);
    signers_write(&signature, &w);
    jw_array_end(&w);
    jw_object_end(&w);
    strbuf_free(&text);
}

void fixture_publish(struct fixture *fixture, int version)
{
    struct errmsg err = ERRMSG_INIT;
    struct strbuf bundle = STRBUF_INIT(TEXT_MAX), signed_json = STRBUF_INIT(TEXT_MAX);
    uint8_t digest[SHA256_BYTES];
    int64_t published = 0;

    fixture_bundle(version, &bundle);
    fixture_sign(fixture, fixture->office, "demo", version, &bundle, &signed_json);
    OK(publish_bundle(fixture->central, signed_json.data, signed_json.len, bundle.data, bundle.len, &published,
                      &err));
    cr_assert_eq(published, version);
    sha256_of(bundle.data, bundle.len, digest);
    hex_encode(digest, sizeof(digest), fixture->bundle_sha256);
    strbuf_free(&signed_json);
    strbuf_free(&bundle);
}

void fixture_import(struct fixture *fixture, const char *csv)
{
    struct errmsg err = ERRMSG_INIT;
    struct strbuf out = STRBUF_INIT(TEXT_MAX);
    struct json_writer w = JSON_WRITER_INIT(&out);
    char *text = strdup(csv);

    OK(import_members(fixture->central, "demo", text, strlen(text), 2, &w, &err));
    cr_assert_eq(answer_int(&out, "error_count"), 0, "%s", out.data);
    free(text);
    strbuf_free(&out);
}

static cJSON *totals(struct fixture *fixture)
{
    struct errmsg err = ERRMSG_INIT;
    struct strbuf out = STRBUF_INIT(TEXT_MAX);
    struct json_writer w = JSON_WRITER_INIT(&out);
    struct cJSON *root = NULL;

    OK(report_totals(fixture->central, &w, &err));
    OK(json_parse(out.data, out.len, out.len, &root, &err));
    strbuf_free(&out);
    return root;
}

int64_t total(struct fixture *fixture, const char *name)
{
    struct errmsg err = ERRMSG_INIT;
    cJSON *root = totals(fixture);
    const cJSON *chain = cJSON_GetArrayItem(cJSON_GetObjectItem(root, "chains"), 0);
    int64_t number = 0;

    OK(json_int(chain, name, -JSON_INT_MAX, JSON_INT_MAX, &number, &err));
    json_free(root);
    return number;
}

int64_t total_points(struct fixture *fixture, const char *name)
{
    cJSON *root = totals(fixture);
    const cJSON *chain = cJSON_GetArrayItem(cJSON_GetObjectItem(root, "chains"), 0);
    const cJSON *points = cJSON_GetArrayItem(cJSON_GetObjectItem(chain, "points"), 0);
    int64_t number = 0;

    (void)json_int(points, name, -JSON_INT_MAX, JSON_INT_MAX, &number, NULL);
    json_free(root);
    return number;
}

bool ledger_is_ok(struct fixture *fixture)
{
    struct errmsg err = ERRMSG_INIT;
    struct strbuf out = STRBUF_INIT(TEXT_MAX);
    struct json_writer w = JSON_WRITER_INIT(&out);
    bool ok = false;

    OK(ledger_check(fixture->central, &w, &ok, &err));
    strbuf_free(&out);
    return ok;
}

int64_t answer_int(const struct strbuf *answer, const char *name)
{
    struct cJSON *root = NULL;
    int64_t number = -1;

    cr_assert_eq(json_parse(strbuf_text(answer), answer->len, answer->len, &root, NULL), ST_OK, "%s",
                 strbuf_text(answer));
    (void)json_int(root, name, -JSON_INT_MAX, JSON_INT_MAX, &number, NULL);
    json_free(root);
    return number;
}

bool has_text(const struct strbuf *answer, const char *text)
{
    return strstr(strbuf_text(answer), text) != NULL;
}
