/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fault_bench - the real driver at one end of a pty and the simulated printer at the other, on a virtual clock; what
 * was asked for, what was told of it and what is on the paper.
 *
 * What is told is judged at once: each slip once, and "confirmed" only of one that is whole on the paper, once, on a
 * piece of its own. A wrong one ends the program with a line that begins FAILED and says how to see it again.
 */
#ifndef LOYALD_TESTS_FAULT_BENCH_H
#define LOYALD_TESTS_FAULT_BENCH_H

#include "tests/devices/fault_printer.h"
#include "tests/devices/paper.h"

#include "drivers/printer/printer.h"

struct bench {
    struct loop *loop;
    struct fault_printer far_end;
    struct printer *printer;
    struct paper paper;
    const char *link_path, *profile;
    int next_job, told_count, ends[PRINT_FAILED + 1];
    bool shown;                    /* what happens is printed */
    bool noisy, misled;            /* the printer, the agent heard bytes that nobody sent */
    bool garbled;                  /* the printer heard noise lately, which may have eaten the cut of a slip */
    bool restart_asked;            /* the agent is started anew before the next step */
    void (*look)(void *context);   /* before each step of bench_until_told */
    void (*excuse)(void *context); /* prints what led to a failure */
    void *context;

    uint64_t base_out, base_in, base_given, opened_count; /* what the port had done when it was opened */
    const struct printer *opened_by;
    int64_t last_ms, same_ms_wakes;
    int64_t stopped_ms; /* since when the printer has said that it cannot print; 0: it can */
};

enum { BENCH_STEP_MS = 200 };

/* loop, paper, link_path, look, excuse and context are set. */
void bench_open(struct bench *bench, const char *profile);
void bench_close(struct bench *bench);
/* The next slip, of so many lines, goes to the driver. */
void bench_print(struct bench *bench, int lines);
void bench_plug(struct bench *bench);
void bench_step(struct bench *bench);
/* Until so many slips have come to an end; stuck is a failure, and likewise not to be ready within a minute. */
void bench_until_told(struct bench *bench, int jobs);
void bench_until_ready(struct bench *bench);
__attribute__((noreturn, format(printf, 2, 3))) void bench_fail(struct bench *bench, const char *format, ...);

#endif
