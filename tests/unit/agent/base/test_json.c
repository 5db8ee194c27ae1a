/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/base/json.h"
#include "agent/base/json_pool.h"

#include "agent/base/strbuf.h"
#include "tests/support/wrapped_memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>
#include <criterion/criterion.h>

enum { LEN_MAX = 4 * 1024 * 1024 };

/* Allocations that still succeed; below zero all do. Ours go through the wrapper, cJSON's through its hook. */
static long allocations_left = -1;

static void *limited_malloc(size_t size)
{
    if (allocations_left == 0)
        return NULL;
    if (allocations_left > 0)
        allocations_left--;
    return __real_malloc(size);
}

void *__wrap_malloc(size_t size)
{
    return limited_malloc(size);
}

static bool same_trees(const cJSON *a, const cJSON *b)
{
    int64_t x = 0, y = 0;

    if (a->type != b->type || !a->string != !b->string || (a->string && strcmp(a->string, b->string) != 0) ||
        !a->valuestring != !b->valuestring || (a->valuestring && strcmp(a->valuestring, b->valuestring) != 0))
        return false;
    if (cJSON_IsNumber(a) &&
        (json_value_int(a, -JSON_INT_MAX, JSON_INT_MAX, &x) != json_value_int(b, -JSON_INT_MAX, JSON_INT_MAX, &y) ||
         x != y))
        return false;
    for (a = a->child, b = b->child; a && b; a = a->next, b = b->next) {
        if (!same_trees(a, b))
            return false;
    }
    return !a && !b;
}

/* A pool takes and refuses the same, in the same words, and makes the same tree. */
static void expect_pool_agrees(const char *text, size_t len, enum status wanted, const cJSON *root,
                               const struct errmsg *wanted_err)
{
    struct json_pool pool = JSON_POOL_INIT;
    struct errmsg err = ERRMSG_INIT;
    const cJSON *other = NULL;

    cr_expect_eq(json_pool_parse(&pool, text, len, LEN_MAX, &other, &err), wanted);
    cr_expect(!wanted_err || strcmp(err.text, wanted_err->text) == 0, "%s: %s", err.text, wanted_err->text);
    cr_expect(wanted != ST_OK || same_trees(root, other));
    json_pool_free(&pool);
}

/* In memory of exactly its size and without a NUL, so that the sanitizers see a read past its end. */
static enum status parse(const char *text, size_t len, struct cJSON **out_root, struct errmsg *err)
{
    char *exact = __real_malloc(len ? len : 1);
    enum status st;

    cr_assert_not_null(exact);
    memcpy(exact, text, len);
    st = json_parse(exact, len, LEN_MAX, out_root, err);
    expect_pool_agrees(exact, len, st, *out_root, err);
    free(exact);
    return st;
}

static struct cJSON *parsed(const char *text)
{
    struct cJSON *root = NULL;
    struct errmsg err = ERRMSG_INIT;

    cr_assert_eq(parse(text, strlen(text), &root, &err), ST_OK, "%.100s: %s", text, err.text);
    return root;
}

/* What a failure shows of a text: Criterion hangs on a message of a megabyte. */
static int shown(size_t len)
{
    return len < 100 ? (int)len : 100;
}

static void expect_refused(const char *text, size_t len, const char *words)
{
    struct cJSON *root = NULL;
    struct errmsg err = ERRMSG_INIT;

    cr_expect_eq(parse(text, len, &root, &err), ST_INVALID, "%.*s", shown(len), text);
    cr_expect_null(root);
    cr_expect_not_null(strstr(err.text, words), "%.*s: %s", shown(len), text, err.text);
    cr_expect_eq(parse(text, len, &root, NULL), ST_INVALID);
}

Test(json, takes_what_is_json)
{
    static const char *const right[] = {
        "0",
        "-0",
        "1.5e+10",
        "1E-2",
        "\"\"",
        "true",
        "false",
        "null",
        "[]",
        "{}",
        " \t\r\n[ 1 , 2 ] \n",
        "{\"\":1}",
        "{\"a\":{\"a\":1},\"b\":{\"a\":1}}",
        "[{\"a\":1},{\"a\":1}]",
        "{\"a\":1,\"A\":2}",
        "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\uD83D\\uDE00\"",
        "\"\xd0\x96\x7f\"",
        "[[],[[]],{}]",
    };

    for (size_t i = 0; i < sizeof right / sizeof *right; i++)
        json_free(parsed(right[i]));
    json_free(NULL);
}

