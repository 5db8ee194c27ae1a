/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/agent/link/updates_rows.h"

#include "agent/base/file.h"
#include "agent/base/hex.h"
#include "agent/base/json.h"
#include "agent/base/json_writer.h"
#include "agent/db/cache.h"
#include "agent/db/journal.h"
#include "agent/link/link_internal.h"
#include "agent/net/loop.h"
#include "agent/till/member.h"
#include "sync/protocol/manifest.h"

#include <cjson/cJSON.h>
#include <criterion/criterion.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

TestSuite(updates, .init = begin, .fini = end, .timeout = 60);

static const char *cursor(void)
{
    return updates_kept_cursor(&rig);
}

static struct strbuf members(int from, int to, int64_t bonus, const char *rest)
{
    return updates_members(&rig, from, to, bonus, rest);
}

static bool is_known(int i)
{
    return updates_is_known(&rig, i);
}

/* ---- polls ---- */

Test(updates, everything_is_asked_for_first_and_at_once)
{
    struct question q = rig_take(&rig, OP_UPDATES);

    cr_expect_str_eq(q.args.values[0], "");
    cr_expect_str_eq(q.args.values[1], "0");
    rig_answer(&rig, &q, 200, "{\"cursor\":\"aa.1\",\"incarnation\":\"00000000000000aa\",\"more\":false}");
    question_clear(&q);
    q = rig_take(&rig, OP_UPDATES);
    cr_expect_str_eq(q.args.values[0], "aa.1");
    cr_expect_str_eq(q.args.values[1], "25");
    cr_expect_eq(q.deadline_ms, 40000);
    question_clear(&q);
}

/* The same path is asked for again while nothing changes: what a proxy kept of the last answer is no answer. */
Test(updates, an_answer_out_of_a_proxys_cache_moves_no_cursor)
{
    struct question q = rig_take(&rig, OP_UPDATES), cached = q;

    rig_answer(&rig, &q, 200, "{\"cursor\":\"aa.1\",\"incarnation\":\"00000000000000aa\",\"more\":false}");
    question_clear(&q);
    for (int i = 0; i < 2; i++) {
        q = rig_take(&rig, OP_UPDATES);
        cr_expect_str_eq(q.args.values[0], "aa.1");
        cached.id = q.id;
        rig_answer(&rig, &cached, 200, "{\"cursor\":\"aa.0\",\"incarnation\":\"00000000000000aa\",\"more\":false}");
        question_clear(&q);
    }
    q = rig_take(&rig, OP_UPDATES);
    cr_expect_str_eq(q.args.values[0], "aa.1");
    question_clear(&q);
}

Test(updates, more_is_asked_for_at_once)
{
    struct question q = rig_put(&rig, "{\"cursor\":\"aa.1\",\"more\":true}");

    cr_expect_str_eq(q.args.values[0], "aa.1");
    cr_expect_str_eq(q.args.values[1], "0");
    rig_answer(&rig, &q, 200, "{\"cursor\":\"aa.2\",\"more\":false}");
    question_clear(&q);
    q = rig_take(&rig, OP_UPDATES);
    cr_expect_str_eq(q.args.values[1], "25");
    question_clear(&q);
}

Test(updates, answer_that_brings_nothing_at_once_is_waited_for)
{
    struct question q = rig_put(&rig, "{\"cursor\":\"aa.1\"}");

    rig.link->options.retry_max_ms = 60 * 1000;
    rig.link->updates.retry.failures = 10;
    rig.link->updates.have_more = false;
    rig_answer(&rig, &q, 200, "{\"cursor\":\"aa.1\",\"more\":true}");
    cr_expect_not(rig_has(&rig, OP_UPDATES), "asked %d times", rig.asked[OP_UPDATES]);
    question_clear(&q);
}

Test(updates, long_poll_that_ends_empty_is_no_failure)
{
    struct question q = rig_put(&rig, "{\"cursor\":\"aa.1\"}");

    rig.link->options.retry_max_ms = 60 * 1000;
    rig.link->updates.retry.failures = 10;
    rig.world.time.mono_ms += 25 * 1000;
    rig_answer(&rig, &q, 200, "{\"cursor\":\"aa.1\"}");
    question_clear(&q);
    q = rig_take(&rig, OP_UPDATES);
    cr_expect_eq(rig.link->updates.retry.failures, 0);
    question_clear(&q);
}

static const char *const unusable[] = {
    "", "[]", "7", "{}", "{\"cursor\":7}", "{\"cursor\":\"\"}", "{\"cursor\":\"a b\"}", "{\"cursor\":\"aa.2\""};

