/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which promotions are looked at: those whose items are in the basket and whose gate is open, those that always are,
 * and those of the coupons that were shown; with a trace, all. A promotion whose coupon nobody shows says nothing:
 * not even a hint, which needs that one figure alone is missing.
 *
 * Of the plain percents of a `best` layer, which are most of what a chain runs, only those that can win anything:
 * each selection has its own sorted, the largest first, so the first one that holds is found at once, and
 * best_simple.c says how far below the largest of a line another may still be in a best solution. The rest could only
 * lose there (may_win), on every line they select, so leaving them out changes nothing but the time. Who may take a
 * unit for nothing (keep_whole) stays in.
 */
#include "agent/engine/best.h"
#include "agent/engine/work.h"

#include <string.h>

enum { BP = PLAIN_BP };

static void add(struct engine *e, uint32_t promotion)
{
    e->contenders[promotion / 64] |= UINT64_C(1) << promotion % 64;
    e->contender_count++;
}

void contenders_begin(struct engine *e)
{
    const struct bundle *bundle = e->bundle;

    e->contenders = arena_array(&e->arena, bundle->promotion_count / 64 + 1u, sizeof *e->contenders);
    if (!e->contenders || e->line_count == 0)
        return;
    for (uint32_t i = 0; e->trace && i < bundle->promotion_count; i++)
        add(e, i);
    for (size_t h = 0; h < e->selection_hits.count; h++) {
        const struct number_list *users = &bundle->used_by[e->selection_hits.items[h]];

        for (uint32_t i = 0; i < users->count; i++) {
            if (gate_open(e, users->items[i]))
                add(e, users->items[i]);
        }
    }
    for (uint32_t i = 0; i < bundle->always.count; i++)
        add(e, bundle->always.items[i]);
    for (uint32_t i = 0; i < e->coupon_count; i++) {
        const struct number_list *promotions;

        if (!e->coupons[i].serves)
            continue;
        promotions = &bundle->by_series[e->coupons[i].series];
        for (uint32_t k = 0; k < promotions->count; k++)
            add(e, promotions->items[k]);
    }
}

/* ---- plain percents */

/* A selection's plain percents of this layer. Most select one line or two, but which is a guess: both are looked at
 * without one, the second being none at all where there is none. */
struct field {
    const struct plain *items;
    uint32_t selection, count;
    uint32_t top;                /* the first that holds */
    uint32_t more;               /* hits beyond the two */
    struct simple_line *line[2]; /* those that take discounts */
    int32_t least;               /* the least percent that may win on any of its lines, as far as is known */
    int64_t price_min;           /* of all its units; INT64_MAX when no line takes a discount */
};

static bool holds_wholly(const struct engine *e, const struct plain *plain)
{
    const struct promotion *promotion = &e->bundle->promotions[plain->number];
    const struct gate *gate = &e->bundle->gates[plain->number];

    return gate_open(e, plain->number) && (gate->whole || !conditions_hold(e, promotion).reason) &&
           (gate->whole_basket || !conditions_group_threshold(e, promotion).reason);
}

static inline bool holds(const struct engine *e, const struct plain *plain)
{
    return (plain->tiers & e->gate.tier_folded) && (plain->weekdays & e->gate.weekday) && holds_wholly(e, plain);
}

/* The part of a list that belongs to the layer: the list goes by layers, whose promotions' numbers follow another. */
static struct field field_of(const struct engine *e, uint32_t selection, const struct layer *layer)
{
    const struct plain_list *list = &e->bundle->plain[selection];
    uint32_t from = 0, end = list->count;

    while (from < end && list->items[from].number < layer->first)
        from++;
    while (end > from && list->items[end - 1].number >= layer->first + layer->count)
        end--;
    return (struct field){
        .selection = selection, .items = end > from ? &list->items[from] : NULL, .count = end - from};
}

static void field_see(struct field *field, const struct simple_line *line)
{
    field->least = line->least_bp < field->least ? line->least_bp : field->least;
    field->price_min = line->price_min < field->price_min ? line->price_min : field->price_min;
}

/* What its lines are like now. */
static void field_look(const struct engine *e, struct field *field)
{
    field->price_min = INT64_MAX;
    field->least = INT32_MAX;
    field_see(field, field->line[0]);
    field_see(field, field->line[1]);
    for (uint32_t i = field->more; i; i = hit_next(e, i)) {
        const struct simple_line *line = &e->simple[hit_line(e, i)];

        if (!line->closed)
            field_see(field, line);
    }
}

/* Its lines, the first time. False when one has floors or final units: there a percent is no plain one. */
static bool field_lines(const struct engine *e, struct field *field, struct simple_line *none)
{
    uint32_t first = hit_first(e, field->selection), second = hit_next(e, first);
    struct simple_line *a = &e->simple[hit_line(e, first)], *b = second ? &e->simple[hit_line(e, second)] : none;

    field->line[0] = a->closed ? none : a;
    field->line[1] = b->closed ? none : b;
    field->more = second ? hit_next(e, second) : 0;
    for (uint32_t i = e->simple_all ? 0 : first; i; i = hit_next(e, i)) {
        const struct simple_line *line = &e->simple[hit_line(e, i)];

        if (!line->plain && !line->closed)
            return false;
    }
    return true;
}

