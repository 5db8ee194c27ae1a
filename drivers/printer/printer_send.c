/* SPDX-License-Identifier: Apache-2.0 */
/*
 * printer_send - a job's bytes on their way, and what of them can be believed.
 *
 * A printer that was switched off and on in the middle has lost what it held and its settings, prints what still
 * comes and answers the end marker like any other. Three things find it out, and then the job is UNKNOWN:
 *
 *   silence   Rows go out in blocks of about JOB_LINE_MS of the line's time. After each the printer is asked whether
 *             it is online, in real time, and the next one waits for the answer (STEP_HEAR); after the last one it is
 *             asked every half second. Whoever starts up misses an answer.
 *   a mark    After as many bytes as fill half of its buffer a marker must be answered (STEP_PACE). So what has been
 *             received and not printed never fills the buffer, which would keep it from hearing questions; and a mark
 *             that was lost with the rows around it is never answered. Star's marks are counted, and the count of a
 *             printer that was switched on anew cannot be the one awaited (printer_marker.c).
 *   its word  Epson's power-on notice, where memory switch 1-1 makes the printer send it.
 *
 * Not found out is a start shorter than an answer may take (WATCH_ANSWER_MS), by a printer that neither counts nor
 * gives notice and had printed all it held. A printer of which nothing can be asked ends UNKNOWN in any case.
 *
 * A stray zero, such as a line break at power-on, looks like a marker's answer: hence the round after the last one
 * (STEP_WITNESS), which must also find nothing that a printer waits for when the marker has no name.
 */
#include "drivers/printer/printer_internal.h"

#include "drivers/port/port.h"
#include "drivers/printer/language.h"
#include "drivers/printer/profile.h"

#include <string.h>

enum { NOTICE = 0x3B, POWER_ON = 0x31 }; /* Epson, ESC/POS Application Programming Guide 10.01, p. 578 */

static const char silent_words[] =
    "the printer fell silent while it was printing, was it switched off? Look at the paper";
static const char nobody_words[] = "nobody helped the printer in the middle of a receipt: look at the paper";
static const char broken_words[] = "the line to the printer broke off while it was printing: look at the paper";

static int64_t confirm_ms(struct printer *printer)
{
    return printer->confirm_ms + (int64_t)jobs_head(printer)->bytes.len * JOB_BYTE_MS;
}

static bool is_in_trouble(const struct printer *printer)
{
    return escpos_condition_trouble(&printer->watch.condition) != NULL;
}

/* ---- blocks ---- */

/* What may be in the printer unprinted. */
static size_t pace_bytes(const struct printer *printer)
{
    int buffer = printer->profile->buffer_bytes;

    return buffer > 0 && buffer / 2 < JOB_PACE_BYTES ? (size_t)buffer / 2 : JOB_PACE_BYTES;
}

/* Also of a printer with a small buffer no more than half of it: at the end of it an old one loses bytes (TM-U200).
 */
static size_t block_bytes(const struct printer *printer)
{
    size_t bytes = JOB_BLOCK_BYTES_MAX, line = (size_t)port_baud(printer->port) / 10 * JOB_LINE_MS / 1000;

    if (line > 0 && line < bytes)
        bytes = line;
    return bytes < pace_bytes(printer) ? bytes : pace_bytes(printer);
}

/* Whole rows until there are about bytes_wanted of them; after the last row, all the rest. */
static size_t next_block(struct print_job *job, size_t bytes_wanted)
{
    size_t count = job->ends.len / sizeof(uint32_t), end = job->written;

    while (job->end_next < count && end < job->written + bytes_wanted) {
        uint32_t row_end;

        memcpy(&row_end, job->ends.data + job->end_next++ * sizeof row_end, sizeof row_end);
        end = row_end;
    }
    return (job->end_next < count ? end : job->bytes.len) - job->written;
}

/* A row that takes longer than a block should (a picture on a slow line) delays the answer by as much. */
static int64_t extra_ms(const struct printer *printer, size_t len)
{
    int32_t baud = port_baud(printer->port);
    int64_t line_ms = baud > 0 ? (int64_t)len * 10 * 1000 / baud : 0;

    return line_ms > WATCH_ANSWER_MS / 2 ? line_ms - WATCH_ANSWER_MS / 2 : 0;
}

static void on_written(void *context, enum status st, size_t bytes_written);

