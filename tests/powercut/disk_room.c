/* SPDX-License-Identifier: Apache-2.0 */
/* The memory of a disk's files. Large pieces are pages of the system's own, in large units where it has them: a log
 * of megabytes is written anew thousands of times, and each page it is touched on costs more than its bytes. */
#include "tests/powercut/disk_internal.h"
#include "tests/powercut/must.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { LARGE_BYTES = 1 << 21 }; /* a large page of x86 and most of ARM */

/* Zeroed. */
static void *take(size_t size)
{
    void *memory;

    if (size < LARGE_BYTES)
        return must_alloc(size);
    memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    must(memory != MAP_FAILED, "out of memory");
    (void)madvise(memory, size, MADV_HUGEPAGE); /* only faster */
    return memory;
}

static void give_back(void *memory, size_t size)
{
    if (size < LARGE_BYTES)
        free(memory);
    else
        (void)munmap(memory, size);
}

/* The same in more room, the rest zeros. */
static void *larger(void *memory, size_t size, size_t room)
{
    void *taken = take(room);

    if (size > 0)
        memcpy(taken, memory, size);
    give_back(memory, size);
    return taken;
}

static size_t stamps_bytes(int64_t room)
{
    return (size_t)(room / DISK_PAGE_BYTES) * sizeof(uint64_t);
}

void disk_free_file(struct file *file)
{
    give_back(file->live, (size_t)file->room);
    give_back(file->kept, (size_t)file->room);
    give_back(file->stamps, stamps_bytes(file->room));
    free(file->pending);
    give_back(file->store, file->store_room);
    *file = (struct file){0};
}

void disk_set_room(struct file *file, int64_t size)
{
    int64_t room = file->room ? file->room : DISK_PAGE_BYTES;

    if (size <= file->room)
        return;
    while (room < size)
        room *= 4;
    file->live = larger(file->live, (size_t)file->room, (size_t)room);
    file->kept = larger(file->kept, (size_t)file->room, (size_t)room);
    file->stamps = larger(file->stamps, stamps_bytes(file->room), stamps_bytes(room));
    file->room = room;
}

void disk_pending_room(struct file *file, size_t count, size_t stored)
{
    size_t room = file->store_room ? file->store_room : DISK_PAGE_BYTES;

    if (count > file->pending_room) {
        file->pending_room = 2 * count + 64;
        file->pending = must_grow(file->pending, file->pending_room * sizeof *file->pending);
    }
    if (stored <= file->store_room)
        return;
    while (room < stored)
        room *= 4;
    file->store = larger(file->store, file->store_room, room);
    file->store_room = room;
}
