/* SPDX-License-Identifier: Apache-2.0 */
#include "drivers/scanner/scanner.h"

#include "agent/base/clock.h"
#include "agent/base/crypto.h"
#include "agent/base/sha256.h"
#include "agent/net/loop.h"
#include "drivers/scanner/framing.h"
#include "drivers/scanner/symbology.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

struct scanner {
    struct scanner_options options; /* its strings are the port's */
    struct port *port;
    struct framing framing;
    struct loop_timer *gap_timer;
    bool gap_once; /* the timer came; once more, after the line was looked at, and it is a gap */

    /* The last scan, for repeats: its hash, so that no card number lies about. */
    uint8_t last_digest[SHA256_BYTES];
    int64_t last_received_ns;
    int64_t fault_told_ns[SCANNER_FAULT_COUNT]; /* 0: never */

    struct scanner_status counts; /* without port */
    int depth;                    /* callbacks under way; freed when the outermost ends */
    bool destroyed;
};

const char *scanner_fault_code(enum scanner_fault fault)
{
    switch (fault) {
    case SCANNER_FAULT_GARBAGE:
        return "scan_garbage";
    case SCANNER_FAULT_OVERSIZE:
        return "scan_oversize";
    case SCANNER_FAULT_BROKEN:
        return "scan_broken";
    case SCANNER_FAULT_CHECK_DIGIT:
        return "scan_check_digit";
    case SCANNER_FAULT_COUNT:
        break;
    }
    return "scan_unknown";
}

static void scanner_enter(struct scanner *scanner)
{
    scanner->depth++;
}

static void scanner_leave(struct scanner *scanner)
{
    if (--scanner->depth == 0 && scanner->destroyed) {
        crypto_wipe(scanner, sizeof *scanner);
        free(scanner);
    }
}

static void fault(struct scanner *scanner, enum scanner_fault kind, uint64_t *count, const char *text)
{
    int64_t now_ns = clock_measure_ns();
    int64_t *told_ns = &scanner->fault_told_ns[kind];

    (*count)++;
    if (*told_ns != 0 && now_ns - *told_ns < SCANNER_FAULT_TELL_MS * INT64_C(1000000))
        return;
    *told_ns = now_ns;
    if (scanner->options.on_fault)
        scanner->options.on_fault(scanner->options.context, scanner_fault_code(kind), text);
}

static bool is_repeat(struct scanner *scanner, const struct scan *scan)
{
    int64_t since_ns = scan->received_ns - scanner->last_received_ns;
    uint8_t digest[SHA256_BYTES];
    struct sha256 hash;
    bool same;

    sha256_init(&hash);
    sha256_add(&hash, scan->symbology, sizeof scan->symbology);
    sha256_add(&hash, scan->text, scan->len);
    sha256_end(&hash, digest);
    same = memcmp(digest, scanner->last_digest, sizeof digest) == 0;
    memcpy(scanner->last_digest, digest, sizeof digest);
    /* Counted from the last time the code was read, told or not: a scanner that repeats what lies before it tells it
     * once, however long it lies there. */
    scanner->last_received_ns = scan->received_ns;
    return same && scanner->counts.scan_count > 0 && since_ns < scanner->options.repeat_ms * INT64_C(1000000);
}

static void on_whole_frame(struct scanner *scanner, const struct frame *frame)
{
    struct scan scan = {.received_ns = frame->received_ns, .device = scanner->options.name};
    const char *why = "";

    switch (symbology_read(frame->bytes, frame->len, scanner->options.code_ids, frame->enclosed, &scan, &why)) {
    case SYMBOLOGY_GARBAGE:
        fault(scanner, SCANNER_FAULT_GARBAGE, &scanner->counts.garbage_count, why);
        return;
    case SYMBOLOGY_CHECK_DIGIT:
        fault(scanner, SCANNER_FAULT_CHECK_DIGIT, &scanner->counts.check_digit_count, why);
        return;
    case SYMBOLOGY_PAYMENT_CARD:
        scanner->counts.payment_card_count++;
        return;
    case SYMBOLOGY_SCAN:
        break;
    }
    if (is_repeat(scanner, &scan)) {
        scanner->counts.repeat_count++;
    } else {
        scanner->counts.scan_count++;
        scanner->counts.last_scan_mono_ms = clock_mono_ms(clock_system());
        scanner->options.on_scan(scanner->options.context, &scan);
    }
    crypto_wipe(scan.text, scan.len);
}

