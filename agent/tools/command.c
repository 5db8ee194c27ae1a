/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/tools/command.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define TEXT(field) offsetof(struct command_config, field)

const struct option_spec command_options[] = {
    {"loyald", "socket", OPTION_TEXT, TEXT(socket), 1, CONFIG_TEXT_MAX - 1, NULL, "/run/loyald/api.sock",
     "The socket of the local API."},
    {"loyald", "timeout_s", OPTION_INT, TEXT(timeout_s), 1, 3600, NULL, "30",
     "How long to wait for an answer; an enrolment has 150 s at least."},
    {"doctor", "loyald_config", OPTION_TEXT, TEXT(places.loyald_config), 1, CONFIG_TEXT_MAX - 1, NULL,
     "/etc/loyald/loyald.conf", "The settings of loyald that doctor reads."},
    {"doctor", "courier_config", OPTION_TEXT, TEXT(places.courier_config), 1, CONFIG_TEXT_MAX - 1, NULL,
     "/etc/loyald/loyald-sync.conf", "The settings of loyald-sync."},
    {"doctor", "state_dir", OPTION_TEXT, TEXT(places.state_dir), 1, CONFIG_TEXT_MAX - 1, NULL, "/var/lib/loyald",
     "The state directory of loyald."},
    {"doctor", "courier_state_dir", OPTION_TEXT, TEXT(places.courier_state_dir), 1, CONFIG_TEXT_MAX - 1, NULL,
     "/var/lib/loyald-sync", "The state directory of loyald-sync."},
    {"doctor", "user", OPTION_TEXT, TEXT(places.user), 1, 31, NULL, "_loyald", "The user that loyald runs as."},
    {"doctor", "courier_user", OPTION_TEXT, TEXT(places.courier_user), 1, 31, NULL, "_loyald-sync",
     "The user that loyald-sync runs as."},
    {"doctor", "udev_rules", OPTION_TEXT, TEXT(places.udev_rules), 1, CONFIG_TEXT_MAX - 1, NULL,
     "/lib/udev/rules.d/60-loyald.rules", "The rules that name the devices."},
    {"doctor", "storage_key", OPTION_TEXT, TEXT(places.storage_key), 1, CONFIG_TEXT_MAX - 1, NULL,
     "/etc/credstore.encrypted/loyald-sync.storage-key", "The credential that the till's TLS key is sealed with."},
    {"doctor", "tpm", OPTION_TEXT, TEXT(places.tpm), 1, CONFIG_TEXT_MAX - 1, NULL, "/dev/tpmrm0", "The machine's TPM 2."},
    {0},
};

void command_say(const char *format, ...)
{
    va_list args;

    fputs("loyalctl: ", stderr);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
}

int command_ask(const struct command_call *call, const char *method, const char *path, const char *body, size_t len,
                struct strbuf *out)
{
    struct errmsg err = ERRMSG_INIT;
    long http_status = 0;

    if (ask_call(&call->ask, method, path, body, len, out, &http_status, &err) != ST_OK) {
        command_say("%s", err.text);
        return EXIT_NO_DAEMON;
    }
    if (http_status / 100 == 2)
        return 0;
    ask_explain(strbuf_text(out), out->len, http_status, &err);
    command_say("%s", err.text);
    return EXIT_REFUSED;
}

int command_print_json(struct strbuf *json, int exit_status)
{
    if (strbuf_status(json) == ST_OK) {
        printf("%s\n", strbuf_text(json));
    } else {
        command_say("the answer as JSON: %s", status_text(strbuf_status(json)));
        exit_status = EXIT_REFUSED;
    }
    strbuf_free(json);
    return command_finish(exit_status);
}

int command_finish(int exit_status)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return exit_status;
    command_say("cannot write to standard output: %s", strerror(errno));
    return exit_status ? exit_status : EXIT_REFUSED;
}
