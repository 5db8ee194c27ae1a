/* SPDX-License-Identifier: Apache-2.0 */
/* Receipts and their copies: made from the journal, printed once, what became of them journalled. */
#include "agent/till/till_internal.h"

#include "agent/base/json.h"
#include "agent/base/log.h"
#include "agent/db/journal.h"
#include "agent/receipt/page.h"
#include "agent/till/past.h"
#include "agent/till/slip.h"
#include "agent/till/tree.h"
#include "sync/protocol/record.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SETTLE_RECORDS_BACK = 64, JOB_ID_MAX = ID_LEN_MAX + 16 };

static const char *offline_note(struct till *till)
{
    int64_t since;

    if (!till->options.central.is_up || till->options.central.is_up(till->options.central.link, &since))
        return "";
    return strcmp(till_language(till), "ru") == 0 ? "Оформлено без связи с центром" : "Worked out without a link";
}

static void printed(void *context, const char *job_id, enum till_print state, const char *reason);

/* Lays the record out and sends it to the printer; edition says what promotions are called. */
static enum status send_slip(struct till *till, const struct past *past, const char *id,
                             const struct rule_edition *edition, struct slip_facts *facts, struct errmsg *err)
{
    struct page page = PAGE_INIT;
    char job_id[JOB_ID_MAX];
    enum status st;

    facts->bundle = rule_edition_bundle(edition);
    facts->identity = till->options.identity;
    facts->language = till_language(till);
    facts->offline_note = offline_note(till);
    facts->body = past->tree;
    facts->is_return = strcmp(past->type, "return") == 0;
    facts->sale_number = past->seq;
    st = slip_build(facts, &page, err);
    if (st == ST_OK && !till->options.printer.print)
        st = ST_NOT_FOUND;
    if (st == ST_OK) {
        (void)snprintf(job_id, sizeof job_id, "%s#%d", id, facts->copy_number);
        till->options.printer.print(till->options.printer.device, &page, job_id, printed, till);
    }
    page_free(&page);
    return st;
}

enum status till_print_slip(struct till *till, const struct sale *sale, int copy, struct errmsg *err)
{
    static const enum problem said[] = {PROBLEM_CARD_UNKNOWN, PROBLEM_CARD_INACTIVE};
    const char *reasons[SALE_NOTICES_MAX];
    struct slip_facts facts = {.member_display = sale->member.display, .copy_number = copy, .reasons = reasons};
    struct past past;
    enum status st = past_read(till, sale->committed_position, &past, err);

    if (st != ST_OK)
        return st;
    for (size_t i = 0; i < sizeof said / sizeof said[0]; i++) {
        for (int k = 0; k < sale->notice_count; k++) {
            if (sale->notices[k].problem == said[i])
                reasons[facts.reason_count++] = problem_text(said[i], till_language(till))->what;
        }
    }
    st = send_slip(till, &past, sale->id, sale->edition, &facts, err);
    past_clear(&past);
    return st;
}

enum status till_print_document(struct till *till, const char *id, int copy, struct errmsg *err)
{
    struct slip_facts facts = {.member_display = "", .copy_number = copy};
    struct rule_edition *edition;
    struct past past;
    enum status st = past_find(till, id, &past, err);

    if (st != ST_OK)
        return st;
    edition = rulebook_edition(till->options.rulebook, tree_text(past.tree, "bundle"));
    st = send_slip(till, &past, id, edition ? edition : rulebook_active(till->options.rulebook), &facts, err);
    rule_edition_release(edition);
    past_clear(&past);
    return st;
}

static const char *const print_names[] = {"confirmed", "unknown", "failed"};

