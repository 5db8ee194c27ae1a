/* SPDX-License-Identifier: Apache-2.0 */
/* sets - what forming sets (sets.c) and choosing their got units (sets_choose.c) share (internal). */
#ifndef LOYALD_ENGINE_SETS_H
#define LOYALD_ENGINE_SETS_H

#include "agent/engine/reward.h"

struct piece { /* units of one offer */
    size_t offer;
    int64_t count, price, gain;
    int64_t chosen; /* by the choice of got units */
    bool held;      /* E: not to be got */
    int64_t bound;  /* E: how many got units of at least this price there may be */
};

struct pieces {
    struct piece *items;
    size_t count;
    int64_t units, held;
};

struct sets {
    struct arena *arena;
    const struct reward *reward;
    const struct offer *offers;
    int64_t buy, get, limit;
    struct pieces only_buy, only_get, either;
    struct outcome *out;
};

struct step { /* of the greedy choice among E units */
    size_t piece;
    int64_t count, gain;
};

struct steps {
    struct step *items;
    size_t count;
    int64_t units;
};

struct split {
    int64_t either, only_get, sets, gain;
};

/* The order of units: dearest first, then by line. */
int sets_by_unit_order(const void *a, const void *b);
int sets_by_gain(const void *a, const void *b);
/* sets_choose.c: E units by gain, as far as the bounds allow; items is NULL without memory. */
struct steps sets_greedy(struct sets *s);
/* How many got units come from E in that order and how many from G, in how many sets, so that it gives most. */
struct split sets_split(const struct sets *s, const struct steps *steps);

static inline int64_t sets_least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

#endif
