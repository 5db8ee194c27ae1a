/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/codes/grammar.h"

#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <string.h>

static const char *const ean[] = {"]E0"}, *const upc[] = {"]E"}, *const stripe[] = {"MS2", "]C0"},
                         *const qr[] = {"]Q"};
static const struct code_rule rules[] = {
    {CODE_MEMBER, CODE_CHECK_MOD10, ean, 1, "", "29", 13, NULL, 0, NULL},
    {CODE_MEMBER, CODE_CHECK_MOD10, upc, 1, "", "4", 12, NULL, 0, NULL},
    {CODE_MEMBER, CODE_CHECK_NONE, NULL, 0, "8018", "", 18, NULL, 0, NULL},
    {CODE_MEMBER, CODE_CHECK_LUHN, stripe, 2, "", "9900", 16, NULL, 0, NULL},
    {CODE_APP_CODE, CODE_CHECK_NONE, qr, 1, "", "v1.", 0, NULL, 0, NULL},
    {CODE_COUPON, CODE_CHECK_NONE, NULL, 0, "255", "", 0, NULL, 0, NULL},
    {CODE_COUPON, CODE_CHECK_NONE, NULL, 0, "", "K-", 0, NULL, 0, NULL},
    {CODE_GIFT_CARD, CODE_CHECK_LUHN, NULL, 0, "", "6006", 19, NULL, 0, NULL},
    {CODE_ITEM, CODE_CHECK_MOD10, upc, 1, "", "", 0, NULL, 0, NULL},
    {CODE_ITEM, CODE_CHECK_NONE, NULL, 0, "01", "", 14, NULL, 0, NULL},
};
static const struct code_grammar grammar = {rules, sizeof rules / sizeof rules[0], true};

struct code_case {
    char symbology[4], text[80];
    enum code_kind kind;
    int misread;
    char number[40];
};

ParameterizedTestParameters(grammar, says_what_a_code_is)
{
    static struct code_case cases[] = {
        {"]E0", "2900000000018", CODE_MEMBER, 0, "2900000000018"},
        {"]E0", "2900000000017", CODE_MEMBER, 1, "2900000000017"},
        {"", "2900000000018", CODE_MEMBER, 0, "2900000000018"}, /* keyed, or a scanner that says no kinds */
        {"]C0", "2900000000018", CODE_NONE, 0, ""},
        {"]E0", "412345678903", CODE_MEMBER, 0, "412345678903"},  /* a UPC-A as 12 digits, */
        {"]E0", "0412345678903", CODE_MEMBER, 0, "412345678903"}, /* and as 13 */
        {"]C1", "8018400638133393123454", CODE_MEMBER, 0, "400638133393123454"},
        {"]Q1", "https://card.example/8018/400638133393123454", CODE_MEMBER, 0, "400638133393123454"},
        {"]C0", "8018400638133393123454", CODE_NONE, 0, ""}, /* no FNC1: no element string */
        {"MS2", "9900000000000001", CODE_MEMBER, 1, "9900000000000001"},
        {"MS2", "9900000000000002", CODE_MEMBER, 0, "9900000000000002"},
        {"MS2", "990000000000000x", CODE_NONE, 0, ""},
        {"]Q1", "v1.abc.1.sig", CODE_APP_CODE, 0, "v1.abc.1.sig"},
        {"]C0", "K-SPRING", CODE_COUPON, 0, "K-SPRING"},
        {"]C1", "25595060001343527", CODE_COUPON, 0, "95060001343527"},
        {"", "6006000000000000008", CODE_GIFT_CARD, 1, "6006000000000000008"},
        {"]E0", "4006381333931", CODE_ITEM, 0, "04006381333931"},
        {"]E4", "96385074", CODE_ITEM, 0, "00000096385074"},
        {"]d2",
         "0109506000134352"
         "10AB",
         CODE_ITEM, 0, "09506000134352"},
        {"]Q1", "https://id.example/01/9506000134352", CODE_ITEM, 0, "09506000134352"},
        {"]Q1", "https://shop.example/", CODE_NONE, 0, ""},
    };

    return cr_make_param_array(struct code_case, cases, sizeof cases / sizeof cases[0]);
}

ParameterizedTest(struct code_case *c, grammar, says_what_a_code_is)
{
    struct code_match match;

    code_classify(&grammar, c->symbology, c->text, strlen(c->text), false, &match);
    cr_expect_eq(match.kind, c->kind, "%s: %d", c->text, (int)match.kind);
    cr_expect_eq(match.misread, c->misread != 0, "%s", c->text);
    cr_expect_str_eq(match.number, c->number, "%s", c->text);
    cr_expect_eq(match.rule == NULL, c->kind == CODE_NONE);
}

/* One rule's wrong check digit is another's right number. */
Test(grammar, asks_all_before_it_says_misread)
{
    static const struct code_rule two[] = {
        {CODE_MEMBER, CODE_CHECK_LUHN, NULL, 0, "", "29", 13, NULL, 0, NULL},
        {CODE_COUPON, CODE_CHECK_MOD10, NULL, 0, "", "29", 13, NULL, 0, NULL},
    };
    const struct code_grammar both = {two, 2, true};
    struct code_match match;

    code_classify(&both, "]E0", "2900000000018", 13, false, &match);
    cr_expect_eq(match.kind, CODE_COUPON);
    cr_expect_not(match.misread);
    code_classify(&both, "]E0", "2900000000019", 13, false, &match);
    cr_expect_eq(match.kind, CODE_MEMBER);
    cr_expect(match.misread);
}

Test(grammar, leaves_what_is_too_long_to_the_pos)
{
    static const struct code_rule all[] = {{CODE_COUPON, CODE_CHECK_NONE, NULL, 0, "", "", 0, NULL, 0, NULL}};
    const struct code_grammar grammar_of_one = {all, 1, true};
    char text[CODE_NUMBER_MAX + 2];
    struct code_match match;

    memset(text, 'A', sizeof text);
    code_classify(&grammar_of_one, "]Q1", text, CODE_NUMBER_MAX, false, &match);
    cr_expect_eq(match.kind, CODE_COUPON);
    cr_expect_eq(strlen(match.number), CODE_NUMBER_MAX);
    code_classify(&grammar_of_one, "]Q1", text, CODE_NUMBER_MAX + 1, false, &match);
    cr_expect_eq(match.kind, CODE_NONE);
}
