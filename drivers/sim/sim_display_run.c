/* SPDX-License-Identifier: Apache-2.0 */
/* sim_display_run - "loyal-sim display": the simulated customer display as a program. */
#include "agent/base/cli.h"
#include "agent/base/config.h"
#include "agent/base/file.h"
#include "agent/net/loop.h"
#include "drivers/sim/sim.h"
#include "drivers/sim/sim_control.h"
#include "drivers/sim/sim_display.h"
#include "drivers/sim/sim_pty.h"
#include "drivers/sim/sim_words.h"

#include <stdio.h>

#define SET_CHOICES "epson|cd5220"

enum { COLUMNS_MIN = 16 };

static const char program[] = "loyal-sim display";

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

static enum status read_settings(const struct cli *cli, const struct words *words, struct settings *settings,
                                 struct errmsg *err)
{
    enum status st = config_load(options, cli->config_path, settings, sizeof *settings, err);

    if (st == ST_OK && cli->state_dir)
        st = file_mkdir(cli->state_dir, 0755, err);
    if (st == ST_OK)
        st = sim_take_path(cli->state_dir, words->link, settings->link, err);
    if (st == ST_OK)
        st = sim_take_path(cli->state_dir, words->control, settings->control, err);
    if (st == ST_OK)
        st = sim_take_choice("set", SET_CHOICES, words->set, &settings->set, err);
    if (st == ST_OK && !settings->link[0]) {
        errmsg_set(err, "--link is missing: where is the display to appear?");
        st = ST_INVALID;
    }
    return st;
}

struct run {
    struct loop *loop;
    struct sim_display *display;
    struct sim_control *control;
};

static void on_stop(void *context)
{
    struct run *run = context;

    loop_stop(run->loop);
}

static void on_command(void *context, const char *line)
{
    struct run *run = context;

    sim_display_command(run->display, line);
}

static void on_answer(void *context, const char *answer)
{
    struct run *run = context;

    sim_control_answer(run->control, answer);
}

static void on_rows(void *context, const char *top, const char *bottom)
{
    (void)context;
    printf("|%s|\n|%s|\n\n", top, bottom);
    (void)fflush(stdout);
}

static enum status start(struct run *run, const struct settings *settings, struct errmsg *err)
{
    struct sim_display_options display = {.link_path = settings->link,
                                          .set = (enum sim_pole_set)settings->set,
                                          .columns = (int)settings->columns,
                                          .on_answer = on_answer,
                                          .on_rows = settings->control[0] ? on_rows : NULL,
                                          .context = run};
    enum status st = loop_create(&run->loop, err);

    display.loop = run->loop;
    if (st == ST_OK)
        st = loop_on_stop_signal(run->loop, on_stop, run, err);
    if (st == ST_OK)
        st = sim_display_create(&display, &run->display, err);
    if (st == ST_OK)
        st = sim_control_create(run->loop, settings->control[0] ? settings->control : NULL, on_command, run,
                                &run->control, err);
    return st;
}

int sim_display_run(int argc, char **argv)
{
    struct words words = {0};
    const struct cli_option extra[] = {{"link", &words.link, NULL},
                                       {"control", &words.control, NULL},
                                       {"set", &words.set, NULL},
                                       {NULL, NULL, NULL}};
    struct cli cli = {.program = program, .usage = usage, .options = options, .extra = extra};
    struct settings settings;
    struct errmsg err = ERRMSG_INIT;
    struct run run = {0};
    enum cli_next next = cli_parse(&cli, argc, argv);
    enum status st;

    if (next != CLI_RUN)
        return next == CLI_DONE ? 0 : 2;
    if (cli.word_count > 0) {
        (void)fprintf(stderr, "%s: \"%s\" is no option; try --help\n", program, cli.words[0]);
        return 2;
    }
    st = read_settings(&cli, &words, &settings, &err);
    if (st == ST_OK)
        st = start(&run, &settings, &err);
    if (st == ST_OK)
        loop_run(run.loop);
    else
        (void)fprintf(stderr, "%s: %s\n", program, err.text[0] ? err.text : status_text(st));
    sim_control_destroy(run.control);
    sim_display_destroy(run.display);
    loop_destroy(run.loop);
    return st == ST_OK ? 0 : 1;
}
