/* SPDX-License-Identifier: Apache-2.0 */
/* slip_internal - what slip.c (head, lines, tenders) and slip_member.c (what is the member's) share. Nobody else
 * includes it. */
#ifndef LOYALD_TILL_SLIP_INTERNAL_H
#define LOYALD_TILL_SLIP_INTERNAL_H

#include "agent/base/ids.h"
#include "agent/receipt/receipt.h"
#include "agent/till/slip.h"

enum {
    SLIP_TIME_MAX = 32,
    SLIP_DATE_MAX = 16,
    SLIP_CODE_MAX = 257, /* of a coupon, as long as a sale may name one */
};

/* Everything that the facts borrow, for the time of one build. */
struct slip_build {
    const struct slip_facts *from;
    const struct cJSON *body, *sale, *result;
    struct receipt_line *lines;
    struct receipt_adjustment *adjustments;
    struct receipt_tender tenders[RECEIPT_TENDERS_MAX];
    struct receipt_points points[RECEIPT_POINTS_MAX];
    const char *messages[RECEIPT_MESSAGES_MAX];
    struct receipt_offer offers[RECEIPT_OFFERS_MAX];
    struct receipt_coupon coupons[RECEIPT_COUPONS_MAX];
    char time_text[SLIP_TIME_MAX], number_text[24], claim_text[ID_LEN_MAX + 32], as_of_text[SLIP_TIME_MAX];
    char waiting_from[RECEIPT_POINTS_MAX][RECEIPT_WAITING_MAX][SLIP_DATE_MAX];
    char offer_until[RECEIPT_OFFERS_MAX][SLIP_DATE_MAX], coupon_until[RECEIPT_COUPONS_MAX][SLIP_DATE_MAX];
    char coupon_code[RECEIPT_COUPONS_MAX][SLIP_CODE_MAX];
    struct receipt_facts facts;
};

/* "2026-11-22T18:05:00+03:00" as shoppers of the language read it; "" when it is no time. */
void slip_format_time(const char *at, const char *language, char out_text[SLIP_TIME_MAX]);
/* A day (civil_time.h) likewise. */
void slip_format_day(int32_t day, const char *language, char out_text[SLIP_DATE_MAX]);

/* Of a sale. The lines are filled before the offers: one that was given is not offered again. */
void slip_fill_points(struct slip_build *b);
void slip_fill_messages(struct slip_build *b);
void slip_fill_offers(struct slip_build *b);
void slip_fill_coupons(struct slip_build *b);
/* Of a return. */
void slip_fill_points_back(struct slip_build *b);

#endif
