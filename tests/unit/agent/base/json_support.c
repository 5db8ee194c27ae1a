/* SPDX-License-Identifier: Apache-2.0 */
#include "json_support.h"

#include "agent/base/json_pool.h"
#include "tests/support/wrapped_memory.h"

#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

long json_allocations_left = -1;

void *limited_malloc(size_t size)
{
    if (json_allocations_left == 0)
        return NULL;
    if (json_allocations_left > 0)
        json_allocations_left--;
    return __real_malloc(size);
}

void *__wrap_malloc(size_t size)
{
    return limited_malloc(size);
}

static bool same_trees(const cJSON *a, const cJSON *b)
{
    int64_t x = 0, y = 0;

    if (a->type != b->type || !a->string != !b->string || (a->string && strcmp(a->string, b->string) != 0) ||
        !a->valuestring != !b->valuestring || (a->valuestring && strcmp(a->valuestring, b->valuestring) != 0))
        return false;
    if (cJSON_IsNumber(a) &&
        (json_value_int(a, -JSON_INT_MAX, JSON_INT_MAX, &x) != json_value_int(b, -JSON_INT_MAX, JSON_INT_MAX, &y) ||
         x != y))
        return false;
    for (a = a->child, b = b->child; a && b; a = a->next, b = b->next) {
        if (!same_trees(a, b))
            return false;
    }
    return !a && !b;
}

/* A pool takes and refuses the same, in the same words, and makes the same tree. */
static void expect_pool_agrees(const char *text, size_t len, enum status wanted, const cJSON *root,
                               const struct errmsg *wanted_err)
{
    struct json_pool pool = JSON_POOL_INIT;
    struct errmsg err = ERRMSG_INIT;
    const cJSON *other = NULL;

    cr_expect_eq(json_pool_parse(&pool, text, len, JSON_LEN_MAX, &other, &err), wanted);
    cr_expect(!wanted_err || strcmp(err.text, wanted_err->text) == 0, "%s: %s", err.text, wanted_err->text);
    cr_expect(wanted != ST_OK || same_trees(root, other));
    json_pool_free(&pool);
}

enum status parse(const char *text, size_t len, struct cJSON **out_root, struct errmsg *err)
{
    char *exact = __real_malloc(len ? len : 1);
    enum status st;

    cr_assert_not_null(exact);
    memcpy(exact, text, len);
    st = json_parse(exact, len, JSON_LEN_MAX, out_root, err);
    expect_pool_agrees(exact, len, st, *out_root, err);
    free(exact);
    return st;
}

struct cJSON *parsed(const char *text)
{
    struct cJSON *root = NULL;
    struct errmsg err = ERRMSG_INIT;

    cr_assert_eq(parse(text, strlen(text), &root, &err), ST_OK, "%.100s: %s", text, err.text);
    return root;
}
