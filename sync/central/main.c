/* SPDX-License-Identifier: Apache-2.0 */
/* loyal-central: books what the tills sold, keeps members and points, hands out rules. */
#include <stdio.h>
#include <string.h>

#include "agent/base/cli.h"
#include "agent/base/log.h"
#include "sync/central/command.h"

enum { ARGUMENTS_MAX = 128 };

static const char usage[] =
    "loyal-central - the central of a chain of stores: sales, members, points, rules\n"
    "\n"
    "usage: loyal-central COMMAND [WORDS] [OPTIONS]\n"
    "\n"
    "the server\n"
    "  init [--host NAME]                    make database, certificate authority and server certificate\n"
    "  serve                                 serve the tills over TLS and the commands below on admin.sock\n"
    "  backup FILE                           a copy of the database while the server runs\n"
    "  upkeep                                now what is done each night: points expire, lost leases are written "
    "off\n"
    "  restored                              after a backup was put back, before serve: tills send again\n"
    "  ca rotate                             a new authority beside the one there is; the server is stopped\n"
    "  ca drop [--force]                     the older one goes, once every till has the newer; likewise\n"
    "\n"
    "set up (the server runs)\n"
    "  chain create ID --currency RUB --language ru [--name TEXT] | chain list\n"
    "  chain key add ID PUBLIC.pem           whose signature on rules counts\n"
    "  chain threshold ID N                  how many of its keys must sign rules; for tills enrolled afterwards\n"
    "  store create CHAIN STORE [--name TEXT] [--attr NAME=VALUE]... | store list\n"
    "  store set CHAIN STORE [--name TEXT] [--attr NAME=VALUE | --attr NAME=]...   NAME= takes one away\n"
    "  consent set CHAIN LANGUAGE VERSION FILE.txt   what shoppers agree to when a till issues a card\n"
    "  till code CHAIN STORE TILL            a code to enrol one till with, good for 15 minutes and once\n"
    "  till list | till revoke DEV\n"
    "  till import FILE [--unproven]         records that a till could not send, as export-unsynced or salvage wrote "
    "them\n"
    "  member import CHAIN FILE.csv          columns member,card,phone,state,tier,segments,birthday,display,\n"
    "                                        personal,store,attr:NAME; any other column is a balance of points\n"
    "  member show ID\n"
    "  member merge CHAIN OLD MEMBER         two members are one: cards, points, uses go to MEMBER\n"
    "  chain audience CHAIN all|store        which members a till hears of: every one, or its store's\n"
    "  store circle CHAIN STORE OTHER        tills of both hear of each other's members\n"
    "\n"
    "points\n"
    "  points set CHAIN POINTS [--activate DAYS] [--live DAYS] [--lease-cap N] [--lease-days N] [--lost-days N]\n"
    "  points list | lease list | lease recall ID\n"
    "  exposure                              what tills may spend beyond balances, and what they did\n"
    "  coupon import CHAIN FILE.csv          columns code,member,promotion,uses_max,from,until\n"
    "\n"
    "rules\n"
    "  key create --out office.pem           a signing key; needs no server, as check and sign do not\n"
    "  bundle check FILE\n"
    "  bundle sign --key office.pem --chain ID FILE [--expires DATE|DAYS] [--out FILE.signed]\n"
    "              [--tills N] [--accept-exposure MINOR]   where tills may spend points without a link\n"
    "  bundle cosign --key second.pem FILE.signed   adds a second person's signature\n"
    "  bundle publish FILE FILE.signed       every till gets it at once\n"
    "  rollout start FILE FILE.signed [BACK BACK.signed]   ring by ring; BACK: the rules of before, a version "
    "higher\n"
    "              [--rings lab:S12+S13,1%,10%,100%] [--time-out MINUTES] [--failures PERCENT] [--band LOW..HIGH]\n"
    "  rollout status | rollout advance CHAIN [--force] | rollout halt CHAIN | rollout resume CHAIN [--reason TEXT]\n"
    "  rollout back CHAIN                    one command back, to every till\n"
    "  rollout approve CHAIN --key office.pem   twice, with two keys: all rings at once\n"
    "  bundle list\n"
    "  root create CHAIN [ROLE+=KEY.pub.pem | ROLE-=KEYID]... --out FILE [--after OLD] [--expires DATE|DAYS]\n"
    "              [--root-threshold N] [--rules-threshold N] [--timestamp-days N]   ROLE: root, rules, timestamp\n"
    "  root sign --key KEY.pem FILE          adds a signature; needs no server, as create and check do not\n"
    "  root check FILE [--after OLD]         what it says, and whether enough have signed it\n"
    "  root publish FILE | root list\n"
    "  timestamp rotate                      a new key of this central, for the next root; the server is stopped\n"
    "  coupon key --key office.pem           what \"keys\" of a signed series holds; needs no server, as coupon "
    "sign\n"
    "  coupon sign --key office.pem SERIES [COUNT] [--expires DATE]   codes, one a line, good through that day\n"
    "\n"
    "look\n"
    "  fleet                                 how every till is; ends with 0, 1, 2 or 3, as Nagios wants\n"
    "  metrics                               figures of each chain as OpenMetrics text, for Prometheus\n"
    "  totals | ledger check | difference list | dead list | notice list | cashier list\n"
    "\n"
    "options\n"
    "  --state-dir DIR   database, keys and admin.sock (default /var/lib/loyal-central)\n"
    "  --database URL    postgres://USER@HOST/DATABASE instead of a file in the state directory: init, serve, "
    "restored, ca\n"
    "  --config FILE     default /etc/loyald/loyal-central.conf, when it is there\n"
    "  --json            what is printed, as JSON\n"
    "  --sample-config   print a configuration file with every option\n"
    "  --help --version\n";

