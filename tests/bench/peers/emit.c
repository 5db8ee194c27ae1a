/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/bench/peers/emit.h"

#include <inttypes.h>

static int64_t subtotal(const struct bench_work *work, const struct bench_basket *basket)
{
    int64_t sum = 0;

    for (int l = 0; l < work->line_count; l++)
        sum += (int64_t)basket->lines[l].qty * basket->lines[l].price;
    return sum;
}

void emit_clips_promotions(const struct bench_work *work, FILE *out)
{
    for (int i = 0; i < work->promotion_count; i++) {
        const struct bench_promotion *p = &work->promotions[i];

        fprintf(out, "(promo (id %d) (cat %d) (tier %d) (qty %d) (sub %" PRId64 ") (pct %d) (days", i, p->category,
                p->tier, p->qty, p->subtotal, p->percent);
        for (int d = 0; d < 7; d++)
            fprintf(out, " %s", p->weekdays >> d & 1 ? "y" : "n");
        fputs("))\n", out);
    }
}

/* Of a line the category, the quantity, the total; weekdays counted from 1. */
void emit_clips_baskets(const struct bench_work *work, FILE *out)
{
    for (int i = 0; i < work->basket_count; i++) {
        const struct bench_basket *b = &work->baskets[i];

        fprintf(out, "(basket (n %d) (tier %d) (dow %d) (sub %" PRId64 ") (lines", i, b->tier, b->weekday + 1,
                subtotal(work, b));
        for (int l = 0; l < work->line_count; l++)
            fprintf(out, " %d %d %d", b->lines[l].category, b->lines[l].qty, b->lines[l].qty * b->lines[l].price);
        fputs("))\n", out);
    }
}

static void emit_json_basket(const struct bench_work *work, const struct bench_basket *b, FILE *out)
{
    fprintf(out, "{\"tier\":%d,\"dow\":%d,\"sub\":%" PRId64 ",\"lines\":[", b->tier, b->weekday, subtotal(work, b));
    for (int l = 0; l < work->line_count; l++)
        fprintf(out, "%s{\"cat\":%d,\"qty\":%d,\"price\":%d}", l ? "," : "", b->lines[l].category, b->lines[l].qty,
                b->lines[l].price);
    fputs("]}", out);
}

void emit_json(const struct bench_work *work, FILE *out)
{
    fputs("{\"promotions\":[", out);
    for (int i = 0; i < work->promotion_count; i++) {
        const struct bench_promotion *p = &work->promotions[i];

        fprintf(out, "%s\n{\"id\":%d,\"cat\":%d,\"tier\":%d,\"qty\":%d,\"sub\":%" PRId64 ",\"pct\":%d,\"days\":[",
                i ? "," : "", i, p->category, p->tier, p->qty, p->subtotal, p->percent);
        for (int d = 0, n = 0; d < 7; d++) {
            if (p->weekdays >> d & 1)
                fprintf(out, "%s%d", n++ ? "," : "", d);
        }
        fputs("]}", out);
    }
    fputs("],\"baskets\":[", out);
    for (int i = 0; i < work->basket_count; i++) {
        fputs(i ? ",\n" : "\n", out);
        emit_json_basket(work, &work->baskets[i], out);
    }
    fputs("]}\n", out);
}
