/* SPDX-License-Identifier: Apache-2.0 */
/* The page behind the one being put: asked for meanwhile, one at most, put only where it fits. */
#include "tests/unit/agent/link/updates_rows.h"

#include "agent/db/cache.h"
#include "agent/link/link_internal.h"
#include "agent/net/loop.h"

#include <criterion/criterion.h>

#include <string.h>

enum { PAGE = 700 }; /* members: more than a slice holds */

static struct rig rig;
static struct question first, behind; /* the page being put is the answer to the one, the other was asked meanwhile */

static void answer_page(struct question *question, int from, const char *rest)
{
    struct strbuf rows = updates_members(&rig, from, from + PAGE - 1, 5, rest);

    rig_answer(&rig, question, 200, rows.data);
    strbuf_free(&rows);
}

/* The first page is being put, and the one behind it is asked for. */
static void begin(void)
{
    rig_begin(&rig, true);
    rig_connect(&rig);
    first = rig_take(&rig, OP_UPDATES);
    answer_page(&first, 1, ",\"cursor\":\"aa.1\",\"more\":true");
    for (int turn = 0; turn < 1000 && !updates_has_some(&rig); turn++)
        loop_step(rig.world.loop, 10);
    behind = rig_take(&rig, OP_UPDATES);
}

static void end(void)
{
    question_clear(&first);
    question_clear(&behind);
    rig_end(&rig);
}

TestSuite(updates_ahead, .init = begin, .fini = end, .timeout = 60);

static bool is_ahead(struct rig *r)
{
    return r->link->updates.has_ahead;
}

static bool first_is_put(struct rig *r)
{
    return strcmp(updates_kept_cursor(r), "") != 0;
}

/* Answers the second page and sees that it is here before the first is put. */
static void answer_ahead(const char *rest)
{
    answer_page(&behind, PAGE + 1, rest);
    for (int turn = 0; turn < 100 && !is_ahead(&rig); turn++)
        loop_step(rig.world.loop, 10);
}

Test(updates_ahead, the_next_page_is_asked_for_while_one_is_put)
{
    cr_expect_str_eq(behind.args.values[0], "aa.1");
    cr_expect_str_eq(behind.args.values[1], "0");
    cr_expect_str_eq(updates_kept_cursor(&rig), "", "the cursor is not ahead of the rows");
    cr_expect_lt(cache_member_count(rig.world.cache), PAGE);
}

Test(updates_ahead, it_is_put_when_its_turn_comes)
{
    answer_ahead(",\"cursor\":\"aa.2\"");
    question_clear(&behind);
    behind = rig_take(&rig, OP_UPDATES);
    cr_expect_str_eq(behind.args.values[0], "aa.2");
    cr_expect_str_eq(behind.args.values[1], "25", "and there is no more");
    cr_expect(rig_is_put(&rig), "nothing is asked for behind a last page before it is put");
    cr_expect_eq(cache_member_count(rig.world.cache), 2 * PAGE);
    cr_expect_eq(rig.asked[OP_UPDATES], 3);
}

/* One that is here and one being put: the bound. */
Test(updates_ahead, one_page_is_ahead_at_most)
{
    answer_ahead(",\"cursor\":\"aa.2\",\"more\":true");
    for (int turn = 0; turn < 2000 && !first_is_put(&rig); turn++) {
        cr_assert_eq(rig.asked[OP_UPDATES], 2, "a third page is asked for before the first is put");
        rig_turn(&rig);
    }
    question_clear(&behind);
    behind = rig_take(&rig, OP_UPDATES);
    cr_expect_str_eq(behind.args.values[0], "aa.2");
    cr_expect_str_eq(updates_kept_cursor(&rig), "aa.1", "asked for behind the second, which is being put now");
}

Test(updates_ahead, a_restart_in_between_asks_from_what_is_put)
{
    answer_ahead(",\"cursor\":\"aa.2\"");
    cr_assert(is_ahead(&rig) && cache_member_count(rig.world.cache) < PAGE, "in the middle of it");
    rig_restart(&rig, false);
    rig_connect(&rig);
    question_clear(&behind);
    behind = rig_take(&rig, OP_UPDATES);
    cr_expect_str_eq(behind.args.values[0], "");
}

