/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/skew/shape.h"

#include <criterion/criterion.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "agent/base/file.h"
#include "agent/base/json.h"

enum { FILE_MAX = 1024 * 1024, KINDS = 0xff };

char *shape_load(const char *name, size_t *out_len)
{
    struct errmsg err = ERRMSG_INIT;
    const char *folder = getenv("LOYALD_EXAMPLES");
    char path[512], *text = NULL;

    (void)snprintf(path, sizeof path, LOYALD_SOURCE_DIR "/%s/%s", folder ? folder : "tests/skew/0.1", name);
    cr_assert_eq(file_read(path, FILE_MAX, &text, out_len, &err), ST_OK, "%s", err.text);
    return text;
}

struct cJSON *shape_load_json(const char *name)
{
    struct errmsg err = ERRMSG_INIT;
    struct cJSON *root = NULL;
    size_t len;
    char *text = shape_load(name, &len);

    cr_assert_eq(json_parse(text, len, FILE_MAX, &root, &err), ST_OK, "%s: %s", name, err.text);
    free(text);
    return root;
}

static bool is_one_of(const char *name, const char *const *names)
{
    while (*names && strcmp(*names, name) != 0)
        names++;
    return *names != NULL;
}

bool shape_has_all(const struct cJSON *now, const struct cJSON *then, const char *where)
{
    static const char *const data[] = {"attrs", "usage", "balances", "lists", NULL}; /* whose names are the chain's */
    static const char *const at_times[] = {"reason", NULL};
    const struct cJSON *one;
    bool good = true;
    int yes = cJSON_True | cJSON_False;
    char deeper[256];

    if (!now || ((now->type & KINDS) != (then->type & KINDS) && !((now->type & yes) && (then->type & yes)))) {
        cr_log_error("%s is not what it was", where);
        return false;
    }
    if (cJSON_IsArray(then))
        return !then->child || !now->child || shape_has_all(now->child, then->child, where);
    if (!cJSON_IsObject(then))
        return true;
    cJSON_ArrayForEach(one, then)
    {
        const struct cJSON *same = cJSON_GetObjectItemCaseSensitive(now, one->string);

        if ((!same && is_one_of(one->string, at_times)) || (same && is_one_of(one->string, data)))
            continue;
        (void)snprintf(deeper, sizeof deeper, "%.150s/%.60s", where, one->string);
        good = shape_has_all(same, one, deeper) && good;
    }
    return good;
}

void shape_add_unknown(struct cJSON *root)
{
    struct cJSON *one;

    cJSON_ArrayForEach(one, root) shape_add_unknown(one);
    if (cJSON_IsObject(root))
        cr_assert(cJSON_AddItemToObject(root, "of_tomorrow", cJSON_Parse("{\"deep\":[1,{\"a\":null}]}")));
}
