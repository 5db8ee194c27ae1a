/* SPDX-License-Identifier: Apache-2.0 */
/* A manifest's file: fetched in pieces, compiled in a worker, staged on disk, made active between two sales. */
#include "agent/base/plural.h"
#include "agent/till/rulebook_internal.h"

#include "agent/base/clock.h"
#include "agent/base/log.h"
#include "agent/base/sha256.h"
#include "agent/db/journal.h"
#include "agent/db/rules.h"
#include "agent/engine/engine.h"
#include "agent/net/loop.h"
#include "agent/receipt/bundle_receipts.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PIECE_BYTES = 64 * 1024 };

struct compile_job {
    struct rulebook *book;
    enum rules_state from; /* where the bytes are in rules.db */
    char *bytes;
    size_t len;
    struct bundle *bundle; /* the outcome */
    struct bundle_report *report;
    enum status st;
    struct errmsg err;
};

static void ask_piece(struct rulebook *book)
{
    int64_t to = book->have_bytes + PIECE_BYTES - 1;

    if (book->fetch_asked || book->progress != FETCHING)
        return;
    if (to >= book->manifest.bundle_bytes)
        to = book->manifest.bundle_bytes - 1;
    book->fetch_asked = true;
    book->options.fetch(book->options.context, book->sha256, book->have_bytes, to);
}

static void compile_stored(struct rulebook *book, enum rules_state from);

/* This very file was fetched, checked and staged before a restart. */
static bool is_staged(const struct rulebook *book)
{
    struct rules_entry staged;

    return rules_find(book->options.rules, RULES_STAGED, &staged, NULL) == ST_OK &&
           memcmp(staged.sha256, book->manifest.bundle_sha256, SHA256_BYTES) == 0;
}

void rulebook_begin_fetch(struct rulebook *book)
{
    struct rules_entry entry = {.version = book->manifest.version,
                                .total_bytes = book->manifest.bundle_bytes,
                                .manifest = book->manifest_text,
                                .signatures = book->signatures_text};
    struct rules_entry under_way;
    struct errmsg err = ERRMSG_INIT;
    enum status st;

    if (is_staged(book)) {
        compile_stored(book, RULES_STAGED);
        return;
    }
    memcpy(entry.sha256, book->manifest.bundle_sha256, SHA256_BYTES);
    st = rules_begin(book->options.rules, &entry, clock_wall_ms(book->options.clock), &err);
    if (st == ST_OK)
        st = rules_find(book->options.rules, RULES_FETCHING, &under_way, &err);
    if (st != ST_OK) {
        log_error("rules-11", "cannot begin to fetch version=%" PRId64 ": %s", book->manifest.version, err.text);
        rulebook_forget_offer(book);
        return;
    }
    book->progress = FETCHING;
    book->have_bytes = under_way.have_bytes;
    if (book->have_bytes == book->manifest.bundle_bytes)
        compile_stored(book, RULES_FETCHING);
    else
        ask_piece(book);
}

/* ---- pieces and compiling ---- */

void rulebook_resume(struct rulebook *book)
{
    ask_piece(book);
}

void rulebook_piece(struct rulebook *book, const char *sha256_hex, int64_t offset, const void *bytes, size_t len)
{
    struct errmsg err = ERRMSG_INIT;
    enum status st;

    if (book->progress != FETCHING || strcmp(sha256_hex, book->sha256) != 0)
        return;
    book->fetch_asked = false;
    if (!bytes && book->next_manifest) { /* the central may have this file no more: go on to the one offered since */
        rulebook_forget_offer(book);
        rulebook_take_next(book);
        return;
    }
    if (!bytes || offset != book->have_bytes)
        return; /* rulebook_resume asks again */
    if (len == 0 || book->have_bytes + (int64_t)len > book->manifest.bundle_bytes) {
        rulebook_refuse(book, "the central sent a file of another length than the manifest says");
        return;
    }
    st = rules_add_piece(book->options.rules, offset, bytes, len, &err);
    if (st != ST_OK) {
        log_error("rules-12", "a piece could not be stored version=%" PRId64 ": %s", book->manifest.version,
                  err.text);
        if (st != ST_FULL) /* with room again, rulebook_resume asks for it again */
            rulebook_forget_offer(book);
        return;
    }
    book->have_bytes += (int64_t)len;
    if (book->have_bytes == book->manifest.bundle_bytes)
        compile_stored(book, RULES_FETCHING);
    else
        ask_piece(book);
}

