/* SPDX-License-Identifier: Apache-2.0 */
/* loyald - the till's daemon: reads scanners, works out discounts, journals sales, prints receipts, answers the local
 * API. */
#include "agent/base/cli.h"
#include "agent/base/log.h"
#include "agent/daemon/parts.h"
#include "agent/net/loop.h"
#include "agent/net/service.h"

#include <stdio.h>
#include <stdlib.h>

#define DEFAULT_CONFIG  "/etc/loyald/loyald.conf"
#define DEFAULT_STATE   "/var/lib/loyald"
#define DEFAULT_RUNTIME "/run/loyald"

/* Exit status: 0 stopped as asked, 1 could not start or go on, 2 wrong usage. */

static const char usage[] =
    "usage: loyald [--config FILE] [--state-dir DIR]\n"
    "\n"
    "The loyalty agent of a till.\n"
    "\n"
    "  --config FILE     settings, an INI file (default " DEFAULT_CONFIG ", if it is there)\n"
    "  --state-dir DIR   databases and, unless set otherwise, sockets in DIR/run (default " DEFAULT_STATE ")\n"
    "  --sample-config   print every setting with its default and meaning\n"
    "  --check-config    read the settings, say what is wrong, and end\n"
    "  --help, --version\n";

static void on_stop(void *context)
{
    struct parts *parts = context;

    log_info("daemon-01", "stopping");
    service_notify("STOPPING=1");
    loop_stop(parts->loop);
}

static enum status load(const struct cli *cli, struct parts *parts, struct errmsg *err)
{
    const char *state_dir = cli->state_dir ? cli->state_dir : DEFAULT_STATE;
    enum status st = config_load(loyald_options, cli_config_path(cli, DEFAULT_CONFIG), &parts->options,
                                 sizeof parts->options, err);

    if (st != ST_OK)
        return st;
    log_set_level((enum log_level)parts->options.log_level);
    (void)snprintf(parts->state_dir, sizeof parts->state_dir, "%s", state_dir);
    if (parts->options.runtime_dir[0] != '\0')
        (void)snprintf(parts->runtime_dir, sizeof parts->runtime_dir, "%s", parts->options.runtime_dir);
    else if (cli->state_dir)
        (void)snprintf(parts->runtime_dir, sizeof parts->runtime_dir, "%.500s/run", state_dir);
    else
        (void)snprintf(parts->runtime_dir, sizeof parts->runtime_dir, "%s", DEFAULT_RUNTIME);
    return ST_OK;
}

static int run(struct parts *parts)
{
    struct errmsg err = ERRMSG_INIT;
    enum status st = parts_start(parts, &err);

    if (st == ST_OK)
        st = loop_on_stop_signal(parts->loop, on_stop, parts, &err);
    if (st == ST_OK) {
        log_info("daemon-02", "ready state_dir=%s", parts->state_dir);
        service_notify("READY=1");
        loop_run(parts->loop);
    } else {
        log_error("daemon-03", "%s", err.text[0] != '\0' ? err.text : status_text(st));
    }
    parts_stop(parts);
    return st == ST_OK && !parts->failed ? EXIT_SUCCESS : EXIT_FAILURE;
}

int main(int argc, char **argv)
{
    static struct parts parts = {.lock_fd = -1}; /* large, and the only one of this process */
    bool check = false;
    const struct cli_option extra[] = {{"check-config", NULL, &check}, {NULL, NULL, NULL}};
    struct cli cli = {.program = "loyald", .usage = usage, .options = loyald_options, .extra = extra};
    struct errmsg err = ERRMSG_INIT;

    switch (cli_parse(&cli, argc, argv)) {
    case CLI_DONE:
        return EXIT_SUCCESS;
    case CLI_BAD:
        return 2;
    case CLI_RUN:
        break;
    }
    if (cli.word_count > 0) {
        (void)fprintf(stderr, "loyald: what is \"%s\"? See loyald --help\n", cli.words[0]);
        return 2;
    }
    if (load(&cli, &parts, &err) != ST_OK) {
        (void)fprintf(stderr, "loyald: %s\n", err.text);
        return EXIT_FAILURE;
    }
    if (check)
        return EXIT_SUCCESS;
    if (service_sockets_take(&parts.sockets, &err) != ST_OK) {
        (void)fprintf(stderr, "loyald: %s\n", err.text);
        return EXIT_FAILURE;
    }
    return run(&parts);
}
