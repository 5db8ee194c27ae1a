/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Making, running and stopping a server. libmicrohttpd runs without a thread: its epoll descriptor is watched by our
 * loop, and it says itself when it wants to run without an event. It must not be run from within its own callbacks,
 * so whatever wakes a connection only asks for a run (http_server_kick).
 */
#include "agent/net/http_server.h"

#include <assert.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/base/clock.h"
#include "agent/base/log.h"
#include "agent/net/http_internal.h"

/* Certificates alone authenticate here; older protocols than TLS 1.2 are refused. */
#define TLS_PRIORITIES "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2"

/* Running. */

/*
 * libmicrohttpd asks to be run again at once for bytes at hand, and all through a TLS handshake (it does not notice
 * that the socket is empty then). So while somebody may be shaking hands it is run once a millisecond instead of all
 * the time.
 */
static void schedule_run(struct http_server *server)
{
    MHD_UNSIGNED_LONG_LONG wait_ms;

    if (server->run_again)
        loop_timer_set(server->run_timer, 0, 0);
    else if (MHD_get_timeout(server->daemon, &wait_ms) != MHD_YES)
        loop_timer_stop(server->run_timer);
    else if (wait_ms == 0 && server->tls && server->fresh_count > 0)
        loop_timer_set(server->run_timer, HTTP_HANDSHAKE_POLL_MS, 0);
    else
        loop_timer_set(server->run_timer, wait_ms < INT32_MAX ? (int64_t)wait_ms : INT32_MAX, 0);
}

static void server_run(struct http_server *server)
{
    server->running = true;
    server->run_again = false;
    (void)MHD_run(server->daemon);
    server->running = false;
    schedule_run(server);
}

static void run_due(void *context)
{
    server_run(context);
}

static void run_ready(void *context, int events)
{
    (void)events;
    server_run(context);
}

void http_server_kick(struct http_server *server)
{
    if (server->running)
        server->run_again = true;
    else
        loop_timer_set(server->run_timer, 0, 0);
}

/* Making one. */

__attribute__((format(printf, 2, 0))) static void library_log(void *context, const char *format, va_list arguments)
{
    char text[256];

    (void)context;
    (void)vsnprintf(text, sizeof text, format, arguments);
    text[strcspn(text, "\r\n")] = '\0';
    log_debug("http-09", "%s", text);
}

/* "%00" stays as it is: a text that ends early would be another one. */
static size_t unescape(void *context, struct MHD_Connection *mhd, char *text)
{
    (void)context;
    (void)mhd;
    return strstr(text, "%00") ? strlen(text) : MHD_http_unescape(text);
}

static enum status check_options(const struct http_server_options *options, struct errmsg *err)
{
    int places = (options->unix_path != NULL) + (options->tcp_host != NULL) + (options->listen_fd > 0);
    int tls = (options->certificate_pem != NULL) + (options->key_pem != NULL) + (options->client_ca_pem != NULL);
    const struct http_route *route;

    if (places != 1) {
        errmsg_set(err, "http server: wants exactly one of Unix path, TCP host and descriptor, has %d", places);
        return ST_INVALID;
    }
    if (tls != 0 && tls != 3) {
        errmsg_set(err, "http server: TLS wants certificate, key and client CA, all three");
        return ST_INVALID;
    }
    for (route = options->routes; route->method; route++) {
        if (!route->path || !route->handler || route->auth < HTTP_AUTH_PEER || route->auth > HTTP_AUTH_NONE) {
            errmsg_set(err, "http server: route %s %s lacks a handler or a way of authentication", route->method,
                       route->path ? route->path : "(no path)");
            return ST_INVALID;
        }
    }
    return ST_OK;
}

static enum status copy_answer_header(struct http_server *server, const char *header, struct errmsg *err)
{
    const char *colon = strchr(header, ':');

    if (!colon || colon == header) {
        errmsg_set(err, "http server: \"%s\" is no header of the form \"Name: value\"", header);
        return ST_INVALID;
    }
    server->answer_header_name = strndup(header, (size_t)(colon - header));
    server->answer_header_value = strdup(colon + 1 + strspn(colon + 1, " "));
    return server->answer_header_name && server->answer_header_value ? ST_OK : ST_NOMEM;
}

