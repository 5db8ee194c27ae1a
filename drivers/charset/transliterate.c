/* SPDX-License-Identifier: Apache-2.0 */
#include "drivers/charset/transliterate.h"

#include "agent/base/utf8.h"

#include <string.h>

/* Sorted by code. Signs of receipts, letters of the alphabets around, white space of typesetters. */
static const struct {
    uint32_t code;
    const char *text;
} table[] = {
    {0x00A0, " "},  {0x00A9, "(C)"}, {0x00AB, "\""},  {0x00AD, "-"},   {0x00AE, "(R)"},  {0x00B0, "*"},
    {0x00B7, "."},  {0x00BB, "\""},  {0x00BC, "1/4"}, {0x00BD, "1/2"}, {0x00BE, "3/4"},  {0x00C6, "AE"},
    {0x00D7, "x"},  {0x00DF, "ss"},  {0x00E6, "ae"},  {0x00F7, "/"},   {0x0152, "OE"},   {0x0153, "oe"},
    {0x0401, "Е"},  {0x0404, "Е"},   {0x0406, "I"},   {0x0407, "I"},   {0x040E, "У"},    {0x0451, "е"},
    {0x0454, "е"},  {0x0456, "i"},   {0x0457, "i"},   {0x045E, "у"},   {0x0490, "Г"},    {0x0491, "г"},
    {0x0492, "Г"},  {0x0493, "г"},   {0x049A, "К"},   {0x049B, "к"},   {0x04A2, "Н"},    {0x04A3, "н"},
    {0x04AE, "У"},  {0x04AF, "у"},   {0x04B0, "У"},   {0x04B1, "у"},   {0x04BA, "h"},    {0x04BB, "h"},
    {0x04D8, "А"},  {0x04D9, "а"},   {0x04E8, "О"},   {0x04E9, "о"},   {0x2002, " "},    {0x2003, " "},
    {0x2007, " "},  {0x2009, " "},   {0x200A, " "},   {0x2010, "-"},   {0x2011, "-"},    {0x2012, "-"},
    {0x2013, "-"},  {0x2014, "-"},   {0x2015, "-"},   {0x2018, "'"},   {0x2019, "'"},    {0x201A, "'"},
    {0x201C, "\""}, {0x201D, "\""},  {0x201E, "\""},  {0x2022, "*"},   {0x2026, "..."},  {0x202F, " "},
    {0x2032, "'"},  {0x2033, "\""},  {0x2039, "'"},   {0x203A, "'"},   {0x20AC, "EUR"},  {0x20B4, "грн"},
    {0x20B8, "тг"}, {0x20B9, "Rs"},  {0x20BD, "р."},  {0x2116, "No"},  {0x2122, "(TM)"}, {0x2212, "-"},
    {0x2713, "v"},  {0x2714, "v"},   {0x3000, " "},
};

/* The letters under the accents of Latin-1 (from C0) and Latin Extended-A (to 17F). */
static const char latin[] = "AAAAAAACEEEEIIIIDNOOOOOxOUUUUYPsaaaaaaaceeeeiiiidnooooo/ouuuuypy"
                            "AaAaAaCcCcCcCcDdDdEeEeEeEeEeGgGgGgGgHhHhIiIiIiIiIiIiJjKkkLlLlLlLlLl"
                            "NnNnNnnNnOoOoOoOoRrRrRrSsSsSsSsTtTtTtUuUuUuUuUuUuWwYyYZzZzZzs";
_Static_assert(sizeof latin - 1 == 0x180 - 0xC0, "one letter for each code");

const char *transliterate(uint32_t code)
{
    static const char letters[] = "A\0B\0C\0D\0E\0F\0G\0H\0I\0J\0K\0L\0M\0N\0O\0P\0Q\0R\0S\0T\0U\0V\0W\0X\0Y\0Z\0"
                                  "a\0b\0c\0d\0e\0f\0g\0h\0i\0j\0k\0l\0m\0n\0o\0p\0q\0r\0s\0t\0u\0v\0w\0x\0y\0z";
    size_t low = 0, high = sizeof table / sizeof table[0];

    while (low < high) {
        size_t middle = (low + high) / 2;

        if (table[middle].code == code)
            return table[middle].text;
        if (table[middle].code < code)
            low = middle + 1;
        else
            high = middle;
    }
    if (code >= 0xC0 && code < 0x180) {
        char letter = latin[code - 0xC0];

        if (letter >= 'a' && letter <= 'z')
            return &letters[(size_t)(26 + letter - 'a') * 2];
        if (letter >= 'A' && letter <= 'Z')
            return &letters[(size_t)(letter - 'A') * 2];
    }
    return NULL;
}

/* Appends what of text the device has, spelling once more what it lacks; false when something is left over. */
static bool spell(const char *text, int depth, bool (*has)(void *context, uint32_t code), void *context,
                  uint32_t out_codes[TRANSLITERATE_MAX], size_t *count)
{
    size_t len = strlen(text);

    for (size_t i = 0; i < len;) {
        const char *further;
        uint32_t code;

        i += utf8_next(text + i, len - i, &code, NULL);
        further = has(context, code) ? NULL : transliterate_latin(code);
        if (further && depth > 0) {
            if (!spell(further, depth - 1, has, context, out_codes, count))
                return false;
        } else if (!has(context, code) || *count == TRANSLITERATE_MAX) {
            return false;
        } else {
            out_codes[(*count)++] = code;
        }
    }
    return true;
}

int transliterate_for(uint32_t code, bool (*has)(void *context, uint32_t code), void *context,
                      uint32_t out_codes[TRANSLITERATE_MAX])
{
    const char *tries[] = {transliterate(code), transliterate_latin(code)};
    size_t count;

    for (size_t i = 0; i < 2; i++) {
        count = 0;
        if (tries[i] && spell(tries[i], 1, has, context, out_codes, &count) && count > 0)
            return (int)count;
    }
    return transliterate_is_mark(code) ? 0 : -1;
}
