/* SPDX-License-Identifier: Apache-2.0 */
/* Sorting beside the C library's: every length around the bounds, in order, backwards, with repeats and at random. */
#include "agent/engine/sort.h"

#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { LENGTH_MAX = 300 };

struct wide_item { /* as large as an offer, and of no even size */
    uint32_t key, number;
    unsigned char rest[93];
};

static uint64_t state;

static uint32_t some(uint32_t below)
{
    state = state * UINT64_C(6364136223846793005) + 1442695040888963407;
    return (uint32_t)(state >> 33) % below;
}

static int wide_cmp(const void *a, const void *b)
{
    const struct wide_item *x = a, *y = b;

    if (x->key != y->key)
        return x->key < y->key ? -1 : 1;
    return x->number < y->number ? -1 : x->number > y->number;
}

static int number_cmp(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return x < y ? -1 : x > y;
}

/* Numbers of a shape: 0 rising, 1 falling, 2 few that repeat, 3 any, 4 rising but for the last. */
static uint32_t number_of(int shape, uint32_t i, uint32_t count)
{
    if (shape == 0 || (shape == 4 && i + 1 < count))
        return i;
    if (shape == 1)
        return count - i;
    return shape == 2 ? some(4) : shape == 3 ? some(UINT32_MAX) : 0;
}

static void one_length(uint32_t count, int shape, uint64_t seed)
{
    static struct wide_item items[LENGTH_MAX], items_right[LENGTH_MAX];
    static uint32_t numbers[LENGTH_MAX], right[LENGTH_MAX];

    for (uint32_t i = 0; i < count; i++) {
        numbers[i] = right[i] = number_of(shape, i, count);
        items[i] = (struct wide_item){.key = numbers[i], .number = i};
        memset(items[i].rest, (int)(i & 0xff), sizeof items[i].rest);
        items_right[i] = items[i];
    }
    qsort(right, count, sizeof *right, number_cmp);
    sort_numbers(numbers, count);
    cr_expect_arr_eq(numbers, right, count * sizeof *right, "LOYALD_SEED=%" PRIu64 " %u %d", seed, count, shape);
    qsort(items_right, count, sizeof *items_right, wide_cmp);
    sort_items(items, count, sizeof *items, wide_cmp);
    for (uint32_t i = 0; i < count; i++)
        cr_assert(wide_cmp(&items[i], &items_right[i]) == 0 &&
                      memcmp(items[i].rest, items_right[i].rest, sizeof items[i].rest) == 0,
                  "LOYALD_SEED=%" PRIu64 " %u %d: item %u", seed, count, shape, i);
}

Test(sort, agrees_with_the_library)
{
    const char *seed_text = getenv("LOYALD_SEED");
    uint64_t seed = seed_text ? strtoull(seed_text, NULL, 10) : (uint64_t)time(NULL);

    state = seed;
    cr_log_info("LOYALD_SEED=%" PRIu64, seed);
    for (uint32_t count = 0; count < LENGTH_MAX; count += count < 40 ? 1 : 13) {
        for (int shape = 0; shape < 5; shape++)
            one_length(count, shape, seed);
    }
}
