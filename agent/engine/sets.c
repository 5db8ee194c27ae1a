/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sets of units: buy_get. Exact without trying out sets.
 *
 * Units are of three kinds: only bought (B), only got (G), either (E). A set is buy_qty bought units and get_qty got
 * ones. With pick "cheapest" a got E unit may be no dearer than a bought E unit of its set. So got E units, dearest
 * first, go together into sets, and for each price v, with c the got E units of at least v:
 *     c + buy x ceil(c / get)  <=  B + (E units of at least v)
 * which is also enough (the bought ones are matched dearest first). Families of units under such nested bounds form a
 * matroid: taking units by gain, wherever the bounds allow, gives most for every number of units at once. G units
 * have no bound of their own. What is left is to choose how many got units come from E and how many from G, so that
 * the units for buying suffice.
 *
 * A held unit (another reward that does not count has it, reuse_buys) is an E unit that may only be bought: it stands
 * on the right of the bounds and is never chosen, so it makes no got unit dearer than itself possible.
 *
 * Decisions: a set that gives nothing is not formed. Of solutions that give the same the one with fewer sets, then
 * with the larger amount on the earlier unit is taken. Bought are B units first, then E units, each dearest first (in
 * a pool: the dearest).
 */
#include "agent/engine/reward.h"
#include "agent/engine/sort.h"

enum { EXACT_SPLITS_MAX = 20000 };

struct piece { /* units of one offer */
    size_t offer;
    int64_t count, price, gain;
    int64_t chosen; /* by the choice of got units */
    bool held;      /* E: not to be got */
    int64_t bound;  /* E: how many got units of at least this price there may be */
};

struct pieces {
    struct piece *items;
    size_t count;
    int64_t units, held;
};

struct sets {
    struct arena *arena;
    const struct reward *reward;
    const struct offer *offers;
    int64_t buy, get, limit;
    struct pieces only_buy, only_get, either;
    struct outcome *out;
};

static int by_unit_order(const void *a, const void *b)
{
    const struct piece *x = a, *y = b;

    if (x->price != y->price)
        return x->price > y->price ? -1 : 1;
    return x->offer < y->offer ? -1 : x->offer > y->offer;
}

static int by_gain(const void *a, const void *b)
{
    const struct piece *x = a, *y = b;

    if (x->gain != y->gain)
        return x->gain > y->gain ? -1 : 1;
    return by_unit_order(a, b);
}

/* Cheapest first, but of equal ones the earlier. */
static int by_cheapness(const void *a, const void *b)
{
    const struct piece *x = a, *y = b;

    if (x->price != y->price)
        return x->price < y->price ? -1 : 1;
    return x->offer < y->offer ? -1 : x->offer > y->offer;
}

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t sets_for(const struct sets *s, int64_t got)
{
    return (got + s->get - 1) / s->get;
}

static void piece_add(struct pieces *pieces, const struct sets *s, size_t offer)
{
    const struct offer *from = &s->offers[offer];

    pieces->items[pieces->count++] = (struct piece){
        .offer = offer, .count = from->count, .price = from->price, .gain = reward_unit_gain(s->reward, from)};
    pieces->items[pieces->count - 1].held = from->held;
    pieces->units += from->count;
    pieces->held += from->held ? from->count : 0;
}

static bool pieces_make(struct sets *s, size_t count)
{
    s->only_buy.items = arena_array(s->arena, count, sizeof(struct piece));
    s->only_get.items = arena_array(s->arena, count, sizeof(struct piece));
    s->either.items = arena_array(s->arena, count, sizeof(struct piece));
    if (!s->only_buy.items || !s->only_get.items || !s->either.items)
        return false;
    for (size_t i = 0; i < count; i++) {
        const struct offer *offer = &s->offers[i];

        if (offer->get && offer->buy)
            piece_add(&s->either, s, i);
        else if (offer->get)
            piece_add(&s->only_get, s, i);
        else if (offer->buy)
            piece_add(&s->only_buy, s, i);
    }
    sort_items(s->only_buy.items, s->only_buy.count, sizeof(struct piece), by_unit_order);
    sort_items(s->only_get.items, s->only_get.count, sizeof(struct piece), by_gain);
    sort_items(s->either.items, s->either.count, sizeof(struct piece), by_unit_order);
    return true;
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

struct step { /* of the greedy choice among E units */
    size_t piece;
    int64_t count, gain;
};

struct steps {
    struct step *items;
    size_t count;
    int64_t units;
};

/* How many units of piece i the bounds still allow. */
static int64_t bounds_allow(const struct pieces *either, size_t i)
{
    int64_t chosen = 0, room = either->items[i].held ? 0 : either->items[i].count - either->items[i].chosen;

    for (size_t k = 0; k < either->count; k++) {
        bool last_of_price = k + 1 == either->count || either->items[k + 1].price != either->items[k].price;

        chosen += either->items[k].chosen;
        if (last_of_price && either->items[k].price <= either->items[i].price)
            room = least(room, either->items[k].bound - chosen);
    }
    return room > 0 ? room : 0;
}

static struct steps greedy(struct sets *s)
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
    sort_items(ranked, either->count, sizeof *ranked, by_gain);
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
        gain += steps->items[i].gain * least(units, steps->items[i].count);
        units -= least(units, steps->items[i].count);
    }
    return gain;
}

