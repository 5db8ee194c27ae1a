/* SPDX-License-Identifier: Apache-2.0 */
/* receipt_words - the default layout's own words, one table per language. */
#ifndef LOYALD_RECEIPT_RECEIPT_WORDS_H
#define LOYALD_RECEIPT_RECEIPT_WORDS_H

#include "agent/receipt/receipt.h"

struct receipt_words {
    const char *language;
    char decimal_point;
    const char *copy;      /* "КОПИЯ" */
    const char *return_of; /* heading of a return */
    const char *till, *sale, *kilogram;
    const char *net; /* of a line after its adjustments */
    const char *subtotal, *discount, *paid_with_points, *total, *refund_total, *change;
    const char *tenders[RECEIPT_OTHER_TENDER + 1];
    const char *card, *points, *earned, *redeemed, *balance, *balance_as_of, *balance_unknown;
    const char *saved, *coupon, *valid_until, *claim;
};

/* Returns a view; English for a language we have no table of. */
const struct receipt_words *receipt_words(const char *language);

#endif
