/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>

#include <stdio.h>
#include <string.h>

#include "agent/base/json.h"
#include "journal_scene.h"
#include "sync/central/report.h"

#include <cjson/cJSON.h>

static struct journal_scene s;

static void begin(void)
{
    journal_scene_open(&s);
}

static void end(void)
{
    journal_scene_close(&s);
}

TestSuite(central_cashiers, .init = begin, .fini = end);

static void type(const char *cashier, const char *what, int identifier)
{
    char body[256];

    (void)snprintf(body, sizeof(body),
                   "{\"sale_id\":\"s1\",\"identifier\":\"%032x\",\"cashier\":\"%s\",\"what\":\"%s\"}", identifier,
                   cashier, what);
    till_record(&s.till, "keyed_entry", body, &s.batch);
}

static void let_pass(const char *by, const char *what)
{
    char body[256];

    (void)snprintf(body, sizeof(body), "{\"sale_id\":\"s1\",\"what\":\"%s\",\"by\":\"%s\",\"reason\":\"so\"}", what,
                   by);
    till_record(&s.till, "override", body, &s.batch);
}

/* The report, read; free with json_free. */
static struct cJSON *report(void)
{
    struct strbuf text = STRBUF_INIT(SCENE_TEXT_MAX);
    struct json_writer w = JSON_WRITER_INIT(&text);
    struct errmsg err = ERRMSG_INIT;
    struct cJSON *root = NULL;

    cr_assert_eq(report_cashiers(s.fixture.central, &w, &err), ST_OK, "%s", err.text);
    cr_assert_eq(json_parse(text.data, text.len, SCENE_TEXT_MAX, &root, &err), ST_OK, "%s", err.text);
    strbuf_free(&text);
    return root;
}

static const struct cJSON *row(const struct cJSON *root, int at)
{
    return cJSON_GetArrayItem(cJSON_GetObjectItemCaseSensitive(root, "cashiers"), at);
}

static void expect_row(const struct cJSON *one, const char *cashier, const char *name, int64_t expected)
{
    int64_t number = -1;
    const char *text = "";

    cr_assert_not_null(one);
    (void)json_text(one, "cashier", 64, &text, NULL);
    cr_expect_str_eq(text, cashier);
    (void)json_int(one, name, 0, JSON_INT_MAX, &number, NULL);
    cr_expect_eq(number, expected, "%s of cashier %s: %lld", name, cashier, (long long)number);
}

Test(central_cashiers, are_told_apart_and_what_they_did_is_counted)
{
    struct cJSON *root;
    const char *till = "";

    type("7", "card", 1);
    type("7", "card", 2);
    type("7", "phone", 2);
    type("8", "card", 1);
    type("7", "card", 1);
    type("7", "coupon", 9);
    type("7", "card", 1);
    let_pass("9", "L-204");
    let_pass("9", "L-212");
    let_pass("9", "L-212");
    let_pass("9", "L-999");
    till_record(&s.till, "shift", "{\"shift\":\"1\",\"state\":\"open\"}", &s.batch);
    cr_assert_eq(journal_scene_post(&s), 200);
    root = report();
    expect_row(row(root, 0), "7", "cards", 4);
    expect_row(row(root, 0), "7", "phones", 1);
    expect_row(row(root, 0), "7", "coupons", 1);
    expect_row(row(root, 0), "7", "same_most", 3);
    expect_row(row(root, 0), "7", "unreferenced", 0);
    expect_row(row(root, 1), "8", "cards", 1);
    expect_row(row(root, 2), "9", "paid_otherwise", 1);
    expect_row(row(root, 2), "9", "unreferenced", 2);
    expect_row(row(root, 2), "9", "other", 1);
    expect_row(row(root, 2), "9", "same_most", 0);
    cr_expect_null(row(root, 3));
    (void)json_text(row(root, 0), "till", 64, &till, NULL);
    cr_expect_str_eq(till, "3");
    cr_expect(cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(root, "complete")));
    cr_expect_eq(total(&s.fixture, "dead_letters"), 0);
    json_free(root);
}

Test(central_cashiers, old_records_are_left_out_and_odd_ones_stop_nothing)
{
    struct cJSON *root;

    type("7", "card", 1);
    cr_assert_eq(journal_scene_post(&s), 200);
    s.fixture.now.wall_ms += (REPORT_CASHIER_DAYS + 1) * INT64_C(86400000);
    root = report();
    cr_expect_null(row(root, 0));
    json_free(root);
    strbuf_clear(&s.batch);
    till_record(&s.till, "keyed_entry", "{\"cashier\":7,\"what\":[],\"identifier\":null}", &s.batch);
    till_record(&s.till, "override", "{}", &s.batch);
    cr_assert_eq(journal_scene_post(&s), 200);
    root = report();
    expect_row(row(root, 0), "", "other", 2);
    json_free(root);
}