struct refusal {
    const char *text;
    const char *words;
};

Test(json, refuses_what_is_not_json_and_says_why)
{
    static const struct refusal refusals[] = {
        {"", "a value is expected"},
        {"  ", "a value is expected"},
        {"tru", "a value is expected"},
        {"True", "a value is expected"},
        {"nul", "a value is expected"},
        {"NaN", "a value is expected"},
        {"+1", "a value is expected"},
        {".5", "a value is expected"},
        {"'a'", "a value is expected"},
        {"\xef\xbb\xbf{}", "a value is expected"},
        {"[", "a value is expected"},
        {"[1,]", "a value is expected"},
        {"[,1]", "a value is expected"},
        {"{\"a\":}", "a value is expected"},
        {"[/**/]", "a value is expected"},
        {"[\v1]", "a value is expected"},
        {"[1", "',' or ']'"},
        {"[1 2]", "',' or ']'"},
        {"[1}", "',' or ']'"},
        {"[1-2]", "',' or ']'"},
        {"{\"a\":1", "',' or '}'"},
        {"{\"a\":1]", "',' or '}'"},
        {"{\"a\":1;", "',' or '}'"},
        {"{", "member's name"},
        {"{a:1}", "member's name"},
        {"{1:1}", "member's name"},
        {"{\"a\":1,}", "member's name"},
        {"{\"a\"}", "':' is expected"},
        {"{\"a\" 1}", "':' is expected"},
        {"01", "begins with 0"},
        {"-01", "begins with 0"},
        {"-", "a digit is missing"},
        {"-x", "a digit is missing"},
        {"1.", "a digit is missing"},
        {"1.e5", "a digit is missing"},
        {"1e", "a digit is missing"},
        {"1e+-1", "a digit is missing"},
        {"0x10", "follows the end"},
        {"{} x", "follows the end"},
        {"{}{}", "follows the end"},
        {"1 2", "follows the end"},
        {"[]]", "follows the end"},
        {"\"a", "ends inside a string"},
        {"\"a\nb\"", "control character"},
        {"\"a\tb\"", "control character"},
        {"\"\\", "unknown escape"},
        {"\"\\x41\"", "unknown escape"},
        {"\"\\'\"", "unknown escape"},
        {"\"\\u12", "ends inside an escape"},
        {"\"\\u12g4\"", "four hexadecimal digits"},
        {"\"\\u 123\"", "four hexadecimal digits"},
        {"\"\\u0000\"", "\\u0000"},
        {"{\"\\u0000\":1}", "\\u0000"},
        {"\"\\ud83d\"", "surrogate"},
        {"\"\\ud83dx\"", "surrogate"},
        {"\"\\ude00\"", "surrogate"},
        {"\"\\ud83d\\ud83d\"", "surrogate"},
        {"\"\\ud83d\\u0041\"", "surrogate"},
        {"\"\xff\"", "not UTF-8"},
        {"\"\xc0\x80\"", "not UTF-8"},
        {"\"\xed\xa0\x80\"", "not UTF-8"},
        {"\"\xe2\x82\"", "not UTF-8"},
        {"\"\xe2\x82", "not UTF-8"},
    };

    for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++)
        expect_refused(refusals[i].text, strlen(refusals[i].text), refusals[i].words);
}

Test(json, refuses_nul_bytes_everywhere)
{
    expect_refused("{\"a\":\"x\0y\"}", 11, "control character");
    expect_refused("{\"a\0\":1}", 8, "control character");
    expect_refused("[1\0]", 4, "',' or ']'");
    expect_refused("{}\0", 3, "follows the end");
    expect_refused("\0{}", 3, "a value is expected");
    expect_refused("\"\\\0\"", 4, "unknown escape");
}

