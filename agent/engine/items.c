/* SPDX-License-Identifier: Apache-2.0 */
/* Which selections hit which lines. The work grows with what the lines name, not with the number of promotions. */
#include "agent/engine/names.h"
#include "agent/engine/work.h"

#include <string.h>

enum { CATEGORY_LEVELS_MAX = 64, HITS_A_LINE = 4 /* room for, at first */ };

static uint32_t find(const struct engine *e, enum name_kind kind, const char *text)
{
    return *text && e->bundle->names.kinds[kind] ? intern_find(&e->bundle->names, kind, text, strlen(text)) : NONE;
}

/* "a/b/c" is below "a", "a/b" and itself; the levels that the bundle names. */
static void line_categories(struct engine *e, struct work_line *line)
{
    const char *path = line->line->category, *end = path + name_category_len(path);
    uint32_t found[CATEGORY_LEVELS_MAX], count = 0, *kept = &line->category;

    for (const char *at = path; at < end && count < CATEGORY_LEVELS_MAX; at++) {
        uint32_t number;

        at = memchr(at + (at == path), '/', (size_t)(end - at - (at == path)));
        at = at ? at : end;
        number = intern_find(&e->bundle->names, NAME_CATEGORY, path, (size_t)(at - path));
        if (number != NONE)
            found[count++] = number;
    }
    if (count > 1)
        kept = arena_raw(&e->arena, count, sizeof *kept);
    if (!kept || count == 0)
        return;
    for (uint32_t i = 0; i < count; i++)
        kept[i] = found[i];
    line->categories = kept;
    line->category_count = count;
}

static void line_tags(struct engine *e, struct work_line *line)
{
    const struct text_list *tags = &line->line->tags;
    uint32_t *kept = tags->count ? arena_array(&e->arena, tags->count, sizeof *kept) : NULL;

    for (uint32_t i = 0; kept && i < tags->count; i++) {
        uint32_t number = find(e, NAME_TAG, tags->items[i]);

        if (number != NONE)
            kept[line->tag_count++] = number;
    }
    line->tags = kept;
}

static void line_lists(struct engine *e, struct work_line *line)
{
    const struct sale_member *member = e->sale->member;
    uint32_t *kept;

    if (!member || member->list_count == 0)
        return;
    kept = arena_array(&e->arena, member->list_count, sizeof *kept);
    for (uint32_t i = 0; kept && i < member->list_count; i++) {
        uint32_t number = find(e, NAME_LIST, member->lists[i].name);

        if (number != NONE && text_list_has(&member->lists[i].skus, line->line->sku))
            kept[line->list_count++] = number;
    }
    line->lists = kept;
}

static bool list_has(const struct number_list *list, uint32_t number)
{
    uint32_t low = 0, high = list->count;

    if (number == NONE)
        return false;
    while (low < high) {
        uint32_t mid = low + (high - low) / 2;

        if (list->items[mid] == number)
            return true;
        if (list->items[mid] < number)
            low = mid + 1;
        else
            high = mid;
    }
    return false;
}

static bool list_has_any(const struct number_list *list, const uint32_t *numbers, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        if (list_has(list, numbers[i]))
            return true;
    }
    return false;
}

static bool selection_hits(const struct bundle *bundle, uint32_t number, const struct work_line *line);

static bool in_a_set(const struct bundle *bundle, const struct number_list *sets, const struct work_line *line)
{
    for (uint32_t i = 0; i < sets->count; i++) {
        if (selection_hits(bundle, sets->items[i], line))
            return true;
    }
    return false;
}

