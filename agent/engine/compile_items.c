/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Selections: every `items` of the bundle becomes one struct selection whose names are numbers. Sets are compiled
 * when they are first named, so what a selection refers to always has a lower number; items.c relies on it.
 *
 * The index anchors each selection on one of its fields: a line looks up its own names and meets only selections that
 * may hit it. An empty list anchors on nothing, so such a selection is never met, which is what it means.
 */
#include "agent/engine/compile.h"
#include "agent/engine/names.h"
#include "agent/engine/sort.h"

#include <string.h>

#define ITEM_NAMES                                                                                                   \
    "any skus gtins categories brands tags set member_lists price_min_minor price_max_minor line_qty_min_milli "     \
    "exclude"

static uint32_t compile_selection(struct compiler *c, const cJSON *json);

static int number_cmp(const void *a, const void *b)
{
    uint32_t x, y;

    memcpy(&x, a, sizeof x);
    memcpy(&y, b, sizeof y);
    return x < y ? -1 : x > y;
}

/* Sorts and drops repeats. */
static void numbers_finish(struct number_list *list, uint32_t *items, uint32_t count)
{
    uint32_t kept = 0;

    sort_items(items, count, sizeof *items, number_cmp);
    for (uint32_t i = 0; i < count; i++) {
        if (kept == 0 || items[kept - 1] != items[i])
            items[kept++] = items[i];
    }
    *list = (struct number_list){.items = items, .count = kept, .present = true};
}

static bool intern_item(struct compiler *c, enum name_kind kind, const cJSON *value, uint32_t *out_number)
{
    const char *text = cJSON_IsString(value) ? value->valuestring : "";
    char gtin[GTIN_TEXT];
    size_t len = strlen(text);

    if (len == 0 || len > ID_BYTES_MAX) {
        rd_fault(&c->rd, NULL, "wants a text of 1 to %d bytes", ID_BYTES_MAX);
        return false;
    }
    if (kind == NAME_GTIN) {
        if (!name_gtin(text, gtin)) {
            rd_fault(&c->rd, NULL, "wants a trade number of 1 to 14 digits");
            return false;
        }
        text = gtin;
        len = strlen(gtin);
    } else if (kind == NAME_CATEGORY) {
        len = name_category_len(text);
    }
    *out_number = intern_add(&c->bundle->names, &c->bundle->arena, kind, text, len);
    return *out_number != NONE;
}

static void compile_names(struct compiler *c, const cJSON *json, const char *name, enum name_kind kind,
                          struct number_list *out_list)
{
    const cJSON *array = rd_array(&c->rd, json, name, OPTIONAL), *value;
    uint32_t *items, count = 0;
    size_t mark, i = 0;

    if (!array)
        return;
    items = arena_array(&c->bundle->arena, (size_t)cJSON_GetArraySize(array) + 1, sizeof *items);
    if (!items)
        return;
    if (!array->child)
        rd_warn(&c->rd, name, "an empty list selects nothing");
    mark = rd_in(&c->rd, name);
    cJSON_ArrayForEach(value, array)
    {
        size_t inner = rd_in_index(&c->rd, i++);

        count += intern_item(c, kind, value, &items[count]);
        rd_out(&c->rd, inner);
    }
    rd_out(&c->rd, mark);
    numbers_finish(out_list, items, count);
}

static struct named_set *set_find(struct compiler *c, const char *name)
{
    size_t low = 0, high = c->set_count;

    while (low < high) {
        size_t mid = (low + high) / 2;
        int order = strcmp(c->sets[mid].name, name);

        if (order == 0)
            return &c->sets[mid];
        if (order < 0)
            low = mid + 1;
        else
            high = mid;
    }
    return NULL;
}

/* Compiles the set on its first use. The reader stays where the set is named, but faults inside it show its own
 * place. */
