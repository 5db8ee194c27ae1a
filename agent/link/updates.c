/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The whole loop of what comes down:
 *
 *   poll(cursor) -> answer -> what it says of this till to its journal (updates_heard.c)
 *                          -> rows into the cache, slice by slice; the last one stores the cursor (updates_put.c)
 *                          -> manifest to the rulebook (updates_told.c) -> poll
 *   meanwhile    where there is more, the next page is asked for (ask_ahead): one, in flight or here, so that the
 *                central and the line work while the cache does
 *
 * The cursor moves only with the last row of its answer: a crash between slices repeats the answer, which changes
 * nothing. An answer is put only if it begins where the cache ends: one that was asked ahead of a page that could not
 * be put, or by the till that this one was before, is dropped (take_answer). An answer that brings nothing before its
 * long-poll is over counts as a failure: asking again at once would be a circle.
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

static void poll_now(struct updates *updates);

static void on_timer(void *context)
{
    struct updates *updates = context;

    updates->waiting = false;
    if (updates->tree)
        updates_take_turn(updates);
    else
        poll_now(updates);
}

enum status updates_init(struct updates *updates, struct link *link)
{
    *updates = (struct updates){.link = link};
    return loop_timer_create(link->options.loop, on_timer, updates, &updates->timer);
}

/* What is here of answers goes; one that is asked for finds no place that it fits, unless it begins where the cache
 * ends. */
static void drop_answers(struct updates *updates)
{
    json_free(updates->tree);
    json_free(updates->ahead);
    updates->tree = updates->ahead = NULL;
    updates->ahead_failed = false;
}

