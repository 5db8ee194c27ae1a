/* SPDX-License-Identifier: Apache-2.0 */
/* What a scan is to the till: by the rules in force, else by its configuration. */
#include "tests/unit/agent/till/world.h"

#include "agent/base/clock.h"
#include "agent/net/loop.h"
#include "tests/support/app_code_maker.h"

#include <criterion/criterion.h>
#include <stdio.h>
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

/* ---- codes of an app ---- */

static void note_passed(void *line, const char *text, size_t len)
{
    strbuf_add(line, text, len);
    strbuf_puts(line, ";");
}

Test(scan, of_what_is_not_loyaltys_goes_on_to_the_pos_and_a_misread_card_to_nobody)
{
    struct strbuf passed = STRBUF_INIT(1024);
    const char *const codes[] = {"4601234567893", "HELLO", "2900000000018", "2900000000019", "4601234567893"};
    bool good[5];

    world.pos = (struct till_pos){&passed, note_passed};
    world_restart(&world, false);
    for (int i = 0; i < 5; i++) {
        struct till_scan scan = {
            .symbology = "]E0", .text = codes[i], .len = strlen(codes[i]), .device = "scanner", .keyed = i == 4};

        good[i] = till_scanned(world.till, &scan);
    }
    cr_expect_str_eq(strbuf_text(&passed), "4601234567893;HELLO;", "not what was typed, not a card");
    cr_expect(good[0] && good[1] && good[2] && !good[3] && good[4]);
    strbuf_free(&passed);
}

static struct pk *cloud;

static void take_app_rules(void)
{
    char pem[PK_PEM_BYTES_MAX], rules[4096], line[2 * PK_PEM_BYTES_MAX] = "";

    cr_assert_eq(pk_generate(&cloud, NULL), ST_OK);
    cr_assert_eq(pk_public_pem(cloud, pem, NULL), ST_OK);
    for (const char *c = pem; *c; c++)
        (void)strncat(line, *c == '\n' ? "\\n" : c, *c == '\n' ? 2 : 1);
    (void)snprintf(rules, sizeof rules, RULES("\"codes\":[{\"kind\":\"app_code\",\"keys\":[\"%s\"]}]"), line);
    take_rules(rules);
}

static void show_code(const char *code)
{
    scan_as("]Q1", code);
    for (int i = 0; i < 50; i++)
        loop_step(world.loop, 10);
}

static int64_t now_s(void)
{
    return clock_wall_ms(&world.clock) / 1000;
}

Test(scan, of_an_apps_code_is_a_card_once)
{
    char code[APP_CODE_BYTES_MAX + 1];

    take_app_rules();
    app_code_make(cloud, CARD, now_s() + 60, code);
    show_code(code);
    cr_expect_eq(world_int(&world, "s2", "total_minor"), 9000);
    cr_assert_eq(world_do(&world, "commit", "s2", "{}", NULL), PROBLEM_NONE);
    cr_assert_eq(world_do(&world, "put", "s3", WORLD_ONE_LINE, NULL), PROBLEM_NONE);
    show_code(code);
    cr_expect(world_was_told(&world, "L-313"), "shown before");
    cr_expect_eq(world_int(&world, "s3", "total_minor"), 10000);
    pk_destroy(cloud);
}

Test(scan, of_an_apps_code_that_is_old_or_forged_says_so)
{
    char code[APP_CODE_BYTES_MAX + 1];

    take_app_rules();
    app_code_make(cloud, CARD, now_s() - 60, code);
    show_code(code);
    cr_expect(world_was_told(&world, "L-312"));
    app_code_make(cloud, CARD, now_s() + 60, code);
    code[3] ^= 1;
    show_code(code);
    cr_expect(world_was_told(&world, "L-314"));
    app_code_make(cloud, CARD, now_s() + 48 * 3600, code);
    show_code(code);
    show_code("v1.half");
    cr_expect_eq(world_int(&world, "s2", "total_minor"), 10000);
    pk_destroy(cloud);
}

/* Whether it has expired nobody knows then; the shopper is served and IT told. */
Test(scan, of_an_apps_code_goes_on_with_a_clock_set_back)
{
    char code[APP_CODE_BYTES_MAX + 1];

    take_app_rules();
    app_code_make(cloud, CARD, now_s() + 60, code);
    world.time.wall_ms -= 86400000;
    show_code(code);
    cr_expect(world_was_told(&world, "L-315"));
    cr_expect_eq(world_int(&world, "s2", "total_minor"), 9000);
    pk_destroy(cloud);
}

Test(scan, of_an_apps_code_may_be_under_way_when_the_till_ends)
{
    char code[APP_CODE_BYTES_MAX + 1];

    take_app_rules();
    app_code_make(cloud, CARD, now_s() + 60, code);
    scan_as("]Q1", code);
    pk_destroy(cloud);
}
