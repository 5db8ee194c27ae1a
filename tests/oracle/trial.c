/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/oracle/trial.h"

#include "agent/engine/engine.h"
#include "tests/oracle/oracle.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { RESULT_BYTES_MAX = 1024 * 1024 };

/* ---- comparing ---- */

static bool differ_at(const char *at, const cJSON *engine, const cJSON *oracle, char why[WHY_BYTES])
{
    char *e = cJSON_PrintUnformatted(engine), *o = cJSON_PrintUnformatted(oracle);

    (void)snprintf(why, WHY_BYTES, "%.200s: engine %.350s, oracle %.350s", at, e ? e : "(absent)",
                   o ? o : "(absent)");
    free(e);
    free(o);
    return true;
}

/* Whether all is alike, without a word about where: nearly always it is. */
static bool same(const cJSON *engine, const cJSON *oracle)
{
    const cJSON *child, *other;
    int count = 0;

    if (!engine || !oracle || !(cJSON_IsObject(oracle) || cJSON_IsArray(oracle)) || engine->type != oracle->type)
        return engine && oracle && cJSON_Compare(engine, oracle, true);
    other = engine->child;
    cJSON_ArrayForEach(child, oracle)
    {
        if (!same(cJSON_IsArray(oracle) ? other : get(engine, child->string), child))
            return false;
        other = other ? other->next : NULL;
        count++;
    }
    return cJSON_GetArraySize(engine) == count;
}

static bool differs(const cJSON *engine, const cJSON *oracle, const char *at, char why[WHY_BYTES])
{
    char deeper[256];
    const cJSON *child;
    int i = 0;

    if (same(engine, oracle))
        return false;
    if (cJSON_IsObject(engine) && cJSON_IsObject(oracle)) {
        cJSON_ArrayForEach(child, oracle)
        {
            (void)snprintf(deeper, sizeof deeper, "%.200s/%.50s", at, child->string);
            if (differs(get(engine, child->string), child, deeper, why))
                return true;
        }
        cJSON_ArrayForEach(child, engine)
        {
            (void)snprintf(deeper, sizeof deeper, "%.200s/%.50s", at, child->string);
            if (!get(oracle, child->string))
                return differ_at(deeper, child, NULL, why);
        }
        return false;
    }
    if (cJSON_IsArray(engine) && cJSON_IsArray(oracle) && cJSON_GetArraySize(engine) == cJSON_GetArraySize(oracle)) {
        cJSON_ArrayForEach(child, oracle)
        {
            (void)snprintf(deeper, sizeof deeper, "%.200s/%d", at, i);
            if (differs(cJSON_GetArrayItem(engine, i++), child, deeper, why))
                return true;
        }
        return false;
    }
    return engine && oracle && cJSON_Compare(engine, oracle, true) ? false : differ_at(at, engine, oracle, why);
}

/* ---- the engine's side ---- */

cJSON *trial_evaluate(struct engine *engine, const struct bundle *bundle, const struct engine_sale *sale)
{
    struct strbuf text = STRBUF_INIT(RESULT_BYTES_MAX);
    const struct engine_options options = {.trace = true};
    const struct engine_result *result;
    cJSON *json = NULL;

    if (engine_evaluate(engine, bundle, sale, &options, &result, NULL) == ST_OK) {
        engine_result_write(result, true, &text);
        json = cJSON_ParseWithLength(text.data, text.len);
    }
    strbuf_free(&text);
    return json;
}

cJSON *trial_refund(struct engine *engine, const struct bundle *bundle, const cJSON *return_json, char why[WHY_BYTES])
{
    struct strbuf text = STRBUF_INIT(RESULT_BYTES_MAX);
    char *in = cJSON_PrintUnformatted(return_json);
    struct engine_fault fault = {0};
    cJSON *json = NULL;

    if (engine_refund(engine, bundle, in, strlen(in), &text, &fault, NULL) == ST_OK)
        json = cJSON_ParseWithLength(text.data, text.len);
    else
        (void)snprintf(why, WHY_BYTES, "return: %s: %s", fault.at, fault.message);
    free(in);
    strbuf_free(&text);
    return json;
}

struct bundle *trial_compile(const cJSON *json, char why[WHY_BYTES])
{
    static struct bundle_report report; /* too large for the stack of every call */
    char *text = cJSON_PrintUnformatted(json);
    struct bundle *bundle = NULL;