Test(json, tells_line_and_byte)
{
    expect_refused("{\n  \"a\": 1,\n  \"b\": x\n}", 22, "line 3, byte 8: a value is expected");
    expect_refused("x", 1, "line 1, byte 1: ");
}

Test(json, is_bounded_in_size)
{
    struct cJSON *root = NULL;
    struct errmsg err = ERRMSG_INIT;

    cr_expect_eq(json_parse("[123]", 5, 4, &root, &err), ST_INVALID);
    cr_expect_str_eq(err.text, "JSON: 5 bytes, at most 4 are taken");
    cr_expect_eq(json_parse("[123]", 5, 5, &root, &err), ST_OK);
    json_free(root);
}

static void nest(struct strbuf *text, const char *open, const char *inner, const char *close, int levels)
{
    strbuf_clear(text);
    for (int i = 0; i < levels; i++)
        strbuf_puts(text, open);
    strbuf_puts(text, inner);
    for (int i = 0; i < levels; i++)
        strbuf_puts(text, close);
}

Test(json, is_bounded_in_depth)
{
    struct strbuf text = STRBUF_INIT(LEN_MAX);

    nest(&text, "[", "", "]", JSON_DEPTH_MAX);
    json_free(parsed(text.data));
    nest(&text, "[", "", "]", JSON_DEPTH_MAX + 1);
    expect_refused(text.data, text.len, "deeper than 32");
    nest(&text, "{\"a\":", "1", "}", JSON_DEPTH_MAX);
    json_free(parsed(text.data));
    nest(&text, "{\"a\":", "{}", "}", JSON_DEPTH_MAX);
    expect_refused(text.data, text.len, "deeper than 32");
    nest(&text, "[", "", "", 1000000);
    expect_refused(text.data, text.len, "deeper than 32");
    /* Beside one another is not inside one another. */
    strbuf_clear(&text);
    strbuf_puts(&text, "[[]");
    for (int i = 0; i < 1000; i++)
        strbuf_puts(&text, ",[[]]");
    strbuf_puts(&text, "]");
    json_free(parsed(text.data));
    strbuf_free(&text);
}

Test(json, takes_numbers_of_63_characters_and_no_more)
{
    struct strbuf text = STRBUF_INIT(100);

    nest(&text, "1", "", "", 63);
    json_free(parsed(text.data));
    nest(&text, "1", "", "", 64);
    expect_refused(text.data, text.len, "longer than 63");
    strbuf_free(&text);
}

Test(json, refuses_two_members_of_one_name)
{
    expect_refused("{\"a\":1,\"a\":1}", 13, "two members named \"a\"");
    expect_refused("{\"a\":1,\"\\u0061\":1}", 18, "two members named \"a\"");
    expect_refused("{\"\":1,\"\":1}", 11, "two members named \"\"");
    expect_refused("[{\"b\":{\"x\":1,\"y\":{},\"x\":3}}]", 28, "two members named \"x\"");
    /* A name chosen to break a log line is shown up to there. */
    expect_refused("{\"a\\nb\":1,\"a\\nb\":1}", 19, "two members named \"a\":");
}

/* Members m0..m(count - 1), and once more the last. */
static void many_members(struct strbuf *text, int count, const char *twin)
{
    strbuf_clear(text);
    strbuf_puts(text, "[{");
    for (int i = 0; i < count; i++)
        strbuf_printf(text, "\"m%d\":%d,", i, i);
    strbuf_printf(text, "\"%s\":0}]", twin);
}

Test(json, finds_a_twin_among_few_and_among_many)
{
    struct strbuf text = STRBUF_INIT(LEN_MAX);
    static const int counts[] = {1, 6, 7, 8, 9, 10, 100, 100000};

    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        char last[16];

        (void)snprintf(last, sizeof last, "m%d", counts[i] - 1);
        many_members(&text, counts[i], "other");
        json_free(parsed(text.data));
        many_members(&text, counts[i], "m0");
        expect_refused(text.data, text.len, "two members named \"m0\"");
        many_members(&text, counts[i], last);
        expect_refused(text.data, text.len, "two members named");
    }
    strbuf_free(&text);
}

