/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/till/rulebook.h"

#include "agent/base/clock.h"
#include "agent/base/hex.h"
#include "agent/base/json.h"
#include "agent/base/log.h"
#include "agent/base/strbuf.h"
#include "agent/db/journal.h"
#include "agent/db/rules.h"
#include "agent/engine/engine.h"
#include "agent/net/loop.h"
#include "agent/till/identity.h"
#include "agent/till/rule_edition.h"
#include "sync/protocol/manifest.h"

#include <cjson/cJSON.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PIECE_BYTES = 64 * 1024, REASON_MAX = 400, SIGNATURES_BYTES_MAX = 16 * 1024 };

#define RATCHET_STATE "rules_version" /* the highest manifest version that ever became active here, or was about to */
#define REFUSED_STATE "rules_refused" /* version and reason of the last refusal, so that a restart does not journal it again */

/* What a new bundle is going through. One at a time; a newer manifest that comes meanwhile waits in `next`.
 *
 *   NONE --offer--> CHECKING --signature good--> FETCHING --all pieces--> COMPILING --good--> STAGED --settle--> NONE
 *                      |                            |                        |
 *                      +-------- refused -----------+------- refused --------+--> NONE
 */
enum progress { NONE, CHECKING, FETCHING, COMPILING, STAGED };

/* Work off the loop on memory of its own: it holds copies of all it reads. */
struct check_job {
    struct rulebook *book; /* touched on the loop only */
    char *manifest, *signatures;
    size_t manifest_len, signatures_len;
    char key_pems[IDENTITY_RULES_KEYS_MAX][PK_PEM_BYTES_MAX];
    char key_ids[IDENTITY_RULES_KEYS_MAX][17];
    int key_count;
    enum status st;
    struct errmsg err;
};

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

struct rulebook {
    struct rulebook_options options;
    struct rule_edition *active;
    enum progress progress;
    struct manifest manifest; /* of the bundle under way */
    char *manifest_text, *signatures_text; /* owned */
    char sha256[SHA256_TEXT];
    int64_t have_bytes;
    bool fetch_asked;
    struct bundle *staged; /* owned: compiled, waits for settle */
    int64_t ratchet;
    int64_t refused_version;
    char refused_reason[REASON_MAX];
    char *next_manifest, *next_signatures; /* owned: the latest offer that came while another was under way */
    int jobs;                              /* in workers */
    bool closing;
};

/* ---- start ---- */

/* Compiles what rules.db holds in that state. */
static enum status load(struct rulebook *book, enum rules_state state, struct errmsg *err)
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
    book->active = rule_edition_create(bundle, hex, entry.version, clock_wall_ms(book->options.clock));
    return book->active ? ST_OK : ST_NOMEM;
}

static enum status load_any(struct rulebook *book, struct errmsg *err)
{
    static const enum rules_state tried[] = {RULES_ACTIVE, RULES_PREVIOUS};
    struct bundle *bundle = NULL;
    enum status st;

