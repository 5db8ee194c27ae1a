/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The whole loop of the journal's way up:
 *
 *   kick -> send: records after the ack, one batch -> answer (outbox_answers.c)
 *     200 acked, hash   the hash is ours: remember, send on (after next_after_ms); it is not: stop and alarm (forked)
 *     409 expect        the central has another place in mind (restored from a backup, or an answer was lost): send
 *                       from there; records before our first are said to be gone, and it is tried again, slowly
 *     409 fork          the central knows another history of this till: stop and alarm
 *     else              wait (full jitter), send again
 *   meanwhile           while there is a backlog the next batches go to loyald-sync, which has them packed and at the
 *                       line when their turn comes (courier_ask_behind). Any other answer than the one they count on
 *                       ends them: it goes on from the ack when all are answered (held)
 *
 * Updates tell what the central has, too (outbox_hear): a till that sells nothing hears of a central put back by
 * them.
 */
#include "agent/link/link_internal.h"

#include "agent/base/log.h"
#include "agent/db/journal.h"
#include "agent/net/loop.h"
#include "agent/till/identity.h"
#include "sync/protocol/record.h"

#include <string.h>

enum {
    BATCH_BYTES_MAX = 512 * 1024,
    UNDER_WAY_BYTES_MAX =
        3 * BATCH_BYTES_MAX, /* half of what the courier holds for a loyald-sync that does not read */
    SEND_DEADLINE_MS = 30 * 1000,
    RETRY_FIRST_MS = 500,
    AHEAD_MS = 1 /* first the batch at hand goes out */
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

static void send_next(struct outbox *outbox);
static void on_ahead(void *context);

static void on_timer(void *context)
{
    struct outbox *outbox = context;

    outbox->waiting = false;
    send_next(outbox);
}

enum status outbox_init(struct outbox *outbox, struct link *link)
{
    enum status st;

    *outbox = (struct outbox){.link = link, .batch_max = RECORD_BATCH_MAX, .batch_now = RECORD_BATCH_MAX};
    st = loop_timer_create(link->options.loop, on_timer, outbox, &outbox->timer);
    return st == ST_OK ? loop_timer_create(link->options.loop, on_ahead, outbox, &outbox->ahead) : st;
}

void outbox_clear(struct outbox *outbox)
{
    loop_timer_destroy(outbox->timer);
    loop_timer_destroy(outbox->ahead);
    outbox->timer = outbox->ahead = NULL;
}

void outbox_kick(struct outbox *outbox, bool now)
{
    if (outbox->waiting && !now)
        return;
    if (outbox->waiting) {
        loop_timer_stop(outbox->timer);
        outbox->waiting = false;
    }
    send_next(outbox);
}

void outbox_wait(struct outbox *outbox, int64_t at_least_ms)
{
    outbox->waiting = true;
    loop_timer_set(outbox->timer, retry_next_ms(&outbox->retry, outbox->link->options.retry_max_ms, at_least_ms), 0);
}

/* ---- packing ---- */

struct packing {
    struct strbuf bytes;
    uint64_t epoch;
    int64_t count, count_max;
    bool full; /* there are more records of this epoch than it holds */
};

static bool add_entry(void *context, const struct journal_entry *entry)
{
    struct packing *packing = context;

    if (packing->count == 0)
        packing->epoch = entry->epoch;
    if (entry->epoch != packing->epoch)
        return false;
    if (packing->count == packing->count_max ||
        (packing->count > 0 && packing->bytes.len + entry->len + 1 > BATCH_BYTES_MAX)) {
        packing->full = true;
        return false;
    }
    strbuf_add(&packing->bytes, entry->bytes, entry->len);
    strbuf_putc(&packing->bytes, '\n');
    packing->count++;
    return true;
}

static enum status pack(struct outbox *outbox, int64_t from, struct packing *packing, struct errmsg *err)
{
    enum status st;

