/* SPDX-License-Identifier: Apache-2.0 */
/*
 * run_chain - runs the text cases through a till's local API and on to the central (chain.h). What the API answers is
 * the library's result, byte by byte, and the central works the committed sale out to the same digest.
 *
 * A till tells some things itself: its sale's id, the time, the trading day, who the member is and how often he
 * bought. So each case is first put the way a till tells it; where the library then gives what the case expects no
 * more, the case cannot be expressed at a till, and stands in the list that is printed, with its reason.
 */
#include "chain.h"
#include "vectors.h"

#include "agent/base/civil_time.h"
#include "agent/base/log.h"
#include "agent/base/pk_memo.h"
#include "agent/engine/engine.h"

#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum unfit {
    UNFIT_BUNDLE, /* no sale in it, or its bundle is refused */
    UNFIT_TIME,
    UNFIT_DAY,
    UNFIT_PURCHASES,
    UNFIT_OWN_FIELD,
    UNFIT_COUNT
};
/* What the till does not let in, and how many cases are about it: counted, so that none slips in unseen. */
static const struct {
    const char *why;
    int at_most;
} unfit_reasons[UNFIT_COUNT] = {
    [UNFIT_BUNDLE] = {"no sale, or a bundle that is refused", 24},
    [UNFIT_TIME] = {"a sale without a time: a till always tells it", 4},
    [UNFIT_DAY] = {"a business date other than the clock's", 3},
    [UNFIT_PURCHASES] = {"purchases not known: a till counts them", 1},
    [UNFIT_OWN_FIELD] = {"a fault in what the till writes itself", 5},
};

struct run {
    struct engine *engine;
    struct chain_till *till;
    struct chain_central *central;
    int64_t position; /* in the till's journal: posted so far */
    int put, committed, refused, failed, unfit[UNFIT_COUNT];
};

/* ---- the sale as a till tells it ---- */

struct told {
    cJSON *sale;
    enum unfit changed; /* what a till tells otherwise; UNFIT_COUNT: nothing */
    bool counts_purchases;
};

static const char *text_of(const cJSON *object, const char *name)
{
    const cJSON *text = cJSON_GetObjectItemCaseSensitive(object, name);

    return cJSON_IsString(text) ? text->valuestring : NULL;
}

static void put_text(cJSON *object, const char *name, const char *value)
{
    cJSON_DeleteItemFromObjectCaseSensitive(object, name);
    cJSON_AddStringToObject(object, name, value);
}

/* The time is the clock's, the trading day that of the time. */
static void tell_time(struct run *run, struct told *told)
{
    const char *at = text_of(told->sale, "at"), *date = text_of(told->sale, "business_date");
    char text[26], day[11];

    if (at) {
        chain_till_time(run->till, at);
    } else {
        (void)snprintf(text, sizeof text, "%.10sT12:00:00+03:00", date ? date : "2026-11-23");
        chain_till_time(run->till, text);
        told->changed = UNFIT_TIME;
    }
    chain_till_now(run->till, text);
    (void)snprintf(day, sizeof day, "%.10s", text);
    if (date && strcmp(date, day) != 0)
        told->changed = UNFIT_DAY;
    put_text(told->sale, "at", text);
    put_text(told->sale, "business_date", day);
}

static void tell_member(struct run *run, struct told *told, int number)
{
    cJSON *member = cJSON_GetObjectItemCaseSensitive(told->sale, "member"), *attrs;
    char id[32], card[32];

    if (!cJSON_IsObject(member)) {
        cJSON_DeleteItemFromObjectCaseSensitive(told->sale, "member");
        return;
    }
    (void)snprintf(id, sizeof id, "M%d", number);
    (void)snprintf(card, sizeof card, "29%011d", number);
    chain_till_member(run->till, id, card, member);
    attrs = cJSON_GetObjectItemCaseSensitive(member, "attrs");
    if (!attrs)
        attrs = cJSON_AddObjectToObject(member, "attrs");
    if (!cJSON_GetObjectItemCaseSensitive(attrs, "purchases")) {
        cJSON_AddNumberToObject(attrs, "purchases", 0);
        told->counts_purchases = true;
        if (told->changed == UNFIT_COUNT)
            told->changed = UNFIT_PURCHASES;
    }
}

