/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/engine/share.h"

#include "agent/engine/engine.h"

#include <string.h>

enum { SLOT_BITS_FIRST = 10, HASH_BITS = 32 };
_Static_assert(BUNDLE_BYTES_MAX <= UINT32_MAX, "what is shared stems from the bytes of the bundle");

static uint64_t mixed(uint64_t hash, const unsigned char *bytes, size_t len)
{
    uint64_t part = 0;

    memcpy(&part, bytes, len);
    hash = (hash ^ part) * UINT64_C(0xff51afd7ed558ccd);
    return hash ^ hash >> 32;
}

/* Two at a time, as each multiplication waits for the one before it. */
static uint32_t hash_of(const unsigned char *bytes, size_t len)
{
    enum { PART = sizeof(uint64_t) };
    uint64_t even = len * UINT64_C(0x9e3779b97f4a7c15), odd = ~even;

    for (; len >= 2 * PART; bytes += 2 * PART, len -= 2 * PART) {
        even = mixed(even, bytes, PART);
        odd = mixed(odd, bytes + PART, PART);
    }
    if (len >= PART) {
        odd = mixed(odd, bytes, PART);
        bytes += PART;
        len -= PART;
    }
    even = mixed(even, bytes, len) ^ odd >> 7;
    return (uint32_t)(even * UINT64_C(0xff51afd7ed558ccd) >> 32);
}

/* The slot of equal bytes, or the free one where they belong. The hash tells most others apart without a look at
 * them. */
static struct share_slot *slot_of(const struct sharing *sharing, uint32_t hash, const void *bytes, size_t len)
{
    size_t mask = ((size_t)1 << sharing->slot_bits) - 1, at = hash >> (HASH_BITS - sharing->slot_bits);
    struct share_slot *slot = &sharing->slots[at];

    while (slot->bytes && !(slot->hash == hash && slot->len == len && memcmp(slot->bytes, bytes, len) == 0)) {
        at = (at + 1) & mask;
        slot = &sharing->slots[at];
    }
    return slot;
}

/* Doubles the table when it is half full. */
static int slots_ready(struct sharing *sharing)
{
    unsigned bits = sharing->slot_bits ? sharing->slot_bits + 1 : SLOT_BITS_FIRST;
    size_t count = (size_t)1 << bits, old_count = sharing->slot_bits ? (size_t)1 << sharing->slot_bits : 0;
    struct share_slot *more;

    if (sharing->used * 2 < old_count)
        return 1;
    more = arena_array(sharing->scratch, count, sizeof *more);
    if (!more)
        return 0;
    for (size_t i = 0; i < old_count; i++) {
        size_t at = sharing->slots[i].hash >> (HASH_BITS - bits);

        while (sharing->slots[i].bytes && more[at].bytes)
            at = (at + 1) & (count - 1);
        if (sharing->slots[i].bytes)
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
    uint32_t hash = hash_of(bytes, len);
    struct share_slot *slot;

    if (!slots_ready(sharing))
        return NULL;
    slot = slot_of(sharing, hash, bytes, len);
    if (!slot->bytes) {
        *slot = (struct share_slot){copy_of(sharing, bytes, len, text), (uint32_t)len, hash};
        sharing->used += slot->bytes != NULL;
    }
    return slot->bytes;
}
