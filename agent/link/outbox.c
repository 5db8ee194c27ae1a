/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The whole loop of the journal's way up:
 *
 *   kick -> send: records after the ack, one batch -> answer
 *     200 acked, hash   the hash is ours: remember, send on (after next_after_ms); it is not: stop and alarm (forked)
 *     409 expect        the central has another place in mind (restored from a backup, or an answer was lost): send
 *                       from there; records before our first are said to be gone, and it is tried again, slowly
 *     409 fork          the central knows another history of this till: stop and alarm
 *     else              wait (full jitter), send again
 *   meanwhile           the batch behind it is packed, when there is a backlog
 *
 * Updates tell what the central has, too (outbox_hear): a till that sells nothing hears of a central put back by
 * them.
 */
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
#include <stdlib.h>
#include <string.h>

enum {
    BATCH_BYTES_MAX = 512 * 1024,
    SEND_DEADLINE_MS = 30 * 1000,
    RETRY_FIRST_MS = 500,
    PACE_MAX_MS = 3600 * 1000,
    PACKING_MS = 1 /* first the batch at hand goes out */
};

int64_t retry_next_ms(struct retry *retry, int64_t max_ms, int64_t at_least_ms)
{
    int64_t top = RETRY_FIRST_MS;
    uint32_t dice;

    for (int i = 0; i < retry->failures && top < max_ms; i++)
        top *= 2;
    retry->failures++;
    if (top > max_ms)
        top = max_ms;
    crypto_random(&dice, sizeof dice);
    top = (int64_t)(dice % (uint64_t)(top + 1));
    return at_least_ms + top;
}

static void send_batch(struct outbox *outbox);
static void on_packing(void *context);

static void on_timer(void *context)
{
    struct outbox *outbox = context;

    outbox->waiting = false;
    send_batch(outbox);
}

enum status outbox_init(struct outbox *outbox, struct link *link)
{
    enum status st;

    *outbox = (struct outbox){.link = link,
                              .batch_max = RECORD_BATCH_MAX,
                              .batch_now = RECORD_BATCH_MAX,
                              .ahead = STRBUF_INIT(RECORD_BYTES_MAX + BATCH_BYTES_MAX)};
    st = loop_timer_create(link->options.loop, on_timer, outbox, &outbox->timer);
    return st == ST_OK ? loop_timer_create(link->options.loop, on_packing, outbox, &outbox->packing) : st;
}

void outbox_clear(struct outbox *outbox)
{
    loop_timer_destroy(outbox->timer);
    loop_timer_destroy(outbox->packing);
    outbox->timer = outbox->packing = NULL;
    strbuf_free(&outbox->ahead);
}

void outbox_kick(struct outbox *outbox, bool now)
{
    if (outbox->waiting && !now)
        return;
    if (outbox->waiting) {
        loop_timer_stop(outbox->timer);
        outbox->waiting = false;
    }
    send_batch(outbox);
}

static void wait(struct outbox *outbox, int64_t at_least_ms)
{
    outbox->waiting = true;
    loop_timer_set(outbox->timer, retry_next_ms(&outbox->retry, outbox->link->options.retry_max_ms, at_least_ms), 0);
}

/* The central asks for records that are here no more. Tried again at the slowest pace: it may be put back to a later
 * state any time. */
static void say_gone(struct outbox *outbox, const char *why)
{
    if (!outbox->gone)
        log_error("link-10", "sending stopped: %s", why);
    outbox->gone = true;
    outbox->retry.failures = outbox->retry.failures < 16 ? 16 : outbox->retry.failures;
    wait(outbox, 0);
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
        wait(outbox, pace_ms);
        return;
    }
    outbox->retry.failures = 0;
    if (pace_ms == 0) {
        send_batch(outbox);
        return;
    }
    outbox->waiting = true;
    loop_timer_set(outbox->timer, pace_ms, 0);
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

static void take_refusal(struct outbox *outbox, const struct courier_answer *answer, const struct cJSON *root)
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
            wait(outbox, 0); /* not at once: two that disagree must not chase each other */
            return;
        }
    }
    log_warn("link-14", "records were not taken status=%d code=%s: %s%s", answer->http_status, code, message,
             err.text);
    if (answer->http_status == 413)
        outbox->batch_now = outbox->sent_count > 1 ? outbox->sent_count / 2 : 1;
    wait(outbox, answer->retry_after_ms);
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
    if (st != ST_OK || outbox->in_flight || outbox->forked || (position >= asked_acked && position < acked))
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

