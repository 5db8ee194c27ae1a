/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the till tells of itself, so that the central can show its fleet: asked for by nobody, sent soon after the
 * link comes up and then now and then. One that is lost is followed by the next; nothing waits for it.
 */
#include "agent/link/link_internal.h"

#include "agent/base/cli.h"
#include "agent/base/clock.h"
#include "agent/base/hex.h"
#include "agent/base/log.h"
#include "agent/db/journal.h"
#include "agent/net/loop.h"
#include "agent/till/identity.h"
#include "agent/till/rulebook.h"
#include "sync/protocol/record.h"

enum { REPORT_BYTES_MAX = 16 * 1024, REPORT_DEADLINE_MS = 15 * 1000, REPORT_SOON_MS = 5000, HLC_COUNTER_BITS = 16 };

static void send_report(struct report *report);

static void on_timer(void *context)
{
    send_report(context);
}

enum status report_init(struct report *report, struct link *link)
{
    *report = (struct report){.link = link};
    return loop_timer_create(link->options.loop, on_timer, report, &report->timer);
}

void report_clear(struct report *report)
{
    loop_timer_destroy(report->timer);
    report->timer = NULL;
}

/* A random part, since all tills of a chain may have heard the central come back at once. */
static void send_after(struct report *report, int64_t least_ms, int64_t spread_ms)
{
    uint32_t dice;

    crypto_random(&dice, sizeof dice);
    loop_timer_set(report->timer, least_ms + (int64_t)(dice % (uint64_t)(spread_ms + 1)), 0);
}

void report_soon(struct report *report)
{
    int64_t every_ms = report->link->options.status_every_ms;

    if (every_ms > 0 && !report->in_flight)
        send_after(report, 0, every_ms < REPORT_SOON_MS ? every_ms : REPORT_SOON_MS);
}

static void answered(void *context, const struct courier_answer *answer)
{
    struct report *report = context;
    int64_t every_ms = report->link->options.status_every_ms;

    report->in_flight = false;
    send_after(report, every_ms - every_ms / 4 + answer->retry_after_ms, every_ms / 2);
    if (answer->outcome == COURIER_ANSWERED && answer->http_status != 200)
        log_warn("link-18", "the central did not take this till's status: %d", answer->http_status);
}

/* The first record that is not acknowledged: its time is that of its commit. */
static bool take_time(void *context, const struct journal_entry *entry)
{
    int64_t *oldest_unix_ms = context;
    struct record_head head;
    const char *body;
    size_t body_len;

    if (record_parse(entry->bytes, entry->len, &head, &body, &body_len, NULL) == ST_OK)
        *oldest_unix_ms = (int64_t)(head.hlc >> HLC_COUNTER_BITS);
    return false;
}

int64_t report_oldest(const struct link *link)
{
    struct journal *journal = link->options.journal;
    int64_t acked = journal_acked_position(journal), oldest_unix_ms = 0;
    struct journal_head head;

    journal_head(journal, &head);
    if (head.position > acked) /* what cannot be read now is told another time */
        (void)journal_each(journal, acked + 1, take_time, &oldest_unix_ms, NULL);
    return oldest_unix_ms;
}

static void write_report(const struct link *link, struct strbuf *out)
{
    struct json_writer w = JSON_WRITER_INIT(out);
    struct journal *journal = link->options.journal;
    struct journal_head head;
    int64_t queue;

    journal_head(journal, &head);
    queue = head.position - journal_acked_position(journal);
    jw_object_begin(&w);
    jw_field_text(&w, "version", cli_version());
    jw_field_text(&w, "courier", courier_peer_version(link->courier));
    jw_field_int(&w, "head", head.seq);
    jw_field_int(&w, "acked", head.seq > queue ? head.seq - queue : 0);
    jw_field_int(&w, "queue", queue);
    jw_field_int(&w, "oldest_unix_ms", report_oldest(link));
    jw_field_int(&w, "at_unix_ms", clock_wall_ms(link->options.clock));
    jw_field_int(&w, "bundle_version", rule_edition_version(rulebook_active(link->options.rulebook)));
    jw_field_bool(&w, "forked", link->outbox.forked);
    jw_field_bool(&w, "records_gone", link->outbox.gone);
    if (link->options.write_devices) {
        jw_name(&w, "devices");
        link->options.write_devices(link->options.write_context, &w);
    }
    jw_object_end(&w);
}

static void send_report(struct report *report)
{
    struct link *link = report->link;
    struct strbuf body = STRBUF_INIT(REPORT_BYTES_MAX);

    if (report->in_flight || !link->options.identity->enrolled || !link->up)
        return; /* the link's coming up begins it again */
    write_report(link, &body);
    if (strbuf_status(&body) == ST_OK) {
        report->in_flight = true;
        courier_ask(link->courier, OP_STATUS, NULL, body.data, body.len, REPORT_DEADLINE_MS, answered, report);
    } else {
        log_warn("link-19", "this till's status is longer than %d bytes and not told", REPORT_BYTES_MAX);
    }
    strbuf_free(&body);
}
