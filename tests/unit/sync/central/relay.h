/* SPDX-License-Identifier: Apache-2.0 */
/* relay - a process between libpq and a PostgreSQL's Unix socket that cuts the connection at a chosen place. */
#ifndef LOYALD_TEST_RELAY_H
#define LOYALD_TEST_RELAY_H

#include <stdbool.h>
#include <sys/types.h>

enum relay_cut {
    RELAY_BEFORE,
    RELAY_AFTER
}; /* what the client sent is not passed on; it is, and the answer is not */

struct relay_orders; /* shared with the process */

struct relay {
    char dir[64]; /* of the socket that clients connect to: host=DIR */
    pid_t pid;
    struct relay_orders *orders;
};

/* server_dir is where the server's socket is. */
void relay_start(struct relay *relay, const char *server_dir);
void relay_stop(struct relay *relay);
/* Cuts once, at the so-manieth time from now that the client sends something. */
void relay_arm(struct relay *relay, int at, enum relay_cut cut);
/* True when it was cut since; it is armed no longer. */
bool relay_disarm(struct relay *relay);

#endif
