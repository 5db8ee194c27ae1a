/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/till/reservations.h"

#include <stdlib.h>
#include <string.h>

void reservations_clear(struct reservations *all)
{
    free(all->items);
    *all = (struct reservations){0};
}

enum status reservations_add(struct reservations *all, const struct reservation *one)
{
    if (all->count == RESERVATIONS_MAX)
        return ST_FULL;
    if (all->count == all->cap) {
        int cap = all->cap ? 2 * all->cap : 64;
        struct reservation *items = realloc(all->items, (size_t)cap * sizeof *items);

        if (!items)
            return ST_NOMEM;
        all->items = items;
        all->cap = cap;
    }
    all->items[all->count++] = *one;
    return ST_OK;
}

void reservations_release(struct reservations *all, const char *sale_id)
{
    int kept = 0;

    for (int i = 0; i < all->count; i++) {
        if (strcmp(all->items[i].sale_id, sale_id) != 0)
            all->items[kept++] = all->items[i];
    }
    all->count = kept;
}

int64_t reservations_sum(const struct reservations *all, const char *but_sale_id, enum cache_effect_kind kind,
                         const char *subject, const char *name)
{
    int64_t sum = 0;

    for (int i = 0; i < all->count; i++) {
        const struct reservation *one = &all->items[i];

        if (one->kind == kind && strcmp(one->name, name) == 0 && strcmp(one->subject, subject) == 0 &&
            strcmp(one->sale_id, but_sale_id) != 0)
            sum += one->amount;
    }
    return sum;
}
