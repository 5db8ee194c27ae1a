/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/till/app_codes.h"

#include "agent/base/base64.h"
#include "agent/base/clock.h"
#include "agent/base/hex.h"
#include "agent/base/log.h"
#include "agent/base/crypto.h"
#include "agent/base/pk_memo.h"
#include "agent/codes/app_code.h"
#include "agent/codes/grammar.h"
#include "agent/db/cache.h"
#include "agent/db/journal.h"
#include "agent/net/loop.h"
#include "agent/till/till_internal.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { KEYS_MAX = IDENTITY_RULES_KEYS_MAX, CLOCK_BACK_MS = 120 * 1000, HLC_MS_SHIFT = 16, DEVICE_TEXT_MAX = 64 };
/* The first of January 2024: no till that runs this is older. */
#define CLOCK_FIRST_MS INT64_C(1704067200000)

struct app_code_job {
    struct till *till; /* NULL: gone, nobody wants the answer */
    size_t place;
    app_code_good_fn *good;
    struct app_code code;
    uint8_t digest[SHA256_BYTES]; /* of what is signed */
    uint8_t signature[PK_COMPACT_BYTES];
    char pems[KEYS_MAX][PK_PEM_BYTES_MAX];
    int pem_count;
    bool clock_sure;
    bool is_signed; /* the worker's answer */

    char symbology[4], device[DEVICE_TEXT_MAX];
    int64_t received_ns;
    bool keyed;
};

/* ---- what was shown ---- */

static bool was_seen(const struct app_codes *codes, const uint8_t digest[SHA256_BYTES])
{
    for (size_t i = 0; i < APP_CODES_SEEN_MAX; i++)
        if (codes->seen[i].expires_unix_s != 0 && memcmp(codes->seen[i].digest, digest, SHA256_BYTES) == 0)
            return true;
    return false;
}

/* In place of one that has expired, else of the one that expires first. */
static void remember(struct app_codes *codes, const uint8_t digest[SHA256_BYTES], int64_t expires_unix_s)
{
    size_t oldest = 0;

    for (size_t i = 1; i < APP_CODES_SEEN_MAX; i++)
        if (codes->seen[i].expires_unix_s < codes->seen[oldest].expires_unix_s)
            oldest = i;
    memcpy(codes->seen[oldest].digest, digest, SHA256_BYTES);
    codes->seen[oldest].expires_unix_s = expires_unix_s;
}

/* ---- over a restart ---- */

/* A row of the state is "EXPIRES DIGEST\n". */
enum { ROW_BYTES = 2 * SHA256_BYTES + 24, STATE_BYTES_MAX = APP_CODES_SEEN_MAX * ROW_BYTES };
static const char STATE_NAME[] = "app_codes";

/* What has expired by a clock that is sure need not be known any more. */
static void keep(struct till *till, const struct app_code_job *job)
{
    int64_t now_s = clock_wall_ms(till->options.clock) / 1000;
    struct strbuf rows = STRBUF_INIT(STATE_BYTES_MAX);
    struct errmsg err = ERRMSG_INIT;
    char hex[2 * SHA256_BYTES + 1];
    enum status st;

    for (size_t i = 0; i < APP_CODES_SEEN_MAX; i++) {
        int64_t expires_s = till->app_codes.seen[i].expires_unix_s;

        if (expires_s == 0 || (job->clock_sure && expires_s + APP_CODE_SKEW_S < now_s))
            continue;
        hex_encode(till->app_codes.seen[i].digest, SHA256_BYTES, hex);
        strbuf_printf(&rows, "%" PRId64 " %s\n", expires_s, hex);
    }
    st = strbuf_status(&rows);
    if (st == ST_OK)
        st = cache_put_state(till->options.cache, STATE_NAME, strbuf_text(&rows), &err);
    if (st != ST_OK) /* the card counts all the same; until a restart it is known that it was shown */
        log_warn("till-01", "a restart would forget which app codes were shown: %s",
                 err.text[0] ? err.text : status_text(st));
    strbuf_free(&rows);
}

void app_codes_load(struct till *till)
{
    char *rows = malloc(STATE_BYTES_MAX + 1), *row, *next;
    uint8_t digest[SHA256_BYTES];

    if (!rows || cache_get_state(till->options.cache, STATE_NAME, rows, STATE_BYTES_MAX + 1, NULL) != ST_OK)
        goto out;
    for (row = rows; row && *row; row = next) {
        int64_t expires_s = strtoll(row, &row, 10);

        next = strchr(row, '\n');
        if (next)
            *next++ = '\0';
        if (expires_s > 0 && *row == ' ' && hex_decode(row + 1, SHA256_BYTES, digest) == ST_OK)
            remember(&till->app_codes, digest, expires_s);
    }
out:
    free(rows);
}

/* A clock behind the till's own last record was set back, or lost its battery. */
static bool is_clock_sure(const struct till *till)
{
    int64_t now_ms = clock_wall_ms(till->options.clock);
    struct journal_head head;

    journal_head(till->options.journal, &head);
    return now_ms >= CLOCK_FIRST_MS && now_ms + CLOCK_BACK_MS >= (int64_t)(head.hlc >> HLC_MS_SHIFT);
}

