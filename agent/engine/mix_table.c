/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The best sets of every basket that holds at most the units on offer. A basket is a number in mixed radix, one digit
 * an offer; its first unit (of the lowest offer there) either stays out or is in one of the sets, which leaves a
 * smaller basket that has its answer already. With a limit there is such a table for every number of sets.
 *
 * Of ways that give the same, the one with the larger amount on the earlier unit, then the one with that unit in a
 * set. Adding the same set to two ways keeps their order, so the best of a basket is made of bests.
 */
#include "agent/engine/mix.h"
#include "agent/engine/sort.h"

struct basket {
    uint64_t packed; /* digits with a guard bit above each */
    uint32_t first;  /* the lowest offer in it */
};

struct set_kind {
    uint32_t basket; /* its units */
    int64_t gain;
    struct outcome takes;
};

struct answer {
    int64_t gain;
    int32_t set; /* the one that the first unit is in */
};
enum { STAYS_OUT = -1 };

struct mix_table {
    const struct promotion *promotion;
    const struct offer *offers;
    size_t count, basket_count;
    uint32_t *stride; /* of each offer's digit */
    uint32_t *rank;   /* of each offer among the units: dearest first, then by line */
    uint64_t guards;
    struct basket *baskets;
    struct set_kind *kinds; /* by their first offer */
    size_t *kind_first;     /* by offer, one more at the end */
    uint32_t tables;        /* one without a limit, else one for each number of sets */
    bool limited;
    struct answer *answers; /* tables x baskets */
    struct entry *ways[2];  /* scratch of the comparison */
};

struct entry {
    uint32_t rank;
    int64_t worth, count; /* worth: 2 x amount + 1 in a set, 0 in none */
};

/* ---- comparing two ways of one basket */

static int entry_cmp(const void *a, const void *b)
{
    const struct entry *x = a, *y = b;

    if (x->rank != y->rank)
        return x->rank < y->rank ? -1 : 1;
    return x->worth > y->worth ? -1 : x->worth < y->worth;
}

static const struct answer *answer_of(const struct mix_table *t, uint32_t table, uint32_t basket)
{
    return &t->answers[(size_t)table * t->basket_count + basket];
}

static uint32_t table_before(const struct mix_table *t, uint32_t table)
{
    return t->limited ? table - 1 : table;
}

/* Walks the sets of a way: *table and *basket go on to what is left. NULL at the end. */
static const struct set_kind *next_set(const struct mix_table *t, uint32_t *table, uint32_t *basket)
{
    while (*basket != 0 && (!t->limited || *table > 0)) {
        const struct answer *answer = answer_of(t, *table, *basket);

        if (answer->set != STAYS_OUT) {
            *basket -= t->kinds[answer->set].basket;
            *table = table_before(t, *table);
            return &t->kinds[answer->set];
        }
        *basket -= t->stride[t->baskets[*basket].first];
    }
    return NULL;
}

/* What each unit of the basket gets when its first set is that one (NULL: as the table says). */
static size_t way_entries(const struct mix_table *t, uint32_t table, uint32_t basket, const struct set_kind *set,
                          struct entry *entries)
{
    uint32_t whole = basket;
    size_t n = 0;

    if (set) {
        basket -= set->basket;
        table = table_before(t, table);
    } else {
        basket -= t->stride[t->baskets[basket].first];
    }
    for (; set || (set = next_set(t, &table, &basket)) != NULL; set = NULL) {
        for (size_t i = 0; i < set->takes.count; i++) {
            const struct take *take = &set->takes.takes[i];

            entries[n++] = (struct entry){t->rank[take->offer], 2 * take->amount + 1, take->count};
        }
        whole -= set->basket;
    }
    for (size_t i = 0; i < t->count; i++) {
        int64_t out = whole / t->stride[i] % (uint32_t)(t->offers[i].count + 1);

        if (out > 0)
            entries[n++] = (struct entry){t->rank[i], 0, out};
    }
    sort_items(entries, n, sizeof *entries, entry_cmp);
    return n;
}

