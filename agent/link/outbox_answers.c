/* SPDX-License-Identifier: Apache-2.0 */
/* What the central says of the records it was sent, and what it says it has. */
#include "agent/link/link_internal.h"

#include "agent/base/hex.h"
#include "agent/base/json.h"
#include "agent/base/log.h"
#include "agent/db/journal.h"
#include "agent/net/loop.h"
#include "agent/till/identity.h"
#include "sync/protocol/record.h"

#include <cjson/cJSON.h>

#include <inttypes.h>
#include <string.h>

enum { ANSWER_BYTES_MAX = 512 * 1024, PACE_MAX_MS = 3600 * 1000 };

/* The central asks for records that are here no more. Tried again at the slowest pace: it may be put back to a later
 * state any time. */
static void say_gone(struct outbox *outbox, const char *why)
{
    if (!outbox->gone)
        log_error("link-10", "sending stopped: %s", why);
    outbox->gone = true;
    outbox->retry.failures = outbox->retry.failures < 16 ? 16 : outbox->retry.failures;
    outbox_wait(outbox, 0);
}

void outbox_hear_fork(struct outbox *outbox, const char *why)
{
    if (!outbox->forked) /* said once */
        log_error("link-11", "sending stopped, this till's history is not the one the central knows: %s", why);
    outbox->forked = true;
}

/* ---- what the central says ---- */

static enum status take_ack(struct outbox *outbox, const struct cJSON *root, struct errmsg *err)
{
    struct journal_head head;
    uint8_t hash[SHA256_BYTES];
    const char *epoch_text;
    uint64_t epoch = 0;
    int64_t acked = 0;
    enum status st = json_int(root, "acked", 0, JSON_INT_MAX, &acked, err);

    if (st == ST_OK)
        st = json_hex(root, "hash", sizeof hash, hash, err);
    if (st == ST_OK)
        st = json_text(root, "epoch", 16, &epoch_text, err);
    if (st != ST_OK)
        return st;
    journal_head(outbox->link->options.journal, &head);
    if (hex_to_u64(epoch_text, &epoch) != ST_OK || epoch != head.epoch) {
        errmsg_set(err, "the ack is of epoch %s, ours is %016" PRIx64, epoch_text, head.epoch);
        return ST_INVALID;
    }
    return journal_set_acked(outbox->link->options.journal, head.epoch, acked, hash, err);
}

/* Goes on at the pace the central asks for. An ack that did not move on is a failure: sending the same at once would
 * be a circle. */
static void go_on(struct outbox *outbox, const struct cJSON *root, bool moved_on)
{
    int64_t pace_ms = 0;

    (void)json_int(root, "max_batch", 1, RECORD_BATCH_MAX, &outbox->batch_max, NULL);
    (void)json_int(root, "next_after_ms", 0, PACE_MAX_MS, &pace_ms, NULL);
    if (moved_on)
        outbox->batch_now++;
    if (outbox->batch_now > outbox->batch_max)
        outbox->batch_now = outbox->batch_max;
    if (!moved_on) {
        log_warn("link-12", "records were answered but not taken");
        outbox_wait(outbox, pace_ms);
        return;
    }
    outbox->retry.failures = 0;
    if (pace_ms > 0) {
        outbox->waiting = true;
        loop_timer_set(outbox->timer, pace_ms, 0);
    }
}

/* The central wants the records from another seq on: what it has before that is ours, or it would have said fork. */
static enum status take_expect(struct outbox *outbox, const struct cJSON *root, struct errmsg *err)
{
    struct journal *journal = outbox->link->options.journal;
    uint8_t hash[SHA256_BYTES] = {0};
    struct journal_head head;
    int64_t expect, position;
    enum status st;

    journal_head(journal, &head);
    st = json_int(root, "expect", 1, JSON_INT_MAX, &expect, err);
    /* Past our end, or before our first record, the journal itself says what is wrong. */
    if (st == ST_OK && expect > 1 && expect <= head.seq + 1) {
        st = journal_position(journal, head.epoch, expect - 1, &position);
        if (st == ST_OK && position >= journal_pruned_position(journal))
            st = journal_hash_at(journal, position, hash, err);
    }
    if (st == ST_OK)
        st = journal_set_acked(journal, head.epoch, expect - 1, hash, err);
    if (st == ST_OK)
        log_warn("link-13", "the central wants records from seq=%" PRId64 " on", expect);
    return st;
}

