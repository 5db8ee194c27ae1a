/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bundle - the compiled form of a bundle (internal to the engine).
 *
 * Everything lives in one arena and never changes after compilation. Numbers take the place of names: promotions are
 * sorted by layer, order, id, so a promotion's number is also its rank wherever promotions are named in order;
 * layers, selections, currencies, series and exclusive groups are numbers too. NONE is no number.
 */
#ifndef LOYALD_ENGINE_BUNDLE_H
#define LOYALD_ENGINE_BUNDLE_H

#include "agent/codes/grammar.h"
#include "agent/engine/arena.h"
#include "agent/engine/engine.h"
#include "agent/engine/intern.h"

#define NONE UINT32_MAX

/* Sorted numbers without repeats, or sorted texts (bytes order). */
struct number_list {
    const uint32_t *items;
    uint32_t count;
    bool present; /* the field was written: an empty list there selects nothing */
};

struct text_list {
    const char *const *items;
    uint32_t count;
};

/* Languages and texts in turn, each with its NUL; of one language "" it was written as a plain text. */
struct bundle_text {
    uint32_t count;
    char texts[];
};
static inline const char *bundle_text_next(const char *text)
{
    return text + strlen(text) + 1;
}

/* ---- selections of lines (items.c) */
struct selection {
    uint16_t tests;          /* SELECT_: what there is to look at */
    uint16_t tests_anchored; /* the same for a line that came by the names or sets it is indexed by */
    bool any;
    int64_t line_qty_min;
    int64_t price_min, price_max; /* of the line; 0 and INT64_MAX when not named */
    struct number_list skus, gtins, categories, brands, tags, member_lists; /* interned names */
    struct number_list sets;                                                /* selections, all of lower numbers */
    uint32_t exclude;                                                       /* a selection or NONE */
};
enum {
    SELECT_LINE = 1, /* price or quantity */
    SELECT_SKUS = 2,
    SELECT_GTINS = 4,
    SELECT_BRANDS = 8,
    SELECT_CATEGORIES = 16,
    SELECT_TAGS = 32,
    SELECT_LISTS = 64,
    SELECT_SETS = 128,
    SELECT_EXCLUDE = 256,
};

/* ---- conditions (conditions.c) */
enum attr_kind { ATTR_TEXT, ATTR_INT, ATTR_BOOL };

struct attr_value {
    enum attr_kind kind;
    int64_t number; /* also 0 and 1 of a boolean */
    const char *text;
};

struct attr_condition {
    const char *attr;
    bool has_in, has_gte, has_lte;
    const struct attr_value *in;
    uint32_t in_count;
    int64_t gte, lte;
};

struct attr_list {
    const struct attr_condition *items;
    uint32_t count;
};

struct hours_range {
    int32_t from_s, until_s; /* of the day; from > until crosses midnight */
};

struct local_time {
    int32_t day, second;
};

struct basket_condition {
    uint32_t selection;
    int64_t amount_min, qty_min_milli, distinct_min;
    bool current; /* base */
};

struct when {
    bool has_from, has_until;
    struct local_time from, until;
    uint8_t weekdays; /* bit 0 is Monday; 0: all */
    const struct hours_range *hours;
    uint32_t hours_count;
    struct text_list store_ids;
    struct attr_list store_attrs;
    struct text_list channels;
    bool member; /* any part that needs a member */
    struct text_list tiers, segments;
    bool has_birthday, personal;
    int32_t birthday_before, birthday_after;
    struct attr_list member_attrs;
    const struct basket_condition *basket;
    uint32_t basket_count;
    struct text_list tenders;
    uint32_t series; /* or NONE */
};

/* ---- rewards (reward.c, sets.c, points.c) */
enum reward_kind {
    REWARD_PERCENT_OFF,
    REWARD_AMOUNT_OFF,
    REWARD_FIXED_PRICE, /* price_list too */
    REWARD_BUY_GET,     /* nth_unit too */
    REWARD_CHEAPEST,
    REWARD_MIX,
    REWARD_STEPS,
    REWARD_GIFT,
    REWARD_POINTS,
    REWARD_ISSUE_COUPON,
    REWARD_MESSAGE,
};

