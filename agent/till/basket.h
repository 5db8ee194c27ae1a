/* SPDX-License-Identifier: Apache-2.0 */
/*
 * basket - what is being bought, as the POS puts it: always whole, so that putting it twice changes nothing. Internal to the till.
 */
#ifndef LOYALD_TILL_BASKET_H
#define LOYALD_TILL_BASKET_H

#include "agent/base/errmsg.h"
#include "agent/base/ids.h"
#include "agent/base/json_writer.h"
#include "agent/base/status.h"
#include "agent/base/strbuf.h"

#include <stdbool.h>
#include <stdint.h>

struct cJSON;

enum { BASKET_TEXT_MAX = 64, BASKET_TENDERS_MAX = 16, BASKET_SCANNED_MAX = 32 };

struct basket_tender {
    char kind[BASKET_TEXT_MAX + 1];
    int64_t amount_minor; /* 0 when the POS names the kind only */
};

struct basket {
    struct cJSON *lines;   /* owned: array; what the engine does not know (a name for the receipt) stays in it */
    struct cJSON *coupons, *rewards, *redeem; /* owned or NULL */
    struct cJSON *scanned; /* owned or NULL: of the coupons those that the till was shown, and the POS need not name */
    char channel[BASKET_TEXT_MAX + 1];
    char cashier[BASKET_TEXT_MAX + 1];
    char exchange[ID_LEN_MAX + 1]; /* "": none */
    struct basket_tender tenders[BASKET_TENDERS_MAX];
    int tender_count;
};

void basket_init(struct basket *basket);
void basket_clear(struct basket *basket);
/* Reads the body of a PUT; out_basket is replaced on ST_OK, untouched on failure. Lines and coupons are checked by the engine. */
enum status basket_read(const struct cJSON *body, struct basket *out_basket, struct errmsg *err);
/* Reads "tenders" of a tender or commit; absent: ST_NOT_FOUND and the basket's stay. */
enum status basket_read_tenders(const struct cJSON *body, struct basket *basket, struct errmsg *err);
/* "tenders":[...] as they are journalled. */
void basket_write_tenders(const struct basket *basket, struct json_writer *w);
int64_t basket_tendered(const struct basket *basket);
bool basket_has_lines(const struct basket *basket);
/* Whether a coupon is in it, however it is written. */
bool basket_has_coupon(const struct basket *basket, const char *code);
/* Adds one that was scanned, or takes it away again. ST_FULL past BASKET_SCANNED_MAX. */
enum status basket_add_scanned(struct basket *basket, const char *code);
void basket_drop_scanned(struct basket *basket, const char *code);
/* Takes over what was scanned for the basket before: all, or those that "scanned_coupons" of the body names. */
enum status basket_keep_scanned(const struct cJSON *body, const struct basket *before, struct basket *basket,
                                struct errmsg *err);

#endif
