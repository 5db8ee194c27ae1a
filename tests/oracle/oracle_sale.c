/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/oracle/oracle.h"

#include <stdlib.h>
#include <string.h>

const char *const reason_names[REASONS] = {
    "applied", "store",   "channel",  "date",     "hours",     "weekday", "member",
    "tier",    "segment", "birthday", "personal", "attr",      "tender",  "coupon",
    "reward",  "balance", "limit",    "group",    "threshold", "nothing", "outbid",
};
const char *const kind_names[KINDS] = {"percent_off", "amount_off",   "fixed_price", "price_list", "buy_get",
                                       "nth_unit",    "cheapest",     "mix",         "steps",      "gift",
                                       "points",      "issue_coupon", "message"};

const cJSON *get(const cJSON *object, const char *name)
{
    return cJSON_GetObjectItemCaseSensitive(object, name);
}

int64_t get_int(const cJSON *object, const char *name, int64_t otherwise)
{
    const cJSON *value = get(object, name);

    return cJSON_IsNumber(value) ? (int64_t)value->valuedouble : otherwise;
}

const char *get_text(const cJSON *object, const char *name, const char *otherwise)
{
    const cJSON *value = get(object, name);

    return cJSON_IsString(value) ? value->valuestring : otherwise;
}

bool get_bool(const cJSON *object, const char *name, bool otherwise)
{
    const cJSON *value = get(object, name);

    return cJSON_IsBool(value) ? cJSON_IsTrue(value) : otherwise;
}

bool list_has(const cJSON *list, const char *text)
{
    const cJSON *item;

    cJSON_ArrayForEach(item, list)
    {
        if (cJSON_IsString(item) && strcmp(item->valuestring, text) == 0)
            return true;
    }
    return false;
}

int64_t half_up(int64_t numerator, int64_t denominator)
{
    return (2 * numerator + denominator) / (2 * denominator);
}

int currency_place(const struct run *run, const char *id)
{
    const cJSON *currency;
    int place = 0;

    cJSON_ArrayForEach(currency, get(run->bundle, "point_currencies"))
    {
        if (strcmp(get_text(currency, "id", ""), id) == 0)
            return place;
        place++;
    }
    return -1;
}

static void line_read(struct line *line, const cJSON *json, int place)
{
    memset(line, 0, sizeof *line);
    line->json = json;
    line->place = place;
    line->number = get_int(json, "line", 0);
    line->sku = get_text(json, "sku", "");
    line->qty = get_int(json, "qty_milli", 0);
    line->unit_price = get_int(json, "unit_price_minor", -1);
    line->by_weight = strcmp(get_text(json, "sold_by", "each"), "weight") == 0;
    line->discountable = get_bool(json, "discountable", true);
    line->floor = get_int(json, "floor_price_minor", 0);
    line->gross = get_int(json, "amount_minor", -1);
    if (line->gross < 0)
        line->gross = half_up(line->qty * line->unit_price, 1000);
    if (line->unit_price < 0)
        line->unit_price = half_up(line->gross * 1000, line->qty);
}

static int line_order(const void *left, const void *right)
{
    const struct line *a = left, *b = right;
    int by_sku = strcmp(a->sku, b->sku);

    if (by_sku)
        return by_sku;
    if (a->gross != b->gross)
        return a->gross < b->gross ? -1 : 1;
    if (a->qty != b->qty)
        return a->qty < b->qty ? -1 : 1;
    return (a->number > b->number) - (a->number < b->number);
}

/* A line's amount lies on its units, the odd minor units on the first ones; a weighed line is one unit. */
static void line_units(struct run *run, int place)
{
    const struct line *line = &run->lines[place];
    int64_t count = line->by_weight ? 1 : line->qty / 1000;

    for (int64_t i = 0; i < count; i++) {
        struct unit *unit;

        if (run->unit_count == UNITS_MAX) {
            run->gave_up = true;
            return;
        }
        unit = &run->units[run->unit_count++];
        memset(unit, 0, sizeof *unit);
        unit->line = place;
        unit->gross = line->gross / count + (i < line->gross % count);
        unit->price = unit->gross;
        unit->qty = line->by_weight ? line->qty : 1000;
        unit->floor = line->by_weight ? half_up(line->floor * line->qty, 1000) : line->floor;
    }
}

