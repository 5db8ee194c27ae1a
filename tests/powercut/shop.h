/* SPDX-License-Identifier: Apache-2.0 */
/*
 * shop - a whole till on the mounted disk: real journal, cache, rules, engine and till; around it the printer, the
 * central and the caller of the local API, who note in the history what they were told.
 *
 * A process that lost its power notes nothing more.
 */
#ifndef LOYALD_TESTS_POWERCUT_SHOP_H
#define LOYALD_TESTS_POWERCUT_SHOP_H

#include "agent/base/clock.h"
#include "agent/base/errmsg.h"
#include "agent/base/status.h"
#include "agent/base/strbuf.h"
#include "agent/db/ballast.h"
#include "agent/till/identity.h"
#include "agent/till/rulebook.h"
#include "agent/till/till.h"

#include "tests/support/dice.h"
#include "tests/powercut/disk.h"
#include "tests/powercut/history.h"
#include "tests/powercut/offers.h"

struct shop {
    const struct office *office;
    struct disk *disk; /* NULL: real files in folder */
    const char *folder;
    struct history *history;
    struct virtual_clock time;
    struct clock_source clock;
    struct journal *journal;
    struct rules *rules;
    struct cache *cache;
    struct ballast ballast; /* of bytes 0: none */
    struct identity identity;
    struct rulebook *rulebook;
    struct till *till;
    int64_t first_position; /* of the journal when it was opened, or its log was last moved */
    int64_t offered;        /* the version being fetched */
    int64_t active_version;
    bool refused; /* the last offer */
    bool cache_rebuilt;
    bool points_of_records; /* calls have failed: see shop_sale_of */
    bool failing;           /* calls fail on purpose: a command may be refused */
    bool restart_asked;     /* a commit could not be answered for: the daemon ends and is started anew */
    int64_t rebuilds;       /* since shop_begin */
    struct strbuf answer;   /* to the caller's last command */
    /* The printer has one job at a time that is not answered. */
    char job[64];
    till_printed_fn *printed;
    void *printed_context;
};

void shop_begin(struct shop *shop, const struct office *office, const char *folder, struct disk *disk,
                struct history *history);
/* Starts the agent. On failure all is closed again. */
enum status shop_open(struct shop *shop, struct errmsg *err);
/* Stops it, whatever state it and the disk are in; accepts a closed one. */
void shop_close(struct shop *shop);
bool shop_is_dead(const struct shop *shop); /* without power */

/* ---- the printer and the office ---- */
void shop_answer_print(struct shop *shop, enum till_print state);
void shop_offer(struct shop *shop, int64_t version);

/* ---- the central ---- */
/* Takes what the till holds, stores it, acks it, and sends the members' rows that follow from it. */
void central_pull(struct shop *shop);
/* After a cut: how many records the central still has. What it acked and has no more is wrong. */
void central_recover(struct shop *shop);
/* Sends the rows when the till has not those of the central's last state. */
void central_send_rows(struct shop *shop);

/* ---- the caller ---- */
/* "put", "tender", "commit", "void", "copy", "get" with a body (NULL: none). The answer's text is owned by the shop
 * until the next call. */
enum problem shop_do(struct shop *shop, const char *command, const char *sale, const char *body,
                     const char **out_answer);
/* A PUT of sale's basket with its member's card; *out_balance is what the answer shows (-1: no member). */
enum problem shop_put(struct shop *shop, struct told_sale *sale, int64_t *out_balance);
/* Commits and notes the answer. */
enum problem shop_commit(struct shop *shop, struct told_sale *sale);
const char *shop_card(int member);

/* The sale of a record's body, -1 when it is none that anybody made. When calls failed, its points are those it says:
 * a sale whose rules could not be worked out goes on without them. */
int shop_sale_of(struct shop *shop, const char *body, size_t len);

/* ---- afterwards ---- */
/* Checks every promise in the history against what the till has; call after shop_open. */
void shop_check(struct shop *shop);
/* And that each member is shown what the journal says; call when the till has the central's rows. */
void shop_check_balances(struct shop *shop);

#endif
