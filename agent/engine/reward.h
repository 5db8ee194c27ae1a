/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reward - what one promotion takes off the units it is offered, as if there were no other.
 *
 * Offers come by line in the order that decides, within a line dearest first. Every unit the promotion acts on is
 * taken, also when rounding left it nothing. A promotion whose gain is 0 takes nothing.
 */
#ifndef LOYALD_ENGINE_REWARD_H
#define LOYALD_ENGINE_REWARD_H

#include "agent/engine/bundle.h"

struct offer { /* alike units of one line */
    uint32_t line;
    uint32_t cell; /* the caller's own number */
    int64_t start, count;
    int64_t price, room;  /* room: price above the floor */
    int64_t weight_milli; /* of a weighed line's only unit; 0: sold by each */
    int64_t value;        /* the price or amount it gives here: of a price list the sku's */
    uint32_t parts;       /* bit map of a mix's parts */
    bool get, buy;        /* what they may be used for; both sides for rewards that do not buy */
    bool held;            /* another has them: only to be bought, though they could be got otherwise */
};

struct take {
    uint32_t offer; /* place in the offers */
    bool bought;
    int64_t count, amount; /* amount off one unit */
};

struct outcome {
    int64_t gain;
    int64_t unproven; /* how much more there might be at most: a mix too large to work out wholly */
    struct take *takes;
    size_t count, cap;
};

/* times: how often every_minor was reached. The takes are in the arena. */
void reward_compute(struct arena *arena, const struct promotion *promotion, int64_t times, const struct offer *offers,
                    size_t count, struct outcome *out);
/* What a got or priced unit comes down by, on its own: at most its room. */
int64_t reward_unit_gain(const struct reward *reward, const struct offer *offer);
bool reward_counts(const struct reward *reward); /* makes sets of units */
bool reward_is_discount(const struct reward *reward);

/* For the parts of the computation. reward_finish: order of the takes, cap. */
void reward_finish(struct arena *arena, const struct promotion *promotion, const struct offer *offers,
                   struct outcome *out);
/* One set of a mix, so many units of each offer, made so many times: its price, percent or amount over its units. */
void reward_set(struct arena *arena, const struct promotion *promotion, const struct offer *offers, size_t count,
                int64_t *use, int64_t times, struct outcome *out);
void reward_emit(struct arena *arena, struct outcome *out, size_t offer, int64_t count, int64_t amount, bool bought);
/* pick.c: cheapest and gift */
void pick_compute(struct arena *arena, const struct promotion *promotion, const struct offer *offers, size_t count,
                  struct outcome *out);
int64_t pick_unit_gain(const struct reward *reward, const struct offer *offer);
/* sets.c */
void sets_compute(struct arena *arena, const struct promotion *promotion, const struct offer *offers, size_t count,
                  struct outcome *out);

#endif
