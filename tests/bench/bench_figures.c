/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/bench/bench_figures.h"

#include "agent/engine/engine.h"
#include "tests/bench/bench_basket.h"
#include "tests/bench/bench_memory.h"
#include "tests/bench/bench_time.h"

#include <cjson/cJSON.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TRIES = 15, ROWS = 6000, REPLAY_SALES = 2000 };

static void figure(const char *name, double value, const char *unit, double target, bool met)
{
    printf("figure,%s,%.2f,%s,%.0f,%s\n", name, value, unit, target, met ? "met" : "missed");
}

void figure_at_most(const char *name, double value, const char *unit, double target)
{
    figure(name, value, unit, target, value <= target);
}

void figure_at_least(const char *name, double value, const char *unit, double target)
{
    figure(name, value, unit, target, value >= target);
}

static int64_t least(int64_t a, int64_t b)
{
    return a && a < b ? a : b;
}

/* ---- compiling */

static bool compile(const struct strbuf *text, struct bundle **out_bundle)
{
    struct errmsg err = ERRMSG_INIT;

    if (bundle_compile(text->data, text->len, out_bundle, NULL, &err) == ST_OK)
        return true;
    fprintf(stderr, "bench_engine: %s\n", err.text);
    return false;
}

/* The time cJSON alone takes over the same promotions, one after the other. */
static int64_t cjson_time(const struct bench_work *work)
{
    struct strbuf text = STRBUF_INIT(BUNDLE_BYTES_MAX);
    size_t *ends = calloc((size_t)work->promotion_count + 1, sizeof *ends), from = 0;
    int64_t best = 0;

    for (int i = 0; ends && i < work->promotion_count; i++) {
        bench_promotion_text(work, i, true, &text);
        ends[i] = text.len;
    }
    for (int t = 0; ends && t < TRIES; t++) {
        int64_t began = bench_cpu_ns();

        from = 0;
        for (int i = 0; i < work->promotion_count; from = ends[i++])
            cJSON_Delete(cJSON_ParseWithLength(text.data + from, ends[i] - from));
        best = least(best, bench_cpu_ns() - began);
    }
    free(ends);
    strbuf_free(&text);
    return best;
}

static bool compile_figures(void)
{
    struct strbuf text = STRBUF_INIT(BUNDLE_BYTES_MAX);
    struct bench_work work;
    int64_t best = 0, cjson, peak = 0, kept = 0;
    bool good = bench_work_make(&work, 10000, 1, 1);

    if (!good)
        return false;
    bench_bundle_text(&work, true, &text);
    for (int t = 0; good && t < TRIES; t++) {
        struct bundle *bundle = NULL;
        int64_t began;

        memory_watch();
        began = bench_cpu_ns();
        good = compile(&text, &bundle);
        best = least(best, bench_cpu_ns() - began);
        peak = memory_peak();
        kept = memory_held();
        if (good && t == 0)
            printf("# compiled: %zu bytes of JSON, %zu bytes in memory\n", text.len, bundle_memory_bytes(bundle));
        if (good && t == 0)
            figure_at_most("bundle_bytes_a_promotion", (double)bundle_memory_bytes(bundle) / work.promotion_count,
                           "B", 400);
        bundle_destroy(bundle);
    }
    cjson = cjson_time(&work);
    figure_at_most("compile_10000", (double)best / 1e6, "ms", 80);
    figure_at_most("compile_10000_to_cjson", (double)best / (double)cjson, "times", 2);
    figure_at_most("compile_10000_beside_result", (double)(peak - kept) / 1e6, "MB", 16);
    bench_work_free(&work);
    strbuf_free(&text);
    return good;
}

/* A store's week of prices: the whole bundle is compiled again, and the one before goes. */
static bool price_list_figure(void)
{
    struct strbuf text = STRBUF_INIT(BUNDLE_BYTES_MAX);
    struct bundle *active = NULL;
    int64_t best = 0;
    bool good = true;

    strbuf_puts(&text, "{\"format\":\"loyald-bundle/1\",\"id\":\"p\",\"version\":1,\"currency\":\"EUR\",\"layers\":"
                       "[{\"id\":\"l\",\"mode\":\"best\"}],\"price_lists\":{\"week\":{");
    for (int i = 0; i < ROWS; i++)
        strbuf_printf(&text, "%s\"%06d\":%d", i ? "," : "", 100000 + i * 7919 % 900000, 100 + i);
    strbuf_puts(&text, "}},\"promotions\":[{\"id\":\"week\",\"layer\":\"l\",\"reward\":{\"kind\":\"price_list\","
                       "\"list\":\"week\"}}]}");
    for (int t = 0; good && t < TRIES; t++) {
        int64_t began = bench_cpu_ns();
        struct bundle *next = NULL;

        good = compile(&text, &next);
        bundle_destroy(active);
        active = next;
        best = least(best, bench_cpu_ns() - began);
    }
    bundle_destroy(active);
    strbuf_free(&text);
    figure_at_most("price_list_6000_swap", (double)best / 1e6, "ms", 10);
    return good;
}

