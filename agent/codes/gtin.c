/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/codes/gtin.h"

#include "agent/codes/check_digit.h"

#include <string.h>

bool gtin_canonical(const char *text, size_t len, char out_gtin[GTIN_TEXT])
{
    if ((len != 8 && len != 12 && len != 13 && len != 14) || !check_mod10(text, len))
        return false;
    memset(out_gtin, '0', GTIN_TEXT - 1 - len);
    memcpy(out_gtin + GTIN_TEXT - 1 - len, text, len);
    out_gtin[GTIN_TEXT - 1] = '\0';
    return true;
}

/* The ten digits after the number system. The last of the six says where zeros were left out (GS1 General
 * Specifications, zero suppression of UPC-E). */
static void expand_six(const char *six, char out_ten[10])
{
    char last = six[5];

    memset(out_ten, '0', 10);
    if (last <= '2') {
        memcpy(out_ten, six, 2);
        out_ten[2] = last;
        memcpy(out_ten + 7, six + 2, 3);
    } else if (last == '3') {
        memcpy(out_ten, six, 3);
        memcpy(out_ten + 8, six + 3, 2);
    } else if (last == '4') {
        memcpy(out_ten, six, 4);
        out_ten[9] = six[4];
    } else {
        memcpy(out_ten, six, 5);
        out_ten[9] = last;
    }
}

bool gtin_expand_upc_e(const char *text, size_t len, char out_upc_a[UPC_A_TEXT])
{
    char upc_a[UPC_A_TEXT];

    if (len < 6 || len > UPC_E_DIGITS || !check_all_digits(text, len) || (len > 6 && text[0] > '1'))
        return false;
    upc_a[0] = len > 6 ? text[0] : '0';
    expand_six(len > 6 ? text + 1 : text, upc_a + 1);
    upc_a[11] = check_mod10_digit(upc_a, 11);
    upc_a[12] = '\0';
    if (len == UPC_E_DIGITS && text[7] != upc_a[11])
        return false;
    memcpy(out_upc_a, upc_a, sizeof upc_a);
    return true;
}