struct config {
    char state_dir[CONFIG_TEXT_MAX];
    char database[CONFIG_TEXT_MAX];
    char listen_host[CONFIG_TEXT_MAX];
    int64_t listen_port, connections_max;
    bool spread;
    int64_t log_level;
};

static const struct option_spec options[] = {
    {"central", "state_dir", OPTION_TEXT, offsetof(struct config, state_dir), 1, CONFIG_TEXT_MAX - 32, NULL,
     "/var/lib/loyal-central", "Folder of the database, the keys and the admin socket."},
    {"central", "database", OPTION_TEXT, offsetof(struct config, database), 0, CONFIG_TEXT_MAX - 32, NULL, "",
     "postgres://USER@HOST/DATABASE, shared by several central processes; nothing: central.db in state_dir."},
    {"central", "listen_host", OPTION_TEXT, offsetof(struct config, listen_host), 1, 64, NULL, "0.0.0.0",
     "Address to serve the tills on, numeric."},
    {"central", "listen_port", OPTION_INT, offsetof(struct config, listen_port), 0, 65535, NULL, "8474",
     "Port to serve the tills on; 0 lets the system choose, the log says which."},
    {"central", "connections_max", OPTION_INT, offsetof(struct config, connections_max), 4, 60000, NULL, "15000",
     "Connections at once; each till holds one or two."},
    {"central", "spread", OPTION_BOOL, offsetof(struct config, spread), 0, 0, NULL, "no",
     "Yes: the database is spread over several machines by till and member, so no transaction changes rows of two "
     "tills or two members but a merge; it books less a second. No: many share a commit."},
    {"log", "level", OPTION_ENUM, offsetof(struct config, log_level), 0, 3, "error|warn|info|debug", "info",
     "What is logged to standard error."},
    {0},
};

struct command {
    const char *words[3]; /* NULL: none */
    int min, max;         /* words behind */
    command_fn *run;
};

