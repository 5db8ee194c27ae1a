/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench_engine - how long the engine takes for a basket, beside a floor measured in the same run: a plain walk over
 * the promotions of each line's category that only compares numbers and picks the largest percentage.
 *
 * The work is that of other engines' comparisons: N promotions (category, tier, line quantity, basket subtotal,
 * weekday), baskets of 20 lines, per line the largest discount. Engine and floor must agree line by line, else
 * nothing is printed. "lines" sells every line as one unit, as the comparison wants it; "units" sells pieces, which
 * may take different promotions.
 *
 * bench_engine [BASKETS [PASSES]]
 */
#include "agent/base/clock.h"
#include "agent/engine/engine.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINES = 20, CATEGORIES = 50, BASKETS_MAX = 10000, PROMOTIONS_MAX = 10000 };

struct promo {
    unsigned weekdays;
    int category, tier, qty, percent;
    int64_t subtotal;
};

struct basket {
    struct {
        int qty, price, category;
    } lines[LINES];
    int tier, weekday;
};

struct tally {
    int64_t sum, lines;
    uint32_t hash;
};

static struct promo promos[PROMOTIONS_MAX];
static struct basket baskets[BASKETS_MAX];
static int by_category[CATEGORIES][PROMOTIONS_MAX], category_count[CATEGORIES];
static uint32_t state;

static int below(uint32_t n)
{
    state ^= state << 13;
    state ^= state >> 17;
    state ^= state << 5;
    return (int)(state % n);
}

static void generate(int promo_count, int basket_count)
{
    static const int64_t subtotals[] = {0, 0, 100000, 200000, 300000};

    state = 2463534242u;
    memset(category_count, 0, sizeof category_count);
    for (int i = 0; i < promo_count; i++) {
        struct promo *p = &promos[i];

        *p = (struct promo){0};
        for (int d = 0; d < 7; d++)
            p->weekdays |= below(10) < 8 ? 1u << d : 0;
        p->category = below(CATEGORIES);
        p->tier = below(4);
        p->qty = 1 + below(3);
        p->subtotal = subtotals[below(5)];
        p->percent = 1 + below(30);
        by_category[p->category][category_count[p->category]++] = i;
    }
    for (int i = 0; i < basket_count; i++) {
        for (int l = 0; l < LINES; l++) {
            baskets[i].lines[l].qty = 1 + below(5);
            baskets[i].lines[l].price = 99 + below(20000);
            baskets[i].lines[l].category = below(CATEGORIES);
        }
        baskets[i].tier = below(4);
        baskets[i].weekday = below(7);
    }
}

/* ---- the floor */

static void floor_basket(const struct basket *b, struct tally *tally)
{
    int64_t subtotal = 0;

    for (int l = 0; l < LINES; l++)
        subtotal += (int64_t)b->lines[l].qty * b->lines[l].price;
    for (int l = 0; l < LINES; l++) {
        int64_t total = (int64_t)b->lines[l].qty * b->lines[l].price, best = 0;
        int category = b->lines[l].category, winner = -1;

        for (int k = 0; k < category_count[category]; k++) {
            const struct promo *p = &promos[by_category[category][k]];
            int64_t discount = (total * p->percent + 50) / 100;

            if (p->tier <= b->tier && p->qty <= b->lines[l].qty && p->subtotal <= subtotal &&
                (p->weekdays >> b->weekday & 1) && discount > best) {
                best = discount;
                winner = by_category[category][k];
            }
        }
        tally->sum += best;
        tally->lines += winner >= 0;
        tally->hash = tally->hash * 31 + (uint32_t)(winner + 1);
    }
}

/* ---- the engine */