static int64_t pieces_gain(const struct pieces *pieces, int64_t units)
{
    int64_t gain = 0;

    for (size_t i = 0; i < pieces->count && units > 0; i++) {
        gain += pieces->items[i].gain * least(units, pieces->items[i].count);
        units -= least(units, pieces->items[i].count);
    }
    return gain;
}

struct split {
    int64_t either, only_get, sets, gain;
};

/* Units that get something: those of no gain stand last and would only make empty sets. */
static int64_t gainful(const struct pieces *pieces)
{
    int64_t units = 0;

    for (size_t i = 0; i < pieces->count && pieces->items[i].gain > 0; i++)
        units += pieces->items[i].count;
    return units;
}

/* Cut to whole sets, unless a set may do with less. */
static int64_t whole_sets(const struct sets *s, int64_t got, bool up)
{
    int64_t rest = got % s->get;

    if (s->reward->partial || rest == 0)
        return got;
    return up ? got - rest + s->get : got - rest;
}

/* Where in the unit order the first unit with a gain stands that is got in one way to split and not in the other: of
 * the E units those behind from up to end in the greedy choice, of the G units likewise. */
static const struct piece *first_got(const struct sets *s, const struct steps *steps, int64_t from, int64_t end,
                                     int64_t get_from, int64_t get_end)
{
    const struct piece *first = NULL;
    int64_t at = 0;

    for (size_t i = 0; i < steps->count && at < end; at += steps->items[i++].count) {
        const struct piece *piece = &s->either.items[steps->items[i].piece];

        if (at + steps->items[i].count > from && piece->gain > 0 && (!first || by_unit_order(piece, first) < 0))
            first = piece;
    }
    at = 0;
    for (size_t i = 0; i < s->only_get.count && at < get_end; at += s->only_get.items[i++].count) {
        const struct piece *piece = &s->only_get.items[i];

        if (at + piece->count > get_from && piece->gain > 0 && (!first || by_unit_order(piece, first) < 0))
            first = piece;
    }
    return first;
}

/* Of two ways that give the same: whether a gives the larger amount on the earlier unit. */
static bool earlier_got(const struct sets *s, const struct steps *steps, const struct split *a, const struct split *b)
{
    const struct piece *x = first_got(s, steps, b->either, a->either, b->only_get, a->only_get);
    const struct piece *y = first_got(s, steps, a->either, b->either, a->only_get, b->only_get);

    return x && (!y || by_unit_order(x, y) < 0);
}

/* The best number of G units beside that many got E units, in the fewest sets that give as much. */
static void split_try(const struct sets *s, const struct steps *steps, int64_t either, struct split *best)
{
    int64_t material = s->only_buy.units + s->either.units - either;
    int64_t sets_max = least(material / s->buy, s->limit);
    int64_t total = whole_sets(s, least(either + s->only_get.units, sets_max * s->get), false);
    struct split split = {.either = either};

    if (material < 0 || total < either || total == 0)
        return;
    total = least(total, whole_sets(s, either + gainful(&s->only_get), true));
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
    int64_t most = s->limit < steps->units ? least(steps->units, s->limit * s->get) : steps->units, good = 0;
    struct split split = {0};

    for (size_t i = 0; i < steps->count && steps->items[i].gain > 0; i++)
        good += steps->items[i].count;
    most = whole_sets(s, most, false);
    split.either = least(most, whole_sets(s, good, true));
    split.sets = sets_for(s, split.either);
    split.gain = steps_gain(steps, split.either);
    return split;
}

static struct split split_best(const struct sets *s, const struct steps *steps)
{
    struct split best = {0};
    int64_t stride = 1 + steps->units / EXACT_SPLITS_MAX, at;

    if (s->only_get.units == 0)
        return split_either(s, steps);
    for (at = 0; at <= steps->units; at += stride)
        split_try(s, steps, at, &best);
    /* Beyond EXACT_SPLITS_MAX units in strides, then all around the best: the gain is concave but for whole sets. */
    at = best.either > stride ? best.either - stride : 0;
    for (int64_t end = least(best.either + stride, steps->units); stride > 1 && at <= end; at++)
        split_try(s, steps, at, &best);
    return best;
}

