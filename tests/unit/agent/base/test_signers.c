/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "agent/base/json.h"
#include "agent/base/json_writer.h"
#include "agent/base/pk.h"
#include "agent/base/signers.h"

static const char text[] = "loyald-manifest/1\nchain=demo\n";

/* Two who may sign and one who may not. */
struct scene {
    struct pk *keys[3];
    struct signature by[3];
    struct signers signers;
    struct cJSON *list;
    struct errmsg err;
};

static void open_scene(struct scene *s)
{
    memset(s, 0, sizeof(*s));
    for (int i = 0; i < 3; i++) {
        cr_assert_eq(pk_generate(&s->keys[i], NULL), ST_OK);
        cr_assert_eq(signers_sign(s->keys[i], text, strlen(text), &s->by[i], NULL), ST_OK);
    }
    for (int i = 0; i < 2; i++) {
        char pem[PK_PEM_BYTES_MAX];

        cr_assert_eq(pk_public_pem(s->keys[i], pem, NULL), ST_OK);
        cr_assert_eq(pk_id(s->keys[i], s->signers.list[i].id), ST_OK);
        cr_assert_leq(strlen(pem), SIGNER_PEM_MAX);
        memcpy(s->signers.list[i].pem, pem, strlen(pem) + 1);
    }
    s->signers.count = s->signers.threshold = 2;
}

static void close_scene(struct scene *s)
{
    for (int i = 0; i < 3; i++)
        pk_destroy(s->keys[i]);
    json_free(s->list);
}

/* The list of these, as it is sent. */
static void sent(struct scene *s, const struct signature *const signatures[], int count)
{
    struct strbuf json = STRBUF_INIT(SIGNATURES_BYTES_MAX);
    struct json_writer w = JSON_WRITER_INIT(&json);

    jw_array_begin(&w);
    for (int i = 0; i < count; i++)
        signers_write(signatures[i], &w);
    jw_array_end(&w);
    json_free(s->list);
    s->list = NULL;
    cr_assert_eq(json_parse(json.data, json.len, json.len, &s->list, NULL), ST_OK);
    strbuf_free(&json);
}

static void expect(struct scene *s, int count, enum status st, const char *words)
{
    cr_expect_eq(signers_count(&s->signers, text, strlen(text), s->list, &s->err), count);
    cr_expect_eq(signers_check(&s->signers, text, strlen(text), s->list, &s->err), st);
    if (st != ST_OK)
        cr_expect(strstr(s->err.text, words), "%s", s->err.text);
}

Test(signers, count_each_key_of_the_set_once)
{
    struct scene s;

    open_scene(&s);
    sent(&s, (const struct signature *[]){&s.by[0], &s.by[1]}, 2);
    expect(&s, 2, ST_OK, "");
    sent(&s, (const struct signature *[]){&s.by[0], &s.by[0]}, 2);
    expect(&s, 1, ST_DENIED, "1 of the 2 keys");
    sent(&s, (const struct signature *[]){&s.by[0], &s.by[2]}, 2);
    expect(&s, 1, ST_DENIED, "1 of the 2 keys");
    sent(&s, (const struct signature *[]){&s.by[2]}, 1);
    expect(&s, 0, ST_DENIED, "by no key");
    sent(&s, NULL, 0);
    expect(&s, 0, ST_DENIED, "by no key");
    close_scene(&s);
}

Test(signers, that_want_nobody_are_never_enough)
{
    struct scene s;

    open_scene(&s);
    s.signers.threshold = 0;
    sent(&s, (const struct signature *[]){&s.by[0]}, 1);
    cr_expect_eq(signers_check(&s.signers, text, strlen(text), s.list, &s.err), ST_DENIED);
    close_scene(&s);
}

Test(signers, look_at_so_many_signatures_and_no_more)
{
    const struct signature *many[SIGNATURES_LOOKED_MAX + 1];
    struct scene s;

    open_scene(&s);
    for (int i = 0; i <= SIGNATURES_LOOKED_MAX; i++)
        many[i] = &s.by[2];
    s.signers.threshold = 1;
    many[SIGNATURES_LOOKED_MAX] = &s.by[0];
    sent(&s, many, SIGNATURES_LOOKED_MAX + 1);
    expect(&s, 0, ST_DENIED, "by no key");
    many[SIGNATURES_LOOKED_MAX - 1] = &s.by[0];
    sent(&s, many, SIGNATURES_LOOKED_MAX + 1);
    expect(&s, 1, ST_OK, "");
    close_scene(&s);
}

Test(signers, say_what_is_wrong_with_one_signature)
{
    struct scene s;
    char longer[SIGNATURE_TEXT + 2];

    open_scene(&s);
    cr_expect_eq(signers_check_one(&s.signers, text, s.by[1].key_id, s.by[1].hex, &s.err), ST_OK, "%s", s.err.text);
    cr_expect_eq(signers_check_one(&s.signers, text, s.by[2].key_id, s.by[2].hex, &s.err), ST_NOT_FOUND);
    cr_expect_eq(signers_check_one(&s.signers, text, s.by[0].key_id, s.by[1].hex, &s.err), ST_DENIED, "another's");
    cr_expect_eq(signers_check_one(&s.signers, "other", s.by[0].key_id, s.by[0].hex, &s.err), ST_DENIED);
    cr_expect_eq(signers_check_one(&s.signers, text, s.by[0].key_id, "abc", &s.err), ST_INVALID, "an odd digit");
    cr_expect_eq(signers_check_one(&s.signers, text, s.by[0].key_id, "zz", &s.err), ST_INVALID);
    memset(longer, 'a', sizeof(longer) - 1);
    longer[sizeof(longer) - 1] = '\0';
    cr_expect_eq(signers_check_one(&s.signers, text, s.by[0].key_id, longer, &s.err), ST_INVALID, "too long");
    close_scene(&s);
}

Test(signers, trust_no_name_that_is_not_the_key_s)
{
    struct scene s;

    open_scene(&s);
    memcpy(s.signers.list[1].id, s.by[2].key_id, sizeof(s.by[2].key_id));
    memcpy(s.by[1].key_id, s.by[2].key_id, sizeof(s.by[2].key_id));
    sent(&s, (const struct signature *[]){&s.by[0], &s.by[1]}, 2);
    expect(&s, 1, ST_DENIED, "1 of the 2 keys");
    close_scene(&s);
}
