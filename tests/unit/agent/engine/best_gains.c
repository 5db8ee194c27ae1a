/* SPDX-License-Identifier: Apache-2.0 */
#include "best_world.h"

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t room(const struct world *w, int unit)
{
    int line = w->line_of[unit];

    return w->price[line] > w->floor[line] ? w->price[line] - w->floor[line] : 0;
}

static int64_t price(const struct world *w, int unit)
{
    return w->price[w->line_of[unit]];
}

/* What a unit may come down by on its own, by whatever measure its reward compares units. */
static int64_t unit_gain(const struct world *w, const struct promo *p, int unit)
{
    int64_t cost = price(w, unit), down = room(w, unit);

    switch (p->kind) {
    case PERCENT:
    case PERCENT_SALE:
        return least(cost * p->value, down * 10000);
    case AMOUNT:
        return least(p->value, down);
    case FIXED:
        return cost > p->value ? least(cost - p->value, down) : 0;
    case LIST:
        return cost > p->list[w->line_of[unit]] ? least(cost - p->list[w->line_of[unit]], down) : 0;
    case CHEAPEST:
        return least(p->gives == GIVES_PERCENT ? (cost * p->value + 5000) / 10000 : p->value, down);
    case GIFT:
        return cost <= p->value ? down : 0;
    case AMOUNT_LINE:
    case BASKET:
    case FIXED_BASKET:
    case MIX:
    case NTH:
    case BUY_GET:
    case KINDS:
        break;
    }
    return down;
}

/* The same in whole minor units: by this equally dear units are told apart, whatever the line is rounded to later. */
static int64_t unit_amount(const struct world *w, const struct promo *p, int unit)
{
    int64_t gain = unit_gain(w, p, unit);

    return p->kind == PERCENT || p->kind == PERCENT_SALE ? least((gain + 5000) / 10000, room(w, unit)) : gain;
}

/* The dearest (cheapest) units of the map that get something, at most max of them; of equal ones what gets more. */
static int pick_units(const struct world *w, const struct promo *p, int map, int64_t max, bool cheapest)
{
    int taken = 0;

    while (max > 0) {
        int best = -1;

        for (int u = 0; u < w->units; u++) {
            int64_t order;

            if (!((map & ~taken) >> u & 1) || unit_gain(w, p, u) <= 0)
                continue;
            order = best < 0 ? 1 : (cheapest ? price(w, best) - price(w, u) : price(w, u) - price(w, best));
            if (order > 0 || (order == 0 && unit_amount(w, p, u) > unit_amount(w, p, best)))
                best = u;
        }
        if (best < 0)
            break;
        taken |= 1 << best;
        max--;
    }
    return taken;
}

static int64_t set_unit_gain(const struct world *w, const struct promo *p, int unit)
{
    return least((price(w, unit) * p->value + 5000) / 10000, room(w, unit));
}

bool best_selects(const struct world *w, int lines, int unit)
{
    return lines >> w->line_of[unit] & 1;
}

/* Whether these may be the bought and got units of one set. */
static bool is_set(const struct world *w, const struct promo *p, int bought, int got)
{
    for (int g = 0; g < w->units; g++) {
        if (!(got >> g & 1))
            continue;
        if (!best_selects(w, p->lines, g))
            return false;
        for (int b = 0; b < w->units; b++) {
            if (bought >> b & 1 && !p->dearest && best_selects(w, p->buys, g) && best_selects(w, p->lines, b) &&
                price(w, g) > price(w, b))
                return false;
        }
    }
    for (int b = 0; b < w->units; b++) {
        if (bought >> b & 1 && !best_selects(w, p->buys, b))
            return false;
    }
    return true;
}

/* The most that sets out of the units of the map give; held ones may be bought only. */
static int64_t best_sets(const struct world *w, const struct promo *p, int map, int held, int64_t sets)
{
    int64_t best = 0;

    if (sets == 0)
        return 0;
    for (int got = map; got > 0; got = (got - 1) & map) {
        if (__builtin_popcount((unsigned)got) != p->get)
            continue;
        for (int rest = (map & ~got) | held, bought = rest; bought > 0; bought = (bought - 1) & rest) {
            int64_t gain = 0;

            if (__builtin_popcount((unsigned)bought) != p->buy || !is_set(w, p, bought, got))
                continue;
            for (int u = 0; u < w->units; u++)
                gain += got >> u & 1 ? set_unit_gain(w, p, u) : 0;
            gain += best_sets(w, p, map & ~got & ~bought, held & ~bought, sets - 1);
            best = gain > best ? gain : best;
        }
    }
    return best;
}

static int64_t percent(const struct world *w, const struct promo *p, int map)
{
    int64_t total = 0, sale = 0;

    map = pick_units(w, p, map, p->per_sale ? p->per_sale : UNITS, false);
    for (int l = 0; l < w->lines; l++) {
        int64_t line = 0;

        for (int u = 0; u < w->units; u++) {
            if (map >> u & 1 && w->line_of[u] == l)
                line += least(price(w, u) * p->value, room(w, u) * 10000);
        }
        total += (line + 5000) / 10000;
        sale += line;
    }
    return p->kind == PERCENT_SALE ? (sale + 5000) / 10000 : total;
}

