/* SPDX-License-Identifier: Apache-2.0 */
/*
 * service - what a service manager (systemd) gives a daemon and wants of it: sockets made for it, readiness, a
 * watchdog.
 *
 * All of it is optional: without the environment variables of sd_listen_fds(3) and sd_notify(3) there are no sockets,
 * and nobody is told anything.
 */
#ifndef LOYALD_NET_SERVICE_H
#define LOYALD_NET_SERVICE_H

#include "agent/base/errmsg.h"
#include "agent/base/status.h"

struct loop;
struct loop_timer;

enum { SERVICE_SOCKETS_MAX = 8, SERVICE_NAME_MAX = 32 };

/* Listening sockets that came with the process: made by the manager, so that a daemon without a network of its own
 * serves on them. */
struct service_sockets {
    int count;
    struct {
        char name[SERVICE_NAME_MAX]; /* FileDescriptorName= of the socket unit */
        int family;                  /* AF_UNIX, AF_INET, AF_INET6 */
        int fd;                      /* -1: taken */
    } socket[SERVICE_SOCKETS_MAX];
};

/* Reads the environment, makes the descriptors close-on-exec, and removes the variables, so that no child takes them
 * for its own. ST_INVALID when what was passed is no listening stream socket, ST_RANGE when there are more than
 * SERVICE_SOCKETS_MAX. */
enum status service_sockets_take(struct service_sockets *out_sockets, struct errmsg *err);
/* The socket of that name and family (AF_INET stands for AF_INET6 too), which is the caller's from now on; -1 when
 * there is none. */
int service_socket(struct service_sockets *sockets, const char *name, int family);
/* Closes what nobody asked for; returns how many these were. */
int service_sockets_close_rest(struct service_sockets *sockets);

/* Tells the manager "READY=1", "STATUS=...", "STOPPING=1"; newlines part several. */
void service_notify(const char *state);

/*
 * Feeds the manager's watchdog, when it asked for that, from a timer of the loop at a third of its time: the loop
 * turning is the progress it watches. *out_timer is NULL without a watchdog; the caller destroys it.
 */
enum status service_watchdog_start(struct loop *loop, struct loop_timer **out_timer, struct errmsg *err);

#endif
