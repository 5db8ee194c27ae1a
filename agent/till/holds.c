/* SPDX-License-Identifier: Apache-2.0 */
/* Holds: journalled before they are asked for, voided by a record when nothing came of them; and what a start finds.
 */
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
        st = till_append(till, "hold_asked", body.data, body.len, &err);
    if (st != ST_OK)
        log_warn("till-11", "no hold is asked for, it could not be journalled sale=%s: %s", sale->id, err.text);
    strbuf_free(&body);
    return st;
}

static void journal_voided(struct till *till, const char *hold, const char *reason)
{
    struct strbuf body = STRBUF_INIT(4096);
    struct json_writer w = JSON_WRITER_INIT(&body);
    struct errmsg err = ERRMSG_INIT;

    jw_object_begin(&w);
    jw_field_text(&w, "hold", hold);
    jw_field_text(&w, "reason", reason);
    jw_object_end(&w);
    if (till_append(till, "hold_voided", body.data, body.len, &err) != ST_OK)
        log_error("till-12", "a hold stays until the next start voids it hold=%s: %s", hold, err.text);
    else if (till->options.central.void_hold)
        till->options.central.void_hold(till->options.central.link, hold);
    strbuf_free(&body);
}

static void void_parts(struct till *till, const struct spending_part *parts, int count, const char *reason)
{
    for (int i = 0; i < count; i++)
        journal_voided(till, parts[i].id, reason);
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

/* ---- at the start, and as records are added ---- */

void spending_count(struct till *till, const char *type, const char *body, size_t len, int64_t position)
{
    struct floor_uses *uses = &till->floor_uses;
    struct cJSON *tree = NULL;

    if (strcmp(type, "sale") != 0 || !memmem(body, len, "\"spending\":\"floor\"", 18) ||
        json_parse(body, len, RECORD_BYTES_MAX, &tree, NULL) != ST_OK)
        return;
    /* One that was acknowledged is at risk again when the central is put back from a backup: it goes for want of room
     * only. */
    if (uses->count == SPENDING_FLOOR_USES_MAX &&
        uses->uses[0].position <= journal_acked_position(till->options.journal))
        memmove(uses->uses, uses->uses + 1, (size_t)--uses->count * sizeof uses->uses[0]);
    if (uses->count < SPENDING_FLOOR_USES_MAX && strcmp(tree_text(tree, "spending"), "floor") == 0) {
        struct floor_use *use = &uses->uses[uses->count++];

        use->position = position;
        use->minor = tree_int(tree_child(tree, "result"), "redeemed_minor");
        (void)snprintf(use->member, sizeof use->member, "%s",
                       tree_text(tree_child(tree_child(tree, "sale"), "member"), "id"));
    }
    json_free(tree);
}

enum { OPEN_HOLDS_MAX = TILL_SALES_MAX * SPENDING_PARTS_MAX };

struct loading {
    struct till *till;
    int64_t acked;
    char holds[OPEN_HOLDS_MAX][ID_LEN_MAX + 1]; /* asked for and not ended */
    int count;
    struct open_claims claims;
};

static void end_hold(struct loading *loading, const char *hold)
{
    for (int i = 0; i < loading->count; i++) {
        if (strcmp(loading->holds[i], hold) == 0)
            memmove(loading->holds[i], loading->holds[--loading->count], sizeof loading->holds[0]);
    }
}

static void load_body(struct loading *loading, const char *type, const struct cJSON *body)
{
    const struct cJSON *hold;

    if (strcmp(type, "hold_asked") == 0 && loading->count < OPEN_HOLDS_MAX) /* more can never be open at once */
        (void)snprintf(loading->holds[loading->count++], sizeof loading->holds[0], "%s", tree_text(body, "hold"));
    else if (strcmp(type, "hold_voided") == 0)
        end_hold(loading, tree_text(body, "hold"));
    cJSON_ArrayForEach(hold, tree_child(body, "holds"))
    {
        if (cJSON_IsString(hold))
            end_hold(loading, hold->valuestring);
    }
}

static bool load_entry(void *context, const struct journal_entry *entry)
{
    struct loading *loading = context;
    bool is_sale = strcmp(entry->type, "sale") == 0;
    struct record_head head;
    struct cJSON *tree = NULL;
    const char *body;
    size_t len;

    if (record_parse(entry->bytes, entry->len, &head, &body, &len, NULL) != ST_OK)
        return true;
    if (entry->position > loading->acked && loading->till->floor_uses.oldest_unix_ms == 0)
        loading->till->floor_uses.oldest_unix_ms = record_hlc_ms(head.hlc);
    spending_count(loading->till, entry->type, body, len, entry->position);
    claims_read(&loading->claims, entry->type, body, len);
    /* Most sales name no hold: they are not read. */
    if ((strncmp(entry->type, "hold_", 5) == 0 || (is_sale && memmem(body, len, "\"holds\":[", 9))) &&
        json_parse(body, len, RECORD_BYTES_MAX, &tree, NULL) == ST_OK)
        load_body(loading, entry->type, tree);
    json_free(tree);
    return true;
}

enum status spending_load(struct till *till, struct errmsg *err)
{
    struct loading *loading = calloc(1, sizeof *loading);
    enum status st;

    if (!loading)
        return ST_NOMEM;
    loading->till = till;
    loading->acked = journal_acked_position(till->options.journal);
    st = journal_each(till->options.journal, 1, load_entry, loading, err);
    for (int i = 0; st == ST_OK && i < loading->count; i++)
        journal_voided(till, loading->holds[i], "restart");
    if (st == ST_OK)
        claims_end_open(till, &loading->claims);
    free(loading);
    return st;
}
