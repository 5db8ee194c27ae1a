/* SPDX-License-Identifier: Apache-2.0 */
/* The reward of a promotion: those that price units one by one, points and words; the others: compile_sets.c. */
#include "agent/engine/compile.h"

#include <string.h>

/* cap_minor belongs to every reward that takes money off. */
void compile_reward_cap(struct compiler *c, const cJSON *json, struct promotion *out)
{
    (void)rd_int(&c->rd, json, "cap_minor", OPTIONAL, 1, AMOUNT_MAX, &out->cap_minor);
}

static void percent_off(struct compiler *c, const cJSON *json, struct promotion *promotion)
{
    struct reward *out = &promotion->reward;

    (void)rd_names(&c->rd, json, "kind items percent_bp max_units_per_line cap_minor");
    out->items = compile_items(c, json, "items", REQUIRED);
    out->gives = GIVES_PERCENT;
    (void)rd_int(&c->rd, json, "percent_bp", REQUIRED, 1, BP_ONE, &out->value);
    (void)rd_int(&c->rd, json, "max_units_per_line", OPTIONAL, 0, QTY_MAX, &out->max_units_per_line);
    compile_reward_cap(c, json, promotion);
}

static void amount_off(struct compiler *c, const cJSON *json, struct promotion *promotion)
{
    struct reward *out = &promotion->reward;
    int per = PER_UNIT, base = 0;

    (void)rd_names(&c->rd, json,
                   "kind items amount_minor per max_units_per_line every_minor max_times base cap_minor");
    out->items = compile_items(c, json, "items", REQUIRED);
    out->gives = GIVES_AMOUNT;
    (void)rd_int(&c->rd, json, "amount_minor", REQUIRED, 1, AMOUNT_MAX, &out->value);
    (void)rd_word(&c->rd, json, "per", OPTIONAL, "unit line basket", &per);
    out->per = (enum per)per;
    (void)rd_int(&c->rd, json, "max_units_per_line", OPTIONAL, 0, QTY_MAX, &out->max_units_per_line);
    (void)rd_int(&c->rd, json, "every_minor", OPTIONAL, 1, AMOUNT_MAX, &out->every_minor);
    (void)rd_int(&c->rd, json, "max_times", OPTIONAL, 0, QTY_MAX, &out->max_times);
    (void)rd_word(&c->rd, json, "base", OPTIONAL, "gross current", &base);
    out->base_gross = base == 0;
    if (out->every_minor && out->per != PER_BASKET)
        rd_fault(&c->rd, "every_minor", "counts what the basket spent: wants \"per\":\"basket\"");
    if (!out->every_minor && (out->max_times || rd_get(json, "base")))
        rd_warn(&c->rd, NULL, "max_times and base say nothing without every_minor");
    compile_reward_cap(c, json, promotion);
}

static void fixed_price(struct compiler *c, const cJSON *json, struct promotion *promotion)
{
    struct reward *out = &promotion->reward;
    int per = PER_UNIT;

    (void)rd_names(&c->rd, json, "kind items price_minor per cap_minor");
    out->items = compile_items(c, json, "items", REQUIRED);
    out->gives = GIVES_PRICE;
    (void)rd_int(&c->rd, json, "price_minor", REQUIRED, 0, AMOUNT_MAX, &out->value);
    (void)rd_word(&c->rd, json, "per", OPTIONAL, "unit basket", &per);
    out->per = per == 0 ? PER_UNIT : PER_BASKET;
    compile_reward_cap(c, json, promotion);
}

static uint32_t buy_get_side(struct compiler *c, const cJSON *json, const char *name, const char *names,
                             int64_t *out_qty, struct reward *out_gives)
{
    const cJSON *side = rd_object(&c->rd, json, name, REQUIRED);
    uint32_t items;
    size_t mark;

    if (!side)
        return NONE;
    mark = rd_in(&c->rd, name);
    (void)rd_names(&c->rd, side, names);
    items = compile_items(c, side, "items", REQUIRED);
    (void)rd_int(&c->rd, side, "qty", REQUIRED, 1, 100000, out_qty);
    if (out_gives)
        compile_reward_gives(c, side, "percent_bp amount_minor price_minor", &out_gives->gives, &out_gives->value);
    rd_out(&c->rd, mark);
    return items;
}

static void buy_get(struct compiler *c, const cJSON *json, struct promotion *promotion)
{
    struct reward *out = &promotion->reward;
    int pick = 0, sets = 0;

    (void)rd_names(&c->rd, json, "kind buy get repeat partial pick sets cap_minor reuse_buys");
    out->buy_items = buy_get_side(c, json, "buy", "items qty", &out->buy_qty, NULL);
    out->items = buy_get_side(c, json, "get", "items qty percent_bp amount_minor price_minor", &out->get_qty, out);
    out->repeat = true;
    (void)rd_bool(&c->rd, json, "repeat", &out->repeat);
    (void)rd_bool(&c->rd, json, "partial", &out->partial);
    (void)rd_word(&c->rd, json, "pick", OPTIONAL, "cheapest dearest", &pick);
    (void)rd_word(&c->rd, json, "sets", OPTIONAL, "best pool", &sets);
    (void)rd_bool(&c->rd, json, "reuse_buys", &out->reuse_buys);
    out->dearest = pick == 1;
    out->pool = sets == 1;
    compile_reward_cap(c, json, promotion);
}

