/* SPDX-License-Identifier: Apache-2.0 */
/*
 * oracle_best - a best layer's candidates, each with all it might do (internal to the oracle).
 *
 * A set with reuse_buys leaves what it bought to rewards that do not count, and buys what these have taken. To it a
 * group of units is two: those that nobody has, and those that another holds, which can be bought and not be got.
 */
#ifndef LOYALD_ORACLE_ORACLE_BEST_H
#define LOYALD_ORACLE_ORACLE_BEST_H

#include "tests/oracle/oracle.h"

struct candidate {
    struct reward_context context;
    struct promotion *promotion;
    struct groups groups;                  /* of the basket, those with a half that is held as two */
    int base[UNITS_MAX];                   /* of each, the group of the basket */
    int free_at[UNITS_MAX];                /* of each group of the basket, its place here */
    int held_at[UNITS_MAX];                /* and that of its half that another holds; -1: none */
    int full[UNITS_MAX], radix[UNITS_MAX]; /* what it selects; radix 0: not selected */
    int offer_count, outcome_count;
    struct outcome *outcomes; /* those that differ in the units they use */
    int *by_offer;            /* what it does when it is offered so much */
    int64_t most;             /* that any of them gives */
};

struct search {
    struct run *run;
    struct groups groups;
    int count;
    struct candidate candidates[PROMOTIONS_MAX];
    int picked[PROMOTIONS_MAX], best[PROMOTIONS_MAX]; /* place of an outcome, or -1 */
    int64_t best_total;
};

/* Works out all that each might do. */
void candidates_fill(struct search *search);
/* The outcome of such an offer. */
int candidate_does(const struct candidate *candidate, const int *offered);
/* What is left for the candidate by the picks of those before upto; false: more is used than there is. */
bool candidate_left(const struct search *search, int candidate, int upto, int *out_left);

#endif
