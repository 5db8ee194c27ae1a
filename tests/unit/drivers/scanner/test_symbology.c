/* SPDX-License-Identifier: Apache-2.0 */
#include "drivers/scanner/symbology.h"

#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <stdlib.h>
#include <string.h>

struct gtin_case {
    char text[20], gtin[15]; /* "" : refused */
};

ParameterizedTestParameters(symbology, makes_one_trade_number_of_all)
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

ParameterizedTest(struct gtin_case *c, symbology, makes_one_trade_number_of_all)
{
    char gtin[15] = "untouched";

    cr_expect_eq(symbology_gtin14(c->text, strlen(c->text), gtin), c->gtin[0] ? ST_OK : ST_INVALID, "%s", c->text);
    cr_expect_str_eq(gtin, c->gtin[0] ? c->gtin : "untouched");
}

Test(symbology, finds_every_single_wrong_digit_of_an_ean)
{
    const char *good = "4006381333931";

    for (size_t i = 0; i < 13; i++) {
        for (char digit = '0'; digit <= '9'; digit++) {
            char text[14];

            memcpy(text, good, 14);
            text[i] = digit;
            cr_expect_eq(symbology_gs1_check(text, 13), digit == good[i], "%s", text);
        }
    }
    cr_expect_not(symbology_gs1_check("0", 1));
    cr_expect(symbology_gs1_check("400638133393123454", 18), "a loyalty-member number of 18 digits");
    cr_expect_not(symbology_gs1_check("0000000000000000000", 19));
}

struct card_case {
    char text[80];
    int is_card;
};

ParameterizedTestParameters(symbology, knows_payment_cards)
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

ParameterizedTest(struct card_case *c, symbology, knows_payment_cards)
{
    cr_expect_eq(symbology_is_payment_card(c->text, strlen(c->text)), c->is_card != 0, "%s", c->text);
}

struct read_case {
    char bytes[48];
    int aim, enclosed;
    enum symbology_verdict verdict;
    char symbology[4], text[48];
};

ParameterizedTestParameters(symbology, reads)
{
    static struct read_case cases[] = {
        {"]E04006381333931", 1, 0, SYMBOLOGY_SCAN, "]E0", "4006381333931"},
        {"]E04006381333931", 0, 0, SYMBOLOGY_SCAN, "", "]E04006381333931"},
        {"4006381333931", 1, 0, SYMBOLOGY_SCAN, "", "4006381333931"},
        {"]E04006381333930", 1, 0, SYMBOLOGY_CHECK_DIGIT, "", ""},
        {"]E0400638133393", 1, 0, SYMBOLOGY_CHECK_DIGIT, "", ""}, /* the last digit lost looks like a UPC-A */
        {"]E0400638133393a", 1, 0, SYMBOLOGY_GARBAGE, "", ""},
        {"]E0", 1, 0, SYMBOLOGY_GARBAGE, "", ""},
        {"]E112", 1, 0, SYMBOLOGY_SCAN, "]E1", "12"},
        {"]E3977147396801212", 1, 0, SYMBOLOGY_SCAN, "]E3", "977147396801212"},
        {"]E3977147396801312", 1, 0, SYMBOLOGY_CHECK_DIGIT, "", ""},
        {"]E496385074", 1, 0, SYMBOLOGY_SCAN, "]E4", "96385074"},
        {"]E496385075", 1, 0, SYMBOLOGY_CHECK_DIGIT, "", ""},
        {"]1x", 1, 0, SYMBOLOGY_SCAN, "", "]1x"}, /* no identifier: the first is a letter */
        {"]C1\x1d"
         "10AB",
         1, 0, SYMBOLOGY_SCAN, "]C1",
         "\x1d"
         "10AB"},
        {"a\nb", 1, 0, SYMBOLOGY_GARBAGE, "", ""},
        {"a\nb", 1, 1, SYMBOLOGY_SCAN, "", "a\nb"},
        {"a\x7f", 1, 0, SYMBOLOGY_GARBAGE, "", ""},
        {"a\xc2\x85", 1, 0, SYMBOLOGY_GARBAGE, "", ""}, /* a control character of Latin-1, in UTF-8 */
        {"\xd0\xba\xd0\xb0", 1, 0, SYMBOLOGY_SCAN, "", "\xd0\xba\xd0\xb0"},
        {"\xd0", 1, 0, SYMBOLOGY_GARBAGE, "", ""},
        {"]C04111111111111111", 1, 0, SYMBOLOGY_PAYMENT_CARD, "", ""},
        {"]C04111111111111111", 0, 0, SYMBOLOGY_PAYMENT_CARD, "", ""}, /* whatever the setting */
        {"4006381330060", 0, 0, SYMBOLOGY_SCAN, "", "4006381330060"},  /* Luhn, and a Visa by its start; but an EAN */
        {"4222222222222", 0, 0, SYMBOLOGY_PAYMENT_CARD, "", ""},
    };

    return cr_make_param_array(struct read_case, cases, sizeof cases / sizeof cases[0]);
}

ParameterizedTest(struct read_case *c, symbology, reads)
{
    struct scan *scan = calloc(1, sizeof *scan);
    const char *why = NULL;
    enum symbology_verdict verdict;

    cr_assert_not_null(scan);
    verdict = symbology_read((const uint8_t *)c->bytes, strlen(c->bytes),
                             c->aim ? SCANNER_CODE_IDS_AIM : SCANNER_CODE_IDS_NONE, c->enclosed != 0, scan, &why);
    cr_expect_eq(verdict, c->verdict, "%s: %d", c->bytes, (int)verdict);
    cr_expect_str_eq(scan->symbology, c->symbology);
    cr_expect_str_eq(scan->text, c->text);
    cr_expect_eq(scan->len, strlen(c->text));
    if (verdict == SYMBOLOGY_GARBAGE || verdict == SYMBOLOGY_CHECK_DIGIT)
        cr_expect(why && why[0]);
    free(scan);
}

Test(symbology, takes_a_nul_for_garbage)
{
    struct scan *scan = calloc(1, sizeof *scan);
    const char *why = "";

    cr_expect_eq(symbology_read((const uint8_t *)"a\0b", 3, SCANNER_CODE_IDS_NONE, true, scan, &why),
                 SYMBOLOGY_GARBAGE);
    free(scan);
}