Test(json, out_of_memory_at_any_allocation_is_told_and_leaks_nothing)
{
    cJSON_Hooks limited = {limited_malloc, free};
    static const char text[] = "{\"a\":1,\"b\":[\"x\",{}],\"c\":2,\"d\":3,\"e\":4,\"f\":5,\"g\":6,\"h\":7,\"i\":8}";
    enum status st = ST_NOMEM;
    long allocations = 0;

    cJSON_InitHooks(&limited);
    for (; st == ST_NOMEM && allocations < 1000; allocations++) {
        struct cJSON *root = NULL;
        struct errmsg err = ERRMSG_INIT;

        allocations_left = allocations;
        st = json_parse(text, strlen(text), LEN_MAX, &root, &err);
        allocations_left = -1;
        cr_expect(st == ST_OK || (st == ST_NOMEM && !root && strstr(err.text, "out of memory")), "%s", err.text);
        json_free(root);
    }
    cJSON_InitHooks(NULL);
    cr_expect_eq(st, ST_OK);
    cr_expect_gt(allocations, 20);
}

struct int_case {
    const char *text;
    enum status st;
    int64_t value;
};

Test(json, takes_integers_only)
{
    static const struct int_case cases[] = {
        {"0", ST_OK, 0},
        {"-0", ST_OK, 0},
        {"-0.0", ST_OK, 0},
        {"1.0", ST_OK, 1},
        {"1e3", ST_OK, 1000},
        {"12.5e1", ST_OK, 125},
        {"9007199254740991", ST_OK, JSON_INT_MAX},
        {"-9007199254740991", ST_OK, -JSON_INT_MAX},
        {"9007199254740992", ST_INVALID, 0},
        {"9007199254740993", ST_INVALID, 0},
        {"-9007199254740992", ST_INVALID, 0},
        {"9223372036854775808", ST_INVALID, 0},
        {"1e999", ST_INVALID, 0},
        {"-1e999", ST_INVALID, 0},
        {"0.5", ST_INVALID, 0},
        {"1e-1", ST_INVALID, 0},
        {"4503599627370495.5", ST_INVALID, 0},
        {"\"1\"", ST_INVALID, 0},
        {"true", ST_INVALID, 0},
        {"[1]", ST_INVALID, 0},
        {"null", ST_INVALID, 0},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct cJSON *root = parsed(cases[i].text);
        int64_t value = 0;

        cr_expect_eq(json_value_int(root, INT64_MIN, INT64_MAX, &value), cases[i].st, "%s", cases[i].text);
        cr_expect_eq(value, cases[i].value, "%s", cases[i].text);
        json_free(root);
    }
    cr_expect_eq(json_value_int(NULL, 0, 1, NULL), ST_INVALID);
}

Test(json, holds_an_integer_to_its_range)
{
    struct cJSON *root = parsed("{\"low\":-3,\"high\":10}");
    struct errmsg err = ERRMSG_INIT;
    int64_t value = 77;

    cr_expect_eq(json_int(root, "low", -2, 9, &value, &err), ST_INVALID);
    cr_expect_str_eq(err.text, "\"low\" must be an integer from -2 to 9");
    cr_expect_eq(json_int(root, "high", -2, 9, &value, NULL), ST_INVALID);
    cr_expect_eq(value, 77);
    cr_expect_eq(json_int(root, "low", -3, 9, &value, &err), ST_OK);
    cr_expect_eq(value, -3);
    cr_expect_eq(json_int(root, "high", -3, 10, &value, &err), ST_OK);
    cr_expect_eq(value, 10);
    json_free(root);
}

