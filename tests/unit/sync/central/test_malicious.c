/* SPDX-License-Identifier: Apache-2.0 */
/* A till with a good certificate and key that means harm: what it says of what is not its own moves nothing there.
 * What it may spoil is its own chain's points (docs/security-model.md), and every sale of it names it. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "agent/base/json.h"
#include "points_scene.h"
#include "sync/central/coupon.h"
#include "sync/central/import.h"
#include "sync/central/interpret_return.h"
#include "sync/central/office.h"
#include "sync/central/updates.h"

enum { TEXT_MAX = 4 * 1024 * 1024, LEASED = 600, HELD = 100 };

/* M1 of "demo" has a lease at the till, a hold and a claimed coupon; the malicious till is of that chain or of
 * another. */
struct scene {
    struct points_scene points;
    struct fake_till evil;
    char lease[64];
    struct lot_sums before;
};

static void enrol_at(struct scene *s, const char *chain, const char *store)
{
    struct errmsg err = ERRMSG_INIT;
    char code[CODE_TEXT];

    OK(office_till_code(s->points.fixture.central, chain, store, "9", code, &err));
    till_init(&s->evil, 0xe1, 0xe2);
    cr_assert_eq(till_enrol(&s->points.fixture, &s->evil, code), 200);
}

static void enrol_with_rival(struct scene *s)
{
    struct errmsg err = ERRMSG_INIT;
    struct office_chain chain = {.id = "rival", .name = "Rival", .currency = "RUB", .language = "ru"};

    OK(office_chain_create(s->points.fixture.central, &chain, &err));
    OK(office_store_create(s->points.fixture.central, "rival", "S12", "Twelve", "{}", &err));
    enrol_at(s, "rival", "S12");
}

static void find_lease(struct scene *s)
{
    char cursor[POINTS_CURSOR_TEXT] = "";
    struct cJSON *root = points_updates(&s->points.fixture, &s->points.till, cursor, NULL);
    const struct cJSON *row = cJSON_GetArrayItem(cJSON_GetObjectItem(root, "leases"), 0);

    cr_assert_not_null(row);
    snprintf(s->lease, sizeof(s->lease), "%s", cJSON_GetStringValue(cJSON_GetObjectItem(row, "id")));
    json_free(root);
}

static void scene_open(struct scene *s, bool rival)
{
    struct errmsg err = ERRMSG_INIT;

    memset(s, 0, sizeof(*s));
    points_open(&s->points);
    points_rule(&s->points, 0, 0, LEASED, 8, 30);
    OK(STORE_RUN(s->points.fixture.central->store, STATEMENT_COUPON_PUT, &err, V_TEXT("demo"), V_TEXT("one"),
                 V_INT(1), V_TEXT(""), V_TEXT(""), V_INT(1), V_TEXT(""), V_TEXT("")));
    points_sale(&s->points, &s->points.till, "a", "M1", 10, 0, "");
    points_sale(&s->points, &s->points.till, "b", "M1", 10, 0, "");
    find_lease(s);
    points_rule(&s->points, 0, 0, 0, 0, 30); /* and no other till gets one */
    cr_assert(points_hold(&s->points, &s->points.till, "h", "M1", HELD, "granted"));
    cr_assert(points_claim(&s->points, &s->points.till, "c", "one", "granted"));
    if (rival)
        enrol_with_rival(s);
    else
        enrol_at(s, "demo", "S12");
    s->before = points_sums(&s->points, "M1");
    cr_assert_eq(s->before.leased, LEASED);
    cr_assert_eq(s->before.held, HELD);
}

static void scene_close(struct scene *s)
{
    till_clear(&s->evil);
    points_close(&s->points);
}

/* The rights of others are as they were; M1 has that much less. */
static void expect_rights(struct scene *s, int64_t spent)
{
    struct lot_sums now = points_sums(&s->points, "M1");

    cr_expect_eq(now.leased, LEASED);
    cr_expect_eq(now.held, HELD);
    cr_expect_eq(now.posted, s->before.posted - spent);
    cr_expect(points_claim(&s->points, &s->points.other, "z", "one", "being used at another till"));
}

static void say(struct scene *s, const char *type, const char *body)
{
    points_record(&s->points, &s->evil, type, body);
}

