/* SPDX-License-Identifier: Apache-2.0 */
/*
 * receipt - the facts of a sale, and the page that a template (template.h) makes of them.
 *
 * It computes nothing but the look: every number printed is one the caller gives, as the engine gave it. Texts come
 * in as they are and are made safe by page.h. Pure.
 */
#ifndef LOYALD_RECEIPT_RECEIPT_H
#define LOYALD_RECEIPT_RECEIPT_H

#include "agent/base/errmsg.h"
#include "agent/base/money.h"
#include "agent/receipt/page.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    RECEIPT_LINES_MAX = 1000, /* ST_FULL beyond, as for each count below */
    RECEIPT_ADJUSTMENTS_MAX = 32,
    RECEIPT_TENDERS_MAX = 16,
    RECEIPT_POINTS_MAX = 8,
    RECEIPT_WAITING_MAX = 4,
    RECEIPT_MESSAGES_MAX = 32,
    RECEIPT_COUPONS_MAX = 4,
    RECEIPT_OFFERS_MAX = 16,
    RECEIPT_DIGITS_MAX = 4, /* of minor units and points: ST_RANGE beyond */
};

struct receipt_adjustment {
    const char *title; /* "Second at half price" */
    money amount;      /* taken off: above zero; below zero is printed as a surcharge */
};

struct receipt_line {
    const char *name;
    int64_t qty_milli;
    bool by_weight; /* quantity is kilograms */
    money unit_price;
    money gross;
    const struct receipt_adjustment *adjustments;
    size_t adjustment_count;
    money net; /* printed when there are adjustments */
};

enum receipt_tender_kind { RECEIPT_CASH, RECEIPT_CARD, RECEIPT_GIFT_CARD, RECEIPT_OTHER_TENDER };

struct receipt_tender {
    enum receipt_tender_kind kind;
    const char *title; /* NULL or empty: the word for the kind */
    money amount;
};

/* Points in the balance that may not be spent yet. */
struct receipt_waiting {
    int64_t amount;
    const char *from; /* local date text of the first day they may be */
};

/* One points currency. Amounts are in its own smallest unit: 150 with one digit is "15.0". */
struct receipt_points {
    const char *name; /* "баллы"; empty: the language's word for points */
    int digits;
    int64_t earned;
    int64_t redeemed; /* above zero */
    bool balance_known;
    int64_t balance;           /* after this sale */
    const char *balance_as_of; /* local time text of what the balance is built on; NULL or empty: as of now */
    struct receipt_waiting waiting[RECEIPT_WAITING_MAX];
    size_t waiting_count;
};

/* A right for the next visit. */
struct receipt_coupon {
    const char *title;
    const char *valid_until; /* local date text; may be empty */
    const char *code;
};

/* A promotion for this member alone. */
struct receipt_offer {
    const char *title;
    const char *valid_until; /* local date text; may be empty */
};

struct bundle;
struct receipt_template;

/* Borrowed for the call only. A text may be NULL wherever it may be empty. */
struct receipt_facts {
    const struct receipt_template *template; /* NULL: our own for the language */
    const struct bundle *bundle;             /* whose pictures a template may name; NULL: none */
    const char *language;                    /* of numbers and tenders: "ru", "en"; anything else is taken as "en" */
    const char *store_name;
    const char *store_details; /* address, tax number; lines parted by \n; may be empty */
    const char *till;
    const char *cashier;    /* may be empty */
    const char *local_time; /* as printed: "22.11.2026 18:05" */
    const char *sale_number;
    int copy_number; /* 0: the original; n: marked COPY n, top and bottom */
    bool is_return;  /* the totals are money given back */

    const struct receipt_line *lines;
    size_t line_count;
    int minor_digits;
    const char *currency; /* printed after the total, "руб.", "EUR"; may be empty */
    money gross;
    money discount; /* adjustments of all kinds but redeemed points, above zero */
    money redeemed; /* paid with points, above zero */
    money total;
    const struct receipt_tender *tenders;
    size_t tender_count;
    money change;
    money saved; /* "you saved"; zero: not printed */

    const char *member_name; /* display name; may be empty */
    const char *member_card; /* already masked, "*** 2345"; empty: no card was shown */
    const struct receipt_points *points;
    size_t points_count;

    const char *const *messages; /* for the customer */
    size_t message_count;
    const char *const *reasons; /* "card not known yet, points follow" */
    size_t reason_count;
    const struct receipt_coupon *coupons;
    size_t coupon_count;
    const struct receipt_offer *offers;
    size_t offer_count;
    const char *qr_text;      /* for claiming the sale; empty: none */
    const char *qr_caption;   /* may be empty */
    const char *offline_note; /* "worked out without a link"; may be empty */
};

/* Adds the receipt, its cut included, to an initialised page. On failure the page holds rows that must not be
 * printed: page_clear it. */
enum status receipt_build(const struct receipt_facts *facts, struct page *out_page, struct errmsg *err);

#endif
