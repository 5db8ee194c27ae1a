/* SPDX-License-Identifier: Apache-2.0 */
/* After the discounts: paying with points, earning them, coupons to issue, messages. */
#include "tests/oracle/oracle.h"

#include <string.h>

static const cJSON *currency_at(const struct run *run, int place)
{
    return cJSON_GetArrayItem(get(run->bundle, "point_currencies"), place);
}

static int64_t power_of_ten(int64_t digits)
{
    return digits > 0 ? 10 * power_of_ten(digits - 1) : 1;
}

/* ---- redemption ---- */

static void redeem_rooms(const struct run *run, const cJSON *rule, int64_t *line_weight, int64_t *line_room)
{
    for (int line = 0; line < run->line_count; line++) {
        int64_t net = 0, room = 0, least = get_int(rule, "line_min_minor", 0);

        line_weight[line] = line_room[line] = 0;
        if (!takes_line(run, get(rule, "items"), line))
            continue;
        for (int i = 0; i < run->unit_count; i++) {
            const struct unit *unit = &run->units[i];

            if (unit->line != line)
                continue;
            net += unit->price;
            if (unit->price > unit->floor) {
                room += unit->price - unit->floor;
                line_weight[line] += unit->price;
            }
        }
        line_room[line] = room < net - least ? room : net - least;
        if (line_room[line] < 0)
            line_room[line] = 0;
    }
}

static int64_t points_to_pay(const struct run *run, const cJSON *rule, int currency, int64_t bearable)
{
    const cJSON *asked = get(get(run->sale, "redeem"), get_text(rule, "currency", ""));
    int64_t step = get_int(rule, "step", 1), value = get_int(currency_at(run, currency), "value_minor", 0);
    int64_t unit = power_of_ten(get_int(currency_at(run, currency), "digits", 0)), most = 0, points;

    for (int i = 0; i < run->unit_count; i++) {
        if (takes_line(run, get(rule, "items"), run->units[i].line))
            most += run->units[i].before_redemption;
    }
    most = most * get_int(rule, "max_share_bp", 10000) / 10000;
    most = most < bearable ? most : bearable;
    points = balance_left(run, currency);
    if (cJSON_IsNumber(asked) && asked->valuedouble < (double)points)
        points = (int64_t)asked->valuedouble;
    if (!asked || value == 0)
        return 0;
    if (points > (most + 1) * unit / value + step) /* no need to count down from a fortune */
        points = (most + 1) * unit / value + step;
    for (points -= points % step; points > 0; points -= step) {
        if (points * value % unit == 0 && points * value / unit <= most)
            return points;
    }
    return 0;
}

static void redeem(struct run *run, const cJSON *rule)
{
    int currency = currency_place(run, get_text(rule, "currency", ""));
    int64_t weights[LINES_MAX] = {0}, rooms[LINES_MAX] = {0}, shares[LINES_MAX], bearable = 0, points;

    redeem_rooms(run, rule, weights, rooms);
    for (int line = 0; line < run->line_count; line++)
        bearable += rooms[line];
    points = points_to_pay(run, rule, currency, bearable);
    if (points <= 0)
        return;
    run->paid[currency] += points;
    spread(points * get_int(currency_at(run, currency), "value_minor", 0) /
               power_of_ten(get_int(currency_at(run, currency), "digits", 0)),
           run->line_count, weights, rooms, shares);
    for (int line = 0; line < run->line_count; line++) {
        int64_t prices[UNITS_MAX] = {0}, room[UNITS_MAX] = {0}, off[UNITS_MAX];
        const struct unit *units = run->units;

        for (int i = 0; i < run->unit_count; i++) {
            prices[i] = units[i].line == line ? units[i].price : 0;
            room[i] = units[i].price > units[i].floor ? units[i].price - units[i].floor : 0;
        }
        spread(shares[line], run->unit_count, prices, room, off);
        for (int i = 0; i < run->unit_count; i++)
            run->units[i].price -= off[i];
        run->lines[line].redeemed[currency] += shares[line];
    }
}

