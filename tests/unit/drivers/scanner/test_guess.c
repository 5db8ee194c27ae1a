/* SPDX-License-Identifier: Apache-2.0 */
#include "drivers/scanner/guess.h"

#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <string.h>

struct guess_case {
    char bytes[64];
    int len; /* 0: as a text */
    enum guess_verdict verdict;
    struct scanner_guess guess;
};

ParameterizedTestParameters(guess, finds_out_what_speaks)
{
    static struct guess_case cases[] = {
        {"]E04006381333931\r", 0, GUESS_FOUND, {SCANNER_ASCII, SCANNER_FRAMING_CR, SCANNER_CODE_IDS_AIM, NULL}},
        {"4006381333931\r\n", 0, GUESS_FOUND, {SCANNER_ASCII, SCANNER_FRAMING_CR, SCANNER_CODE_IDS_NONE, NULL}},
        {"4006381333931\n", 0, GUESS_FOUND, {SCANNER_ASCII, SCANNER_FRAMING_LF, SCANNER_CODE_IDS_NONE, NULL}},
        {"4006381333931\t", 0, GUESS_FOUND, {SCANNER_ASCII, SCANNER_FRAMING_TAB, SCANNER_CODE_IDS_NONE, NULL}},
        {"4006381333931", 0, GUESS_FOUND, {SCANNER_ASCII, SCANNER_FRAMING_GAP, SCANNER_CODE_IDS_NONE, NULL}},
        {"\x02]Q1a\rb\x03", 0, GUESS_FOUND, {SCANNER_ASCII, SCANNER_FRAMING_STX, SCANNER_CODE_IDS_AIM, NULL}},
        {"A4006381333931\r", 0, GUESS_FOUND, {SCANNER_ASCII, SCANNER_FRAMING_CR, SCANNER_CODE_IDS_ZEBRA, NULL}},
        {"d4006381333931\r", 0, GUESS_FOUND, {SCANNER_ASCII, SCANNER_FRAMING_CR, SCANNER_CODE_IDS_HONEYWELL, NULL}},
        {"B4006381333931\r", 0, GUESS_FOUND, {SCANNER_ASCII, SCANNER_FRAMING_CR, SCANNER_CODE_IDS_DATALOGIC, NULL}},
        {"\x02"
         "06008E6D5DB8\r\n\x03",
         0,
         GUESS_FOUND,
         {SCANNER_EM4100, SCANNER_FRAMING_STX, 0, NULL}},
        {";9900000000000002=9912?\r", 0, GUESS_FOUND, {SCANNER_STRIPE, SCANNER_FRAMING_CR, 0, NULL}},
        {"\x12\xf3\x00\x00\x0b\x34\x30\x30\x36\x33\x38\x31\x33\x33\x33\x39\x33\x31\xfc\x54",
         20,
         GUESS_FOUND,
         {SCANNER_SSI, SCANNER_FRAMING_AUTO, 0, NULL}},
        {"\x02\x0a\x02\x06\x00\x8e\x6d\x5d\xb0\x03", 10, GUESS_FOUND, {SCANNER_DESK, SCANNER_FRAMING_AUTO, 0, NULL}},
        {"\x9c\x01\x80\xfe", 0, GUESS_GARBAGE, {0}},
        {"", 0, GUESS_NOTHING, {0}},
    };

    return cr_make_param_array(struct guess_case, cases, sizeof cases / sizeof cases[0]);
}

ParameterizedTest(struct guess_case *c, guess, finds_out_what_speaks)
{
    struct scanner_guess guess = {0};
    size_t len = c->len ? (size_t)c->len : strlen(c->bytes);

    cr_expect_eq(scanner_guess((const uint8_t *)c->bytes, len, &guess), c->verdict, "%s", c->bytes);
    cr_expect_eq(guess.family, c->guess.family, "%s", c->bytes);
    cr_expect_eq(guess.framing, c->guess.framing, "%s", c->bytes);
    cr_expect_eq(guess.code_ids, c->guess.code_ids, "%s", c->bytes);
}
