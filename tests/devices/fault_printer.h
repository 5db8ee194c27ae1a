/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fault_printer - the simulated printer's inside (drivers/sim) at the end of a cable that is slow, noisy, or pulled
 * in the middle of a byte's way; on the loop it is given, so on a virtual clock.
 *
 * What happens to the paper and the cover the simulator does itself. What is added here is what lies between: a byte
 * counter that trips at an exact byte, a rate, noise in both directions, a hang, the time of a start,
 * a cutter that jams. Every byte is counted, so that a test knows when nothing is on its way any more.
 */
#ifndef LOYALD_TESTS_FAULT_PRINTER_H
#define LOYALD_TESTS_FAULT_PRINTER_H

#include "drivers/sim/sim_escpos.h"
#include "drivers/sim/sim_pty.h"

struct loop;
struct loop_timer;
struct loop_watch;

struct fault_printer {
    struct loop *loop;
    const char *link_path;
    struct sim_pty pty;
    struct loop_watch *watch;  /* while plugged in */
    struct loop_timer *tick;   /* of a slow line */
    struct loop_timer *starts; /* after power came back */
    struct sim_escpos inside;
    int rate; /* bytes a tick of FAULT_TICK_MS; 0: as fast as it goes */
    bool stalled, starting, jammed;
    bool deaf;              /* what comes while it starts is lost */
    bool gives_notice;      /* Epson's, after each start */
    uint8_t seen[2], asked; /* the last bytes, and n of the DLE EOT that is being answered */
    uint64_t taken, given;  /* bytes since it was plugged in */
    int64_t trip_after;     /* bytes; below 0: not set */
    void (*trip)(void *context);
    void *trip_context;
    void (*on_slip)(void *context, const struct slip *slip);
    void *context; /* of on_slip */
};

enum { FAULT_TICK_MS = 10, FAULT_START_MS = 1500 };

/* Not plugged in yet. loop and link_path are borrowed; profile as of sim_charset.h. */
enum status fault_printer_create(struct fault_printer *printer, struct loop *loop, const char *link_path,
                                 const char *profile);
void fault_printer_destroy(struct fault_printer *printer);
enum status fault_printer_plug(struct fault_printer *printer); /* does nothing when it is */
void fault_printer_unplug(struct fault_printer *printer);
/* It hangs: reads nothing, answers nothing. */
void fault_printer_stall(struct fault_printer *printer, bool stalled);
enum fault_start {
    FAULT_START_CLEAN = 0,
    FAULT_START_DEAF = 1,  /* what comes until it is up is lost, as on a line without flow control */
    FAULT_START_BREAK = 2, /* the line breaks for a moment: the agent reads a zero */
};
/* It answers after start_ms; how: some of FAULT_START_*. */
void fault_printer_power_cycle(struct fault_printer *printer, int64_t start_ms, unsigned how);
/* A start can be told, however short: by a notice, or by its count. */
bool fault_printer_tells_of_start(const struct fault_printer *printer);
void fault_printer_jam(struct fault_printer *printer, bool jammed);
void fault_printer_rate(struct fault_printer *printer, int rate);
/* Bytes that nobody sent, to the agent or to the printer. */
void fault_printer_noise(struct fault_printer *printer, bool to_agent, const uint8_t *bytes, size_t len);
/* Paper, cover or mechanism are not as before: there may be room for more. */
void fault_printer_look(struct fault_printer *printer);
/* It takes what the agent sends, so that what was sent and not taken yet is on its way. */
bool fault_printer_reads(const struct fault_printer *printer);

#endif