    for (size_t i = 0; i < 2; i++) {
        struct errmsg why = ERRMSG_INIT;

        st = load(book, tried[i], &why);
        if (st == ST_OK)
            return st;
        if (st != ST_NOT_FOUND)
            log_error("rules", "the %s bundle cannot be used: %s", i == 0 ? "active" : "previous", why.text);
    }
    st = engine_empty_bundle(book->options.identity->currency[0] ? book->options.identity->currency : NULL, 2, &bundle,
                             err);
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

/* Kept after it was journalled: what is lost between the two costs a second record. */
static void keep_refused(struct rulebook *book)
{
    char text[REASON_MAX + 24];
    struct errmsg err = ERRMSG_INIT;

    (void)snprintf(text, sizeof text, "%" PRId64 " %s", book->refused_version, book->refused_reason);
    if (journal_put_state(book->options.journal, REFUSED_STATE, text, strlen(text), &err) != ST_OK)
        log_warn("rules", "a refusal is not kept: %s", err.text);
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
    read_ratchet(book);
    read_refused(book);
    st = load_any(book, err);
    if (st != ST_OK) {
        if (err && err->text[0] == '\0')
            errmsg_set(err, "the rules: %s", status_text(st));
        rulebook_destroy(book);
        return st;
    }
    *out_rulebook = book;
    return ST_OK;
}

static void forget_offer(struct rulebook *book)
{
    free(book->manifest_text);
    free(book->signatures_text);
    bundle_destroy(book->staged);
    book->manifest_text = book->signatures_text = NULL;
    book->staged = NULL;
    book->progress = NONE;
    book->fetch_asked = false;
}

static void free_book(struct rulebook *book)
{
    forget_offer(book);
    free(book->next_manifest);
    free(book->next_signatures);
    rule_edition_release(book->active);
    free(book);
}

void rulebook_destroy(struct rulebook *book)
{
    if (!book)
        return;
    book->closing = true; /* a worker's end frees it */
    if (book->jobs == 0)
        free_book(book);
}

struct rule_edition *rulebook_active(const struct rulebook *book)
{
    return book->active;
}

/* ---- refusing ---- */

static void journal_event(struct rulebook *book, const char *type, const char *reason)
{
    struct strbuf body = STRBUF_INIT(4096);
    struct json_writer w = JSON_WRITER_INIT(&body);
    struct errmsg err = ERRMSG_INIT;

    jw_object_begin(&w);
    if (!reason)
        jw_field_text(&w, "id", bundle_id(book->active->bundle));
    jw_field_int(&w, "version", book->manifest.version);
    jw_field_text(&w, "sha256", book->sha256);
    if (reason)
        jw_field_text(&w, "reason", reason);
    jw_object_end(&w);
    if (book->options.journal_record(book->options.context, type, body.data, body.len, &err) != ST_OK)
        log_error("rules", "%s is not journalled: %s", type, err.text);
    strbuf_free(&body);
}

static void take_next(struct rulebook *book);

static void refuse(struct rulebook *book, const char *reason)
{
    int64_t version = book->manifest.version;
    bool said_before = book->refused_version == version &&
                       strncmp(book->refused_reason, reason, sizeof book->refused_reason - 1) == 0;

    log_warn("rules", "refused version=%" PRId64 ", version %" PRId64 " stays: %s", version, book->active->version,
             reason);
    book->refused_version = version;
    (void)snprintf(book->refused_reason, sizeof book->refused_reason, "%s", reason);
    if (book->progress >= FETCHING)
        (void)rules_drop(book->options.rules, NULL); /* a leftover is dropped by the next fetch */
    if (!said_before) {
        journal_event(book, "bundle_refused", reason);
        keep_refused(book);
        book->options.changed(book->options.context, book->active->version, reason);
    }
    forget_offer(book);
    take_next(book);
}

/* ---- the signature ---- */

static void free_check(struct check_job *job)
{
    free(job->manifest);
    free(job->signatures);
    free(job);
}

/* One good signature of a key of the chain suffices in format 1. */
static enum status check_signatures(struct check_job *job, const cJSON *list, const uint8_t digest[SHA256_BYTES])
{
    const cJSON *item;

    errmsg_set(&job->err, "the signature is of no key that may sign rules here");
    cJSON_ArrayForEach(item, list)
    {
        uint8_t signature[PK_SIGNATURE_BYTES_MAX];
        const char *key_id, *hex;
        struct pk *key = NULL;
        size_t len;

        if (json_text(item, "key", 16, &key_id, NULL) != ST_OK ||
            json_text(item, "signature", 2 * PK_SIGNATURE_BYTES_MAX, &hex, NULL) != ST_OK)
            continue;
        len = strlen(hex) / 2;
        if (strlen(hex) % 2 != 0 || hex_decode(hex, len, signature) != ST_OK)
            continue;
        for (int i = 0; i < job->key_count; i++) {
            enum status st = ST_DENIED;

            if (strcmp(job->key_ids[i], key_id) != 0)
                continue;
            if (pk_from_public_pem(job->key_pems[i], &key, NULL) == ST_OK)
                st = pk_verify(key, digest, signature, len, NULL);
            pk_destroy(key);
            if (st == ST_OK)
                return ST_OK;
            errmsg_set(&job->err, "the signature of key %s does not fit the manifest", key_id);
        }
    }
    return ST_DENIED;
}

static void check_work(void *context)
{
    struct check_job *job = context;
    uint8_t digest[SHA256_BYTES];
    struct cJSON *list = NULL;

    sha256_of(job->manifest, job->manifest_len, digest);
    job->st = json_parse(job->signatures, job->signatures_len, SIGNATURES_BYTES_MAX, &list, &job->err);
    if (job->st == ST_OK)
        job->st = check_signatures(job, list, digest);
    json_free(list);
}

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

static void begin_fetch(struct rulebook *book)
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
        log_error("rules", "cannot begin to fetch version=%" PRId64 ": %s", book->manifest.version, err.text);
        forget_offer(book);
        return;
    }
    book->progress = FETCHING;
    book->have_bytes = under_way.have_bytes;
    if (book->have_bytes == book->manifest.bundle_bytes)
        compile_stored(book, RULES_FETCHING);
    else
        ask_piece(book);
}

