/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rules that just became active are on trial: those before are kept, and come back by themselves when the new ones
 * cannot be applied to a basket or the agent ends again and again under them. What passes is journalled as healthy,
 * what does not as refused, and is not taken again; the ratchet stays, so that nothing older than what was active
 * before can come in its place.
 *
 *   settle -> ON TRIAL --TRIAL_BASKETS worked out, or TRIAL_MS passed--> healthy
 *                      --a basket that cannot be, or TRIAL_STARTS starts--> unhealthy --settle--> those before
 *
 * A start counts when the agent ended without being told to, on a machine that was not switched off meanwhile: power
 * cuts and restarts by hand say nothing of rules.
 */
#include "agent/till/rulebook_internal.h"

#include "agent/base/clock.h"
#include "agent/base/log.h"
#include "agent/base/strbuf.h"
#include "agent/db/journal.h"
#include "agent/db/rules.h"
#include "agent/engine/engine.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TRIAL_BASKETS = 20, TRIAL_MS = 30 * 60 * 1000, TRIAL_STARTS = 3 };

static void keep_trial(struct rulebook *book)
{
    char text[128];
    struct errmsg err = ERRMSG_INIT;
    int len = snprintf(text, sizeof text, "%" PRId64 " %d %.64s", book->active->version, book->trial.starts,
                       book->options.boot_id ? book->options.boot_id : "-");

    if (journal_put_state(book->options.journal, TRIAL_STATE, text, (size_t)len, &err) != ST_OK)
        log_warn("rules-07", "that version=%" PRId64 " is on trial is not kept: %s", book->active->version, err.text);
}

/* After the switch: the state was written with the ratchet. */
void rulebook_begin_trial(struct rulebook *book, struct rule_edition *before)
{
    rule_edition_release(book->trial.before);
    book->trial =
        (struct rulebook_trial){.on = true, .before = before, .since_mono_ms = clock_mono_ms(book->options.clock)};
}

void rulebook_read_trial(struct rulebook *book)
{
    char *text = NULL;
    size_t len;
    char boot_id[65] = "";
    long long version = 0;
    int starts = 0;

    if (journal_get_state(book->options.journal, TRIAL_STATE, &text, &len, NULL) == ST_OK &&
        sscanf(text, "%lld %d %64s", &version, &starts, boot_id) >= 2 && version == book->active->version) {
        rulebook_begin_trial(book, NULL);
        if (book->options.boot_id && strcmp(boot_id, book->options.boot_id) == 0)
            book->trial.starts = starts + 1;
        if (book->trial.starts >= TRIAL_STARTS)
            (void)snprintf(book->trial.fault, sizeof book->trial.fault, "the agent had to start %d times under it",
                           book->trial.starts);
        keep_trial(book);
    } else if (book->refused_version == book->active->version && rulebook_was_rolled_back(book)) {
        rulebook_begin_trial(book, NULL); /* the power went before those before were active again */
        (void)snprintf(book->trial.fault, sizeof book->trial.fault, "%s",
                       book->refused_reason + sizeof ROLLED_BACK - 1);
    }
    free(text);
}

void rulebook_leave_trial(struct rulebook *book)
{
    if (!book->trial.on || !book->options.boot_id || book->trial.fault[0] != '\0')
        return;
    book->trial.starts--; /* the start after this one is no fault of theirs */
    keep_trial(book);
}

bool rulebook_was_rolled_back(const struct rulebook *book)
{
    return strncmp(book->refused_reason, ROLLED_BACK, sizeof ROLLED_BACK - 1) == 0;
}

void rulebook_tried(struct rulebook *book, const struct rule_edition *edition, bool applied)
{
    if (!book->trial.on || edition != book->active || book->trial.fault[0] != '\0')
        return;
    if (applied)
        book->trial.baskets++;
    else
        (void)snprintf(book->trial.fault, sizeof book->trial.fault, "it could not be applied to a basket");
}

static void end_trial(struct rulebook *book)
{
    rule_edition_release(book->trial.before);
    book->trial = (struct rulebook_trial){0};
}

/* A start that finds no state takes what is active for proven; so a state that cannot be removed is tried again. */
static void confirm(struct rulebook *book)
{
    const struct journal_state over = {TRIAL_STATE, NULL, 0};

    if (book->announce_late)
        return; /* that they became active is said before */
    book->trial.passed = true;
    if (rulebook_journal(book, "bundle_activated", NULL) != ST_OK ||
        journal_put_states(book->options.journal, &over, 1, NULL) != ST_OK)
        return;
    log_info("rules-08", "healthy version=%" PRId64, book->active->version);
    end_trial(book);
}

/* What says so is written first: whatever is lost after it, the next start goes on from there. */
static enum status note_going_back(struct rulebook *book, struct errmsg *err)
{
    char text[RULEBOOK_REASON_MAX + 24];

    book->refused_version = book->active->version;
    (void)snprintf(book->refused_reason, sizeof book->refused_reason, ROLLED_BACK "%s", book->trial.fault);
    (void)snprintf(text, sizeof text, "%" PRId64 " %s", book->refused_version, book->refused_reason);
    return journal_put_states(
        book->options.journal,
        (const struct journal_state[]){{REFUSED_STATE, text, strlen(text)}, {TRIAL_STATE, NULL, 0}}, 2, err);
}

static void journal_rolled_back(struct rulebook *book, int64_t version, const char *sha256)
{
    struct strbuf body = STRBUF_INIT(4096);
    struct json_writer w = JSON_WRITER_INIT(&body);

    jw_object_begin(&w);
    jw_field_int(&w, "version", version);
    jw_field_text(&w, "sha256", sha256);
    jw_field_text(&w, "reason", book->refused_reason);
    jw_field_bool(&w, "rolled_back", true);
    jw_object_end(&w);
    (void)book->options.journal_record(book->options.context, "bundle_refused", body.data, body.len, NULL);
    strbuf_free(&body);
}

static void go_back(struct rulebook *book)
{
    struct rule_edition *bad = book->active, *before = book->trial.before;
    struct errmsg err = ERRMSG_INIT;
    enum status st = ST_OK;

    book->trial.before = NULL;
    if (!before) /* after a start it is read again */
        st = rulebook_load(book, RULES_PREVIOUS, &before, &err);
    if (st == ST_OK)
        st = note_going_back(book, &err);
    if (st == ST_OK)
        st = rules_go_back(book->options.rules, &err);
    if (st != ST_OK) {
        log_error("rules-09", "version=%" PRId64 " is unhealthy (%s) and stays, those before cannot be had: %s",
                  bad->version, book->trial.fault, err.text);
        rule_edition_release(before);
        end_trial(book);
        return;
    }
    log_error("rules-10", "version=%" PRId64 " is unhealthy, version %" PRId64 " is active again: %s", bad->version,
              before->version, book->trial.fault);
    book->active = before;
    end_trial(book);
    (void)rulebook_journal(book, "bundle_activated", NULL);
    journal_rolled_back(book, bad->version, bad->sha256);
    book->options.changed(book->options.context, before->version, book->refused_reason);
    rule_edition_release(bad);
}

void rulebook_judge_trial(struct rulebook *book)
{
    if (!book->trial.on || !book->options.may_switch(book->options.context))
        return;
    if (book->trial.fault[0] != '\0')
        go_back(book);
    else if (book->trial.baskets >= TRIAL_BASKETS ||
             clock_mono_ms(book->options.clock) - book->trial.since_mono_ms >= TRIAL_MS)
        confirm(book);
}
