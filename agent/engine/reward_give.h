/* SPDX-License-Identifier: Apache-2.0 */
/* reward_give - from what a reward takes off in all to what it takes off each unit (internal to the rewards). */
#ifndef LOYALD_ENGINE_REWARD_GIVE_H
#define LOYALD_ENGINE_REWARD_GIVE_H

#include "agent/engine/reward.h"
#include "agent/engine/spread.h"

struct calc {
    struct arena *arena;
    const struct promotion *promotion;
    const struct reward *reward;
    const struct offer *offers;
    size_t count;
    int64_t *use; /* units of each offer that the limits leave */
    struct outcome *out;
};

/* What a percent takes off a unit, in 1/10000 minor units. */
uint64_t calc_percent_weight(const struct reward *reward, const struct offer *offer);
/* The end of the line's offers. */
size_t calc_line_end(const struct calc *c, size_t from);
/* Weight and capacity of a line's used units: by what a percent would take, else by the price. */
struct share calc_line_share(const struct calc *c, size_t from, size_t end, bool percent);
/* Spreads an amount over the units of one line; over all lines, then in each line over its units. */
void calc_give_units(struct calc *c, size_t from, size_t end, int64_t amount, bool percent);
void calc_give_lines(struct calc *c, int64_t amount, bool percent);
/* A cap shrinks all lines, then their units, in proportion. */
void calc_shrink(struct arena *arena, const struct offer *offers, struct outcome *out, int64_t cap);

#endif
