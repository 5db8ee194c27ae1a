/* SPDX-License-Identifier: Apache-2.0 */
/*
 * problem - everything the till may say is wrong or worth knowing, in one table: a stable code for IT, the HTTP status
 * of the local API, and for each language what happened and what to do now.
 *
 * A code never changes its meaning and is never used again. The 1xx are the request's, 2xx the sale's, 3xx cards and codes, 4xx the
 * link, 5xx devices, 6xx storage, 7xx enrolment, 8xx rules.
 */
#ifndef LOYALD_TILL_PROBLEM_H
#define LOYALD_TILL_PROBLEM_H

#include "agent/base/json_writer.h"

enum problem {
    PROBLEM_NONE = 0,
    PROBLEM_BAD_JSON,
    PROBLEM_BAD_FIELD,
    PROBLEM_TOO_LARGE,
    PROBLEM_NO_ROUTE,
    PROBLEM_NOT_ALLOWED,
    PROBLEM_BUSY,
    PROBLEM_INTERNAL,
    PROBLEM_TOO_OFTEN,
    PROBLEM_NO_SALE,
    PROBLEM_SALE_COMMITTED,
    PROBLEM_SALE_VOIDED,
    PROBLEM_SALE_TENDERING,
    PROBLEM_TOTAL_DIFFERS,
    PROBLEM_NO_LINES,
    PROBLEM_TENDERS_SHORT,
    PROBLEM_TOO_MANY_SALES,
    PROBLEM_SALE_EXISTS,
    PROBLEM_EVALUATION,
    PROBLEM_PAID_DIFFERENCE,
    PROBLEM_RETURN_NO_SALE,
    PROBLEM_SALE_ELSEWHERE,
    PROBLEM_RETURN_MORE,
    PROBLEM_REFUND_DIFFERS,
    PROBLEM_RETURN_EXISTS,
    PROBLEM_NO_RETURN,
    PROBLEM_RETURN_AS_PAID,
    PROBLEM_EXCHANGE_DONE,
    PROBLEM_NO_EXCHANGE,
    PROBLEM_SALE_TIMED_OUT,
    PROBLEM_SHIFT_OPEN,
    PROBLEM_NO_SHIFT,
    PROBLEM_CARD_UNKNOWN,
    PROBLEM_CARD_ASKING,
    PROBLEM_CARD_BLOCKED,
    PROBLEM_CARD_INACTIVE,
    PROBLEM_CARD_EXPIRED,
    PROBLEM_CARD_CHECK_DIGIT,
    PROBLEM_CARD_SAME,
    PROBLEM_CARD_REPLACED,
    PROBLEM_CODE_UNKNOWN,
    PROBLEM_CARD_WAITING,
    PROBLEM_PHONE_UNKNOWN,
    PROBLEM_APP_CODE_EXPIRED,
    PROBLEM_APP_CODE_USED,
    PROBLEM_APP_CODE_FORGED,
    PROBLEM_CLOCK_UNSURE,
    PROBLEM_SCAN_UNREADABLE,
    PROBLEM_POINTS_OFFLINE,
    PROBLEM_POINTS_REFUSED,
    PROBLEM_POINTS_LATE,
    PROBLEM_POINTS_BOUNDED,
    PROBLEM_POINTS_BY_PHONE,
    PROBLEM_POINTS_BEHIND,
    PROBLEM_POINTS_PENDING,
    PROBLEM_POINTS_EXPIRING,
    PROBLEM_POINTS_UNSURE,
    PROBLEM_COUPON_ADDED,
    PROBLEM_COUPON_WAITS,
    PROBLEM_COUPON_SAME,
    PROBLEM_COUPON_UNKNOWN,
    PROBLEM_COUPON_USED,
    PROBLEM_COUPON_EXPIRED,
    PROBLEM_COUPON_NOT_YET,
    PROBLEM_COUPON_NO_SALE,
    PROBLEM_COUPON_REFUSED,
    PROBLEM_LINK_DOWN,
    PROBLEM_PRINTER_FAILED,
    PROBLEM_PRINT_UNKNOWN,
    PROBLEM_PRINTER_NONE,
    PROBLEM_SCANNER_LOST,
    PROBLEM_JOURNAL_FAILED,
    PROBLEM_DISK_FULL,
    PROBLEM_NOT_ENROLLED,
    PROBLEM_ENROL_REFUSED,
    PROBLEM_NO_COURIER,
    PROBLEM_FORKED,
    PROBLEM_CENTRAL_AWAY,
    PROBLEM_NO_CONSENT,
    PROBLEM_CONSENT_DIFFERS,
    PROBLEM_CARD_TAKEN,
    PROBLEM_NO_RULES,
    PROBLEM_RULES_REFUSED,
    PROBLEM_RULES_GONE,
    PROBLEM_COUNT
};

struct problem_text {
    const char *what; /* what happened */
    const char *act;  /* what to do now */
};

struct problem_spec {
    const char *code;  /* "L-204" */
    int http_status;   /* 200 for what is no error of a request */
    const char *name;  /* for programs: "total_differs" */
    struct problem_text en, ru;
    const char *it; /* what IT looks at or does: for docs/errors.md, which is made of this table */
};

const struct problem_spec *problem_spec(enum problem problem);
/* The text in "ru" or else English. */
const struct problem_text *problem_text(enum problem problem, const char *language);
/* Writes {"code","name","text","act","detail"}; detail may be NULL: names and figures, already in words. */
void problem_write(struct json_writer *w, enum problem problem, const char *language, const char *detail);

#endif