/* Dearest units first within a line, so that the earlier one is the dearer one. */
static void units_by_price(struct run *run)
{
    for (int i = 1; i < run->unit_count; i++) {
        struct unit unit = run->units[i];
        int64_t took[PROMOTIONS_MAX];
        int k = i;

        for (int p = 0; p < run->promotion_count; p++)
            took[p] = run->promotions[p].took[i];
        for (; k > 0 && run->units[k - 1].line == unit.line && run->units[k - 1].price < unit.price; k--) {
            run->units[k] = run->units[k - 1];
            for (int p = 0; p < run->promotion_count; p++)
                run->promotions[p].took[k] = run->promotions[p].took[k - 1];
        }
        run->units[k] = unit;
        for (int p = 0; p < run->promotion_count; p++)
            run->promotions[p].took[k] = took[p];
    }
}

void redemption_apply(struct run *run)
{
    const cJSON *rule;

    for (int i = 0; i < run->unit_count; i++)
        run->units[i].before_redemption = run->units[i].price;
    cJSON_ArrayForEach(rule, get(run->bundle, "redemption"))
    {
        units_by_price(run);
        redeem(run, rule);
    }
    units_by_price(run);
}

/* ---- points ---- */

/* What a points promotion gives on the units that its own and, if not NULL, the other items select. */
static int64_t points_on(const struct run *run, const struct promotion *promotion, const cJSON *also)
{
    const cJSON *reward = promotion->reward;
    bool gross = strcmp(get_text(reward, "base", "net"), "gross") == 0;
    int64_t limit = get_int(get(promotion->json, "limits"), "per_sale", 0), sum = 0, units = 0, times;

    for (int i = 0; i < run->unit_count; i++) {
        const struct unit *unit = &run->units[i];

        if (unit->before_redemption == 0 || !oracle_items_match(run, promotion->items, unit->line) ||
            (also && !oracle_items_match(run, also, unit->line)))
            continue;
        sum += gross ? unit->gross : unit->price;
        units++;
    }
    if (get(reward, "per_minor"))
        times = sum / get_int(reward, "per_minor", 1);
    else if (get(reward, "give_per_unit"))
        times = units;
    else
        return units > 0 ? get_int(reward, "give", 0) : 0;
    if (limit && times > limit)
        times = limit;
    return times * get_int(reward, get(reward, "per_minor") ? "give" : "give_per_unit", 0);
}

static int64_t multiplied(const struct run *run, const struct promotion *promotion)
{
    int64_t sum = 0;

    for (int p = 0; p < run->promotion_count; p++) {
        const struct promotion *other = &run->promotions[p];

        if (other->kind == POINTS && other->reason == APPLIED &&
            strcmp(get_text(other->reward, "currency", ""), get_text(promotion->reward, "currency", "")) == 0 &&
            (get(other->reward, "per_minor") || get(other->reward, "give_per_unit")))
            sum += points_on(run, other, promotion->items);
    }
    return sum * (get_int(promotion->reward, "multiplier_bp", 10000) - 10000) / 10000;
}

static void give(struct run *run, struct promotion *promotion)
{
    if (!oracle_conditions_hold(run, promotion))
        return;
    if (promotion->kind == POINTS) {
        int currency = currency_place(run, get_text(promotion->reward, "currency", ""));

        promotion->earned =
            get(promotion->reward, "multiplier_bp") ? multiplied(run, promotion) : points_on(run, promotion, NULL);
        if (promotion->earned <= 0)
            return;
        run->earned[currency] += promotion->earned;
    }
    promotion->reason = APPLIED;
    if (promotion->currency >= 0)
        run->spent[promotion->currency] += promotion->cost;
}

void points_apply(struct run *run)
{
    for (int multipliers = 0; multipliers <= 1; multipliers++) {
        for (int p = 0; p < run->promotion_count; p++) {
            struct promotion *promotion = &run->promotions[p];

            if (!is_money(promotion->kind) && (get(promotion->reward, "multiplier_bp") != NULL) == multipliers)
                give(run, promotion);
        }
    }
}
