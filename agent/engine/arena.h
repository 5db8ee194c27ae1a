/* SPDX-License-Identifier: Apache-2.0 */
/*
 * arena - memory that is given back all at once: a compiled bundle lives in one, so does the scratch of an
 * evaluation.
 *
 * Memory comes zeroed. When there is none, or the bound is reached, arena_alloc answers NULL and the arena remembers
 * why: code that builds something asks arena.st once at the end.
 */
#ifndef LOYALD_ENGINE_ARENA_H
#define LOYALD_ENGINE_ARENA_H

#include "agent/base/status.h"

#include <stddef.h>

struct arena_chunk;

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

/* Returns a view of zeroed memory, aligned for any object; NULL when there is none. */
void *arena_alloc(struct arena *arena, size_t bytes);
/* An array; NULL also when the size overflows. */
void *arena_array(struct arena *arena, size_t count, size_t bytes_each);
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

/* Makes room for one more element in an array of count elements with room for *cap; moves it when it is full. Returns
 * the array, or NULL (the old one stays good). */
void *arena_grow(struct arena *arena, void *array, size_t count, size_t *cap, size_t bytes_each);

/* Appends room for one element to vec {items, count, cap}; evaluates to a pointer to it, or NULL. */
#define VEC_ADD(arena, vec)                                                                                          \
    (((vec)->count < (vec)->cap ||                                                                                   \
      vec_more((arena), (void *)&(vec)->items, (vec)->count, &(vec)->cap, sizeof *(vec)->items))                     \
         ? &(vec)->items[(vec)->count++]                                                                             \
         : NULL)

/* array_slot is the address of the pointer. */
int vec_more(struct arena *arena, void *array_slot, size_t count, size_t *cap, size_t bytes_each);

#endif