/* Takes units of pieces as bought, in their order. Answers how many are still wanted. */
static int64_t emit_bought(struct sets *s, const struct pieces *pieces, int64_t wanted)
{
    for (size_t i = 0; i < pieces->count && wanted > 0; i++) {
        const struct piece *piece = &pieces->items[i];
        int64_t count = least(wanted, piece->count - piece->chosen);

        reward_emit(s->arena, s->out, piece->offer, count, 0, true);
        wanted -= count;
    }
    return wanted;
}

static void emit_got(struct sets *s, struct piece *piece, int64_t count)
{
    piece->chosen += count;
    reward_emit(s->arena, s->out, piece->offer, count, piece->gain, false);
}

static void best_sets(struct sets *s)
{
    struct steps steps = greedy(s);
    struct split split;
    int64_t left;

    if (!steps.items)
        return;
    split = split_best(s, &steps);
    left = split.either;
    for (size_t i = 0; i < steps.count && left > 0; i++) {
        int64_t count = least(left, steps.items[i].count);

        emit_got(s, &s->either.items[steps.items[i].piece], count);
        left -= count;
    }
    left = split.only_get;
    for (size_t i = 0; i < s->only_get.count && left > 0; i++) {
        int64_t count = least(left, s->only_get.items[i].count);

        emit_got(s, &s->only_get.items[i], count);
        left -= count;
    }
    left = emit_bought(s, &s->only_buy, split.sets * s->buy);
    (void)emit_bought(s, &s->either, left); /* the bounds left enough */
}

/* As many sets as there can be; sets with one got unit count when partial. */
static int64_t pool_sets(const struct sets *s)
{
    int64_t each = s->reward->partial ? 1 : s->get;
    int64_t buys = s->only_buy.units + s->either.units, gets = s->only_get.units + s->either.units - s->either.held;
    int64_t most = least(least(buys / s->buy, gets / each), s->limit);

    return least(most, (buys + s->only_get.units) / (s->buy + each));
}

static void pool(struct sets *s)
{
    int64_t sets = pool_sets(s), from_either = s->only_buy.units + s->either.units - sets * s->buy;
    size_t count = s->only_get.count + s->either.count, n = 0;
    struct piece **all = arena_array(s->arena, count + 1, sizeof *all), *ranked;
    int64_t got = sets * s->get;

    ranked = arena_array(s->arena, count + 1, sizeof *ranked);
    if (!all || !ranked || sets == 0)
        return;
    for (size_t i = 0; i < s->only_get.count; i++)
        all[n++] = &s->only_get.items[i];
    for (size_t i = 0; i < s->either.count; i++) {
        if (!s->either.items[i].held)
            all[n++] = &s->either.items[i];
    }
    for (size_t i = 0; i < n; i++) {
        ranked[i] = *all[i];
        ranked[i].chosen = (int64_t)i;
    }
    sort_items(ranked, n, sizeof *ranked, s->reward->dearest ? by_unit_order : by_cheapness);
    for (size_t i = 0; i < n && got > 0; i++) {
        size_t at = (size_t)ranked[i].chosen;
        bool either = at >= s->only_get.count;
        int64_t units = least(least(ranked[i].count, got), either ? from_either : got);

        if (units <= 0)
            continue;
        emit_got(s, all[at], units);
        got -= units;
        from_either -= either ? units : 0;
    }
    /* The dearest of the rest as bought: B and what is left of E in one order. */
    n = 0;
    ranked = arena_array(s->arena, s->only_buy.count + s->either.count + 1, sizeof *ranked);
    if (!ranked)
        return;
    for (size_t i = 0; i < s->only_buy.count; i++)
        ranked[n++] = s->only_buy.items[i];
    for (size_t i = 0; i < s->either.count; i++)
        ranked[n++] = s->either.items[i];
    sort_items(ranked, n, sizeof *ranked, by_unit_order);
    (void)emit_bought(s, &(struct pieces){.items = ranked, .count = n}, sets * s->buy);
}

void sets_compute(struct arena *arena, const struct promotion *promotion, const struct offer *offers, size_t count,
                  struct outcome *out)
{
    const struct reward *reward = &promotion->reward;
    struct sets s = {.arena = arena,
                     .reward = reward,
                     .offers = offers,
                     .buy = reward->buy_qty,
                     .get = reward->get_qty,
                     .out = out};

    s.limit = promotion->per_sale ? promotion->per_sale : INT64_MAX / 4 / s.get;
    if (!reward->repeat)
        s.limit = 1;
    if (!pieces_make(&s, count))
        return;
    if (reward->pool)
        pool(&s);
    else
        best_sets(&s);
}
