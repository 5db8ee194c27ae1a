/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/bench/bench_basket.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static int below(uint32_t *state, uint32_t n)
{
    *state ^= *state << 13;
    *state ^= *state >> 17;
    *state ^= *state << 5;
    return (int)(*state % n);
}

static void make_promotions(struct bench_work *work, uint32_t *state)
{
    static const int64_t subtotals[] = {0, 0, 100000, 200000, 300000};

    for (int i = 0; i < work->promotion_count; i++) {
        struct bench_promotion *p = &work->promotions[i];

        for (int d = 0; d < 7; d++)
            p->weekdays |= below(state, 10) < 8 ? 1u << d : 0;
        p->category = below(state, BENCH_CATEGORIES);
        p->tier = below(state, 4);
        p->qty = 1 + below(state, 3);
        p->subtotal = subtotals[below(state, 5)];
        p->percent = 1 + below(state, 30);
        work->by_category[p->category][work->category_count[p->category]++] = i;
    }
}

static void make_baskets(struct bench_work *work, uint32_t *state)
{
    for (int i = 0; i < work->basket_count; i++) {
        struct bench_basket *basket = &work->baskets[i];

        basket->lines = &work->lines[(size_t)i * (size_t)work->line_count];
        for (int l = 0; l < work->line_count; l++) {
            basket->lines[l].qty = 1 + below(state, 5);
            basket->lines[l].price = 99 + below(state, 20000);
            basket->lines[l].category = below(state, BENCH_CATEGORIES);
        }
        basket->tier = below(state, 4);
        basket->weekday = below(state, 7);
    }
}

bool bench_work_make(struct bench_work *work, int promotions, int baskets, int lines)
{
    uint32_t state = 2463534242u;
    bool good;

    *work = (struct bench_work){.promotion_count = promotions, .basket_count = baskets, .line_count = lines};
    work->promotions = calloc((size_t)promotions, sizeof *work->promotions);
    work->baskets = calloc((size_t)baskets, sizeof *work->baskets);
    work->lines = calloc((size_t)baskets * (size_t)lines, sizeof *work->lines);
    good = work->promotions && work->baskets && work->lines;
    for (int c = 0; c < BENCH_CATEGORIES; c++) {
        work->by_category[c] = calloc((size_t)promotions, sizeof(int));
        good = good && work->by_category[c];
    }
    if (!good) {
        bench_work_free(work);
        return false;
    }
    make_promotions(work, &state);
    make_baskets(work, &state);
    return true;
}

void bench_work_free(struct bench_work *work)
{
    for (int c = 0; c < BENCH_CATEGORIES; c++)
        free(work->by_category[c]);
    free(work->promotions);
    free(work->baskets);
    free(work->lines);
    *work = (struct bench_work){0};
}

void bench_tally_line(struct bench_tally *tally, int64_t discount, int winner)
{
    tally->sum += discount;
    tally->lines += winner >= 0;
    tally->hash = tally->hash * 31 + (uint32_t)(winner + 1);
}

void bench_floor(const struct bench_work *work, int number, struct bench_tally *tally)
{
    const struct bench_basket *basket = &work->baskets[number];
    int64_t subtotal = 0;

    for (int l = 0; l < work->line_count; l++)
        subtotal += (int64_t)basket->lines[l].qty * basket->lines[l].price;
    for (int l = 0; l < work->line_count; l++) {
        const struct bench_line *line = &basket->lines[l];
        int64_t total = (int64_t)line->qty * line->price, best = 0;
        int winner = -1;

        for (int k = 0; k < work->category_count[line->category]; k++) {
            const struct bench_promotion *p = &work->promotions[work->by_category[line->category][k]];
            int64_t discount = (total * p->percent + 50) / 100;

            if (p->tier <= basket->tier && p->qty <= line->qty && p->subtotal <= subtotal &&
                (p->weekdays >> basket->weekday & 1) && discount > best) {
                best = discount;
                winner = work->by_category[line->category][k];
            }
        }
        bench_tally_line(tally, best, winner);
    }
}