Test(json, reads_each_kind)
{
    struct cJSON *root =
        parsed("{\"b\":true,\"c\":false,\"t\":\"\\u0416\",\"o\":{\"x\":1},\"l\":[4],\"h\":\"00fF\"}");
    const struct cJSON *view = NULL;
    const char *text = NULL;
    uint8_t bytes[2];
    int64_t value = 0;
    bool flag = false;

    cr_expect_eq(json_bool(root, "b", &flag, NULL), ST_OK);
    cr_expect(flag);
    cr_expect_eq(json_bool(root, "c", &flag, NULL), ST_OK);
    cr_expect_not(flag);
    cr_expect_eq(json_text(root, "t", 2, &text, NULL), ST_OK);
    cr_expect_str_eq(text, "\xd0\x96");
    cr_expect_eq(json_text(root, "t", 1, &text, NULL), ST_INVALID);
    cr_expect_eq(json_object(root, "o", &view, NULL), ST_OK);
    cr_expect_eq(json_int(view, "x", 0, 1, &value, NULL), ST_OK);
    cr_expect_eq(json_array(root, "l", &view, NULL), ST_OK);
    cr_expect_eq(json_value_int(view->child, 0, 9, &value), ST_OK);
    cr_expect_eq(value, 4);
    cr_expect_eq(json_hex(root, "h", 2, bytes, NULL), ST_OK);
    cr_expect(bytes[0] == 0 && bytes[1] == 0xff);
    cr_expect_eq(json_hex(root, "h", 1, bytes, NULL), ST_INVALID);
    cr_expect_eq(json_hex(root, "h", 3, bytes, NULL), ST_INVALID);
    json_free(root);
}

enum { KINDS = 6 };

static enum status read_kind(const struct cJSON *object, const char *name, int kind, struct errmsg *err)
{
    const struct cJSON *view;
    const char *text;
    uint8_t byte;
    int64_t value;
    bool flag;

    switch (kind) {
    case 0:
        return json_int(object, name, 0, 9, &value, err);
    case 1:
        return json_bool(object, name, &flag, err);
    case 2:
        return json_text(object, name, 9, &text, err);
    case 3:
        return json_object(object, name, &view, err);
    case 4:
        return json_array(object, name, &view, err);
    default:
        return json_hex(object, name, 1, &byte, err);
    }
}

Test(json, names_the_member_that_is_missing_or_wrong)
{
    struct cJSON *root = parsed("{\"null\":null,\"wrong0\":\"1\",\"wrong1\":1,\"wrong2\":true,\"wrong3\":[],"
                                "\"wrong4\":{},\"wrong5\":\"0g\",\"Case\":1}");
    struct cJSON *list = parsed("[1]");

    for (int kind = 0; kind < KINDS; kind++) {
        struct errmsg err = ERRMSG_INIT;
        char name[8] = "wrong0";

        name[5] = (char)('0' + kind);
        cr_expect_eq(read_kind(root, "absent", kind, &err), ST_NOT_FOUND);
        cr_expect_str_eq(err.text, "\"absent\" is missing");
        cr_expect_eq(read_kind(root, "null", kind, &err), ST_NOT_FOUND);
        cr_expect_eq(read_kind(root, "case", kind, &err), ST_NOT_FOUND);
        cr_expect_eq(json_optional(read_kind(root, "null", kind, &err)), ST_OK);
        cr_expect_eq(read_kind(root, name, kind, &err), ST_INVALID, "kind %d", kind);
        cr_expect_not_null(strstr(err.text, name), "%s", err.text);
        cr_expect_eq(json_optional(read_kind(root, name, kind, NULL)), ST_INVALID);
        cr_expect_eq(read_kind(list, "x", kind, &err), ST_INVALID);
        cr_expect_eq(read_kind(NULL, "x", kind, &err), ST_INVALID);
        cr_expect_str_eq(err.text, "not an object, so \"x\" cannot be in it");
    }
    json_free(root);
    json_free(list);
}