static void take_refusal(struct outbox *outbox, const struct outbox_batch *batch, const struct courier_answer *answer,
                         const struct cJSON *root)
{
    struct errmsg err = ERRMSG_INIT;
    const char *code = "", *message = "";

    (void)json_text(root, "code", 64, &code, NULL);
    (void)json_text(root, "message", 1024, &message, NULL);
    if (answer->http_status == 409 && strcmp(code, "fork") == 0) {
        outbox_hear_fork(outbox, message);
        return;
    }
    if (answer->http_status == 409 && strcmp(code, "expect") == 0) {
        enum status st = take_expect(outbox, root, &err);

        if (st == ST_CORRUPT) {
            outbox_hear_fork(outbox, err.text);
            return;
        }
        if (st == ST_RANGE) {
            say_gone(outbox, err.text);
            return;
        }
        if (st == ST_OK) {
            outbox->retry.failures = outbox->retry.failures < 1 ? 1 : outbox->retry.failures;
            outbox_wait(outbox, 0); /* not at once: two that disagree must not chase each other */
            return;
        }
    }
    log_warn("link-14", "records were not taken status=%d code=%s: %s%s", answer->http_status, code, message,
             err.text);
    if (answer->http_status == 413)
        outbox->batch_now = batch->count > 1 ? batch->count / 2 : 1;
    outbox_wait(outbox, answer->retry_after_ms);
}

/* Anything but ST_OK: the answer cannot be used, and *err says why. */
static enum status take_taken(struct outbox *outbox, const struct outbox_batch *batch, const struct cJSON *root,
                              struct errmsg *err)
{
    const struct journal *journal = outbox->link->options.journal;
    int64_t before = journal_acked_position(journal);
    enum status st = take_ack(outbox, root, err);

    if (st == ST_CORRUPT) {
        outbox_hear_fork(outbox, err->text);
        return ST_OK;
    }
    if (st == ST_RANGE) {
        say_gone(outbox, err->text);
        return ST_OK;
    }
    if (st != ST_OK)
        return st;
    outbox->gone = false;
    outbox->held |= journal_acked_position(journal) < batch->from + batch->count - 1;
    go_on(outbox, root, journal_acked_position(journal) > before);
    return ST_OK;
}

void outbox_take_answer(struct outbox *outbox, const struct outbox_batch *batch, const struct courier_answer *answer)
{
    struct errmsg err = ERRMSG_INIT;
    struct cJSON *root = NULL;
    bool held = outbox->held;
    enum status st;

    outbox->held |= answer->outcome != COURIER_ANSWERED || answer->http_status != 200;
    if (answer->outcome != COURIER_ANSWERED) {
        if (!held) /* those behind it end with it: one failure, not three */
            outbox_wait(outbox, answer->retry_after_ms);
        return;
    }
    st = json_parse(answer->body, answer->len, ANSWER_BYTES_MAX, &root, &err);
    if (st == ST_OK && answer->http_status == 200)
        st = take_taken(outbox, batch, root, &err);
    else if (st == ST_OK)
        take_refusal(outbox, batch, answer, root);
    if (st != ST_OK) {
        log_warn("link-16", "the answer to records cannot be used status=%d: %s", answer->http_status, err.text);
        outbox_wait(outbox, answer->retry_after_ms);
    }
    json_free(root);
}

enum status outbox_hear_behind(struct outbox *outbox, const struct cJSON *root, struct errmsg *err)
{
    uint8_t hash[SHA256_BYTES];
    const char *text, *why = "";
    uint64_t epoch = 0;
    int64_t seq = 0;
    bool gone = false;
    enum status st = json_text(root, "epoch", 16, &text, err);

    if (st == ST_OK)
        st = hex_to_u64(text, &epoch);
    if (st == ST_OK)
        st = json_int(root, "seq", 0, JSON_INT_MAX, &seq, err);
    if (st == ST_OK)
        st = json_hex(root, "hash", sizeof hash, hash, err);
    if (st == ST_OK)
        st = journal_go_back(outbox->link->options.journal, epoch, seq, hash, &gone, err);
    if (st != ST_OK)
        return st;
    (void)json_text(root, "message", 1024, &why, NULL);
    outbox->gone |= gone;
    outbox_hear_fork(outbox, why);
    return ST_OK;
}

void outbox_hear(struct outbox *outbox, int64_t seq, const uint8_t hash[SHA256_BYTES], int64_t asked_acked)
{
    struct journal *journal = outbox->link->options.journal;
    int64_t acked = journal_acked_position(journal), position;
    struct errmsg err = ERRMSG_INIT;
    struct journal_head head;
    enum status st;

    journal_head(journal, &head);
    st = journal_position(journal, head.epoch, seq, &position);
    if (st != ST_OK || outbox->under_way_count > 0 || outbox->forked || (position >= asked_acked && position < acked))
        return; /* what is under way is answered with the same; what was acked since then this answer does not know */
    st = journal_set_acked(journal, head.epoch, seq, hash, &err);
    if (st == ST_CORRUPT) {
        outbox_hear_fork(outbox, err.text);
    } else if (st == ST_RANGE) {
        if (!outbox->gone)
            say_gone(outbox, err.text);
    } else if (st == ST_OK && position < acked) {
        log_warn("link-15", "the central was put back, records from seq=%" PRId64 " on are sent again", seq + 1);
        outbox_kick(outbox, true);
    }
}