static bool way_better(const struct mix_table *t, uint32_t table, uint32_t basket, const struct set_kind *a,
                       const struct set_kind *b)
{
    struct entry *x = t->ways[0], *y = t->ways[1];
    size_t nx = way_entries(t, table, basket, a, x), ny = way_entries(t, table, basket, b, y), i = 0, k = 0;

    while (i < nx && k < ny) {
        int64_t step = x[i].count < y[k].count ? x[i].count : y[k].count;

        if (x[i].worth != y[k].worth)
            return x[i].worth > y[k].worth;
        x[i].count -= step;
        y[k].count -= step;
        i += x[i].count == 0;
        k += y[k].count == 0;
    }
    return false;
}

/* ---- the answers */

static bool holds(const struct mix_table *t, uint32_t basket, uint32_t set)
{
    return (((t->baskets[basket].packed | t->guards) - t->baskets[set].packed) & t->guards) == t->guards;
}

static void answer_basket(const struct mix_table *t, uint32_t table, uint32_t basket)
{
    uint32_t first = t->baskets[basket].first, before = table_before(t, table);
    struct answer *best = &t->answers[(size_t)table * t->basket_count + basket];

    *best = (struct answer){answer_of(t, table, basket - t->stride[first])->gain, STAYS_OUT};
    for (size_t k = t->kind_first[first]; k < t->kind_first[first + 1]; k++) {
        const struct set_kind *kind = &t->kinds[k];
        int64_t gain;

        if (!holds(t, basket, kind->basket))
            continue;
        gain = kind->gain + answer_of(t, before, basket - kind->basket)->gain;
        if (gain > best->gain ||
            (gain == best->gain &&
             way_better(t, table, basket, kind, best->set == STAYS_OUT ? NULL : &t->kinds[best->set])))
            *best = (struct answer){gain, (int32_t)k};
    }
}

/* ---- making the table */

struct by_price {
    int64_t price;
    uint32_t offer;
};

static int by_price_cmp(const void *a, const void *b)
{
    const struct by_price *x = a, *y = b;

    if (x->price != y->price)
        return x->price > y->price ? -1 : 1;
    return x->offer < y->offer ? -1 : x->offer > y->offer;
}

static bool ranks_make(struct arena *arena, struct mix_table *t)
{
    struct by_price *sorted = arena_array(arena, t->count, sizeof *sorted);

    t->rank = arena_array(arena, t->count, sizeof *t->rank);
    if (!sorted || !t->rank)
        return false;
    for (size_t i = 0; i < t->count; i++)
        sorted[i] = (struct by_price){t->offers[i].price, (uint32_t)i};
    sort_items(sorted, t->count, sizeof *sorted, by_price_cmp);
    for (size_t i = 0; i < t->count; i++)
        t->rank[sorted[i].offer] = (uint32_t)i;
    return true;
}

static void units_of(const struct mix_table *t, uint32_t basket, int64_t *out_units)
{
    for (size_t i = 0; i < t->count; i++)
        out_units[i] = basket / t->stride[i] % (uint32_t)(t->offers[i].count + 1);
}

static bool baskets_make(struct arena *arena, struct mix_table *t, int64_t *units)
{
    uint32_t bits = 0;

    t->baskets = arena_array(arena, t->basket_count, sizeof *t->baskets);
    if (!t->baskets)
        return false;
    for (size_t i = 0; i < t->count; i++) {
        uint32_t width = 64 - (uint32_t)__builtin_clzll((uint64_t)t->offers[i].count);

        for (uint32_t b = 0; b < t->basket_count; b++) {
            uint64_t digit = b / t->stride[i] % (uint32_t)(t->offers[i].count + 1);

            t->baskets[b].packed |= digit << bits;
        }
        t->guards |= UINT64_C(1) << (bits + width);
        bits += width + 1;
    }
    for (uint32_t b = 1; b < t->basket_count; b++) {
        units_of(t, b, units);
        while (units[t->baskets[b].first] == 0)
            t->baskets[b].first++;
    }
    return true;
}

