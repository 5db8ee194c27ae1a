/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The index anchors each selection on one of its fields: a line looks up its own names and meets only selections that
 * may hit it. An empty list anchors on nothing, so such a selection is never met, which is what it means.
 */
#include "agent/engine/compile.h"
#include "agent/engine/sort.h"

#include <string.h>

/* The field a selection is found by: the one whose names are likely the rarest. NULL: it is looked at for every line.
 * The bits of its tests stand in the same order, so the lowest of names' is that of the anchor. */
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

/* What items.c has to look at; of a line that came by the anchor one thing less. */
static void tests_make(struct selection *s)
{
    const bool present[] = {s->skus.present, s->gtins.present,        s->brands.present, s->categories.present,
                            s->tags.present, s->member_lists.present, s->sets.present};
    uint16_t anchor = 0;

    s->tests = s->price_min > 0 || s->price_max < INT64_MAX || s->line_qty_min > 0 ? SELECT_LINE : 0;
    for (size_t i = 0; i < sizeof present / sizeof *present; i++) {
        uint16_t bit = (uint16_t)(SELECT_SKUS << i);

        s->tests = present[i] ? s->tests | bit : s->tests;
        anchor = present[i] && !anchor ? bit : anchor;
    }
    s->tests = s->exclude != NONE ? s->tests | SELECT_EXCLUDE : s->tests;
    s->tests_anchored = s->tests & (uint16_t)~anchor;
}

enum anchor_pass { PASS_COUNT, PASS_FILL };

static void post(struct number_list *list, uint32_t number, enum anchor_pass pass)
{
    if (pass == PASS_FILL)
        ((uint32_t *)list->items)[list->count] = number; /* our own array, being filled */
    list->count++;
}

static void post_plain(struct plain_list *list, const struct gate *gate, uint32_t number, enum anchor_pass pass)
{
    if (pass == PASS_FILL)
        ((struct plain *)list->items)[list->count] = (struct plain){.number = number,
                                                                    .percent_bp = (uint16_t)gate->percent_bp,
                                                                    .weekdays = gate->weekdays,
                                                                    .tiers = gate_fold(gate->tiers)};
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

        if (promotion->when && promotion->when->series != NONE) {
            post(&bundle->by_series[promotion->when->series], p, pass);
            continue;
        }
        if (promotion->reward.items != NONE && is_plain(bundle, p))
            post_plain(&bundle->plain[promotion->reward.items], &bundle->gates[p], p, pass);
        else if (promotion->reward.items != NONE)
            post(&bundle->used_by[promotion->reward.items], p, pass);
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

static int plain_cmp(const void *a, const void *b)
{
    const struct plain *x = a, *y = b;

    if (x->percent_bp != y->percent_bp)
        return x->percent_bp > y->percent_bp ? -1 : 1;
    return x->number < y->number ? -1 : x->number > y->number;
}

/* By layer, the largest percent first. It comes by number, and so by layer. */
static void plain_sort(const struct bundle *bundle, const struct plain_list *list)
{
    struct plain *items = (struct plain *)list->items; /* our own array */

    for (uint32_t i = 0, end; i < list->count; i = end) {
        uint32_t layer = bundle->promotions[items[i].number].layer;

        for (end = i; end < list->count && bundle->promotions[items[end].number].layer == layer; end++)
            ;
        sort_items(&items[i], end - i, sizeof *items, plain_cmp);
    }
}

static void plain_lists_make(struct compiler *c)
{
    struct bundle *bundle = c->bundle;

    for (uint32_t s = 0; s < bundle->selection_count; s++) {
        struct plain_list *list = &bundle->plain[s];

        list->items = list->count ? arena_array(&bundle->arena, list->count, sizeof *list->items) : NULL;
        list->count = 0;
    }
}

void compile_index(struct compiler *c)
{
    struct bundle *bundle = c->bundle;

    struct selection *selections = arena_array(&bundle->arena, c->selections.count + 1, sizeof *bundle->selections);

    if (selections && c->selections.count > 0)
        memcpy(selections, c->selections.items, c->selections.count * sizeof *selections);
    for (size_t i = 0; selections && i < c->selections.count; i++)
        tests_make(&selections[i]);
    bundle->selections = selections;
    bundle->selection_count = (uint32_t)c->selections.count;
    bundle->postings = arena_array(&bundle->arena, bundle->names.count + 1, sizeof *bundle->postings);
    bundle->dependents = arena_array(&bundle->arena, bundle->selection_count + 1u, sizeof *bundle->dependents);
    bundle->used_by = arena_array(&bundle->arena, bundle->selection_count + 1u, sizeof *bundle->used_by);
    bundle->plain = arena_array(&bundle->arena, bundle->selection_count + 1u, sizeof *bundle->plain);
    bundle->by_series = arena_array(&bundle->arena, bundle->series_count + 1u, sizeof *bundle->by_series);
    if (!bundle->postings || !bundle->dependents || !bundle->used_by || !bundle->by_series || !bundle->plain ||
        !bundle->gates)
        return;
    anchor_all(c, PASS_COUNT);
    lists_make(c, bundle->postings, bundle->names.count);
    lists_make(c, bundle->dependents, bundle->selection_count);
    lists_make(c, bundle->used_by, bundle->selection_count);
    plain_lists_make(c);
    lists_make(c, bundle->by_series, bundle->series_count);
    lists_make(c, &bundle->loose, 1);
    lists_make(c, &bundle->always, 1);
    if (bundle->arena.st != ST_OK)
        return;
    anchor_all(c, PASS_FILL);
    for (uint32_t i = 0; i < bundle->selection_count; i++)
        plain_sort(bundle, &bundle->plain[i]);
}
