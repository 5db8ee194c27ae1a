/* SPDX-License-Identifier: Apache-2.0 */
/* best_world - small random baskets and promotions of one best layer, and by force what the best of it is. */
#ifndef LOYALD_TEST_ENGINE_BEST_WORLD_H
#define LOYALD_TEST_ENGINE_BEST_WORLD_H

#include "agent/base/strbuf.h"

#include <stdbool.h>
#include <stdint.h>

enum { LINES = 4, UNITS = 6, PROMOS = 3 };
enum kind {
    PERCENT,
    PERCENT_SALE,
    AMOUNT,
    AMOUNT_LINE,
    BASKET,
    FIXED,
    FIXED_BASKET,
    LIST,
    CHEAPEST,
    GIFT,
    MIX,
    NTH,
    BUY_GET,
    KINDS
};
enum gives { GIVES_PERCENT, GIVES_AMOUNT, GIVES_PRICE };

struct promo {
    enum kind kind;
    int lines; /* bit map of what it gives to */
    int buys;  /* of what a set is bought from */
    int64_t value, per_sale, cap;
    int buy, get, group;
    bool dearest;
    bool reuse;          /* what it buys is left to those that make no sets */
    int64_t list[LINES]; /* prices of a list, by line */
    enum gives gives;
    int part[2], part_qty[2], parts; /* of a mix: lines */
};

struct world {
    int lines, units, promos;
    int64_t price[LINES], floor[LINES];
    int qty[LINES];
    int line_of[UNITS];
    struct promo promo[PROMOS];
    bool limited; /* a limit takes the dearest units, so the way to share out must be sound */
};

struct answer {
    int64_t total, gain[PROMOS];
};

/* best_world.c: chance, and the world as JSON */
void best_begin(void);
void best_make_world(struct world *w);
bool best_is_of_sets(const struct promo *p);
void best_write_bundle(struct strbuf *out, const struct world *w, int search_nodes);
void best_write_sale(struct strbuf *out, const struct world *w);

/* best_gains.c: what a promotion gives for a map of units, some of which are only held for it; how many it uses up */
int64_t best_gain(const struct world *w, const struct promo *p, int map, int held);
int best_units_used(const struct world *w, const struct promo *p, int map);
bool best_selects(const struct world *w, int lines, int unit);

/* best_brute.c: every way to share the units out is tried. */
void best_by_force(const struct world *w, struct answer *out_best);

#endif
