/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/base/cli.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static const struct option_spec options[] = {
    {"api", "port", OPTION_INT, 0, 0, 65535, NULL, "8473", "Where the POS calls."},
    {NULL, NULL, OPTION_TEXT, 0, 0, 0, NULL, NULL, NULL},
};

static const char *file_path, *speed;
static bool verbose;
static const struct cli_option extra[] = {
    {"file", &file_path, NULL}, {"speed", &speed, NULL}, {"verbose", NULL, &verbose}, {NULL, NULL, NULL}};

/* What a run said on the two streams. */
static char said[8192], complained[8192];

static void read_back(int memory, int stream, int saved, char *out_text, size_t size)
{
    ssize_t len = pread(memory, out_text, size - 1, 0);

    out_text[len > 0 ? len : 0] = '\0';
    dup2(saved, stream);
    close(saved);
    close(memory);
}

static enum cli_next run_into(struct cli *cli, int out, int count, const char *const *words)
{
    char *argv[80] = {(char *)"loyald"};
    int saved_out = dup(STDOUT_FILENO), saved_err = dup(STDERR_FILENO), err = memfd_create("err", 0), i;
    enum cli_next next;

    cr_assert_lt(count, 79);
    for (i = 0; i < count; i++)
        argv[i + 1] = (char *)words[i];
    fflush(stdout);
    dup2(out, STDOUT_FILENO);
    dup2(err, STDERR_FILENO);
    next = cli_parse(cli, count + 1, argv);
    fflush(stdout);
    read_back(out, STDOUT_FILENO, saved_out, said, sizeof said);
    read_back(err, STDERR_FILENO, saved_err, complained, sizeof complained);
    return next;
}

static struct cli new_cli(void)
{
    return (struct cli){.program = "loyald", .usage = "usage: loyald\n", .options = options, .extra = extra};
}

#define RUN(cli, ...)                                                                                                \
    run_into((cli), memfd_create("out", 0), (int)(sizeof(const char *[]){__VA_ARGS__} / sizeof(char *)),             \
             (const char *[]){__VA_ARGS__})

Test(cli, options_take_their_value_either_way_and_words_stay_in_order)
{
    struct cli cli = new_cli();

    cr_expect_eq(RUN(&cli, "sell", "--config", "a.conf", "--file=x=y", "--verbose", "-", "--state-dir=/s", "--speed",
                     "--odd", "R-1", "--", "--verbose", "--", "-v"),
                 CLI_RUN);
    cr_expect_str_eq(cli.config_path, "a.conf");
    cr_expect_str_eq(cli.state_dir, "/s");
    cr_expect_str_eq(file_path, "x=y");
    cr_expect_str_eq(speed, "--odd");
    cr_expect(verbose);
    cr_assert_eq(cli.word_count, 6);
    cr_expect_str_eq(cli.words[0], "sell");
    cr_expect_str_eq(cli.words[1], "-");
    cr_expect_str_eq(cli.words[2], "R-1");
    cr_expect_str_eq(cli.words[3], "--verbose");
    cr_expect_str_eq(cli.words[4], "--");
    cr_expect_str_eq(cli.words[5], "-v");
    cr_expect_str_eq(said, "");
    cr_expect_str_eq(complained, "");
}

Test(cli, nothing_given_is_fine)
{
    struct cli cli = new_cli();

    cr_expect_eq(run_into(&cli, memfd_create("out", 0), 0, NULL), CLI_RUN);
    cr_expect_null(cli.config_path);
    cr_expect_null(cli.state_dir);
    cr_expect_eq(cli.word_count, 0);
}

Test(cli, questions_are_answered_on_standard_output)
{
    struct cli cli = new_cli();

    cr_expect_eq(RUN(&cli, "--help", "--nonsense"), CLI_DONE);
    cr_expect_str_eq(said, "usage: loyald\n");
    cr_expect_eq(RUN(&cli, "--version"), CLI_DONE);
    cr_expect(strncmp(said, "loyald ", 7) == 0 && strspn(said + 7, "0123456789.") + 8 == strlen(said), "%s", said);
    cr_expect_eq(RUN(&cli, "--sample-config"), CLI_DONE);
    cr_expect_not_null(strstr(said, "[api]\n# Where the POS calls.\n"));
    cr_expect_str_eq(complained, "");
}

Test(cli, an_answer_that_does_not_arrive_is_a_failure)
{
    struct cli cli = new_cli();
    int full = open("/dev/full", O_RDWR);

    cr_assert_geq(full, 0);
    cr_expect_eq(run_into(&cli, full, 1, (const char *[]){"--help"}), CLI_BAD);
    cr_expect_str_eq(complained, "loyald: cannot write to standard output\n");
}

Test(cli, mistakes_are_said_in_words)
{
    struct cli cli = new_cli();

    cr_expect_eq(RUN(&cli, "--confg=x"), CLI_BAD);
    cr_expect_str_eq(complained, "loyald: unknown option --confg; try loyald --help\n");
    cr_expect_str_eq(said, "");
    cr_expect_eq(RUN(&cli, "--conf=x"), CLI_BAD, "no guessing from a beginning");
    cr_expect_eq(RUN(&cli, "-v"), CLI_BAD);
    cr_expect_str_eq(complained, "loyald: unknown option -v; try loyald --help\n");
    cr_expect_eq(RUN(&cli, "--verbose=yes"), CLI_BAD);
    cr_expect_str_eq(complained, "loyald: --verbose takes no value; try loyald --help\n");
    cr_expect_eq(RUN(&cli, "--help=me"), CLI_BAD);
    cr_expect_eq(RUN(&cli, "--config"), CLI_BAD);
    cr_expect_str_eq(complained, "loyald: --config wants a value; try loyald --help\n");
    cr_expect_eq(RUN(&cli, "--config="), CLI_BAD);
    cr_expect_str_eq(complained, "loyald: --config: the value is empty; try loyald --help\n");
    cr_expect_eq(RUN(&cli, "--=x"), CLI_BAD);
}

Test(cli, a_program_without_configuration_says_so)
{
    struct cli cli = new_cli();

    cli.options = NULL;
    cli.extra = NULL;
    cr_expect_eq(RUN(&cli, "--sample-config"), CLI_BAD);
    cr_expect_eq(RUN(&cli, "--file=x"), CLI_BAD);
}

Test(cli, words_have_a_bound)
{
    struct cli cli = new_cli();
    const char *words[CLI_WORD_MAX + 1];
    int i;

    for (i = 0; i <= CLI_WORD_MAX; i++)
        words[i] = "w";
    cr_expect_eq(run_into(&cli, memfd_create("out", 0), CLI_WORD_MAX, words), CLI_RUN);
    cr_expect_eq(cli.word_count, CLI_WORD_MAX);
    cr_expect_eq(run_into(&cli, memfd_create("out", 0), CLI_WORD_MAX + 1, words), CLI_BAD);
    cr_expect_str_eq(complained, "loyald: more than 64 words; try loyald --help\n");
}

Test(cli, the_default_configuration_is_read_only_when_it_is_there)
{
    struct cli cli = new_cli();

    cr_expect_null(cli_config_path(&cli, "/absent/loyald.conf"));
    cr_expect_null(cli_config_path(&cli, NULL));
    cr_expect_str_eq(cli_config_path(&cli, "/dev/null"), "/dev/null");
    cli.config_path = "/absent/asked-for.conf";
    cr_expect_str_eq(cli_config_path(&cli, "/dev/null"), "/absent/asked-for.conf");
}
