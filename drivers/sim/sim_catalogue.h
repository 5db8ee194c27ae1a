/* SPDX-License-Identifier: Apache-2.0 */
/* sim_catalogue - the goods of an invented shop: what the simulated shoppers buy and the demo's promotions speak of.
 * Inside drivers/sim. */
#ifndef LOYALD_SIM_SIM_CATALOGUE_H
#define LOYALD_SIM_SIM_CATALOGUE_H

#include <stdbool.h>
#include <stdint.h>

struct sim_item {
    int32_t id; /* sku "1001"; its barcode is "20", the id padded to ten digits, a check digit */
    const char *name_ru, *name_en, *category, *brand;
    int32_t price_minor;
    bool weighed;  /* the price is of a kilogram */
    bool promoted; /* on the shelf with a yellow label: drawn as often as real lines carry a discount */
};

extern const struct sim_item sim_items[];
extern const int sim_item_count;

#endif
