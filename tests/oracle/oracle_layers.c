/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/oracle/oracle.h"

#include "tests/oracle/reach.h"

#include <string.h>

bool is_money(enum kind kind)
{
    return kind != POINTS && kind != ISSUE_COUPON && kind != MESSAGE;
}

static bool alike(const struct group *group, const struct unit *unit)
{
    return group->line == unit->line && group->price == unit->price && group->finished == unit->finished &&
           group->taken == unit->taken && group->counted == unit->counted;
}

static void groups_sort(struct groups *groups)
{
    for (int i = 1; i < groups->count; i++) {
        struct group group = groups->at[i];
        int k = i;

        for (; k > 0 && (groups->at[k - 1].price < group.price ||
                         (groups->at[k - 1].price == group.price && groups->at[k - 1].line > group.line));
             k--)
            groups->at[k] = groups->at[k - 1];
        groups->at[k] = group;
    }
}

void groups_of(const struct run *run, struct groups *out)
{
    int units = 0;

    out->count = 0;
    for (int i = 0; i < run->unit_count; i++) {
        const struct unit *unit = &run->units[i];
        int g = 0;

        while (g < out->count && !alike(&out->at[g], unit))
            g++;
        if (g == out->count) {
            out->at[out->count++] = (struct group){.line = unit->line,
                                                   .price = unit->price,
                                                   .room = unit->price > unit->floor ? unit->price - unit->floor : 0,
                                                   .qty = unit->qty,
                                                   .finished = unit->finished,
                                                   .taken = unit->taken,
                                                   .counted = unit->counted};
        }
        out->at[g].units[out->at[g].count++] = i;
    }
    groups_sort(out);
    for (int g = 0; g < out->count; g++) {
        out->at[g].first = units;
        units += out->at[g].count;
    }
}

void offer(const struct run *run, const struct promotion *promotion, const struct groups *groups, int *offered)
{
    bool first = run->modes[promotion->layer] == MODE_FIRST;

    for (int g = 0; g < groups->count; g++) {
        const struct group *group = &groups->at[g];
        bool counted = promotion->counts && group->counted;

        offered[g] = group->finished || (first && group->taken) || counted ? 0 : group->count;
        if (offered[g] == 0)
            reach_note(group->finished ? FINAL_KEPT_OUT : counted ? COUNTED_KEPT_OUT : TAKEN_KEPT_OUT);
    }
}

void unit_use(struct promotion *promotion, struct unit *unit, bool bought)
{
    if (bought && promotion->reuse)
        reach_note(BUYS_REUSED);
    unit->taken = unit->taken || !bought || !promotion->reuse;
    unit->counted = unit->counted || promotion->counts;
    unit->final_now = unit->final_now || promotion->final;
}

void units_take(struct run *run, struct promotion *promotion, const struct groups *groups, const struct outcome *out,
                int *next)
{
    for (int g = 0; g < groups->count; g++) {
        for (int i = 0; i < out->taken[g] + out->bought[g]; i++) {
            int place = groups->at[g].units[next[g]++];
            struct unit *unit = &run->units[place];
            int64_t amount = i < out->taken[g] ? out->amounts[groups->at[g].first + i] : 0;

            promotion->found[place] = unit->price;
            unit->price -= amount;
            promotion->took[place] += amount;
            unit_use(promotion, unit, i >= out->taken[g]);
        }
    }
    promotion->reason = APPLIED;
    promotion->figure_count = 0;
    promotion->gift_missing = out->gift_missing;
    if (promotion->currency >= 0)
        run->spent[promotion->currency] += promotion->cost;
}

void note_nothing(struct reward_context *context, const int *offered, const struct outcome *out)
{
    struct promotion *promotion = &context->run->promotions[context->promotion - context->run->promotions];
    int64_t missing;

    promotion->reason = R_NOTHING;
    promotion->gift_missing = out->gift_missing;
    if (promotion->kind != BUY_GET && promotion->kind != NTH_UNIT && promotion->kind != MIX)
        return;
    missing = set_missing(context, offered);
    if (missing > 0)
        promotion->figures[promotion->figure_count++] = (struct figure){"missing_qty_milli", missing};
}

