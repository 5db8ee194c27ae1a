/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "agent/base/json.h"
#include "fixture.h"
#include "sync/central/updates.h"

enum { TEXT_MAX = 4 * 1024 * 1024 };

struct scene {
    struct fixture fixture;
    struct fake_till till;
    struct answer answer;
    struct cJSON *root;
    char cursor[128];
};

static void scene_open(struct scene *s)
{
    memset(s, 0, sizeof(*s));
    fixture_open(&s->fixture);
    fixture_publish(&s->fixture, 1);
    till_enrol_fresh(&s->fixture, &s->till, 0xd1);
    s->answer = (struct answer)ANSWER_INIT;
}

static void scene_close(struct scene *s)
{
    json_free(s->root);
    strbuf_free(&s->answer.body);
    till_clear(&s->till);
    fixture_close(&s->fixture);
}

/* Asks with the cursor kept in the scene and keeps the new one. */
static void ask(struct scene *s)
{
    struct errmsg err = ERRMSG_INIT;
    struct device device;
    struct updates_cursor cursor;
    const char *text;

    cr_assert_eq(device_load(s->fixture.central, s->till.dev_hex, &device, &err), ST_OK);
    cr_assert_eq(updates_read_cursor(s->fixture.central, s->cursor, &cursor, &err), ST_OK);
    strbuf_clear(&s->answer.body);
    s->answer.status = 200;
    updates_answer(s->fixture.central, &device, &cursor, &s->answer);
    cr_assert_eq(s->answer.status, 200, "%s", s->answer.body.data);
    json_free(s->root);
    s->root = NULL;
    cr_assert_eq(json_parse(s->answer.body.data, s->answer.body.len, TEXT_MAX, &s->root, &err), ST_OK, "%s",
                 err.text);
    cr_assert_eq(json_text(s->root, "cursor", 100, &text, &err), ST_OK);
    snprintf(s->cursor, sizeof(s->cursor), "%s", text);
}

static int count(const struct scene *s, const char *list)
{
    return cJSON_GetArraySize(cJSON_GetObjectItem(s->root, list));
}

static int64_t counted(const struct scene *s)
{
    int64_t seq = -1;

    (void)json_int(cJSON_GetObjectItem(s->root, "counted"), "seq", 0, JSON_INT_MAX, &seq, NULL);
    return seq;
}

static bool flag(const struct scene *s, const char *name)
{
    return cJSON_IsTrue(cJSON_GetObjectItem(s->root, name));
}

Test(central_updates, tells_everything_once)
{
    struct scene s;

    scene_open(&s);
    fixture_import(&s.fixture, "member,card,tier,bonus,attr:home_store\nM1,1,gold,54000,S12\nM2,2,,,\n");
    ask(&s);
    cr_expect_eq(count(&s, "members"), 2);
    cr_expect(cJSON_HasObjectItem(s.root, "manifest"));
    cr_expect_not(flag(&s, "more"));
    cr_expect_not(flag(&s, "reload"));
    cr_expect(has_text(&s.answer.body, "\"attrs\":{\"purchases\":0,\"home_store\":\"S12\"}"), "%s",
              s.answer.body.data);
    cr_expect(has_text(&s.answer.body, "\"balances\":{\"bonus\":54000}"));
    cr_expect_not(has_text(&s.answer.body, "card:1"));
    ask(&s);
    cr_expect_eq(count(&s, "members"), 0);
    cr_expect_not(cJSON_HasObjectItem(s.root, "manifest"));
    fixture_publish(&s.fixture, 2);
    ask(&s);
    cr_expect(cJSON_HasObjectItem(s.root, "manifest"));
    scene_close(&s);
}

