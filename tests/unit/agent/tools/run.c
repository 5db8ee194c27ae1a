/* SPDX-License-Identifier: Apache-2.0 */
#include "run.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <criterion/criterion.h>

enum { TEXT_MAX = 64 * 1024 * 1024, WORDS_MAX = 32, PATIENCE_MS = 30 * 1000 };

static void become(const char *const *words, int in, int out, int err)
{
    char path[4096];
    char *argv[WORDS_MAX];
    int count = 0;

    while (words[count] && count < WORDS_MAX - 1) {
        argv[count] = strdup(words[count]);
        count++;
    }
    argv[count] = NULL;
    if (in >= 0)
        (void)dup2(in, STDIN_FILENO);
    (void)dup2(out, STDOUT_FILENO);
    (void)dup2(err, STDERR_FILENO);
    snprintf(path, sizeof path, "%s%s", words[0][0] == '/' ? "" : LOYALD_BIN_DIR "/", words[0]);
    execv(path, argv);
    fprintf(stderr, "%s: %s\n", path, strerror(errno));
    _exit(127);
}

/* A file without a name, so that neither side ever waits for the other. */
static int scratch(const char *bytes, size_t len)
{
    char path[] = "/tmp/loyalctl-test-XXXXXX";
    int fd = mkostemp(path, O_CLOEXEC);

    cr_assert_geq(fd, 0);
    unlink(path);
    cr_assert_eq(write(fd, bytes, len), (ssize_t)len);
    lseek(fd, 0, SEEK_SET);
    return fd;
}

static void read_all(int fd, struct strbuf *out)
{
    char part[65536];
    ssize_t n;

    lseek(fd, 0, SEEK_SET);
    while ((n = read(fd, part, sizeof part)) > 0)
        strbuf_add(out, part, (size_t)n);
    close(fd);
}

void run_program(struct run *run, const char *const *words, const char *in, size_t in_len)
{
    int fds[3] = {scratch(in ? in : "", in_len), scratch("", 0), scratch("", 0)};
    struct rusage usage;
    int status;
    pid_t pid;

    *run = (struct run){.out = STRBUF_INIT(TEXT_MAX), .err = STRBUF_INIT(TEXT_MAX)};
    pid = fork();
    if (pid == 0)
        become(words, fds[0], fds[1], fds[2]);
    cr_assert_gt(pid, 0);
    cr_assert_eq(wait4(pid, &status, 0, &usage), pid);
    run->exit_status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    run->rss_kib = usage.ru_maxrss;
    close(fds[0]);
    read_all(fds[1], &run->out);
    read_all(fds[2], &run->err);
    /* A sanitizer of the program speaks on its standard error, which only this sees. */
    cr_expect_null(strstr(strbuf_text(&run->err), "Sanitizer:"), "%s", strbuf_text(&run->err));
    cr_expect_null(strstr(strbuf_text(&run->err), "runtime error:"), "%s", strbuf_text(&run->err));
}

void run_free(struct run *run)
{
    strbuf_free(&run->out);
    strbuf_free(&run->err);
}

void running_start(struct running *running, const char *const *words)
{
    int fds[2];

    *running = (struct running){.got = STRBUF_INIT(TEXT_MAX)};
    cr_assert_eq(pipe2(fds, O_CLOEXEC), 0);
    running->pid = fork();
    if (running->pid == 0)
        become(words, -1, fds[1], fds[1]);
    cr_assert_gt(running->pid, 0);
    close(fds[1]);
    running->fd = fds[0];
}

void running_wait(struct running *running, const char *text)
{
    char part[65536];

    while (!strstr(strbuf_text(&running->got), text)) {
        struct pollfd poll_fd = {running->fd, POLLIN, 0};
        ssize_t n;

        cr_assert_eq(poll(&poll_fd, 1, PATIENCE_MS), 1, "waited too long for %s, got %s", text,
                     strbuf_text(&running->got));
        n = read(running->fd, part, sizeof part);
        cr_assert_gt(n, 0, "ended before it said %s, got %s", text, strbuf_text(&running->got));
        strbuf_add(&running->got, part, (size_t)n);
    }
}

int running_stop(struct running *running)
{
    int status;

    kill(running->pid, SIGTERM);
    cr_assert_eq(waitpid(running->pid, &status, 0), running->pid);
    close(running->fd);
    strbuf_free(&running->got);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}
