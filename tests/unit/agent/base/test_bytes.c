/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/base/bytes.h"

#include <criterion/criterion.h>

Test(bytes, are_big_endian)
{
    uint8_t four[4], eight[8];
    const uint8_t wanted[8] = {0xf1, 2, 3, 4, 5, 6, 7, 0xf8};

    bytes_put_u32(four, UINT32_C(0xf1020304));
    cr_expect_arr_eq(four, wanted, 4);
    bytes_put_u64(eight, UINT64_C(0xf1020304050607f8));
    cr_expect_arr_eq(eight, wanted, 8);
    cr_expect_eq(bytes_get_u32(four), UINT32_C(0xf1020304));
    cr_expect_eq(bytes_get_u64(eight), UINT64_C(0xf1020304050607f8));
}

Test(bytes, keep_every_bit)
{
    for (int bit = 0; bit < 64; bit++) {
        uint8_t eight[8];

        bytes_put_u64(eight, UINT64_C(1) << bit);
        cr_expect_eq(bytes_get_u64(eight), UINT64_C(1) << bit);
        cr_expect_eq(eight[7 - bit / 8], 1 << bit % 8);
    }
}
