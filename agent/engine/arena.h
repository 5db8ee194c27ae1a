/* SPDX-License-Identifier: Apache-2.0 */
/*
 * arena - memory that is given back all at once: a compiled bundle lives in one, so does the scratch of an
 * evaluation.
 *
 * Memory comes zeroed, but for arena_raw. When there is none, or the bound is reached, arena_alloc answers NULL and
 * the arena remembers why: code that builds something asks arena.st once at the end.
 */
#ifndef LOYALD_ENGINE_ARENA_H
#define LOYALD_ENGINE_ARENA_H

#include "agent/base/status.h"

#include <stdalign.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct arena_chunk {
    struct arena_chunk *next;
    size_t cap, used;
    alignas(max_align_t) unsigned char bytes[];
};

struct arena {
    struct arena_chunk *first, *current;
    size_t bytes;     /* in chunks */
    size_t bytes_max; /* 0: no bound */
    size_t chunk_bytes;
    enum status st; /* ST_OK, ST_NOMEM or ST_FULL; sticky until the reset */
    char *text;     /* room for short texts, which need no alignment */
    size_t text_left;
};

#define ARENA_INIT(chunk, max)                                                                                       \
    {                                                                                                                \
        .chunk_bytes = (chunk), .bytes_max = (max)                                                                   \
    }

/* Makes a chunk with room for so many bytes the current one; NULL when there is none. */
struct arena_chunk *arena_room(struct arena *arena, size_t bytes);

/* Memory that is not zeroed, for what is written whole at once. Here, since an evaluation asks for a dozen pieces a
 * line of the sale. */
static inline void *arena_raw(struct arena *arena, size_t count, size_t bytes_each)
{
    struct arena_chunk *chunk = arena->current;
    size_t bytes;
    void *memory;

    if (count > SIZE_MAX / 8 / bytes_each) {
        if (arena->st == ST_OK)
            arena->st = ST_FULL;
        return NULL;
    }
    bytes = (count * bytes_each + alignof(max_align_t) - 1) / alignof(max_align_t) * alignof(max_align_t);
    if (arena->st != ST_OK)
        return NULL;
    if (!chunk || chunk->cap - chunk->used < bytes) {
        chunk = arena_room(arena, bytes);
        if (!chunk)
            return NULL;
    }
    memory = chunk->bytes + chunk->used;
    chunk->used += bytes;
    return memory;
}

/* Returns a view of zeroed memory, aligned for any object; NULL when there is none, also when the size overflows. */
static inline void *arena_array(struct arena *arena, size_t count, size_t bytes_each)
{
    void *memory = arena_raw(arena, count, bytes_each);

    return memory ? memset(memory, 0, count * bytes_each) : NULL;
}

static inline void *arena_alloc(struct arena *arena, size_t bytes)
{
    return arena_array(arena, bytes, 1);
}
/* Copies len bytes and adds a NUL. */
char *arena_text(struct arena *arena, const char *text, size_t len);
/* Takes back what was taken since the mark; nothing older may have grown in between. */
struct arena_mark {
    struct arena_chunk *chunk;
    size_t used;
};
struct arena_mark arena_mark(const struct arena *arena);
void arena_rewind(struct arena *arena, struct arena_mark mark);
/* Takes everything back but keeps the memory, as one chunk: the same work again allocates nothing. */
void arena_reset(struct arena *arena);
void arena_free(struct arena *arena);

/* Appends room for one element to vec {items, count, cap}; evaluates to a pointer to it, or NULL. */
#define VEC_ADD(arena, vec)                                                                                          \
    (((vec)->count < (vec)->cap ||                                                                                   \
      vec_more((arena), (void *)&(vec)->items, (vec)->count, &(vec)->cap, sizeof *(vec)->items))                     \
         ? &(vec)->items[(vec)->count++]                                                                             \
         : NULL)

/* array_slot is the address of the pointer. */
int vec_more(struct arena *arena, void *array_slot, size_t count, size_t *cap, size_t bytes_each);

#endif
