/* SPDX-License-Identifier: Apache-2.0 */
/* scanner_internal - a scanner's inside, shared by scanner.c (bytes to scans) and scanner_state.c (how the device
 * is). */
#ifndef LOYALD_SCANNER_SCANNER_INTERNAL_H
#define LOYALD_SCANNER_SCANNER_INTERNAL_H

#include "agent/base/sha256.h"
#include "drivers/scanner/family.h"

#include <stdbool.h>

struct loop_timer;

struct scanner {
    struct scanner_options options; /* its strings are the port's */
    struct port *port;
    struct framing framing;
    struct reader reader;
    struct code_id_table code_id_table; /* of SCANNER_CODE_IDS_CUSTOM */
    struct loop_timer *gap_timer;
    struct loop_timer *due_timer; /* of the reader's dialogue */
    bool gap_once;                /* the timer came; once more, after the line was looked at, and it is a gap */

    /* The last scan, for repeats: its hash, so that no card number lies about. */
    uint8_t last_digest[SHA256_BYTES];
    int64_t last_received_ns;
    int64_t fault_told_ns[SCANNER_FAULT_COUNT]; /* 0: never */

    /* How the device is; all moves are made by one function, settle. */
    enum device_state state;
    int64_t since_mono_ms;
    int unreadable; /* in a row */
    char unreadable_why[READER_WHY_BYTES_MAX];

    struct scanner_status counts; /* its counters only */
    int depth;                    /* callbacks under way; freed when the outermost ends */
    bool destroyed;
};

/* ---- scanner.c ---- */
void scanner_enter(struct scanner *scanner);
void scanner_leave(struct scanner *scanner);
/* Sends what the device waits for, or beeps by. */
void scanner_answer(struct scanner *scanner, bool good);

/* ---- scanner_state.c ---- */
/* After anything that may have changed the dialogue: sets its timer and the device's state. */
void scanner_await(struct scanner *scanner);
void scanner_on_due(void *context);
void scanner_note_readable(struct scanner *scanner);
void scanner_note_unreadable(struct scanner *scanner, const char *why);

#endif