/* A printer that cannot tell why it takes nothing is given the time a person needs. */
static bool write_block(struct printer *printer, const void *bytes, size_t len, port_done_fn *done)
{
    int64_t write_ms = printer->profile->asb ? printer->confirm_ms : printer->attention_ms;

    if (port_write(printer->port, bytes, len, write_ms, done, printer) == ST_OK)
        return true;
    jobs_move(printer, PRINT_UNKNOWN, broken_words);
    return false;
}

/* Right before the block that holds the end marker: what its count needs before it. */
static bool arm_end(struct printer *printer, struct print_job *job)
{
    struct strbuf first = STRBUF_INIT(MARKER_BYTES_MAX);
    bool written;

    marker_arm(printer, &job->marker, &first);
    written = first.len == 0 || write_block(printer, first.data, first.len, NULL);
    strbuf_free(&first);
    return written;
}

static void send_next(struct printer *printer)
{
    struct print_job *job = jobs_head(printer);
    size_t len;

    if (is_in_trouble(printer)) {
        if (printer->step != STEP_PAUSE)
            jobs_step(printer, STEP_PAUSE, printer->attention_ms);
        printer->watch.busy = true;
        watch_ask(&printer->watch);
        return;
    }
    watch_hold(&printer->watch);
    len = next_block(job, block_bytes(printer));
    if (job->written + len == job->bytes.len && !arm_end(printer, job))
        return;
    jobs_step(printer, STEP_SEND, 0);
    job->block_bytes = len;
    (void)write_block(printer, job->bytes.data + job->written, len, on_written);
}

/* A marker between two rows: what went before it must be printed before more goes out. */
static void send_pace(struct printer *printer)
{
    struct print_job *job = jobs_head(printer);
    struct strbuf out = STRBUF_INIT(2 * MARKER_BYTES_MAX), mark = STRBUF_INIT(MARKER_BYTES_MAX);

    marker_put(printer, &job->pace, &mark);
    marker_arm(printer, &job->pace, &out);
    strbuf_add(&out, mark.data, mark.len);
    job->paced = job->written;
    printer->in_trouble = false;
    jobs_step(printer, STEP_PACE, confirm_ms(printer));
    if (write_block(printer, out.data, out.len, NULL)) {
        printer->watch.busy = true;
        watch_ask(&printer->watch);
    }
    strbuf_free(&out);
    strbuf_free(&mark);
}

static void job_sent(struct printer *printer)
{
    jobs_move(printer, PRINT_SENT, "");
    if (printer->profile->marker == PROFILE_MARKER_NONE) {
        jobs_move(printer, PRINT_UNKNOWN, "this model of printer cannot confirm a print: look at the paper");
        return;
    }
    printer->in_trouble = false;
    jobs_step(printer, STEP_MARKER, confirm_ms(printer));
    printer->watch.busy = true;
    watch_ask(&printer->watch);
}

/* The port tells of each block once; a job that has ended meanwhile (line gone) has left STEP_SEND. */
static void on_written(void *context, enum status st, size_t bytes_written)
{
    struct printer *printer = context;
    struct print_job *job = jobs_head(printer);

    if (printer->step != STEP_SEND)
        return;
    job->written += bytes_written;
    if (st != ST_OK) {
        jobs_move(printer, PRINT_UNKNOWN,
                  st == ST_TIMEOUT ? "the printer stopped taking data in the middle: look at the paper"
                                   : broken_words);
    } else if (job->written == job->bytes.len) {
        job_sent(printer);
    } else if (printer->language->question_count == 0) {
        send_next(printer);
    } else {
        jobs_step(printer, STEP_HEAR, 0); /* the watch keeps its time */
        watch_pulse(&printer->watch, extra_ms(printer, job->block_bytes));
    }
}

void send_begin(struct printer *printer)
{
    struct print_job *job = jobs_head(printer);
    struct strbuf first = STRBUF_INIT(MARKER_BYTES_MAX);
    struct errmsg err = ERRMSG_INIT;
    enum status st = ST_OK;

    if (job->callbacks.sending)
        st = job->callbacks.sending(job->callbacks.context, job->id, &err);
    if (st != ST_OK) {
        jobs_move(printer, PRINT_FAILED, err.text[0] ? err.text : status_text(st));
        return;
    }
    marker_begin(printer, &first);
    if (jobs_write_before(printer, &first)) {
        jobs_move(printer, PRINT_SENDING, "");
        printer->was_silent = false;
        send_next(printer);
    }
    strbuf_free(&first);
}

/* ---- what comes of it ---- */

