/* SPDX-License-Identifier: Apache-2.0 */
/*
 * generate - random small bundles, sales and returns. Deterministic in the seed; the numbers lean towards what is
 * known to go wrong: equal prices, prices of 0 and 1, floors beside the price, thresholds that just hold, hours and
 * dates at their ends.
 */
#ifndef LOYALD_ORACLE_GENERATE_H
#define LOYALD_ORACLE_GENERATE_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stdint.h>

struct dice {
    uint64_t state;
    int promotions_max;
    const char *kind; /* NULL: all; else only rewards of this kind */
};

void dice_seed(struct dice *dice, uint64_t seed, uint64_t number);
uint64_t dice_next(struct dice *dice);
int64_t dice_range(struct dice *dice, int64_t least, int64_t most);
bool dice_percent(struct dice *dice, int percent);
/* One of the texts of a NULL-ended list. */
const char *dice_one(struct dice *dice, const char *const *texts);
#define ONE_OF(dice, ...) dice_one(dice, (const char *const[]){__VA_ARGS__, NULL})
int64_t dice_price(struct dice *dice);

cJSON *generate_bundle(struct dice *dice);
cJSON *generate_sale(struct dice *dice, const cJSON *bundle);
/* An array of returns {return_id, lines, policy} that fit the sale, one after the other. */
cJSON *generate_returns(struct dice *dice, const cJSON *sale);

#endif
