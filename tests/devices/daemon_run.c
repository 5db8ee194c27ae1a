/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/devices/daemon_run.h"

#include "agent/base/clock.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { READY_MS = 30 * 1000, STOP_MS = 10 * 1000 };

static int64_t now_ms(void)
{
    return clock_mono_ms(clock_system());
}

/* Starts a program whose output of that number is read. */
static pid_t start(struct daemon_stream *stream, int output, char *const words[])
{
    int ends[2];
    pid_t pid;

    if (pipe2(ends, O_CLOEXEC) != 0)
        return -1;
    pid = fork();
    if (pid == 0) {
        (void)dup2(ends[1], output);
        (void)dup2(ends[1], STDERR_FILENO); /* with the rest, so that it ends up with who reads it */
        (void)execv(words[0], words);
        _exit(127);
    }
    (void)close(ends[1]);
    (void)fcntl(ends[0], F_SETFL, O_NONBLOCK);
    stream->fd = ends[0];
    stream->len = 0;
    return pid;
}

void daemon_run_prepare(struct daemon_run *run, const char *bin, daemon_line_fn *on_event, daemon_line_fn *on_log)
{
    *run = (struct daemon_run){
        .bin = bin, .on_event = on_event, .on_log = on_log, .events = {.fd = -1}, .log = {.fd = -1}};
    (void)snprintf(run->dir, sizeof run->dir, "/tmp/loyald-captures-XXXXXX");
    if (!mkdtemp(run->dir))
        abort();
    (void)snprintf(run->config, sizeof run->config, "%s/loyald.conf", run->dir);
}

static void take_lines(struct daemon_run *run, struct daemon_stream *stream)
{
    char *line = stream->bytes, *end;

    while ((end = memchr(line, '\n', stream->len - (size_t)(line - stream->bytes))) != NULL) {
        *end = '\0';
        if (stream == &run->events && strncmp(line, "hello ", 6) == 0)
            run->following = true;
        (stream == &run->events ? run->on_event : run->on_log)(run, line);
        line = end + 1;
    }
    stream->len -= (size_t)(line - stream->bytes);
    memmove(stream->bytes, line, stream->len);
    if (stream->len == sizeof stream->bytes) /* no line is so long: dropped */
        stream->len = 0;
}

static void take(struct daemon_run *run, struct daemon_stream *stream)
{
    ssize_t len = read(stream->fd, stream->bytes + stream->len, sizeof stream->bytes - stream->len);

    if (len > 0) {
        stream->len += (size_t)len;
        take_lines(run, stream);
    } else if (len == 0) {
        (void)close(stream->fd);
        stream->fd = -1;
    }
}

bool daemon_run_turn(struct daemon_run *run, int wait_ms)
{
    struct daemon_stream *streams[] = {&run->events, &run->log};
    struct pollfd fds[2];

    for (int i = 0; i < 2; i++)
        fds[i] = (struct pollfd){streams[i]->fd, POLLIN, 0};
    if (poll(fds, 2, wait_ms) > 0)
        for (int i = 0; i < 2; i++)
            if (fds[i].fd >= 0 && fds[i].revents)
                take(run, streams[i]);
    return run->events.fd >= 0 || run->log.fd >= 0;
}

bool daemon_run_until(struct daemon_run *run, bool (*holds)(void *context), void *context, int wait_ms)
{
    int64_t end_ms = now_ms() + wait_ms;

    while (!holds(context)) {
        if (now_ms() > end_ms || !daemon_run_turn(run, 20))
            return false;
    }
    return true;
}

static bool is_followed(void *context)
{
    struct daemon_run *run = context;

    return run->following;
}

static bool has_socket(void *context)
{
    struct daemon_run *run = context;
    char path[128];

    (void)snprintf(path, sizeof path, "%s/till/run/api.sock", run->dir);
    return access(path, W_OK) == 0;
}

bool daemon_run_start(struct daemon_run *run)
{
    char loyald[512], loyalctl[512], state[80], config_option[] = "--config", state_option[] = "--state-dir",
                                                command[] = "events";
    char *daemon_words[] = {loyald, config_option, run->config, state_option, state, NULL};
    char *follower_words[] = {loyalctl, state_option, state, command, NULL};

    (void)snprintf(loyald, sizeof loyald, "%s/loyald", run->bin);
    (void)snprintf(loyalctl, sizeof loyalctl, "%s/loyalctl", run->bin);
    (void)snprintf(state, sizeof state, "%s/till", run->dir);
    run->daemon = start(&run->log, STDERR_FILENO, daemon_words);
    if (run->daemon < 0 || !daemon_run_until(run, has_socket, run, READY_MS))
        return false;
    run->follower = start(&run->events, STDOUT_FILENO, follower_words);
    return run->follower > 0 && daemon_run_until(run, is_followed, run, READY_MS);
}

bool daemon_run_holds(const struct daemon_run *run, const char *path)
{
    char folder[64], link[512], target[256], wanted[256];
    ssize_t len = readlink(path, wanted, sizeof wanted - 1);
    struct dirent *entry;
    bool found = false;
    DIR *files;

    (void)snprintf(folder, sizeof folder, "/proc/%d/fd", (int)run->daemon);
    files = len > 0 ? opendir(folder) : NULL;
    if (len > 0)
        wanted[len] = '\0';
    while (files && (entry = readdir(files)) != NULL && !found) {
        (void)snprintf(link, sizeof link, "%s/%s", folder, entry->d_name);
        len = readlink(link, target, sizeof target - 1);
        if (len > 0) {
            target[len] = '\0';
            found = strcmp(target, wanted) == 0;
        }
    }
    if (files)
        (void)closedir(files);
    return found;
}

static void stop(struct daemon_run *run, pid_t pid)
{
    int64_t end_ms = now_ms() + STOP_MS;

    if (pid <= 0)
        return;
    (void)kill(pid, SIGTERM);
    while (waitpid(pid, NULL, WNOHANG) == 0) {
        if (now_ms() > end_ms)
            (void)kill(pid, SIGKILL);
        (void)daemon_run_turn(run, 5);
    }
}

void daemon_run_end(struct daemon_run *run)
{
    char command[128];
    int64_t end_ms = now_ms() + STOP_MS;

    if (run->dir[0] == '\0')
        return;
    stop(run, run->daemon); /* its events end with it */
    stop(run, run->follower);
    while (now_ms() < end_ms && daemon_run_turn(run, 20))
        ;
    (void)snprintf(command, sizeof command, "rm -rf '%s'", run->dir);
    if (system(command) != 0)
        (void)fprintf(stderr, "%s is left\n", run->dir);
    run->dir[0] = '\0';
}