static uint32_t set_number(struct compiler *c, const char *name)
{
    struct named_set *set = set_find(c, name);
    struct reader here = c->rd;

    if (!set) {
        rd_fault(&c->rd, NULL, "there is no item set \"%s\"", name);
        return NONE;
    }
    if (set->open || c->set_depth == SET_DEPTH_MAX) {
        rd_fault(&c->rd, NULL, set->open ? "item set \"%s\" contains itself" : "item set \"%s\": sets nest too deep",
                 name);
        return NONE;
    }
    if (set->selection == NONE && set->json) {
        set->open = true;
        c->set_depth++;
        rd_out(&c->rd, 0);
        (void)rd_in(&c->rd, "item_sets");
        (void)rd_in(&c->rd, name);
        set->selection = compile_selection(c, set->json);
        set->json = NULL; /* once, also when it was wrong: one fault is enough */
        memcpy(c->rd.at, here.at, sizeof here.at);
        c->rd.at_len = here.at_len;
        c->set_depth--;
        set->open = false;
    }
    return set->selection;
}

static void compile_set_names(struct compiler *c, const cJSON *json, struct number_list *out_list)
{
    const cJSON *value = rd_get(json, "set");
    size_t mark, i = 0;
    uint32_t *items, count = 0;

    if (!value)
        return;
    mark = rd_in(&c->rd, "set");
    if (cJSON_IsString(value)) {
        items = arena_array(&c->bundle->arena, 1, sizeof *items);
        if (items) {
            items[0] = set_number(c, value->valuestring);
            count = items[0] != NONE;
        }
    } else if (cJSON_IsArray(value)) {
        const cJSON *element;

        items = arena_array(&c->bundle->arena, (size_t)cJSON_GetArraySize(value) + 1, sizeof *items);
        cJSON_ArrayForEach(element, value)
        {
            size_t inner = rd_in_index(&c->rd, i++);

            if (!cJSON_IsString(element))
                rd_fault(&c->rd, NULL, "wants the name of an item set");
            else if (items && (items[count] = set_number(c, element->valuestring)) != NONE)
                count++;
            rd_out(&c->rd, inner);
        }
    } else {
        rd_fault(&c->rd, NULL, "wants the name of an item set, or an array of names");
        items = NULL;
    }
    rd_out(&c->rd, mark);
    if (items)
        numbers_finish(out_list, items, count);
}

static void compile_any(struct compiler *c, const cJSON *json, struct selection *selection)
{
    size_t fields = (size_t)cJSON_GetArraySize(json) - (rd_get(json, "exclude") ? 1 : 0);

    if (rd_bool(&c->rd, json, "any", &selection->any)) {
        if (!selection->any)
            rd_fault(&c->rd, "any", "can only be true");
        else if (fields > 1)
            rd_fault(&c->rd, "any", "selects every line; remove it or the other fields");
    } else if (fields == 0) {
        rd_fault(&c->rd, NULL, "selects by nothing; write {\"any\":true} for every line");
    }
}

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
    more = arena_array(&c->bundle->arena, slots, sizeof *more);
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

/* Equal selections are one: many promotions select the same goods, and each line is matched against it once. */
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
    slot = VEC_ADD(&c->bundle->arena, &c->selections);
    if (!slot)
        return NONE;
    *slot = *selection;
    c->slots[at] = (uint32_t)c->selections.count;
    return c->slots[at] - 1;
}

