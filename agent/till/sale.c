/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/till/sale.h"

#include "agent/till/rulebook.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const state_names[] = {
    [SALE_OPEN] = "open",       [SALE_TENDERING] = "tendering",         [SALE_COMMITTED] = "committed",
    [SALE_PRINTED] = "printed", [SALE_PRINT_UNKNOWN] = "print_unknown", [SALE_PRINT_FAILED] = "print_failed",
    [SALE_VOIDED] = "voided",
};

const char *sale_state_name(enum sale_state state)
{
    return state_names[state];
}

bool sale_is_open(const struct sale *sale)
{
    return sale->state == SALE_OPEN || sale->state == SALE_TENDERING;
}

bool sale_is_committed(const struct sale *sale)
{
    return !sale_is_open(sale) && sale->state != SALE_VOIDED;
}

bool sale_move(struct sale *sale, enum sale_event event)
{
    enum sale_state from = sale->state, to = from;
    bool open = sale_is_open(sale);

    switch (event) {
    case SALE_PUT:
        to = open ? SALE_OPEN : from;
        break;
    case SALE_TENDER:
        to = open ? SALE_TENDERING : from;
        break;
    case SALE_COMMIT:
        to = from == SALE_TENDERING ? SALE_COMMITTED : from;
        open = from == SALE_TENDERING;
        break;
    case SALE_VOID:
        to = open ? SALE_VOIDED : from;
        break;
    case SALE_CONFIRMED:
    case SALE_NO_ANSWER:
    case SALE_NOT_PRINTED:
        open = sale_is_committed(sale); /* a copy may follow an earlier print */
        to = event == SALE_CONFIRMED   ? SALE_PRINTED
             : event == SALE_NO_ANSWER ? SALE_PRINT_UNKNOWN
                                       : SALE_PRINT_FAILED;
        break;
    }
    if (!open)
        return false;
    sale->state = to;
    return true;
}

void sale_drop_notice(struct sale *sale, enum problem problem)
{
    int kept = 0;

    for (int i = 0; i < sale->notice_count; i++) {
        if (sale->notices[i].problem != problem)
            sale->notices[kept++] = sale->notices[i];
    }
    sale->notice_count = kept;
}

void sale_notice(struct sale *sale, enum problem problem, const char *detail)
{
    struct sale_notice *notice;

    sale_drop_notice(sale, problem);
    if (sale->notice_count == SALE_NOTICES_MAX) {
        memmove(sale->notices, sale->notices + 1, (SALE_NOTICES_MAX - 1) * sizeof sale->notices[0]);
        sale->notice_count--;
    }
    notice = &sale->notices[sale->notice_count++];
    notice->problem = problem;
    (void)snprintf(notice->detail, sizeof notice->detail, "%s", detail ? detail : "");
}

void sale_clear_card(struct sale *sale)
{
    static const enum problem of_cards[] = {PROBLEM_CARD_UNKNOWN,  PROBLEM_CARD_ASKING,    PROBLEM_CARD_BLOCKED,
                                            PROBLEM_CARD_INACTIVE, PROBLEM_CARD_EXPIRED,   PROBLEM_CARD_SAME,
                                            PROBLEM_PHONE_UNKNOWN, PROBLEM_POINTS_PENDING, PROBLEM_POINTS_EXPIRING};

    for (size_t i = 0; i < sizeof of_cards / sizeof of_cards[0]; i++)
        sale_drop_notice(sale, of_cards[i]);
    till_member_clear(&sale->member);
    sale->has_card = false;
    sale->by_phone = false;
    sale->keyed = false;
    sale->card[0] = '\0';
}

int64_t sale_due_minor(const struct sale *sale)
{
    return sale->evaluation.total_minor - (sale->basket.exchange[0] != '\0' ? sale->exchange_refund_minor : 0);
}

void sale_write_exchange(const struct sale *sale, struct json_writer *w)
{
    jw_object_begin(w);
    jw_field_text(w, "id", sale->basket.exchange);
    jw_field_int(w, "refund_minor", sale->exchange_refund_minor);
    jw_field_int(w, "due_minor", sale_due_minor(sale));
    jw_object_end(w);
}

struct sale *sale_create(const char *id, struct rule_edition *edition, int64_t now_unix_ms, int64_t now_mono_ms)
{
    struct sale *sale = calloc(1, sizeof *sale);

    if (!sale)
        return NULL;
    (void)snprintf(sale->id, sizeof sale->id, "%s", id);
    sale->state = SALE_OPEN;
    sale->opened_unix_ms = now_unix_ms;
    sale->touched_mono_ms = now_mono_ms;
    sale->edition = rule_edition_hold(edition);
    basket_init(&sale->basket);
    evaluation_init(&sale->evaluation);
    return sale;
}

void sale_destroy(struct sale *sale)
{
    if (!sale)
        return;
    basket_clear(&sale->basket);
    evaluation_clear(&sale->evaluation);
    till_member_clear(&sale->member);
    rule_edition_release(sale->edition);
    free(sale);
}
