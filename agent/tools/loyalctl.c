/* SPDX-License-Identifier: Apache-2.0 */
/* loyalctl - the command line of store IT: a table of commands, each in its own file. */
#include "agent/tools/command.h"

#include "agent/base/cli.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

#include <curl/curl.h>

static const char usage[] =
    "loyalctl - asks and steers loyald, the loyalty agent of this till\n"
    "\n"
    "  loyalctl status [--json]           how the till is; exit 0 well, 1 warning, 2 critical, 3 not known\n"
    "  loyalctl totals [--json]           what this till has sold, from its journal\n"
    "  loyalctl doctor [--json] [--file FILE]  looks at everything, and names the command that mends it; exits as status\n"
    "  loyalctl check-config [--json]     reads the settings of loyald and loyald-sync, and says what is wrong; exits as status\n"
    "  loyalctl support-bundle [--file FILE] [--json]  one text file for who helps from afar; it is sent nowhere\n"
    "  loyalctl outbox [--json|--count]   what the central has not got yet; exits as status, with --count 0\n"
    "  loyalctl export-unsynced FILE [--json]  writes just that into a file, for a till that is replaced\n"
    "  loyalctl idle [--wait SECONDS] [--json]  exit 0 when no sale is open, waiting for that so long; 1 when one is\n"
    "  loyalctl enrol CODE                makes this till one of a chain, by the office's code\n"
    "  loyalctl shift show [--json]       the shift and what it has come to\n"
    "  loyalctl shift open|close [CASHIER]\n"
    "  loyalctl sale list [--json]        the sales that are open\n"
    "  loyalctl sale show ID [--json]     a sale, open or closed\n"
    "  loyalctl sale copy ID              prints a copy of its receipt\n"
    "  loyalctl why SALE [PROMOTION] [--json]  why promotions applied to a sale, or did not\n"
    "  loyalctl events                    follows scans, sales, notices and prints, one a line\n"
    "  loyalctl page [status] [--file FILE]  the address of the cashier or status page, or a file that leads there\n"
    "  loyalctl api METHOD PATH [BODY|-]  a raw call of the local API (- : body on standard input)\n"
    "  loyalctl devices list [--json]     how scanners, printer and display are, and how fresh that is; exits as status\n"
    "\n"
    "Devices, while loyald has them not open:\n"
    "  loyalctl devices scan [PORT...]    finds scanners (scan any code) and printers, and prints the configuration\n"
    "  loyalctl devices test-scan PORT    reads one code and says what it is\n"
    "  loyalctl devices monitor PORT      follows what is read; with --hex the bytes too\n"
    "  loyalctl devices record PORT FILE  writes what a device says, as a file that the tests replay\n"
    "  loyalctl devices test-print PORT [numbers]  prints a slip to look at; numbers: for a model nobody knows\n"
    "  loyalctl devices test-display PORT  shows two lines to compare, and the configuration\n"
    "\n"
    "Without a running loyald:\n"
    "  loyalctl devices profiles [NAME] [--file FILE]  the models of printers that are known, or one in full\n"
    "  loyalctl devices allow PORT [FOLDER]  lets loyald reach one printer on the network: a drop-in for systemd\n"
    "  loyalctl evaluate --bundle FILE [--trace] [--stats] < sales.jsonl > results.jsonl\n"
    "  loyalctl refund [--bundle FILE] < returns.jsonl > refunds.jsonl\n"
    "  loyalctl bundle check FILE [--json]  every fault of a bundle, one a line\n"
    "  loyalctl why [PROMOTION] --bundle FILE [--language LANG] < sale.json\n"
    "  loyalctl receipt template [LANG]   our own template of receipts, to begin another from\n"
    "  loyalctl receipt preview [--template FILE] [--bundle FILE] [--columns N] [--format text|svg|html]\n"
    "                   [--language LANG] < sale.json   what the receipt of a sale looks like\n"
    "  loyalctl salvage FILE DIR [--json] saves what is intact in a damaged journal.db; loyald must be stopped\n"
    "  loyalctl new-epoch DIR [--new-name] [--json]\n"
    "                                     lets a till whose disk was copied or put back begin a history of its own; likewise\n"
    "\n"
    "Options:\n"
    "  --socket PATH      the local API's socket (default /run/loyald/api.sock)\n"
    "  --state-dir DIR    that of the loyald with this state directory: DIR/run/api.sock\n"
    "  --family, --framing, --code-ids WORD   of a device, as in [scanner] of loyald.conf\n"
    "  --commands, --code-page, --code-page-n WORD   of a customer display, as in [display]\n"
    "  --profile NAME     of a printer, as loyalctl devices profiles lists them\n"
    "  --seconds N        how long to look at a device\n"
    "  --config FILE      default /etc/loyalctl/loyalctl.conf, when it is there\n"
    "  --sample-config    prints such a file\n"
    "  --json             the answer for a program: one JSON value, or one a line where there are many (events, devices monitor,\n"
    "                     evaluate, refund, which speak nothing else); what went wrong is said on standard error all the same\n"
    "  --version  --help\n"
    "\n"
    "Exit status, but for those that exit as status: 0 done, 1 refused, 2 wrong usage, 3 loyald cannot be asked.\n";

