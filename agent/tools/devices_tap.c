/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/tools/devices_tap.h"

#include "agent/base/crypto.h"
#include "agent/net/loop.h"
#include "drivers/port/port.h"

#include <stdlib.h>

enum { WRITE_MS = 1000 };

struct tap {
    struct tap_options options;
    struct port *port;
    struct port_status status;
    struct framing framing;
    struct reader reader;
    struct loop_timer *gap, *due;
    struct strbuf bytes;  /* since the last result */
    struct strbuf result; /* of the frames among them */
    bool card;
};

/* Tells what has come and forgets it. */
static void flush(struct tap *tap, bool pause)
{
    size_t len = tap->card ? 0 : tap->bytes.len;

    if (tap->bytes.len > 0 || tap->result.len > 0)
        tap->options.on_heard(tap->options.context, tap, (const uint8_t *)strbuf_text(&tap->bytes), len,
                              strbuf_text(&tap->result), pause);
    if (tap->bytes.data)
        crypto_wipe(tap->bytes.data, tap->bytes.len);
    strbuf_clear(&tap->bytes);
    strbuf_clear(&tap->result);
    tap->card = false;
}

static void await(struct tap *tap)
{
    int64_t after_ms = tap->reader.due_ms - loop_now_ms(tap->options.loop);

    if (tap->reader.due_ms == 0)
        loop_timer_stop(tap->due);
    else
        loop_timer_set(tap->due, after_ms > 0 ? after_ms : 0, 0);
    loop_timer_set(tap->gap, SCANNER_GAP_MS, 0);
}

static void on_frame(void *context, const struct frame *frame)
{
    static const enum scanner_fault faults[] = {[FRAME_OVERSIZE] = SCANNER_FAULT_OVERSIZE,
                                                [FRAME_BROKEN] = SCANNER_FAULT_BROKEN,
                                                [FRAME_STRAY] = SCANNER_FAULT_GARBAGE};
    struct tap *tap = context;
    enum symbology_verdict verdict;
    struct scan scan;
    const char *why = "";

    if (frame->kind != FRAME_WHOLE && !tap->framing.find) {
        capture_write_fault(faults[frame->kind], &tap->result);
        return;
    }
    verdict = reader_read(&tap->reader, loop_now_ms(tap->options.loop), frame, &scan, &why);
    tap->card = tap->card || verdict == SYMBOLOGY_PAYMENT_CARD;
    capture_write_result(verdict, &scan, &tap->result);
    if (verdict == SYMBOLOGY_SCAN)
        crypto_wipe(scan.text, scan.len);
}

static void on_bytes(void *context, const void *bytes, size_t len, int64_t received_ns)
{
    struct tap *tap = context;
    const uint8_t *at = bytes;

    /* One by one, so that each result stands behind its own bytes. */
    for (size_t i = 0; i < len; i++) {
        strbuf_add(&tap->bytes, at + i, 1);
        framing_feed(&tap->framing, at + i, 1, received_ns);
        if (tap->result.len > 0)
            flush(tap, false);
    }
    await(tap);
}

static void on_gap(void *context)
{
    struct tap *tap = context;

    framing_gap(&tap->framing);
    flush(tap, true);
}

static void on_due(void *context)
{
    struct tap *tap = context;

    reader_tick(&tap->reader, loop_now_ms(tap->options.loop));
    await(tap);
}

static void on_state(void *context, enum port_state state)
{
    struct tap *tap = context;

    if (state == PORT_READY && !tap->options.quiet)
        reader_begin(&tap->reader, loop_now_ms(tap->options.loop));
    else if (state != PORT_READY)
        framing_lost(&tap->framing);
    await(tap);
}

static void send_bytes(void *context, const uint8_t *bytes, size_t len)
{
    struct tap *tap = context;

    if (tap->options.quiet)
        return;
    (void)port_write(tap->port, bytes, len, WRITE_MS, NULL, NULL);
    if (tap->options.on_sent)
        tap->options.on_sent(tap->options.context, bytes, len);
}

const char *tap_reason(struct tap *tap)
{
    port_status(tap->port, &tap->status);
    return tap->status.reason;
}

bool tap_is_open(const struct tap *tap)
{
    struct port_status status;

    port_status(tap->port, &status);
    return status.state == PORT_READY;
}

enum status tap_create(const struct tap_options *options, struct tap **out_tap, struct errmsg *err)
{
    struct tap *tap = calloc(1, sizeof *tap);
    struct port_options port = {
        .uri = options->uri, .loop = options->loop, .name = "device", .on_bytes = on_bytes, .on_state = on_state};
    enum status st;

    if (!tap)
        return ST_NOMEM;
    tap->options = *options;
    tap->bytes = (struct strbuf)STRBUF_INIT(CAPTURE_BYTES_MAX);
    tap->result = (struct strbuf)STRBUF_INIT(CAPTURE_TEXT_MAX);
    port.context = tap;
    reader_init(&tap->reader, &options->settings, send_bytes, tap);
    framing_init(&tap->framing, options->framing, on_frame, tap);
    framing_speak(&tap->framing, tap->reader.family->find, tap->reader.family->reply);
    st = loop_timer_create(options->loop, on_gap, tap, &tap->gap);
    if (st == ST_OK)
        st = loop_timer_create(options->loop, on_due, tap, &tap->due);
    if (st == ST_OK)
        st = port_create(&port, &tap->port, err);
    if (st != ST_OK) {
        tap_destroy(tap);
        return st;
    }
    *out_tap = tap;
    return ST_OK;
}

void tap_destroy(struct tap *tap)
{
    if (!tap)
        return;
    port_destroy(tap->port);
    loop_timer_destroy(tap->gap);
    loop_timer_destroy(tap->due);
    if (tap->bytes.data)
        crypto_wipe(tap->bytes.data, tap->bytes.cap);
    strbuf_free(&tap->bytes);
    strbuf_free(&tap->result);
    free(tap);
}
