/* SPDX-License-Identifier: Apache-2.0 */
#include "json_support.h"

#include <string.h>

#include <criterion/criterion.h>

struct int_case {
    const char *text;
    enum status st;
    int64_t value;
};

Test(json_kinds, takes_integers_only)
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

Test(json_kinds, holds_an_integer_to_its_range)
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

Test(json_kinds, reads_each_kind)
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

Test(json_kinds, names_the_member_that_is_missing_or_wrong)
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
