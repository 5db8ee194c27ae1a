/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mix - sets of several parts (a meal deal, any three for), formed in the way that gives most.
 *
 * Two ways. While the baskets that can be made of the units are few, a table holds the best way to form sets out of
 * each of them (mix_table.c): exact, ties included, and every smaller basket that a search asks for is a look-up.
 * Beyond that the units are chosen exactly (a greedy choice in a polymatroid, mix.c) and go together dearest with
 * dearest; what could at most be missing by rounding or floors is told as outcome.unproven.
 */
#ifndef LOYALD_ENGINE_MIX_H
#define LOYALD_ENGINE_MIX_H

#include "agent/engine/reward.h"

enum {
    MIX_STATES_MAX = 4096, /* baskets in a table */
    MIX_WORK_MAX = 32768,  /* sets tried over all of them */
};

struct mix_table;

/* NULL when the units are too many, or without memory. Borrows the offers. */
struct mix_table *mix_table_make(struct arena *arena, const struct promotion *promotion, const struct offer *offers,
                                 size_t count);
/* The best sets of that many units of each offer; counts NULL: of all. */
void mix_table_take(struct arena *arena, const struct mix_table *table, const int64_t *counts, struct outcome *out);
void mix_compute(struct arena *arena, const struct promotion *promotion, const struct offer *offers, size_t count,
                 struct outcome *out);
/* What one set of those units comes down by. */
int64_t mix_set_gain(const struct reward *reward, const struct offer *offers, size_t count, const int64_t *use);
/* Whether the units, so many of each offer, are exactly a set. */
bool mix_is_set(const struct reward *reward, const struct offer *offers, size_t count, const int64_t *use);
int64_t mix_set_units(const struct reward *reward);
int64_t mix_set_limit(const struct promotion *promotion);
/* Units that complete a set; 0 when one is there. */
int64_t mix_lacks(const struct reward *reward, const struct offer *offers, size_t count);

#endif
