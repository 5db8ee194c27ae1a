/* SPDX-License-Identifier: Apache-2.0 */
/* Roots and timestamps at the central: what it refuses before a till would have to, and what it signs by itself. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/json.h"
#include "fixture.h"
#include "sync/central/office.h"
#include "sync/central/publish.h"
#include "sync/central/trust.h"
#include "sync/central/updates.h"
#include "tests/support/root_maker.h"

enum { TEXT_MAX = 1024 * 1024 };
#define DAY_MS INT64_C(86400000)

struct scene {
    struct fixture fixture;
    struct pk *a, *b, *c, *office_2;
    struct root root;
    struct fake_till till;
    struct trust_published published;
    struct errmsg err;
};

static void scene_open(struct scene *s)
{
    *s = (struct scene){.published = {0}};
    fixture_open(&s->fixture);
    cr_assert_eq(pk_generate(&s->a, NULL), ST_OK);
    cr_assert_eq(pk_generate(&s->b, NULL), ST_OK);
    cr_assert_eq(pk_generate(&s->c, NULL), ST_OK);
    cr_assert_eq(pk_generate(&s->office_2, NULL), ST_OK);
    s->root = (struct root){.chain = "demo",
                            .version = 1,
                            .timestamp_days = ROOT_TIMESTAMP_DAYS,
                            .expires_unix_ms = s->fixture.now.wall_ms + 365 * DAY_MS};
    maker_add(&s->root, ROOT_ROLE_ROOT, s->a);
    maker_add(&s->root, ROOT_ROLE_ROOT, s->b);
    maker_add(&s->root, ROOT_ROLE_ROOT, s->c);
    maker_add(&s->root, ROOT_ROLE_RULES, s->fixture.office);
    maker_add(&s->root, ROOT_ROLE_TIMESTAMP, s->fixture.central->stamp_keys[0]);
    s->root.roles[ROOT_ROLE_ROOT].threshold = 2;
    s->root.roles[ROOT_ROLE_RULES].threshold = s->root.roles[ROOT_ROLE_TIMESTAMP].threshold = 1;
}

static void scene_close(struct scene *s)
{
    pk_destroy(s->a);
    pk_destroy(s->b);
    pk_destroy(s->c);
    pk_destroy(s->office_2);
    till_clear(&s->till);
    fixture_close(&s->fixture);
}

static enum status publish(struct scene *s, const struct pk *const by[])
{
    char *text = maker_root(&s->root), *signatures = maker_sign(text, by), *both = maker_signed(text, signatures);
    enum status st = trust_publish(s->fixture.central, "demo", both, strlen(both), &s->published, &s->err);

    free(text);
    free(signatures);
    free(both);
    return st;
}
#define PUBLISH(s, ...) publish(s, (const struct pk *const[]){__VA_ARGS__, NULL})

static void expect_refused(struct scene *s, enum status got, enum status wanted, const char *words)
{
    int64_t version = -1;

    cr_expect_eq(got, wanted, "%s", s->err.text);
    cr_expect(strstr(s->err.text, words), "%s", s->err.text);
    cr_assert_eq(trust_root_version(s->fixture.central, "demo", &version, NULL), ST_OK);
    cr_expect_eq(version, s->published.version, "what was published stays");
}

/* What an answer to a till that asks from that cursor holds; *cursor moves on. */
static void ask(struct scene *s, char cursor[UPDATES_CURSOR_TEXT], struct strbuf *out)
{
    struct answer answer = ANSWER_INIT;
    struct device device;
    struct updates_cursor at;
    struct cJSON *tree = NULL;
    const char *next;

    cr_assert_eq(device_load(s->fixture.central, s->till.dev_hex, &device, NULL), ST_OK);
    cr_assert_eq(updates_read_cursor(s->fixture.central, cursor, &at, NULL), ST_OK);
    updates_answer(s->fixture.central, &device, &at, &answer);
    cr_assert_eq(answer.status, 200);
    cr_assert_eq(json_parse(answer.body.data, answer.body.len, ANSWER_BYTES_MAX, &tree, NULL), ST_OK);
    cr_assert_eq(json_text(tree, "cursor", UPDATES_CURSOR_TEXT - 1, &next, NULL), ST_OK);
    strcpy(cursor, next);
    json_free(tree);
    strbuf_clear(out);
    strbuf_add(out, answer.body.data, answer.body.len);
    strbuf_free(&answer.body);
}

/* The timestamp in an answer, its signature checked by the root. */
static struct timestamp timestamp_of(struct scene *s, const struct strbuf *answer)
{
    struct timestamp timestamp = {.version = 0};
    struct cJSON *tree = NULL;
    const struct cJSON *object, *signatures;
    const char *text;

