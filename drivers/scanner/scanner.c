/* SPDX-License-Identifier: Apache-2.0 */
#include "drivers/scanner/scanner_internal.h"

#include "agent/base/clock.h"
#include "agent/base/crypto.h"
#include "agent/base/sha256.h"
#include "agent/net/loop.h"

#include <stdlib.h>
#include <string.h>

enum { WRITE_MS = 1000, ACK = 0x06, BEL = 0x07, NAK = 0x15 };

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

void scanner_enter(struct scanner *scanner)
{
    scanner->depth++;
}

void scanner_leave(struct scanner *scanner)
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
    scanner_note_unreadable(scanner, text);
    scanner_answer(scanner, false);
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

void scanner_answer(struct scanner *scanner, bool good)
{
    uint8_t byte = good ? ACK : scanner->options.answer == SCANNER_ANSWER_BEL ? BEL : NAK;

    if (scanner->options.answer == SCANNER_ANSWER_NONE || (good && scanner->options.answer != SCANNER_ANSWER_ACK))
        return;
    (void)port_write(scanner->port, &byte, 1, WRITE_MS, NULL, NULL); /* a beep that is lost is no loss */
}

void scanner_bad_read(struct scanner *scanner)
{
    if (!scanner->destroyed && scanner->options.answer != SCANNER_ANSWER_ACK) /* that has been given already */
        scanner_answer(scanner, false);
}

static void on_read(struct scanner *scanner, struct scan *scan)
{
    scanner_note_readable(scanner);
    scanner_answer(scanner, true);
    if (is_repeat(scanner, scan)) {
        scanner->counts.repeat_count++;
        return;
    }
    scanner->counts.scan_count++;
    scanner->counts.last_scan_mono_ms = clock_mono_ms(clock_system());
    scanner->options.on_scan(scanner->options.context, scan);
}

static void read_frame(struct scanner *scanner, const struct frame *frame)
{
    struct scan scan;
    const char *why = "";

    scan.received_ns = frame->received_ns;
    scan.device = scanner->options.name;
    scan.len = 0;
    switch (reader_read(&scanner->reader, loop_now_ms(scanner->options.loop), frame, &scan, &why)) {
    case SYMBOLOGY_GARBAGE:
        fault(scanner, SCANNER_FAULT_GARBAGE, &scanner->counts.garbage_count, why);
        break;
    case SYMBOLOGY_CHECK_DIGIT:
        fault(scanner, SCANNER_FAULT_CHECK_DIGIT, &scanner->counts.check_digit_count, why);
        break;
    case SYMBOLOGY_BROKEN:
        fault(scanner, SCANNER_FAULT_BROKEN, &scanner->counts.broken_count, why);
        break;
    case SYMBOLOGY_PAYMENT_CARD:
        scanner->counts.payment_card_count++;
        scanner_answer(scanner, true); /* or the reader would send it again */
        break;
    case SYMBOLOGY_NOTHING:
        break;
    case SYMBOLOGY_SCAN:
        on_read(scanner, &scan);
        crypto_wipe(scan.text, scan.len);
        break;
    }
}

static void on_frame(void *context, const struct frame *frame)
{
    struct scanner *scanner = context;

    if (scanner->destroyed)
        return;
    if (scanner->framing.find) {
        read_frame(scanner, frame);
        return;
    }
    switch (frame->kind) {
    case FRAME_WHOLE:
        read_frame(scanner, frame);
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
    scanner_await(scanner);
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
        scanner_await(scanner);
    }
    scanner_leave(scanner);
}

static void send_bytes(void *context, const uint8_t *bytes, size_t len)
{
    struct scanner *scanner = context;

    if (!scanner->destroyed)
        (void)port_write(scanner->port, bytes, len, WRITE_MS, NULL, NULL); /* what is lost is asked again */
}

static void on_port_state(void *context, enum port_state state)
{
    struct scanner *scanner = context;

    scanner_enter(scanner);
    if (state == PORT_READY) {
        reader_begin(&scanner->reader, loop_now_ms(scanner->options.loop));
    } else {
        loop_timer_stop(scanner->gap_timer);
        framing_lost(&scanner->framing);
        scanner->reader.due_ms = 0;
    }
    scanner_await(scanner);
    if (!scanner->destroyed && scanner->options.on_state)
        scanner->options.on_state(scanner->options.context, state);
    scanner_leave(scanner);
}

static enum status set_up(struct scanner *scanner, const struct scanner_options *options, struct errmsg *err)
{
    struct reader_settings settings = {
        .family = options->family,
        .code_ids = options->code_ids,
        .code_id_table = &scanner->code_id_table,
        .uid_format = options->uid_format,
        .uid_bytes = (size_t)options->uid_bytes,
    };

    scanner->options = *options;
    scanner->options.code_id_table = NULL;
    if (options->gap_ms == 0)
        scanner->options.gap_ms = SCANNER_GAP_MS;
    if (options->repeat_ms == 0)
        scanner->options.repeat_ms = SCANNER_REPEAT_MS;
    if (options->code_ids == SCANNER_CODE_IDS_CUSTOM) {
        enum status st =
            code_ids_parse(options->code_id_table ? options->code_id_table : "", &scanner->code_id_table, err);

        if (st != ST_OK)
            return st;
    }
    reader_init(&scanner->reader, &settings, send_bytes, scanner);
    framing_init(&scanner->framing, options->framing, on_frame, scanner);
    framing_speak(&scanner->framing, scanner->reader.family->find, scanner->reader.family->reply);
    return ST_OK;
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
    st = set_up(scanner, options, err);
    if (st == ST_OK)
        st = loop_timer_create(options->loop, on_gap_timer, scanner, &scanner->gap_timer);
    if (st == ST_OK)
        st = loop_timer_create(options->loop, scanner_on_due, scanner, &scanner->due_timer);
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
    loop_timer_destroy(scanner->due_timer);
    scanner_leave(scanner);
}
