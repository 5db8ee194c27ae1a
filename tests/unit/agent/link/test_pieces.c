/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/agent/link/rig.h"

#include "agent/base/hex.h"
#include "agent/base/json_writer.h"
#include "agent/db/cache.h"
#include "agent/db/rules.h"
#include "agent/link/link_internal.h"
#include "agent/net/loop.h"

#include <criterion/criterion.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct rig rig;

enum { PIECE = 64 * 1024 };

/* The rules under way: their file, and the answer to a poll that offers them. */
static struct strbuf file = STRBUF_INIT(4 * PIECE), offer = STRBUF_INIT(2 * PIECE);

static void begin(void)
{
    rig_begin(&rig, true);
    rig_connect(&rig);
}

static void end(void)
{
    strbuf_free(&file);
    strbuf_free(&offer);
    rig_end(&rig);
}

TestSuite(pieces, .init = begin, .fini = end, .timeout = 60);

static int promotion_count = 1; /* more take longer to compile */

/* Rules of that version, a tenth off all, as a file of at least that many bytes, and the answer that offers them. */
static void make_rules(int64_t version, size_t at_least, const struct pk *key)
{
    static int cursor;
    char *manifest, *signatures;
    struct json_writer w = JSON_WRITER_INIT(&offer);

    strbuf_clear(&file);
    strbuf_clear(&offer);
    strbuf_printf(&file,
                  "{\"format\":\"loyald-bundle/1\",\"id\":\"main\",\"version\":%" PRId64
                  ",\"currency\":\"RUB\",\"minor_digits\":2,\"layers\":[{\"id\":\"promo\",\"mode\":\"stack\"}],"
                  "\"promotions\":[",
                  version);
    for (int i = 0; i < promotion_count; i++)
        strbuf_printf(&file,
                      "%s{\"id\":\"off%d\",\"title\":{\"en\":\"off\"},\"layer\":\"promo\",\"order\":%d,"
                      "\"reward\":{\"kind\":\"percent_off\",\"items\":{\"any\":true},\"percent_bp\":1000}}",
                      i ? "," : "", i, i + 1);
    strbuf_putc(&file, ']');
    while (file.len + 1 < at_least)
        strbuf_putc(&file, ' ');
    strbuf_putc(&file, '}');
    cr_assert_eq(strbuf_status(&file), ST_OK);
    world_sign(&rig.world, "demo", file.data, version, key ? key : rig.world.office, &manifest, &signatures);
    jw_object_begin(&w);
    strbuf_printf(&offer, "\"cursor\":\"aa.%d\",\"manifest\":{", ++cursor);
    w.comma = false;
    jw_field_text(&w, "text", manifest);
    jw_field_raw(&w, "signatures", signatures, strlen(signatures));
    strbuf_puts(&offer, "}}");
    free(manifest);
    free(signatures);
}

/* Answers the next poll with the offer. */
static void offer_rules(void)
{
    struct question q = rig_take(&rig, OP_UPDATES);

    rig_answer(&rig, &q, 200, offer.data);
    question_clear(&q);
}

/* Takes the next request for a piece, which begins at that offset, and answers it from the file. */
static void serve_piece(int64_t from)
{
    struct question q = rig_take(&rig, OP_BLOB);
    int64_t at = strtoll(q.args.values[1], NULL, 10), to = strtoll(q.args.values[2], NULL, 10);

    cr_assert_eq(at, from, "asked from %" PRId64, at);
    cr_assert(to >= at && to < at + PIECE && to < (int64_t)file.len);
    rig_answer_n(&rig, &q, 206, file.data + at, (size_t)(to - at + 1), "");
    question_clear(&q);
}

static int64_t awaited_version;

static bool is_active(struct rig *r)
{
    return rule_edition_version(rulebook_active(r->world.rulebook)) == awaited_version;
}

static void until_active(int64_t version)
{
    awaited_version = version;
    rig_until(&rig, is_active, "the new rules");
}

static bool is_refused(struct rig *r)
{
    return r->world.refused[0] != '\0';
}

static bool is_down(struct rig *r)
{
    return !rig_is_up(r);
}

static bool has_fetching(struct rig *r)
{
    struct rules_entry entry;

    return rules_find(r->world.rules, RULES_FETCHING, &entry, NULL) == ST_OK;
}

/* ---- fetching ---- */

Test(pieces, file_of_one_piece_becomes_active)
{
    make_rules(1, 0, NULL);
    offer_rules();
    serve_piece(0);
    until_active(1);
    cr_expect_eq(world_count(&rig.world, "bundle_activated"), 1);
}

