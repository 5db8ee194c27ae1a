/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exchange - returns and one sale under one id: what came back pays for what is bought, and one amount is due. The
 * returns come first; the sale that names their exchange ends it. Internal to the till.
 */
#ifndef LOYALD_TILL_EXCHANGE_H
#define LOYALD_TILL_EXCHANGE_H

#include "agent/base/errmsg.h"
#include "agent/till/problem.h"

#include <stdint.h>

struct till;

/* Whether a return may still join it; "" is no exchange, and every return may. */
enum problem exchange_may_take_back(struct till *till, const char *id, struct errmsg *err);
/* What its returns refund, for the sale that will end it. PROBLEM_EXCHANGE_DONE when another sale did (sale_id is
 * none), PROBLEM_NO_EXCHANGE when nothing came back under that id. */
enum problem exchange_refund(struct till *till, const char *id, int64_t *out_refund_minor, struct errmsg *err);

#endif
