/* SPDX-License-Identifier: Apache-2.0 */
/* Tills of the first release, and of one to come, at today's central: tests/skew. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "agent/base/hex.h"
#include "agent/base/json.h"
#include "fixture.h"
#include "sync/central/coupon.h"
#include "sync/central/hold.h"
#include "sync/central/interpret_return.h"
#include "sync/central/updates.h"
#include "tests/skew/shape.h"

enum { TEXT_MAX = 1024 * 1024 };
#define OLD_DEV   UINT64_C(0x3f6c1d20a4b5e677) /* of the records of the first release */
#define OLD_EPOCH UINT64_C(0x91c2d3e4f5061728)

struct scene {
    struct fixture fixture;
    struct fake_till till;
    struct device device;
};

static void scene_open(struct scene *s)
{
    char code[16];

    memset(s, 0, sizeof(*s));
    fixture_open(&s->fixture);
    fixture_publish(&s->fixture, 7);
    fixture_import(&s->fixture, "member,card,phone,tier,segments,birthday,display,personal,attr:home,bonus\n"
                                "M1,2900010000015,+79991234567,gold,new,05-17,Anna K.,fav-M1,S12,54000\n");
    till_init(&s->till, OLD_DEV, OLD_EPOCH);
    fixture_code(&s->fixture, "3", code);
    cr_assert_eq(till_enrol(&s->fixture, &s->till, code), 200);
    cr_assert_eq(device_load(s->fixture.central, s->till.dev_hex, &s->device, NULL), ST_OK);
}

static void scene_close(struct scene *s)
{
    till_clear(&s->till);
    fixture_close(&s->fixture);
}

static void expect_shape(const struct strbuf *answer, const char *file)
{
    struct cJSON *now = NULL, *then = shape_load_json(file);

    cr_assert_eq(json_parse(strbuf_text(answer), answer->len, TEXT_MAX, &now, NULL), ST_OK, "%s",
                 strbuf_text(answer));
    cr_expect(shape_has_all(now, then, file), "%s", strbuf_text(answer));
    json_free(now);
    json_free(then);
}

static void post(struct scene *s, const char *text, size_t len, struct strbuf *out)
{
    struct strbuf batch = STRBUF_INIT(TEXT_MAX);

    strbuf_add(&batch, text, len);
    cr_assert_eq(till_post(&s->fixture, &s->till, &batch, out), 200, "%s", strbuf_text(out));
    strbuf_free(&batch);
}

Test(central_skew, records_of_an_old_till_are_booked_and_answered_as_ever)
{
    struct scene s;
    struct strbuf out = STRBUF_INIT(TEXT_MAX);
    struct cJSON *then = shape_load_json("journal.answer.json");
    size_t len;
    char *text = shape_load("journal.request.jsonl", &len);
    const char *hash;

    scene_open(&s);
    post(&s, text, len, &out);
    expect_shape(&out, "journal.answer.json");
    cr_expect_eq(answer_int(&out, "acked"), 5);
    cr_assert_eq(json_text(then, "hash", 64, &hash, NULL), ST_OK);
    cr_expect(has_text(&out, hash), "the same chain");
    cr_expect_eq(total(&s.fixture, "dead_letters"), 0);
    cr_expect_eq(total(&s.fixture, "sales"), 1);
    json_free(then);
    free(text);
    strbuf_free(&out);
    scene_close(&s);
}

static void expect_records_taken(const char *file, int64_t sales)
{
    struct scene s;
    struct strbuf out = STRBUF_INIT(TEXT_MAX);
    size_t len;
    char *text = shape_load(file, &len);
    int64_t lines = 0;

    for (size_t i = 0; i < len; i++)
        lines += text[i] == '\n';
    scene_open(&s);
    post(&s, text, len, &out);
    cr_expect_eq(answer_int(&out, "acked"), lines);
    cr_expect_eq(total(&s.fixture, "dead_letters"), 2, "the one nobody knows, and a form sealed with another key");
    cr_expect_eq(total(&s.fixture, "sales"), sales);
    cr_expect(ledger_is_ok(&s.fixture));
    free(text);
    strbuf_free(&out);
    scene_close(&s);
}

Test(central_skew, of_each_type_of_record_only_the_unknown_one_is_put_aside)
{
    if (getenv("LOYALD_EXAMPLES")) { /* those of the first release were written in two goes */
        expect_records_taken("records.jsonl", 4);
        return;
    }
    expect_records_taken("records.jsonl", 0);
    expect_records_taken("records.late.jsonl", 4);
}