static enum status copy_options(struct http_server *server, const struct http_server_options *options,
                                struct errmsg *err)
{
    server->loop = options->loop;
    server->routes = options->routes;
    server->context = options->context;
    server->write_error = options->write_error;
    server->idle_timeout_s = options->idle_timeout_s > 0 ? options->idle_timeout_s : HTTP_IDLE_DEFAULT_S;
    server->connections_max = options->connections_max > 0 ? options->connections_max : HTTP_CONNECTIONS_DEFAULT;
    server->per_peer_max = options->per_peer_max;
    server->rate_per_s = options->rate_per_s;
    server->rate_burst = options->rate_burst;
    server->tls = options->certificate_pem != NULL;
    if (options->bearer_token && options->bearer_token[0]) {
        server->bearer_token = strdup(options->bearer_token);
        if (!server->bearer_token)
            return ST_NOMEM;
    }
    return options->answer_header ? copy_answer_header(server, options->answer_header, err) : ST_OK;
}

static struct MHD_Daemon *start_daemon(struct http_server *server, const struct http_server_options *options, int fd)
{
    const unsigned places = (unsigned)server->connections_max + HTTP_SPARE;
    const unsigned flags =
        MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG | (server->tls ? MHD_USE_TLS : 0);
    struct MHD_OptionItem tls[] = {
        {MHD_OPTION_HTTPS_MEM_CERT, 0, (void *)(uintptr_t)options->certificate_pem},
        {MHD_OPTION_HTTPS_MEM_KEY, 0, (void *)(uintptr_t)options->key_pem},
        {MHD_OPTION_HTTPS_MEM_TRUST, 0, (void *)(uintptr_t)options->client_ca_pem},
        {MHD_OPTION_HTTPS_PRIORITIES, 0, (void *)(uintptr_t)TLS_PRIORITIES},
        {MHD_OPTION_END, 0, NULL},
    };

    if (!server->tls)
        tls[0].option = MHD_OPTION_END;
    return MHD_start_daemon(flags, 0, NULL, NULL, http_request_access, server, /**/
                            MHD_OPTION_EXTERNAL_LOGGER, library_log, NULL,     /**/
                            MHD_OPTION_LISTEN_SOCKET, fd,                      /**/
                            MHD_OPTION_CONNECTION_LIMIT, places,               /**/
                            MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)server->idle_timeout_s,
                            MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)HTTP_CONNECTION_BYTES_MAX, /**/
                            MHD_OPTION_STRICT_FOR_CLIENT, 1,                                       /**/
                            MHD_OPTION_NOTIFY_COMPLETED, http_request_completed, server,           /**/
                            MHD_OPTION_NOTIFY_CONNECTION, http_connection_changed, server,         /**/
                            MHD_OPTION_UNESCAPE_CALLBACK, unescape, NULL,                          /**/
                            MHD_OPTION_ARRAY, tls, MHD_OPTION_END);
}

static enum status attach_to_loop(struct http_server *server, struct errmsg *err)
{
    const union MHD_DaemonInfo *info = MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_EPOLL_FD);
    int64_t period_ms = 500 * (int64_t)server->idle_timeout_s;
    enum status st;

    if (!info || info->epoll_fd < 0) {
        errmsg_set(err, "http server: libmicrohttpd was built without epoll");
        return ST_UNSUPPORTED;
    }
    st = loop_timer_create(server->loop, run_due, server, &server->run_timer);
    if (st == ST_OK)
        st = loop_timer_create(server->loop, http_connections_cut_slow, server, &server->slow_timer);
    if (st != ST_OK)
        return st;
    st = loop_watch_create(server->loop, info->epoll_fd, LOOP_READABLE, run_ready, server, &server->watch, err);
    if (st != ST_OK)
        return st;
    loop_timer_set(server->slow_timer, period_ms, period_ms);
    http_server_kick(server); /* the first run puts the listening socket into its epoll set */
    return ST_OK;
}

enum status http_server_create(const struct http_server_options *options, struct http_server **out_server,
                               struct errmsg *err)
{
    struct http_server *server = calloc(1, sizeof *server);
    enum status st = server ? check_options(options, err) : ST_NOMEM;
    int fd = options->listen_fd > 0 ? options->listen_fd : -1;

