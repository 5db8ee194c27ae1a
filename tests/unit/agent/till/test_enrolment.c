/* SPDX-License-Identifier: Apache-2.0 */
/* A card is issued at the till: what is journalled can be read by the central alone, what is wrong is said and
 * changes nothing. */
#include "world.h"

#include "agent/base/hex.h"
#include "agent/base/json.h"
#include "agent/base/json_writer.h"
#include "agent/base/sealed_box.h"
#include "agent/db/journal.h"
#include "agent/till/enrol_member.h"
#include "sync/protocol/record.h"

#include <cjson/cJSON.h>
#include <criterion/criterion.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CARD "2900000000018"
#define FORM                                                                                                         \
    "\"name\":\"Plantagenetova Anna\",\"phone\":\"8 (916) "                                                          \
    "123-45-67\",\"email\":\"p@example.org\",\"birthday\":\"17.05.1990\""

static struct world world;
static struct pk *central;

/* The terms as they come down. */
static void give_terms(const char *version)
{
    struct strbuf out = STRBUF_INIT(4096);
    struct json_writer w = JSON_WRITER_INIT(&out);
    uint8_t point[PK_POINT_BYTES];
    struct errmsg err = ERRMSG_INIT;
    struct cJSON *terms = NULL;

    cr_assert_eq(pk_point(central, point), ST_OK);
    jw_object_begin(&w);
    jw_field_hex(&w, "key", point, sizeof point);
    jw_name(&w, "consents");
    jw_array_begin(&w);
    jw_object_begin(&w);
    jw_field_text(&w, "language", "en");
    jw_field_text(&w, "version", version);
    jw_field_text(&w, "text", "I agree.");
    jw_object_end(&w);
    jw_array_end(&w);
    jw_object_end(&w);
    cr_assert_eq(json_parse(out.data, out.len, out.len, &terms, &err), ST_OK);
    cr_assert_eq(enrol_member_take_terms(world.journal, terms, &err), ST_OK, "%s", err.text);
    json_free(terms);
    strbuf_free(&out);
}

static void begin(void)
{
    struct errmsg err = ERRMSG_INIT;

    world_begin(&world, NULL);
    cr_assert_eq(pk_generate(&central, &err), ST_OK);
}

static void end(void)
{
    pk_destroy(central);
    world_end(&world);
}

TestSuite(enrolment, .init = begin, .fini = end);

static enum problem issue(const char *body, char out_text[512])
{
    struct strbuf out = STRBUF_INIT(4096);
    struct errmsg err = ERRMSG_INIT;
    enum problem problem = till_enrol_member(world.till, body, strlen(body), &out, &err);

    snprintf(out_text, 512, "%s", problem == PROBLEM_NONE ? strbuf_text(&out) : err.text);
    strbuf_free(&out);
    return problem;
}

struct found {
    char *text; /* the last record */
    size_t len;
};

static bool take(void *context, const struct journal_entry *entry)
{
    struct found *found = context;

    free(found->text);
    found->len = entry->len;
    found->text = strndup(entry->bytes, entry->len);
    return true;
}

/* The form of the last record, by this key, or how it could not be read. */
static enum status read_last(const struct pk *key, const char *consent, char out_plain[ENROL_FORM_MAX])
{
    struct found found = {0};
    struct strbuf place = STRBUF_INIT(256);
    struct cJSON *record = NULL;
    struct errmsg err = ERRMSG_INIT;
    const cJSON *body = NULL;
    const char *hash, *sealed, *said;
    uint8_t box[ENROL_FORM_MAX + SEALED_BOX_OVERHEAD];
    char dev[17];
    enum status st;

    cr_assert_eq(journal_each(world.journal, 1, take, &found, &err), ST_OK);
    cr_assert_eq(json_parse(found.text, found.len, found.len, &record, &err), ST_OK);
    cr_expect_not_null(strstr(found.text, "\"type\":\"enrolment\""));
    cr_expect_null(strstr(found.text, "Plantagenetova"));
    cr_expect_null(strstr(found.text, "9161234567"));
    cr_expect_null(strstr(found.text, CARD));
    cr_assert_eq(json_object(record, "body", &body, &err), ST_OK);
    cr_assert_eq(json_text(body, "identifier", 32, &hash, &err), ST_OK);
    cr_assert_eq(json_text(body, "consent", 64, &said, &err), ST_OK);
    cr_expect_str_eq(said, "2026-1");
    cr_assert_eq(json_text(body, "form", sizeof box * 2, &sealed, &err), ST_OK);
    cr_assert_eq(hex_decode(sealed, strlen(sealed) / 2, box), ST_OK);
    cr_expect_eq((strlen(sealed) / 2 - SEALED_BOX_OVERHEAD) % ENROL_FORM_STEP, 0, "its length tells little");
    hex_from_u64(world.identity.dev, dev);
    record_form_place(dev, hash, consent, &place);
    memset(out_plain, 0, ENROL_FORM_MAX);
    st = sealed_box_open(key, RECORD_FORM_INFO, strbuf_text(&place), box, strlen(sealed) / 2, (uint8_t *)out_plain,
                         &err);
    strbuf_free(&place);
    json_free(record);
    free(found.text);
    return st;
}

