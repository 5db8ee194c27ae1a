/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/engine/intern.h"

#include <string.h>

/* FNV-1a. Names come from a signed bundle, so nobody can choose them to collide. */
static uint32_t name_hash(enum name_kind kind, const char *text, size_t len)
{
    uint32_t hash = (UINT32_C(2166136261) ^ (uint32_t)kind) * UINT32_C(16777619);

    for (size_t i = 0; i < len; i++)
        hash = (hash ^ (unsigned char)text[i]) * UINT32_C(16777619);
    return hash ^ (hash >> 15);
}

static size_t slot_of(const struct intern *intern, enum name_kind kind, const char *text, size_t len, uint32_t hash)
{
    size_t slot = hash & (intern->slot_count - 1);

    for (; intern->slots[slot]; slot = (slot + 1) & (intern->slot_count - 1)) {
        const struct intern_name *name = &intern->names[intern->slots[slot] - 1];

        if (name->hash == hash && name->kind == kind && name->len == len && memcmp(name->text, text, len) == 0)
            break;
    }
    return slot;
}

uint32_t intern_find(const struct intern *intern, enum name_kind kind, const char *text, size_t len)
{
    if (intern->slot_count == 0)
        return UINT32_MAX;
    /* A free slot holds 0, which becomes UINT32_MAX. */
    return intern->slots[slot_of(intern, kind, text, len, name_hash(kind, text, len))] - 1;
}

static int slots_double(struct intern *intern, struct arena *arena)
{
    size_t count = intern->slot_count ? intern->slot_count * 2 : 64;
    uint32_t *slots = arena_array(arena, count, sizeof *slots);

    if (!slots)
        return 0;
    for (size_t i = 0; i < intern->count; i++) {
        size_t slot = intern->names[i].hash & (count - 1);

        while (slots[slot])
            slot = (slot + 1) & (count - 1);
        slots[slot] = (uint32_t)i + 1;
    }
    intern->slots = slots;
    intern->slot_count = count;
    return 1;
}

uint32_t intern_add(struct intern *intern, struct arena *arena, enum name_kind kind, const char *text, size_t len)
{
    uint32_t hash = name_hash(kind, text, len);
    struct intern_name *name;
    size_t slot;

    if (intern->count * 2 >= intern->slot_count && !slots_double(intern, arena))
        return UINT32_MAX;
    slot = slot_of(intern, kind, text, len, hash);
    if (intern->slots[slot])
        return intern->slots[slot] - 1;
    if (intern->count == intern->cap &&
        !vec_more(arena, &intern->names, intern->count, &intern->cap, sizeof *intern->names))
        return UINT32_MAX;
    name = &intern->names[intern->count];
    *name = (struct intern_name){
        .text = arena_text(arena, text, len), .len = (uint32_t)len, .hash = hash, .kind = (uint8_t)kind};
    if (!name->text)
        return UINT32_MAX;
    intern->kinds[kind] = true;
    intern->slots[slot] = (uint32_t)++intern->count;
    return intern->slots[slot] - 1;
}
