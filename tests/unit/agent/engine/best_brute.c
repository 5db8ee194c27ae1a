/* SPDX-License-Identifier: Apache-2.0 */
#include "best_world.h"

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
    return best_gain(w, p, map, 0) == 0 ? 0 : best_units_used(w, p, map);
}

/* best_gain for every promotion, map and map of held units, and used_of, once. */
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
            rest |= best_selects(w, selects(&w->promo[i]), u) ? 1 << u : 0;
        for (int k = 0; k < w->promos; k++)
            rest &= k == i ? rest : ~used[k][maps[k]];
        if (table[i][maps[i]][0] > 0 && used[i][rest] != used[i][maps[i]])
            return false;
    }
    return true;
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

        if (!best_selects(w, selects(p), unit))
            continue;
        maps[i] |= 1 << unit;
        brute(w, unit + 1, maps, held, best);
        for (int k = 0; k < w->promos && !best_is_of_sets(p); k++) {
            if (!w->promo[k].reuse || !best_selects(w, w->promo[k].buys, unit))
                continue;
            held[k] |= 1 << unit;
            brute(w, unit + 1, maps, held, best);
            held[k] &= ~(1 << unit);
        }
        maps[i] &= ~(1 << unit);
    }
}

static void tabulate(const struct world *w, int promo, int map)
{
    int rest = w->promo[promo].reuse ? ((1 << w->units) - 1) & ~map : 0;

    for (int held = rest;; held = (held - 1) & rest) {
        table[promo][map][held] = best_gain(w, &w->promo[promo], map, held);
        if (held == 0)
            break;
    }
}

void best_by_force(const struct world *w, struct answer *out_best)
{
    int maps[PROMOS] = {0}, held[PROMOS] = {0};

    *out_best = (struct answer){0};
    for (int p = 0; p < w->promos; p++) {
        for (int map = 0; map < 1 << w->units; map++)
            tabulate(w, p, map);
        for (int map = 0; map < 1 << w->units && w->limited; map++)
            used[p][map] = used_of(w, &w->promo[p], map);
    }
    brute(w, 0, maps, held, out_best);
}
