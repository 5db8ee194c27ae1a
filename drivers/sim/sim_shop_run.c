/* SPDX-License-Identifier: Apache-2.0 */
/* sim_shop_run - "loyal-sim shop": the shoppers as a program. */
#include "agent/base/cli.h"
#include "agent/base/clock.h"
#include "agent/base/config.h"
#include "agent/base/file.h"
#include "drivers/sim/sim.h"
#include "drivers/sim/sim_csv.h"
#include "drivers/sim/sim_receipts.h"
#include "drivers/sim/sim_shop.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

static const char program[] = "loyal-sim shop";

static const char usage[] =
    "usage: loyal-sim shop --api SOCKET [OPTIONS]\n"
    "\n"
    "Sells baskets through the till's local API, as a POS does, and shows cards and goods to the simulated scanner.\n"
    "  --api SOCKET        the till's api.sock\n"
    "  --scanner SOCKET    control socket of loyal-sim scanner; without it cards are typed in\n"
    "  --members FILE      CSV with a column card: the cards that shoppers carry\n"
    "  --data DIR          sell real receipts: DIR/completejourney and DIR/onlineretail, CSV files as published\n"
    "  --baskets N         how many (200)\n"
    "  --from N            the first one's number in its day (0)\n"
    "  --day-baskets N     how many make the whole day, when it is replayed in parts\n"
    "  --seed N            of the baskets (1)\n"
    "  --faults N          play faults too, N being their seed\n"
    "  --rate N            at most N baskets a second\n"
    "  --day-seconds N     replay a day in so many seconds, at its own rhythm\n"
    "  --redeem-every N    each N-th basket with a card pays with points (8; 0: none)\n"
    "  --retry-ms N        how long a sale that the till does not answer is tried again (30000)\n"
    "  --print-wait-ms N   how long the receipt is waited for (3000; 0: not at all)\n"
    "  --confirmed FILE    append each confirmed sale: id gross discount redeemed net\n"
    "  --json FILE         write the figures there; - is standard output\n"
    "  --language WORD     of the names of goods: ru or en\n"
    "  --list-members      print the members of these baskets as a file for the central, and sell nothing\n"
    "  --config FILE       read these options from section [shop] of an INI file; the command line wins\n"
    "  --state-dir DIR     where paths that are not absolute start\n"
    "  --help, --version, --sample-config\n";

#define TEXT(key, help)                                                                                              \
    {                                                                                                                \
        "shop", #key, OPTION_TEXT, offsetof(struct shop_settings, key), 0, 255, NULL, "", help                       \
    }
#define INT(key, min, max, value, help)                                                                              \
    {                                                                                                                \
        "shop", #key, OPTION_INT, offsetof(struct shop_settings, key), min, max, NULL, value, help                   \
    }

static const struct option_spec options[] = {
    TEXT(api, "Unix socket of the till's local API."),
    TEXT(scanner, "Control socket of the simulated scanner; without it cards are typed in."),
    TEXT(members, "CSV file whose column card holds the cards that shoppers carry."),
    TEXT(data, "Folder of real receipts to sell instead of made ones."),
    TEXT(confirmed, "File to which each confirmed sale is appended."),
    TEXT(json, "File for the figures; - is standard output."),
    INT(baskets, 0, 1000000, "200", "How many baskets."),
    INT(from, 0, 1000000000, "0", "Number of the first basket in its day."),
    INT(day_baskets, 0, 1000000000, "0", "How many baskets make the whole day; 0: from and baskets together."),
    INT(seed, 0, INT64_C(1000000000000), "1", "Seed of the baskets."),
    INT(faults, 0, INT64_C(1000000000000), "0", "Seed of the faults to play; 0: none."),
    INT(rate, 0, 10000, "0", "Baskets a second at most; 0: no limit."),
    INT(day_seconds, 0, 86400, "0", "Replay a day in so many seconds; 0: at once."),
    INT(redeem_every, 0, 1000000, "8", "Each so many-th basket with a card pays with points; 0: none."),
    INT(retry_ms, 0, 3600000, "30000", "How long a sale that gets no answer is tried again."),
    INT(print_wait_ms, 0, 600000, "3000", "How long a receipt is waited for; 0: not at all."),
    {"shop", "language", OPTION_ENUM, offsetof(struct shop_settings, language), 0, 0, "ru|en", "ru",
     "Of the names of goods."},
    {"shop", "list_members", OPTION_BOOL, offsetof(struct shop_settings, list_members), 0, 0, NULL, "no",
     "Print the members of these baskets and sell nothing."},
    {.section = NULL},
};
enum { OPTION_COUNT = sizeof options / sizeof options[0] - 1, OPTION_NAME_BYTES = 32 };

