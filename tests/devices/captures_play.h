/* SPDX-License-Identifier: Apache-2.0 */
/*
 * captures_play - types a capture into a line of loyald: whole, byte by byte (the next one when the last was read),
 * in random pieces, or with garbage between its codes.
 */
#ifndef LOYALD_TESTS_CAPTURES_PLAY_H
#define LOYALD_TESTS_CAPTURES_PLAY_H

#include "drivers/scanner/capture.h"
#include "drivers/sim/sim_pty.h"

#include <stdbool.h>
#include <stdint.h>

struct daemon_run;

enum play_mode { PLAY_WHOLE, PLAY_BYTES, PLAY_PIECES, PLAY_GARBAGE, PLAY_MODES };

struct player {
    struct daemon_run *run; /* borrows; turned while it waits */
    unsigned *seed;         /* borrows */
    int64_t typed_ms;       /* when loyald had read the last bytes; 0: there may be a silence */
    bool disturbed;         /* this machine made a silence in the middle of a code, which is the end of some */
    bool is_stuck;          /* loyald does not read its line */
};

const char *play_mode_text(enum play_mode mode); /* returns a view: "in pieces" */
void play(struct player *player, const struct capture *capture, const struct sim_pty *pty, enum play_mode mode);

#endif
