/* SPDX-License-Identifier: Apache-2.0 */
#include "sync/central/journal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/log.h"
#include "sync/central/interpret.h"
#include "sync/central/journal_internal.h"
#include "sync/central/member.h"
#include "sync/central/steps.h"

static void describe_fork(const struct batch *batch, char out_text[400])
{
    (void)snprintf(
        out_text, 400,
        "till %s of store %s sent another history from record %lld on: its disk was copied or put back; enrol it "
        "again with a new epoch",
        batch->device.till, batch->device.store, (long long)batch->fork_seq);
}

/* A fork is written down on its own: nothing of its batch is kept. */
static enum status quarantine(void *context, struct errmsg *err)
{
    char text[400];
    struct batch *batch = context;
    enum status st = STORE_RUN(batch->central->store, STATEMENT_DEVICE_QUARANTINE, err, V_TEXT(batch->device.dev),
                               V_INT(batch->fork_seq));

    describe_fork(batch, text);
    return st == ST_OK ? notice_put(batch->central, batch->device.chain, "", text, err) : st;
}

static void note_fork(struct batch *batch)
{
    char text[400];

    batch->st = store_transact(batch->central->store, quarantine, batch, &batch->reason);
    describe_fork(batch, text);
    if (batch->st == ST_OK)
        log_error("journal-05", "%s dev=%s", text, batch->device.dev);
}

static void write_cursor(const struct batch *batch, struct strbuf *out)
{
    struct json_writer w = JSON_WRITER_INIT(out);

    jw_object_begin(&w);
    jw_field_text(&w, "epoch", batch->device.epoch);
    jw_field_int(&w, "acked", batch->device.acked);
    jw_field_hex(&w, "hash", batch->device.head_hash, SHA256_BYTES);
    jw_field_int(&w, "counted", batch->device.counted);
    jw_field_text(&w, "incarnation", batch->central->incarnation);
    jw_field_int(&w, "max_batch", RECORD_BATCH_MAX);
    jw_field_int(&w, "next_after_ms", 0);
    jw_object_end(&w);
}

static void refuse(struct answer *answer, const char *code, const char *name, int64_t seq, const char *message)
{
    struct json_writer w = JSON_WRITER_INIT(&answer->body);

    strbuf_clear(&answer->body);
    answer->status = 409;
    jw_object_begin(&w);
    jw_field_text(&w, "code", code);
    jw_field_text(&w, "message", message);
    jw_field_int(&w, name, seq);
    jw_object_end(&w);
}

/* ---- several tills' at once ---- */

struct group {
    struct central *central;
    struct batch *batches[JOURNAL_GROUP_MAX];
    size_t count;
};

/* What a till did, or its row: no reason not to take in what others sent. */
static bool is_refusal(enum status st)
{
    return st == ST_RANGE || st == ST_DENIED || st == ST_CONFLICT || st == ST_NOT_FOUND;
}

static enum status take_group(void *context, struct errmsg *err)
{
    struct group *group = context;
    enum status st = ST_OK;

    for (size_t i = 0; st == ST_OK && i < group->count; i++) {
        struct batch *batch = group->batches[i];

        batch->reason = (struct errmsg)ERRMSG_INIT;
        batch->st = journal_take_batch(batch, &batch->reason);
        if (batch->st == ST_OK || is_refusal(batch->st))
            continue;
        st = batch->st;
        *err = batch->reason;
    }
    return st;
}

/* Rows of several tills are locked in one order by all processes. */
static int compare_batches(const void *a, const void *b)
{
    return strcmp((*(struct batch *const *)a)->device.dev, (*(struct batch *const *)b)->device.dev);
}

/* ST_CORRUPT and the like may be one till's: then each is taken by itself. What the server or the disk did is all's. */
static void run_group(struct group *group)
{
    struct errmsg err = ERRMSG_INIT;
    enum status st;

    qsort(group->batches, group->count, sizeof(group->batches[0]), compare_batches);
    st = group->count > 0 ? store_transact_apart(group->central->store, take_group, group, &err) : ST_OK;
    if (st == ST_OK)
        return;
    for (size_t i = 0; i < group->count; i++) {
        struct group alone = {group->central, {group->batches[i]}, 1};

        group->batches[i]->st = st;
        group->batches[i]->reason = err;
        if (group->count > 1 && st != ST_AGAIN && st != ST_TIMEOUT && st != ST_IO)
            run_group(&alone);
    }
}

static void answer_batch(const struct batch *batch, int64_t expect, struct answer *answer)
{
    if (batch->st == ST_RANGE) {
        refuse(answer, "expect", "expect", expect, batch->reason.text);
    } else if (batch->st != ST_OK) {
        log_error("journal-06", "batch not taken dev=%s: %s", batch->device.dev, batch->reason.text);
        answer_status(answer, interpret_is_fault(batch->st) ? batch->st : ST_INTERNAL, &batch->reason);
    } else if (batch->fork_seq > 0) {
        refuse(answer, "fork", "seq", batch->fork_seq, "this till's history is not the one known here");
    } else {
        write_cursor(batch, &answer->body);
    }
}

/* NULL when the post is answered already. */
static struct batch *open_batch(struct central *central, const struct journal_post *post)
{
    struct errmsg err = ERRMSG_INIT;
    struct batch *batch = calloc(1, sizeof(*batch));
    enum status st = ST_NOMEM;

    if (batch) {
        batch->central = central;
        batch->device = *post->device;
        st = journal_read_batch(batch, post->body, post->len, &err);
    }
    if (st == ST_OK)
        return batch;
    answer_status(post->answer, st, &err);
    free(batch);
    return NULL;
}

/* At most JOURNAL_GROUP_MAX. */
static void accept_some(struct central *central, const struct journal_post *posts, size_t count)
{
    struct group group = {.central = central};
    struct batch *batches[JOURNAL_GROUP_MAX];
    int64_t accepted = 0;

    for (size_t i = 0; i < count; i++) {
        batches[i] = open_batch(central, &posts[i]);
        if (batches[i])
            group.batches[group.count++] = batches[i];
    }
    run_group(&group);
    for (size_t i = 0; i < count; i++) {
        if (!batches[i])
            continue;
        if (batches[i]->st == ST_DENIED && batches[i]->fork_seq > 0)
            note_fork(batches[i]);
        answer_batch(batches[i], posts[i].device->acked + 1, posts[i].answer);
        if (batches[i]->st == ST_OK && batches[i]->fork_seq == 0)
            accepted += batches[i]->accepted;
        free(batches[i]);
    }
    if (accepted > 0)
        central_tell_accepted(central, accepted);
}

void journal_accept_all(struct central *central, const struct journal_post *posts, size_t count)
{
    size_t max = (size_t)steps_together(central, JOURNAL_GROUP_MAX);

    for (size_t at = 0; at < count; at += max)
        accept_some(central, posts + at, count - at < max ? count - at : max);
}

void journal_accept(struct central *central, const struct device *device, const char *body, size_t len,
                    struct answer *answer)
{
    journal_accept_all(central, &(struct journal_post){device, body, len, answer}, 1);
}
