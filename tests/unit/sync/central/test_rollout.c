/* SPDX-License-Identifier: Apache-2.0 */
/* Rules that reach tills ring by ring: who is told, what halts it, what takes it on and back. */
#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "agent/base/hex.h"
#include "agent/base/json.h"
#include "fixture.h"
#include "sync/central/office.h"
#include "sync/central/publish.h"
#include "sync/central/rollout.h"
#include "sync/central/updates.h"

enum { TEXT_MAX = 1024 * 1024, TILLS_OF_SCENE = 4 };
#define LAB_RING "{\"name\":\"lab\",\"stores\":[\"S13\"],\"share_bp\":0}"
#define ALL_RING "{\"name\":\"all\",\"share_bp\":10000}"

struct scene {
    struct fixture fixture;
    struct fake_till tills[TILLS_OF_SCENE]; /* 0 and 1 of the laboratory, 2 and 3 of the shop */
    char cursors[TILLS_OF_SCENE][UPDATES_CURSOR_TEXT];
    struct errmsg err;
};

/* What the till is told to sell by, since it last asked: 0, nothing new. */
static int64_t told(struct scene *s, int i)
{
    struct central *central = s->fixture.central;
    struct updates_cursor cursor;
    struct answer answer = ANSWER_INIT;
    struct device device;
    struct cJSON *root = NULL;
    const struct cJSON *signed_json = NULL;
    struct manifest manifest = {0};
    const char *text;

    cr_assert_eq(device_load(central, s->tills[i].dev_hex, &device, NULL), ST_OK);
    cr_assert_eq(updates_read_cursor(central, s->cursors[i], &cursor, NULL), ST_OK);
    updates_answer(central, &device, &cursor, &answer);
    cr_assert_eq(answer.status, 200);
    cr_assert_eq(json_parse(strbuf_text(&answer.body), answer.body.len, ANSWER_BYTES_MAX, &root, NULL), ST_OK);
    cr_assert_eq(json_text(root, "cursor", UPDATES_CURSOR_TEXT, &text, NULL), ST_OK);
    (void)snprintf(s->cursors[i], UPDATES_CURSOR_TEXT, "%s", text);
    if (json_object(root, "manifest", &signed_json, NULL) == ST_OK) {
        cr_assert_eq(json_text(signed_json, "text", MANIFEST_BYTES_MAX, &text, NULL), ST_OK);
        cr_assert_eq(manifest_parse(text, strlen(text), &manifest, NULL), ST_OK);
    }
    json_free(root);
    strbuf_free(&answer.body);
    return manifest.version;
}

static void scene_open(struct scene *s)
{
    struct fixture *fixture = &s->fixture;

    memset(s, 0, sizeof(*s));
    fixture_open(fixture);
    fixture_publish(fixture, 7);
    cr_assert_eq(office_store_create(fixture->central, "demo", "S13", "Lab", "{}", NULL), ST_OK);
    for (int i = 0; i < TILLS_OF_SCENE; i++) {
        char code[16], name[8];

        (void)snprintf(name, sizeof(name), "%d", i);
        till_init(&s->tills[i], 0x10 + (uint64_t)i, 0x20 + (uint64_t)i);
        cr_assert_eq(office_till_code(fixture->central, "demo", i < 2 ? "S13" : "S12", name, code, NULL), ST_OK);
        cr_assert_eq(till_enrol(fixture, &s->tills[i], code), 200);
        cr_assert_eq(told(s, i), 7);
    }
}

static void scene_close(struct scene *s)
{
    for (int i = 0; i < TILLS_OF_SCENE; i++)
        till_clear(&s->tills[i]);
    fixture_close(&s->fixture);
}

/* {"text","signatures"} of that version, without its closing brace, and the bundle. */
static void sign(struct scene *s, int version, struct strbuf *signed_json, struct strbuf *bundle)
{
    fixture_bundle(version, bundle);
    fixture_sign(&s->fixture, s->fixture.office, "demo", version, bundle, signed_json);
    while (signed_json->data[signed_json->len - 1] != '}')
        signed_json->data[--signed_json->len] = '\0';
}

static enum status start(struct scene *s, int version, int back_version, const char *plan)
{
    struct strbuf line = STRBUF_INIT(TEXT_MAX), bundle = STRBUF_INIT(TEXT_MAX), back = STRBUF_INIT(TEXT_MAX),
                  back_bundle = STRBUF_INIT(TEXT_MAX);
    int64_t published;
    enum status st;

