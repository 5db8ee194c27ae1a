/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reservations - what the sales in tender will use up: points of a member, uses of a promotion, coupons. Kept in memory from tender to commit,
 * so that two parked sales cannot spend the same thing twice; a restart forgets them, and with them the sales. Internal to the till.
 */
#ifndef LOYALD_TILL_RESERVATIONS_H
#define LOYALD_TILL_RESERVATIONS_H

#include "agent/base/ids.h"
#include "agent/base/status.h"
#include "agent/db/cache.h"

#include <stdint.h>

enum { RESERVATIONS_MAX = 4096, RESERVATION_NAME_MAX = 160 };

struct reservation {
    char sale_id[ID_LEN_MAX + 1];
    enum cache_effect_kind kind;
    char subject[CACHE_ID_MAX + 1]; /* member, "" for chain-wide kinds */
    char name[RESERVATION_NAME_MAX + 1];
    int64_t amount; /* what the shown figure changes by: points spent are below zero, a use is 1 */
};

struct reservations {
    struct reservation *items; /* owned */
    int count, cap;
};

void reservations_clear(struct reservations *all);
/* ST_FULL past RESERVATIONS_MAX: then the sale is tendered without, and commit judges alone. */
enum status reservations_add(struct reservations *all, const struct reservation *one);
/* Forgets all of a sale. */
void reservations_release(struct reservations *all, const char *sale_id);
/* The sum of what sales other than this one reserve of one thing. */
int64_t reservations_sum(const struct reservations *all, const char *but_sale_id, enum cache_effect_kind kind,
                         const char *subject, const char *name);

#endif
