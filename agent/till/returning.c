/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/till/returning.h"

#include "agent/base/clock.h"
#include "agent/base/json.h"
#include "agent/base/money.h"
#include "agent/engine/engine.h"
#include "agent/till/tree.h"
#include "sync/protocol/record.h"

#include <cjson/cJSON.h>

#include <stdio.h>
#include <string.h>

/* ---- the request ---- */

static enum problem read_id(struct till *till, struct returning *r, struct errmsg *err)
{
    char made[ID_TEXT_BYTES];
    const char *id = made;
    enum status st;

    id_new(clock_wall_ms(till->options.clock), made);
    st = json_optional(json_text(r->root, "return_id", ID_LEN_MAX, &id, err));
    if (st == ST_OK)
        st = json_optional(json_text(r->root, "sale_id", ID_LEN_MAX, &r->sale_id, err));
    if (st == ST_OK)
        st = json_optional(json_text(r->root, "exchange", ID_LEN_MAX, &r->exchange, err));
    if (st != ST_OK || !id_is_valid(id) || (r->sale_id[0] != '\0' && !id_is_valid(r->sale_id)) ||
        (r->exchange[0] != '\0' && !id_is_valid(r->exchange))) {
        errmsg_set(err, "/return_id, /sale_id, /exchange: each 1 to %d of A-Z a-z 0-9 . _ : -", ID_LEN_MAX);
        return PROBLEM_BAD_FIELD;
    }
    (void)snprintf(r->id, sizeof r->id, "%s", id);
    return PROBLEM_NONE;
}

static enum status read_rest(struct returning *r, struct errmsg *err)
{
    enum status st = json_optional(json_text(r->root, "policy", 16, &r->policy, err));

    r->asked_policy = r->policy;
    if (st == ST_OK)
        st = json_optional(json_text(r->root, "reason", 200, &r->reason, err));
    if (st == ST_OK)
        st = json_optional(json_text(r->root, "cashier", BASKET_TEXT_MAX, &r->cashier, err));
    if (st == ST_OK)
        st = json_optional(json_bool(r->root, "quote", &r->quote, err));
    if (st == ST_OK)
        st = json_optional(json_array(r->root, "lines", &r->lines, err));
    if (st == ST_OK)
        st = json_optional(basket_read_tenders(r->root, &r->tenders, err));
    if (st == ST_OK) {
        st = json_int(r->root, "expected_refund_minor", 0, MONEY_MINOR_MAX, &r->expected_minor, err);
        r->has_expected = st == ST_OK;
        st = json_optional(st);
    }
    return st;
}

enum problem returning_read(struct till *till, const char *body, size_t len, struct returning *out,
                            struct errmsg *err)
{
    enum problem problem;

    *out = (struct returning){.sale_id = "",
                              .policy = "as_paid",
                              .reason = "",
                              .cashier = "",
                              .exchange = "",
                              .result = STRBUF_INIT(RECORD_BYTES_MAX)};
    basket_init(&out->tenders);
    problem = command_read_body(body, len, &out->root, err);
    if (problem == PROBLEM_NONE)
        problem = read_id(till, out, err);
    if (problem == PROBLEM_NONE && read_rest(out, err) != ST_OK)
        problem = PROBLEM_BAD_FIELD;
    return problem;
}

void returning_clear(struct returning *r)
{
    json_free(r->root);
    json_free(r->rest);
    basket_clear(&r->tenders);
    sold_clear(&r->sold);
    strbuf_free(&r->result);
}

/* ---- working it out ---- */

static enum status write_question(const struct returning *r, struct strbuf *out)
{
    struct json_writer w = JSON_WRITER_INIT(out);

    jw_object_begin(&w);
    jw_field_text(&w, "return_id", r->id);
    jw_field_text(&w, "policy", r->policy);
    tree_write(&w, "lines", r->lines);
    if (r->sold.body) {
        tree_write(&w, "sale", tree_child(r->sold.body, "sale"));
        tree_write(&w, "result", tree_child(r->sold.body, "result"));
        tree_write(&w, "earlier", r->sold.earlier);
    }
    jw_object_end(&w);
    return strbuf_status(out);
}

static enum problem problem_of(const struct engine_fault *fault, const struct returning *r)
{
    if (strncmp(fault->at, "/lines", 6) == 0 && strcmp(fault->code, "quantity") == 0)
        return PROBLEM_RETURN_MORE;
    if (strcmp(fault->code, "unreferenced") == 0)
        return PROBLEM_RETURN_NO_SALE;
    if (strcmp(fault->code, "bundle") == 0)
        return PROBLEM_RETURN_AS_PAID;
    /* What we composed ourselves of records is no fault of the caller's. */
    return r->sold.body && strncmp(fault->at, "/lines", 6) != 0 && strcmp(fault->at, "/policy") != 0
               ? PROBLEM_INTERNAL
               : PROBLEM_BAD_FIELD;
}

/* By the rules of the sale itself, when they are still here. */
static enum problem ask_engine(struct till *till, struct returning *r, struct errmsg *err)
{
    struct strbuf question = STRBUF_INIT(RETURN_BYTES_MAX);
    struct rule_edition *edition = NULL;
    struct engine_fault fault = {0};
    enum status st = write_question(r, &question);

