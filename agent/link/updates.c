/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The whole loop of what comes down:
 *
 *   poll(cursor) -> answer -> rows into the cache, slice by slice, each slice a commit, its WAL moved in a turn of
 * its own -> the last slice stores the cursor with it -> poll
 *                          -> manifest to the rulebook (updates_told.c), word of this till to its journal (updates_heard.c)
 *
 * The cursor moves only with the last row of its answer: a crash between slices repeats the answer, which changes
 * nothing. An answer that brings nothing before its long-poll is over counts as a failure: asking again at once would
 * be a circle.
 */
#include "agent/link/link_internal.h"

#include "agent/base/clock.h"
#include "agent/base/json.h"
#include "agent/base/log.h"
#include "agent/db/ballast.h"
#include "agent/db/cache.h"
#include "agent/db/journal.h"
#include "agent/net/loop.h"
#include "agent/till/identity.h"
#include "agent/till/rulebook.h"

#include <cjson/cJSON.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    ANSWER_BYTES_MAX = 1024 * 1024,
    POLL_GRACE_MS = 15 * 1000,
    IDLE_MIN_MS = 500,
    NO_ROOM_MS = 30 * 1000,
};

#define INCARNATION "incarnation" /* in the cache's state: of the central that told these rows */

static void poll_now(struct updates *updates);
static void take_turn(struct updates *updates);

static void on_timer(void *context)
{
    struct updates *updates = context;

    updates->waiting = false;
    if (updates->tree)
        take_turn(updates);
    else
        poll_now(updates);
}

enum status updates_init(struct updates *updates, struct link *link)
{
    *updates = (struct updates){.link = link};
    return loop_timer_create(link->options.loop, on_timer, updates, &updates->timer);
}

void updates_clear(struct updates *updates)
{
    json_free(updates->tree);
    updates->tree = NULL;
    loop_timer_destroy(updates->timer);
    updates->timer = NULL;
}

void updates_kick(struct updates *updates, bool now)
{
    if (updates->tree || (updates->waiting && !now))
        return;
    loop_timer_stop(updates->timer);
    updates->waiting = false;
    poll_now(updates);
}

void updates_begin_anew(struct updates *updates)
{
    struct cache *cache = updates->link->options.cache;
    struct errmsg err = ERRMSG_INIT;
    enum status st = cache_put_state(cache, "cursor", "", &err);

    if (st == ST_OK)
        st = updates_forget_told(updates, &err);
    if (st != ST_OK) /* the central answers a foreign cursor as it would none */
        log_warn("link-21", "the old cursor stays: %s", err.text);
    json_free(updates->tree);
    updates->tree = NULL;
    updates->have_more = false;
    loop_timer_stop(updates->timer);
    updates->waiting = false;
}

static void wait_up_to(struct updates *updates, int64_t max_ms, int64_t at_least_ms)
{
    updates->waiting = true;
    loop_timer_set(updates->timer, retry_next_ms(&updates->retry, max_ms, at_least_ms), 0);
}

static void wait(struct updates *updates, int64_t at_least_ms)
{
    wait_up_to(updates, updates->link->options.retry_max_ms, at_least_ms);
}

/* ---- rows ---- */

/* The cursor, and the manifest with its timestamp should they not be taken yet, go with the last slice. */
static enum status put_cursor(struct updates *updates, struct errmsg *err)
{
    struct cache *cache = updates->link->options.cache;
    char known[CACHE_NAME_MAX + 1] = "", now[24];
    const char *cursor, *incarnation;
    enum status st = json_text(updates->tree, "cursor", OPERATION_ARG_BYTES_MAX, &cursor, err);

