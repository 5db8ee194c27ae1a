/* SPDX-License-Identifier: Apache-2.0 */
/*
 * printer_faults - a receipt printer to which everything happens: paper low and out, cover, cutter, stall, slow line,
 * slow mechanism, power, noise in both directions, cable, agent restarted; one at a time and two at once, at an exact
 * byte of a slip or between slips, for moments and for minutes, repaired in time or not.
 *
 *   printer_faults [FAULTS] [SEED] [FIRST]     default: 300 faults, seed 1, all of them; FIRST prints each from there
 * on
 *
 * The driver, its print-once states and its port are the real ones, the simulated printer sits at the far end of a
 * pty, and time is virtual. What is on the paper decides. For every slip: it is told of once; "confirmed" means that
 * all of it is on the paper, once, on a piece of its own; "failed" that not a byte of it is; whatever happens, it is
 * never there twice. For every fault: all slips come to an end in time, the next one after the repair is printed,
 * and the loop is not woken more often than the bytes and the seconds explain.
 */
#include "tests/devices/fault_printer.h"
#include "tests/devices/paper.h"
#include "tests/devices/virtual_loop.h"

#include "agent/base/log.h"
#include "agent/receipt/page.h"
#include "drivers/port/port.h"
#include "drivers/printer/printer_internal.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum fault_kind {
    NOTHING,
    PAPER_LOW,
    PAPER_OUT,
    COVER,
    CUTTER,
    STALL,
    SLOW_LINE,
    SLOW_PAPER,
    POWER,
    NOISE_TO_AGENT,
    NOISE_TO_PRINTER,
    UNPLUG,
    RESTART,
    FAULT_KINDS,
};
static const char *const fault_names[] = {
    "nothing", "paper low",      "paper out",        "cover",  "cutter", "stall", "slow line", "slow paper",
    "power",   "noise to agent", "noise to printer", "unplug", "restart"};

enum {
    JOBS_AT_ONCE_MAX = 3,
    TRIES = 3,
    LONG_LINES = 500, /* more than a line takes without being read */
    END_MS = 40 * 60 *
             1000, /* three slips, each waited for as long as a person may need, and again after the person came */
    READY_MS = 60 * 1000,
    STEP_MS = 200,
    WAKES_A_SECOND = 120, /* two rounds of four questions, each heard and answered, and a slow line's ticks */
    WAKES_FREE = 2000,
    SAME_MS_WAKES_MAX = 4000,
};

struct fault {
    enum fault_kind kind;
    int64_t at_byte;   /* of what the printer takes from the first slip's start on; below 0: at_ms */
    int64_t at_ms;     /* after the slips were asked for */
    int64_t repair_ms; /* after it happened; 0: only at the end */
    int64_t due_ms, repair_due_ms;
    bool happened, repaired;
};

static struct loop *loop;
static struct fault_printer far_end;
static struct printer *printer;
static struct paper paper;
static char folder[] = "/tmp/loyald-faults-XXXXXX", link_path[64];
static const char *profile;
static unsigned seed, seed_asked;
static int cycles_asked;
static int cycle, first_shown, next_job, told_count, counts[FAULT_KINDS], ends[PRINT_FAILED + 1];
static uint64_t base_out, base_in, base_given, opened_count;
static const struct printer *opened_by;
static struct fault faults[2];
static int fault_count;
static bool restart_asked, noisy, misled, noisy_cycle;
static int64_t last_ms, same_ms_wakes;
static int switched_off;

__attribute__((noreturn, format(printf, 1, 2))) static void fail(const char *format, ...)
{
    struct printer_status status;
    va_list args;

    printer_status(printer, &status);
    va_start(args, format);
    (void)printf("FAILED: fault %d (", cycle);
    for (int i = 0; i < fault_count; i++)
        (void)printf("%s%s at byte %" PRId64 " or %" PRId64 " ms for %" PRId64 " ms", i ? ", " : "",
                     fault_names[faults[i].kind], faults[i].at_byte, faults[i].at_ms, faults[i].repair_ms);
    (void)printf("): ");
    (void)vprintf(format, args);
    (void)printf("; printer %s: %s; to see it: printer_faults %d %u %d\n", device_state_text(status.state),
                 status.reason, cycles_asked, seed_asked, cycle);
    va_end(args);
    exit(1);
}

