/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cli - what all five programs share on their command line: --help --version --config --state-dir --sample-config.
 * One more is for the build alone and in no help: --man-options, the options as the man pages list them.
 *
 * The program gives its usage text and its own long options; words that are not options are left in order.
 */
#ifndef LOYALD_BASE_CLI_H
#define LOYALD_BASE_CLI_H

#include "agent/base/config.h"
#include "agent/base/errmsg.h"

enum { CLI_EXTRA_MAX = 32, CLI_WORD_MAX = 64 };

enum cli_next {
    CLI_RUN,  /* go on */
    CLI_DONE, /* --help, --version, --sample-config answered: exit 0 */
    CLI_BAD,  /* usage said on standard error: exit 2 */
};

/* An option of the program's own: "--name VALUE" or "--name=VALUE", or a flag. */
struct cli_option {
    const char *name;   /* without the dashes; NULL ends the table */
    const char **value; /* of an option with a value; NULL for a flag */
    bool *flag;
};

struct cli {
    const char *program;
    const char *usage; /* whole text of --help, ends with a newline */
    const struct option_spec *options; /* for --sample-config; may be NULL */
    const struct cli_option *extra;    /* may be NULL */
    const char *config_path;           /* out: NULL when not given */
    const char *state_dir;             /* out: NULL when not given */
    const char *words[CLI_WORD_MAX];   /* out: views of argv */
    int word_count;
};

enum cli_next cli_parse(struct cli *cli, int argc, char **argv);
/* The version --version prints, "0.1.0". */
const char *cli_version(void);
/* The configuration file to read: --config, else default_path when it exists, else NULL. */
const char *cli_config_path(const struct cli *cli, const char *default_path);

#endif
