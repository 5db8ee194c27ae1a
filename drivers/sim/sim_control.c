/* SPDX-License-Identifier: Apache-2.0 */
#include "drivers/sim/sim_control.h"

#include "agent/net/loop.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

struct client {
    struct sim_control *control;
    int in_fd, out_fd; /* -1: free */
    struct loop_watch *watch;
    char line[SIM_CONTROL_LINE_BYTES_MAX]; /* what came, from the first unanswered command on */
    size_t len;
    bool ended; /* no more will come */
};

struct sim_control {
    struct loop *loop;
    sim_control_fn *command;
    void *context;
    int listen_fd;
    struct loop_watch *listen_watch;
    struct loop_timer *turn_timer; /* looks for the next command */
    char socket_path[sizeof(((struct sockaddr_un *)0)->sun_path)];
    struct client clients[SIM_CONTROL_CLIENTS_MAX];
    int next;            /* client whose turn it is */
    bool busy;           /* a command is under way */
    struct client *asks; /* whose it is; NULL when it left */
};

static void close_client(struct client *client)
{
    struct sim_control *control = client->control;

    loop_watch_destroy(client->watch);
    client->watch = NULL;
    if (client->in_fd > STDERR_FILENO)
        (void)close(client->in_fd);
    client->in_fd = client->out_fd = -1;
    client->len = 0;
    client->ended = false;
    if (control->asks == client)
        control->asks = NULL;
}

/* A client that does not read its answers is closed rather than waited for; standard output is waited for. */
static void send_line(struct client *client, const char *text)
{
    char line[SIM_CONTROL_ANSWER_BYTES_MAX];
    int len = snprintf(line, sizeof line, "%s", text);
    size_t size = len < (int)sizeof line - 1 ? (size_t)len : sizeof line - 2;
    ssize_t sent;

    line[size++] = '\n';
    sent = client->in_fd == client->out_fd ? send(client->out_fd, line, size, MSG_NOSIGNAL)
                                           : write(client->out_fd, line, size);
    if (sent != (ssize_t)size)
        close_client(client);
}

/* Carries out the client's first whole line; false when it has none. */
static bool run_line(struct sim_control *control, struct client *client)
{
    static const char too_long[] = "error the line is too long";
    char *end = client->in_fd >= 0 ? memchr(client->line, '\n', client->len) : NULL;
    char line[SIM_CONTROL_LINE_BYTES_MAX];
    size_t len;

    if (!end) {
        if (client->len == sizeof client->line) {
            send_line(client, too_long);
            close_client(client);
        } else if (client->ended) {
            close_client(client);
        }
        return false;
    }
    len = (size_t)(end - client->line);
    memcpy(line, client->line, len);
    line[len > 0 && line[len - 1] == '\r' ? len - 1 : len] = '\0';
    client->len -= len + 1;
    memmove(client->line, end + 1, client->len);
    control->busy = true;
    control->asks = client;
    control->command(control->context, line);
    return true;
}

void sim_control_answer(struct sim_control *control, const char *text)
{
    if (control->asks)
        send_line(control->asks, text);
    control->asks = NULL;
    control->busy = false;
    loop_timer_set(control->turn_timer, 0, 0);
}

