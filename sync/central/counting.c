/* SPDX-License-Identifier: Apache-2.0 */
#include "sync/central/counting.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/log.h"
#include "agent/net/loop.h"
#include "sync/central/carried.h"
#include "sync/central/counting_expect.h"
#include "sync/central/due.h"
#include "sync/central/lease.h"
#include "sync/central/member.h"
#include "sync/central/steps.h"
#include "sync/central/told_again.h"
#include "sync/protocol/record.h"

enum {
    LOOK_MS = 1000,      /* for what others left */
    BUSY_MS = 20,        /* another process is booking */
    BATCH_OF_MANY = 250, /* records: a till that sends so many at once has a backlog, and sends more */
    SENDING_MS = 1000,   /* so long after one */
    /* Tills that send come first: booking gets a fifth of the time, in transactions that no till waits for long. */
    SHARE = 4,
    RECORDS_WHILE_SENDING = 50,
};

/* The records of one transaction. */
struct work {
    struct central *central;
    int records_max; /* at most COUNTING_RECORDS_MAX */
    struct device device;
    struct strbuf bytes; /* copied: what is booked may read the journal as well */
    size_t ends[COUNTING_RECORDS_MAX];
    int count;
    struct interpret_buyers buyers;
    bool again; /* a record has more to do in another transaction (interpret.h) */
};
_Static_assert((int)COUNTING_RECORDS_MAX <= (int)INTERPRET_BUYERS_MAX, "a record is posted to one member at most");

/* ---- one record ---- */

static enum status bury(struct work *work, const struct record_head *head, const char *reason, struct errmsg *err)
{
    char text[ERRMSG_BYTES_MAX + 128];
    const struct device *device = &work->device;
    enum status st = STORE_RUN(work->central->store, STATEMENT_DEAD_INSERT, err, V_TEXT(device->dev),
                               V_TEXT(device->epoch), V_INT(head->seq), V_TEXT(device->chain), V_TEXT(head->type),
                               V_TEXT(reason), V_INT(central_now_us(work->central)));

    if (st != ST_OK)
        return st;
    (void)snprintf(text, sizeof(text), "record %lld (%s) cannot be booked: %s", (long long)head->seq, head->type,
                   reason);
    log_warn("journal-01", "dead letter dev=%s seq=%lld: %s", device->dev, (long long)head->seq, reason);
    return notice_put(work->central, device->chain, device->dev, text, err);
}

/* Interprets one record, or buries it; either way it counts. */
static enum status count_record(struct work *work, const struct record_head *head, const char *body, size_t body_len,
                                struct errmsg *err)
{
    struct carried carried = {.first_dev = ""};
    struct interpret_record wanted = {.device = &work->device,
                                      .first_dev = carried.first_dev,
                                      .seq = head->seq,
                                      .type = head->type,
                                      .type_version = head->type_version,
                                      .body = body,
                                      .body_len = body_len,
                                      .buyers = &work->buyers,
                                      .again = steps_are_apart(work->central) ? &work->again : NULL};
    struct store *store = work->central->store;
    struct errmsg reason = ERRMSG_INIT;
    enum status st = store_mark(store, err), end;

    if (st != ST_OK)
        return st;
    st = carried_look(work->central, &work->device, head, body, body_len, &carried, &reason);
    work->again = st == ST_OK && carried.again;
    if (st == ST_OK && carried.booked)
        st = told_again(work->central, &work->device, head->type, body, body_len, &reason);
    else if (st == ST_OK && !carried.again)
        st = interpret(work->central, &wanted, &reason);
    if (st == ST_OK)
        return store_mark_keep(store, err);
    if (interpret_is_fault(st)) {
        *err = reason;
        return st;
    }
    end = store_mark_undo(store, err);
    if (end == ST_OK)
        end = told_again(work->central, &work->device, head->type, body, body_len, err);
    return end == ST_OK ? bury(work, head, reason.text[0] ? reason.text : status_text(st), err) : end;
}

/* Envelopes were checked before the records were taken: one that cannot be read now is the disk's doing. */
static enum status count_bytes(struct work *work, const char *bytes, size_t len, struct errmsg *err)
{
    struct record_head head;
    const char *body;
    size_t body_len;
    enum status st = record_parse(bytes, len, &head, &body, &body_len, err);

    if (st == ST_OK && head.seq != work->device.counted + 1) {
        errmsg_set(err, "record %lld is missing", (long long)work->device.counted + 1);
        st = ST_CORRUPT;
    }
    if (st != ST_OK) {
        errmsg_wrap(err, "journal of till %s", work->device.dev);
        return ST_CORRUPT;
    }
    st = count_record(work, &head, body, body_len, err);
    if (!work->again)
        work->device.counted = head.seq;
    return st;
}

/* ---- one transaction ---- */

