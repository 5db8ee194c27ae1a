/* SPDX-License-Identifier: Apache-2.0 */
/*
 * loyalctl evaluate: a bundle and sales in, results out, one a line, in order, in constant memory. No daemon, no
 * clock: whoever has the bundle and the sale gets the very bytes that a till, the central and the web shop get.
 * bundle check: every fault of a bundle.
 */
#include "agent/base/plural.h"
#include "agent/tools/command.h"

#include "agent/base/clock.h"
#include "agent/base/file.h"
#include "agent/base/json_writer.h"
#include "agent/base/pk_memo.h"
#include "agent/engine/engine.h"
#include "agent/receipt/bundle_receipts.h"
#include "agent/tools/histogram.h"
#include "agent/tools/lines.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- the bundle ---- */

void command_print_notes(FILE *file, const struct bundle_report *report)
{
    size_t total = report->fault_count + report->warning_count;

    for (size_t i = 0; i < report->note_count; i++) {
        const struct bundle_note *note = &report->notes[i];

        fprintf(file, "%s %s: %s\n", note->warning ? "warning" : "fault", note->at[0] ? note->at : "/", note->text);
    }
    if (total > report->note_count)
        fprintf(file, "and %zu more: mend these first\n", total - report->note_count);
}

enum status command_compile_bundle(const char *path, struct bundle **out_bundle, struct errmsg *err)
{
    char *bytes = NULL;
    size_t len = 0;
    enum status st = file_read(path, BUNDLE_BYTES_MAX, &bytes, &len, err);

    if (st == ST_OK)
        st = bundle_compile(bytes, len, out_bundle, NULL, err);
    free(bytes);
    return st;
}

int command_load_bundle(const char *path, struct bundle **out_bundle, struct bundle_report *report)
{
    struct errmsg err = ERRMSG_INIT;
    char *bytes = NULL;
    size_t len = 0;
    enum status st = file_read(path, BUNDLE_BYTES_MAX, &bytes, &len, &err);

    *out_bundle = NULL;
    if (st == ST_OK) {
        st = bundle_compile(bytes, len, out_bundle, report, &err);
        if (st == ST_OK && bundle_receipts_check(*out_bundle, report, &err) != ST_OK) {
            bundle_destroy(*out_bundle);
            *out_bundle = NULL;
            st = ST_INVALID;
        }
        if (st == ST_INVALID && report->fault_count > 0)
            st = ST_OK;
    }
    free(bytes);
    if (st == ST_OK)
        return 0;
    command_say("%s", err.text);
    return EXIT_USAGE;
}

enum { CHECK_BYTES_MAX = 1024 * 1024 };

static void print_check(const char *path, const struct bundle *bundle, const struct bundle_report *report)
{
    command_print_notes(stdout, report);
    if (bundle)
        fprintf(stderr,
                "%s: bundle %s version %" PRId64 ", %zu %s, no faults, %zu %s, %zu KiB in memory, "
                "digest %s\n",
                path, bundle_id(bundle), bundle_version(bundle), bundle_promotion_count(bundle),
                plural((int64_t)bundle_promotion_count(bundle), "promotion", "promotions"), report->warning_count,
                plural((int64_t)report->warning_count, "warning", "warnings"), bundle_memory_bytes(bundle) / 1024, bundle_digest(bundle));
    else
        fprintf(stderr, "%s: %zu %s, %zu %s\n", path, report->fault_count,
                plural((int64_t)report->fault_count, "fault", "faults"), report->warning_count,
                plural((int64_t)report->warning_count, "warning", "warnings"));
}

static void print_check_as_json(const struct bundle *bundle, const struct bundle_report *report)
{
    struct strbuf out = STRBUF_INIT(CHECK_BYTES_MAX);
    struct json_writer w = JSON_WRITER_INIT(&out);

    jw_object_begin(&w);
    jw_field_bool(&w, "good", bundle != NULL);
    if (bundle) {
        jw_field_text(&w, "id", bundle_id(bundle));
        jw_field_int(&w, "version", bundle_version(bundle));
        jw_field_int(&w, "promotions", (int64_t)bundle_promotion_count(bundle));
        jw_field_text(&w, "digest", bundle_digest(bundle));
    }
    jw_field_int(&w, "faults", (int64_t)report->fault_count);
    jw_field_int(&w, "warnings", (int64_t)report->warning_count);
    jw_name(&w, "notes"); /* the first of them, when they are many */
    jw_array_begin(&w);
    for (size_t i = 0; i < report->note_count; i++) {
        jw_object_begin(&w);
        jw_field_text(&w, "level", report->notes[i].warning ? "warning" : "fault");
        jw_field_text(&w, "at", report->notes[i].at);
        jw_field_text(&w, "text", report->notes[i].text);
        jw_object_end(&w);
    }
    jw_array_end(&w);
    jw_object_end(&w);
    printf("%s\n", strbuf_text(&out));
    strbuf_free(&out);
}

