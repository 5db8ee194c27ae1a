/* SPDX-License-Identifier: Apache-2.0 */
#include "drivers/sim/sim_program.h"

#include "agent/base/file.h"
#include "agent/net/loop.h"
#include "drivers/sim/sim_control.h"

#include <stdio.h>

static void on_stop(void *context)
{
    struct sim_run *run = context;

    loop_stop(run->loop);
}

static void on_command(void *context, const char *line)
{
    struct sim_run *run = context;

    run->program->command(run->device, line);
}

void sim_run_answer(void *context, const char *answer)
{
    struct sim_run *run = context;

    sim_control_answer(run->control, answer);
}

static enum status start(struct sim_run *run, struct errmsg *err)
{
    enum status st = loop_create(&run->loop, err);

    if (st == ST_OK)
        st = loop_on_stop_signal(run->loop, on_stop, run, err);
    if (st == ST_OK)
        st = run->program->create(run, err);
    if (st == ST_OK)
        st = sim_control_create(run->loop, run->control_path[0] ? run->control_path : NULL, on_command, run,
                                &run->control, err);
    return st;
}

int sim_program_run(const struct sim_program *program, const struct cli_option *extra, void *context, int argc,
                    char **argv)
{
    struct cli cli = {.program = program->name, .usage = program->usage, .options = program->options, .extra = extra};
    struct errmsg err = ERRMSG_INIT;
    struct sim_run run = {.program = program, .context = context, .control_path = ""};
    enum cli_next next = cli_parse(&cli, argc, argv);
    enum status st;

    if (next != CLI_RUN)
        return next == CLI_DONE ? 0 : 2;
    if (cli.word_count > 0) {
        (void)fprintf(stderr, "%s: \"%s\" is no option; try --help\n", program->name, cli.words[0]);
        return 2;
    }
    st = program->read(&run, &cli, &err);
    if (st == ST_OK && cli.state_dir)
        st = file_mkdir(cli.state_dir, 0755, &err);
    if (st == ST_OK)
        st = start(&run, &err);
    if (st == ST_OK)
        loop_run(run.loop);
    else
        (void)fprintf(stderr, "%s: %s\n", program->name, err.text[0] ? err.text : status_text(st));
    sim_control_destroy(run.control);
    program->destroy(run.device);
    loop_destroy(run.loop);
    return st == ST_OK ? 0 : 1;
}