static void on_frame(void *context, const struct frame *frame)
{
    struct scanner *scanner = context;

    if (scanner->destroyed)
        return;
    switch (frame->kind) {
    case FRAME_WHOLE:
        on_whole_frame(scanner, frame);
        break;
    case FRAME_OVERSIZE:
        fault(scanner, SCANNER_FAULT_OVERSIZE, &scanner->counts.oversize_count,
              "a code without an end; is the scanner set to send a CR after each code?");
        break;
    case FRAME_BROKEN:
        fault(scanner, SCANNER_FAULT_BROKEN, &scanner->counts.broken_count,
              "a code broke off before its end; scan it again");
        break;
    case FRAME_STRAY:
        fault(scanner, SCANNER_FAULT_GARBAGE, &scanner->counts.garbage_count,
              "bytes outside STX and ETX; is the scanner set to send them around each code?");
        break;
    }
}

static void await_gap(struct scanner *scanner)
{
    scanner->gap_once = false;
    if (scanner->destroyed)
        return;
    if (framing_waits(&scanner->framing))
        loop_timer_set(scanner->gap_timer, scanner->options.gap_ms, 0);
    else
        loop_timer_stop(scanner->gap_timer);
}

static void on_bytes(void *context, const void *bytes, size_t len, int64_t received_ns)
{
    struct scanner *scanner = context;

    scanner_enter(scanner);
    framing_feed(&scanner->framing, bytes, len, received_ns);
    await_gap(scanner);
    scanner_leave(scanner);
}

/* When the loop was busy, timers come before the bytes that arrived meanwhile; so silence counts only after the line
 * was looked at once more. */
static void on_gap_timer(void *context)
{
    struct scanner *scanner = context;

    scanner_enter(scanner);
    if (!scanner->gap_once) {
        scanner->gap_once = true;
        loop_timer_set(scanner->gap_timer, 1, 0);
    } else {
        framing_gap(&scanner->framing);
        scanner->gap_once = false;
    }
    scanner_leave(scanner);
}

static void on_port_state(void *context, enum port_state state)
{
    struct scanner *scanner = context;

    scanner_enter(scanner);
    if (state != PORT_READY) {
        loop_timer_stop(scanner->gap_timer);
        framing_lost(&scanner->framing);
    }
    if (!scanner->destroyed && scanner->options.on_state)
        scanner->options.on_state(scanner->options.context, state);
    scanner_leave(scanner);
}

enum status scanner_create(const struct scanner_options *options, struct scanner **out_scanner, struct errmsg *err)
{
    struct scanner *scanner = calloc(1, sizeof *scanner);
    struct port_options port = {
        .uri = options->uri,
        .loop = options->loop,
        .name = options->name,
        .on_bytes = on_bytes,
        .on_state = on_port_state,
        .context = scanner,
    };
    enum status st;

    if (!scanner)
        return ST_NOMEM;
    scanner->options = *options;
    if (options->gap_ms == 0)
        scanner->options.gap_ms = SCANNER_GAP_MS;
    if (options->repeat_ms == 0)
        scanner->options.repeat_ms = SCANNER_REPEAT_MS;
    framing_init(&scanner->framing, options->framing, on_frame, scanner);
    st = loop_timer_create(options->loop, on_gap_timer, scanner, &scanner->gap_timer);
    if (st == ST_OK)
        st = port_create(&port, &scanner->port, err);
    if (st != ST_OK) {
        scanner_destroy(scanner);
        return st;
    }
    scanner->options.name = port_name(scanner->port);
    scanner->options.uri = port_uri_text(scanner->port);
    *out_scanner = scanner;
    return ST_OK;
}

void scanner_destroy(struct scanner *scanner)
{
    if (!scanner || scanner->destroyed)
        return;
    scanner_enter(scanner);
    scanner->destroyed = true;
    port_destroy(scanner->port);
    loop_timer_destroy(scanner->gap_timer);
    scanner_leave(scanner);
}

void scanner_status(const struct scanner *scanner, struct scanner_status *out_status)
{
    *out_status = scanner->counts;
    port_status(scanner->port, &out_status->port);
}
