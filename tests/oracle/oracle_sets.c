/* SPDX-License-Identifier: Apache-2.0 */
/* The list of sets. */
#include "tests/oracle/oracle_sets.h"

#include "tests/oracle/reach.h"

#include <stdlib.h>
#include <string.h>

enum { TYPES_MAX = 4000, STATES_MAX = 6000 };

struct maker { /* of the list of sets */
    const struct reward_context *context;
    struct sets *sets;
    const cJSON *buy, *get, *parts;
    int bought[UNITS_MAX], got[UNITS_MAX];
    int got_wanted;
    bool partial, free_pick;
};

static struct way *type_new(struct maker *maker)
{
    struct sets *sets = maker->sets;

    if (sets->type_count == TYPES_MAX) {
        maker->context->run->gave_up = true;
        return NULL;
    }
    memset(&sets->types[sets->type_count], 0, sizeof sets->types[0]);
    return &sets->types[sets->type_count];
}

static bool same_units(const struct way *a, const struct way *b)
{
    return memcmp(a->taken, b->taken, sizeof a->taken) == 0 && memcmp(a->bought, b->bought, sizeof a->bought) == 0;
}

/* A set that gives nothing is not formed; one made in two ways is one. */
static void type_keep(struct maker *maker, const struct way *type)
{
    if (type->total <= 0)
        return;
    for (int i = 0; i < maker->sets->type_count; i++) {
        if (same_units(&maker->sets->types[i], type))
            return;
    }
    maker->sets->type_count++;
}

static void type_of_mix(struct maker *maker)
{
    struct way *type = type_new(maker);
    struct outcome shares;

    if (!type)
        return;
    mix_shares(maker->context, maker->bought, &shares);
    type->total = shares.total;
    type->set_count = 1;
    for (int g = 0; g < maker->sets->group_count; g++) {
        type->taken[g] = (uint8_t)maker->bought[g];
        for (int i = 0; i < maker->bought[g]; i++)
            type->amounts[maker->sets->first_unit[g] + i] = shares.amounts[maker->sets->first_unit[g] + i];
    }
    type_keep(maker, type);
}

static void mix_part(struct maker *maker, const cJSON *part, int group, int wanted)
{
    const struct groups *groups = maker->context->groups;

    if (wanted == 0) {
        if (part->next)
            mix_part(maker, part->next, 0, (int)get_int(part->next, "qty", 0));
        else
            type_of_mix(maker);
        return;
    }
    if (group == groups->count)
        return;
    mix_part(maker, part, group + 1, wanted);
    if (group_in(maker->context, get(part, "items"), group) && maker->bought[group] < groups->at[group].count) {
        maker->bought[group]++;
        mix_part(maker, part, group, wanted - 1);
        maker->bought[group]--;
    }
}

/* No got unit is dearer than a bought one where each could stand in the other's place. */
static bool pick_holds(const struct maker *maker)
{
    const struct groups *groups = maker->context->groups;

    for (int g = 0; g < groups->count && !maker->free_pick; g++) {
        for (int b = 0; b < groups->count; b++) {
            if (maker->got[g] && maker->bought[b] && groups->at[g].price > groups->at[b].price &&
                group_in(maker->context, get(maker->buy, "items"), g) &&
                group_in(maker->context, get(maker->get, "items"), b))
                return false;
        }
    }
    return true;
}

static void type_of_buy_get(struct maker *maker)
{
    struct way *type = pick_holds(maker) ? type_new(maker) : NULL;

    if (!type)
        return;
    type->set_count = 1;
    for (int g = 0; g < maker->sets->group_count; g++) {
        int64_t gain = unit_gain(maker->get, &maker->context->groups->at[g]);

        type->taken[g] = (uint8_t)maker->got[g];
        type->bought[g] = (uint8_t)maker->bought[g];
        for (int i = 0; i < maker->got[g]; i++)
            type->amounts[maker->sets->first_unit[g] + i] = gain;
        type->total += gain * maker->got[g];
    }
    type_keep(maker, type);
}

