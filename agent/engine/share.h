/* SPDX-License-Identifier: Apache-2.0 */
/*
 * share - equal things once: ten thousand promotions name the same tiers, weeks and languages. What is shared never
 * changes, and what it points to must be shared before it, so that equal bytes mean equal things.
 */
#ifndef LOYALD_ENGINE_SHARE_H
#define LOYALD_ENGINE_SHARE_H

#include "agent/engine/arena.h"

#include <stdint.h>

struct share_slot { /* free: bytes is NULL */
    const void *bytes;
    uint32_t len, hash; /* the first half of it: where the slot stands in a table of any size, and which it is */
};

struct sharing {
    struct arena *kept;    /* what is shared lives here */
    struct arena *scratch; /* the table */
    struct share_slot *slots;
    size_t used;
    unsigned slot_bits; /* there are 2^slot_bits of them; 0: none */
};

/* Returns a view of equal bytes in the kept arena: those that are there, else a copy. NULL without memory. Texts are
 * shared with their NUL; text only says that they need no alignment. */
const void *share_bytes(struct sharing *sharing, const void *bytes, size_t len, int text);

#endif