/* All records that end a right, each naming one of the good till's. */
static void try_to_end_rights(struct scene *s)
{
    char text[512];

    say(s, "hold_voided", "{\"hold\":\"h\",\"reason\":\"void\"}");
    say(s, "claim_voided", "{\"code\":\"one\",\"sale_id\":\"c\"}");
    say(s, "void", "{\"sale_id\":\"c\",\"reason\":\"void\"}");
    snprintf(text, sizeof(text),
             "{\"lease\":\"%s\",\"member\":\"M1\",\"currency\":\"bonus\",\"used\":0,\"reason\":\"returned\"}",
             s->lease);
    say(s, "lease_close", text);
    snprintf(
        text, sizeof(text),
        "{\"incarnation\":\"%s\",\"leases\":[{\"id\":\"%s\",\"member\":\"M1\",\"currency\":\"bonus\",\"granted\":"
        "9000,\"used\":0,\"expires_unix_ms\":4000000000000}],\"holds\":[]}",
        s->points.fixture.central->incarnation, s->lease);
    say(s, "holdings", text);
}

/* A sale that says to have spent from the good till's hold, or lease. */
static void spend(struct scene *s, const char *sale_id, bool hold)
{
    char text[256];

    if (hold)
        snprintf(text, sizeof(text), ",\"holds\":[\"h\"]");
    else
        snprintf(text, sizeof(text), ",\"leases\":[{\"id\":\"%s\",\"used\":50}]", s->lease);
    points_sale(&s->points, &s->evil, sale_id, "M1", 0, 50, text);
}

Test(central_malicious, a_till_ends_and_uses_up_no_right_of_its_neighbour)
{
    struct scene s;

    scene_open(&s, false);
    try_to_end_rights(&s);
    expect_rights(&s, 0);
    spend(&s, "e1", true);
    spend(&s, "e2", false);
    expect_rights(&s, 100); /* posted, as whatever a till says was sold */
    scene_close(&s);
}

Test(central_malicious, a_till_of_another_chain_changes_nothing)
{
    struct scene s;
    int64_t sales;

    scene_open(&s, true);
    sales = total(&s.points.fixture, "sales");
    try_to_end_rights(&s);
    spend(&s, "a", true); /* a sale's id of the other chain's is its own here */
    spend(&s, "e2", false);
    say(&s, "print", "{\"sale_id\":\"b\",\"state\":\"failed\"}");
    say(&s, "return",
        "{\"return_id\":\"r\",\"sale_id\":\"b\",\"policy\":\"as_paid\",\"business_date\":\"2026-11-23\",\"member\":"
        "\"M1\","
        "\"result\":{\"coupons_released\":[],\"lines\":[],\"points\":[{\"currency\":\"bonus\",\"given_back\":0,"
        "\"taken_back\":10}],\"refund_minor\":0,\"return_id\":\"r\"},\"earlier\":[]}");
    expect_rights(&s, 0);
    cr_expect_eq(total(&s.points.fixture, "sales"), sales);
    cr_expect_eq(total(&s.points.fixture, "returns"), 0);
    scene_close(&s);
}

/* Whether what the till is answered has that text. */
static bool answers(const struct answer *answer, const char *text)
{
    bool has = has_text(&answer->body, text);

    return answer->status == 200 && has;
}

Test(central_malicious, a_till_of_another_chain_is_told_nothing)
{
    struct scene s;
    struct device good, evil;
    struct central *central;
    struct answer answer = ANSWER_INIT;
    struct strbuf told = STRBUF_INIT(TEXT_MAX);
    char cursor[POINTS_CURSOR_TEXT] = "", hash[IDENTIFIER_HASH_TEXT];

    scene_open(&s, true);
    central = s.points.fixture.central;
    points_load(&s.points, &s.points.till, &good);
    points_load(&s.points, &s.evil, &evil);
    cr_expect_neq(memcmp(s.evil.id_key, s.points.till.id_key, sizeof(s.evil.id_key)), 0,
                  "nor can it make the hashes");
    identifier_hash(s.points.till.id_key, "card:1", hash);
    updates_member(central, &good, hash, &answer);
    cr_expect(answers(&answer, "\"id\":\"M1\""), "%s", answer.body.data);
    strbuf_clear(&answer.body);
    updates_member(central, &evil, hash, &answer);
    cr_expect(answers(&answer, "{\"member\":null}"), "%s", answer.body.data);
    strbuf_clear(&answer.body);
    return_sale_answer(central, &good, "a", &answer);
    cr_expect(answers(&answer, "\"member\":\"M1\""), "%s", answer.body.data);
    strbuf_clear(&answer.body);
    return_sale_answer(central, &evil, "a", &answer);
    cr_expect(answers(&answer, "{\"sale\":null}"), "%s", answer.body.data);
    strbuf_free(&answer.body);
    cr_expect(points_hold(&s.points, &s.evil, "x", "M1", 1, "refused"));
    json_free(points_updates(&s.points.fixture, &s.evil, cursor, &told));
    cr_expect_not(has_text(&told, "M1"), "%s", told.data);
    cr_expect_not(has_text(&told, s.points.fixture.bundle_sha256), "%s", told.data);
    strbuf_free(&told);
    scene_close(&s);
}