static const struct command commands[] = {
    {{"init"}, 0, 0, command_init},
    {{"serve"}, 0, 0, command_serve},
    {{"restored"}, 0, 0, command_restored},
    {{"backup"}, 1, 1, command_backup},
    {{"ca", "rotate"}, 0, 0, command_ca_rotate},
    {{"ca", "drop"}, 0, 0, command_ca_drop},
    {{"chain", "create"}, 1, 1, command_chain_create},
    {{"chain", "list"}, 0, 0, command_chain_list},
    {{"chain", "key", "add"}, 2, 2, command_chain_key_add},
    {{"chain", "threshold"}, 2, 2, command_chain_threshold},
    {{"store", "create"}, 2, 2, command_store_create},
    {{"store", "list"}, 0, 0, command_store_list},
    {{"store", "set"}, 2, 2, command_store_set},
    {{"upkeep"}, 0, 0, command_upkeep},
    {{"metrics"}, 0, 0, command_metrics},
    {{"fleet"}, 0, 0, command_fleet},
    {{"consent", "set"}, 4, 4, command_consent_set},
    {{"till", "code"}, 3, 3, command_till_code},
    {{"till", "list"}, 0, 0, command_till_list},
    {{"till", "revoke"}, 1, 1, command_till_revoke},
    {{"till", "import"}, 1, 1, command_till_import},
    {{"member", "import"}, 2, 2, command_member_import},
    {{"member", "show"}, 1, 1, command_member_show},
    {{"member", "merge"}, 3, 3, command_member_merge},
    {{"chain", "audience"}, 2, 2, command_chain_audience},
    {{"store", "circle"}, 3, 3, command_store_circle},
    {{"points", "set"}, 2, 2, command_points_set},
    {{"points", "list"}, 0, 0, command_points_list},
    {{"lease", "list"}, 0, 0, command_lease_list},
    {{"lease", "recall"}, 1, 1, command_lease_recall},
    {{"exposure"}, 0, 0, command_exposure},
    {{"coupon", "import"}, 2, 2, command_coupon_import},
    {{"key", "create"}, 0, 0, command_key_create},
    {{"bundle", "cosign"}, 1, 1, command_bundle_cosign},
    {{"bundle", "check"}, 1, 1, command_bundle_check},
    {{"bundle", "sign"}, 1, 1, command_bundle_sign},
    {{"bundle", "publish"}, 2, 2, command_bundle_publish},
    {{"bundle", "list"}, 0, 0, command_bundle_list},
    {{"rollout", "start"}, 2, 4, command_rollout_start},
    {{"rollout", "status"}, 0, 0, command_rollout_status},
    {{"rollout", "advance"}, 1, 1, command_rollout_advance},
    {{"rollout", "halt"}, 1, 1, command_rollout_halt},
    {{"rollout", "resume"}, 1, 1, command_rollout_resume},
    {{"rollout", "back"}, 1, 1, command_rollout_back},
    {{"rollout", "approve"}, 1, 1, command_rollout_approve},
    {{"root", "create"}, 1, COMMAND_WORDS_MAX, command_root_create},
    {{"root", "sign"}, 1, 1, command_bundle_cosign},
    {{"root", "check"}, 1, 1, command_root_check},
    {{"root", "publish"}, 1, 1, command_root_publish},
    {{"root", "list"}, 0, 0, command_root_list},
    {{"timestamp", "rotate"}, 0, 0, command_timestamp_rotate},
    {{"coupon", "key"}, 0, 0, command_coupon_key},
    {{"coupon", "sign"}, 1, 2, command_coupon_sign},
    {{"totals"}, 0, 0, command_totals},
    {{"ledger", "check"}, 0, 0, command_ledger_check},
    {{"difference", "list"}, 0, 0, command_difference_list},
    {{"dead", "list"}, 0, 0, command_dead_list},
    {{"notice", "list"}, 0, 0, command_notice_list},
    {{"cashier", "list"}, 0, 0, command_cashier_list},
};

/* The command that the words begin with, and how many are its own. */
static const struct command *find_command(const struct cli *cli, int *out_own)
{
    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
        int own = 0;

        while (own < 3 && commands[i].words[own] && own < cli->word_count &&
               strcmp(cli->words[own], commands[i].words[own]) == 0)
            own++;
        if (own == 3 || !commands[i].words[own]) {
            *out_own = own;
            return &commands[i];
        }
    }
    return NULL;
}

/* "--attr k=v" may be given again and again, which the shared parser has no word for: they are taken out before it
 * looks. */
static int take_attrs(int argc, char **argv, char **out_argv, struct command_call *call)
{
    int kept = 0;

    for (int i = 0; i < argc && kept < ARGUMENTS_MAX; i++) {
        const char *attr = NULL;

        if (strcmp(argv[i], "--attr") == 0 && i + 1 < argc)
            attr = argv[++i];
        else if (strncmp(argv[i], "--attr=", 7) == 0)
            attr = argv[i] + 7;
        if (!attr)
            out_argv[kept++] = argv[i];
        else if (call->attr_count < COMMAND_WORDS_MAX)
            call->attrs[call->attr_count++] = attr;
    }
    return kept;
}

