/* SPDX-License-Identifier: Apache-2.0 */
/* sim_program - what the simulated devices do alike as programs: the command line, the loop until a signal ends it,
 * commands from a socket or from standard input. Inside drivers/sim. */
#ifndef LOYALD_SIM_SIM_PROGRAM_H
#define LOYALD_SIM_SIM_PROGRAM_H

#include "agent/base/cli.h"
#include "agent/base/errmsg.h"
#include "agent/base/status.h"

struct loop;
struct sim_control;
struct sim_program;

/* One that runs. */
struct sim_run {
    const struct sim_program *program;
    void *context;            /* of the program: its words and settings */
    const char *control_path; /* "": standard input; set by read, valid as long as context */
    struct loop *loop;
    void *device; /* set by create */
    struct sim_control *control;
};

struct sim_program {
    const char *name, *usage;
    const struct option_spec *options;
    /* Makes settings of the configuration and the words of the command line. */
    enum status (*read)(struct sim_run *run, const struct cli *cli, struct errmsg *err);
    /* Makes the device on the run's loop; what it answers to commands goes to sim_run_answer, with the run. */
    enum status (*create)(struct sim_run *run, struct errmsg *err);
    void (*command)(void *device, const char *line);
    void (*destroy)(void *device); /* accepts NULL */
};

/* Returns the exit status. */
int sim_program_run(const struct sim_program *program, const struct cli_option *extra, void *context, int argc,
                    char **argv);
void sim_run_answer(void *run, const char *answer);

#endif