Test(enrolment, a_form_can_be_read_by_the_central_alone)
{
    char text[512], plain[ENROL_FORM_MAX];
    struct pk *other = NULL;
    struct errmsg err = ERRMSG_INIT;

    give_terms("2026-1");
    cr_assert_eq(issue("{\"card\":\"" CARD "\",\"consent\":\"2026-1\"," FORM "}", text), PROBLEM_NONE, "%s", text);
    cr_expect_str_eq(text, "{\"card\":\"***0018\",\"consent\":\"2026-1\"}");
    cr_assert_eq(read_last(central, "2026-1", plain), ST_OK);
    cr_expect_eq(strncmp(plain,
                         "{\"name\":\"Plantagenetova Anna\",\"phone\":\"+79161234567\",\"email\":\"p@example.org\","
                         "\"birthday\":\"1990-05-17\"}",
                         100),
                 0, "%s", plain);
    cr_expect_eq(read_last(central, "2026-2", plain), ST_DENIED, "not for another consent");
    cr_assert_eq(pk_generate(&other, &err), ST_OK);
    cr_expect_eq(read_last(other, "2026-1", plain), ST_DENIED);
    pk_destroy(other);
}

Test(enrolment, what_is_wrong_is_said_and_changes_nothing)
{
    static const struct {
        const char *body;
        enum problem problem;
    } cases[] = {
        {"{\"card\":\"" CARD "\",\"consent\":\"old\"," FORM "}", PROBLEM_CONSENT_DIFFERS},
        {"{\"card\":\"" CARD "\"," FORM "}", PROBLEM_CONSENT_DIFFERS},
        {"{\"card\":\"2900000000019\",\"consent\":\"2026-1\"," FORM "}", PROBLEM_CARD_CHECK_DIGIT},
        {"{\"card\":\"4601234567893\",\"consent\":\"2026-1\"," FORM "}", PROBLEM_BAD_FIELD},
        {"{\"consent\":\"2026-1\"," FORM "}", PROBLEM_BAD_FIELD},
        {"{\"card\":\"" CARD "\",\"consent\":\"2026-1\",\"name\":\"Plantagenetova\"}", PROBLEM_BAD_FIELD},
        {"{\"card\":\"" CARD "\",\"consent\":\"2026-1\",\"phone\":\"+79161234567\"}", PROBLEM_BAD_FIELD},
        {"{\"card\":\"" CARD "\",\"consent\":\"2026-1\",\"name\":\"P\",\"phone\":\"12\"}", PROBLEM_BAD_FIELD},
        {"{\"card\":\"" CARD "\",\"consent\":\"2026-1\",\"name\":\"P\",\"phone\":\"+79161234567\",\"email\":\"@p\"}",
         PROBLEM_BAD_FIELD},
        {"{\"card\":\"" CARD
         "\",\"consent\":\"2026-1\",\"name\":\"P\",\"phone\":\"+79161234567\",\"birthday\":\"31.02.1990\"}",
         PROBLEM_BAD_FIELD},
        {"{\"card\":7,\"consent\":\"2026-1\"," FORM "}", PROBLEM_BAD_FIELD},
        {"{\"name\":\"Plantagenetova", PROBLEM_BAD_JSON},
    };
    char text[512];
    int64_t before;

    cr_expect_eq(issue("{\"card\":\"" CARD "\",\"consent\":\"2026-1\"," FORM "}", text), PROBLEM_NO_CONSENT,
                 "the office gave none");
    give_terms("2026-1");
    before = world_records(&world);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        cr_expect_eq(issue(cases[i].body, text), cases[i].problem, "%s: %s", cases[i].body, text);
        cr_expect_null(strstr(text, "Plantagenetova"), "%s", text);
        cr_expect_null(strstr(text, "9161234567"), "%s", text);
    }
    cr_expect_eq(world_records(&world), before);
}

Test(enrolment, the_card_may_be_the_one_on_the_sale)
{
    char text[512];

    give_terms("2026-1");
    cr_assert_eq(world_do(&world, "put", "s1", WORLD_ONE_LINE, NULL), PROBLEM_NONE);
    world_scan(&world, CARD);
    cr_expect_eq(issue("{\"consent\":\"2026-1\"," FORM "}", text), PROBLEM_NONE, "%s", text);
    cr_expect_not_null(strstr(text, "***0018"));
    world_member(&world, "M1", CARD, "", 0);
    cr_expect_eq(issue("{\"consent\":\"2026-1\"," FORM "}", text), PROBLEM_CARD_TAKEN);
}

Test(enrolment, terms_outlive_a_restart_and_wrong_ones_leave_those_before)
{
    struct strbuf out = STRBUF_INIT(4096);
    struct errmsg err = ERRMSG_INIT;
    struct cJSON *terms = cJSON_Parse("{\"key\":\"00\",\"consents\":[]}");

    give_terms("2026-1");
    cr_expect_eq(enrol_member_take_terms(world.journal, terms, &err), ST_INVALID);
    cJSON_Delete(terms);
    cr_expect_eq(till_enrolment_terms(world.till, &out, &err), PROBLEM_NONE);
    cr_expect_not_null(strstr(strbuf_text(&out), "\"version\":\"2026-1\""), "%s", strbuf_text(&out));
    strbuf_free(&out);
}