static void points(struct compiler *c, const cJSON *json, struct promotion *promotion)
{
    struct reward *out = &promotion->reward;
    int ways = (rd_get(json, "per_minor") != NULL) + (rd_get(json, "give_per_unit") != NULL) +
               (rd_get(json, "multiplier_bp") != NULL);
    int base = 0;

    (void)rd_names(&c->rd, json, "kind currency items per_minor give give_per_unit multiplier_bp base");
    out->currency = compile_currency(c, json, "currency", REQUIRED);
    out->items = compile_items(c, json, "items", REQUIRED);
    (void)rd_word(&c->rd, json, "base", OPTIONAL, "net gross", &base);
    out->base_gross = base == 1;
    if (ways > 1 || (ways == 0 && !rd_get(json, "give"))) {
        rd_fault(&c->rd, NULL, "wants one of: per_minor with give, give, give_per_unit, multiplier_bp");
    } else if (rd_get(json, "per_minor")) {
        out->points_mode = POINTS_PER_MINOR;
        (void)rd_int(&c->rd, json, "per_minor", REQUIRED, 1, AMOUNT_MAX, &out->per_minor);
        (void)rd_int(&c->rd, json, "give", REQUIRED, 1, 1000000, &out->give);
    } else if (rd_get(json, "give_per_unit")) {
        out->points_mode = POINTS_PER_UNIT;
        (void)rd_int(&c->rd, json, "give_per_unit", REQUIRED, 1, 1000000, &out->give);
    } else if (rd_get(json, "multiplier_bp")) {
        out->points_mode = POINTS_MULTIPLIER;
        (void)rd_int(&c->rd, json, "multiplier_bp", REQUIRED, BP_ONE, 1000 * BP_ONE, &out->multiplier_bp);
    } else {
        out->points_mode = POINTS_GIVE;
        (void)rd_int(&c->rd, json, "give", REQUIRED, 1, AMOUNT_MAX, &out->give);
    }
    if (ways == 1 && !rd_get(json, "per_minor") && rd_get(json, "give"))
        rd_fault(&c->rd, "give", "stands alone or with per_minor");
}

static void issue_coupon(struct compiler *c, const cJSON *json, struct promotion *promotion)
{
    struct reward *out = &promotion->reward;
    uint32_t series;

    (void)rd_names(&c->rd, json, "kind series valid_days print");
    series = compile_series_named(c, json, "series", REQUIRED);
    out->series = series == NONE ? "" : c->series[series].id;
    out->valid_days = 30;
    (void)rd_int(&c->rd, json, "valid_days", REQUIRED, 0, 36500, &out->valid_days);
    (void)rd_bool(&c->rd, json, "print", &out->print);
    if (series != NONE && c->series[series].key_count > 0 && out->print)
        rd_fault(&c->rd, "series",
                 "is signed, and a till has no key to sign what it prints: name a \"listed\" series, or leave print "
                 "false and let the central send the coupon");
}

static void message(struct compiler *c, const cJSON *json, struct promotion *promotion)
{
    struct reward *out = &promotion->reward;
    static const char *const to[] = {"cashier", "customer", "receipt"};
    int index = 0;

    (void)rd_names(&c->rd, json, "kind to text");
    (void)rd_word(&c->rd, json, "to", REQUIRED, "cashier customer receipt", &index);
    out->to = to[index];
    rd_language_text(&c->rd, json, "text", REQUIRED, &out->text);
}

static void by_kind(struct compiler *c, const cJSON *json, const char *kind, struct promotion *out)
{
    static const struct {
        const char *name;
        enum reward_kind kind;
        void (*compile)(struct compiler *c, const cJSON *json, struct promotion *out);
    } kinds[] = {
        {"percent_off", REWARD_PERCENT_OFF, percent_off},
        {"amount_off", REWARD_AMOUNT_OFF, amount_off},
        {"fixed_price", REWARD_FIXED_PRICE, fixed_price},
        {"price_list", REWARD_FIXED_PRICE, compile_reward_price_list},
        {"buy_get", REWARD_BUY_GET, buy_get},
        {"nth_unit", REWARD_BUY_GET, compile_reward_nth_unit},
        {"cheapest", REWARD_CHEAPEST, compile_reward_cheapest},
        {"mix", REWARD_MIX, compile_reward_mix},
        {"steps", REWARD_STEPS, compile_reward_steps},
        {"gift", REWARD_GIFT, compile_reward_gift},
        {"points", REWARD_POINTS, points},
        {"issue_coupon", REWARD_ISSUE_COUPON, issue_coupon},
        {"message", REWARD_MESSAGE, message},
    };

    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
        if (strcmp(kind, kinds[k].name) == 0) {
            out->reward.kind = kinds[k].kind;
            kinds[k].compile(c, json, out);
            return;
        }
    }
    rd_fault(&c->rd, "kind", "there is no reward \"%.40s\"", kind);
}

void compile_reward(struct compiler *c, const cJSON *promotion, struct promotion *out)
{
    const cJSON *json = rd_object(&c->rd, promotion, "reward", REQUIRED);
    const char *kind;
    size_t mark;

    out->reward.items = out->reward.buy_items = NONE;
    if (!json)
        return;
    mark = rd_in(&c->rd, "reward");
    if (rd_text(&c->rd, json, "kind", REQUIRED, ID_BYTES_MAX, &kind))
        by_kind(c, json, kind, out);
    rd_out(&c->rd, mark);
}
