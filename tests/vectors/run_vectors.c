/* SPDX-License-Identifier: Apache-2.0 */
/*
 * run_vectors - runs the text cases of this folder (README.md says how they are written) through the library. Every
 * difference is printed with its case; the test fails at the end, so one run shows all of them.
 */
#include "agent/engine/engine.h"

#include <cjson/cJSON.h>
#include <criterion/criterion.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SECTIONS = 8, FILE_MAX = 4 * 1024 * 1024 };
static const char *const section_names[SECTIONS] = {"case",   "why",   "bundle", "sale",
                                                    "expect", "fault", "return", "refund"};
enum { CASE, WHY, BUNDLE, SALE, EXPECT, FAULT, RETURN, REFUND };

struct text_case {
    const char *file;
    char *sections[SECTIONS]; /* NULL: not there */
};

static size_t cases_run, cases_failed;

static const char *const defaults =
    "{\"format\":\"loyald-bundle/1\",\"id\":\"test\",\"version\":1,\"currency\":\"RUB\",\"minor_digits\":2,"
    "\"layers\":[{\"id\":\"promo\",\"mode\":\"best\"},{\"id\":\"card\",\"mode\":\"first\"},"
    "{\"id\":\"coupon\",\"mode\":\"stack\"}],\"point_currencies\":[{\"id\":\"bonus\",\"digits\":0,\"value_minor\":"
    "100}],"
    "\"promotions\":[]}";

static void complain(const struct text_case *c, const char *at, const char *text)
{
    fprintf(stderr, "%s: case %s: %s: %s\n", c->file, c->sections[CASE] ? c->sections[CASE] : "?", at, text);
}

/* What the case names must be there and equal; an array must be as long. Answers the number of differences. */
static int differs(const struct text_case *c, const cJSON *wanted, const cJSON *got, const char *at)
{
    char deeper[512], text[1024];
    int count = 0, i = 0;
    const cJSON *child;

    if (!got) {
        complain(c, at, "is not there");
        return 1;
    }
    if (cJSON_IsObject(wanted) && cJSON_IsObject(got)) {
        cJSON_ArrayForEach(child, wanted)
        {
            (void)snprintf(deeper, sizeof deeper, "%s/%s", at, child->string);
            count += differs(c, child, cJSON_GetObjectItemCaseSensitive(got, child->string), deeper);
        }
        return count;
    }
    if (cJSON_IsArray(wanted) && cJSON_IsArray(got) && cJSON_GetArraySize(wanted) == cJSON_GetArraySize(got)) {
        cJSON_ArrayForEach(child, wanted)
        {
            (void)snprintf(deeper, sizeof deeper, "%s/%d", at, i);
            count += differs(c, child, cJSON_GetArrayItem(got, i++), deeper);
        }
        return count;
    }
    if (cJSON_Compare(wanted, got, 1))
        return 0;
    {
        char *want_text = cJSON_PrintUnformatted(wanted), *got_text = cJSON_PrintUnformatted(got);

        (void)snprintf(text, sizeof text, "wanted %s, got %s", want_text, got_text);
        free(want_text);
        free(got_text);
    }
    complain(c, at, text);
    return 1;
}

/* The bundle of the case with what it leaves out taken from the defaults. */
static char *whole_bundle(const char *text)
{
    cJSON *bundle = cJSON_Parse(text ? text : "{}"), *rest = cJSON_Parse(defaults), *value, *next;
    char *whole;

    if (!bundle) {
        cJSON_Delete(rest);
        return strdup(text); /* the compiler says what is wrong */
    }
    for (value = rest->child; value; value = next) {
        next = value->next;
        if (!cJSON_GetObjectItemCaseSensitive(bundle, value->string))
            cJSON_AddItemToObject(bundle, value->string, cJSON_DetachItemViaPointer(rest, value));
    }
    whole = cJSON_PrintUnformatted(bundle);
    cJSON_Delete(bundle);
    cJSON_Delete(rest);
    return whole;
}

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

static int check_fault(const struct text_case *c, const struct bundle_report *report)
{
    char *lines = strdup(c->sections[FAULT]), *rest = lines, *line;
    int count = 0;

    while ((line = strsep(&rest, "\n")) != NULL) {
        if (*line && !report_has(report, line)) {
            complain(c, "fault not reported", line);
            count++;
        }
    }
    for (size_t i = 0; count && i < report->note_count; i++)
        complain(c, report->notes[i].at, report->notes[i].text);
    free(lines);
    return count;
}

