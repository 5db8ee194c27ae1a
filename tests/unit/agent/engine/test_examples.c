/* SPDX-License-Identifier: Apache-2.0 */
/* The examples of schema/rules against the compiler: the valid ones compile, the invalid ones are refused. */
#include "agent/engine/engine.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int is_json(const struct dirent *entry)
{
    size_t len = strlen(entry->d_name);

    return len > 5 && strcmp(entry->d_name + len - 5, ".json") == 0;
}

static enum status compile_file(const char *path, struct errmsg *err)
{
    static char text[1 << 20];
    FILE *file = fopen(path, "rb");
    struct bundle *bundle = NULL;
    enum status st;
    size_t len;

    cr_assert(file, "%s", path);
    len = fread(text, 1, sizeof text, file);
    fclose(file);
    st = bundle_compile(text, len, &bundle, NULL, err);
    if (st == ST_OK)
        bundle_destroy(bundle);
    return st;
}

static int compile_all(const char *folder, enum status wanted)
{
    char path[1024];
    struct dirent **names;
    int count, wrong = 0;

    (void)snprintf(path, sizeof path, LOYALD_SOURCE_DIR "/schema/rules/%s", folder);
    count = scandir(path, &names, is_json, alphasort);
    cr_assert(count >= 10, "%s", path);
    for (int i = 0; i < count; i++) {
        struct errmsg err = ERRMSG_INIT;

        (void)snprintf(path, sizeof path, LOYALD_SOURCE_DIR "/schema/rules/%s/%s", folder, names[i]->d_name);
        if (compile_file(path, &err) != wanted) {
            fprintf(stderr, "%s: %s\n", path, *err.text ? err.text : "compiled");
            wrong++;
        }
        free(names[i]);
    }
    free(names);
    return wrong;
}

Test(examples, valid_ones_compile)
{
    cr_assert_eq(compile_all("valid", ST_OK), 0);
}

Test(examples, invalid_ones_are_refused)
{
    cr_assert_eq(compile_all("invalid", ST_INVALID), 0);
}
