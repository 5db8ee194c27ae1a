/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/net/service.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "agent/base/log.h"
#include "agent/net/loop.h"

enum { FIRST_PASSED_FD = 3 /* SD_LISTEN_FDS_START */ };

/* A variable's whole number from 1 to max; 0 when it is not there or says something else. */
static int64_t number_of(const char *variable, int64_t max)
{
    const char *text = getenv(variable);
    char *end = NULL;
    long long value;

    if (!text || text[0] < '0' || text[0] > '9')
        return 0;
    errno = 0;
    value = strtoll(text, &end, 10);
    return errno == 0 && *end == '\0' && value <= max ? value : 0;
}

/* ---- sockets ---- */

static void forget_variables(void)
{
    (void)unsetenv("LISTEN_PID"); /* these fail only for names that are no names */
    (void)unsetenv("LISTEN_FDS");
    (void)unsetenv("LISTEN_FDNAMES");
}

/* The index-th of the names, which colons part; "unknown" is what systemd itself says of a socket without one. */
static void name_of(const char *names, int index, char out_name[SERVICE_NAME_MAX])
{
    while (names && index-- > 0) {
        names = strchr(names, ':');
        if (names)
            names++;
    }
    (void)snprintf(out_name, SERVICE_NAME_MAX, "%.*s", names ? (int)strcspn(names, ":") : 7,
                   names ? names : "unknown");
}

static enum status look_at(int fd, const char *name, int *out_family, struct errmsg *err)
{
    struct sockaddr_storage address = {0};
    socklen_t len = sizeof address;
    int listens = 0, type = 0;
    socklen_t int_len = sizeof listens;
    int flags = fcntl(fd, F_GETFD);

    if (flags < 0 || fcntl(fd, F_SETFD, flags | FD_CLOEXEC) != 0 ||
        getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &int_len) != 0 || !listens ||
        getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &int_len) != 0 || type != SOCK_STREAM ||
        getsockname(fd, (struct sockaddr *)&address, &len) != 0) {
        errmsg_set(err, "descriptor %d (%s), passed in by the service manager, is no listening stream socket", fd,
                   name);
        return ST_INVALID;
    }
    flags = fcntl(fd, F_GETFL);
    if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) != 0) {
        errmsg_set(err, "descriptor %d (%s): %s", fd, name, strerror(errno));
        return ST_IO;
    }
    *out_family = address.ss_family;
    return ST_OK;
}

enum status service_sockets_take(struct service_sockets *out_sockets, struct errmsg *err)
{
    struct service_sockets sockets = {0};
    int64_t count = number_of("LISTEN_PID", INT32_MAX) == getpid() ? number_of("LISTEN_FDS", 1024) : 0;
    const char *names = getenv("LISTEN_FDNAMES");
    enum status st = ST_OK;

    if (count > SERVICE_SOCKETS_MAX) {
        errmsg_set(err, "%" PRId64 " sockets passed in by the service manager, at most %d are of use", count,
                   SERVICE_SOCKETS_MAX);
        st = ST_RANGE;
    }
    for (int i = 0; st == ST_OK && i < count; i++) {
        sockets.socket[i].fd = FIRST_PASSED_FD + i;
        name_of(names, i, sockets.socket[i].name);
        st = look_at(sockets.socket[i].fd, sockets.socket[i].name, &sockets.socket[i].family, err);
        sockets.count++;
    }
    forget_variables();
    if (st == ST_OK)
        *out_sockets = sockets;
    return st;
}

int service_socket(struct service_sockets *sockets, const char *name, int family)
{
    for (int i = 0; i < sockets->count; i++) {
        int fd = sockets->socket[i].fd, is = sockets->socket[i].family;

        if (fd >= 0 && strcmp(sockets->socket[i].name, name) == 0 &&
            (is == family || (family == AF_INET && is == AF_INET6))) {
            sockets->socket[i].fd = -1;
            return fd;
        }
    }
    return -1;
}

int service_sockets_close_rest(struct service_sockets *sockets)
{
    int closed = 0;

    for (int i = 0; i < sockets->count; i++) {
        if (sockets->socket[i].fd < 0)
            continue;
        (void)close(sockets->socket[i].fd);
        sockets->socket[i].fd = -1;
        closed++;
    }
    return closed;
}

/* ---- telling ---- */

/* sd_notify(3): one datagram to the socket named, "@" standing for the abstract name space. */
void service_notify(const char *state)
{
    const char *path = getenv("NOTIFY_SOCKET");
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t len = path ? strlen(path) : 0;
    int fd;

    if (len < 2 || len > sizeof address.sun_path || (path[0] != '/' && path[0] != '@'))
        return;
    memcpy(address.sun_path, path, len);
    if (path[0] == '@')
        address.sun_path[0] = '\0';
    fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return;
    if (sendto(fd, state, strlen(state), MSG_NOSIGNAL, (struct sockaddr *)&address,
               (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len)) < 0)
        log_debug("service-01", "telling the service manager failed: %s", strerror(errno));
    (void)close(fd);
}

static void feed(void *context)
{
    (void)context;
    service_notify("WATCHDOG=1");
}

enum status service_watchdog_start(struct loop *loop, struct loop_timer **out_timer, struct errmsg *err)
{
    int64_t limit_us = number_of("WATCHDOG_USEC", INT64_C(86400) * 1000000);
    bool of_another = getenv("WATCHDOG_PID") && number_of("WATCHDOG_PID", INT32_MAX) != getpid();
    int64_t every_ms = limit_us / 3000 > 0 ? limit_us / 3000 : 1;
    struct loop_timer *timer = NULL;
    enum status st = ST_OK;

    if (limit_us > 0 && !of_another) {
        st = loop_timer_create(loop, feed, NULL, &timer);
        if (st != ST_OK) {
            errmsg_set(err, "no timer for the watchdog: %s", status_text(st));
            return st;
        }
        loop_timer_set(timer, 0, every_ms);
    }
    *out_timer = timer;
    return ST_OK;
}
