/* SPDX-License-Identifier: Apache-2.0 */
#include "drivers/sim/sim_basket.h"

#include "drivers/sim/sim_catalogue.h"
#include "drivers/sim/sim_code.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/*
 * The tables below were counted on two public sets of receipts, with awk, over all rows:
 *   CJ  "The Complete Journey" (84.51, R package completejourney 1.1.1, CC0): 40,803 lines of a grocer, quantity 1 to
 *       100, 25,824 baskets. A sample of lines, so it says nothing of how many lines a basket has.
 *   OR  "Online Retail" (D. Chen, UCI, doi:10.1057/dbm.2012.17): 12,163 whole sales. Those of up to 40 lines (10,502)
 *       are taken for baskets of a shop; the longer ones are orders of shops themselves.
 */
enum { QUANTILES = 21, QUANTILE_STEP_BP = 500, BP = 10000, HOURS = 24, MINUTES = 60, NEAREST = 3 };

/* OR: lines of a sale, each twentieth of the sales up to 40 lines. */
static const int32_t lines_quantiles[QUANTILES] = {1,  1,  1,  1,  2,  3,  4,  5,  7,  9, 10,
                                                   12, 14, 16, 17, 19, 22, 25, 29, 33, 40};
/* CJ: shelf price of a unit in cents, (sales + card reduction + coupon match) / quantity, each twentieth of the
 * lines; first and last are the 1st and 99th hundredth: beyond are single goods of up to 100 dollars. */
static const int32_t price_quantiles[QUANTILES] = {25,  52,  79,  99,  114, 129, 149, 169, 187, 199, 219,
                                                   249, 269, 299, 309, 349, 389, 419, 499, 704, 1299};
enum { MINOR_PER_CENT = 50 }; /* ours: brings the median shelf price to that of a Russian corner shop, 109.50 */
/* CJ: lines by quantity, in 1/10000; from 11 on together. */
static const int32_t quantity_bp[] = {7999, 1450, 276, 149, 47, 38, 4, 11, 4, 8, 14};
/* CJ: baskets by hour of the day, in 1/10000. */
static const int32_t hour_bp[HOURS] = {71,  41,  34,  16,  9,   12,   34,   94,  163, 262, 439, 605,
                                       693, 713, 764, 788, 926, 1035, 1001, 810, 662, 429, 274, 125};
enum {
    PROMOTED_BP = 4907, /* CJ: lines with a card reduction */
    MEMBER_BP = 8322,   /* OR: sales with a customer's number */
    WEIGHED_MIN_G = 180,
    WEIGHED_SPREAD_G = 1600, /* ours: neither set tells weights */
};

static int32_t draw(uint64_t *state, int32_t below)
{
    return (int32_t)(sim_random(state) % (uint64_t)below);
}

static int32_t draw_quantile(uint64_t *state, const int32_t table[QUANTILES])
{
    int32_t at = draw(state, BP), step = at / QUANTILE_STEP_BP, rest = at % QUANTILE_STEP_BP;

    return table[step] + (table[step + 1] - table[step]) * rest / QUANTILE_STEP_BP;
}

/* The position in a table of shares that at, in 1/10000 of the whole, falls on; the rest within it in *out_rest. */
static int find_share(const int32_t *shares_bp, int count, int32_t at, int32_t *out_rest)
{
    for (int i = 0; i < count - 1; i++) {
        if (at < shares_bp[i]) {
            *out_rest = at;
            return i;
        }
        at -= shares_bp[i];
    }
    *out_rest = at < shares_bp[count - 1] ? at : shares_bp[count - 1] - 1;
    return count - 1;
}

/* The baskets of a day cut its distribution of hours into equal parts: each lies somewhere in its own part. */
static int32_t draw_minute(const struct sim_basket_source *source, int64_t index, uint64_t *state)
{
    int64_t parts = source->day_baskets > index ? source->day_baskets : index + 1;
    int32_t at = (int32_t)((index * BP + draw(state, BP)) / parts), rest;
    int hour = find_share(hour_bp, HOURS, at < BP ? at : BP - 1, &rest);

    return hour * MINUTES + rest * MINUTES / hour_bp[hour];
}

