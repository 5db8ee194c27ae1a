/* SPDX-License-Identifier: Apache-2.0 */
/* What only long lists or the parts by themselves reach in the spreading of money over lines and units. */
#include "agent/engine/bundle.h"
#include "agent/engine/spread.h"
#include "agent/engine/work.h"

#include <criterion/criterion.h>

enum { PARTS = 60 };

/* More parts than are sorted by insertion: the ties still go to the earlier. */
Test(spread, ties_of_many_parts_go_to_the_earlier)
{
    struct arena arena = ARENA_INIT(4096, 0);
    struct share shares[PARTS];
    int ones = 0;

    /* Weights 2 and 1 in turn; of an amount of 45 the shares are 1 and 0.5: fifteen of the halves come first. */
    for (int i = 0; i < PARTS; i++)
        shares[i] = (struct share){.weight = i % 2 ? 1 : 2, .cap = 100, .count = 1};
    spread_amount(&arena, shares, PARTS, 45);
    for (int i = 0; i < PARTS; i++) {
        int64_t part = shares[i].low + shares[i].extra;

        cr_expect_eq(part, i % 2 == 0 || i < PARTS / 2, "part %d: %d", i, (int)part);
        ones += part == 1;
    }
    cr_expect_eq(ones, 45);
    /* Fractions of three sizes, scattered. */
    for (int i = 0; i < PARTS; i++)
        shares[i] = (struct share){.weight = (uint64_t)(1 + i * 7 % 3), .cap = 100, .count = 1};
    spread_amount(&arena, shares, PARTS, 50);
    for (int i = 0; i < PARTS; i++)
        cr_expect_eq(shares[i].low + shares[i].extra, i * 7 % 3 == 0 ? i < PARTS / 2 : 1, "part %d", i);
    arena_free(&arena);
}

/* An evaluation's work on one line of four units at 10.00. */
struct bench {
    struct promotion promotions[2];
    struct bundle bundle;
    struct sale_line sold;
    uint32_t canonical[1];
    struct engine_sale sale;
    struct engine engine;
};

static struct engine *bench_begin(struct bench *b, uint32_t guard_bp)
{
    *b = (struct bench){.sold = {.qty_milli = 4000, .gross_minor = 4000}};
    b->bundle.promotions = b->promotions;
    b->bundle.guard_bp = guard_bp;
    b->sale.lines = &b->sold;
    b->sale.canonical = b->canonical;
    b->sale.line_count = 1;
    b->engine.arena = (struct arena)ARENA_INIT(4096, 0);
    b->engine.bundle = &b->bundle;
    b->engine.sale = &b->sale;
    units_begin(&b->engine);
    units_layer_begin(&b->engine);
    return &b->engine;
}

/* Moves have a total order, also those that begin with the same unit: such as give nothing leave its price. */
Test(units, moves_at_one_unit_are_booked_as_one)
{
    static const int64_t counts[] = {2, 1, 3, 1, 3};
    struct bench b;
    struct engine *e = bench_begin(&b, 10000);

    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++)
        units_move(e, &(struct move){.count = counts[i]}, false);
    units_move(e, &(struct move){.count = 4, .amount = 10}, false);
    units_layer_end(e);
    cr_assert_eq(e->adjustments.count, 1);
    cr_expect_eq(e->adjustments.items[0].amount, 40);
    cr_expect_eq(e->discount, 40);
    for (size_t i = 1; i < e->moves.count; i++)
        cr_expect_leq(e->moves.items[i - 1].count, e->moves.items[i].count);
    arena_free(&e->arena);
}

/* Of a line's units the dearest first, wherever it stands: the guard serves it first. */
Test(units, moves_go_by_the_price_they_found)
{
    struct bench b;
    struct engine *e = bench_begin(&b, 10000);

    units_move(e, &(struct move){.promotion = 1, .count = 1, .amount = 20}, false);
    units_move(e, &(struct move){.start = 0, .count = 1, .amount = 5}, false);
    units_move(e, &(struct move){.start = 1, .count = 1, .amount = 5}, false);
    units_layer_end(e);
    cr_assert_eq(e->moves.count, 3);
    cr_expect_eq(e->moves.items[0].start, 1);
    cr_expect_eq(e->moves.items[1].start, 0);
    cr_expect_eq(e->moves.items[2].promotion, 1);
    arena_free(&e->arena);
}

/* A final promotion may take a unit for nothing: then there is nothing to cut and nothing to book. */
Test(units, a_guard_cuts_nothing_where_nothing_was_given)
{
    struct bench b;
    struct engine *e = bench_begin(&b, 0);

    b.promotions[0].final = true;
    units_move(e, &(struct move){.count = 4}, false);
    units_layer_end(e);
    cr_expect_eq(e->adjustments.count, 0);
    cr_expect_eq(e->discount, 0);
    cr_expect(e->lines[0].items[0].final);
    arena_free(&e->arena);
}
