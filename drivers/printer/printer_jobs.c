/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The way of a job. Each job's bytes go out at most once; all moves of its state are in job_move.
 *
 *   PENDING -- job_send --> SENDING -- on_written --> SENT -- jobs_round --> CONFIRMED
 *      |                       |                        |
 *      |  line away too long,  |  line gone,            |  line gone,
 *      |  cannot print,        |  write stopped,        |  no marker in time,
 *      |  no answer,           |  silent in STEP_PAUSE  |  silent in STEP_MARKER
 *      |  sending() refuses    |  (paper, cover)        |  or STEP_WITNESS
 *      '--> FAILED             '------> UNKNOWN <-------'
 *
 * Not every marker carries a name (printer_marker.c). So when a job ends UNKNOWN its answer may still come and must
 * not confirm the next one: before the next job a marker of no job is sent, and only when its answer has come and the
 * line is quiet, nothing older can.
 *
 * A printer switched off and on in the middle has lost the beginning, prints what is still on its way and answers the
 * marker like any other. It is found out by its silence: while a job waits it is asked every half second, and whoever
 * starts up misses at least one answer. One missed answer, and the marker confirms nothing any more. The same guards
 * against a stray zero, such as a line break at power-on, that looks like a marker's answer: hence the round after
 * it, which must also find nothing that a printer waits for.
 */
#include "drivers/printer/printer_internal.h"

#include "agent/net/loop.h"
#include "drivers/port/port.h"
#include "drivers/printer/render.h"
#include "drivers/printer/language.h"
#include "drivers/printer/profile.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

static const char silent_words[] =
    "the printer fell silent while it was printing, was it switched off? Look at the paper";

static struct print_job *job_head(struct printer *printer)
{
    return &printer->jobs[printer->head];
}

static void job_finish(struct printer *printer, enum print_state to, const char *reason)
{
    struct print_job job = *job_head(printer);

    switch (to) {
    case PRINT_CONFIRMED:
        printer->status.confirmed_count++;
        break;
    case PRINT_UNKNOWN:
        printer->answers_owed = true;
        printer->broken_off = printer->broken_off || job.written < job.bytes.len;
        printer->status.unknown_count++;
        break;
    case PRINT_FAILED:
        printer->status.failed_count++;
        break;
    case PRINT_PENDING:
    case PRINT_SENDING:
    case PRINT_SENT:
        assert(!"not an end");
    }
    loop_timer_stop(printer->job_timer);
    strbuf_free(&job_head(printer)->bytes);
    strbuf_free(&job_head(printer)->ends);
    printer->head = (printer->head + 1) % PRINTER_QUEUE_MAX;
    printer->count--;
    printer->status.queued = printer->count;
    printer->step = STEP_IDLE;
    printer->watch.busy = false;
    if (printer->line_up)
        watch_ask(&printer->watch);
    if (printer->count > 0)
        loop_timer_set(printer->start_timer, 0, 0);
    job.callbacks.done(job.callbacks.context, job.id, to, reason);
}

static void job_move(struct printer *printer, enum print_state to, const char *reason)
{
    struct print_job *job = job_head(printer);

    switch (to) {
    case PRINT_SENDING:
        assert(job->state == PRINT_PENDING);
        job->state = to;
        return;
    case PRINT_SENT:
        assert(job->state == PRINT_SENDING);
        job->state = to;
        return;
    case PRINT_FAILED:
        assert(job->state == PRINT_PENDING);
        job_finish(printer, to, reason);
        return;
    case PRINT_CONFIRMED:
        assert(job->state == PRINT_SENT);
        job_finish(printer, to, reason);
        return;
    case PRINT_UNKNOWN:
        assert(job->state == PRINT_SENDING || job->state == PRINT_SENT);
        job_finish(printer, to, reason);
        return;
    case PRINT_PENDING:
        assert(!"nothing moves back");
    }
}

static void step(struct printer *printer, enum job_step to, int64_t timer_ms)
{
    printer->step = to;
    if (timer_ms > 0)
        loop_timer_set(printer->job_timer, timer_ms, 0);
    else
        loop_timer_stop(printer->job_timer);
}

