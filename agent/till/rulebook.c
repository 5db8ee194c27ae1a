/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/till/rulebook_internal.h"

#include "agent/base/clock.h"
#include "agent/base/hex.h"
#include "agent/base/log.h"
#include "agent/base/strbuf.h"
#include "agent/db/journal.h"
#include "agent/db/rules.h"
#include "agent/engine/engine.h"
#include "agent/till/identity.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WAITED_BYTES_MAX = 256 * 1024 }; /* of a bundle compiled within a command: about 2 ms */

/* ---- start ---- */

enum status rulebook_load(struct rulebook *book, enum rules_state state, struct rule_edition **out_edition,
                          struct errmsg *err)
{
    struct rules_entry entry;
    struct bundle *bundle = NULL;
    char *bytes = NULL, hex[SHA256_TEXT];
    size_t len = 0;
    enum status st = rules_find(book->options.rules, state, &entry, err);

    if (st == ST_OK)
        st = rules_read(book->options.rules, state, &bytes, &len, err);
    if (st == ST_OK)
        st = bundle_compile(bytes, len, &bundle, NULL, err);
    free(bytes);
    if (st != ST_OK)
        return st;
    hex_encode(entry.sha256, SHA256_BYTES, hex);
    *out_edition = rule_edition_create(bundle, hex, entry.version, clock_wall_ms(book->options.clock));
    return *out_edition ? ST_OK : ST_NOMEM;
}

static enum status load_any(struct rulebook *book, struct errmsg *err)
{
    static const enum rules_state tried[] = {RULES_ACTIVE, RULES_PREVIOUS};
    struct bundle *bundle = NULL;
    enum status st;

    for (size_t i = 0; i < 2; i++) {
        struct errmsg why = ERRMSG_INIT;

        st = rulebook_load(book, tried[i], &book->active, &why);
        if (st == ST_OK)
            return st;
        if (st != ST_NOT_FOUND)
            log_error("rules-01", "the %s bundle cannot be used: %s", i == 0 ? "active" : "previous", why.text);
        /* Out of the way, so that it is fetched again when it is offered, which the link does at its start. */
        if (st == ST_CORRUPT && rules_forget(book->options.rules, tried[i], &why) != ST_OK)
            log_error("rules-02", "the damaged bundle cannot be removed: %s", why.text);
    }
    st = engine_empty_bundle(book->options.identity->currency[0] ? book->options.identity->currency : NULL, 2,
                             &bundle, err);
    if (st != ST_OK)
        return st;
    book->active = rule_edition_create(bundle, "", 0, clock_wall_ms(book->options.clock));
    return book->active ? ST_OK : ST_NOMEM;
}

static void read_ratchet(struct rulebook *book)
{
    char *text = NULL;
    size_t len;

    if (journal_get_state(book->options.journal, RATCHET_STATE, &text, &len, NULL) == ST_OK)
        book->ratchet = strtoll(text, NULL, 10);
    free(text);
}

static void read_refused(struct rulebook *book)
{
    char *text = NULL, *end;
    size_t len;

    if (journal_get_state(book->options.journal, REFUSED_STATE, &text, &len, NULL) == ST_OK) {
        book->refused_version = strtoll(text, &end, 10);
        (void)snprintf(book->refused_reason, sizeof book->refused_reason, "%s", *end == ' ' ? end + 1 : "");
    }
    free(text);
}

void rulebook_read_versions(struct rulebook *book)
{
    book->ratchet = book->refused_version = 0;
    book->refused_reason[0] = '\0';
    read_ratchet(book);
    read_refused(book);
}

void rulebook_reload(struct rulebook *book)
{
    rulebook_read_versions(book);
    trust_reload(book->trust);
    free(book->next_manifest);
    free(book->next_signatures);
    book->next_manifest = book->next_signatures = NULL;
}

/* Kept after it was journalled: what is lost between the two costs a second record. */
static void keep_refused(struct rulebook *book)
{
    char text[RULEBOOK_REASON_MAX + 24];
    struct errmsg err = ERRMSG_INIT;

    (void)snprintf(text, sizeof text, "%" PRId64 " %s", book->refused_version, book->refused_reason);
    if (journal_put_state(book->options.journal, REFUSED_STATE, text, strlen(text), &err) != ST_OK)
        log_warn("rules-03", "a refusal is not kept: %s", err.text);
}

enum status rulebook_create(const struct rulebook_options *options, struct rulebook **out_rulebook,
                            struct errmsg *err)
{
    struct rulebook *book = calloc(1, sizeof *book);
    enum status st;

