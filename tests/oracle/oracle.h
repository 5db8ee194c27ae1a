/* SPDX-License-Identifier: Apache-2.0 */
/*
 * oracle - a second evaluator of promotions, written from the contract alone to disagree with the engine where either
 * is wrong. Simple and slow on purpose: every unit of the basket is an element of an array, the best deal is found by
 * trying every way, sets of units by trying every set. It shares no code with agent/engine.
 *
 * One struct run holds one evaluation; the parts, in the order in which they work:
 *   oracle_sale.c     JSON to lines, units and promotions
 *   oracle_match.c    items, conditions, limits, coupons: the first reason that fails
 *   oracle_when.c     dates, hours, weekdays, birthdays
 *   oracle_spread.c   exact shares
 *   oracle_rewards.c  what a reward that looks at units one by one takes off the units it is offered
 *   oracle_sets.c     buy_get, nth_unit and mix: the list of sets; oracle_ways.c: the best of them; oracle_pool.c:
 * pools oracle_layers.c   stack, first, guards; oracle_best.c and oracle_candidates.c: best oracle_points.c
 * redemption, points, coupons to issue, messages oracle_result.c   the result as JSON oracle_refund.c   returns
 * Amounts are small enough (below 10^9) for plain 64-bit products.
 */
#ifndef LOYALD_ORACLE_ORACLE_H
#define LOYALD_ORACLE_ORACLE_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    LINES_MAX = 10,
    UNITS_MAX = 24,
    PROMOTIONS_MAX = 12,
    LAYERS_MAX = 4,
    CURRENCIES_MAX = 4,
    COUPONS_MAX = 8,
    CODE_BYTES = 32,
    FIGURES_MAX = 8,
};

/* In the order in which they are looked at. */
enum reason {
    APPLIED,
    R_STORE,
    R_CHANNEL,
    R_DATE,
    R_HOURS,
    R_WEEKDAY,
    R_MEMBER,
    R_TIER,
    R_SEGMENT,
    R_BIRTHDAY,
    R_PERSONAL,
    R_ATTR,
    R_TENDER,
    R_COUPON,
    R_REWARD,
    R_BALANCE,
    R_LIMIT,
    R_GROUP,
    R_THRESHOLD,
    R_NOTHING,
    R_OUTBID,
    REASONS
};
extern const char *const reason_names[REASONS];

enum kind {
    PERCENT_OFF,
    AMOUNT_OFF,
    FIXED_PRICE,
    PRICE_LIST,
    BUY_GET,
    NTH_UNIT,
    CHEAPEST,
    MIX,
    STEPS,
    GIFT,
    POINTS,
    ISSUE_COUPON,
    MESSAGE,
    KINDS
};
extern const char *const kind_names[KINDS];

enum mode { MODE_BEST, MODE_FIRST, MODE_STACK };

struct figure { /* what is missing; name NULL: no figure */
    const char *name;
    int64_t value;
};

struct line { /* sorted: by sku, gross, quantity, number */
    const cJSON *json;
    int place; /* in the sale */
    int64_t number, qty, gross, unit_price, floor;
    const char *sku;
    bool by_weight, discountable;
    int64_t redeemed[CURRENCIES_MAX]; /* by place of the currency in the bundle */
};

struct unit {
    int line;
    int64_t gross, price, floor, qty; /* price: what is left */
    bool finished;                    /* a final promotion had it in an earlier layer */
    bool final_now;                   /* a final promotion has it in this one */
    bool taken, counted;              /* in this layer */
    int64_t before_redemption;
};

struct promotion { /* sorted: by layer, order, id */
    const cJSON *json, *reward, *items;
    const char *id, *group;
    int layer;
    int64_t order;
    enum kind kind;
    bool counts, final, reuse;
    enum reason reason;
    struct figure figures[FIGURES_MAX]; /* all that is missing where it failed */
    int figure_count;
    int64_t cost;
    int currency;            /* of the cost, or -1 */
    int64_t took[UNITS_MAX];  /* by unit, of this sale */
    int64_t found[UNITS_MAX]; /* the price of each of these units, as it was before */
    int64_t earned, gift_missing;
};

struct coupon {
    const char *code;
    char plain[CODE_BYTES];
    const cJSON *series;
    const char *state, *reason;
    struct figure figure;
};

struct run {
    const cJSON *bundle, *sale, *member;
    int line_count, unit_count, promotion_count, layer_count, currency_count, coupon_count;
    struct line lines[LINES_MAX];
    struct unit units[UNITS_MAX];
    struct promotion promotions[PROMOTIONS_MAX];
    struct coupon coupons[COUPONS_MAX];
    enum mode modes[LAYERS_MAX];
    int64_t spent[CURRENCIES_MAX]; /* on costs */
    int64_t paid[CURRENCIES_MAX];  /* points paid with */
    int64_t earned[CURRENCIES_MAX];
    int64_t at_seconds, at_day, business_day; /* -1: not known */
    int64_t work;                             /* steps done so far; beyond the bound the run gives up */
    bool gave_up;
};

