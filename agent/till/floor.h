/* SPDX-License-Identifier: Apache-2.0 */
/*
 * floor - the third way of spending (spending.h): without a link, up to the limits that a signed bundle allows a
 * sale, a member, the till, a number of sales and of hours. Internal to the till.
 */
#ifndef LOYALD_TILL_FLOOR_H
#define LOYALD_TILL_FLOOR_H

#include "agent/base/ids.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sale;
struct till;

enum { FLOOR_USES_MAX = 256 };

/* Points spent under the floor limits since the central last heard of us, by records it has not acknowledged. */
struct floor_use {
    int64_t position, minor;
    char member[ID_LEN_MAX + 1];
};
struct floor_uses {
    struct floor_use uses[FLOOR_USES_MAX];
    int count;
    int64_t oldest_unix_ms; /* of the oldest record not acknowledged at the start; 0: all were */
};

/* Adds to the sale's spending what the limits leave to it: all to the first currency asked for, since they are in
 * money, and money has one order. False when that is nothing. */
bool floor_may_spend(struct till *till, struct sale *sale);
/* A record was appended, or is read at the start. */
void floor_count(struct till *till, const char *type, const char *body, size_t len, int64_t position);

#endif
