/* SPDX-License-Identifier: Apache-2.0 */
#include "json_support.h"

#include "agent/base/json_pool.h"

#include <string.h>

#include <criterion/criterion.h>

/* Numbers whose integer is exact, and those that must not pass for one; cJSON's reader rounds some of these. */
Test(json_pool, tells_integers_from_all_other_numbers)
{
    static const struct {
        const char *text;
        enum status st;
        int64_t value;
    } cases[] = {
        {"9007199254740991", ST_OK, JSON_INT_MAX},
        {"-9007199254740991", ST_OK, -JSON_INT_MAX},
        {"9007199254740992", ST_INVALID, 0},
        {"9007199254740991.000", ST_OK, JSON_INT_MAX},
        {"900719925474099100e-2", ST_OK, JSON_INT_MAX},
        {"0.00000000000000000001e20", ST_OK, 1},
        {"1.00000000000000000001", ST_INVALID, 0},
        {"0.99999999999999999999", ST_INVALID, 0},
        {"5000000000000000.5", ST_INVALID, 0},
        {"123456789012345678901234567890", ST_INVALID, 0},
        {"1e999999999", ST_INVALID, 0},
        {"1e-999999999", ST_INVALID, 0},
        {"0e999999999", ST_OK, 0},
        {"120e-1", ST_OK, 12},
        {"125e-1", ST_INVALID, 0},
        {"-0.0", ST_OK, 0},
    };
    struct json_pool pool = JSON_POOL_INIT;

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const cJSON *root = NULL;
        int64_t value = 0;

        cr_assert_eq(json_pool_parse(&pool, cases[i].text, strlen(cases[i].text), JSON_LEN_MAX, &root, NULL), ST_OK);
        cr_expect_eq(json_value_int(root, -JSON_INT_MAX, JSON_INT_MAX, &value), cases[i].st, "%s", cases[i].text);
        cr_expect(cases[i].st != ST_OK || value == cases[i].value, "%s", cases[i].text);
    }
    json_pool_free(&pool);
}

/* The parts of a text one by one are what the whole text is. */
Test(json_pool, reads_an_array_element_by_element)
{
    static const char text[] = "{\"a\":[\"]\\\"\",[1,{\"b\":[]}] , 3],\"p\":[ {\"x\":\"]}\"} ,2\n,[[]]] ,\"z\":[0]}";
    struct json_pool outer = JSON_POOL_INIT, inner = JSON_POOL_INIT;
    const cJSON *root = NULL, *value = NULL;
    struct json_left_out out;
    size_t at, count = 0;

    cr_assert_eq(json_pool_parse_without(&outer, text, strlen(text), JSON_LEN_MAX, "p", &root, &out, NULL), ST_OK);
    at = out.at;
    cr_expect_eq(out.count_max, 3);
    cr_expect_eq(cJSON_GetArraySize(root), 3);
    cr_expect_eq(cJSON_GetArraySize(cJSON_GetObjectItemCaseSensitive(root, "p")), 0);
    cr_expect_eq(cJSON_GetArraySize(cJSON_GetObjectItemCaseSensitive(root, "a")), 3);
    for (;; count++) {
        cr_assert_eq(json_pool_element(&inner, text, strlen(text), &at, &value, NULL), ST_OK);
        if (!value)
            break;
        cr_expect_eq(value->type, count == 0 ? cJSON_Object : count == 1 ? cJSON_Number : cJSON_Array);
    }
    cr_expect_eq(count, 3);
    /* Without such an array nothing is left out. */
    cr_assert_eq(json_pool_parse_without(&outer, text, strlen(text), JSON_LEN_MAX, "q", &root, &out, NULL), ST_OK);
    cr_expect_eq(out.at, 0);
    json_pool_free(&outer);
    json_pool_free(&inner);
}

Test(json_pool, tells_what_is_wrong_in_an_element)
{
    static const char *const texts[] = {"[1 2]", "[1,]", "[,1]", "[1", "[", "[tru]", "[{\"a\":1,\"a\":2}]",
                                        "[1}",   "[1,2"};
    struct json_pool pool = JSON_POOL_INIT;

    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct errmsg err = ERRMSG_INIT;
        const cJSON *value;
        size_t at = 0;
        enum status st;

        do
            st = json_pool_element(&pool, texts[i], strlen(texts[i]), &at, &value, &err);
        while (st == ST_OK && value);
        cr_expect_eq(st, ST_INVALID, "%s", texts[i]);
        cr_expect_neq(err.text[0], '\0');
    }
    json_pool_free(&pool);
}

Test(json_pool, without_memory_says_so)
{
    struct json_pool pool = JSON_POOL_INIT;
    struct errmsg err = ERRMSG_INIT;
    const cJSON *root;

    json_allocations_left = 0;
    cr_expect_eq(json_pool_parse(&pool, "[\"a\"]", 5, JSON_LEN_MAX, &root, &err), ST_NOMEM);
    json_allocations_left = -1;
    cr_expect_not_null(strstr(err.text, "out of memory"));
    json_pool_free(&pool);
}
