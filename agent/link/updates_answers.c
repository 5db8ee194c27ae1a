/* SPDX-License-Identifier: Apache-2.0 */
/* What comes in answer to a poll: taken when it fits, kept while another is being put, or refused. */
#include "agent/link/link_internal.h"

#include "agent/base/clock.h"
#include "agent/base/json.h"
#include "agent/base/log.h"

#include <string.h>

enum { IDLE_MIN_MS = 500 };

static bool brought_nothing(const struct updates *updates)
{
    const struct link_options *options = &updates->link->options;
    int64_t took_ms = clock_mono_ms(options->clock) - updates->of.asked_mono_ms;
    const char *cursor;

    return !rows_left(&updates->rows) && took_ms < IDLE_MIN_MS && !updates_tells_rules(updates) &&
           json_text(updates->tree, "cursor", OPERATION_ARG_BYTES_MAX, &cursor, NULL) == ST_OK &&
           strcmp(cursor, updates->of.cursor) == 0;
}

static void look_at_answer(struct updates *updates, const struct json_left_out *apart)
{
    updates_hear_time(updates);
    updates_take_acked(updates);
    rows_of(updates->tree, updates->text.data, updates->text.len, apart, &updates->rows);
    updates_leave_leases_of_another_life(updates);
    updates->another = false;
    updates->reload = updates->have_more = updates->put = false;
    (void)json_bool(updates->tree, "more", &updates->have_more, NULL);
    (void)json_bool(updates->tree, "reload", &updates->reload, NULL);
    updates->reload = updates->reload || updates->of.cursor[0] == '\0'; /* all of it was asked for */
    updates->idle = brought_nothing(updates);
}

static void say_unreadable(const char *why)
{
    log_warn("link-27", "updates cannot be read: %s", why);
}

static void drop_and_wait(struct updates *updates)
{
    updates_drop_answers(updates);
    updates_wait(updates, 1000);
}

/* The answer to updates->asked, in updates->text. */
static void take_answer(struct updates *updates)
{
    char cursor[OPERATION_ARG_BYTES_MAX + 1];
    struct json_left_out apart = {0};
    struct errmsg err = ERRMSG_INIT;

    updates->of = updates->asked;
    updates_cursor(updates, cursor);
    if (strcmp(cursor, updates->of.cursor) != 0) {
        updates_drop_answers(updates);
        updates_poll_now(updates);
    } else if (json_pool_parse_without(&updates->pool, strbuf_text(&updates->text), updates->text.len,
                                       UPDATES_ANSWER_BYTES_MAX, ROWS_APART, &updates->tree, &apart, &err) != ST_OK) {
        say_unreadable(err.text);
        drop_and_wait(updates);
    } else if (updates_hear_incarnation(updates, &err) != ST_OK) {
        log_error("link-30", "updates wait, what may be spent here could not be journalled: %s", err.text);
        drop_and_wait(updates);
    } else {
        look_at_answer(updates, &apart);
        updates_next_turn(updates);
        updates_ask_ahead(updates);
    }
}

void updates_give_up(struct updates *updates, const struct errmsg *err)
{
    log_error("link-25", "updates cannot be stored: %s", err->text);
    drop_and_wait(updates);
}

/* No longer than the long-poll that should have been. */
static void wait_idly(struct updates *updates)
{
    int64_t poll_ms = updates->link->options.poll_wait_s * 1000;

    updates_wait_up_to(
        updates, poll_ms < updates->link->options.retry_max_ms ? poll_ms : updates->link->options.retry_max_ms, 0);
}

/* What is ahead takes the place of what was put, whose memory is for the next. */
static void take_ahead(struct updates *updates)
{
    struct strbuf text = updates->text;

    updates->text = updates->ahead;
    updates->ahead = text;
    strbuf_clear(&updates->ahead);
    updates->has_ahead = false;
    updates->tree = NULL;
    take_answer(updates);
}

void updates_end_answer(struct updates *updates)
{
    bool failed = updates->ahead_failed;

    updates_offer_told(updates);
    updates_take_counted(updates);
    updates_take_terms(updates);
    if (updates->idle) {
        updates_drop_answers(updates);
        wait_idly(updates);
        return;
    }
    updates->retry.failures = 0;
    if (updates->has_ahead) {
        take_ahead(updates);
        return;
    }
    updates_drop_answers(updates);
    if (failed)
        updates_wait(updates, updates->ahead_wait_ms);
    else
        updates_poll_now(updates);
}

/* It is asked for again: later, and not before what is being put is. */
static void fail(struct updates *updates, int64_t at_least_ms)
{
    if (!updates->tree) {
        updates_wait(updates, at_least_ms);
        return;
    }
    updates->ahead_failed = true;
    updates->ahead_wait_ms = at_least_ms;
}

static void take_refusal(struct updates *updates, const struct courier_answer *answer)
{
    struct cJSON *root = NULL;
    const char *code = "", *message = "";

    if (json_parse(answer->body, answer->len, UPDATES_ANSWER_BYTES_MAX, &root, NULL) == ST_OK) {
        (void)json_text(root, "code", 64, &code, NULL);
        (void)json_text(root, "message", 1024, &message, NULL);
    }
    log_warn("link-26", "updates were refused status=%d: %.*s", answer->http_status,
             (int)(answer->len < 300 ? answer->len : 300), answer->body);
    if (answer->http_status == 409 && strcmp(code, "fork") == 0)
        outbox_hear_fork(&updates->link->outbox, message);
    json_free(root);
}

void updates_answered(void *context, const struct courier_answer *answer)
{
    struct updates *updates = context;
    struct strbuf *text = updates->tree ? &updates->ahead : &updates->text;

    updates->in_flight = false;
    link_heard(updates->link, answer);
    if (answer->outcome != COURIER_ANSWERED || answer->http_status != 200) {
        if (answer->outcome == COURIER_ANSWERED)
            take_refusal(updates, answer);
        fail(updates, answer->retry_after_ms);
        return;
    }
    strbuf_clear(text);
    strbuf_add(text, answer->body, answer->len);
    if (strbuf_status(text) != ST_OK) {
        say_unreadable(status_text(strbuf_status(text)));
        strbuf_free(text);
        fail(updates, 1000);
    } else if (updates->tree) {
        updates->has_ahead = true;
    } else {
        take_answer(updates);
    }
}
