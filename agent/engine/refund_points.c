/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Points of a return: of what was earned, taken back in proportion to net; of what was paid with, given back in
 * proportion to what the lines paid with that currency; of costs, in proportion to gross less discount. Where that is
 * 0 in the whole sale, the next measure. Half up of the cumulative shares, less what went before: never twice.
 */
#include "agent/engine/refund.h"
#include "agent/base/wide.h"

#include <string.h>

enum measure { BY_NET, BY_REDEEMED, BY_PAID, BY_GROSS, MEASURES };

static int64_t measure_of(const struct refund_sold *sold, enum measure measure, const char *currency)
{
    const int64_t amounts[MEASURES] = {[BY_NET] = sold->net,
                                       [BY_REDEEMED] = sold->redeemed,
                                       [BY_PAID] = sold->gross - sold->discount,
                                       [BY_GROSS] = sold->gross};
    int64_t amount = 0;

    if (measure != BY_REDEEMED || !currency)
        return amounts[measure];
    for (size_t i = 0; i < sold->currency_count; i++)
        amount += strcmp(sold->by_currency[i].currency, currency) == 0 ? sold->by_currency[i].amount : 0;
    return amount;
}

bool refund_all_back(const struct refund *r)
{
    for (size_t i = 0; i < r->sold_count; i++) {
        if (r->sold[i].before_qty + r->sold[i].back_qty < r->sold[i].line->qty_milli)
            return false;
    }
    return true;
}

/* What of the points is back by now, from the first measure on that is not 0. Of a sale that cost nothing at all: all
 * or nothing. */
static int64_t back_by_now(const struct refund *r, int64_t points, enum measure measure, const char *currency)
{
    for (; measure < MEASURES; measure++) {
        int64_t back = 0, whole = 0;

        for (size_t i = 0; i < r->sold_count; i++) {
            const struct refund_sold *sold = &r->sold[i];
            int64_t amount = measure_of(sold, measure, currency);

            whole += amount;
            back += refund_share(amount, sold->before_qty + sold->back_qty, sold->line->qty_milli);
        }
        if (whole > 0)
            return (int64_t)wide_half_up((uint64_t)points, (uint64_t)back, (uint64_t)whole);
    }
    return refund_all_back(r) ? points : 0;
}

static int64_t less(int64_t points, int64_t before)
{
    return points > before ? points - before : 0;
}

void refund_points(struct refund *r)
{
    for (size_t i = 0; i < r->point_count; i++) {
        struct refund_points *points = &r->points[i];
        int64_t paid = back_by_now(r, points->redeemed, BY_REDEEMED, points->currency);
        int64_t given = paid + back_by_now(r, points->cost, BY_PAID, NULL);

        points->taken_back = less(back_by_now(r, points->earned, BY_NET, NULL), points->before_taken);
        points->given_back = less(given, points->before_given);
        /* What earlier returns gave beyond the shares went for points that were paid with, in doubt. */
        points->paid_back = paid + less(points->before_given, given);
    }
}
