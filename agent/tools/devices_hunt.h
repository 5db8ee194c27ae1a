/* SPDX-License-Identifier: Apache-2.0 */
/* devices_hunt - what loyalctl devices scan knows of the lines it looks at (devices_scan.c), and how that is said, in words while it
 * looks or with --json as one object at the end (devices_scan_say.c). Nobody else includes it. */
#ifndef LOYALD_TOOLS_DEVICES_HUNT_H
#define LOYALD_TOOLS_DEVICES_HUNT_H

#include "agent/tools/devices.h"
#include "agent/tools/devices_probe.h"

#include "drivers/port/port_list.h"
#include "drivers/port/port_uri.h"
#include "drivers/scanner/guess.h"

#include <stdio.h>

enum { HUNT_CANDIDATES_MAX = 16 };

struct candidate {
    struct hunt *hunt;
    struct port_found found;
    char uri[PORT_URI_BYTES_MAX];  /* without settings */
    char open[PORT_URI_BYTES_MAX]; /* what is open now */
    struct tap *tap;
    int speed;
    bool retune; /* what came made no sense: the next speed, once we are out of its own callback */
    pid_t holder; /* 0: nobody has it open */
    char holder_name[PORT_LIST_TEXT_MAX];
    bool asked, answered; /* whether a printer is there; then what it said of itself */
    struct probe_answer printer;
};

struct hunt {
    struct loop *loop;
    struct candidate candidates[HUNT_CANDIDATES_MAX];
    size_t count;
    const struct candidate *spoke; /* NULL: nobody yet */
    struct scanner_guess guess;
    bool stopped, json;
    FILE *words; /* what is said while it looks: standard output, or error where that is for a program */
};

/* A line there is, and who has it open. */
void scan_say_line(const struct candidate *candidate);
/* The configuration of the scanner that spoke; with --json nothing yet. */
void scan_say_scanner(const struct hunt *hunt);
/* The printer's, or that nobody answered; likewise. */
void scan_say_asked(const struct candidate *candidate);
/* With --json {"lines":[...]}: each line with what is at its end. Answers the exit status. */
int scan_say_all(const struct hunt *hunt, int exit_status);

#endif
