/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sim_scanner_run - "loyal-sim scanner": the simulated scanner as a program, commanded through standard input or a
 * socket.
 */
#include "agent/base/config.h"
#include "drivers/sim/sim.h"
#include "drivers/sim/sim_program.h"
#include "drivers/sim/sim_pty.h"
#include "drivers/sim/sim_scanner.h"
#include "drivers/sim/sim_words.h"

#include <stdio.h>
#include <stdlib.h>

static const char usage[] =
    "usage: loyal-sim scanner --link PATH [OPTIONS]\n"
    "\n"
    "Simulates a barcode scanner. PATH becomes a link to its pty: give the agent tty:PATH.\n"
    "  --link PATH         where the scanner appears\n"
    "  --control SOCKET    take commands from clients of this Unix socket; without it from standard input\n"
    "  --baud N            type at the speed of such a line; 0: at once\n"
    "  --family WORD       ascii, ssi, honeywell, datalogic, stripe, em4100, desk or pn532\n"
    "  --code-ids WORD     none or aim: whether codes begin with ]E0 and the like\n"
    "  --suffix WORD       cr, crlf, lf, tab, stx (from STX to ETX) or none\n"
    "  --config FILE       read these options from section [scanner] of an INI file; the command line wins\n"
    "  --state-dir DIR     where paths that are not absolute start; made when it is missing\n"
    "  --help, --version, --sample-config\n"
    "\n"
    "Commands, one a line, each answered by \"ok\" and the Unix time in ns of the last byte, or \"error\" and why:\n"
    "  scan CODE           a code as read from paper; its kind is guessed, or given as in ]Q1https://a.example\n"
    "  raw HEX             bytes\n"
    "  half TEXT           text without a suffix: a code that breaks off\n"
    "  garbage N SEED      N random bytes\n"
    "  oversize N          N letters in one code\n"
    "  damage N            one bit is wrong in each of the next N scans\n"
    "  ignore N            the next N acknowledgements are not heard (ssi)\n"
    "  mangle on|off       every byte comes as by a wrong baud rate\n"
    "  wait MS             nothing, for so long\n"
    "  unplug, plug        the cable\n";

struct settings {
    char link[CONFIG_TEXT_MAX];
    char control[CONFIG_TEXT_MAX];
    int64_t baud;
    int64_t family;
    int64_t code_ids;
    int64_t suffix;
};

#define SUFFIX_CHOICES "cr|crlf|lf|tab|stx|none"
static const char *const suffixes[] = {"\r", "\r\n", "\n", "\t", "\x02", ""};

static const struct option_spec options[] = {
    {"scanner", "link", OPTION_TEXT, offsetof(struct settings, link), 0, SIM_PATH_BYTES_MAX - 1, NULL, "",
     "Path at which the scanner appears, a link to its pty."},
    {"scanner", "control", OPTION_TEXT, offsetof(struct settings, control), 0, SIM_PATH_BYTES_MAX - 1, NULL, "",
     "Unix socket for commands; without it they come from standard input."},
    {"scanner", "baud", OPTION_INT, offsetof(struct settings, baud), 0, 4000000, NULL, "0",
     "Speed of the line, ten bits a byte; 0 is as fast as it goes."},
    {"scanner", "family", OPTION_ENUM, offsetof(struct settings, family), 0, 0, SIM_FAMILY_CHOICES, "ascii",
     "What the scanner or reader speaks."},
    {"scanner", "code_ids", OPTION_ENUM, offsetof(struct settings, code_ids), 0, 0, "none|aim", "aim",
     "Whether codes begin with their AIM identifier."},
    {"scanner", "suffix", OPTION_ENUM, offsetof(struct settings, suffix), 0, 0, SUFFIX_CHOICES, "cr",
     "What ends a code."},
    {.section = NULL},
};

/* The words of the command line; NULL where none was given. */
struct words {
    const char *link, *control, *baud, *code_ids, *suffix, *family;
};

static enum status take_words(const struct words *words, struct settings *settings, struct errmsg *err)
{
    enum status st = sim_take_choice("family", SIM_FAMILY_CHOICES, words->family, &settings->family, err);
    char *end = NULL;

    if (st == ST_OK)
        st = sim_take_choice("code-ids", "none|aim", words->code_ids, &settings->code_ids, err);
    if (st == ST_OK)
        st = sim_take_choice("suffix", SUFFIX_CHOICES, words->suffix, &settings->suffix, err);
    if (st == ST_OK && words->baud) {
        settings->baud = strtoll(words->baud, &end, 10);
        if (*end || end == words->baud || settings->baud < 0 || settings->baud > 4000000) {
            errmsg_set(err, "--baud %.40s: must be a number from 0 to 4000000", words->baud);
            st = ST_INVALID;
        }
    }
    return st;
}

/* What the program was given. */
struct given {
    struct words words;
    struct settings settings;
};

static enum status read_settings(struct sim_run *run, const struct cli *cli, struct errmsg *err)
{
    struct given *given = run->context;
    const struct words *words = &given->words;
    struct settings *settings = &given->settings;
    enum status st = config_load(options, cli->config_path, settings, sizeof *settings, err);

    if (st == ST_OK)
        st = take_words(words, settings, err);
    if (st == ST_OK)
        st = sim_take_path(cli->state_dir, words->link, settings->link, err);
    if (st == ST_OK)
        st = sim_take_path(cli->state_dir, words->control, settings->control, err);
    run->control_path = settings->control;
    if (st == ST_OK && !settings->link[0]) {
        errmsg_set(err, "--link is missing: where is the scanner to appear?");
        st = ST_INVALID;
    }
    return st;
}

static enum status create(struct sim_run *run, struct errmsg *err)
{
    const struct given *given = run->context;
    const struct settings *settings = &given->settings;
    struct sim_scanner *device = NULL;
    struct sim_scanner_options scanner = {
        .loop = run->loop,
        .link_path = settings->link,
        .baud = settings->baud,
        .family = (enum sim_family_id)settings->family,
        .code_ids = settings->code_ids != 0,
        .suffix = suffixes[settings->suffix],
        .on_answer = sim_run_answer,
        .context = run,
    };
    enum status st = sim_scanner_create(&scanner, &device, err);

    run->device = device;
    return st;
}

static void command(void *device, const char *line)
{
    sim_scanner_command(device, line);
}

static void destroy(void *device)
{
    sim_scanner_destroy(device);
}

int sim_scanner_run(int argc, char **argv)
{
    static const struct sim_program program = {
        "loyal-sim scanner", usage, options, read_settings, create, command, destroy};
    struct given given = {.words = {0}};
    const struct cli_option extra[] = {{"link", &given.words.link, NULL},
                                       {"control", &given.words.control, NULL},
                                       {"baud", &given.words.baud, NULL},
                                       {"code-ids", &given.words.code_ids, NULL},
                                       {"suffix", &given.words.suffix, NULL},
                                       {"family", &given.words.family, NULL},
                                       {NULL, NULL, NULL}};

    return sim_program_run(&program, extra, &given, argc, argv);
}