    if (st == ST_OK)
        st = copy_options(server, options, err);
    if (st != ST_OK)
        goto fail;
    st = http_listen(options, server, &fd, err);
    if (st != ST_OK) {
        fd = -1; /* closed by http_listen, as it would be by the daemon from now on */
        goto fail;
    }
    server->daemon = start_daemon(server, options, fd);
    if (!server->daemon) {
        if (fcntl(fd, F_GETFD) < 0)
            fd = -1; /* libmicrohttpd closes it after some failures, after others not */
        errmsg_set(err, "http server: cannot start%s", server->tls ? "; is the certificate of the key?" : "");
        st = ST_INVALID;
        goto fail;
    }
    fd = -1;
    st = attach_to_loop(server, err);
    if (st != ST_OK)
        goto fail;
    *out_server = server;
    return ST_OK;

fail:
    if (st == ST_NOMEM)
        errmsg_set(err, "http server: out of memory");
    if (fd >= 0)
        (void)close(fd);
    http_server_destroy(server);
    return st;
}

/* Stopping. */

/* Wakes everything that sleeps: libmicrohttpd aborts the process when it is stopped with a connection suspended. */
static void wake_all(struct http_server *server)
{
    struct http_request *request;

    for (request = server->requests; request; request = request->next) {
        if (request->state == HTTP_PARKED) {
            request->gone(request->gone_context);
            http_request_refuse(request, 503, "stopping", "the server is stopping; try again in a few seconds");
        }
        http_request_wake(request);
    }
}

static int count_requests(const struct http_server *server)
{
    int count = 0;

    for (const struct http_request *request = server->requests; request; request = request->next)
        count++;
    return count;
}

/* Brings the last answers out, as far as the clients take them: until none was taken for HTTP_STOP_MS, and no longer
 * than HTTP_STOP_MAX_MS. */
static void flush_answers(struct http_server *server)
{
    const union MHD_DaemonInfo *info = MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_EPOLL_FD);
    struct pollfd ready = {.fd = info ? info->epoll_fd : -1, .events = POLLIN};
    int64_t began_ns = clock_measure_ns(), now_ns = began_ns, moved_ns = began_ns;
    int left = count_requests(server), now_left;

    while (now_ns - moved_ns < HTTP_STOP_MS * INT64_C(1000000) &&
           now_ns - began_ns < HTTP_STOP_MAX_MS * INT64_C(1000000)) {
        (void)MHD_run(server->daemon);
        if (!server->requests)
            return;
        (void)poll(&ready, 1, 5);
        now_ns = clock_measure_ns();
        now_left = count_requests(server);
        if (now_left < left)
            moved_ns = now_ns;
        left = now_left;
    }
}

void http_server_leave(struct http_server *server)
{
    int fd;

    if (server->stopping)
        return;
    server->stopping = true;
    fd = MHD_quiesce_daemon(server->daemon);
    if (fd >= 0) /* at once: who comes now is refused and looks elsewhere, and does not wait for nobody */
        (void)close(fd);
}

static void stop_daemon(struct http_server *server)
{
    http_server_leave(server);
    server->running = true; /* nothing schedules a run any more */
    wake_all(server);
    flush_answers(server);
    MHD_stop_daemon(server->daemon);
}

void http_server_destroy(struct http_server *server)
{
    struct stat now;

    if (!server)
        return;
    assert(!server->running); /* not from within a handler */
    loop_watch_destroy(server->watch);
    if (server->daemon)
        stop_daemon(server);
    loop_timer_destroy(server->run_timer);
    loop_timer_destroy(server->slow_timer);
    /* Another process may have made the socket anew by now; then it is not ours to remove. */
    if (server->unix_path[0] && stat(server->unix_path, &now) == 0 && now.st_ino == server->unix_stat.st_ino &&
        now.st_dev == server->unix_stat.st_dev)
        (void)unlink(server->unix_path); /* a stale one is removed by the next start */
    free(server->bearer_token);
    free(server->answer_header_name);
    free(server->answer_header_value);
    free(server);
}

uint16_t http_server_port(const struct http_server *server)
{
    return server->port;
}
