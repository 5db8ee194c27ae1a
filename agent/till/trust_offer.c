/* SPDX-License-Identifier: Apache-2.0 */
/* A timestamp on its way, and the roots that lie between: fetched, checked in a worker, kept in one commit each. */
#include "agent/till/trust_internal.h"

#include "agent/base/json.h"
#include "agent/base/log.h"
#include "agent/db/journal.h"
#include "agent/net/loop.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Work off the loop on memory of its own. */
struct trust_job {
    struct trust *trust; /* touched on the loop only */
    unsigned serial;
    char *text, *signatures;
    struct signers by[2]; /* each set must have signed */
    int sets;
    struct root root; /* of a root: what it says */
    enum status st;
    struct errmsg err;
};

static void settle(struct trust *trust)
{
    trust_forget_offer(trust);
    trust->options.settled(trust->options.context);
}

static void refuse(struct trust *trust, const char *what, int64_t version, const char *reason)
{
    log_warn("trust-03", "refused %s version=%" PRId64 ": %s", what, version, reason);
    (void)snprintf(trust->refused, sizeof trust->refused, "%s %" PRId64 ": %s", what, version, reason);
    settle(trust);
}

/* ---- in the worker ---- */

static void check_work(void *context)
{
    struct trust_job *job = context;
    struct cJSON *list = NULL;

    job->st = json_parse(job->signatures, strlen(job->signatures), SIGNATURES_BYTES_MAX, &list, &job->err);
    for (int i = 0; job->st == ST_OK && i < job->sets; i++)
        job->st = signers_check(&job->by[i], job->text, strlen(job->text), list, &job->err);
    json_free(list);
}

static void free_job(struct trust_job *job)
{
    free(job->text);
    free(job->signatures);
    free(job);
}

static bool start(struct trust_job *job, void (*done)(void *context))
{
    struct trust *trust = job->trust;

    job->serial = trust->serial;
    if (job->text && job->signatures && loop_work(trust->options.loop, check_work, done, job) == ST_OK) {
        trust->jobs++;
        return true;
    }
    free_job(job);
    return false;
}

/* ---- a timestamp ---- */

/* All that its signature does not say. */
static enum status judge(const struct trust *trust, const struct timestamp *timestamp, struct errmsg *err)
{
    if (strcmp(timestamp->chain, trust->options.identity->chain) != 0)
        errmsg_set(err, "it is of chain \"%s\", this till is of \"%s\"", timestamp->chain,
                   trust->options.identity->chain);
    else if (timestamp->root != trust->root.version)
        errmsg_set(err, "it names root %" PRId64 ", known is %" PRId64, timestamp->root, trust->root.version);
    else if (trust->root.expires_unix_ms <= trust_now_ms(trust))
        errmsg_set(err, "root %" PRId64 " has expired: the office is to publish the next", trust->root.version);
    else if (timestamp->version <= trust->timestamp_ratchet)
        errmsg_set(err, "it is not above %" PRId64 ", which was seen already", trust->timestamp_ratchet);
    else if (timestamp_newest(timestamp) < trust->manifest_ratchet)
        errmsg_set(err, "it names rules %" PRId64 " as the newest, rules %" PRId64 " were in force already",
                   timestamp_newest(timestamp), trust->manifest_ratchet);
    else if (timestamp->expires_unix_ms <= trust_now_ms(trust))
        errmsg_set(err, "it has expired");
    else
        return ST_OK;
    return ST_DENIED;
}

/* What it says and what none may go below from now on, in one commit. */
static enum status keep(struct trust *trust, const struct timestamp *timestamp, const char *text, struct errmsg *err)
{
    char ratchet[64];
    enum status st;

    (void)snprintf(ratchet, sizeof ratchet, "%" PRId64 " %" PRId64, timestamp->version, timestamp_newest(timestamp));
    st = journal_put_states(trust->options.journal,
                            (const struct journal_state[]){{TIMESTAMP_STATE, text, strlen(text)},
                                                           {RATCHET_STATE, ratchet, strlen(ratchet)}},
                            2, err);
    if (st != ST_OK)
        return st;
    trust->timestamp = *timestamp;
    trust->timestamp_ratchet = timestamp->version;
    trust->manifest_ratchet = timestamp_newest(timestamp);
    trust->refused[0] = '\0';
    return ST_OK;
}

static void timestamp_checked(void *context)
{
    struct trust_job *job = context;
    struct trust *trust = job->trust;
    bool last = --trust->jobs == 0 && trust->closing, dropped = trust->serial != job->serial;

    if (!trust->closing && !dropped) {
        if (job->st == ST_OK)
            job->st = judge(trust, &trust->offered, &job->err);
        if (job->st == ST_OK)
            job->st = keep(trust, &trust->offered, job->text, &job->err);
        if (job->st == ST_OK)
            settle(trust);
        else
            refuse(trust, "timestamp", trust->offered.version, job->err.text);
    }
    free_job(job);
    if (last)
        trust_free(trust);
}

static void check_timestamp(struct trust *trust)
{
    struct trust_job *job = calloc(1, sizeof *job);
    struct errmsg err = ERRMSG_INIT;

    trust->progress = TRUST_CHECKING;
    if (judge(trust, &trust->offered, &err) != ST_OK) { /* not worth a signature */
        free(job);
        refuse(trust, "timestamp", trust->offered.version, err.text);
        return;
    }
    if (job) {
        job->trust = trust;
        job->text = strdup(trust->text);
        job->signatures = strdup(trust->signatures);
        job->by[0] = trust->root.roles[ROOT_ROLE_TIMESTAMP];
        job->sets = 1;
    }
    if (!job || !start(job, timestamp_checked))
        refuse(trust, "timestamp", trust->offered.version, "no memory to check it");
}