    cr_assert_eq(json_parse(answer->data, answer->len, ANSWER_BYTES_MAX, &tree, NULL), ST_OK);
    cr_assert_eq(json_object(tree, "timestamp", &object, NULL), ST_OK, "%s", answer->data);
    cr_assert_eq(json_text(object, "text", TIMESTAMP_BYTES_MAX, &text, NULL), ST_OK);
    cr_assert_eq(json_array(object, "signatures", &signatures, NULL), ST_OK);
    cr_expect_eq(signers_check(&s->root.roles[ROOT_ROLE_TIMESTAMP], text, strlen(text), signatures, &s->err), ST_OK,
                 "%s", s->err.text);
    cr_assert_eq(timestamp_parse(text, strlen(text), &timestamp, NULL), ST_OK);
    json_free(tree);
    return timestamp;
}

Test(central_trust, root_1_is_signed_by_the_keys_that_tills_know_too)
{
    struct scene s;

    scene_open(&s);
    expect_refused(&s, PUBLISH(&s, s.a, s.b), ST_DENIED, "root 1 too");
    expect_refused(&s, PUBLISH(&s, s.a, s.fixture.office), ST_DENIED, "1 of the 2 keys");
    cr_expect_eq(PUBLISH(&s, s.a, s.c, s.fixture.office), ST_OK, "%s", s.err.text);
    cr_expect_eq(s.published.version, 1);
    scene_close(&s);
}

Test(central_trust, each_root_is_signed_by_the_one_before_and_by_itself)
{
    struct scene s;

    scene_open(&s);
    cr_assert_eq(PUBLISH(&s, s.a, s.b, s.fixture.office), ST_OK, "%s", s.err.text);
    maker_drop(&s.root, ROOT_ROLE_ROOT, s.a);
    maker_add(&s.root, ROOT_ROLE_ROOT, s.office_2);
    s.root.version = 3;
    expect_refused(&s, PUBLISH(&s, s.a, s.b, s.c), ST_CONFLICT, "the next one of chain demo is 2");
    s.root.version = 2;
    expect_refused(&s, PUBLISH(&s, s.c, s.office_2), ST_DENIED, "of the root before");
    expect_refused(&s, PUBLISH(&s, s.a, s.b), ST_DENIED, "its own keys");
    cr_expect_eq(PUBLISH(&s, s.b, s.c), ST_OK, "%s", s.err.text);
    expect_refused(&s, PUBLISH(&s, s.b, s.c), ST_CONFLICT, "is 3");
    scene_close(&s);
}

Test(central_trust, a_root_that_would_leave_tills_without_timestamps_is_refused)
{
    struct scene s;

    scene_open(&s);
    maker_drop(&s.root, ROOT_ROLE_TIMESTAMP, s.fixture.central->stamp_keys[0]);
    maker_add(&s.root, ROOT_ROLE_TIMESTAMP, s.office_2);
    expect_refused(&s, PUBLISH(&s, s.a, s.b, s.fixture.office), ST_INVALID, "timestamp.pub.pem");
    maker_drop(&s.root, ROOT_ROLE_TIMESTAMP, s.office_2);
    maker_add(&s.root, ROOT_ROLE_TIMESTAMP, s.fixture.central->stamp_keys[0]);
    s.root.expires_unix_ms = s.fixture.now.wall_ms;
    expect_refused(&s, PUBLISH(&s, s.a, s.b, s.fixture.office), ST_INVALID, "expired");
    scene_close(&s);
}

Test(central_trust, a_timestamp_follows_each_change_and_each_day)
{
    struct scene s;
    struct strbuf out = STRBUF_INIT(ANSWER_BYTES_MAX);
    struct timestamp first, second;
    char cursor[UPDATES_CURSOR_TEXT] = "";

    scene_open(&s);
    till_enrol_fresh(&s.fixture, &s.till, 7);
    fixture_publish(&s.fixture, 1);
    do
        ask(&s, cursor, &out);
    while (has_text(&out, "\"more\":true"));
    cr_expect_not(has_text(&out, "\"timestamp\""), "a chain without a root is as it was");
    cr_assert_eq(PUBLISH(&s, s.a, s.b, s.fixture.office), ST_OK, "%s", s.err.text);
    ask(&s, cursor, &out);
    first = timestamp_of(&s, &out);
    cr_expect_eq(first.root, 1);
    cr_expect_eq(timestamp_newest(&first), 1);
    cr_expect_eq(first.expires_unix_ms, s.fixture.now.wall_ms + 7 * DAY_MS);
    s.fixture.now.wall_ms += DAY_MS - 1;
    cr_assert_eq(trust_refresh_all(s.fixture.central, &s.err), ST_OK);
    ask(&s, cursor, &out);
    cr_expect_not(has_text(&out, "\"timestamp\""), "not due");
    s.fixture.now.wall_ms++;
    cr_assert_eq(trust_refresh_all(s.fixture.central, &s.err), ST_OK);
    ask(&s, cursor, &out);
    second = timestamp_of(&s, &out);
    cr_expect_gt(second.version, first.version);
    fixture_publish(&s.fixture, 2);
    ask(&s, cursor, &out);
    cr_expect_lt(strstr(out.data, "\"timestamp\""), strstr(out.data, "\"manifest\""));
    first = timestamp_of(&s, &out);
    cr_expect_eq(timestamp_newest(&first), 2);
    cr_expect_eq(first.manifest_count, 1);
    cr_expect_gt(first.version, second.version);
    cursor[0] = '\0';
    ask(&s, cursor, &out);
    second = timestamp_of(&s, &out);
    cr_expect_eq(second.version, first.version, "told to a till that begins");
    strbuf_free(&out);
    scene_close(&s);
}

