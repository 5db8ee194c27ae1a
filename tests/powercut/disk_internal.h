/* SPDX-License-Identifier: Apache-2.0 */
/* disk_internal - what the disk's parts share: its files, names and faults (disk.c), what of them is there after
 * the power went (disk_settle.c), and copying them (disk_copy.c). */
#ifndef LOYALD_TESTS_POWERCUT_DISK_INTERNAL_H
#define LOYALD_TESTS_POWERCUT_DISK_INTERNAL_H

#include "tests/powercut/disk.h"

/* One write or truncation that is not synced yet; the bytes are in the file's store. */
struct pending {
    int64_t at; /* of a truncation: the new size */
    size_t len;
    size_t stored_at;
    bool truncates;
};

struct file {
    bool used;
    int opens;
    uint8_t *live, *kept; /* as the program sees it; as the platter has it; zeros past the size */
    uint64_t *stamps;     /* of each DISK_PAGE_BYTES of both: another one with each change, 0 for zeros */
    int64_t live_size, kept_size, room;
    struct pending *pending;
    size_t pending_count, pending_room;
    uint8_t *store;
    size_t stored, store_room;
    bool forgot; /* a sync failed: what live shows and kept has not will never be written */
};

/* The file a name stands for, -1 for none. */
struct name {
    char text[DISK_NAME_MAX + 1];
    int live, kept;
};

/* One change of names that is not synced yet; a rename is two in one. */
struct change {
    int name[2], file[2];
    int count;
};

enum { CHANGES_MAX = 64, DISK_PAGE_BYTES = 4096 };

struct disk {
    struct dice dice;
    struct file files[DISK_FILES_MAX];
    struct name names[DISK_NAMES_MAX];
    int name_count;
    struct change changes[CHANGES_MAX];
    int change_count;
    int64_t events, cut_at, tap_at;
    disk_tap_fn *tap;
    void *tap_context;
    bool off;
    disk_ask_fn *ask;
    void *ask_context;
};

/* An event: the power may go in the middle of it. */
void disk_happens(struct disk *disk);
void disk_happened(struct disk *disk); /* and at its end, before it is told to the caller */
/* Bytes of live or kept have changed; len <= 0: none have. */
void disk_touch(struct file *file, int64_t at, int64_t len);
void disk_set_room(struct file *file, int64_t size);
void disk_pending_room(struct file *file, size_t count, size_t stored);
void disk_free_file(struct file *file);
/* 0, or -errno when a call of that kind is to fail. */
int disk_asked(const struct disk *disk, enum disk_fault kind);
void disk_sync_names(struct disk *disk);
/* Frees the files that nobody has open and no name can lead to. */
void disk_sweep(struct disk *disk);

#endif
