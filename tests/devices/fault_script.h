/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fault_script - what happens to the printer of a bench: one fault or two at once, by chance, at an exact byte of
 * what it takes or at a moment, for moments and for minutes, repaired in time or not.
 */
#ifndef LOYALD_TESTS_FAULT_SCRIPT_H
#define LOYALD_TESTS_FAULT_SCRIPT_H

#include "tests/devices/fault_bench.h"

enum fault_kind {
    FAULT_NOTHING,
    FAULT_PAPER_LOW,
    FAULT_PAPER_OUT,
    FAULT_COVER,
    FAULT_CUTTER,
    FAULT_STALL,
    FAULT_SLOW_LINE,
    FAULT_SLOW_PAPER,
    FAULT_POWER, /* off and on: a start of seconds */
    FAULT_RESET, /* a start shorter than any answer is waited for; of printers that tell of it */
    FAULT_NOISE_TO_AGENT,
    FAULT_NOISE_TO_PRINTER,
    FAULT_UNPLUG,
    FAULT_RESTART, /* of the agent */
    FAULT_KINDS,
};

struct fault {
    enum fault_kind kind;
    int64_t at_byte;   /* of what the printer takes from the first slip's start on; below 0: at_ms */
    int64_t at_ms;     /* after the slips were asked for */
    int64_t repair_ms; /* after it happened; 0: only at the end */
    int64_t due_ms, repair_due_ms;
    bool happened, repaired;
};

enum { SCRIPT_FAULTS_MAX = 2 };

struct script {
    struct bench *bench;
    unsigned seed;
    struct fault faults[SCRIPT_FAULTS_MAX];
    int fault_count;
    int counts[FAULT_KINDS];
};

unsigned script_pick(struct script *script, unsigned below);
/* The next faults; they happen from now on, by byte and by script_look. */
void script_plan(struct script *script);
void script_begin(struct script *script);  /* the first of them happens now */
void script_look(struct script *script);   /* at the clock */
void script_repair(struct script *script); /* everything, whatever has happened or was still to come */
void script_say(const struct script *script);
const char *fault_text(enum fault_kind kind); /* returns a view: "paper out" */

#endif