static enum kind kind_of(const char *name)
{
    for (int i = 0; i < KINDS; i++) {
        if (strcmp(kind_names[i], name) == 0)
            return (enum kind)i;
    }
    abort(); /* the generator and the engine's compiler know the same kinds */
}

static int layer_place(const struct run *run, const char *id)
{
    const cJSON *layer;
    int place = 0;

    cJSON_ArrayForEach(layer, get(run->bundle, "layers"))
    {
        if (strcmp(get_text(layer, "id", ""), id) == 0)
            return place;
        place++;
    }
    return -1;
}

static void promotion_read(struct run *run, struct promotion *promotion, const cJSON *json)
{
    const cJSON *cost = get(json, "cost");

    memset(promotion, 0, sizeof *promotion);
    promotion->json = json;
    promotion->reward = get(json, "reward");
    promotion->items = get(promotion->reward, "items");
    promotion->id = get_text(json, "id", "");
    promotion->group = get_text(json, "exclusive_group", NULL);
    promotion->layer = layer_place(run, get_text(json, "layer", ""));
    promotion->order = get_int(json, "order", 0);
    promotion->kind = kind_of(get_text(promotion->reward, "kind", ""));
    promotion->counts = promotion->kind == BUY_GET || promotion->kind == NTH_UNIT || promotion->kind == CHEAPEST ||
                        promotion->kind == MIX || promotion->kind == GIFT;
    promotion->final = get_bool(json, "final", false);
    promotion->reuse = get_bool(promotion->reward, "reuse_buys", false);
    promotion->reason = R_NOTHING;
    promotion->currency = cost ? currency_place(run, get_text(cost, "currency", "")) : -1;
    promotion->cost = get_int(cost, "points", 0);
}

static int promotion_order(const void *left, const void *right)
{
    const struct promotion *a = left, *b = right;

    if (a->layer != b->layer)
        return a->layer - b->layer;
    if (a->order != b->order)
        return a->order < b->order ? -1 : 1;
    return strcmp(a->id, b->id);
}

static void layers_read(struct run *run)
{
    const cJSON *layer;

    cJSON_ArrayForEach(layer, get(run->bundle, "layers"))
    {
        const char *mode = get_text(layer, "mode", "");

        if (run->layer_count == LAYERS_MAX) {
            run->gave_up = true;
            return;
        }
        run->modes[run->layer_count++] = strcmp(mode, "best") == 0    ? MODE_BEST
                                         : strcmp(mode, "first") == 0 ? MODE_FIRST
                                                                      : MODE_STACK;
    }
}

static void lines_read(struct run *run)
{
    const cJSON *json;

    cJSON_ArrayForEach(json, get(run->sale, "lines"))
    {
        if (run->line_count == LINES_MAX) {
            run->gave_up = true;
            return;
        }
        line_read(&run->lines[run->line_count], json, run->line_count);
        run->line_count++;
    }
    qsort(run->lines, (size_t)run->line_count, sizeof run->lines[0], line_order);
    for (int i = 0; i < run->line_count; i++)
        line_units(run, i);
}

void run_read(struct run *run, const cJSON *bundle, const cJSON *sale)
{
    const cJSON *json;

    memset(run, 0, sizeof *run);
    run->bundle = bundle;
    run->sale = sale;
    run->member = get(sale, "member");
    run->currency_count = cJSON_GetArraySize(get(bundle, "point_currencies"));
    if (run->currency_count > CURRENCIES_MAX || cJSON_GetArraySize(get(bundle, "promotions")) > PROMOTIONS_MAX) {
        run->gave_up = true;
        return;
    }
    layers_read(run);
    lines_read(run);
    cJSON_ArrayForEach(json, get(bundle, "promotions"))
    {
        promotion_read(run, &run->promotions[run->promotion_count++], json);
    }
    qsort(run->promotions, (size_t)run->promotion_count, sizeof run->promotions[0], promotion_order);
    when_read(run);
    coupons_read(run);
}