    *packing =
        (struct packing){.bytes = STRBUF_INIT(RECORD_BYTES_MAX + BATCH_BYTES_MAX), .count_max = outbox->batch_now};
    st = journal_each(outbox->link->options.journal, from, add_entry, packing, err);
    return st == ST_OK ? strbuf_status(&packing->bytes) : st;
}

/* ---- sending ---- */

/* loyald-sync keeps the order, so the answer is to the oldest. */
static void answered(void *context, const struct courier_answer *answer)
{
    struct outbox *outbox = context;
    struct outbox_batch batch = outbox->under_way[0];

    outbox->under_way_count--;
    memmove(outbox->under_way, outbox->under_way + 1, (size_t)outbox->under_way_count * sizeof batch);
    link_heard(outbox->link, answer);
    outbox_take_answer(outbox, &batch, answer);
    outbox->held &= outbox->under_way_count > 0;
    send_next(outbox);
}

static bool can_send(const struct outbox *outbox)
{
    const struct link *link = outbox->link;

    return !outbox->waiting && !outbox->forked && !outbox->held && link->options.identity->enrolled &&
           courier_is_connected(link->courier);
}

/* Takes note first: the answer may come before asking returns. */
static void send_batch(struct outbox *outbox, int64_t from, const struct packing *packing)
{
    struct courier *courier = outbox->link->courier;
    bool behind = outbox->under_way_count > 0;

    outbox->under_way[outbox->under_way_count++] = (struct outbox_batch){from, packing->count, packing->bytes.len};
    if (packing->full)
        loop_timer_set(outbox->ahead, AHEAD_MS, 0);
    if (behind)
        courier_ask_behind(courier, OP_JOURNAL, packing->bytes.data, packing->bytes.len, SEND_DEADLINE_MS, answered,
                           outbox);
    else
        courier_ask(courier, OP_JOURNAL, NULL, packing->bytes.data, packing->bytes.len, SEND_DEADLINE_MS, answered,
                    outbox);
}

/* What is of an epoch that is over goes nowhere: a central that lacks it gets it as the beginning of the next one. */
static bool is_of_this_epoch(struct outbox *outbox, const struct packing *packing)
{
    struct journal_head head;

    journal_head(outbox->link->options.journal, &head);
    if (packing->epoch == head.epoch)
        return true;
    outbox_hear_fork(outbox, "it lacks records of an epoch that is over");
    return false;
}

/* The batch after the ack, when none is under way; those behind it follow by their timer. */
static void send_next(struct outbox *outbox)
{
    int64_t from = journal_acked_position(outbox->link->options.journal) + 1;
    struct packing packing;
    struct errmsg err = ERRMSG_INIT;
    enum status st;

    if (!can_send(outbox))
        return;
    if (outbox->under_way_count > 0) {
        loop_timer_set(outbox->ahead, 0, 0);
        return;
    }
    st = pack(outbox, from, &packing, &err);
    if (st != ST_OK) {
        log_error("link-17", "records cannot be read for sending: %s", err.text);
        outbox_wait(outbox, 0);
    } else if (packing.count > 0 && is_of_this_epoch(outbox, &packing)) {
        send_batch(outbox, from, &packing);
    }
    strbuf_free(&packing.bytes);
}

/* Only a whole batch goes ahead: more records may come before a smaller one is sent. One that cannot be read now is
 * met again when it is the next. */
static void on_ahead(void *context)
{
    struct outbox *outbox = context;
    const struct outbox_batch *last;
    struct packing packing;
    struct errmsg err = ERRMSG_INIT;
    size_t bytes = 0;

    if (!can_send(outbox) || outbox->under_way_count == 0 ||
        outbox->under_way_count > courier_behind_max(outbox->link->courier))
        return;
    last = &outbox->under_way[outbox->under_way_count - 1];
    for (int i = 0; i < outbox->under_way_count; i++)
        bytes += outbox->under_way[i].bytes;
    if (pack(outbox, last->from + last->count, &packing, &err) == ST_OK && packing.full &&
        bytes + packing.bytes.len <= UNDER_WAY_BYTES_MAX)
        send_batch(outbox, last->from + last->count, &packing);
    strbuf_free(&packing.bytes);
}
