/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/base/utf8.h"
#include "drivers/charset/code_pages.h"
#include "drivers/charset/transliterate.h"

#include <criterion/criterion.h>
#include <iconv.h>
#include <string.h>

/* Ours come from Python's codecs; these from glibc. */
Test(code_pages, agree_with_iconv)
{
    for (const struct code_page *page = code_pages; page->number; page++) {
        char name[16];
        iconv_t converter;
        int known = 0;

        converter = iconv_open("UCS-4LE", code_page_name(page->number, name));
        cr_assert_neq(converter, (iconv_t)-1, "%s", name);
        for (int byte = 0x80; byte < 0x100; byte++) {
            char in[1] = {(char)byte}, *from = in;
            uint8_t out[8] = {0};
            char *to = (char *)out;
            size_t in_left = 1, out_left = sizeof out;
            uint32_t code = 0;

            if (iconv(converter, &from, &in_left, &to, &out_left) != (size_t)-1)
                code = out[0] | (uint32_t)out[1] << 8 | (uint32_t)out[2] << 16;
            else
                (void)iconv(converter, NULL, NULL, NULL, NULL);
            /* Where one of the two knows nothing, nothing is printed wrong. */
            if (page->codes[byte - 0x80] && code)
                cr_expect_eq(page->codes[byte - 0x80], code, "%s %02X: %04X, iconv says %04X", name, byte,
                             page->codes[byte - 0x80], (unsigned)code);
            known += page->codes[byte - 0x80] != 0;
        }
        cr_expect_gt(known, 90, "%s", name);
        (void)iconv_close(converter);
    }
}

Test(code_pages, hold_what_russian_slips_need)
{
    cr_expect_eq(code_page_byte(code_page_find(866), 0x0416), 0x86);
    cr_expect_eq(code_page_byte(code_page_find(866), 0x2116), 0xFC);
    cr_expect_eq(code_page_byte(code_page_find(866), 0x00AB), 0);
    cr_expect_eq(code_page_byte(code_page_find(1251), 0x00AB), 0xAB);
    cr_expect_eq(code_page_byte(code_page_find(858), 0x20AC), 0xD5);
    cr_expect_eq(code_page_byte(code_page_find(866), 'A'), 'A');
    cr_expect_eq(code_page_byte(code_page_find(866), 0x1B), 0, "no control character has a byte");
    cr_expect_null(code_page_find(932));
}

Test(code_pages, transliterate_to_text_that_fits_and_prints)
{
    for (uint32_t code = 0x80; code < 0x30000; code++) {
        const char *text = transliterate(code);
        size_t len = text ? strlen(text) : 0;

        cr_assert(!text || (len > 0 && utf8_length(text, len) <= 8 && utf8_is_valid(text, len)), "U+%04X",
                  (unsigned)code);
    }
    cr_expect_str_eq(transliterate(0x2026), "...");
    cr_expect_str_eq(transliterate(0x2212), "-");
    cr_expect_str_eq(transliterate(0x017E), "z");
    cr_expect_str_eq(transliterate(0x00C5), "A");
    cr_expect_str_eq(transliterate(0x20BD), "р.");
    cr_expect_null(transliterate(0x9762));
}

static bool is_ascii(void *context, uint32_t code)
{
    (void)context;
    return code < 0x7F;
}

static bool is_nothing(void *context, uint32_t code)
{
    (void)context;
    (void)code;
    return false;
}

/* What comes of a character on a device of ASCII alone. */
static void expect_ascii(uint32_t code, const char *text)
{
    uint32_t codes[TRANSLITERATE_MAX];
    char seen[TRANSLITERATE_MAX + 1] = "";
    size_t count = transliterate_for(code, is_ascii, NULL, codes);

    for (size_t i = 0; i < count; i++)
        seen[i] = (char)codes[i];
    cr_expect_str_eq(seen, text, "%04X: %s", (unsigned)code, seen);
}

Test(code_pages, a_device_without_cyrillic_spells_it)
{
    expect_ascii(0x0429, "SHCH");
    expect_ascii(0x044F, "ia");
    expect_ascii(0x0451, "e");   /* by way of its neighbour */
    expect_ascii(0x20B4, "grn"); /* by way of Cyrillic letters */
    expect_ascii(0x2026, "...");
    expect_ascii(0x9762, "");
    cr_expect_eq(transliterate_for(0x0429, is_nothing, NULL, (uint32_t[TRANSLITERATE_MAX]){0}), 0);
}
