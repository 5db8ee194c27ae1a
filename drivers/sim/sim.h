/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sim - the devices a till talks to, as programs: each sits at the far end of a pty and behaves as the real thing
 * does.
 *
 * One program, loyal-sim, with a subcommand per device. A subcommand is one line in main.c's table and one run
 * function, which gets its own words (argv[0] is the subcommand's name), reads them through agent/base/cli.h and
 * returns the exit status.
 */
#ifndef LOYALD_SIM_SIM_H
#define LOYALD_SIM_SIM_H

struct sim_command {
    const char *name; /* NULL ends the table */
    const char *help; /* one line for loyal-sim --help */
    int (*run)(int argc, char **argv);
};

extern int sim_scanner_run(int argc, char **argv);
extern int sim_printer_run(int argc, char **argv);
extern int sim_display_run(int argc, char **argv);
extern int sim_shop_run(int argc, char **argv);
extern int sim_tell_run(int argc, char **argv);

#endif