static void compile_work(void *context)
{
    struct compile_job *job = context;

    job->st = bundle_compile(job->bytes, job->len, &job->bundle, job->report, &job->err);
    if (job->st == ST_OK)
        job->st = bundle_receipts_check(job->bundle, job->report, &job->err);
    if (job->st != ST_OK && job->report && job->report->note_count > 0)
        errmsg_set(&job->err, "%zu %s, the first at %s: %s", job->report->fault_count,
                   plural((int64_t)job->report->fault_count, "fault", "faults"),
                   job->report->notes[0].at[0] ? job->report->notes[0].at : "/", job->report->notes[0].text);
}

static void compile_done(void *context)
{
    struct compile_job *job = context;
    struct rulebook *book = job->book;
    bool last = --book->jobs == 0 && book->closing;

    if (!book->closing) {
        if (job->st == ST_OK && bundle_version(job->bundle) != book->manifest.version) {
            errmsg_set(&job->err, "the bundle says version %" PRId64 ", its manifest %" PRId64,
                       bundle_version(job->bundle), book->manifest.version);
            job->st = ST_INVALID;
        }
        if (job->st == ST_OK && job->from == RULES_FETCHING)
            job->st = rules_stage(book->options.rules, &job->err);
        if (job->st == ST_OK) {
            book->staged = job->bundle;
            job->bundle = NULL;
            book->progress = STAGED;
            log_info("rules-13", "staged version=%" PRId64 " promotions=%zu", book->manifest.version,
                     bundle_promotion_count(book->staged));
            rulebook_settle(book);
        } else {
            rulebook_refuse(book, job->err.text);
        }
    }
    bundle_destroy(job->bundle);
    free(job->report);
    free(job->bytes);
    free(job);
    if (last)
        rulebook_free(book);
}

/* Reads the file as stored, which checks its hash, and has it compiled. */
static void compile_stored(struct rulebook *book, enum rules_state from)
{
    struct compile_job *job = calloc(1, sizeof *job);
    struct errmsg err = ERRMSG_INIT;
    enum status st = ST_NOMEM;

    if (job) {
        job->book = book;
        job->from = from;
        job->report = calloc(1, sizeof *job->report);
        st = rules_read(book->options.rules, from, &job->bytes, &job->len, &err);
    }
    book->progress = COMPILING;
    if (st == ST_OK)
        st = loop_work(book->options.loop, compile_work, compile_done, job);
    if (st == ST_OK) {
        book->jobs++;
        return;
    }
    if (job) {
        free(job->report);
        free(job->bytes);
    }
    free(job);
    rulebook_refuse(book, err.text[0] != '\0' ? err.text : status_text(st));
}

/* ---- switching ---- */

/* The record says what became active, so it comes after; that it is still to come is noted with the ratchet, before:
 * "<sha256> <version> <position of the last record then>". */
static void announce(struct rulebook *book)
{
    struct errmsg err = ERRMSG_INIT;

    if (rulebook_journal(book, "bundle_activated", NULL) != ST_OK) {
        book->announce_late = true; /* tried again between two sales, and by the next start */
        return;
    }
    if (journal_put_states(book->options.journal, &(struct journal_state){ANNOUNCE_STATE, NULL, 0}, 1, &err) != ST_OK)
        log_warn("rules-14", "that version=%" PRId64 " is journalled is not noted: %s", book->active->version,
                 err.text);
}

struct announced {
    const char *sha256;
    bool found;
};

