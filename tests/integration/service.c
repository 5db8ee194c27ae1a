/* SPDX-License-Identifier: Apache-2.0 */
/*
 * loyald as a service manager runs it: the API's and the courier's sockets are made outside and passed in, the daemon
 * itself sits in a network namespace with nothing in it, tells when it is ready, and feeds a watchdog.
 *
 * usage: service LOYALD DIR. Without the right to make a namespace that part is left out, in words.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

enum { WAIT_MS = 20000, WATCHDOG_US = 300000 };

static int failed;

static void check(bool holds, const char *what)
{
    printf("%s: %s\n", holds ? "ok" : "FAILED", what);
    failed |= !holds;
}

static _Noreturn void give_up(const char *what)
{
    printf("FAILED: %s: %s\n", what, strerror(errno));
    exit(1);
}

static int unix_socket(const char *dir, const char *name, int type)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, type, 0);

    (void)snprintf(address.sun_path, sizeof address.sun_path, "%s/%s", dir, name);
    if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof address) != 0 ||
        (type == SOCK_STREAM && listen(fd, 8) != 0))
        give_up(address.sun_path);
    return fd;
}

static int tcp_socket(uint16_t *out_port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t len = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof address) != 0 || listen(fd, 8) != 0 ||
        getsockname(fd, (struct sockaddr *)&address, &len) != 0)
        give_up("a loopback socket");
    *out_port = ntohs(address.sin_port);
    return fd;
}

/* The child: descriptors at 3 and up, an empty network, the variables, the daemon. */
static _Noreturn void become_loyald(const char *program, const char *dir, const int *fds, int count,
                                    const char *names)
{
    char text[300], config[300], state[300];
    int moved[8];

    for (int i = 0; i < count; i++)
        moved[i] = fcntl(fds[i], F_DUPFD, 64); /* out of the way of those they are put on */
    for (int i = 0; i < count; i++)
        (void)dup2(moved[i], 3 + i);
    for (int i = 0; i < count; i++)
        (void)close(moved[i]);
    if (unshare(CLONE_NEWNET) != 0 && unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0)
        printf("no network namespace may be made here: loyald runs in ours\n");
    (void)snprintf(text, sizeof text, "%d", (int)getpid());
    (void)setenv("LISTEN_PID", text, 1);
    (void)snprintf(text, sizeof text, "%d", count);
    (void)setenv("LISTEN_FDS", text, 1);
    (void)setenv("LISTEN_FDNAMES", names, 1);
    (void)snprintf(text, sizeof text, "%s/notify", dir);
    (void)setenv("NOTIFY_SOCKET", text, 1);
    (void)snprintf(text, sizeof text, "%d", WATCHDOG_US);
    (void)setenv("WATCHDOG_USEC", text, 1);
    (void)snprintf(config, sizeof config, "%s/loyald.conf", dir);
    (void)snprintf(state, sizeof state, "%s/state", dir);
    (void)fflush(stdout);
    (void)execl(program, program, "--config", config, "--state-dir", state, (char *)NULL);
    _exit(127);
}

static pid_t start(const char *program, const char *dir, const int *fds, int count, const char *names)
{
    pid_t pid;

    (void)fflush(stdout);
    pid = fork();
    if (pid < 0)
        give_up("fork");
    if (pid == 0)
        become_loyald(program, dir, fds, count, names);
    return pid;
}

/* The next message of the daemon; false when none comes in time. */
static bool told(int notify_fd, const char *text)
{
    struct pollfd ready = {.fd = notify_fd, .events = POLLIN};
    char message[256];
    ssize_t len;

    while (poll(&ready, 1, WAIT_MS) > 0) {
        len = recv(notify_fd, message, sizeof message - 1, 0);
        if (len < 0)
            return false;
        message[len] = '\0';
        if (strstr(message, text))
            return true;
    }
    return false;
}