    if (bundle_compile(text, strlen(text), &bundle, &report, NULL) != ST_OK) {
        for (size_t i = 0; i < report.note_count; i++) {
            if (!report.notes[i].warning)
                (void)snprintf(why, WHY_BYTES, "bundle: %s: %s", report.notes[i].at, report.notes[i].text);
        }
    }
    free(text);
    return bundle;
}

struct engine_sale *trial_parse(const cJSON *json, char why[WHY_BYTES])
{
    char *text = cJSON_PrintUnformatted(json);
    struct engine_sale *sale = NULL;
    struct engine_fault fault = {0};

    if (engine_sale_parse(text, strlen(text), &sale, &fault) != ST_OK)
        (void)snprintf(why, WHY_BYTES, "sale: %s: %s", fault.at, fault.message);
    free(text);
    return sale;
}

/* ---- both ---- */

static void without_digests(cJSON *result)
{
    cJSON_DeleteItemFromObjectCaseSensitive(result, "digest");
    cJSON_DeleteItemFromObjectCaseSensitive(cJSON_GetObjectItemCaseSensitive(result, "bundle"), "digest");
}

static enum verdict compare_return(struct engine *engine, const struct bundle *bundle, const cJSON *trial,
                                   const cJSON *whole, char why[WHY_BYTES], cJSON *engine_side, cJSON *oracle_side)
{
    cJSON *by_engine, *by_oracle;

    (void)trial;
    by_engine = trial_refund(engine, bundle, whole, why);
    if (!by_engine)
        return INVALID;
    cJSON_AddItemToArray(engine_side, by_engine);
    by_oracle = oracle_refund(get(trial, "bundle"), whole);
    if (!by_oracle)
        return TOO_LARGE;
    cJSON_AddItemToArray(oracle_side, by_oracle);
    return differs(by_engine, by_oracle, "/refund", why) ? DISAGREE : AGREE;
}

/* One return after the other, each with the engine's earlier ones. */
static enum verdict compare_returns(struct engine *engine, const struct bundle *bundle, const cJSON *trial,
                                    const cJSON *result, char why[WHY_BYTES], cJSON *engine_side, cJSON *oracle_side)
{
    const cJSON *one;

    cJSON_ArrayForEach(one, get(trial, "returns"))
    {
        cJSON *whole = cJSON_Duplicate(one, true);
        enum verdict verdict;

        cJSON_AddItemToObject(whole, "sale", cJSON_Duplicate(get(trial, "sale"), true));
        cJSON_AddItemToObject(whole, "result", cJSON_Duplicate(result, true));
        cJSON_AddItemToObject(whole, "earlier", cJSON_Duplicate(engine_side, true));
        verdict = compare_return(engine, bundle, trial, whole, why, engine_side, oracle_side);
        cJSON_Delete(whole);
        if (verdict != AGREE)
            return verdict;
    }
    return AGREE;
}

static enum verdict compare_all(struct engine *engine, const struct bundle *bundle, const struct engine_sale *sale,
                                const cJSON *trial, char why[WHY_BYTES], cJSON **out_engine, cJSON **out_oracle)
{
    cJSON *by_engine = trial_evaluate(engine, bundle, sale), *by_oracle, *as_sold, *refunds, *oracle_refunds;
    enum verdict verdict = AGREE;

    *out_engine = by_engine;
    if (!by_engine) {
        (void)snprintf(why, WHY_BYTES, "the engine gives no result that is JSON");
        return DISAGREE;
    }
    *out_oracle = by_oracle = oracle_evaluate(get(trial, "bundle"), get(trial, "sale"));
    if (!by_oracle)
        return TOO_LARGE;
    if (!get_bool(by_engine, "optimal", true))
        return NOT_PROVEN;
    as_sold = cJSON_Duplicate(by_engine, true);
    without_digests(by_engine);
    if (differs(by_engine, by_oracle, "", why))
        verdict = DISAGREE;
    refunds = cJSON_CreateArray();
    oracle_refunds = cJSON_CreateArray();
    if (verdict == AGREE)
        verdict = compare_returns(engine, bundle, trial, as_sold, why, refunds, oracle_refunds);
    cJSON_AddItemToObject(by_engine, "refunds", refunds);
    cJSON_AddItemToObject(by_oracle, "refunds", oracle_refunds);
    cJSON_Delete(as_sold);
    return verdict;
}

