/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/engine/share.h"

#include "agent/engine/engine.h"

#include <string.h>

/* A bundle has no more bytes than numbers. */
enum { SLOT_BITS_FIRST = 10, NUMBER_BITS = 26 };
#define NUMBER_MASK ((UINT64_C(1) << NUMBER_BITS) - 1)
_Static_assert(BUNDLE_BYTES_MAX <= 1 << NUMBER_BITS, "each entry stems from a byte of the bundle");

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

/* The slots go by the first bits of the hash; those behind tell most others apart without a look at the entry. */
static uint64_t *slot_of(const struct sharing *sharing, uint64_t hash, const void *bytes, size_t len)
{
    size_t mask = ((size_t)1 << sharing->slot_bits) - 1, at = (size_t)(hash >> (64 - sharing->slot_bits));

    for (; sharing->slots[at]; at = (at + 1) & mask) {
        const struct share_entry *entry;

        if ((sharing->slots[at] ^ hash) & ~NUMBER_MASK)
            continue;
        entry = &sharing->entries.items[(sharing->slots[at] & NUMBER_MASK) - 1];
        if (entry->len == len && memcmp(entry->bytes, bytes, len) == 0)
            break;
    }
    return &sharing->slots[at];
}

/* Doubles the table when it is half full. */
static int slots_ready(struct sharing *sharing)
{
    unsigned bits = sharing->slot_bits ? sharing->slot_bits + 1 : SLOT_BITS_FIRST;
    size_t count = (size_t)1 << bits, old_count = sharing->slot_bits ? (size_t)1 << sharing->slot_bits : 0;
    uint64_t *more;

    if (sharing->entries.count * 2 < old_count)
        return 1;
    more = arena_array(sharing->scratch, count, sizeof *more);
    if (!more)
        return 0;
    for (size_t i = 0; i < old_count; i++) {
        size_t at = (size_t)(sharing->slots[i] >> (64 - bits));

        while (sharing->slots[i] && more[at])
            at = (at + 1) & (count - 1);
        if (sharing->slots[i])
            more[at] = sharing->slots[i];
    }
    sharing->slots = more;
    sharing->slot_bits = bits;
    return 1;
}

static void *copy_of(struct sharing *sharing, const void *bytes, size_t len, int text)
{
    void *copy = text ? arena_text(sharing->kept, bytes, len - 1) : arena_raw(sharing->kept, len, 1);

    return copy && !text ? memcpy(copy, bytes, len) : copy;
}

const void *share_bytes(struct sharing *sharing, const void *bytes, size_t len, int text)
{
    uint64_t hash = hash_of(bytes, len), *slot;
    struct share_entry *entry;
    void *copy;

    if (!slots_ready(sharing))
        return NULL;
    slot = slot_of(sharing, hash, bytes, len);
    if (*slot)
        return sharing->entries.items[(*slot & NUMBER_MASK) - 1].bytes;
    copy = copy_of(sharing, bytes, len, text);
    entry = copy ? VEC_ADD(sharing->scratch, &sharing->entries) : NULL;
    if (!entry)
        return NULL;
    *entry = (struct share_entry){copy, len};
    *slot = (hash & ~NUMBER_MASK) | sharing->entries.count;
    return copy;
}
