/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/engine/engine.h"

#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static struct bundle *compile(const char *text)
{
    struct errmsg err = ERRMSG_INIT;
    struct bundle *bundle = NULL;

    cr_assert_eq(bundle_compile(text, strlen(text), &bundle, NULL, &err), ST_OK, "%s", err.text);
    return bundle;
}

static struct engine_sale *parse(const char *text)
{
    struct engine_sale *sale = NULL;
    struct engine_fault fault;

    cr_assert_eq(engine_sale_parse(text, strlen(text), &sale, &fault), ST_OK, "%s %s", fault.at, fault.message);
    return sale;
}

Test(engine, empty_bundle_sells_at_shelf_price)
{
    struct engine_sale *sale = parse("{\"lines\":[{\"line\":1,\"sku\":\"A\",\"qty_milli\":1000,"
                                     "\"unit_price_minor\":500}]}");
    const struct engine_result *result;
    struct engine *engine;
    struct bundle *bundle;

    cr_assert_eq(engine_empty_bundle("EUR", 2, &bundle, NULL), ST_OK);
    cr_assert_str_eq(bundle_id(bundle), "empty");
    cr_assert_eq(bundle_version(bundle), 0);
    cr_assert_eq(strlen(bundle_digest(bundle)), 64u);
    cr_assert_eq(engine_create(&engine, NULL), ST_OK);
    cr_assert_eq(engine_evaluate(engine, bundle, sale, NULL, &result, NULL), ST_OK);
    cr_assert_eq(result->total_minor, 500);
    engine_destroy(engine);
    engine_sale_destroy(sale);
    bundle_destroy(bundle);
}

Test(engine, digest_can_be_left_out)
{
    struct engine_sale *sale = parse("{\"lines\":[{\"line\":1,\"sku\":\"A\",\"qty_milli\":1000,"
                                     "\"unit_price_minor\":500}]}");
    struct engine_options options = {.skip_digest = true};
    const struct engine_result *result;
    struct engine *engine;
    struct bundle *bundle;

    cr_assert_eq(engine_empty_bundle(NULL, 2, &bundle, NULL), ST_OK);
    cr_assert_eq(engine_create(&engine, NULL), ST_OK);
    cr_assert_eq(engine_evaluate(engine, bundle, sale, &options, &result, NULL), ST_OK);
    cr_assert_str_empty(result->digest);
    cr_assert_eq(engine_evaluate(engine, bundle, sale, NULL, &result, NULL), ST_OK);
    cr_assert_eq(strlen(result->digest), 64u);
    engine_destroy(engine);
    engine_sale_destroy(sale);
    bundle_destroy(bundle);
}

Test(engine, titles_fall_back_to_english_then_id)
{
    struct bundle *bundle =
        compile("{\"format\":\"loyald-bundle/1\",\"id\":\"b\",\"version\":3,\"currency\":\"RUB\",\"minor_digits\":2,"
                "\"layers\":[{\"id\":\"l\",\"mode\":\"best\"}],\"promotions\":["
                "{\"id\":\"a\",\"title\":{\"en\":\"Ten off\",\"ru\":\"Скидка\"},\"layer\":\"l\","
                "\"reward\":{\"kind\":\"percent_off\",\"items\":{\"any\":true},\"percent_bp\":1000}},"
                "{\"id\":\"b\",\"layer\":\"l\","
                "\"reward\":{\"kind\":\"percent_off\",\"items\":{\"any\":true},\"percent_bp\":1000}}]}");

    cr_assert_str_eq(bundle_title(bundle, "a", "ru"), "Скидка");
    cr_assert_str_eq(bundle_title(bundle, "a", "de"), "Ten off");
    cr_assert_str_eq(bundle_title(bundle, "b", "ru"), "b");
    cr_assert_str_eq(bundle_title(bundle, "gone", "ru"), "gone");
    cr_assert_eq(bundle_promotion_count(bundle), 2u);
    bundle_destroy(bundle);
}

Test(engine, digest_of_a_bundle_does_not_see_its_spelling)
{
    struct bundle *a = compile("{\"format\":\"loyald-bundle/1\",\"id\":\"b\",\"version\":3,\"currency\":\"RUB\","
                               "\"layers\":[],\"promotions\":[]}");
    struct bundle *b = compile(" {\"version\": 3.0, \"id\":\"\\u0062\",\"currency\":\"RUB\",\n\"promotions\":[],"
                               "\"layers\":[],\"format\":\"loyald-bundle\\/1\"}");

    cr_assert_str_eq(bundle_digest(a), bundle_digest(b));
    bundle_destroy(a);
    bundle_destroy(b);
}

