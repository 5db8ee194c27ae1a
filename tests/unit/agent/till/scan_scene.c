/* SPDX-License-Identifier: Apache-2.0 */
#include "scan_scene.h"

#include "agent/base/clock.h"
#include "agent/base/json.h"
#include "agent/db/cache.h"
#include "tests/support/app_code_maker.h"

#include <cjson/cJSON.h>
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

struct world world;

void scan_begin(void)
{
    world_begin(&world, NULL);
    world_member(&world, "M1", CARD, "", 0);
    world_member(&world, "M2", GSRN, "\"tier\":\"gold\",", 0);
    cr_assert_eq(world_do(&world, "put", "s1", WORLD_ONE_LINE, NULL), PROBLEM_NONE);
}

void scan_end(void)
{
    world_end(&world);
}

void scan_as(const char *symbology, const char *text)
{
    struct till_scan scan = {symbology, text, strlen(text), "scanner", clock_measure_ns(), false};

    till_scanned(world.till, &scan);
}

void scan_rules(const char *rules)
{
    cr_assert_eq(world_do(&world, "void", "s1", "{}", NULL), PROBLEM_NONE);
    world_rules(&world, rules, 2);
    cr_assert_eq(world.active_version, 2, "%s", world.refused);
    cr_assert_eq(world_do(&world, "put", "s2", WORLD_ONE_LINE, NULL), PROBLEM_NONE);
}

const char *scan_typed(const char *text, const char *what)
{
    static char found[64];
    struct cJSON *answer = NULL;
    const char *kind = "";
    char body[256];

    (void)snprintf(body, sizeof body, "{\"text\":\"%s\"}", text);
    cr_assert_eq(world_do(&world, "type", "", body, &answer), PROBLEM_NONE);
    (void)json_text(answer, "kind", 32, &kind, NULL);
    cr_expect(strcmp(kind, "phone") != 0 || !strstr(cJSON_GetObjectItem(answer, "text")->valuestring, "1234567"),
              "no number is shown whole");
    kind = "";
    if (strcmp(what, "kind") == 0)
        (void)json_text(answer, "kind", 32, &kind, NULL);
    else
        (void)json_text(cJSON_GetObjectItem(answer, "notice"), "code", 32, &kind, NULL);
    (void)snprintf(found, sizeof found, "%s", kind);
    json_free(answer);
    return found;
}
