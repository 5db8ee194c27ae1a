/* SPDX-License-Identifier: Apache-2.0 */
/* Receipts and their copies: made from the journal, printed once, what became of them journalled. */
#include "agent/till/till_internal.h"

#include "agent/base/json.h"
#include "agent/base/log.h"
#include "agent/db/journal.h"
#include "agent/engine/engine.h"
#include "agent/receipt/page.h"
#include "agent/till/slip.h"
#include "sync/protocol/record.h"

#include <cjson/cJSON.h>

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

struct journalled {
    struct strbuf *body;
    int64_t seq;
    enum status st;
};

static bool take_body(void *context, const struct journal_entry *entry)
{
    struct journalled *found = context;
    struct record_head head;
    const char *body;
    size_t len;

    found->st = record_parse(entry->bytes, entry->len, &head, &body, &len, NULL);
    if (found->st == ST_OK) {
        strbuf_add(found->body, body, len);
        found->seq = entry->seq;
    }
    return false;
}

static void printed(void *context, const char *job_id, enum till_print state, const char *reason);

enum status till_print_slip(struct till *till, struct sale *sale, int copy, struct errmsg *err)
{
    static const enum problem said[] = {PROBLEM_CARD_UNKNOWN, PROBLEM_CARD_INACTIVE};
    struct strbuf body = STRBUF_INIT(RECORD_BYTES_MAX);
    struct journalled found = {.body = &body, .st = ST_NOT_FOUND};
    struct page page = PAGE_INIT;
    const char *reasons[SALE_NOTICES_MAX];
    char job_id[JOB_ID_MAX];
    struct slip_facts facts = {.bundle = rule_edition_bundle(sale->edition),
                               .identity = till->options.identity,
                               .language = till_language(till),
                               .member_display = sale->member.display,
                               .member_card = sale->has_card ? sale->card : "",
                               .copy_number = copy,
                               .reasons = reasons,
                               .offline_note = offline_note(till)};
    enum status st = journal_each(till->options.journal, sale->committed_position, take_body, &found, err);

    for (size_t i = 0; i < sizeof said / sizeof said[0]; i++) {
        for (int k = 0; k < sale->notice_count; k++) {
            if (sale->notices[k].problem == said[i])
                reasons[facts.reason_count++] = problem_text(said[i], facts.language)->what;
        }
    }
    if (st == ST_OK)
        st = found.st;
    facts.body = strbuf_text(&body);
    facts.body_len = body.len;
    facts.sale_number = found.seq;
    if (st == ST_OK)
        st = slip_build(&facts, &page, err);
    if (st == ST_OK && !till->options.printer.print)
        st = ST_NOT_FOUND;
    if (st == ST_OK) {
        (void)snprintf(job_id, sizeof job_id, "%s#%d", sale->id, copy);
        till->options.printer.print(till->options.printer.device, &page, job_id, printed, till);
    }
    page_free(&page);
    strbuf_free(&body);
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
    if (strbuf_status(&body) != ST_OK || till_append(till, "print", body.data, body.len, &err) != ST_OK)
        log_error("till", "what became of a print is not journalled sale=%s: %s", sale_id, err.text);
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
    const char *body, *id = "";
    size_t len;
    bool is_sale = strcmp(entry->type, "sale") == 0;

    if ((!is_sale && strcmp(entry->type, "print") != 0) ||
        record_parse(entry->bytes, entry->len, &head, &body, &len, NULL) != ST_OK ||
        json_parse(body, len, RECORD_BYTES_MAX, &tree, NULL) != ST_OK)
        return true;
    if (json_text(is_sale ? cJSON_GetObjectItemCaseSensitive(tree, "sale") : tree, "sale_id", ID_LEN_MAX, &id,
                  NULL) != ST_OK)
        id = "";
    if (is_sale && s->count < SETTLE_RECORDS_BACK) {
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