/* Whether the units are one set: each in a part of its own, by trying them one after the other. */
static bool fits(const struct world *w, const struct promo *p, int map, int left0, int left1)
{
    int unit = 0;

    if (map == 0)
        return left0 == 0 && left1 == 0;
    while (!(map >> unit & 1))
        unit++;
    return (left0 > 0 && best_selects(w, p->part[0], unit) && fits(w, p, map & ~(1 << unit), left0 - 1, left1)) ||
           (left1 > 0 && best_selects(w, p->part[1], unit) && fits(w, p, map & ~(1 << unit), left0, left1 - 1));
}

static int64_t mix_set(const struct world *w, const struct promo *p, int map)
{
    int64_t total = 0, rooms = 0, percent = 0;

    for (int u = 0; u < w->units; u++) {
        if (!(map >> u & 1))
            continue;
        total += price(w, u);
        rooms += room(w, u);
        percent += least(price(w, u) * p->value, room(w, u) * 10000);
    }
    if (p->gives == GIVES_PERCENT)
        return (percent + 5000) / 10000;
    if (p->gives == GIVES_AMOUNT)
        return least(p->value, rooms);
    return least(total > p->value ? total - p->value : 0, rooms);
}

static int64_t best_mix(const struct world *w, const struct promo *p, int map, int64_t sets)
{
    int64_t best = 0;

    for (int set = map; sets > 0 && set > 0; set = (set - 1) & map) {
        int64_t gain;

        if (!fits(w, p, set, p->part_qty[0], p->part_qty[1]))
            continue;
        gain = mix_set(w, p, set) + best_mix(w, p, map & ~set, sets - 1);
        best = gain > best ? gain : best;
    }
    return best;
}

/* The units a promotion takes of a map, where that is not a question of sets. */
int best_units_used(const struct world *w, const struct promo *p, int map)
{
    int64_t limit = p->per_sale ? p->per_sale : UNITS;
    int lines = 0, kept = 0;

    if (p->kind == CHEAPEST || p->kind == GIFT)
        return pick_units(w, p, map, p->get, p->kind == CHEAPEST);
    if (p->kind == FIXED_BASKET)
        return map;
    if (p->kind != AMOUNT_LINE)
        return pick_units(w, p, map, p->kind == BASKET ? UNITS : limit, false);
    /* The lines of the dearest units, of equal ones the line that gets more. */
    for (; limit > 0; limit--) {
        int64_t best_price = -1, best_gain = -1;
        int best = -1;

        for (int l = 0; l < w->lines; l++) {
            int64_t rooms = 0;

            for (int u = 0; u < w->units; u++)
                rooms += map >> u & 1 && w->line_of[u] == l ? room(w, u) : 0;
            rooms = least(rooms, p->value);
            if (rooms == 0 || lines >> l & 1 ||
                (best >= 0 && (w->price[l] < best_price || (w->price[l] == best_price && rooms <= best_gain))))
                continue;
            best = l;
            best_price = w->price[l];
            best_gain = rooms;
        }
        lines |= best < 0 ? 0 : 1 << best;
    }
    for (int u = 0; u < w->units; u++)
        kept |= map >> u & 1 && lines >> w->line_of[u] & 1 ? 1 << u : 0;
    return kept;
}

static int64_t lines_gain(const struct world *w, const struct promo *p, int map)
{
    int64_t total = 0;

    for (int l = 0; l < w->lines; l++) {
        int64_t rooms = 0;

        for (int u = 0; u < w->units; u++)
            rooms += map >> u & 1 && w->line_of[u] == l ? room(w, u) : 0;
        total += least(rooms, p->value);
    }
    return total;
}

int64_t best_gain(const struct world *w, const struct promo *p, int map, int held)
{
    int64_t total = 0, rooms = 0;

    for (int u = 0; u < w->units; u++) {
        total += map >> u & 1 ? price(w, u) : 0;
        rooms += map >> u & 1 ? room(w, u) : 0;
    }
    switch (p->kind) {
    case PERCENT:
    case PERCENT_SALE:
        total = percent(w, p, map);
        break;
    case AMOUNT:
    case FIXED:
    case LIST:
    case CHEAPEST:
    case GIFT:
        map = best_units_used(w, p, map);
        total = 0;
        for (int u = 0; u < w->units; u++)
            total += map >> u & 1 ? unit_gain(w, p, u) : 0;
        break;
    case AMOUNT_LINE:
        total = lines_gain(w, p, best_units_used(w, p, map));
        break;
    case BASKET:
        total = least(p->value, rooms);
        break;
    case FIXED_BASKET:
        total = least(total > p->value ? total - p->value : 0, rooms);
        break;
    case MIX:
        total = best_mix(w, p, map, p->per_sale ? p->per_sale : UNITS);
        break;
    case NTH:
    case BUY_GET:
    case KINDS:
        total = best_sets(w, p, map, held, p->per_sale ? p->per_sale : UNITS);
        break;
    }
    return p->cap ? least(total, p->cap) : total;
}
