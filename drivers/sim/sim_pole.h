/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sim_pole - the inside of a customer display: takes bytes, obeys them, holds what is seen.
 *
 * Two command sets, by the manuals of Epson's DM-D series and of Partner's CD5220, and apart from drivers/display,
 * which it is there to test. What it does not know is counted and shown as nothing.
 */
#ifndef LOYALD_SIM_SIM_POLE_H
#define LOYALD_SIM_SIM_POLE_H

#include "agent/base/strbuf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SIM_POLE_ROWS = 2, SIM_POLE_COLUMNS_MAX = 40, SIM_POLE_COMMAND_BYTES_MAX = 64 };

enum sim_pole_set { SIM_POLE_EPSON, SIM_POLE_CD5220 };
enum sim_pole_mode { SIM_POLE_OVERWRITE, SIM_POLE_SCROLL_UP, SIM_POLE_SCROLL_LEFT };

struct sim_pole {
    enum sim_pole_set set;
    int columns;
    uint32_t cells[SIM_POLE_ROWS][SIM_POLE_COLUMNS_MAX];
    int column, row; /* of the cursor, from 0 */
    enum sim_pole_mode mode;
    uint8_t page;       /* n of ESC t, ESC c */
    uint8_t country;    /* n of ESC R, ESC f */
    uint8_t brightness; /* 1 to 4 */
    bool cursor;
    bool elsewhere; /* ESC = 1: what comes is for the printer behind it */
    bool strings;   /* CD5220 after ESC Q: only lines, CLR and CAN are obeyed */
    uint8_t command[SIM_POLE_COMMAND_BYTES_MAX];
    size_t command_len;
    size_t skip; /* bytes of a definition still to be thrown away */
    uint64_t obeyed, unknown, ignored, undecodable;
};

void sim_pole_init(struct sim_pole *pole, enum sim_pole_set set, int columns); /* as switched on */
void sim_pole_feed(struct sim_pole *pole, const uint8_t *bytes, size_t len);
/* One row as UTF-8, blanks included. */
void sim_pole_row(const struct sim_pole *pole, int row, struct strbuf *out);

#endif