Test(engine, reports_every_fault_and_counts_those_past_the_bound)
{
    static struct bundle_report report;
    struct strbuf text = STRBUF_INIT(1 << 20);
    struct bundle *bundle = NULL;
    struct errmsg err = ERRMSG_INIT;

    strbuf_puts(&text, "{\"format\":\"loyald-bundle/1\",\"id\":\"b\",\"version\":3,\"currency\":\"RUB\",\"layers\":"
                       "[{\"id\":\"l\",\"mode\":\"best\"}],\"promotions\":[");
    for (int i = 0; i < 150; i++)
        strbuf_printf(&text, "%s{\"id\":\"p%d\",\"layer\":\"l\",\"reward\":{\"kind\":\"magic\"}}", i ? "," : "", i);
    strbuf_puts(&text, "]}");
    cr_assert_eq(bundle_compile(text.data, text.len, &bundle, &report, &err), ST_INVALID);
    cr_assert_eq(report.fault_count, 150u);
    cr_assert_eq(report.note_count, (size_t)BUNDLE_NOTES_MAX);
    cr_assert_str_eq(report.notes[2].at, "/promotions/2/reward/kind");
    cr_assert_str_not_empty(err.text);
    cr_assert_null(bundle);
    strbuf_free(&text);
}

/* ---- the order of scanning and of the file does not move money */

static void lines_text(struct strbuf *out, const int *order, int count)
{
    strbuf_puts(out, "{\"lines\":[");
    for (int i = 0; i < count; i++)
        strbuf_printf(
            out, "%s{\"line\":%d,\"sku\":\"S%d\",\"qty_milli\":%d,\"unit_price_minor\":%d,\"category\":\"c/%d\"}",
            i ? "," : "", order[i] + 1, order[i] % 3, 1000 * (1 + order[i] % 4), 333 + 77 * order[i], order[i] % 2);
    strbuf_puts(out, "]}");
}

static const char *const mixed_bundle =
    "{\"format\":\"loyald-bundle/1\",\"id\":\"b\",\"version\":3,\"currency\":\"RUB\",\"layers\":"
    "[{\"id\":\"l\",\"mode\":\"best\"},{\"id\":\"s\",\"mode\":\"stack\"}],\"promotions\":["
    "{\"id\":\"a\",\"layer\":\"l\",\"reward\":{\"kind\":\"buy_get\",\"buy\":{\"items\":{\"any\":true},\"qty\":2},"
    "\"get\":{\"items\":{\"any\":true},\"qty\":1,\"percent_bp\":10000}}},"
    "{\"id\":\"b\",\"layer\":\"l\",\"reward\":{\"kind\":\"percent_off\",\"items\":{\"categories\":[\"c/1\"]},"
    "\"percent_bp\":1700}},"
    "{\"id\":\"c\",\"layer\":\"s\",\"reward\":{\"kind\":\"amount_off\",\"per\":\"basket\",\"items\":{\"any\":true},"
    "\"amount_minor\":1001}}]}";

Test(engine, order_of_lines_does_not_move_money)
{
    static const int orders[3][6] = {{0, 1, 2, 3, 4, 5}, {5, 4, 3, 2, 1, 0}, {2, 5, 0, 3, 1, 4}};
    struct bundle *bundle = compile(mixed_bundle);
    int64_t net[3][6] = {{0}};
    struct engine *engine;

    cr_assert_eq(engine_create(&engine, NULL), ST_OK);
    for (int o = 0; o < 3; o++) {
        struct strbuf text = STRBUF_INIT(1 << 16);
        const struct engine_result *result;
        struct engine_sale *sale;

        lines_text(&text, orders[o], 6);
        sale = parse(strbuf_text(&text));
        cr_assert_eq(engine_evaluate(engine, bundle, sale, NULL, &result, NULL), ST_OK);
        for (size_t i = 0; i < 6; i++)
            net[o][result->lines[i].line - 1] = result->lines[i].net_minor;
        engine_sale_destroy(sale);
        strbuf_free(&text);
    }
    cr_assert_arr_eq(net[0], net[1], sizeof net[0]);
    cr_assert_arr_eq(net[0], net[2], sizeof net[0]);
    engine_destroy(engine);
    bundle_destroy(bundle);
}

