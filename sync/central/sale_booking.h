/* SPDX-License-Identifier: Apache-2.0 */
/* sale_booking - what booking a sale (interpret_sale.c) and posting it later (interpret_waiting.c), when its card has
 * got a member, share. */
#ifndef LOYALD_CENTRAL_SALE_BOOKING_H
#define LOYALD_CENTRAL_SALE_BOOKING_H

#include "sync/central/interpret_sale.h"
#include "sync/central/sale_record.h"

/* One sale on its way into the books. */
struct sale_booking {
    struct central *central;
    const char *chain, *dev, *epoch;
    int64_t seq;
    const struct sale_record *sale;
    char member[ID_BYTES];       /* whom it is posted to; "" when nobody yet */
    const struct device *device; /* NULL: posted later, when its card got a member */
    struct interpret_buyers *buyers;
};

/* Points earned afterwards by its member, or a notice that they could not be: the sale itself is booked either way.
 */
enum status sale_post_identified(struct sale_booking *booking, struct errmsg *err);

#endif
