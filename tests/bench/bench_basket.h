/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench_basket - the work that promotion engines are compared by: N promotions (category, tier, line quantity, basket
 * subtotal, weekday), baskets of some lines, per line the largest discount. One stream of random numbers with a fixed
 * seed makes both, so that every program that runs it gets the same and can show it by a hash.
 *
 * The floor is a plain walk over the promotions of each line's category that only compares numbers.
 */
#ifndef LOYALD_BENCH_BASKET_H
#define LOYALD_BENCH_BASKET_H

#include "agent/base/strbuf.h"

#include <stdbool.h>
#include <stdint.h>

enum { BENCH_CATEGORIES = 50, BENCH_PROMOTIONS_MAX = 100000, BENCH_BASKETS_MAX = 10000, BENCH_LINES_MAX = 200 };

struct bench_promotion {
    unsigned weekdays;
    int category, tier, qty, percent;
    int64_t subtotal;
};

struct bench_line {
    int qty, price, category;
};

struct bench_basket {
    struct bench_line *lines;
    int tier, weekday;
};

struct bench_work {
    int promotion_count, basket_count, line_count;
    struct bench_promotion *promotions;
    struct bench_basket *baskets;
    struct bench_line *lines;           /* of all baskets */
    int *by_category[BENCH_CATEGORIES]; /* numbers of promotions */
    int category_count[BENCH_CATEGORIES];
};

/* What was found: equal for all who do the work right. */
struct bench_tally {
    int64_t sum, lines;
    uint32_t hash;
};

bool bench_work_make(struct bench_work *work, int promotions, int baskets, int lines);
void bench_work_free(struct bench_work *work);
void bench_tally_line(struct bench_tally *tally, int64_t discount, int winner); /* winner -1: none */
void bench_floor(const struct bench_work *work, int basket, struct bench_tally *tally);
/* The work as JSON: the bundle, and a sale of one basket (lines sold by "each" or "weight": then one unit each). */
void bench_promotion_text(const struct bench_work *work, int number, bool with_titles, struct strbuf *out);
void bench_bundle_text(const struct bench_work *work, bool with_titles, struct strbuf *out);
void bench_sale_text(const struct bench_work *work, int basket, const char *sold_by, struct strbuf *out);

#endif
