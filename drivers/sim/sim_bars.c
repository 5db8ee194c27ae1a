/* SPDX-License-Identifier: Apache-2.0 */
#include "drivers/sim/sim_bars.h"

#include <string.h>

enum { CODE_A = 103, CODE_B = 104, CODE_C = 105, FNC1 = 102, STOP = 106 };

/* Widths of bar, gap, bar ... of each symbol value; the last is the stop. */
static const char code128[107][8] = {
    "212222", "222122", "222221", "121223", "121322", "131222", "122213", "122312",  "132212", "221213", "221312",
    "231212", "112232", "122132", "122231", "113222", "123122", "123221", "223211",  "221132", "221231", "213212",
    "223112", "312131", "311222", "321122", "321221", "312212", "322112", "322211",  "212123", "212321", "232121",
    "111323", "131123", "131321", "112313", "132113", "132311", "211313", "231113",  "231311", "112133", "112331",
    "132131", "113123", "113321", "133121", "313121", "211331", "231131", "213113",  "213311", "213131", "311123",
    "311321", "331121", "312113", "312311", "332111", "314111", "221411", "431111",  "111224", "111422", "121124",
    "121421", "141122", "141221", "112214", "112412", "122114", "122411", "142112",  "142211", "241211", "221114",
    "413111", "241112", "134111", "111242", "121142", "121241", "114212", "124112",  "124211", "411212", "421112",
    "421211", "212141", "214121", "412121", "111143", "111341", "131141", "114113",  "114311", "411113", "411311",
    "113141", "114131", "311141", "411131", "211412", "211214", "211232", "2331112",
};

/* Odd parity left halves; the even ones are these reversed and inverted, the right ones inverted. */
static const char ean_left[10][8] = {"0001101", "0011001", "0010011", "0111101", "0100011",
                                     "0110001", "0101111", "0111011", "0110111", "0001011"};
/* Which of the six left digits are of even parity, by the first digit. */
static const char ean_parity[10][7] = {"000000", "001011", "001101", "001110", "010011",
                                       "011001", "011100", "010101", "010110", "011010"};

const char *sim_bars_name(enum slip_bars bars)
{
    static const char *const names[] = {"EAN-13", "Code 128", "barcode"};

    return names[bars];
}

bool sim_bars_ean13(const uint8_t *data, size_t len, char out_digits[13])
{
    int sum = 0;

    if (len != 12 && len != 13)
        return false;
    for (size_t i = 0; i < len; i++) {
        if (data[i] < '0' || data[i] > '9')
            return false;
    }
    for (int i = 0; i < 12; i++)
        sum += (data[i] - '0') * (i % 2 ? 3 : 1);
    memcpy(out_digits, data, 12);
    out_digits[12] = (char)('0' + (10 - sum % 10) % 10);
    return len == 12 || data[12] == (uint8_t)out_digits[12];
}

static size_t ean13_modules(const char *digits, char *out)
{
    size_t n = 0;

    memcpy(out, "101", 3);
    n = 3;
    for (int i = 1; i < 13; i++) {
        const char *left = ean_left[digits[i] - '0'];
        bool even = i < 7 && ean_parity[digits[0] - '0'][i - 1] == '1';

        if (i == 7) {
            memcpy(out + n, "01010", 5);
            n += 5;
        }
        for (int k = 0; k < 7; k++) {
            char module = left[even ? 6 - k : k];

            out[n++] = even || i >= 7 ? (module == '1' ? '0' : '1') : module;
        }
    }
    memcpy(out + n, "101", 4);
    return n + 3;
}

static size_t put_symbol(int value, char *out, size_t n)
{
    for (int k = 0; code128[value][k]; k++) {
        for (int w = code128[value][k] - '0'; w > 0; w--)
            out[n++] = k % 2 ? '0' : '1';
    }
    return n;
}

