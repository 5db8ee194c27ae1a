/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/base/cli.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <loyald_version.h>

enum { SAMPLE_BYTES_MAX = 256 * 1024 };

__attribute__((format(printf, 2, 3))) static enum cli_next bad(const struct cli *cli, const char *format, ...)
{
    va_list args;

    fprintf(stderr, "%s: ", cli->program);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fprintf(stderr, "; try %s --help\n", cli->program);
    return CLI_BAD;
}

/* What was asked for must have arrived: "--sample-config > file" on a full disk is no success. */
static enum cli_next print(const struct cli *cli, const char *text)
{
    if (fputs(text, stdout) == EOF || fflush(stdout) != 0) {
        fprintf(stderr, "%s: cannot write to standard output\n", cli->program);
        return CLI_BAD;
    }
    return CLI_DONE;
}

static enum cli_next print_version(const struct cli *cli)
{
    char text[128];

    snprintf(text, sizeof text, "%s " LOYALD_VERSION "\n", cli->program);
    return print(cli, text);
}

static enum cli_next print_options(const struct cli *cli, bool as_man)
{
    struct strbuf text = STRBUF_INIT(SAMPLE_BYTES_MAX);
    enum cli_next next;

    if (!cli->options)
        return bad(cli, "there is no configuration file for this program");
    if (as_man)
        config_man(cli->options, &text);
    else
        config_sample(cli->options, cli->program, &text);
    if (strbuf_status(&text) != ST_OK)
        next = bad(cli, "the list of options: %s", status_text(strbuf_status(&text)));
    else
        next = print(cli, strbuf_text(&text));
    strbuf_free(&text);
    return next;
}

static enum cli_next print_sample(const struct cli *cli)
{
    return print_options(cli, false);
}

static enum cli_next print_man(const struct cli *cli)
{
    return print_options(cli, true);
}

/* An option looked up: where its value goes, or its flag, or what it prints. */
struct target {
    const char **value;
    bool *flag;
    enum cli_next (*print)(const struct cli *cli);
};

static enum cli_next print_help(const struct cli *cli)
{
    return print(cli, cli->usage);
}

static bool is_named(const char *name, size_t len, const char *known)
{
    return strlen(known) == len && memcmp(name, known, len) == 0;
}

static bool find_option(struct cli *cli, const char *name, size_t len, struct target *out_target)
{
    const struct cli_option *extra = cli->extra;
    size_t i;

    memset(out_target, 0, sizeof *out_target);
    if (is_named(name, len, "help"))
        out_target->print = print_help;
    else if (is_named(name, len, "version"))
        out_target->print = print_version;
    else if (is_named(name, len, "sample-config"))
        out_target->print = print_sample;
    else if (is_named(name, len, "man-options"))
        out_target->print = print_man;
    else if (is_named(name, len, "config"))
        out_target->value = &cli->config_path;
    else if (is_named(name, len, "state-dir"))
        out_target->value = &cli->state_dir;
    if (out_target->print || out_target->value)
        return true;

    for (i = 0; extra && extra[i].name; i++) {
        assert(i < CLI_EXTRA_MAX);
        if (is_named(name, len, extra[i].name)) {
            out_target->value = extra[i].value;
            out_target->flag = extra[i].flag;
            return true;
        }
    }
    return false;
}

/* Takes the option at argv[*at] and, when it stands apart, its value. */
static enum cli_next take_option(struct cli *cli, int argc, char **argv, int *at)
{
    const char *name = argv[*at] + 2;
    size_t len = strcspn(name, "=");
    const char *value = name[len] == '=' ? name + len + 1 : NULL;
    struct target target;

    if (!find_option(cli, name, len, &target))
        return bad(cli, "unknown option --%.*s", (int)len, name);
    if (!target.value && value)
        return bad(cli, "--%.*s takes no value", (int)len, name);
    if (target.print)
        return target.print(cli);
    if (!target.value) {
        *target.flag = true;
        return CLI_RUN;
    }
    if (!value) {
        if (*at + 1 >= argc)
            return bad(cli, "--%s wants a value", name);
        value = argv[++*at];
    }
    if (!*value)
        return bad(cli, "--%.*s: the value is empty", (int)len, name);
    *target.value = value;
    return CLI_RUN;
}

enum cli_next cli_parse(struct cli *cli, int argc, char **argv)
{
    bool words_only = false; /* after "--" */
    int i;

    cli->config_path = NULL;
    cli->state_dir = NULL;
    cli->word_count = 0;
    for (i = 1; i < argc; i++) {
        const char *word = argv[i];

        if (!words_only && strcmp(word, "--") == 0) {
            words_only = true;
        } else if (!words_only && strncmp(word, "--", 2) == 0) {
            enum cli_next next = take_option(cli, argc, argv, &i);

            if (next != CLI_RUN)
                return next;
        } else if (!words_only && word[0] == '-' && word[1] != '\0') {
            return bad(cli, "unknown option %s", word);
        } else if (cli->word_count == CLI_WORD_MAX) {
            return bad(cli, "more than %d words", CLI_WORD_MAX);
        } else {
            cli->words[cli->word_count++] = word;
        }
    }
    return CLI_RUN;
}

const char *cli_version(void)
{
    return LOYALD_VERSION;
}

const char *cli_config_path(const struct cli *cli, const char *default_path)
{
    if (cli->config_path)
        return cli->config_path; /* asked for by name: when it is not there, reading it says so */
    return default_path && access(default_path, F_OK) == 0 ? default_path : NULL;
}