/* ---- the check ---- */

static void check_signature(void *context)
{
    struct app_code_job *job = context;

    for (int i = 0; i < job->pem_count && !job->is_signed; i++) {
        struct pk *key = NULL;

        if (pk_from_public_pem(job->pems[i], &key, NULL) == ST_OK)
            job->is_signed = pk_verify_compact(key, job->digest, job->signature, NULL) == ST_OK;
        pk_destroy(key);
    }
}

static void tell_good(struct app_code_job *job)
{
    struct till *till = job->till;
    struct till_scan scan = {job->symbology, job->code.id,     strlen(job->code.id),
                             job->device,    job->received_ns, job->keyed};

    if (was_seen(&till->app_codes, job->digest)) { /* shown at the same moment twice */
        till_tell_notice(till, PROBLEM_APP_CODE_USED, NULL);
        return;
    }
    remember(&till->app_codes, job->digest, job->code.expires_unix_s);
    keep(till, job);
    if (!job->clock_sure)
        till_tell_notice(till, PROBLEM_CLOCK_UNSURE, NULL);
    job->good(till, &scan, job->code.id);
}

static void on_checked(void *context)
{
    struct app_code_job *job = context;

    if (job->till) {
        job->till->app_codes.busy[job->place] = NULL;
        if (job->is_signed)
            tell_good(job);
        else
            till_tell_notice(job->till, PROBLEM_APP_CODE_FORGED, NULL);
    }
    crypto_wipe(&job->code, sizeof job->code);
    free(job);
}

/* Those of the rule, else those who may sign rules. */
static void take_keys(struct app_code_job *job, const struct till *till, const struct code_rule *rule)
{
    const struct identity *identity = till->options.identity;

    for (size_t i = 0; i < rule->key_count && job->pem_count < KEYS_MAX; i++)
        (void)snprintf(job->pems[job->pem_count++], PK_PEM_BYTES_MAX, "%s", rule->keys[i]);
    for (int i = 0; rule->key_count == 0 && i < identity->rules_key_count; i++)
        job->pem_count += pk_public_pem(identity->rules_keys[i], job->pems[job->pem_count], NULL) == ST_OK;
}

/* What can be said before the signature is looked at. */
static enum problem judge(const struct till *till, const struct app_code_job *job)
{
    int64_t now_s = clock_wall_ms(till->options.clock) / 1000;

    if (job->clock_sure && job->code.expires_unix_s + APP_CODE_SKEW_S < now_s)
        return PROBLEM_APP_CODE_EXPIRED;
    if (job->clock_sure && job->code.expires_unix_s > now_s + APP_CODE_LIFE_MAX_S)
        return PROBLEM_APP_CODE_FORGED;
    return was_seen(&till->app_codes, job->digest) ? PROBLEM_APP_CODE_USED : PROBLEM_NONE;
}

/* 86 letters are 64 bytes. */
static bool take_apart(const struct till_scan *scan, struct app_code_job *job)
{
    const char *why;
    size_t len;

    return app_code_parse(scan->text, scan->len, &job->code, &why) &&
           base64url_decode(job->code.signature, APP_CODE_SIGNATURE_CHARACTERS, job->signature,
                              sizeof job->signature, &len) == ST_OK;
}

static enum problem begin(struct till *till, const struct till_scan *scan, const struct code_rule *rule,
                          app_code_good_fn *good)
{
    struct app_code_job *job = calloc(1, sizeof *job);
    enum problem problem = PROBLEM_BUSY;
    size_t place = 0;

    while (place < APP_CODES_BUSY_MAX && till->app_codes.busy[place])
        place++;
    if (job && place < APP_CODES_BUSY_MAX)
        problem = take_apart(scan, job) ? PROBLEM_NONE : PROBLEM_APP_CODE_FORGED;
    if (problem == PROBLEM_NONE) {
        sha256_of(scan->text, job->code.signed_len, job->digest);
        job->clock_sure = is_clock_sure(till);
        problem = judge(till, job);
    }
    if (problem == PROBLEM_NONE) {
        job->till = till;
        job->place = place;
        job->good = good;
        job->received_ns = scan->received_ns;
        job->keyed = scan->keyed;
        (void)snprintf(job->symbology, sizeof job->symbology, "%s", scan->symbology);
        (void)snprintf(job->device, sizeof job->device, "%s", scan->device);
        take_keys(job, till, rule);
        if (loop_work(till->options.loop, check_signature, on_checked, job) != ST_OK)
            problem = PROBLEM_BUSY;
    }
    if (problem == PROBLEM_NONE)
        till->app_codes.busy[place] = job;
    else
        free(job);
    return problem;
}

void app_codes_show(struct till *till, const struct till_scan *scan, const struct code_rule *rule,
                    app_code_good_fn *good)
{
    enum problem problem = begin(till, scan, rule, good);

    if (problem != PROBLEM_NONE)
        till_tell_notice(till, problem, NULL);
}

void app_codes_clear(struct app_codes *codes)
{
    for (size_t i = 0; i < APP_CODES_BUSY_MAX; i++)
        if (codes->busy[i])
            codes->busy[i]->till = NULL;
    memset(codes, 0, sizeof *codes);
}
