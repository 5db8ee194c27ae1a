/* SPDX-License-Identifier: Apache-2.0 */
/* own_codes - what a scan is while the rules do not say: the configured prefixes of EAN-13 cards, and the GS1 number
 * of a loyalty member (AI 8018), phone numbers with their country's code. Inside agent/till. */
#ifndef LOYALD_TILL_OWN_CODES_H
#define LOYALD_TILL_OWN_CODES_H

#include "agent/codes/grammar.h"

enum { OWN_CODES_PREFIXES_MAX = 32, OWN_CODES_TEXT_MAX = 256 };

struct own_codes {
    struct code_grammar grammar; /* of rules below: do not copy */
    struct code_rule rules[OWN_CODES_PREFIXES_MAX + 2];
    char text[OWN_CODES_TEXT_MAX]; /* the prefixes, each ended by NUL */
};

/* Copies the prefixes, parted by commas; those past the bounds are left out. */
void own_codes_init(struct own_codes *codes, const char *card_prefixes);

#endif