    if (st == ST_OK &&
        !operation_arg_is_valid(cursor)) { /* asked with, it would mean everything from the beginning */
        errmsg_set(err, "cursor: not one that can be asked with");
        st = ST_INVALID;
    }
    if (st == ST_OK && json_text(updates->tree, "incarnation", CACHE_NAME_MAX, &incarnation, NULL) == ST_OK) {
        (void)cache_get_state(cache, INCARNATION, known, sizeof known, NULL);
        updates->another = strcmp(known, incarnation) != 0;
        if (updates->another)
            st = cache_put_state(cache, INCARNATION, incarnation, err);
    }
    if (st == ST_OK)
        st = cache_put_state(cache, "cursor", cursor, err);
    (void)snprintf(now, sizeof now, "%lld", (long long)clock_wall_ms(updates->link->options.clock));
    if (st == ST_OK)
        st = cache_put_state(cache, CACHE_TOLD, now, err);
    return st == ST_OK ? updates_keep_told(updates, err) : st;
}

static void finish_answer(struct updates *updates)
{
    bool idle = updates->idle;

    updates_offer_told(updates);
    updates_take_counted(updates);
    updates_take_terms(updates);
    json_free(updates->tree);
    updates->tree = NULL;
    if (idle) { /* no longer than the long-poll that should have been */
        int64_t poll_ms = updates->link->options.poll_wait_s * 1000;

        wait_up_to(updates,
                   poll_ms < updates->link->options.retry_max_ms ? poll_ms : updates->link->options.retry_max_ms, 0);
        return;
    }
    updates->retry.failures = 0;
    poll_now(updates);
}

/* Sales first: what is left comes in the loop's next turn. A timer of 0 would come in the same one, and so all of it.
 */
static void next_turn(struct updates *updates)
{
    loop_timer_set(updates->timer, 1, 0);
}

static void give_up_answer(struct updates *updates, const struct errmsg *err)
{
    log_error("link-25", "updates cannot be stored: %s", err->text);
    json_free(updates->tree);
    updates->tree = NULL;
    wait(updates, 1000);
}

static void put_slice(struct updates *updates)
{
    struct cache *cache = updates->link->options.cache;
    struct errmsg err = ERRMSG_INIT;
    enum status st = cache_begin(cache, &err);

    if (st == ST_OK && updates->reload)
        st = cache_begin_reload(cache, &err);
    for (bool full = false; st == ST_OK && !full && rows_left(&updates->rows); full = cache_slice_is_full(cache))
        st = rows_put_one(&updates->rows, cache, &err);
    if (st == ST_OK && !rows_left(&updates->rows))
        st = put_cursor(updates, &err);
    if (st == ST_OK && !rows_left(&updates->rows) && !updates->have_more)
        st = cache_end_reload(cache, &err);
    if (st == ST_OK)
        st = cache_commit(cache, &err);
    updates->reload = updates->reload && st != ST_OK; /* begun once */
    if (st == ST_OK) {
        updates->put = !rows_left(&updates->rows);
        next_turn(updates);
    } else {
        cache_rollback(cache);
        give_up_answer(updates, &err);
    }
}

/* The rows are on disk before the journal says that they count its records. */
static void end_answer(struct updates *updates)
{
    struct errmsg err = ERRMSG_INIT;

    if (cache_sync(updates->link->options.cache, &err) == ST_OK)
        finish_answer(updates);
    else
        give_up_answer(updates, &err);
}

/* A slice, or what those before left to be done. */
static void take_turn(struct updates *updates)
{
    struct cache *cache = updates->link->options.cache;

    /* While that fails the WAL grows up to its ceiling, and what is wrong with the disk is told by what is put. */
    if (cache_wal_is_due(cache) && cache_checkpoint(cache, NULL) == ST_OK)
        next_turn(updates);
    else if (updates->put)
        end_answer(updates);
    else
        put_slice(updates);
}

/* ---- polling ---- */

static bool brought_nothing(const struct updates *updates)
{
    const struct link_options *options = &updates->link->options;
    int64_t took_ms = clock_mono_ms(options->clock) - updates->asked_mono_ms;
    const char *cursor;

    return !rows_left(&updates->rows) && took_ms < IDLE_MIN_MS && !updates_tells_rules(updates) &&
           json_text(updates->tree, "cursor", OPERATION_ARG_BYTES_MAX, &cursor, NULL) == ST_OK &&
           strcmp(cursor, updates->asked_cursor) == 0;
}

