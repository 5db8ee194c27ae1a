/* SPDX-License-Identifier: Apache-2.0 */
/* Goods come back: the command, its answer, the answer again. */
#include "agent/till/returning.h"

#include "agent/base/json.h"
#include "agent/base/log.h"
#include "agent/db/cache.h"
#include "agent/till/exchange.h"
#include "agent/till/past.h"
#include "agent/till/screen.h"
#include "agent/till/tree.h"
#include "sync/protocol/record.h"

#include <cjson/cJSON.h>

#include <stdlib.h>
#include <string.h>

/* ---- asking the central first ---- */

struct waiting_return {
    struct till *till;
    char sale_id[ID_LEN_MAX + 1];
    till_ready_fn *ready;
    void *context;
};

static void sale_answered(void *context, bool answered, const char *sale, size_t len)
{
    struct waiting_return *waiting = context;

    if (answered)
        sold_keep_answer(waiting->till, waiting->sale_id, sale, len);
    waiting->ready(waiting->context);
    free(waiting);
}

void till_before_return(struct till *till, const char *body, size_t len, till_ready_fn *ready, void *context)
{
    const struct till_central *central = &till->options.central;
    struct returning r;
    struct waiting_return *waiting = NULL;
    int64_t position;
    bool ask =
        returning_read(till, body, len, &r, NULL) == PROBLEM_NONE && r.sale_id[0] != '\0' && central->ask_sale &&
        cache_find_sale(till->options.cache, r.id, &position, NULL) != ST_OK; /* done already: nothing to ask */

    if (ask)
        waiting = calloc(1, sizeof *waiting);
    if (waiting) {
        *waiting = (struct waiting_return){.till = till, .ready = ready, .context = context};
        memcpy(waiting->sale_id, r.sale_id, strlen(r.sale_id) + 1);
        central->ask_sale(central->link, r.sale_id, TILL_QUESTION_MS, sale_answered, waiting);
    } else {
        ready(context);
    }
    returning_clear(&r);
}

/* ---- the view ---- */

static void write_notices(const struct till *till, const struct cJSON *tree, const char *state, struct json_writer *w)
{
    jw_name(w, "notices");
    jw_array_begin(w);
    if (tree_text(tree, "policy_asked")[0] != '\0')
        problem_write(w, PROBLEM_RETURN_AS_PAID, till_language(till), NULL);
    if (strcmp(state, "print_failed") == 0)
        problem_write(w, PROBLEM_PRINTER_FAILED, till_language(till), NULL);
    jw_array_end(w);
}

static enum problem write_view(const struct till *till, const struct cJSON *tree, const char *state,
                               struct strbuf *out)
{
    static const char *const taken[] = {"lines", "points", "coupons_released"};
    const struct cJSON *result = tree_child(tree, "result");
    struct json_writer w = JSON_WRITER_INIT(out);
    const char *exchange = tree_text(tree, "exchange");

    jw_object_begin(&w);
    jw_field_text(&w, "return_id", tree_text(tree, "return_id"));
    jw_field_text(&w, "sale_id", tree_text(tree, "sale_id"));
    jw_field_text(&w, "state", state);
    jw_field_text(&w, "policy", tree_text(tree, "policy"));
    jw_field_int(&w, "refund_minor", tree_int(result, "refund_minor"));
    if (tree_child(tree, "sold")) /* with the names, which a screen shows and the result has not */
        tree_write(&w, "sold", tree_child(tree, "sold"));
    for (size_t i = 0; i < sizeof taken / sizeof taken[0]; i++)
        tree_write(&w, taken[i], tree_child(result, taken[i]));
    if (exchange[0] != '\0')
        jw_field_text(&w, "exchange", exchange);
    jw_field_bool(&w, "checked", cJSON_IsTrue(tree_child(tree, "checked")));
    write_notices(till, tree, state, &w);
    jw_object_end(&w);
    return strbuf_status(out) == ST_OK ? PROBLEM_NONE : PROBLEM_TOO_LARGE;
}

/* The record of a return; PROBLEM_NO_RETURN also when the id is a sale's. */
static enum problem find_return(struct till *till, const char *id, struct past *out_past, struct errmsg *err)
{
    errmsg_set(err, "return %s", id);
    if (past_find(till, id, out_past, NULL) != ST_OK)
        return PROBLEM_NO_RETURN;
    if (strcmp(out_past->type, "return") == 0)
        return PROBLEM_NONE;
    past_clear(out_past);
    return PROBLEM_NO_RETURN;
}

enum problem till_get_return(struct till *till, const char *id, struct strbuf *out, struct errmsg *err)
{
    char state[PAST_STATE_MAX];
    struct past past;
    enum problem problem = find_return(till, id, &past, err);

    if (problem != PROBLEM_NONE)
        return problem;
    past_state(till, &past, id, state);
    problem = write_view(till, past.tree, state, out);
    past_clear(&past);
    return problem;
}

/* ---- the command ---- */

