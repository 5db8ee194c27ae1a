/* SPDX-License-Identifier: Apache-2.0 */
/*
 * run_vectors - runs the text cases through the library. Beside what a case expects: sums are exact, the digest does
 * not depend on the trace, and neither the order of scanning nor that of the file moves money. The traps of
 * README.md's table have their cases.
 */
#include "vectors.h"

#include "agent/base/pk_memo.h"
#include "agent/engine/engine.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAMES_MAX = 4096 };

struct run {
    struct engine *engine;
    char *names[NAMES_MAX];
    size_t cases, failed;
};

/* "/promotions/0/id is missing": the pointer, then some words of the text. */
static bool report_has(const struct bundle_report *report, const char *wanted)
{
    size_t len = strcspn(wanted, " ");

    for (size_t i = 0; i < report->note_count; i++) {
        const struct bundle_note *note = &report->notes[i];

        if (strlen(note->at) == len && strncmp(note->at, wanted, len) == 0 &&
            strstr(note->text, wanted + len + (wanted[len] == ' ')))
            return true;
    }
    return false;
}

static int check_fault(const struct vector *c, const struct bundle_report *report)
{
    char *lines = strdup(c->sections[VECTOR_FAULT]), *rest = lines, *line;
    int count = 0;

    while ((line = strsep(&rest, "\n")) != NULL) {
        if (*line && !report_has(report, line)) {
            vector_complain(c, "fault not reported", line);
            count++;
        }
    }
    for (size_t i = 0; count && i < report->note_count; i++)
        vector_complain(c, report->notes[i].at, report->notes[i].text);
    free(lines);
    return count;
}

/* What must hold for every result: sums exact, nothing below zero. */
static int check_sums(const struct vector *c, const struct engine_result *r)
{
    int64_t gross = 0, discount = 0, redeemed = 0, net = 0;
    int count = 0;

    for (size_t i = 0; i < r->line_count; i++) {
        const struct engine_result_line *line = &r->lines[i];
        int64_t splits = 0, adjustments = 0, paid = 0;

        for (size_t k = 0; k < line->split_count; k++) {
            splits += line->splits[k].net_minor;
            count += line->splits[k].net_minor < 0;
        }
        for (size_t k = 0; k < line->adjustment_count; k++)
            adjustments += line->adjustments[k].amount_minor;
        for (size_t k = 0; k < line->redeemed_count; k++)
            paid += line->redeemed[k].amount_minor;
        count += splits != line->net_minor || adjustments != line->discount_minor || paid != line->redeemed_minor ||
                 line->gross_minor - line->discount_minor - line->redeemed_minor != line->net_minor ||
                 line->net_minor < 0;
        gross += line->gross_minor;
        discount += line->discount_minor;
        redeemed += line->redeemed_minor;
        net += line->net_minor;
    }
    count += gross != r->gross_minor || discount != r->discount_minor || redeemed != r->redeemed_minor ||
             net != r->total_minor;
    if (count)
        vector_complain(c, "sums", "do not add up");
    return count;
}

static int check_sale(const struct vector *c, const struct bundle *bundle, struct engine *engine)
{
    struct engine_options options = {.trace = true};
    struct strbuf text = STRBUF_INIT(VECTOR_BYTES_MAX);
    const struct engine_result *result;
    struct engine_fault fault = {0};
    struct engine_sale *sale;
    cJSON *wanted = cJSON_Parse(c->sections[VECTOR_EXPECT]), *got = NULL;
    int count = 0;

    if (!wanted) {
        vector_complain(c, "expect", "is no JSON");
        return 1;
    }
    if (engine_sale_parse(c->sections[VECTOR_SALE], strlen(c->sections[VECTOR_SALE]), &sale, &fault) != ST_OK) {
        got = vector_error(fault.code, fault.message, fault.at);
    } else {
        char digest[65];

        cr_assert_eq(engine_evaluate(engine, bundle, sale, NULL, &result, NULL), ST_OK);
        memcpy(digest, result->digest, sizeof digest);
        cr_assert_eq(engine_evaluate(engine, bundle, sale, &options, &result, NULL), ST_OK);
        if (strcmp(digest, result->digest) != 0) {
            vector_complain(c, "digest", "is another with the trace on");
            count++;
        }
        count += check_sums(c, result);
        engine_result_write(result, true, &text);
        got = cJSON_ParseWithLength(strbuf_text(&text), text.len);
        engine_sale_destroy(sale);
    }
    count += vector_differs(c, wanted, got, "");
    cJSON_Delete(wanted);
    cJSON_Delete(got);
    strbuf_free(&text);
    return count;
}

