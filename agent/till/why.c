/* SPDX-License-Identifier: Apache-2.0 */
/* Why promotions applied to a sale or did not: the sale is worked out once more with the trace on, by the rules it
 * was sold by. */
#include "agent/engine/why.h"

#include "agent/db/cache.h"
#include "agent/till/past.h"
#include "agent/till/till_internal.h"
#include "agent/till/tree.h"

#include <cjson/cJSON.h>

#include <string.h>

static enum status explain(struct till *till, const struct bundle *bundle, const char *text, size_t len,
                           struct json_writer *w, struct errmsg *err)
{
    struct engine_options options = {.trace = true, .skip_digest = true};
    const struct engine_result *result;
    struct engine_fault fault = {0};
    struct engine_sale *sale = NULL;
    enum status st = engine_sale_parse(text, len, &sale, &fault);

    if (st != ST_OK) {
        errmsg_set(err, "%s: %s", fault.at, fault.message);
        return st;
    }
    st = engine_evaluate(till->engine, bundle, sale, &options, &result, err);
    if (st == ST_OK) {
        jw_field_int(w, "rules_version", bundle_version(bundle));
        jw_field_text(w, "language", till_language(till));
        jw_name(w, "promotions");
        engine_why_write(bundle, sale, result, till_language(till), NULL, w);
    }
    engine_sale_destroy(sale);
    return st;
}

/* A sale that only the journal knows, by the edition it names. */
static enum problem explain_past(struct till *till, const char *id, struct json_writer *w, struct errmsg *err)
{
    struct rule_edition *edition = NULL;
    struct past past;
    enum status st = past_find(till, id, &past, err);
    const struct cJSON *sale;
    char *text = NULL;

    if (st != ST_OK) {
        errmsg_set(err, "sale %s", id);
        return PROBLEM_NO_SALE;
    }
    sale = strcmp(past.type, "sale") == 0 ? tree_child(past.tree, "sale") : NULL;
    edition = rulebook_edition(till->options.rulebook, tree_text(past.tree, "bundle"));
    text = sale && edition ? cJSON_PrintUnformatted(sale) : NULL;
    st = text ? explain(till, rule_edition_bundle(edition), text, strlen(text), w, err) : ST_NOT_FOUND;
    cJSON_free(text);
    if (!sale || !edition)
        errmsg_set(err, "sale %s", id);
    rule_edition_release(edition);
    past_clear(&past);
    if (!sale)
        return PROBLEM_NO_SALE;
    return st == ST_OK ? PROBLEM_NONE : st == ST_NOT_FOUND ? PROBLEM_RULES_GONE : PROBLEM_INTERNAL;
}

enum problem till_why(struct till *till, const char *id, struct strbuf *out, struct errmsg *err)
{
    const struct sale *sale = till_find_sale(till, id);
    struct json_writer w = JSON_WRITER_INIT(out);
    enum problem problem = PROBLEM_NONE;
    enum status st;

    if (sale && !sale->evaluation.done) {
        errmsg_set(err, "sale %s", id);
        return PROBLEM_NO_LINES;
    }
    jw_object_begin(&w);
    jw_field_text(&w, "sale_id", id);
    if (sale) {
        st = explain(till, rule_edition_bundle(sale->edition), sale->evaluation.sale_json.data,
                     sale->evaluation.sale_json.len, &w, err);
        problem = st == ST_OK ? PROBLEM_NONE : PROBLEM_INTERNAL;
    } else {
        problem = explain_past(till, id, &w, err);
    }
    jw_object_end(&w);
    if (problem != PROBLEM_NONE)
        strbuf_clear(out);
    return problem;
}
