/* SPDX-License-Identifier: Apache-2.0 */
/*
 * return_later - points that a sale earned after it was closed, when its card got a member: no result of the till
 * names them, so what comes back takes them back here, in the proportion of the money.
 */
#ifndef LOYALD_CENTRAL_RETURN_LATER_H
#define LOYALD_CENTRAL_RETURN_LATER_H

#include "agent/base/errmsg.h"
#include "agent/base/status.h"
#include "sync/central/ledger.h"
#include "sync/central/lot.h"

struct central;

enum { RETURN_LATER_MAX = 64 };

struct return_later {
    int count;
    struct {
        char currency[LOT_CURRENCY_BYTES];
        int64_t taken_back;
    } parts[RETURN_LATER_MAX];
};

/* What returns that refund from before_minor to by_now_minor of the sale take back. */
enum status return_later_find(struct central *central, const char *chain, const char *sale_id, int64_t before_minor,
                              int64_t by_now_minor, struct return_later *out_later, struct errmsg *err);
/* What the sale's returns refund that are booked, without the one named. */
enum status return_later_refunded(struct central *central, const char *chain, const char *sale_id, const char *but,
                                  int64_t *out_minor, struct errmsg *err);
enum status return_later_post(struct central *central, const struct return_later *later,
                              struct ledger_posting *posting, struct errmsg *err);

#endif
