/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Selections: every `items` of the bundle becomes one struct selection whose names are numbers. Sets are compiled
 * when they are first named, so what a selection refers to always has a lower number; items.c relies on it.
 */
#include "agent/engine/compile.h"
#include "agent/engine/names.h"
#include "agent/engine/sort.h"

#include <string.h>

#define ITEM_NAMES                                                                                                   \
    "any skus gtins categories brands tags set member_lists price_min_minor price_max_minor line_qty_min_milli "     \
    "exclude"

static uint32_t compile_selection(struct compiler *c, const cJSON *json);

/* Sorts and drops repeats. */
static void numbers_finish(struct number_list *list, uint32_t *items, uint32_t count)
{
    uint32_t kept = 0;

    sort_numbers(items, count);
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

    if (!array)
        return;
    items = arena_array(&c->bundle->arena, (size_t)cJSON_GetArraySize(array) + 1, sizeof *items);
    if (!items)
        return;
    if (!array->child)
        rd_warn(&c->rd, name, "an empty list selects nothing");
    rd_each(&c->rd, name, array, value)
        count += intern_item(c, kind, value, &items[count]);
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
    struct reader_at here = c->rd.at;

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
        c->rd.at = here;
        c->set_depth--;
        set->open = false;
    }
    return set->selection;
}

static void compile_set_names(struct compiler *c, const cJSON *json, struct number_list *out_list)
{
    const cJSON *value = rd_get(json, "set");
    uint32_t *items, count = 0;

    if (!value)
        return;
    if (cJSON_IsString(value)) {
        size_t mark = rd_in(&c->rd, "set");

        items = arena_array(&c->bundle->arena, 1, sizeof *items);
        if (items) {
            items[0] = set_number(c, value->valuestring);
            count = items[0] != NONE;
        }
        rd_out(&c->rd, mark);
    } else if (cJSON_IsArray(value)) {
        const cJSON *element;

        items = arena_array(&c->bundle->arena, (size_t)cJSON_GetArraySize(value) + 1, sizeof *items);
        rd_each(&c->rd, "set", value, element)
        {
            if (!cJSON_IsString(element))
                rd_fault(&c->rd, NULL, "wants the name of an item set");
            else if (items && (items[count] = set_number(c, element->valuestring)) != NONE)
                count++;
        }
    } else {
        rd_fault(&c->rd, "set", "wants the name of an item set, or an array of names");
        items = NULL;
    }
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
    c->sets = arena_array(&c->scratch, count + 1, sizeof *c->sets);
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