Test(engine, a_hundred_thousand_units_are_one_run)
{
    struct bundle *bundle = compile(mixed_bundle);
    struct engine_sale *sale = parse("{\"lines\":[{\"line\":1,\"sku\":\"A\",\"qty_milli\":100000000,"
                                     "\"unit_price_minor\":9999999,\"category\":\"c/1\"}]}");
    const struct engine_result *result;
    struct engine *engine;

    cr_assert_eq(engine_create(&engine, NULL), ST_OK);
    cr_assert_eq(engine_evaluate(engine, bundle, sale, NULL, &result, NULL), ST_OK);
    cr_assert_eq(result->gross_minor, INT64_C(999999900000));
    cr_assert(result->lines[0].split_count < 8);
    cr_assert_eq(result->gross_minor - result->discount_minor, result->total_minor);
    engine_destroy(engine);
    engine_sale_destroy(sale);
    bundle_destroy(bundle);
}

Test(engine, search_stops_at_its_budget_and_says_how_far)
{
    struct strbuf text = STRBUF_INIT(1 << 16);
    const struct engine_result *result;
    struct engine_sale *sale;
    struct engine *engine;
    struct bundle *bundle;
    int order[12];

    strbuf_puts(&text, "{\"format\":\"loyald-bundle/1\",\"id\":\"b\",\"version\":3,\"currency\":\"RUB\",\"layers\":"
                       "[{\"id\":\"l\",\"mode\":\"best\"}],\"search_nodes\":3,\"promotions\":[");
    for (int i = 0; i < 4; i++)
        strbuf_printf(
            &text,
            "%s{\"id\":\"p%d\",\"layer\":\"l\",\"reward\":{\"kind\":\"buy_get\",\"buy\":{\"items\":{\"skus\":"
            "[\"S%d\",\"S%d\"]},\"qty\":%d},\"get\":{\"items\":{\"any\":true},\"qty\":1,\"percent_bp\":%d}}}",
            i ? "," : "", i, i % 3, (i + 1) % 3, 1 + i % 2, 10000 - i * 1000);
    strbuf_puts(&text, "]}");
    bundle = compile(strbuf_text(&text));
    strbuf_clear(&text);
    for (int i = 0; i < 12; i++)
        order[i] = i;
    lines_text(&text, order, 12);
    sale = parse(strbuf_text(&text));
    cr_assert_eq(engine_create(&engine, NULL), ST_OK);
    cr_assert_eq(engine_evaluate(engine, bundle, sale, NULL, &result, NULL), ST_OK);
    cr_assert(!result->optimal);
    cr_assert(result->bound_minor > 0);
    cr_assert(result->discount_minor > 0);
    engine_destroy(engine);
    engine_sale_destroy(sale);
    bundle_destroy(bundle);
    strbuf_free(&text);
}

/* ---- what the compiler says */

/* Compiles; the text of the note at that place, "" when there is none. */
static const char *note_at(const char *json, const char *at, bool warning)
{
    static struct bundle_report report;
    struct bundle *bundle = NULL;
    enum status st = bundle_compile(json, strlen(json), &bundle, &report, NULL);

    cr_expect_eq(st, report.fault_count ? ST_INVALID : ST_OK);
    bundle_destroy(bundle);
    for (size_t i = 0; i < report.note_count; i++) {
        if (report.notes[i].warning == warning && strcmp(report.notes[i].at, at) == 0)
            return report.notes[i].text;
    }
    return "";
}

#define BUNDLE_OF(more, promotions)                                                                                  \
    "{\"format\":\"loyald-bundle/1\",\"id\":\"b\",\"version\":3,\"currency\":\"RUB\",\"layers\":"                    \
    "[{\"id\":\"l\",\"mode\":\"best\"},{\"id\":\"m\",\"mode\":\"first\"}]" more ",\"promotions\":[" promotions "]}"

