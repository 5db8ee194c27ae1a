/* SPDX-License-Identifier: Apache-2.0 */
/* Tills of the fixture: enrolled, they write records and post them. */
#include "fixture.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "agent/base/json.h"
#include "agent/base/json_writer.h"
#include "agent/engine/engine.h"
#include "sync/central/counting.h"
#include "sync/central/enrol.h"
#include "sync/central/journal.h"

enum { TEXT_MAX = 4 * 1024 * 1024 };

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
