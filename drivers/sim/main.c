/* SPDX-License-Identifier: Apache-2.0 */
/*
 * loyal-sim - the devices of a till, and its shoppers, simulated: a table of subcommands and nothing else.
 */
#include "agent/base/cli.h"
#include "agent/base/strbuf.h"
#include "drivers/sim/sim.h"

#include <stdio.h>
#include <string.h>

enum { USAGE_BYTES_MAX = 8 * 1024 };

/* One line per device. */
static const struct sim_command commands[] = {
    {"scanner", "a barcode scanner that types the codes it is told to", sim_scanner_run},
    {"printer", "a receipt printer that draws what it prints", sim_printer_run},
    {"display", "a customer display that shows two lines", sim_display_run},
    {"shop", "a till full of shoppers: the POS that sells to them", sim_shop_run},
    {"tell", "one command to a simulated device, its answer printed", sim_tell_run},
    {NULL, NULL, NULL},
};

static void write_usage(struct strbuf *out)
{
    strbuf_puts(out, "usage: loyal-sim DEVICE [OPTIONS]\n"
                     "\n"
                     "Simulates a device of the till on a pty. Devices:\n");
    for (const struct sim_command *command = commands; command->name; command++)
        strbuf_printf(out, "  %-10s %s\n", command->name, command->help);
    strbuf_puts(out, "\n"
                     "Each device has options of its own: loyal-sim DEVICE --help. All of them take:\n"
                     "  --config FILE      read options from an INI file; the command line wins\n"
                     "  --state-dir DIR    where paths that are not absolute start\n"
                     "  --help, --version, --sample-config\n");
}

static const struct sim_command *find_command(const char *name)
{
    for (const struct sim_command *command = commands; command->name; command++)
        if (strcmp(command->name, name) == 0)
            return command;
    return NULL;
}

/* Without a device there is only --help or --version to answer, or a mistake to explain. */
static int run_without_device(int argc, char **argv, const char *usage)
{
    struct cli cli = {.program = "loyal-sim", .usage = usage};

    switch (cli_parse(&cli, argc, argv)) {
    case CLI_DONE:
        return 0;
    case CLI_BAD:
        return 2;
    case CLI_RUN:
        break;
    }
    if (cli.word_count > 0)
        (void)fprintf(stderr, "loyal-sim: \"%s\" is no device\n%s", cli.words[0], usage);
    else
        (void)fprintf(stderr, "loyal-sim: which device?\n%s", usage);
    return 2;
}

int main(int argc, char **argv)
{
    struct strbuf usage = STRBUF_INIT(USAGE_BYTES_MAX);
    const struct sim_command *command = argc > 1 ? find_command(argv[1]) : NULL;
    int code;

    if (command)
        return command->run(argc - 1, argv + 1);
    write_usage(&usage);
    code = run_without_device(argc, argv, strbuf_text(&usage));
    strbuf_free(&usage);
    return code;
}
