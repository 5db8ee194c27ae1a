/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench_reevaluate - how many uploaded sales a core of the central works out again, as it does behind the ack: each
 * as it came, text in, by the bundle it names out of the database. Beside it the time to do no more than read the
 * same texts as JSON, and to find by a plain walk what the promotions give; the sum shows that both found the same.
 *
 *   bench_reevaluate [--promotions N] [--lines N] [--baskets N] [--passes N]     1000, 20, 200, 20
 */
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/base/json_pool.h"
#include "agent/base/log.h"
#include "agent/base/sha256.h"
#include "agent/base/hex.h"
#include "agent/engine/engine.h"
#include "sync/central/evaluator.h"
#include "sync/central/store.h"
#include "tests/bench/bench_basket.h"
#include "tests/bench/bench_time.h"

enum { PASSES_MAX = 10000 };

struct bench {
    int promotions, lines, baskets, passes;
    struct bench_work work;
    struct strbuf *sales;
    struct store *store;
    struct evaluator *evaluator;
    char bundle[SHA256_TEXT], path[64];
};

static void must(bool good, const char *what)
{
    if (good)
        return;
    fprintf(stderr, "bench_reevaluate: %s\n", what);
    exit(1);
}

#define OK(call) must((call) == ST_OK, err.text[0] ? err.text : #call)

static void set_up(struct bench *bench)
{
    struct strbuf text = STRBUF_INIT(BUNDLE_BYTES_MAX);
    struct errmsg err = ERRMSG_INIT;
    uint8_t digest[SHA256_BYTES];
    int fd;

    (void)snprintf(bench->path, sizeof(bench->path), "/var/tmp/loyald-bench-XXXXXX");
    fd = mkstemp(bench->path);
    must(fd >= 0 && close(fd) == 0, "no file for the database");
    OK(store_open(bench->path, &bench->store, &err));
    OK(evaluator_create(bench->store, &bench->evaluator, &err));
    must(bench_work_make(&bench->work, bench->promotions, bench->baskets, bench->lines), "no memory");
    bench_bundle_text(&bench->work, false, &text);
    OK(strbuf_status(&text));
    sha256_of(text.data, text.len, digest);
    hex_encode(digest, sizeof(digest), bench->bundle);
    OK(STORE_RUN(bench->store, STATEMENT_BLOB_PUT, &err, V_TEXT(bench->bundle), V_BLOB(text.data, text.len)));
    strbuf_free(&text);
    bench->sales = calloc((size_t)bench->baskets, sizeof(*bench->sales));
    must(bench->sales != NULL, "no memory");
    for (int i = 0; i < bench->baskets; i++) {
        bench->sales[i] = (struct strbuf)STRBUF_INIT(SALE_BYTES_MAX);
        bench_sale_text(&bench->work, i, "weight", &bench->sales[i]);
        OK(strbuf_status(&bench->sales[i]));
    }
}

static int64_t read_all(struct bench *bench)
{
    struct json_pool pool = JSON_POOL_INIT;
    struct errmsg err = ERRMSG_INIT;
    int64_t began = bench_cpu_ns();

    for (int p = 0; p < bench->passes; p++) {
        for (int i = 0; i < bench->baskets; i++) {
            const struct cJSON *root;

            OK(json_pool_parse(&pool, bench->sales[i].data, bench->sales[i].len, SALE_BYTES_MAX, &root, &err));
        }
    }
    json_pool_free(&pool);
    return bench_cpu_ns() - began;
}

static int64_t evaluate_all(struct bench *bench, int64_t *out_discount)
{
    struct errmsg err = ERRMSG_INIT;
    const struct engine_result *result;
    int64_t began;

    OK(evaluator_evaluate(bench->evaluator, bench->bundle, bench->sales[0].data, bench->sales[0].len, &result, &err));
    began = bench_cpu_ns();
    for (int p = 0; p < bench->passes; p++) {
        *out_discount = 0;
        for (int i = 0; i < bench->baskets; i++) {
            OK(evaluator_evaluate(bench->evaluator, bench->bundle, bench->sales[i].data, bench->sales[i].len, &result,
                                  &err));
            *out_discount += result->discount_minor;
        }
    }
    return bench_cpu_ns() - began;
}

static void measure(struct bench *bench)
{
    struct bench_tally floor = {0};
    int64_t count = (int64_t)bench->baskets * bench->passes, discount = 0, read_ns = read_all(bench),
            ns = evaluate_all(bench, &discount);

    for (int i = 0; i < bench->baskets; i++)
        bench_floor(&bench->work, i, &floor);
    printf("%d promotions, %d lines, %zu bytes a sale\n", bench->promotions, bench->lines, bench->sales[0].len);
    printf("  read only  %8" PRId64 " ns a sale\n", read_ns / count);
    printf("  worked out %8" PRId64 " ns a sale: %" PRId64 " a second and core, %" PRId64 ".%02" PRId64
           " times the reading\n",
           ns / count, count * INT64_C(1000000000) / ns, ns / read_ns, ns * 100 / read_ns % 100);
    printf("  discount   %8" PRId64 ", by the plain walk %" PRId64 "\n", discount, floor.sum);
    must(discount == floor.sum, "they differ");
}

int main(int argc, char **argv)
{
    static const struct option options[] = {{"promotions", required_argument, NULL, 'p'},
                                            {"lines", required_argument, NULL, 'l'},
                                            {"baskets", required_argument, NULL, 'b'},
                                            {"passes", required_argument, NULL, 'n'},
                                            {0}};
    struct bench bench = {.promotions = 1000, .lines = 20, .baskets = 200, .passes = 20};
    int option;

    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        int number = optarg ? (int)strtol(optarg, NULL, 10) : 0;

        if (option == 'p')
            bench.promotions = number;
        else if (option == 'l')
            bench.lines = number;
        else if (option == 'b')
            bench.baskets = number;
        else if (option == 'n')
            bench.passes = number;
        if (option == '?' || number < 1 || bench.promotions > BENCH_PROMOTIONS_MAX ||
            bench.baskets > BENCH_BASKETS_MAX || bench.lines > BENCH_LINES_MAX || bench.passes > PASSES_MAX) {
            fprintf(stderr, "usage: bench_reevaluate [--promotions N] [--lines N] [--baskets N] [--passes N]\n");
            return 2;
        }
    }
    log_set_level(LOG_LEVEL_ERROR);
    set_up(&bench);
    measure(&bench);
    for (int i = 0; i < bench.baskets; i++)
        strbuf_free(&bench.sales[i]);
    free(bench.sales);
    bench_work_free(&bench.work);
    evaluator_destroy(bench.evaluator);
    store_close(bench.store);
    (void)unlink(bench.path);
    return 0;
}
