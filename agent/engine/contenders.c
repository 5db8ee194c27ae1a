/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which promotions are looked at: those whose items are in the basket and whose gate is open, and those that always
 * are; with a trace, all.
 *
 * Of the plain percents of a `best` layer, which are most of what a chain runs, only those that can win anything:
 * each selection has its own sorted, the largest first, so the first one that holds is found at once, and
 * best_simple.c says how far below the largest of a line another may still be in a best solution. The rest could only
 * lose there (may_win), on every line they select, so leaving them out changes nothing but the time. Who may take a
 * unit for nothing (keep_whole) stays in.
 */
#include "agent/engine/best.h"
#include "agent/engine/work.h"

enum { BP = PLAIN_BP };

static void add(struct engine *e, uint32_t promotion)
{
    e->contenders[promotion / 64] |= UINT64_C(1) << promotion % 64;
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
}

/* ---- plain percents */

struct facts { /* of a line, as the layer finds it */
    int64_t amount, price_min;
    bool plain, closed, single;
    int32_t best_bp;  /* the largest percent that holds, of those on plain lines only */
    int32_t least_bp; /* the least that may still win */
};

/* A selection's plain percents of this layer. */
struct field {
    uint32_t selection;
    const uint32_t *items;
    uint32_t count;
    uint32_t top; /* the first that holds; count: none */
};

static void facts_make(const struct engine *e, struct facts *facts)
{
    for (uint32_t l = 0; l < e->line_count; l++) {
        const struct work_line *line = &e->lines[l];
        struct facts *out = &facts[l];

        *out = (struct facts){.plain = line->floor == 0,
                              .closed = !line->line->discountable,
                              .single = line->units == 1,
                              .price_min = INT64_MAX};
        for (size_t r = 0; r < line->count; r++) {
            const struct run *run = &line->items[r];

            out->plain = out->plain && !run->final;
            out->amount += run->price * run->count;
            out->price_min = run->price < out->price_min ? run->price : out->price_min;
        }
    }
}

static bool holds(const struct engine *e, uint32_t number)
{
    const struct promotion *promotion = &e->bundle->promotions[number];
    const struct gate *gate = &e->bundle->gates[number];

    return gate_open(e, number) && (gate->whole || !conditions_hold(e, promotion).reason) &&
           (gate->whole_basket || !conditions_group_threshold(e, promotion).reason);
}

/* The part of a list that belongs to the layer: the list goes by layers, whose promotions' numbers follow another. */
static struct field field_of(const struct engine *e, uint32_t selection, const struct layer *layer)
{
    const struct number_list *list = &e->bundle->plain[selection];
    uint32_t from = 0, end = list->count;

    while (from < end && list->items[from] < layer->first)
        from++;
    while (end > from && list->items[end - 1] >= layer->first + layer->count)
        end--;
    return (struct field){.selection = selection, .items = list->items + from, .count = end - from};
}

/* On lines with floors or final units a percent is no plain one. */
static bool all_plain(const struct engine *e, const struct facts *facts, uint32_t selection)
{
    for (uint32_t i = hit_first(e, selection); i; i = hit_next(e, i)) {
        if (!facts[hit_line(e, i)].plain && !facts[hit_line(e, i)].closed)
            return false;
    }
    return true;
}

static int32_t bp_of(const struct engine *e, const struct field *field, uint32_t i)
{
    return e->bundle->gates[field->items[i]].percent_bp;
}

/* Finds the top, and tells its lines. */
static void field_enter(const struct engine *e, struct field *field, struct facts *facts)
{
    while (field->top < field->count && !holds(e, field->items[field->top]))
        field->top++;
    if (field->top == field->count)
        return;
    for (uint32_t i = hit_first(e, field->selection); i; i = hit_next(e, i)) {
        struct facts *line = &facts[hit_line(e, i)];

        if (bp_of(e, field, field->top) > line->best_bp)
            line->best_bp = bp_of(e, field, field->top);
    }
}

/* The least percent that may be in a best solution on a line: see best_simple.c. Of a single unit, the least that
 * gives as much. */
static void least_make(struct facts *line)
{
    int64_t gain = plain_gain(line->amount, line->best_bp);

    if (gain == 0 || line->price_min == 0)
        line->least_bp = 0;
    else if (line->single)
        line->least_bp = (int32_t)((gain * BP - BP / 2 + line->amount - 1) / line->amount);
    else
        line->least_bp = (int32_t)(line->best_bp - (PLAIN_MARGIN - 1) / line->price_min);
}

/* All that may win somewhere, and all that may take a unit for nothing. */
static void field_add(struct engine *e, const struct field *field, const struct facts *facts)
{
    int64_t price_min = INT64_MAX;
    int32_t least = INT32_MAX;

    for (uint32_t i = hit_first(e, field->selection); i; i = hit_next(e, i)) {
        const struct facts *line = &facts[hit_line(e, i)];

        if (line->closed)
            continue;
        least = line->least_bp < least ? line->least_bp : least;
        price_min = line->price_min < price_min ? line->price_min : price_min;
    }
    if (price_min == INT64_MAX)
        return;
    for (uint32_t i = field->top; i < field->count; i++) {
        int32_t bp = bp_of(e, field, i);

        if (bp < least && price_min >= BP / 2)
            return;
        if ((bp >= least || price_min * bp < BP / 2) && (i == field->top || holds(e, field->items[i])))
            add(e, field->items[i]);
    }
}

static void field_add_open(struct engine *e, const struct field *field)
{
    for (uint32_t i = 0; i < field->count; i++) {
        if (gate_open(e, field->items[i]))
            add(e, field->items[i]);
    }
}

static void plain_of_layer(struct engine *e, const struct layer *layer)
{
    struct arena_mark mark = arena_mark(&e->arena);
    struct facts *facts = arena_array(&e->arena, e->line_count + 1u, sizeof *facts);
    struct field *fields = arena_array(&e->arena, e->selection_hits.count + 1, sizeof *fields);
    size_t count = 0;

    if (!facts || !fields)
        return;
    facts_make(e, facts);
    for (size_t h = 0; h < e->selection_hits.count; h++) {
        struct field field = field_of(e, e->selection_hits.items[h], layer);

        if (field.count == 0)
            continue;
        if (all_plain(e, facts, field.selection)) {
            field_enter(e, &field, facts);
            fields[count++] = field;
        } else {
            field_add_open(e, &field);
        }
    }
    for (uint32_t l = 0; l < e->line_count; l++)
        least_make(&facts[l]);
    for (size_t i = 0; i < count; i++)
        field_add(e, &fields[i], facts);
    arena_rewind(&e->arena, mark);
}

/* Candidates stand by number, and so do layers: each layer's come after those of the layers before. */
void contenders_of_layer(struct engine *e, const struct layer *layer)
{
    uint32_t end = layer->first + layer->count;

    if (layer->count == 0 || e->line_count == 0 || e->arena.st != ST_OK)
        return;
    if (!e->trace && layer->mode == MODE_BEST)
        plain_of_layer(e, layer);
    for (uint32_t word = layer->first / 64; word * 64 < end; word++) {
        for (uint64_t bits = e->contenders[word]; bits; bits &= bits - 1) {
            uint32_t number = word * 64 + (uint32_t)__builtin_ctzll(bits);

            if (number < layer->first || number >= end)
                continue;
            if (e->candidate_count == e->candidate_cap &&
                !vec_more(&e->arena, &e->candidates, e->candidate_count, &e->candidate_cap, sizeof *e->candidates))
                return;
            e->candidates[e->candidate_count++] = (struct candidate){.promotion = number};
        }
    }
}
