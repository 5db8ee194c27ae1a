/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/devices/fault_bench.h"

#include "tests/devices/virtual_loop.h"

#include "agent/receipt/page.h"
#include "drivers/port/port.h"
#include "drivers/printer/printer_internal.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    /* Three slips, each waited for as long as a person may need, and again after the person came. */
    END_MS = 40 * 60 * 1000,
    READY_MS = 60 * 1000,
    SAME_MS_WAKES_MAX = 4000,
    KNOWN_MS = WATCH_IDLE_MS + WATCH_ANSWER_MS, /* by then the driver has asked */
};

void bench_fail(struct bench *bench, const char *format, ...)
{
    struct printer_status status = {0};
    va_list args;

    if (bench->printer)
        printer_status(bench->printer, &status);
    va_start(args, format);
    (void)printf("FAILED: ");
    (void)vprintf(format, args);
    (void)printf("; %s is %s: %s", bench->profile, device_state_text(status.state), status.reason);
    va_end(args);
    bench->excuse(bench->context);
    exit(1);
}

/* ---- the slips ---- */

static void on_done(void *context, const char *job_id, enum print_state state, const char *reason)
{
    struct bench *bench = context;
    int job = (int)strtol(job_id, NULL, 10);
    struct paper_job *found = paper_job(&bench->paper, job);

    if (bench->shown)
        (void)printf("  %" PRId64 " ms: slip %d %s %s\n", loop_now_ms(bench->loop), job, print_state_text(state),
                     reason);
    if (found->told)
        bench_fail(bench, "slip %d was told of twice", job);
    found->told = true;
    found->failed = state == PRINT_FAILED;
    found->unknown = state == PRINT_UNKNOWN;
    found->confirmed = state == PRINT_CONFIRMED;
    bench->told_count++;
    bench->ends[state]++;
    if (state != PRINT_CONFIRMED && reason[0] == '\0')
        bench_fail(bench, "slip %d is %s and nobody says why", job, print_state_text(state));
    if (state == PRINT_CONFIRMED && !bench->noisy && !bench->misled && found->whole != 1)
        bench_fail(bench, "slip %d is confirmed and %d times on the paper, %d times in part", job, found->whole,
                   found->begun);
}

static enum status on_sending(void *context, const char *job_id, struct errmsg *err)
{
    struct bench *bench = context;

    (void)err;
    if (bench->stopped_ms > 0 && loop_now_ms(bench->loop) - bench->stopped_ms > KNOWN_MS && !bench->misled)
        bench_fail(bench, "slip %s is sent to a printer that cannot print", job_id);
    paper_job(&bench->paper, (int)strtol(job_id, NULL, 10))->sent++;
    if (bench->shown)
        (void)printf("  %" PRId64 " ms: slip %s is sent\n", loop_now_ms(bench->loop), job_id);
    return ST_OK;
}

static void on_slip(void *context, const struct slip *slip)
{
    struct bench *bench = context;
    const char *fault = paper_add(&bench->paper, slip);

    if (fault && !bench->noisy && !bench->garbled)
        bench_fail(bench, "%s", fault);
}

void bench_print(struct bench *bench, int lines)
{
    const struct print_callbacks callbacks = {on_sending, on_done, bench};
    struct page page = PAGE_INIT;
    struct errmsg err = ERRMSG_INIT;
    char id[16];

    (void)snprintf(id, sizeof id, "%d", bench->next_job);
    paper_make(&bench->paper, &page, bench->next_job++, lines);
    if (printer_print(bench->printer, &page, id, &callbacks, &err) != ST_OK)
        bench_fail(bench, "slip %s is not taken: %s", id, err.text);
    page_free(&page);
}

/* ---- the way of the bytes ---- */

/* What a port has read and written since it was opened: an open throws away what had come before. */
static void note_open(struct bench *bench, const struct port_status *port)
{
    if (bench->opened_by == bench->printer && bench->opened_count == port->open_count)
        return;
    bench->opened_by = bench->printer;
    bench->opened_count = port->open_count;
    bench->base_in = port->bytes_in;
    bench->base_given = bench->far_end.given;
}

