/* SPDX-License-Identifier: Apache-2.0 */
/* best - what the parts of a `best` layer share (internal). */
#ifndef LOYALD_ENGINE_BEST_H
#define LOYALD_ENGINE_BEST_H

#include "agent/engine/search.h"

/* What a plain percent gives on an amount, and how far from the largest another may be in a best solution, as price
 * of a unit x difference of the percents (best_simple.c says why). */
enum { PLAIN_BP = 10000, PLAIN_MARGIN = PLAIN_BP + PLAIN_BP / 2 };
static inline int64_t plain_gain(int64_t amount, int64_t percent_bp)
{
    return (amount * percent_bp + PLAIN_BP / 2) / PLAIN_BP; /* at most 10^12 x 10^4 */
}

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
    bool plain;                /* no unit has a floor or is final */
    bool closed;               /* takes no discount */
    bool single;               /* one unit */
    bool alone;                /* no promotion but plain percents selects it */
    int32_t best_bp;           /* the largest that holds; of those on plain lines only, until candidates are known */
    int32_t least_bp;          /* the least that may be in a best solution beside it */
    int64_t best_gain;
    uint32_t best;       /* candidate, NONE: no plain percent selects it */
    uint32_t count_left; /* plain percents that may be in a solution */
    uint32_t first_pair; /* of these, place + 1 */
};

struct simple_pair { /* a plain percent and a line that it selects */
    uint32_t candidate, line;
    uint32_t next; /* of the line that may be in a solution, place + 1; 0 ends */
};

struct best_layer {
    struct engine *e;
    struct player *players;
    size_t player_count, player_cap;
    uint32_t *parent;          /* of lines: the parts */
    uint32_t *cell_base;       /* by line: the number of its first run */
    struct simple_line *lines; /* the engine's */
    struct {
        struct simple_pair *items;
        size_t count, cap;
    } pairs;
};

/* layer_best.c: whether any player may give more, or as much on fewer units, when one of its units goes to another.
 */
bool best_any_gains_by_losing(const struct best_layer *b);
/* Copies; without memory the arena says so. */
void best_player_add(struct best_layer *b, const struct player *player);
/* best_simple.c */
void best_simple_begin(struct best_layer *b);
/* Takes the candidate, whose conditions hold, when it is a plain percent; else false. */
bool best_simple_offer(struct best_layer *b, uint32_t candidate);
/* When all others are players: gives each line that only one can have to that one, and shares those that a table can;
 * who is left becomes a player. */
void best_simple_choose(struct best_layer *b);
struct give {
    int64_t start, count, gain; /* units of a line that has one run; what all of them get together */
};
/* Half up of the line, over its units alike: the odd minor units on the first. */
void best_give(struct best_layer *b, uint32_t candidate, uint32_t line, const struct give *give);
/* best_split.c: shares a line of one run, which plain percents alone select, among those that are left there. False
 * when that is for the search. */
bool best_split_line(struct best_layer *b, uint32_t line);

#endif
