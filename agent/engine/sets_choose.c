/* SPDX-License-Identifier: Apache-2.0 */
/* Which units of a set reward are got: the reasoning stands at the head of sets.c. */
#include "agent/engine/sets.h"
#include "agent/engine/sort.h"

enum { EXACT_SPLITS_MAX = 20000 };

int sets_by_unit_order(const void *a, const void *b)
{
    const struct piece *x = a, *y = b;

    if (x->price != y->price)
        return x->price > y->price ? -1 : 1;
    return x->offer < y->offer ? -1 : x->offer > y->offer;
}

int sets_by_gain(const void *a, const void *b)
{
    const struct piece *x = a, *y = b;

    if (x->gain != y->gain)
        return x->gain > y->gain ? -1 : 1;
    return sets_by_unit_order(a, b);
}

static int64_t sets_for(const struct sets *s, int64_t got)
{
    return (got + s->get - 1) / s->get;
}

/* The most c with c + buy x ceil(c / get) <= units. */
static int64_t got_bound(const struct sets *s, int64_t units)
{
    int64_t whole = units / (s->buy + s->get), rest = units % (s->buy + s->get);

    return whole * s->get + (rest > s->buy ? rest - s->buy : 0);
}

static void bounds_make(struct sets *s)
{
    struct pieces *either = &s->either;
    int64_t units = s->only_buy.units;

    for (size_t i = 0, end; i < either->count; i = end) {
        for (end = i; end < either->count && either->items[end].price == either->items[i].price; end++)
            units += either->items[end].count;
        for (size_t k = i; k < end; k++)
            either->items[k].bound = units;
    }
    for (size_t i = 0; i < either->count; i++) {
        int64_t all = s->only_buy.units + either->units;

        /* With "dearest" any may be got: only the whole counts. */
        either->items[i].bound = got_bound(s, s->reward->dearest ? all : either->items[i].bound);
    }
}

/* How many units of piece i the bounds still allow. */
static int64_t bounds_allow(const struct pieces *either, size_t i)
{
    int64_t chosen = 0, room = either->items[i].held ? 0 : either->items[i].count - either->items[i].chosen;

    for (size_t k = 0; k < either->count; k++) {
        bool last_of_price = k + 1 == either->count || either->items[k + 1].price != either->items[k].price;

        chosen += either->items[k].chosen;
        if (last_of_price && either->items[k].price <= either->items[i].price)
            room = sets_least(room, either->items[k].bound - chosen);
    }
    return room > 0 ? room : 0;
}

struct steps sets_greedy(struct sets *s)
{
    struct pieces *either = &s->either;
    struct steps steps = {.items = arena_array(s->arena, either->count + 1, sizeof(struct step))};
    struct piece *ranked = arena_array(s->arena, either->count + 1, sizeof *ranked);

    if (!steps.items || !ranked)
        return steps;
    bounds_make(s);
    for (size_t i = 0; i < either->count; i++) {
        ranked[i] = either->items[i];
        ranked[i].chosen = (int64_t)i; /* where it stands in the unit order */
    }
    sort_items(ranked, either->count, sizeof *ranked, sets_by_gain);
    for (size_t r = 0; r < either->count; r++) {
        size_t i = (size_t)ranked[r].chosen;
        int64_t count = bounds_allow(either, i);

        either->items[i].chosen += count;
        if (count > 0)
            steps.items[steps.count++] = (struct step){i, count, either->items[i].gain};
        steps.units += count;
    }
    for (size_t i = 0; i < either->count; i++)
        either->items[i].chosen = 0;
    return steps;
}

static int64_t steps_gain(const struct steps *steps, int64_t units)
{
    int64_t gain = 0;

    for (size_t i = 0; i < steps->count && units > 0; i++) {
        gain += steps->items[i].gain * sets_least(units, steps->items[i].count);
        units -= sets_least(units, steps->items[i].count);
    }
    return gain;
}

static int64_t pieces_gain(const struct pieces *pieces, int64_t units)
{
    int64_t gain = 0;

    for (size_t i = 0; i < pieces->count && units > 0; i++) {
        gain += pieces->items[i].gain * sets_least(units, pieces->items[i].count);
        units -= sets_least(units, pieces->items[i].count);
    }
    return gain;
}

