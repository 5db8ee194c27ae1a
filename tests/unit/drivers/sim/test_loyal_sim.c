/* SPDX-License-Identifier: Apache-2.0 */
/* The program: its command line, its configuration, its end. */
#include "agent/base/clock.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static char folder[] = "/tmp/loyald-loyal-sim-XXXXXX";

struct program {
    pid_t pid;
    int in, out, errors;
    char text[16 * 1024]; /* of out and errors */
};

static void setup(void)
{
    cr_assert_not_null(mkdtemp(folder));
}

static void teardown(void)
{
    char path[80];

    (void)snprintf(path, sizeof path, "%s/sim.conf", folder);
    (void)unlink(path);
    cr_expect_eq(rmdir(folder), 0, "something was left behind");
}

TestSuite(loyal_sim, .init = setup, .fini = teardown);

static void start(struct program *program, const char *const *words)
{
    const char *argv[16] = {LOYALD_BIN_DIR "/loyal-sim"};
    int in[2], out[2];

    for (int i = 0; words[i]; i++)
        argv[i + 1] = words[i];
    cr_assert_eq(pipe2(in, O_CLOEXEC) + pipe2(out, O_CLOEXEC), 0);
    memset(program, 0, sizeof *program);
    program->pid = fork();
    if (program->pid == 0) {
        (void)dup2(in[0], STDIN_FILENO);
        (void)dup2(out[1], STDOUT_FILENO);
        (void)dup2(out[1], STDERR_FILENO);
        (void)execv(argv[0], (char *const *)(uintptr_t)argv);
        _exit(127);
    }
    (void)close(in[0]);
    (void)close(out[1]);
    program->in = in[1];
    program->out = out[0];
}

/* Reads what the program says until it has said words, or its end when words is NULL. */
static void hear(struct program *program, const char *words)
{
    int64_t end_ns = clock_measure_ns() + INT64_C(20000000000);
    struct pollfd state = {.fd = program->out, .events = POLLIN};

    while (!words || !strstr(program->text, words)) {
        size_t len = strlen(program->text);
        ssize_t more;

        cr_assert_lt(clock_measure_ns(), end_ns, "waited for %s: %s", words ? words : "the end", program->text);
        if (poll(&state, 1, 1000) == 0)
            continue;
        more = read(program->out, program->text + len, sizeof program->text - 1 - len);
        if (more <= 0)
            break;
    }
}

static int finish(struct program *program)
{
    int status = 0;

    hear(program, NULL);
    (void)close(program->in);
    (void)close(program->out);
    cr_assert_eq(waitpid(program->pid, &status, 0), program->pid);
    cr_assert(WIFEXITED(status), "%s", program->text);
    return WEXITSTATUS(status);
}

static void expect_run(const char *const *words, int code, const char *said)
{
    struct program program;

    start(&program, words);
    cr_expect_eq(finish(&program), code, "%s: %s", said, program.text);
    cr_expect(strstr(program.text, said), "%s: %s", said, program.text);
}

#define WORDS(...) ((const char *const[]){__VA_ARGS__, NULL})

Test(loyal_sim, answers_for_itself)
{
    expect_run(WORDS("--help"), 0, "  scanner ");
    expect_run(WORDS("--version"), 0, "loyal-sim ");
    expect_run(WORDS("--bogus"), 2, "unknown option --bogus");
    expect_run(WORDS("toaster"), 2, "\"toaster\" is no device");
    expect_run((const char *const[]){NULL}, 2, "which device?");
}

Test(loyal_sim, answers_for_its_scanner)
{
    expect_run(WORDS("scanner", "--help"), 0, "oversize N");
    expect_run(WORDS("scanner", "--version"), 0, "loyal-sim scanner ");
    expect_run(WORDS("scanner", "--sample-config"), 0, "[scanner]");
    expect_run(WORDS("scanner"), 1, "--link is missing");
    expect_run(WORDS("scanner", "--link", "/tmp/x", "--baud", "fast"), 1, "--baud fast: must be a number");
    expect_run(WORDS("scanner", "--link", "/tmp/x", "--suffix", "dot"), 1, "--suffix dot: must be one of cr|crlf");
    expect_run(WORDS("scanner", "--link", "/no/such/folder/x"), 1, "the link cannot be made");
    expect_run(WORDS("scanner", "stray"), 2, "\"stray\" is no option");
}

Test(loyal_sim, names_file_line_and_key_of_a_wrong_setting)
{
    char path[80], said[128];
    FILE *file;

    (void)snprintf(path, sizeof path, "%s/sim.conf", folder);
    file = fopen(path, "w");
    (void)fputs("[scanner]\nlink = scanner\nbaud = 99999999\n", file);
    (void)fclose(file);
    (void)snprintf(said, sizeof said, "%s:3: [scanner] baud", path);
    expect_run(WORDS("scanner", "--config", path, "--state-dir", folder), 1, said);
}

Test(loyal_sim, types_what_it_is_told_and_ends_cleanly)
{
    struct program program;
    char link_path[80], conf[80], got[64];
    FILE *file;
    int fd;

    (void)snprintf(link_path, sizeof link_path, "%s/scanner", folder);
    (void)snprintf(conf, sizeof conf, "%s/sim.conf", folder);
    file = fopen(conf, "w");
    (void)fputs("[scanner]\nlink = scanner\nsuffix = crlf\n", file);
    (void)fclose(file);
    start(&program, WORDS("scanner", "--config", conf, "--state-dir", folder, "--suffix", "lf"));
    cr_assert_eq(write(program.in, "plug\n", 5), 5);
    hear(&program, "ok ");
    fd = open(link_path, O_RDWR | O_NOCTTY | O_CLOEXEC);
    cr_assert_geq(fd, 0, "%s", strerror(errno));
    cr_assert_eq(write(program.in, "scan 96385074\n", 14), 14);
    cr_assert_eq(read(fd, got, sizeof got), 12);
    cr_expect_arr_eq(got, "]E496385074\n", 12, "the command line wins over the file");
    cr_expect_eq(kill(program.pid, SIGTERM), 0);
    cr_expect_eq(finish(&program), 0);
    cr_expect_eq(read(fd, got, sizeof got), 0, "unplugged");
    (void)close(fd);
    cr_expect_eq(access(link_path, F_OK), -1);
}
