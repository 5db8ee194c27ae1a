/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sim_control - commands to a simulator, one per line, each answered by one line: from standard input, or from
 * clients of a Unix socket.
 *
 * Commands are carried out one at a time, over all clients; the next is read when the one before was answered. The
 * end of standard input ends nothing: the simulator goes on until it is told to stop. Inside drivers/sim.
 */
#ifndef LOYALD_SIM_SIM_CONTROL_H
#define LOYALD_SIM_SIM_CONTROL_H

#include "agent/base/errmsg.h"
#include "agent/base/status.h"

struct loop;
struct sim_control; /* opaque */

enum {
    SIM_CONTROL_LINE_BYTES_MAX = 32 * 1024, /* a longer line is answered with an error and its client is closed */
    SIM_CONTROL_ANSWER_BYTES_MAX = 1024,    /* a longer answer is cut */
    SIM_CONTROL_CLIENTS_MAX = 8,            /* one more is closed at once */
};

/* line is a view without its end, valid during the call. Each is answered by exactly one sim_control_answer, now or
 * later. */
typedef void sim_control_fn(void *context, const char *line);

/* Borrows loop. socket_path NULL: standard input and output; otherwise the socket is made anew. */
enum status sim_control_create(struct loop *loop, const char *socket_path, sim_control_fn *command, void *context,
                               struct sim_control **out_control, struct errmsg *err);
void sim_control_destroy(struct sim_control *control); /* accepts NULL; removes the socket */
/* text without a line end: "ok 1790000000000000000" or "error what is wrong". */
void sim_control_answer(struct sim_control *control, const char *text);

#endif
