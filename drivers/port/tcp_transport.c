/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tcp_transport - a device behind one TCP address: a printer's port 9100, a serial server's raw port.
 *
 * The address is numeric: a name would have to be looked up, which blocks. A cable that is pulled is noticed within
 * SILENCE_S at the latest, written or not, since nothing else tells: an idle connection looks like a lost one.
 */
#include "drivers/port/transport.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PROBE_IDLE_S = 5, PROBE_EVERY_S = 2, PROBES = 3, SILENCE_S = PROBE_IDLE_S + PROBES * PROBE_EVERY_S };

union address {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
};

/* port_uri_parse has checked the text already. */
static socklen_t make_address(const struct port_uri *uri, union address *out_address)
{
    memset(out_address, 0, sizeof *out_address);
    if (inet_pton(AF_INET, uri->host, &out_address->v4.sin_addr) == 1) {
        out_address->v4.sin_family = AF_INET;
        out_address->v4.sin_port = htons(uri->tcp_port);
        return sizeof out_address->v4;
    }
    (void)inet_pton(AF_INET6, uri->host, &out_address->v6.sin6_addr);
    out_address->v6.sin6_family = AF_INET6;
    out_address->v6.sin6_port = htons(uri->tcp_port);
    return sizeof out_address->v6;
}

static enum status connect_error(const struct port_uri *uri, int code, struct errmsg *err)
{
    switch (code) {
    case ECONNREFUSED:
        errmsg_set(err, "%s: refuses connections on that port; is it switched on, and does another till have it?",
                   uri->path);
        return ST_CONFLICT;
    case EHOSTUNREACH:
    case ENETUNREACH:
    case EHOSTDOWN:
    case ETIMEDOUT:
        errmsg_set(err, "%s: cannot be reached; switched on, and on this network?", uri->path);
        return ST_NOT_FOUND;
    case EACCES:
    case EPERM:
    case EAFNOSUPPORT:
        errmsg_set(err, "%s: loyald may not use the network; allow this address by a drop-in (docs/drivers.md)",
                   uri->path);
        return ST_DENIED;
    default:
        errmsg_set(err, "%s: %s", uri->path, strerrordesc_np(code));
        return ST_IO;
    }
}

static const struct {
    int level, name, value;
} settings[] = {
    {IPPROTO_TCP, TCP_NODELAY, 1},
    {SOL_SOCKET, SO_KEEPALIVE, 1},
    {IPPROTO_TCP, TCP_KEEPIDLE, PROBE_IDLE_S},
    {IPPROTO_TCP, TCP_KEEPINTVL, PROBE_EVERY_S},
    {IPPROTO_TCP, TCP_KEEPCNT, PROBES},
    {IPPROTO_TCP, TCP_USER_TIMEOUT, SILENCE_S * 1000},
};

/* Sets and reads back. */
static bool set_all(int fd)
{
    for (size_t i = 0; i < sizeof settings / sizeof settings[0]; i++) {
        int kept = 0;
        socklen_t len = sizeof kept;

        if (setsockopt(fd, settings[i].level, settings[i].name, &settings[i].value, sizeof kept) < 0 ||
            getsockopt(fd, settings[i].level, settings[i].name, &kept, &len) < 0 || kept != settings[i].value)
            return false;
    }
    return true;
}

static enum status tcp_open(const struct port_uri *uri, struct port_line *out_line, struct errmsg *err)
{
    union address address;
    socklen_t len = make_address(uri, &address);
    int fd = socket(address.any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    int code;

    if (fd < 0)
        return connect_error(uri, errno, err);
    if (!set_all(fd)) {
        (void)close(fd);
        errmsg_set(err, "%s: the system did not take the settings of the connection", uri->path);
        return ST_UNSUPPORTED;
    }
    if (connect(fd, &address.any, len) < 0 && errno != EINPROGRESS) {
        code = errno;
        (void)close(fd);
        return connect_error(uri, code, err);
    }
    *out_line = (struct port_line){.transport = &tcp_transport, .fd = fd};
    return ST_AGAIN; /* a connection that is there at once is found out by finish */
}

static enum status tcp_finish(const struct port_uri *uri, struct port_line *line, struct errmsg *err)
{
    union address peer;
    socklen_t len = sizeof peer;
    int code = 0;
    socklen_t code_len = sizeof code;

    if (getsockopt(line->fd, SOL_SOCKET, SO_ERROR, &code, &code_len) < 0)
        code = errno;
    if (code != 0)
        return connect_error(uri, code, err);
    return getpeername(line->fd, &peer.any, &len) == 0 ? ST_OK : ST_AGAIN;
}

static void tcp_close(struct port_line *line)
{
    (void)close(line->fd);
}

static enum status tcp_read(struct port_line *line, void *out_bytes, size_t max, size_t *out_len, struct errmsg *err)
{
    ssize_t len = recv(line->fd, out_bytes, max, 0);

    if (len > 0) {
        *out_len = (size_t)len;
        return ST_OK;
    }
    if (len < 0 && (errno == EAGAIN || errno == EINTR))
        return ST_AGAIN;
    errmsg_set(err, "the connection ended (%s)", len == 0 ? "closed by the device" : strerrordesc_np(errno));
    return ST_OFFLINE;
}

static enum status tcp_write(struct port_line *line, const void *bytes, size_t len, size_t *out_len,
                             struct errmsg *err)
{
    ssize_t taken = send(line->fd, bytes, len, MSG_NOSIGNAL);

    if (taken > 0) {
        *out_len = (size_t)taken;
        return ST_OK;
    }
    if (taken == 0 || errno == EAGAIN || errno == EINTR)
        return ST_AGAIN;
    errmsg_set(err, "the connection ended (%s)", strerrordesc_np(errno));
    return ST_OFFLINE;
}

const struct port_transport tcp_transport = {
    .scheme = "tcp",
    .open = tcp_open,
    .finish = tcp_finish,
    .close = tcp_close,
    .read = tcp_read,
    .write = tcp_write,
};
