/* SPDX-License-Identifier: Apache-2.0 */
/* sale - the parsed sale (internal to the engine). All texts are its own copies. */
#ifndef LOYALD_ENGINE_SALE_H
#define LOYALD_ENGINE_SALE_H

#include "agent/engine/bundle.h"

struct sale_line {
    int64_t line;
    const char *sku, *gtin, *category, *brand; /* "" when absent; gtin in 14 digits */
    struct text_list tags;
    int64_t qty_milli, price_minor, gross_minor, floor_price_minor;
    bool weight, discountable;
};

struct sale_attr {
    const char *name;
    struct attr_value value;
};

struct sale_attrs {
    const struct sale_attr *items;
    uint32_t count;
};

struct sale_amount { /* balances, redeem, usage: a number by name */
    const char *name;
    int64_t value;
    bool max; /* redeem: "max" */
};

struct sale_amounts {
    const struct sale_amount *items;
    uint32_t count;
};

struct sale_usage {
    const char *promotion;
    int64_t count[PERIOD_COUNT];
};

struct sale_list { /* a member's list of skus */
    const char *name;
    struct text_list skus;
};

struct sale_member {
    const char *id, *tier;
    struct text_list segments, personal;
    int birth_month, birth_day; /* 0 when unknown */
    struct sale_attrs attrs;
    struct sale_amounts balances;
    const struct sale_usage *usage;
    uint32_t usage_count;
    const struct sale_list *lists;
    uint32_t list_count;
};

struct engine_sale {
    struct arena arena;
    const char *sale_id, *store_id, *channel;
    struct sale_attrs store_attrs;
    bool has_at, has_date;
    struct local_time at;
    int32_t business_day;
    struct sale_line *lines; /* in the order of the sale */
    uint32_t line_count;
    uint32_t *canonical;                        /* lines by sku, gross, quantity, line: the order that decides */
    const struct sale_member *member;           /* NULL: anonymous */
    struct text_list coupons, rewards, tenders; /* coupons in the order given */
    struct sale_amounts redeem, usage;
};

/* The named number; 0 when it is not there. */
int64_t sale_amount_of(const struct sale_amounts *amounts, const char *name);
const struct sale_amount *sale_amount_find(const struct sale_amounts *amounts, const char *name);
bool text_list_has(const struct text_list *list, const char *text); /* in any order of the list */
bool text_list_has_sorted(const struct text_list *list, const char *text);

#endif
