/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sim_hand - the cashier's hand on a simulated device: sends one command line to its control socket and takes the
 * answer, while the events of the till go on being told. Inside drivers/sim.
 */
#ifndef LOYALD_SIM_SIM_HAND_H
#define LOYALD_SIM_SIM_HAND_H

#include "agent/base/errmsg.h"
#include "agent/base/status.h"

#include <stdint.h>

struct sim_client;

enum { SIM_HAND_LINE_MAX = 1024, SIM_HAND_WAIT_MS = 15 * 1000 };

struct sim_hand {
    const char *socket_path; /* view; NULL: there is no such device */
    int fd;
    char answer[SIM_HAND_LINE_MAX]; /* the last one */
};

#define SIM_HAND_INIT(path)                                                                                          \
    {                                                                                                                \
        .socket_path = (path), .fd = -1                                                                              \
    }

void sim_hand_clear(struct sim_hand *hand);
/* Connects when needed. client may be NULL: no events meanwhile. *out_ns is the wall time of the device's last byte;
 * may be NULL. ST_OFFLINE when there is no such simulator, ST_IO with its words when it could not. */
enum status sim_hand_do(struct sim_hand *hand, struct sim_client *client, const char *command, int64_t *out_ns,
                        struct errmsg *err);

#endif