static unsigned pick(unsigned below)
{
    return (unsigned)rand_r(&seed) % below;
}

/* ---- the slips ---- */

static void on_done(void *context, const char *job_id, enum print_state state, const char *reason)
{
    int job = (int)strtol(job_id, NULL, 10);
    const struct paper_job *found = paper_job(&paper, job);

    (void)context;
    if (cycle >= first_shown)
        (void)printf("  %" PRId64 " ms: slip %d %s %s\n", loop_now_ms(loop), job, print_state_text(state), reason);
    if (found->told)
        fail("slip %d was told of twice", job);
    paper_job(&paper, job)->told = true;
    paper_job(&paper, job)->failed = state == PRINT_FAILED;
    paper_job(&paper, job)->unknown = state == PRINT_UNKNOWN;
    paper_job(&paper, job)->confirmed = state == PRINT_CONFIRMED;
    told_count++;
    ends[state]++;
    if (state != PRINT_CONFIRMED && reason[0] == '\0')
        fail("slip %d is %s and nobody says why", job, print_state_text(state));
    if (state == PRINT_CONFIRMED && !noisy && !misled && found->whole != 1)
        fail("slip %d is confirmed and %d times on the paper, %d times in part", job, found->whole, found->begun);
}

static enum status on_sending(void *context, const char *job_id, struct errmsg *err)
{
    (void)context;
    (void)err;
    if (cycle >= first_shown)
        (void)printf("  %" PRId64 " ms: slip %s is sent\n", loop_now_ms(loop), job_id);
    return ST_OK;
}

static void on_slip(void *context, const struct slip *slip)
{
    const char *fault = paper_add(&paper, slip);

    (void)context;
    if (fault && !noisy)
        fail("%s", fault);
}

static void print(int lines)
{
    const struct print_callbacks callbacks = {on_sending, on_done, NULL};
    struct page page = PAGE_INIT;
    struct errmsg err = ERRMSG_INIT;
    char id[16];

    (void)snprintf(id, sizeof id, "%d", next_job);
    paper_make(&paper, &page, next_job++, lines);
    if (printer_print(printer, &page, id, &callbacks, &err) != ST_OK)
        fail("slip %s is not taken: %s", id, err.text);
    page_free(&page);
}

/* ---- the way of the bytes ---- */

/* What a port has read and written since it was opened: an open throws away what had come before. */
static void note_open(const struct port_status *port)
{
    if (opened_by == printer && opened_count == port->open_count)
        return;
    opened_by = printer;
    opened_count = port->open_count;
    base_in = port->bytes_in;
    base_given = far_end.given;
}

static bool on_its_way(void *context)
{
    struct port_status port;

    (void)context;
    if (!printer)
        return false;
    port_status(printer->port, &port);
    if (far_end.pty.fd < 0)
        return port.state == PORT_READY; /* it will hear that the line is gone */
    if (port.state != PORT_READY)
        return false;
    note_open(&port);
    return port.bytes_in - base_in < far_end.given - base_given ||
           (fault_printer_reads(&far_end) && port.bytes_out - base_out > far_end.taken);
}

static void plug(void)
{
    struct port_status port = {0};

    if (far_end.pty.fd >= 0)
        return;
    if (printer)
        port_status(printer->port, &port);
    base_out = port.bytes_out;
    if (fault_printer_plug(&far_end) != ST_OK)
        fail("no pty to be had");
}