static size_t code128_modules(const char *values, size_t len, char *out)
{
    size_t n = 0;
    int sum = 0;

    for (size_t i = 0; i < len; i++) {
        sum += (uint8_t)values[i] * (i == 0 ? 1 : (int)i);
        n = put_symbol((uint8_t)values[i], out, n);
    }
    n = put_symbol(sum % 103, out, n);
    n = put_symbol(STOP, out, n);
    return n;
}

size_t sim_bars_modules(enum slip_bars bars, const char *data, size_t len, char out_modules[SIM_BARS_MODULES_MAX])
{
    if (bars == SLIP_EAN13 && len == 13)
        return ean13_modules(data, out_modules);
    if (bars == SLIP_CODE128 && len > 0 && len <= SIM_BARS_SYMBOLS_MAX)
        return code128_modules(data, len, out_modules);
    return 0;
}

/* After "{": a code set, a function, or the brace itself, as a value in the set in force; -1 when it is none. */
static int escaped(uint8_t c, int *set)
{
    switch (c) {
    case 'A':
        *set = CODE_A;
        return 101;
    case 'B':
        *set = CODE_B;
        return 100;
    case 'C':
        *set = CODE_C;
        return 99;
    case 'S':
        return 98;
    case '1':
        return FNC1;
    case '2':
        return 97;
    case '3':
        return 96;
    case '4':
        return *set == CODE_A ? 101 : 100;
    case '{':
        return *set == CODE_B ? '{' - 32 : -1;
    default:
        return -1;
    }
}

static int plain_value(uint8_t c, int set)
{
    if (set == CODE_C)
        return c <= 99 ? c : -1;
    if (set == CODE_A)
        return c < 32 ? c + 64 : c < 96 ? c - 32 : -1;
    return c >= 32 && c < 128 ? c - 32 : -1;
}

size_t sim_bars_code128(const uint8_t *data, size_t len, char out_values[SIM_BARS_SYMBOLS_MAX])
{
    int set = 0;
    size_t count = 0;

    for (size_t i = 0; i < len; i++) {
        int value;

        if (data[i] == '{' && i + 1 < len)
            value = escaped(data[++i], &set);
        else
            value = set ? plain_value(data[i], set) : -1;
        if (count == 0)
            value = set ? set : -1; /* the first can only name a code set */
        if (value < 0 || count == SIM_BARS_SYMBOLS_MAX)
            return 0;
        out_values[count++] = (char)value;
    }
    return count;
}

static size_t code128_text(const char *values, size_t len, char *out)
{
    int set = len > 0 ? (uint8_t)values[0] : CODE_B;
    size_t n = 0;

    for (size_t i = 1; i < len && n + 3 < SIM_BARS_TEXT_MAX; i++) {
        int value = (uint8_t)values[i];

        if (set == CODE_C && value < 100) {
            out[n++] = (char)('0' + value / 10);
            out[n++] = (char)('0' + value % 10);
        } else if (value == 99) {
            set = CODE_C;
        } else if (value == 100 && set != CODE_B) {
            set = CODE_B;
        } else if (value == 101 && set != CODE_A) {
            set = CODE_A;
        } else if (set == CODE_A && value < 96) {
            out[n++] = (char)(value < 64 ? value + 32 : '.'); /* a control character is shown as a point */
        } else if (set == CODE_B && value < 95) {
            out[n++] = (char)(value + 32);
        }
    }
    return n;
}

void sim_bars_text(enum slip_bars bars, const char *data, size_t len, char out_text[SIM_BARS_TEXT_MAX])
{
    size_t n = 0;

    if (bars == SLIP_CODE128) {
        n = code128_text(data, len, out_text);
    } else {
        for (; n < len && n + 1 < SIM_BARS_TEXT_MAX; n++)
            out_text[n] = (char)(data[n] >= 0x20 && data[n] < 0x7F ? data[n] : '.');
    }
    out_text[n] = '\0';
}