static struct bundle *make_bundle(int promo_count)
{
    static const char *const days[] = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};
    struct strbuf text = STRBUF_INIT(BUNDLE_BYTES_MAX);
    struct errmsg err = ERRMSG_INIT;
    struct bundle *bundle = NULL;

    strbuf_puts(&text, "{\"format\":\"loyald-bundle/1\",\"id\":\"bench\",\"version\":1,\"currency\":\"EUR\","
                       "\"layers\":[{\"id\":\"l\",\"mode\":\"best\"}],\"promotions\":[");
    for (int i = 0; i < promo_count; i++) {
        const struct promo *p = &promos[i];

        strbuf_printf(&text, "%s{\"id\":\"p%05d\",\"layer\":\"l\",\"when\":{\"weekdays\":[", i ? "," : "", i);
        /* No weekday at all would mean every one. */
        if (p->weekdays == 0)
            strbuf_puts(&text, "],\"channels\":[\"never\"");
        for (int d = 0, n = 0; d < 7; d++) {
            if (p->weekdays >> d & 1)
                strbuf_printf(&text, "%s\"%s\"", n++ ? "," : "", days[d]);
        }
        strbuf_puts(&text, "],\"member\":{\"tiers\":[");
        for (int t = p->tier; t < 4; t++)
            strbuf_printf(&text, "%s\"t%d\"", t > p->tier ? "," : "", t);
        strbuf_puts(&text, "]}");
        if (p->subtotal)
            strbuf_printf(&text, ",\"basket\":[{\"items\":{\"any\":true},\"amount_min\":%" PRId64 "}]", p->subtotal);
        strbuf_printf(&text,
                      "},\"reward\":{\"kind\":\"percent_off\",\"percent_bp\":%d,\"items\":{\"categories\":[\"c%d\"],"
                      "\"line_qty_min_milli\":%d}}}",
                      p->percent * 100, p->category, p->qty * 1000);
    }
    strbuf_puts(&text, "]}");
    if (bundle_compile(strbuf_text(&text), text.len, &bundle, NULL, &err) != ST_OK)
        fprintf(stderr, "bench_engine: %s\n", err.text);
    strbuf_free(&text);
    return bundle;
}

static struct engine_sale *make_sale(const struct basket *b, const char *sold_by)
{
    struct strbuf text = STRBUF_INIT(1 << 16);
    struct engine_fault fault = {0};
    struct engine_sale *sale = NULL;

    /* 2026-11-23 is a Monday. */
    strbuf_printf(&text, "{\"business_date\":\"2026-11-%d\",\"member\":{\"id\":\"M\",\"tier\":\"t%d\"},\"lines\":[",
                  23 + b->weekday, b->tier);
    for (int l = 0; l < LINES; l++)
        strbuf_printf(&text,
                      "%s{\"line\":%d,\"sku\":\"s%02d\",\"category\":\"c%d\",\"sold_by\":\"%s\",\"qty_milli\":%d,"
                      "\"unit_price_minor\":%d}",
                      l ? "," : "", l + 1, l, b->lines[l].category, sold_by, b->lines[l].qty * 1000,
                      b->lines[l].price);
    strbuf_puts(&text, "]}");
    if (engine_sale_parse(strbuf_text(&text), text.len, &sale, &fault) != ST_OK)
        fprintf(stderr, "bench_engine: %s: %s\n", fault.at, fault.message);
    strbuf_free(&text);
    return sale;
}

static void tally_result(const struct engine_result *result, struct tally *tally)
{
    for (size_t l = 0; l < result->line_count; l++) {
        const struct engine_result_line *line = &result->lines[l];
        int winner = line->adjustment_count ? atoi(line->adjustments[0].promotion + 1) : -1;

        tally->sum += line->discount_minor;
        tally->lines += winner >= 0;
        tally->hash = tally->hash * 31 + (uint32_t)(winner + 1);
    }
}

/* ---- measuring */

static int ns_cmp(const void *a, const void *b)
{
    int64_t x, y;

    memcpy(&x, a, sizeof x);
    memcpy(&y, b, sizeof y);
    return x < y ? -1 : x > y;
}