/* Counters of before are those the case names; what was sold in other cases counts no more. */
static void tell_usage(struct run *run, const struct told *told, const char *bundle)
{
    cJSON *json = cJSON_Parse(bundle);
    const cJSON *item, *code, *usage = cJSON_GetObjectItemCaseSensitive(told->sale, "usage");

    cJSON_ArrayForEach(item, cJSON_GetObjectItemCaseSensitive(json, "promotions"))
        chain_till_usage(run->till, text_of(item, "id"), 0);
    cJSON_ArrayForEach(item, cJSON_GetObjectItemCaseSensitive(json, "coupon_series"))
    {
        cJSON_ArrayForEach(code, cJSON_GetObjectItemCaseSensitive(item, "codes"))
        {
            char name[128] = "coupon:";
            size_t len = strlen(name);

            for (const char *c = code->valuestring; *c && len + 1 < sizeof name; c++) {
                if (*c != ' ' && *c != '-')
                    name[len++] = (char)(*c >= 'A' && *c <= 'Z' ? *c + 32 : *c);
            }
            name[len] = '\0';
            chain_till_usage(run->till, name, 0);
        }
    }
    cJSON_ArrayForEach(item, usage) chain_till_usage(run->till, item->string, (int64_t)item->valuedouble);
    cJSON_Delete(json);
}

/* ---- what comes out ---- */

/* The library's result of that sale; NULL when it is refused. */
static char *library(struct run *run, const struct bundle *bundle, const cJSON *sale)
{
    struct strbuf out = STRBUF_INIT(VECTOR_BYTES_MAX);
    struct engine_options options = {.trace = true};
    const struct engine_result *result;
    char *text = cJSON_PrintUnformatted(sale), *shown = NULL;
    struct engine_sale *parsed = NULL;
    struct engine_fault fault = {0};
    size_t len;

    if (engine_sale_parse(text, strlen(text), &parsed, &fault) == ST_OK) {
        cr_assert_eq(engine_evaluate(run->engine, bundle, parsed, &options, &result, NULL), ST_OK);
        engine_result_write(result, true, &out);
        shown = strbuf_detach(&out, &len);
    }
    engine_sale_destroy(parsed);
    strbuf_free(&out);
    free(text);
    return shown;
}

static bool quietly_fits(const cJSON *wanted, const cJSON *got)
{
    const cJSON *child;
    int i = 0;

    if (cJSON_IsObject(wanted) && cJSON_IsObject(got)) {
        cJSON_ArrayForEach(child, wanted)
        {
            if (!quietly_fits(child, cJSON_GetObjectItemCaseSensitive(got, child->string)))
                return false;
        }
        return true;
    }
    if (cJSON_IsArray(wanted) && cJSON_IsArray(got)) {
        cJSON_ArrayForEach(child, wanted)
        {
            if (!quietly_fits(child, cJSON_GetArrayItem(got, i++)))
                return false;
        }
        return cJSON_GetArraySize(wanted) == cJSON_GetArraySize(got);
    }
    return cJSON_Compare(wanted, got, 1);
}

/* The body of the PUT: what a POS says. */
static char *put_body(const cJSON *sale, int number)
{
    static const char *const names[] = {"lines", "coupons", "rewards", "redeem", "channel", "tenders"};
    cJSON *body = cJSON_CreateObject();
    char card[32], *text;

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const cJSON *part = cJSON_GetObjectItemCaseSensitive(sale, names[i]);

        if (part)
            cJSON_AddItemToObject(body, names[i], cJSON_Duplicate(part, true));
    }
    if (cJSON_GetObjectItemCaseSensitive(sale, "member")) {
        (void)snprintf(card, sizeof card, "29%011d", number);
        cJSON_AddStringToObject(body, "card", card);
        cJSON_AddStringToObject(body, "entry", "scan");
    }
    text = cJSON_PrintUnformatted(body);
    cJSON_Delete(body);
    return text;
}

static int same_result(const struct vector *vector, const cJSON *answer, const cJSON *wanted)
{
    const cJSON *result = cJSON_GetObjectItemCaseSensitive(answer, "result");
    cJSON *untraced = cJSON_Duplicate(wanted, true);
    char *got = result ? cJSON_PrintUnformatted(result) : cJSON_PrintUnformatted(answer), *want;
    int count = 0;

    cJSON_DeleteItemFromObjectCaseSensitive(untraced, "trace");
    want = cJSON_PrintUnformatted(untraced);
    if (strcmp(got, want) != 0) {
        vector_complain(vector, "the API answers", got);
        vector_complain(vector, "the library answers", want);
        count = 1;
    }
    free(got);
    free(want);
    cJSON_Delete(untraced);
    return count;
}

