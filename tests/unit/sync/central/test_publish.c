/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "fixture.h"
#include "sync/central/office.h"
#include "sync/central/publish.h"

enum { TEXT_MAX = 1024 * 1024 };

struct scene {
    struct fixture fixture;
    struct strbuf bundle, signed_json;
    struct errmsg err;
};

static void scene_open(struct scene *s)
{
    fixture_open(&s->fixture);
    fixture_publish(&s->fixture, 7);
    s->bundle = (struct strbuf)STRBUF_INIT(TEXT_MAX);
    s->signed_json = (struct strbuf)STRBUF_INIT(TEXT_MAX);
    s->err.text[0] = '\0';
}

static void scene_close(struct scene *s)
{
    strbuf_free(&s->bundle);
    strbuf_free(&s->signed_json);
    fixture_close(&s->fixture);
}

static enum status publish(struct scene *s)
{
    int64_t version;

    return publish_bundle(s->fixture.central, s->signed_json.data, s->signed_json.len, s->bundle.data, s->bundle.len,
                          &version, &s->err);
}

/* Refused, in words that name the reason, and version 7 stays the last. */
static void expect_refused(struct scene *s, enum status st, const char *words)
{
    int64_t version = 0;

    cr_expect_eq(publish(s), st, "%s", s->err.text);
    cr_expect(strstr(s->err.text, words), "%s", s->err.text);
    cr_assert_eq(STORE_NUMBER(s->fixture.central->store, STATEMENT_MANIFEST_VERSION, &version, NULL, V_TEXT("demo")),
                 ST_OK);
    cr_expect_eq(version, 7);
}

Test(central_publish, takes_the_next_version)
{
    struct scene s;

    scene_open(&s);
    fixture_bundle(8, &s.bundle);
    fixture_sign(&s.fixture, s.fixture.office, "demo", 8, &s.bundle, &s.signed_json);
    cr_expect_eq(publish(&s), ST_OK, "%s", s.err.text);
    scene_close(&s);
}

Test(central_publish, refuses_a_version_not_above_the_last)
{
    struct scene s;

    scene_open(&s);
    fixture_bundle(7, &s.bundle);
    fixture_sign(&s.fixture, s.fixture.office, "demo", 7, &s.bundle, &s.signed_json);
    expect_refused(&s, ST_CONFLICT, "not above 7");
    scene_close(&s);
}

Test(central_publish, refuses_a_stranger_s_key)
{
    struct scene s;
    struct pk *stranger;

    scene_open(&s);
    cr_assert_eq(pk_generate(&stranger, NULL), ST_OK);
    fixture_bundle(8, &s.bundle);
    fixture_sign(&s.fixture, stranger, "demo", 8, &s.bundle, &s.signed_json);
    expect_refused(&s, ST_DENIED, "is not one of chain demo");
    pk_destroy(stranger);
    scene_close(&s);
}

Test(central_publish, refuses_a_manifest_changed_after_signing)
{
    struct scene s;
    char *at;

    scene_open(&s);
    fixture_bundle(8, &s.bundle);
    fixture_sign(&s.fixture, s.fixture.office, "demo", 8, &s.bundle, &s.signed_json);
    at = strstr(s.signed_json.data, "created_at\\\":\\\"2026");
    cr_assert_not_null(at);
    at[strlen("created_at\\\":\\\"2026") - 1] = '7';
    expect_refused(&s, ST_DENIED, "signed wrongly");
    scene_close(&s);
}

Test(central_publish, refuses_a_manifest_without_signature)
{
    struct scene s;
    char *at;

    scene_open(&s);
    fixture_bundle(8, &s.bundle);
    fixture_sign(&s.fixture, s.fixture.office, "demo", 8, &s.bundle, &s.signed_json);
    at = strstr(s.signed_json.data, "\"signatures\":[");
    strcpy(at, "\"signatures\":[]}");
    s.signed_json.len = strlen(s.signed_json.data);
    expect_refused(&s, ST_DENIED, "no signature");
    scene_close(&s);
}

Test(central_publish, refuses_another_chain_s_manifest)
{
    struct scene s;
    struct office_chain other = {.id = "other", .name = "", .currency = "RUB", .language = "ru"};

    scene_open(&s);
    fixture_bundle(8, &s.bundle);
    fixture_sign(&s.fixture, s.fixture.office, "other", 8, &s.bundle, &s.signed_json);
    expect_refused(&s, ST_NOT_FOUND, "\"other\" is not known");
    /* Known, but the key signs for demo only. */
    cr_assert_eq(office_chain_create(s.fixture.central, &other, &s.err), ST_OK);
    expect_refused(&s, ST_DENIED, "is not one of chain other");
    scene_close(&s);
}

Test(central_publish, refuses_a_file_that_was_not_signed)
{
    struct scene s;

    scene_open(&s);
    fixture_bundle(8, &s.bundle);
    fixture_sign(&s.fixture, s.fixture.office, "demo", 8, &s.bundle, &s.signed_json);
    s.bundle.data[s.bundle.len - 1] = ' ';
    expect_refused(&s, ST_DENIED, "not the file that was signed");
    scene_close(&s);
}

