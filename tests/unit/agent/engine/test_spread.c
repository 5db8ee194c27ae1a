/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/engine/spread.h"

#include <criterion/criterion.h>
#include <string.h>

static int64_t sum(const struct share *shares, size_t count)
{
    int64_t total = 0;

    for (size_t i = 0; i < count; i++)
        total += shares[i].low * shares[i].count + shares[i].extra;
    return total;
}

Test(spread, parts_sum_to_the_whole)
{
    struct arena arena = ARENA_INIT(4096, 0);
    struct share shares[] = {{.weight = 333, .cap = 1000, .count = 1},
                             {.weight = 333, .cap = 1000, .count = 1},
                             {.weight = 334, .cap = 1000, .count = 1}};

    spread_amount(&arena, shares, 3, 1000);
    cr_assert_eq(sum(shares, 3), 1000);
    arena_free(&arena);
}

Test(spread, ties_go_to_the_earlier)
{
    struct arena arena = ARENA_INIT(4096, 0);
    struct share shares[] = {{.weight = 1, .cap = 10, .count = 1},
                             {.weight = 1, .cap = 10, .count = 1},
                             {.weight = 1, .cap = 10, .count = 1}};

    spread_amount(&arena, shares, 3, 4);
    cr_assert_eq(shares[0].low + shares[0].extra, 2);
    cr_assert_eq(shares[1].low + shares[1].extra, 1);
    cr_assert_eq(shares[2].low + shares[2].extra, 1);
    arena_free(&arena);
}

Test(spread, what_a_cap_stops_goes_to_the_others)
{
    struct arena arena = ARENA_INIT(4096, 0);
    struct share shares[] = {{.weight = 900, .cap = 10, .count = 1},
                             {.weight = 50, .cap = 1000, .count = 1},
                             {.weight = 50, .cap = 1000, .count = 1}};

    spread_amount(&arena, shares, 3, 101);
    cr_assert_eq(shares[0].low, 10);
    cr_assert_eq(shares[1].low + shares[1].extra, 46);
    cr_assert_eq(shares[2].low + shares[2].extra, 45);
    arena_free(&arena);
}

Test(spread, alike_units_cost_one_part)
{
    struct arena arena = ARENA_INIT(4096, 0);
    struct share shares[] = {{.weight = 100, .cap = 100, .count = 100000}};

    spread_amount(&arena, shares, 1, 1234567);
    cr_assert_eq(shares[0].low, 12);
    cr_assert_eq(shares[0].extra, 34567);
    arena_free(&arena);
}

Test(arena, stops_at_its_bound_and_says_so)
{
    struct arena arena = ARENA_INIT(1024, 4096);

    cr_assert_null(arena_alloc(&arena, 5000));
    cr_assert_eq(arena.st, ST_FULL);
    arena_reset(&arena);
    cr_assert_not_null(arena_alloc(&arena, 1000));
    arena_free(&arena);
}

Test(arena, rewinds_into_chunks_it_has)
{
    struct arena arena = ARENA_INIT(256, 0);
    struct arena_mark mark;
    size_t bytes;

    (void)arena_alloc(&arena, 100);
    mark = arena_mark(&arena);
    for (int i = 0; i < 100; i++)
        cr_assert_not_null(arena_alloc(&arena, 200));
    bytes = arena.bytes;
    for (int round = 0; round < 3; round++) {
        arena_rewind(&arena, mark);
        for (int i = 0; i < 100; i++)
            memset(arena_alloc(&arena, 200), 1, 200);
        cr_assert_eq(arena.bytes, bytes);
    }
    arena_free(&arena);
}