Test(updates, answer_that_cannot_be_used_is_waited_for_and_moves_nothing)
{
    struct question q = rig_put(&rig, "{\"cursor\":\"aa.1\"}");

    for (size_t i = 0; i < sizeof unusable / sizeof unusable[0]; i++) {
        rig_answer(&rig, &q, 200, unusable[i]);
        question_clear(&q);
        cr_assert_not(rig_has(&rig, OP_UPDATES), "asked again at once after: %s", unusable[i]);
        cr_assert_str_eq(cursor(), "aa.1", "after: %s", unusable[i]);
        updates_kick(&rig.link->updates, true); /* in place of the second to wait */
        q = rig_take(&rig, OP_UPDATES);
    }
    question_clear(&q);
}

Test(updates, refusals_and_errors_are_waited_for)
{
    struct question q = rig_take(&rig, OP_UPDATES);

    rig_answer_n(&rig, &q, 503, "{\"code\":\"busy\"}", 15, ",\"retry_after_ms\":3600000");
    question_clear(&q);
    cr_expect_not(rig_has(&rig, OP_UPDATES));
    updates_kick(&rig.link->updates, true);
    q = rig_take(&rig, OP_UPDATES);
    rig_refuse(&rig, &q, "offline", 3600000);
    question_clear(&q);
    cr_expect_not(rig_has(&rig, OP_UPDATES));
    cr_expect_not(rig_is_up(&rig));
    rig_sell(&rig, "s1"); /* sales go on, and do not make it ask */
    cr_expect_not(rig_has(&rig, OP_UPDATES));
}

/* ---- rows ---- */

Test(updates, members_usage_and_lost_cards_are_taken)
{
    struct strbuf rows = members(1, 3, 5400,
                                 ",\"usage\":[{\"promotion\":\"opening-week\",\"uses\":812,"
                                 "\"epoch\":\"00000000000000e1\",\"seq\":0}],\"cursor\":\"aa.7\"");
    struct question q = rig_put(&rig, rows.data);
    char body[256], hex[2 * IDENTITY_HASH_BYTES + 1], card[14];
    uint8_t hash[IDENTITY_HASH_BYTES];

    cr_expect_str_eq(cursor(), "aa.7");
    cr_expect(is_known(1) && is_known(2) && is_known(3));
    cr_expect_eq(cache_member_count(rig.world.cache), 3);
    updates_card(2, card);
    identity_hash(&rig.world.identity, "card", card, hash);
    hex_encode(hash, sizeof hash, hex);
    (void)snprintf(body, sizeof body, "{\"cursor\":\"aa.8\",\"identifiers_gone\":[\"%s\"]}", hex);
    rig_answer(&rig, &q, 200, body);
    question_clear(&q);
    q = rig_take(&rig, OP_UPDATES);
    cr_expect_not(is_known(2), "a lost card finds nobody");
    cr_expect(is_known(1));
    question_clear(&q);
    strbuf_free(&rows);
}

static bool note_usage(void *context, const char *promotion, int64_t uses)
{
    if (strcmp(promotion, "opening-week") == 0)
        *(int64_t *)context = uses;
    return true;
}

Test(updates, usage_is_counted_by_promotion)
{
    struct question q =
        rig_put(&rig, "{\"cursor\":\"aa.1\",\"usage\":[{\"promotion\":\"opening-week\",\"uses\":812,\"seq\":0}]}");
    int64_t uses = 0;

    cr_assert_eq(cache_each_usage(rig.world.cache, rig_position_of, NULL, note_usage, &uses, NULL), ST_OK);
    cr_expect_eq(uses, 812);
    question_clear(&q);
}

Test(updates, bad_rows_are_left_out_and_the_rest_is_taken)
{
    struct strbuf body = STRBUF_INIT(UPDATES_ANSWER_MAX);
    struct question q;

    strbuf_puts(&body, "{\"members\":[");
    updates_add_member(&rig, &body, 1, 1);
    strbuf_puts(&body,
                ",{},7,null,[],\"x\",{\"id\":5},{\"id\":\"\"},{\"id\":\"B1\",\"identifiers\":[\"zz\"]},"
                "{\"id\":\"B2\",\"identifiers\":7},{\"id\":\"B3\",\"epoch\":\"q\"},{\"id\":\"B4\",\"seq\":-1}");
    updates_add_member(&rig, &body, 2, 2);
    strbuf_puts(
        &body,
        "],\"usage\":[{},7,{\"promotion\":\"p\",\"uses\":-1},{\"promotion\":\"p\",\"uses\":1,\"epoch\":\"zz\"},"
        "{\"promotion\":\"opening-week\",\"uses\":3}],\"identifiers_gone\":[7,\"\",\"zz\",{}],\"cursor\":\"aa.3\"}");
    q = rig_put(&rig, body.data);
    cr_expect_str_eq(cursor(), "aa.3");
    cr_expect(is_known(1) && is_known(2));
    question_clear(&q);
    strbuf_free(&body);
}