static void start_driver(void)
{
    char uri[80];
    struct printer_options options = {.uri = uri, .profile = profile, .loop = loop};
    struct errmsg err = ERRMSG_INIT;

    opened_by = NULL; /* the new one may stand where the old one stood */
    (void)snprintf(uri, sizeof uri, "tty:%s", link_path);
    if (printer_create(&options, &printer, &err) != ST_OK) {
        (void)printf("FAILED: %s\n", err.text);
        exit(1);
    }
}

/* The agent is started anew; what it had written and nobody has read is still in the line. */
static void restart(void)
{
    struct printer *old = printer;
    uint64_t unread;
    struct port_status port;

    port_status(old->port, &port);
    unread = port.bytes_out - base_out - far_end.taken;
    printer_destroy(old);
    printer = NULL;
    start_driver();
    base_out = 0 - far_end.taken - unread;
}

static void step(int64_t wait_ms)
{
    int64_t wakes = virtual_loop_wakes(loop), now;

    loop_step(loop, wait_ms);
    if (restart_asked) {
        restart_asked = false;
        restart();
    }
    now = loop_now_ms(loop);
    same_ms_wakes = now == last_ms ? same_ms_wakes + virtual_loop_wakes(loop) - wakes : 0;
    last_ms = now;
    if (same_ms_wakes > SAME_MS_WAKES_MAX)
        fail("the loop is busy: %" PRId64 " wake-ups at one moment", same_ms_wakes);
}

/* ---- the faults ---- */

static void make_noise(bool to_agent)
{
    uint8_t bytes[40];
    size_t len = 1 + pick(sizeof bytes);

    noisy = noisy || !to_agent; /* what is on the paper is what was heard */
    misled = misled || to_agent;
    for (size_t i = 0; i < len; i++)
        bytes[i] = (uint8_t)rand_r(&seed);
    fault_printer_noise(&far_end, to_agent, bytes, len);
}

static void happen(struct fault *fault)
{
    fault->happened = true;
    fault->repair_due_ms = fault->repair_ms > 0 ? loop_now_ms(loop) + fault->repair_ms : INT64_MAX;
    if (cycle >= first_shown)
        (void)printf("  %" PRId64 " ms: %s\n", loop_now_ms(loop), fault_names[fault->kind]);
    switch (fault->kind) {
    case NOTHING:
    case FAULT_KINDS:
        return;
    case PAPER_LOW:
        sim_escpos_paper(&far_end.inside, SIM_PAPER_LOW, -1);
        return;
    case PAPER_OUT:
        if (pick(2))
            sim_escpos_paper(&far_end.inside, SIM_PAPER_OUT, 0);
        else
            sim_escpos_paper(&far_end.inside, SIM_PAPER_LOW, 1 + (int)pick(30));
        return;
    case COVER:
        sim_escpos_cover(&far_end.inside, true);
        return;
    case CUTTER:
        fault_printer_jam(&far_end, true);
        return;
    case STALL:
        fault_printer_stall(&far_end, true);
        return;
    case SLOW_LINE:
        fault_printer_rate(&far_end, 1 + (int)pick(10));
        return;
    case SLOW_PAPER:
        sim_escpos_busy(&far_end.inside, true);
        return;
    case POWER:
        fault_printer_power_cycle(&far_end);
        return;
    case NOISE_TO_AGENT:
    case NOISE_TO_PRINTER:
        make_noise(fault->kind == NOISE_TO_AGENT);
        return;
    case UNPLUG:
        fault_printer_unplug(&far_end);
        return;
    case RESTART:
        restart_asked = true;
        return;
    }
}

static void repair(struct fault *fault)
{
    fault->happened = fault->repaired = true; /* one that has not come yet stays away */
    if (cycle >= first_shown)
        (void)printf("  %" PRId64 " ms: %s is over\n", loop_now_ms(loop), fault_names[fault->kind]);
    sim_escpos_paper(&far_end.inside, SIM_PAPER_OK, -1);
    sim_escpos_cover(&far_end.inside, false);
    fault_printer_jam(&far_end, false);
    sim_escpos_busy(&far_end.inside, false);
    fault_printer_stall(&far_end, false);
    fault_printer_rate(&far_end, 0);
    plug();
}

