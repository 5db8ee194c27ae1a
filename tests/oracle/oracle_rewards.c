/* SPDX-License-Identifier: Apache-2.0 */
/* Rewards that look at units one by one. The offered units are laid out, those the reward acts on chosen, amounts put
 * on them, a cap applied, and all folded back into groups. */
#include "tests/oracle/oracle.h"

#include "tests/oracle/reach.h"

#include <string.h>

struct slots {
    int count;
    int group[UNITS_MAX], line[UNITS_MAX];
    int64_t price[UNITS_MAX], room[UNITS_MAX], gain[UNITS_MAX], amount[UNITS_MAX];
    bool chosen[UNITS_MAX];
};

static int64_t smaller(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

int64_t unit_gain(const cJSON *rule, const struct group *group)
{
    int64_t gain = 0;

    if (get(rule, "percent_bp"))
        gain = half_up(group->price * get_int(rule, "percent_bp", 0), 10000);
    else if (get(rule, "amount_minor"))
        gain = half_up(get_int(rule, "amount_minor", 0) * group->qty, 1000);
    else if (get(rule, "price_minor"))
        gain = group->price - half_up(get_int(rule, "price_minor", 0) * group->qty, 1000);
    gain = smaller(gain, group->room);
    return gain > 0 ? gain : 0;
}

bool group_in(const struct reward_context *context, const cJSON *items, int group)
{
    return takes_line(context->run, items, context->groups->at[group].line);
}

bool group_got_in(const struct reward_context *context, const cJSON *items, int group)
{
    return !context->groups->at[group].held && group_in(context, items, group);
}

static const cJSON *list_price(const struct reward_context *context, int group)
{
    const cJSON *list =
        get(get(context->run->bundle, "price_lists"), get_text(context->promotion->reward, "list", ""));

    return get(list, context->run->lines[context->groups->at[group].line].sku);
}

static bool selects(const struct reward_context *context, int group)
{
    if (context->promotion->kind == PRICE_LIST)
        return context->run->lines[context->groups->at[group].line].discountable && list_price(context, group);
    return group_in(context, context->promotion->items, group);
}

static void lay_out(const struct reward_context *context, const int *offered, struct slots *slots)
{
    memset(slots, 0, sizeof *slots);
    for (int g = 0; g < context->groups->count; g++) {
        if (!selects(context, g))
            continue;
        for (int i = 0; i < offered[g]; i++) {
            int s = slots->count++;

            slots->group[s] = g;
            slots->line[s] = context->groups->at[g].line;
            slots->price[s] = context->groups->at[g].price;
            slots->room[s] = context->groups->at[g].room;
        }
    }
}

/* Is slot a to be picked before slot b? Of one price the larger gain, then the earlier. */
static bool picked_before(const struct slots *slots, int a, int b, bool cheapest)
{
    if (slots->price[a] != slots->price[b])
        return (slots->price[a] < slots->price[b]) == cheapest;
    if (slots->gain[a] != slots->gain[b])
        return slots->gain[a] > slots->gain[b];
    return a < b;
}

/* Chooses the first slots that gain something: at most limit, of each line at most per_line (0: no bound). */
static void choose(struct slots *slots, int64_t limit, int64_t per_line, bool cheapest)
{
    int64_t of_line[LINES_MAX] = {0};

    for (int64_t n = 0; limit == 0 || n < limit; n++) {
        int best = -1;

        for (int s = 0; s < slots->count; s++) {
            if (slots->chosen[s] || slots->gain[s] <= 0 || (per_line && of_line[slots->line[s]] >= per_line))
                continue;
            if (best < 0 || picked_before(slots, s, best, cheapest))
                best = s;
        }
        if (best < 0)
            return;
        slots->chosen[best] = true;
        of_line[slots->line[best]]++;
    }
    reach_note(LIMIT_CHOSE);
}

static int64_t sale_limit(const struct reward_context *context)
{
    return get_int(get(context->promotion->json, "limits"), "per_sale", 0);
}

/* Acts on the units to which it gives something, before rounding by the line. */
static void choose_limited(const struct reward_context *context, struct slots *slots, int64_t limit)
{
    choose(slots, limit, get_int(context->promotion->reward, "max_units_per_line", 0), false);
}

/* ---- amounts ---- */

/* Spreads over the lines of the chosen slots, then in each line over those. */
static void spread_chosen(struct slots *slots, int64_t amount, const int64_t *weight, const int64_t *room)
{
    int64_t line_weight[LINES_MAX] = {0}, line_room[LINES_MAX] = {0}, line_amount[LINES_MAX];

    for (int s = 0; s < slots->count; s++) {
        if (slots->chosen[s] && room[s] > 0) {
            line_weight[slots->line[s]] += weight[s];
            line_room[slots->line[s]] += room[s];
        }
    }
    spread(amount, LINES_MAX, line_weight, line_room, line_amount);
    for (int line = 0; line < LINES_MAX; line++) {
        int64_t weights[UNITS_MAX] = {0}, rooms[UNITS_MAX] = {0}, shares[UNITS_MAX];

        for (int s = 0; s < slots->count; s++) {
            weights[s] = slots->chosen[s] && slots->line[s] == line ? weight[s] : 0;
            rooms[s] = room[s];
        }
        spread(line_amount[line], slots->count, weights, rooms, shares);
        for (int s = 0; s < slots->count; s++)
            slots->amount[s] += shares[s];
    }
}

static void spread_by_price(struct slots *slots, int64_t amount)
{
    if (amount > 0)
        spread_chosen(slots, amount, slots->price, slots->room);
}

/* The exact amounts, in 1/10000, rounded to a whole by the line or of all lines together; that whole is shared out in
 * proportion to them. */
static void percent_by_line(struct slots *slots, const int64_t *exact, bool whole_sale)
{
    int64_t sums[LINES_MAX] = {0}, rooms[LINES_MAX] = {0}, totals[LINES_MAX], all = 0;

    for (int s = 0; s < slots->count; s++) {
        sums[slots->line[s]] += slots->chosen[s] ? exact[s] : 0;
        rooms[slots->line[s]] += slots->chosen[s] ? slots->room[s] : 0;
        all += slots->chosen[s] ? exact[s] : 0;
    }
    for (int line = 0; line < LINES_MAX; line++)
        totals[line] = half_up(sums[line], 10000);
    if (whole_sale)
        spread(half_up(all, 10000), LINES_MAX, sums, rooms, totals);
    for (int line = 0; line < LINES_MAX; line++) {
        int64_t weights[UNITS_MAX] = {0}, shares[UNITS_MAX];

        for (int s = 0; s < slots->count; s++)
            weights[s] = slots->chosen[s] && slots->line[s] == line ? exact[s] : 0;
        spread(totals[line], slots->count, weights, slots->room, shares);
        for (int s = 0; s < slots->count; s++)
            slots->amount[s] += shares[s];
    }
}

/* Amounts fall within a group: units of a group are alike, so nobody can tell which is which. */
static void insert_falling(int64_t *amounts, int count, int64_t amount)
{
    int i = count;

    for (; i > 0 && amounts[i - 1] < amount; i--)
        amounts[i] = amounts[i - 1];
    amounts[i] = amount;
}

static void fold(const struct groups *groups, const struct slots *slots, struct outcome *out)
{
    for (int s = 0; s < slots->count; s++) {
        int g = slots->group[s];

        if (!slots->chosen[s])
            continue;
        insert_falling(&out->amounts[groups->at[g].first], out->taken[g]++, slots->amount[s]);
        out->total += slots->amount[s];
    }
}

/* A set of a mix: its price, percent or amount once, rounded once, shared as an amount is. */
void mix_shares(const struct reward_context *context, const int *units, struct outcome *out)
{
    const cJSON *reward = context->promotion->reward;
    int64_t exact[UNITS_MAX], sum = 0;
    struct slots slots = {0};

    memset(out, 0, sizeof *out);
    for (int g = 0; g < context->groups->count; g++) {
        for (int i = 0; i < units[g]; i++) {
            int s = slots.count++;

            slots.group[s] = g;
            slots.line[s] = context->groups->at[g].line;
            slots.price[s] = context->groups->at[g].price;
            slots.room[s] = context->groups->at[g].room;
            slots.chosen[s] = true;
            exact[s] = smaller(slots.price[s] * get_int(reward, "percent_bp", 0), slots.room[s] * 10000);
            sum += slots.price[s];
        }
    }
    if (get(reward, "percent_bp"))
        percent_by_line(&slots, exact, true);
    else if (get(reward, "price_minor"))
        spread_by_price(&slots, sum - get_int(reward, "price_minor", 0));
    else
        spread_by_price(&slots, get_int(reward, "amount_minor", 0));
    fold(context->groups, &slots, out);
}

static void percent(const struct reward_context *context, struct slots *slots, int64_t bp)
{
    const char *round = get_text(context->promotion->json, "round", "line");
    int64_t exact[UNITS_MAX];

    for (int s = 0; s < slots->count; s++) {
        exact[s] = smaller(slots->price[s] * bp, slots->room[s] * 10000);
        /* A choice compares whole minor units; one that rounds to nothing may be chosen, last. */
        slots->gain[s] = half_up(exact[s], 10000) > 0 ? half_up(exact[s], 10000) + 1 : exact[s] > 0;
        if (strcmp(round, "unit") == 0) /* one that rounds to nothing is taken all the same, as by the line */
            exact[s] = smaller(half_up(slots->price[s] * bp, 10000), slots->room[s]) * 10000;
    }
    choose_limited(context, slots, sale_limit(context));
    percent_by_line(slots, exact, strcmp(round, "sale") == 0);
}

static void by_unit(const struct reward_context *context, struct slots *slots, const cJSON *rule)
{
    for (int s = 0; s < slots->count; s++)
        slots->gain[s] = unit_gain(rule, &context->groups->at[slots->group[s]]);
    choose_limited(context, slots, sale_limit(context));
    for (int s = 0; s < slots->count; s++)
        slots->amount[s] = slots->chosen[s] ? slots->gain[s] : 0;
}

/* An amount gives a unit what it has room for, at most itself. */
static void can_give(struct slots *slots, int64_t amount)
{
    for (int s = 0; s < slots->count; s++)
        slots->gain[s] = smaller(slots->room[s], amount);
}

/* The lines of the dearest units, as many as the limit allows; of one price those that get most, then the earlier. */
static void keep_lines(struct slots *slots, int64_t limit, int64_t amount)
{
    bool kept[LINES_MAX] = {false};
    int64_t rooms[LINES_MAX] = {0};

    for (int s = 0; s < slots->count; s++)
        rooms[slots->line[s]] += slots->chosen[s] ? slots->room[s] : 0;
    for (int s = 0; s < slots->count; s++)
        slots->gain[s] = smaller(rooms[slots->line[s]], amount);
    while (limit-- > 0) {
        int best = -1;

        for (int s = 0; s < slots->count; s++) {
            if (slots->chosen[s] && !kept[slots->line[s]] && (best < 0 || picked_before(slots, s, best, false)))
                best = s;
        }
        if (best >= 0)
            kept[slots->line[best]] = true;
    }
    for (int s = 0; s < slots->count; s++)
        slots->chosen[s] = slots->chosen[s] && kept[slots->line[s]];
}

static void amount_per_line(const struct reward_context *context, struct slots *slots)
{
    int64_t amount = get_int(context->promotion->reward, "amount_minor", 0);

    can_give(slots, amount);
    choose_limited(context, slots, 0);
    if (sale_limit(context))
        keep_lines(slots, sale_limit(context), amount);
    for (int line = 0; line < LINES_MAX; line++) {
        struct slots of_line = *slots;

        for (int s = 0; s < slots->count; s++)
            of_line.chosen[s] = slots->chosen[s] && slots->line[s] == line;
        spread_by_price(&of_line, amount);
        memcpy(slots->amount, of_line.amount, sizeof slots->amount);
    }
}

static void amount_off_basket(const struct reward_context *context, struct slots *slots)
{
    const cJSON *reward = context->promotion->reward;
    int64_t every = get_int(reward, "every_minor", 0), most = get_int(reward, "max_times", 0), times = 1;

    if (every) {
        times = context->measured / every;
        times = most ? smaller(times, most) : times;
        times = sale_limit(context) ? smaller(times, sale_limit(context)) : times;
    }
    can_give(slots, times * get_int(reward, "amount_minor", 0));
    choose_limited(context, slots, 0);
    spread_by_price(slots, times * get_int(reward, "amount_minor", 0));
}

static void amount_off(const struct reward_context *context, struct slots *slots)
{
    const char *per = get_text(context->promotion->reward, "per", "unit");

    if (strcmp(per, "unit") == 0)
        by_unit(context, slots, context->promotion->reward);
    else if (strcmp(per, "line") == 0)
        amount_per_line(context, slots);
    else
        amount_off_basket(context, slots);
}

static void fixed_price(const struct reward_context *context, struct slots *slots)
{
    int64_t sum = 0;

    if (strcmp(get_text(context->promotion->reward, "per", "unit"), "unit") == 0) {
        by_unit(context, slots, context->promotion->reward);
        return;
    }
    for (int s = 0; s < slots->count; s++) {
        slots->chosen[s] = true;
        sum += slots->price[s];
    }
    spread_by_price(slots, sum - get_int(context->promotion->reward, "price_minor", 0));
}

static void price_list(const struct reward_context *context, struct slots *slots)
{
    for (int s = 0; s < slots->count; s++) {
        const struct group *group = &context->groups->at[slots->group[s]];
        int64_t price = half_up((int64_t)list_price(context, slots->group[s])->valuedouble * group->qty, 1000);

        slots->gain[s] = price < group->price ? smaller(group->price - price, group->room) : 0;
    }
    choose_limited(context, slots, sale_limit(context));
    for (int s = 0; s < slots->count; s++)
        slots->amount[s] = slots->chosen[s] ? slots->gain[s] : 0;
}

static void steps(const struct reward_context *context, struct slots *slots)
{
    const cJSON *step, *reached = NULL;

    cJSON_ArrayForEach(step, get(context->promotion->reward, "steps"))
    {
        if (get_int(step, "from", 0) <= context->measured &&
            (!reached || get_int(step, "from", 0) > get_int(reached, "from", 0)))
            reached = step;
    }
    if (!reached)
        return;
    if (get(reached, "percent_bp")) {
        percent(context, slots, get_int(reached, "percent_bp", 0));
    } else if (get(reached, "price_minor")) {
        by_unit(context, slots, reached);
    } else {
        can_give(slots, get_int(reached, "amount_minor", 0));
        choose_limited(context, slots, sale_limit(context));
        spread_by_price(slots, get_int(reached, "amount_minor", 0));
    }
}

static void cheapest(const struct reward_context *context, struct slots *slots)
{
    for (int s = 0; s < slots->count; s++)
        slots->gain[s] = unit_gain(context->promotion->reward, &context->groups->at[slots->group[s]]);
    choose(slots, get_int(context->promotion->reward, "count", 0), 0, true);
    for (int s = 0; s < slots->count; s++)
        slots->amount[s] = slots->chosen[s] ? slots->gain[s] : 0;
}

static int64_t gift(const struct reward_context *context, struct slots *slots)
{
    const cJSON *reward = context->promotion->reward;
    int64_t most = get_int(reward, "max_value_minor", -1), missing = get_int(reward, "qty", 0);

    for (int s = 0; s < slots->count; s++)
        slots->gain[s] = most < 0 || slots->price[s] <= most ? slots->room[s] : 0;
    choose(slots, missing, 0, false);
    for (int s = 0; s < slots->count; s++) {
        slots->amount[s] = slots->chosen[s] ? slots->gain[s] : 0;
        missing -= slots->chosen[s];
    }
    return missing;
}

/* ---- whole ---- */

static void apply_cap(const struct reward_context *context, struct slots *slots)
{
    int64_t cap = get_int(context->promotion->reward, "cap_minor", 0), total = 0;
    int64_t before[UNITS_MAX];

    for (int s = 0; s < slots->count; s++)
        total += slots->amount[s];
    if (!cap || total <= cap)
        return;
    reach_note(CAP_SHRANK);
    memcpy(before, slots->amount, sizeof before);
    memset(slots->amount, 0, sizeof slots->amount);
    spread_chosen(slots, cap, before, before);
}

static void cap_sets(const struct reward_context *context, struct outcome *out)
{
    struct slots slots = {0};

    for (int g = 0; g < context->groups->count; g++) {
        for (int i = 0; i < out->taken[g]; i++) {
            int s = slots.count++;

            slots.group[s] = g;
            slots.line[s] = context->groups->at[g].line;
            slots.amount[s] = out->amounts[context->groups->at[g].first + i];
            slots.chosen[s] = true;
        }
        out->taken[g] = 0;
    }
    out->total = 0;
    apply_cap(context, &slots);
    fold(context->groups, &slots, out);
}

void reward_measure(struct reward_context *context)
{
    const struct promotion *promotion = context->promotion;
    bool current = strcmp(get_text(promotion->reward, "base", "gross"), "current") == 0;

    if (promotion->kind == STEPS && strcmp(get_text(promotion->reward, "measure", "amount"), "qty") == 0)
        context->measured = measure_qty(context->run, promotion->items);
    else if (promotion->kind == STEPS || promotion->kind == AMOUNT_OFF)
        context->measured = measure_amount(context->run, promotion->items, current);
}

void reward_apply(struct reward_context *context, const int *offered, struct outcome *out)
{
    enum kind kind = context->promotion->kind;
    struct slots slots;

    memset(out, 0, sizeof *out);
    context->run->work += 20;
    if (kind == BUY_GET || kind == NTH_UNIT || kind == MIX) {
        if (strcmp(get_text(context->promotion->reward, "sets", "best"), "pool") == 0)
            pool_apply(context, offered, out);
        else
            sets_apply(context, offered, out);
        cap_sets(context, out);
        return;
    }
    lay_out(context, offered, &slots);
    if (kind == PERCENT_OFF)
        percent(context, &slots, get_int(context->promotion->reward, "percent_bp", 0));
    else if (kind == AMOUNT_OFF)
        amount_off(context, &slots);
    else if (kind == FIXED_PRICE)
        fixed_price(context, &slots);
    else if (kind == PRICE_LIST)
        price_list(context, &slots);
    else if (kind == STEPS)
        steps(context, &slots);
    else if (kind == CHEAPEST)
        cheapest(context, &slots);
    else
        out->gift_missing = gift(context, &slots);
    apply_cap(context, &slots);
    fold(context->groups, &slots, out);
}