    sign(s, version, &line, &bundle);
    line.data[--line.len] = '\0';
    strbuf_printf(&line, ",\"rollout\":%s", plan);
    if (back_version > 0) {
        sign(s, back_version, &back, &back_bundle);
        back.data[--back.len] = '\0';
        strbuf_printf(&line, ",\"back\":%s,\"bytes\":%zu}", strbuf_text(&back), back_bundle.len);
        strbuf_add(&bundle, back_bundle.data, back_bundle.len);
    }
    strbuf_putc(&line, '}');
    st = publish_bundle(s->fixture.central, line.data, line.len, bundle.data, bundle.len, &published, &s->err);
    strbuf_free(&line);
    strbuf_free(&bundle);
    strbuf_free(&back);
    strbuf_free(&back_bundle);
    return st;
}

static const char plan_text[] = "{\"rings\":[" LAB_RING "," ALL_RING "],\"timeout_s\":3600}";

static enum status order(struct scene *s, const char *word, bool force)
{
    const struct rollout_order one = {
        .chain = "demo", .word = word, .reason = "", .force = force, .key = "", .signature_hex = ""};

    s->err.text[0] = '\0';
    return rollout_do(s->fixture.central, &one, &s->err);
}

/* A till's word of what became of the rules. */
static void say(struct scene *s, int i, const char *type, const char *body)
{
    struct strbuf batch = STRBUF_INIT(TEXT_MAX), answer = STRBUF_INIT(TEXT_MAX);

    till_record(&s->tills[i], type, body, &batch);
    cr_assert_eq(till_post(&s->fixture, &s->tills[i], &batch, &answer), 200, "%s", strbuf_text(&answer));
    strbuf_free(&batch);
    strbuf_free(&answer);
}

static void is_healthy(struct scene *s, int i, int version)
{
    char body[160];

    (void)snprintf(body, sizeof(body), "{\"id\":\"main\",\"version\":%d,\"sha256\":\"\",\"healthy\":true}", version);
    say(s, i, "bundle_activated", body);
}

static bool shows(struct scene *s, const char *text)
{
    struct strbuf out = STRBUF_INIT(TEXT_MAX);
    struct json_writer w = JSON_WRITER_INIT(&out);
    bool found;

    cr_assert_eq(rollout_watch(s->fixture.central, &s->err), ST_OK, "%s", s->err.text);
    cr_assert_eq(rollout_list(s->fixture.central, &w, &s->err), ST_OK, "%s", s->err.text);
    found = strstr(strbuf_text(&out), text) != NULL;
    if (!found)
        cr_log_warn("%s", strbuf_text(&out));
    strbuf_free(&out);
    return found;
}

Test(central_rollout, reaches_one_ring_after_the_other)
{
    struct scene s;
    char ring[ID_BYTES];

    scene_open(&s);
    cr_assert_eq(start(&s, 8, 9, plan_text), ST_OK, "%s", s.err.text);
    cr_expect_eq(told(&s, 0), 8);
    cr_expect_eq(told(&s, 2), 0, "the shop is of the next ring");
    cr_expect_eq(order(&s, "advance", false), ST_CONFLICT);
    cr_expect(strstr(s.err.text, "tills that were told: 1, of which 0"), "%s", s.err.text);
    say(&s, 0, "bundle_activated", "{\"id\":\"main\",\"version\":8,\"sha256\":\"\",\"healthy\":false}");
    cr_expect_eq(order(&s, "advance", false), ST_CONFLICT, "active is not healthy yet");
    is_healthy(&s, 0, 8);
    cr_expect(shows(&s, "\"told\":1,\"activated\":0,\"healthy\":1,\"failed\":0"));
    cr_expect_eq(order(&s, "advance", false), ST_OK, "%s", s.err.text);
    cr_expect_eq(told(&s, 2), 8);
    cr_expect_eq(told(&s, 1), 8, "one that was away at its ring's time");
    cr_expect_eq(order(&s, "advance", true), ST_CONFLICT, "there is no further ring");
    cr_expect_eq(rollout_ring_of(s.fixture.central, "demo", "S12", s.tills[2].dev_hex, ring, NULL), ST_OK);
    cr_expect_str_eq(ring, "all");
    for (int i = 1; i < 3; i++)
        is_healthy(&s, i, 8);
    s.fixture.now.wall_ms += 3600 * 1000;
    cr_expect(shows(&s, "\"state\":\"done\""));
    cr_expect_eq(told(&s, 3), 8, "what is done is every till's, also that of one that comes later");
    scene_close(&s);
}