/* While a marker is awaited: a printer that waits for a person is waited for longer, and again after the person came.
 */
static void watch_marker(struct printer *printer)
{
    bool trouble = is_in_trouble(printer);

    if (trouble == printer->in_trouble)
        return;
    printer->in_trouble = trouble;
    jobs_step(printer, printer->step, trouble ? printer->attention_ms : confirm_ms(printer));
}

static void hear(struct printer *printer)
{
    struct print_job *job = jobs_head(printer);

    if (printer->profile->marker != PROFILE_MARKER_NONE && !is_in_trouble(printer) &&
        job->written - job->paced >= pace_bytes(printer))
        send_pace(printer);
    else
        send_next(printer);
}

static void witness(struct printer *printer)
{
    if (printer->was_silent) {
        jobs_move(printer, PRINT_UNKNOWN, silent_words);
    } else if (printer->profile->marker == PROFILE_MARKER_GS_R && is_in_trouble(printer)) {
        /* Who waits for a person has not printed all of it yet: an answer without a name was noise. One with a name,
         * or a count, stands: the paper ended after the slip. */
        printer->step = STEP_MARKER;
        printer->in_trouble = false;
        watch_marker(printer);
    } else {
        jobs_move(printer, PRINT_CONFIRMED, "");
    }
}

void send_round(struct printer *printer, bool answered)
{
    printer->was_silent = printer->was_silent || !answered;
    switch (printer->step) {
    case STEP_HEAR:
    case STEP_PAUSE:
    case STEP_PACE:
        /* What it had received may be lost: the rest alone would be a receipt without a head. */
        if (!answered)
            jobs_move(printer, PRINT_UNKNOWN, silent_words);
        else if (printer->step == STEP_PACE)
            watch_marker(printer);
        else if (printer->step == STEP_HEAR)
            hear(printer);
        else if (!is_in_trouble(printer))
            send_next(printer);
        return;
    case STEP_MARKER:
        if (answered)
            watch_marker(printer);
        return;
    case STEP_WITNESS:
        witness(printer);
        return;
    case STEP_IDLE:
    case STEP_LINE:
    case STEP_CHECK:
    case STEP_DRAIN:
    case STEP_SEND:
        return;
    }
}

/* From the first byte on. */
static bool is_under_way(const struct printer *printer)
{
    return printer->step >= STEP_SEND;
}

static bool is_power_on(const struct escpos_packet *packet)
{
    return packet->kind == ESCPOS_BLOCK && packet->len == 2 && packet->bytes[0] == NOTICE &&
           packet->bytes[1] == POWER_ON;
}

bool send_packet(struct printer *printer, const struct escpos_packet *packet)
{
    if (is_under_way(printer) && is_power_on(packet)) {
        printer->broken_off = true;
        jobs_move(printer, PRINT_UNKNOWN,
                  "the printer was switched on anew while it was printing: look at the paper");
        return true;
    }
    if (packet->kind == ESCPOS_ASB && printer->step == STEP_PAUSE)
        watch_ask(&printer->watch); /* its answer decides */
    else if (packet->kind == ESCPOS_ASB && (printer->step == STEP_PACE || printer->step == STEP_MARKER))
        watch_marker(printer);
    if (printer->step == STEP_PACE && marker_is(printer, &jobs_head(printer)->pace, packet)) {
        send_next(printer);
        return true;
    }
    if (printer->step == STEP_MARKER && marker_is(printer, &jobs_head(printer)->marker, packet)) {
        jobs_step(printer, STEP_WITNESS, 4 * WATCH_ANSWER_MS + WATCH_SILENT_MS);
        watch_ask(&printer->watch);
        return true;
    }
    return false;
}

void send_timed_out(struct printer *printer)
{
    switch (printer->step) {
    case STEP_PAUSE:
        jobs_move(printer, PRINT_UNKNOWN, nobody_words);
        return;
    case STEP_PACE:
    case STEP_MARKER:
        jobs_move(printer, PRINT_UNKNOWN,
                  printer->in_trouble ? nobody_words
                                      : "the printer did not say that it has printed: look at the paper");
        return;
    case STEP_WITNESS:
        jobs_move(printer, PRINT_UNKNOWN, silent_words);
        return;
    case STEP_IDLE:
    case STEP_LINE:
    case STEP_CHECK:
    case STEP_DRAIN:
    case STEP_SEND: /* the port keeps its time */
    case STEP_HEAR: /* the watch does */
        return;
    }
}