static void answered(void *context, const struct courier_answer *answer)
{
    struct outbox *outbox = context;
    struct errmsg err = ERRMSG_INIT;
    struct cJSON *root = NULL;
    int64_t before = journal_acked_position(outbox->link->options.journal);
    enum status st;

    outbox->in_flight = false;
    link_heard(outbox->link, answer);
    if (answer->outcome != COURIER_ANSWERED) {
        wait(outbox, answer->retry_after_ms);
        return;
    }
    st = json_parse(answer->body, answer->len, BATCH_BYTES_MAX, &root, &err);
    if (st == ST_OK && answer->http_status == 200) {
        st = take_ack(outbox, root, &err);
        if (st == ST_CORRUPT) {
            outbox_hear_fork(outbox, err.text);
        } else if (st == ST_RANGE) {
            say_gone(outbox, err.text);
        } else if (st == ST_OK) {
            outbox->gone = false;
            go_on(outbox, root, journal_acked_position(outbox->link->options.journal) > before);
        }
    } else if (st == ST_OK) {
        take_refusal(outbox, answer, root);
    }
    if (st != ST_OK && st != ST_CORRUPT && st != ST_RANGE) {
        log_warn("link-16", "the answer to records cannot be used status=%d: %s", answer->http_status, err.text);
        wait(outbox, answer->retry_after_ms);
    }
    json_free(root);
}

/* ---- sending ---- */

struct batch {
    struct strbuf *bytes;
    uint64_t epoch;
    int64_t count, count_max;
    bool full; /* there are more records of this epoch than it holds */
};

static bool add_entry(void *context, const struct journal_entry *entry)
{
    struct batch *batch = context;

    if (batch->count == 0)
        batch->epoch = entry->epoch;
    if (entry->epoch != batch->epoch)
        return false;
    if (batch->count == batch->count_max ||
        (batch->count > 0 && batch->bytes->len + entry->len + 1 > BATCH_BYTES_MAX)) {
        batch->full = true;
        return false;
    }
    strbuf_add(batch->bytes, entry->bytes, entry->len);
    strbuf_putc(batch->bytes, '\n');
    batch->count++;
    return true;
}

static enum status pack(struct outbox *outbox, int64_t from, struct batch *batch, struct errmsg *err)
{
    enum status st;

    strbuf_clear(batch->bytes);
    batch->count_max = outbox->batch_now;
    st = journal_each(outbox->link->options.journal, from, add_entry, batch, err);
    return st == ST_OK ? strbuf_status(batch->bytes) : st;
}

/* Only a whole batch is packed ahead: more records may come before a smaller one is sent. One that cannot be read now
 * is met again when it is to be sent. */
static void on_packing(void *context)
{
    struct outbox *outbox = context;
    struct batch batch = {.bytes = &outbox->ahead};
    struct errmsg err = ERRMSG_INIT;

    outbox->ahead_from = journal_acked_position(outbox->link->options.journal) + 1 + outbox->sent_count;
    outbox->ahead_count = 0;
    outbox->ahead_max = outbox->batch_now;
    if (outbox->in_flight && pack(outbox, outbox->ahead_from, &batch, &err) == ST_OK && batch.full)
        outbox->ahead_count = batch.count;
    if (outbox->ahead_count == 0)
        strbuf_free(&outbox->ahead);
}

/* What was packed ahead, when it is what comes next; else the records are read now. */
static enum status fill(struct outbox *outbox, struct batch *batch, struct errmsg *err)
{
    int64_t from = journal_acked_position(outbox->link->options.journal) + 1;

    if (outbox->ahead_count == 0 || outbox->ahead_from != from || outbox->ahead_max != outbox->batch_now)
        return pack(outbox, from, batch, err);
    strbuf_free(batch->bytes);
    *batch->bytes = outbox->ahead;
    batch->count = outbox->ahead_count;
    batch->full = true;
    outbox->ahead = (struct strbuf)STRBUF_INIT(RECORD_BYTES_MAX + BATCH_BYTES_MAX);
    outbox->ahead_count = 0;
    return ST_OK;
}

static void send_batch(struct outbox *outbox)
{
    struct link *link = outbox->link;
    struct strbuf bytes = STRBUF_INIT(RECORD_BYTES_MAX + BATCH_BYTES_MAX);
    struct batch batch = {.bytes = &bytes};
    struct errmsg err = ERRMSG_INIT;
    enum status st;

    if (outbox->in_flight || outbox->waiting || outbox->forked || !link->options.identity->enrolled ||
        !courier_is_connected(link->courier))
        return;
    st = fill(outbox, &batch, &err);
    if (st != ST_OK) {
        log_error("link-17", "records cannot be read for sending: %s", err.text);
        wait(outbox, 0);
    } else if (batch.count > 0) {
        outbox->in_flight = true;
        outbox->sent_count = batch.count;
        if (batch.full)
            loop_timer_set(outbox->packing, PACKING_MS, 0);
        courier_ask(link->courier, OP_JOURNAL, NULL, bytes.data, bytes.len, SEND_DEADLINE_MS, answered, outbox);
    }
    strbuf_free(&bytes);
}
