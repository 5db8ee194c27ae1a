/* SPDX-License-Identifier: Apache-2.0 */
/*
 * intern - names to numbers, kept in an arena. A name has a kind, so that the sku "A" and the tag "A" are two names.
 * Filled while a bundle is compiled, only read afterwards.
 */
#ifndef LOYALD_ENGINE_INTERN_H
#define LOYALD_ENGINE_INTERN_H

#include "agent/engine/arena.h"

#include <stdbool.h>
#include <stdint.h>

enum name_kind {
    NAME_SKU,
    NAME_GTIN,
    NAME_CATEGORY,
    NAME_BRAND,
    NAME_TAG,
    NAME_LIST,
    NAME_STORE,
    NAME_ANY,
    NAME_KINDS
};

struct intern_name {
    const char *text;
    uint32_t len, hash;
    uint8_t kind;
};

struct intern {
    struct intern_name *names;
    size_t count, cap;
    uint32_t *slots; /* number + 1, 0 is free; slot_count is a power of two */
    size_t slot_count;
    bool kinds[NAME_KINDS]; /* whether there is any of the kind */
};

/* Returns the number, UINT32_MAX when the name is not there. */
uint32_t intern_find(const struct intern *intern, enum name_kind kind, const char *text, size_t len);
/* Finds or adds; UINT32_MAX without memory (the arena says so). Copies the text. */
uint32_t intern_add(struct intern *intern, struct arena *arena, enum name_kind kind, const char *text, size_t len);

#endif
