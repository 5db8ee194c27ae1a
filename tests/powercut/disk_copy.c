/* SPDX-License-Identifier: Apache-2.0 */
/* A disk made the same as another one: page by page, only those whose stamps differ. */
#include "tests/powercut/disk_internal.h"
#include "tests/powercut/must.h"

#include <string.h>

/* No two changes of a page have the same, on any disk: pages with equal stamps are equal. */
static uint64_t last_stamp;

void disk_touch(struct file *file, int64_t at, int64_t len)
{
    int64_t page = at / DISK_PAGE_BYTES;

    for (; len > 0 && page <= (at + len - 1) / DISK_PAGE_BYTES; page++)
        file->stamps[page] = ++last_stamp;
}

static void copy_pages(struct file *to, const struct file *from)
{
    for (int64_t page = 0; page < to->room / DISK_PAGE_BYTES; page++) {
        int64_t at = page * DISK_PAGE_BYTES;
        uint64_t stamp = at < from->room ? from->stamps[page] : 0;

        if (to->stamps[page] == stamp)
            continue;
        to->stamps[page] = stamp;
        if (stamp == 0) {
            memset(to->live + at, 0, DISK_PAGE_BYTES);
            memset(to->kept + at, 0, DISK_PAGE_BYTES);
        } else {
            memcpy(to->live + at, from->live + at, DISK_PAGE_BYTES);
            memcpy(to->kept + at, from->kept + at, DISK_PAGE_BYTES);
        }
    }
}

static void copy_file(struct file *to, const struct file *from)
{
    must(to->opens == 0, "a disk whose files are open is copied over");
    disk_set_room(to, from->room);
    copy_pages(to, from);
    to->live_size = from->live_size;
    to->kept_size = from->kept_size;
    disk_pending_room(to, from->pending_count, from->stored);
    if (from->pending_count > 0)
        memcpy(to->pending, from->pending, from->pending_count * sizeof *to->pending);
    if (from->stored > 0)
        memcpy(to->store, from->store, from->stored);
    to->pending_count = from->pending_count;
    to->stored = from->stored;
    to->forgot = from->forgot;
    to->used = true;
}

void disk_copy(struct disk *to, const struct disk *from)
{
    for (int i = 0; i < DISK_FILES_MAX; i++) {
        if (from->files[i].used)
            copy_file(&to->files[i], &from->files[i]);
        else
            disk_free_file(&to->files[i]);
    }
    memcpy(to->names, from->names, sizeof to->names);
    to->name_count = from->name_count;
    memcpy(to->changes, from->changes, sizeof to->changes);
    to->change_count = from->change_count;
    to->off = false;
    to->cut_at = to->tap_at = 0;
    to->ask = NULL;
}
