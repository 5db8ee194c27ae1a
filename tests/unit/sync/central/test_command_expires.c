/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>

#include "sync/central/command_expires.h"

/* 2026-11-22T12:00:00Z */
static const int64_t now_s = INT64_C(1795348800);

static int64_t expires(const char *text)
{
    struct errmsg err = ERRMSG_INIT;
    int64_t when = -1;
    enum status st = command_expires(text, now_s, &when, &err);

    cr_expect(st == ST_OK || (st == ST_INVALID && err.text[0] && when == -1), "%s", text);
    return when;
}

Test(command_expires, takes_days_a_date_and_a_time)
{
    cr_expect_eq(expires("1"), now_s + 86400);
    cr_expect_eq(expires("3650"), now_s + INT64_C(3650) * 86400);
    cr_expect_eq(expires("2026-12-31"), INT64_C(1798675200));
    cr_expect_eq(expires("2026-12-31T18:00"), INT64_C(1798740000), "UTC");
    cr_expect_eq(expires("2026-12-31T18:00:00Z"), INT64_C(1798740000));
    cr_expect_eq(expires("2026-12-31T21:00+03:00"), INT64_C(1798740000));
    cr_expect_eq(expires("2026-11-22T15:00:01+03:00"), now_s + 1);
}

Test(command_expires, refuses_what_is_past_too_far_or_neither)
{
    static const char *const bad[] = {"0", "3651", "9999999", "-1", "", "soon", "2026-11-22", "2026-11-22T12:00Z",
                                      "2020-01-01", "2040-01-01", "2026-13-01", "31.12.2026", "7d", "2026-12-31 "};

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        cr_expect_eq(expires(bad[i]), -1, "%s", bad[i]);
}