/* Asks for the health; whether the answer begins with the status line given. */
static bool answers(int fd, const char *header, const char *status)
{
    char text[600];
    size_t have = 0;
    ssize_t len = snprintf(text, sizeof text,
                           "GET /v1/health HTTP/1.1\r\nHost: 127.0.0.1\r\n%sConnection: close\r\n\r\n", header);

    if (write(fd, text, (size_t)len) != len)
        return false;
    while (have < sizeof text - 1 && (len = read(fd, text + have, sizeof text - 1 - have)) > 0)
        have += (size_t)len;
    text[have] = '\0';
    (void)close(fd);
    return strncmp(text, status, strlen(status)) == 0;
}

static int connect_unix(const char *dir, const char *name)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);

    (void)snprintf(address.sun_path, sizeof address.sun_path, "%s/%s", dir, name);
    if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof address) != 0)
        give_up(address.sun_path);
    return fd;
}

static int connect_tcp(uint16_t port)
{
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}, .sin_port = htons(port)};
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof address) != 0)
        give_up("connecting over loopback");
    return fd;
}

static void read_token(const char *dir, char *out_header, size_t header_max)
{
    char path[300], token[128] = "";
    FILE *file;

    (void)snprintf(path, sizeof path, "%s/state/api.token", dir);
    file = fopen(path, "r");
    if (!file || !fgets(token, sizeof token, file))
        give_up(path);
    (void)fclose(file);
    (void)snprintf(out_header, header_max, "Authorization: Bearer %s\r\n", token);
}

static void serves(const char *program, const char *dir, int notify_fd)
{
    uint16_t port = 0;
    int fds[3], status = -1;
    char header[200];
    pid_t pid;

    fds[0] = unix_socket(dir, "api.sock", SOCK_STREAM);
    fds[1] = tcp_socket(&port);
    fds[2] = unix_socket(dir, "sync.sock", SOCK_STREAM);
    pid = start(program, dir, fds, 3, "api:api:link");
    for (int i = 0; i < 3; i++)
        (void)close(fds[i]);
    check(told(notify_fd, "READY=1"), "loyald says that it is ready");
    check(answers(connect_unix(dir, "api.sock"), "", "HTTP/1.1 200"), "the API answers on the socket passed in");
    check(answers(connect_tcp(port), "", "HTTP/1.1 401"), "over loopback nobody is served without the token");
    read_token(dir, header, sizeof header);
    check(answers(connect_tcp(port), header, "HTTP/1.1 200"),
          "the API answers over loopback, from its empty network");
    (void)close(connect_unix(dir, "sync.sock"));
    check(told(notify_fd, "WATCHDOG=1") && told(notify_fd, "WATCHDOG=1"), "the watchdog is fed, again and again");
    (void)kill(pid, SIGTERM);
    check(told(notify_fd, "STOPPING=1"), "loyald says that it stops");
    check(waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0, "it ends with status 0");
    (void)snprintf(header, sizeof header, "%s/sync.sock", dir);
    check(access(header, F_OK) == 0, "the manager's sockets are left where they are");
}

static void refuses(const char *program, const char *dir)
{
    int status = -1, fd = unix_socket(dir, "datagrams", SOCK_DGRAM);
    pid_t pid = start(program, dir, &fd, 1, "api");

    check(waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 1,
          "a socket that does not listen is refused");
}

int main(int argc, char **argv)
{
    char path[300];
    FILE *config;
    int notify_fd;

    if (argc != 3)
        return 2;
    (void)snprintf(path, sizeof path, "%s/loyald.conf", argv[2]);
    config = fopen(path, "w");
    if (!config)
        give_up(path);
    (void)fprintf(config, "[daemon]\nruntime_dir = %s\n", argv[2]);
    (void)fclose(config);
    notify_fd = unix_socket(argv[2], "notify", SOCK_DGRAM);
    (void)alarm(120);
    serves(argv[1], argv[2], notify_fd);
    refuses(argv[1], argv[2]);
    return failed;
}
