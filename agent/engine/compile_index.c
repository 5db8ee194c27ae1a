/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The index anchors each selection on one of its fields: a line looks up its own names and meets only selections that
 * may hit it. An empty list anchors on nothing, so such a selection is never met, which is what it means.
 */
#include "agent/engine/compile.h"
#include "agent/engine/sort.h"

#include <string.h>

/* The field a selection is found by: the one whose names are likely the rarest. NULL: it is looked at for every line.
 */
static const struct number_list *anchor_names(const struct selection *selection)
{
    const struct number_list *fields[] = {&selection->skus,       &selection->gtins, &selection->brands,
                                          &selection->categories, &selection->tags,  &selection->member_lists};

    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        if (fields[i]->present)
            return fields[i];
    }
    return NULL;
}

enum anchor_pass { PASS_COUNT, PASS_FILL };

static void post(struct number_list *list, uint32_t number, enum anchor_pass pass)
{
    if (pass == PASS_FILL)
        ((uint32_t *)list->items)[list->count] = number; /* our own array, being filled */
    list->count++;
}

/* Has something to say though none of its items is there: a hint, a gift to fetch, a coupon that did not serve. */
bool compile_always(const struct promotion *promotion)
{
    return promotion->hint || promotion->reward.items == NONE || promotion->reward.kind == REWARD_GIFT ||
           (promotion->when && promotion->when->series != NONE);
}

/* Those that lose to a larger percent before anything of them is looked at (contenders.c). */
static bool is_plain(const struct bundle *bundle, uint32_t promotion)
{
    uint8_t flags = bundle->gates[promotion].flags;

    return (flags & GATE_SIMPLE) && !(flags & GATE_ALWAYS) &&
           bundle->layers[bundle->promotions[promotion].layer].mode == MODE_BEST;
}

static void anchor_all(struct compiler *c, enum anchor_pass pass)
{
    struct bundle *bundle = c->bundle;

    for (uint32_t s = 0; s < bundle->selection_count; s++) {
        const struct selection *selection = &bundle->selections[s];
        const struct number_list *names = anchor_names(selection);

        if (names) {
            for (uint32_t i = 0; i < names->count; i++)
                post(&bundle->postings[names->items[i]], s, pass);
        } else if (selection->sets.present) {
            for (uint32_t i = 0; i < selection->sets.count; i++)
                post(&bundle->dependents[selection->sets.items[i]], s, pass);
        } else {
            post(&bundle->loose, s, pass);
        }
    }
    for (uint32_t p = 0; p < bundle->promotion_count; p++) {
        const struct promotion *promotion = &bundle->promotions[p];

        if (promotion->reward.items != NONE)
            post(is_plain(bundle, p) ? &bundle->plain[promotion->reward.items]
                                     : &bundle->used_by[promotion->reward.items],
                 p, pass);
        if (compile_always(promotion))
            post(&bundle->always, p, pass);
    }
}

/* Gives each list room for what the first pass counted. */
static void lists_make(struct compiler *c, struct number_list *lists, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        lists[i].items = lists[i].count ? arena_array(&c->bundle->arena, lists[i].count, sizeof(uint32_t)) : NULL;
        lists[i].count = 0;
    }
}

struct plain_key {
    uint32_t layer;
    int32_t percent_bp;
    uint32_t number;
};

static int plain_cmp(const void *a, const void *b)
{
    const struct plain_key *x = a, *y = b;

    if (x->layer != y->layer)
        return x->layer < y->layer ? -1 : 1;
    if (x->percent_bp != y->percent_bp)
        return x->percent_bp > y->percent_bp ? -1 : 1;
    return x->number < y->number ? -1 : x->number > y->number;
}

/* By layer, the largest percent first. */
static void plain_sort(struct compiler *c, struct number_list *list)
{
    struct arena_mark mark = arena_mark(&c->scratch);
    struct plain_key *keys = arena_array(&c->scratch, list->count + 1u, sizeof *keys);
    uint32_t *numbers = (uint32_t *)list->items; /* our own array */

    if (!keys)
        return;
    for (uint32_t i = 0; i < list->count; i++)
        keys[i] = (struct plain_key){c->bundle->promotions[numbers[i]].layer, c->bundle->gates[numbers[i]].percent_bp,
                                     numbers[i]};
    sort_items(keys, list->count, sizeof *keys, plain_cmp);
    for (uint32_t i = 0; i < list->count; i++)
        numbers[i] = keys[i].number;
    arena_rewind(&c->scratch, mark);
}

void compile_index(struct compiler *c)
{
    struct bundle *bundle = c->bundle;

    struct selection *selections = arena_array(&bundle->arena, c->selections.count + 1, sizeof *bundle->selections);

    if (selections && c->selections.count > 0)
        memcpy(selections, c->selections.items, c->selections.count * sizeof *selections);
    bundle->selections = selections;
    bundle->selection_count = (uint32_t)c->selections.count;
    bundle->postings = arena_array(&bundle->arena, bundle->names.count + 1, sizeof *bundle->postings);
    bundle->dependents = arena_array(&bundle->arena, bundle->selection_count + 1u, sizeof *bundle->dependents);
    bundle->used_by = arena_array(&bundle->arena, bundle->selection_count + 1u, sizeof *bundle->used_by);
    bundle->plain = arena_array(&bundle->arena, bundle->selection_count + 1u, sizeof *bundle->plain);
    if (!bundle->postings || !bundle->dependents || !bundle->used_by || !bundle->plain || !bundle->gates)
        return;
    anchor_all(c, PASS_COUNT);
    lists_make(c, bundle->postings, bundle->names.count);
    lists_make(c, bundle->dependents, bundle->selection_count);
    lists_make(c, bundle->used_by, bundle->selection_count);
    lists_make(c, bundle->plain, bundle->selection_count);
    lists_make(c, &bundle->loose, 1);
    lists_make(c, &bundle->always, 1);
    if (bundle->arena.st != ST_OK)
        return;
    anchor_all(c, PASS_FILL);
    for (uint32_t i = 0; i < bundle->selection_count; i++)
        plain_sort(c, &bundle->plain[i]);
}
