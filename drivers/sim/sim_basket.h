/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sim_basket - one shopper's basket: from a seed, by tables measured on real receipts; the same seed and index give
 * the same basket everywhere. Real receipts themselves come as baskets too (sim_receipts.h). Inside drivers/sim.
 */
#ifndef LOYALD_SIM_SIM_BASKET_H
#define LOYALD_SIM_SIM_BASKET_H

#include <stdbool.h>
#include <stdint.h>

enum { SIM_BASKET_LINES_MAX = 1000, SIM_SKU_BYTES = 24, SIM_EAN_BYTES = 14, SIM_NAME_BYTES = 96 };

struct sim_line {
    char sku[SIM_SKU_BYTES];
    char gtin[SIM_EAN_BYTES]; /* "" when the item has no barcode */
    char name[SIM_NAME_BYTES];
    char category[SIM_NAME_BYTES];
    char brand[SIM_NAME_BYTES];
    int64_t qty_milli, unit_price_minor;
    int64_t amount_minor; /* what the line comes to; -1: quantity times price */
    bool weighed;
};

struct sim_basket {
    int32_t minute;           /* of the shop's day */
    char card[SIM_EAN_BYTES]; /* "" when none is shown */
    int line_count;
    struct sim_line lines[SIM_BASKET_LINES_MAX];
};

/* Numbers of real cards and items, which the generator draws from. */
struct sim_basket_source {
    uint64_t seed;
    int64_t day_baskets;                /* of the whole day: index day_baskets - 1 is its last */
    const char (*cards)[SIM_EAN_BYTES]; /* borrows */
    int card_count;
    bool russian; /* names of goods */
};

/* Makes basket number index, from 0. Baskets come in the order of the day. */
void sim_basket_make(const struct sim_basket_source *source, int64_t index, struct sim_basket *out_basket);
/* "29" and 906 make "2900000009066": prefix, number padded to ten digits, check digit. */
void sim_ean13(const char *prefix, uint64_t number, char out_text[SIM_EAN_BYTES]);

#endif
