/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/codes/check_digit.h"
#include "agent/codes/gtin.h"
#include "agent/codes/payment_card.h"
#include "agent/codes/phone.h"

#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <string.h>

struct gtin_case {
    char text[20], gtin[15]; /* "" : refused */
};

ParameterizedTestParameters(gtin, makes_one_trade_number_of_all)
{
    static struct gtin_case cases[] = {
        {"96385074", "00000096385074"},
        {"036000291452", "00036000291452"},
        {"0036000291452", "00036000291452"},
        {"4006381333931", "04006381333931"},
        {"14006381333938", "14006381333938"},
        {"4006381333932", ""},
        {"400638133393", ""},
        {"40063813339311", ""},
        {"", ""},
        {"400638133393a", ""},
        {"00000000", "00000000000000"},
        {"012345678901234", ""},
    };

    return cr_make_param_array(struct gtin_case, cases, sizeof cases / sizeof cases[0]);
}

ParameterizedTest(struct gtin_case *c, gtin, makes_one_trade_number_of_all)
{
    char gtin[15] = "untouched";

    cr_expect_eq(gtin_canonical(c->text, strlen(c->text), gtin), c->gtin[0] != 0, "%s", c->text);
    cr_expect_str_eq(gtin, c->gtin[0] ? c->gtin : "untouched");
}

Test(check_digit, finds_every_single_wrong_digit_of_an_ean)
{
    const char *good = "4006381333931";

    for (size_t i = 0; i < 13; i++) {
        for (char digit = '0'; digit <= '9'; digit++) {
            char text[14];

            memcpy(text, good, 14);
            text[i] = digit;
            cr_expect_eq(check_mod10(text, 13), digit == good[i], "%s", text);
        }
    }
    cr_expect_not(check_mod10("0", 1));
    cr_expect(check_mod10("400638133393123454", 18), "a loyalty-member number of 18 digits");
}

struct card_case {
    char text[80];
    int is_card;
};

ParameterizedTestParameters(payment_card, knows_payment_cards)
{
    /* The schemes' published test numbers. */
    static struct card_case cases[] = {
        {"4111111111111111", 1},
        {"4222222222222", 1},
        {"5555555555554444", 1},
        {"2223003122003222", 1},
        {"2200000000000004", 1},
        {"378282246310005", 1},
        {"30569309025904", 1},
        {"38520000023237", 1},
        {"6011111111111117", 1},
        {"3530111333300000", 1},
        {"6200000000000005", 1},
        {"6759649826438453", 1},
        {"4111111111111112", 0}, /* fails Luhn */
        {"9900000000000000", 0}, /* no scheme's */
        {"411111111111", 0},     /* too short */
        {"41111111111111111111", 0},
        {"", 0},
        {"4111 1111 1111 1111", 1},
        {"4111-1111-1111-1111", 1},
        {";4111111111111111=2512101?", 1},
        {"%B4111111111111111^DOE/JANE^2512101?", 1},
        {"B4111111111111111^DOE/JANE^2512101", 1},
        {"%B9900123456789012^L^9912?;4111111111111111=2512?", 1},
        {"4111111111111111D25121010000", 1},
        {"https://r.example/4111111111111111", 0}, /* part of something else */
        {"t=20260101T1200&fn=4111111111111111&i=7", 0},
        {"ABC4111111111111111", 0},
    };

    return cr_make_param_array(struct card_case, cases, sizeof cases / sizeof cases[0]);
}

ParameterizedTest(struct card_case *c, payment_card, knows_payment_cards)
{
    cr_expect_eq(payment_card_is_in(c->text, strlen(c->text)), c->is_card != 0, "%s", c->text);
}

Test(check_digit, luhn_and_mod10_find_what_they_should)
{
    cr_expect(check_luhn("79927398713", 11), "the number of Luhn's patent's usual example");
    cr_expect_not(check_luhn("79927398710", 11));
    cr_expect_not(check_luhn("7", 1));
    cr_expect_not(check_luhn("7992739871a", 11));
    cr_expect_eq(check_mod10_digit("400638133393", 12), '1');
    cr_expect_eq(check_mod10_digit("", 0), '\0');
    cr_expect_eq(check_mod10_digit("40063813339a", 12), '\0');
}

struct upc_case {
    char text[12], upc_a[13]; /* "" : refused */
};

ParameterizedTestParameters(gtin, expands_upc_e)
{
    /* One for each way of leaving zeros out; the first is the example of the GS1 General Specifications' rule. */
    static struct upc_case cases[] = {
        {"01234505", "012000003455"},
        {"04252614", "042100005264"},
        {"01234531", "012300000451"},
        {"01234543", "012340000053"},
        {"01234558", "012345000058"},
        {"01234565", "012345000065"},
        {"01234506", ""},
        {"21234505", ""},
        {"0123450", "012000003455"},
        {"123450", "012000003455"},
        {"12345", ""},
        {"0123450a", ""},
        {"", ""},
        {"012345055", ""},
    };

    return cr_make_param_array(struct upc_case, cases, sizeof cases / sizeof cases[0]);
}

ParameterizedTest(struct upc_case *c, gtin, expands_upc_e)
{
    char upc_a[UPC_A_TEXT] = "untouched";

    cr_expect_eq(gtin_expand_upc_e(c->text, strlen(c->text), upc_a), c->upc_a[0] != 0, "%s", c->text);
    cr_expect_str_eq(upc_a, c->upc_a[0] ? c->upc_a : "untouched", "%s", c->text);
}

struct phone_case {
    char text[32], country[4], phone[18]; /* "" : refused */
};

ParameterizedTestParameters(phone, has_one_form)
{
    static struct phone_case cases[] = {
        {"+79161234567", "", "+79161234567"},
        {"+7 (916) 123-45-67", "", "+79161234567"},
        {"8 916 123-45-67", "7", "+79161234567"},
        {"9161234567", "7", "+79161234567"},
        {"79161234567", "7", "+79161234567"},
        {"79161234567", "", ""},
        {"0079161234567", "", "+79161234567"},
        {"+49 30 901820", "7", "+4930901820"},
        {"0309018200", "49", "+490309018200"},
        {"00 49 30 901820", "7", "+4930901820"},
        {"+0123456789", "", ""},
        {"+1234567", "", ""},
        {"+1234567890123456", "", ""},
        {"+7916+1234567", "", ""},
        {"916123456", "7", ""},
        {"", "7", ""},
        {"+", "7", ""},
        {"+7916123456x", "", ""},
    };

    return cr_make_param_array(struct phone_case, cases, sizeof cases / sizeof cases[0]);
}

ParameterizedTest(struct phone_case *c, phone, has_one_form)
{
    char phone[PHONE_TEXT] = "untouched";

    cr_expect_eq(phone_canonical(c->text, strlen(c->text), c->country, phone), c->phone[0] != 0, "%s", c->text);
    cr_expect_str_eq(phone, c->phone[0] ? c->phone : "untouched", "%s", c->text);
}