Test(central_updates, carries_the_till_s_own_position_in_rows_its_sales_changed)
{
    struct scene s;
    struct strbuf batch = STRBUF_INIT(TEXT_MAX), answer = STRBUF_INIT(TEXT_MAX);

    scene_open(&s);
    fixture_import(&s.fixture, "member,card,bonus\nM1,1,0\nM2,2,0\n");
    ask(&s);
    cr_expect_eq(counted(&s), 0);
    till_sale(&s.fixture, &s.till, "sale-1", "{\"id\":\"M1\"}", "", 10000, &batch);
    till_sale(&s.fixture, &s.till, "sale-2", "{\"id\":\"M1\"}", "", 10000, &batch);
    cr_assert_eq(till_post(&s.fixture, &s.till, &batch, &answer), 200);
    ask(&s);
    cr_expect_eq(count(&s, "members"), 1);
    cr_expect_eq(counted(&s), 2);
    cr_expect(has_text(&s.answer.body, "\"balances\":{\"bonus\":180}"));
    cr_expect(has_text(&s.answer.body, "\"purchases\":2"));
    cr_expect(
        has_text(&s.answer.body, "\"ten\":{\"count\":2,\"day\":2,\"week\":2,\"month\":2,\"date\":\"2026-11-22\"}"));
    cr_expect(has_text(&s.answer.body, "\"epoch\":\"0000000000000d11\",\"seq\":2"));
    cr_expect(has_text(&s.answer.body, "{\"promotion\":\"ten\",\"uses\":2,"));
    strbuf_free(&batch);
    strbuf_free(&answer);
    scene_close(&s);
}

/* The till added to his row what the record says, and takes it off again with the row that counts it. */
Test(central_updates, tell_again_whom_a_dead_letter_is_about)
{
    struct scene s;
    struct strbuf batch = STRBUF_INIT(TEXT_MAX), answer = STRBUF_INIT(TEXT_MAX);

    scene_open(&s);
    fixture_import(&s.fixture, "member,card,bonus\nM1,1,10\nM2,2,5\n");
    ask(&s);
    till_record(&s.till, "lease_use", "{\"lease\":\"L1\",\"member\":\"M1\",\"currency\":\"bonus\",\"amount\":-5}", &batch);
    cr_assert_eq(till_post(&s.fixture, &s.till, &batch, &answer), 200);
    cr_expect_eq(total(&s.fixture, "dead_letters"), 1);
    ask(&s);
    cr_expect_eq(count(&s, "members"), 1);
    cr_expect(has_text(&s.answer.body, "\"members\":[{\"id\":\"M1\""), "%s", s.answer.body.data);
    cr_expect(has_text(&s.answer.body, "\"seq\":1}]"), "%s", s.answer.body.data);
    strbuf_free(&batch);
    strbuf_free(&answer);
    scene_close(&s);
}

Test(central_updates, tell_a_member_that_changed_often_once_as_he_is_now)
{
    struct scene s;

    scene_open(&s);
    fixture_import(&s.fixture, "member,card,tier,bonus\nM1,1,silver,10\nM2,2,,5\n");
    ask(&s);
    for (int bonus = 20; bonus <= 60; bonus += 20) {
        char csv[64];

        snprintf(csv, sizeof(csv), "member,tier,bonus\nM1,gold,%d\n", bonus);
        fixture_import(&s.fixture, csv);
    }
    ask(&s);
    cr_expect_eq(count(&s, "members"), 1);
    cr_expect(has_text(&s.answer.body, "\"tier\":\"gold\""), "%s", s.answer.body.data);
    cr_expect(has_text(&s.answer.body, "\"balances\":{\"bonus\":60}"), "%s", s.answer.body.data);
    scene_close(&s);
}

Test(central_updates, starts_anew_for_a_cursor_of_another_history)
{
    static const char *const foreign[] = {"0123456789abcdef.1", "rubbish", "0123456789abcdef", ".",
                                          "0123456789abcdef.x"};
    struct scene s;

    scene_open(&s);
    fixture_import(&s.fixture, "member,card\nM1,1\n");
    for (int i = 0; i < 5; i++) {
        strcpy(s.cursor, foreign[i]);
        ask(&s);
        cr_expect(flag(&s, "reload"), "%s", foreign[i]);
        cr_expect_eq(count(&s, "members"), 1);
    }
    cr_assert_eq(central_restored(s.fixture.central, NULL), ST_OK);
    ask(&s);
    cr_expect(flag(&s, "reload"));
    /* Of a database that was put back: further on than this one is. */
    snprintf(s.cursor, sizeof(s.cursor), "%s.999999", s.fixture.central->incarnation);
    ask(&s);
    cr_expect(flag(&s, "reload"));
    ask(&s);
    cr_expect_not(flag(&s, "reload"));
    scene_close(&s);
}

