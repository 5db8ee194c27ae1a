/* SPDX-License-Identifier: Apache-2.0 */
/*
 * loyalctl evaluate: a bundle and sales in, results out, one a line, in order, in constant memory. No daemon, no
 * clock: whoever has the bundle and the sale gets the very bytes that a till, the central and the web shop get.
 * bundle check: every fault of a bundle.
 */
#include "agent/tools/command.h"

#include "agent/base/clock.h"
#include "agent/base/file.h"
#include "agent/base/json_writer.h"
#include "agent/base/pk_memo.h"
#include "agent/engine/engine.h"
#include "agent/tools/histogram.h"
#include "agent/tools/lines.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- the bundle ---- */

static void print_notes(FILE *file, const struct bundle_report *report)
{
    size_t total = report->fault_count + report->warning_count;

    for (size_t i = 0; i < report->note_count; i++) {
        const struct bundle_note *note = &report->notes[i];

        fprintf(file, "%s %s: %s\n", note->warning ? "warning" : "fault", note->at[0] ? note->at : "/", note->text);
    }
    if (total > report->note_count)
        fprintf(file, "and %zu more: mend these first\n", total - report->note_count);
}

/* Reads and compiles. EXIT_USAGE with words when it cannot be read; otherwise 0, and *out_bundle is NULL when it has
 * faults. */
static int load_bundle(const char *path, struct bundle **out_bundle, struct bundle_report *report)
{
    struct errmsg err = ERRMSG_INIT;
    char *bytes = NULL;
    size_t len = 0;
    enum status st = file_read(path, BUNDLE_BYTES_MAX, &bytes, &len, &err);

    *out_bundle = NULL;
    if (st == ST_OK) {
        st = bundle_compile(bytes, len, out_bundle, report, &err);
        if (st == ST_INVALID && report->fault_count > 0)
            st = ST_OK;
    }
    free(bytes);
    if (st == ST_OK)
        return 0;
    command_say("%s", err.text);
    return EXIT_USAGE;
}

int command_bundle_check(const struct command_call *call)
{
    struct bundle_report *report = calloc(1, sizeof *report);
    struct bundle *bundle;
    int exit_status = report ? load_bundle(call->words[0], &bundle, report) : EXIT_USAGE;

    if (exit_status != 0) {
        free(report);
        return exit_status;
    }
    print_notes(stdout, report);
    if (bundle)
        fprintf(stderr, "%s: bundle %s version %" PRId64 ", %zu promotions, no faults, %zu warnings, digest %s\n",
                call->words[0], bundle_id(bundle), bundle_version(bundle), bundle_promotion_count(bundle),
                report->warning_count, bundle_digest(bundle));
    else
        fprintf(stderr, "%s: %zu faults, %zu warnings\n", call->words[0], report->fault_count, report->warning_count);
    exit_status = bundle ? 0 : EXIT_REFUSED;
    bundle_destroy(bundle);
    free(report);
    return command_finish(exit_status);
}

/* ---- the sales ---- */

enum { RESULT_BYTES_MAX = 32 * 1024 * 1024 };

struct run {
    const struct bundle *bundle;
    struct engine *engine;
    struct pk_memo coupons; /* verdicts on signed ones */
    bool trace;
    bool bad_line;
    struct lines in;
    struct strbuf line, out;
    int64_t sales, looked_at;
    struct histogram times;
};

static void answer_fault(struct run *run, const char *code, const char *message, const char *at)
{
    struct json_writer w = JSON_WRITER_INIT(&run->out);

    run->bad_line = true;
    strbuf_clear(&run->out);
    jw_object_begin(&w);
    jw_name(&w, "error");
    jw_object_begin(&w);
    jw_field_text(&w, "code", code);
    jw_field_text(&w, "message", message);
    jw_field_text(&w, "at", at);
    jw_object_end(&w);
    jw_object_end(&w);
}

static enum status evaluate(struct run *run, const struct engine_sale *sale, struct errmsg *err)
{
    const struct engine_options options = {.trace = run->trace};
    const struct engine_result *result;
    int64_t began_ns = clock_measure_ns();
    enum status st = engine_evaluate(run->engine, run->bundle, sale, &options, &result, err);

