/* SPDX-License-Identifier: Apache-2.0 */
#include "sync/protocol/operation.h"

#include <criterion/criterion.h>

#include <string.h>

Test(operation, names_go_both_ways)
{
    for (int op = 0; op < OP_COUNT; op++) {
        enum operation back = OP_COUNT;

        cr_assert_eq(operation_by_name(operation_spec((enum operation)op)->name, &back), ST_OK);
        cr_expect_eq((int)back, op);
    }
    cr_expect_eq(operation_by_name("", &(enum operation){0}), ST_NOT_FOUND);
    cr_expect_eq(operation_by_name("Journal", &(enum operation){0}), ST_NOT_FOUND);
    cr_expect_eq(operation_by_name("journals", &(enum operation){0}), ST_NOT_FOUND);
}

Test(operation, only_enrolling_goes_without_a_certificate)
{
    for (int op = 0; op < OP_COUNT; op++)
        cr_expect_eq(operation_spec((enum operation)op)->certificate, op != OP_ENROL);
}

static void expect_url(enum operation op, const struct operation_args *args, const char *expected)
{
    struct strbuf out = STRBUF_INIT(1024);

    operation_url(op, args, &out);
    cr_assert_eq(strbuf_status(&out), ST_OK);
    cr_expect_str_eq(out.data, expected);
    strbuf_free(&out);
}

Test(operation, urls_are_those_of_the_protocol)
{
    const struct operation_args args = {.values = {"one", "two", "three"}}, none = {.values = {""}};

    expect_url(OP_ENROL, &none, "/v1/enroll");
    expect_url(OP_JOURNAL, &none, "/v1/journal");
    expect_url(OP_UPDATES, &args, "/v1/updates?cursor=one&wait=two");
    expect_url(OP_UPDATES, &none, "/v1/updates?cursor=&wait=");
    expect_url(OP_MEMBER, &args, "/v1/members/one");
    expect_url(OP_BLOB, &args, "/v1/blob/one");
    expect_url(OP_STATUS, &args, "/v1/status");
}

Test(operation, arguments_need_no_escaping)
{
    char text[OPERATION_ARG_BYTES_MAX + 2];

    cr_expect(operation_arg_is_valid("AZaz09._-:"));
    cr_expect(!operation_arg_is_valid(""));
    memset(text, 'a', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    cr_expect(!operation_arg_is_valid(text));
    text[sizeof text - 2] = '\0';
    cr_expect(operation_arg_is_valid(text));
    for (int c = 1; c < 256; c++) {
        char one[2] = {(char)c, '\0'};
        bool good =
            (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || strchr("._-:", c) != NULL;

        cr_expect_eq(operation_arg_is_valid(one), good, "character %d", c);
    }
}