/* What must hold for every result: sums exact, nothing below zero. */
static int check_sums(const struct text_case *c, const struct engine_result *r)
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
        complain(c, "sums", "do not add up");
    return count;
}

static int check_sale(const struct text_case *c, const struct bundle *bundle, struct engine *engine)
{
    struct engine_options options = {.trace = true};
    struct strbuf text = STRBUF_INIT(FILE_MAX);
    const struct engine_result *result;
    struct engine_fault fault = {0};
    struct engine_sale *sale;
    cJSON *wanted = cJSON_Parse(c->sections[EXPECT]), *got = NULL;
    int count = 0;

    if (!wanted) {
        complain(c, "expect", "is no JSON");
        return 1;
    }
    if (engine_sale_parse(c->sections[SALE], strlen(c->sections[SALE]), &sale, &fault) != ST_OK) {
        cJSON *error = cJSON_CreateObject(), *inner = cJSON_AddObjectToObject(error, "error");

        cJSON_AddStringToObject(inner, "code", fault.code);
        cJSON_AddStringToObject(inner, "message", fault.message);
        cJSON_AddStringToObject(inner, "at", fault.at);
        got = error;
    } else {
        char digest[65];

        cr_assert_eq(engine_evaluate(engine, bundle, sale, NULL, &result, NULL), ST_OK);
        memcpy(digest, result->digest, sizeof digest);
        cr_assert_eq(engine_evaluate(engine, bundle, sale, &options, &result, NULL), ST_OK);
        if (strcmp(digest, result->digest) != 0) {
            complain(c, "digest", "is another with the trace on");
            count++;
        }
        count += check_sums(c, result);
        engine_result_write(result, true, &text);
        got = cJSON_ParseWithLength(strbuf_text(&text), text.len);
        engine_sale_destroy(sale);
    }
    count += differs(c, wanted, got, "");
    cJSON_Delete(wanted);
    cJSON_Delete(got);
    strbuf_free(&text);
    return count;
}

/* The sale's own result, as JSON; NULL when there is no sale. */
static cJSON *sold(const struct text_case *c, const struct bundle *bundle, struct engine *engine)
{
    struct strbuf text = STRBUF_INIT(FILE_MAX);
    const struct engine_result *result;
    struct engine_fault fault = {0};
    struct engine_sale *sale;
    cJSON *json;

    if (!c->sections[SALE])
        return NULL;
    cr_assert_eq(engine_sale_parse(c->sections[SALE], strlen(c->sections[SALE]), &sale, &fault), ST_OK, "%s",
                 fault.message);
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
    struct strbuf out = STRBUF_INIT(FILE_MAX);
    struct engine_fault fault = {0};
    cJSON *json;

    if (engine_refund(engine, bundle, text, strlen(text), &out, &fault, NULL) == ST_OK) {
        json = cJSON_Parse(strbuf_text(&out));
    } else {
        cJSON *inner = cJSON_AddObjectToObject(json = cJSON_CreateObject(), "error");

        cJSON_AddStringToObject(inner, "code", fault.code);
        cJSON_AddStringToObject(inner, "message", fault.message);
        cJSON_AddStringToObject(inner, "at", fault.at);
    }
    strbuf_free(&out);
    free(text);
    return json;
}

/* The returns one after the other; each gets the sale, its result and the earlier returns unless it brings its own.
 */
static int check_returns(const struct text_case *c, const struct bundle *bundle, struct engine *engine)
{
    cJSON *requests = cJSON_Parse(c->sections[RETURN]), *wanted = cJSON_Parse(c->sections[REFUND]), *request;
    cJSON *sale = c->sections[SALE] ? cJSON_Parse(c->sections[SALE]) : NULL, *result = sold(c, bundle, engine);
    cJSON *all = cJSON_CreateArray(), *earlier = cJSON_CreateArray();
    int count = 0;

    if (!cJSON_IsArray(requests) || !cJSON_IsArray(wanted)) {
        complain(c, "return or refund", "wants an array");
        count++;
    }
    cJSON_ArrayForEach(request, requests)
    {
        cJSON *answer;

        if (sale && !cJSON_GetObjectItemCaseSensitive(request, "sale"))
            cJSON_AddItemToObject(request, "sale", cJSON_Duplicate(sale, true));
        if (result && !cJSON_GetObjectItemCaseSensitive(request, "result"))
            cJSON_AddItemToObject(request, "result", cJSON_Duplicate(result, true));
        if (!cJSON_GetObjectItemCaseSensitive(request, "earlier"))
            cJSON_AddItemToObject(request, "earlier", cJSON_Duplicate(earlier, true));
        answer = refund_of(request, bundle, engine);
        if (!cJSON_GetObjectItemCaseSensitive(answer, "error"))
            cJSON_AddItemToArray(earlier, cJSON_Duplicate(answer, true));
        cJSON_AddItemToArray(all, answer);
    }
    count += differs(c, wanted, all, "");
    cJSON_Delete(requests);
    cJSON_Delete(wanted);
    cJSON_Delete(sale);
    cJSON_Delete(result);
    cJSON_Delete(all);
    cJSON_Delete(earlier);
    return count;
}