/* One of the few goods, with or without a yellow label, whose price is nearest to the one drawn. */
static const struct sim_item *draw_item(uint64_t *state)
{
    bool promoted = draw(state, BP) < PROMOTED_BP;
    int32_t price = draw_quantile(state, price_quantiles) * MINOR_PER_CENT;
    const struct sim_item *nearest[NEAREST] = {NULL};
    int64_t distance[NEAREST] = {INT64_MAX, INT64_MAX, INT64_MAX};

    for (int i = 0; i < sim_item_count; i++) {
        int64_t far =
            sim_items[i].price_minor > price ? sim_items[i].price_minor - price : price - sim_items[i].price_minor;
        int place = NEAREST;

        if (sim_items[i].promoted != promoted)
            continue;
        while (place > 0 && far < distance[place - 1])
            place--;
        if (place == NEAREST)
            continue;
        for (int k = NEAREST - 1; k > place; k--) {
            nearest[k] = nearest[k - 1];
            distance[k] = distance[k - 1];
        }
        nearest[place] = &sim_items[i];
        distance[place] = far;
    }
    return nearest[draw(state, NEAREST)];
}

static void make_line(const struct sim_basket_source *source, uint64_t *state, struct sim_line *line)
{
    const struct sim_item *item = draw_item(state);
    int32_t rest;

    memset(line, 0, sizeof *line);
    (void)snprintf(line->sku, sizeof line->sku, "%" PRId32, item->id);
    sim_ean13("20", (uint64_t)item->id, line->gtin);
    (void)snprintf(line->name, sizeof line->name, "%s", source->russian ? item->name_ru : item->name_en);
    (void)snprintf(line->category, sizeof line->category, "%s", item->category);
    (void)snprintf(line->brand, sizeof line->brand, "%s", item->brand);
    line->weighed = item->weighed;
    line->unit_price_minor = item->price_minor;
    line->amount_minor = -1;
    if (item->weighed)
        line->qty_milli = WEIGHED_MIN_G + draw(state, WEIGHED_SPREAD_G);
    else
        line->qty_milli =
            1000 * (1 + find_share(quantity_bp, sizeof quantity_bp / sizeof quantity_bp[0], draw(state, BP), &rest));
}

void sim_basket_make(const struct sim_basket_source *source, int64_t index, struct sim_basket *out_basket)
{
    /* Each basket has a stream of its own, so that a day may be replayed in parts. */
    uint64_t state = source->seed * UINT64_C(0xd1342543de82ef95) + (uint64_t)index * UINT64_C(0x2545f4914f6cdd1d);
    bool is_member = draw(&state, BP) < MEMBER_BP;

    out_basket->minute = draw_minute(source, index, &state);
    out_basket->card[0] = '\0';
    if (is_member && source->card_count > 0)
        memcpy(out_basket->card, source->cards[draw(&state, source->card_count)], SIM_EAN_BYTES);
    out_basket->line_count = draw_quantile(&state, lines_quantiles);
    for (int i = 0; i < out_basket->line_count; i++)
        make_line(source, &state, &out_basket->lines[i]);
}

void sim_ean13(const char *prefix, uint64_t number, char out_text[SIM_EAN_BYTES])
{
    int sum = 0;

    (void)snprintf(out_text, SIM_EAN_BYTES, "%.2s%010" PRIu64, prefix, number % UINT64_C(10000000000));
    for (int i = 0; i < 12; i++) /* GS1 General Specifications 7.9: weights 1 and 3 from the left */
        sum += (out_text[i] - '0') * (i % 2 ? 3 : 1);
    out_text[12] = (char)('0' + (10 - sum % 10) % 10);
    out_text[13] = '\0';
}
