/* SPDX-License-Identifier: Apache-2.0 */
/* receipt_words - how values are written in a language: what no template can say. */
#ifndef LOYALD_RECEIPT_RECEIPT_WORDS_H
#define LOYALD_RECEIPT_RECEIPT_WORDS_H

#include "agent/receipt/receipt.h"

struct receipt_words {
    const char *language;
    char decimal_point;
    const char *kilogram, *points;
    const char *tenders[RECEIPT_OTHER_TENDER + 1];
};

/* Returns a view; English for a language we have no table of. */
const struct receipt_words *receipt_words(const char *language);

#endif
