/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/powercut/disk_internal.h"
#include "tests/powercut/must.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct disk *disk_create(void)
{
    struct disk *disk = must_alloc(sizeof *disk);

    disk_wipe(disk);
    return disk;
}

void disk_wipe(struct disk *disk)
{
    for (int i = 0; i < DISK_FILES_MAX; i++)
        disk_free_file(&disk->files[i]);
    *disk = (struct disk){.dice = disk->dice};
}

void disk_destroy(struct disk *disk)
{
    if (!disk)
        return;
    disk_wipe(disk);
    free(disk);
}

void disk_seed(struct disk *disk, uint64_t seed)
{
    disk->dice.state = seed;
}

/* ---- the power and the faults ---- */

void disk_cut_at(struct disk *disk, int64_t nth)
{
    disk->cut_at = nth > 0 ? disk->events + nth : 0;
}

bool disk_is_off(const struct disk *disk)
{
    return disk->off;
}

void disk_cut(struct disk *disk)
{
    disk->off = true;
}

int64_t disk_events(const struct disk *disk)
{
    return disk->events;
}

/* Counts a write, sync or change of a name; the power may go in the middle of it. */
void disk_happens(struct disk *disk)
{
    disk->events++;
    if (disk->cut_at > 0 && disk->events >= disk->cut_at)
        disk->off = true;
}

void disk_tap_at(struct disk *disk, int64_t nth, disk_tap_fn *tap, void *context)
{
    disk->tap_at = nth > 0 ? disk->events + nth : 0;
    disk->tap = tap;
    disk->tap_context = context;
}

/* The power might have gone in the middle of what just happened. */
void disk_happened(struct disk *disk)
{
    if (disk->tap_at == 0 || disk->off || disk->events < disk->tap_at)
        return;
    disk->tap_at = 0;
    disk->tap(disk->tap_context);
}

void disk_ask(struct disk *disk, disk_ask_fn *ask, void *context)
{
    disk->ask = ask;
    disk->ask_context = context;
}

int disk_asked(const struct disk *disk, enum disk_fault kind)
{
    switch (disk->ask ? disk->ask(disk->ask_context, kind) : DISK_NO_FAULT) {
    case DISK_NO_FAULT:
        return 0;
    case DISK_FULL:
        return -ENOSPC;
    case DISK_READ_ERROR:
    case DISK_WRITE_ERROR:
    case DISK_SYNC_ERROR:
        break;
    }
    return -EIO;
}

/* ---- names ---- */

static int find_name(const struct disk *disk, const char *path)
{
    for (int i = 0; i < disk->name_count; i++) {
        if (strcmp(disk->names[i].text, path) == 0)
            return i;
    }
    return -1;
}

static int make_name(struct disk *disk, const char *path)
{
    int at = find_name(disk, path);

    for (int i = 0; at < 0 && i < disk->name_count; i++) { /* a place whose name is gone for good */
        bool pending = false;

        for (int k = 0; k < disk->change_count; k++)
            pending = pending || disk->changes[k].name[0] == i ||
                      (disk->changes[k].count > 1 && disk->changes[k].name[1] == i);
        if (disk->names[i].live < 0 && disk->names[i].kept < 0 && !pending)
            at = i;
    }
    if (at < 0) {
        must(disk->name_count < DISK_NAMES_MAX, "too many names on the disk");
        at = disk->name_count++;
    }
    must(strlen(path) <= DISK_NAME_MAX, "a name is too long for the disk");
    if (strcmp(disk->names[at].text, path) != 0)
        disk->names[at] = (struct name){.live = -1, .kept = -1};
    (void)snprintf(disk->names[at].text, sizeof disk->names[at].text, "%s", path);
    return at;
}

void disk_sync_names(struct disk *disk)
{
    for (int i = 0; i < disk->name_count; i++)
        disk->names[i].kept = disk->names[i].live;
    disk->change_count = 0;
}

static void add_change(struct disk *disk, const struct change *change)
{
    for (int i = 0; i < change->count; i++)
        disk->names[change->name[i]].live = change->file[i];
    if (disk->change_count == CHANGES_MAX)
        disk_sync_names(disk); /* a journalling file system would have got round to it by now */
    else
        disk->changes[disk->change_count++] = *change;
}

/* Frees the files that nobody has open and no name can lead to. */
void disk_sweep(struct disk *disk)
{
    for (int i = 0; i < DISK_FILES_MAX; i++) {
        bool reached = disk->files[i].opens > 0 || !disk->files[i].used;

        for (int k = 0; !reached && k < disk->name_count; k++)
            reached = disk->names[k].live == i || disk->names[k].kept == i;
        for (int k = 0; !reached && k < disk->change_count; k++)
            reached = disk->changes[k].file[0] == i || (disk->changes[k].count > 1 && disk->changes[k].file[1] == i);
        if (!reached)
            disk_free_file(&disk->files[i]);
    }
}

