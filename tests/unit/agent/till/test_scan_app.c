/* SPDX-License-Identifier: Apache-2.0 */
/* Codes that an app shows, signed by its cloud. */
#include "scan_scene.h"

#include "agent/base/clock.h"
#include "agent/db/cache.h"
#include "agent/net/loop.h"
#include "tests/support/app_code_maker.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct pk *cloud;

static void take_app_rules(void)
{
    char pem[PK_PEM_BYTES_MAX], rules[4096], line[2 * PK_PEM_BYTES_MAX] = "";
    size_t len = 0;

    cr_assert_eq(pk_generate(&cloud, NULL), ST_OK);
    cr_assert_eq(pk_public_pem(cloud, pem, NULL), ST_OK);
    for (const char *c = pem; *c; c++) {
        if (*c == '\n')
            line[len++] = '\\';
        line[len++] = *c == '\n' ? 'n' : *c;
    }
    (void)snprintf(rules, sizeof rules, RULES("\"codes\":[{\"kind\":\"app_code\",\"keys\":[\"%s\"]}]"), line);
    scan_rules(rules);
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

Test(scan, of_an_apps_code_is_known_again_after_a_restart)
{
    char dir[] = "/tmp/loyald-scan-XXXXXX", line[64], code[APP_CODE_BYTES_MAX + 1];

    cr_assert_not_null(mkdtemp(dir));
    world_end(&world);
    world_begin(&world, dir);
    world_member(&world, "M1", CARD, "", 0);
    cr_assert_eq(world_do(&world, "put", "s1", WORLD_ONE_LINE, NULL), PROBLEM_NONE);
    take_app_rules();
    app_code_make(cloud, CARD, now_s() + 60, code);
    show_code(code);
    cr_expect(!world_was_told(&world, "L-313"));
    world_restart(&world, false);
    show_code(code);
    cr_expect(world_was_told(&world, "L-313"), "shown before the restart");
    /* Past its life it is dropped: another one takes the only row. */
    world.time.wall_ms += 200000;
    app_code_make(cloud, CARD, now_s() + 60, code);
    show_code(code);
    {
        char rows[4096];

        cr_assert_eq(cache_get_state(world.cache, "app_codes", rows, sizeof rows, NULL), ST_OK);
        cr_expect(strchr(rows, '\n') == rows + strlen(rows) - 1, "%s", rows);
    }
    pk_destroy(cloud);
    world_end(&world);
    (void)snprintf(line, sizeof line, "rm -r %s", dir);
    cr_expect_eq(system(line), 0);
    world_begin(&world, NULL);
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