#define CONFIG_DEFAULT "/etc/loyalctl/loyalctl.conf"

static const struct command {
    const char *first, *second; /* second: NULL when one word names it */
    int words_min, words_max;   /* that follow */
    command_fn *run;
} commands[] = {
    {"status", NULL, 0, 0, command_status},
    {"totals", NULL, 0, 0, command_totals},
    {"outbox", NULL, 0, 0, command_outbox},
    {"export-unsynced", NULL, 1, 1, command_export_unsynced},
    {"idle", NULL, 0, 0, command_idle},
    {"doctor", NULL, 0, 0, command_doctor},
    {"check-config", NULL, 0, 0, command_check_config},
    {"support-bundle", NULL, 0, 0, command_support_bundle},
    {"enrol", NULL, 1, 1, command_enrol},
    {"shift", "show", 0, 0, command_shift_show},
    {"shift", "open", 0, 1, command_shift_open},
    {"shift", "close", 0, 1, command_shift_close},
    {"sale", "list", 0, 0, command_sale_list},
    {"sale", "show", 1, 1, command_sale_show},
    {"sale", "copy", 1, 1, command_sale_copy},
    {"events", NULL, 0, 0, command_events},
    {"api", NULL, 2, 3, command_api},
    {"page", NULL, 0, 1, command_page},
    {"devices", "list", 0, 0, command_devices_list},
    {"devices", "scan", 0, 16, command_devices_scan},
    {"devices", "test-scan", 1, 1, command_devices_test_scan},
    {"devices", "monitor", 1, 1, command_devices_monitor},
    {"devices", "record", 2, 2, command_devices_record},
    {"devices", "profiles", 0, 1, command_devices_profiles},
    {"devices", "test-print", 1, 2, command_devices_test_print},
    {"devices", "test-display", 1, 1, command_devices_test_display},
    {"devices", "allow", 1, 2, command_devices_allow},
    {"evaluate", NULL, 0, 0, command_evaluate},
    {"refund", NULL, 0, 0, command_refund},
    {"bundle", "check", 1, 1, command_bundle_check},
    {"why", NULL, 0, 2, command_why},
    {"salvage", NULL, 2, 2, command_salvage},
    {"new-epoch", NULL, 1, 1, command_new_epoch},
    {"receipt", "preview", 0, 0, command_receipt_preview},
    {"receipt", "template", 0, 1, command_receipt_template},
};

static const struct command *find_command(const struct cli *cli)
{
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        const struct command *command = &commands[i];

        if (cli->word_count > 0 && strcmp(cli->words[0], command->first) == 0 &&
            (!command->second || (cli->word_count > 1 && strcmp(cli->words[1], command->second) == 0)))
            return command;
    }
    return NULL;
}

/* What there is under the first word, when it is one that wants a second. */
static void list_seconds(const char *first, struct strbuf *out)
{
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        if (commands[i].second && strcmp(commands[i].first, first) == 0)
            strbuf_printf(out, "%s%s", out->len > 0 ? ", " : "", commands[i].second);
    }
}

