/* SPDX-License-Identifier: Apache-2.0 */
/*
 * claims - coupons of limited use, asked of the central before a sale gives them: so that no two tills with a link
 * give the same one.
 *
 *   - the link is up: a claim, journalled (claim_asked), then asked, TILL_QUESTION_MS at most (till_before_tender).
 *     Granted, the coupon counts; refused, it is left out and the cashier hears the central's words;
 *   - no answer, or no link: it counts by what the till knows. Where the central's list, as it was told here, says
 * that it was used, is another member's, is not valid yet or no longer, it is left out in the same words. A use too
 * many posts, and the office hears of it.
 *
 * A claim ends at the central by the record of its sale, or of the sale's void. A sale that is given up without
 * either (nobody came back to it, a restart forgot it) is ended by claim_voided; put again, it sells unasked.
 * Internal to the till.
 */
#ifndef LOYALD_TILL_CLAIMS_H
#define LOYALD_TILL_CLAIMS_H

#include "agent/base/errmsg.h"
#include "agent/base/ids.h"
#include "agent/base/json_writer.h"
#include "agent/db/cache.h"
#include "agent/till/till.h"

#include <stdbool.h>

struct cJSON;
struct sale;
struct till;

/* More in one sale count unasked; of more sales than can be open at once none is found at a start. */
enum { CLAIMS_MAX = 4, CLAIMS_OPEN_MAX = TILL_SALES_MAX * CLAIMS_MAX };

enum claim_state {
    CLAIM_ASKED,
    CLAIM_GRANTED,
    CLAIM_REFUSED,  /* nothing is held for it */
    CLAIM_LEFT_OUT, /* asked and not answered, and the list here speaks against it: it is ended like one that counts
                     */
};
struct claim {
    char code[CACHE_NAME_MAX + 1]; /* as the engine compares codes */
    enum claim_state state;        /* asked: no answer yet, or none in time */
};
struct claims {
    struct claim items[CLAIMS_MAX];
    int count;
};

/* Asks for what the sale's result uses and was not asked before; calls done once, possibly at once. */
void claims_ask(struct till *till, struct sale *sale, till_ready_fn *done, void *context);
/* The same where nobody can be asked, by the list of coupons as it is here. */
void claims_judge(struct till *till, struct sale *sale);
/* "coupons" of the engine's input: the basket's, without those that were refused. */
void claims_write_coupons(const struct claims *claims, const struct cJSON *coupons, struct json_writer *w);
/* The sale ends by no record of its own. */
void claims_release(struct till *till, struct sale *sale);

/* A claim whose sale will write no record of its own ends by one. */
void claims_void(struct till *till, const char *sale_id, const char *code);

#endif
