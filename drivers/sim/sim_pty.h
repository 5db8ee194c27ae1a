/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sim_pty - the cable of a simulated device: a pty, and a link to it at the path where the agent looks for the
 * device.
 *
 * Open is plugged in, closed is unplugged: the link goes and whoever has the pty open is hung up on. Inside
 * drivers/sim.
 */
#ifndef LOYALD_SIM_SIM_PTY_H
#define LOYALD_SIM_SIM_PTY_H

#include "agent/base/errmsg.h"
#include "agent/base/status.h"

enum { SIM_PATH_BYTES_MAX = 256 };

struct sim_pty {
    int fd;       /* the device's end, non-blocking; -1 when unplugged */
    int other_fd; /* keeps the pty usable while no agent has it open */
    char link_path[SIM_PATH_BYTES_MAX];
};

#define SIM_PTY_INIT                                                                                                 \
    {                                                                                                                \
        .fd = -1, .other_fd = -1                                                                                     \
    }

/* Makes the pty and the link, in place of a link that is left from before; any other file there is refused
 * (ST_CONFLICT). On failure *pty is unplugged. */
enum status sim_pty_plug(struct sim_pty *pty, const char *link_path, struct errmsg *err);
/* Removes the link, when it is still this pty's, and closes. Does nothing when unplugged. */
void sim_pty_unplug(struct sim_pty *pty);

#endif