static int explain_words(const struct cli *cli)
{
    struct strbuf seconds = STRBUF_INIT(1024);

    if (cli->word_count > 0)
        list_seconds(cli->words[0], &seconds);
    if (cli->word_count == 0)
        command_say("what shall be done? Try loyalctl --help");
    else if (seconds.len > 0)
        command_say("%s: wants one of: %s; try loyalctl --help", cli->words[0], strbuf_text(&seconds));
    else
        command_say("no such command: %s%s%s; try loyalctl --help", cli->words[0], cli->word_count > 1 ? " " : "",
                    cli->word_count > 1 ? cli->words[1] : "");
    strbuf_free(&seconds);
    return EXIT_USAGE;
}

static int run_command(const struct cli *cli, struct command_call *call)
{
    const struct command *command = find_command(cli);
    int own = command && command->second ? 2 : 1;

    if (!command)
        return explain_words(cli);
    call->words = cli->words + own;
    call->word_count = cli->word_count - own;
    if (call->word_count < command->words_min || call->word_count > command->words_max) {
        command_say("%s%s%s: %s words; try loyalctl --help", command->first, command->second ? " " : "",
                    command->second ? command->second : "",
                    call->word_count < command->words_min ? "too few" : "too many");
        return EXIT_USAGE;
    }
    return command->run(call);
}

/* --socket, else --state-dir, else the configuration. */
static bool find_socket(const struct cli *cli, const char *socket, const struct command_config *config,
                        char out_path[CONFIG_TEXT_MAX + 32])
{
    int len;

    if (socket)
        len = snprintf(out_path, CONFIG_TEXT_MAX, "%s", socket);
    else if (cli->state_dir)
        len = snprintf(out_path, CONFIG_TEXT_MAX, "%s/run/api.sock", cli->state_dir);
    else
        len = snprintf(out_path, CONFIG_TEXT_MAX, "%s", config->socket);
    return len < CONFIG_TEXT_MAX;
}

int main(int argc, char **argv)
{
    const char *socket = NULL;
    struct command_config config;
    struct command_call call = {.config = &config};
    char socket_path[CONFIG_TEXT_MAX + 32];
    const struct cli_option extra[] = {
        {"socket", &socket, NULL},          {"bundle", &call.bundle, NULL},
        {"file", &call.file, NULL},         {"json", NULL, &call.json},
        {"trace", NULL, &call.trace},       {"stats", NULL, &call.stats},
        {"count", NULL, &call.count},       {"wait", &call.wait, NULL},
        {"template", &call.template, NULL}, {"columns", &call.columns, NULL},
        {"format", &call.format, NULL},
        {"language", &call.language, NULL}, {"family", &call.family, NULL},
        {"framing", &call.framing, NULL},   {"code-ids", &call.code_ids, NULL},
        {"seconds", &call.seconds, NULL},   {"hex", NULL, &call.hex},
        {"commands", &call.commands, NULL}, {"code-page", &call.code_page, NULL},
        {"code-page-n", &call.code_page_n, NULL}, {"profile", &call.profile, NULL},
        {"new-name", NULL, &call.new_name},
        {0},
    };
    struct cli cli = {.program = "loyalctl", .usage = usage, .options = command_options, .extra = extra};
    struct errmsg err = ERRMSG_INIT;
    int exit_status;

    switch (cli_parse(&cli, argc, argv)) {
    case CLI_DONE:
        return 0;
    case CLI_BAD:
        return EXIT_USAGE;
    case CLI_RUN:
        break;
    }
    if (config_load(command_options, cli_config_path(&cli, CONFIG_DEFAULT), &config, sizeof config, &err) != ST_OK) {
        command_say("%s", err.text);
        return EXIT_USAGE;
    }
    if (!find_socket(&cli, socket, &config, socket_path)) {
        command_say("the path of the socket is too long");
        return EXIT_USAGE;
    }
    if (cli.state_dir) /* short enough: the socket's path is longer */
        (void)snprintf(config.places.state_dir, sizeof config.places.state_dir, "%s", cli.state_dir);
    (void)signal(SIGPIPE, SIG_IGN); /* a reader that left is said in words, not by a signal */
    call.ask = (struct ask){.socket_path = socket_path, .timeout_s = (int)config.timeout_s};
    (void)curl_global_init(CURL_GLOBAL_DEFAULT); /* libcurl tries again by itself */
    exit_status = run_command(&cli, &call);
    curl_global_cleanup();
    return exit_status;
}
