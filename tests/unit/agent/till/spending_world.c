/* SPDX-License-Identifier: Apache-2.0 */
#include "spending_world.h"

#include <criterion/criterion.h>

#include <string.h>

void spending_begin(struct world *world, const char *rules)
{
    *world = (struct world){.online_points = true};
    world_begin_in_folder(world);
    world->link_up = true;
    world_rules(world, rules, 1);
    world_member(world, "M1", WORLD_CARD, "\"state\":\"active\",\"balances\":{\"bonus\":20000},", 0);
}

void spending_put(struct world *world, const char *id, const char *body)
{
    cr_assert_eq(world_do(world, "put", id, body, NULL), PROBLEM_NONE);
}

bool spending_is_said(const struct world *world)
{
    struct strbuf health = STRBUF_INIT(64 * 1024);
    struct json_writer w = JSON_WRITER_INIT(&health);
    bool said;

    till_write_health(world->till, &w);
    said = strstr(health.data, "\"spends_without_link\":true") != NULL;
    cr_assert(said || strstr(health.data, "\"spends_without_link\":false"));
    strbuf_free(&health);
    return said;
}
