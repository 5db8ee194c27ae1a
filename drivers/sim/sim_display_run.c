/* SPDX-License-Identifier: Apache-2.0 */
/* sim_display_run - "loyal-sim display": the simulated customer display as a program. */
#include "agent/base/config.h"
#include "drivers/sim/sim.h"
#include "drivers/sim/sim_display.h"
#include "drivers/sim/sim_program.h"
#include "drivers/sim/sim_pty.h"
#include "drivers/sim/sim_words.h"

#include <stdio.h>

#define SET_CHOICES "epson|cd5220"

enum { COLUMNS_MIN = 16 };

static const char usage[] =
    "usage: loyal-sim display --link PATH [OPTIONS]\n"
    "\n"
    "Simulates a customer display of two lines. PATH becomes a link to its pty: give the agent tty:PATH. With "
    "--control\n"
    "what is seen is printed whenever it changes.\n"
    "  --link PATH         where the display appears\n"
    "  --control SOCKET    take commands from clients of this Unix socket; without it from standard input\n"
    "  --set WORD          epson or cd5220: the commands it obeys; others are counted\n"
    "  --config FILE       read these options from section [display] of an INI file; the command line wins\n"
    "  --state-dir DIR     where paths that are not absolute start; made when it is missing\n"
    "  --help, --version, --sample-config\n"
    "\n"
    "Commands, one a line, each answered by \"ok ...\" or \"error\" and why:\n"
    "  show                what is seen, its lines in brackets\n"
    "  state               its line, its settings, and the commands it has obeyed, and has not known\n"
    "  stall, resume       it takes nothing\n"
    "  power-cycle         what was set and shown is lost\n"
    "  unplug, plug        the cable\n";

struct settings {
    char link[CONFIG_TEXT_MAX];
    char control[CONFIG_TEXT_MAX];
    int64_t set, columns;
};

static const struct option_spec options[] = {
    {"display", "link", OPTION_TEXT, offsetof(struct settings, link), 0, SIM_PATH_BYTES_MAX - 1, NULL, "",
     "Path at which the display appears, a link to its pty."},
    {"display", "control", OPTION_TEXT, offsetof(struct settings, control), 0, SIM_PATH_BYTES_MAX - 1, NULL, "",
     "Unix socket for commands; without it they come from standard input."},
    {"display", "set", OPTION_ENUM, offsetof(struct settings, set), 0, 0, SET_CHOICES, "epson",
     "The commands it obeys."},
    {"display", "columns", OPTION_INT, offsetof(struct settings, columns), COLUMNS_MIN, SIM_POLE_COLUMNS_MAX, NULL,
     "20", "Columns of a line."},
    {.section = NULL},
};

struct words {
    const char *link, *control, *set;
};

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
        st = sim_take_path(cli->state_dir, words->link, settings->link, err);
    if (st == ST_OK)
        st = sim_take_path(cli->state_dir, words->control, settings->control, err);
    if (st == ST_OK)
        st = sim_take_choice("set", SET_CHOICES, words->set, &settings->set, err);
    run->control_path = settings->control;
    if (st == ST_OK && !settings->link[0]) {
        errmsg_set(err, "--link is missing: where is the display to appear?");
        st = ST_INVALID;
    }
    return st;
}

static void on_rows(void *context, const char *top, const char *bottom)
{
    (void)context;
    printf("|%s|\n|%s|\n\n", top, bottom);
    (void)fflush(stdout);
}

static enum status create(struct sim_run *run, struct errmsg *err)
{
    const struct given *given = run->context;
    const struct settings *settings = &given->settings;
    struct sim_display *device = NULL;
    struct sim_display_options display = {.loop = run->loop,
                                          .link_path = settings->link,
                                          .set = (enum sim_pole_set)settings->set,
                                          .columns = (int)settings->columns,
                                          .on_answer = sim_run_answer,
                                          .on_rows = settings->control[0] ? on_rows : NULL,
                                          .context = run};
    enum status st = sim_display_create(&display, &device, err);

    run->device = device;
    return st;
}

static void command(void *device, const char *line)
{
    sim_display_command(device, line);
}

static void destroy(void *device)
{
    sim_display_destroy(device);
}

int sim_display_run(int argc, char **argv)
{
    static const struct sim_program program = {
        "loyal-sim display", usage, options, read_settings, create, command, destroy};
    struct given given = {.words = {0}};
    const struct cli_option extra[] = {{"link", &given.words.link, NULL},
                                       {"control", &given.words.control, NULL},
                                       {"set", &given.words.set, NULL},
                                       {NULL, NULL, NULL}};

    return sim_program_run(&program, extra, &given, argc, argv);
}