Test(central_publish, refuses_what_does_not_compile)
{
    struct scene s;

    scene_open(&s);
    strbuf_puts(&s.bundle, "{\"format\":\"loyald-bundle/1\",\"id\":\"main\",\"version\":8,\"surprise\":1}");
    fixture_sign(&s.fixture, s.fixture.office, "demo", 8, &s.bundle, &s.signed_json);
    expect_refused(&s, ST_INVALID, "does not compile");
    scene_close(&s);
}

Test(central_publish, refuses_a_bundle_of_another_version_than_its_manifest)
{
    struct scene s;

    scene_open(&s);
    fixture_bundle(9, &s.bundle);
    fixture_sign(&s.fixture, s.fixture.office, "demo", 8, &s.bundle, &s.signed_json);
    expect_refused(&s, ST_INVALID, "must agree");
    scene_close(&s);
}

static int fetch(struct scene *s, const char *chain, const char *from, const char *to, struct answer *answer)
{
    struct device device = {0};
    struct operation_args args = {0};

    strcpy(device.chain, chain);
    strcpy(args.values[0], s->fixture.bundle_sha256);
    strcpy(args.values[1], from);
    strcpy(args.values[2], to);
    strbuf_clear(&answer->body);
    answer->status = 200;
    publish_blob(s->fixture.central, &device, &args, answer);
    return answer->status;
}

Test(central_publish, hands_out_ranges_of_a_bundle_to_its_own_chain_only)
{
    struct scene s;
    struct answer answer = ANSWER_INIT;

    scene_open(&s);
    fixture_bundle(7, &s.bundle);
    cr_assert_eq(fetch(&s, "demo", "0", "9", &answer), 206);
    cr_expect_eq(answer.body.len, 10);
    cr_expect_arr_eq(answer.body.data, s.bundle.data, 10);
    cr_assert_eq(fetch(&s, "demo", "10", "1000000", &answer), 206);
    cr_expect_eq(answer.body.len, s.bundle.len - 10);
    cr_expect_arr_eq(answer.body.data, s.bundle.data + 10, s.bundle.len - 10);
    cr_expect_eq(fetch(&s, "demo", "5000", "5001", &answer), 404);
    cr_expect_eq(fetch(&s, "other", "0", "9", &answer), 404);
    cr_expect_eq(fetch(&s, "demo", "9", "0", &answer), 400);
    cr_expect_eq(fetch(&s, "demo", "0", "1048576", &answer), 400);
    cr_expect_eq(fetch(&s, "demo", "", "", &answer), 400);
    strbuf_free(&answer.body);
    scene_close(&s);
}

/* The words of "loyalctl bundle check" and of a till. */
Test(central_publish, refuses_a_template_with_a_fault_by_line_and_column)
{
    struct scene s;

    scene_open(&s);
    fixture_bundle(8, &s.bundle);
    s.bundle.len--; /* its last brace */
    strbuf_puts(&s.bundle, ",\"receipts\":{\"sale\":{\"en\":\"{total}\",\"ru\":\"ИТОГО\\n  {totl}\"}}}");
    fixture_sign(&s.fixture, s.fixture.office, "demo", 8, &s.bundle, &s.signed_json);
    expect_refused(&s, ST_INVALID, "receipts/sale/ru: line 2, column 4: there is no value \"totl\"");
    scene_close(&s);
}

/* Four eyes: as many keys as the chain wants, and one that signs twice is one. */
Test(central_publish, wants_as_many_keys_as_the_chain_says)
{
    struct scene s;
    struct strbuf second_json = STRBUF_INIT(TEXT_MAX);
    struct pk *second;
    char pem[PK_PEM_BYTES_MAX], id[17], *other;
    size_t one;

    scene_open(&s);
    cr_expect_eq(office_threshold_set(s.fixture.central, "demo", 2, &s.err), ST_INVALID, "there is one key");
    cr_assert_eq(pk_generate(&second, NULL), ST_OK);
    cr_assert_eq(pk_public_pem(second, pem, NULL), ST_OK);
    cr_assert_eq(office_key_add(s.fixture.central, "demo", pem, id, NULL), ST_OK);
    cr_expect_eq(office_threshold_set(s.fixture.central, "demo", 0, &s.err), ST_INVALID);
    cr_assert_eq(office_threshold_set(s.fixture.central, "demo", 2, &s.err), ST_OK, "%s", s.err.text);
    fixture_bundle(8, &s.bundle);
    fixture_sign(&s.fixture, s.fixture.office, "demo", 8, &s.bundle, &s.signed_json);
    expect_refused(&s, ST_DENIED, "1 of the 2 keys");
    one = (size_t)(strstr(s.signed_json.data, "{\"key\"") - s.signed_json.data);
    other = strdup(s.signed_json.data + one);
    cr_assert_not_null(other);
    *strchr(other, '}') = '\0';
    s.signed_json.len = one;
    strbuf_printf(&s.signed_json, "%s},%s}]}", other, other);
    expect_refused(&s, ST_DENIED, "1 of the 2 keys");
    fixture_sign(&s.fixture, second, "demo", 8, &s.bundle, &second_json);
    s.signed_json.len = one;
    strbuf_printf(&s.signed_json, "%s},%s", other, strstr(second_json.data, "{\"key\""));
    cr_expect_eq(publish(&s), ST_OK, "%s", s.err.text);
    free(other);
    pk_destroy(second);
    strbuf_free(&second_json);
    scene_close(&s);
}
