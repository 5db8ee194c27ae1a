/* SPDX-License-Identifier: Apache-2.0 */
/* best - what the parts of a `best` layer share (internal). */
#ifndef LOYALD_ENGINE_BEST_H
#define LOYALD_ENGINE_BEST_H

#include "agent/engine/search.h"

struct player {
    uint32_t candidate;
    const struct promotion *promotion;
    struct offers offers;
    int64_t times, alone;
    const struct mix_table *table;
    bool separable, unproven, monotone;
};

struct simple_line {           /* a line as plain percents see it at the start of the layer */
    int64_t amount, price_min; /* of all units; of the cheapest one */
    bool plain;                /* it may take a discount, and no unit has a floor */
    bool closed;               /* takes no discount */
    bool single;               /* one unit */
    bool alone;                /* no promotion but plain percents selects it */
    int64_t best_bp, best_gain;
    uint32_t best;       /* candidate, NONE: no plain percent selects it */
    uint32_t count_left; /* plain percents that may be in a solution */
};

struct simple_pair { /* a plain percent and a line that it selects */
    uint32_t candidate, line;
};

struct best_layer {
    struct engine *e;
    struct player *players;
    size_t player_count, player_cap;
    uint32_t *parent;    /* of lines: the parts */
    uint32_t *cell_base; /* by line: the number of its first run */
    struct simple_line *lines;
    struct {
        struct simple_pair *items;
        size_t count, cap;
    } pairs;
};

/* layer_best.c: copies; without memory the arena says so. */
void best_player_add(struct best_layer *b, const struct player *player);
/* best_simple.c */
bool best_simple_begin(struct best_layer *b);
/* Takes the candidate, whose conditions hold, when it is a plain percent; else false. */
bool best_simple_offer(struct best_layer *b, uint32_t candidate);
/* When all others are players: gives each line that only one can have to that one; who is left becomes a player. */
void best_simple_choose(struct best_layer *b);

#endif