static void choose_got(struct maker *maker, int group, int wanted)
{
    const struct groups *groups = maker->context->groups;

    if (wanted > 0 && maker->partial && wanted < maker->got_wanted)
        reach_note(PARTIAL_SET);
    if (wanted == 0 || (maker->partial && wanted < maker->got_wanted))
        type_of_buy_get(maker);
    if (wanted == 0)
        return;
    for (int g = group; g < groups->count; g++) {
        if (group_got_in(maker->context, get(maker->get, "items"), g) &&
            maker->bought[g] + maker->got[g] < groups->at[g].count) {
            maker->got[g]++;
            choose_got(maker, g, wanted - 1);
            maker->got[g]--;
        }
    }
}

static void choose_bought(struct maker *maker, int group, int wanted)
{
    const struct groups *groups = maker->context->groups;

    if (wanted == 0) {
        choose_got(maker, 0, maker->got_wanted);
        return;
    }
    for (int g = group; g < groups->count; g++) {
        if (group_in(maker->context, get(maker->buy, "items"), g) && maker->bought[g] < groups->at[g].count) {
            maker->bought[g]++;
            choose_bought(maker, g, wanted - 1);
            maker->bought[g]--;
        }
    }
}

/* nth_unit is a buy_get of its own items: the missing halves are written out here. */
void sets_halves(const struct promotion *promotion, cJSON **out_buy, cJSON **out_get)
{
    const cJSON *reward = promotion->reward;

    if (promotion->kind == BUY_GET) {
        *out_buy = cJSON_Duplicate(get(reward, "buy"), true);
        *out_get = cJSON_Duplicate(get(reward, "get"), true);
        return;
    }
    *out_buy = cJSON_CreateObject();
    *out_get = cJSON_Duplicate(reward, true);
    cJSON_AddItemToObject(*out_buy, "items", cJSON_Duplicate(promotion->items, true));
    cJSON_AddNumberToObject(*out_buy, "qty", (double)(get_int(reward, "every", 2) - 1));
    cJSON_AddNumberToObject(*out_get, "qty", 1);
}

static void list_sets(const struct reward_context *context, struct sets *sets)
{
    const cJSON *reward = context->promotion->reward;
    struct maker maker = {.context = context, .sets = sets};
    cJSON *buy = NULL, *got = NULL;

    if (sets->is_mix) {
        maker.parts = get(reward, "parts");
        mix_part(&maker, maker.parts->child, 0, (int)get_int(maker.parts->child, "qty", 0));
        return;
    }
    sets_halves(context->promotion, &buy, &got);
    maker.buy = buy;
    maker.get = got;
    maker.partial = get_bool(reward, "partial", false);
    maker.free_pick = strcmp(get_text(reward, "pick", "cheapest"), "dearest") == 0;
    maker.got_wanted = (int)get_int(got, "qty", 0);
    for (int g = 0; g < sets->group_count; g++) {
        sets->only_bought[g] = !group_in(context, get(got, "items"), g);
    }
    choose_bought(&maker, 0, (int)get_int(buy, "qty", 0));
    cJSON_Delete(buy);
    cJSON_Delete(got);
}

/* repeat false is a limit of one. */
int sets_limit(const struct promotion *promotion)
{
    int64_t limit = get_int(get(promotion->json, "limits"), "per_sale", 0);

    return get_bool(promotion->reward, "repeat", true) ? (int)(limit > UNITS_MAX ? UNITS_MAX : limit) : 1;
}

struct sets *sets_make(const struct reward_context *context)
{
    struct sets *sets = calloc(1, sizeof *sets);
    int states = 1, units = 0;

    sets->group_count = context->groups->count;
    sets->is_mix = context->promotion->kind == MIX;
    sets->limit = sets_limit(context->promotion);
    for (int g = 0; g < sets->group_count; g++) {
        sets->first_unit[g] = units;
        units += context->groups->at[g].held ? 0 : context->groups->at[g].count;
        sets->radix[g] = states;
        states *= context->groups->at[g].count + 1;
        if (states > STATES_MAX) {
            context->run->gave_up = true;
            return sets;
        }
    }
    sets->state_count = states;
    sets->types = calloc(TYPES_MAX, sizeof *sets->types);
    sets->ways = calloc((size_t)states * (size_t)(sets->limit + 1), sizeof *sets->ways);
    list_sets(context, sets);
    return sets;
}
