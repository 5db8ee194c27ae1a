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
    int count = transliterate_for(code, is_ascii, NULL, codes);

    for (int i = 0; i < count; i++)
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
    cr_expect_eq(transliterate_for(0x0429, is_nothing, NULL, (uint32_t[TRANSLITERATE_MAX]){0}), -1);
}

/* What comes of a text on a device of ASCII alone; "?" where nothing is known. */
static void expect_spelt(const char *text, const char *wanted)
{
    char seen[128] = "";
    size_t len = strlen(text), at = 0;

    for (size_t i = 0; i < len;) {
        uint32_t code, codes[TRANSLITERATE_MAX] = {'?'};
        int count;

        i += utf8_next(text + i, len - i, &code, NULL);
        if (is_ascii(NULL, code)) {
            codes[0] = code;
            count = 1;
        } else {
            count = transliterate_for(code, is_ascii, NULL, codes);
        }
        for (int k = 0; k < (count < 0 ? 1 : count); k++)
            seen[at++] = (char)codes[k];
    }
    seen[at] = '\0';
    cr_expect_str_eq(seen, wanted, "%s: %s", text, seen);
}

Test(code_pages, a_device_of_one_alphabet_spells_the_others)
{
    expect_spelt("משה כהן", "mshh khn");
    expect_spelt("שָׁלוֹם", "shlvm"); /* its points are left out */
    expect_spelt("محمد علي", "mhmd 'ly");
    expect_spelt("نازنین چگینی", "naznyn chgyny");
    expect_spelt("สมชาย", "smchay");
    expect_spelt("น้ำดื่ม", "namduem");
    expect_spelt("გიორგი ჭავჭავაძე", "giorgi ch'avch'avadze");
    expect_spelt("Արամ Խաչատրյան", "Aram KHach'atryan");
    expect_spelt("Ελένη", "Eleni");
    expect_spelt("٢٥ ۲۵ ๒๕", "25 25 25");
    expect_spelt("면", "?");
}

Test(code_pages, every_letter_of_these_alphabets_is_spelt)
{
    static const uint32_t ranges[][2] = {{0x0391, 0x03A1}, {0x03A3, 0x03A9}, {0x03B1, 0x03C9}, {0x0410, 0x044F},
                                         {0x0531, 0x0556}, {0x0561, 0x0587}, {0x05D0, 0x05EA}, {0x0621, 0x063A},
                                         {0x0640, 0x0652}, {0x0E01, 0x0E3A}, {0x0E40, 0x0E45}, {0x0E47, 0x0E4E},
                                         {0x10D0, 0x10F0}, {0x1C90, 0x1CB0}};
    uint32_t codes[TRANSLITERATE_MAX];

    for (size_t i = 0; i < sizeof ranges / sizeof ranges[0]; i++) {
        for (uint32_t code = ranges[i][0]; code <= ranges[i][1]; code++)
            cr_expect_geq(transliterate_for(code, is_ascii, NULL, codes), 0, "U+%04X", (unsigned)code);
    }
}