static void run_case(const struct text_case *c, struct engine *engine)
{
    static struct bundle_report report;
    char *text = whole_bundle(c->sections[BUNDLE]);
    struct bundle *bundle;
    int count = 0;

    cases_run++;
    if (!c->sections[WHY]) {
        complain(c, "why", "every case says why in a line");
        count++;
    }
    if (bundle_compile(text, strlen(text), &bundle, &report, NULL) == ST_OK) {
        if (c->sections[FAULT])
            count += check_fault(c, &report); /* warnings */
        if (c->sections[RETURN] && c->sections[REFUND])
            count += check_returns(c, bundle, engine);
        if (c->sections[SALE] && c->sections[EXPECT])
            count += check_sale(c, bundle, engine);
        else if (!c->sections[FAULT] && !c->sections[RETURN])
            complain(c, "sale or expect", "is missing"), count++;
        bundle_destroy(bundle);
    } else if (c->sections[FAULT]) {
        count += check_fault(c, &report);
    } else {
        for (size_t i = 0; i < report.note_count; i++)
            complain(c, report.notes[i].at, report.notes[i].text);
        count++;
    }
    cases_failed += count > 0;
    free(text);
}

static void finish_case(struct text_case *c, struct engine *engine)
{
    if (c->sections[CASE])
        run_case(c, engine);
    for (int i = 0; i < SECTIONS; i++) {
        free(c->sections[i]);
        c->sections[i] = NULL;
    }
}

/* Appends a line to a section. */
static void add(char **section, const char *line)
{
    size_t old = *section ? strlen(*section) + 1 : 0;
    char *more = realloc(*section, old + strlen(line) + 1);

    cr_assert(more);
    if (old)
        more[old - 1] = '\n';
    strcpy(more + old, line); /* sized above */
    *section = more;
}

static void run_file(const char *folder, const char *name, struct engine *engine)
{
    struct text_case c = {.file = name};
    char path[1024], *line = NULL;
    size_t cap = 0;
    int section = -1;
    FILE *file;

    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    file = fopen(path, "r");
    cr_assert(file, "%s", path);
    while (getline(&line, &cap, file) >= 0) {
        size_t word = strcspn(line, " \n");

        line[strcspn(line, "\n")] = '\0';
        if (line[0] == '#' || line[0] == '\0')
            continue;
        if (line[0] == ' ') { /* goes on */
            if (section >= 0)
                add(&c.sections[section], line + strspn(line, " "));
            continue;
        }
        for (section = SECTIONS - 1; section >= 0; section--) {
            if (strlen(section_names[section]) == word && strncmp(line, section_names[section], word) == 0)
                break;
        }
        cr_assert(section >= 0, "%s: unknown word: %s", name, line);
        if (section == CASE)
            finish_case(&c, engine);
        cr_assert(!c.sections[section], "%s: %s twice in case %s", name, section_names[section], c.sections[CASE]);
        add(&c.sections[section], line + word + (line[word] == ' '));
    }
    finish_case(&c, engine);
    free(line);
    fclose(file);
}

static int is_vector(const struct dirent *entry)
{
    size_t len = strlen(entry->d_name);

    return len > 4 && strcmp(entry->d_name + len - 4, ".vec") == 0;
}

Test(vectors, all_come_out_as_written)
{
    const char *folder = LOYALD_SOURCE_DIR "/tests/vectors";
    struct dirent **names = NULL;
    struct engine *engine;
    int count = scandir(folder, &names, is_vector, alphasort);

    cr_assert(count > 0);
    cr_assert_eq(engine_create(&engine, NULL), ST_OK);
    for (int i = 0; i < count; i++) {
        run_file(folder, names[i]->d_name, engine);
        free(names[i]);
    }
    free(names);
    engine_destroy(engine);
    fprintf(stderr, "%zu cases, %zu failed\n", cases_run, cases_failed);
    cr_assert_eq(cases_failed, 0);
    cr_assert(cases_run >= 60);
}
