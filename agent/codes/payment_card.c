/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/codes/payment_card.h"

#include "agent/codes/check_digit.h"

#include <string.h>

enum { PAN_DIGITS_MIN = 13, PAN_DIGITS_MAX = 19 };

/* Ranges of first digits, four digits wide, both ends included. */
static const struct {
    int first, last;
    size_t digits_min, digits_max;
} schemes[] = {
    {2200, 2204, 16, 19}, /* Mir */
    {2221, 2720, 16, 16}, /* Mastercard */
    {3000, 3059, 14, 19}, /* Diners Club */
    {3095, 3095, 14, 19}, /* Diners Club */
    {3400, 3499, 15, 15}, /* American Express */
    {3528, 3589, 16, 19}, /* JCB */
    {3600, 3699, 14, 19}, /* Diners Club */
    {3700, 3799, 15, 15}, /* American Express */
    {3800, 3999, 14, 19}, /* Diners Club */
    {4000, 4999, 13, 19}, /* Visa */
    {5018, 5018, 13, 19}, /* Maestro */
    {5020, 5020, 13, 19}, /* Maestro */
    {5038, 5038, 13, 19}, /* Maestro */
    {5100, 5599, 16, 16}, /* Mastercard */
    {5893, 5893, 13, 19}, /* Maestro */
    {6011, 6011, 16, 19}, /* Discover */
    {6200, 6299, 16, 19}, /* UnionPay */
    {6304, 6304, 13, 19}, /* Maestro */
    {6440, 6599, 16, 19}, /* Discover, RuPay */
    {6759, 6763, 13, 19}, /* Maestro */
    {8100, 8199, 16, 19}, /* UnionPay, RuPay */
    {9792, 9792, 16, 16}, /* Troy */
};

static bool is_pan(const char *digits, size_t len)
{
    int first = 0;

    if (len < PAN_DIGITS_MIN || len > PAN_DIGITS_MAX || !check_luhn(digits, len))
        return false;
    for (size_t i = 0; i < 4; i++)
        first = first * 10 + (digits[i] - '0');
    for (size_t i = 0; i < sizeof schemes / sizeof schemes[0]; i++)
        if (first >= schemes[i].first && first <= schemes[i].last && len >= schemes[i].digits_min &&
            len <= schemes[i].digits_max)
            return true;
    return false;
}

/* Gathers the digits at the start of text, passing over single blanks as embossed numbers have them; *out_used is how
 * much of the text they took. More than out holds count as none. */
static size_t gather(const char *text, size_t len, char out_digits[PAN_DIGITS_MAX], size_t *out_used)
{
    size_t count = 0, at = 0;

    for (; at < len; at++) {
        bool blank = text[at] == ' ' || text[at] == '-';

        if (blank && at > 0 && at + 1 < len && text[at + 1] >= '0' && text[at + 1] <= '9')
            continue;
        if (text[at] < '0' || text[at] > '9')
            break;
        if (count == PAN_DIGITS_MAX)
            return 0;
        out_digits[count++] = text[at];
    }
    *out_used = at;
    return count;
}

/* After the number on a stripe comes a separator: ^ on track 1, = on track 2, D in the chip's copy of it. */
static bool ends_pan(const char *text, size_t len, size_t at)
{
    return at == len || strchr("^=D?", text[at]) != NULL;
}

bool payment_card_is_in(const char *text, size_t len)
{
    for (size_t at = 0; at < len; at++) {
        char digits[PAN_DIGITS_MAX];
        size_t used = 0, count;
        /* A number stands at the very start, or after the start sentinel of track 2, or after the format code B of
         * track 1; elsewhere a run of digits is part of something else, a receipt's code or a GS1 string. */
        bool starts = at == 0 || text[at - 1] == ';' || text[at - 1] == '+' ||
                      (text[at - 1] == 'B' && (at == 1 || text[at - 2] == '%'));

        if (!starts)
            continue;
        count = gather(text + at, len - at, digits, &used);
        if (count > 0 && ends_pan(text, len, at + used) && is_pan(digits, count))
            return true;
    }
    return false;
}
