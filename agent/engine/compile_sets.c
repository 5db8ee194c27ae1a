/* SPDX-License-Identifier: Apache-2.0 */
/* Rewards by a price list, by sets, by steps, and those that pick some units. */
#include "agent/engine/compile.h"
#include "agent/engine/sort.h"

#include <string.h>

enum { SET_UNITS_MAX = 100000 };

void compile_reward_gives(struct compiler *c, const cJSON *json, const char *ways, enum gives *out_gives,
                          int64_t *out_value)
{
    const char *const names[] = {"percent_bp", "amount_minor", "price_minor"};
    const enum gives kinds[] = {GIVES_PERCENT, GIVES_AMOUNT, GIVES_PRICE};
    int found = -1, count = 0;

    for (int i = 0; i < 3; i++) {
        if (strstr(ways, names[i]) && rd_get(json, names[i])) {
            found = i;
            count++;
        }
    }
    if (count != 1) {
        rd_fault(&c->rd, NULL, "wants exactly one of: %s", ways);
        return;
    }
    *out_gives = kinds[found];
    (void)rd_int(&c->rd, json, names[found], REQUIRED, found == 2 ? 0 : 1, found == 0 ? BP_ONE : AMOUNT_MAX,
                 out_value);
}

/* The limits of these count nothing: one sale is one use of them. */
static void no_sale_limit(struct compiler *c, const struct promotion *promotion, const char *count)
{
    if (promotion->per_sale)
        rd_warn(&c->rd, NULL, "limits.per_sale says nothing here: %s says how many units", count);
}

void compile_reward_price_list(struct compiler *c, const cJSON *json, struct promotion *promotion)
{
    struct reward *out = &promotion->reward;

    (void)rd_names(&c->rd, json, "kind list cap_minor");
    out->gives = GIVES_PRICE;
    out->list = compile_list_named(c, json, "list");
    if (out->list)
        out->items = out->list->selection;
    compile_reward_cap(c, json, promotion);
}

void compile_reward_nth_unit(struct compiler *c, const cJSON *json, struct promotion *promotion)
{
    struct reward *out = &promotion->reward;
    int64_t every = 2;
    int pick = 0;

    (void)rd_names(&c->rd, json, "kind items every percent_bp price_minor pick cap_minor reuse_buys");
    out->items = out->buy_items = compile_items(c, json, "items", REQUIRED);
    (void)rd_int(&c->rd, json, "every", REQUIRED, 2, SET_UNITS_MAX, &every);
    compile_reward_gives(c, json, "percent_bp price_minor", &out->gives, &out->value);
    (void)rd_word(&c->rd, json, "pick", OPTIONAL, "cheapest dearest", &pick);
    (void)rd_bool(&c->rd, json, "reuse_buys", &out->reuse_buys);
    out->buy_qty = every - 1;
    out->get_qty = 1;
    out->repeat = true;
    out->dearest = pick == 1;
    compile_reward_cap(c, json, promotion);
}

void compile_reward_cheapest(struct compiler *c, const cJSON *json, struct promotion *promotion)
{
    struct reward *out = &promotion->reward;

    (void)rd_names(&c->rd, json, "kind items count percent_bp amount_minor cap_minor");
    out->items = compile_items(c, json, "items", REQUIRED);
    (void)rd_int(&c->rd, json, "count", REQUIRED, 1, SET_UNITS_MAX, &out->count);
    compile_reward_gives(c, json, "percent_bp amount_minor", &out->gives, &out->value);
    no_sale_limit(c, promotion, "count");
    compile_reward_cap(c, json, promotion);
}

static void mix_parts(struct compiler *c, const cJSON *json, struct reward *out)
{
    const cJSON *array = rd_array(&c->rd, json, "parts", REQUIRED), *value;
    int count = array ? cJSON_GetArraySize(array) : 0;
    struct mix_part *parts;

    if (!array)
        return;
    if (count < 1 || count > MIX_PARTS_MAX) {
        rd_fault(&c->rd, "parts", "wants 1 to %d parts", MIX_PARTS_MAX);
        return;
    }
    parts = arena_array(&c->bundle->arena, (size_t)count, sizeof *parts);
    if (!parts)
        return;
    rd_each(&c->rd, "parts", array, value)
    {
        struct mix_part *part = &parts[out->part_count++];

        *part = (struct mix_part){.items = NONE, .qty = 1};
        if (rd_names(&c->rd, value, "items qty")) {
            part->items = compile_items(c, value, "items", REQUIRED);
            (void)rd_int(&c->rd, value, "qty", REQUIRED, 1, SET_UNITS_MAX, &part->qty);
        }
    }
    out->parts = parts;
    out->items = parts[0].items; /* no set without one of its first part */
}