static void print_row(int promo_count, const char *what, int64_t *ns, int count, const struct tally *tally)
{
    qsort(ns, (size_t)count, sizeof *ns, ns_cmp);
    printf("%6d  %-14s p50 %8.2f us  p99 %8.2f us   sum=%" PRId64 " lines=%" PRId64 " hash=%" PRIu32 "\n",
           promo_count, what, (double)ns[count / 2] / 1000, (double)ns[count * 99 / 100] / 1000, tally->sum,
           tally->lines, tally->hash);
}

/* Each basket's best time over the passes: what a quiet machine would take. */
static void keep_best(int64_t *slot, int64_t ns, int pass)
{
    if (pass == 0 || ns < *slot)
        *slot = ns;
}

static bool run_engine(int promo_count, int basket_count, int passes, const char *what, const char *sold_by,
                       bool digest, int64_t *ns, struct tally *out_tally)
{
    const struct engine_options options = {.skip_digest = !digest};
    struct bundle *bundle = make_bundle(promo_count);
    struct engine_sale **sales = calloc((size_t)basket_count, sizeof(struct engine_sale *));
    struct engine *engine = NULL;
    bool good = bundle && sales && engine_create(&engine, NULL) == ST_OK;

    *out_tally = (struct tally){0};
    for (int i = 0; good && i < basket_count; i++)
        good = (sales[i] = make_sale(&baskets[i], sold_by)) != NULL;
    for (int pass = 0; good && pass < passes; pass++) {
        for (int i = 0; good && i < basket_count; i++) {
            const struct engine_result *result;
            int64_t began = clock_measure_ns();

            good = engine_evaluate(engine, bundle, sales[i], &options, &result, NULL) == ST_OK;
            keep_best(&ns[i], clock_measure_ns() - began, pass);
            if (good && pass == 0)
                tally_result(result, out_tally);
        }
    }
    if (good)
        print_row(promo_count, what, ns, basket_count, out_tally);
    for (int i = 0; sales && i < basket_count; i++)
        engine_sale_destroy(sales[i]);
    free(sales);
    engine_destroy(engine);
    bundle_destroy(bundle);
    return good;
}

static bool run(int promo_count, int basket_count, int passes, int64_t *ns)
{
    struct tally floor_tally = {0}, tally = {0};

    generate(promo_count, basket_count);
    for (int pass = 0; pass < passes; pass++) {
        floor_tally = (struct tally){0};
        for (int i = 0; i < basket_count; i++) {
            int64_t began = clock_measure_ns();

            floor_basket(&baskets[i], &floor_tally);
            keep_best(&ns[i], clock_measure_ns() - began, pass);
        }
    }
    print_row(promo_count, "floor", ns, basket_count, &floor_tally);
    if (!run_engine(promo_count, basket_count, passes, "lines", "weight", false, ns, &tally))
        return false;
    if (tally.sum != floor_tally.sum || tally.lines != floor_tally.lines || tally.hash != floor_tally.hash) {
        fprintf(stderr, "bench_engine: engine and floor do not agree\n");
        return false;
    }
    return run_engine(promo_count, basket_count, passes, "lines+digest", "weight", true, ns, &tally) &&
           run_engine(promo_count, basket_count, passes, "units", "each", false, ns, &tally);
}

int main(int argc, char **argv)
{
    static int64_t ns[BASKETS_MAX];
    static const int counts[] = {100, 1000, 10000};
    long basket_count = argc > 1 ? strtol(argv[1], NULL, 10) : 200,
         passes = argc > 2 ? strtol(argv[2], NULL, 10) : 20;

    if (basket_count < 1 || basket_count > BASKETS_MAX || passes < 1) {
        fprintf(stderr, "bench_engine: wants 1 to %d baskets and 1 or more passes\n", BASKETS_MAX);
        return 2;
    }
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        if (!run(counts[i], (int)basket_count, (int)passes, ns))
            return 1;
    }
    return 0;
}