static void check_done(void *context)
{
    struct check_job *job = context;
    struct rulebook *book = job->book;

    if (--book->jobs == 0 && book->closing)
        free_book(book);
    else if (!book->closing && job->st != ST_OK)
        refuse(book, job->err.text);
    else if (!book->closing)
        begin_fetch(book);
    free_check(job);
}

static enum status start_check(struct rulebook *book, const char *signatures, size_t signatures_len)
{
    const struct identity *identity = book->options.identity;
    struct check_job *job = calloc(1, sizeof *job);
    enum status st = ST_NOMEM;

    if (!job)
        return st;
    job->book = book;
    job->manifest = strdup(book->manifest_text);
    job->signatures = strndup(signatures, signatures_len);
    if (job->manifest && job->signatures) {
        job->manifest_len = strlen(job->manifest);
        job->signatures_len = strlen(job->signatures);
        for (int i = 0; i < identity->rules_key_count; i++) {
            memcpy(job->key_ids[i], identity->rules_key_ids[i], sizeof job->key_ids[i]);
            if (pk_public_pem(identity->rules_keys[i], job->key_pems[i], NULL) == ST_OK)
                job->key_count = i + 1;
        }
        st = loop_work(book->options.loop, check_work, check_done, job);
    }
    if (st != ST_OK) {
        free_check(job);
        return st;
    }
    book->jobs++;
    return ST_OK;
}

/* ---- an offer ---- */

/* What can be said without the signature. The chain first: a manifest of another chain says nothing about versions here. */
static enum status judge(const struct rulebook *book, const struct manifest *manifest, struct errmsg *err)
{
    if (strcmp(manifest->chain, book->options.identity->chain) != 0) {
        errmsg_set(err, "it is of chain \"%s\", this till is of \"%s\"", manifest->chain, book->options.identity->chain);
        return ST_DENIED;
    }
    if (manifest->version < book->ratchet) {
        errmsg_set(err, "version %" PRId64 " is older than %" PRId64 ", which was active here", manifest->version,
                   book->ratchet);
        return ST_CONFLICT;
    }
    return ST_OK;
}

static void keep_next(struct rulebook *book, const char *manifest, size_t len, const char *signatures,
                      size_t signatures_len)
{
    free(book->next_manifest);
    free(book->next_signatures);
    book->next_manifest = strndup(manifest, len);
    book->next_signatures = strndup(signatures, signatures_len);
}

static void take_next(struct rulebook *book)
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
        if (book->progress != NONE) {
            if (strcmp(sha256, book->sha256) != 0)
                keep_next(book, manifest, len, signatures_json, signatures_len);
            else
                rulebook_resume(book);
            return;
        }
        book->manifest = read;
        memcpy(book->sha256, sha256, sizeof sha256);
        st = judge(book, &read, &err);
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
            refuse(book, err.text);
        return;
    }
    book->progress = CHECKING;
    book->manifest_text = strndup(manifest, len);
    book->signatures_text = strndup(signatures_json, signatures_len);
    if (!book->manifest_text || !book->signatures_text ||
        start_check(book, signatures_json, signatures_len) != ST_OK) {
        log_error("rules", "no memory to check version=%" PRId64, read.version);
        forget_offer(book);
    }
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
        forget_offer(book);
        take_next(book);
        return;
    }
    if (!bytes || offset != book->have_bytes)
        return; /* rulebook_resume asks again */
    if (len == 0 || book->have_bytes + (int64_t)len > book->manifest.bundle_bytes) {
        refuse(book, "the central sent a file of another length than the manifest says");
        return;
    }
    st = rules_add_piece(book->options.rules, offset, bytes, len, &err);
    if (st != ST_OK) {
        log_error("rules", "a piece could not be stored version=%" PRId64 ": %s", book->manifest.version, err.text);
        if (st != ST_FULL) /* with room again, rulebook_resume asks for it again */
            forget_offer(book);
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
    if (job->st != ST_OK && job->report && job->report->note_count > 0)
        errmsg_set(&job->err, "%zu faults, the first at %s: %s", job->report->fault_count,
                   job->report->notes[0].at[0] ? job->report->notes[0].at : "/", job->report->notes[0].text);
}

