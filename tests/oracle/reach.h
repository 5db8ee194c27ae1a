/* SPDX-License-Identifier: Apache-2.0 */
/* reach - how often the random cases reached each reward, mode, reason and special case. */
#ifndef LOYALD_ORACLE_REACH_H
#define LOYALD_ORACLE_REACH_H

#include "tests/oracle/oracle.h"

enum special {
    CAP_SHRANK,
    GUARD_SHRANK,
    LIMIT_CHOSE,
    STOPPED_AT_ROOM,
    POOL_FORMED,
    PARTIAL_SET,
    SET_LIMITED,
    BEST_TIE,
    BEST_SEVERAL,
    FINAL_KEPT_OUT,
    COUNTED_KEPT_OUT,
    TAKEN_KEPT_OUT,
    BUYS_REUSED,
    SPECIALS
};

struct reach {
    uint64_t applied[KINDS][3]; /* by mode of the layer */
    uint64_t reasons[REASONS];
    uint64_t special[SPECIALS];
    uint64_t coupons[8], redeemed, costs, gifts, issued, messages, hints, weighed, refunds, recomputed, released;
};

extern struct reach *oracle_reach; /* where the oracle notes what it came by; never NULL */
void reach_note(enum special special);
void reach_count(struct reach *reach, const cJSON *trial, const cJSON *result);
void reach_add(struct reach *sum, const struct reach *more);
/* Prints all; answers how many were never reached. */
int reach_print(const struct reach *reach);

#endif
