/* SPDX-License-Identifier: Apache-2.0 */
#include "relay.h"

#include <criterion/criterion.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

struct relay_orders {
    atomic_int left; /* sendings until the cut; 0: none is ordered */
    atomic_int cut;
    atomic_bool done, ready;
};

static void name_socket(struct sockaddr_un *address, const char *dir)
{
    *address = (struct sockaddr_un){.sun_family = AF_UNIX};
    (void)snprintf(address->sun_path, sizeof(address->sun_path), "%s/.s.PGSQL.5432", dir);
}

static bool pass_on(int from, int to)
{
    static char bytes[1024 * 1024];
    ssize_t len = read(from, bytes, sizeof(bytes)), done = 0;

    while (len > 0 && done < len) {
        ssize_t sent = send(to, bytes + done, (size_t)(len - done), MSG_NOSIGNAL);

        if (sent <= 0)
            return false;
        done += sent;
    }
    return len > 0;
}

/* False when this sending is where it is to be cut, and nothing of it may go on. */
static bool count(struct relay_orders *orders, bool *out_last)
{
    int left = atomic_load(&orders->left);

    *out_last = false;
    if (left == 0)
        return true;
    atomic_store(&orders->left, left - 1);
    if (left > 1)
        return true;
    atomic_store(&orders->done, true);
    *out_last = true;
    return atomic_load(&orders->cut) == RELAY_AFTER;
}

/* After the last sending the server may do what it was asked before the line goes: its answer is waited for. */
static void carry(struct relay_orders *orders, int client, int server)
{
    struct pollfd ends[2] = {{.fd = client, .events = POLLIN}, {.fd = server, .events = POLLIN}};
    bool last = false;

    while (poll(ends, 2, -1) > 0) {
        if (ends[1].revents && (last || !pass_on(server, client)))
            return;
        if (ends[0].revents && !last && (!count(orders, &last) || !pass_on(client, server)))
            return;
        ends[0].events = last ? 0 : POLLIN;
        if (last && ends[0].revents & POLLHUP)
            return;
    }
}

_Noreturn static void serve(struct relay_orders *orders, int listener, const char *server_dir)
{
    struct sockaddr_un address;

    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (int fd = 3; fd < 256; fd++) /* the locks of who made this are not its own */
        if (fd != listener)
            (void)close(fd);
    atomic_store(&orders->ready, true);
    name_socket(&address, server_dir);
    for (;;) {
        int client = accept(listener, NULL, NULL), server = socket(AF_UNIX, SOCK_STREAM, 0);

        if (client >= 0 && connect(server, (struct sockaddr *)&address, sizeof(address)) == 0)
            carry(orders, client, server);
        (void)close(client);
        (void)close(server);
    }
}

void relay_start(struct relay *relay, const char *server_dir)
{
    struct sockaddr_un address;
    int listener = socket(AF_UNIX, SOCK_STREAM, 0);

    strcpy(relay->dir, "/tmp/loyald-relay-XXXXXX");
    cr_assert_not_null(mkdtemp(relay->dir));
    name_socket(&address, relay->dir);
    cr_assert_eq(bind(listener, (struct sockaddr *)&address, sizeof(address)), 0);
    cr_assert_eq(listen(listener, 8), 0);
    relay->orders = mmap(NULL, sizeof(*relay->orders), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    cr_assert_neq(relay->orders, MAP_FAILED);
    relay->pid = fork();
    if (relay->pid == 0)
        serve(relay->orders, listener, server_dir);
    cr_assert_gt(relay->pid, 0);
    while (!atomic_load(&relay->orders->ready))
        (void)sched_yield();
    (void)close(listener);
}

void relay_stop(struct relay *relay)
{
    char path[128];

    (void)kill(relay->pid, SIGKILL);
    (void)waitpid(relay->pid, NULL, 0);
    (void)munmap(relay->orders, sizeof(*relay->orders));
    (void)snprintf(path, sizeof(path), "%s/.s.PGSQL.5432", relay->dir);
    (void)unlink(path);
    (void)rmdir(relay->dir);
}

void relay_arm(struct relay *relay, int at, enum relay_cut cut)
{
    atomic_store(&relay->orders->done, false);
    atomic_store(&relay->orders->cut, (int)cut);
    atomic_store(&relay->orders->left, at);
}

bool relay_disarm(struct relay *relay)
{
    atomic_store(&relay->orders->left, 0);
    return atomic_load(&relay->orders->done);
}
