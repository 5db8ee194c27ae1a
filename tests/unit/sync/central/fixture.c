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
#include "sync/central/counting.h"
#include "sync/central/enrol.h"
#include "sync/central/import.h"
#include "sync/central/journal.h"
#include "sync/central/ledger.h"
#include "sync/central/office.h"
#include "sync/central/publish.h"
#include "sync/central/report.h"

enum { TEXT_MAX = 4 * 1024 * 1024 };

#define OK(call) cr_assert_eq((call), ST_OK, "%s: %s", #call, err.text)

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

void till_init(struct fake_till *till, uint64_t dev, uint64_t epoch)
{
    struct errmsg err = ERRMSG_INIT;

    memset(till, 0, sizeof(*till));
    till->dev = dev;
    till->epoch = epoch;
    hex_from_u64(dev, till->dev_hex);
    hex_from_u64(epoch, till->epoch_hex);
    OK(pk_generate(&till->tls_key, &err));
}

void till_clear(struct fake_till *till)
{
    pk_destroy(till->tls_key);
}

void till_enrol_body(struct fake_till *till, const char *code, struct pk **out_own, struct strbuf *out)
{
    struct errmsg err = ERRMSG_INIT;
    struct json_writer w = JSON_WRITER_INIT(out);
    char csr[X509_PEM_BYTES_MAX];
    uint8_t point[PK_POINT_BYTES];

    OK(pk_generate(out_own, &err));
    OK(pk_point(*out_own, point));
    OK(x509_request(till->tls_key, till->dev_hex, csr, &err));
    jw_object_begin(&w);
    jw_field_text(&w, "code", code);
    jw_field_text(&w, "dev", till->dev_hex);
    jw_field_text(&w, "epoch", till->epoch_hex);
    jw_field_text(&w, "csr", csr);
    jw_field_hex(&w, "point", point, sizeof(point));
    jw_field_text(&w, "version", "0.1.0");
    if (till->history)
        jw_field_raw(&w, "history", till->history, strlen(till->history));
    jw_object_end(&w);
}

void till_enrol_finish(struct fake_till *till, const char *code, const struct pk *own, const char *answer, size_t len)
{
    struct errmsg err = ERRMSG_INIT;
    struct cJSON *root = NULL, *keys = NULL;
    const char *certificate, *sealed_hex, *plain_key;
    uint8_t point[PK_POINT_BYTES], secret[PK_SECRET_BYTES], seal_key[CRYPTO_KEY_BYTES], sealed[256], plain[256];
    char place[32];
    size_t sealed_len;

    OK(json_parse(answer, len, len, &root, &err));
    OK(json_text(root, "certificate", X509_PEM_BYTES_MAX, &certificate, &err));
    OK(json_hex(root, "point", sizeof(point), point, &err));
    OK(json_text(root, "sealed", 2 * sizeof(sealed), &sealed_hex, &err));
    strcpy(till->certificate, certificate);
    OK(pk_agree(own, point, secret, &err));
    OK(crypto_hkdf(secret, sizeof(secret), code, strlen(code), "loyald mac 1", till->mac_key, CRYPTO_KEY_BYTES));
    OK(crypto_hkdf(secret, sizeof(secret), code, strlen(code), "loyald seal 1", seal_key, CRYPTO_KEY_BYTES));
    sealed_len = strlen(sealed_hex) / 2;
    OK(hex_decode(sealed_hex, sealed_len, sealed));
    snprintf(place, sizeof(place), "enrol %s", till->dev_hex);
    OK(crypto_unseal(seal_key, place, sealed, sealed_len, plain));
    OK(json_parse((const char *)plain, sealed_len - CRYPTO_SEAL_OVERHEAD, sizeof(plain), &keys, &err));
    OK(json_text(keys, "id_key", 64, &plain_key, &err));
    OK(hex_decode(plain_key, CRYPTO_KEY_BYTES, till->id_key));
    json_free(keys);
    json_free(root);
}

int till_enrol(struct fixture *fixture, struct fake_till *till, const char *code)
{
    struct strbuf body = STRBUF_INIT(TEXT_MAX);
    struct answer answer = ANSWER_INIT;
    struct pk *own = NULL;
    uint8_t mac_key[CRYPTO_KEY_BYTES];
    bool good;

    till_enrol_body(till, code, &own, &body);
    good = enrol_till(fixture->central, till->dev_hex, till->epoch_hex, body.data, body.len, mac_key, &answer);
    cr_assert_eq(good, answer.status == 200, "%s", strbuf_text(&answer.body));
    if (good) {
        till_enrol_finish(till, code, own, answer.body.data, answer.body.len);
        cr_assert_arr_eq(mac_key, till->mac_key, CRYPTO_KEY_BYTES);
    }
    pk_destroy(own);
    strbuf_free(&body);
    strbuf_free(&answer.body);
    return answer.status;
}