static bool on_its_way(void *context)
{
    struct bench *bench = context;
    const struct fault_printer *far_end = &bench->far_end;
    struct port_status port;

    if (!bench->printer)
        return false;
    port_status(bench->printer->port, &port);
    if (far_end->pty.fd < 0)
        return port.state == PORT_READY; /* it will hear that the line is gone */
    if (port.state != PORT_READY)
        return false;
    note_open(bench, &port);
    return port.bytes_in - bench->base_in < far_end->given - bench->base_given ||
           (fault_printer_reads(far_end) && port.bytes_out - bench->base_out > far_end->taken);
}

void bench_plug(struct bench *bench)
{
    struct port_status port = {0};

    if (bench->far_end.pty.fd >= 0)
        return;
    if (bench->printer)
        port_status(bench->printer->port, &port);
    bench->base_out = port.bytes_out;
    if (fault_printer_plug(&bench->far_end) != ST_OK)
        bench_fail(bench, "no pty to be had");
}

static void start_driver(struct bench *bench)
{
    char uri[80];
    struct printer_options options = {.uri = uri, .profile = bench->profile, .loop = bench->loop};
    struct errmsg err = ERRMSG_INIT;

    bench->opened_by = NULL; /* the new one may stand where the old one stood */
    (void)snprintf(uri, sizeof uri, "tty:%s", bench->link_path);
    if (printer_create(&options, &bench->printer, &err) != ST_OK)
        bench_fail(bench, "%s", err.text);
}

/* The agent is started anew; what it had written and nobody has read is still in the line. */
static void restart(struct bench *bench)
{
    struct printer *old = bench->printer;
    uint64_t unread;
    struct port_status port;

    port_status(old->port, &port);
    unread = port.bytes_out - bench->base_out - bench->far_end.taken;
    printer_destroy(old);
    bench->printer = NULL;
    for (int job = 0; job < bench->next_job; job++)
        paper_job(&bench->paper, job)->orphaned = paper_job(&bench->paper, job)->unknown;
    start_driver(bench);
    bench->base_out = 0 - bench->far_end.taken - unread;
}

void bench_step(struct bench *bench)
{
    int64_t wakes = virtual_loop_wakes(bench->loop), now;

    loop_step(bench->loop, BENCH_STEP_MS);
    if (bench->restart_asked) {
        bench->restart_asked = false;
        restart(bench);
    }
    now = loop_now_ms(bench->loop);
    if (!sim_escpos_offline(&bench->far_end.inside) && !bench->far_end.jammed)
        bench->stopped_ms = 0;
    else if (bench->stopped_ms == 0)
        bench->stopped_ms = now;
    wakes = virtual_loop_wakes(bench->loop) - wakes;
    bench->same_ms_wakes = now == bench->last_ms ? bench->same_ms_wakes + wakes : 0;
    bench->last_ms = now;
    if (bench->same_ms_wakes > SAME_MS_WAKES_MAX)
        bench_fail(bench, "the loop is busy: %" PRId64 " wake-ups at one moment", bench->same_ms_wakes);
}

void bench_until_told(struct bench *bench, int jobs)
{
    int64_t end_ms = loop_now_ms(bench->loop) + END_MS;

    while (bench->told_count < jobs) {
        if (loop_now_ms(bench->loop) > end_ms)
            bench_fail(bench, "stuck: %d of %d slips came to an end", bench->told_count, jobs);
        bench->look(bench->context);
        bench_step(bench);
    }
}

void bench_until_ready(struct bench *bench)
{
    struct printer_status status;
    int64_t end_ms = loop_now_ms(bench->loop) + READY_MS;

    printer_status(bench->printer, &status);
    while (status.state != DEVICE_READY) {
        if (loop_now_ms(bench->loop) > end_ms)
            bench_fail(bench, "not ready a minute after the repair");
        bench_step(bench);
        printer_status(bench->printer, &status);
    }
}

void bench_open(struct bench *bench, const char *profile)
{
    bench->profile = profile;
    if (fault_printer_create(&bench->far_end, bench->loop, bench->link_path, profile) != ST_OK)
        exit(1);
    bench->far_end.on_slip = on_slip;
    bench->far_end.context = bench;
    start_driver(bench);
    bench_plug(bench);
    virtual_loop_settle(bench->loop, on_its_way, bench);
    bench_until_ready(bench);
}

void bench_close(struct bench *bench)
{
    printer_destroy(bench->printer);
    bench->printer = NULL;
    fault_printer_destroy(&bench->far_end);
}
