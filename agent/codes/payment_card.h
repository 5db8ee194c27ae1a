/* SPDX-License-Identifier: Apache-2.0 */
/*
 * payment_card - recognises the number of a payment card, so that it is dropped before anyone sees it.
 *
 * By three marks together: 13 to 19 digits, a passed Luhn check, and the first digits of a payment scheme (ISO/IEC
 * 7812 issuer numbers as the schemes publish them). A retailer's own card, whose number begins otherwise, passes.
 */
#ifndef LOYALD_CODES_PAYMENT_CARD_H
#define LOYALD_CODES_PAYMENT_CARD_H

#include <stdbool.h>
#include <stddef.h>

/* Whether a text is, or is a magnetic stripe that holds, the number of a payment card. */
bool payment_card_is_in(const char *text, size_t len);

#endif