/* The clock of a central put back is not: its next timestamp is above all that tills have seen. */
Test(central_trust, a_central_put_back_says_no_less_than_before)
{
    struct scene s;
    struct strbuf out = STRBUF_INIT(ANSWER_BYTES_MAX);
    struct timestamp timestamp;
    char cursor[UPDATES_CURSOR_TEXT] = "";

    scene_open(&s);
    till_enrol_fresh(&s.fixture, &s.till, 7);
    cr_assert_eq(PUBLISH(&s, s.a, s.b, s.fixture.office), ST_OK, "%s", s.err.text);
    ask(&s, cursor, &out);
    timestamp = timestamp_of(&s, &out);
    cr_expect_eq(timestamp.version, s.fixture.now.wall_ms / 1000);
    strbuf_free(&out);
    scene_close(&s);
}

Test(central_trust, a_till_is_enrolled_with_the_newest_root_and_asks_for_any)
{
    struct scene s;
    struct answer answer = ANSWER_INIT;
    struct strbuf body = STRBUF_INIT(TEXT_MAX);
    struct device device;
    struct pk *own = NULL;
    char code[16];

    scene_open(&s);
    cr_assert_eq(PUBLISH(&s, s.a, s.b, s.fixture.office), ST_OK, "%s", s.err.text);
    s.root.version = 2;
    cr_assert_eq(PUBLISH(&s, s.a, s.b), ST_OK, "%s", s.err.text);
    till_init(&s.till, 9, 1);
    fixture_code(&s.fixture, "3", code);
    till_enrol_body(&s.till, code, &own, &body);
    cr_assert_eq(till_enrol(&s.fixture, &s.till, code), 200);
    cr_assert_eq(device_load(s.fixture.central, s.till.dev_hex, &device, NULL), ST_OK);
    trust_answer_root(s.fixture.central, &device, "1", &answer);
    cr_expect(has_text(&answer.body, "\\\"version\\\":1,"));
    strbuf_clear(&answer.body);
    trust_answer_root(s.fixture.central, &device, "3", &answer);
    cr_expect_eq(answer.status, 404);
    strbuf_clear(&answer.body);
    answer.status = 200;
    trust_answer_root(s.fixture.central, &device, "-1", &answer);
    cr_expect_eq(answer.status, 404);
    strbuf_clear(&answer.body);
    {
        struct json_writer w = JSON_WRITER_INIT(&answer.body);

        jw_object_begin(&w);
        cr_assert_eq(trust_write_root(s.fixture.central, "demo", &w, NULL), ST_OK);
        jw_object_end(&w);
    }
    cr_expect(has_text(&answer.body, "{\"root\":{\"text\":"));
    cr_expect(has_text(&answer.body, "\\\"version\\\":2,"));
    pk_destroy(own);
    strbuf_free(&answer.body);
    strbuf_free(&body);
    scene_close(&s);
}

static enum status publish_rules(struct scene *s, int version, const struct pk *by)
{
    struct strbuf bundle = STRBUF_INIT(TEXT_MAX), signed_json = STRBUF_INIT(TEXT_MAX);
    int64_t published;
    enum status st;

    fixture_bundle(version, &bundle);
    fixture_sign(&s->fixture, by, "demo", version, &bundle, &signed_json);
    st = publish_bundle(s->fixture.central, signed_json.data, signed_json.len, bundle.data, bundle.len, &published,
                        &s->err);
    strbuf_free(&bundle);
    strbuf_free(&signed_json);
    return st;
}