Test(central_rollout, halts_when_tills_refuse)
{
    struct scene s;

    scene_open(&s);
    cr_assert_eq(start(&s, 8, 0, plan_text), ST_OK, "%s", s.err.text);
    cr_expect_eq(told(&s, 0), 8);
    say(&s, 0, "bundle_refused",
        "{\"version\":8,\"sha256\":\"\",\"reason\":\"rolled back: so\",\"rolled_back\":true}");
    cr_expect(shows(&s, "\"state\":\"halted\",\"reason\":\"1 of 1 till failed"));
    cr_expect(shows(&s, "rolled back: so"), "which till, and why");
    cr_expect_eq(told(&s, 1), 0, "no further till is told");
    cr_expect_eq(order(&s, "advance", true), ST_CONFLICT);
    cr_expect_eq(order(&s, "back", false), ST_CONFLICT);
    cr_expect(strstr(s.err.text, "no way back was signed"), "%s", s.err.text);
    cr_expect_eq(order(&s, "resume", false), ST_OK, "%s", s.err.text);
    cr_expect_eq(told(&s, 1), 8);
    scene_close(&s);
}

Test(central_rollout, no_word_in_time_is_a_failure)
{
    struct scene s;

    scene_open(&s);
    cr_assert_eq(start(&s, 8, 0, plan_text), ST_OK, "%s", s.err.text);
    s.fixture.now.wall_ms += 7200 * 1000;
    cr_expect(shows(&s, "\"state\":\"running\""), "nobody was told yet");
    cr_expect_eq(told(&s, 0), 8);
    s.fixture.now.wall_ms += 3599 * 1000;
    cr_expect(shows(&s, "\"state\":\"running\""));
    s.fixture.now.wall_ms += 1000;
    cr_expect(shows(&s, "\"state\":\"halted\""));
    is_healthy(&s, 0, 8);
    cr_expect(shows(&s, "\"healthy\":1,\"failed\":0"), "late, but well");
    scene_close(&s);
}

Test(central_rollout, halts_when_discounts_leave_the_band)
{
    struct scene s;
    struct strbuf batch = STRBUF_INIT(TEXT_MAX), answer = STRBUF_INIT(TEXT_MAX);
    char id[16];

    scene_open(&s);
    cr_assert_eq(start(&s, 8, 0, "{\"rings\":[" LAB_RING "," ALL_RING "],\"band_bp\":[0,500]}"), ST_OK, "%s",
                 s.err.text);
    cr_expect_eq(told(&s, 0), 8);
    fixture_bundle(8, &batch); /* sales name the bundle by its hash */
    {
        uint8_t digest[SHA256_BYTES];

        sha256_of(batch.data, batch.len, digest);
        hex_encode(digest, SHA256_BYTES, s.fixture.bundle_sha256);
    }
    strbuf_clear(&batch);
    for (int i = 0; i < ROLLOUT_JUDGED_SALES; i++) {
        (void)snprintf(id, sizeof(id), "A-%d", i);
        till_sale(&s.fixture, &s.tills[0], id, NULL, "", 10000, &batch);
        if (i == ROLLOUT_JUDGED_SALES - 2) {
            cr_assert_eq(till_post(&s.fixture, &s.tills[0], &batch, &answer), 200);
            cr_expect(shows(&s, "\"state\":\"running\""), "too few to say");
            strbuf_clear(&batch);
        }
    }
    cr_assert_eq(till_post(&s.fixture, &s.tills[0], &batch, &answer), 200);
    cr_expect(shows(
        &s, "\"state\":\"halted\",\"reason\":\"discounts are 10.00% of 20 sales, the band is 0.00% to 5.00%\""));
    strbuf_free(&batch);
    strbuf_free(&answer);
    scene_close(&s);
}

Test(central_rollout, one_command_brings_the_rules_of_before_back)
{
    struct scene s;
    int64_t published;
    struct strbuf line = STRBUF_INIT(TEXT_MAX), bundle = STRBUF_INIT(TEXT_MAX);

    scene_open(&s);
    cr_assert_eq(start(&s, 8, 9, plan_text), ST_OK, "%s", s.err.text);
    cr_expect_eq(told(&s, 0), 8);
    cr_expect_eq(start(&s, 10, 0, plan_text), ST_CONFLICT, "one at a time");
    cr_expect(strstr(s.err.text, "version 8 is being rolled out"), "%s", s.err.text);
    cr_expect_eq(order(&s, "halt", false), ST_OK, "%s", s.err.text);
    cr_expect_eq(order(&s, "back", false), ST_OK, "%s", s.err.text);
    cr_expect_eq(told(&s, 0), 9);
    cr_expect_eq(told(&s, 2), 9, "one that never had the new ones, too: it is the same to it");
    cr_expect_eq(order(&s, "back", false), ST_NOT_FOUND);
    sign(&s, 10, &line, &bundle);
    cr_expect_eq(publish_bundle(s.fixture.central, line.data, line.len, bundle.data, bundle.len, &published, &s.err),
                 ST_OK, "%s", s.err.text);
    cr_expect_eq(told(&s, 0), 10);
    strbuf_free(&line);
    strbuf_free(&bundle);
    scene_close(&s);
}

