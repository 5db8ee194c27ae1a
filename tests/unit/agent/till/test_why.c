/* SPDX-License-Identifier: Apache-2.0 */
/* Why promotions applied to a sale or not: open, closed, closed before a restart, by rules that changed since. */
#include "world_points.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#define BUNDLE(version, percent)                                                                                     \
    "{\"format\":\"loyald-bundle/1\",\"id\":\"main\",\"version\":" version                                           \
    ",\"currency\":\"RUB\",\"minor_digits\":2,"                                                                      \
    "\"layers\":[{\"id\":\"l\",\"mode\":\"stack\"}],\"promotions\":[{\"id\":\"big\",\"title\":{\"en\":\"Big "        \
    "basket\"},"                                                                                                     \
    "\"layer\":\"l\",\"when\":{\"basket\":[{\"items\":{\"any\":true},\"amount_min\":12000}]},\"reward\":{\"kind\":"  \
    "\"percent_off\",\"items\":{\"any\":true},\"percent_bp\":" percent "}},{\"id\":\"some\",\"title\":\"Some off\"," \
    "\"layer\":\"l\",\"reward\":{\"kind\":\"percent_off\",\"items\":{\"any\":true},\"percent_bp\":" percent "}}]}"

static struct world world;

static void begin(void)
{
    world_begin_in_folder(&world);
    world_rules(&world, BUNDLE("1", "1000"), 1);
}

static void end(void)
{
    world_end_in_folder(&world);
}

TestSuite(till_why, .init = begin, .fini = end);

static void says(const char *id, const char *text)
{
    struct strbuf out = STRBUF_INIT(TILL_ANSWER_MAX);
    struct errmsg err = ERRMSG_INIT;

    cr_expect_eq(till_why(world.till, id, &out, &err), PROBLEM_NONE, "%s", err.text);
    cr_expect_not_null(strstr(strbuf_text(&out), text), "%s", strbuf_text(&out));
    strbuf_free(&out);
}

static void refuses(const char *id, enum problem problem)
{
    struct strbuf out = STRBUF_INIT(TILL_ANSWER_MAX);
    struct errmsg err = ERRMSG_INIT;

    cr_expect_eq(till_why(world.till, id, &out, &err), problem);
    cr_expect_eq(out.len, 0, "%s", strbuf_text(&out));
    strbuf_free(&out);
}

static void sell(const char *id, const char *total)
{
    char body[64];

    (void)snprintf(body, sizeof body, "{\"expected_total_minor\":%s}", total);
    cr_assert_eq(world_do(&world, "put", id, WORLD_ONE_LINE, NULL), PROBLEM_NONE);
    cr_assert_eq(world_do(&world, "commit", id, body, NULL), PROBLEM_NONE);
}

Test(till_why, an_open_sale_and_a_closed_one)
{
    cr_assert_eq(world_do(&world, "put", "S-1", WORLD_ONE_LINE, NULL), PROBLEM_NONE);
    says("S-1", "\"sentence\":\"Big basket: 20.00 more is missing (100.00 of 120.00).\"");
    says("S-1", "\"sentence\":\"Some off: applied, 10.00 off.\"");
    sell("S-2", "9000");
    says("S-2", "\"reason\":\"threshold\",\"missing_minor\":2000");
}

Test(till_why, the_language_is_the_tills)
{
    (void)snprintf(world.identity.language, sizeof world.identity.language, "ru");
    cr_assert_eq(world_do(&world, "put", "S-1", WORLD_ONE_LINE, NULL), PROBLEM_NONE);
    says("S-1", "Big basket: не хватает 20.00 (100.00 из 120.00).");
}

Test(till_why, a_sale_of_before_a_restart_by_its_own_rules)
{
    sell("S-1", "9000");
    world_rules(&world, BUNDLE("2", "2000"), 2);
    world_restart(&world, false);
    says("S-1", "\"rules_version\":1");
    says("S-1", "Some off: applied, 10.00 off.");
    sell("S-2", "8000");
    world_restart(&world, false);
    says("S-2", "Some off: applied, 20.00 off.");
}

Test(till_why, rules_that_are_gone_are_said_to_be)
{
    sell("S-1", "9000");
    world_rules(&world, BUNDLE("2", "2000"), 2);
    world_rules(&world, BUNDLE("3", "3000"), 3);
    world_restart(&world, false);
    refuses("S-1", PROBLEM_RULES_GONE);
}

Test(till_why, no_such_sale_and_one_without_lines)
{
    refuses("none", PROBLEM_NO_SALE);
    cr_assert_eq(world_do(&world, "open", NULL, "{\"sale_id\":\"S-1\"}", NULL), PROBLEM_NONE);
    refuses("S-1", PROBLEM_NO_LINES);
}
