/* SPDX-License-Identifier: Apache-2.0 */
/* sim_tell_run - "loyal-sim tell": one command to a simulated device through its control socket. */
#include "agent/base/cli.h"
#include "agent/base/strbuf.h"
#include "drivers/sim/sim.h"
#include "drivers/sim/sim_hand.h"

#include <stdio.h>

static const char program[] = "loyal-sim tell";

static const char usage[] = "usage: loyal-sim tell --control SOCKET COMMAND [WORDS]\n"
                            "\n"
                            "Sends one command to a simulated device and prints its answer, as in\n"
                            "  loyal-sim tell --control printer.sock paper out\n"
                            "  --control SOCKET    control socket of the device\n"
                            "  --help, --version\n"
                            "\n"
                            "Exit status: 0 done, 1 refused by the device or not there, 2 wrong usage.\n";

static int tell(const char *control, const char *command)
{
    struct sim_hand hand = SIM_HAND_INIT(control);
    struct errmsg err = ERRMSG_INIT;
    enum status st = sim_hand_do(&hand, NULL, command, NULL, &err);

    if (st == ST_OK)
        (void)printf("%s\n", hand.answer);
    else
        (void)fprintf(stderr, "%s: %s\n", program, err.text);
    sim_hand_clear(&hand);
    return st == ST_OK ? 0 : 1;
}

int sim_tell_run(int argc, char **argv)
{
    const char *control = NULL;
    const struct cli_option extra[] = {{"control", &control, NULL}, {NULL, NULL, NULL}};
    struct cli cli = {.program = program, .usage = usage, .extra = extra};
    struct strbuf command = STRBUF_INIT(SIM_HAND_LINE_MAX - 2);
    enum cli_next next = cli_parse(&cli, argc, argv);
    int code = 2;

    if (next != CLI_RUN)
        return next == CLI_DONE ? 0 : 2;
    for (int i = 0; i < cli.word_count; i++)
        strbuf_printf(&command, "%s%s", i ? " " : "", cli.words[i]);
    if (!control || cli.word_count == 0 || strbuf_status(&command) != ST_OK)
        (void)fprintf(stderr, "%s: wants --control SOCKET and a command; try --help\n", program);
    else
        code = tell(control, strbuf_text(&command));
    strbuf_free(&command);
    return code;
}
