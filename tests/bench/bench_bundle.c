/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench_bundle - what a bundle costs a till: how long it compiles, beside the time cJSON takes to read the same file
 * as one tree, and the memory it holds and needs meanwhile. One row of a table; a process a bundle, as its peak
 * counts.
 *
 *   bench_bundle [--head | BUNDLE.json]
 */
#include "agent/base/file.h"
#include "agent/engine/engine.h"
#include "tests/bench/bench_memory.h"
#include "tests/bench/bench_peak.h"
#include "tests/bench/bench_time.h"

#include <cjson/cJSON.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TRIES = 15 };

struct cost {
    int64_t ns, peak, held;
    size_t bytes, promotions;
};

static bool compile(const char *text, size_t len, struct cost *cost)
{
    for (int t = 0; t < TRIES; t++) {
        struct errmsg err = ERRMSG_INIT;
        struct bundle *bundle;
        int64_t began, ns;

        memory_watch();
        began = bench_cpu_ns();
        if (bundle_compile(text, len, &bundle, NULL, &err) != ST_OK) {
            fprintf(stderr, "bench_bundle: %s\n", err.text);
            return false;
        }
        ns = bench_cpu_ns() - began;
        cost->ns = t == 0 || ns < cost->ns ? ns : cost->ns;
        cost->peak = memory_peak();
        cost->held = memory_held();
        cost->bytes = bundle_memory_bytes(bundle);
        cost->promotions = bundle_promotion_count(bundle);
        bundle_destroy(bundle);
    }
    return true;
}

static int64_t cjson_ns(const char *text, size_t len)
{
    int64_t best = INT64_MAX;

    for (int t = 0; t < TRIES; t++) {
        int64_t began = bench_cpu_ns(), ns;

        cJSON_Delete(cJSON_ParseWithLength(text, len));
        ns = bench_cpu_ns() - began;
        best = ns < best ? ns : best;
    }
    return best;
}

/* Thousandths of a unit, or tenths of the next. */
static void print_size(int64_t value, int64_t unit, const char *small, const char *large)
{
    if (value < unit * 1000)
        printf(" %" PRId64 " %s |", (value + unit / 2) / unit, small);
    else
        printf(" %" PRId64 ".%" PRId64 " %s |", value / unit / 1000, value / unit % 1000 / 100, large);
}

int main(int argc, char **argv)
{
    struct errmsg err = ERRMSG_INIT;
    struct cost cost = {0};
    char *text = NULL;
    size_t len = 0;
    int64_t rss_kb;

    if (argc != 2) {
        fprintf(stderr, "usage: bench_bundle --head | BUNDLE.json\n");
        return 2;
    }
    if (strcmp(argv[1], "--head") == 0) {
        puts("| bundle | promotions | JSON | compiles in | cJSON alone | compiled | beside it, while compiling | "
             "process |\n"
             "|---|---|---|---|---|---|---|---|");
        return 0;
    }
    if (file_read(argv[1], BUNDLE_BYTES_MAX, &text, &len, &err) != ST_OK) {
        fprintf(stderr, "bench_bundle: %s\n", err.text);
        return 1;
    }
    if (!compile(text, len, &cost)) {
        free(text);
        return 1;
    }
    rss_kb = bench_peak_kb(); /* before cJSON builds its tree */
    printf("| %s | %zu |", strrchr(argv[1], '/') ? strrchr(argv[1], '/') + 1 : argv[1], cost.promotions);
    print_size((int64_t)len, 1000, "kB", "MB");
    print_size(cost.ns, 1000, "us", "ms");
    print_size(cjson_ns(text, len), 1000, "us", "ms");
    print_size((int64_t)cost.bytes, 1000, "kB", "MB");
    print_size(cost.peak - cost.held, 1000, "kB", "MB");
    print_size(rss_kb * 1024, 1000, "kB", "MB");
    putchar('\n');
    free(text);
    return 0;
}
