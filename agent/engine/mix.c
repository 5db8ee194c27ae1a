/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which units k sets may be made of: by Hall, a choice x of units fits k sets when for every group T of parts the
 * units that fit only there are no more than T has places. Choices under such bounds form a polymatroid, so taking
 * the dearest units wherever the bounds allow gives most for every k; what k sets give is concave in k.
 */
#include "agent/engine/mix.h"
#include "agent/engine/sort.h"
#include "agent/base/wide.h"

enum { BP = 10000, GROUPS = 1 << MIX_PARTS_MAX };

struct plan {
    struct arena *arena;
    const struct promotion *promotion;
    const struct reward *reward;
    const struct offer *offers;
    size_t count;
    uint32_t groups; /* 1 << parts */
    size_t *order;   /* offers, the greatest weight first */
    int64_t *chosen; /* units of each offer */
    int64_t *set;    /* units of each offer in one set */
    struct outcome *out;
};

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

int64_t mix_set_units(const struct reward *reward)
{
    int64_t units = 0;

    for (uint32_t p = 0; p < reward->part_count; p++)
        units += reward->parts[p].qty;
    return units;
}

int64_t mix_set_limit(const struct promotion *promotion)
{
    if (!promotion->reward.repeat)
        return 1;
    return promotion->per_sale ? promotion->per_sale : INT64_MAX;
}

/* Places that a set has in a group of parts. */
static int64_t places(const struct reward *reward, uint32_t group)
{
    int64_t units = 0;

    for (uint32_t p = 0; p < reward->part_count; p++)
        units += group >> p & 1 ? reward->parts[p].qty : 0;
    return units;
}

/* What a percent takes off a unit, in 1/10000 minor units; what a price or an amount may take. */
static uint64_t unit_weight(const struct reward *reward, const struct offer *offer)
{
    uint64_t part = (uint64_t)offer->price * (uint64_t)reward->value, room = (uint64_t)offer->room * BP;

    if (reward->gives != GIVES_PERCENT)
        return (uint64_t)offer->price;
    return part < room ? part : room;
}

int64_t mix_set_gain(const struct reward *reward, const struct offer *offers, size_t count, const int64_t *use)
{
    int64_t total = 0, room = 0;
    uint64_t weight = 0;

    for (size_t i = 0; i < count; i++) {
        total += offers[i].price * use[i];
        room += offers[i].room * use[i];
        weight += use[i] && reward->gives == GIVES_PERCENT ? unit_weight(reward, &offers[i]) * (uint64_t)use[i] : 0;
    }
    switch (reward->gives) {
    case GIVES_PERCENT:
        return (int64_t)wide_half_up(weight, 1, BP);
    case GIVES_AMOUNT:
        return least(reward->value, room);
    case GIVES_PRICE:
        return total > reward->value ? least(total - reward->value, room) : 0;
    }
    return 0;
}

bool mix_is_set(const struct reward *reward, const struct offer *offers, size_t count, const int64_t *use)
{
    uint32_t groups = 1u << reward->part_count;
    int64_t units = 0;

    for (size_t i = 0; i < count; i++)
        units += use[i];
    if (units != places(reward, groups - 1))
        return false;
    for (uint32_t group = 0; group + 1 < groups; group++) {
        int64_t only = 0;

        for (size_t i = 0; i < count; i++)
            only += (offers[i].parts & ~group) == 0 ? use[i] : 0;
        if (only > places(reward, group))
            return false;
    }
    return true;
}

/* Units that fit somewhere in the group. */
static int64_t units_for(const struct offer *offers, size_t count, uint32_t group)
{
    int64_t units = 0;

    for (size_t i = 0; i < count; i++)
        units += offers[i].parts & group ? offers[i].count : 0;
    return units;
}

int64_t mix_lacks(const struct reward *reward, const struct offer *offers, size_t count)
{
    int64_t lacks = 0;

    for (uint32_t group = 1; group < 1u << reward->part_count; group++) {
        int64_t missing = places(reward, group) - units_for(offers, count, group);

        lacks = missing > lacks ? missing : lacks;
    }
    return lacks;
}

static int64_t sets_most(const struct plan *m)
{
    int64_t most = mix_set_limit(m->promotion);

    for (uint32_t group = 1; group < m->groups; group++)
        most = least(most, units_for(m->offers, m->count, group) / places(m->reward, group));
    return most;
}

struct weighed {
    uint64_t weight;
    size_t offer;
};

static int weighed_cmp(const void *a, const void *b)
{
    const struct weighed *x = a, *y = b;

    if (x->weight != y->weight)
        return x->weight > y->weight ? -1 : 1;
    return x->offer < y->offer ? -1 : x->offer > y->offer;
}

static bool order_make(struct plan *m)
{
    struct weighed *weighed = arena_array(m->arena, m->count, sizeof *weighed);

    m->order = arena_array(m->arena, m->count, sizeof *m->order);
    m->chosen = arena_array(m->arena, m->count, sizeof *m->chosen);
    m->set = arena_array(m->arena, m->count, sizeof *m->set);
    if (!weighed || !m->order || !m->chosen || !m->set)
        return false;
    for (size_t i = 0; i < m->count; i++)
        weighed[i] = (struct weighed){unit_weight(m->reward, &m->offers[i]), i};
    sort_items(weighed, m->count, sizeof *weighed, weighed_cmp);
    for (size_t i = 0; i < m->count; i++)
        m->order[i] = weighed[i].offer;
    return true;
}