static bool tests_pass(const struct bundle *bundle, const struct selection *s, uint16_t tests,
                       const struct work_line *line)
{
    const struct sale_line *item = line->line;

    if ((tests & SELECT_LINE) &&
        (item->price_minor < s->price_min || item->price_minor > s->price_max || item->qty_milli < s->line_qty_min))
        return false;
    if ((tests & ~(unsigned)SELECT_LINE) == 0) /* as most often */
        return true;
    return (!(tests & SELECT_SKUS) || list_has(&s->skus, line->sku)) &&
           (!(tests & SELECT_GTINS) || list_has(&s->gtins, line->gtin)) &&
           (!(tests & SELECT_BRANDS) || list_has(&s->brands, line->brand)) &&
           (!(tests & SELECT_CATEGORIES) || list_has_any(&s->categories, line->categories, line->category_count)) &&
           (!(tests & SELECT_TAGS) || list_has_any(&s->tags, line->tags, line->tag_count)) &&
           (!(tests & SELECT_LISTS) || list_has_any(&s->member_lists, line->lists, line->list_count)) &&
           (!(tests & SELECT_SETS) || in_a_set(bundle, &s->sets, line)) &&
           (!(tests & SELECT_EXCLUDE) || !selection_hits(bundle, s->exclude, line));
}

/* Depth is bounded by the compiler (SET_DEPTH_MAX). */
static bool selection_hits(const struct bundle *bundle, uint32_t number, const struct work_line *line)
{
    const struct selection *s = &bundle->selections[number];

    return tests_pass(bundle, s, s->tests, line);
}

static void hit_add(struct engine *e, uint32_t number, uint32_t line)
{
    struct selection_state *state = &e->selections[number];
    struct hit *hit = VEC_ADD(&e->arena, &e->hits);
    uint32_t *slot;

    if (!hit)
        return;
    *hit = (struct hit){.line = line};
    if (state->stamp == e->stamp) {
        e->hits.items[state->last - 1].next = (uint32_t)e->hits.count;
    } else {
        slot = VEC_ADD(&e->arena, &e->selection_hits);
        if (slot)
            *slot = number;
        state->stamp = e->stamp;
        state->first = (uint32_t)e->hits.count;
    }
    state->last = (uint32_t)e->hits.count;
}

/* Selections that come by their anchor, or have none, then those that name them. */
static void try_list(struct engine *e, const struct number_list *list, uint32_t line)
{
    for (uint32_t i = 0; i < list->count; i++) {
        uint32_t number = list->items[i];
        const struct selection *selection = &e->bundle->selections[number];
        const struct selection_state *state = &e->selections[number];

        /* Reached before for this line, by another of its names. */
        if (state->stamp == e->stamp && e->hits.items[state->last - 1].line == line)
            continue;
        if (!tests_pass(e->bundle, selection, selection->tests_anchored, &e->lines[line]))
            continue;
        hit_add(e, number, line);
        if (e->arena.st != ST_OK)
            return;
        if (e->bundle->dependents[number].count > 0)
            try_list(e, &e->bundle->dependents[number], line);
    }
}

static void try_name(struct engine *e, uint32_t name, uint32_t line)
{
    if (name != NONE)
        try_list(e, &e->bundle->postings[name], line);
}

void items_match(struct engine *e)
{
    e->hits.cap = e->selection_hits.cap = e->line_count * (size_t)HITS_A_LINE;
    e->hits.items = arena_raw(&e->arena, e->hits.cap, sizeof *e->hits.items);
    e->selection_hits.items = arena_raw(&e->arena, e->hits.cap, sizeof *e->selection_hits.items);
    if (e->arena.st != ST_OK)
        return;
    for (uint32_t i = 0; i < e->line_count; i++) {
        struct work_line *line = &e->lines[i];

        line->sku = find(e, NAME_SKU, line->line->sku);
        line->gtin = find(e, NAME_GTIN, line->line->gtin);
        line->brand = find(e, NAME_BRAND, line->line->brand);
        line_categories(e, line);
        line_tags(e, line);
        line_lists(e, line);
        if (e->arena.st != ST_OK)
            return;
        try_name(e, line->sku, i);
        try_name(e, line->gtin, i);
        try_name(e, line->brand, i);
        for (uint32_t k = 0; k < line->category_count; k++)
            try_name(e, line->categories[k], i);
        for (uint32_t k = 0; k < line->tag_count; k++)
            try_name(e, line->tags[k], i);
        for (uint32_t k = 0; k < line->list_count; k++)
            try_name(e, line->lists[k], i);
        try_list(e, &e->bundle->loose, i);
    }
}
