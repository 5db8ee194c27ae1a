/* SPDX-License-Identifier: Apache-2.0 */
/* What reaches the disk: by a sync, by one that fails, and by chance when the power goes. */
#include "tests/powercut/disk_internal.h"
#include "tests/powercut/must.h"

#include <errno.h>
#include <string.h>

/* What becomes of a file's pending work. */
struct fate {
    size_t sized; /* so many of the changes of its size are there */
    int chance;   /* that a piece has reached the disk, of 16 */
    bool stale;   /* what was never written inside the size holds garbage, not zeros */
    bool *torn;   /* the one piece under the head was met already; NULL: there is none */
};

static void garbage(struct dice *dice, uint8_t *bytes, int64_t len)
{
    for (int64_t i = 0; i < len; i++)
        bytes[i] = (uint8_t)dice_bits(dice);
}

/* Of one pending write, some pieces reach the disk. */
static void keep_some(struct disk *disk, struct file *file, const struct pending *p, const struct fate *fate)
{
    int64_t at = p->at, end = p->at + (int64_t)p->len;

    while (at < end) {
        int64_t next = (at / DISK_PIECE_BYTES + 1) * DISK_PIECE_BYTES;

        if (next > end)
            next = end;
        if (dice_below(&disk->dice, 16) < fate->chance) {
            if (fate->torn && !*fate->torn && dice_one_in(&disk->dice, 64)) {
                garbage(&disk->dice, file->kept + at, next - at);
                *fate->torn = true; /* there is one head */
            } else {
                memcpy(file->kept + at, file->store + p->stored_at + (at - p->at), (size_t)(next - at));
            }
        }
        at = next;
    }
}

/* Brings to the platter what of the pending work gets there; live is not touched. */
static void settle_file(struct disk *disk, struct file *file, const struct fate *fate)
{
    int64_t size = file->kept_size, extent = file->kept_size;

    for (size_t i = 0; i < file->pending_count; i++) {
        const struct pending *p = &file->pending[i];
        int64_t end = p->at + (int64_t)p->len;

        if (p->truncates && i < fate->sized) {
            if (p->at < extent)
                memset(file->kept + p->at, 0, (size_t)(extent - p->at));
            disk_touch(file, p->at, extent - p->at);
            size = extent = p->at;
        }
        if (p->truncates)
            continue;
        if (fate->stale && p->at >= extent)
            garbage(&disk->dice, file->kept + p->at, (int64_t)p->len); /* of whoever had these blocks before */
        if (fate->chance == 16 && !fate->torn)
            memcpy(file->kept + p->at, file->store + p->stored_at, p->len);
        else
            keep_some(disk, file, p, fate);
        disk_touch(file, p->at, (int64_t)p->len);
        if (end > extent)
            extent = end;
        if (i < fate->sized && end > size)
            size = end;
    }
    if (size < extent)
        memset(file->kept + size, 0, (size_t)(extent - size));
    disk_touch(file, size, extent - size);
    file->kept_size = size;
}

/* Every cut has a character of its own: nothing got there, all of it, or this and that. */
static struct fate draw_fate(struct disk *disk, const struct file *file, bool *torn)
{
    static const int of_16[] = {0, 1, 8, 15, 16, 8};
    struct fate fate = {.chance = of_16[dice_below(&disk->dice, 6)], .torn = torn};

    fate.sized =
        fate.chance == 16 ? file->pending_count : (size_t)dice_below(&disk->dice, (int64_t)file->pending_count + 1);
    fate.stale = dice_one_in(&disk->dice, 4);
    return fate;
}

/* The process sees what the platter has. */
static void reread(struct file *file)
{
    bool whole = file->forgot;

    for (size_t i = 0; i < file->pending_count; i++)
        whole = whole || file->pending[i].truncates;
    if (whole) {
        memcpy(file->live, file->kept, (size_t)file->room);
        disk_touch(file, 0, file->room);
    }
    for (size_t i = 0; !whole && i < file->pending_count; i++)
        memcpy(file->live + file->pending[i].at, file->kept + file->pending[i].at, file->pending[i].len);
    file->live_size = file->kept_size;
    file->pending_count = file->stored = 0;
    file->forgot = false;
}

/* Of the names some prefix of the changes is kept, as by a journalling file system, or any of them. */
static void settle_names(struct disk *disk)
{
    bool any = dice_one_in(&disk->dice, 2);
    int prefix = (int)dice_below(&disk->dice, disk->change_count + 1);

    for (int i = 0; i < disk->change_count; i++) {
        const struct change *change = &disk->changes[i];

        if (any ? !dice_one_in(&disk->dice, 2) : i >= prefix)
            continue;
        for (int k = 0; k < change->count; k++)
            disk->names[change->name[k]].kept = change->file[k];
    }
    for (int i = 0; i < disk->name_count; i++)
        disk->names[i].live = disk->names[i].kept;
    disk->change_count = 0;
}

void disk_power_on(struct disk *disk)
{
    bool torn = !dice_one_in(&disk->dice, 4);

    for (int i = 0; i < DISK_FILES_MAX; i++) {
        struct file *file = &disk->files[i];
        struct fate fate;

        must(file->opens == 0, "a file is still open when the power comes back");
        if (!file->used || (file->pending_count == 0 && !file->forgot))
            continue;
        fate = draw_fate(disk, file, &torn);
        settle_file(disk, file, &fate);
        reread(file);
    }
    settle_names(disk);
    disk->off = false;
    disk->cut_at = 0;
    disk_sweep(disk);
}

void disk_revive(struct disk *disk)
{
    for (int i = 0; i < DISK_FILES_MAX; i++)
        must(disk->files[i].opens == 0, "a file of a killed process is still open");
    disk->off = false;
    disk->cut_at = 0;
}

/* A failed sync: some is written, and what is not is forgotten. The process still sees it, until the power goes. */
static void sync_badly(struct disk *disk, struct file *file)
{
    bool torn = true;
    struct fate fate = draw_fate(disk, file, &torn);

    settle_file(disk, file, &fate);
    file->pending_count = file->stored = 0;
    file->forgot = true;
}

static void sync_well(struct disk *disk, struct file *file)
{
    const struct fate all = {.sized = file->pending_count, .chance = 16};

    settle_file(disk, file, &all);
    file->pending_count = file->stored = 0;
}

int disk_sync(struct disk *disk, int handle)
{
    if (disk->off)
        return -EIO;
    disk_happens(disk);
    if (disk->off)
        return -EIO; /* in the middle of it: what is pending may be there or not */
    disk_happened(disk);
    if (disk_asked(disk, DISK_SYNC_ERROR) != 0) {
        if (handle != DISK_FOLDER_HANDLE)
            sync_badly(disk, &disk->files[handle]);
        return -EIO;
    }
    if (handle == DISK_FOLDER_HANDLE)
        disk_sync_names(disk);
    else
        sync_well(disk, &disk->files[handle]);
    return 0;
}