static int64_t confirm_ms(struct printer *printer)
{
    return printer->confirm_ms + (int64_t)job_head(printer)->bytes.len * JOB_BYTE_MS;
}

static void on_written(void *context, enum status st, size_t bytes_written);

/* Of a printer with a small buffer, half of it: at the end of its buffer an old one loses bytes (TM-U200). */
static size_t chunk_bytes(const struct printer *printer)
{
    int buffer = printer->profile->buffer_bytes;

    return buffer > 0 && buffer < 2 * JOB_CHUNK_BYTES ? (size_t)buffer / 2 : JOB_CHUNK_BYTES;
}

/* Whole rows until there are about bytes_wanted of them; after the last row, all the rest. */
static size_t next_chunk(struct print_job *job, size_t bytes_wanted)
{
    size_t count = job->ends.len / sizeof(uint32_t), end = job->written;

    while (job->end_next < count && end < job->written + bytes_wanted) {
        uint32_t row_end;

        memcpy(&row_end, job->ends.data + job->end_next++ * sizeof row_end, sizeof row_end);
        end = row_end;
    }
    return (job->end_next < count ? end : job->bytes.len) - job->written;
}

static void send_next(struct printer *printer)
{
    struct print_job *job = job_head(printer);
    size_t len;
    enum status st;

    if (escpos_condition_trouble(&printer->watch.condition)) {
        if (printer->step != STEP_PAUSE)
            step(printer, STEP_PAUSE, printer->attention_ms);
        printer->watch.busy = true;
        watch_ask(&printer->watch);
        return;
    }
    watch_hold(&printer->watch);
    len = next_chunk(job, chunk_bytes(printer));
    step(printer, STEP_SEND, 0);
    /* A printer that cannot tell why it takes nothing is given the time a person needs. */
    st = port_write(printer->port, job->bytes.data + job->written, len,
                    printer->profile->asb ? printer->confirm_ms : printer->attention_ms, on_written, printer);
    if (st != ST_OK)
        job_move(printer, PRINT_UNKNOWN,
                 "the line to the printer broke off while it was printing: look at the paper");
}

static void job_sent(struct printer *printer)
{
    job_move(printer, PRINT_SENT, "");
    if (!printer->profile->marker) {
        job_move(printer, PRINT_UNKNOWN, "this model of printer cannot confirm a print: look at the paper");
        return;
    }
    printer->in_trouble = false;
    step(printer, STEP_MARKER, confirm_ms(printer));
    printer->watch.busy = true;
    watch_ask(&printer->watch);
}

/* The port tells of each chunk once; a job that has ended meanwhile (line gone) has left STEP_SEND. */
static void on_written(void *context, enum status st, size_t bytes_written)
{
    struct printer *printer = context;

    if (printer->step != STEP_SEND)
        return;
    job_head(printer)->written += bytes_written;
    if (st != ST_OK) {
        job_move(printer, PRINT_UNKNOWN,
                 st == ST_TIMEOUT ? "the printer stopped taking data in the middle: look at the paper"
                                  : "the line to the printer broke off while it was printing: look at the paper");
        return;
    }
    if (job_head(printer)->written < job_head(printer)->bytes.len)
        send_next(printer);
    else
        job_sent(printer);
}

/* What goes out before any byte of a job, outside its count. False when the line takes it not: the job has ended. */
static bool write_before(struct printer *printer, const struct strbuf *bytes)
{
    if (bytes->len == 0)
        return true;
    if (strbuf_status(bytes) == ST_OK &&
        port_write(printer->port, bytes->data, bytes->len, printer->confirm_ms, NULL, NULL) == ST_OK)
        return true;
    job_move(printer, PRINT_FAILED, "the line to the printer takes nothing: switch the printer off and on");
    return false;
}