void bench_promotion_text(const struct bench_work *work, int number, bool with_titles, struct strbuf *out)
{
    const struct bench_promotion *p = &work->promotions[number];
    static const char *const days[] = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};

    strbuf_printf(out, "{\"id\":\"p%05d\",", number);
    /* As much as an office writes: 6 MB for 10,000. */
    if (with_titles)
        strbuf_printf(out,
                      "\"title\":{\"en\":\"%d%% off goods of category %d\",\"de\":\"%d%% auf Waren der Gruppe %d\"},"
                      "\"order\":%d,\"final\":false,\"round\":\"line\",\"limits\":{\"per_sale\":0,\"per_member\":[],"
                      "\"total\":0},",
                      p->percent, p->category, p->percent, p->category, number);
    strbuf_puts(out, "\"layer\":\"l\",\"when\":{");
    if (with_titles)
        strbuf_puts(out, "\"from\":\"2026-11-01T00:00\",\"until\":\"2026-12-01T00:00\",\"stores\":{\"ids\":[],"
                         "\"attrs\":[{\"attr\":\"format\",\"in\":[\"express\"]}]},\"channels\":[\"till\",\"web\"],"
                         "\"tenders\":[],");
    strbuf_puts(out, "\"weekdays\":[");
    /* No weekday at all would mean every one. */
    if (p->weekdays == 0)
        strbuf_puts(out, "],\"channels\":[\"never\"");
    for (int d = 0, n = 0; d < 7; d++) {
        if (p->weekdays >> d & 1)
            strbuf_printf(out, "%s\"%s\"", n++ ? "," : "", days[d]);
    }
    strbuf_puts(out, "],\"member\":{\"tiers\":[");
    for (int t = p->tier; t < 4; t++)
        strbuf_printf(out, "%s\"t%d\"", t > p->tier ? "," : "", t);
    strbuf_puts(out, "]}");
    if (p->subtotal)
        strbuf_printf(out, ",\"basket\":[{\"items\":{\"any\":true},\"amount_min\":%" PRId64 "}]", p->subtotal);
    strbuf_printf(out,
                  "},\"reward\":{\"kind\":\"percent_off\",\"percent_bp\":%d,\"items\":{\"categories\":[\"c%d\"],"
                  "\"line_qty_min_milli\":%d}}}",
                  p->percent * 100, p->category, p->qty * 1000);
}

void bench_bundle_text(const struct bench_work *work, bool with_titles, struct strbuf *out)
{
    strbuf_puts(out, "{\"format\":\"loyald-bundle/1\",\"id\":\"bench\",\"version\":1,\"currency\":\"EUR\","
                     "\"layers\":[{\"id\":\"l\",\"mode\":\"best\"}],\"promotions\":[");
    for (int i = 0; i < work->promotion_count; i++) {
        if (i > 0)
            strbuf_putc(out, ',');
        bench_promotion_text(work, i, with_titles, out);
    }
    strbuf_puts(out, "]}");
}

void bench_sale_text(const struct bench_work *work, int number, const char *sold_by, struct strbuf *out)
{
    const struct bench_basket *basket = &work->baskets[number];

    /* 2026-11-23 is a Monday. */
    strbuf_printf(out,
                  "{\"sale_id\":\"S%d\",\"business_date\":\"2026-11-%d\",\"member\":{\"id\":\"M\",\"tier\":\"t%d\"},"
                  "\"lines\":[",
                  number, 23 + basket->weekday, basket->tier);
    for (int l = 0; l < work->line_count; l++)
        strbuf_printf(out,
                      "%s{\"line\":%d,\"sku\":\"s%02d\",\"category\":\"c%d\",\"sold_by\":\"%s\",\"qty_milli\":%d,"
                      "\"unit_price_minor\":%d}",
                      l ? "," : "", l + 1, l, basket->lines[l].category, sold_by, basket->lines[l].qty * 1000,
                      basket->lines[l].price);
    strbuf_puts(out, "]}");
}