/* ---- options: the command line has the keys of the file, with dashes ---- */

struct words {
    char names[OPTION_COUNT][OPTION_NAME_BYTES];
    const char *values[OPTION_COUNT];
    bool flags[OPTION_COUNT];
    struct cli_option extra[OPTION_COUNT + 1];
};

static void prepare_words(struct words *words)
{
    memset(words, 0, sizeof *words);
    for (int i = 0; i < OPTION_COUNT; i++) {
        (void)snprintf(words->names[i], OPTION_NAME_BYTES, "%s", options[i].key);
        for (char *at = words->names[i]; *at; at++)
            *at = (char)(*at == '_' ? '-' : *at);
        words->extra[i].name = words->names[i];
        if (options[i].type == OPTION_BOOL)
            words->extra[i].flag = &words->flags[i];
        else
            words->extra[i].value = &words->values[i];
    }
}

static enum status take_word(const struct option_spec *option, const char *word, void *field, struct errmsg *err)
{
    char *end = NULL;
    int64_t number;

    if (option->type == OPTION_TEXT) {
        if (strlen(word) > (size_t)option->max) {
            errmsg_set(err, "is longer than %" PRId64 " bytes", option->max);
            return ST_INVALID;
        }
        memcpy(field, word, strlen(word) + 1);
        return ST_OK;
    }
    if (option->type == OPTION_ENUM) { /* the language alone */
        number = strcmp(word, "en") == 0;
        if (!number && strcmp(word, "ru") != 0) {
            errmsg_set(err, "%s: must be ru or en", word);
            return ST_INVALID;
        }
    } else {
        errno = 0;
        number = strtoll(word, &end, 10);
        if (errno || end == word || *end || number < option->min || number > option->max) {
            errmsg_set(err, "%s: must be a number from %" PRId64 " to %" PRId64, word, option->min, option->max);
            return ST_INVALID;
        }
    }
    memcpy(field, &number, sizeof number);
    return ST_OK;
}

/* Puts the state directory before a path that is not absolute. */
static enum status place(const char *state_dir, char path[CONFIG_TEXT_MAX], struct errmsg *err)
{
    char placed[CONFIG_TEXT_MAX];

    if (!state_dir || path[0] == '\0' || path[0] == '/' || strcmp(path, "-") == 0)
        return ST_OK;
    if (snprintf(placed, sizeof placed, "%s/%s", state_dir, path) >= (int)sizeof placed) {
        errmsg_set(err, "%s/%s: the path is too long", state_dir, path);
        return ST_INVALID;
    }
    memcpy(path, placed, sizeof placed);
    return ST_OK;
}

static enum status read_settings(const struct cli *cli, const struct words *words, struct shop_settings *settings,
                                 struct errmsg *err)
{
    enum status st = config_load(options, cli->config_path, settings, sizeof *settings, err);

    for (int i = 0; st == ST_OK && i < OPTION_COUNT; i++) {
        char *field = (char *)settings + options[i].offset;

        if (words->flags[i])
            settings->list_members = true;
        else if (words->values[i])
            st = take_word(&options[i], words->values[i], field, err);
        if (st != ST_OK)
            errmsg_wrap(err, "--%s", words->names[i]);
        else if (options[i].type == OPTION_TEXT)
            st = place(cli->state_dir, field, err);
    }
    if (st == ST_OK && settings->api[0] == '\0' && !settings->list_members) {
        errmsg_set(err, "--api is missing: the socket of the till");
        st = ST_INVALID;
    }
    return st;
}

/* ---- where baskets come from ---- */

struct baskets {
    struct sim_basket_source source;
    struct sim_receipts *receipts; /* NULL: made from the source */
    char (*cards)[SIM_EAN_BYTES];
    struct sim_basket *basket;
};

static enum status read_cards(const char *path, struct baskets *baskets, struct errmsg *err)
{
    struct sim_csv *csv = calloc(1, sizeof *csv);
    int column, room = 0;
    enum status st = csv ? sim_csv_open(csv, NULL, path, err) : ST_NOMEM;

