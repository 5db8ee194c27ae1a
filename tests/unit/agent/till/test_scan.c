/* SPDX-License-Identifier: Apache-2.0 */
/* What a scan is to the till: by the rules in force, else by its configuration. */
#include "tests/unit/agent/till/world.h"

#include "agent/base/clock.h"

#include <criterion/criterion.h>
#include <string.h>

#define CARD "2900000000018"
#define GSRN "400638133393123454"
/* Gold members have 11 % off, as in the world's own rules; codes of their own. */
#define RULES(codes)                                                                                                 \
    "{\"format\":\"loyald-bundle/1\",\"id\":\"main\",\"version\":2,\"currency\":\"RUB\",\"minor_digits\":2,"         \
    "\"layers\":[{\"id\":\"card\",\"mode\":\"best\"}],\"promotions\":[{\"id\":\"gold\",\"layer\":\"card\","          \
    "\"when\":{\"member\":{\"required\":true}},\"reward\":{\"kind\":\"percent_off\",\"items\":{\"any\":true},"       \
    "\"percent_bp\":1000}}]," codes "}"

static struct world world;

static void begin(void)
{
    world_begin(&world, NULL);
    world_member(&world, "M1", CARD, "", 0);
    world_member(&world, "M2", GSRN, "\"tier\":\"gold\",", 0);
    cr_assert_eq(world_do(&world, "put", "s1", WORLD_ONE_LINE, NULL), PROBLEM_NONE);
}

static void end(void)
{
    world_end(&world);
}

TestSuite(scan, .init = begin, .fini = end);

static void scan_as(const char *symbology, const char *text)
{
    struct till_scan scan = {symbology, text, strlen(text), "scanner", clock_measure_ns(), false};

    till_scanned(world.till, &scan);
}

static void take_rules(const char *rules)
{
    cr_assert_eq(world_do(&world, "void", "s1", "{}", NULL), PROBLEM_NONE);
    world_rules(&world, rules, 2);
    cr_assert_eq(world.active_version, 2, "%s", world.refused);
    cr_assert_eq(world_do(&world, "put", "s2", WORLD_ONE_LINE, NULL), PROBLEM_NONE);
}

Test(scan, without_codes_in_the_rules_goes_by_the_configuration)
{
    take_rules(RULES("\"texts\":{}"));
    scan_as("]C1", "8018" GSRN);
    cr_expect_eq(world_int(&world, "s2", "total_minor"), 9000, "the GS1 number of a member is one without a word");
}

Test(scan, goes_by_the_rules_in_force)
{
    take_rules(RULES("\"codes\":[{\"kind\":\"member\",\"symbologies\":[\"]Q\"],\"ai\":\"8018\"}]"));
    scan_as("]E0", CARD);
    cr_expect_eq(world_int(&world, "s2", "total_minor"), 10000, "29 is no card by these rules");
    scan_as("]Q1", "https://card.example/8018/" GSRN);
    cr_expect_eq(world_int(&world, "s2", "total_minor"), 9000);
}

Test(scan, of_a_misread_card_says_so_and_changes_nothing)
{
    scan_as("]E0", "2900000000017");
    cr_expect(world_was_told(&world, "L-306"));
    cr_expect_eq(world_int(&world, "s1", "total_minor"), 10000);
}