static int new_file(struct disk *disk)
{
    for (int i = 0; i < DISK_FILES_MAX; i++) {
        if (!disk->files[i].used) {
            disk->files[i].used = true;
            return i;
        }
    }
    must(false, "too many files on the disk");
    return -1;
}

int disk_find(const struct disk *disk, const char *path)
{
    int at = find_name(disk, path);

    if (disk->off)
        return -EIO;
    if (strncmp(path, DISK_FOLDER, sizeof DISK_FOLDER - 1) == 0 && !strchr(path + 1, '/')) /* the folder itself */
        return DISK_FOLDER_HANDLE;
    return at >= 0 && disk->names[at].live >= 0 ? disk->names[at].live : -ENOENT;
}

int disk_open(struct disk *disk, const char *path, int flags, bool *out_created)
{
    int file = path ? disk_find(disk, path) : -ENOENT;

    if (out_created)
        *out_created = false;
    if (disk->off)
        return -EIO;
    if (file >= 0 && (flags & DISK_EXCLUSIVE))
        return -EEXIST;
    if (file == -ENOENT && (flags & DISK_CREATE || !path)) {
        if (path) {
            int code;

            disk_happens(disk);
            code = disk_asked(disk, DISK_WRITE_ERROR);
            if (code != 0)
                return code;
        }
        file = new_file(disk);
        if (path)
            add_change(disk, &(struct change){.name = {make_name(disk, path)}, .file = {file}, .count = 1});
        disk_happened(disk);
        if (disk->off)
            return -EIO;
        if (out_created)
            *out_created = true;
    }
    if (file >= 0 && file != DISK_FOLDER_HANDLE)
        disk->files[file].opens++;
    return file;
}

int disk_close(struct disk *disk, int handle)
{
    if (handle != DISK_FOLDER_HANDLE) {
        disk->files[handle].opens--;
        disk_sweep(disk);
    }
    return 0;
}

int disk_rename(struct disk *disk, const char *from, const char *to)
{
    int file = disk_find(disk, from);

    if (file < 0)
        return file;
    disk_happens(disk);
    add_change(
        disk, &(struct change){.name = {make_name(disk, from), make_name(disk, to)}, .file = {-1, file}, .count = 2});
    disk_happened(disk);
    disk_sweep(disk);
    return disk->off ? -EIO : 0;
}

int disk_unlink(struct disk *disk, const char *path)
{
    int file = disk_find(disk, path);

    if (file < 0)
        return file;
    disk_happens(disk);
    add_change(disk, &(struct change){.name = {make_name(disk, path)}, .file = {-1}, .count = 1});
    disk_happened(disk);
    disk_sweep(disk);
    return disk->off ? -EIO : 0;
}

/* ---- bytes ---- */

int64_t disk_size(const struct disk *disk, int handle)
{
    return disk->off ? -EIO : disk->files[handle].live_size;
}

int64_t disk_read(struct disk *disk, int handle, void *bytes, size_t len, int64_t at)
{
    const struct file *file = &disk->files[handle];
    int64_t got = file->live_size - at;

    if (disk->off || disk_asked(disk, DISK_READ_ERROR) != 0)
        return -EIO;
    got = got < 0 ? 0 : got > (int64_t)len ? (int64_t)len : got;
    if (got > 0)
        memcpy(bytes, file->live + at, (size_t)got);
    return got;
}

static void add_pending(struct file *file, const void *bytes, size_t len, int64_t at, bool truncates)
{
    disk_pending_room(file, file->pending_count + 1, file->stored + len);
    file->pending[file->pending_count++] = (struct pending){at, len, file->stored, truncates};
    if (len > 0)
        memcpy(file->store + file->stored, bytes, len);
    file->stored += len;
}

static void write_live(struct file *file, const void *bytes, size_t len, int64_t at)
{
    disk_set_room(file, at + (int64_t)len);
    memcpy(file->live + at, bytes, len);
    disk_touch(file, at, (int64_t)len);
    if (at + (int64_t)len > file->live_size)
        file->live_size = at + (int64_t)len;
    add_pending(file, bytes, len, at, false);
}

int disk_write(struct disk *disk, int handle, const void *bytes, size_t len, int64_t at)
{
    struct file *file = &disk->files[handle];
    int code;

    if (disk->off)
        return -EIO;
    disk_happens(disk);
    code = disk_asked(disk, DISK_WRITE_ERROR);
    if (code != 0) {
        if (len / 2 > 0)
            write_live(file, bytes, len / 2, at); /* some of it went through */
        return code;
    }
    write_live(file, bytes, len, at);
    disk_happened(disk);
    return disk->off ? -EIO : 0;
}

int disk_truncate(struct disk *disk, int handle, int64_t size)
{
    struct file *file = &disk->files[handle];

    if (disk->off)
        return -EIO;
    disk_happens(disk);
    disk_set_room(file, size);
    if (size < file->live_size)
        memset(file->live + size, 0, (size_t)(file->live_size - size));
    disk_touch(file, size, file->live_size - size);
    file->live_size = size;
    add_pending(file, NULL, 0, size, true);
    disk_happened(disk);
    return disk->off ? -EIO : 0;
}
