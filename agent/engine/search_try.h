/* SPDX-License-Identifier: Apache-2.0 */
/* search_try - one solution of a part: what it gives, whether it is sound, whether it is better (internal). */
#ifndef LOYALD_ENGINE_SEARCH_TRY_H
#define LOYALD_ENGINE_SEARCH_TRY_H

#include "agent/engine/search.h"

struct option { /* a seat that selects a cell, and maybe one that buys the same units (else NONE) */
    uint32_t seat, offer, buyer, buyer_offer;
    uint64_t worth;
};

struct search {
    struct engine *e;
    struct part *part;
    struct option *options; /* by cell, best worth first */
    size_t *option_first;   /* by cell, one more at the end */
    uint64_t *suffix;       /* the most that the cells from here on are worth, with the seats that are on */
    struct solution *best, tried;
    uint64_t open; /* the highest bound left unexplored, + 1; 0: none */
    bool pairs;    /* some seat leaves what it bought */
    bool too_many; /* takes of the solution being tried: it is left out */
    /* Units of each cell in the solution being tried: taken at all; bought, but left to seats that do not count;
     * taken by these; and of those bought as well. */
    int64_t *used, *kept, *plain, *held;
};

/* The seat's reward on given counts of its offers; *out_places: from the outcome's offers to the seat's. */
void search_seat(struct search *s, const struct seat *seat, const int64_t *counts, struct outcome *out,
                 uint32_t **out_places);
/* Whether the seat takes units without counting them. */
static inline bool seat_is_plain(const struct seat *seat)
{
    return !seat->counts;
}
/* search_greedy.c: whether the seat may be on (groups, costs) beside those that are; tries the first solutions. */
bool search_may_turn_on(const struct search *s, const bool *on, size_t seat);
void search_greedy(struct search *s);
/* search_options.c: false without memory. */
bool search_options(struct search *s);
/* Tries what the seats are offered now; keeps it when it is sound and better. */
void search_try(struct search *s);

#endif
