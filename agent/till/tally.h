/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tally - what a run of records comes to, for whoever counts the drawer: sales, returns, voids, money, points by
 * currency. Internal to the till.
 */
#ifndef LOYALD_TILL_TALLY_H
#define LOYALD_TILL_TALLY_H

#include "agent/base/json_writer.h"

#include <stdint.h>

struct cJSON;

enum { TALLY_CURRENCIES_MAX = 8, TALLY_TENDERS_MAX = 16, TALLY_NAME_MAX = 64 };

struct tally_points {
    char currency[TALLY_NAME_MAX + 1];
    int64_t earned, redeemed;       /* by sales; redeemed with the costs of rewards */
    int64_t taken_back, given_back; /* by returns */
};

struct tally_tender {
    char kind[TALLY_NAME_MAX + 1];
    int64_t taken_minor, given_back_minor; /* as the POS told */
};

struct tally {
    int64_t sales, returns, voids;
    int64_t gross_minor, discount_minor, redeemed_minor, net_minor, refund_minor;
    struct tally_points points[TALLY_CURRENCIES_MAX]; /* past the bound they are left out */
    int point_count;
    struct tally_tender tenders[TALLY_TENDERS_MAX];
    int tender_count;
};

/* Adds one record of that type; others than sale, return and void are nothing. */
void tally_add(struct tally *tally, const char *type, const struct cJSON *body);
/* Adds a figure of the cache's totals (projection.c): one with no place here is nothing. */
void tally_add_figure(struct tally *tally, const char *name, int64_t amount);
/* Writes the names and values into an object already begun: counts, money and points; tally_write the tenders too. */
void tally_write_sums(const struct tally *tally, struct json_writer *w);
void tally_write(const struct tally *tally, struct json_writer *w);

#endif
