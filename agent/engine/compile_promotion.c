/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/engine/compile.h"
#include "agent/engine/sort.h"

#include <string.h>

static uint32_t layer_number(struct compiler *c, const cJSON *json)
{
    const cJSON *value = rd_get(json, "layer");

    if (!value || !cJSON_IsString(value)) {
        rd_fault(&c->rd, "layer", "wants the id of a layer");
        return 0;
    }
    for (uint32_t i = 0; i < c->bundle->layer_count; i++) {
        if (strcmp(c->layers[i].id, value->valuestring) == 0)
            return i;
    }
    rd_fault(&c->rd, "layer", "there is no layer \"%.60s\"", value->valuestring);
    return 0;
}

/* Groups are few; 10,000 promotions of a group each would make this slow, not wrong. */
static uint32_t group_number(struct compiler *c, const char *name)
{
    for (size_t i = 0; i < c->group_count; i++) {
        if (strcmp(c->groups[i], name) == 0)
            return (uint32_t)i;
    }
    if (c->group_count == c->group_cap &&
        !vec_more(&c->bundle->arena, &c->groups, c->group_count, &c->group_cap, sizeof *c->groups))
        return NONE;
    c->groups[c->group_count] = name;
    return (uint32_t)c->group_count++;
}

static void compile_cost(struct compiler *c, const cJSON *json, struct promotion *out)
{
    const cJSON *cost = rd_object(&c->rd, json, "cost", OPTIONAL);
    size_t mark;

    out->cost_currency = NONE;
    if (!cost)
        return;
    mark = rd_in(&c->rd, "cost");
    (void)rd_names(&c->rd, cost, "currency points");
    out->cost_currency = compile_currency(c, cost, "currency", REQUIRED);
    (void)rd_int(&c->rd, cost, "points", REQUIRED, 1, AMOUNT_MAX, &out->cost_points);
    rd_out(&c->rd, mark);
}

static void compile_per_member(struct compiler *c, const cJSON *limits, struct promotion *out)
{
    const cJSON *array = rd_array(&c->rd, limits, "per_member", OPTIONAL), *value;
    size_t mark = rd_in(&c->rd, "per_member"), i = 0;

    cJSON_ArrayForEach(value, array)
    {
        size_t inner = rd_in_index(&c->rd, i++);
        int64_t max = 0;
        int period = PERIOD_EVER;

        (void)rd_names(&c->rd, value, "max per");
        if (cJSON_IsObject(value) && rd_int(&c->rd, value, "max", REQUIRED, 0, AMOUNT_MAX, &max) &&
            rd_word(&c->rd, value, "per", REQUIRED, "day week month ever", &period)) {
            if (max && (!out->per_member[period] || max < out->per_member[period]))
                out->per_member[period] = max;
        }
        rd_out(&c->rd, inner);
    }
    rd_out(&c->rd, mark);
}

static void compile_limits(struct compiler *c, const cJSON *json, struct promotion *out)
{
    const cJSON *limits = rd_object(&c->rd, json, "limits", OPTIONAL);
    size_t mark;

    if (!limits)
        return;
    mark = rd_in(&c->rd, "limits");
    (void)rd_names(&c->rd, limits, "per_sale per_member total");
    (void)rd_int(&c->rd, limits, "per_sale", OPTIONAL, 0, QTY_MAX, &out->per_sale);
    (void)rd_int(&c->rd, limits, "total", OPTIONAL, 0, AMOUNT_MAX, &out->total);
    compile_per_member(c, limits, out);
    rd_out(&c->rd, mark);
}

