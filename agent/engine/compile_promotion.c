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
    int64_t limit[PERIOD_COUNT] = {0};
    const int64_t *shared;

    if (!array || !array->child)
        return;
    rd_each(&c->rd, "per_member", array, value)
    {
        int64_t max = 0;
        int period = PERIOD_EVER;

        (void)rd_names(&c->rd, value, "max per");
        if (cJSON_IsObject(value) && rd_int(&c->rd, value, "max", REQUIRED, 0, AMOUNT_MAX, &max) &&
            rd_word(&c->rd, value, "per", REQUIRED, "day week month ever", &period)) {
            if (max && (!limit[period] || max < limit[period]))
                limit[period] = max;
        }
    }
    shared = rd_share(&c->rd, limit, PERIOD_COUNT, sizeof *limit);
    if (shared)
        out->per_member = shared;
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
    static const int64_t no_limit[PERIOD_COUNT];
    const char *group = NULL;
    int round = ROUND_PER_LINE;

    out->id = "";
    out->per_member = no_limit;
    out->group = out->cost_currency = NONE;
    out->reward.items = out->reward.buy_items = NONE; /* also of an entry that is no object: the index asks all */
    if (!rd_names(&c->rd, json, "id title hint layer order exclusive_group final when cost reward limits round"))
        return;
    (void)rd_own_text(&c->rd, json, "id", REQUIRED, ID_BYTES_MAX, &out->id);
    rd_language_text(&c->rd, json, "title", OPTIONAL, &out->title);
    rd_language_text(&c->rd, json, "hint", OPTIONAL, &out->hint);
    out->layer = layer_number(c, json);
    (void)rd_int(&c->rd, json, "order", OPTIONAL, -AMOUNT_MAX, AMOUNT_MAX, &out->order);
    if (rd_text(&c->rd, json, "exclusive_group", OPTIONAL, ID_BYTES_MAX, &group))
        out->group = intern_add(&c->groups, &c->scratch, NAME_ANY, group, strlen(group));
    (void)rd_bool(&c->rd, json, "final", &out->final);
    if (rd_word(&c->rd, json, "round", OPTIONAL, "line unit sale", &round))
        out->round = (enum round_mode)round;
    compile_when(c, json, out);
    compile_cost(c, json, out);
    compile_limits(c, json, out);
    compile_reward(c, json, out);
    compile_warn_promotion(c, out);
}

/* Promotions are large and mostly in order already: their keys are sorted, then each is moved once. */
struct rank_key {
    int64_t order;
    const char *id;
    uint32_t layer, number;
};

static int rank_cmp(const void *a, const void *b)
{
    const struct rank_key *x = a, *y = b;
    int ids;

    if (x->layer != y->layer)
        return x->layer < y->layer ? -1 : 1;
    if (x->order != y->order)
        return x->order < y->order ? -1 : 1;
    ids = strcmp(x->id, y->id);
    return ids ? ids : x->number < y->number ? -1 : x->number > y->number;
}

/* To each place what its key says, ring by ring: a ring ends where it began. */
static void promotions_move(struct promotion *promotions, struct rank_key *keys, size_t count)
{
    for (size_t first = 0; first < count; first++) {
        struct promotion moved;
        size_t to = first;

        if (keys[first].number == first)
            continue;
        moved = promotions[first];
        for (size_t from = keys[to].number; from != first; from = keys[to].number) {
            promotions[to] = promotions[from];
            keys[to].number = (uint32_t)to; /* this place is done */
            to = from;
        }
        promotions[to] = moved;
        keys[to].number = (uint32_t)to;
    }
}

static bool rank_promotions(struct compiler *c, size_t count)
{
    struct rank_key *keys = arena_array(&c->scratch, count + 1, sizeof *keys);

    if (!keys)
        return false;
    for (size_t i = 0; i < count; i++) {
        const struct promotion *promotion = &c->promotions[i];

        keys[i] = (struct rank_key){promotion->order, promotion->id, promotion->layer, (uint32_t)i};
    }
    sort_items(keys, count, sizeof *keys, rank_cmp);
    promotions_move(c->promotions, keys, count);
    c->bundle->promotions = c->promotions;
    c->bundle->promotion_count = (uint32_t)count;
    return true;
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
    struct id_entry *entries = arena_array(&c->scratch, bundle->promotion_count + 1u, sizeof *entries);
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

/* Reads them one by one: each is compiled and digested before the next one takes its memory. */
static size_t read_promotions(struct compiler *c, struct promotion *out, size_t count_max)
{
    struct json_pool pool = JSON_POOL_INIT;
    size_t at = c->promotions_text.at, i = 0;
    const cJSON *value;

    for (;; i++) {
        size_t inner;

        c->syntax_st = json_pool_element(&pool, c->text, c->len, &at, &value, &c->syntax);
        if (c->syntax_st == ST_OK && value && i == count_max) { /* more than there are commas: no JSON */
            c->syntax_st = ST_INVALID;
            errmsg_set(&c->syntax, "JSON: the promotions are no array");
        }
        if (c->syntax_st != ST_OK || !value)
            break;
        inner = rd_in_index(&c->rd, i);
        compile_promotion(c, value, &out[i]);
        rd_out(&c->rd, inner);
        digest_element(&c->digest, value);
        if (c->temp.st == ST_OK) /* else the end says so */
            arena_reset(&c->temp);
    }
    json_pool_free(&pool);
    return i;
}

void compile_promotions(struct compiler *c, const cJSON *root)
{
    size_t count = c->promotions_text.at ? c->promotions_text.count_max : 0, mark;
    const cJSON *array = rd_array(&c->rd, root, "promotions", REQUIRED);

    if (count > BUNDLE_PROMOTIONS_MAX) {
        rd_fault(&c->rd, "promotions", "holds more than %d promotions", BUNDLE_PROMOTIONS_MAX);
        return;
    }
    c->promotions = arena_array(&c->bundle->arena, count + 1, sizeof *c->promotions);
    if (!array || !c->promotions || !digest_to_array(&c->digest, "promotions"))
        return;
    mark = rd_in(&c->rd, "promotions");
    count = read_promotions(c, c->promotions, count);
    rd_out(&c->rd, mark);
    digest_array_end(&c->digest);
    if (count > 0 && c->bundle->layer_count == 0)
        rd_fault(&c->rd, "layers", "is empty, and a promotion needs a layer");
    if (c->syntax_st != ST_OK || c->bundle->arena.st != ST_OK || c->scratch.st != ST_OK || c->temp.st != ST_OK)
        return;
    if (!rank_promotions(c, count))
        return;
    c->bundle->group_count = (uint32_t)c->groups.count;
    number_ids(c);
    link_layers(c);
    compile_warn_guard(c);
}