static void job_send(struct printer *printer)
{
    struct print_job *job = job_head(printer);
    struct strbuf first = STRBUF_INIT(MARKER_BYTES_MAX);
    struct errmsg err = ERRMSG_INIT;
    enum status st = ST_OK;

    if (job->callbacks.sending)
        st = job->callbacks.sending(job->callbacks.context, job->id, &err);
    if (st != ST_OK) {
        job_move(printer, PRINT_FAILED, err.text[0] ? err.text : status_text(st));
        return;
    }
    marker_arm(printer, &job->marker, &first);
    if (write_before(printer, &first)) {
        job_move(printer, PRINT_SENDING, "");
        printer->was_silent = false;
        send_next(printer);
    }
    strbuf_free(&first);
}

/* Gets rid of what an earlier job may have left: data a command waits for, and answers on their way. */
static void job_drain(struct printer *printer)
{
    static const uint8_t zeros[RENDER_COMMAND_BYTES_MAX];
    const struct language *language = printer->language;
    struct strbuf out = STRBUF_INIT(RENDER_COMMAND_BYTES_MAX + 2 * MARKER_BYTES_MAX);
    bool awaits = printer->profile->marker != PROFILE_MARKER_NONE, written;

    if (printer->broken_off) {
        strbuf_add(&out, zeros, sizeof zeros);
        language->begin(&out);
        /* The half of a slip that is on the paper must not hang at the next customer's. */
        strbuf_puts(&out, language->newline);
        language->cut(&out, printer->profile->cut);
    }
    marker_put_alone(printer, &printer->drain, &out);
    written = write_before(printer, &out);
    strbuf_free(&out);
    if (!written)
        return;
    printer->broken_off = false;
    printer->in_trouble = false;
    if (!awaits) {
        job_send(printer);
        return;
    }
    step(printer, STEP_DRAIN, printer->confirm_ms);
    printer->watch.busy = true;
    watch_ask(&printer->watch);
}

static void job_checked(struct printer *printer, bool answered)
{
    const char *trouble = escpos_condition_trouble(&printer->watch.condition);
    bool awaits = printer->profile->marker != PROFILE_MARKER_NONE;

    if (!answered)
        job_move(printer, PRINT_FAILED, "the printer does not answer: is it switched on, is its cable in?");
    else if (trouble)
        job_move(printer, PRINT_FAILED, trouble);
    else if ((printer->answers_owed && awaits) || (printer->broken_off && printer->language->question_count > 0))
        job_drain(printer);
    else
        job_send(printer);
}

void jobs_start(struct printer *printer)
{
    if (printer->step != STEP_IDLE || printer->count == 0)
        return;
    if (!printer->line_up) {
        step(printer, STEP_LINE, printer->absent_ms);
        return;
    }
    /* The time is for all of a round, a silence before it included. */
    step(printer, STEP_CHECK, 4 * WATCH_ANSWER_MS + WATCH_SILENT_MS);
    watch_ask(&printer->watch);
}

static void job_line_gone(struct printer *printer)
{
    switch (printer->step) {
    case STEP_IDLE:
    case STEP_LINE:
        return;
    case STEP_CHECK:
    case STEP_DRAIN:
        step(printer, STEP_LINE, printer->absent_ms);
        return;
    case STEP_SEND:
    case STEP_PAUSE:
    case STEP_MARKER:
    case STEP_WITNESS:
        printer->broken_off = true; /* what was still on its way is lost */
        job_move(printer, PRINT_UNKNOWN, "the printer was unplugged while it was printing: look at the paper");
        return;
    }
}

void jobs_line(struct printer *printer, bool line_up)
{
    if (!line_up) {
        job_line_gone(printer);
    } else if (printer->step == STEP_LINE) {
        printer->step = STEP_IDLE;
        jobs_start(printer);
    }
}

/* While the end is awaited: a printer that waits for a person is waited for longer, and again after the person came.
 */
static void watch_marker(struct printer *printer)
{
    bool trouble = escpos_condition_trouble(&printer->watch.condition) != NULL;

    if (trouble == printer->in_trouble)
        return;
    printer->in_trouble = trouble;
    step(printer, STEP_MARKER, trouble ? printer->attention_ms : confirm_ms(printer));
}