Test(pieces, file_of_several_pieces_becomes_active)
{
    make_rules(1, 3 * PIECE + 5, NULL);
    offer_rules();
    for (int i = 0; i < 4; i++)
        serve_piece(i * PIECE);
    until_active(1);
}

Test(pieces, shorter_piece_is_taken_and_gone_on_from)
{
    struct question q;

    make_rules(1, PIECE + 5, NULL);
    offer_rules();
    q = rig_take(&rig, OP_BLOB);
    rig_answer_n(&rig, &q, 206, file.data, 100, "");
    question_clear(&q);
    serve_piece(100);
    until_active(1);
}

Test(pieces, fetch_goes_on_at_its_offset_after_a_reconnect)
{
    struct question q;

    make_rules(1, 2 * PIECE + 5, NULL);
    offer_rules();
    serve_piece(0);
    q = rig_take(&rig, OP_BLOB);
    question_clear(&q);
    rig_connect(&rig);
    serve_piece(PIECE); /* while the poll waits: it may last a minute */
    serve_piece(2 * PIECE);
    until_active(1);
}

Test(pieces, fetch_goes_on_at_its_offset_after_a_restart)
{
    struct question q;

    make_rules(1, 2 * PIECE + 5, NULL);
    offer_rules();
    serve_piece(0);
    q = rig_take(&rig, OP_BLOB);
    question_clear(&q);
    rig_restart(&rig, false); /* the manifest is offered again from the cache */
    rig_connect(&rig);
    serve_piece(PIECE);
    serve_piece(2 * PIECE);
    until_active(1);
}

Test(pieces, refused_piece_leaves_the_link_up_and_does_not_circle)
{
    struct question q;

    make_rules(1, PIECE + 5, NULL);
    offer_rules();
    q = rig_take(&rig, OP_BLOB);
    rig_answer(&rig, &q, 404, "{\"code\":\"not_found\",\"message\":\"\"}");
    question_clear(&q);
    cr_expect_not(rig_has(&rig, OP_BLOB));
    cr_expect(rig_is_up(&rig));
    cr_expect_eq(rig.asked[OP_BLOB], 1);
    q = rig_take(&rig, OP_UPDATES); /* the next word of the central is the next try */
    rig_answer(&rig, &q, 200, "{\"cursor\":\"bb.1\"}");
    question_clear(&q);
    serve_piece(0);
    serve_piece(PIECE);
    until_active(1);
}

Test(pieces, piece_that_cannot_be_had_is_asked_for_when_the_link_is_back)
{
    struct question q;

    make_rules(1, 0, NULL);
    offer_rules();
    q = rig_take(&rig, OP_BLOB);
    rig_refuse(&rig, &q, "offline", 0);
    question_clear(&q);
    rig_until(&rig, is_down, "the word that it is down");
    cr_expect_not(rig_has(&rig, OP_BLOB));
    q = rig_take(&rig, OP_UPDATES);
    rig_answer(&rig, &q, 200, "{\"cursor\":\"bb.1\"}");
    question_clear(&q);
    serve_piece(0);
    until_active(1);
    cr_expect(rig_is_up(&rig));
}

/* The answer's callback meets a dead socket when it resumes the fetch, before the answer is read: it must live on
 * until then. */
Test(pieces, answer_outlives_a_fetch_that_meets_a_dead_socket)
{
    struct question q, poll;

    make_rules(1, 0, NULL);
    offer_rules();
    q = rig_take(&rig, OP_BLOB);
    poll = rig_take(&rig, OP_UPDATES);
    rig_answer(&rig, &q, 404, "{}");
    question_clear(&q);
    cr_expect_not(rig_has(&rig, OP_BLOB));
    rig_answer(&rig, &poll, 200, "{\"cursor\":\"bb.9\",\"members\":[]}");
    question_clear(&poll);
    rig_hang_up(&rig);
    rig_connect(&rig);
    q = rig_take(&rig, OP_UPDATES);
    cr_expect_str_eq(q.args.values[0], "bb.9", "it was taken all the same");
    question_clear(&q);
}

/* ---- refusals ---- */

Test(pieces, file_of_another_length_is_refused)
{
    struct question q;

    make_rules(1, PIECE + 5, NULL);
    offer_rules();
    serve_piece(0);
    q = rig_take(&rig, OP_BLOB);
    rig_answer_n(&rig, &q, 206, file.data, 6, ""); /* one byte too many */
    question_clear(&q);
    rig_until(&rig, is_refused, "the refusal");
    cr_expect(strstr(rig.world.refused, "length"), "%s", rig.world.refused);
    cr_expect_not(has_fetching(&rig));
    make_rules(2, 0, NULL);
    offer_rules();
    serve_piece(0);
    until_active(2);
}