int command_bundle_check(const struct command_call *call)
{
    struct bundle_report *report = calloc(1, sizeof *report);
    struct bundle *bundle;
    int exit_status = report ? command_load_bundle(call->words[0], &bundle, report) : EXIT_USAGE;

    if (exit_status != 0) {
        free(report);
        return exit_status;
    }
    if (call->json)
        print_check_as_json(bundle, report);
    else
        print_check(call->words[0], bundle, report);
    exit_status = bundle ? 0 : EXIT_REFUSED;
    bundle_destroy(bundle);
    free(report);
    return command_finish(exit_status);
}

/* ---- the sales ---- */

enum { RESULT_BYTES_MAX = 32 * 1024 * 1024 };

struct sales {
    const struct bundle *bundle;
    struct engine *engine;
    struct pk_memo coupons; /* verdicts on signed ones */
    bool trace;
    int64_t sales, looked_at;
    struct histogram times;
};

static enum status evaluate(struct sales *sales, const struct engine_sale *sale, struct strbuf *out,
                            struct errmsg *err)
{
    const struct engine_options options = {.trace = sales->trace};
    const struct engine_result *result;
    int64_t began_ns = clock_measure_ns();
    enum status st = engine_evaluate(sales->engine, sales->bundle, sale, &options, &result, err);

    if (st != ST_OK)
        return st;
    histogram_add(&sales->times, clock_measure_ns() - began_ns);
    sales->sales++;
    sales->looked_at += (int64_t)result->promotions_looked_at;
    engine_result_write(result, sales->trace, out);
    return strbuf_status(out);
}

static enum status answer(void *context, const struct strbuf *line, struct strbuf *out,
                          struct engine_fault *out_fault, struct errmsg *err)
{
    struct engine_sale *sale = NULL;
    enum status st = engine_sale_parse(strbuf_text(line), line->len, &sale, out_fault);

    if (st == ST_OK)
        st = evaluate(context, sale, out, err);
    engine_sale_destroy(sale);
    return st;
}

static void print_stats(const struct sales *sales)
{
    fprintf(stderr,
            "{\"sales\":%" PRId64 ",\"p50_ns\":%" PRId64 ",\"p99_ns\":%" PRId64 ",\"max_ns\":%" PRId64
            ",\"promotions_looked_at\":%" PRId64 "}\n",
            sales->sales, histogram_percentile(&sales->times, 50), histogram_percentile(&sales->times, 99),
            sales->times.max, sales->looked_at);
}

int command_evaluate(const struct command_call *call)
{
    struct sales *sales = calloc(1, sizeof *sales);
    struct bundle_report *report = calloc(1, sizeof *report);
    const struct line_job job = {.what = "sale",
                                 .line_bytes_max = SALE_BYTES_MAX,
                                 .answer_bytes_max = RESULT_BYTES_MAX,
                                 .answer = answer,
                                 .context = sales};
    struct bundle *bundle = NULL;
    struct errmsg err = ERRMSG_INIT;
    int exit_status = EXIT_USAGE;

    if (!call->bundle) {
        command_say("evaluate wants --bundle FILE");
        goto out;
    }
    if (!sales || !report || command_load_bundle(call->bundle, &bundle, report) != 0)
        goto out;
    if (!bundle) {
        command_print_notes(stderr, report);
        command_say("%s has faults: nothing is evaluated", call->bundle);
        goto out;
    }
    sales->bundle = bundle;
    sales->trace = call->trace;
    if (engine_create(&sales->engine, &err) != ST_OK) {
        command_say("%s", err.text);
        goto out;
    }
    engine_set_verify(sales->engine, pk_memo_verify, &sales->coupons);
    exit_status = lines_run(&job);
    if (call->stats)
        print_stats(sales);
out:
    if (sales)
        engine_destroy(sales->engine);
    bundle_destroy(bundle);
    free(report);
    free(sales);
    return exit_status;
}
