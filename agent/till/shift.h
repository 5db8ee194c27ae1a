/* SPDX-License-Identifier: Apache-2.0 */
/*
 * shift - from a cashier's beginning to the counting of the drawer. Opening and closing are records; the close
 * carries what was counted between them, so that drawer, till and central can be laid side by side. One shift is open
 * at a time; selling needs none. Internal to the till.
 */
#ifndef LOYALD_TILL_SHIFT_H
#define LOYALD_TILL_SHIFT_H

#include "agent/base/errmsg.h"
#include "agent/base/ids.h"
#include "agent/base/json_writer.h"
#include "agent/base/status.h"
#include "agent/till/basket.h"
#include "agent/till/tally.h"

#include <stdbool.h>
#include <stdint.h>

struct till;

struct shift {
    bool open;
    char id[ID_LEN_MAX + 1]; /* of the open one or, with open false, of the one closed last; "": none yet */
    char cashier[BASKET_TEXT_MAX + 1];
    int64_t opened_unix_ms, closed_unix_ms;
    int64_t opened_position; /* of its record */
    struct tally tally;
};

/* Finds the shift that the journal leaves open and counts it up; at the start, once. */
enum status shift_load(struct till *till, struct errmsg *err);
/* A record was appended. */
void shift_count(struct till *till, const char *type, const char *body, size_t len);

#endif
