/* SPDX-License-Identifier: Apache-2.0 */
/* world_points - a world in a folder of its own, which goes with it, and rules by which its member earns. */
#ifndef LOYALD_TESTS_TILL_WORLD_POINTS_H
#define LOYALD_TESTS_TILL_WORLD_POINTS_H

#include "world.h"

#define WORLD_CARD "2900000000018"
/* Who has a card gets a point of "bonus" for each full 1.00. */
#define WORLD_EARNING                                                                                                \
    "{\"format\":\"loyald-bundle/1\",\"id\":\"main\",\"version\":1,\"currency\":\"RUB\",\"minor_digits\":2,"         \
    "\"layers\":[{\"id\":\"card\",\"mode\":\"stack\"}],\"point_currencies\":[{\"id\":\"bonus\",\"digits\":0}],"      \
    "\"promotions\":[{\"id\":\"earn\",\"title\":{\"en\":\"points\"},\"layer\":\"card\",\"order\":1,"                 \
    "\"when\":{\"member\":{\"required\":true}},\"reward\":{\"kind\":\"points\",\"currency\":\"bonus\","              \
    "\"items\":{\"any\":true},\"per_minor\":100,\"give\":1}}]}"

/* world_begin in a new folder, and world_end with its removal. */
void world_begin_in_folder(struct world *world);
void world_end_in_folder(struct world *world);

/* The balance of "bonus" that a sale shows; it is opened for it, with WORLD_CARD, and stays open. -1: none is shown.
 */
int64_t world_shown_balance(struct world *world, const char *sale);

#endif
