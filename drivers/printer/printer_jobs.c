/* SPDX-License-Identifier: Apache-2.0 */
/*
 * printer_jobs - the way of a job, up to its first byte and from its end on; printer_send.c has what lies between.
 * Each job's bytes go out at most once; all moves of its state are in jobs_move.
 *
 *   PENDING -- send_begin --> SENDING -- on_written --> SENT -- send_round --> CONFIRMED
 *      |                         |                        |
 *      |  line away too long,    |  line gone,            |  line gone,
 *      |  cannot print,          |  write stopped,        |  no marker in time,
 *      |  no answer,             |  silent,               |  silent,
 *      |  sending() refuses      |  switched on anew      |  switched on anew
 *      '--> FAILED               '------> UNKNOWN <-------'
 *
 * Not every marker carries a name (printer_marker.c). So when a job ends UNKNOWN its answer may still come and must
 * not confirm the next one: before the next job a marker of no job is sent, and only when its answer has come and the
 * line is quiet, nothing older can.
 */
#include "drivers/printer/printer_internal.h"

#include "agent/net/loop.h"
#include "drivers/port/port.h"
#include "drivers/printer/render.h"
#include "drivers/printer/language.h"
#include "drivers/printer/profile.h"

#include <assert.h>
#include <stdio.h>

struct print_job *jobs_head(struct printer *printer)
{
    return &printer->jobs[printer->head];
}

static void job_finish(struct printer *printer, enum print_state to, const char *reason)
{
    struct print_job job = *jobs_head(printer);

    switch (to) {
    case PRINT_CONFIRMED:
        printer->status.confirmed_count++;
        break;
    case PRINT_UNKNOWN:
        printer->answers_owed = true;
        /* One that was switched off has lost the cut, too. */
        printer->broken_off = printer->broken_off || printer->was_silent || job.written < job.bytes.len;
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
    strbuf_free(&jobs_head(printer)->bytes);
    strbuf_free(&jobs_head(printer)->ends);
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

void jobs_move(struct printer *printer, enum print_state to, const char *reason)
{
    struct print_job *job = jobs_head(printer);

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

void jobs_step(struct printer *printer, enum job_step to, int64_t timer_ms)
{
    printer->step = to;
    if (timer_ms > 0)
        loop_timer_set(printer->job_timer, timer_ms, 0);
    else
        loop_timer_stop(printer->job_timer);
}

/* What goes out before any byte of a job, outside its count. False when the line takes it not: the job has ended. */
bool jobs_write_before(struct printer *printer, const struct strbuf *bytes)
{
    if (bytes->len == 0)
        return true;
    if (strbuf_status(bytes) == ST_OK &&
        port_write(printer->port, bytes->data, bytes->len, printer->confirm_ms, NULL, NULL) == ST_OK)
        return true;
    jobs_move(printer, PRINT_FAILED, "the line to the printer takes nothing: switch the printer off and on");
    return false;
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
    written = jobs_write_before(printer, &out);
    strbuf_free(&out);
    if (!written)
        return;
    printer->broken_off = false;
    printer->in_trouble = false;
    if (!awaits) {
        send_begin(printer);
        return;
    }
    jobs_step(printer, STEP_DRAIN, printer->confirm_ms);
    printer->watch.busy = true;
    watch_ask(&printer->watch);
}

static void job_checked(struct printer *printer, bool answered)
{
    const char *trouble = escpos_condition_trouble(&printer->watch.condition);
    bool awaits = printer->profile->marker != PROFILE_MARKER_NONE;

    if (!answered)
        jobs_move(printer, PRINT_FAILED, "the printer does not answer: is it switched on, is its cable in?");
    else if (trouble)
        jobs_move(printer, PRINT_FAILED, trouble);
    else if ((printer->answers_owed && awaits) || (printer->broken_off && printer->language->question_count > 0))
        job_drain(printer);
    else
        send_begin(printer);
}

void jobs_start(struct printer *printer)
{
    if (printer->step != STEP_IDLE || printer->count == 0)
        return;
    if (!printer->line_up) {
        jobs_step(printer, STEP_LINE, printer->absent_ms);
        return;
    }
    /* The time is for all of a round, a silence before it included. */
    jobs_step(printer, STEP_CHECK, 4 * WATCH_ANSWER_MS + WATCH_SILENT_MS);
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
        jobs_step(printer, STEP_LINE, printer->absent_ms);
        return;
    case STEP_SEND:
    case STEP_HEAR:
    case STEP_PAUSE:
    case STEP_PACE:
    case STEP_MARKER:
    case STEP_WITNESS:
        printer->broken_off = true; /* what was still on its way is lost */
        jobs_move(printer, PRINT_UNKNOWN, "the printer was unplugged while it was printing: look at the paper");
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

void jobs_round(struct printer *printer, bool answered)
{
    if (printer->step != STEP_CHECK)
        send_round(printer, answered);
    /* The first round may have met the end of a silence: until the time is over the next one decides. */
    else if (answered || !printer->watch.heard)
        job_checked(printer, answered);
}

void jobs_packet(struct printer *printer, const struct escpos_packet *packet)
{
    if (printer->step == STEP_DRAIN && marker_is(printer, &printer->drain, packet)) {
        if (printer->answers_owed || packet->kind == ESCPOS_MARKER) /* a count is told again and again */
            jobs_step(printer, STEP_DRAIN, JOB_QUIET_MS);
        printer->answers_owed = false;
    } else if (!send_packet(printer, packet) && packet->kind == ESCPOS_MARKER) {
        printer->status.ignored_bytes++;
    }
}

void jobs_on_timer(void *context)
{
    struct printer *printer = context;
    char reason[PRINTER_REASON_BYTES_MAX];

    switch (printer->step) {
    case STEP_IDLE:
        return;
    case STEP_LINE:
        (void)snprintf(reason, sizeof reason, "the printer is not there: %.150s", printer->status.reason);
        jobs_move(printer, PRINT_FAILED, reason);
        return;
    case STEP_CHECK:
        job_checked(printer, false);
        return;
    case STEP_DRAIN:
        if (!printer->answers_owed) {
            send_begin(printer);
            return;
        }
        printer->broken_off = true; /* perhaps it waits for data: the next job sends it some */
        jobs_move(printer, PRINT_FAILED,
                  "the printer is still busy with an earlier receipt; if no paper moves, switch it off and on");
        return;
    case STEP_SEND:
    case STEP_HEAR:
    case STEP_PAUSE:
    case STEP_PACE:
    case STEP_MARKER:
    case STEP_WITNESS:
        send_timed_out(printer);
        return;
    }
}

/* Every job waiting is told; printer_print takes no more. */
void jobs_end_all(struct printer *printer)
{
    loop_timer_stop(printer->start_timer);
    while (printer->count > 0) {
        enum print_state state = jobs_head(printer)->state;

        if (state == PRINT_PENDING)
            jobs_move(printer, PRINT_FAILED, "the agent is stopping");
        else
            jobs_move(printer, PRINT_UNKNOWN, "the agent stopped while the printer was printing: look at the paper");
    }
}