/* Whether neither this percent nor a lower one may win anything or take a unit for nothing. */
static bool hopeless(const struct field *field, int32_t bp)
{
    return bp < field->least && field->price_min >= BP / 2;
}

/* A percent below which none may be in a best solution on a line: see best_simple.c. Of a single unit one that gives
 * as much is at most (BP - 1) / amount below; where a line costs more than that nothing has to be divided. It only
 * rises with the best one. */
static void least_make(struct simple_line *line)
{
    int64_t margin = line->single ? BP : PLAIN_MARGIN;

    if (line->price_min == 0 || plain_gain(line->amount, line->best_bp) == 0)
        line->least_bp = 0;
    else
        line->least_bp =
            line->best_bp -
            (line->price_min >= margin ? 0 : (int32_t)((uint32_t)(margin - 1) / (uint32_t)line->price_min));
}

/* The line knows of a percent that holds. */
static void line_tell(struct simple_line *line, int32_t bp)
{
    line->best_bp = bp > line->best_bp ? bp : line->best_bp;
    least_make(line);
}

/* Finds the top, and tells its lines. False when there is none that may win. */
static bool field_enter(const struct engine *e, struct field *field)
{
    int32_t bp;

    while (field->top < field->count && !hopeless(field, field->items[field->top].percent_bp) &&
           !holds(e, &field->items[field->top]))
        field->top++;
    if (field->top == field->count || hopeless(field, field->items[field->top].percent_bp))
        return false;
    bp = field->items[field->top].percent_bp;
    line_tell(field->line[0], bp);
    line_tell(field->line[1], bp);
    for (uint32_t i = field->more; i; i = hit_next(e, i))
        line_tell(&e->simple[hit_line(e, i)], bp);
    return true;
}

/* All that may win somewhere, and all that may take a unit for nothing. */
static void field_add(struct engine *e, struct field *field)
{
    field_look(e, field);
    for (uint32_t i = field->top; i < field->count; i++) {
        int32_t bp = field->items[i].percent_bp;

        if (hopeless(field, bp))
            return;
        if ((bp >= field->least || field->price_min * bp < BP / 2) && (i == field->top || holds(e, &field->items[i])))
            add(e, field->items[i].number);
    }
}

static void field_add_open(struct engine *e, const struct field *field)
{
    for (uint32_t i = 0; i < field->count; i++) {
        if (gate_open(e, field->items[i].number))
            add(e, field->items[i].number);
    }
}

static void plain_of_layer(struct engine *e, const struct layer *layer)
{
    struct arena_mark mark = arena_mark(&e->arena);
    struct field *fields = arena_raw(&e->arena, e->selection_hits.count + 1, sizeof *fields);
    /* Whatever it is told, nothing wins on it. */
    struct simple_line none = {.amount = BP, .price_min = INT64_MAX, .best_bp = INT32_MAX, .least_bp = INT32_MAX};
    size_t count = 0;

    if (!fields)
        return;
    for (size_t h = 0; h < e->selection_hits.count; h++) {
        struct field field = field_of(e, e->selection_hits.items[h], layer);

        if (field.count == 0)
            continue;
        if (!field_lines(e, &field, &none)) {
            field_add_open(e, &field);
            continue;
        }
        field_look(e, &field);
        if (field.price_min != INT64_MAX && field_enter(e, &field))
            fields[count++] = field;
    }
    for (size_t i = 0; i < count; i++)
        field_add(e, &fields[i]);
    arena_rewind(&e->arena, mark);
}

static bool candidates_room(struct engine *e)
{
    size_t need = e->candidate_count + e->contender_count; /* some twice, some of layers beside it */
    struct candidate *moved;

    if (need <= e->candidate_cap)
        return true;
    moved = arena_raw(&e->arena, need, sizeof *moved);
    if (!moved)
        return false;
    if (e->candidate_count > 0)
        memcpy(moved, e->candidates, e->candidate_count * sizeof *moved);
    e->candidates = moved;
    e->candidate_cap = need;
    return true;
}

/* Candidates stand by number, and so do layers: each layer's come after those of the layers before. */
void contenders_of_layer(struct engine *e, const struct layer *layer)
{
    uint32_t end = layer->first + layer->count;

    if (layer->count == 0 || e->line_count == 0 || e->arena.st != ST_OK)
        return;
    if (layer->mode == MODE_BEST)
        simple_lines_make(e);
    if (e->arena.st == ST_OK && !e->trace && layer->mode == MODE_BEST)
        plain_of_layer(e, layer);
    if (e->arena.st != ST_OK || !candidates_room(e))
        return;
    for (uint32_t word = layer->first / 64; word * 64 < end; word++) {
        for (uint64_t bits = e->contenders[word]; bits; bits &= bits - 1) {
            uint32_t number = word * 64 + (uint32_t)__builtin_ctzll(bits);

            if (number < layer->first || number >= end)
                continue;
            e->candidates[e->candidate_count++] = (struct candidate){.promotion = number};
            e->flags |= e->bundle->gates[number].flags;
        }
    }
}
