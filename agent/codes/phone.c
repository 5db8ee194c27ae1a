/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/codes/phone.h"

#include <string.h>

enum { NATIONAL_DIGITS = 10, GATHERED_MAX = 20 };

/* The digits of the text; false for too many, or for anything that no one writes into a number. */
static bool gather(const char *text, size_t len, char out_digits[GATHERED_MAX], size_t *out_count)
{
    size_t count = 0;

    for (size_t i = 0; i < len; i++) {
        if (text[i] >= '0' && text[i] <= '9') {
            if (count == GATHERED_MAX)
                return false;
            out_digits[count++] = text[i];
        } else if (text[i] == '\0' || !strchr(" ()-.", text[i])) {
            return false;
        }
    }
    *out_count = count;
    return true;
}

bool phone_canonical(const char *text, size_t len, const char *country, char out_phone[PHONE_TEXT])
{
    char digits[GATHERED_MAX];
    const char *from = digits;
    size_t count, country_len = strlen(country);
    bool whole = len > 0 && text[0] == '+';

    if (!gather(text + whole, len - whole, digits, &count))
        return false;
    if (!whole && count > 2 && memcmp(digits, "00", 2) == 0) {
        whole = true;
        from += 2;
        count -= 2;
    }
    if (whole)
        country_len = 0;
    else if (country_len == 0)
        return false;
    else if (count == NATIONAL_DIGITS + 1 && (from[0] == '8' || from[0] == '0')) {
        from++;
        count--;
    } else if (count == NATIONAL_DIGITS + country_len && memcmp(from, country, country_len) == 0) {
        country_len = 0;
    }
    if (!whole && country_len > 0 && count != NATIONAL_DIGITS)
        return false;
    if (country_len + count < PHONE_DIGITS_MIN || country_len + count > PHONE_DIGITS_MAX ||
        (country_len == 0 && from[0] == '0'))
        return false;
    out_phone[0] = '+';
    memcpy(out_phone + 1, country, country_len);
    memcpy(out_phone + 1 + country_len, from, count);
    out_phone[1 + country_len + count] = '\0';
    return true;
}
