/* SPDX-License-Identifier: Apache-2.0 */
#include "drivers/scanner/symbology.h"

#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <stdlib.h>
#include <string.h>

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
                             c->aim ? SCANNER_CODE_IDS_AIM : SCANNER_CODE_IDS_NONE, NULL, c->enclosed != 0, scan, &why);
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

    cr_expect_eq(symbology_read((const uint8_t *)"a\0b", 3, SCANNER_CODE_IDS_NONE, NULL, true, scan, &why),
                 SYMBOLOGY_GARBAGE);
    free(scan);
}
