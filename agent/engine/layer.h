/* SPDX-License-Identifier: Apache-2.0 */
/* layer - what the modes of a layer share (internal). */
#ifndef LOYALD_ENGINE_LAYER_H
#define LOYALD_ENGINE_LAYER_H

#include "agent/engine/reward.h"
#include "agent/engine/work.h"

/* The units a promotion may act on now, by line, dearest first within a line. Answers false without memory. */
struct offers {
    struct offer *items;
    size_t count, cap;
};
bool offers_make(struct engine *e, const struct promotion *promotion, struct offers *out);
/* The same for one line, parts a bit map of a mix; then offers_sort. */
void offer_line(struct engine *e, const struct promotion *promotion, uint32_t line, bool get, bool buy,
                uint32_t parts, struct offers *out);
void offers_sort(struct offers *offers);
/* The promotion with the step that is reached now in the place of its steps; itself when it has none; NULL when no
 * step is reached, or without memory. */
const struct promotion *promotion_now(struct engine *e, const struct promotion *promotion);
/* How often every_minor is reached now; 1 when the reward has none. */
int64_t reward_times(const struct engine *e, const struct promotion *promotion);
/* Does what the outcome says. */
void outcome_apply(struct engine *e, struct candidate *candidate, const struct offer *offers,
                   const struct outcome *outcome);
/* Books what a reward could not prove. */
void outcome_unproven(struct engine *e, const struct outcome *outcome);
/* How many units complete a set of which one is there; 0: no set was begun, or one was completed. */
int64_t set_lacks_milli(const struct promotion *promotion, const struct offers *offers);

#endif
