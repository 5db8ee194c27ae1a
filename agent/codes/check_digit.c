/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/codes/check_digit.h"

bool check_all_digits(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (text[i] < '0' || text[i] > '9')
            return false;
    return len > 0;
}

/* Weights 1 and 3 by turns from the right, first being that of the last digit. */
static int weighted(const char *digits, size_t len, int first)
{
    int sum = 0;

    for (size_t i = 0; i < len; i++)
        sum += (digits[len - 1 - i] - '0') * (i % 2 ? 4 - first : first);
    return sum;
}

bool check_mod10(const char *digits, size_t len)
{
    return len >= 2 && len <= CHECK_DIGITS_MAX && check_all_digits(digits, len) && weighted(digits, len, 1) % 10 == 0;
}

char check_mod10_digit(const char *digits, size_t len)
{
    if (len >= CHECK_DIGITS_MAX || !check_all_digits(digits, len))
        return '\0';
    return (char)('0' + (10 - weighted(digits, len, 3) % 10) % 10);
}

bool check_luhn(const char *digits, size_t len)
{
    int sum = 0;

    if (len < 2 || len > CHECK_DIGITS_MAX || !check_all_digits(digits, len))
        return false;
    for (size_t i = 0; i < len; i++) {
        int digit = digits[len - 1 - i] - '0';

        if (i % 2)
            digit = digit * 2 - (digit > 4 ? 9 : 0);
        sum += digit;
    }
    return sum % 10 == 0;
}
