/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sale - one sale in memory: its state, basket, member and last result. Internal to the till.
 *
 *                     till_put_sale            till_put_sale (reopens, releases what was reserved)
 *                      +--------+               +------------------------------+
 *                      v        |               v                              |
 *   till_open_sale -> OPEN -----+          OPEN <---------------------- TENDERING
 *                      |  \-- till_tender: reserves ------------------------^  |  \-- till_commit: record on disk --.
 *                      |                                                       |                                   v
 *                      +---- till_void ----> VOIDED <--- till_void: releases --+                              COMMITTED
 *                                                                                                                  |
 *                                        PRINTED <--- confirmed ---.                                                |
 *                                  PRINT_UNKNOWN <--- no answer ---+------ the printer's word (print.c) -------------+
 *                                   PRINT_FAILED <--- not printed -'
 *
 *                      OPEN --- nobody touched it for too long (till_age_sales) ---> VOIDED, and told; never from TENDERING
 *
 * A card may come before the sale (it waits two minutes), between items or after them; a second one takes the place of the first, and is said
 * (the last card shown is whose hand holds it). A phone number is a card that may not spend points; of a member whose card is on the sale
 * already it changes nothing. In TENDERING none is taken: the shopper was shown a total.
 *
 * till_commit of a sale that is OPEN tenders it first; refused, it is OPEN again, with nothing reserved.
 *
 * sale_move makes every arrow. After a restart: OPEN is gone, and put again by whoever holds the basket; TENDERING likewise, with what it
 * reserved, and holds of points are voided; COMMITTED is in the journal, its print PRINT_UNKNOWN unless the printer had answered; VOIDED is
 * gone. Only a committed sale survives a restart.
 */
#ifndef LOYALD_TILL_SALE_H
#define LOYALD_TILL_SALE_H

#include "agent/base/ids.h"
#include "agent/base/strbuf.h"
#include "agent/till/basket.h"
#include "agent/till/claims.h"
#include "agent/till/evaluation.h"
#include "agent/till/identity.h"
#include "agent/till/member.h"
#include "agent/till/problem.h"
#include "agent/till/spending.h"

#include <stdbool.h>
#include <stdint.h>

enum sale_state {
    SALE_OPEN,
    SALE_TENDERING,
    SALE_COMMITTED,
    SALE_PRINTED,
    SALE_PRINT_UNKNOWN,
    SALE_PRINT_FAILED,
    SALE_VOIDED,
};
enum sale_event { SALE_PUT, SALE_TENDER, SALE_COMMIT, SALE_VOID, SALE_CONFIRMED, SALE_NO_ANSWER, SALE_NOT_PRINTED };

enum { SALE_NOTICES_MAX = 8, SALE_DETAIL_MAX = 160, SALE_CARD_TEXT_MAX = 48 };

struct sale_notice {
    enum problem problem;
    char detail[SALE_DETAIL_MAX];
};

struct sale {
    char id[ID_LEN_MAX + 1];
    enum sale_state state;
    int64_t opened_unix_ms;
    int64_t touched_mono_ms; /* by a command or a card */
    struct basket basket;
    struct spending spending;
    struct claims claims;
    bool paying; /* a tender or commit is working it out: what it spends must be there */
    int64_t exchange_refund_minor; /* of the returns of the basket's exchange */
    struct rule_edition *edition; /* held: the rules it started with */
    struct evaluation evaluation; /* of the basket as it is */
    /* The card shown or phone number typed, if any. */
    bool has_card;
    bool by_phone; /* the identifier is a phone number */
    bool keyed;
    char card[SALE_CARD_TEXT_MAX + 1]; /* masked: "***0015" */
    uint8_t card_hash[IDENTITY_HASH_BYTES];
    struct till_member member; /* known here, or empty */
    struct sale_notice notices[SALE_NOTICES_MAX]; /* the latest; the oldest falls out */
    int notice_count;
    char print_reason[SALE_DETAIL_MAX];
    int64_t committed_position; /* in the journal */
};

const char *sale_state_name(enum sale_state state);
/* Makes the move; false, and nothing changes, when the diagram has no such arrow. */
bool sale_move(struct sale *sale, enum sale_event event);
bool sale_is_open(const struct sale *sale); /* OPEN or TENDERING */
bool sale_is_committed(const struct sale *sale);
/* Adds a notice, or renews one of the same problem. */
void sale_notice(struct sale *sale, enum problem problem, const char *detail);
void sale_drop_notice(struct sale *sale, enum problem problem);
/* Takes the member off, with what was said of the card. */
void sale_clear_card(struct sale *sale);
/* What is to be paid: below zero, to be given back; other than the total only in an exchange. */
int64_t sale_due_minor(const struct sale *sale);
/* {"id","refund_minor","due_minor"} */
void sale_write_exchange(const struct sale *sale, struct json_writer *w);
struct sale *sale_create(const char *id, struct rule_edition *edition, int64_t now_unix_ms, int64_t now_mono_ms);
void sale_destroy(struct sale *sale);

#endif