/* Chooses the units of so many sets; answers their weight. The sets can be made (sets_most). */
static uint64_t choose(struct plan *m, int64_t sets)
{
    int64_t left[GROUPS]; /* places of a group less the units that fit only there */
    uint64_t weight = 0;

    for (uint32_t group = 0; group < m->groups; group++)
        left[group] = places(m->reward, group) * sets;
    for (size_t i = 0; i < m->count; i++) {
        const struct offer *offer = &m->offers[m->order[i]];
        int64_t units = offer->count;

        for (uint32_t group = 0; group < m->groups; group++)
            units = (offer->parts & ~group) == 0 ? least(units, left[group]) : units;
        for (uint32_t group = 0; group < m->groups; group++)
            left[group] -= (offer->parts & ~group) == 0 ? units : 0;
        m->chosen[m->order[i]] = units;
        weight += unit_weight(m->reward, offer) * (uint64_t)units;
    }
    return weight;
}

/* How many sets give most: of a price, as long as one more set costs less than it holds. */
static int64_t sets_best(struct plan *m)
{
    int64_t low = 0, high = sets_most(m);

    while (m->reward->gives == GIVES_PRICE && low < high) {
        int64_t mid = low + (high - low + 1) / 2;

        if (choose(m, mid) - choose(m, mid - 1) > (uint64_t)m->reward->value)
            low = mid;
        else
            high = mid - 1;
    }
    return high;
}

/* Gives each chosen unit a place: of offer i, out_places[i * parts + p] units in part p. Whatever the bounds of the
 * units still to be placed allow keeps a place for each of them. */
static void place_units(struct plan *m, int64_t sets, int64_t *out_places)
{
    int64_t slack[GROUPS]; /* places left in a group less the units left that fit only there */

    for (uint32_t group = 0; group < m->groups; group++) {
        slack[group] = places(m->reward, group) * sets;
        for (size_t i = 0; i < m->count; i++)
            slack[group] -= (m->offers[i].parts & ~group) == 0 ? m->chosen[i] : 0;
    }
    for (size_t i = 0; i < m->count; i++) {
        size_t offer = m->order[i];
        uint32_t parts = m->offers[offer].parts;
        int64_t rest = m->chosen[offer];

        for (uint32_t p = 0; p < m->reward->part_count && rest > 0; p++) {
            int64_t units = rest;

            if (!(parts >> p & 1))
                continue;
            for (uint32_t group = 0; group < m->groups; group++)
                units = group >> p & 1 && parts & ~group ? least(units, slack[group]) : units;
            for (uint32_t group = 0; group < m->groups; group++)
                slack[group] -= group >> p & 1 && parts & ~group ? units : 0;
            out_places[offer * m->reward->part_count + p] = units;
            rest -= units;
        }
    }
}

/* The next set: of each part its dearest units. Answers how often the same set can be made. */
static int64_t next_set(struct plan *m, const int64_t *placed)
{
    uint32_t parts = m->reward->part_count;
    int64_t times = INT64_MAX;

    for (size_t i = 0; i < m->count; i++)
        m->set[i] = 0;
    for (uint32_t p = 0; p < parts; p++) {
        int64_t wanted = m->reward->parts[p].qty;

        for (size_t i = 0; i < m->count && wanted > 0; i++) {
            int64_t have = placed[m->order[i] * parts + p], units = least(have, wanted);

            m->set[m->order[i]] += units;
            wanted -= units;
            times = units > 0 ? least(times, have / units) : times;
        }
        if (wanted > 0)
            return 0;
    }
    return times;
}

static void take_set(struct plan *m, int64_t *placed, int64_t times)
{
    uint32_t parts = m->reward->part_count;

    for (uint32_t p = 0; p < parts; p++) {
        int64_t wanted = m->reward->parts[p].qty;

        for (size_t i = 0; i < m->count && wanted > 0; i++) {
            int64_t *have = &placed[m->order[i] * parts + p], units = least(*have, wanted);

            *have -= units * times;
            wanted -= units;
        }
    }
    if (mix_set_gain(m->reward, m->offers, m->count, m->set) > 0)
        reward_set(m->arena, m->promotion, m->offers, m->count, m->set, times, m->out);
}

/* The most that the sets could give, however they were made. */
static int64_t plan_bound(const struct plan *m, int64_t sets, uint64_t weight)
{
    switch (m->reward->gives) {
    case GIVES_PERCENT:
        return (int64_t)((weight + (uint64_t)sets * (BP / 2)) / BP);
    case GIVES_AMOUNT:
        return sets * m->reward->value;
    case GIVES_PRICE:
        return (int64_t)weight - sets * m->reward->value;
    }
    return 0;
}

void mix_compute(struct arena *arena, const struct promotion *promotion, const struct offer *offers, size_t count,
                 struct outcome *out)
{
    struct plan m = {.arena = arena,
                     .promotion = promotion,
                     .reward = &promotion->reward,
                     .offers = offers,
                     .count = count,
                     .groups = 1u << promotion->reward.part_count,
                     .out = out};
    int64_t *placed = arena_array(arena, count * promotion->reward.part_count, sizeof *placed);
    int64_t sets, times;
    uint64_t weight;

    if (!placed || !order_make(&m))
        return;
    sets = sets_best(&m);
    weight = choose(&m, sets);
    place_units(&m, sets, placed);
    while (sets > 0 && (times = next_set(&m, placed)) > 0) {
        times = least(times, sets);
        take_set(&m, placed, times);
        sets -= times;
    }
    out->unproven = plan_bound(&m, sets_best(&m), weight) - out->gain;
}