    if (!book) {
        errmsg_set(err, "the rules: out of memory");
        return ST_NOMEM;
    }
    book->options = *options;
    book->announce_late = true;
    rulebook_read_versions(book);
    st = rulebook_start_trust(book, err);
    if (st == ST_OK)
        st = load_any(book, err);
    if (st != ST_OK) {
        if (err && err->text[0] == '\0')
            errmsg_set(err, "the rules: %s", status_text(st));
        rulebook_destroy(book);
        return st;
    }
    rulebook_read_trial(book);
    *out_rulebook = book;
    return ST_OK;
}

void rulebook_forget_offer(struct rulebook *book)
{
    free(book->manifest_text);
    free(book->signatures_text);
    bundle_destroy(book->staged);
    book->manifest_text = book->signatures_text = NULL;
    book->staged = NULL;
    book->progress = NONE;
    book->fetch_asked = false;
}

void rulebook_free(struct rulebook *book)
{
    rulebook_forget_offer(book);
    free(book->next_manifest);
    free(book->next_signatures);
    rule_edition_release(book->trial.before);
    rule_edition_release(book->active);
    free(book);
}

void rulebook_destroy(struct rulebook *book)
{
    if (!book)
        return;
    rulebook_leave_trial(book);
    trust_destroy(book->trust);
    book->trust = NULL;
    book->closing = true; /* a worker's end frees it */
    if (book->jobs == 0)
        rulebook_free(book);
}

struct rule_edition *rulebook_active(const struct rulebook *book)
{
    return book->active;
}

struct rule_edition *rulebook_edition(struct rulebook *book, const char *sha256_hex)
{
    struct rule_edition *edition = NULL;
    struct rules_entry entry;
    char hex[SHA256_TEXT];

    if (strcmp(book->active->sha256, sha256_hex) == 0)
        return rule_edition_hold(book->active);
    if (rules_find(book->options.rules, RULES_PREVIOUS, &entry, NULL) != ST_OK ||
        entry.total_bytes > WAITED_BYTES_MAX)
        return NULL;
    hex_encode(entry.sha256, SHA256_BYTES, hex);
    return strcmp(hex, sha256_hex) == 0 && rulebook_load(book, RULES_PREVIOUS, &edition, NULL) == ST_OK ? edition
                                                                                                        : NULL;
}

/* ---- refusing ---- */

enum status rulebook_journal(struct rulebook *book, const char *type, const char *reason)
{
    struct strbuf body = STRBUF_INIT(4096);
    struct json_writer w = JSON_WRITER_INIT(&body);
    struct errmsg err = ERRMSG_INIT;
    enum status st;

    jw_object_begin(&w);
    if (!reason)
        jw_field_text(&w, "id", bundle_id(book->active->bundle));
    jw_field_int(&w, "version", reason ? book->manifest.version : book->active->version);
    jw_field_text(&w, "sha256", reason ? book->sha256 : book->active->sha256);
    if (reason)
        jw_field_text(&w, "reason", reason);
    else
        jw_field_bool(&w, "healthy", !book->trial.on || book->trial.passed);
    jw_object_end(&w);
    st = book->options.journal_record(book->options.context, type, body.data, body.len, &err);
    if (st != ST_OK)
        log_error("rules-04", "%s is not journalled: %s", type, err.text);
    strbuf_free(&body);
    return st;
}

void rulebook_refuse(struct rulebook *book, const char *reason)
{
    int64_t version = book->manifest.version;
    bool said_before = book->refused_version == version &&
                       strncmp(book->refused_reason, reason, sizeof book->refused_reason - 1) == 0;

    log_warn("rules-05", "refused version=%" PRId64 ", version %" PRId64 " stays: %s", version, book->active->version,
             reason);
    book->refused_version = version;
    (void)snprintf(book->refused_reason, sizeof book->refused_reason, "%s", reason);
    if (book->progress >= FETCHING)
        (void)rules_drop(book->options.rules, NULL); /* a leftover is dropped by the next fetch */
    if (!said_before) {
        (void)rulebook_journal(book, "bundle_refused", reason); /* the log says so */
        keep_refused(book);
        book->options.changed(book->options.context, book->active->version, reason);
    }
    rulebook_forget_offer(book);
    rulebook_take_next(book);
}

/* ---- an offer ---- */

/* What can be said without the signature. The chain first: a manifest of another chain says nothing about versions
 * here. */
