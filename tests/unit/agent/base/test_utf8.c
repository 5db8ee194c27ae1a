/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/base/utf8.h"

#include <string.h>

#include <criterion/criterion.h>

Test(utf8, round_trips_every_character)
{
    for (uint32_t code = 0; code <= 0x10ffff; code++) {
        char bytes[4];
        uint32_t back = 0;
        bool valid = true;
        size_t len = utf8_put(code, bytes), wanted = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;

        cr_assert_eq(len, code >= 0xd800 && code <= 0xdfff ? 3 : wanted);
        cr_assert_eq(utf8_next(bytes, len, &back, &valid), len);
        cr_assert(valid);
        cr_assert_eq(back, code >= 0xd800 && code <= 0xdfff ? UTF8_INVALID : code, "U+%04X", (unsigned)code);
    }
}

Test(utf8, writes_what_is_no_character_as_replacement)
{
    char bytes[4];

    cr_expect_eq(utf8_put(0x110000, bytes), 3);
    cr_expect_arr_eq(bytes, "\xef\xbf\xbd", 3);
    cr_expect_eq(utf8_put(UINT32_MAX, bytes), 3);
    cr_expect_eq(utf8_put(0xdfff, bytes), 3);
    cr_expect_arr_eq(bytes, "\xef\xbf\xbd", 3);
}

Test(utf8, refuses_what_is_not_strict)
{
    static const char *const wrong[] = {
        "\x80",             /* continues nothing */
        "\xbf",             /* the same */
        "\xc0\x80",         /* overlong NUL */
        "\xc1\xbf",         /* overlong DEL */
        "\xe0\x9f\xbf",     /* overlong U+07FF */
        "\xf0\x8f\xbf\xbf", /* overlong U+FFFF */
        "\xed\xa0\x80",     /* U+D800 */
        "\xed\xbf\xbf",     /* U+DFFF */
        "\xf4\x90\x80\x80", /* U+110000 */
        "\xf5\x80\x80\x80", /* above all planes */
        "\xf8\x88\x80\x80\x80",
        "\xfe",
        "\xff",
        "\xd0",         /* cut */
        "\xe2\x82",     /* cut */
        "\xf0\x9f\x98", /* cut */
        "\xd0z",        /* broken off */
        "\xe2\x82z",
        "\xc3\xc3\xa9",
    };

    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        uint32_t code = 0;
        bool valid = true;

        cr_expect_not(utf8_is_valid(wrong[i], strlen(wrong[i])), "case %zu", i);
        cr_expect_eq(utf8_next(wrong[i], strlen(wrong[i]), &code, &valid), 1);
        cr_expect_eq(code, UTF8_INVALID);
        cr_expect_not(valid);
        cr_expect_eq(utf8_next(wrong[i], strlen(wrong[i]), &code, NULL), 1);
    }
}

Test(utf8, the_replacement_character_itself_is_valid)
{
    uint32_t code = 0;
    bool valid = true;

    cr_expect_eq(utf8_next("\xef\xbf\xbd", 3, &code, &valid), 3);
    cr_expect_eq(code, UTF8_INVALID);
    cr_expect(valid);
}

Test(utf8, ends_with_nothing_left)
{
    uint32_t code = 5;
    bool valid = true;

    cr_expect_eq(utf8_next("x", 0, &code, &valid), 0);
    cr_expect(valid && code == 5);
    cr_expect(utf8_is_valid("", 0));
}

Test(utf8, counts_characters)
{
    static const char text[] = "\xd0\x9a\xd0\xbe\xd1\x84\xd0\xb5 \xe2\x82\xac\xf0\x9f\x98\x80";

    cr_expect_eq(utf8_length(text, strlen(text)), 7);
    cr_expect_eq(utf8_length("a\xff\xe2\x82", 4), 4);
    cr_expect_eq(utf8_length("", 0), 0);
}

/* Against the plain way of walking from the front. */
Test(utf8, cuts_at_the_last_border)
{
    static const char *const texts[] = {"abc",
                                        "\xd0\x96\xd0\x96",
                                        "a\xe2\x82\xac\xf0\x9f\x98\x80z\xc3\xa9",
                                        "\x80\x80\x80\x80\x80\x80",
                                        "\xe2\x82\xe2\x82\xac\xff",
                                        "\xf0\x9f\x98"};

    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        size_t len = strlen(texts[i]);

        for (size_t max = 0; max <= len + 2; max++) {
            size_t wanted = 0;

            while (wanted < len) {
                uint32_t code;
                size_t step = utf8_next(texts[i] + wanted, len - wanted, &code, NULL);

                if (wanted + step > max)
                    break;
                wanted += step;
            }
            cr_expect_eq(utf8_cut(texts[i], len, max), wanted, "text %zu max %zu", i, max);
        }
    }
}

Test(utf8, puts_a_cyrillic_letter_and_its_mark_together)
{
    uint32_t code;

    cr_expect_eq(utf8_next_letter("и\xCC\x86ё", 6, &code), 4);
    cr_expect_eq(code, 0x0439);
    cr_expect_eq(utf8_next_letter("и\xCC\x88", 4, &code), 2, "no such letter");
    cr_expect_eq(code, 0x0438);
    cr_expect_eq(utf8_next_letter("и", 2, &code), 2);
    cr_expect_eq(utf8_next_letter("a\xCC\x86", 3, &code), 1, "Latin letters are left alone");
    cr_expect_eq(utf8_next_letter("", 0, &code), 0);
}