static void on_trip(void *context)
{
    (void)context;
    for (int i = 0; i < fault_count; i++)
        if (!faults[i].happened && faults[i].at_byte >= 0)
            happen(&faults[i]);
}

static void look_at_clock(void)
{
    for (int i = 0; i < fault_count; i++) {
        if (!faults[i].happened && faults[i].due_ms <= loop_now_ms(loop))
            happen(&faults[i]);
        fault_printer_look(&far_end);
        if (faults[i].happened && !faults[i].repaired && faults[i].repair_due_ms <= loop_now_ms(loop))
            repair(&faults[i]);
    }
}

/* ---- a cycle ---- */

static void plan(void)
{
    static const int64_t durations_ms[] = {0, 30, 300, 900, 1100, 3000, 12000, 40000, 400000};

    fault_count = 1 + (pick(4) == 0);
    far_end.trip_after = -1;
    for (int i = 0; i < fault_count; i++) {
        struct fault *fault = &faults[i];

        *fault = (struct fault){.kind = (enum fault_kind)pick(FAULT_KINDS), .at_byte = -1, .due_ms = INT64_MAX};
        fault->repair_ms = durations_ms[pick(sizeof durations_ms / sizeof durations_ms[0])];
        if (pick(4) > 0 && far_end.trip_after < 0) {
            fault->at_byte = far_end.trip_after = (int64_t)(pick(4) ? pick(1600) : pick(24 * 1024));
            fault->due_ms = loop_now_ms(loop) + 20000; /* should nothing go out */
        } else {
            fault->at_ms = (int64_t)pick(3000);
            fault->due_ms = loop_now_ms(loop) + fault->at_ms;
        }
        /* That the power was off is told by answers that do not come, for which noise may pass: together nobody could
         * find them out. */
        if (i == 1 && (fault->kind == POWER || fault->kind == NOISE_TO_AGENT) &&
            (faults[0].kind == POWER || faults[0].kind == NOISE_TO_AGENT))
            fault->kind = NOTHING;
        counts[fault->kind]++;
    }
}

static void until_told(int jobs)
{
    int64_t end_ms = loop_now_ms(loop) + END_MS;

    while (told_count < jobs) {
        if (loop_now_ms(loop) > end_ms)
            fail("stuck: %d of %d slips came to an end", told_count, jobs);
        look_at_clock();
        step(STEP_MS);
    }
}

static void until_ready(void)
{
    struct printer_status status;
    int64_t end_ms = loop_now_ms(loop) + READY_MS;

    printer_status(printer, &status);
    while (status.state != DEVICE_READY) {
        if (loop_now_ms(loop) > end_ms)
            fail("not ready a minute after the repair");
        step(STEP_MS);
        printer_status(printer, &status);
    }
}

/* One more slip, by a cashier who does as he is told: after a few tries the printer is switched off and on. */
static void until_printed(void)
{
    for (int tries = 0; tries < 2 * TRIES; tries++) {
        if (tries == TRIES) {
            switched_off++;
            fault_printer_power_cycle(&far_end);
            until_ready();
        }
        print(5);
        until_told(next_job);
        if (paper_job(&paper, next_job - 1)->confirmed)
            return;
    }
    fail("stuck: nothing is printed after the repair");
}

/* When all is over: what comes out late must not be a second one, nor one that failed. */
static void judge(int job)
{
    const struct paper_job *found = paper_job(&paper, job);

    if (found->begun > 1 || (found->failed && found->begun > 0))
        fail("slip %d is on the paper %d times", job, found->begun);
    if (found->confirmed && !noisy_cycle && found->whole != 1)
        fail("slip %d was confirmed and is not on the paper", job);
}

/* While a slip that fills the line is sent nothing can be asked, and so nobody sees that the power was off for a
 * moment. */