static void on_client(void *context, int events)
{
    struct client *client = context;
    size_t room = sizeof client->line - client->len;
    ssize_t len;

    (void)events; /* what is gone reads as an end */
    if (room == 0)
        return; /* a file: read on when there is room */
    len = read(client->in_fd, client->line + client->len, room);
    if (len < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (len > 0) {
        client->len += (size_t)len;
    } else {
        client->ended = true;
        if (client->len > 0 && client->line[client->len - 1] != '\n')
            client->line[client->len++] = '\n';
    }
    if (client->watch && (client->ended || client->len == sizeof client->line))
        loop_watch_change(client->watch, 0);
    loop_timer_set(client->control->turn_timer, 0, 0);
}

/* There may be room again. A file is read right here: it cannot be watched, and need not be. */
static void read_on(struct client *client)
{
    if (!client->watch)
        on_client(client, LOOP_READABLE);
    else if (client->len < sizeof client->line)
        loop_watch_change(client->watch, LOOP_READABLE);
}

/* Clients take turns. Reading is paused for those whose buffer is full. */
static void on_turn(void *context)
{
    struct sim_control *control = context;

    for (int i = 0; i < SIM_CONTROL_CLIENTS_MAX && !control->busy; i++) {
        struct client *client = &control->clients[control->next];

        control->next = (control->next + 1) % SIM_CONTROL_CLIENTS_MAX;
        if (client->in_fd >= 0 && run_line(control, client))
            i = -1;
        if (client->in_fd >= 0 && !client->ended)
            read_on(client);
    }
}

static struct client *add_client(struct sim_control *control, int in_fd, int out_fd)
{
    for (int i = 0; i < SIM_CONTROL_CLIENTS_MAX; i++) {
        struct client *client = &control->clients[i];

        if (client->in_fd >= 0)
            continue;
        client->in_fd = in_fd;
        client->out_fd = out_fd;
        return client;
    }
    return NULL;
}

static void on_connection(void *context, int events)
{
    struct sim_control *control = context;
    int fd = accept4(control->listen_fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    struct client *client;

    (void)events;
    if (fd < 0)
        return;
    client = add_client(control, fd, fd);
    if (!client)
        (void)close(fd);
    else if (loop_watch_create(control->loop, fd, LOOP_READABLE, on_client, client, &client->watch, NULL) != ST_OK)
        close_client(client);
}

static enum status listen_at(struct sim_control *control, const char *path, struct errmsg *err)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    if (strlen(path) >= sizeof address.sun_path) {
        errmsg_set(err, "%s: the path of a socket has at most %zu bytes", path, sizeof address.sun_path - 1);
        return ST_INVALID;
    }
    memcpy(address.sun_path, path, strlen(path) + 1);
    (void)unlink(path); /* left by one that was killed; bind says what else is wrong */
    control->listen_fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (control->listen_fd < 0 || bind(control->listen_fd, (const struct sockaddr *)&address, sizeof address) < 0 ||
        listen(control->listen_fd, SIM_CONTROL_CLIENTS_MAX) < 0) {
        errmsg_set(err, "%s: cannot listen: %s", path, strerrordesc_np(errno));
        return ST_IO;
    }
    memcpy(control->socket_path, path, strlen(path) + 1);
    return loop_watch_create(control->loop, control->listen_fd, LOOP_READABLE, on_connection, control,
                             &control->listen_watch, err);
}

static void take_standard_input(struct sim_control *control)
{
    struct client *client = add_client(control, STDIN_FILENO, STDOUT_FILENO);

    /* Fails for a file and for /dev/null: see read_on. */
    (void)loop_watch_create(control->loop, STDIN_FILENO, LOOP_READABLE, on_client, client, &client->watch, NULL);
    loop_timer_set(control->turn_timer, 0, 0);
}

enum status sim_control_create(struct loop *loop, const char *socket_path, sim_control_fn *command, void *context,
                               struct sim_control **out_control, struct errmsg *err)
{
    struct sim_control *control = calloc(1, sizeof *control);
    enum status st;

    if (!control)
        return ST_NOMEM;
    control->loop = loop;
    control->command = command;
    control->context = context;
    control->listen_fd = -1;
    for (int i = 0; i < SIM_CONTROL_CLIENTS_MAX; i++) {
        control->clients[i].control = control;
        control->clients[i].in_fd = -1;
    }
    st = loop_timer_create(loop, on_turn, control, &control->turn_timer);
    if (st == ST_OK && socket_path)
        st = listen_at(control, socket_path, err);
    else if (st == ST_OK)
        take_standard_input(control);
    if (st != ST_OK) {
        sim_control_destroy(control);
        return st;
    }
    *out_control = control;
    return ST_OK;
}

void sim_control_destroy(struct sim_control *control)
{
    if (!control)
        return;
    for (int i = 0; i < SIM_CONTROL_CLIENTS_MAX; i++)
        if (control->clients[i].in_fd >= 0)
            close_client(&control->clients[i]);
    loop_watch_destroy(control->listen_watch);
    if (control->listen_fd >= 0)
        (void)close(control->listen_fd);
    if (control->socket_path[0])
        (void)unlink(control->socket_path); /* one left over is replaced by the next start */
    loop_timer_destroy(control->turn_timer);
    free(control);
}
