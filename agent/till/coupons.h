/* SPDX-License-Identifier: Apache-2.0 */
/*
 * coupons - a coupon that the till was shown goes onto the current sale, and stays there however often the POS puts
 * its basket. Inside agent/till.
 */
#ifndef LOYALD_TILL_COUPONS_H
#define LOYALD_TILL_COUPONS_H

#include "agent/till/problem.h"

#include <stdbool.h>

struct till;

/* What became of it: PROBLEM_COUPON_ADDED, or _WAITS when nothing on the sale fits it yet; anything else says why it
 * is refused, and the sale is as it was. */
enum problem coupon_show(struct till *till, const char *code, bool keyed);

#endif