    if (strcmp(r->policy, "recompute") == 0 && r->sold.body)
        edition = rulebook_edition(till->options.rulebook, tree_text(r->sold.body, "bundle"));
    strbuf_clear(&r->result);
    if (st == ST_OK)
        st = engine_refund(till->engine, edition ? rule_edition_bundle(edition) : NULL, question.data, question.len,
                           &r->result, &fault, err);
    rule_edition_release(edition);
    strbuf_free(&question);
    if (st == ST_INVALID) {
        errmsg_set(err, "%s: %s", fault.at[0] ? fault.at : "/", fault.message);
        return problem_of(&fault, r);
    }
    return st == ST_OK ? PROBLEM_NONE : PROBLEM_TOO_LARGE;
}

static enum problem find_sold(struct till *till, struct returning *r, struct errmsg *err)
{
    enum problem problem;

    if (strcmp(r->policy, "unreferenced") == 0) {
        r->sale_id = ""; /* a sale named all the same would only look as if it had been looked at */
        return PROBLEM_NONE;
    }
    if (r->sale_id[0] == '\0') {
        errmsg_set(err, "/sale_id: missing");
        return PROBLEM_RETURN_NO_SALE;
    }
    problem = sold_find(till, r->sale_id, &r->sold, err);
    if (problem != PROBLEM_NONE || r->lines)
        return problem;
    r->lines = r->rest = sold_rest(&r->sold);
    if (r->rest && cJSON_GetArraySize(r->rest) > 0)
        return PROBLEM_NONE;
    errmsg_set(err, "sale %s: all of it is back already", r->sale_id);
    return r->rest ? PROBLEM_RETURN_MORE : PROBLEM_INTERNAL;
}

static enum problem read_refund(struct returning *r, struct errmsg *err)
{
    struct cJSON *tree = NULL;
    enum status st = json_parse(r->result.data, r->result.len, RECORD_BYTES_MAX, &tree, err);

    r->refund_minor = tree_int(tree, "refund_minor");
    json_free(tree);
    if (st != ST_OK)
        return PROBLEM_INTERNAL;
    if (r->has_expected && r->expected_minor != r->refund_minor) {
        errmsg_set(err, "shown %lld, now %lld", (long long)r->expected_minor, (long long)r->refund_minor);
        return PROBLEM_REFUND_DIFFERS;
    }
    return PROBLEM_NONE;
}

enum problem returning_work_out(struct till *till, struct returning *r, struct errmsg *err)
{
    enum problem problem = find_sold(till, r, err);

    if (problem == PROBLEM_NONE)
        problem = ask_engine(till, r, err);
    if (problem == PROBLEM_RETURN_AS_PAID) { /* the rules of that sale are gone: the shopper does not pay for that */
        r->policy = "as_paid";
        problem = ask_engine(till, r, err);
    }
    return problem == PROBLEM_NONE ? read_refund(r, err) : problem;
}

/* ---- the record ---- */

static const struct cJSON *line_of(const struct cJSON *lines, int64_t number)
{
    const struct cJSON *line;

    cJSON_ArrayForEach(line, lines)
    {
        if (tree_int(line, "line") == number)
            return line;
    }
    return NULL;
}

/* The lines as they were sold, or as the request described them: for the receipt and its copies. */
static void write_sold(const struct returning *r, struct json_writer *w)
{
    const struct cJSON *sold = tree_child(tree_child(r->sold.body, "sale"), "lines"), *line;

    jw_name(w, "sold");
    jw_array_begin(w);
    cJSON_ArrayForEach(line, r->lines)
    {
        const struct cJSON *from = r->sold.body ? line_of(sold, tree_int(line, "line")) : line;
        char *text = from ? cJSON_PrintUnformatted(from) : NULL;

        if (text)
            jw_raw(w, text, strlen(text));
        cJSON_free(text);
    }
    jw_array_end(w);
}

static void write_earlier(const struct returning *r, struct json_writer *w)
{
    const struct cJSON *one;

    jw_name(w, "earlier");
    jw_array_begin(w);
    cJSON_ArrayForEach(one, r->sold.earlier) jw_text(w, tree_text(one, "return_id"));
    jw_array_end(w);
}

static void write_place(struct till *till, struct json_writer *w)
{
    struct civil_time now;
    char at[26], date[11];

    clock_local(clock_wall_ms(till->options.clock), &now);
    civil_format_time(&now, at);
    civil_format_date(now.day, date);
    jw_field_text(w, "at", at);
    jw_field_text(w, "business_date", date);
}

enum status returning_write(struct till *till, const struct returning *r, struct strbuf *out)
{
    struct json_writer w = JSON_WRITER_INIT(out);

    jw_object_begin(&w);
    jw_field_text(&w, "return_id", r->id);
    jw_field_text(&w, "sale_id", r->sale_id);
    jw_field_text(&w, "policy", r->policy);
    if (strcmp(r->policy, r->asked_policy) != 0)
        jw_field_text(&w, "policy_asked", r->asked_policy);
    write_place(till, &w);
    jw_field_raw(&w, "result", r->result.data, r->result.len);
    write_sold(r, &w);
    jw_field_text(&w, "member", r->sold.member);
    write_earlier(r, &w);
    jw_field_bool(&w, "checked", r->sold.checked);
    if (r->exchange[0] != '\0')
        jw_field_text(&w, "exchange", r->exchange);
    basket_write_tenders(&r->tenders, &w);
    if (r->cashier[0] != '\0')
        jw_field_text(&w, "cashier", r->cashier);
    if (r->reason[0] != '\0')
        jw_field_text(&w, "reason", r->reason);
    jw_object_end(&w);
    return strbuf_status(out);
}
