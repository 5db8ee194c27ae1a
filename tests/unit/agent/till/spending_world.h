/* SPDX-License-Identifier: Apache-2.0 */
/* spending_world - a world whose member M1 has 200.00 in points, and rules by which they pay. */
#ifndef LOYALD_TESTS_TILL_SPENDING_WORLD_H
#define LOYALD_TESTS_TILL_SPENDING_WORLD_H

#include "world_points.h"

#define SPENDING_RULES(offline)                                                                                      \
    "{\"format\":\"loyald-bundle/1\",\"id\":\"main\",\"version\":1,\"currency\":\"RUB\",\"minor_digits\":2,"         \
    "\"layers\":[{\"id\":\"promo\",\"mode\":\"stack\"}],\"point_currencies\":[{\"id\":\"bonus\",\"digits\":2,"       \
    "\"value_minor\":"                                                                                               \
    "100}],\"redemption\":[{\"currency\":\"bonus\",\"items\":{\"any\":true},\"max_share_bp\":10000}]" offline        \
    ",\"promotions\":[]}"
#define SPENDING_FLOOR                                                                                               \
    ",\"offline\":{\"f_sale\":3000,\"f_member\":5000,\"e_device\":6000,\"sales_max\":3,\"hours_max\":24}"
/* 100.00, to be paid with up to 40.00 of points. */
#define SPENDING_BASKET(redeem)                                                                                      \
    "{\"card\":\"" WORLD_CARD "\",\"redeem\":{\"bonus\":" redeem                                                     \
    "},\"lines\":[{\"line\":1,\"sku\":\"A\",\"qty_milli\":1000,\"unit_price_minor\":10000}]}"

/* Ends by world_end_in_folder. The link is up. */
void spending_begin(struct world *world, const char *rules);
void spending_put(struct world *world, const char *id, const char *body);
/* What the screens say of it while the link is away. */
bool spending_is_said(const struct world *world);

#endif
