/* SPDX-License-Identifier: Apache-2.0 */
/* The listening socket of a server: always one of our own making, so that mode and address are right before it
 * listens. */
#include "agent/net/http_internal.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { LISTEN_BACKLOG = 511 };

/* Removes a socket left by a process that was killed; the state directory's lock keeps a living one's from being
 * taken. */
static enum status remove_stale(const char *path, struct errmsg *err)
{
    struct stat st;

    if (lstat(path, &st) != 0)
        return ST_OK;
    if (!S_ISSOCK(st.st_mode)) {
        errmsg_set(err, "%s: is there and is no socket; move it away or configure another path", path);
        return ST_CONFLICT;
    }
    if (unlink(path) != 0) {
        errmsg_set(err, "%s: cannot remove the old socket: %s", path, strerror(errno));
        return ST_IO;
    }
    return ST_OK;
}

static enum status listen_unix(const struct http_server_options *options, struct http_server *server, int fd,
                               struct errmsg *err)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    const char *path = options->unix_path;
    enum status st;

    if (strlen(path) >= sizeof address.sun_path) {
        errmsg_set(err, "%s: the path of a socket has at most %zu bytes", path, sizeof address.sun_path - 1);
        return ST_INVALID;
    }
    st = remove_stale(path, err);
    if (st != ST_OK)
        return st;
    memcpy(address.sun_path, path, strlen(path) + 1);
    if (bind(fd, (struct sockaddr *)&address, sizeof address) != 0) {
        errmsg_set(err, "%s: cannot bind: %s", path, strerror(errno));
        return ST_IO;
    }
    memcpy(server->unix_path, path, strlen(path) + 1);
    /* Nobody can connect between these calls: it does not listen yet. */
    if (chmod(path, options->unix_mode) != 0 || stat(path, &server->unix_stat) != 0 ||
        listen(fd, LISTEN_BACKLOG) != 0) {
        errmsg_set(err, "%s: cannot listen: %s", path, strerror(errno));
        (void)unlink(path);
        server->unix_path[0] = '\0';
        return ST_IO;
    }
    return ST_OK;
}

static enum status listen_tcp(const struct http_server_options *options, int *out_fd, struct errmsg *err)
{
    const struct addrinfo hints = {.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE,
                                   .ai_socktype = SOCK_STREAM};
    struct addrinfo *address = NULL;
    char port[8];
    int rc, fd, on = 1;

    (void)snprintf(port, sizeof port, "%u", options->tcp_port);
    rc = getaddrinfo(options->tcp_host, port, &hints, &address);
    if (rc != 0) {
        errmsg_set(err, "%s: not a numeric address: %s", options->tcp_host, gai_strerror(rc));
        return ST_INVALID;
    }
    fd = socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd >= 0)
        (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on); /* without it, a restart only waits longer */
    rc = fd < 0 || bind(fd, address->ai_addr, address->ai_addrlen) != 0 || listen(fd, LISTEN_BACKLOG) != 0;
    if (rc) {
        errmsg_set(err, "%s port %u: cannot listen: %s", options->tcp_host, options->tcp_port, strerror(errno));
        if (fd >= 0)
            (void)close(fd);
    } else {
        *out_fd = fd;
    }
    freeaddrinfo(address);
    return rc ? ST_IO : ST_OK;
}

/* What kind of socket it has become, asked of the socket itself: one passed in may be of either kind. */
static enum status learn_kind(struct http_server *server, int fd, struct errmsg *err)
{
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
        struct sockaddr_storage storage;
    } address = {0};
    socklen_t len = sizeof address;
    int flags = fcntl(fd, F_GETFL);

    if (getsockname(fd, &address.any, &len) != 0 || flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) != 0) {
        errmsg_set(err, "listening socket %d: %s", fd, strerror(errno));
        return ST_IO;
    }
    server->unix_socket = address.any.sa_family == AF_UNIX;
    if (address.any.sa_family == AF_INET)
        server->port = ntohs(address.v4.sin_port);
    else if (address.any.sa_family == AF_INET6)
        server->port = ntohs(address.v6.sin6_port);
    return ST_OK;
}

enum status http_listen(const struct http_server_options *options, struct http_server *server, int *out_fd,
                        struct errmsg *err)
{
    int fd = -1;
    enum status st;

    if (options->listen_fd > 0) {
        fd = options->listen_fd;
        st = ST_OK;
    } else if (options->unix_path) {
        fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        if (fd < 0) {
            errmsg_set(err, "%s: cannot make a socket: %s", options->unix_path, strerror(errno));
            return ST_IO;
        }
        st = listen_unix(options, server, fd, err);
    } else {
        st = listen_tcp(options, &fd, err);
    }
    if (st == ST_OK)
        st = learn_kind(server, fd, err);
    if (st != ST_OK) {
        if (fd >= 0)
            (void)close(fd);
        return st;
    }
    *out_fd = fd;
    return ST_OK;
}
