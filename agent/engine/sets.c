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
 * on the right of the bounds and is never chosen, so it makes no got unit dearer than itself possible. A pool
 * forms as many sets as there can be, whatever that makes the bought ones.
 *
 * Decisions: a set that gives nothing is not formed. Of solutions that give the same the one with fewer sets, then
 * with the larger amount on the earlier unit is taken, then the one in which that unit is got. Bought are B units
 * first, then E units, each dearest first (in a pool: the dearest).
 */
#include "agent/engine/sets.h"
#include "agent/engine/sort.h"

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
    sort_items(s->only_buy.items, s->only_buy.count, sizeof(struct piece), sets_by_unit_order);
    sort_items(s->only_get.items, s->only_get.count, sizeof(struct piece), sets_by_gain);
    sort_items(s->either.items, s->either.count, sizeof(struct piece), sets_by_unit_order);
    return true;
}

/* Takes what is left of a piece as bought. Answers how many units are still wanted. */
static int64_t bought_of(struct sets *s, const struct piece *piece, int64_t wanted)
{
    int64_t count = sets_least(wanted, piece->count - piece->chosen);

    reward_emit(s->arena, s->out, piece->offer, count, 0, true);
    return wanted - count;
}

static int64_t emit_bought(struct sets *s, const struct pieces *pieces, int64_t wanted)
{
    for (size_t i = 0; i < pieces->count && wanted > 0; i++)
        wanted = bought_of(s, &pieces->items[i], wanted);
    return wanted;
}

static void emit_got(struct sets *s, struct piece *piece, int64_t count)
{
    piece->chosen += count;
    reward_emit(s->arena, s->out, piece->offer, count, piece->gain, false);
}

static void best_sets(struct sets *s)
{
    struct steps steps = sets_greedy(s);
    struct split split;
    int64_t left;

    if (!steps.items)
        return;
    split = sets_split(s, &steps);
    left = split.either;
    for (size_t i = 0; i < steps.count && left > 0; i++) {
        int64_t count = sets_least(left, steps.items[i].count);

        emit_got(s, &s->either.items[steps.items[i].piece], count);
        left -= count;
    }
    left = split.only_get;
    for (size_t i = 0; i < s->only_get.count && left > 0; i++) {
        int64_t count = sets_least(left, s->only_get.items[i].count);

        emit_got(s, &s->only_get.items[i], count);
        left -= count;
    }
    left = emit_bought(s, &s->only_buy, split.sets * s->buy);
    (void)emit_bought(s, &s->either, left); /* the bounds left enough */
}

/* ---- pools */

/* As many sets as there can be; sets with one got unit count when partial. */
static int64_t pool_sets(const struct sets *s)
{
    int64_t each = s->reward->partial ? 1 : s->get;
    int64_t buys = s->only_buy.units + s->either.units, gets = s->only_get.units + s->either.units - s->either.held;
    int64_t most = sets_least(sets_least(buys / s->buy, gets / each), s->limit);

    return sets_least(most, (buys + s->only_get.units) / (s->buy + each));
}

static int by_unit_order(const void *a, const void *b)
{
    return sets_by_unit_order(*(struct piece *const *)a, *(struct piece *const *)b);
}

/* Cheapest first, but of equal ones the earlier. */
static int by_cheapness(const void *a, const void *b)
{
    const struct piece *x = *(struct piece *const *)a, *y = *(struct piece *const *)b;

    if (x->price != y->price)
        return x->price < y->price ? -1 : 1;
    return x->offer < y->offer ? -1 : x->offer > y->offer;
}

/* The got ones in their order, as far as enough is left for buying; then the dearest of the rest as bought. */
static void pool_take(struct sets *s)
{
    struct piece **gets = arena_array(s->arena, s->only_get.count + s->either.count + 1, sizeof *gets);
    struct piece **buys = arena_array(s->arena, s->only_buy.count + s->either.count + 1, sizeof *buys);
    size_t get_count = 0, buy_count = 0;
    int64_t sets = pool_sets(s), from_either = s->only_buy.units + s->either.units - sets * s->buy;
    int64_t got = sets * s->get, bought = sets * s->buy;

    if (!gets || !buys)
        return;
    for (size_t i = 0; i < s->only_get.count; i++)
        gets[get_count++] = &s->only_get.items[i];
    for (size_t i = 0; i < s->only_buy.count; i++)
        buys[buy_count++] = &s->only_buy.items[i];
    for (size_t i = 0; i < s->either.count; i++) {
        if (!s->either.items[i].held)
            gets[get_count++] = &s->either.items[i];
        buys[buy_count++] = &s->either.items[i];
    }
    sort_items(gets, get_count, sizeof *gets, s->reward->dearest ? by_unit_order : by_cheapness);
    sort_items(buys, buy_count, sizeof *buys, by_unit_order);
    for (size_t i = 0; i < get_count && got > 0; i++) {
        bool either = s->offers[gets[i]->offer].buy;
        int64_t units = sets_least(sets_least(gets[i]->count, got), either ? from_either : got);

        emit_got(s, gets[i], units);
        got -= units;
        from_either -= either ? units : 0;
    }
    for (size_t i = 0; i < buy_count && bought > 0; i++)
        bought = bought_of(s, buys[i], bought);
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
        pool_take(&s);
    else
        best_sets(&s);
}