    if (st == ST_OK)
        st = sim_csv_column(csv, "card", &column, err);
    while (st == ST_OK && (st = sim_csv_next(csv, err)) == ST_OK) {
        int count = baskets->source.card_count;

        if (strlen(csv->fields[column]) != SIM_EAN_BYTES - 1)
            continue; /* none, or several: this shopper carries no EAN-13 */
        if (count == room) {
            void *grown = realloc(baskets->cards, (size_t)(room = room ? 2 * room : 512) * SIM_EAN_BYTES);

            if (!grown) {
                st = ST_NOMEM;
                break;
            }
            baskets->cards = grown;
        }
        memcpy(baskets->cards[count], csv->fields[column], SIM_EAN_BYTES);
        baskets->source.card_count++;
    }
    if (csv && csv->file)
        sim_csv_close(csv);
    if (st == ST_NOT_FOUND && baskets->source.card_count > 0)
        st = ST_OK;
    else if (st == ST_NOT_FOUND)
        errmsg_set(err, "%s: cannot be read, or holds no card", path);
    free(csv);
    baskets->source.cards = (const char(*)[SIM_EAN_BYTES])baskets->cards;
    return st;
}

static enum status prepare_baskets(const struct shop_settings *settings, struct baskets *baskets, struct errmsg *err)
{
    enum status st = ST_OK;

    baskets->basket = calloc(1, sizeof *baskets->basket);
    if (!baskets->basket)
        return ST_NOMEM;
    baskets->source.seed = (uint64_t)settings->seed;
    baskets->source.day_baskets = settings->day_baskets ? settings->day_baskets : settings->from + settings->baskets;
    baskets->source.russian = settings->language == 0;
    if (settings->members[0] != '\0')
        st = read_cards(settings->members, baskets, err);
    if (st == ST_OK && settings->data[0] != '\0')
        st = sim_receipts_read(settings->data, &baskets->receipts, err);
    return st;
}

static void clear_baskets(struct baskets *baskets)
{
    sim_receipts_destroy(baskets->receipts);
    free(baskets->cards);
    free(baskets->basket);
}

static const struct sim_basket *next_basket(struct baskets *baskets, int64_t index)
{
    if (baskets->receipts)
        sim_receipts_take(baskets->receipts, baskets->source.seed, index, baskets->basket);
    else
        sim_basket_make(&baskets->source, index, baskets->basket);
    return baskets->basket;
}

/* Every member once; those of real receipts are told apart by their card alone. */
static int list_members(const struct shop_settings *settings, struct baskets *baskets)
{
    static const char *const tiers[] = {"", "silver", "gold"};
    char(*cards)[SIM_EAN_BYTES] = calloc((size_t)settings->baskets + 1, SIM_EAN_BYTES);
    int64_t count = 0;

    if (!cards)
        return 1;
    (void)printf("member,card,tier,bonus\n");
    for (int64_t i = 0; i < settings->baskets; i++) {
        const struct sim_basket *basket = next_basket(baskets, settings->from + i);
        int64_t k = 0;

        while (k < count && strcmp(cards[k], basket->card) != 0)
            k++;
        if (basket->card[0] == '\0' || k < count)
            continue;
        memcpy(cards[count++], basket->card, SIM_EAN_BYTES);
        (void)printf("R%s,%s,%s,%d\n", basket->card, basket->card, tiers[count % 3], (int)(count * 700 % 20000));
    }
    free(cards);
    return fflush(stdout) == 0 ? 0 : 1;
}

/* ---- a day ---- */

/* Waits for the moment of the basket, at the rhythm of its day or at the rate asked for. */
static void keep_pace(struct shop *shop, const struct sim_basket *basket, int64_t done, int64_t started_ns)
{
    const struct shop_settings *settings = &shop->settings;
    int64_t due_ns = started_ns, left_ms;

    if (settings->rate > 0)
        due_ns += done * INT64_C(1000000000) / settings->rate;
    if (settings->day_seconds > 0)
        due_ns += basket->minute * settings->day_seconds * INT64_C(1000000000) / (24 * 60);
    while ((left_ms = (due_ns - clock_measure_ns()) / 1000000) > 0 && !shop_is_stopped(shop))
        (void)sim_client_wait(shop->client, -1, left_ms);
}

