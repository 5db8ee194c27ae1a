/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/receipt/receipt.h"

#include "agent/receipt/template.h"

#include <string.h>

static enum status count_check(const char *what, size_t count, size_t count_max, struct errmsg *err)
{
    if (count <= count_max)
        return ST_OK;
    errmsg_set(err, "%zu %s, a receipt takes %zu", count, what, count_max);
    return ST_FULL;
}

static enum status facts_check(const struct receipt_facts *facts, struct errmsg *err)
{
    enum status st = count_check("lines", facts->line_count, RECEIPT_LINES_MAX, err);

    for (size_t i = 0; st == ST_OK && i < facts->line_count; i++)
        st = count_check("adjustments on a line", facts->lines[i].adjustment_count, RECEIPT_ADJUSTMENTS_MAX, err);
    if (st == ST_OK)
        st = count_check("tenders", facts->tender_count, RECEIPT_TENDERS_MAX, err);
    if (st == ST_OK)
        st = count_check("points currencies", facts->points_count, RECEIPT_POINTS_MAX, err);
    if (st == ST_OK)
        st = count_check("messages", facts->message_count, RECEIPT_MESSAGES_MAX, err);
    if (st == ST_OK)
        st = count_check("reasons", facts->reason_count, RECEIPT_MESSAGES_MAX, err);
    if (st == ST_OK)
        st = count_check("coupons", facts->coupon_count, RECEIPT_COUPONS_MAX, err);
    if (st == ST_OK)
        st = count_check("offers", facts->offer_count, RECEIPT_OFFERS_MAX, err);
    if (st != ST_OK)
        return st;
    for (size_t i = 0; i < facts->points_count; i++) {
        if (facts->points[i].digits < 0 || facts->points[i].digits > RECEIPT_DIGITS_MAX ||
            facts->points[i].waiting_count > RECEIPT_WAITING_MAX)
            st = ST_RANGE;
    }
    if (facts->minor_digits < 0 || facts->minor_digits > RECEIPT_DIGITS_MAX)
        st = ST_RANGE;
    if (st != ST_OK)
        errmsg_set(err, "digits of an amount are not 0 to %d, or more than %d dates of points", RECEIPT_DIGITS_MAX,
                   RECEIPT_WAITING_MAX);
    return st;
}

enum status receipt_build(const struct receipt_facts *facts, struct page *out_page, struct errmsg *err)
{
    struct receipt_template *own = NULL;
    const struct receipt_template *chosen = facts->template;
    enum status st = facts_check(facts, err);

    if (st == ST_OK && !chosen) {
        const char *text = template_default(facts->language);

        st = template_compile(text, strlen(text), &own, NULL, err);
        chosen = own;
    }
    if (st == ST_OK)
        st = template_run(chosen, facts, out_page, err);
    template_destroy(own);
    if (st != ST_OK)
        errmsg_wrap(err, "receipt of sale %s",
                    facts->sale_number && facts->sale_number[0] ? facts->sale_number : "?");
    return st;
}
