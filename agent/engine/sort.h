/* SPDX-License-Identifier: Apache-2.0 */
/* sort - in place and without memory of its own, which qsort of the C library does not promise. */
#ifndef LOYALD_ENGINE_SORT_H
#define LOYALD_ENGINE_SORT_H

#include <stddef.h>
#include <stdint.h>

enum { SORT_ITEM_BYTES_MAX = 512 };

/* Heap sort: the order must be total (no two items equal) where the outcome may not depend on the order before. */
void sort_items(void *items, size_t count, size_t bytes_each, int (*compare)(const void *, const void *));
/* Plain numbers, rising. */
void sort_numbers(uint32_t *numbers, size_t count);

#endif
