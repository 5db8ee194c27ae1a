/* SPDX-License-Identifier: Apache-2.0 */
/*
 * refund - one return being worked out (internal to the engine).
 *
 * A sold line's amounts come back by the cumulative method: of what was, half up of amount x returned / sold, where
 * returned counts all returns so far; less what went back before. So the last part brings whatever rounding left.
 */
#ifndef LOYALD_ENGINE_REFUND_H
#define LOYALD_ENGINE_REFUND_H

#include "agent/engine/sale_read.h"

enum refund_policy { REFUND_AS_PAID, REFUND_RECOMPUTE, REFUND_UNREFERENCED };

struct refund_redeemed { /* on a line, with one currency */
    const char *currency;
    int64_t amount;
};

struct refund_sold { /* a line of the sale and its result */
    const struct sale_line *line;
    int64_t gross, discount, redeemed, net;
    const struct refund_redeemed *by_currency;
    size_t currency_count;
    int64_t before_qty, before_minor; /* by earlier returns */
    int64_t back_qty;                 /* by this one; 0: not in it */
};

struct refund_line {               /* of this return, in its order */
    int64_t line, qty, unit_price; /* unit_price: unreferenced only */
    struct refund_sold *sold;      /* NULL when unreferenced */
    int64_t refund;
};

struct refund_points {
    const char *currency;
    int64_t earned, redeemed, cost;
    int64_t before_taken, before_given;
    int64_t taken_back, given_back;
    int64_t paid_back; /* of those paid with, by all returns: what rewards cost is counted apart */
};

struct refund {
    struct arena arena;
    struct sale_reader at; /* for faults */
    const char *return_id;
    enum refund_policy policy;
    const cJSON *sale_json, *result_json;
    struct engine_sale *sale;
    struct refund_sold *sold; /* as the sale's lines */
    size_t sold_count;
    struct refund_line *lines;
    size_t line_count;
    struct refund_points *points;
    size_t point_count;
    int64_t total, before; /* of the sale: paid, refunded by earlier returns */
};

/* refund_read.c: false with the fault, or without memory (the arena says so). */
bool refund_read(struct refund *r, const cJSON *root);
/* refund_points.c */
void refund_points(struct refund *r);
bool refund_all_back(const struct refund *r); /* with this return */

/* The part of amount that is back once qty is, of what was sold. */
int64_t refund_share(int64_t amount, int64_t qty, int64_t sold_qty);

#endif
