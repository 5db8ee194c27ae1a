/* SPDX-License-Identifier: Apache-2.0 */
#include "world_points.h"

#include "agent/base/json.h"

#include <cjson/cJSON.h>
#include <criterion/criterion.h>

#include <stdlib.h>
#include <stdio.h>
#include <string.h>

static struct world world;

static void begin(void)
{
    world_begin_in_folder(&world);
}

static void end(void)
{
    world_end_in_folder(&world);
}

TestSuite(restart, .init = begin, .fini = end);

Test(restart, keeps_rules_sales_and_balances)
{
    world_rules(&world, WORLD_EARNING, 1);
    world_member(&world, "M1", WORLD_CARD, "\"balances\":{\"bonus\":50},", 0);
    cr_expect_eq(world_shown_balance(&world, "s1"), 50);
    cr_assert_eq(world_do(&world, "commit", "s1", "{}", NULL), PROBLEM_NONE);
    world.printed(world.printed_context, world.job_id, TILL_PRINT_CONFIRMED, "");
    world_restart(&world, false);
    cr_expect_eq(rule_edition_version(rulebook_active(world.rulebook)), 1);
    cr_expect_eq(world_int(&world, "s1", "total_minor"), 10000);
    cr_expect_eq(world_shown_balance(&world, "s2"), 150);
    cr_expect_eq(world_count(&world, "print"), 1, "a print that ended is not settled again");
}

Test(restart, without_the_cache_shows_the_same_balance)
{
    world_rules(&world, WORLD_EARNING, 1);
    world_member(&world, "M1", WORLD_CARD, "\"balances\":{\"bonus\":50},", 0);
    cr_expect_eq(world_shown_balance(&world, "s1"), 50);
    cr_assert_eq(world_do(&world, "commit", "s1", "{}", NULL), PROBLEM_NONE);
    world_restart(&world, true);
    world_member(&world, "M1", WORLD_CARD, "\"balances\":{\"bonus\":50},",
                 0); /* the central's row again: it counts none of ours */
    cr_expect_eq(world_shown_balance(&world, "s2"), 150);
    cr_expect_eq(world_do(&world, "put", "s1", WORLD_ONE_LINE, NULL), PROBLEM_SALE_COMMITTED);
}

Test(restart, in_mid_print_ends_as_unknown_and_prints_nothing)
{
    cr_assert_eq(world_do(&world, "put", "s1", WORLD_ONE_LINE, NULL), PROBLEM_NONE);
    cr_assert_eq(world_do(&world, "commit", "s1", "{}", NULL), PROBLEM_NONE);
    cr_assert_eq(world.prints, 1);
    world_restart(&world, false);
    cr_expect_eq(world.prints, 1, "never a second original");
    cr_expect_eq(world_count(&world, "print"), 1);
    {
        struct cJSON *view = NULL;
        const char *state = "";

        cr_assert_eq(world_do(&world, "get", "s1", NULL, &view), PROBLEM_NONE);
        (void)json_text(view, "state", 32, &state, NULL);
        cr_expect_str_eq(state, "print_unknown");
        json_free(view);
    }
    world_restart(&world, false);
    cr_expect_eq(world_count(&world, "print"), 1, "settled once");
}

Test(restart, keeps_the_version_ratchet)
{
    char *manifest, *signatures;

    world_rules(&world, WORLD_EARNING, 1);
    world_restart(&world, false);
    world_sign(&world, "demo", WORLD_EARNING, 1, world.office, &manifest, &signatures);
    rulebook_offer(world.rulebook, manifest, strlen(manifest), signatures, strlen(signatures));
    cr_expect_str_eq(world.refused, "", "the same rules again are no news");
    cr_expect_eq(world.fetches, 1);
    free(manifest);
    free(signatures);
}

Test(restart, copy_of_a_sale_of_before)
{
    cr_assert_eq(world_do(&world, "put", "s1", WORLD_ONE_LINE, NULL), PROBLEM_NONE);
    cr_assert_eq(world_do(&world, "commit", "s1", "{}", NULL), PROBLEM_NONE);
    world.printed(world.printed_context, world.job_id, TILL_PRINT_CONFIRMED, "");
    world_restart(&world, false);
    cr_expect_eq(world_do(&world, "copy", "s1", NULL, NULL), PROBLEM_NONE);
    cr_expect_str_eq(world.job_id, "s1#1");
    cr_expect_eq(world_do(&world, "copy", "s9", NULL, NULL), PROBLEM_NO_SALE);
}
