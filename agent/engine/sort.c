/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/engine/sort.h"

#include <assert.h>
#include <stdalign.h>
#include <stdbool.h>
#include <string.h>

struct sorting {
    unsigned char *items;
    size_t each;
    int (*compare)(const void *, const void *);
};

static void swap(const struct sorting *s, size_t a, size_t b)
{
    unsigned char item[SORT_ITEM_BYTES_MAX];

    memcpy(item, s->items + a * s->each, s->each);
    memcpy(s->items + a * s->each, s->items + b * s->each, s->each);
    memcpy(s->items + b * s->each, item, s->each);
}

static void sift(const struct sorting *s, size_t root, size_t count)
{
    for (size_t child = root * 2 + 1; child < count; root = child, child = root * 2 + 1) {
        if (child + 1 < count && s->compare(s->items + child * s->each, s->items + (child + 1) * s->each) < 0)
            child++;
        if (s->compare(s->items + root * s->each, s->items + child * s->each) >= 0)
            return;
        swap(s, root, child);
    }
}

/* Short lists, the common case, by insertion. */
static void insertion(const struct sorting *s, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        alignas(max_align_t) unsigned char item[SORT_ITEM_BYTES_MAX];
        size_t at = i;

        memcpy(item, s->items + i * s->each, s->each);
        while (at > 0 && s->compare(s->items + (at - 1) * s->each, item) > 0) {
            memcpy(s->items + at * s->each, s->items + (at - 1) * s->each, s->each);
            at--;
        }
        memcpy(s->items + at * s->each, item, s->each);
    }
}

/* Long lists often come sorted: a file is written in order. */
static bool in_order(const struct sorting *s, size_t count)
{
    size_t i = 1;

    while (i < count && s->compare(s->items + (i - 1) * s->each, s->items + i * s->each) <= 0)
        i++;
    return i == count;
}

void sort_items(void *items, size_t count, size_t bytes_each, int (*compare)(const void *, const void *))
{
    struct sorting s = {.items = items, .each = bytes_each, .compare = compare};

    assert(bytes_each <= SORT_ITEM_BYTES_MAX);
    if (count <= 32) {
        insertion(&s, count);
        return;
    }
    if (in_order(&s, count))
        return;
    for (size_t i = count / 2; i-- > 0;)
        sift(&s, i, count);
    for (size_t end = count - 1; end > 0; end--) {
        swap(&s, 0, end);
        sift(&s, 0, end);
    }
}
