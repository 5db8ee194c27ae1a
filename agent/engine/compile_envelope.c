/* SPDX-License-Identifier: Apache-2.0 */
/* The envelope of a bundle: its header, guards, layers, point currencies and redemption. */
#include "agent/engine/compile.h"

#include "agent/base/civil_time.h"
#include "agent/base/json.h"
#include "agent/engine/sort.h"

#include <string.h>

enum { NODES_DEFAULT = 20000, NODES_MAX = 10000000 };

void compile_header(struct compiler *c, const cJSON *root)
{
    struct bundle *bundle = c->bundle;
    int64_t digits = 2;
    int format;

    bundle->search_nodes = NODES_DEFAULT;
    bundle->guard_bp = BP_ONE;
    bundle->id = bundle->currency = "";
    (void)rd_word(&c->rd, root, "format", REQUIRED, "loyald-bundle/1", &format);
    (void)rd_text(&c->rd, root, "id", REQUIRED, ID_BYTES_MAX, &bundle->id);
    (void)rd_int(&c->rd, root, "version", REQUIRED, 0, JSON_INT_MAX, &bundle->version);
    (void)rd_text(&c->rd, root, "currency", REQUIRED, 3, &bundle->currency);
    (void)rd_int(&c->rd, root, "minor_digits", OPTIONAL, 0, 6, &digits);
    bundle->minor_digits = (int)digits;
    if (rd_get(root, "expires_at")) {
        const char *expires_at;
        struct civil_time time;

        if (rd_text(&c->rd, root, "expires_at", REQUIRED, 40, &expires_at) &&
            civil_parse_time(expires_at, &time) != ST_OK)
            rd_fault(&c->rd, "expires_at", "wants a time such as 2026-12-01T00:00:00Z");
    }
    (void)rd_int(&c->rd, root, "search_nodes", OPTIONAL, 1, NODES_MAX, &bundle->search_nodes);
}

void compile_guards(struct compiler *c, const cJSON *root)
{
    const cJSON *guards = rd_object(&c->rd, root, "guards", OPTIONAL);
    size_t mark;

    if (!guards)
        return;
    mark = rd_in(&c->rd, "guards");
    (void)rd_names(&c->rd, guards, "max_sale_discount_bp");
    (void)rd_int(&c->rd, guards, "max_sale_discount_bp", OPTIONAL, 0, BP_ONE, &c->bundle->guard_bp);
    rd_out(&c->rd, mark);
}

/* The elements of an array, with room for one struct each; NULL when absent. */
void *compile_elements(struct compiler *c, const cJSON *root, const char *name, enum need need, size_t count_max,
                       size_t bytes_each, const cJSON **out_array)
{
    const cJSON *array = rd_array(&c->rd, root, name, need);
    size_t count = array ? (size_t)cJSON_GetArraySize(array) : 0;

    *out_array = NULL;
    if (count > count_max) {
        rd_fault(&c->rd, name, "holds more than %zu entries", count_max);
        count = 0;
        array = NULL;
    }
    *out_array = array;
    return arena_array(&c->bundle->arena, count + 1, bytes_each);
}

void compile_layers(struct compiler *c, const cJSON *root)
{
    const cJSON *array, *value;
    uint32_t i = 0;

    c->layers = compile_elements(c, root, "layers", REQUIRED, LAYERS_MAX, sizeof *c->layers, &array);
    if (!c->layers)
        return;
    rd_each(&c->rd, "layers", array, value)
    {
        int mode = MODE_BEST;

        c->layers[i].id = "";
        if (rd_names(&c->rd, value, "id mode")) {
            (void)rd_text(&c->rd, value, "id", REQUIRED, ID_BYTES_MAX, &c->layers[i].id);
            (void)rd_word(&c->rd, value, "mode", REQUIRED, "best first stack", &mode);
        }
        c->layers[i].mode = (enum layer_mode)mode;
        for (uint32_t j = 0; j < i; j++) {
            if (*c->layers[i].id && strcmp(c->layers[i].id, c->layers[j].id) == 0)
                rd_fault(&c->rd, "id", "two layers have this id");
        }
        i++;
    }
    c->bundle->layers = c->layers;
    c->bundle->layer_count = i;
}