/* Whatever the cache refuses: what was asked ahead of it would leave a gap. */
static void let_the_first_fail(void)
{
    rig.link->options.retry_max_ms = 60 * 1000;
    cr_assert_eq(cache_begin(rig.world.cache, NULL), ST_OK, "its next slice finds one open");
    rig_until(&rig, rig_is_put, "the end of the first page");
    cr_assert_str_eq(updates_kept_cursor(&rig), "");
}

Test(updates_ahead, a_page_that_cannot_be_put_takes_the_one_here_with_it)
{
    answer_ahead(",\"cursor\":\"aa.2\"");
    cr_assert(is_ahead(&rig));
    let_the_first_fail();
    cr_expect_not(is_ahead(&rig));
    updates_kick(&rig.link->updates, true);
    question_clear(&behind);
    behind = rig_take(&rig, OP_UPDATES);
    cr_expect_str_eq(behind.args.values[0], "");
    cr_expect_not(updates_is_known(&rig, PAGE + 1));
}

Test(updates_ahead, a_page_that_cannot_be_put_takes_the_one_on_its_way_with_it)
{
    let_the_first_fail();
    answer_page(&behind, PAGE + 1, ",\"cursor\":\"aa.2\"");
    cr_expect_not(rig_has(&rig, OP_UPDATES), "it waits, whatever comes meanwhile");
    updates_kick(&rig.link->updates, true);
    question_clear(&behind);
    behind = rig_take(&rig, OP_UPDATES);
    cr_expect_str_eq(behind.args.values[0], "");
    cr_expect_str_eq(updates_kept_cursor(&rig), "");
    cr_expect_not(updates_is_known(&rig, PAGE + 1), "put without the one before it");
}

Test(updates_ahead, a_till_that_is_another_one_takes_none_of_it)
{
    updates_begin_anew(&rig.link->updates);
    answer_page(&behind, PAGE + 1, ",\"cursor\":\"aa.2\"");
    question_clear(&behind);
    behind = rig_take(&rig, OP_UPDATES);
    cr_expect_str_eq(behind.args.values[0], "");
    cr_expect_not(updates_is_known(&rig, PAGE + 1));
}

/* The central was put back between the two pages. */
Test(updates_ahead, a_reload_behind_a_page_begins_with_its_own_rows)
{
    bool done = false;

    answer_ahead(",\"cursor\":\"bb.1\",\"reload\":true");
    question_clear(&behind);
    behind = rig_take(&rig, OP_UPDATES);
    cr_expect_str_eq(behind.args.values[0], "bb.1");
    while (!done)
        cr_assert_eq(cache_sweep(rig.world.cache, &done, NULL), ST_OK);
    cr_expect_eq(cache_member_count(rig.world.cache), PAGE);
    cr_expect(updates_is_known(&rig, PAGE + 1));
    cr_expect_not(updates_is_known(&rig, 1), "of the history before");
}

Test(updates_ahead, a_refusal_waits_and_what_is_put_stays)
{
    rig.link->options.retry_max_ms = 60 * 1000;
    rig_answer_n(&rig, &behind, 503, "{\"code\":\"busy\"}", 15, ",\"retry_after_ms\":3600000");
    rig_until(&rig, first_is_put, "the first page");
    cr_expect_not(rig_has(&rig, OP_UPDATES), "asked for before the central wants to be");
    cr_expect_eq(cache_member_count(rig.world.cache), PAGE);
    updates_kick(&rig.link->updates, true);
    question_clear(&behind);
    behind = rig_take(&rig, OP_UPDATES);
    cr_expect_str_eq(behind.args.values[0], "aa.1");
}

Test(updates_ahead, loyald_sync_that_goes_leaves_the_page_being_put)
{
    rig.link->options.retry_max_ms = 1;
    rig_hang_up(&rig);
    rig_until(&rig, first_is_put, "the first page");
    rig_connect(&rig);
    question_clear(&behind);
    behind = rig_take(&rig, OP_UPDATES);
    cr_expect_str_eq(behind.args.values[0], "aa.1");
}