Test(compiler, wants_all_five_offline_limits)
{
    static const char wrong[] = BUNDLE_OF(",\"offline\":{\"f_sale\":-1,\"f_member\":1,\"sales_max\":1.5,"
                                          "\"hours_max\":8785,\"n_max\":1}",
                                          "");

    cr_expect_not_null(strstr(note_at(wrong, "/offline/f_sale", false), "integer"));
    cr_expect_not_null(strstr(note_at(wrong, "/offline/e_device", false), "missing"));
    cr_expect_not_null(strstr(note_at(wrong, "/offline/sales_max", false), "integer"));
    cr_expect_not_null(strstr(note_at(wrong, "/offline/hours_max", false), "8784"));
    cr_expect_not_null(strstr(note_at(wrong, "/offline/n_max", false), "no such name"));
    cr_expect_str_eq(note_at(wrong, "/offline/f_member", false), "");
}

Test(compiler, warns_of_offline_limits_that_cannot_be_reached)
{
    cr_expect_not_null(strstr(note_at(BUNDLE_OF(",\"offline\":{\"f_sale\":3,\"f_member\":2,\"e_device\":1,"
                                                "\"sales_max\":1,\"hours_max\":1}",
                                                ""),
                                      "/offline/f_member", true),
                              "above e_device (1)"));
    cr_expect_not_null(strstr(note_at(BUNDLE_OF(",\"offline\":{\"f_sale\":1,\"f_member\":2,\"e_device\":3,"
                                                "\"sales_max\":0,\"hours_max\":1}",
                                                ""),
                                      "/offline", true),
                              "nothing is ever spent"));
}

/* In whatever order names come, and a name of nothing is no name. */
Test(compiler, knows_names_in_any_order)
{
    cr_expect_not_null(
        strstr(note_at(BUNDLE_OF(",\"guards\":{\"max_sale_discount_bp\":1,\"\":1}", ""), "/guards/", false),
               "no such name"));
    cr_expect_str_eq(note_at(BUNDLE_OF(",\"offline\":{\"hours_max\":1,\"f_sale\":1,\"e_device\":3,\"f_member\":2,"
                                       "\"sales_max\":1}",
                                       ""),
                             "/offline", false),
                     "");
    cr_expect_not_null(
        strstr(note_at(BUNDLE_OF(",\"guards\":{\"max_sale\":1}", ""), "/guards/max_sale", false), "no such name"));
}

/* Promotions are read one by one, after the rest: what is no JSON is still the one fault, where it stands. */
Test(compiler, says_where_a_text_stops_being_json)
{
    static const char *const texts[][2] = {
        {"{\"format\":1,\n\"promotions\":[{\"id\":\"a\"}, {\"id\" \"b\"}],\"x\":1}",
         "JSON, line 2, byte 33: ':' is expected"},
        {"{\"promotions\":[{}}", "JSON, line 1, byte 18: ',' or ']' is expected"},
        {"{\"promotions\":[1,]}", "JSON, line 1, byte 18: a value is expected"},
        {"{\"promotions\":[\"]", "JSON, line 1, byte 18: the text ends inside a string"},
        {"{\"promotions\":[{\"a\":1,\"a\":2}]}", "two members named \"a\""},
        {"{\"promotions\":[],\"promotions\":[1,}]}", "a value is expected"},
        {"{\"promotions\":[]} x", "something follows"},
    };

    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        cr_expect_not_null(strstr(note_at(texts[i][0], "", false), texts[i][1]), "%s: %s", texts[i][0],
                           note_at(texts[i][0], "", false));
}

/* The place of the promotions among the members, and how they are written, is nothing to the digest. */
Test(compiler, digests_the_same_wherever_the_promotions_stand)
{
    static const char promotions[] =
        "\"promotions\":[{\"id\":\"a\",\"layer\":\"l\",\"reward\":{\"kind\":\"percent_off\","
        "\"percent_bp\":1e2,\"items\":{\"any\":true}}}]";
    static const char rest[] = "\"format\":\"loyald-bundle/1\",\"id\":\"b\",\"version\":3,\"currency\":\"RUB\","
                               "\"layers\":[{\"mode\":\"best\",\"id\":\"l\"}]";
    struct strbuf first = STRBUF_INIT(4096), last = STRBUF_INIT(4096);
    struct bundle *a = NULL, *b = NULL;

    strbuf_printf(&first, "{%s,%s}", promotions, rest);
    strbuf_printf(&last, " { %s , %s } ", rest, promotions);
    cr_assert_eq(bundle_compile(first.data, first.len, &a, NULL, NULL), ST_OK);
    cr_assert_eq(bundle_compile(last.data, last.len, &b, NULL, NULL), ST_OK);
    cr_expect_str_eq(bundle_digest(a), bundle_digest(b));
    bundle_destroy(a);
    bundle_destroy(b);
    strbuf_free(&first);
    strbuf_free(&last);
}