Test(central_trust, rules_are_signed_by_whom_the_root_says)
{
    struct scene s;
    char pem[PK_PEM_BYTES_MAX], id[17];

    scene_open(&s);
    cr_assert_eq(PUBLISH(&s, s.a, s.b, s.fixture.office), ST_OK, "%s", s.err.text);
    cr_assert_eq(pk_public_pem(s.office_2, pem, NULL), ST_OK);
    cr_expect_eq(office_key_add(s.fixture.central, "demo", pem, id, &s.err), ST_CONFLICT);
    cr_expect(strstr(s.err.text, "root create"), "%s", s.err.text);
    cr_expect_eq(office_threshold_set(s.fixture.central, "demo", 1, &s.err), ST_CONFLICT);
    cr_assert_eq(publish_rules(&s, 5, s.fixture.office), ST_OK, "%s", s.err.text);
    s.root.version = 2;
    maker_add(&s.root, ROOT_ROLE_RULES, s.office_2);
    cr_assert_eq(PUBLISH(&s, s.a, s.b), ST_OK, "%s", s.err.text);
    cr_expect_not(s.published.withdrawn, "its key is good as before");
    cr_expect_eq(publish_rules(&s, 5, s.office_2), ST_CONFLICT);
    cr_expect_eq(publish_rules(&s, 6, s.office_2), ST_OK, "%s", s.err.text);
    scene_close(&s);
}

/* A stolen key signed the highest version there can be: the next root takes it out, and versions begin anew. */
Test(central_trust, what_a_key_taken_out_signed_is_withdrawn)
{
    struct scene s;
    struct strbuf out = STRBUF_INIT(ANSWER_BYTES_MAX);
    struct timestamp timestamp;
    char cursor[UPDATES_CURSOR_TEXT] = "";

    scene_open(&s);
    till_enrol_fresh(&s.fixture, &s.till, 7);
    cr_assert_eq(PUBLISH(&s, s.a, s.b, s.fixture.office), ST_OK, "%s", s.err.text);
    cr_assert_eq(publish_rules(&s, 2000000000, s.fixture.office), ST_OK, "%s", s.err.text);
    s.root.version = 2;
    maker_drop(&s.root, ROOT_ROLE_RULES, s.fixture.office);
    maker_add(&s.root, ROOT_ROLE_RULES, s.office_2);
    cr_assert_eq(PUBLISH(&s, s.a, s.b), ST_OK, "%s", s.err.text);
    cr_expect(s.published.withdrawn);
    ask(&s, cursor, &out);
    cr_expect_not(has_text(&out, "\"manifest\":"));
    timestamp = timestamp_of(&s, &out);
    cr_expect_eq(timestamp.manifest_count, 0);
    cr_expect_eq(publish_rules(&s, 2000000001, s.fixture.office), ST_DENIED);
    cr_expect_eq(publish_rules(&s, 3, s.office_2), ST_OK, "%s", s.err.text);
    strbuf_free(&out);
    scene_close(&s);
}

Test(central_trust, a_new_key_of_timestamps_is_used_once_the_root_names_it)
{
    struct scene s;
    struct strbuf out = STRBUF_INIT(ANSWER_BYTES_MAX);
    char cursor[UPDATES_CURSOR_TEXT] = "", path[4096];
    struct pk *old;

    scene_open(&s);
    till_enrol_fresh(&s.fixture, &s.till, 7);
    cr_assert_eq(PUBLISH(&s, s.a, s.b, s.fixture.office), ST_OK, "%s", s.err.text);
    cr_assert_eq(trust_key_rotate(s.fixture.central, s.fixture.dir, path, &s.err), ST_OK, "%s", s.err.text);
    cr_expect(strstr(path, "timestamp-next.pub.pem"));
    cr_expect_eq(trust_key_rotate(s.fixture.central, s.fixture.dir, path, &s.err), ST_CONFLICT);
    fixture_reopen(&s.fixture);
    cr_assert_not_null(s.fixture.central->stamp_keys[1]);
    (void)timestamp_of(&s, (ask(&s, cursor, &out), &out)); /* by the old key, which the root names */
    old = s.fixture.central->stamp_keys[0];
    s.root.version = 2;
    maker_drop(&s.root, ROOT_ROLE_TIMESTAMP, old);
    maker_add(&s.root, ROOT_ROLE_TIMESTAMP, s.fixture.central->stamp_keys[1]);
    cr_assert_eq(PUBLISH(&s, s.a, s.b), ST_OK, "%s", s.err.text);
    cursor[0] = '\0';
    (void)timestamp_of(&s, (ask(&s, cursor, &out), &out)); /* by the new one */
    cr_expect_eq(trust_key_rotate(s.fixture.central, s.fixture.dir, path, &s.err), ST_OK, "%s", s.err.text);
    cr_expect(signers_have(&s.root.roles[ROOT_ROLE_TIMESTAMP], s.root.roles[ROOT_ROLE_TIMESTAMP].list[0].id));
    strbuf_free(&out);
    scene_close(&s);
}