enum verdict trial_run(struct engine *engine, const cJSON *trial, char why[WHY_BYTES], cJSON **out_engine,
                       cJSON **out_oracle)
{
    cJSON *by_engine = NULL, *by_oracle = NULL;
    enum verdict verdict = INVALID;
    struct bundle *bundle;
    struct engine_sale *sale = NULL;

    why[0] = '\0';
    bundle = trial_compile(get(trial, "bundle"), why);
    if (bundle)
        sale = trial_parse(get(trial, "sale"), why);
    if (sale)
        verdict = compare_all(engine, bundle, sale, trial, why, &by_engine, &by_oracle);
    engine_sale_destroy(sale);
    bundle_destroy(bundle);
    if (out_engine)
        *out_engine = by_engine;
    else
        cJSON_Delete(by_engine);
    if (out_oracle)
        *out_oracle = by_oracle;
    else
        cJSON_Delete(by_oracle);
    return verdict;
}

/* ---- shrinking ---- */

/* The part of the result that differed first; a smaller case has to differ there too. */
static char shrinking[16];

static void part_of(const char *why, char out[16])
{
    (void)snprintf(out, 16, "%.*s", (int)(strcspn(why + (*why != 0), "/:") + 1), why);
}

static bool still_disagree(struct engine *engine, const cJSON *trial)
{
    char why[WHY_BYTES], part[16];

    if (trial_run(engine, trial, why, NULL, NULL) != DISAGREE)
        return false;
    part_of(why, part);
    return strcmp(part, shrinking) == 0;
}

static bool shorten_number(struct engine *engine, const cJSON *trial, cJSON *node)
{
    int64_t value = (int64_t)node->valuedouble;
    const int64_t tries[] = {0, 1, 1000, 2000, value / 10, value / 2, value / 1000 * 1000, value - 1000, value - 1};

    for (size_t i = 0; i < sizeof tries / sizeof tries[0]; i++) {
        if (tries[i] < 0 || tries[i] >= value)
            continue;
        cJSON_SetNumberValue(node, (double)tries[i]);
        if (still_disagree(engine, trial))
            return true;
    }
    cJSON_SetNumberValue(node, (double)value);
    return false;
}

/* Puts a child back where it stood. */
static void restore(cJSON *node, cJSON *head, cJSON *child, cJSON *before, cJSON *after)
{
    node->child = head;
    child->prev = before;
    child->next = after;
    if (child != head)
        before->next = child;
    if (after)
        after->prev = child;
    else
        head->prev = child;
}

/* One pass over the tree below node: takes out each child, then shortens what stays. True if anything went. */
static bool shrink_below(struct engine *engine, cJSON *trial, cJSON *node, bool root)
{
    bool changed = false;

    for (cJSON *child = node->child, *next; child; child = next) {
        cJSON *head = node->child, *before = child->prev;

        next = child->next;
        if (!root) {
            cJSON_DetachItemViaPointer(node, child);
            if (still_disagree(engine, trial)) {
                cJSON_Delete(child);
                changed = true;
                continue;
            }
            restore(node, head, child, before, next);
        }
        if (cJSON_IsNumber(child))
            changed = shorten_number(engine, trial, child) || changed;
        else
            changed = shrink_below(engine, trial, child, false) || changed;
    }
    return changed;
}

void trial_shrink(struct engine *engine, cJSON *trial)
{
    char why[WHY_BYTES];

    if (trial_run(engine, trial, why, NULL, NULL) != DISAGREE)
        return;
    part_of(why, shrinking);
    for (int pass = 0; pass < 12 && shrink_below(engine, trial, trial, true); pass++) {
    }
}

static void section_print(const char *word, const cJSON *json)
{
    char *text = cJSON_PrintUnformatted(json);

    printf("%s %s\n", word, text ? text : "");
    free(text);
}

void trial_print(struct engine *engine, const cJSON *trial, const char *name, const char *why)
{
    cJSON *by_engine = NULL, *by_oracle = NULL, *refunds;
    char again[WHY_BYTES];

    (void)trial_run(engine, trial, again, &by_engine, &by_oracle);
    printf("case %s\nwhy %s\n", name, why);
    section_print("bundle", get(trial, "bundle"));
    section_print("sale", get(trial, "sale"));
    refunds = cJSON_DetachItemFromObjectCaseSensitive(by_oracle, "refunds");
    section_print("expect", by_oracle);
    if (cJSON_GetArraySize(refunds) > 0) {
        section_print("return", get(trial, "returns"));
        section_print("refund", refunds);
    }
    fflush(stdout);
    cJSON_Delete(refunds);
    cJSON_Delete(by_engine);
    cJSON_Delete(by_oracle);
}
