/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/engine/arena.h"

#include <stdlib.h>

enum { TEXT_SHORT = 64, TEXT_BLOCK = 512 };

static struct arena_chunk *chunk_add(struct arena *arena, size_t need)
{
    size_t cap = arena->chunk_bytes;
    struct arena_chunk *chunk;

    /* Growing with what is used: few chunks, and at most a thirty-second unused. */
    if (cap < arena->bytes / 32)
        cap = arena->bytes / 32;
    if (cap < need)
        cap = need;
    if (arena->bytes_max && (need > arena->bytes_max || arena->bytes > arena->bytes_max - need)) {
        arena->st = ST_FULL;
        return NULL;
    }
    if (arena->bytes_max && cap > arena->bytes_max - arena->bytes)
        cap = arena->bytes_max - arena->bytes;
    chunk = malloc(sizeof *chunk + cap);
    if (!chunk) {
        arena->st = ST_NOMEM;
        return NULL;
    }
    *chunk = (struct arena_chunk){.cap = cap};
    arena->bytes += cap;
    if (arena->current)
        arena->current->next = chunk;
    else
        arena->first = chunk;
    arena->current = chunk;
    return chunk;
}

struct arena_chunk *arena_room(struct arena *arena, size_t bytes)
{
    struct arena_chunk *chunk = arena->current;

    while (!chunk || chunk->cap - chunk->used < bytes) {
        if (chunk && chunk->next) { /* left by a rewind */
            chunk = arena->current = chunk->next;
            chunk->used = 0;
        } else {
            chunk = chunk_add(arena, bytes);
            if (!chunk)
                return NULL;
        }
    }
    return chunk;
}

char *arena_text(struct arena *arena, const char *text, size_t len)
{
    char *copy;

    if (len >= TEXT_SHORT) {
        copy = arena_alloc(arena, len + 1);
    } else {
        if (arena->text_left <= len) {
            arena->text = arena_alloc(arena, TEXT_BLOCK);
            arena->text_left = arena->text ? TEXT_BLOCK : 0;
        }
        copy = arena->text;
        if (copy) {
            arena->text += len + 1;
            arena->text_left -= len + 1;
        }
    }
    if (copy && len > 0)
        memcpy(copy, text, len);
    return copy;
}

struct arena_mark arena_mark(const struct arena *arena)
{
    return (struct arena_mark){arena->current, arena->current ? arena->current->used : 0};
}

void arena_rewind(struct arena *arena, struct arena_mark mark)
{
    arena->text = NULL;
    arena->text_left = 0;
    arena->current = mark.chunk ? mark.chunk : arena->first;
    if (arena->current)
        arena->current->used = mark.used;
}

void arena_free(struct arena *arena)
{
    struct arena_chunk *chunk = arena->first;

    while (chunk) {
        struct arena_chunk *next = chunk->next;

        free(chunk);
        chunk = next;
    }
    arena->first = arena->current = NULL;
    arena->text = NULL;
    arena->bytes = arena->text_left = 0;
    arena->st = ST_OK;
}

void arena_reset(struct arena *arena)
{
    size_t bytes = arena->bytes;

    if (arena->first && arena->first->next) {
        arena_free(arena);
        (void)chunk_add(arena, bytes); /* without memory the next arena_alloc says so */
    }
    if (arena->first)
        arena->first->used = 0;
    arena->text = NULL;
    arena->text_left = 0;
    arena->st = ST_OK;
}

/* Makes room for one more element in an array of count elements with room for *cap; moves it when it is full. Returns
 * the array, or NULL (the old one stays good). */
static void *grow(struct arena *arena, void *array, size_t count, size_t *cap, size_t bytes_each)
{
    size_t more = *cap ? *cap * 2 : 8;
    void *moved;

    if (count < *cap)
        return array;
    moved = arena_raw(arena, more, bytes_each);
    if (!moved)
        return NULL;
    if (count > 0)
        memcpy(moved, array, count * bytes_each);
    *cap = more;
    return moved;
}

int vec_more(struct arena *arena, void *array_slot, size_t count, size_t *cap, size_t bytes_each)
{
    void *array, *moved;

    /* Through memcpy: the slot is a pointer of any type. */
    memcpy(&array, array_slot, sizeof array);
    moved = grow(arena, array, count, cap, bytes_each);
    if (!moved)
        return 0;
    memcpy(array_slot, &moved, sizeof moved);
    return 1;
}
