/* SPDX-License-Identifier: Apache-2.0 */
/*
 * evaluation - the basket put before the engine: the sale's JSON composed, evaluated, and what it would use up. Internal to the till.
 */
#ifndef LOYALD_TILL_EVALUATION_H
#define LOYALD_TILL_EVALUATION_H

#include "agent/base/civil_time.h"
#include "agent/base/errmsg.h"
#include "agent/base/status.h"
#include "agent/base/strbuf.h"

#include <stdbool.h>
#include <stdint.h>

struct basket;
struct bundle;
struct claims;
struct cache;
struct engine;
struct identity;
struct journal;
struct reservations;
struct spending;
struct till_member;

/* Input and result together, with what a record adds, stay below RECORD_BYTES_MAX. */
enum { EVALUATION_BYTES_MAX = 480 * 1024 };

struct evaluation {
    bool done;
    bool shelf_price;          /* the rules could not be applied: nothing was given */
    struct civil_time at;      /* the time it was worked out for */
    struct strbuf sale_json;   /* the engine's input */
    struct strbuf result_json; /* its result */
    struct strbuf titles_json; /* object: title by id, of the promotions the result names */
    int64_t gross_minor, discount_minor, redeemed_minor, total_minor;
};

void evaluation_init(struct evaluation *evaluation);
void evaluation_clear(struct evaluation *evaluation); /* frees; ready for use again */

struct evaluation_question {
    struct engine *engine;
    const struct bundle *bundle, *no_rules;
    const struct identity *identity;
    struct cache *cache;
    struct journal *journal;
    const struct reservations *reserved;
    const char *language; /* of the titles */
    const char *sale_id;
    bool no_spending; /* what the basket wants to redeem is left out */
    const struct basket *basket;
    const struct spending *spending; /* bounds what the basket asks to spend */
    const struct claims *claims;     /* leaves out the coupons that the central refused */
    const struct till_member *member; /* .known false: anonymous */
    struct civil_time at;
};
/* Fills out_evaluation. ST_INVALID: a line or coupon is wrong, err holds the JSON pointer and why; out_evaluation is untouched then. A fault
 * of ours or of the rules never fails: the sale is worked out at shelf price and shelf_price says so. */
enum status evaluation_run(const struct evaluation_question *question, struct evaluation *out_evaluation,
                           struct errmsg *err);

#endif