/* Members are read one by one where they stand: those before the place are in the cache, the cursor is not. */
Test(updates, members_that_are_no_json_in_the_middle_move_no_cursor)
{
    struct strbuf body = STRBUF_INIT(UPDATES_ANSWER_MAX);
    struct question q = rig_take(&rig, OP_UPDATES);

    strbuf_puts(&body, "{\"members\":[");
    updates_add_member(&rig, &body, 1, 1);
    strbuf_puts(&body, ",{\"id\":M2}],\"cursor\":\"aa.1\"}");
    rig_answer(&rig, &q, 200, body.data);
    question_clear(&q);
    cr_expect_not(rig_has(&rig, OP_UPDATES), "asked again at once");
    cr_expect_str_eq(cursor(), "");
    updates_kick(&rig.link->updates, true);
    q = rig_take(&rig, OP_UPDATES);
    cr_expect_str_eq(q.args.values[0], "");
    question_clear(&q);
    strbuf_free(&body);
}

Test(updates, white_space_between_members_is_none_of_theirs)
{
    struct strbuf body = STRBUF_INIT(UPDATES_ANSWER_MAX);
    struct cache_member row = {0};
    struct question q;

    strbuf_puts(&body, "{ \"members\" : [");
    updates_add_member(&rig, &body, 1, 17);
    strbuf_puts(&body, " \n");
    updates_add_member(&rig, &body, 2, 18);
    strbuf_puts(&body, " ] , \"cursor\":\"aa.1\"}");
    q = rig_put(&rig, body.data);
    cr_expect_str_eq(cursor(), "aa.1");
    cr_expect(is_known(1) && is_known(2));
    cr_assert_eq(cache_member_by_id(rig.world.cache, "M1", &row, NULL), ST_OK);
    cr_expect(strncmp(row.profile, "{\"id\":\"M1\"", 10) == 0 && row.profile[strlen(row.profile) - 1] == '}', "%s",
              row.profile);
    cache_member_clear(&row);
    rig_answer(&rig, &q, 200, "{\"members\":[ ],\"cursor\":\"aa.2\"}");
    question_clear(&q);
    q = rig_take(&rig, OP_UPDATES);
    cr_expect_str_eq(cursor(), "aa.2");
    question_clear(&q);
    strbuf_free(&body);
}

/* A chain may give a member many cards: all of them find him. */
Test(updates, member_with_many_cards_is_taken_up_to_the_bound)
{
    struct strbuf body = STRBUF_INIT(UPDATES_ANSWER_MAX);
    struct question q;
    uint8_t hash[IDENTITY_HASH_BYTES] = {0};

    for (int member = 0; member < 2; member++) {
        strbuf_printf(&body, "%s{\"id\":\"many-%d\",\"identifiers\":[", member ? "," : "{\"members\":[", member);
        for (int i = 0; i < MEMBER_IDENTIFIERS_MAX + member; i++) /* the second one card too many */
            strbuf_printf(&body, "%s\"%028d%02x%02x\"", i ? "," : "", 0, member, i % 256);
        strbuf_puts(&body, "]}");
    }
    strbuf_puts(&body, "],\"cursor\":\"aa.1\"}");
    q = rig_put(&rig, body.data);
    cr_expect_eq(cache_member_count(rig.world.cache), 1, "one card too many: left out and said");
    for (int i = 0; i < MEMBER_IDENTIFIERS_MAX; i++) {
        struct cache_member row = {0};

        hash[15] = (uint8_t)i;
        cr_expect_eq(cache_find_member(rig.world.cache, hash, &row, NULL), ST_OK, "card %d", i);
        cache_member_clear(&row);
    }
    cr_expect_geq(MEMBER_IDENTIFIERS_MAX, 200);
    question_clear(&q);
    strbuf_free(&body);
}

Test(updates, reload_takes_all_rows_anew)
{
    struct strbuf first = members(1, 2, 100, ",\"cursor\":\"aa.2\""),
                  again = members(1, 3, 777, ",\"reload\":true,\"cursor\":\"bb.3\"");
    struct question q = rig_put(&rig, first.data);
    struct cache_member row = {0};

    rig_answer(&rig, &q, 200, again.data);
    question_clear(&q);
    q = rig_take(&rig, OP_UPDATES);
    cr_expect_str_eq(q.args.values[0], "bb.3");
    cr_expect(is_known(3));
    cr_assert_eq(cache_member_by_id(rig.world.cache, "M1", &row, NULL), ST_OK);
    cr_expect(strstr(row.profile, "777"), "%s", row.profile);
    cache_member_clear(&row);
    question_clear(&q);
    strbuf_free(&first);
    strbuf_free(&again);
}

