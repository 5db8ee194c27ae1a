/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/till/till_internal.h"

#include "agent/base/clock.h"
#include "agent/base/log.h"
#include "agent/db/ballast.h"
#include "agent/db/cache.h"
#include "agent/db/journal.h"
#include "agent/till/floor.h"
#include "agent/till/projection.h"
#include "agent/till/slip_note.h"
#include "agent/till/upkeep.h"
#include "sync/protocol/record.h"

#include <stdio.h>
#include <string.h>

enum { OVERRIDE_JSON_MAX = 4096 };

/* ---- records ---- */

enum status till_record(struct till *till, const char *type, const char *body, size_t len, struct errmsg *err)
{
    struct strbuf bytes = STRBUF_INIT(RECORD_BYTES_MAX + 1);
    struct journal_head at;
    struct record_head head = {.type_version = 1};
    enum status st;

    journal_head(till->options.journal, &at);
    head.dev = at.dev;
    head.epoch = at.epoch;
    head.seq = at.seq + 1;
    head.hlc = record_next_hlc(at.hlc, clock_wall_ms(till->options.clock));
    (void)snprintf(head.type, sizeof head.type, "%s", type);
    memcpy(head.prev, at.hash, sizeof head.prev);
    st = record_encode(&head, body, len, &bytes, err);
    if (st == ST_OK)
        st = journal_append(till->options.journal, type, head.hlc, bytes.data, bytes.len, err);
    if (st == ST_FULL && till->options.ballast && ballast_give_up(till->options.ballast)) {
        log_error("till-04", "the disk is full: the room kept for this is given up, sales go on, points are not spent");
        st = journal_append(till->options.journal, type, head.hlc, bytes.data, bytes.len, err);
    }
    if (st == ST_OK) {
        upkeep_appended(till, type, body, len, at.position + 1);
        shift_count(till, type, body, len);
        floor_count(till, type, body, len, at.position + 1);
        if (till->options.central.record_added)
            till->options.central.record_added(till->options.central.link);
    } else if (st == ST_IO || st == ST_CORRUPT) {
        till->stopping =
            true; /* an fsync that failed says nothing about what is on disk: look again after a restart */
        log_error("till-05", "the journal cannot be trusted any more, restart needed: %s", err ? err->text : "");
    }
    strbuf_free(&bytes);
    return st;
}

enum problem till_append_command(struct till *till, const char *type, const struct strbuf *body, struct errmsg *err)
{
    enum status st =
        strbuf_status(body) == ST_OK ? till_record(till, type, body->data, body->len, err) : strbuf_status(body);

    if (st == ST_FULL && !till->stopping)
        return PROBLEM_DISK_FULL;
    return st == ST_OK ? PROBLEM_NONE : PROBLEM_JOURNAL_FAILED;
}

static enum status write_body(struct till *till, const struct sale *sale, int64_t shown_minor, bool paid_difference,
                              struct strbuf *out)
{
    const struct evaluation *worked = &sale->evaluation;
    struct json_writer w = JSON_WRITER_INIT(out);

    jw_object_begin(&w);
    jw_field_raw(&w, "sale", worked->sale_json.data, worked->sale_json.len);
    jw_field_raw(&w, "result", worked->result_json.data, worked->result_json.len);
    jw_field_text(&w, "bundle", worked->shelf_price ? "" : rule_edition_sha256(sale->edition));
    if (sale->has_card) {
        jw_field_hex(&w, "identifier", sale->card_hash, sizeof sale->card_hash);
        jw_field_text(&w, "card", sale->card); /* masked */
    }
    jw_field_text(&w, "entry", sale->keyed ? "keyed" : "scan");
    if (sale->basket.cashier[0] != '\0')
        jw_field_text(&w, "cashier", sale->basket.cashier);
    basket_write_tenders(&sale->basket, &w);
    if (sale->basket.exchange[0] != '\0') {
        jw_name(&w, "exchange");
        sale_write_exchange(sale, &w);
    }
    spending_write_used(&sale->spending, worked->result_json.data, worked->result_json.len, &w);
    slip_note_points(till, sale, &w);
    jw_field_int(&w, "shown_minor", shown_minor);
    if (paid_difference)
        jw_field_bool(&w, "paid_difference", true);
    jw_object_end(&w);
    return strbuf_status(out);
}

