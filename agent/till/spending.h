/* SPDX-License-Identifier: Apache-2.0 */
/*
 * spending - what a member's points may be spent from, at this till, now. One question, three ways behind it; never
 * two of them for one sale:
 *
 *   - the link is up: a hold, journalled, then asked of the central, TILL_QUESTION_MS at most (till_before_tender).
 *     Granted, the sale may spend what is held; refused, nothing; no answer, it is voided, then as without a link;
 *   - the link is away: a lease, points that the central set aside for this till, of which what is left;
 *   - else the floor limits that a signed bundle allows (offline: f_sale f_member e_device sales_max hours_max);
 *   - else nothing, which is the default.
 *
 * Only what the shopper asked for is spent, never more than was held. A hold lives from tender to the record that
 * names it; a put, a void and a restart void it, by a record, so that the central sets it free whenever it hears.
 * Internal to the till.
 */
#ifndef LOYALD_TILL_SPENDING_H
#define LOYALD_TILL_SPENDING_H

#include "agent/base/errmsg.h"
#include "agent/base/ids.h"
#include "agent/base/json_writer.h"
#include "agent/base/status.h"
#include "agent/till/problem.h"
#include "agent/till/till.h"

#include <stdbool.h>
#include <stdint.h>

struct basket;
struct sale;
struct till;

enum { SPENDING_PARTS_MAX = 4, SPENDING_CURRENCY_MAX = 64 };

enum spending_way {
    SPENDING_FREE,   /* nobody bounds it: a till alone, or nothing is asked to be spent */
    SPENDING_WANTED, /* the link is up: a hold will be asked for at tender */
    SPENDING_HOLD,
    SPENDING_LEASE,
    SPENDING_FLOOR,
    SPENDING_NONE,
};

struct spending_part {
    char currency[SPENDING_CURRENCY_MAX + 1];
    int64_t amount;          /* the most that may be spent */
    char id[ID_LEN_MAX + 1]; /* of the hold or lease; "" of the floor */
};

struct spending {
    enum spending_way way;
    struct spending_part parts[SPENDING_PARTS_MAX];
    int count;
    bool refused, late; /* the central said no, or nothing in time: not asked again before the basket is put anew */
};

/* Settles by which way the sale may spend and how much, for the evaluation to come. At tender a hold must be there by
 * now. */
void spending_judge(struct till *till, struct sale *sale, bool at_tender);
/* Whether anything can be spent here without a link: some member by a lease, or all by the floor limits of the rules.
 */
bool spending_without_link(struct till *till);
/* Writes "redeem" and "rewards" of the engine's input as far as they are allowed. */
void spending_write_asked(const struct spending *spending, const struct basket *basket, struct json_writer *w);
/* Writes what the record says of it: "holds", "leases", "spending":"floor". result_json is the evaluation's. */
void spending_write_used(const struct spending *spending, const char *result_json, size_t len, struct json_writer *w);
/* Asks for the holds of what the sale wants to spend; calls done once, possibly at once. */
void holds_ask(struct till *till, struct sale *sale, till_ready_fn *done, void *context);
/* The sale gives up: its holds are voided. */
void spending_release(struct till *till, struct sale *sale, const char *reason);
/* Points spent of one currency by a result: paid with and cost. */
int64_t spending_of(const char *result_json, size_t len, const char *currency);
/* One more currency, and up to what. */
void spending_add_part(struct spending *spending, const char *currency, int64_t amount, const char *id);
/* Whether the link is up, and since when it is as it is; 0: nobody knows. */
bool spending_link_is_up(const struct till *till, int64_t *out_since_unix_ms);
/* A hold that nobody will spend is ended by a record. */
void holds_void(struct till *till, const char *hold, const char *reason);
/* spending_load.c. At the start: counts what the floor limits have used, voids the holds and claims that nobody
 * ended. */
enum status spending_load(struct till *till, struct errmsg *err);

#endif
