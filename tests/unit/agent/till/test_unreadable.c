/* SPDX-License-Identifier: Apache-2.0 */
/* The cache is met damaged while a member shops: the sale goes on without him, and with him when it can be read
 * again. */
#include "tests/unit/agent/till/world_points.h"

#include "agent/base/json_writer.h"
#include "agent/till/member.h"

#include <criterion/criterion.h>

#include <string.h>

static struct world world;
static enum status reads;

enum status __real_till_member_write(const struct till_member *member, struct cache *cache,
                                     const struct reservations *reserved, const char *sale_id, int32_t business_day,
                                     struct json_writer *w, struct errmsg *err);
enum status __wrap_till_member_write(const struct till_member *member, struct cache *cache,
                                     const struct reservations *reserved, const char *sale_id, int32_t business_day,
                                     struct json_writer *w, struct errmsg *err);
enum status __wrap_till_member_write(const struct till_member *member, struct cache *cache,
                                     const struct reservations *reserved, const char *sale_id, int32_t business_day,
                                     struct json_writer *w, struct errmsg *err)
{
    if (reads == ST_OK)
        return __real_till_member_write(member, cache, reserved, sale_id, business_day, w, err);
    errmsg_set(err, "the database of the test");
    return reads;
}

static void begin(void)
{
    reads = ST_OK;
    world_begin(&world, NULL);
    world_member(&world, "M1", WORLD_CARD, "\"state\":\"active\",", 0);
}

static void end(void)
{
    world_end(&world);
}

TestSuite(unreadable, .init = begin, .fini = end, .timeout = 60);

Test(unreadable, a_member_does_not_stop_a_sale)
{
    static const enum status faults[] = {ST_CORRUPT, ST_IO};

    for (size_t i = 0; i < 2; i++) {
        const char *sale = i == 0 ? "s1" : "s2";

        reads = ST_OK;
        cr_assert_eq(world_do(&world, "put", sale, WORLD_ONE_LINE, NULL), PROBLEM_NONE);
        world_scan(&world, WORLD_CARD);
        reads = faults[i];
        cr_expect_eq(world_do(&world, "put", sale, WORLD_ONE_LINE, NULL), PROBLEM_NONE);
        cr_expect_gt(world_int(&world, sale, "total_minor"), 0);
        cr_expect_eq(world_do(&world, "commit", sale, "{}", NULL), PROBLEM_NONE);
    }
}