/* ---- JSON ---- */
const cJSON *get(const cJSON *object, const char *name);
int64_t get_int(const cJSON *object, const char *name, int64_t otherwise);
const char *get_text(const cJSON *object, const char *name, const char *otherwise);
bool get_bool(const cJSON *object, const char *name, bool otherwise);
bool list_has(const cJSON *list, const char *text);
int64_t half_up(int64_t numerator, int64_t denominator);

/* ---- parts ---- */
void run_read(struct run *run, const cJSON *bundle, const cJSON *sale);
int currency_place(const struct run *run, const char *id);

bool oracle_items_match(const struct run *run, const cJSON *items, int line);
bool takes_line(const struct run *run, const cJSON *items, int line); /* and the line takes discounts */
/* All conditions but those of the layer's own choice; fills the promotion's reason and figures. */
bool oracle_conditions_hold(struct run *run, struct promotion *promotion);
void coupons_read(struct run *run);
void coupons_settle(struct run *run);
int64_t balance_left(const struct run *run, int currency);
bool group_used(const struct run *run, const struct promotion *promotion);
int64_t measure_amount(const struct run *run, const cJSON *items, bool current);
int64_t measure_qty(const struct run *run, const cJSON *items);

void when_read(struct run *run);
bool date_holds(const struct run *run, const cJSON *when);
enum reason hours_fail(const struct run *run, const cJSON *when); /* APPLIED: they hold */
bool birthday_holds(const struct run *run, const cJSON *birthday);
int64_t moment_of(const char *text, int64_t *out_day); /* seconds since a fixed day; -1 */
void day_text(int64_t day, char out[16]);

/* Shares of amount in proportion to weights, none above its room, the rest spread anew; sums to what there is room
 * for. */
void spread(int64_t amount, int count, const int64_t *weights, const int64_t *rooms, int64_t *out);

/* Alike units of one line. */
struct group {
    int line, count, first; /* first: the units of all groups stand in one row, these from there on */
    int units[UNITS_MAX];   /* places in run.units */
    int64_t price, room, qty;
    bool finished, taken, counted;
    bool held; /* another has them: can be bought, not be got */
};

struct groups { /* dearest first, then by line */
    int count;
    struct group at[UNITS_MAX];
};

/* What one promotion does to units of the groups: of each group first those it gives to or takes, dearest amount
 * first, then those that are bought. */
struct outcome {
    uint8_t taken[UNITS_MAX], bought[UNITS_MAX]; /* by group */
    int64_t amounts[UNITS_MAX];                  /* of the taken units, from the first of their group on, falling */
    int64_t total;
    int64_t gift_missing;
};

struct sets; /* ways to form sets, kept over the calls for one promotion and one list of groups */
struct reward_context {
    struct run *run;
    const struct promotion *promotion;
    const struct groups *groups;
    int64_t measured; /* of steps and every_minor: at the start of the layer */
    struct sets *sets;
};

/* What the promotion does when it is offered so many units of each group. */
void reward_apply(struct reward_context *context, const int *offered, struct outcome *out);
void reward_measure(struct reward_context *context);
void sets_apply(struct reward_context *context, const int *offered, struct outcome *out);
void pool_apply(struct reward_context *context, const int *offered, struct outcome *out);
void mix_shares(const struct reward_context *context, const int *units, struct outcome *out); /* of one set */
void sets_free(struct sets *sets);
/* The units that complete a set of which one is there; 0: none such. */
int64_t set_missing(const struct reward_context *context, const int *offered);
bool group_in(const struct reward_context *context, const cJSON *items, int group);
bool group_got_in(const struct reward_context *context, const cJSON *items, int group); /* and nobody holds it */
/* What one unit of the group loses at most by a rule {percent_bp|amount_minor|price_minor}, rounded. */
int64_t unit_gain(const cJSON *rule, const struct group *group);

void groups_of(const struct run *run, struct groups *out);
void layers_apply(struct run *run);
void best_apply(struct run *run, int layer);
/* Does to the units what the outcome says; next[] counts the units of each group that are used up. */
void units_take(struct run *run, struct promotion *promotion, const struct groups *groups, const struct outcome *out,
                int *next);
/* One of them, got or bought. */
void unit_use(struct promotion *promotion, struct unit *unit, bool bought);
/* The promotion gave nothing: why, and what is missing. */
void note_nothing(struct reward_context *context, const int *offered, const struct outcome *out);
void offer(const struct run *run, const struct promotion *promotion, const struct groups *groups, int *offered);
bool is_money(enum kind kind);

void redemption_apply(struct run *run);
void points_apply(struct run *run);

/* ---- whole ---- */
/* The result of the contract's section 2 without digests, with trace; NULL when the basket is too large for it. */
cJSON *oracle_evaluate(const cJSON *bundle, const cJSON *sale);
/* The result of one return; NULL when it gives up. */
cJSON *oracle_refund(const cJSON *bundle, const cJSON *return_json);

#endif
