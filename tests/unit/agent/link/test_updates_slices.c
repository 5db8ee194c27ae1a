/* SPDX-License-Identifier: Apache-2.0 */
/* An answer put slice by slice: what goes on meanwhile, and what ends in the middle of it. */
#include "tests/unit/agent/link/updates_rows.h"

#include "agent/db/cache.h"
#include "agent/db/pace.h"
#include "agent/net/loop.h"

#include <criterion/criterion.h>

#include <stdio.h>

static struct rig rig;

static void begin(void)
{
    rig_begin(&rig, true);
    rig_connect(&rig);
}

static void end(void)
{
    rig_end(&rig);
}

TestSuite(updates_slices, .init = begin, .fini = end, .timeout = 60);

Test(updates_slices, sales_go_on_between_slices)
{
    struct strbuf rows = updates_members(&rig, 1, 450, 5, ",\"cursor\":\"aa.450\"");
    struct question q = rig_take(&rig, OP_UPDATES);
    int64_t before = 0, now;
    int slices = 0;

    rig_answer(&rig, &q, 200, rows.data);
    question_clear(&q);
    for (int turn = 0; turn < 1000 && before < 450; turn++) {
        char id[16];

        loop_step(rig.world.loop, 10);
        now = cache_member_count(rig.world.cache);
        if (now == before)
            continue;
        cr_expect_leq(now - before, PACE_MAX, "a slice has its bound");
        cr_expect_eq(updates_kept_cursor(&rig)[0] != '\0', now == 450, "the cursor goes with the last row");
        (void)snprintf(id, sizeof id, "s%d", slices++);
        rig_sell(&rig, id);
        before = now;
    }
    cr_expect_eq(before, 450);
    cr_expect_geq(slices, 5, "a slice ends after its time as well, on a slow machine sooner");
    q = rig_take(&rig, OP_UPDATES);
    cr_expect_str_eq(q.args.values[0], "aa.450");
    question_clear(&q);
    strbuf_free(&rows);
}

Test(updates_slices, end_between_slices_repeats_and_comes_to_the_same)
{
    struct strbuf rows = updates_members(&rig, 1, 250, 5, ",\"cursor\":\"aa.250\"");
    struct question q = rig_take(&rig, OP_UPDATES);

    rig_answer(&rig, &q, 200, rows.data);
    question_clear(&q);
    for (int turn = 0; turn < 1000 && !updates_has_some(&rig); turn++)
        loop_step(rig.world.loop, 10);
    cr_assert_lt(cache_member_count(rig.world.cache), 250, "in the middle of it");
    rig_restart(&rig, false);
    cr_expect_str_eq(updates_kept_cursor(&rig), "");
    rig_connect(&rig);
    q = rig_take(&rig, OP_UPDATES);
    cr_expect_str_eq(q.args.values[0], "", "asked for once more");
    rig_answer(&rig, &q, 200, rows.data);
    question_clear(&q);
    q = rig_take(&rig, OP_UPDATES);
    cr_expect_str_eq(q.args.values[0], "aa.250");
    cr_expect_eq(cache_member_count(rig.world.cache), 250);
    question_clear(&q);
    strbuf_free(&rows);
}

Test(updates_slices, connection_lost_between_slices_changes_nothing)
{
    struct strbuf rows = updates_members(&rig, 1, 250, 5, ",\"cursor\":\"aa.250\"");
    struct question q = rig_take(&rig, OP_UPDATES);

    rig_answer(&rig, &q, 200, rows.data);
    question_clear(&q);
    for (int turn = 0; turn < 1000 && !updates_has_some(&rig); turn++)
        loop_step(rig.world.loop, 10);
    rig_connect(&rig);
    q = rig_take(&rig, OP_UPDATES);
    cr_expect_str_eq(q.args.values[0], "aa.250");
    cr_expect_eq(cache_member_count(rig.world.cache), 250);
    question_clear(&q);
    strbuf_free(&rows);
}

Test(updates_slices, lost_cache_begins_anew)
{
    struct strbuf rows = updates_members(&rig, 1, 2, 5, ",\"cursor\":\"aa.2\"");
    struct question q = rig_put(&rig, rows.data);

    question_clear(&q);
    rig_restart(&rig, true);
    rig_connect(&rig);
    q = rig_take(&rig, OP_UPDATES);
    cr_expect_str_eq(q.args.values[0], "");
    question_clear(&q);
    strbuf_free(&rows);
}