enum per { PER_UNIT, PER_LINE, PER_BASKET };
enum gives { GIVES_PERCENT, GIVES_AMOUNT, GIVES_PRICE };
enum points_mode { POINTS_PER_MINOR, POINTS_GIVE, POINTS_PER_UNIT, POINTS_MULTIPLIER };
enum round_mode { ROUND_PER_LINE, ROUND_PER_UNIT, ROUND_PER_SALE };

enum { MIX_PARTS_MAX = 8, STEPS_MAX = 64, SERIES_KEYS_MAX = 4 };

struct price_list {
    const char *name;
    uint32_t selection; /* of its skus */
    uint32_t count;
    const uint32_t *skus;  /* interned names, sorted */
    const int64_t *prices; /* beside them */
};

struct mix_part {
    uint32_t items;
    int64_t qty;
};

struct reward_step {
    int64_t from; /* minor units or thousandths */
    enum gives gives;
    int64_t value;
};

/* The widest first, so that nothing is lost between: there are as many of these as promotions. */
struct reward {
    int64_t value;                                      /* percent_bp, amount_minor or price_minor */
    int64_t max_units_per_line, every_minor, max_times; /* 0: none */
    int64_t buy_qty, get_qty;                           /* buy_get: whole units */
    const struct price_list *list;                      /* of a fixed price by the sku; else NULL */
    /* Each of these belongs to some kinds only, which are named. */
    union {
        int64_t count; /* cheapest, gift: whole units */
        int64_t give;  /* points */
    };
    union {
        int64_t max_value;     /* gift: of a unit; INT64_MAX when not named */
        int64_t multiplier_bp; /* points */
    };
    union {
        int64_t per_minor;  /* points */
        int64_t valid_days; /* issue_coupon */
    };
    union {
        const struct mix_part *parts;    /* mix: part_count of them */
        const struct reward_step *steps; /* steps: by from, rising */
        const char *to;                  /* message */
    };
    union {
        const char *series;             /* issue_coupon */
        const struct bundle_text *text; /* message */
    };
    enum reward_kind kind;
    uint32_t items; /* the selection it gives to; of buy_get: the got ones */
    uint32_t buy_items;
    enum gives gives;
    enum per per;
    uint32_t part_count, step_count;
    enum points_mode points_mode;
    uint32_t currency; /* points */
    bool base_gross;   /* of every_minor; of points: gross instead of net */
    bool repeat, partial, dearest, pool;
    bool reuse_buys;     /* what it bought is left to rewards that do not count */
    bool by_qty;         /* the measure of steps */
    bool limit_together; /* per_sale limits the units that bear an amount together (a step) */
    bool print;          /* issue_coupon */
};

/* The cheap conditions of a promotion beside each other in memory: whether it is looked at in a sale at all. An open
 * gate promises nothing, a closed one means that the conditions do not hold. */
struct gate {
    uint64_t tiers;              /* bit map of the bundle's tiers; all when any will do */
    int32_t from_day, until_day; /* both included */
    uint32_t store;              /* interned, when there is exactly one; else NONE */
    uint8_t weekdays;            /* bit 7: also without a date */
    uint8_t flags;               /* GATE_ */
    bool member;
    bool whole;         /* nothing but these, and the basket, decides */
    bool whole_basket;  /* of the basket, nothing but what is below */
    uint32_t selection; /* of the first basket entry that wants an amount, gross; else NONE */
    int64_t amount_min;
    uint32_t items; /* and the percent of a plain percent */
    int32_t percent_bp;
};
enum { GATE_TIERS_MAX = 63 };

/* A plain percent of a best layer in the list of its selection, with as much of its gate as fits: most are passed
 * over without a look at more. */
struct plain {
    uint32_t number;
    uint16_t percent_bp;
    uint8_t weekdays;
    uint8_t tiers; /* the gate's, folded: an open gate is open here, too */
};
struct plain_list {
    const struct plain *items;
    uint32_t count;
};
static inline uint8_t gate_fold(uint64_t tiers)
{
    tiers |= tiers >> 32;
    tiers |= tiers >> 16;
    return (uint8_t)(tiers | tiers >> 8);
}