/* ---- the member a sale waits for ---- */

Test(updates, unknown_card_is_asked_for_and_kept)
{
    struct strbuf row = STRBUF_INIT(4096);
    struct question q = rig_put(&rig, "{\"cursor\":\"aa.1\"}"), ask;
    char card[] = "2900000000018"; /* its check digit fits */

    strbuf_puts(&row, "{\"member\":");
    world_member_row(&rig.world, "M1", card, "", 0, &row);
    strbuf_puts(&row, "}");
    cr_assert_eq(world_do(&rig.world, "put", "s1", WORLD_ONE_LINE, NULL), PROBLEM_NONE);
    world_scan(&rig.world, card);
    ask = rig_take(&rig, OP_MEMBER);
    cr_expect_eq(ask.deadline_ms, TILL_QUESTION_MS);
    rig_answer(&rig, &ask, 200, row.data);
    rig_until(&rig, updates_has_some, "the member");
    cr_expect_not(world_has_notice(&rig.world, "s1", "L-201"));
    question_clear(&q);
    question_clear(&ask);
    strbuf_free(&row);
}

/* ---- manifests too large to keep ---- */

Test(updates, manifest_out_of_bounds_does_not_hold_back_the_rows)
{
    struct strbuf rows = members(1, 2, 5, ",\"cursor\":\"aa.2\",\"manifest\":{\"signatures\":[],\"text\":\"");
    struct question q;

    rows.len--; /* the brace members() ends with */
    for (int i = 0; i < MANIFEST_BYTES_MAX; i++)
        strbuf_putc(&rows, 'x');
    strbuf_puts(&rows, "\"}}");
    q = rig_put(&rig, rows.data);
    cr_expect_str_eq(cursor(), "aa.2");
    cr_expect(is_known(1) && is_known(2));
    rig_answer(&rig, &q, 200, "{\"cursor\":\"aa.3\",\"manifest\":{\"text\":7}}");
    question_clear(&q);
    q = rig_take(&rig, OP_UPDATES);
    cr_expect_str_eq(cursor(), "aa.3");
    question_clear(&q);
    strbuf_free(&rows);
}

/* ---- rows of every kind, and a full reload ---- */

Test(updates, the_example_of_rows_is_taken)
{
    struct errmsg err = ERRMSG_INIT;
    char *text = NULL, *body = NULL;
    size_t len = 0;
    uint64_t epoch = 0;
    int64_t seq = 0;
    struct question q;

    cr_assert_eq(file_read(LOYALD_SOURCE_DIR "/schema/wire/updates.rows.json", 65536, &text, &len, &err), ST_OK, "%s",
                 err.text);
    q = rig_put(&rig, text);
    cr_assert_eq(cache_read_part(rig.world.cache, CACHE_LOTS, "M1", &body, &epoch, &seq, &err), ST_OK, "%s",
                 err.text);
    cr_expect_eq(seq, 5);
    cr_expect_not_null(strstr(body, "\"L2\""));
    free(body);
    cr_assert_eq(cache_read_part(rig.world.cache, CACHE_SEGMENTS, "M1", &body, &epoch, &seq, &err), ST_OK);
    free(body);
    cr_assert_eq(cache_read_part(rig.world.cache, CACHE_OFFERS, "M1", &body, &epoch, &seq, &err), ST_OK);
    free(body);
    free(text);
    question_clear(&q);
}

Test(updates, members_gone_at_the_central_vanish_with_a_reload)
{
    struct strbuf first = members(1, 3, 5, ",\"cursor\":\"a.1\"");
    struct strbuf again = members(2, 2, 6, ",\"cursor\":\"b.1\",\"reload\":true,\"more\":true");
    struct strbuf rest = members(4, 4, 7, ",\"cursor\":\"b.2\",\"members_gone\":[\"M99\"]");
    struct question q = rig_put(&rig, first.data);
    bool done = false;

    rig_answer(&rig, &q, 200, again.data);
    question_clear(&q);
    q = rig_take(&rig, OP_UPDATES);
    rig_until(&rig, rig_is_put, "the first page");
    cr_expect(is_known(1), "until all was told");
    cr_expect(cache_is_reloading(rig.world.cache));
    rig_answer(&rig, &q, 200, rest.data);
    question_clear(&q);
    q = rig_take(&rig, OP_UPDATES);
    for (int i = 0; i < 100 && !done; i++)
        cr_assert_eq(cache_sweep(rig.world.cache, &done, NULL), ST_OK);
    cr_expect(done && is_known(2) && is_known(4));
    cr_expect_not(is_known(1), "the first");
    cr_expect_not(is_known(3), "the third");
    question_clear(&q);
    strbuf_free(&first);
    strbuf_free(&again);
    strbuf_free(&rest);
}