static enum status judge(const struct rulebook *book, const struct manifest *manifest, const char *text, size_t len,
                         struct errmsg *err)
{
    uint8_t sha256[SHA256_BYTES];

    if (strcmp(manifest->chain, book->options.identity->chain) != 0) {
        errmsg_set(err, "it is of chain \"%s\", this till is of \"%s\"", manifest->chain,
                   book->options.identity->chain);
        return ST_DENIED;
    }
    if (manifest->version == book->refused_version && rulebook_was_rolled_back(book)) {
        errmsg_set(err, "%s", book->refused_reason);
        return ST_CONFLICT;
    }
    if (manifest->version < book->ratchet) {
        errmsg_set(err, "version %" PRId64 " is older than %" PRId64 ", which was active here", manifest->version,
                   book->ratchet);
        return ST_CONFLICT;
    }
    sha256_of(text, len, sha256);
    return trust_names(book->trust, manifest->version, sha256, err);
}

static void keep_next(struct rulebook *book, const char *manifest, size_t len, const char *signatures,
                      size_t signatures_len)
{
    free(book->next_manifest);
    free(book->next_signatures);
    book->next_manifest = strndup(manifest, len);
    book->next_signatures = strndup(signatures, signatures_len);
}

void rulebook_take_next(struct rulebook *book)
{
    char *manifest = book->next_manifest, *signatures = book->next_signatures;

    book->next_manifest = book->next_signatures = NULL;
    if (manifest && signatures)
        rulebook_offer(book, manifest, strlen(manifest), signatures, strlen(signatures));
    free(manifest);
    free(signatures);
}

void rulebook_offer(struct rulebook *book, const char *manifest, size_t len, const char *signatures_json,
                    size_t signatures_len)
{
    struct manifest read;
    struct errmsg err = ERRMSG_INIT;
    char sha256[SHA256_TEXT];
    enum status st = manifest_parse(manifest, len, &read, &err);

    if (st == ST_OK) {
        hex_encode(read.bundle_sha256, SHA256_BYTES, sha256);
        if (read.version == book->active->version && strcmp(sha256, book->active->sha256) == 0)
            return; /* what we sell by already */
        if (book->progress == NONE && trust_is_busy(book->trust)) {
            keep_next(book, manifest, len, signatures_json, signatures_len);
            return;
        }
        if (book->progress != NONE) {
            if (strcmp(sha256, book->sha256) != 0)
                keep_next(book, manifest, len, signatures_json, signatures_len);
            else
                rulebook_resume(book);
            return;
        }
        book->manifest = read;
        memcpy(book->sha256, sha256, sizeof sha256);
        st = judge(book, &read, manifest, len, &err);
        if (st == ST_OK && read.version == book->ratchet && book->active->version == read.version) {
            errmsg_set(&err, "version %" PRId64 " is active here with other content", read.version);
            st = ST_CONFLICT;
        }
    } else if (book->progress == NONE) {
        book->manifest = (struct manifest){0};
        book->sha256[0] = '\0';
    }
    if (st != ST_OK) {
        if (book->progress == NONE)
            rulebook_refuse(book, err.text);
        return;
    }
    book->progress = CHECKING;
    book->manifest_text = strndup(manifest, len);
    book->signatures_text = strndup(signatures_json, signatures_len);
    if (!book->manifest_text || !book->signatures_text ||
        rulebook_start_check(book, signatures_json, signatures_len) != ST_OK) {
        log_error("rules-06", "no memory to check version=%" PRId64, read.version);
        rulebook_forget_offer(book);
    }
}

void rulebook_write(const struct rulebook *book, struct json_writer *w)
{
    jw_object_begin(w);
    jw_field_int(w, "version", book->active->version);
    jw_field_text(w, "id", bundle_id(book->active->bundle));
    jw_field_text(w, "sha256", book->active->sha256);
    jw_field_int(w, "promotions", (int64_t)bundle_promotion_count(book->active->bundle));
    jw_field_int(w, "since_unix_ms", book->active->since_unix_ms);
    jw_field_bool(w, "on_trial", book->trial.on);
    if (book->refused_reason[0] != '\0') {
        jw_name(w, "refused");
        jw_object_begin(w);
        jw_field_int(w, "version", book->refused_version);
        jw_field_text(w, "reason", book->refused_reason);
        jw_object_end(w);
    }
    jw_name(w, "trust");
    trust_write(book->trust, w);
    jw_object_end(w);
}