/* ---- replays */

struct replay {
    struct bundle *bundle;
    struct engine *engine;
    struct strbuf texts; /* of all sales, one a line */
    struct strbuf out;
    size_t ends[REPLAY_SALES];
    struct engine_sale *sales[REPLAY_SALES];
};

static bool replay_make(struct replay *replay)
{
    struct strbuf text = STRBUF_INIT(BUNDLE_BYTES_MAX);
    struct bench_work work;
    bool good = bench_work_make(&work, 1000, REPLAY_SALES, 10);

    replay->texts = (struct strbuf)STRBUF_INIT(BUNDLE_BYTES_MAX);
    replay->out = (struct strbuf)STRBUF_INIT(BUNDLE_BYTES_MAX);
    if (!good)
        return false;
    bench_bundle_text(&work, false, &text);
    good = compile(&text, &replay->bundle) && engine_create(&replay->engine, NULL) == ST_OK;
    for (int i = 0; i < REPLAY_SALES; i++) {
        bench_sale_text(&work, i, "each", &replay->texts);
        replay->ends[i] = replay->texts.len;
    }
    bench_work_free(&work);
    strbuf_free(&text);
    return good;
}

static bool parse(struct replay *replay, int i)
{
    struct engine_fault fault;
    size_t from = i ? replay->ends[i - 1] : 0;

    return engine_sale_parse(replay->texts.data + from, replay->ends[i] - from, &replay->sales[i], &fault) == ST_OK;
}

/* Parsed sales in, results as structures out, digests not asked for. */
static bool replay_library(struct replay *replay)
{
    const struct engine_options options = {.skip_digest = true};
    int64_t best = 0, allocations = 0;
    bool good = true;

    for (int i = 0; good && i < REPLAY_SALES; i++)
        good = parse(replay, i);
    for (int t = 0; good && t < TRIES; t++) {
        int64_t began = bench_cpu_ns();
        const struct engine_result *result;

        memory_watch();
        for (int i = 0; good && i < REPLAY_SALES; i++)
            good =
                engine_evaluate(replay->engine, replay->bundle, replay->sales[i], &options, &result, NULL) == ST_OK;
        allocations = memory_allocations();
        best = least(best, bench_cpu_ns() - began);
    }
    figure_at_least("replay_library", REPLAY_SALES * 1e9 / (double)best, "per_s", 100000);
    figure_at_most("allocations_an_evaluation", (double)allocations / REPLAY_SALES, "calls", 0);
    return good;
}

/* What loyalctl evaluate does between reading and writing: text in, digest, text out. */
static bool replay_json(struct replay *replay)
{
    int64_t best = 0;
    bool good = true;

    for (int t = 0; good && t < TRIES; t++) {
        int64_t began = bench_cpu_ns();

        for (int i = 0; good && i < REPLAY_SALES; i++) {
            const struct engine_result *result;

            engine_sale_destroy(replay->sales[i]);
            replay->sales[i] = NULL;
            strbuf_clear(&replay->out);
            good = parse(replay, i) &&
                   engine_evaluate(replay->engine, replay->bundle, replay->sales[i], NULL, &result, NULL) == ST_OK;
            if (good)
                engine_result_write(result, false, &replay->out);
        }
        best = least(best, bench_cpu_ns() - began);
    }
    figure_at_least("replay_json", REPLAY_SALES * 1e9 / (double)best, "per_s", 50000);
    return good;
}

static bool replay_figures(void)
{
    struct replay *replay = calloc(1, sizeof *replay);
    bool good = replay && replay_make(replay) && replay_library(replay) && replay_json(replay);

    if (!replay)
        return false;
    for (int i = 0; i < REPLAY_SALES; i++)
        engine_sale_destroy(replay->sales[i]);
    strbuf_free(&replay->texts);
    strbuf_free(&replay->out);
    engine_destroy(replay->engine);
    bundle_destroy(replay->bundle);
    free(replay);
    return good;
}

bool figures_of_bundles(void)
{
    return compile_figures() && price_list_figure() && replay_figures();
}