/* The lines of the usage that name a command beginning like this, for who wrote it wrongly. */
static void print_usage_of(const char *word)
{
    size_t len = strlen(word);
    char begins[64];

    (void)snprintf(begins, sizeof(begins), "  %.*s ", (int)(len < 32 ? len : 32), word);
    for (const char *line = usage; line; line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL) {
        const char *also = strstr(line, "| ");
        size_t end = strcspn(line, "\n");
        bool named = strncmp(line, begins, strlen(begins)) == 0 ||
                     (also && (size_t)(also - line) < end && strncmp(line, "  ", 2) == 0 &&
                      strncmp(also + 2, begins + 2, strlen(begins) - 2) == 0);

        if (named)
            fprintf(stderr, "%.*s\n", (int)end, line);
    }
}

static int run(const struct cli *cli, struct command_call *call)
{
    struct config config;
    struct errmsg err = ERRMSG_INIT;
    const struct command *command;
    int own = 0, exit_code = 0;
    enum status st;

    command = find_command(cli, &own);
    if (!command || cli->word_count - own < command->min || cli->word_count - own > command->max) {
        fprintf(stderr, "loyal-central: %s; try loyal-central --help\n",
                cli->word_count == 0 ? "a command is wanted"
                : command            ? "this command takes another number of words"
                                     : "this command is not known");
        if (cli->word_count > 0)
            print_usage_of(cli->words[0]);
        return 2;
    }
    st = config_load(options, cli_config_path(cli, "/etc/loyald/loyal-central.conf"), &config, sizeof(config), &err);
    if (st == ST_OK) {
        log_set_level((enum log_level)config.log_level);
        call->state_dir = cli->state_dir ? cli->state_dir : config.state_dir;
        call->database = call->database ? call->database : config.database;
        call->listen_host = config.listen_host;
        call->listen_port = config.listen_port;
        call->connections_max = config.connections_max;
        call->spread = config.spread;
        for (int i = own; i < cli->word_count; i++)
            call->words[call->word_count++] = cli->words[i];
        call->exit_code = &exit_code;
        st = command->run(call, &err);
    }
    if (st == ST_OK)
        return fflush(stdout) == 0 ? exit_code : 1;
    (void)fflush(stdout);
    fprintf(stderr, "loyal-central: %s\n", err.text[0] ? err.text : status_text(st));
    return exit_code != 0 ? exit_code : 1;
}

int main(int argc, char **argv)
{
    struct command_call call = {0};
    char *kept[ARGUMENTS_MAX];
    const struct cli_option extra[] = {
        {"database", &call.database, NULL},
        {"host", &call.host, NULL},
        {"name", &call.name, NULL},
        {"currency", &call.currency, NULL},
        {"language", &call.language, NULL},
        {"key", &call.key, NULL},
        {"chain", &call.chain, NULL},
        {"expires", &call.expires, NULL},
        {"out", &call.out, NULL},
        {"rings", &call.rings, NULL},
        {"time-out", &call.time_out, NULL},
        {"failures", &call.failures, NULL},
        {"band", &call.band, NULL},
        {"reason", &call.reason, NULL},
        {"activate", &call.activate, NULL},
        {"live", &call.live, NULL},
        {"lease-cap", &call.lease_cap, NULL},
        {"lease-days", &call.lease_days, NULL},
        {"lost-days", &call.lost_days, NULL},
        {"after", &call.after, NULL},
        {"root-threshold", &call.root_threshold, NULL},
        {"rules-threshold", &call.rules_threshold, NULL},
        {"timestamp-days", &call.timestamp_days, NULL},
        {"tills", &call.tills, NULL},
        {"accept-exposure", &call.accept_exposure, NULL},
        {"json", NULL, &call.json},
        {"force", NULL, &call.force},
        {"unproven", NULL, &call.unproven},
        {0},
    };
    struct cli cli = {.program = "loyal-central", .usage = usage, .options = options, .extra = extra};

    argc = take_attrs(argc, argv, kept, &call);
    switch (cli_parse(&cli, argc, kept)) {
    case CLI_RUN:
        return run(&cli, &call);
    case CLI_DONE:
        return 0;
    case CLI_BAD:
        return 2;
    }
    return 2;
}