/* Every basket that is one set and gives something, by its first offer. */
static bool kinds_make(struct arena *arena, struct mix_table *t, int64_t *units)
{
    const struct reward *reward = &t->promotion->reward;
    size_t n = 0;

    t->kinds = arena_array(arena, t->basket_count, sizeof *t->kinds);
    t->kind_first = arena_array(arena, t->count + 2, sizeof *t->kind_first);
    if (!t->kinds || !t->kind_first)
        return false;
    for (uint32_t first = 0; first < t->count; first++) {
        t->kind_first[first] = n;
        for (uint32_t b = 1; b < t->basket_count; b++) {
            if (t->baskets[b].first != first)
                continue;
            units_of(t, b, units);
            if (!mix_is_set(reward, t->offers, t->count, units))
                continue;
            t->kinds[n] = (struct set_kind){.basket = b};
            t->kinds[n].gain = mix_set_gain(reward, t->offers, t->count, units);
            if (t->kinds[n].gain == 0)
                continue;
            reward_set(arena, t->promotion, t->offers, t->count, units, 1, &t->kinds[n++].takes);
        }
    }
    t->kind_first[t->count] = n;
    return true;
}

/* How many sets are tried over all baskets. */
static uint64_t work_of(const struct mix_table *t)
{
    uint64_t work = 0, below = t->basket_count;

    for (size_t i = 0; i < t->count; i++) {
        uint64_t rest = below / (uint64_t)(t->offers[i].count + 1); /* baskets of the offers after this one */

        work += (below - rest) * (t->kind_first[i + 1] - t->kind_first[i]);
        below = rest;
    }
    return work * t->tables;
}

static bool sizes_make(struct arena *arena, struct mix_table *t)
{
    int64_t limit = mix_set_limit(t->promotion), most;
    int64_t units = 0;

    t->basket_count = 1;
    t->stride = arena_array(arena, t->count, sizeof *t->stride);
    for (size_t i = 0; t->stride && i < t->count; i++) {
        t->stride[i] = (uint32_t)t->basket_count;
        units += t->offers[i].count;
        if (t->offers[i].count >= MIX_STATES_MAX ||
            (t->basket_count *= (size_t)t->offers[i].count + 1) > MIX_STATES_MAX)
            return false;
    }
    most = units / mix_set_units(&t->promotion->reward);
    t->limited = limit < most;
    t->tables = t->limited ? (uint32_t)limit + 1 : 1;
    t->ways[0] = arena_array(arena, (size_t)units + t->count, sizeof *t->ways[0]);
    t->ways[1] = arena_array(arena, (size_t)units + t->count, sizeof *t->ways[1]);
    return t->stride && t->ways[0] && t->ways[1];
}

struct mix_table *mix_table_make(struct arena *arena, const struct promotion *promotion, const struct offer *offers,
                                 size_t count)
{
    struct mix_table *t = arena_alloc(arena, sizeof *t);
    int64_t *units = arena_array(arena, count, sizeof *units);

    if (!t || !units)
        return NULL;
    *t = (struct mix_table){.promotion = promotion, .offers = offers, .count = count};
    if (!sizes_make(arena, t) || !ranks_make(arena, t) || !baskets_make(arena, t, units) ||
        !kinds_make(arena, t, units) || work_of(t) > MIX_WORK_MAX)
        return NULL;
    t->answers = arena_array(arena, t->tables * t->basket_count, sizeof *t->answers);
    if (!t->answers)
        return NULL;
    for (uint32_t table = t->limited ? 1 : 0; table < t->tables; table++) {
        for (uint32_t b = 1; b < t->basket_count; b++)
            answer_basket(t, table, b);
    }
    return t;
}

void mix_table_take(struct arena *arena, const struct mix_table *t, const int64_t *counts, struct outcome *out)
{
    uint32_t table = t->tables - 1, basket = 0;
    const struct set_kind *set;

    for (size_t i = 0; i < t->count; i++)
        basket += t->stride[i] * (uint32_t)(counts ? counts[i] : t->offers[i].count);
    while ((set = next_set(t, &table, &basket)) != NULL) {
        for (size_t i = 0; i < set->takes.count; i++) {
            const struct take *take = &set->takes.takes[i];

            reward_emit(arena, out, take->offer, take->count, take->amount, false);
        }
    }
}
