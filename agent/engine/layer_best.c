/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/engine/layer.h"

void layer_best(struct engine *e, uint32_t first, uint32_t end)
{
    for (uint32_t i = first; i < end; i++) {
        struct candidate *candidate = &e->candidates[i];
        const struct promotion *promotion = &e->bundle->promotions[candidate->promotion];
        struct outcome outcome;
        struct offers offers;

        candidate->verdict = conditions_hold(e, promotion);
        if (!candidate->verdict.reason)
            candidate->verdict = conditions_group_threshold(e, promotion);
        if (candidate->verdict.reason || !offers_make(e, promotion, &offers))
            continue;
        reward_compute(&e->arena, promotion, reward_times(e, promotion), offers.items, offers.count, &outcome);
        if (outcome.gain == 0)
            continue;
        outcome_apply(e, candidate->promotion, offers.items, &outcome);
        candidate_applied(e, candidate);
    }
}
