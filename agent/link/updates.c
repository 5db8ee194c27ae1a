/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The whole loop of what comes down:
 *
 *   poll(cursor) -> answer -> what it says of this till to its journal (updates_heard.c)
 *                          -> rows into the cache, slice by slice; the last one stores the cursor (updates_put.c)
 *                          -> manifest to the rulebook (updates_told.c) -> poll
 *   meanwhile    where there is more, the next page is asked for (updates_ask_ahead): one, in flight or here, so
 *                that the central and the line work while the cache does
 *
 * The cursor moves only with the last row of its answer: a crash between slices repeats the answer, which changes
 * nothing. An answer is put only if it begins where the cache ends: one that was asked ahead of a page that could not
 * be put, or by the till that this one was before, is dropped (updates_answers.c). An answer that brings nothing
 * before its long-poll is over counts as a failure: asking again at once would be a circle.
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
    POLL_GRACE_MS = 15 * 1000,
    NO_ROOM_MS = 30 * 1000,
};

static void on_timer(void *context)
{
    struct updates *updates = context;

    updates->waiting = false;
    if (updates->tree)
        updates_take_turn(updates);
    else
        updates_poll_now(updates);
}

enum status updates_init(struct updates *updates, struct link *link)
{
    *updates = (struct updates){
        .link = link, .text = STRBUF_INIT(UPDATES_ANSWER_BYTES_MAX), .ahead = STRBUF_INIT(UPDATES_ANSWER_BYTES_MAX)};
    return loop_timer_create(link->options.loop, on_timer, updates, &updates->timer);
}

void updates_drop_answers(struct updates *updates)
{
    strbuf_free(&updates->text);
    strbuf_free(&updates->ahead);
    json_pool_free(&updates->pool);
    rows_clear(&updates->rows);
    updates->tree = NULL;
    updates->has_ahead = updates->ahead_failed = false;
}

void updates_clear(struct updates *updates)
{
    updates_drop_answers(updates);
    loop_timer_destroy(updates->timer);
    updates->timer = NULL;
}

void updates_kick(struct updates *updates, bool now)
{
    if (updates->tree || (updates->waiting && !now))
        return;
    loop_timer_stop(updates->timer);
    updates->waiting = false;
    updates_poll_now(updates);
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
    updates_drop_answers(updates);
    updates->have_more = false;
    loop_timer_stop(updates->timer);
    updates->waiting = false;
}

void updates_wait_up_to(struct updates *updates, int64_t max_ms, int64_t at_least_ms)
{
    updates->waiting = true;
    loop_timer_set(updates->timer, retry_next_ms(&updates->retry, max_ms, at_least_ms), 0);
}

void updates_wait(struct updates *updates, int64_t at_least_ms)
{
    updates_wait_up_to(updates, updates->link->options.retry_max_ms, at_least_ms);
}

/* ---- asking ---- */

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
    courier_ask(link->courier, OP_UPDATES, &args, NULL, 0, wait_s * 1000 + POLL_GRACE_MS, updates_answered, updates);
}

void updates_poll_now(struct updates *updates)
{
    char cursor[OPERATION_ARG_BYTES_MAX + 1];

    /* The first thing that a disk with little room gives up. */
    if (!has_room(updates->link)) {
        updates_wait(updates, NO_ROOM_MS);
        return;
    }
    if (updates->waiting || updates->tree || !can_ask(updates))
        return;
    updates_cursor(updates, cursor);
    /* Everything, or more of it, is wanted at once. */
    ask(updates, cursor, cursor[0] == '\0' || updates->have_more ? 0 : updates->link->options.poll_wait_s);
}

void updates_ask_ahead(struct updates *updates)
{
    const char *cursor;

    if (updates->have_more && !updates->idle && has_room(updates->link) && can_ask(updates) &&
        json_text(updates->tree, "cursor", OPERATION_ARG_BYTES_MAX, &cursor, NULL) == ST_OK &&
        operation_arg_is_valid(cursor))
        ask(updates, cursor, 0);
}