static enum status ask_next(struct work *work, const char *after, char dev[HEX64_TEXT], struct errmsg *err)
{
    struct rows *rows;
    enum status st = STORE_SELECT(work->central->store, STATEMENT_DEVICE_BEHIND_NEXT, &rows, err, V_TEXT(after));

    if (st != ST_OK)
        return st;
    if (rows_next(rows))
        (void)snprintf(dev, HEX64_TEXT, "%s", rows_text(rows, 0));
    return rows_end(rows, err);
}

/* The till whose turn it is: the next behind the last one. "": none waits. */
static enum status choose(struct work *work, char dev[HEX64_TEXT], struct errmsg *err)
{
    const char *last = work->central->counted_last;
    enum status st = ST_OK;

    dev[0] = '\0';
    st = ask_next(work, last, dev, err);
    if (st == ST_OK && !dev[0] && last[0])
        st = ask_next(work, "", dev, err);
    return st;
}

static enum status read_records(struct work *work, struct errmsg *err)
{
    struct rows *rows;
    enum status st = STORE_SELECT(work->central->store, STATEMENT_JOURNAL_FROM, &rows, err, V_TEXT(work->device.dev),
                                  V_TEXT(work->device.epoch), V_INT(work->device.counted), V_INT(work->records_max));

    if (st != ST_OK)
        return st;
    while (work->count < work->records_max && rows_next(rows)) {
        size_t len;
        const void *bytes = rows_blob(rows, 0, &len);

        if (work->count > 0 && work->bytes.len + len > COUNTING_BYTES_MAX)
            break;
        strbuf_add(&work->bytes, bytes, len);
        work->ends[work->count++] = work->bytes.len;
    }
    st = rows_end(rows, err);
    return st == ST_OK ? strbuf_status(&work->bytes) : st;
}

/* A lease has a row of its own, so it may come after the members' rows. */
static enum status grant_leases(struct work *work, struct errmsg *err)
{
    bool granted = false;
    enum status st = ST_OK;

    if (work->buyers.count > 0)
        st = lease_are_granted(work->central, work->device.chain, &granted, err);
    for (int i = 0; st == ST_OK && granted && i < work->buyers.count; i++)
        st = lease_after_sale(work->central, &work->device, work->buyers.members[i], err);
    return st;
}

static enum status count_records(struct work *work, struct errmsg *err)
{
    struct store *store = work->central->store;
    size_t at = 0;
    enum status st = counting_expect(work->central, work->device.chain, work->bytes.data, work->ends, work->count, err);

    for (int i = 0; st == ST_OK && i < work->count; at = work->ends[i++])
        st = count_bytes(work, work->bytes.data + at, work->ends[i] - at, err);
    if (work->again) /* what it did may be another till's: this one's row stays as it is */
        return st;
    if (st == ST_OK)
        st = grant_leases(work, err);
    if (st == ST_OK)
        st = store_write_kept(store, err);
    if (st == ST_OK) /* behind all that was booked: the till is to hear of it */
        st = store_next_change(store, &work->device.counted_change, err);
    return st == ST_OK ? STORE_RUN(store, STATEMENT_DEVICE_COUNTED, err, V_TEXT(work->device.dev),
                                   V_INT(work->device.counted), V_INT(work->device.counted_change))
                       : st;
}

static enum status count_till(void *context, struct errmsg *err)
{
    struct work *work = context;
    char dev[HEX64_TEXT];
    enum status st = choose(work, dev, err);

    work->count = work->buyers.count = 0;
    work->again = false;
    strbuf_clear(&work->bytes);
    work->device = (struct device){.dev = ""};
    if (st != ST_OK || !dev[0])
        return st;
    st = device_load(work->central, dev, &work->device, err);
    if (st != ST_OK || work->device.counted >= work->device.acked)
        return st;
    st = read_records(work, err);
    if (st == ST_OK && work->count == 0) {
        errmsg_set(err, "records of till %s up to %lld are missing below its cursor", dev,
                   (long long)work->device.acked);
        st = ST_CORRUPT;
    }
    return st == ST_OK ? count_records(work, err) : st;
}

/* patient: waits for its turn when another process is booking. *out_count is -1 when one is. */
static enum status step(struct central *central, bool patient, int records_max, int64_t *out_count,
                        struct errmsg *err)
{
    struct work *work = calloc(1, sizeof(*work));
    bool ran = true;
    enum status st;

    if (!work)
        return ST_NOMEM;
    records_max = steps_together(central, records_max);
    *work = (struct work){
        .central = central, .records_max = records_max, .bytes = STRBUF_INIT(COUNTING_BYTES_MAX + RECORD_BYTES_MAX)};
    do {
        st = patient ? store_transact(central->store, count_till, work, err)
                     : store_transact_if_free(central->store, count_till, work, &ran, err);
    } while (st == ST_OK && ran && work->again);
    /* Also after a fault: what stands in the way of one till is not in the way of the others. */
    if (work->device.dev[0])
        memcpy(central->counted_last, work->device.dev, sizeof(central->counted_last));
    if (st == ST_OK)
        *out_count = ran ? work->count : -1;
    if (st == ST_OK && *out_count > 0)
        central_tell_changed(central);
    if (st == ST_OK && ran && steps_are_apart(central))
        st = due_run(central, err);
    strbuf_free(&work->bytes);
    free(work);
    return st;
}

