/* SPDX-License-Identifier: Apache-2.0 */
/*
 * oracle_sets - sets of units (internal to the oracle). Every set that can be made of the groups is listed once
 * (oracle_sets.c), then for every basket of remaining units the best way is the best of "this set and the best way of
 * what it leaves" (oracle_ways.c). What is best is decided by a key whose order a set added on both sides does not
 * change, so this is the same as trying all. Pools, and what completes a set: oracle_pool.c.
 */
#ifndef LOYALD_ORACLE_ORACLE_SETS_H
#define LOYALD_ORACLE_ORACLE_SETS_H

#include "tests/oracle/oracle.h"

struct way {
    bool known;
    int set_count;
    int64_t total;
    uint8_t taken[UNITS_MAX], bought[UNITS_MAX]; /* by group */
    int64_t amounts[UNITS_MAX];                  /* of the taken, falling, each group from its first unit on */
};

struct sets {
    int group_count, state_count, limit; /* limit 0: none */
    int first_unit[UNITS_MAX], radix[UNITS_MAX];
    bool is_mix, only_bought[UNITS_MAX];
    int type_count;
    struct way *types;
    struct way *ways; /* [limit + 1][state] */
};

/* Lists the sets; the run has given up when there are too many. */
struct sets *sets_make(const struct reward_context *context);
/* Of one sale; 0: none. */
int sets_limit(const struct promotion *promotion);
/* What is bought and what is got, of a nth_unit too; both owned by the caller. */
void sets_halves(const struct promotion *promotion, cJSON **out_buy, cJSON **out_get);

#endif
