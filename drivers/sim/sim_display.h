/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sim_display - a customer display at the far end of a pty.
 *
 * Commands, each answered at once by "ok ..." or "error" and what is wrong:
 *   show                what is seen: "ok [Bread           45.50][TOTAL           45.50]"
 *   state               "ok set=epson line=plugged page=17 brightness=4 obeyed=12 unknown=0 ignored=0 undecodable=0"
 *   stall, resume       it takes nothing, as when hung
 *   power-cycle         what was set and shown is lost
 *   unplug, plug        the cable
 */
#ifndef LOYALD_SIM_SIM_DISPLAY_H
#define LOYALD_SIM_SIM_DISPLAY_H

#include "agent/base/errmsg.h"
#include "agent/base/status.h"
#include "drivers/sim/sim_pole.h"

struct loop;
struct sim_display; /* opaque */

struct sim_display_options {
    struct loop *loop;     /* borrows */
    const char *link_path; /* copies */
    enum sim_pole_set set;
    int columns;
    void (*on_answer)(void *context, const char *answer); /* from within sim_display_command */
    /* What is seen has changed, rows as UTF-8; may be NULL. */
    void (*on_rows)(void *context, const char *top, const char *bottom);
    void *context;
};

/* Plugs in. On ST_OK the caller owns *out_display. */
enum status sim_display_create(const struct sim_display_options *options, struct sim_display **out_display,
                               struct errmsg *err);
void sim_display_destroy(struct sim_display *display); /* accepts NULL; unplugs */
void sim_display_command(struct sim_display *display, const char *line);
const struct sim_pole *sim_display_pole(const struct sim_display *display); /* returns a view */

#endif