enum status counting_step(struct central *central, int64_t *out_count, struct errmsg *err)
{
    return step(central, false, COUNTING_RECORDS_MAX, out_count, err);
}

enum status counting_run(struct central *central, struct errmsg *err)
{
    int64_t count = 1;
    enum status st = ST_OK;

    while (st == ST_OK && count > 0)
        st = step(central, true, COUNTING_RECORDS_MAX, &count, err);
    return st;
}

/* Cheap when nothing waits, which is the rule. */
static enum status is_behind(struct central *central, bool *out_behind, struct errmsg *err)
{
    struct work work = {.central = central};
    char dev[HEX64_TEXT] = "";
    enum status st = ask_next(&work, "", dev, err);

    *out_behind = dev[0] != '\0';
    return st;
}

void counting_catch_up(struct central *central, bool *out_all)
{
    struct errmsg err = ERRMSG_INIT;
    int64_t count = 0, sum = 0;
    bool behind;
    enum status st = is_behind(central, &behind, &err);

    while (st == ST_OK && behind && sum < COUNTING_BEFORE_QUESTION) {
        st = step(central, true, COUNTING_BEFORE_QUESTION, &count, &err);
        sum += count;
        behind = count > 0;
    }
    if (st == ST_OK && behind)
        st = is_behind(central, &behind, &err);
    if (st != ST_OK)
        log_warn("journal-02", "a question is answered from what was booked before: %s", err.text);
    if (out_all)
        *out_all = st == ST_OK && !behind;
}

/* ---- in the loop ---- */

struct counting {
    struct central *central;
    struct loop *loop;
    struct loop_timer *timer;
    int64_t sending_until_ms;
    int64_t not_before_ms; /* while tills are sending */
    bool failing;          /* said once */
};

static int64_t pause_ms(const struct counting *counting, int64_t now_ms)
{
    return now_ms < counting->sending_until_ms && counting->not_before_ms > now_ms ? counting->not_before_ms - now_ms
                                                                                   : 0;
}

static void tell(struct counting *counting, enum status st, const struct errmsg *err)
{
    if (st != ST_OK && !counting->failing)
        log_error("journal-03", "records are accepted and not booked, it is tried again: %s", err->text);
    if (st == ST_OK && counting->failing)
        log_info("journal-04", "records are booked again");
    counting->failing = st != ST_OK;
}

static void on_turn(void *context)
{
    struct counting *counting = context;
    struct errmsg err = ERRMSG_INIT;
    int64_t count = 0, began_ms = clock_mono_ms(clock_system()), now_ms, after_ms = LOOK_MS;
    bool sending = began_ms < counting->sending_until_ms;
    enum status st =
        step(counting->central, false, sending ? RECORDS_WHILE_SENDING : COUNTING_RECORDS_MAX, &count, &err);

    tell(counting, st, &err);
    if (store_has_failed(counting->central->store))
        loop_stop(counting->loop);
    now_ms = clock_mono_ms(clock_system());
    counting->not_before_ms = now_ms + SHARE * (now_ms - began_ms);
    if (st == ST_OK && count != 0)
        after_ms = count < 0 ? BUSY_MS : pause_ms(counting, now_ms);
    loop_timer_set(counting->timer, after_ms, 0);
}

static void on_accepted(void *context, int64_t count)
{
    struct counting *counting = context;
    int64_t now_ms = clock_mono_ms(clock_system());

    if (count >= BATCH_OF_MANY)
        counting->sending_until_ms = now_ms + SENDING_MS;
    loop_timer_set(counting->timer, pause_ms(counting, now_ms), 0);
}

enum status counting_create(struct loop *loop, struct central *central, struct counting **out_counting,
                            struct errmsg *err)
{
    struct counting *counting = calloc(1, sizeof(*counting));

    if (!counting)
        return ST_NOMEM;
    counting->central = central;
    counting->loop = loop;
    if (loop_timer_create(loop, on_turn, counting, &counting->timer) != ST_OK) {
        errmsg_set(err, "no timer for what is to be booked");
        free(counting);
        return ST_NOMEM;
    }
    loop_timer_set(counting->timer, 0, 0);
    central->accepted = on_accepted;
    central->accepted_context = counting;
    *out_counting = counting;
    return ST_OK;
}

void counting_destroy(struct counting *counting)
{
    if (!counting)
        return;
    counting->central->accepted = NULL;
    loop_timer_destroy(counting->timer);
    free(counting);
}