#define PROMOTION(more) "{\"id\":\"p\",\"layer\":\"l\"" more "}"
#define OFF(items)      ",\"reward\":{\"kind\":\"percent_off\",\"percent_bp\":1000,\"items\":" items "}"

struct warning_case {
    const char *json, *at, *words; /* words NULL: no warning there */
};

Test(compiler, warns_of_what_is_surely_not_meant)
{
    static const struct warning_case cases[] = {
        {BUNDLE_OF("", PROMOTION(OFF("{\"skus\":[]}"))), "/promotions/0/reward", "select nothing"},
        {BUNDLE_OF("", PROMOTION(OFF("{\"price_min_minor\":2,\"price_max_minor\":1}"))), "/promotions/0/reward",
         "select nothing"},
        {BUNDLE_OF(",\"item_sets\":{\"s\":{\"tags\":[]}}", PROMOTION(OFF("{\"set\":\"s\"}"))), "/promotions/0/reward",
         "select nothing"},
        {BUNDLE_OF("", PROMOTION(OFF("{\"skus\":[\"A\"]}"))), "/promotions/0/reward", NULL},
        {BUNDLE_OF("", PROMOTION(",\"when\":{\"basket\":[{\"items\":{\"skus\":[]},\"amount_min\":1}]}" OFF(
                           "{\"any\":true}"))),
         "/promotions/0/when", "a basket entry wants"},
        /* 2026-11-21 is a Saturday. */
        {BUNDLE_OF("", PROMOTION(",\"when\":{\"from\":\"2026-11-21T00:00\",\"until\":\"2026-11-23T00:00\","
                                 "\"weekdays\":[\"mon\"]}" OFF("{\"any\":true}"))),
         "/promotions/0/when", "no day between"},
        {BUNDLE_OF("", PROMOTION(",\"when\":{\"from\":\"2026-11-21T00:00\",\"until\":\"2026-11-23T00:01\","
                                 "\"weekdays\":[\"mon\"]}" OFF("{\"any\":true}"))),
         "/promotions/0/when", NULL},
        {BUNDLE_OF("", PROMOTION(",\"when\":{\"member\":{\"attrs\":[{\"attr\":\"age\",\"gte\":5,\"lte\":4}]}}" OFF(
                           "{\"any\":true}"))),
         "/promotions/0/when/member/attrs/0", "never hold"},
        {BUNDLE_OF("", PROMOTION(",\"when\":{\"basket\":[{\"items\":{\"any\":true},\"amount_min\":200}]},"
                                 "\"reward\":{\"kind\":\"steps\",\"items\":{\"any\":true},\"steps\":"
                                 "[{\"from\":100,\"percent_bp\":100},{\"from\":200,\"percent_bp\":200}]}")),
         "/promotions/0/reward", "the step from 100"},
        {BUNDLE_OF("", PROMOTION(",\"when\":{\"basket\":[{\"items\":{\"any\":true},\"amount_min\":199}]},"
                                 "\"reward\":{\"kind\":\"steps\",\"items\":{\"any\":true},\"steps\":"
                                 "[{\"from\":100,\"percent_bp\":100},{\"from\":200,\"percent_bp\":200}]}")),
         "/promotions/0/reward", NULL},
        {BUNDLE_OF(",\"coupon_series\":[{\"id\":\"s\",\"kind\":\"listed\"}]", ""), "/coupon_series/0/codes",
         "there are none"},
        {BUNDLE_OF(
             ",\"coupon_series\":[{\"id\":\"s\",\"kind\":\"listed\",\"codes\":[\"A\"],\"from\":\"2026-11-02T00:00\","
             "\"until\":\"2026-11-01T00:00\"}]",
             ""),
         "/coupon_series/0", "ends before it begins"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *text = note_at(cases[i].json, cases[i].at, true);

        cr_expect(cases[i].words ? strstr(text, cases[i].words) != NULL : *text == '\0', "%s: \"%s\"", cases[i].json,
                  text);
    }
}

#define IN_LAYER(id, layer, bp, items)                                                                               \
    "{\"id\":\"" id "\",\"layer\":\"" layer "\",\"reward\":{\"kind\":\"percent_off\",\"percent_bp\":" bp             \
    ",\"items\":" items "}}"
#define GUARD ",\"guards\":{\"max_sale_discount_bp\":5000}"

Test(compiler, warns_of_two_layers_that_give_more_than_the_guard_allows)
{
    static const struct warning_case cases[] = {
        /* 30 % and 30 % leave 49 %. */
        {BUNDLE_OF(GUARD,
                   IN_LAYER("a", "l", "3000", "{\"any\":true}") "," IN_LAYER("b", "m", "3000", "{\"skus\":[\"A\"]}")),
         "/guards/max_sale_discount_bp", "layers \"l\" and \"m\""},
        {BUNDLE_OF(GUARD, IN_LAYER("a", "l", "3000", "{\"skus\":[\"A\"]}") "," IN_LAYER("b", "m", "3000",
                                                                                        "{\"skus\":[\"A\"]}")),
         "/guards/max_sale_discount_bp", "\"a\" and \"b\""},
        {BUNDLE_OF(GUARD, IN_LAYER("a", "l", "3000", "{\"skus\":[\"A\"]}") "," IN_LAYER("b", "m", "3000",
                                                                                        "{\"skus\":[\"B\"]}")),
         "/guards/max_sale_discount_bp", NULL},
        {BUNDLE_OF(GUARD,
                   IN_LAYER("a", "l", "3000", "{\"any\":true}") "," IN_LAYER("b", "l", "3000", "{\"any\":true}")),
         "/guards/max_sale_discount_bp", NULL},
        {BUNDLE_OF(GUARD,
                   IN_LAYER("a", "l", "2000", "{\"any\":true}") "," IN_LAYER("b", "m", "3000", "{\"any\":true}")),
         "/guards/max_sale_discount_bp", NULL},
        {BUNDLE_OF("", IN_LAYER("a", "l", "3000", "{\"any\":true}") "," IN_LAYER("b", "m", "3000", "{\"any\":true}")),
         "/guards/max_sale_discount_bp", NULL},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *text = note_at(cases[i].json, cases[i].at, true);

        cr_expect(cases[i].words ? strstr(text, cases[i].words) != NULL : *text == '\0', "%s: \"%s\"", cases[i].json,
                  text);
    }
}

/* Ten thousand promotions live in the memory of a till: what they have in common is there once. */
Test(compiler, keeps_equal_things_once)
{
    enum { COUNT = 4000, BYTES_EACH_MAX = 420 };
    struct strbuf text = STRBUF_INIT(8 << 20);
    struct bundle *bundle = NULL;
    struct errmsg err = ERRMSG_INIT;

    strbuf_puts(&text, "{\"format\":\"loyald-bundle/1\",\"id\":\"b\",\"version\":3,\"currency\":\"RUB\",\"layers\":"
                       "[{\"id\":\"l\",\"mode\":\"best\"}],\"promotions\":[");
    for (int i = 0; i < COUNT; i++)
        strbuf_printf(
            &text,
            "%s{\"id\":\"p%d\",\"layer\":\"l\",\"title\":{\"en\":\"%d%% off\",\"ru\":\"%d%%\"},\"when\":{\"from\":"
            "\"2026-11-01T00:00\",\"hours\":[[\"10:00\",\"12:00\"]],\"channels\":[\"till\",\"web\"],"
            "\"member\":{\"tiers\":[\"gold\",\"silver\"],\"attrs\":[{\"attr\":\"age\",\"gte\":18}]},"
            "\"basket\":[{\"items\":{\"any\":true},\"amount_min\":%d}]},\"limits\":{\"per_member\":[{\"max\":1,"
            "\"per\":\"day\"}]},\"reward\":{\"kind\":\"percent_off\",\"percent_bp\":%d,\"items\":{\"any\":true}}}",
            i ? "," : "", i, i % 30, i % 30, i % 10 * 100, 100 + i % 30);
    strbuf_puts(&text, "]}");
    cr_assert_eq(bundle_compile(text.data, text.len, &bundle, NULL, &err), ST_OK, "%s", err.text);
    cr_expect_leq(bundle_memory_bytes(bundle) / COUNT, BYTES_EACH_MAX);
    bundle_destroy(bundle);
    strbuf_free(&text);
}
