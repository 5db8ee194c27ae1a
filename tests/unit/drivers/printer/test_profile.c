/* SPDX-License-Identifier: Apache-2.0 */
#include "drivers/charset/code_pages.h"
#include "drivers/printer/profile.h"
#include "drivers/sim/sim_charset.h"

#include <criterion/criterion.h>
#include <stdio.h>

Test(profile, pages_are_known_to_us_and_to_the_simulator)
{
    for (size_t i = 0; profile_at(i); i++) {
        const struct profile *profile = profile_at(i);
        const struct sim_profile *sim = sim_profile_find(profile->name);

        cr_assert_not_null(sim, "%s", profile->name);
        cr_expect_eq(sim->columns, profile->columns);
        for (int k = 0; profile->pages[k].number; k++) {
            char name[16];

            snprintf(name, sizeof name, "CP%d", profile->pages[k].number);
            cr_expect_not_null(code_page_find(profile->pages[k].number), "%s: %s", profile->name, name);
            cr_assert_not_null(sim->pages[profile->pages[k].n], "%s: n=%d", profile->name, profile->pages[k].n);
            cr_expect_str_eq(sim->pages[profile->pages[k].n], name, "%s: n=%d", profile->name, profile->pages[k].n);
        }
    }
}