static bool lines_are_same(const struct cJSON *asked, const struct cJSON *done)
{
    const struct cJSON *a = asked->child, *b = done ? done->child : NULL;

    for (; a && b; a = a->next, b = b->next) {
        if (tree_int(a, "line") != tree_int(b, "line") || tree_int(a, "qty_milli") != tree_int(b, "qty_milli"))
            return false;
    }
    return !a && !b;
}

/* Asked again, since the answer was lost: the same answer, if it is the same return. PROBLEM_NO_RETURN: a new one. */
static enum problem answer_again(struct till *till, const struct returning *r, struct strbuf *out, struct errmsg *err)
{
    struct past past;
    char state[PAST_STATE_MAX];
    enum problem problem;
    bool same;

    if (past_find(till, r->id, &past, NULL) != ST_OK)
        return PROBLEM_NO_RETURN;
    same = strcmp(past.type, "return") == 0 && strcmp(tree_text(past.tree, "sale_id"), r->sale_id) == 0 &&
           (!r->lines || lines_are_same(r->lines, tree_child(tree_child(past.tree, "result"), "lines")));
    if (same) {
        past_state(till, &past, r->id, state);
        problem = write_view(till, past.tree, state, out);
    } else {
        errmsg_set(err, "return %s", r->id);
        problem = PROBLEM_RETURN_EXISTS;
    }
    past_clear(&past);
    return problem;
}

static enum problem answer_quote(struct till *till, const struct strbuf *body, struct strbuf *out)
{
    struct cJSON *tree = NULL;
    enum problem problem = PROBLEM_INTERNAL;

    if (json_parse(body->data, body->len, RECORD_BYTES_MAX, &tree, NULL) == ST_OK) {
        screen_return(till, tree, false);
        problem = write_view(till, tree, "quoted", out);
    }
    json_free(tree);
    return problem;
}

/* What was written is what is shown. */
static void show_return(struct till *till, const char *id)
{
    struct past past;

    if (!till->options.display.show || past_find(till, id, &past, NULL) != ST_OK)
        return;
    screen_return(till, past.tree, true);
    past_clear(&past);
}

static void print_original(struct till *till, const char *id)
{
    struct errmsg err = ERRMSG_INIT;
    enum status st = till_print_document(till, id, 0, &err);

    if (st != ST_OK && till->options.printer.print) {
        log_error("till-03", "receipt could not be made return=%s: %s", id, err.text);
        till_tell_notice(till, PROBLEM_PRINTER_FAILED, err.text);
    }
}

static void tell_return(struct till *till, const struct strbuf *view)
{
    if (till->options.watcher.event && strbuf_status(view) == ST_OK)
        till->options.watcher.event(till->options.watcher.watcher, "return", view->data, view->len);
}

/* Writes the record: on PROBLEM_NONE the return has happened. */
static enum problem write_return(struct till *till, const struct returning *r, struct strbuf *out, struct errmsg *err)
{
    struct strbuf body = STRBUF_INIT(RECORD_BYTES_MAX);
    enum status st = returning_write(till, r, &body);
    enum problem problem = PROBLEM_NONE;

    if (st != ST_OK)
        problem = PROBLEM_TOO_LARGE;
    else if (r->quote)
        problem = answer_quote(till, &body, out);
    else
        problem = till_append_command(till, "return", &body, err);
    strbuf_free(&body);
    if (problem != PROBLEM_NONE || r->quote)
        return problem;
    if (strcmp(r->policy, "unreferenced") ==
        0) /* who took it back without a receipt, the office wants to see at once */
        till_note_override(till, r->id, PROBLEM_RETURN_NO_SALE, r->cashier, r->reason);
    show_return(till, r->id);
    print_original(till, r->id);
    problem = till_get_return(till, r->id, out, err);
    tell_return(till, out);
    return problem;
}

enum problem till_return(struct till *till, const char *body, size_t len, struct strbuf *out, struct errmsg *err)
{
    struct returning r;
    enum problem problem;

    if (till->stopping)
        return PROBLEM_JOURNAL_FAILED;
    problem = returning_read(till, body, len, &r, err);
    if (problem == PROBLEM_NONE) {
        problem = answer_again(till, &r, out, err);
        if (problem == PROBLEM_NO_RETURN) {
            problem =
                till_find_sale(till, r.id) ? PROBLEM_RETURN_EXISTS : exchange_may_take_back(till, r.exchange, err);
            if (problem == PROBLEM_NONE)
                problem = returning_work_out(till, &r, err);
            if (problem == PROBLEM_NONE)
                problem = write_return(till, &r, out, err);
        }
    }
    returning_clear(&r);
    return problem;
}

enum problem till_copy_return(struct till *till, const char *id, struct strbuf *out, struct errmsg *err)
{
    struct past past;
    enum problem problem = find_return(till, id, &past, err);
    enum status st;

    if (problem != PROBLEM_NONE)
        return problem;
    past_clear(&past);
    st = till_print_document(till, id, 1, err);
    if (st != ST_OK)
        return till->options.printer.print ? PROBLEM_PRINTER_FAILED : PROBLEM_PRINTER_NONE;
    return till_get_return(till, id, out, err);
}
