/* SPDX-License-Identifier: Apache-2.0 */
/*
 * search - the best solution of one independent part of a `best` layer (internal).
 *
 * A cell is a run of alike units. Each unit of a cell is offered to one of the promotions (seats) that select it;
 * what a seat takes of its offers is what its reward takes, as if there were no more. A solution is sound when every
 * seat that gives something would take the same if it were offered all that the others leave: then, and only then,
 * "each promotion acts on all the units it selects that no other takes". Rewards do not care for units they do not
 * use, so every sound solution is found among the offers, and taking the seats one after the other always gives one.
 *
 * A seat that reuses buys offers each cell it may buy of twice: its own units, and held ones, which a seat that does
 * not count has taken. A unit then goes to that seat alone, to this one alone, or to both (a pair).
 *
 * Branch and bound: cells in order, for each cell how many units go to which seat, dearest bound first. The bound of
 * a seat is a worth per unit (in 1/10000 minor units) plus a slack for rounding, or one lump for rewards that give a
 * fixed amount however many units there are.
 */
#ifndef LOYALD_ENGINE_SEARCH_H
#define LOYALD_ENGINE_SEARCH_H

#include "agent/engine/layer.h"
#include "agent/engine/mix.h"

struct seat { /* a promotion in this part */
    uint32_t candidate;
    const struct promotion *promotion;
    int64_t times;
    struct offer *offers; /* all its units of the part; offer.cell is a place in the part's cells; a held one stands
                             behind that of the same units */
    size_t count;
    int64_t *offered; /* of each offer, in the solution being tried */
    uint64_t *worth;  /* bound per unit; all 0 when it is a lump */
    uint64_t lump, slack;
    int64_t alone;                 /* what it gives when all is its own */
    const struct mix_table *table; /* of a mix whose units are few; else NULL */
    bool unproven;                 /* what it gives alone may not be the most */
    bool on, is_switch;            /* a switch may be off: it has a group or a cost */
    bool reuses;                   /* its buys are left to seats that do not count */
    bool counts;                   /* makes sets of units (reward_counts) */
};

struct cell {
    uint32_t line;
    int64_t start, count, price;
    uint32_t rank; /* in the order of units: dearest first, then by line */
};

struct part {
    struct seat *seats;
    size_t seat_count;
    struct cell *cells;
    size_t cell_count;
};

struct part_take {
    uint32_t seat, cell;
    int64_t count, amount;
    bool bought, held;
};

struct solution {
    int64_t gain, *gains; /* of each seat */
    struct part_take *takes;
    size_t count, cap;
};

/* What the seat's reward gives on all its offers. */
void seat_compute(struct arena *arena, const struct seat *seat, struct outcome *out);
/* bounds.c: the bounds of a seat whose offers are there; whether less to choose from never gives more. */
void bounds_make(struct arena *arena, struct seat *seat);
bool bounds_monotone(const struct seat *seat);

/* Finds the best solution; books what it could not prove in e->optimal and e->bound. */
void search_part(struct engine *e, struct part *part, struct solution *out);

#endif