/* The sale's own result, as JSON; NULL when there is no sale. */
static cJSON *sold(const struct vector *c, const struct bundle *bundle, struct engine *engine)
{
    struct strbuf text = STRBUF_INIT(VECTOR_BYTES_MAX);
    const struct engine_result *result;
    struct engine_fault fault = {0};
    struct engine_sale *sale;
    cJSON *json;

    if (!c->sections[VECTOR_SALE])
        return NULL;
    cr_assert_eq(engine_sale_parse(c->sections[VECTOR_SALE], strlen(c->sections[VECTOR_SALE]), &sale, &fault), ST_OK,
                 "%s", fault.message);
    cr_assert_eq(engine_evaluate(engine, bundle, sale, NULL, &result, NULL), ST_OK);
    engine_result_write(result, false, &text);
    json = cJSON_Parse(strbuf_text(&text));
    engine_sale_destroy(sale);
    strbuf_free(&text);
    return json;
}

static cJSON *refund_of(const cJSON *request, const struct bundle *bundle, struct engine *engine)
{
    char *text = cJSON_PrintUnformatted(request);
    struct strbuf out = STRBUF_INIT(VECTOR_BYTES_MAX);
    struct engine_fault fault = {0};
    cJSON *json;

    if (engine_refund(engine, bundle, text, strlen(text), &out, &fault, NULL) == ST_OK) {
        json = cJSON_Parse(strbuf_text(&out));
    } else {
        json = vector_error(fault.code, fault.message, fault.at);
    }
    strbuf_free(&out);
    free(text);
    return json;
}

/* The returns one after the other; each gets the sale, its result and the earlier returns unless it brings its own.
 */
static int check_returns(const struct vector *c, const struct bundle *bundle, struct engine *engine)
{
    cJSON *requests = cJSON_Parse(c->sections[VECTOR_RETURN]), *wanted = cJSON_Parse(c->sections[VECTOR_REFUND]),
          *request;
    cJSON *sale = c->sections[VECTOR_SALE] ? cJSON_Parse(c->sections[VECTOR_SALE]) : NULL,
          *result = sold(c, bundle, engine);
    cJSON *all = cJSON_CreateArray(), *earlier = cJSON_CreateArray();
    int count = 0;

    if (!cJSON_IsArray(requests) || !cJSON_IsArray(wanted)) {
        vector_complain(c, "return or refund", "wants an array");
        count++;
    }
    cJSON_ArrayForEach(request, requests)
    {
        cJSON *answer;

        vector_complete_return(request, sale, result, earlier);
        answer = refund_of(request, bundle, engine);
        if (!cJSON_GetObjectItemCaseSensitive(answer, "error"))
            cJSON_AddItemToArray(earlier, cJSON_Duplicate(answer, true));
        cJSON_AddItemToArray(all, answer);
    }
    count += vector_differs(c, wanted, all, "");
    cJSON_Delete(requests);
    cJSON_Delete(wanted);
    cJSON_Delete(sale);
    cJSON_Delete(result);
    cJSON_Delete(all);
    cJSON_Delete(earlier);
    return count;
}

/* ---- the order of scanning and of the file ---- */

static void turn_round(cJSON *object, const char *name)
{
    cJSON *array = cJSON_GetObjectItemCaseSensitive(object, name), *turned = cJSON_CreateArray(), *item;

    if (!cJSON_IsArray(array)) {
        cJSON_Delete(turned);
        return;
    }
    while ((item = cJSON_DetachItemFromArray(array, 0)) != NULL)
        cJSON_InsertItemInArray(turned, 0, item);
    cJSON_ReplaceItemInObjectCaseSensitive(object, name, turned);
}

/* The result of text[0] (bundle) and text[1] (sale) without what the order of the file is part of; NULL for a fault.
 */
static char *result_of(const char *const text[2], bool turned, struct engine *engine)
{
    struct strbuf out = STRBUF_INIT(VECTOR_BYTES_MAX);
    struct engine_options options = {.trace = true};
    const struct engine_result *result;
    struct engine_fault fault = {0};
    struct engine_sale *sale = NULL;
    struct bundle *bundle = NULL;
    char *shown = NULL;

    if (bundle_compile(text[0], strlen(text[0]), &bundle, NULL, NULL) == ST_OK &&
        engine_sale_parse(text[1], strlen(text[1]), &sale, &fault) == ST_OK) {
        cJSON *json;

        cr_assert_eq(engine_evaluate(engine, bundle, sale, &options, &result, NULL), ST_OK);
        engine_result_write(result, true, &out);
        json = cJSON_Parse(strbuf_text(&out));
        if (turned)
            turn_round(json, "lines");
        cJSON_DeleteItemFromObjectCaseSensitive(json, "bundle");
        cJSON_DeleteItemFromObjectCaseSensitive(json, "digest");
        shown = cJSON_PrintUnformatted(json);
        cJSON_Delete(json);
    }
    engine_sale_destroy(sale);
    bundle_destroy(bundle);
    strbuf_free(&out);
    return shown;
}