static bool look_for_it(void *context, const struct journal_entry *entry)
{
    struct announced *announced = context;

    announced->found = strcmp(entry->type, "bundle_activated") == 0 &&
                       memmem(entry->bytes, entry->len, announced->sha256, SHA256_TEXT - 1) != NULL;
    return !announced->found;
}

/* Journals what became active just before the power went; once. */
static void announce_late(struct rulebook *book)
{
    struct announced announced = {.sha256 = book->active->sha256};
    char *text = NULL, sha256[SHA256_TEXT] = "";
    long long version = 0, position = 0;
    size_t len = 0;

    if (!book->announce_late)
        return;
    book->announce_late = false;
    if (journal_get_state(book->options.journal, ANNOUNCE_STATE, &text, &len, NULL) != ST_OK)
        return;
    /* Other rules than those active: the power went before they became so, or they are none any more. */
    if (sscanf(text, "%64s %lld %lld", sha256, &version, &position) == 3 &&
        strcmp(sha256, book->active->sha256) == 0 &&
        journal_each(book->options.journal, position + 1, look_for_it, &announced, NULL) == ST_OK &&
        !announced.found) {
        announce(book);
    }
    free(text);
}

/* With nothing to go back to there is nothing to try. */
static bool is_first(const struct rulebook *book)
{
    return book->active->version == 0;
}

/* An older refusal is of no interest any more. */
static bool settles_refusal(const struct rulebook *book)
{
    return book->manifest.version >= book->refused_version;
}

/* The ratchet first: a power cut in between must not leave rules active that an older offer could replace. */
static enum status journal_switch(struct rulebook *book, struct errmsg *err)
{
    struct journal_head head;
    char version[24], to_announce[SHA256_TEXT + 64], trial[128];

    (void)snprintf(version, sizeof version, "%" PRId64, book->manifest.version);
    journal_head(book->options.journal, &head);
    (void)snprintf(to_announce, sizeof to_announce, "%s %s %" PRId64, book->sha256, version, head.position);
    (void)snprintf(trial, sizeof trial, "%s 0 %.64s", version, book->options.boot_id ? book->options.boot_id : "-");
    return journal_put_states(
        book->options.journal,
        (const struct journal_state[]){{RATCHET_STATE, version, strlen(version)},
                                       {ANNOUNCE_STATE, to_announce, strlen(to_announce)},
                                       {TRIAL_STATE, is_first(book) ? NULL : trial, strlen(trial)},
                                       {REFUSED_STATE, NULL, 0}},
        settles_refusal(book) ? 4 : 3, err);
}

/* What is on disk already is so in memory. */
static void switch_to(struct rulebook *book, struct rule_edition *edition)
{
    if (settles_refusal(book)) {
        book->refused_version = 0;
        book->refused_reason[0] = '\0';
    }
    if (is_first(book))
        rule_edition_release(book->active);
    else
        rulebook_begin_trial(book, book->active);
    book->active = edition;
    book->ratchet = book->manifest.version;
    log_info("rules-15", "active version=%" PRId64 " promotions=%zu", edition->version,
             bundle_promotion_count(edition->bundle));
    announce(book);
    book->options.changed(book->options.context, edition->version, NULL);
}

void rulebook_settle(struct rulebook *book)
{
    struct rule_edition *edition;
    struct errmsg err = ERRMSG_INIT;
    enum status st;

    announce_late(book);
    rulebook_judge_trial(book);
    if (book->progress != STAGED || !book->options.may_switch(book->options.context))
        return;
    edition =
        rule_edition_create(book->staged, book->sha256, book->manifest.version, clock_wall_ms(book->options.clock));
    book->staged = NULL; /* the edition's now, or freed with it */
    st = edition ? journal_switch(book, &err) : ST_NOMEM;
    if (st == ST_OK)
        st = rules_activate(book->options.rules, &err);
    if (st != ST_OK) {
        rule_edition_release(edition);
        rulebook_refuse(book, err.text);
        return;
    }
    switch_to(book, edition);
    rulebook_forget_offer(book);
    rulebook_take_next(book);
}