/* Tender and commit over the API, then the records to the central. */
static int sell(struct run *run, const struct vector *vector, const char *path, const cJSON *result)
{
    struct strbuf records = STRBUF_INIT(VECTOR_BYTES_MAX);
    int64_t same, different, dead, same_before, different_before, dead_before;
    int64_t total = (int64_t)cJSON_GetObjectItemCaseSensitive(result, "total_minor")->valuedouble;
    cJSON *answer = NULL;
    char step[128], body[160];
    int status, count = 0;

    (void)snprintf(step, sizeof step, "%s/commit", path);
    (void)snprintf(body, sizeof body, "{\"expected_total_minor\":%" PRId64 ",\"paid\":true}", total);
    status = chain_till_call(run->till, "POST", step, body, strlen(body), &answer);
    if (status != 200) { /* an empty basket, for one, is sold to nobody */
        const char *name = text_of(answer, "name");

        fprintf(stderr, "not sold: %s: %s\n", vector->sections[VECTOR_CASE], name ? name : "?");
        run->refused++;
        cJSON_Delete(answer);
        return 0;
    }
    cJSON_Delete(answer);
    run->committed++;
    chain_central_counts(run->central, &same_before, &different_before, &dead_before);
    chain_till_records(run->till, &run->position, &records);
    chain_central_post(run->central, &records);
    chain_central_counts(run->central, &same, &different, &dead);
    if (same != same_before + 1 || different != different_before || dead != dead_before) {
        vector_complain(vector, "the central",
                        dead != dead_before ? "does not understand the record" : "works out another digest");
        count = 1;
    }
    strbuf_free(&records);
    return count;
}

/* ---- a case ---- */

static int put_and_sell(struct run *run, const struct vector *vector, const cJSON *told, const char *wanted_text)
{
    cJSON *answer = NULL, *wanted = cJSON_Parse(wanted_text);
    char *body = put_body(told, vector->number), path[64];
    int status, count;

    (void)snprintf(path, sizeof path, "/v1/sales/v-%d", vector->number);
    status = chain_till_call(run->till, "PUT", path, body, strlen(body), &answer);
    run->put++;
    count = same_result(vector, answer, wanted);
    if (status != 200 || count)
        count = 1;
    else
        count = sell(run, vector, path, wanted);
    cJSON_Delete(answer);
    cJSON_Delete(wanted);
    free(body);
    return count;
}

/* The pointer, or what the last step of it is called. */
static bool names(const char *detail, const char *at)
{
    return detail && (strstr(detail, at) || strstr(detail, strrchr(at, '/') + 1));
}

/* A sale that the library refuses: the API refuses it at the same place, and names it. */
static int put_refused(struct run *run, const struct vector *vector, const cJSON *wanted)
{
    const cJSON *error = cJSON_GetObjectItemCaseSensitive(wanted, "error");
    const char *at = text_of(error, "at"), *code = text_of(error, "code"), *detail;
    cJSON *sale = cJSON_Parse(vector->sections[VECTOR_SALE]), *answer = NULL;
    char path[64];
    int status, count = 0;

    if (strncmp(at, "/member", 7) == 0 || strcmp(at, "/at") == 0 || strcmp(at, "/business_date") == 0) {
        run->unfit[UNFIT_OWN_FIELD]++;
        cJSON_Delete(sale);
        return 0;
    }
    (void)snprintf(path, sizeof path, "/v1/sales/v-%d", vector->number);
    status = chain_till_call(run->till, "PUT", path, vector->sections[VECTOR_SALE],
                             strlen(vector->sections[VECTOR_SALE]), &answer);
    detail = text_of(answer, "detail");
    run->put++;
    if (status < 400 || status >= 500 || (strcmp(code, "json") != 0 && at[0] && !names(detail, at))) {
        vector_complain(vector, "the API does not name the place", detail ? detail : "(no detail)");
        count = 1;
    }
    cJSON_Delete(sale);
    cJSON_Delete(answer);
    return count;
}

