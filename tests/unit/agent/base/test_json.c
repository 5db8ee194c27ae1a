/* SPDX-License-Identifier: Apache-2.0 */
#include "json_support.h"

#include "agent/base/strbuf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>
#include <criterion/criterion.h>

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
    struct strbuf text = STRBUF_INIT(JSON_LEN_MAX);

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
    struct strbuf text = STRBUF_INIT(JSON_LEN_MAX);
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

        json_allocations_left = allocations;
        st = json_parse(text, strlen(text), JSON_LEN_MAX, &root, &err);
        json_allocations_left = -1;
        cr_expect(st == ST_OK || (st == ST_NOMEM && !root && strstr(err.text, "out of memory")), "%s", err.text);
        json_free(root);
    }
    cJSON_InitHooks(NULL);
    cr_expect_eq(st, ST_OK);
    cr_expect_gt(allocations, 20);
}
