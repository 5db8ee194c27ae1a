/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sim_receipts - real receipts as baskets: the public sets "The Complete Journey" and "Online Retail", as CSV files
 * of a folder DIR/completejourney and DIR/onlineretail. Inside drivers/sim.
 *
 * Item -> barcode "20" + its number, household or customer -> card "29" + its number (sim_ean13). What a till cannot
 * be asked to sell (no quantity, a price below zero, stock corrections) is left out and counted.
 */
#ifndef LOYALD_SIM_SIM_RECEIPTS_H
#define LOYALD_SIM_SIM_RECEIPTS_H

#include "agent/base/errmsg.h"
#include "agent/base/status.h"
#include "drivers/sim/sim_basket.h"

#include <stdint.h>

struct sim_receipts; /* opaque */

enum { SIM_RECEIPT_LINES_MAX = 4 * 1000 * 1000, SIM_PRODUCTS_MAX = 1000 * 1000 };

/* Reads all of both sets. On ST_OK the caller owns *out_receipts. */
enum status sim_receipts_read(const char *dir, struct sim_receipts **out_receipts, struct errmsg *err);
void sim_receipts_destroy(struct sim_receipts *receipts); /* accepts NULL */
int64_t sim_receipts_count(const struct sim_receipts *receipts);
int64_t sim_receipts_left_out(const struct sim_receipts *receipts); /* lines */
/* Receipt number index of a seed's order: index 0 to count - 1 give each receipt once, and so on again from there. */
void sim_receipts_take(const struct sim_receipts *receipts, uint64_t seed, int64_t index,
                       struct sim_basket *out_basket);

#endif
