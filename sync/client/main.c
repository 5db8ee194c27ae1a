/* SPDX-License-Identifier: Apache-2.0 */
/* loyald-sync, the program: command line, configuration, state directory, loop. */
#include <curl/curl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/base/cli.h"
#include "agent/base/file.h"
#include "agent/base/log.h"
#include "agent/net/loop.h"
#include "agent/net/service.h"
#include "sync/client/client.h"
#include "sync/client/client_config.h"
#include "sync/client/environment.h"

static const char program[] = "loyald-sync";
static const char default_config[] = "/etc/loyald/loyald-sync.conf";
static const char default_state_dir[] = "/var/lib/loyald-sync";

static const char usage[] = "Usage: loyald-sync [--config FILE] [--state-dir DIR]\n"
                            "Carries the requests of loyald on this till to the central, and its answers back.\n"
                            "\n"
                            "  --config FILE     configuration, default /etc/loyald/loyald-sync.conf when it exists\n"
                            "  --state-dir DIR   key and certificate of this till, default /var/lib/loyald-sync\n"
                            "  --sample-config   print a configuration file with all options and end\n"
                            "  --version         print the version and end\n"
                            "  --help            print this and end\n"
                            "\n"
                            "It runs in the foreground, logs to standard error and ends on SIGTERM.\n";

static void stop(void *context)
{
    log_info("daemon-11", "stopping");
    loop_stop(context);
}

static enum status run(struct loop *loop, const struct client_config *config, const char *state_dir,
                       struct errmsg *err)
{
    const struct client_options options = {.loop = loop,
                                           .url = config->url,
                                           .ca_file = config->ca_file,
                                           .proxy = config->proxy,
                                           .connect_timeout_ms = config->connect_timeout_ms,
                                           .socket_path = config->socket,
                                           .state_dir = state_dir,
                                           .renew_spread_ms = config->renew_spread_s * 1000};
    struct client *client = NULL;
    struct loop_timer *watchdog = NULL;
    enum status st = loop_on_stop_signal(loop, stop, loop, err);

    if (st == ST_OK)
        st = client_create(&options, &client, err);
    if (st == ST_OK)
        st = service_watchdog_start(loop, &watchdog, err);
    if (st != ST_OK) {
        client_destroy(client);
        return st;
    }
    if (!config->url[0])
        log_warn("daemon-12", "no central is configured: set url in [central]");
    log_info("daemon-13", "started socket=%s central=%s", config->socket, config->url[0] ? config->url : "none");
    service_notify("READY=1");
    loop_run(loop);
    service_notify("STOPPING=1");
    loop_timer_destroy(watchdog);
    client_destroy(client);
    return ST_OK;
}

static enum status run_locked(const struct client_config *config, const char *state_dir, struct errmsg *err)
{
    struct loop *loop = NULL;
    int lock = -1;
    enum status st = file_mkdir(state_dir, 0700, err);

    if (st == ST_OK)
        st = file_lock_dir(state_dir, program, &lock, err);
    if (st == ST_OK)
        st = loop_create(&loop, err);
    if (st == ST_OK)
        st = run(loop, config, state_dir, err);
    loop_destroy(loop);
    if (lock >= 0)
        (void)close(lock);
    return st;
}

int main(int argc, char **argv)
{
    struct cli cli = {.program = program, .usage = usage, .options = client_config_options};
    struct client_config config;
    struct errmsg err = ERRMSG_INIT;
    enum cli_next next = cli_parse(&cli, argc, argv);
    enum status st;

    if (next == CLI_DONE)
        return 0;
    if (next == CLI_BAD || cli.word_count > 0) {
        if (next != CLI_BAD)
            fprintf(stderr, "%s: \"%s\" is no option; try %s --help\n", program, cli.words[0], program);
        return 2;
    }
    st = config_load(client_config_options, cli_config_path(&cli, default_config), &config, sizeof config, &err);
    if (st != ST_OK) {
        fprintf(stderr, "%s: %s\n", program, err.text);
        return 2;
    }
    log_set_level((enum log_level)config.log_level);
    (void)umask(0077); /* a private key lives here */
    environment_clean();
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
        fprintf(stderr, "%s: libcurl does not start\n", program);
        return 1;
    }
    st = run_locked(&config, cli.state_dir ? cli.state_dir : default_state_dir, &err);
    curl_global_cleanup();
    if (st != ST_OK) {
        log_error("daemon-14", "%s", err.text);
        return 1;
    }
    return 0;
}