/* Units that get something: those of no gain stand last and would only make empty sets. */
static int64_t gainful(const struct pieces *pieces)
{
    int64_t units = 0;

    for (size_t i = 0; i < pieces->count && pieces->items[i].gain > 0; i++)
        units += pieces->items[i].count;
    return units;
}

/* Cut to whole sets, unless a set may do with less. */
static int64_t whole_sets(const struct sets *s, int64_t got)
{
    return s->reward->partial ? got : got - got % s->get;
}

/* Filled up to whole sets: a set that may do with less takes what there is, too. */
static int64_t full_sets(const struct sets *s, int64_t got)
{
    return sets_for(s, got) * s->get;
}

/* Whether a piece whose units stand at.. in the order they are got in has any of those from up to end. */
static bool has_any(int64_t at, int64_t count, int64_t from, int64_t end)
{
    return (at > from ? at : from) < sets_least(at + count, end);
}

/* Where in the unit order the first unit stands that is got in way a to split and not in b: of the E units those that
 * a reaches behind b in the greedy choice, of the G units likewise. */
static const struct piece *first_got(const struct sets *s, const struct steps *steps, const struct split *a,
                                     const struct split *b)
{
    const struct piece *first = NULL;
    int64_t at = 0;

    for (size_t i = 0; i < steps->count; at += steps->items[i++].count) {
        const struct piece *piece = &s->either.items[steps->items[i].piece];

        if (has_any(at, steps->items[i].count, b->either, a->either) &&
            (!first || sets_by_unit_order(piece, first) < 0))
            first = piece;
    }
    at = 0;
    for (size_t i = 0; i < s->only_get.count; at += s->only_get.items[i++].count) {
        const struct piece *piece = &s->only_get.items[i];

        if (has_any(at, piece->count, b->only_get, a->only_get) && (!first || sets_by_unit_order(piece, first) < 0))
            first = piece;
    }
    return first;
}

/* Of two ways that give the same: whether a gives the larger amount, be it nothing at all, on the earlier unit. */
static bool earlier_got(const struct sets *s, const struct steps *steps, const struct split *a, const struct split *b)
{
    const struct piece *x = first_got(s, steps, a, b), *y = first_got(s, steps, b, a);

    return x && (!y || sets_by_unit_order(x, y) < 0);
}

/* The best number of G units beside that many got E units, in the fewest sets that give as much. */
static void split_try(const struct sets *s, const struct steps *steps, int64_t either, struct split *best)
{
    int64_t material = s->only_buy.units + s->either.units - either;
    int64_t sets_max = sets_least(material / s->buy, s->limit);
    int64_t total = whole_sets(s, sets_least(either + s->only_get.units, sets_max * s->get));
    struct split split = {.either = either};

    if (material < 0 || total < either || total == 0)
        return;
    total = sets_least(total, full_sets(s, either + gainful(&s->only_get)));
    split.only_get = total - either;
    split.sets = sets_for(s, total);
    split.gain = steps_gain(steps, either) + pieces_gain(&s->only_get, split.only_get);
    if (split.gain > best->gain || (split.gain == best->gain && split.sets < best->sets) ||
        (split.gain == best->gain && split.sets == best->sets && earlier_got(s, steps, &split, best)))
        *best = split;
}

/* Without G units more got ones never give less. */
static struct split split_either(const struct sets *s, const struct steps *steps)
{
    int64_t most = s->limit < steps->units ? sets_least(steps->units, s->limit * s->get) : steps->units, good = 0;
    struct split split = {0};

    for (size_t i = 0; i < steps->count && steps->items[i].gain > 0; i++)
        good += steps->items[i].count;
    most = whole_sets(s, most);
    split.either = sets_least(most, full_sets(s, good));
    split.sets = sets_for(s, split.either);
    split.gain = steps_gain(steps, split.either);
    return split;
}

struct split sets_split(const struct sets *s, const struct steps *steps)
{
    struct split best = {0};
    int64_t stride = 1 + steps->units / EXACT_SPLITS_MAX, at;

    if (s->only_get.units == 0)
        return split_either(s, steps);
    for (at = 0; at <= steps->units; at += stride)
        split_try(s, steps, at, &best);
    /* Beyond EXACT_SPLITS_MAX units in strides, then all around the best: the gain is concave but for whole sets. */
    at = best.either > stride ? best.either - stride : 0;
    for (int64_t end = sets_least(best.either + stride, steps->units); stride > 1 && at <= end; at++)
        split_try(s, steps, at, &best);
    return best;
}
