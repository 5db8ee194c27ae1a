/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/base/status.h"

#include <string.h>

#include <criterion/criterion.h>

Test(status, each_has_a_text_of_its_own)
{
    for (int a = ST_OK; a <= ST_INTERNAL; a++) {
        const char *text = status_text((enum status)a);

        cr_expect_gt(strlen(text), 1);
        cr_expect_str_neq(text, "unknown status", "status %d", a);
        cr_expect_eq(strspn(text, "abcdefghijklmnopqrstuvwxyz /"), strlen(text), "lower case: %s", text);
        for (int b = ST_OK; b < a; b++)
            cr_expect_str_neq(text, status_text((enum status)b));
    }
    cr_expect_str_eq(status_text(ST_NOT_FOUND), "not found");
}

Test(status, names_a_strange_number_too)
{
    cr_expect_str_eq(status_text((enum status)(ST_INTERNAL + 1)), "unknown status");
}