static enum status approve(struct scene *s, const struct pk *key, int64_t version)
{
    uint8_t digest[SHA256_BYTES], signature[PK_SIGNATURE_BYTES_MAX];
    char text[160], id[17], hex[2 * PK_SIGNATURE_BYTES_MAX + 1];
    struct rollout_order one = {.chain = "demo", .word = "approve", .reason = "", .key = id, .signature_hex = hex};
    size_t len = 0;

    rollout_approval("demo", version, text);
    sha256_of(text, strlen(text), digest);
    cr_assert_eq(pk_sign(key, digest, signature, &len, NULL), ST_OK);
    cr_assert_eq(pk_id(key, id), ST_OK);
    hex_encode(signature, len, hex);
    s->err.text[0] = '\0';
    return rollout_do(s->fixture.central, &one, &s->err);
}

Test(central_rollout, two_keys_bring_it_to_all_rings_at_once)
{
    struct scene s;
    struct pk *second, *stranger;
    char pem[PK_PEM_BYTES_MAX], id[17];

    scene_open(&s);
    cr_assert_eq(pk_generate(&second, NULL), ST_OK);
    cr_assert_eq(pk_generate(&stranger, NULL), ST_OK);
    cr_assert_eq(pk_public_pem(second, pem, NULL), ST_OK);
    cr_assert_eq(office_key_add(s.fixture.central, "demo", pem, id, NULL), ST_OK);
    cr_assert_eq(start(&s, 8, 0, plan_text), ST_OK, "%s", s.err.text);
    cr_expect_eq(approve(&s, stranger, 8), ST_DENIED);
    cr_expect_eq(approve(&s, s.fixture.office, 7), ST_DENIED, "of another version");
    cr_expect_eq(approve(&s, s.fixture.office, 8), ST_OK, "%s", s.err.text);
    cr_expect_eq(told(&s, 2), 0, "one is not two");
    cr_expect_eq(approve(&s, s.fixture.office, 8), ST_DENIED);
    cr_expect(strstr(s.err.text, "a second person"), "%s", s.err.text);
    cr_expect_eq(approve(&s, second, 8), ST_OK, "%s", s.err.text);
    cr_expect_eq(told(&s, 2), 8);
    pk_destroy(second);
    pk_destroy(stranger);
    scene_close(&s);
}

Test(central_rollout, plans_are_checked)
{
    static const struct {
        const char *plan, *words;
    } wrong[] = {
        {"{}", "rings"},
        {"{\"rings\":[]}", "1 to 12 rings"},
        {"{\"rings\":[" LAB_RING "]}", "every till"},
        {"{\"rings\":[{\"name\":\"a\",\"share_bp\":500},{\"name\":\"b\",\"share_bp\":100}," ALL_RING "]}",
         "ring before"},
        {"{\"rings\":[{\"name\":\"a b\",\"share_bp\":500}," ALL_RING "]}", "wants a name"},
        {"{\"rings\":[" ALL_RING "],\"timeout_s\":1}", "timeout_s"},
        {"{\"rings\":[" ALL_RING "],\"band_bp\":[600,500]}", "the band is"},
        {"{\"rings\":[{\"name\":\"lab\",\"stores\":[\"S13\",\"S77\"],\"share_bp\":0}," ALL_RING "]}", "\"S77\""},
    };
    struct scene s;

    scene_open(&s);
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        cr_expect_eq(start(&s, 8, 0, wrong[i].plan), ST_INVALID, "%s", wrong[i].plan);
        cr_expect(strstr(s.err.text, wrong[i].words), "%s: %s", wrong[i].plan, s.err.text);
    }
    cr_expect_eq(start(&s, 8, 7, plan_text), ST_INVALID, "a way back is of a higher version");
    cr_expect_eq(start(&s, 8, 9, plan_text), ST_OK, "%s", s.err.text);
    scene_close(&s);
}

/* The same tills are early each time, and a tenth is about a tenth. */
Test(central_rollout, shares_are_of_the_tills_names)
{
    struct scene s;
    char ring[ID_BYTES], dev[17];
    int in = 0;

    scene_open(&s);
    cr_assert_eq(start(&s, 8, 0, "{\"rings\":[{\"name\":\"tenth\",\"share_bp\":1000}," ALL_RING "]}"), ST_OK, "%s",
                 s.err.text);
    for (uint64_t i = 0; i < 2000; i++) {
        hex_from_u64(i * UINT64_C(0x9e3779b97f4a7c15), dev);
        cr_assert_eq(rollout_ring_of(s.fixture.central, "demo", "S12", dev, ring, NULL), ST_OK);
        in += strcmp(ring, "tenth") == 0;
    }
    cr_expect(in > 150 && in < 250, "%d of 2000", in);
    scene_close(&s);
}
