/* SPDX-License-Identifier: Apache-2.0 */
/* sim_printer_run - "loyal-sim printer": the simulated printer as a program. */
#include "agent/base/cli.h"
#include "agent/base/config.h"
#include "agent/base/file.h"
#include "agent/net/loop.h"
#include "drivers/sim/sim.h"
#include "drivers/sim/sim_charset.h"
#include "drivers/sim/sim_control.h"
#include "drivers/sim/sim_printer.h"
#include "drivers/sim/sim_pty.h"
#include "drivers/sim/sim_words.h"

#include <stdio.h>
#include <string.h>

static const char program[] = "loyal-sim printer";

static const char usage[] =
    "usage: loyal-sim printer --link PATH --out DIR [OPTIONS]\n"
    "\n"
    "Simulates a receipt printer. PATH becomes a link to its pty: give the agent tty:PATH. Each slip it cuts is\n"
    "written to DIR as slip-NNNN.txt, .svg and .json.\n"
    "  --link PATH         where the printer appears\n"
    "  --out DIR           where the slips go; made when it is missing\n"
    "  --control SOCKET    take commands from clients of this Unix socket; without it from standard input\n"
    "  --profile NAME      epson-tm-t20iii (48 columns), epson-tm-t88v (42), rongta-rp326 (42, comes up in Chinese\n"
    "                      mode), generic-58mm (32, likewise)\n"
    "  --config FILE       read these options from section [printer] of an INI file; the command line wins\n"
    "  --state-dir DIR     where paths that are not absolute start; made when it is missing\n"
    "  --help, --version, --sample-config\n"
    "\n"
    "Commands, one a line, each answered by \"ok ...\" or \"error\" and why:\n"
    "  paper ok|low|out    paper N: out after N more lines\n"
    "  cover open|closed\n"
    "  busy on|off         online and answering, but printing nothing more: a slow mechanism\n"
    "  stall, resume       it reads and answers nothing, as when hung\n"
    "  power-cycle         its memory is lost; silent for 1.5 s\n"
    "  unplug, plug        the cable\n"
    "  tear                ends a slip that no cut has ended\n"
    "  slips               how many were cut\n"
    "  state               all of it in one line\n";

struct settings {
    char link[CONFIG_TEXT_MAX];
    char out[CONFIG_TEXT_MAX];
    char control[CONFIG_TEXT_MAX];
    char profile[CONFIG_TEXT_MAX];
};

static const struct option_spec options[] = {
    {"printer", "link", OPTION_TEXT, offsetof(struct settings, link), 0, SIM_PATH_BYTES_MAX - 1, NULL, "",
     "Path at which the printer appears, a link to its pty."},
    {"printer", "out", OPTION_TEXT, offsetof(struct settings, out), 0, SIM_PATH_BYTES_MAX - 1, NULL, "",
     "Folder of the slips."},
    {"printer", "control", OPTION_TEXT, offsetof(struct settings, control), 0, SIM_PATH_BYTES_MAX - 1, NULL, "",
     "Unix socket for commands; without it they come from standard input."},
    {"printer", "profile", OPTION_TEXT, offsetof(struct settings, profile), 0, 40, NULL, "epson-tm-t20iii",
     "Model of the printer."},
    {.section = NULL},
};

struct words {
    const char *link, *out, *control, *profile;
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
        st = sim_take_path(cli->state_dir, words->out, settings->out, err);
    if (st == ST_OK)
        st = sim_take_path(cli->state_dir, words->control, settings->control, err);
    if (st != ST_OK)
        return st;
    if (words->profile)
        (void)snprintf(settings->profile, sizeof settings->profile, "%.40s", words->profile);
    if (!settings->link[0] || !settings->out[0]) {
        errmsg_set(err, "--%s is missing: where %s?", settings->link[0] ? "out" : "link",
                   settings->link[0] ? "are the slips to go" : "is the printer to appear");
        return ST_INVALID;
    }
    return ST_OK;
}

struct run {
    struct loop *loop;
    struct sim_printer *printer;
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

    sim_printer_command(run->printer, line);
}

static void on_answer(void *context, const char *answer)
{
    struct run *run = context;

    sim_control_answer(run->control, answer);
}

static enum status start(struct run *run, const struct settings *settings, struct errmsg *err)
{
    struct sim_printer_options printer = {.link_path = settings->link,
                                          .out_dir = settings->out,
                                          .profile = settings->profile,
                                          .on_answer = on_answer,
                                          .context = run};
    enum status st = loop_create(&run->loop, err);

    printer.loop = run->loop;
    if (st == ST_OK)
        st = loop_on_stop_signal(run->loop, on_stop, run, err);
    if (st == ST_OK)
        st = sim_printer_create(&printer, &run->printer, err);
    if (st == ST_OK)
        st = sim_control_create(run->loop, settings->control[0] ? settings->control : NULL, on_command, run,
                                &run->control, err);
    return st;
}

int sim_printer_run(int argc, char **argv)
{
    struct words words = {0};
    const struct cli_option extra[] = {{"link", &words.link, NULL},
                                       {"out", &words.out, NULL},
                                       {"control", &words.control, NULL},
                                       {"profile", &words.profile, NULL},
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
    sim_printer_destroy(run.printer);
    loop_destroy(run.loop);
    return st == ST_OK ? 0 : 1;
}