Test(central_updates, comes_in_pages_and_promises_nothing_before_the_last, .timeout = 300)
{
    struct scene s;
    struct strbuf csv = STRBUF_INIT(TEXT_MAX), batch = STRBUF_INIT(TEXT_MAX), answer = STRBUF_INIT(TEXT_MAX);
    int members = 0, pages = 0, manifests = 0, many;

    scene_open(&s);
    many = fixture_many(&s.fixture);
    strbuf_puts(&csv, "member,card\n");
    for (int i = 0; i < many; i++)
        strbuf_printf(&csv, "M%d,%d\n", i, i);
    fixture_import(&s.fixture, csv.data);
    till_sale(&s.fixture, &s.till, "sale-1", "{\"id\":\"M1\"}", "", 10000, &batch);
    cr_assert_eq(till_post(&s.fixture, &s.till, &batch, &answer), 200);
    do {
        ask(&s);
        pages++;
        members += count(&s, "members");
        manifests += cJSON_HasObjectItem(s.root, "manifest");
        cr_expect_leq(s.answer.body.len, UPDATES_BYTES_MAX);
        cr_expect_eq(counted(&s), flag(&s, "more") ? 0 : 1);
    } while (flag(&s, "more") && pages < 100);
    cr_expect_eq(members, many);
    cr_expect_gt(pages, many / UPDATES_ROWS_MAX);
    cr_expect_eq(manifests, 1);
    strbuf_free(&csv);
    strbuf_free(&batch);
    strbuf_free(&answer);
    scene_close(&s);
}

Test(central_updates, tells_a_till_of_its_own_dead_letters)
{
    struct scene s;
    struct strbuf batch = STRBUF_INIT(TEXT_MAX), answer = STRBUF_INIT(TEXT_MAX);
    struct fake_till other;

    scene_open(&s);
    till_enrol_fresh(&s.fixture, &other, 0xd2);
    till_record(&other, "hologram", "{}", &batch);
    cr_assert_eq(till_post(&s.fixture, &other, &batch, &answer), 200);
    ask(&s);
    cr_expect_eq(count(&s, "notices"), 0);
    strbuf_clear(&batch);
    till_record(&s.till, "hologram", "{}", &batch);
    cr_assert_eq(till_post(&s.fixture, &s.till, &batch, &answer), 200);
    ask(&s);
    cr_expect_eq(count(&s, "notices"), 1);
    till_clear(&other);
    strbuf_free(&batch);
    strbuf_free(&answer);
    scene_close(&s);
}

Test(central_updates, looks_a_member_up_by_hash)
{
    struct scene s;
    struct errmsg err = ERRMSG_INIT;
    struct device device;
    struct crypto_part card = {"card:1", 6};
    uint8_t mac[CRYPTO_MAC_BYTES];
    char hash[IDENTIFIER_HASH_TEXT];

    scene_open(&s);
    fixture_import(&s.fixture, "member,card\nM1,1\n");
    crypto_hmac(s.till.id_key, &card, 1, mac);
    hex_encode(mac, 16, hash);
    cr_assert_eq(device_load(s.fixture.central, s.till.dev_hex, &device, &err), ST_OK);
    updates_member(s.fixture.central, &device, hash, &s.answer);
    cr_expect(has_text(&s.answer.body, "{\"member\":{\"id\":\"M1\""));
    hash[0] = hash[0] == '0' ? '1' : '0';
    strbuf_clear(&s.answer.body);
    updates_member(s.fixture.central, &device, hash, &s.answer);
    cr_expect_eq(s.answer.status, 200);
    cr_expect_str_eq(s.answer.body.data, "{\"member\":null}");
    scene_close(&s);
}
