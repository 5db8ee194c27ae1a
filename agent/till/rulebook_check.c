/* SPDX-License-Identifier: Apache-2.0 */
/* The signature of a manifest, checked in a worker. */
#include "agent/till/rulebook_internal.h"

#include "agent/base/hex.h"
#include "agent/base/json.h"
#include "agent/net/loop.h"
#include "agent/till/identity.h"

#include <cjson/cJSON.h>

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { SIGNATURES_BYTES_MAX = 16 * 1024 };

/* Work off the loop on memory of its own: it holds copies of all it reads. */
struct check_job {
    struct rulebook *book; /* touched on the loop only */
    char *manifest, *signatures;
    size_t manifest_len, signatures_len;
    char key_pems[IDENTITY_RULES_KEYS_MAX][PK_PEM_BYTES_MAX];
    char key_ids[IDENTITY_RULES_KEYS_MAX][17];
    int key_count;
    int64_t threshold;
    enum status st;
    struct errmsg err;
};

static void free_check(struct check_job *job)
{
    free(job->manifest);
    free(job->signatures);
    free(job);
}

/* The place of the key that one signature is good by; -1: of none, and why. */
static int good_key(struct check_job *job, const cJSON *item, const uint8_t digest[SHA256_BYTES])
{
    uint8_t signature[PK_SIGNATURE_BYTES_MAX];
    const char *key_id, *hex;
    size_t len;

    if (json_text(item, "key", 16, &key_id, NULL) != ST_OK ||
        json_text(item, "signature", 2 * PK_SIGNATURE_BYTES_MAX, &hex, NULL) != ST_OK)
        return -1;
    len = strlen(hex) / 2;
    if (strlen(hex) % 2 != 0 || hex_decode(hex, len, signature) != ST_OK)
        return -1;
    for (int i = 0; i < job->key_count; i++) {
        struct pk *key = NULL;
        enum status st = ST_DENIED;

        if (strcmp(job->key_ids[i], key_id) != 0)
            continue;
        if (pk_from_public_pem(job->key_pems[i], &key, NULL) == ST_OK)
            st = pk_verify(key, digest, signature, len, NULL);
        pk_destroy(key);
        if (st == ST_OK)
            return i;
        errmsg_set(&job->err, "the signature of key %s does not fit the manifest", key_id);
    }
    return -1;
}

/* As many keys of the chain must have signed as it was told at enrolment; one that signs twice is one. */
static enum status check_signatures(struct check_job *job, const cJSON *list, const uint8_t digest[SHA256_BYTES])
{
    bool signed_by[IDENTITY_RULES_KEYS_MAX] = {false};
    const cJSON *item;
    int64_t count = 0;

    errmsg_set(&job->err, "the signature is of no key that may sign rules here");
    cJSON_ArrayForEach(item, list)
    {
        int key = good_key(job, item, digest);

        if (key >= 0 && !signed_by[key]) {
            signed_by[key] = true;
            count++;
        }
    }
    if (count >= job->threshold)
        return ST_OK;
    if (count > 0)
        errmsg_set(&job->err, "%" PRId64 " of the %" PRId64 " keys that are wanted have signed it", count,
                   job->threshold);
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
    const struct identity *identity = book->options.identity;
    struct check_job *job = calloc(1, sizeof *job);
    enum status st = ST_NOMEM;

    if (!job)
        return st;
    job->book = book;
    job->threshold = identity->rules_threshold > 0 ? identity->rules_threshold : 1;
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