static int check_order(const struct vector *c, const char *bundle_text, struct engine *engine)
{
    cJSON *bundle = cJSON_Parse(bundle_text), *sale = cJSON_Parse(c->sections[VECTOR_SALE]);
    const char *const straight[2] = {bundle_text, c->sections[VECTOR_SALE]};
    char *turned_bundle, *turned_sale, *one, *two;
    int count = 0;

    if (!sale || !cJSON_IsArray(cJSON_GetObjectItemCaseSensitive(sale, "lines"))) {
        cJSON_Delete(bundle);
        cJSON_Delete(sale);
        return 0; /* no sale: it is refused */
    }
    turn_round(bundle, "promotions");
    turn_round(sale, "lines");
    turned_bundle = cJSON_PrintUnformatted(bundle);
    turned_sale = cJSON_PrintUnformatted(sale);
    one = result_of(straight, false, engine);
    two = result_of((const char *const[2]){turned_bundle, turned_sale}, true, engine);
    if (one && (!two || strcmp(one, two) != 0)) {
        vector_complain(c, "in order", one);
        vector_complain(c, "turned round", two ? two : "refused");
        count = 1;
    }
    free(one);
    free(two);
    free(turned_bundle);
    free(turned_sale);
    cJSON_Delete(bundle);
    cJSON_Delete(sale);
    return count;
}

/* ---- a case ---- */

static int check_name(const struct vector *c, struct run *run)
{
    int count = 0;

    if (!c->sections[VECTOR_WHY]) {
        vector_complain(c, "why", "every case says why in a line");
        count++;
    }
    for (size_t i = 0; i < run->cases; i++) {
        if (strcmp(run->names[i], c->sections[VECTOR_CASE]) == 0) {
            vector_complain(c, "case", "another case has this name");
            count++;
        }
    }
    cr_assert(run->cases < NAMES_MAX);
    run->names[run->cases++] = strdup(c->sections[VECTOR_CASE]);
    return count;
}

static int check_with(const struct vector *c, const struct bundle *bundle, const char *text, struct engine *engine)
{
    int count = 0;

    if (c->sections[VECTOR_RETURN] && c->sections[VECTOR_REFUND])
        count += check_returns(c, bundle, engine);
    if (c->sections[VECTOR_SALE] && c->sections[VECTOR_EXPECT]) {
        count += check_sale(c, bundle, engine) + check_order(c, text, engine);
    } else if (!c->sections[VECTOR_FAULT] && !c->sections[VECTOR_RETURN]) {
        vector_complain(c, "sale or expect", "is missing");
        count++;
    }
    return count;
}

static void run_case(void *context, const struct vector *c)
{
    static struct bundle_report report;
    struct run *run = context;
    char *text = vector_bundle(c, 0);
    struct bundle *bundle;
    int count = check_name(c, run);

    if (bundle_compile(text, strlen(text), &bundle, &report, NULL) == ST_OK) {
        if (c->sections[VECTOR_FAULT])
            count += check_fault(c, &report); /* warnings */
        count += check_with(c, bundle, text, run->engine);
        bundle_destroy(bundle);
    } else if (c->sections[VECTOR_FAULT]) {
        count += check_fault(c, &report);
    } else {
        for (size_t i = 0; i < report.note_count; i++)
            vector_complain(c, report.notes[i].at, report.notes[i].text);
        count++;
    }
    run->failed += count > 0;
    free(text);
}

/* ---- the table of traps ---- */

static bool is_case(const struct run *run, const char *name)
{
    for (size_t i = 0; i < run->cases; i++) {
        if (strcmp(run->names[i], name) == 0)
            return true;
    }
    return false;
}

/* Rows "| what happened | `trap-name` |" of README.md name each case that is called trap-..., and no other. */
static void check_traps(const struct run *run)
{
    FILE *file = fopen(LOYALD_SOURCE_DIR "/tests/vectors/README.md", "r");
    char *line = NULL, *name;
    size_t cap = 0, rows = 0, traps = 0;

    cr_assert(file);
    while (getline(&line, &cap, file) >= 0) {
        name = strstr(line, "| `trap-");
        if (line[0] != '|' || !name)
            continue;
        name += strlen("| `");
        name[strcspn(name, "`")] = '\0';
        cr_expect(is_case(run, name), "README.md names %s, and there is no such case", name);
        rows++;
    }
    free(line);
    (void)fclose(file);
    for (size_t i = 0; i < run->cases; i++)
        traps += strncmp(run->names[i], "trap-", 5) == 0;
    cr_expect_eq(rows, traps, "%zu rows of traps in README.md, %zu cases", rows, traps);
}

Test(vectors, all_come_out_as_written)
{
    static struct pk_memo coupons;
    static struct run run;

    cr_assert_eq(engine_create(&run.engine, NULL), ST_OK);
    engine_set_verify(run.engine, pk_memo_verify, &coupons);
    vectors_each(run_case, &run);
    engine_destroy(run.engine);
    check_traps(&run);
    fprintf(stderr, "%zu cases, %zu failed\n", run.cases, run.failed);
    cr_assert_eq(run.failed, 0);
    cr_assert(run.cases >= 260);
    for (size_t i = 0; i < run.cases; i++)
        free(run.names[i]);
}