/* ---- the roots between ---- */

static void ask_root(struct trust *trust)
{
    if (trust->progress != TRUST_WANTS_ROOT || trust->root_asked)
        return;
    trust->root_asked = true;
    trust->options.fetch_root(trust->options.context, trust->root.version + 1);
}

/* On to the next root, or to the timestamp when none lies between. */
static void go_on(struct trust *trust)
{
    if (trust->offered.root > trust->root.version) {
        trust->progress = TRUST_WANTS_ROOT;
        ask_root(trust);
    } else {
        check_timestamp(trust);
    }
}

/* With it goes, in the same commit, what a key that it dropped may have said. */
static enum status keep_root(struct trust *trust, const struct root *root, const char *text, struct errmsg *err)
{
    bool stamps = root_lost_key(&trust->root, root, ROOT_ROLE_TIMESTAMP);
    bool rules = root_lost_key(&trust->root, root, ROOT_ROLE_RULES);
    struct journal_state states[5] = {{ROOT_STATE, text, strlen(text)}};
    char ratchet[64];
    size_t count = 1;
    enum status st;

    (void)snprintf(ratchet, sizeof ratchet, "%" PRId64 " %" PRId64, stamps ? 0 : trust->timestamp_ratchet,
                   rules ? 0 : trust->manifest_ratchet);
    states[count++] = (struct journal_state){RATCHET_STATE, ratchet, strlen(ratchet)};
    if (stamps)
        states[count++] = (struct journal_state){TIMESTAMP_STATE, NULL, 0};
    if (rules) {
        states[count++] = (struct journal_state){IDENTITY_RULES_VERSION, NULL, 0};
        states[count++] = (struct journal_state){IDENTITY_RULES_REFUSED, NULL, 0};
    }
    st = journal_put_states(trust->options.journal, states, count, err);
    if (st != ST_OK)
        return st;
    log_info("trust-04", "root version=%" PRId64, root->version);
    trust->root = *root;
    if (stamps) {
        trust->timestamp = (struct timestamp){.version = 0};
        trust->timestamp_ratchet = 0;
    }
    if (rules) {
        trust->manifest_ratchet = 0;
        trust->options.forgot_rules(trust->options.context);
    }
    return ST_OK;
}

static void root_checked(void *context)
{
    struct trust_job *job = context;
    struct trust *trust = job->trust;
    bool last = --trust->jobs == 0 && trust->closing, dropped = trust->serial != job->serial;

    if (!trust->closing && !dropped) {
        if (job->st == ST_OK)
            job->st = keep_root(trust, &job->root, job->text, &job->err);
        if (job->st == ST_OK)
            go_on(trust);
        else
            refuse(trust, "root", job->root.version, job->err.text);
    }
    free_job(job);
    if (last)
        trust_free(trust);
}

static enum status judge_root(const struct trust *trust, const struct root *root, struct errmsg *err)
{
    if (strcmp(root->chain, trust->options.identity->chain) != 0)
        errmsg_set(err, "it is of chain \"%s\", this till is of \"%s\"", root->chain, trust->options.identity->chain);
    else if (root->version != trust->root.version + 1)
        errmsg_set(err, "asked for was %" PRId64, trust->root.version + 1);
    else
        return ST_OK;
    return ST_DENIED;
}

void trust_root(struct trust *trust, const char *text, size_t len, const char *signatures_json, size_t signatures_len)
{
    struct trust_job *job;
    struct errmsg err = ERRMSG_INIT;
    enum status st;

    if (trust->progress != TRUST_WANTS_ROOT)
        return;
    trust->root_asked = false;
    if (!text) /* trust_resume asks again */
        return;
    job = calloc(1, sizeof *job);
    if (!job)
        return;
    job->trust = trust;
    st = root_parse(text, len, &job->root, &err);
    if (st == ST_OK)
        st = judge_root(trust, &job->root, &err);
    if (st != ST_OK) {
        refuse(trust, "root", job->root.version, err.text);
        free_job(job);
        return;
    }
    job->text = strndup(text, len);
    job->signatures = strndup(signatures_json, signatures_len);
    if (trust->root.version > 0)
        job->by[0] = trust->root.roles[ROOT_ROLE_ROOT];
    else
        trust_rules_signers(trust, &job->by[0]);
    job->by[1] = job->root.roles[ROOT_ROLE_ROOT];
    job->sets = 2;
    trust->progress = TRUST_CHECKING_ROOT;
    if (!start(job, root_checked))
        refuse(trust, "root", trust->root.version + 1, "no memory to check it");
}

void trust_resume(struct trust *trust)
{
    ask_root(trust);
}

/* ---- an offer ---- */

void trust_offer(struct trust *trust, const char *text, size_t len, const char *signatures_json,
                 size_t signatures_len)
{
    struct timestamp read;
    struct errmsg err = ERRMSG_INIT;
    bool asked = trust->root_asked;
    enum status st;

    if (trust->progress == TRUST_CHECKING || trust->progress == TRUST_CHECKING_ROOT)
        return; /* the central says it again with the next */
    st = timestamp_parse(text, len, &read, &err);
    if (st == ST_OK && read.version == trust->timestamp.version && read.root == trust->root.version &&
        read.signed_unix_ms == trust->timestamp.signed_unix_ms) {
        settle(trust); /* known */
        return;
    }
    if (st != ST_OK) {
        refuse(trust, "timestamp", 0, err.text);
        return;
    }
    trust_forget_offer(trust);
    trust->root_asked = asked; /* its answer serves this one too */
    trust->offered = read;
    trust->text = strndup(text, len);
    trust->signatures = strndup(signatures_json, signatures_len);
    if (!trust->text || !trust->signatures)
        refuse(trust, "timestamp", read.version, "no memory to check it");
    else
        go_on(trust);
}
