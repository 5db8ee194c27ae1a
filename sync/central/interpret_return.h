/* SPDX-License-Identifier: Apache-2.0 */
/* interpret_return - books a till's record of a return: worked out again by the sale's record and rules, points taken
 * and given back, coupons free again; and what a till may ask about a sale before it takes goods back. */
#ifndef LOYALD_CENTRAL_INTERPRET_RETURN_H
#define LOYALD_CENTRAL_INTERPRET_RETURN_H

#include "sync/central/interpret.h"

/* Inside a transaction. Money that was given back was given back: what differs is reported, never refused. */
enum status interpret_return(struct central *central, const struct interpret_record *record, struct errmsg *err);
/* The answer to op "sale" (docs/protocol.md 4). */
void return_sale_answer(struct central *central, const struct device *device, const char *sale_id,
                        struct answer *answer);

#endif
