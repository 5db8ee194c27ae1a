/* SPDX-License-Identifier: Apache-2.0 */
/*
 * work - one evaluation in progress (internal to the engine).
 *
 * Lines stand in the order that decides (sku, gross, quantity, line number); "line" below is a place in that order. A
 * line's units are numbered from 0 and kept as runs of units that are alike in everything, so that 100,000 units cost
 * no more than one. Whatever is taken off units is also written down as a move, by unit numbers, until its layer
 * ends: the guard may have to shrink it.
 */
#ifndef LOYALD_ENGINE_WORK_H
#define LOYALD_ENGINE_WORK_H

#include "agent/engine/sale.h"

struct run {
    int64_t start, count;
    int64_t gross, price; /* of one unit: at first, now */
    int64_t layer_price;  /* at the start of the layer */
    int64_t paid;         /* of one unit, with points */
    bool taken;           /* in this layer: by a reward of a best or first layer */
    bool counted;         /* in this layer: bought or got in a set */
    bool final;           /* takes nothing in later layers */
    bool final_next;      /* will be final when the layer ends */
};

struct simple_line;

struct work_line {
    const struct sale_line *line;
    uint32_t index; /* in the sale */
    int64_t units, floor;
    struct run *items; /* the runs, in unit order */
    size_t count, cap;
    /* The line's names as the bundle numbers them; NONE: not in the bundle. */
    uint32_t sku, gtin, brand;
    const uint32_t *categories, *tags, *lists;
    uint32_t category_count, tag_count, list_count;
    uint32_t category; /* most lines have one that the bundle names: categories points here */
};

struct move { /* what one promotion did with some units of one line */
    uint32_t promotion, line;
    int64_t start, count, amount; /* amount of one unit */
    int64_t price;                /* of one unit, as it was before: units_move fills it in */
    bool bought;
};

struct moves {
    struct move *items;
    size_t count, cap;
};

struct adjustment { /* of one promotion on one line, when its layer is over */
    uint32_t promotion, line;
    int64_t qty_milli, amount;
};

struct verdict {
    const char *reason; /* NULL: holds, or applied */
    enum engine_missing missing;
    int64_t value;
    int figures; /* how many figures are missing in all */
};

struct candidate { /* a promotion looked at in this sale */
    uint32_t promotion;
    bool applied;
    bool whole;    /* in a best layer: its lines are not looked at one by one */
    int64_t units; /* that it gave to */
    struct verdict verdict;
};

struct hit {
    uint32_t line, next; /* next: place in the hits + 1, 0 ends */
};

struct selection_state {
    uint32_t stamp, first, last; /* hits, + 1 */
    uint32_t sum_stamp;          /* when the sums below are of this sale */
    int64_t amount, qty, distinct;
};

struct payment { /* with points */
    uint32_t line, currency;
    int64_t amount;
};

struct points_state {
    int64_t earned, redeemed, cost;
};

struct points_entry {
    uint32_t promotion, currency;
    int64_t earned;
};

struct coupon_state {
    const char *text; /* as the sale wrote it */
    const char *rejected;
    uint32_t series;
    bool serves; /* the one of its series that is used */
};

struct engine {
    struct arena arena;
    engine_verify *verify; /* of signed coupons; NULL: none is known */
    void *verify_user;
    /* Kept between evaluations, so that nothing as large as the bundle is cleared for each sale. */
    struct selection_state *selections;
    uint32_t selection_cap, stamp;
    struct strbuf text; /* for the digest */

    /* From here on all is of one sale and begins as zeros. */
    const struct bundle *bundle;
    const struct engine_sale *sale;
    bool trace;
    struct work_line *lines;
    uint32_t line_count;
    struct {
        uint64_t tier;
        uint32_t store;
        uint8_t weekday, tier_folded;
    } gate; /* what the sale opens */
    struct {
        struct hit *items;
        size_t count, cap;
    } hits;
    struct {
        uint32_t *items;
        size_t count, cap;
    } selection_hits;             /* selections that hit any line */
    struct simple_line *simple;   /* of this layer, when it is a best one (best.h) */
    bool simple_all;              /* each of them is plain or closed */
    uint64_t *contenders;         /* bit map of promotions that are looked at when their layer comes */
    size_t contender_count;       /* how often one was put there */
    struct candidate *candidates; /* by promotion number; of layers that have come */
    uint32_t candidate_count;
    size_t candidate_cap;
    uint8_t flags; /* of all candidates' gates together: what need not be looked for */
    bool *group_used;
    struct moves moves; /* of this layer */
    struct {
        struct adjustment *items;
        size_t count, cap;
    } adjustments;
    struct {
        struct payment *items;
        size_t count, cap;
    } payments;
    struct points_state *points; /* by currency */
    struct {
        struct points_entry *items;
        size_t count, cap;
    } earnings;
    struct coupon_state *coupons;
    uint32_t coupon_count;
    uint32_t *series_coupon; /* by series: the coupon that serves, or NONE */
    struct {
        struct engine_issued *items;
        size_t count, cap;
    } issued;
    struct {
        struct engine_message *items;
        size_t count, cap;
    } messages;
    struct {
        struct engine_gift *items;
        size_t count, cap;
    } gifts;
    struct {
        struct engine_hint *items;
        size_t count, cap;
    } hints;
    int64_t gross, discount;
    int64_t nodes_left;
    bool optimal;
    int64_t bound;
    struct engine_result result;
};

