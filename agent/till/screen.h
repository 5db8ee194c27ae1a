/* SPDX-License-Identifier: Apache-2.0 */
/*
 * screen - what the customer's display shows along a sale: welcome, the item just put and the total, what is to be
 * paid, points; and what a return gives back. No names: the next in the queue reads it too. Internal to the till.
 */
#ifndef LOYALD_TILL_SCREEN_H
#define LOYALD_TILL_SCREEN_H

#include "agent/base/ids.h"

#include <stdbool.h>
#include <stdint.h>

struct cJSON;
struct sale;
struct till;

enum {
    SCREEN_LINES_MAX = 256,       /* of a basket that are told apart; of a longer one the last is shown */
    SCREEN_THANKS_MS = 15 * 1000, /* from the end of a sale to the welcome; within till_tick's few seconds */
    SCREEN_QUOTE_MS = 60 * 1000,  /* from what a return would give back, likewise: it may come to nothing */
};

struct screen {
    char sale_id[ID_LEN_MAX + 1];     /* whose lines are known */
    uint32_t lines[SCREEN_LINES_MAX]; /* a mark of each as it was put last */
    int line_count, line_at;          /* line_at: the one put last; -1: none, one was taken out */
    bool had_member;
    int64_t leaves_mono_ms; /* the welcome comes then; 0: it is there, or a sale is open */
};

void screen_welcome(struct till *till);
/* Something of the sale has changed. */
void screen_sale(struct till *till, const struct sale *sale);
/* A return, by the body of its record: as it would be, or as it is done. Nothing while a sale is open: that is what
 * the customer looks at. */
void screen_return(struct till *till, const struct cJSON *body, bool is_done);
void screen_tick(struct till *till);

#endif