/* Numbers whose integer is exact, and those that must not pass for one; cJSON's reader rounds some of these. */
Test(json, a_pool_tells_integers_from_all_other_numbers)
{
    static const struct {
        const char *text;
        enum status st;
        int64_t value;
    } cases[] = {
        {"9007199254740991", ST_OK, JSON_INT_MAX},
        {"-9007199254740991", ST_OK, -JSON_INT_MAX},
        {"9007199254740992", ST_INVALID, 0},
        {"9007199254740991.000", ST_OK, JSON_INT_MAX},
        {"900719925474099100e-2", ST_OK, JSON_INT_MAX},
        {"0.00000000000000000001e20", ST_OK, 1},
        {"1.00000000000000000001", ST_INVALID, 0},
        {"0.99999999999999999999", ST_INVALID, 0},
        {"5000000000000000.5", ST_INVALID, 0},
        {"123456789012345678901234567890", ST_INVALID, 0},
        {"1e999999999", ST_INVALID, 0},
        {"1e-999999999", ST_INVALID, 0},
        {"0e999999999", ST_OK, 0},
        {"120e-1", ST_OK, 12},
        {"125e-1", ST_INVALID, 0},
        {"-0.0", ST_OK, 0},
    };
    struct json_pool pool = JSON_POOL_INIT;

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const cJSON *root = NULL;
        int64_t value = 0;

        cr_assert_eq(json_pool_parse(&pool, cases[i].text, strlen(cases[i].text), LEN_MAX, &root, NULL), ST_OK);
        cr_expect_eq(json_value_int(root, -JSON_INT_MAX, JSON_INT_MAX, &value), cases[i].st, "%s", cases[i].text);
        cr_expect(cases[i].st != ST_OK || value == cases[i].value, "%s", cases[i].text);
    }
    json_pool_free(&pool);
}

/* The parts of a text one by one are what the whole text is. */
Test(json, a_pool_reads_an_array_element_by_element)
{
    static const char text[] = "{\"a\":[\"]\\\"\",[1,{\"b\":[]}] , 3],\"p\":[ {\"x\":\"]}\"} ,2\n,[[]]] ,\"z\":[0]}";
    struct json_pool outer = JSON_POOL_INIT, inner = JSON_POOL_INIT;
    const cJSON *root = NULL, *value = NULL;
    struct json_left_out out;
    size_t at, count = 0;

    cr_assert_eq(json_pool_parse_without(&outer, text, strlen(text), LEN_MAX, "p", &root, &out, NULL), ST_OK);
    at = out.at;
    cr_expect_eq(out.count_max, 3);
    cr_expect_eq(cJSON_GetArraySize(root), 3);
    cr_expect_eq(cJSON_GetArraySize(cJSON_GetObjectItemCaseSensitive(root, "p")), 0);
    cr_expect_eq(cJSON_GetArraySize(cJSON_GetObjectItemCaseSensitive(root, "a")), 3);
    for (;; count++) {
        cr_assert_eq(json_pool_element(&inner, text, strlen(text), &at, &value, NULL), ST_OK);
        if (!value)
            break;
        cr_expect_eq(value->type, count == 0 ? cJSON_Object : count == 1 ? cJSON_Number : cJSON_Array);
    }
    cr_expect_eq(count, 3);
    /* Without such an array nothing is left out. */
    cr_assert_eq(json_pool_parse_without(&outer, text, strlen(text), LEN_MAX, "q", &root, &out, NULL), ST_OK);
    cr_expect_eq(out.at, 0);
    json_pool_free(&outer);
    json_pool_free(&inner);
}

Test(json, a_pool_tells_what_is_wrong_in_an_element)
{
    static const char *const texts[] = {"[1 2]", "[1,]", "[,1]", "[1", "[", "[tru]", "[{\"a\":1,\"a\":2}]",
                                        "[1}",   "[1,2"};
    struct json_pool pool = JSON_POOL_INIT;

    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct errmsg err = ERRMSG_INIT;
        const cJSON *value;
        size_t at = 0;
        enum status st;

        do
            st = json_pool_element(&pool, texts[i], strlen(texts[i]), &at, &value, &err);
        while (st == ST_OK && value);
        cr_expect_eq(st, ST_INVALID, "%s", texts[i]);
        cr_expect_neq(err.text[0], '\0');
    }
    json_pool_free(&pool);
}

Test(json, a_pool_without_memory_says_so)
{
    struct json_pool pool = JSON_POOL_INIT;
    struct errmsg err = ERRMSG_INIT;
    const cJSON *root;

    allocations_left = 0;
    cr_expect_eq(json_pool_parse(&pool, "[\"a\"]", 5, LEN_MAX, &root, &err), ST_NOMEM);
    allocations_left = -1;
    cr_expect_not_null(strstr(err.text, "out of memory"));
    json_pool_free(&pool);
}