/* What each pass over the promotions of a sale wants to know, so that it reads no more of those it passes over. */
enum {
    GATE_DISCOUNT = 1, /* takes money off */
    GATE_SIMPLE = 2,   /* a plain percent: no limit, cap, group or cost, rounded by the line */
    GATE_GIFT = 4,
    GATE_HINT = 8,
    GATE_GROUP = 16,
    GATE_ALWAYS = 32, /* looked at though the gate be closed: in every sale, or when its coupon is shown */
    GATE_REST = 64,   /* takes no money off: points, a coupon, a message */
};

enum limit_period { PERIOD_DAY, PERIOD_WEEK, PERIOD_MONTH, PERIOD_EVER };
enum { PERIOD_COUNT = 4 };

struct promotion {
    const char *id;
    const struct bundle_text *title, *hint;
    const struct when *when;
    const int64_t *per_member; /* by limit_period; 0: none */
    int64_t order;
    int64_t cap_minor; /* 0: none */
    int64_t cost_points;
    int64_t per_sale, total; /* 0: none */
    struct reward reward;
    uint32_t layer, group;  /* exclusive group or NONE */
    uint32_t cost_currency; /* or NONE */
    enum round_mode round;
    bool final;
};

/* ---- the rest of the envelope */
enum layer_mode { MODE_BEST, MODE_FIRST, MODE_STACK };

struct layer {
    const char *id;
    enum layer_mode mode;
    uint32_t first, count; /* its promotions */
};

struct point_currency {
    const char *id;
    int digits;
    int64_t scale;       /* 10^digits */
    int64_t value_minor; /* of one whole point; 0: cannot be paid with */
};

struct coupon_series {
    const char *id;
    bool single_use;
    bool has_from, has_until;
    struct local_time from, until;
    uint32_t first_promotion;  /* by layer, order, id; NONE when no promotion wants it */
    const uint8_t (*keys)[65]; /* of a signed series: points on P-256 (coupon_code.h); else none */
    uint32_t key_count;
    uint8_t tag[4];
};

struct coupon_code {
    const char *code; /* lower case, without spaces and hyphens */
    uint32_t series;
};

struct redemption {
    uint32_t currency, selection;
    int64_t max_share_bp, step, line_min_minor;
};

/* A receipt's template, as the bundle has it. */
struct bundle_template {
    const char *use, *language, *text;
};

/* A picture for receipts: PNG or PBM, in base64. */
struct bundle_picture {
    const char *name, *base64;
};

struct bundle {
    struct arena arena;
    const char *id, *currency;
    int64_t version, search_nodes, guard_bp; /* guard_bp 10000: none */
    int minor_digits;
    char digest[65];
    struct bundle_offline offline;
    const struct bundle_template *templates;
    const struct bundle_picture *pictures;
    uint32_t template_count, picture_count;

    const struct promotion *promotions;
    uint32_t promotion_count;
    const struct gate *gates;    /* of each promotion */
    struct text_list gate_tiers; /* by first use */
    const uint32_t *by_id;       /* promotion numbers sorted by id */
    const struct layer *layers;
    uint32_t layer_count, group_count;
    const struct point_currency *currencies; /* sorted by id */
    uint32_t currency_count;
    const struct coupon_series *series;
    uint32_t series_count;
    const struct coupon_code *codes; /* sorted by code */
    uint32_t code_count;
    struct code_grammar grammar; /* what a scan is */
    const struct redemption *redemptions;
    uint32_t redemption_count;

    /* The index: from a name of a line to the selections it may hit. */
    struct intern names;
    const struct selection *selections;
    uint32_t selection_count;
    struct number_list *postings;   /* by interned name: selections anchored there */
    struct number_list *dependents; /* by selection: selections anchored on it as a set */
    struct number_list loose;       /* selections that no name anchors */
    struct number_list *used_by;    /* by selection: promotions that give to it, but for */
    struct plain_list *plain;       /* plain percents of best layers: by layer, the largest percent first */
    struct number_list *by_series;  /* by coupon series: its promotions, which no other list has */
    struct number_list always;      /* promotions looked at in every sale: hints, gifts, messages */
};

/* Returns the promotion's number or NONE. */
uint32_t bundle_find(const struct bundle *bundle, const char *id);

#endif
