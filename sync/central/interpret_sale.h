/* SPDX-License-Identifier: Apache-2.0 */
/* interpret_sale - the "sale" record: booked, computed again, posted, counted. Used by interpret only. */
#ifndef LOYALD_CENTRAL_INTERPRET_SALE_H
#define LOYALD_CENTRAL_INTERPRET_SALE_H

#include "sync/central/interpret.h"

enum status interpret_sale(struct central *central, const struct interpret_record *record, struct errmsg *err);

#endif