static void sell_day(struct shop *shop, struct baskets *baskets)
{
    const struct shop_settings *settings = &shop->settings;
    int64_t started_ns = clock_measure_ns(), member_count = 0;

    for (int64_t i = 0; i < settings->baskets && !shop_is_stopped(shop); i++) {
        const struct sim_basket *basket = next_basket(baskets, settings->from + i);

        keep_pace(shop, basket, i, started_ns);
        member_count += basket->card[0] != '\0';
        shop_sell(shop, basket,
                  basket->card[0] != '\0' && settings->redeem_every > 0 &&
                      member_count % settings->redeem_every == 0);
    }
}

static enum status write_figures(const struct shop *shop, const struct baskets *baskets, struct errmsg *err)
{
    struct strbuf text = STRBUF_INIT(64 * 1024);
    const char *path = shop->settings.json;
    enum status st;

    if (strcmp(path, "-") != 0)
        shop_print_summary(&shop->report);
    if (path[0] == '\0')
        return ST_OK;
    shop_write_report(&shop->report, baskets->receipts ? sim_receipts_left_out(baskets->receipts) : 0, &text);
    st = strbuf_status(&text);
    if (st == ST_OK && strcmp(path, "-") == 0)
        (void)fputs(strbuf_text(&text), stdout);
    else if (st == ST_OK)
        st = file_write(path, text.data, text.len, 0644, err);
    strbuf_free(&text);
    return st;
}

static enum status prepare_shop(struct shop *shop, struct errmsg *err)
{
    const struct shop_settings *settings = &shop->settings;
    sigset_t stop;

    (void)sigemptyset(&stop);
    (void)sigaddset(&stop, SIGTERM);
    (void)sigaddset(&stop, SIGINT);
    (void)sigprocmask(SIG_BLOCK, &stop, NULL);
    (void)signal(SIGPIPE, SIG_IGN);
    shop->stop_fd = signalfd(-1, &stop, SFD_CLOEXEC);
    shop->scanner = (struct sim_hand)SIM_HAND_INIT(settings->scanner[0] ? settings->scanner : NULL);
    shop->fault_state = (uint64_t)settings->faults;
    if (settings->confirmed[0] != '\0') {
        shop->confirmed_fd = open(settings->confirmed, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644);
        if (shop->confirmed_fd < 0) {
            errmsg_set(err, "%s: %s", settings->confirmed, strerror(errno));
            return ST_IO;
        }
    }
    return sim_client_create(settings->api, shop_on_event, shop, &shop->client, err);
}

static int run(struct shop *shop, struct baskets *baskets, struct errmsg *err)
{
    enum status st = prepare_baskets(&shop->settings, baskets, err);

    if (st == ST_OK && shop->settings.list_members)
        return list_members(&shop->settings, baskets);
    if (st == ST_OK)
        st = prepare_shop(shop, err);
    if (st == ST_OK) {
        sell_day(shop, baskets);
        st = write_figures(shop, baskets, err);
    }
    if (st != ST_OK)
        (void)fprintf(stderr, "%s: %s\n", program, err->text[0] ? err->text : status_text(st));
    return st == ST_OK && shop->report.given_up == 0 && shop->report.faults_silent == 0 ? 0 : 1;
}

int sim_shop_run(int argc, char **argv)
{
    struct words words;
    struct cli cli = {.program = program, .usage = usage, .options = options, .extra = words.extra};
    struct shop shop = {.confirmed_fd = -1, .stop_fd = -1, .scanner = {.fd = -1}};
    struct baskets baskets = {0};
    struct errmsg err = ERRMSG_INIT;
    enum cli_next next;
    enum status st;
    int code;

    prepare_words(&words);
    next = cli_parse(&cli, argc, argv);
    if (next != CLI_RUN)
        return next == CLI_DONE ? 0 : 2;
    if (cli.word_count > 0) {
        (void)fprintf(stderr, "%s: \"%s\" is no option; try --help\n", program, cli.words[0]);
        return 2;
    }
    st = read_settings(&cli, &words, &shop.settings, &err);
    if (st != ST_OK) {
        (void)fprintf(stderr, "%s: %s\n", program, err.text[0] ? err.text : status_text(st));
        return 2;
    }
    code = run(&shop, &baskets, &err);
    sim_client_destroy(shop.client);
    sim_hand_clear(&shop.scanner);
    if (shop.confirmed_fd >= 0)
        (void)close(shop.confirmed_fd);
    if (shop.stop_fd >= 0)
        (void)close(shop.stop_fd);
    shop_report_clear(&shop.report);
    clear_baskets(&baskets);
    return code;
}
