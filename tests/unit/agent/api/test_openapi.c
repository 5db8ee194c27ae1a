/* SPDX-License-Identifier: Apache-2.0 */
/* The description of the API and the routes served are the same: a scan of the file by its indentation, two for a
 * path, four for a method. */
#include "agent/api/api_internal.h"
#include "agent/base/file.h"
#include "agent/till/problem.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

enum { OPERATIONS_MAX = 64 };

struct operation {
    char method[16], path[80];
};

static struct operation described[OPERATIONS_MAX];
static int described_count;
static char *text;

static void read_operations(void)
{
    bool in_paths = false;
    char path[80] = "", *rest, *line;

    for (line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
        char word[64] = "";
        int used = 0;

        if (!isspace((unsigned char)line[0]))
            in_paths = strcmp(line, "paths:") == 0;
        if (!in_paths)
            continue;
        if (strncmp(line, "  /", 3) == 0 &&
            (sscanf(line, "  /%62[^:]:%n", word, &used) == 1 || strcmp(line, "  /:") == 0)) {
            snprintf(path, sizeof path, "/%s", word);
        } else if (sscanf(line, "    %15[a-z]:%n", word, &used) == 1 && used > 0 && line[4] != ' ' &&
                   strstr(" get put post delete patch head ", word)) {
            struct operation *operation = &described[described_count++];

            cr_assert_lt(described_count, OPERATIONS_MAX);
            snprintf(operation->path, sizeof operation->path, "%s", path);
            for (size_t i = 0; i <= strlen(word); i++)
                operation->method[i] = (char)toupper((unsigned char)word[i]);
        }
    }
}

static void load(void)
{
    struct errmsg err = ERRMSG_INIT;
    size_t len;

    cr_assert_eq(file_read(LOYALD_SOURCE_DIR "/schema/api/till.openapi.yaml", 1024 * 1024, &text, &len, &err), ST_OK,
                 "%s", err.text);
    described_count = 0;
    read_operations();
    cr_assert_gt(described_count, 0);
}

static void unload(void)
{
    free(text);
}

TestSuite(api_openapi, .init = load, .fini = unload);

Test(api_openapi, each_described_call_is_served)
{
    for (int i = 0; i < described_count; i++) {
        bool served = false;

        for (const struct http_route *route = api_routes; route->method; route++)
            served |= strcmp(route->method, described[i].method) == 0 && strcmp(route->path, described[i].path) == 0;
        cr_expect(served, "%s %s is in the file and not served", described[i].method, described[i].path);
    }
}

Test(api_openapi, each_served_call_is_described)
{
    for (const struct http_route *route = api_routes; route->method; route++) {
        bool found = false;

        for (int i = 0; i < described_count; i++)
            found |= strcmp(route->method, described[i].method) == 0 && strcmp(route->path, described[i].path) == 0;
        cr_expect(found, "%s %s is served and not in the file", route->method, route->path);
    }
}

Test(api_openapi, each_problem_has_its_own_code_and_words)
{
    for (int i = PROBLEM_BAD_JSON; i < PROBLEM_COUNT; i++) {
        const struct problem_spec *spec = problem_spec((enum problem)i);

        cr_assert_not_null(spec->code, "problem %d is not in the table", i);
        cr_expect(strlen(spec->code) == 5 && spec->http_status >= 200 && spec->name[0] != '\0', "%s", spec->code);
        cr_expect(spec->en.what[0] && spec->en.act[0] && spec->ru.what[0] && spec->ru.act[0], "%s", spec->code);
        for (int k = PROBLEM_BAD_JSON; k < i; k++) {
            cr_expect_str_neq(spec->code, problem_spec((enum problem)k)->code);
            cr_expect_str_neq(spec->name, problem_spec((enum problem)k)->name);
        }
    }
}
