/* SPDX-License-Identifier: Apache-2.0 */
/* loyald-sync itself, as a process. */
#include "peers.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <criterion/criterion.h>

static struct scratch scratch;
static struct loop *loop;
static struct daemon_peer peer;
static char config[96];

static void setup(void)
{
    char text[256];

    scratch_make(&scratch);
    cr_assert_eq(loop_create(&loop, NULL), ST_OK);
    snprintf(config, sizeof config, "%s/sync.conf", scratch.dir);
    snprintf(text, sizeof text, "[central]\nurl = https://localhost:1\n[daemon]\nsocket = %s\n", scratch.socket);
    write_text(scratch.dir, "sync.conf", text);
}

static void teardown(void)
{
    loop_destroy(loop);
    scratch_remove(&scratch);
}

TestSuite(loyald_sync, .init = setup, .fini = teardown);

static pid_t start(int *out_error, const char *first, const char *second)
{
    int pipe_fds[2];
    pid_t pid;

    cr_assert_eq(pipe(pipe_fds), 0);
    pid = fork();
    cr_assert_geq(pid, 0);
    if (pid == 0) {
        dup2(pipe_fds[1], STDERR_FILENO);
        dup2(pipe_fds[1], STDOUT_FILENO);
        close(pipe_fds[0]);
        close(pipe_fds[1]);
        if (first)
            execl(LOYALD_BIN_DIR "/loyald-sync", "loyald-sync", first, second, (char *)NULL);
        else
            execl(LOYALD_BIN_DIR "/loyald-sync", "loyald-sync", "--config", config, "--state-dir", scratch.state,
                  (char *)NULL);
        _exit(127);
    }
    close(pipe_fds[1]);
    *out_error = pipe_fds[0];
    return pid;
}

/* What the process wrote until it ended, and how it ended. */
static int finish(pid_t pid, int fd, char *out_text, size_t max)
{
    size_t len = 0;
    ssize_t n;
    int status;

    while (len < max - 1 && (n = read(fd, out_text + len, max - 1 - len)) > 0)
        len += (size_t)n;
    out_text[len] = '\0';
    close(fd);
    cr_assert_eq(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

static int run(const char *first, const char *second, char *out_text, size_t max)
{
    int fd;
    pid_t pid = start(&fd, first, second);

    return finish(pid, fd, out_text, max);
}

Test(loyald_sync, says_help_version_and_sample)
{
    char text[8192];

    cr_expect_eq(run("--help", NULL, text, sizeof text), 0);
    cr_expect(strstr(text, "Usage: loyald-sync"));
    cr_expect_eq(run("--version", NULL, text, sizeof text), 0);
    cr_expect(strncmp(text, "loyald-sync ", 12) == 0, "%s", text);
    cr_expect_eq(run("--sample-config", NULL, text, sizeof text), 0);
    cr_expect(strstr(text, "[central]"));
    cr_expect(strstr(text, "connect_timeout_ms"));
    cr_expect_eq(run("--nonsense", NULL, text, sizeof text), 2);
    cr_expect_eq(run("word", NULL, text, sizeof text), 2);
    cr_expect(strstr(text, "word"));
}

Test(loyald_sync, names_file_line_and_key_of_a_bad_configuration)
{
    char text[4096];

    write_text(scratch.dir, "sync.conf", "[central]\nconnect_timeout_ms = 7\n");
    cr_expect_eq(run("--config", config, text, sizeof text), 2);
    cr_expect(strstr(text, "sync.conf:2: [central] connect_timeout_ms"), "%s", text);
    write_text(scratch.dir, "sync.conf", "[central]\nurl = http://plain:1\n");
    cr_expect_neq(finish(start(&(int){0}, NULL, NULL), open("/dev/null", O_RDONLY), text, sizeof text), 0);
}

/* A log of the session keys is opened by libcurl as it starts. */
Test(loyald_sync, hears_nothing_of_the_environment)
{
    char keys[128], text[4096];
    int fd;
    pid_t pid;

    snprintf(keys, sizeof keys, "%s/keys", scratch.dir);
    setenv("SSLKEYLOGFILE", keys, 1);
    daemon_listen(&peer, loop, scratch.socket);
    pid = start(&fd, NULL, NULL);
    unsetenv("SSLKEYLOGFILE");
    daemon_accept(&peer); /* it is up */
    cr_expect_neq(access(keys, F_OK), 0);
    kill(pid, SIGTERM);
    cr_expect_eq(finish(pid, fd, text, sizeof text), 0, "%s", text);
    daemon_unlisten(&peer);
}

Test(loyald_sync, serves_is_alone_on_its_state_and_ends_on_sigterm_with_0)
{
    struct message message;
    char text[4096], want[64];
    int first_fd, fd;
    pid_t first, second;

    daemon_listen(&peer, loop, scratch.socket);
    first = start(&first_fd, NULL, NULL);
    daemon_accept(&peer);
    cr_assert(daemon_next(&peer, &message));
    cr_expect_str_eq(field_text(&message, "hello"), "loyald-sync");
    cr_expect_str_eq(field_text(&message, "dev"), "");

    second = start(&fd, NULL, NULL);
    cr_expect_eq(finish(second, fd, text, sizeof text), 1);
    snprintf(want, sizeof want, "pid %d", (int)first);
    cr_expect(strstr(text, want), "%s", text);

    kill(first, SIGTERM);
    cr_expect_eq(finish(first, first_fd, text, sizeof text), 0, "%s", text);
    cr_expect_not(daemon_next(&peer, &message));
    daemon_unlisten(&peer);
}

Test(loyald_sync, ends_on_sigterm_while_loyald_is_away)
{
    char text[4096] = "", byte;
    size_t len = 0;
    int fd;
    pid_t pid = start(&fd, NULL, NULL);

    while (!strstr(text, "no connection to loyald") && len < sizeof text - 1 && read(fd, &byte, 1) == 1)
        text[len++] = byte;
    kill(pid, SIGTERM);
    cr_expect_eq(finish(pid, fd, text, sizeof text), 0, "%s", text);
}