void jobs_round(struct printer *printer, bool answered)
{
    switch (printer->step) {
    case STEP_CHECK:
        /* The first round may have met the end of a silence: until the time is over the next one decides. */
        if (answered || !printer->watch.heard)
            job_checked(printer, answered);
        return;
    case STEP_PAUSE:
        /* What it had received may be lost: the rest alone would be a receipt without a head. */
        if (!answered)
            job_move(printer, PRINT_UNKNOWN, silent_words);
        else if (!escpos_condition_trouble(&printer->watch.condition))
            send_next(printer);
        return;
    case STEP_MARKER:
        printer->was_silent = printer->was_silent || !answered;
        if (answered)
            watch_marker(printer);
        return;
    case STEP_WITNESS:
        if (!answered || printer->was_silent) {
            job_move(printer, PRINT_UNKNOWN, silent_words);
        } else if (escpos_condition_trouble(&printer->watch.condition)) {
            /* Who waits for a person has not printed all of it yet: that answer was noise. */
            printer->in_trouble = false;
            watch_marker(printer);
        } else {
            job_move(printer, PRINT_CONFIRMED, "");
        }
        return;
    case STEP_IDLE:
    case STEP_LINE:
    case STEP_DRAIN:
    case STEP_SEND:
        return;
    }
}

void jobs_packet(struct printer *printer, const struct escpos_packet *packet)
{
    if (packet->kind == ESCPOS_ASB && printer->step == STEP_PAUSE)
        watch_ask(&printer->watch); /* its answer decides */
    else if (packet->kind == ESCPOS_ASB && printer->step == STEP_MARKER)
        watch_marker(printer);
    if (printer->step == STEP_DRAIN && marker_is(printer, &printer->drain, packet)) {
        if (printer->answers_owed || packet->kind == ESCPOS_MARKER) /* a count is told again and again */
            step(printer, STEP_DRAIN, JOB_QUIET_MS);
        printer->answers_owed = false;
    } else if (printer->step == STEP_MARKER && marker_is(printer, &job_head(printer)->marker, packet)) {
        step(printer, STEP_WITNESS, 4 * WATCH_ANSWER_MS + WATCH_SILENT_MS);
        watch_ask(&printer->watch);
    } else if (packet->kind == ESCPOS_MARKER) {
        printer->status.ignored_bytes++;
    }
}

void jobs_on_timer(void *context)
{
    struct printer *printer = context;
    char reason[PRINTER_REASON_BYTES_MAX];

    switch (printer->step) {
    case STEP_IDLE:
    case STEP_SEND: /* the port keeps its time */
        return;
    case STEP_LINE:
        (void)snprintf(reason, sizeof reason, "the printer is not there: %.150s", printer->status.reason);
        job_move(printer, PRINT_FAILED, reason);
        return;
    case STEP_CHECK:
        job_checked(printer, false);
        return;
    case STEP_DRAIN:
        if (!printer->answers_owed) {
            job_send(printer);
            return;
        }
        printer->broken_off = true; /* perhaps it waits for data: the next job sends it some */
        job_move(printer, PRINT_FAILED,
                 "the printer is still busy with an earlier receipt; if no paper moves, switch it off and on");
        return;
    case STEP_PAUSE:
        job_move(printer, PRINT_UNKNOWN, "nobody helped the printer in the middle of a receipt: look at the paper");
        return;
    case STEP_MARKER:
        job_move(printer, PRINT_UNKNOWN,
                 printer->in_trouble ? "nobody helped the printer in the middle of a receipt: look at the paper"
                                     : "the printer did not say that it has printed: look at the paper");
        return;
    case STEP_WITNESS:
        job_move(printer, PRINT_UNKNOWN, silent_words);
        return;
    }
}

/* Every job waiting is told; printer_print takes no more. */
void jobs_end_all(struct printer *printer)
{
    loop_timer_stop(printer->start_timer);
    while (printer->count > 0) {
        enum print_state state = job_head(printer)->state;

        if (state == PRINT_PENDING)
            job_move(printer, PRINT_FAILED, "the agent is stopping");
        else
            job_move(printer, PRINT_UNKNOWN, "the agent stopped while the printer was printing: look at the paper");
    }
}
