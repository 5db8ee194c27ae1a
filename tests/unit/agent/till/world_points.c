/* SPDX-License-Identifier: Apache-2.0 */
#include "world_points.h"

#include "agent/base/json.h"

#include <cjson/cJSON.h>
#include <criterion/criterion.h>

#include <stdio.h>
#include <stdlib.h>

void world_begin_in_folder(struct world *world)
{
    char dir[] = "/tmp/loyald-world-XXXXXX";

    cr_assert_not_null(mkdtemp(dir));
    world_begin(world, dir);
}

void world_end_in_folder(struct world *world)
{
    char command[WORLD_TEXT + 16];

    (void)snprintf(command, sizeof command, "rm -rf '%s'", world->dir);
    world_end(world);
    cr_expect_eq(system(command), 0);
}

int64_t world_shown_balance(struct world *world, const char *sale)
{
    struct cJSON *view = NULL;
    const cJSON *member = NULL, *balances = NULL;
    int64_t value = -1;

    cr_assert_eq(world_do(world, "put", sale, WORLD_ONE_LINE, NULL), PROBLEM_NONE);
    world_scan(world, WORLD_CARD);
    if (world_do(world, "get", sale, NULL, &view) == PROBLEM_NONE &&
        json_object(view, "member", &member, NULL) == ST_OK &&
        json_object(member, "balances", &balances, NULL) == ST_OK)
        (void)json_int(balances, "bonus", -JSON_INT_MAX, JSON_INT_MAX, &value, NULL);
    json_free(view);
    return value;
}
