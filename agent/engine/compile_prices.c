/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Price lists: one price a sku. A store and week may have 6,000 rows and most change from week to week, so a list is
 * two sorted arrays, found by the sku's number, and one selection of all its skus.
 */
#include "agent/engine/compile.h"

#include "agent/base/json.h"
#include "agent/engine/sort.h"

#include <inttypes.h>
#include <string.h>

enum { LISTS_MAX = 10000 };

struct row {
    uint32_t sku;
    int64_t price;
};

static int row_cmp(const void *a, const void *b)
{
    const struct row *x = a, *y = b;

    return x->sku < y->sku ? -1 : x->sku > y->sku;
}

/* Straight from the value: a look-up by name would walk the whole list for each of its rows. */
static bool read_row(struct compiler *c, const cJSON *value, struct row *out)
{
    size_t len = strlen(value->string);

    if (len == 0 || len > ID_BYTES_MAX) {
        rd_fault(&c->rd, NULL, "wants skus of 1 to %d bytes", ID_BYTES_MAX);
        return false;
    }
    if (json_value_int(value, 0, AMOUNT_MAX, &out->price) != ST_OK) {
        rd_fault(&c->rd, value->string, "wants a price: an integer from 0 to %" PRId64, AMOUNT_MAX);
        return false;
    }
    out->sku = intern_add(&c->bundle->names, &c->bundle->arena, NAME_SKU, value->string, len);
    return out->sku != NONE;
}

static void fill_list(struct compiler *c, const struct row *rows, uint32_t count, struct price_list *out)
{
    uint32_t *skus = arena_array(&c->bundle->arena, count + 1u, sizeof *skus);
    int64_t *prices = arena_array(&c->bundle->arena, count + 1u, sizeof *prices);
    struct selection selection = {.price_max = INT64_MAX, .exclude = NONE};

    if (!skus || !prices)
        return;
    for (uint32_t i = 0; i < count; i++) {
        skus[i] = rows[i].sku;
        prices[i] = rows[i].price;
        if (i > 0 && skus[i] == skus[i - 1])
            rd_fault(&c->rd, c->bundle->names.names[skus[i]].text, "the sku is there twice");
    }
    out->skus = skus;
    out->prices = prices;
    out->count = count;
    selection.skus = (struct number_list){.items = skus, .count = count, .present = true};
    out->selection = compile_selection_add(c, &selection);
}

static void compile_list(struct compiler *c, const cJSON *json, struct price_list *out)
{
    size_t mark = rd_in(&c->rd, json->string), count = cJSON_IsObject(json) ? (size_t)cJSON_GetArraySize(json) : 0;
    struct row *rows = arena_array(&c->scratch, count + 1, sizeof *rows);
    uint32_t kept = 0;
    const cJSON *value;

    *out = (struct price_list){.name = json->string, .selection = NONE};
    if (!cJSON_IsObject(json))
        rd_fault(&c->rd, NULL, "wants an object of prices by sku");
    else if (count == 0)
        rd_warn(&c->rd, NULL, "an empty list prices nothing");
    for (value = rows && count > 0 ? json->child : NULL; value; value = value->next)
        kept += read_row(c, value, &rows[kept]);
    if (rows) {
        sort_items(rows, kept, sizeof *rows, row_cmp);
        fill_list(c, rows, kept, out);
    }
    rd_out(&c->rd, mark);
}

static int list_cmp(const void *a, const void *b)
{
    return strcmp(((const struct price_list *)a)->name, ((const struct price_list *)b)->name);
}

void compile_price_lists(struct compiler *c, const cJSON *root)
{
    const cJSON *lists = rd_object(&c->rd, root, "price_lists", OPTIONAL), *value;
    size_t count = lists ? (size_t)cJSON_GetArraySize(lists) : 0, mark;

    if (count > LISTS_MAX) {
        rd_fault(&c->rd, "price_lists", "holds more than %d lists", LISTS_MAX);
        return;
    }
    c->lists = arena_array(&c->bundle->arena, count + 1, sizeof *c->lists);
    if (!lists || !c->lists)
        return;
    mark = rd_in(&c->rd, "price_lists");
    cJSON_ArrayForEach(value, lists) compile_list(c, value, &c->lists[c->list_count++]);
    rd_out(&c->rd, mark);
    /* Names are borrowed from the JSON: they are only compared while compiling. */
    sort_items(c->lists, c->list_count, sizeof *c->lists, list_cmp);
}

const struct price_list *compile_list_named(struct compiler *c, const cJSON *object, const char *name)
{
    const char *id;
    size_t low = 0, high = c->list_count;

    if (!rd_text(&c->rd, object, name, REQUIRED, ID_BYTES_MAX, &id))
        return NULL;
    while (low < high) {
        size_t mid = (low + high) / 2;
        int order = strcmp(c->lists[mid].name, id);

        if (order == 0)
            return &c->lists[mid];
        if (order < 0)
            low = mid + 1;
        else
            high = mid;
    }
    rd_fault(&c->rd, name, "there is no price list \"%s\"", id);
    return NULL;
}
