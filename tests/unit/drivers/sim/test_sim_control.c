/* SPDX-License-Identifier: Apache-2.0 */
#include "drivers/sim/sim_control.h"

#include "agent/base/clock.h"
#include "agent/net/loop.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static char folder[] = "/tmp/loyald-control-XXXXXX", path[64];
static struct loop *loop;
static struct sim_control *control;
static struct errmsg err;
static char commands[1024];
static int waiting; /* commands not answered yet */

/* Answers at once, but for "slow", which the test answers. */
static void on_command(void *context, const char *line)
{
    char answer[128];

    (void)context;
    cr_expect_eq(waiting, 0, "one at a time");
    (void)snprintf(commands + strlen(commands), sizeof commands - strlen(commands), "[%.20s]", line);
    if (strcmp(line, "slow") == 0) {
        waiting++;
        return;
    }
    (void)snprintf(answer, sizeof answer, "ok %.20s", line);
    sim_control_answer(control, answer);
}

static void setup(void)
{
    cr_assert_not_null(mkdtemp(folder));
    (void)snprintf(path, sizeof path, "%s/control", folder);
    cr_assert_eq(loop_create(&loop, &err), ST_OK);
    cr_assert_eq(sim_control_create(loop, path, on_command, NULL, &control, &err), ST_OK, "%s", err.text);
}

static void teardown(void)
{
    sim_control_destroy(control);
    loop_destroy(loop);
    cr_expect_eq(access(path, F_OK), -1, "the socket is removed");
    cr_expect_eq(rmdir(folder), 0);
}

TestSuite(sim_control, .init = setup, .fini = teardown);

static int join(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    (void)strcpy(address.sun_path, path);
    cr_assert_eq(connect(fd, (const struct sockaddr *)&address, sizeof address), 0, "%s", strerror(errno));
    return fd;
}

static void say(int fd, const char *text)
{
    cr_assert_eq(send(fd, text, strlen(text), MSG_NOSIGNAL), (ssize_t)strlen(text));
}

/* Turns the loop until so many bytes or the end came; returns a view of them. */
static const char *hear(int fd, size_t len)
{
    static char text[4096];
    int64_t end_ns = clock_measure_ns() + INT64_C(10000000000);
    size_t got = 0;

    while (got < len && clock_measure_ns() < end_ns) {
        ssize_t more = read(fd, text + got, sizeof text - 1 - got);

        if (more == 0)
            break;
        if (more > 0)
            got += (size_t)more;
        else
            loop_step(loop, 20);
    }
    text[got] = '\0';
    return text;
}

Test(sim_control, answers_each_line)
{
    int fd = join();

    say(fd, "a\nb\r\nc");
    cr_expect_str_eq(hear(fd, 10), "ok a\nok b\n");
    say(fd, "\n");
    cr_expect_str_eq(hear(fd, 5), "ok c\n");
    (void)close(fd);
}

Test(sim_control, answers_a_client_that_has_no_more_to_say)
{
    int fd = join();

    say(fd, "a\nlast");
    (void)shutdown(fd, SHUT_WR);
    cr_expect_str_eq(hear(fd, 100), "ok a\nok last\n");
    (void)close(fd);
}

Test(sim_control, serves_clients_in_turn_one_command_at_a_time)
{
    int first = join(), second = join();

    say(first, "slow\nx\n");
    say(second, "y\n");
    while (!waiting)
        loop_step(loop, 20);
    for (int i = 0; i < 5; i++)
        loop_step(loop, 1);
    cr_expect_str_eq(commands, "[slow]");
    waiting = 0;
    sim_control_answer(control, "ok at last");
    cr_expect_str_eq(hear(first, 16), "ok at last\nok x\n");
    cr_expect_str_eq(hear(second, 5), "ok y\n");
    cr_expect_str_eq(commands, "[slow][y][x]");
    (void)close(first);
    (void)close(second);
}

Test(sim_control, does_without_a_client_that_left)
{
    int fd = join();

    say(fd, "slow\n");
    while (!waiting)
        loop_step(loop, 20);
    (void)close(fd);
    for (int i = 0; i < 5; i++)
        loop_step(loop, 1);
    waiting = 0;
    sim_control_answer(control, "ok to nobody");
    fd = join();
    say(fd, "a\n");
    cr_expect_str_eq(hear(fd, 5), "ok a\n");
    (void)close(fd);
}

Test(sim_control, refuses_a_line_without_end)
{
    static char line[SIM_CONTROL_LINE_BYTES_MAX];
    int fd = join();

    memset(line, 'x', sizeof line);
    for (size_t at = 0; at < sizeof line;) {
        ssize_t len = send(fd, line + at, sizeof line - at, MSG_NOSIGNAL);

        at += len > 0 ? (size_t)len : 0;
        loop_step(loop, 1);
    }
    cr_expect_str_eq(hear(fd, 100), "error the line is too long\n");
    cr_expect_str_eq(commands, "");
    (void)close(fd);
}

Test(sim_control, has_a_bound_of_clients)
{
    int fds[SIM_CONTROL_CLIENTS_MAX], more;

    for (int i = 0; i < SIM_CONTROL_CLIENTS_MAX; i++)
        fds[i] = join();
    for (int i = 0; i < SIM_CONTROL_CLIENTS_MAX; i++) {
        say(fds[i], "a\n");
        cr_expect_str_eq(hear(fds[i], 5), "ok a\n");
    }
    more = join();
    cr_expect_str_eq(hear(more, 1), "", "closed at once");
    (void)close(more);
    for (int i = 0; i < SIM_CONTROL_CLIENTS_MAX; i++)
        (void)close(fds[i]);
}

/* Standard input that cannot be watched: a file. */
Test(sim_control, reads_a_file_to_its_end)
{
    char name[80], text[64];
    int fd, kept_in = dup(STDIN_FILENO), kept_out = dup(STDOUT_FILENO);
    struct sim_control *socket_control = control;
    const size_t count = 20000; /* more than one buffer holds */
    size_t answers = 0;
    FILE *file;

    (void)snprintf(name, sizeof name, "%s/commands", folder);
    file = fopen(name, "w+");
    cr_assert_not_null(file);
    for (size_t i = 0; i < count; i++)
        (void)fprintf(file, "%zu\n", i);
    (void)fclose(file);
    fd = open(name, O_RDONLY | O_CLOEXEC);
    (void)dup2(fd, STDIN_FILENO);
    (void)close(fd);
    (void)unlink(name);
    file = tmpfile();
    (void)dup2(fileno(file), STDOUT_FILENO);
    cr_assert_eq(sim_control_create(loop, NULL, on_command, NULL, &control, &err), ST_OK);
    for (int i = 0; i < 200; i++)
        loop_step(loop, 0);
    sim_control_destroy(control);
    control = socket_control;
    (void)dup2(kept_in, STDIN_FILENO);
    (void)dup2(kept_out, STDOUT_FILENO);
    (void)close(kept_in);
    (void)close(kept_out);
    rewind(file);
    while (fgets(text, sizeof text, file)) {
        char expected[64];

        (void)snprintf(expected, sizeof expected, "ok %zu\n", answers++);
        cr_assert_str_eq(text, expected);
    }
    cr_expect_eq(answers, count);
    (void)fclose(file);
}
