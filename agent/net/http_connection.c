/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The connections of a server, and who goes when there are too many. libmicrohttpd would stop listening at its limit,
 * so that a few clients which never finish a request keep everybody out; it is given HTTP_SPARE places more than the
 * server has, and whoever takes one of them costs the connection that has kept us waiting longest. Connections whose
 * request is parked, with its handler or a stream are never cut: with nobody else to cut, the spare places fill up,
 * and then the listening socket's queue is where one waits.
 */
#include "agent/net/http_internal.h"

#include <inttypes.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "agent/base/log.h"

enum { CUT_LOG_EVERY_MS = 60 * 1000 };

/* On a Unix socket a process, over TCP an address; 0 when it cannot be told. */
static uint64_t peer_of(int fd, bool unix_socket)
{
    struct ucred process = {0};
    struct sockaddr_storage address = {0};
    socklen_t len = unix_socket ? sizeof process : sizeof address;
    uint64_t peer = 0;

    if (unix_socket)
        return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &process, &len) == 0 ? (uint64_t)process.pid : 0;
    if (getpeername(fd, (struct sockaddr *)&address, &len) != 0)
        return 0;
    if (address.ss_family == AF_INET)
        return ((const struct sockaddr_in *)(const void *)&address)->sin_addr.s_addr;
    /* The first half of an IPv6 address is a network, whose every address may be one client's. */
    memcpy(&peer, &((const struct sockaddr_in6 *)(const void *)&address)->sin6_addr, sizeof peer);
    return peer;
}

static bool may_be_cut(const struct http_connection *connection)
{
    const struct http_request *request = connection->request;

    if (connection->cut)
        return false;
    return !request || request->state == HTTP_READING || request->state == HTTP_REFUSED ||
           (request->state == HTTP_ANSWERED && !request->stream);
}

/* One that still owes us a request goes before one that owes us the reading of its answer, the longest first. */
static bool goes_before(const struct http_connection *a, const struct http_connection *b)
{
    return a->busy != b->busy ? !a->busy : a->since_ms < b->since_ms;
}

/* The list has the newest first, so that of two of one millisecond the older goes. */
static struct http_connection *find_victim(const struct http_server *server, const struct http_connection *newest,
                                           bool of_peer)
{
    struct http_connection *connection, *victim = NULL;

    for (connection = server->connections; connection; connection = connection->next) {
        if (connection == newest || !may_be_cut(connection) || (of_peer && connection->peer != newest->peer))
            continue;
        if (!victim || !goes_before(victim, connection))
            victim = connection;
    }
    return victim;
}

static void cut(struct http_server *server, struct http_connection *connection, const char *why)
{
    int64_t now_ms = loop_now_ms(server->loop);

    connection->cut = true;
    (void)shutdown(connection->fd, SHUT_RDWR); /* libmicrohttpd sees the end and closes it */
    server->cut_count++;
    if (server->cut_logged_ms != 0 && now_ms - server->cut_logged_ms < CUT_LOG_EVERY_MS)
        return;
    server->cut_logged_ms = now_ms;
    log_warn("http-06", "%s: a connection that waited for its client is closed connections=%d cut_so_far=%" PRId64, why,
             server->connection_count, server->cut_count);
}

static int count_of_peer(const struct http_server *server, uint64_t peer)
{
    const struct http_connection *connection;
    int count = 0;

    for (connection = server->connections; connection; connection = connection->next)
        count += connection->peer == peer && !connection->cut;
    return count;
}

/* What is cut already is about to free its place. */
static void make_room(struct http_server *server, struct http_connection *newest)
{
    struct http_connection *victim;

    if (server->per_peer_max > 0 && newest->peer != 0 && count_of_peer(server, newest->peer) > server->per_peer_max) {
        victim = find_victim(server, newest, true);
        cut(server, victim ? victim : newest, "one client has too many connections");
        return;
    }
    if (server->connection_count <= server->connections_max)
        return;
    victim = find_victim(server, newest, false);
    if (victim)
        cut(server, victim, "too many connections");
}

static void connection_began(struct http_server *server, struct MHD_Connection *mhd, void **slot)
{
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CONNECTION_FD);
    struct http_connection *connection = calloc(1, sizeof *connection);

    if (!connection)
        return; /* served all the same, only not watched for slowness */
    connection->fd = info ? info->connect_fd : -1;
    connection->peer =
        server->per_peer_max > 0 || server->rate_per_s > 0 ? peer_of(connection->fd, server->unix_socket) : 0;
    connection->since_ms = loop_now_ms(server->loop);
    connection->fresh = true;
    server->fresh_count++;
    server->connection_count++;
    connection->next = server->connections;
    connection->link = &server->connections;
    if (connection->next)
        connection->next->link = &connection->next;
    server->connections = connection;
    *slot = connection;
    make_room(server, connection);
}

static void connection_ended(struct http_server *server, struct http_connection *connection)
{
    server->fresh_count -= connection->fresh;
    server->connection_count--;
    *connection->link = connection->next;
    if (connection->next)
        connection->next->link = connection->link;
    free(connection);
}

void http_connection_changed(void *context, struct MHD_Connection *mhd, void **slot,
                             enum MHD_ConnectionNotificationCode code)
{
    struct http_server *server = context;

    if (code == MHD_CONNECTION_NOTIFY_STARTED) {
        connection_began(server, mhd, slot);
        return;
    }
    if (*slot)
        connection_ended(server, *slot);
    *slot = NULL;
    /* At its limit libmicrohttpd listens again only with the run after the one that closed a connection. */
    http_server_kick(server);
}

/* libmicrohttpd's time-out starts anew with every byte, so a client that sends one now and then would stay for ever.
 */
void http_connections_cut_slow(void *context)
{
    struct http_server *server = context;
    int64_t oldest_ms = loop_now_ms(server->loop) - 2000 * (int64_t)server->idle_timeout_s;
    struct http_connection *connection;

    for (connection = server->connections; connection; connection = connection->next)
        if (!connection->busy && connection->since_ms < oldest_ms)
            (void)shutdown(connection->fd, SHUT_RDWR);
}
