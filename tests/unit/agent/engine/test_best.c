/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The best layer against brute force: small random baskets, every way to share the units out among the promotions is
 * tried with a plain evaluator of its own. Without limits rewards here never give less for more units, so the best of
 * all ways is the best of those the contract calls a solution; with limits only those are compared. Compared are the
 * total and what each promotion gives (the tie-break).
 *
 * LOYALD_SEED=n repeats a run, LOYALD_CASES=n makes it longer.
 */
#include "agent/engine/engine.h"
#include "tests/support/dice.h"

#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINES = 4, UNITS = 6, PROMOS = 3, NODES_ENOUGH = 10000000 };
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

static struct dice dice;

static int below(int n)
{
    return (int)dice_below(&dice, n);
}

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

static bool in(const struct world *w, int lines, int unit)
{
    return lines >> w->line_of[unit] & 1;
}

/* Whether these may be the bought and got units of one set. */
static bool is_set(const struct world *w, const struct promo *p, int bought, int got)
{
    for (int g = 0; g < w->units; g++) {
        if (!(got >> g & 1))
            continue;
        if (!in(w, p->lines, g))
            return false;
        for (int b = 0; b < w->units; b++) {
            if (bought >> b & 1 && !p->dearest && in(w, p->buys, g) && in(w, p->lines, b) &&
                price(w, g) > price(w, b))
                return false;
        }
    }
    for (int b = 0; b < w->units; b++) {
        if (bought >> b & 1 && !in(w, p->buys, b))
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
    return (left0 > 0 && in(w, p->part[0], unit) && fits(w, p, map & ~(1 << unit), left0 - 1, left1)) ||
           (left1 > 0 && in(w, p->part[1], unit) && fits(w, p, map & ~(1 << unit), left0, left1 - 1));
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
static int units_used(const struct world *w, const struct promo *p, int map)
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

static int64_t gain_of(const struct world *w, const struct promo *p, int map, int held)
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
        map = units_used(w, p, map);
        total = 0;
        for (int u = 0; u < w->units; u++)
            total += map >> u & 1 ? unit_gain(w, p, u) : 0;
        break;
    case AMOUNT_LINE:
        total = lines_gain(w, p, units_used(w, p, map));
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

struct answer {
    int64_t total, gain[PROMOS];
};

struct proof { /* what the engine says of its answer */
    bool optimal;
    int64_t bound;
};

static bool better(const struct answer *a, const struct answer *b)
{
    if (a->total != b->total)
        return a->total > b->total;
    for (int i = 0; i < PROMOS; i++) {
        if (a->gain[i] != b->gain[i])
            return a->gain[i] > b->gain[i];
    }
    return false;
}

static int used_of(const struct world *w, const struct promo *p, int map)
{
    return gain_of(w, p, map, 0) == 0 ? 0 : units_used(w, p, map);
}

/* gain_of for every promotion, map and map of held units, and used_of, once. */
static int64_t table[PROMOS][1 << UNITS][1 << UNITS];
static int used[PROMOS][1 << UNITS];

static int selects(const struct promo *p)
{
    return p->kind == MIX ? p->part[0] | p->part[1] : p->lines | (p->kind == BUY_GET ? p->buys : 0);
}

/* Each promotion that gives something would take the same if it were offered all that the others leave. */
static bool is_sound(const struct world *w, const int *maps)
{
    for (int i = 0; i < w->promos; i++) {
        int rest = 0;

        for (int u = 0; u < w->units; u++)
            rest |= in(w, selects(&w->promo[i]), u) ? 1 << u : 0;
        for (int k = 0; k < w->promos; k++)
            rest &= k == i ? rest : ~used[k][maps[k]];
        if (table[i][maps[i]][0] > 0 && used[i][rest] != used[i][maps[i]])
            return false;
    }
    return true;
}

static bool of_sets(const struct promo *p)
{
    return p->kind == BUY_GET || p->kind == NTH || p->kind == MIX;
}

/* maps: what each has for itself; held: what it may buy although another has it. */
static void brute(const struct world *w, int unit, int *maps, int *held, struct answer *best)
{
    if (unit == w->units) {
        struct answer a = {0};

        for (int i = 0; i < w->promos; i++) {
            a.gain[i] = table[i][maps[i]][held[i]];
            a.total += a.gain[i];
            for (int k = 0; k < i; k++) {
                if (w->promo[i].group && w->promo[i].group == w->promo[k].group && a.gain[i] && a.gain[k])
                    return;
            }
        }
        if (better(&a, best) && (!w->limited || is_sound(w, maps)))
            *best = a;
        return;
    }
    brute(w, unit + 1, maps, held, best);
    for (int i = 0; i < w->promos; i++) {
        const struct promo *p = &w->promo[i];

        if (!in(w, selects(p), unit))
            continue;
        maps[i] |= 1 << unit;
        brute(w, unit + 1, maps, held, best);
        for (int k = 0; k < w->promos && !of_sets(p); k++) {
            if (!w->promo[k].reuse || !in(w, w->promo[k].buys, unit))
                continue;
            held[k] |= 1 << unit;
            brute(w, unit + 1, maps, held, best);
            held[k] &= ~(1 << unit);
        }
        maps[i] &= ~(1 << unit);
    }
}

/* ---- the same world as JSON */

static void items(struct strbuf *out, const struct world *w, int lines)
{
    strbuf_puts(out, "\"items\":{\"skus\":[");
    for (int l = 0, n = 0; l < w->lines; l++) {
        if (lines >> l & 1)
            strbuf_printf(out, "%s\"S%d\"", n++ ? "," : "", l);
    }
    strbuf_puts(out, "]}");
}

static const char *const gives_names[] = {"percent_bp", "amount_minor", "price_minor"};

static void reward_of_units(struct strbuf *out, const struct world *w, const struct promo *p)
{
    switch (p->kind) {
    case PERCENT:
    case PERCENT_SALE:
        strbuf_printf(out, "\"kind\":\"percent_off\",\"percent_bp\":%" PRId64 ",", p->value);
        break;
    case AMOUNT:
    case AMOUNT_LINE:
    case BASKET:
        strbuf_printf(out, "\"kind\":\"amount_off\",\"per\":\"%s\",\"amount_minor\":%" PRId64 ",",
                      p->kind == AMOUNT ? "unit" : (p->kind == BASKET ? "basket" : "line"), p->value);
        break;
    case FIXED:
    case FIXED_BASKET:
        strbuf_printf(out, "\"kind\":\"fixed_price\",\"per\":\"%s\",\"price_minor\":%" PRId64 ",",
                      p->kind == FIXED ? "unit" : "basket", p->value);
        break;
    case CHEAPEST:
        strbuf_printf(out, "\"kind\":\"cheapest\",\"count\":%d,\"%s\":%" PRId64 ",", p->get, gives_names[p->gives],
                      p->value);
        break;
    case GIFT:
        strbuf_printf(out, "\"kind\":\"gift\",\"qty\":%d,\"max_value_minor\":%" PRId64 ",", p->get, p->value);
        break;
    case NTH:
        strbuf_printf(out, "\"kind\":\"nth_unit\",\"pick\":\"%s\",\"every\":%d,\"percent_bp\":%" PRId64 ",",
                      p->dearest ? "dearest" : "cheapest", p->buy + 1, p->value);
        break;
    case LIST:
    case MIX:
    case BUY_GET:
    case KINDS:
        break;
    }
    items(out, w, p->lines);
}

static void reward_of_mix(struct strbuf *out, const struct world *w, const struct promo *p)
{
    strbuf_printf(out, "\"kind\":\"mix\",\"%s\":%" PRId64 ",\"parts\":[", gives_names[p->gives], p->value);
    for (int i = 0; i < p->parts; i++) {
        strbuf_printf(out, "%s{\"qty\":%d,", i ? "," : "", p->part_qty[i]);
        items(out, w, p->part[i]);
        strbuf_puts(out, "}");
    }
    strbuf_puts(out, "]");
}

static void reward(struct strbuf *out, const struct world *w, const struct promo *p, int number)
{
    if (p->kind == BUY_GET) {
        strbuf_printf(out, "\"kind\":\"buy_get\",\"pick\":\"%s\",\"buy\":{\"qty\":%d,",
                      p->dearest ? "dearest" : "cheapest", p->buy);
        items(out, w, p->buys);
        strbuf_printf(out, "},\"get\":{\"qty\":%d,\"percent_bp\":%" PRId64 ",", p->get, p->value);
        items(out, w, p->lines);
        strbuf_puts(out, "}");
    } else if (p->kind == MIX) {
        reward_of_mix(out, w, p);
    } else if (p->kind == LIST) {
        strbuf_printf(out, "\"kind\":\"price_list\",\"list\":\"l%d\"", number);
    } else {
        reward_of_units(out, w, p);
    }
    if (p->reuse)
        strbuf_puts(out, ",\"reuse_buys\":true");
    if (p->cap)
        strbuf_printf(out, ",\"cap_minor\":%" PRId64, p->cap);
}

static void price_lists(struct strbuf *out, const struct world *w)
{
    strbuf_puts(out, "\"price_lists\":{");
    for (int i = 0; i < w->promos; i++) {
        strbuf_printf(out, "%s\"l%d\":{", i ? "," : "", i);
        for (int l = 0, n = 0; l < w->lines; l++) {
            if (w->promo[i].lines >> l & 1)
                strbuf_printf(out, "%s\"S%d\":%" PRId64, n++ ? "," : "", l, w->promo[i].list[l]);
        }
        strbuf_puts(out, "}");
    }
    strbuf_puts(out, "},");
}

static void write_bundle(struct strbuf *out, const struct world *w, int search_nodes)
{
    strbuf_printf(out,
                  "{\"format\":\"loyald-bundle/1\",\"id\":\"b\",\"version\":1,\"currency\":\"EUR\",\"layers\":"
                  "[{\"id\":\"l\",\"mode\":\"best\"}],\"search_nodes\":%d,",
                  search_nodes);
    price_lists(out, w);
    strbuf_puts(out, "\"promotions\":[");
    for (int i = 0; i < w->promos; i++) {
        const struct promo *p = &w->promo[i];

        strbuf_printf(out, "%s{\"id\":\"p%d\",\"layer\":\"l\",\"limits\":{\"per_sale\":%" PRId64 "},", i ? "," : "",
                      i, p->per_sale);
        if (p->group)
            strbuf_printf(out, "\"exclusive_group\":\"g%d\",", p->group);
        if (p->kind == PERCENT_SALE)
            strbuf_puts(out, "\"round\":\"sale\",");
        strbuf_puts(out, "\"reward\":{");
        reward(out, w, p, i);
        strbuf_puts(out, "}}");
    }
    strbuf_puts(out, "]}");
}

static void write_sale(struct strbuf *out, const struct world *w)
{
    strbuf_puts(out, "{\"lines\":[");
    for (int l = 0; l < w->lines; l++)
        strbuf_printf(out,
                      "%s{\"line\":%d,\"sku\":\"S%d\",\"qty_milli\":%d,\"unit_price_minor\":%" PRId64
                      ",\"floor_price_minor\":%" PRId64 "}",
                      l ? "," : "", l + 1, l, w->qty[l] * 1000, w->price[l], w->floor[l]);
    strbuf_puts(out, "]}");
}

static void make_promo(struct world *w, struct promo *p)
{
    static const int64_t percents[] = {500, 1000, 1500, 3333, 5000, 10000};
    int all = (1 << w->lines) - 1;

    *p = (struct promo){.kind = (enum kind)below(KINDS),
                        .lines = 1 + below(all),
                        .buy = 1 + below(2),
                        .get = 1 + (below(4) == 0),
                        .dearest = below(4) == 0};
    p->buys = below(2) ? p->lines : 1 + below(all);
    p->gives = p->kind == MIX ? (enum gives)below(3) : (enum gives)below(2);
    if (p->kind == NTH) {
        p->buys = p->lines;
        p->get = 1;
    }
    p->value = p->kind == PERCENT || p->kind == PERCENT_SALE || p->kind == BUY_GET || p->kind == NTH ||
                       (p->gives == GIVES_PERCENT && (p->kind == CHEAPEST || p->kind == MIX))
                   ? percents[below(6)]
                   : 1 + below(300);
    for (int l = 0; l < LINES; l++)
        p->list[l] = below(200);
    p->parts = 1 + below(2);
    for (int i = 0; i < p->parts; i++) {
        p->part[i] = below(3) ? 1 + below(all) : all;
        p->part_qty[i] = 1 + below(2);
    }
    if (p->kind != BASKET && p->kind != FIXED_BASKET && p->kind != CHEAPEST && p->kind != GIFT)
        p->per_sale = below(3) ? 0 : 1 + below(3);
    p->group = below(4) ? 0 : 1;
    p->cap = below(5) ? 0 : 1 + below(200);
    p->reuse = (p->kind == NTH || p->kind == BUY_GET) && below(2) == 0;
}

static void make_world(struct world *w)
{
    static const int64_t prices[] = {1, 3, 5, 10, 33, 99, 100, 150, 250};

    *w = (struct world){.lines = 1 + below(LINES), .promos = 1 + below(PROMOS)};
    for (int l = 0; l < w->lines; l++) {
        int left = UNITS - w->units - (w->lines - 1 - l);

        w->qty[l] = 1 + below(left < 3 ? left : 3);
        w->price[l] = prices[below(9)];
        w->floor[l] = below(4) ? 0 : below((int)w->price[l] + 1);
        for (int i = 0; i < w->qty[l]; i++)
            w->line_of[w->units++] = l;
    }
    for (int i = 0; i < w->promos; i++) {
        make_promo(w, &w->promo[i]);
        w->limited = w->limited || w->promo[i].kind == CHEAPEST || w->promo[i].kind == GIFT ||
                     (w->promo[i].per_sale && !of_sets(&w->promo[i]));
    }
    for (int i = 0; i < w->promos && w->limited; i++) {
        if (of_sets(&w->promo[i])) {
            w->promo[i].kind = PERCENT;
            w->promo[i].value = 1 + below(10000);
            w->promo[i].reuse = false;
        }
    }
}

static void engine_answer(struct engine *engine, const char *bundle_text, const char *sale_text, struct answer *out,
                          struct proof *out_proof)
{
    const struct engine_result *result;
    struct engine_fault fault;
    struct engine_sale *sale;
    struct bundle *bundle;
    struct errmsg err = ERRMSG_INIT;

    cr_assert_eq(bundle_compile(bundle_text, strlen(bundle_text), &bundle, NULL, &err), ST_OK, "%s", err.text);
    cr_assert_eq(engine_sale_parse(sale_text, strlen(sale_text), &sale, &fault), ST_OK, "%s", fault.message);
    cr_assert_eq(engine_evaluate(engine, bundle, sale, NULL, &result, &err), ST_OK, "%s", err.text);
    *out = (struct answer){.total = result->discount_minor};
    *out_proof = (struct proof){result->optimal, result->bound_minor};
    for (size_t i = 0; i < result->line_count; i++) {
        const struct engine_result_line *line = &result->lines[i];

        for (size_t k = 0; k < line->adjustment_count; k++)
            out->gain[line->adjustments[k].promotion[1] - '0'] += line->adjustments[k].amount_minor;
    }
    engine_sale_destroy(sale);
    bundle_destroy(bundle);
}

static void tabulate(const struct world *w, int promo, int map)
{
    int rest = w->promo[promo].reuse ? ((1 << w->units) - 1) & ~map : 0;

    for (int held = rest;; held = (held - 1) & rest) {
        table[promo][map][held] = gain_of(w, &w->promo[promo], map, held);
        if (held == 0)
            break;
    }
}

Test(best_layer, is_what_brute_force_finds)
{
    long count = dice_cases(3000);
    struct engine *engine;

    dice = dice_of_environment();
    cr_assert_eq(engine_create(&engine, NULL), ST_OK);
    for (long i = 0; i < count; i++) {
        struct strbuf bundle = STRBUF_INIT(1 << 16), sale = STRBUF_INIT(1 << 16);
        struct answer best = {0}, got;
        struct proof proof;
        int maps[PROMOS] = {0}, held[PROMOS] = {0};
        struct world w;

        make_world(&w);
        for (int p = 0; p < w.promos; p++) {
            for (int map = 0; map < 1 << w.units; map++)
                tabulate(&w, p, map);
            for (int map = 0; map < 1 << w.units && w.limited; map++)
                used[p][map] = used_of(&w, &w.promo[p], map);
        }
        brute(&w, 0, maps, held, &best);
        write_bundle(&bundle, &w, NODES_ENOUGH);
        write_sale(&sale, &w);
        engine_answer(engine, strbuf_text(&bundle), strbuf_text(&sale), &got, &proof);
        cr_assert(proof.optimal);
        cr_assert(memcmp(&best, &got, sizeof best) == 0,
                  "case %ld: brute force %" PRId64 " (%" PRId64 " %" PRId64 " %" PRId64 "), engine %" PRId64
                  " (%" PRId64 " %" PRId64 " %" PRId64 ")\n%s\n%s",
                  i, best.total, best.gain[0], best.gain[1], best.gain[2], got.total, got.gain[0], got.gain[1],
                  got.gain[2], strbuf_text(&bundle), strbuf_text(&sale));
        strbuf_free(&bundle);
        strbuf_free(&sale);
    }
    engine_destroy(engine);
}

/* A budget of so many nodes, and how far the engine says it may be from the best. */
static void check_proof(struct engine *engine, const struct world *w, const char *sale, const struct answer *best,
                        int nodes)
{
    struct strbuf bundle = STRBUF_INIT(1 << 16);
    struct proof proof;
    struct answer got;

    write_bundle(&bundle, w, nodes);
    engine_answer(engine, strbuf_text(&bundle), sale, &got, &proof);
    cr_assert_leq(got.total, best->total);
    cr_assert_geq(got.total + proof.bound, best->total,
                  "%d nodes: %" PRId64 " + %" PRId64 " is below %" PRId64 "\n%s\n%s", nodes, got.total, proof.bound,
                  best->total, strbuf_text(&bundle), sale);
    cr_assert(!proof.optimal || (proof.bound == 0 && got.total == best->total), "%d nodes: not optimal\n%s\n%s",
              nodes, strbuf_text(&bundle), sale);
    strbuf_free(&bundle);
}

Test(best_layer, a_short_search_tells_the_truth)
{
    long count = dice_cases(3000);
    struct engine *engine;

    dice = dice_of_environment();
    cr_assert_eq(engine_create(&engine, NULL), ST_OK);
    for (long i = 0; i < count; i++) {
        struct strbuf bundle = STRBUF_INIT(1 << 16), sale = STRBUF_INIT(1 << 16);
        struct answer best;
        struct proof proof;
        struct world w;

        make_world(&w);
        write_bundle(&bundle, &w, NODES_ENOUGH);
        write_sale(&sale, &w);
        engine_answer(engine, strbuf_text(&bundle), strbuf_text(&sale), &best, &proof);
        cr_assert(proof.optimal);
        for (int nodes = 1; nodes <= 64; nodes *= 4)
            check_proof(engine, &w, strbuf_text(&sale), &best, nodes);
        strbuf_free(&bundle);
        strbuf_free(&sale);
    }
    engine_destroy(engine);
}