/* The case would fit if the till did not count purchases. */
static bool without_purchases(struct run *run, const struct bundle *bundle, const struct told *told,
                              const cJSON *wanted)
{
    cJSON *sale = cJSON_Duplicate(told->sale, true), *got;
    cJSON *attrs = cJSON_GetObjectItemCaseSensitive(cJSON_GetObjectItemCaseSensitive(sale, "member"), "attrs");
    char *result;
    bool fits;

    cJSON_DeleteItemFromObjectCaseSensitive(attrs, "purchases");
    result = library(run, bundle, sale);
    got = cJSON_Parse(result);
    fits = quietly_fits(wanted, got);
    free(result);
    cJSON_Delete(got);
    cJSON_Delete(sale);
    return fits;
}

static int run_sale(struct run *run, const struct vector *vector, const struct bundle *bundle,
                    const char *bundle_text)
{
    const char *expect = vector->sections[VECTOR_EXPECT]; /* a case of returns may have none */
    cJSON *wanted = cJSON_Parse(expect ? expect : "{}"), *got;
    struct told told = {.changed = UNFIT_COUNT};
    char *result, id[32];
    int count = 0;

    if (cJSON_GetObjectItemCaseSensitive(wanted, "error")) {
        count = put_refused(run, vector, wanted);
        cJSON_Delete(wanted);
        return count;
    }
    told.sale = cJSON_Parse(vector->sections[VECTOR_SALE]);
    tell_time(run, &told);
    tell_member(run, &told, vector->number);
    tell_usage(run, &told, bundle_text);
    chain_till_store(run->till, cJSON_GetObjectItemCaseSensitive(told.sale, "store"));
    (void)snprintf(id, sizeof id, "v-%d", vector->number);
    put_text(told.sale, "sale_id", id);
    cJSON_DeleteItemFromObjectCaseSensitive(wanted, "sale_id");
    result = library(run, bundle, told.sale);
    got = cJSON_Parse(result);
    if (quietly_fits(wanted, got)) {
        count = put_and_sell(run, vector, told.sale, result);
    } else if (told.changed != UNFIT_COUNT) {
        if (told.counts_purchases)
            told.changed = without_purchases(run, bundle, &told, wanted) ? UNFIT_PURCHASES : told.changed;
        fprintf(stderr, "not at a till: %s: %s\n", vector->sections[VECTOR_CASE], unfit_reasons[told.changed].why);
        run->unfit[told.changed]++;
    } else {
        count = vector_differs(vector, wanted, got, "as a till tells it");
    }
    free(result);
    cJSON_Delete(got);
    cJSON_Delete(wanted);
    cJSON_Delete(told.sale);
    return count;
}

static void run_case(void *context, const struct vector *vector)
{
    struct run *run = context;
    char *text = vector_bundle(vector, vector->number), *manifest = NULL, *signatures = NULL;
    struct bundle *bundle = NULL;

    if (vector->sections[VECTOR_SALE] && bundle_compile(text, strlen(text), &bundle, NULL, NULL) == ST_OK) {
        chain_till_rules(run->till, text, vector->number, &manifest, &signatures);
        chain_central_publish(run->central, manifest, signatures, text);
        run->failed += run_sale(run, vector, bundle, text) > 0;
        free(manifest);
        free(signatures);
    } else {
        run->unfit[UNFIT_BUNDLE]++;
    }
    bundle_destroy(bundle);
    free(text);
}

Test(vectors, till_and_central_work_out_what_the_library_does)
{
    static struct pk_memo coupons;
    struct run run = {0};
    int unfit = 0;

    log_set_level(LOG_LEVEL_ERROR);
    cr_assert_eq(engine_create(&run.engine, NULL), ST_OK);
    engine_set_verify(run.engine, pk_memo_verify, &coupons);
    run.till = chain_till_begin();
    run.central = chain_central_begin(chain_till_office(run.till));
    vectors_each(run_case, &run);
    chain_central_end(run.central);
    chain_till_end(run.till);
    engine_destroy(run.engine);
    for (int i = 0; i < UNFIT_COUNT; i++) {
        fprintf(stderr, "%d cases not expressible: %s\n", run.unfit[i], unfit_reasons[i].why);
        cr_expect_leq(run.unfit[i], unfit_reasons[i].at_most, "more cases than said: %s", unfit_reasons[i].why);
        unfit += run.unfit[i];
    }
    fprintf(stderr,
            "%d cases put over the API, %d of them sold and worked out again by the central, %d not sold, %d not "
            "expressible, %d failed\n",
            run.put, run.committed, run.refused, unfit, run.failed);
    cr_assert_eq(run.failed, 0);
}
