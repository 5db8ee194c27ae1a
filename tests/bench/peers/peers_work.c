/* SPDX-License-Identifier: Apache-2.0 */
/*
 * peers_work - writes the work of the comparison for every engine, and does it with ours and with a plain walk.
 *
 *   peers_work bundle|sales|clips-promotions|clips-baskets|json PROMOTIONS BASKETS
 *   peers_work floor|engine|engine-digest PROMOTIONS BASKETS PASSES
 *
 * What a run prints is what peers_table reads from every engine: "result SUM LINES HASH", "load NS", "rss KB", and
 * "time BASKET NS" for each basket of each pass.
 */
#include "agent/base/clock.h"
#include "agent/engine/engine.h"
#include "tests/bench/peers/emit.h"
#include "tests/bench/bench_peak.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PASSES_MAX = 1000, LINES = 20 };

static struct bench_work work;

static void die(const char *what)
{
    fprintf(stderr, "peers_work: %s\n", what);
    exit(1);
}

static void print_end(const struct bench_tally *tally, int64_t load_ns)
{
    printf("result %" PRId64 " %" PRId64 " %" PRIu32 "\nload %" PRId64 "\nrss %" PRId64 "\n", tally->sum,
           tally->lines, tally->hash, load_ns, bench_peak_kb());
}

/* ---- a plain walk over the same promotions */

static void run_floor(int passes)
{
    struct bench_tally tally = {0};

    for (int pass = 0; pass < passes; pass++) {
        tally = (struct bench_tally){0};
        for (int i = 0; i < work.basket_count; i++) {
            int64_t began = clock_measure_ns();

            bench_floor(&work, i, &tally);
            printf("time %d %" PRId64 "\n", i, clock_measure_ns() - began);
        }
    }
    print_end(&tally, 0);
}

/* ---- our engine, whole: JSON compiled and evaluated */

static struct bundle *load_bundle(int64_t *out_load_ns)
{
    struct strbuf text = STRBUF_INIT(BUNDLE_BYTES_MAX);
    struct errmsg err = ERRMSG_INIT;
    struct bundle *bundle = NULL;
    int64_t began;

    bench_bundle_text(&work, false, &text);
    began = clock_measure_ns();
    if (bundle_compile(strbuf_text(&text), text.len, &bundle, NULL, &err) != ST_OK)
        die(err.text);
    *out_load_ns = clock_measure_ns() - began;
    strbuf_free(&text);
    return bundle;
}

/* Every line is one unit (sold by weight), so that the best solution is the largest discount of each line. */
static struct engine_sale *load_sale(int basket)
{
    struct strbuf text = STRBUF_INIT(SALE_BYTES_MAX);
    struct engine_fault fault = {0};
    struct engine_sale *sale = NULL;

    bench_sale_text(&work, basket, "weight", &text);
    if (engine_sale_parse(strbuf_text(&text), text.len, &sale, &fault) != ST_OK)
        die(fault.message);
    strbuf_free(&text);
    return sale;
}

static void tally_result(const struct engine_result *result, struct bench_tally *tally)
{
    for (size_t l = 0; l < result->line_count; l++) {
        const struct engine_result_line *line = &result->lines[l];
        int winner = -1;

        if (line->adjustment_count > 1)
            die("a line took two promotions");
        if (line->adjustment_count == 1)
            winner = (int)strtol(line->adjustments[0].promotion + 1, NULL, 10);
        bench_tally_line(tally, line->discount_minor, winner);
    }
}

static void run_engine(int passes, bool digest)
{
    const struct engine_options options = {.skip_digest = !digest};
    static struct engine_sale *sales[BENCH_BASKETS_MAX];
    struct bench_tally tally = {0};
    struct engine *engine = NULL;
    int64_t load_ns;
    struct bundle *bundle = load_bundle(&load_ns);

    if (engine_create(&engine, NULL) != ST_OK)
        die("out of memory");
    for (int i = 0; i < work.basket_count; i++)
        sales[i] = load_sale(i);
    for (int pass = 0; pass < passes; pass++) {
        tally = (struct bench_tally){0};
        for (int i = 0; i < work.basket_count; i++) {
            const struct engine_result *result;
            struct errmsg err = ERRMSG_INIT;
            int64_t began = clock_measure_ns();

            if (engine_evaluate(engine, bundle, sales[i], &options, &result, &err) != ST_OK)
                die(err.text);
            printf("time %d %" PRId64 "\n", i, clock_measure_ns() - began);
            tally_result(result, &tally);
        }
    }
    print_end(&tally, load_ns);
    for (int i = 0; i < work.basket_count; i++)
        engine_sale_destroy(sales[i]);
    engine_destroy(engine);
    bundle_destroy(bundle);
}

static void print_bundle(void)
{
    struct strbuf text = STRBUF_INIT(BUNDLE_BYTES_MAX);

    bench_bundle_text(&work, false, &text);
    puts(strbuf_text(&text));
    strbuf_free(&text);
}

static void print_sales(void)
{
    struct strbuf text = STRBUF_INIT(SALE_BYTES_MAX);

    for (int i = 0; i < work.basket_count; i++) {
        strbuf_clear(&text);
        bench_sale_text(&work, i, "weight", &text);
        puts(strbuf_text(&text));
    }
    strbuf_free(&text);
}

static bool run(const char *what, int passes)
{
    if (strcmp(what, "bundle") == 0)
        print_bundle();
    else if (strcmp(what, "sales") == 0)
        print_sales();
    else if (strcmp(what, "clips-promotions") == 0)
        emit_clips_promotions(&work, stdout);
    else if (strcmp(what, "clips-baskets") == 0)
        emit_clips_baskets(&work, stdout);
    else if (strcmp(what, "json") == 0)
        emit_json(&work, stdout);
    else if (strcmp(what, "floor") == 0)
        run_floor(passes);
    else if (strcmp(what, "engine") == 0)
        run_engine(passes, false);
    else if (strcmp(what, "engine-digest") == 0)
        run_engine(passes, true);
    else
        return false;
    return true;
}

int main(int argc, char **argv)
{
    long promotions = argc > 3 ? strtol(argv[2], NULL, 10) : 0, baskets = argc > 3 ? strtol(argv[3], NULL, 10) : 0,
         passes = argc > 4 ? strtol(argv[4], NULL, 10) : 1;

    if (promotions < 1 || promotions > BENCH_PROMOTIONS_MAX || baskets < 1 || baskets > BENCH_BASKETS_MAX ||
        passes < 1 || passes > PASSES_MAX || argc > 5) {
        fprintf(stderr, "usage: peers_work WHAT PROMOTIONS BASKETS [PASSES], 1 to %d, 1 to %d, 1 to %d\n",
                BENCH_PROMOTIONS_MAX, BENCH_BASKETS_MAX, PASSES_MAX);
        return 2;
    }
    if (!bench_work_make(&work, (int)promotions, (int)baskets, LINES))
        die("out of memory");
    if (!run(argv[1], (int)passes)) {
        fprintf(stderr, "peers_work: what is \"%s\"?\n", argv[1]);
        return 2;
    }
    bench_work_free(&work);
    return fflush(stdout) == 0 && !ferror(stdout) ? 0 : 1;
}
