/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench_engine - how long the engine takes for a basket, beside a floor measured in the same run (bench_basket.h).
 * Engine and floor must agree line by line, else nothing is printed.
 *
 * bench_engine [BASKETS [PASSES]]   the table, then every figure with its target, one a line:
 *                                   figure,NAME,VALUE,UNIT,TARGET,met|missed
 * bench_engine --curve              promotions,lines,p50_ns,p99_ns,floor_ns as CSV, for a picture
 *
 * "lines" sells every line as one unit, as the comparison wants it; "units" sells pieces, which may take different
 * promotions. A time is the least of all passes over a basket: what a quiet machine would take. What takes
 * milliseconds (bundles, replays) is the least time on the CPU.
 */
#include "tests/bench/bench_basket.h"
#include "tests/bench/bench_figures.h"

#include "agent/base/clock.h"
#include "agent/engine/engine.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct times {
    int64_t *ns; /* by basket */
    int64_t p50, p99;
};

static int ns_cmp(const void *a, const void *b)
{
    int64_t x, y;

    memcpy(&x, a, sizeof x);
    memcpy(&y, b, sizeof y);
    return x < y ? -1 : x > y;
}

static void rank(struct times *times, int count)
{
    qsort(times->ns, (size_t)count, sizeof *times->ns, ns_cmp);
    times->p50 = times->ns[count / 2];
    times->p99 = times->ns[count * 99 / 100];
}

static void keep_best(int64_t *slot, int64_t ns, int pass)
{
    if (pass == 0 || ns < *slot)
        *slot = ns;
}

static struct bundle *make_bundle(const struct bench_work *work)
{
    struct strbuf text = STRBUF_INIT(BUNDLE_BYTES_MAX);
    struct errmsg err = ERRMSG_INIT;
    struct bundle *bundle = NULL;

    bench_bundle_text(work, false, &text);
    if (bundle_compile(strbuf_text(&text), text.len, &bundle, NULL, &err) != ST_OK)
        fprintf(stderr, "bench_engine: %s\n", err.text);
    strbuf_free(&text);
    return bundle;
}

static struct engine_sale *make_sale(const struct bench_work *work, int basket, const char *sold_by)
{
    struct strbuf text = STRBUF_INIT(SALE_BYTES_MAX);
    struct engine_fault fault = {0};
    struct engine_sale *sale = NULL;

    bench_sale_text(work, basket, sold_by, &text);
    if (engine_sale_parse(strbuf_text(&text), text.len, &sale, &fault) != ST_OK)
        fprintf(stderr, "bench_engine: %s: %s\n", fault.at, fault.message);
    strbuf_free(&text);
    return sale;
}

static void tally_result(const struct engine_result *result, struct bench_tally *tally)
{
    for (size_t l = 0; l < result->line_count; l++) {
        const struct engine_result_line *line = &result->lines[l];

        bench_tally_line(tally, line->discount_minor,
                         line->adjustment_count ? atoi(line->adjustments[0].promotion + 1) : -1);
    }
}

static void run_floor(const struct bench_work *work, int passes, struct times *times, struct bench_tally *out_tally)
{
    for (int pass = 0; pass < passes; pass++) {
        *out_tally = (struct bench_tally){0};
        for (int i = 0; i < work->basket_count; i++) {
            int64_t began = clock_measure_ns();

            bench_floor(work, i, out_tally);
            keep_best(&times->ns[i], clock_measure_ns() - began, pass);
        }
    }
    rank(times, work->basket_count);
}

static bool evaluate_all(const struct bench_work *work, const struct bundle *bundle, struct engine_sale **sales,
                         bool digest, int passes, struct times *times, struct bench_tally *out_tally)
{
    const struct engine_options options = {.skip_digest = !digest};
    struct engine *engine = NULL;
    bool good = engine_create(&engine, NULL) == ST_OK;

    for (int pass = 0; good && pass < passes; pass++) {
        for (int i = 0; good && i < work->basket_count; i++) {
            const struct engine_result *result;
            int64_t began = clock_measure_ns();

            good = engine_evaluate(engine, bundle, sales[i], &options, &result, NULL) == ST_OK;
            keep_best(&times->ns[i], clock_measure_ns() - began, pass);
            if (good && pass == 0)
                tally_result(result, out_tally);
        }
    }
    engine_destroy(engine);
    return good;
}

static bool run_engine(const struct bench_work *work, const char *sold_by, bool digest, int passes,
                       struct times *times, struct bench_tally *out_tally)
{
    struct bundle *bundle = make_bundle(work);
    struct engine_sale **sales = calloc((size_t)work->basket_count, sizeof *sales);
    bool good = bundle && sales;

    *out_tally = (struct bench_tally){0};
    for (int i = 0; good && i < work->basket_count; i++)
        good = (sales[i] = make_sale(work, i, sold_by)) != NULL;
    good = good && evaluate_all(work, bundle, sales, digest, passes, times, out_tally);
    if (good)
        rank(times, work->basket_count);
    for (int i = 0; sales && i < work->basket_count; i++)
        engine_sale_destroy(sales[i]);
    free(sales);
    bundle_destroy(bundle);
    return good;
}