/* items.c */
void items_match(struct engine *e);
/* Walks the lines a selection hit, in order: for (i = hit_first(e, s); i; i = hit_next(e, i)) line = hit_line(e, i).
 */
static inline uint32_t hit_first(const struct engine *e, uint32_t selection)
{
    if (selection == NONE || e->selections[selection].stamp != e->stamp)
        return 0;
    return e->selections[selection].first;
}
static inline uint32_t hit_next(const struct engine *e, uint32_t i)
{
    return e->hits.items[i - 1].next;
}
static inline uint32_t hit_line(const struct engine *e, uint32_t i)
{
    return e->hits.items[i - 1].line;
}

/* contenders.c: which promotions are looked at, before the layers and when each begins. */
void contenders_begin(struct engine *e);
void contenders_of_layer(struct engine *e, const struct layer *layer);
/* best_simple.c: the lines as a best layer finds them, in e->simple. */
void simple_lines_make(struct engine *e);

/* conditions.c: everything but `group threshold nothing outbid`. */
struct verdict conditions_hold(const struct engine *e, const struct promotion *promotion);
struct verdict conditions_group_threshold(const struct engine *e, const struct promotion *promotion);

/* What the lines of a selection come to, gross; summed once a sale. */
const struct selection_state *basket_sums(const struct engine *e, uint32_t selection);
static inline const struct selection_state *basket_gross(const struct engine *e, uint32_t selection)
{
    const struct selection_state *state = &e->selections[selection];

    return state->sum_stamp == e->stamp ? state : basket_sums(e, selection);
}

/* gate.c */
void gate_begin(struct engine *e);
static inline bool gate_open(const struct engine *e, uint32_t promotion)
{
    const struct gate *gate = &e->bundle->gates[promotion];
    const struct engine_sale *sale = e->sale;

    return (gate->tiers & e->gate.tier) && (gate->weekdays & e->gate.weekday) &&
           (gate->selection == NONE || basket_gross(e, gate->selection)->amount >= gate->amount_min) &&
           (gate->store == NONE || gate->store == e->gate.store) && (!gate->member || sale->member) &&
           ((gate->from_day == INT32_MIN && gate->until_day == INT32_MAX) ||
            (sale->has_at && sale->at.day >= gate->from_day && sale->at.day <= gate->until_day));
}

/* units.c */
void units_begin(struct engine *e);
/* Takes amount off each of the units and writes the move; or marks them as bought. */
void units_move(struct engine *e, const struct move *move, bool counting);
void units_layer_begin(struct engine *e);
/* Guard, adjustments, final units. */
void units_layer_end(struct engine *e);
/* Pays amount of each of the units with points. */
void units_pay(struct engine *e, uint32_t line, int64_t start, int64_t count, int64_t amount);
static inline int64_t unit_room(const struct work_line *line, int64_t price)
{
    return price > line->floor ? price - line->floor : 0;
}
static inline bool line_weighed(const struct work_line *line)
{
    return line->line->weight;
}

/* layer.c, layer_best.c */
void layers_run(struct engine *e);
void layer_best(struct engine *e, uint32_t first, uint32_t count);
struct candidate *candidate_of(struct engine *e, uint32_t promotion);
/* Books that the promotion gave something: group, cost. */
void candidate_applied(struct engine *e, struct candidate *candidate);

/* redeem.c, points.c, coupons.c, result.c */
void redeem_run(struct engine *e);
void points_run(struct engine *e);
void coupons_begin(struct engine *e);
void result_make(struct engine *e);

/* result_write.c: over the result without `digest trace hints messages`. */
bool result_digest(struct engine_result *result, struct strbuf *text);

#endif