static void compile_promotion(struct compiler *c, const cJSON *json, struct promotion *out)
{
    const char *group = NULL;
    int round = ROUND_PER_LINE;

    out->id = "";
    out->group = out->cost_currency = NONE;
    out->reward.items = out->reward.buy_items = NONE; /* also of an entry that is no object: the index asks all */
    if (!rd_names(&c->rd, json, "id title hint layer order exclusive_group final when cost reward limits round"))
        return;
    (void)rd_text(&c->rd, json, "id", REQUIRED, ID_BYTES_MAX, &out->id);
    rd_language_text(&c->rd, json, "title", OPTIONAL, &out->title);
    rd_language_text(&c->rd, json, "hint", OPTIONAL, &out->hint);
    out->layer = layer_number(c, json);
    (void)rd_int(&c->rd, json, "order", OPTIONAL, -AMOUNT_MAX, AMOUNT_MAX, &out->order);
    if (rd_text(&c->rd, json, "exclusive_group", OPTIONAL, ID_BYTES_MAX, &group))
        out->group = group_number(c, group);
    (void)rd_bool(&c->rd, json, "final", &out->final);
    if (rd_word(&c->rd, json, "round", OPTIONAL, "line unit sale", &round))
        out->round = (enum round_mode)round;
    compile_when(c, json, out);
    compile_cost(c, json, out);
    compile_limits(c, json, out);
    compile_reward(c, json, out);
}

static int promotion_cmp(const void *a, const void *b)
{
    const struct promotion *x = a, *y = b;

    if (x->layer != y->layer)
        return x->layer < y->layer ? -1 : 1;
    if (x->order != y->order)
        return x->order < y->order ? -1 : 1;
    return strcmp(x->id, y->id);
}

struct id_entry {
    const char *id;
    uint32_t number;
};

static int id_cmp(const void *a, const void *b)
{
    return strcmp(((const struct id_entry *)a)->id, ((const struct id_entry *)b)->id);
}

/* The promotions by id, which also shows two of one id. */
static void number_ids(struct compiler *c)
{
    struct bundle *bundle = c->bundle;
    struct id_entry *entries = arena_array(&bundle->arena, bundle->promotion_count + 1u, sizeof *entries);
    uint32_t *by_id = arena_array(&bundle->arena, bundle->promotion_count + 1u, sizeof *by_id);

    if (!entries || !by_id)
        return;
    for (uint32_t i = 0; i < bundle->promotion_count; i++)
        entries[i] = (struct id_entry){c->promotions[i].id, i};
    sort_items(entries, bundle->promotion_count, sizeof *entries, id_cmp);
    for (uint32_t i = 0; i < bundle->promotion_count; i++) {
        by_id[i] = entries[i].number;
        if (i > 0 && *entries[i].id && strcmp(entries[i - 1].id, entries[i].id) == 0)
            rd_fault(&c->rd, "promotions", "two promotions have the id \"%s\"", entries[i].id);
    }
    bundle->by_id = by_id;
}

static void link_layers(struct compiler *c)
{
    for (uint32_t p = 0; p < c->bundle->promotion_count; p++) {
        const struct promotion *promotion = &c->promotions[p];
        struct layer *layer = &c->layers[promotion->layer];
        uint32_t series = promotion->when ? promotion->when->series : NONE;

        if (layer->count++ == 0)
            layer->first = p;
        if (series != NONE && c->series[series].first_promotion == NONE)
            c->series[series].first_promotion = p;
    }
}

void compile_promotions(struct compiler *c, const cJSON *root)
{
    const cJSON *array = rd_array(&c->rd, root, "promotions", REQUIRED), *value;
    size_t count = array ? (size_t)cJSON_GetArraySize(array) : 0, mark, i = 0;

    if (count > BUNDLE_PROMOTIONS_MAX) {
        rd_fault(&c->rd, "promotions", "holds more than %d promotions", BUNDLE_PROMOTIONS_MAX);
        return;
    }
    c->promotions = arena_array(&c->bundle->arena, count + 1, sizeof *c->promotions);
    if (!c->promotions)
        return;
    if (count > 0 && c->bundle->layer_count == 0) {
        rd_fault(&c->rd, "layers", "is empty, and a promotion needs a layer");
        return;
    }
    mark = rd_in(&c->rd, "promotions");
    cJSON_ArrayForEach(value, array)
    {
        size_t inner = rd_in_index(&c->rd, i);

        compile_promotion(c, value, &c->promotions[i++]);
        rd_out(&c->rd, inner);
    }
    rd_out(&c->rd, mark);
    sort_items(c->promotions, count, sizeof *c->promotions, promotion_cmp);
    c->bundle->promotions = c->promotions;
    c->bundle->promotion_count = (uint32_t)count;
    c->bundle->group_count = (uint32_t)c->group_count;
    number_ids(c);
    link_layers(c);
}
