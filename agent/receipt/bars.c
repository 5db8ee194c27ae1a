/* SPDX-License-Identifier: Apache-2.0 */
/* Tables are those of ISO/IEC 15420 (EAN, UPC), 15417 (Code 128), 16388 (Code 39), 16390 (ITF), EN 798 (Codabar) and
 * AIM BC5 (Code 93).
 */
#include "agent/receipt/bars.h"

#include <string.h>

enum { WIDE = 3, START93 = 47 };

struct bars {
    char *modules;
    size_t count;
};

static void put_modules(struct bars *bars, char module, int width)
{
    for (int i = 0; i < width && bars->count < BARS_MODULES_MAX; i++)
        bars->modules[bars->count++] = module;
}

/* Bars and gaps by turns, each as wide as its digit says. */
static void put_widths(struct bars *bars, const char *widths)
{
    for (size_t i = 0; widths[i]; i++)
        put_modules(bars, i % 2 ? '0' : '1', widths[i] - '0');
}

/* The same by bits, the highest first: a one is wide. */
static void put_bits(struct bars *bars, unsigned bits, int count)
{
    for (int i = 0; i < count; i++)
        put_modules(bars, i % 2 ? '0' : '1', bits >> (count - 1 - i) & 1 ? WIDE : 1);
}

/* ---- EAN and UPC ---- */

/* Seven modules of a digit; set 'A' as it is, 'C' its opposite, 'B' that from behind. */
static void put_digit(struct bars *bars, char digit, char set)
{
    static const uint8_t odd[] = {0x0D, 0x19, 0x13, 0x3D, 0x23, 0x31, 0x2F, 0x3B, 0x37, 0x0B};
    uint8_t bits = odd[digit - '0'];

    for (int i = 0; i < 7; i++) {
        bool bar = set == 'B' ? !(bits >> i & 1) : bits >> (6 - i) & 1;

        put_modules(bars, (set == 'C' ? !bar : bar) ? '1' : '0', 1);
    }
}

static void put_ean(struct bars *bars, const char *code, size_t left, const char *sets)
{
    put_widths(bars, "111");
    for (size_t i = 0; i < left; i++)
        put_digit(bars, code[i], sets[i]);
    put_modules(bars, '0', 1);
    put_widths(bars, "111");
    put_modules(bars, '0', 1);
    for (size_t i = left; code[i]; i++)
        put_digit(bars, code[i], 'C');
    put_widths(bars, "111");
}

static void put_ean13(struct bars *bars, const char *code)
{
    static const char *const sets[] = {"AAAAAA", "AABABB", "AABBAB", "AABBBA", "ABAABB",
                                       "ABBAAB", "ABBBAA", "ABABAB", "ABABBA", "ABBABA"};

    put_ean(bars, code + 1, 6, sets[code[0] - '0']);
}

/* ---- Code 128 ---- */

static void put_symbol128(struct bars *bars, int value)
{
    static const char widths[] =
        "212222222122222221121223121322131222122213122312132212221213221312231212112232122132122231113222123122123221"
        "223211221132221231213212223112312131311222321122321221312212322112322211212123212321232121111323131123131321"
        "112313132113132311211313231113231311112133112331132131113123113321133121313121211331231131213113213311213131"
        "311123311321331121312113312311332111314111221411431111111224111422121124121421141122141221112214112412122114"
        "122411142112142211241211221114413111241112134111111242121142121241114212124112124211411212421112421211212141"
        "214121412121111143111341131141114113114311411113411311113141114131311141411131211412211214211232";
    char symbol[7] = "";

    memcpy(symbol, widths + (size_t)value * 6, 6);
    put_widths(bars, symbol);
}

static void put_code128(struct bars *bars, const char *code)
{
    size_t len = strlen(code);
    bool pairs = len >= 4 && len % 2 == 0 && strspn(code, "0123456789") == len;
    int sum = pairs ? 105 : 104, place = 1;

    put_symbol128(bars, sum);
    for (size_t i = 0; i < len; i += pairs ? 2 : 1) {
        int value = pairs ? (code[i] - '0') * 10 + code[i + 1] - '0' : code[i] - ' ';

        put_symbol128(bars, value);
        sum += value * place++;
    }
    put_symbol128(bars, sum % 103);
    put_widths(bars, "2331112");
}

/* ---- two widths ---- */

