/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/engine/share.h"

#include <string.h>

enum { SLOTS_FIRST = 1024 };

static uint64_t hash_of(const unsigned char *bytes, size_t len)
{
    uint64_t hash = len * UINT64_C(0x9e3779b97f4a7c15), part;

    for (; len >= sizeof part; bytes += sizeof part, len -= sizeof part) {
        memcpy(&part, bytes, sizeof part);
        hash = (hash ^ part) * UINT64_C(0xff51afd7ed558ccd);
        hash ^= hash >> 32;
    }
    part = 0;
    memcpy(&part, bytes, len);
    hash = (hash ^ part) * UINT64_C(0xff51afd7ed558ccd);
    return hash ^ hash >> 29;
}

static struct share_entry *slot_of(struct share_entry *entries, size_t slot_count, uint64_t hash, const void *bytes,
                                   size_t len)
{
    size_t at = hash & (slot_count - 1);

    while (entries[at].bytes &&
           !(entries[at].hash == hash && entries[at].len == len && memcmp(entries[at].bytes, bytes, len) == 0))
        at = (at + 1) & (slot_count - 1);
    return &entries[at];
}

/* Doubles the table when it is half full. */
static int slots_ready(struct sharing *sharing)
{
    size_t slots = sharing->slot_count ? sharing->slot_count * 2 : SLOTS_FIRST;
    struct share_entry *more;

    if (sharing->count * 2 < sharing->slot_count)
        return 1;
    more = arena_array(sharing->scratch, slots, sizeof *more);
    if (!more)
        return 0;
    for (size_t i = 0; i < sharing->slot_count; i++) {
        const struct share_entry *old = &sharing->entries[i];

        if (old->bytes)
            *slot_of(more, slots, old->hash, old->bytes, old->len) = *old;
    }
    sharing->entries = more;
    sharing->slot_count = slots;
    return 1;
}

const void *share_bytes(struct sharing *sharing, const void *bytes, size_t len, int text)
{
    uint64_t hash = hash_of(bytes, len);
    struct share_entry *slot;
    void *copy;

    if (!slots_ready(sharing))
        return NULL;
    slot = slot_of(sharing->entries, sharing->slot_count, hash, bytes, len);
    if (slot->bytes)
        return slot->bytes;
    if (text) {
        copy = arena_text(sharing->kept, bytes, len - 1);
    } else {
        copy = arena_alloc(sharing->kept, len);
        if (copy)
            memcpy(copy, bytes, len);
    }
    if (!copy)
        return NULL;
    *slot = (struct share_entry){copy, len, hash};
    sharing->count++;
    return copy;
}