static void journal_print(struct till *till, const char *sale_id, enum till_print state, const char *reason, int copy)
{
    struct strbuf body = STRBUF_INIT(4096);
    struct json_writer w = JSON_WRITER_INIT(&body);
    struct errmsg err = ERRMSG_INIT;

    jw_object_begin(&w);
    jw_field_text(&w, "sale_id", sale_id);
    jw_field_text(&w, "state", print_names[state]);
    jw_field_text(&w, "reason", reason);
    jw_field_int(&w, "copy", copy);
    jw_object_end(&w);
    if (strbuf_status(&body) != ST_OK || till_record(till, "print", body.data, body.len, &err) != ST_OK)
        log_error("till-16", "what became of a print is not journalled sale=%s: %s", sale_id, err.text);
    else if (till->options.watcher.event)
        till->options.watcher.event(till->options.watcher.watcher, "print", body.data, body.len);
    strbuf_free(&body);
}

static void printed(void *context, const char *job_id, enum till_print state, const char *reason)
{
    static const enum sale_event events[] = {SALE_CONFIRMED, SALE_NO_ANSWER, SALE_NOT_PRINTED};
    static const enum problem problems[] = {PROBLEM_NONE, PROBLEM_PRINT_UNKNOWN, PROBLEM_PRINTER_FAILED};
    struct till *till = context;
    const char *mark = strrchr(job_id, '#');
    char id[ID_LEN_MAX + 1];
    struct sale *sale;

    (void)snprintf(id, sizeof id, "%.*s", mark ? (int)(mark - job_id) : ID_LEN_MAX, job_id);
    journal_print(till, id, state, reason, mark ? (int)strtol(mark + 1, NULL, 10) : 0);
    sale = till_find_sale(till, id);
    if (!sale)
        return;
    (void)sale_move(sale, events[state]);
    (void)snprintf(sale->print_reason, sizeof sale->print_reason, "%s", reason);
    sale_drop_notice(sale, PROBLEM_PRINTER_FAILED);
    sale_drop_notice(sale, PROBLEM_PRINT_UNKNOWN);
    if (problems[state] != PROBLEM_NONE) {
        sale_notice(sale, problems[state], reason);
        till_tell_notice(till, problems[state], reason);
    }
    till_tell_sale(till, sale);
}

/* ---- after a restart ---- */

struct settle {
    char pending[SETTLE_RECORDS_BACK][ID_LEN_MAX + 1];
    int count;
};

static bool settle_entry(void *context, const struct journal_entry *entry)
{
    struct settle *s = context;
    struct record_head head;
    struct cJSON *tree = NULL;
    const char *body, *id;
    size_t len;
    bool is_sale = strcmp(entry->type, "sale") == 0, is_return = strcmp(entry->type, "return") == 0;

    if ((!is_sale && !is_return && strcmp(entry->type, "print") != 0) ||
        record_parse(entry->bytes, entry->len, &head, &body, &len, NULL) != ST_OK ||
        json_parse(body, len, RECORD_BYTES_MAX, &tree, NULL) != ST_OK)
        return true;
    id = tree_text(is_sale ? tree_child(tree, "sale") : tree, is_return ? "return_id" : "sale_id");
    if ((is_sale || is_return) && s->count < SETTLE_RECORDS_BACK) {
        (void)snprintf(s->pending[s->count++], ID_LEN_MAX + 1, "%s", id);
    } else {
        for (int i = 0; i < s->count; i++) {
            if (strcmp(s->pending[i], id) == 0)
                memmove(s->pending[i], s->pending[--s->count], ID_LEN_MAX + 1);
        }
    }
    json_free(tree);
    return true;
}

enum status till_settle_prints(struct till *till, struct errmsg *err)
{
    struct settle *s = calloc(1, sizeof *s);
    struct journal_head head;
    int64_t from;
    enum status st;

    if (!s)
        return ST_NOMEM;
    journal_head(till->options.journal, &head);
    from = head.position > SETTLE_RECORDS_BACK ? head.position - SETTLE_RECORDS_BACK + 1 : 1;
    st = journal_each(till->options.journal, from, settle_entry, s, err);
    /* Nothing is printed a second time by itself: whoever stands at the till sees the paper. */
    for (int i = 0; st == ST_OK && i < s->count && till->options.printer.print; i++)
        journal_print(till, s->pending[i], TILL_PRINT_UNKNOWN, "the agent was restarted before the printer answered",
                      0);
    free(s);
    return st;
}
