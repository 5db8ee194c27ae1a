/* SPDX-License-Identifier: Apache-2.0 */
/* The signature of a manifest, checked in a worker. */
#include "agent/till/rulebook_internal.h"

#include "agent/base/json.h"
#include "agent/net/loop.h"
#include "agent/till/trust.h"

#include <stdlib.h>
#include <string.h>

/* Work off the loop on memory of its own: it holds copies of all it reads. */
struct check_job {
    struct rulebook *book; /* touched on the loop only */
    char *manifest, *signatures;
    size_t manifest_len, signatures_len;
    struct signers signers;
    enum status st;
    struct errmsg err;
};

static void free_check(struct check_job *job)
{
    free(job->manifest);
    free(job->signatures);
    free(job);
}

static void check_work(void *context)
{
    struct check_job *job = context;
    struct cJSON *list = NULL;

    job->st = json_parse(job->signatures, job->signatures_len, SIGNATURES_BYTES_MAX, &list, &job->err);
    if (job->st == ST_OK)
        job->st = signers_check(&job->signers, job->manifest, job->manifest_len, list, &job->err);
    json_free(list);
}

static void check_done(void *context)
{
    struct check_job *job = context;
    struct rulebook *book = job->book;

    if (--book->jobs == 0 && book->closing)
        rulebook_free(book);
    else if (!book->closing && job->st != ST_OK)
        rulebook_refuse(book, job->err.text);
    else if (!book->closing)
        rulebook_begin_fetch(book);
    free_check(job);
}

enum status rulebook_start_check(struct rulebook *book, const char *signatures, size_t signatures_len)
{
    struct check_job *job = calloc(1, sizeof *job);
    enum status st = ST_NOMEM;

    if (!job)
        return st;
    job->book = book;
    trust_rules_signers(book->trust, &job->signers);
    job->manifest = strdup(book->manifest_text);
    job->signatures = strndup(signatures, signatures_len);
    if (job->manifest && job->signatures) {
        job->manifest_len = strlen(job->manifest);
        job->signatures_len = strlen(job->signatures);
        st = loop_work(book->options.loop, check_work, check_done, job);
    }
    if (st != ST_OK) {
        free_check(job);
        return st;
    }
    book->jobs++;
    return ST_OK;
}
