/* SPDX-License-Identifier: Apache-2.0 */
/* Holds: journalled before they are asked for, voided by a record when nothing came of them. */
#include "agent/till/spending.h"

#include "agent/base/clock.h"
#include "agent/base/json.h"
#include "agent/base/log.h"
#include "agent/db/journal.h"
#include "agent/till/command.h"
#include "agent/till/till_internal.h"
#include "agent/till/tree.h"
#include "sync/protocol/record.h"

#include <cjson/cJSON.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- records ---- */

static enum status journal_asked(struct till *till, const struct sale *sale, const struct spending_part *part)
{
    struct strbuf body = STRBUF_INIT(4096);
    struct json_writer w = JSON_WRITER_INIT(&body);
    struct errmsg err = ERRMSG_INIT;
    enum status st;

    jw_object_begin(&w);
    jw_field_text(&w, "hold", part->id);
    jw_field_text(&w, "sale_id", sale->id);
    jw_field_text(&w, "member", sale->member.id);
    jw_field_text(&w, "currency", part->currency);
    jw_field_int(&w, "amount", part->amount);
    jw_object_end(&w);
    st = strbuf_status(&body);
    if (st == ST_OK)
        st = till_record(till, "hold_asked", body.data, body.len, &err);
    if (st != ST_OK)
        log_warn("till-11", "no hold is asked for, it could not be journalled sale=%s: %s", sale->id, err.text);
    strbuf_free(&body);
    return st;
}

void holds_void(struct till *till, const char *hold, const char *reason)
{
    struct strbuf body = STRBUF_INIT(4096);
    struct json_writer w = JSON_WRITER_INIT(&body);
    struct errmsg err = ERRMSG_INIT;

    jw_object_begin(&w);
    jw_field_text(&w, "hold", hold);
    jw_field_text(&w, "reason", reason);
    jw_object_end(&w);
    if (till_record(till, "hold_voided", body.data, body.len, &err) != ST_OK)
        log_error("till-12", "a hold stays until the next start voids it hold=%s: %s", hold, err.text);
    else if (till->options.central.void_hold)
        till->options.central.void_hold(till->options.central.link, hold);
    strbuf_free(&body);
}

static void void_parts(struct till *till, const struct spending_part *parts, int count, const char *reason)
{
    for (int i = 0; i < count; i++)
        holds_void(till, parts[i].id, reason);
}

void spending_release(struct till *till, struct sale *sale, const char *reason)
{
    if (sale->spending.way == SPENDING_HOLD)
        void_parts(till, sale->spending.parts, sale->spending.count, reason);
    sale->spending = (struct spending){.way = SPENDING_FREE};
}

/* ---- asking ---- */

struct asking {
    struct till *till;
    char sale_id[ID_LEN_MAX + 1];
    int64_t touched_mono_ms; /* of the sale when it was asked: a put since then makes the answer one to nobody */
    struct spending_part parts[SPENDING_PARTS_MAX];
    int count, open;
    bool late, refused;
    char detail[SALE_DETAIL_MAX];
    till_ready_fn *ready;
    void *context;
};

static void finish(struct asking *asking)
{
    struct till *till = asking->till;
    struct sale *sale = till_find_sale(till, asking->sale_id);
    bool granted = !asking->late && !asking->refused;
    bool still = sale && sale_is_open(sale) && sale->touched_mono_ms == asking->touched_mono_ms &&
                 sale->spending.way == SPENDING_WANTED;

    if (granted && still) {
        sale->spending = (struct spending){.way = SPENDING_HOLD, .count = asking->count};
        memcpy(sale->spending.parts, asking->parts, sizeof asking->parts);
    } else {
        void_parts(till, asking->parts, asking->count, !still ? "void" : asking->refused ? "refused" : "late");
    }
    if (still && asking->refused) {
        sale->spending = (struct spending){.way = SPENDING_NONE, .refused = true};
        sale_notice(sale, PROBLEM_POINTS_REFUSED, asking->detail);
    } else if (still && asking->late) {
        sale->spending.late = true; /* a lease or the floor may serve yet */
    }
    asking->ready(asking->context);
    free(asking);
}

static void hold_answered(void *context, enum till_hold outcome, const char *reason)
{
    struct asking *asking = context;

    asking->late |= outcome == TILL_HOLD_UNANSWERED;
    asking->refused |= outcome == TILL_HOLD_REFUSED;
    if (outcome == TILL_HOLD_REFUSED)
        (void)snprintf(asking->detail, sizeof asking->detail, "%s", reason);
    if (--asking->open == 0)
        finish(asking);
}

/* A hold for each currency in which the sale spends. */
static int name_parts(const struct sale *sale, struct spending_part parts[SPENDING_PARTS_MAX], int64_t now_unix_ms)
{
    struct cJSON *tree = NULL;
    const cJSON *item;
    int count = 0;

    if (json_parse(sale->evaluation.result_json.data, sale->evaluation.result_json.len, RECORD_BYTES_MAX, &tree,
                   NULL) != ST_OK)
        return 0;
    cJSON_ArrayForEach(item, tree_child(tree, "points"))
    {
        struct spending_part *part = &parts[count];

        if (count == SPENDING_PARTS_MAX || tree_int(item, "redeemed") + tree_int(item, "cost") == 0)
            continue;
        *part = (struct spending_part){.amount = tree_int(item, "redeemed") + tree_int(item, "cost")};
        (void)snprintf(part->currency, sizeof part->currency, "%s", tree_text(item, "currency"));
        id_new(now_unix_ms, part->id);
        count++;
    }
    json_free(tree);
    return count;
}

static struct asking *begin(struct till *till, struct sale *sale, till_ready_fn *ready, void *context)
{
    struct asking *asking = calloc(1, sizeof *asking);

    if (!asking)
        return NULL;
    asking->till = till;
    asking->ready = ready;
    asking->context = context;
    asking->touched_mono_ms = sale->touched_mono_ms;
    memcpy(asking->sale_id, sale->id, sizeof asking->sale_id);
    asking->count = name_parts(sale, asking->parts, clock_wall_ms(till->options.clock));
    for (int i = 0; i < asking->count; i++) {
        if (journal_asked(till, sale, &asking->parts[i]) == ST_OK)
            continue;
        void_parts(till, asking->parts, i, "void");
        asking->count = 0;
    }
    if (asking->count > 0)
        return asking;
    free(asking);
    return NULL;
}

void holds_ask(struct till *till, struct sale *sale, till_ready_fn *done, void *context)
{
    const struct till_central *central = &till->options.central;
    struct asking *asking = NULL;

    if (sale->spending.way == SPENDING_WANTED && !sale->spending.late && central->ask_hold)
        asking = begin(till, sale, done, context);
    if (!asking) {
        done(context);
        return;
    }
    asking->open = asking->count;
    for (int i = 0, count = asking->count; i < count; i++) {
        struct till_hold_question question = {.hold = asking->parts[i].id,
                                              .sale_id = asking->sale_id,
                                              .member = sale->member.id,
                                              .currency = asking->parts[i].currency,
                                              .amount = asking->parts[i].amount};

        central->ask_hold(central->link, &question, TILL_QUESTION_MS, hold_answered,
                          asking); /* the last may free it */
    }
}