static uint32_t compile_selection(struct compiler *c, const cJSON *json)
{
    struct selection selection = {.price_max = INT64_MAX, .exclude = NONE};

    if (!rd_names(&c->rd, json, ITEM_NAMES))
        return NONE;
    compile_any(c, json, &selection);
    compile_names(c, json, "skus", NAME_SKU, &selection.skus);
    compile_names(c, json, "gtins", NAME_GTIN, &selection.gtins);
    compile_names(c, json, "categories", NAME_CATEGORY, &selection.categories);
    compile_names(c, json, "brands", NAME_BRAND, &selection.brands);
    compile_names(c, json, "tags", NAME_TAG, &selection.tags);
    compile_names(c, json, "member_lists", NAME_LIST, &selection.member_lists);
    compile_set_names(c, json, &selection.sets);
    (void)rd_int(&c->rd, json, "price_min_minor", OPTIONAL, 0, AMOUNT_MAX, &selection.price_min);
    (void)rd_int(&c->rd, json, "price_max_minor", OPTIONAL, 0, AMOUNT_MAX, &selection.price_max);
    (void)rd_int(&c->rd, json, "line_qty_min_milli", OPTIONAL, 0, QTY_MAX, &selection.line_qty_min);
    if (selection.price_min > selection.price_max)
        rd_warn(&c->rd, NULL, "price_min_minor is above price_max_minor: selects nothing");
    selection.exclude = compile_items(c, json, "exclude", OPTIONAL);
    return compile_selection_add(c, &selection);
}

uint32_t compile_items(struct compiler *c, const cJSON *object, const char *name, enum need need)
{
    const cJSON *json = rd_object(&c->rd, object, name, need);
    uint32_t number;
    size_t mark;

    if (!json)
        return NONE;
    if (c->set_depth == SET_DEPTH_MAX) { /* an exclude inside an exclude inside ... */
        rd_fault(&c->rd, name, "selections nest too deep");
        return NONE;
    }
    c->set_depth++;
    mark = rd_in(&c->rd, name);
    number = compile_selection(c, json);
    rd_out(&c->rd, mark);
    c->set_depth--;
    return number;
}

static int set_cmp(const void *a, const void *b)
{
    return strcmp(((const struct named_set *)a)->name, ((const struct named_set *)b)->name);
}

void compile_sets(struct compiler *c, const cJSON *root)
{
    const cJSON *sets = rd_object(&c->rd, root, "item_sets", OPTIONAL), *value;
    size_t count = sets ? (size_t)cJSON_GetArraySize(sets) : 0;

    if (count > SETS_MAX) {
        rd_fault(&c->rd, "item_sets", "holds more than %d sets", SETS_MAX);
        return;
    }
    c->sets = arena_array(&c->bundle->arena, count + 1, sizeof *c->sets);
    if (!sets || !c->sets)
        return;
    cJSON_ArrayForEach(value, sets) c->sets[c->set_count++] =
        (struct named_set){.name = value->string, .json = value, .selection = NONE};
    sort_items(c->sets, c->set_count, sizeof *c->sets, set_cmp);
    for (size_t i = 0; i < c->set_count; i++) {
        size_t mark = rd_in(&c->rd, "item_sets");

        (void)set_number(c, c->sets[i].name);
        rd_out(&c->rd, mark);
    }
}

/* ---- the index */

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

void compile_index(struct compiler *c)
{
    struct bundle *bundle = c->bundle;

    bundle->selections = c->selections.items;
    bundle->selection_count = (uint32_t)c->selections.count;
    bundle->postings = arena_array(&bundle->arena, bundle->names.count + 1, sizeof *bundle->postings);
    bundle->dependents = arena_array(&bundle->arena, bundle->selection_count + 1u, sizeof *bundle->dependents);
    bundle->used_by = arena_array(&bundle->arena, bundle->selection_count + 1u, sizeof *bundle->used_by);
    if (!bundle->postings || !bundle->dependents || !bundle->used_by)
        return;
    anchor_all(c, PASS_COUNT);
    lists_make(c, bundle->postings, bundle->names.count);
    lists_make(c, bundle->dependents, bundle->selection_count);
    lists_make(c, bundle->used_by, bundle->selection_count);
    lists_make(c, &bundle->loose, 1);
    lists_make(c, &bundle->always, 1);
    if (bundle->arena.st == ST_OK)
        anchor_all(c, PASS_FILL);
}
