/* SPDX-License-Identifier: Apache-2.0 */
/* sim_printer_run - "loyal-sim printer": the simulated printer as a program. */
#include "agent/base/config.h"
#include "drivers/sim/sim.h"
#include "drivers/sim/sim_charset.h"
#include "drivers/sim/sim_printer.h"
#include "drivers/sim/sim_program.h"
#include "drivers/sim/sim_pty.h"
#include "drivers/sim/sim_words.h"

#include <stdio.h>

static const char usage[] =
    "usage: loyal-sim printer --link PATH --out DIR [OPTIONS]\n"
    "\n"
    "Simulates a receipt printer. PATH becomes a link to its pty: give the agent tty:PATH. Each slip it cuts is\n"
    "written to DIR as slip-NNNN.txt, .svg and .json.\n"
    "  --link PATH         where the printer appears\n"
    "  --out DIR           where the slips go; made when it is missing\n"
    "  --control SOCKET    take commands from clients of this Unix socket; without it from standard input\n"
    "  --profile NAME      epson-tm-t20iii (48 columns), epson-tm-t88v (42), rongta-rp326 (42, comes up in Chinese\n"
    "                      mode), generic-58mm (32, likewise), star-tsp600 (42, Star's Line Mode)\n"
    "  --star              the same as --profile star-tsp600\n"
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
    bool star;
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
        st = sim_take_path(cli->state_dir, words->out, settings->out, err);
    if (st == ST_OK)
        st = sim_take_path(cli->state_dir, words->control, settings->control, err);
    if (st != ST_OK)
        return st;
    run->control_path = settings->control;
    if (words->star)
        (void)snprintf(settings->profile, sizeof settings->profile, "star-tsp600");
    if (words->profile)
        (void)snprintf(settings->profile, sizeof settings->profile, "%.40s", words->profile);
    if (!settings->link[0] || !settings->out[0]) {
        errmsg_set(err, "--%s is missing: where %s?", settings->link[0] ? "out" : "link",
                   settings->link[0] ? "are the slips to go" : "is the printer to appear");
        return ST_INVALID;
    }
    return ST_OK;
}

static enum status create(struct sim_run *run, struct errmsg *err)
{
    const struct given *given = run->context;
    const struct settings *settings = &given->settings;
    struct sim_printer *device = NULL;
    struct sim_printer_options printer = {.loop = run->loop,
                                          .link_path = settings->link,
                                          .out_dir = settings->out,
                                          .profile = settings->profile,
                                          .on_answer = sim_run_answer,
                                          .context = run};
    enum status st = sim_printer_create(&printer, &device, err);

    run->device = device;
    return st;
}

static void command(void *device, const char *line)
{
    sim_printer_command(device, line);
}

static void destroy(void *device)
{
    sim_printer_destroy(device);
}

int sim_printer_run(int argc, char **argv)
{
    static const struct sim_program program = {
        "loyal-sim printer", usage, options, read_settings, create, command, destroy};
    struct given given = {.words = {0}};
    const struct cli_option extra[] = {
        {"link", &given.words.link, NULL},       {"out", &given.words.out, NULL},
        {"control", &given.words.control, NULL}, {"profile", &given.words.profile, NULL},
        {"star", NULL, &given.words.star},       {NULL, NULL, NULL}};

    return sim_program_run(&program, extra, &given, argc, argv);
}