static void take_refusal(struct updates *updates, const struct courier_answer *answer)
{
    struct cJSON *root = NULL;
    const char *code = "", *message = "";

    if (json_parse(answer->body, answer->len, ANSWER_BYTES_MAX, &root, NULL) == ST_OK) {
        (void)json_text(root, "code", 64, &code, NULL);
        (void)json_text(root, "message", 1024, &message, NULL);
    }
    log_warn("link-26", "updates were refused status=%d: %.*s", answer->http_status,
             (int)(answer->len < 300 ? answer->len : 300), answer->body);
    if (answer->http_status == 409 && strcmp(code, "fork") == 0)
        outbox_hear_fork(&updates->link->outbox, message);
    json_free(root);
}

static void answered(void *context, const struct courier_answer *answer)
{
    struct updates *updates = context;
    struct errmsg err = ERRMSG_INIT;
    enum status st;

    updates->in_flight = false;
    link_heard(updates->link, answer);
    if (answer->outcome != COURIER_ANSWERED || answer->http_status != 200) {
        if (answer->outcome == COURIER_ANSWERED)
            take_refusal(updates, answer);
        wait(updates, answer->retry_after_ms);
        return;
    }
    st = json_parse(answer->body, answer->len, ANSWER_BYTES_MAX, &updates->tree, &err);
    if (st != ST_OK) {
        log_warn("link-27", "updates cannot be read: %s", err.text);
        wait(updates, 1000);
        return;
    }
    st = updates_hear_incarnation(updates, &err);
    if (st != ST_OK) {
        log_error("link-30", "updates wait, what may be spent here could not be journalled: %s", err.text);
        json_free(updates->tree);
        updates->tree = NULL;
        wait(updates, 1000);
        return;
    }
    updates_hear_time(updates);
    updates_take_acked(updates);
    updates_leave_leases_of_another_life(updates);
    rows_of(updates->tree, &updates->rows);
    updates->another = false;
    updates->reload = updates->have_more = updates->put = false;
    (void)json_bool(updates->tree, "more", &updates->have_more, NULL);
    (void)json_bool(updates->tree, "reload", &updates->reload, NULL);
    updates->reload = updates->reload || updates->asked_cursor[0] == '\0'; /* all of it was asked for */
    updates->idle = brought_nothing(updates);
    take_turn(updates);
}

static void poll_now(struct updates *updates)
{
    struct link *link = updates->link;
    struct operation_args args = {0};
    int64_t wait_s = updates->have_more ? 0 : link->options.poll_wait_s;

    /* The first thing that a disk with little room gives up. */
    if (link->options.ballast && link->options.ballast->room != ROOM_GOOD) {
        wait(updates, NO_ROOM_MS);
        return;
    }
    if (updates->in_flight || updates->waiting || updates->tree || !link->options.identity->enrolled ||
        !courier_is_connected(link->courier))
        return;
    if (cache_get_state(link->options.cache, "cursor", args.values[0], sizeof args.values[0], NULL) != ST_OK ||
        !operation_arg_is_valid(args.values[0]))
        args.values[0][0] = '\0';
    if (args.values[0][0] == '\0')
        wait_s = 0; /* everything is wanted at once */
    (void)snprintf(args.values[1], sizeof args.values[1], "%" PRId64, wait_s);
    (void)snprintf(updates->asked_cursor, sizeof updates->asked_cursor, "%s", args.values[0]);
    updates->asked_mono_ms = clock_mono_ms(link->options.clock);
    updates->asked_acked = journal_acked_position(link->options.journal);
    updates->in_flight = true;
    courier_ask(link->courier, OP_UPDATES, &args, NULL, 0, wait_s * 1000 + POLL_GRACE_MS, answered, updates);
}
