/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/engine/sort.h"

#include <assert.h>
#include <stdalign.h>
#include <string.h>

enum { INSERTION_MAX = 32 };

struct sorting {
    unsigned char *items;
    size_t each;
    int (*compare)(const void *, const void *);
};

/* Puts the item where it belongs below a place that is free, moving larger ones up on the way. */
static void sift(const struct sorting *s, size_t free, size_t count, const unsigned char *item)
{
    for (size_t child = free * 2 + 1; child < count; free = child, child = free * 2 + 1) {
        const unsigned char *larger = s->items + child * s->each;

        if (child + 1 < count && s->compare(larger, larger + s->each) < 0) {
            child++;
            larger += s->each;
        }
        if (s->compare(item, larger) >= 0)
            break;
        memcpy(s->items + free * s->each, larger, s->each);
    }
    memcpy(s->items + free * s->each, item, s->each);
}

static void heap(const struct sorting *s, size_t count)
{
    alignas(max_align_t) unsigned char item[SORT_ITEM_BYTES_MAX];

    for (size_t i = count / 2; i-- > 0;) {
        memcpy(item, s->items + i * s->each, s->each);
        sift(s, i, count, item);
    }
    for (size_t end = count - 1; end > 0; end--) {
        memcpy(item, s->items + end * s->each, s->each);
        memcpy(s->items + end * s->each, s->items, s->each);
        sift(s, 0, end, item);
    }
}

/* Short lists, the common case, by insertion, from the first that is out of order. */
static void insertion(const struct sorting *s, size_t from, size_t count)
{
    alignas(max_align_t) unsigned char item[SORT_ITEM_BYTES_MAX];

    for (size_t i = from; i < count; i++) {
        size_t at = i;

        if (s->compare(s->items + (i - 1) * s->each, s->items + i * s->each) <= 0)
            continue;
        memcpy(item, s->items + i * s->each, s->each);
        while (at > 0 && s->compare(s->items + (at - 1) * s->each, item) > 0)
            at--;
        memmove(s->items + (at + 1) * s->each, s->items + at * s->each, (i - at) * s->each);
        memcpy(s->items + at * s->each, item, s->each);
    }
}

void sort_items(void *items, size_t count, size_t bytes_each, int (*compare)(const void *, const void *))
{
    const struct sorting s = {.items = items, .each = bytes_each, .compare = compare};
    size_t i = 1;

    assert(bytes_each <= SORT_ITEM_BYTES_MAX);
    /* Most lists come sorted: a file is written in order, a basket is walked in order. */
    while (i < count && compare(s.items + (i - 1) * bytes_each, s.items + i * bytes_each) <= 0)
        i++;
    if (i >= count)
        return;
    if (count <= INSERTION_MAX)
        insertion(&s, i, count);
    else
        heap(&s, count);
}

/* Plain numbers: parted by one bit after the other, the highest first. Depth is at most 32. */
static void part_numbers(uint32_t *numbers, size_t count, uint32_t bit)
{
    size_t low = 0, high = count;

    while (low < high) {
        uint32_t number = numbers[low];

        if (number & bit) {
            numbers[low] = numbers[--high];
            numbers[high] = number;
        } else {
            low++;
        }
    }
    if (bit > 1) {
        if (low > 1)
            part_numbers(numbers, low, bit >> 1);
        if (count - low > 1)
            part_numbers(numbers + low, count - low, bit >> 1);
    }
}

void sort_numbers(uint32_t *numbers, size_t count)
{
    uint32_t all = 0, bit = UINT32_C(1) << 31;
    size_t i = 1;

    while (i < count && numbers[i - 1] <= numbers[i])
        i++;
    if (i >= count)
        return;
    for (i = 0; i < count; i++)
        all |= numbers[i];
    while (!(all & bit))
        bit >>= 1;
    part_numbers(numbers, count, bit);
}
