/* SPDX-License-Identifier: Apache-2.0 */
/* interpret_spending - what records say of holds, leases, floor limits and claims of coupons. Used by interpret and
 * interpret_sale only. */
#ifndef LOYALD_CENTRAL_INTERPRET_SPENDING_H
#define LOYALD_CENTRAL_INTERPRET_SPENDING_H

#include "sync/central/interpret.h"

struct cJSON;
struct sale_record;

/* What was set aside for this sale is spent by it, or free again. member is whom the sale was posted to, "" for
 * nobody. */
enum status spending_settle(struct central *central, const struct interpret_record *record,
                            const struct sale_record *sale, const char *member, struct errmsg *err);
/* Bodies of the records of those types. */
enum status spending_note_hold_voided(struct central *central, const struct interpret_record *record,
                                      const struct cJSON *body, struct errmsg *err);
enum status spending_note_lease_use(struct central *central, const struct interpret_record *record,
                                    const struct cJSON *body, struct errmsg *err);
enum status spending_note_lease_close(struct central *central, const struct interpret_record *record,
                                      const struct cJSON *body, struct errmsg *err);

#endif
