/* SPDX-License-Identifier: Apache-2.0 */
#include "drivers/sim/sim_hand.h"

#include "drivers/sim/sim_client.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

void sim_hand_clear(struct sim_hand *hand)
{
    if (hand->fd >= 0)
        (void)close(hand->fd);
    hand->fd = -1;
}

static enum status reach(struct sim_hand *hand, struct errmsg *err)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    if (hand->fd >= 0)
        return ST_OK;
    if (!hand->socket_path) {
        errmsg_set(err, "there is no such device");
        return ST_OFFLINE;
    }
    if (snprintf(address.sun_path, sizeof address.sun_path, "%s", hand->socket_path) >=
        (int)sizeof address.sun_path) {
        errmsg_set(err, "%s: the path is too long for a socket", hand->socket_path);
        return ST_INVALID;
    }
    hand->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (hand->fd < 0 || connect(hand->fd, (struct sockaddr *)&address, sizeof address) != 0) {
        errmsg_set(err, "%s: %s", hand->socket_path, strerror(errno));
        sim_hand_clear(hand);
        return ST_OFFLINE;
    }
    return ST_OK;
}

/* An answer is one line, and comes in one piece since it is written in one. */
static enum status take_answer(struct sim_hand *hand, struct sim_client *client, char line[SIM_HAND_LINE_MAX],
                               struct errmsg *err)
{
    struct pollfd alone = {.fd = hand->fd, .events = POLLIN};
    ssize_t len;

    if (client ? !sim_client_wait(client, hand->fd, SIM_HAND_WAIT_MS) : poll(&alone, 1, SIM_HAND_WAIT_MS) <= 0) {
        errmsg_set(err, "%s: no answer", hand->socket_path);
        return ST_TIMEOUT;
    }
    len = recv(hand->fd, line, SIM_HAND_LINE_MAX - 1, 0);
    if (len <= 0) {
        errmsg_set(err, "%s: the simulator is gone", hand->socket_path);
        return ST_OFFLINE;
    }
    line[len] = '\0';
    line[strcspn(line, "\n")] = '\0';
    return ST_OK;
}

enum status sim_hand_do(struct sim_hand *hand, struct sim_client *client, const char *command, int64_t *out_ns,
                        struct errmsg *err)
{
    char line[SIM_HAND_LINE_MAX];
    int len = snprintf(line, sizeof line, "%s\n", command);
    enum status st = len < (int)sizeof line ? reach(hand, err) : ST_RANGE;

    if (st != ST_OK)
        return st;
    if (send(hand->fd, line, (size_t)len, MSG_NOSIGNAL) != len) {
        errmsg_set(err, "%s: %s", hand->socket_path, strerror(errno));
        st = ST_OFFLINE;
    }
    if (st == ST_OK)
        st = take_answer(hand, client, line, err);
    if (st != ST_OK) {
        sim_hand_clear(hand); /* its answer may still come, and would be taken for the next one's */
        return st;
    }
    (void)snprintf(hand->answer, sizeof hand->answer, "%s", line);
    if (strncmp(line, "ok", 2) != 0) {
        errmsg_set(err, "%s", line);
        return ST_IO;
    }
    if (out_ns)
        *out_ns = strtoll(line + 2, NULL, 10);
    return ST_OK;
}
