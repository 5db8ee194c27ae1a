/* SPDX-License-Identifier: Apache-2.0 */
/* What this central refuses it refuses as the examples say, member by member; and enrolments and renewals as the
 * examples ask for them are understood. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "agent/base/json.h"
#include "fixture.h"
#include "sync/central/enrol.h"
#include "sync/central/journal.h"
#include "sync/central/publish.h"
#include "sync/central/renew.h"
#include "tests/skew/shape.h"

TestSuite(central_skew_refusals, .timeout = 120);

enum { TEXT_MAX = 1024 * 1024 };

struct scene {
    struct fixture fixture;
    struct fake_till till;
    struct device device;
    struct answer answer;
};

static void scene_open(struct scene *s)
{
    *s = (struct scene){.answer = ANSWER_INIT};
    fixture_open(&s->fixture);
    fixture_publish(&s->fixture, 7);
    till_enrol_fresh(&s->fixture, &s->till, 0xa1);
    cr_assert_eq(device_load(s->fixture.central, s->till.dev_hex, &s->device, NULL), ST_OK);
}

static void scene_close(struct scene *s)
{
    strbuf_free(&s->answer.body);
    till_clear(&s->till);
    fixture_close(&s->fixture);
}

/* The answer, which is used up, is that example's: its status, its code, and all its members. */
static void expect_answer(struct answer *answer, int status, const char *file)
{
    struct cJSON *then = shape_load_json(file), *now = NULL;
    const struct cJSON *code = cJSON_GetObjectItemCaseSensitive(then, "code");

    cr_expect_eq(answer->status, status, "%s: %d %s", file, answer->status, strbuf_text(&answer->body));
    cr_assert_eq(json_parse(strbuf_text(&answer->body), answer->body.len, TEXT_MAX, &now, NULL), ST_OK, "%s",
                 strbuf_text(&answer->body));
    cr_expect(shape_has_all(now, then, file), "%s", strbuf_text(&answer->body));
    if (code)
        cr_expect(cJSON_Compare(code, cJSON_GetObjectItemCaseSensitive(now, "code"), true), "%s: %s", file,
                  strbuf_text(&answer->body));
    json_free(now);
    json_free(then);
    strbuf_free(&answer->body);
    *answer = (struct answer)ANSWER_INIT;
}

/* ---- at the door ---- */

static void check(struct scene *s, const char *dev, const char *key, struct answer *answer)
{
    const struct till_request request = {.op = OP_STATUS,
                                         .peer = dev,
                                         .peer_key = key,
                                         .dev = dev,
                                         .epoch = s->till.epoch_hex,
                                         .n = "0000000000000001",
                                         .mac = "00",
                                         .body = "{}",
                                         .body_len = 2};
    struct device device;
    bool known;

    cr_expect_not(device_check_request(s->fixture.central, &request, &device, &known, answer));
}

Test(central_skew_refusals, who_may_not_ask_is_told_as_ever)
{
    struct scene s;

    scene_open(&s);
    check(&s, s.till.dev_hex, s.device.cert_key, &s.answer);
    expect_answer(&s.answer, 403, "error.bad_mac.json");
    check(&s, s.till.dev_hex, "0000000000000000", &s.answer);
    expect_answer(&s.answer, 401, "error.no_certificate.json");
    check(&s, "00000000000000ff", s.device.cert_key, &s.answer);
    expect_answer(&s.answer, 403, "error.revoked.json");
    publish_blob(s.fixture.central, &s.device,
                 &(struct operation_args){
                     .values = {"0000000000000000000000000000000000000000000000000000000000000000", "0", "1"}},
                 &s.answer);
    expect_answer(&s.answer, 404, "error.not_found.json");
    scene_close(&s);
}

/* ---- records ---- */

static void accept(struct scene *s, const struct strbuf *batch)
{
    journal_accept(s->fixture.central, &s->device, batch->data, batch->len, &s->answer);
}

Test(central_skew_refusals, records_that_do_not_fit_are_told_as_ever)
{
    struct strbuf first = STRBUF_INIT(TEXT_MAX), late = STRBUF_INIT(TEXT_MAX), other = STRBUF_INIT(TEXT_MAX);
    struct fake_till copy;
    struct scene s;

    scene_open(&s);
    copy = s.till;
    till_record(&s.till, "void", "{\"sale_id\":\"a\",\"reason\":\"r\"}", &first);
    till_record(&s.till, "void", "{\"sale_id\":\"b\",\"reason\":\"r\"}", &late);
    accept(&s, &late);
    expect_answer(&s.answer, 409, "error.expect.json");
    accept(&s, &first);
    expect_answer(&s.answer, 200, "journal.answer.json");
    till_record(&copy, "void", "{\"sale_id\":\"c\",\"reason\":\"r\"}", &other);
    accept(&s, &other);
    expect_answer(&s.answer, 409, "error.fork.json");
    strbuf_clear(&late);
    for (int i = 0; i <= RECORD_BATCH_MAX; i++)
        till_record(&s.till, "void", "{\"sale_id\":\"d\",\"reason\":\"r\"}", &late);
    accept(&s, &late);
    expect_answer(&s.answer, 413, "error.too_large.json");
    scene_close(&s);
    strbuf_free(&first);
    strbuf_free(&late);
    strbuf_free(&other);
}

/* ---- enrolments ---- */

