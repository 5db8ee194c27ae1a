/* SPDX-License-Identifier: Apache-2.0 */
#include "sync/central/evaluator.h"

#include <stdlib.h>
#include <string.h>

#include "agent/base/int_math.h"
#include "agent/base/money.h"
#include "agent/base/pk_memo.h"
#include "agent/base/plural.h"
#include "agent/base/sha256.h"
#include "agent/engine/engine.h"
#include "agent/receipt/bundle_receipts.h"
#include "sync/central/store.h"

struct compiled {
    char sha256[SHA256_TEXT];
    struct bundle *bundle; /* NULL: free */
    uint64_t used;         /* when last, in calls */
};

struct evaluator {
    struct store *store;
    struct engine *engine;
    struct engine_sale *sale; /* of the last evaluation: its result has views of it */
    struct compiled compiled[EVALUATOR_BUNDLES_MAX];
    uint64_t calls;
    struct pk_memo coupons; /* verdicts on signed ones */
};

enum status evaluator_create(struct store *store, struct evaluator **out_evaluator, struct errmsg *err)
{
    struct evaluator *evaluator = calloc(1, sizeof(*evaluator));
    enum status st;

    if (!evaluator)
        return ST_NOMEM;
    evaluator->store = store;
    st = engine_create(&evaluator->engine, err);
    if (st != ST_OK) {
        free(evaluator);
        return st;
    }
    engine_set_verify(evaluator->engine, pk_memo_verify, &evaluator->coupons);
    *out_evaluator = evaluator;
    return ST_OK;
}

void evaluator_destroy(struct evaluator *evaluator)
{
    if (!evaluator)
        return;
    engine_sale_destroy(evaluator->sale);
    for (int i = 0; i < EVALUATOR_BUNDLES_MAX; i++)
        bundle_destroy(evaluator->compiled[i].bundle);
    engine_destroy(evaluator->engine);
    free(evaluator);
}

static enum status load(struct evaluator *evaluator, const char *sha256, struct bundle **out_bundle,
                        struct errmsg *err)
{
    struct rows *rows;
    enum status st = STORE_SELECT(evaluator->store, STATEMENT_BLOB_GET, &rows, err, V_TEXT(sha256)), end;

    if (st != ST_OK)
        return st;
    if (rows_next(rows)) {
        size_t len;
        const char *text = rows_blob(rows, 0, &len);

        st = bundle_compile(text, len, out_bundle, NULL, err);
    } else {
        errmsg_set(err, "no bundle of hash %.12s was ever published here", sha256);
        st = ST_NOT_FOUND;
    }
    end = rows_end(rows, st == ST_OK ? err : NULL);
    if (st == ST_OK && end != ST_OK) {
        bundle_destroy(*out_bundle);
        *out_bundle = NULL;
        st = end;
    }
    return st;
}

static enum status find_bundle(struct evaluator *evaluator, const char *sha256, const struct bundle **out_bundle,
                               struct errmsg *err)
{
    struct compiled *oldest = &evaluator->compiled[0];
    struct bundle *bundle = NULL;
    enum status st;

    evaluator->calls++;
    for (int i = 0; i < EVALUATOR_BUNDLES_MAX; i++) {
        struct compiled *one = &evaluator->compiled[i];

        if (one->bundle && strcmp(one->sha256, sha256) == 0) {
            one->used = evaluator->calls;
            *out_bundle = one->bundle;
            return ST_OK;
        }
        if (one->used < oldest->used)
            oldest = one;
    }
    st = load(evaluator, sha256, &bundle, err);
    if (st != ST_OK)
        return st;
    bundle_destroy(oldest->bundle);
    oldest->bundle = bundle;
    oldest->used = evaluator->calls;
    memcpy(oldest->sha256, sha256, SHA256_TEXT);
    *out_bundle = bundle;
    return ST_OK;
}