void updates_clear(struct updates *updates)
{
    drop_answers(updates);
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
    drop_answers(updates);
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

/* ---- asking ---- */

static void answered(void *context, const struct courier_answer *answer);

static bool has_room(const struct link *link)
{
    return !link->options.ballast || link->options.ballast->room == ROOM_GOOD;
}

static bool can_ask(const struct updates *updates)
{
    const struct link *link = updates->link;

    return !updates->in_flight && link->options.identity->enrolled && courier_is_connected(link->courier);
}

static void ask(struct updates *updates, const char *cursor, int64_t wait_s)
{
    struct link *link = updates->link;
    struct operation_args args = {0};

    (void)snprintf(args.values[0], sizeof args.values[0], "%s", cursor);
    (void)snprintf(args.values[1], sizeof args.values[1], "%" PRId64, wait_s);
    (void)snprintf(updates->asked.cursor, sizeof updates->asked.cursor, "%s", cursor);
    updates->asked.asked_mono_ms = clock_mono_ms(link->options.clock);
    updates->asked.asked_acked = journal_acked_position(link->options.journal);
    updates->in_flight = true;
    courier_ask(link->courier, OP_UPDATES, &args, NULL, 0, wait_s * 1000 + POLL_GRACE_MS, answered, updates);
}

static void poll_now(struct updates *updates)
{
    char cursor[OPERATION_ARG_BYTES_MAX + 1];

    /* The first thing that a disk with little room gives up. */
    if (!has_room(updates->link)) {
        wait(updates, NO_ROOM_MS);
        return;
    }
    if (updates->waiting || updates->tree || !can_ask(updates))
        return;
    updates_cursor(updates, cursor);
    /* Everything, or more of it, is wanted at once. */
    ask(updates, cursor, cursor[0] == '\0' || updates->have_more ? 0 : updates->link->options.poll_wait_s);
}

/* The page behind the one being put. */
static void ask_ahead(struct updates *updates)
{
    const char *cursor;

    if (updates->have_more && !updates->idle && has_room(updates->link) && can_ask(updates) &&
        json_text(updates->tree, "cursor", OPERATION_ARG_BYTES_MAX, &cursor, NULL) == ST_OK &&
        operation_arg_is_valid(cursor))
        ask(updates, cursor, 0);
}

/* ---- answers ---- */

static bool brought_nothing(const struct updates *updates)
{
    const struct link_options *options = &updates->link->options;
    int64_t took_ms = clock_mono_ms(options->clock) - updates->of.asked_mono_ms;
    const char *cursor;

    return !rows_left(&updates->rows) && took_ms < IDLE_MIN_MS && !updates_tells_rules(updates) &&
           json_text(updates->tree, "cursor", OPERATION_ARG_BYTES_MAX, &cursor, NULL) == ST_OK &&
           strcmp(cursor, updates->of.cursor) == 0;
}

static void look_at_answer(struct updates *updates)
{
    updates_hear_time(updates);
    updates_take_acked(updates);
    updates_leave_leases_of_another_life(updates);
    rows_of(updates->tree, &updates->rows);
    updates->another = false;
    updates->reload = updates->have_more = updates->put = false;
    (void)json_bool(updates->tree, "more", &updates->have_more, NULL);
    (void)json_bool(updates->tree, "reload", &updates->reload, NULL);
    updates->reload = updates->reload || updates->of.cursor[0] == '\0'; /* all of it was asked for */
    updates->idle = brought_nothing(updates);
}

/* The answer to updates->asked, whose tree it takes. */
static void take_answer(struct updates *updates, struct cJSON *tree)
{
    char cursor[OPERATION_ARG_BYTES_MAX + 1];
    struct errmsg err = ERRMSG_INIT;

    updates->tree = tree;
    updates->of = updates->asked;
    updates_cursor(updates, cursor);
    if (strcmp(cursor, updates->of.cursor) != 0) {
        drop_answers(updates);
        poll_now(updates);
        return;
    }
    if (updates_hear_incarnation(updates, &err) != ST_OK) {
        log_error("link-30", "updates wait, what may be spent here could not be journalled: %s", err.text);
        drop_answers(updates);
        wait(updates, 1000);
        return;
    }
    look_at_answer(updates);
    updates_next_turn(updates);
    ask_ahead(updates);
}

void updates_give_up(struct updates *updates, const struct errmsg *err)
{
    log_error("link-25", "updates cannot be stored: %s", err->text);
    drop_answers(updates);
    wait(updates, 1000);
}

/* No longer than the long-poll that should have been. */
static void wait_idly(struct updates *updates)
{
    int64_t poll_ms = updates->link->options.poll_wait_s * 1000;

    wait_up_to(updates, poll_ms < updates->link->options.retry_max_ms ? poll_ms : updates->link->options.retry_max_ms,
               0);
}

void updates_end_answer(struct updates *updates)
{
    struct cJSON *ahead = updates->ahead;
    bool failed = updates->ahead_failed;

    updates_offer_told(updates);
    updates_take_counted(updates);
    updates_take_terms(updates);
    updates->ahead = NULL;
    drop_answers(updates);
    if (updates->idle) {
        wait_idly(updates);
        return;
    }
    updates->retry.failures = 0;
    if (failed)
        wait(updates, updates->ahead_wait_ms);
    else if (ahead)
        take_answer(updates, ahead);
    else
        poll_now(updates);
}

/* It is asked for again: later, and not before what is being put is. */
static void fail(struct updates *updates, int64_t at_least_ms)
{
    if (!updates->tree) {
        wait(updates, at_least_ms);
        return;
    }
    updates->ahead_failed = true;
    updates->ahead_wait_ms = at_least_ms;
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
    struct cJSON *tree = NULL;

    updates->in_flight = false;
    link_heard(updates->link, answer);
    if (answer->outcome != COURIER_ANSWERED || answer->http_status != 200) {
        if (answer->outcome == COURIER_ANSWERED)
            take_refusal(updates, answer);
        fail(updates, answer->retry_after_ms);
        return;
    }
    if (json_parse(answer->body, answer->len, ANSWER_BYTES_MAX, &tree, &err) != ST_OK) {
        log_warn("link-27", "updates cannot be read: %s", err.text);
        fail(updates, 1000);
    } else if (updates->tree) {
        updates->ahead = tree;
    } else {
        take_answer(updates, tree);
    }
}