void compile_reward_mix(struct compiler *c, const cJSON *json, struct promotion *promotion)
{
    struct reward *out = &promotion->reward;
    bool reuse = false;

    (void)rd_names(&c->rd, json, "kind parts price_minor percent_bp amount_minor repeat cap_minor reuse_buys");
    mix_parts(c, json, out);
    compile_reward_gives(c, json, "percent_bp amount_minor price_minor", &out->gives, &out->value);
    out->repeat = true;
    (void)rd_bool(&c->rd, json, "repeat", &out->repeat);
    if (rd_bool(&c->rd, json, "reuse_buys", &reuse) && reuse)
        rd_warn(&c->rd, "reuse_buys", "says nothing here: every unit of a mix bears its price, none is only bought");
    compile_reward_cap(c, json, promotion);
}

static int step_cmp(const void *a, const void *b)
{
    const struct reward_step *x = a, *y = b;

    return x->from < y->from ? -1 : x->from > y->from;
}

static void step_list(struct compiler *c, const cJSON *json, struct reward *out)
{
    const cJSON *array = rd_array(&c->rd, json, "steps", REQUIRED), *value;
    int count = array ? cJSON_GetArraySize(array) : 0;
    struct reward_step *steps;

    if (!array)
        return;
    if (count < 1 || count > STEPS_MAX) {
        rd_fault(&c->rd, "steps", "wants 1 to %d steps", STEPS_MAX);
        return;
    }
    steps = arena_array(&c->bundle->arena, (size_t)count, sizeof *steps);
    if (!steps)
        return;
    rd_each(&c->rd, "steps", array, value)
    {
        struct reward_step *step = &steps[out->step_count];

        step->from = -1 - (int64_t)out->step_count++; /* two wrong ones are not two of one measure */
        if (rd_names(&c->rd, value, "from percent_bp amount_minor price_minor")) {
            (void)rd_int(&c->rd, value, "from", REQUIRED, 0, AMOUNT_MAX * 1000, &step->from);
            compile_reward_gives(c, value, "percent_bp amount_minor price_minor", &step->gives, &step->value);
        }
    }
    sort_items(steps, out->step_count, sizeof *steps, step_cmp);
    for (uint32_t i = 1; i < out->step_count; i++) {
        if (steps[i].from == steps[i - 1].from)
            rd_fault(&c->rd, "steps", "two steps have the same \"from\"");
    }
    out->steps = steps;
}

void compile_reward_steps(struct compiler *c, const cJSON *json, struct promotion *promotion)
{
    struct reward *out = &promotion->reward;
    int measure = 0, base = 0;

    (void)rd_names(&c->rd, json, "kind items measure base steps cap_minor");
    out->items = compile_items(c, json, "items", REQUIRED);
    (void)rd_word(&c->rd, json, "measure", OPTIONAL, "amount qty", &measure);
    (void)rd_word(&c->rd, json, "base", OPTIONAL, "gross current", &base);
    out->by_qty = measure == 1;
    out->base_gross = base == 0;
    step_list(c, json, out);
    if (out->by_qty && rd_get(json, "base"))
        rd_warn(&c->rd, "base", "says nothing: these steps measure a quantity");
    compile_reward_cap(c, json, promotion);
}

void compile_reward_gift(struct compiler *c, const cJSON *json, struct promotion *promotion)
{
    struct reward *out = &promotion->reward;

    (void)rd_names(&c->rd, json, "kind items qty max_value_minor cap_minor");
    out->items = compile_items(c, json, "items", REQUIRED);
    (void)rd_int(&c->rd, json, "qty", REQUIRED, 1, SET_UNITS_MAX, &out->count);
    out->gives = GIVES_PERCENT;
    out->value = BP_ONE;
    out->max_value = INT64_MAX;
    (void)rd_int(&c->rd, json, "max_value_minor", OPTIONAL, 0, AMOUNT_MAX, &out->max_value);
    no_sale_limit(c, promotion, "qty");
    compile_reward_cap(c, json, promotion);
}