enum status evaluator_evaluate(struct evaluator *evaluator, const char *bundle_sha256, const char *sale,
                               size_t sale_len, const struct engine_result **out_result, struct errmsg *err)
{
    struct engine_fault fault;
    struct engine_sale *parsed = NULL;
    const struct bundle *bundle;
    enum status st;

    if (strlen(bundle_sha256) != SHA256_TEXT - 1) {
        errmsg_set(err, "\"%.64s\" is not the hash of a bundle", bundle_sha256);
        return ST_NOT_FOUND;
    }
    st = find_bundle(evaluator, bundle_sha256, &bundle, err);
    if (st != ST_OK)
        return st;
    st = engine_sale_parse(sale, sale_len, &parsed, &fault);
    if (st != ST_OK) {
        errmsg_set(err, "the engine refuses the sale: %s at \"%s\": %s", fault.code, fault.at, fault.message);
        return st;
    }
    engine_sale_destroy(evaluator->sale);
    evaluator->sale = parsed;
    return engine_evaluate(evaluator->engine, bundle, parsed, NULL, out_result, err);
}

enum status evaluator_refund(struct evaluator *evaluator, const char *bundle_sha256, const char *question, size_t len,
                             struct strbuf *out, struct errmsg *err)
{
    const struct bundle *bundle = NULL;
    struct engine_fault fault = {0};
    enum status st = bundle_sha256[0] ? find_bundle(evaluator, bundle_sha256, &bundle, err) : ST_OK;

    if (st == ST_OK)
        st = engine_refund(evaluator->engine, bundle, question, len, out, &fault, err);
    if (st == ST_INVALID)
        errmsg_set(err, "%s at \"%s\": %s", fault.code, fault.at, fault.message);
    return st;
}

enum status exposure_of(const struct bundle *bundle, int64_t tills, struct exposure *out_exposure, struct errmsg *err)
{
    const struct bundle_offline *offline = bundle_offline(bundle);
    struct exposure exposure = {.version = bundle_version(bundle), .minor_digits = bundle_minor_digits(bundle)};
    int64_t by_sales;
    enum status st = int_mul(offline->f_sale, offline->sales_max, &by_sales);

    if (st != ST_OK) /* so many sales that they bound nothing */
        by_sales = offline->e_device;
    if (offline->f_member > 0 && offline->hours_max > 0)
        exposure.till_minor = by_sales < offline->e_device ? by_sales : offline->e_device;
    exposure.member_minor = offline->f_member < exposure.till_minor ? offline->f_member : exposure.till_minor;
    st = int_mul(exposure.till_minor, tills, &exposure.worst_minor);
    if (st == ST_OK && exposure.worst_minor > MONEY_MINOR_MAX)
        st = ST_RANGE;
    if (st == ST_OK)
        *out_exposure = exposure;
    else
        errmsg_set(err, "offline: e_device times %lld tills is no amount of money", (long long)tills);
    return st;
}

enum status evaluator_exposure(struct evaluator *evaluator, const char *bundle_sha256, int64_t tills,
                               struct exposure *out_exposure, struct errmsg *err)
{
    const struct bundle *bundle = NULL;
    enum status st = find_bundle(evaluator, bundle_sha256, &bundle, err);

    return st == ST_OK ? exposure_of(bundle, tills, out_exposure, err) : st;
}

static void write_report(const struct bundle_report *notes, struct strbuf *report)
{
    for (size_t i = 0; i < notes->note_count; i++)
        strbuf_printf(report, "%s: %s: %s\n", notes->notes[i].warning ? "warning" : "fault",
                      notes->notes[i].at[0] ? notes->notes[i].at : "/", notes->notes[i].text);
    if (notes->fault_count + notes->warning_count > notes->note_count)
        strbuf_printf(report, "... %zu %s and %zu %s in all\n", notes->fault_count,
                      plural((int64_t)notes->fault_count, "fault", "faults"), notes->warning_count,
                      plural((int64_t)notes->warning_count, "warning", "warnings"));
}

enum status evaluator_check(const char *bundle, size_t len, int64_t *out_version, struct strbuf *report,
                            struct errmsg *err)
{
    struct bundle_report *notes = calloc(1, sizeof(*notes));
    struct bundle *compiled = NULL;
    enum status st;

    if (!notes)
        return ST_NOMEM;
    st = bundle_compile(bundle, len, &compiled, notes, err);
    if (st == ST_OK)
        st = bundle_receipts_check(compiled, notes, err);
    if (report)
        write_report(notes, report);
    if (st == ST_OK)
        *out_version = bundle_version(compiled);
    bundle_destroy(compiled);
    free(notes);
    return st;
}
