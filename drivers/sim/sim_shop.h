/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sim_shop - a till full of shoppers: the POS that sells basket after basket through the local API, and the hand that
 * holds cards and goods before the simulated scanner.
 *
 * A sale keeps its id through every retry, and counts once, when the till has confirmed it. Inside drivers/sim.
 *
 *   sim_shop_run.c     the program: options, baskets, pace
 *   sim_shop.c         the way of one basket
 *   sim_shop_watch.c   what the till tells by events
 *   sim_shop_faults.c  what goes wrong on purpose
 *   sim_shop_report.c  what was sold, and how fast the till answered
 */
#ifndef LOYALD_SIM_SIM_SHOP_H
#define LOYALD_SIM_SIM_SHOP_H

#include "agent/base/config.h"
#include "agent/base/ids.h"
#include "agent/base/strbuf.h"
#include "drivers/sim/sim_basket.h"
#include "drivers/sim/sim_client.h"
#include "drivers/sim/sim_hand.h"

#include <stdbool.h>
#include <stdint.h>

enum {
    SHOP_NAME_BYTES = 32,
    SHOP_PROBLEMS_MAX = 64,  /* kinds; one more is counted with the last */
    SHOP_CURRENCIES_MAX = 8, /* one more is not counted, and told */
    SHOP_SCAN_TRIES = 3,     /* then the card is typed in */
    SHOP_EVENT_WAIT_MS = 1000,
    SHOP_CENTRAL_WAIT_MS = 1500, /* the till itself gives up at 300 */
    SHOP_RETRY_PAUSE_MS = 50,
};

/* ---- what the till told by events ---- */
struct shop_watch {
    char sale_id[ID_LEN_MAX + 1]; /* the one that is looked at */
    int64_t card_ns;              /* when a card was first seen on it */
    bool asking, unknown;         /* said of its card */
    char state[SHOP_NAME_BYTES];
    char code[SIM_SKU_BYTES]; /* the item code waited for */
    int64_t code_ns;
    int64_t misread_count; /* notices of an unreadable scan, of this run */
    int64_t misread_ns;    /* clock_measure_ns of the last */
};

/* ---- what came of it ---- */
struct shop_points {
    char currency[SHOP_NAME_BYTES];
    int64_t earned, redeemed;
};
struct shop_totals {
    int64_t gross_minor, discount_minor, redeemed_minor, net_minor;
    struct shop_points points[SHOP_CURRENCIES_MAX];
    int points_count;
};
struct shop_times {
    int64_t *ns;
    size_t count, room;
};
struct shop_problem {
    char name[SHOP_NAME_BYTES];
    int64_t count;
};
struct shop_report {
    int64_t baskets, sales, members, voided, given_up, retries;
    int64_t printed, print_failed, print_unknown, print_unheard;
    int64_t cards_keyed, items_unheard, faults_played, faults_silent;
    struct shop_totals totals;
    struct shop_times card, item; /* from the scan's last byte to the answer */
    struct shop_problem problems[SHOP_PROBLEMS_MAX];
    int problem_count;
};

struct shop_settings {
    char api[CONFIG_TEXT_MAX], scanner[CONFIG_TEXT_MAX], members[CONFIG_TEXT_MAX], data[CONFIG_TEXT_MAX];
    char confirmed[CONFIG_TEXT_MAX], json[CONFIG_TEXT_MAX];
    int64_t baskets, from, day_baskets, seed, faults, rate, day_seconds, retry_ms, print_wait_ms, redeem_every;
    int64_t language; /* 0 ru, 1 en */
    bool list_members;
};

struct shop {
    struct shop_settings settings;
    struct sim_client *client;
    struct sim_hand scanner;
    struct shop_watch watch;
    struct shop_report report;
    uint64_t fault_state; /* of the random numbers of faults */
    int confirmed_fd;     /* -1: no file */
    int stop_fd;          /* readable once SIGTERM or SIGINT came */
    char last_code[SIM_EAN_BYTES];
};

/* One basket on its way. */
struct shop_sale {
    const struct sim_basket *basket;
    char id[ID_TEXT_BYTES];
    bool redeem;       /* pays with points */
    bool keyed;        /* the card is typed in: the scanner did not get it over */
    bool unknown_item; /* a line more, of an item nobody knows */
    bool fault_played;
    bool confirmed;
    int64_t total_minor; /* as last answered */
};

enum shop_outcome {
    SHOP_DONE,
    SHOP_AGAIN,     /* from the start, with the same id */
    SHOP_COMMITTED, /* it already is: ask for it */
    SHOP_GIVE_UP,
};

/* sim_shop.c: sells one basket, retrying until settings.retry_ms; what came of it is in the report. */
void shop_sell(struct shop *shop, const struct sim_basket *basket, bool redeem);
/* A call for sale id; part is "", "/tender" and the like. On SHOP_DONE *out_answer is there. */
enum shop_outcome shop_call(struct shop *shop, const char *method, const char *id, const char *part, const char *body,
                            const struct sim_answer **out_answer);
/* Writes the basket's first line_count lines, with card and points as the sale says. */
void shop_write_basket(const struct shop_sale *sale, int line_count, struct strbuf *out);
bool shop_is_stopped(const struct shop *shop);

/* sim_shop_watch.c */
void shop_on_event(void *context, const char *name, const char *json, size_t len, int64_t at_ns);
void shop_watch_sale(struct shop *shop, const char *id);
/* Waits until arrived says so; false when wait_ms passed or the stream broke. */
bool shop_wait(struct shop *shop, bool (*arrived)(const struct shop_watch *watch), int64_t wait_ms);
bool shop_has_card(const struct shop_watch *watch);
bool shop_card_settled(const struct shop_watch *watch);
bool shop_has_code(const struct shop_watch *watch);
bool shop_has_printed(const struct shop_watch *watch);

/* sim_shop_faults.c: plays one fault in the middle of a basket, perhaps. */
void shop_play_fault(struct shop *shop, struct shop_sale *sale);

/* sim_shop_report.c */
void shop_count_problem(struct shop_report *report, const char *name);
void shop_add_time(struct shop_times *times, int64_t ns);
/* Counts the sale of a committed sale's view, once, and writes it to the file of confirmed ones. */
void shop_confirm(struct shop *shop, struct shop_sale *sale, const char *view, size_t len);
void shop_write_report(const struct shop_report *report, int64_t left_out, struct strbuf *out);
void shop_print_summary(const struct shop_report *report);
void shop_report_clear(struct shop_report *report);

#endif