static const char letters39[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-. $/+%";

static void put_code39(struct bars *bars, const char *code)
{
    static const uint16_t bits[] = {0x034, 0x121, 0x061, 0x160, 0x031, 0x130, 0x070, 0x025, 0x124, 0x064, 0x109,
                                    0x049, 0x148, 0x019, 0x118, 0x058, 0x00D, 0x10C, 0x04C, 0x01C, 0x103, 0x043,
                                    0x142, 0x013, 0x112, 0x052, 0x007, 0x106, 0x046, 0x016, 0x181, 0x0C1, 0x1C0,
                                    0x091, 0x190, 0x0D0, 0x085, 0x184, 0x0C4, 0x0A8, 0x0A2, 0x08A, 0x02A};

    put_bits(bars, 0x094, 9);
    for (; *code; code++) {
        put_modules(bars, '0', 1);
        put_bits(bars, bits[strchr(letters39, *code) - letters39], 9);
    }
    put_modules(bars, '0', 1);
    put_bits(bars, 0x094, 9);
}

/* Of Code 93: nine modules each, in the order of Code 39's letters, then four that shift and the start. */
static void put_symbol93(struct bars *bars, int value)
{
    static const uint16_t symbols[] = {0x114, 0x148, 0x144, 0x142, 0x128, 0x124, 0x122, 0x150, 0x112, 0x10A,
                                       0x1A8, 0x1A4, 0x1A2, 0x194, 0x192, 0x18A, 0x168, 0x164, 0x162, 0x134,
                                       0x11A, 0x158, 0x14C, 0x146, 0x12C, 0x116, 0x1B4, 0x1B2, 0x1AC, 0x1A6,
                                       0x196, 0x19A, 0x16C, 0x166, 0x136, 0x13A, 0x12E, 0x1D4, 0x1D2, 0x1CA,
                                       0x16E, 0x176, 0x1AE, 0x126, 0x1DA, 0x1D6, 0x132, 0x15E};

    for (int i = 8; i >= 0; i--)
        put_modules(bars, symbols[value] >> i & 1 ? '1' : '0', 1);
}

/* The check symbol: weights from 1 to weight_max and again, from the last one back, modulo 47. */
static int check93(const uint8_t *values, size_t count, int weight_max)
{
    int sum = 0;

    for (size_t i = 0; i < count; i++)
        sum += values[count - 1 - i] * ((int)i % weight_max + 1);
    return sum % 47;
}

static void put_code93(struct bars *bars, const char *code)
{
    uint8_t values[PAGE_CODE128_LEN_MAX + 2];
    size_t count = 0;

    for (; *code && count < PAGE_CODE128_LEN_MAX; code++)
        values[count++] = (uint8_t)(strchr(letters39, *code) - letters39);
    values[count] = (uint8_t)check93(values, count, 20);
    count++;
    values[count] = (uint8_t)check93(values, count, 15);
    count++;
    put_symbol93(bars, START93);
    for (size_t i = 0; i < count; i++)
        put_symbol93(bars, values[i]);
    put_symbol93(bars, START93);
    put_modules(bars, '1', 1);
}

static void put_itf(struct bars *bars, const char *code)
{
    static const uint8_t digits[] = {0x06, 0x11, 0x09, 0x18, 0x05, 0x14, 0x0C, 0x03, 0x12, 0x0A};

    put_widths(bars, "1111");
    for (; code[0] && code[1]; code += 2) {
        for (int i = 4; i >= 0; i--) {
            put_modules(bars, '1', digits[code[0] - '0'] >> i & 1 ? WIDE : 1);
            put_modules(bars, '0', digits[code[1] - '0'] >> i & 1 ? WIDE : 1);
        }
    }
    put_widths(bars, "311");
}

static void put_codabar(struct bars *bars, const char *code)
{
    static const char letters[] = "0123456789-$:/.+ABCD";
    static const uint8_t bits[] = {0x03, 0x06, 0x09, 0x60, 0x12, 0x42, 0x21, 0x24, 0x30, 0x48,
                                   0x0C, 0x18, 0x45, 0x51, 0x54, 0x15, 0x1A, 0x29, 0x0B, 0x0E};

    for (size_t i = 0; code[i]; i++) {
        if (i > 0)
            put_modules(bars, '0', 1);
        put_bits(bars, bits[strchr(letters, code[i]) - letters], 7);
    }
}

size_t bars_modules(enum page_symbology symbology, const char *code, char out_modules[BARS_MODULES_MAX])
{
    struct bars bars = {out_modules, 0};

    switch (symbology) {
    case PAGE_EAN13:
        put_ean13(&bars, code);
        break;
    case PAGE_UPC_A:
        put_ean(&bars, code, 6, "AAAAAA");
        break;
    case PAGE_EAN8:
        put_ean(&bars, code, 4, "AAAA");
        break;
    case PAGE_CODE128:
        put_code128(&bars, code);
        break;
    case PAGE_CODE39:
        put_code39(&bars, code);
        break;
    case PAGE_CODE93:
        put_code93(&bars, code);
        break;
    case PAGE_ITF:
        put_itf(&bars, code);
        break;
    case PAGE_CODABAR:
        put_codabar(&bars, code);
        break;
    case PAGE_QR_CODE:
    case PAGE_PICTURE:
    case PAGE_ANY_CODE:
        break;
    }
    return bars.count;
}
