/* SPDX-License-Identifier: Apache-2.0 */
/* Equal selections are one: many promotions select the same goods, and each line is matched against it once. */
#include "agent/engine/compile.h"

#include <string.h>

static uint64_t hash_number(uint64_t hash, uint64_t number)
{
    hash = (hash ^ number) * UINT64_C(0x9e3779b97f4a7c15);
    return hash ^ hash >> 29;
}

static const struct number_list *const *lists_of(const struct selection *s, const struct number_list *out_lists[7])
{
    const struct number_list *lists[7] = {&s->skus, &s->gtins,        &s->categories, &s->brands,
                                          &s->tags, &s->member_lists, &s->sets};

    memcpy(out_lists, lists, sizeof lists);
    return out_lists;
}

static uint64_t selection_hash(const struct selection *s)
{
    const struct number_list *lists[7];
    uint64_t hash = hash_number(s->any, (uint64_t)s->price_min);

    (void)lists_of(s, lists);
    hash = hash_number(hash_number(hash, (uint64_t)s->price_max), (uint64_t)s->line_qty_min);
    hash = hash_number(hash, s->exclude);
    for (size_t i = 0; i < 7; i++) {
        hash = hash_number(hash, lists[i]->present);
        for (uint32_t k = 0; k < lists[i]->count; k++)
            hash = hash_number(hash, lists[i]->items[k]);
    }
    return hash;
}

static bool selection_same(const struct selection *a, const struct selection *b)
{
    const struct number_list *x[7], *y[7];

    (void)lists_of(a, x);
    (void)lists_of(b, y);
    for (size_t i = 0; i < 7; i++) {
        if (x[i]->present != y[i]->present || x[i]->count != y[i]->count ||
            (x[i]->count && memcmp(x[i]->items, y[i]->items, x[i]->count * sizeof *x[i]->items) != 0))
            return false;
    }
    return a->any == b->any && a->price_min == b->price_min && a->price_max == b->price_max &&
           a->line_qty_min == b->line_qty_min && a->exclude == b->exclude;
}

/* Doubles the table of equal selections when it is half full. */
static bool slots_ready(struct compiler *c)
{
    size_t slots = c->slot_count ? c->slot_count * 2 : 256;
    uint32_t *more;

    if (c->selections.count * 2 < c->slot_count)
        return true;
    more = arena_array(&c->scratch, slots, sizeof *more);
    if (!more)
        return false;
    c->slots = more;
    c->slot_count = slots;
    for (uint32_t i = 0; i < c->selections.count; i++) {
        size_t at = selection_hash(&c->selections.items[i]) & (slots - 1);

        while (more[at])
            at = (at + 1) & (slots - 1);
        more[at] = i + 1;
    }
    return true;
}

uint32_t compile_selection_add(struct compiler *c, const struct selection *selection)
{
    struct selection *slot;
    size_t at;

    if (!slots_ready(c))
        return NONE;
    at = selection_hash(selection) & (c->slot_count - 1);
    for (; c->slots[at]; at = (at + 1) & (c->slot_count - 1)) {
        if (selection_same(&c->selections.items[c->slots[at] - 1], selection))
            return c->slots[at] - 1;
    }
    slot = VEC_ADD(&c->scratch, &c->selections);
    if (!slot)
        return NONE;
    *slot = *selection;
    c->slots[at] = (uint32_t)c->selections.count;
    return c->slots[at] - 1;
}