    if (st != ST_OK)
        return st;
    histogram_add(&run->times, clock_measure_ns() - began_ns);
    run->sales++;
    run->looked_at += (int64_t)result->promotions_looked_at;
    engine_result_write(result, run->trace, &run->out);
    return strbuf_status(&run->out);
}

/* Answers one line into run->out. ST_OK also for a line with a fault, which is answered so. */
static enum status answer_line(struct run *run, struct errmsg *err)
{
    struct engine_fault fault = {0};
    struct engine_sale *sale = NULL;
    enum status st = engine_sale_parse(strbuf_text(&run->line), run->line.len, &sale, &fault);

    if (st == ST_OK)
        st = evaluate(run, sale, err);
    else if (st == ST_INVALID)
        answer_fault(run, fault.code, fault.message, fault.at);
    engine_sale_destroy(sale);
    if (st == ST_FULL) { /* one sale too involved for the memory an evaluation may take: the others go on */
        answer_fault(run, "range", err->text[0] ? err->text : "the result is too large", "");
        st = ST_OK;
    }
    return st == ST_INVALID ? ST_OK : st;
}

/* A write that failed shows at the next one, or at the end. */
static void flush_answers(void)
{
    (void)fflush(stdout);
}

static int run_lines(struct run *run)
{
    struct errmsg err = ERRMSG_INIT;

    for (;;) {
        enum line kind = lines_next(&run->in, &run->line, flush_answers);
        enum status st = ST_OK;

        if (kind == LINE_END)
            return run->bad_line ? EXIT_REFUSED : 0;
        if (kind == LINE_FAILED) {
            command_say("cannot read standard input: %s", strerror(errno));
            return EXIT_REFUSED;
        }
        strbuf_clear(&run->out);
        if (kind == LINE_TOO_LONG)
            answer_fault(run, "range", "the line is longer than a sale may be", "");
        else
            st = answer_line(run, &err);
        if (st != ST_OK) {
            command_say("%s", err.text[0] ? err.text : status_text(st));
            return EXIT_REFUSED;
        }
        strbuf_putc(&run->out, '\n');
        if (fwrite(strbuf_text(&run->out), 1, run->out.len, stdout) != run->out.len)
            return EXIT_REFUSED; /* command_finish says why */
    }
}

static void print_stats(const struct run *run)
{
    fprintf(stderr,
            "{\"sales\":%" PRId64 ",\"p50_ns\":%" PRId64 ",\"p99_ns\":%" PRId64 ",\"max_ns\":%" PRId64
            ",\"promotions_looked_at\":%" PRId64 "}\n",
            run->sales, histogram_percentile(&run->times, 50), histogram_percentile(&run->times, 99), run->times.max,
            run->looked_at);
}

int command_evaluate(const struct command_call *call)
{
    struct run *run = calloc(1, sizeof *run);
    struct bundle_report *report = calloc(1, sizeof *report);
    struct bundle *bundle = NULL;
    struct errmsg err = ERRMSG_INIT;
    int exit_status = EXIT_USAGE;

    if (!call->bundle) {
        command_say("evaluate wants --bundle FILE");
        goto out;
    }
    if (!run || !report || load_bundle(call->bundle, &bundle, report) != 0)
        goto out;
    if (!bundle) {
        print_notes(stderr, report);
        command_say("%s has faults: nothing is evaluated", call->bundle);
        goto out;
    }
    run->bundle = bundle;
    run->trace = call->trace;
    run->in.fd = STDIN_FILENO;
    run->line = (struct strbuf)STRBUF_INIT(SALE_BYTES_MAX);
    run->out = (struct strbuf)STRBUF_INIT(RESULT_BYTES_MAX);
    if (engine_create(&run->engine, &err) != ST_OK) {
        command_say("%s", err.text);
        goto out;
    }
    engine_set_verify(run->engine, pk_memo_verify, &run->coupons);
    exit_status = command_finish(run_lines(run));
    if (call->stats)
        print_stats(run);
out:
    if (run) {
        engine_destroy(run->engine);
        strbuf_free(&run->line);
        strbuf_free(&run->out);
    }
    bundle_destroy(bundle);
    free(report);
    free(run);
    return exit_status;
}