void till_note_override(struct till *till, const char *id, enum problem rule, const char *by, const char *reason)
{
    struct strbuf body = STRBUF_INIT(OVERRIDE_JSON_MAX);
    struct json_writer w = JSON_WRITER_INIT(&body);
    struct errmsg err = ERRMSG_INIT;

    jw_object_begin(&w);
    jw_field_text(&w, "sale_id", id);
    jw_field_text(&w, "what", problem_spec(rule)->code);
    jw_field_text(&w, "by", by);
    jw_field_text(&w, "reason", reason);
    jw_object_end(&w);
    /* The record it goes with says so, too. */
    if (strbuf_status(&body) != ST_OK || till_record(till, "override", body.data, body.len, &err) != ST_OK)
        log_warn("till-06", "an override could not be journalled id=%s: %s", id, err.text);
    strbuf_free(&body);
}

enum problem till_write_sale(struct till *till, struct sale *sale, int64_t shown_minor, bool paid_difference,
                             struct errmsg *err)
{
    struct strbuf body = STRBUF_INIT(RECORD_BYTES_MAX);
    struct journal_head head;
    enum problem problem;

    (void)write_body(till, sale, shown_minor, paid_difference, &body); /* the body keeps its status */
    problem = till_append_command(till, "sale", &body, err);
    strbuf_free(&body);
    if (problem != PROBLEM_NONE)
        return problem;
    journal_head(till->options.journal, &head);
    sale->committed_position = head.position;
    (void)sale_move(sale, SALE_COMMIT);
    reservations_release(&till->reserved, sale->id);
    if (paid_difference)
        till_note_override(till, sale->id, PROBLEM_TOTAL_DIFFERS, sale->basket.cashier, "paid");
    return PROBLEM_NONE;
}

/* ---- reservations ---- */

/* What is left of a lease is judged by what it says that sales in tender use of it. */
static void reserve_leases(struct till *till, const struct sale *sale)
{
    const struct evaluation *worked = &sale->evaluation;

    for (int i = 0; sale->spending.way == SPENDING_LEASE && i < sale->spending.count; i++) {
        const struct spending_part *part = &sale->spending.parts[i];
        struct reservation one = {.kind = EFFECT_LEASE};

        one.amount = spending_of(worked->result_json.data, worked->result_json.len, part->currency);
        (void)snprintf(one.sale_id, sizeof one.sale_id, "%s", sale->id);
        (void)snprintf(one.name, sizeof one.name, "%s", part->id);
        if (reservations_add(&till->reserved, &one) != ST_OK)
            log_warn("till-07", "a lease could not be reserved, commit will judge sale=%s", sale->id);
    }
}

void till_reserve(struct till *till, const struct sale *sale)
{
    struct strbuf body = STRBUF_INIT(RECORD_BYTES_MAX);
    struct projection *p = till->projection;
    enum status st = write_body(till, sale, 0, false, &body);

    reservations_release(&till->reserved, sale->id);
    reserve_leases(till, sale);
    if (st == ST_OK)
        st = projection_read("sale", body.data, body.len, p, NULL);
    for (size_t i = 0; st == ST_OK && i < p->effect_count; i++) {
        struct reservation one = {.kind = p->effects[i].kind, .amount = p->effects[i].amount};

        if (one.kind >= EFFECT_LEASE) /* a lease is reserved above; of the others nothing runs out */
            continue;
        (void)snprintf(one.sale_id, sizeof one.sale_id, "%s", sale->id);
        (void)snprintf(one.subject, sizeof one.subject, "%s", p->effects[i].subject);
        (void)snprintf(one.name, sizeof one.name, "%s", p->effects[i].name);
        st = reservations_add(&till->reserved, &one);
    }
    if (st != ST_OK)
        log_warn("till-08", "not all of a sale could be reserved, commit will judge sale=%s: %s", sale->id,
                 status_text(st));
    projection_clear(p);
    strbuf_free(&body);
}