static bool agree(const struct bench_tally *x, const struct bench_tally *y)
{
    if (x->sum == y->sum && x->lines == y->lines && x->hash == y->hash)
        return true;
    fprintf(stderr, "bench_engine: engine and floor do not agree\n");
    return false;
}

static void print_row(int promotions, const char *what, const struct times *times, int64_t floor_ns,
                      const struct bench_tally *tally)
{
    printf("%6d  %-14s p50 %8.2f us  p99 %8.2f us  %6.2f x floor   sum=%" PRId64 " lines=%" PRId64 " hash=%" PRIu32
           "\n",
           promotions, what, (double)times->p50 / 1000, (double)times->p99 / 1000,
           (double)times->p50 / (double)(floor_ns ? floor_ns : 1), tally->sum, tally->lines, tally->hash);
}

/* What is to be kept for a number of promotions; 0: none is set. */
static const struct target {
    int promotions;
    double p50_us, p99_us;
} targets[] = {{100, 0, 0}, {1000, 8, 25}, {10000, 40, 150}};

static void print_figures(const struct target *target, const char *what, const struct times *times)
{
    char name[48];

    if (target->p50_us <= 0)
        return;
    (void)snprintf(name, sizeof name, "%s_%d_p50", what, target->promotions);
    figure_at_most(name, (double)times->p50 / 1000, "us", target->p50_us);
    (void)snprintf(name, sizeof name, "%s_%d_p99", what, target->promotions);
    figure_at_most(name, (double)times->p99 / 1000, "us", target->p99_us);
}

static bool table(const struct target *target, int baskets, int passes, struct times *times)
{
    static const struct {
        const char *what, *sold_by, *figure; /* figure: what a target is for */
        bool digest;
    } runs[] = {{"lines", "weight", "evaluate", false},
                {"lines+digest", "weight", NULL, true},
                {"units", "each", "evaluate_units", false}};
    struct bench_tally floor_tally = {0}, tally;
    struct bench_work work;
    int64_t floor_ns;
    bool good = bench_work_make(&work, target->promotions, baskets, 20);

    if (!good)
        return false;
    run_floor(&work, passes, times, &floor_tally);
    floor_ns = times->p50;
    print_row(target->promotions, "floor", times, floor_ns, &floor_tally);
    for (size_t i = 0; good && i < sizeof runs / sizeof *runs; i++) {
        good = run_engine(&work, runs[i].sold_by, runs[i].digest, passes, times, &tally) &&
               (i == 2 || agree(&tally, &floor_tally)); /* of several units each is rounded with its own */
        if (good)
            print_row(target->promotions, runs[i].what, times, floor_ns, &tally);
        if (good && runs[i].figure)
            print_figures(target, runs[i].figure, times);
    }
    bench_work_free(&work);
    return good;
}

static bool curve_point(int promotions, int lines, struct times *times)
{
    enum { CURVE_BASKETS = 100, CURVE_PASSES = 10 };
    struct bench_tally floor_tally = {0}, tally;
    struct bench_work work;
    int64_t floor_ns;
    bool good = bench_work_make(&work, promotions, CURVE_BASKETS, lines);

    if (!good)
        return false;
    run_floor(&work, CURVE_PASSES, times, &floor_tally);
    floor_ns = times->p50;
    good = run_engine(&work, "weight", false, CURVE_PASSES, times, &tally) && agree(&tally, &floor_tally);
    if (good)
        printf("%d,%d,%" PRId64 ",%" PRId64 ",%" PRId64 "\n", promotions, lines, times->p50, times->p99, floor_ns);
    bench_work_free(&work);
    return good;
}

static bool curve(struct times *times)
{
    static const int promotions[] = {100, 1000, 5000, 10000}, lines[] = {5, 20, 50, 200};

    printf("promotions,lines,p50_ns,p99_ns,floor_ns\n");
    for (size_t l = 0; l < sizeof lines / sizeof *lines; l++) {
        for (size_t p = 0; p < sizeof promotions / sizeof *promotions; p++) {
            if (!curve_point(promotions[p], lines[l], times))
                return false;
        }
    }
    return true;
}

int main(int argc, char **argv)
{
    static int64_t ns[BENCH_BASKETS_MAX];
    struct times times = {.ns = ns};
    long baskets, passes;

    if (argc == 2 && strcmp(argv[1], "--curve") == 0)
        return curve(&times) ? 0 : 1;
    baskets = argc > 1 ? strtol(argv[1], NULL, 10) : 200;
    passes = argc > 2 ? strtol(argv[2], NULL, 10) : 20;
    if (baskets < 1 || baskets > BENCH_BASKETS_MAX || passes < 1 || passes > 1000000) {
        fprintf(stderr, "usage: bench_engine [BASKETS (1 to %d) [PASSES]] | --curve\n", BENCH_BASKETS_MAX);
        return 2;
    }
    for (size_t i = 0; i < sizeof targets / sizeof *targets; i++) {
        if (!table(&targets[i], (int)baskets, (int)passes, &times))
            return 1;
    }
    return figures_of_bundles() ? 0 : 1;
}