Test(pieces, piece_without_a_byte_is_refused)
{
    struct question q;

    make_rules(1, 0, NULL);
    offer_rules();
    q = rig_take(&rig, OP_BLOB);
    rig_answer_n(&rig, &q, 206, "", 0, "");
    question_clear(&q);
    rig_until(&rig, is_refused, "the refusal");
}

Test(pieces, file_of_another_content_is_refused)
{
    make_rules(1, 0, NULL);
    offer_rules();
    file.data[file.len / 2] ^= 1;
    serve_piece(0);
    rig_until(&rig, is_refused, "the refusal");
    cr_expect_eq(rule_edition_version(rulebook_active(rig.world.rulebook)), 0);
}

/* What was refused is tried again after a restart (a key may be known by then), but said once. */
Test(pieces, refused_manifest_is_journalled_once)
{
    struct pk *stranger = NULL;
    int64_t records;

    cr_assert_eq(pk_generate(&stranger, NULL), ST_OK);
    make_rules(1, 0, stranger);
    offer_rules();
    rig_until(&rig, is_refused, "the refusal");
    cr_expect_eq(world_count(&rig.world, "bundle_refused"), 1);
    records = world_records(&rig.world);
    for (int i = 0; i < 3; i++) {
        rig_restart(&rig, false);
        for (int turn = 0; turn < 20; turn++) /* the worker checks it again */
            rig_turn(&rig);
    }
    rig_connect(&rig);
    offer_rules();
    cr_expect_not(rig_has(&rig, OP_BLOB));
    cr_expect_eq(world_records(&rig.world), records, "not journalled again and again");
    pk_destroy(stranger);
    make_rules(1, 0, NULL);
    offer_rules();
    serve_piece(0);
    until_active(1);
}

/* ---- staged ---- */

static bool is_staged(struct rig *r)
{
    struct rules_entry entry;

    return rules_find(r->world.rules, RULES_STAGED, &entry, NULL) == ST_OK;
}

Test(pieces, rules_staged_before_a_restart_become_active_after_it)
{
    cr_assert_eq(world_do(&rig.world, "put", "s1", WORLD_ONE_LINE, NULL), PROBLEM_NONE);
    cr_assert_eq(world_do(&rig.world, "tender", "s1", NULL, NULL), PROBLEM_NONE);
    make_rules(1, 0, NULL);
    offer_rules();
    serve_piece(0);
    rig_until(&rig, is_staged, "staging");
    for (int turn = 0; turn < 10; turn++)
        rig_turn(&rig);
    cr_expect_eq(rule_edition_version(rulebook_active(rig.world.rulebook)), 0, "a sale is in tender");
    rig_restart(&rig, false);
    until_active(1); /* without the central: all of it is here */
    cr_expect_eq(rig.asked[OP_BLOB], 1);
    cr_expect_eq(world_count(&rig.world, "bundle_activated"), 1);
}

Test(pieces, newer_offer_during_a_fetch_comes_after_it)
{
    struct question q;

    make_rules(1, 0, NULL);
    offer_rules();
    q = rig_take(&rig, OP_BLOB);
    make_rules(2, 0, NULL);
    offer_rules();
    cr_expect_not(rig_has(&rig, OP_BLOB), "one at a time");
    rig_answer(&rig, &q, 404, "{}"); /* the central has the first file no more */
    question_clear(&q);
    serve_piece(0);
    until_active(2);
}

static bool is_handed_to_the_worker(struct rig *r)
{
    struct rules_entry entry;

    return rules_find(r->world.rules, RULES_FETCHING, &entry, NULL) == ST_OK && entry.have_bytes == entry.total_bytes;
}

/* A worker still compiles: the end waits for it, and is clean. */
Test(pieces, stop_during_a_compile_is_clean)
{
    promotion_count = 1500;
    make_rules(1, 0, NULL);
    offer_rules();
    for (int64_t at = 0; at < (int64_t)file.len; at += PIECE)
        serve_piece(at);
    for (int turn = 0; turn < 1000 && !is_handed_to_the_worker(&rig); turn++)
        loop_step(rig.world.loop, 1);
    cr_expect(is_handed_to_the_worker(&rig));
    rig_end(&rig);
    rig_begin(&rig, true);
}