/* first and stack: one promotion after the other on what is left. */
static void apply_one(struct run *run, struct promotion *promotion)
{
    struct groups groups;
    struct reward_context context = {.run = run, .promotion = promotion, .groups = &groups};
    int offered[UNITS_MAX] = {0}, next[UNITS_MAX] = {0};
    struct outcome out;

    if (!oracle_conditions_hold(run, promotion))
        return;
    groups_of(run, &groups);
    offer(run, promotion, &groups, offered);
    reward_measure(&context);
    reward_apply(&context, offered, &out);
    if (out.total > 0)
        units_take(run, promotion, &groups, &out, next);
    else
        note_nothing(&context, offered, &out);
    sets_free(context.sets);
}

static int64_t discount_so_far(const struct run *run)
{
    int64_t sum = 0;

    for (int i = 0; i < run->unit_count; i++)
        sum += run->units[i].gross - run->units[i].price;
    return sum;
}

/* What one promotion took off one line shrinks to a new amount, shared by its units as they had it. Earlier is the
 * one that was dearer when the promotion came. */
static void shrink_line(struct run *run, struct promotion *promotion, int line, int64_t amount)
{
    int64_t before[UNITS_MAX] = {0}, after[UNITS_MAX];
    int units[UNITS_MAX], count = 0;

    for (int i = 0; i < run->unit_count; i++) {
        int k = count;

        if (run->units[i].line != line || promotion->took[i] == 0)
            continue;
        for (; k > 0 && promotion->found[units[k - 1]] < promotion->found[i]; k--)
            units[k] = units[k - 1];
        units[k] = i;
        count++;
    }
    for (int k = 0; k < count; k++)
        before[k] = promotion->took[units[k]];
    spread(amount, count, before, before, after);
    for (int k = 0; k < count; k++) {
        promotion->took[units[k]] = after[k];
        run->units[units[k]].price += before[k] - after[k];
    }
}

/* Earlier is the earlier line, on a line the earlier promotion. */
static int guard_place(int line, int promotion)
{
    return line * PROMOTIONS_MAX + promotion;
}

static void apply_guard(struct run *run, int layer, int64_t before)
{
    int64_t bp = get_int(get(run->bundle, "guards"), "max_sale_discount_bp", 10000), gross = 0, allowed;
    int64_t amounts[LINES_MAX * PROMOTIONS_MAX] = {0}, shrunk[LINES_MAX * PROMOTIONS_MAX];

    for (int i = 0; i < run->line_count; i++)
        gross += run->lines[i].gross;
    allowed = gross * bp / 10000;
    if (discount_so_far(run) <= allowed)
        return;
    reach_note(GUARD_SHRANK);
    for (int p = 0; p < run->promotion_count; p++) {
        for (int i = 0; i < run->unit_count; i++) {
            if (run->promotions[p].layer == layer)
                amounts[guard_place(run->units[i].line, p)] += run->promotions[p].took[i];
        }
    }
    spread(allowed > before ? allowed - before : 0, LINES_MAX * PROMOTIONS_MAX, amounts, amounts, shrunk);
    for (int p = 0; p < run->promotion_count; p++) {
        for (int line = 0; line < run->line_count; line++) {
            if (amounts[guard_place(line, p)] > 0)
                shrink_line(run, &run->promotions[p], line, shrunk[guard_place(line, p)]);
        }
    }
}

void layers_apply(struct run *run)
{
    for (int layer = 0; layer < run->layer_count; layer++) {
        int64_t before = discount_so_far(run);

        for (int i = 0; i < run->unit_count; i++) {
            run->units[i].finished = run->units[i].finished || run->units[i].final_now;
            run->units[i].taken = run->units[i].counted = false;
        }
        if (run->modes[layer] == MODE_BEST)
            best_apply(run, layer);
        for (int p = 0; p < run->promotion_count && run->modes[layer] != MODE_BEST; p++) {
            if (run->promotions[p].layer == layer && is_money(run->promotions[p].kind))
                apply_one(run, &run->promotions[p]);
        }
        apply_guard(run, layer, before);
        if (run->gave_up)
            return;
    }
}