static bool may_be_long(void)
{
    return faults[0].kind != POWER && (fault_count == 1 || faults[1].kind != POWER);
}

static void run_cycle(void)
{
    int64_t began_ms = loop_now_ms(loop), wakes = virtual_loop_wakes(loop), allowed;
    uint64_t taken = paper.bytes;
    int jobs = next_job;

    if (cycle >= first_shown)
        (void)printf("fault %d, seed %u\n", cycle, seed);
    noisy = misled = false;
    plan();
    for (unsigned i = 0, n = 1 + pick(JOBS_AT_ONCE_MAX); i < n; i++)
        print(may_be_long() && pick(10) == 0 ? LONG_LINES : 3 + (int)pick(30));
    until_told(next_job);
    for (int i = 0; i < fault_count; i++)
        repair(&faults[i]);
    far_end.trip_after = -1;
    until_ready();
    noisy_cycle = noisy;
    misled = false;
    /* A driver that was started meanwhile knows nothing of what the noise made the printer wait for. */
    noisy = noisy && faults[fault_count - 1].kind == RESTART;
    until_printed();
    for (int i = 0; i < 50; i++)
        step(STEP_MS);
    for (int job = jobs; job < next_job; job++)
        judge(job);
    allowed = WAKES_FREE + (loop_now_ms(loop) - began_ms) / 1000 * WAKES_A_SECOND + (int64_t)(paper.bytes - taken);
    if (virtual_loop_wakes(loop) - wakes > allowed)
        fail("the loop was woken %" PRId64 " times in %" PRId64 " ms, more than %" PRId64,
             virtual_loop_wakes(loop) - wakes, loop_now_ms(loop) - began_ms, allowed);
}

static void run(const char *model, int cycles)
{
    profile = model;
    if (fault_printer_create(&far_end, loop, link_path, model) != ST_OK)
        exit(1);
    far_end.on_slip = on_slip;
    far_end.trip = on_trip;
    start_driver();
    plug();
    virtual_loop_settle(loop, on_its_way, NULL);
    until_ready();
    for (int i = 0; i < cycles; i++) {
        cycle++;
        run_cycle();
    }
    printer_destroy(printer);
    printer = NULL;
    fault_printer_destroy(&far_end);
}

int main(int argc, char **argv)
{
    int cycles = argc > 1 ? (int)strtol(argv[1], NULL, 10) : 300;

    seed = argc > 2 ? (unsigned)strtoul(argv[2], NULL, 10) : 1;
    seed_asked = seed;
    cycles_asked = cycles;
    first_shown = argc > 3 ? (int)strtol(argv[3], NULL, 10) : cycles + 1;
    log_set_level(LOG_LEVEL_ERROR);
    (void)setvbuf(stdout, NULL, _IOLBF, BUFSIZ);
    (void)printf("seed %u\n", seed);
    if (!mkdtemp(folder) || loop_create(&loop, NULL) != ST_OK ||
        !paper_begin(&paper, (cycles + 2) * (JOBS_AT_ONCE_MAX + 2 * TRIES)))
        return 1;
    (void)snprintf(link_path, sizeof link_path, "%s/printer", folder);
    run("epson-tm-t20iii", cycles - cycles / 3);
    run("rongta-rp326", cycles / 3); /* tells nothing by itself */
    for (int i = 0; i < FAULT_KINDS; i++)
        (void)printf("%s: %d\n", fault_names[i], counts[i]);
    (void)printf("%d faults, %d slips: %d confirmed, %d unknown, %d failed; %" PRId64 " wake-ups in %" PRId64 " s\n",
                 cycle, next_job, ends[PRINT_CONFIRMED], ends[PRINT_UNKNOWN], ends[PRINT_FAILED],
                 virtual_loop_wakes(loop), loop_now_ms(loop) / 1000);
    (void)printf("switched off and on %d times\n", switched_off);
    paper_end(&paper);
    loop_destroy(loop);
    return rmdir(folder) == 0 ? 0 : 1;
}