static void compile_done(void *context)
{
    struct compile_job *job = context;
    struct rulebook *book = job->book;
    bool last = --book->jobs == 0 && book->closing;

    if (!book->closing) {
        if (job->st == ST_OK && bundle_version(job->bundle) != book->manifest.version) {
            errmsg_set(&job->err, "the bundle says version %" PRId64 ", its manifest %" PRId64, bundle_version(job->bundle),
                       book->manifest.version);
            job->st = ST_INVALID;
        }
        if (job->st == ST_OK && job->from == RULES_FETCHING)
            job->st = rules_stage(book->options.rules, &job->err);
        if (job->st == ST_OK) {
            book->staged = job->bundle;
            job->bundle = NULL;
            book->progress = STAGED;
            log_info("rules", "staged version=%" PRId64 " promotions=%zu", book->manifest.version,
                     bundle_promotion_count(book->staged));
            rulebook_settle(book);
        } else {
            refuse(book, job->err.text);
        }
    }
    bundle_destroy(job->bundle);
    free(job->report);
    free(job->bytes);
    free(job);
    if (last)
        free_book(book);
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
    refuse(book, err.text[0] != '\0' ? err.text : status_text(st));
}

/* ---- switching ---- */

void rulebook_settle(struct rulebook *book)
{
    struct rule_edition *edition;
    struct errmsg err = ERRMSG_INIT;
    char version[24];
    bool settled;
    enum status st;

    if (book->progress != STAGED || !book->options.may_switch(book->options.context))
        return;
    edition = rule_edition_create(book->staged, book->sha256, book->manifest.version, clock_wall_ms(book->options.clock));
    book->staged = NULL; /* the edition's now, or freed with it */
    (void)snprintf(version, sizeof version, "%" PRId64, book->manifest.version);
    settled = book->manifest.version >= book->refused_version; /* an older refusal is of no interest any more */
    /* The ratchet first: a power cut in between must not leave rules active that an older offer could replace. */
    st = edition ? journal_put_states(book->options.journal,
                                      (const struct journal_state[]){{RATCHET_STATE, version, strlen(version)},
                                                                     {REFUSED_STATE, NULL, 0}},
                                      settled ? 2 : 1, &err)
                 : ST_NOMEM;
    if (st == ST_OK)
        st = rules_activate(book->options.rules, &err);
    if (st != ST_OK) {
        rule_edition_release(edition);
        refuse(book, err.text);
        return;
    }
    if (settled) {
        book->refused_version = 0;
        book->refused_reason[0] = '\0';
    }
    rule_edition_release(book->active);
    book->active = edition;
    book->ratchet = book->manifest.version;
    log_info("rules", "active version=%" PRId64 " promotions=%zu", edition->version,
             bundle_promotion_count(edition->bundle));
    journal_event(book, "bundle_activated", NULL);
    book->options.changed(book->options.context, edition->version, NULL);
    forget_offer(book);
    take_next(book);
}

void rulebook_write(const struct rulebook *book, struct json_writer *w)
{
    jw_object_begin(w);
    jw_field_int(w, "version", book->active->version);
    jw_field_text(w, "id", bundle_id(book->active->bundle));
    jw_field_text(w, "sha256", book->active->sha256);
    jw_field_int(w, "promotions", (int64_t)bundle_promotion_count(book->active->bundle));
    jw_field_int(w, "since_unix_ms", book->active->since_unix_ms);
    if (book->refused_reason[0] != '\0') {
        jw_name(w, "refused");
        jw_object_begin(w);
        jw_field_int(w, "version", book->refused_version);
        jw_field_text(w, "reason", book->refused_reason);
        jw_object_end(w);
    }
    jw_object_end(w);
}