/* Its bytes as they came, and the body of a sale as another till is told it. */
Test(central_skew, what_a_record_of_tomorrow_says_besides_is_kept_and_the_rest_booked)
{
    static const char sale[] =
        "{\"of_tomorrow\":{\"deep\":[1, 2.50]},\"sale\":{\"sale_id\":\"s\",\"store\":{\"id\":\"S12\"},\"till\":\"3\",\"at\":"
        "\"2026-11-22T12:00:00Z\",\"business_date\":\"2026-11-22\",\"lines\":[],\"weather\":\"rain\"},\"result\":{\"sale_id\":"
        "\"s\",\"gross_minor\":0,\"discount_minor\":0,\"redeemed_minor\":0,\"total_minor\":0,\"lines\":[],\"adjustments\":[],"
        "\"coupons\":[],\"points\":[],\"digest\":\"0000000000000000000000000000000000000000000000000000000000000000\"},"
        "\"bundle\":\"\",\"identifier\":\"\"}";
    struct scene s;
    struct strbuf batch = STRBUF_INIT(TEXT_MAX), out = STRBUF_INIT(TEXT_MAX), kept = STRBUF_INIT(TEXT_MAX);
    struct answer answer = ANSWER_INIT;
    struct rows *rows;

    scene_open(&s);
    till_record(&s.till, "void", "{\"of_tomorrow\":{\"deep\":[1]},\"sale_id\":\"a\",\"reason\":\"r\"}", &batch);
    till_record(&s.till, "sale", sale, &batch);
    cr_assert_eq(till_post(&s.fixture, &s.till, &batch, &out), 200, "%s", strbuf_text(&out));
    cr_expect_eq(total(&s.fixture, "dead_letters"), 0);
    cr_expect_eq(total(&s.fixture, "sales"), 1);
    cr_assert_eq(STORE_SELECT(s.fixture.central->store, STATEMENT_JOURNAL_FROM, &rows, NULL, V_TEXT(s.till.dev_hex),
                              V_TEXT(s.till.epoch_hex), V_INT(0), V_INT(10)),
                 ST_OK);
    while (rows_next(rows)) {
        size_t len;
        const void *bytes = rows_blob(rows, 0, &len);

        strbuf_add(&kept, bytes, len);
        strbuf_putc(&kept, '\n');
    }
    cr_assert_eq(rows_end(rows, NULL), ST_OK);
    cr_expect_str_eq(strbuf_text(&kept), strbuf_text(&batch));
    return_sale_answer(s.fixture.central, &s.device, "s", &answer);
    cr_expect(has_text(&answer.body, sale), "%s", strbuf_text(&answer.body));
    strbuf_free(&answer.body);
    strbuf_free(&kept);
    strbuf_free(&batch);
    strbuf_free(&out);
    scene_close(&s);
}

typedef void ask_fn(struct central *central, const struct device *device, const char *body, size_t len,
                    struct answer *answer);

/* The question as it was, then with names that nobody knows: answered alike. */
static void ask(struct scene *s, ask_fn *fn, const char *request, const char *answer_file)
{
    struct cJSON *root = shape_load_json(request);

    for (int round = 0; round < 2; round++) {
        struct answer answer = ANSWER_INIT;
        char *text = cJSON_PrintUnformatted(root);

        fn(s->fixture.central, &s->device, text, strlen(text), &answer);
        cr_expect_eq(answer.status, 200, "%s: %s", request, strbuf_text(&answer.body));
        expect_shape(&answer.body, answer_file);
        cJSON_free(text);
        strbuf_free(&answer.body);
        shape_add_unknown(root);
    }
    json_free(root);
}

Test(central_skew, questions_of_an_old_till_and_of_one_to_come_are_answered)
{
    struct scene s;

    scene_open(&s);
    ask(&s, device_status, "status.request.json", "status.answer.json");
    ask(&s, hold_answer, "hold.request.json", "hold.answer.json");
    ask(&s, hold_void_answer, "hold_void.request.json", "hold_void.answer.json");
    ask(&s, coupon_claim_answer, "claim.request.json", "claim.answer.json");
    scene_close(&s);
}

Test(central_skew, updates_have_all_that_an_old_till_looks_for)
{
    struct scene s;
    struct updates_cursor cursor;
    struct answer answer = ANSWER_INIT;

    scene_open(&s);
    cr_assert_eq(updates_read_cursor(s.fixture.central, "", &cursor, NULL), ST_OK);
    updates_answer(s.fixture.central, &s.device, &cursor, &answer);
    expect_shape(&answer.body, "updates.answer.json");
    strbuf_free(&answer.body);
    scene_close(&s);
}