void till_enrol_fresh(struct fixture *fixture, struct fake_till *till, uint64_t dev)
{
    char code[16];

    till_init(till, dev, dev * 16 + 1);
    fixture_code(fixture, "3", code);
    cr_assert_eq(till_enrol(fixture, till, code), 200);
}

void till_record(struct fake_till *till, const char *type, const char *body, struct strbuf *out)
{
    struct errmsg err = ERRMSG_INIT;
    struct record_head head = {.dev = till->dev, .epoch = till->epoch, .seq = ++till->seq, .type_version = 1};
    size_t before = out->len;

    head.hlc = UINT64_C(0x01a2000000000000) + (uint64_t)till->seq;
    snprintf(head.type, sizeof(head.type), "%s", type);
    memcpy(head.prev, till->head, SHA256_BYTES);
    OK(record_encode(&head, body, strlen(body), out, &err));
    record_hash(head.prev, out->data + before, out->len - before, till->head);
    strbuf_putc(out, '\n');
}

static void write_result(const struct strbuf *bundle, const struct strbuf *sale, struct strbuf *out)
{
    struct errmsg err = ERRMSG_INIT;
    struct engine_fault fault = {0};
    struct bundle *compiled = NULL;
    struct engine *engine = NULL;
    struct engine_sale *parsed = NULL;
    const struct engine_result *result;

    OK(bundle_compile(bundle->data, bundle->len, &compiled, NULL, &err));
    OK(engine_create(&engine, &err));
    cr_assert_eq(engine_sale_parse(sale->data, sale->len, &parsed, &fault), ST_OK, "%s %s", fault.at, fault.message);
    OK(engine_evaluate(engine, compiled, parsed, NULL, &result, &err));
    engine_result_write(result, false, out);
    engine_sale_destroy(parsed);
    engine_destroy(engine);
    bundle_destroy(compiled);
}

void till_sale(struct fixture *fixture, struct fake_till *till, const char *sale_id, const char *member,
               const char *identifier, int price_minor, struct strbuf *out)
{
    struct strbuf bundle = STRBUF_INIT(TEXT_MAX), sale = STRBUF_INIT(TEXT_MAX), body = STRBUF_INIT(TEXT_MAX);

    fixture_bundle(1, &bundle);
    strbuf_printf(
        &sale,
        "{\"sale_id\":\"%s\",\"store\":{\"id\":\"S12\"},\"till\":\"3\",\"at\":\"2026-11-22T18:05:00+03:00\","
        "\"business_date\":\"2026-11-22\",\"lines\":[{\"line\":1,\"sku\":\"A\",\"qty_milli\":1000,"
        "\"unit_price_minor\":%d}]%s%s}",
        sale_id, price_minor, member ? ",\"member\":" : "", member ? member : "");
    strbuf_printf(&body, "{\"sale\":%s,\"result\":", sale.data);
    write_result(&bundle, &sale, &body);
    strbuf_printf(&body,
                  ",\"bundle\":\"%s\",\"identifier\":\"%s\",\"entry\":\"scan\",\"tenders\":[{\"kind\":\"cash\","
                  "\"amount_minor\":%d}],\"shown_minor\":%d}",
                  fixture->bundle_sha256, identifier, price_minor, price_minor);
    till_record(till, "sale", body.data, out);
    strbuf_free(&body);
    strbuf_free(&sale);
    strbuf_free(&bundle);
}

int till_send(struct fixture *fixture, struct fake_till *till, const struct strbuf *batch, struct strbuf *out)
{
    struct errmsg err = ERRMSG_INIT;
    struct answer answer = ANSWER_INIT;
    struct device device;

    OK(device_load(fixture->central, till->dev_hex, &device, &err));
    journal_accept(fixture->central, &device, strbuf_text(batch), batch->len, &answer);
    strbuf_clear(out);
    strbuf_add(out, strbuf_text(&answer.body), answer.body.len);
    strbuf_free(&answer.body);
    return answer.status;
}

int till_post(struct fixture *fixture, struct fake_till *till, const struct strbuf *batch, struct strbuf *out)
{
    struct errmsg err = ERRMSG_INIT;
    int status = till_send(fixture, till, batch, out), tries = 0;
    enum status st;

    while ((st = counting_run(fixture->central, &err)) == ST_AGAIN || st == ST_TIMEOUT)
        cr_assert_lt(++tries, 200, "%s", err.text);
    cr_assert_eq(st, ST_OK, "%s", err.text);
    return status;
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
