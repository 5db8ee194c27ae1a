/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/base/hex.h"

#include <string.h>

#include <criterion/criterion.h>

Test(hex, goes_both_ways_for_every_byte)
{
    uint8_t all[256], back[256];
    char text[513];

    for (int i = 0; i < 256; i++)
        all[i] = (uint8_t)i;
    hex_encode(all, sizeof all, text);
    cr_expect_eq(strlen(text), 512);
    cr_expect_eq(memcmp(text, "000102", 6), 0);
    cr_expect_str_eq(text + 506, "fdfeff");
    cr_expect_eq(hex_decode(text, sizeof back, back), ST_OK);
    cr_expect_arr_eq(back, all, sizeof all);
}

Test(hex, takes_either_case)
{
    uint8_t out[2];

    cr_expect_eq(hex_decode("aBCd", 2, out), ST_OK);
    cr_expect_eq(out[0], 0xab);
    cr_expect_eq(out[1], 0xcd);
}

Test(hex, of_nothing_is_nothing)
{
    char text[1] = {'x'};

    hex_encode("", 0, text);
    cr_expect_eq(text[0], '\0');
    cr_expect_eq(hex_decode("", 0, text), ST_OK);
    cr_expect_eq(hex_decode("00", 0, text), ST_INVALID);
}

Test(hex, refuses_other_lengths_and_letters_and_leaves_the_output)
{
    static const char *const wrong[] = {"",     "a",    "ab",         "abc",  "abcde", "abcdef", "abcg",
                                        "ab:d", " bcd", "ab\xd0\x96", "abc@", "abc`",  "abc/",   "0x12"};

    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        uint8_t out[2] = {7, 7};

        cr_expect_eq(hex_decode(wrong[i], 2, out), ST_INVALID, "%s", wrong[i]);
        cr_expect(out[0] == 7 && out[1] == 7);
    }
}

Test(hex, writes_numbers_with_all_digits)
{
    char text[17];
    uint64_t value = 5;

    hex_from_u64(UINT64_C(0xfedcba9876543210), text);
    cr_expect_str_eq(text, "fedcba9876543210");
    cr_expect_eq(hex_to_u64(text, &value), ST_OK);
    cr_expect_eq(value, UINT64_C(0xfedcba9876543210));
    hex_from_u64(1, text);
    cr_expect_str_eq(text, "0000000000000001");
    cr_expect_eq(hex_to_u64("1", &value), ST_INVALID);
    cr_expect_eq(hex_to_u64("00000000000000001", &value), ST_INVALID);
    cr_expect_eq(value, UINT64_C(0xfedcba9876543210));
}
