/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sim_printer - a receipt printer at the far end of a pty: obeys ESC/POS, answers, and puts each slip it cuts into a
 * folder as text, drawing and facts.
 *
 * Commands, each answered at once by "ok ..." or "error" and what is wrong:
 *   paper ok|low|out    paper N: out after N more lines
 *   cover open|closed
 *   busy on|off         online and answering, but printing nothing more: a slow mechanism
 *   stall, resume       it reads and answers nothing, as when hung
 *   power-cycle         memory, buffer and settings are lost; for 1.5 s it reads and answers nothing
 *   unplug, plug        the cable
 *   tear                ends a slip that no cut has ended
 *   slips               how many are in the folder from this run: "ok 3"
 *   state               "ok paper=ok cover=closed line=plugged buffered=0 lines=0 slips=3"
 */
#ifndef LOYALD_SIM_SIM_PRINTER_H
#define LOYALD_SIM_SIM_PRINTER_H

#include "agent/base/errmsg.h"
#include "agent/base/status.h"

#include <stdbool.h>
#include <stdint.h>

struct loop;
struct sim_printer; /* opaque */

struct sim_printer_options {
    struct loop *loop;     /* borrows */
    const char *link_path; /* copies */
    const char *out_dir;   /* copies; made when missing. Slips are numbered on from those that are there */
    const char *profile;   /* of sim_charset.h; NULL or empty: the first */
    void (*on_answer)(void *context, const char *answer); /* from within sim_printer_command */
    void (*on_slip)(void *context, unsigned number);      /* its files are written; may be NULL */
    void *context;
};

/* Plugs in. On ST_OK the caller owns *out_printer. */
enum status sim_printer_create(const struct sim_printer_options *options, struct sim_printer **out_printer,
                               struct errmsg *err);
void sim_printer_destroy(struct sim_printer *printer); /* accepts NULL; unplugs */
void sim_printer_command(struct sim_printer *printer, const char *line);

/* What went through the cable since it was plugged in, so that a test on a virtual clock knows when nothing is on its
 * way any more. */
struct sim_traffic {
    bool plugged, reads; /* reads: what is in the line will be taken */
    uint64_t taken, given;
};
void sim_printer_traffic(const struct sim_printer *printer, struct sim_traffic *out_traffic);

#endif