/* The example's request, with this code. */
static void enrol(struct scene *s, struct cJSON *root, const char *code)
{
    uint8_t mac_key[CRYPTO_KEY_BYTES];
    const char *dev = "", *epoch = "";
    char *text;

    cJSON_ReplaceItemInObject(root, "code", cJSON_CreateString(code));
    text = cJSON_PrintUnformatted(root);
    cr_assert(json_text(root, "dev", 16, &dev, NULL) == ST_OK && json_text(root, "epoch", 16, &epoch, NULL) == ST_OK);
    (void)enrol_till(s->fixture.central, dev, epoch, text, strlen(text), mac_key, &s->answer);
    cJSON_free(text);
}

Test(central_skew_refusals, an_enrolment_is_understood_and_refused_as_ever)
{
    struct cJSON *root = shape_load_json("enrol.request.json");
    struct scene s;
    char code[16];

    scene_open(&s);
    enrol(&s, root, "2222-2222");
    expect_answer(&s.answer, 403, "error.bad_code.json");
    fixture_code(&s.fixture, "4", code);
    if (cJSON_HasObjectItem(root, "history")) { /* it tells of an epoch that is not here */
        enrol(&s, root, code);
        expect_answer(&s.answer, 409, "error.behind.json");
        cJSON_DeleteItemFromObject(root, "history");
    }
    enrol(&s, root, code);
    expect_answer(&s.answer, 200, "enrol.answer.json");
    fixture_code(&s.fixture, "5", code);
    enrol(&s, root, code);
    expect_answer(&s.answer, 409, "error.copied.json");
    json_free(root);
    scene_close(&s);
}

Test(central_skew_refusals, a_till_whose_records_wait_is_put_off_as_ever)
{
    struct strbuf batch = STRBUF_INIT(TEXT_MAX), body = STRBUF_INIT(TEXT_MAX);
    uint8_t mac_key[CRYPTO_KEY_BYTES];
    struct pk *own = NULL;
    struct scene s;
    char code[16];

    scene_open(&s);
    till_record(&s.till, "void", "{\"sale_id\":\"a\",\"reason\":\"r\"}", &batch);
    accept(&s, &batch);
    expect_answer(&s.answer, 200, "journal.answer.json");
    fixture_code(&s.fixture, "3", code);
    till_enrol_body(&s.till, code, &own, &body);
    (void)enrol_till(s.fixture.central, s.till.dev_hex, s.till.epoch_hex, body.data, body.len, mac_key, &s.answer);
    expect_answer(&s.answer, 503, "error.unavailable.json");
    pk_destroy(own);
    scene_close(&s);
    strbuf_free(&batch);
    strbuf_free(&body);
}

/* ---- renewals ---- */

/* A central that has the till of the example, and the authority that it is of. */
static void take_authority(struct scene *s, const char *certificate, const char *dev)
{
    struct cJSON *identity = shape_load_json("identity.answer.json"), *root = shape_load_json("enrol.request.json");
    struct pk *key = NULL;
    const char *ca = "";
    char code[16], id[17];

    cJSON_DeleteItemFromObject(root, "history");
    fixture_code(&s->fixture, "4", code);
    enrol(s, root, code);
    expect_answer(&s->answer, 200, "enrol.answer.json");
    cr_assert(x509_public_key(certificate, &key, NULL) == ST_OK && pk_id(key, id) == ST_OK);
    cr_assert_eq(STORE_RUN(s->fixture.central->store, STATEMENT_DEVICE_NEXT_KEY, NULL, V_TEXT(dev), V_TEXT(id),
                           V_TEXT(""), V_INT(0)),
                 ST_OK);
    cr_assert_eq(json_text(identity, "ca", 8192, &ca, NULL), ST_OK);
    (void)snprintf(s->fixture.central->ca_bundle, sizeof s->fixture.central->ca_bundle, "%s", ca);
    renew_identity(s->fixture.central, dev, id, "", &s->answer);
    expect_answer(&s->answer, 200, "identity.answer.json");
    pk_destroy(key);
    json_free(identity);
    json_free(root);
}

Test(central_skew_refusals, a_renewal_is_understood_and_answered_as_ever)
{
    struct cJSON *root = shape_load_json("renew.request.json");
    const char *certificate = "", *dev = "", *signature = "";
    struct scene s;
    size_t len;
    char *text = shape_load("renew.request.json", &len), *changed;

    scene_open(&s);
    cr_assert(json_text(root, "certificate", X509_PEM_BYTES_MAX, &certificate, NULL) == ST_OK &&
              json_text(root, "dev", 16, &dev, NULL) == ST_OK &&
              json_text(root, "signature", 512, &signature, NULL) == ST_OK);
    take_authority(&s, certificate, dev);
    renew_certificate(s.fixture.central, text, len, &s.answer);
    expect_answer(&s.answer, 200, "renew.answer.json");
    changed = strstr(text, signature);
    changed[strlen(signature) - 1] = changed[strlen(signature) - 1] == '0' ? '1' : '0';
    renew_certificate(s.fixture.central, text, len, &s.answer);
    expect_answer(&s.answer, 403, "error.revoked.json");
    for (int i = 0; i < 100 && s.answer.status != 429; i++) {
        strbuf_free(&s.answer.body);
        s.answer = (struct answer)ANSWER_INIT;
        renew_certificate(s.fixture.central, text, len, &s.answer);
    }
    expect_answer(&s.answer, 429, "error.too_many.json");
    free(text);
    json_free(root);
    scene_close(&s);
}