static int currency_cmp(const void *a, const void *b)
{
    return strcmp(((const struct point_currency *)a)->id, ((const struct point_currency *)b)->id);
}

void compile_currencies(struct compiler *c, const cJSON *root)
{
    const cJSON *array, *value;
    uint32_t i = 0;

    c->currencies =
        compile_elements(c, root, "point_currencies", OPTIONAL, CURRENCIES_MAX, sizeof *c->currencies, &array);
    if (!c->currencies)
        return;
    rd_each(&c->rd, "point_currencies", array, value)
    {
        struct point_currency *currency = &c->currencies[i++];
        int64_t digits = 0;

        *currency = (struct point_currency){.id = "", .scale = 1};
        if (rd_names(&c->rd, value, "id digits value_minor")) {
            (void)rd_text(&c->rd, value, "id", REQUIRED, ID_BYTES_MAX, &currency->id);
            (void)rd_int(&c->rd, value, "digits", OPTIONAL, 0, 6, &digits);
            (void)rd_int(&c->rd, value, "value_minor", OPTIONAL, 0, 1000000000, &currency->value_minor);
        }
        currency->digits = (int)digits;
        while (digits-- > 0)
            currency->scale *= 10;
    }
    sort_items(c->currencies, i, sizeof *c->currencies, currency_cmp);
    for (uint32_t j = 1; j < i; j++) {
        if (*c->currencies[j].id && strcmp(c->currencies[j - 1].id, c->currencies[j].id) == 0)
            rd_fault(&c->rd, "point_currencies", "two currencies have the id \"%s\"", c->currencies[j].id);
    }
    c->bundle->currencies = c->currencies;
    c->bundle->currency_count = i;
}

uint32_t compile_currency(struct compiler *c, const cJSON *object, const char *name, enum need need)
{
    const char *id;

    if (!rd_text(&c->rd, object, name, need, ID_BYTES_MAX, &id))
        return NONE;
    for (uint32_t i = 0; i < c->bundle->currency_count; i++) {
        if (strcmp(c->currencies[i].id, id) == 0)
            return i;
    }
    rd_fault(&c->rd, name, "there is no point currency \"%s\"", id);
    return NONE;
}

void compile_redemption(struct compiler *c, const cJSON *root)
{
    const cJSON *array, *value;
    struct redemption *entries;
    uint32_t i = 0;

    entries = compile_elements(c, root, "redemption", OPTIONAL, CURRENCIES_MAX, sizeof *entries, &array);
    if (!entries)
        return;
    rd_each(&c->rd, "redemption", array, value)
    {
        struct redemption *entry = &entries[i++];

        *entry = (struct redemption){.currency = NONE, .selection = NONE, .max_share_bp = BP_ONE, .step = 1};
        if (rd_names(&c->rd, value, "currency items max_share_bp step line_min_minor")) {
            entry->currency = compile_currency(c, value, "currency", REQUIRED);
            entry->selection = compile_items(c, value, "items", REQUIRED);
            (void)rd_int(&c->rd, value, "max_share_bp", OPTIONAL, 0, BP_ONE, &entry->max_share_bp);
            (void)rd_int(&c->rd, value, "step", OPTIONAL, 1, 1000000000, &entry->step);
            (void)rd_int(&c->rd, value, "line_min_minor", OPTIONAL, 0, AMOUNT_MAX, &entry->line_min_minor);
            if (entry->currency != NONE && c->currencies[entry->currency].value_minor == 0)
                rd_fault(&c->rd, "currency", "has no value_minor, so nothing can be paid with it");
            for (uint32_t j = 0; entry->currency != NONE && j + 1 < i; j++) {
                if (entries[j].currency == entry->currency)
                    rd_fault(&c->rd, "currency", "is in the redemption twice");
            }
        }
    }
    c->bundle->redemptions = entries;
    c->bundle->redemption_count = i;
}
