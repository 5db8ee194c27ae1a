/* SPDX-License-Identifier: Apache-2.0 */
/*
 * disk - a disk under power loss, in memory: what a program has written, and what would still be there if the power
 * went now.
 *
 * The fault model, on the pessimistic side of what file systems and drives promise:
 * - What is written is pending until the file is synced. When the power goes, of each pending write any 512-byte
 * pieces reach the disk, in any order; now and then one piece, the one under the head, holds garbage. Bytes outside a
 * write are not harmed (as SQLite takes for granted by POWERSAFE_OVERWRITE).
 * - The size of a file is metadata: any of the sizes it had since the last sync is found, whatever of the data is
 * there. A piece inside the size that was never written holds zeros or garbage.
 * - Names are pending until the folder is synced. Syncing a file does not keep its name.
 * - A sync that returned has done its work. One that fails has written some of it, and the rest is forgotten: a later
 *   sync answers ok without writing it, as Linux does.
 * A drive that lies about flushes is not modelled.
 *
 * SQLite and the file calls of this process see a disk under the folder DISK_FOLDER, and others under that name with
 * a digit behind it.
 */
#ifndef LOYALD_TESTS_POWERCUT_DISK_H
#define LOYALD_TESTS_POWERCUT_DISK_H

#include "tests/support/dice.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DISK_FOLDER "/powercut-disk"

enum {
    DISK_PIECE_BYTES = 512,
    DISK_FILES_MAX = 32,
    DISK_NAMES_MAX = 32,
    DISK_NAME_MAX = 95,
    DISK_FOLDER_HANDLE = DISK_FILES_MAX,
    DISK_MOUNTS_MAX = 10
};

enum disk_fault { DISK_NO_FAULT, DISK_READ_ERROR, DISK_WRITE_ERROR, DISK_FULL, DISK_SYNC_ERROR };

struct disk; /* opaque */

struct disk *disk_create(void);
void disk_destroy(struct disk *disk); /* accepts NULL */
/* Makes to the same as from: files, names, what is pending; no file of to is open, before and after. Only what
 * differs is copied: cheap when both come from one disk not long ago. */
void disk_copy(struct disk *to, const struct disk *from);
void disk_wipe(struct disk *disk);
void disk_seed(struct disk *disk, uint64_t seed);

/* ---- the power ---- */
/* The power goes in the middle of the nth write, sync or change of a name from now (from 1; 0: it stays). */
void disk_cut_at(struct disk *disk, int64_t nth);
bool disk_is_off(const struct disk *disk); /* every call fails with EIO now */
/* Takes the power now. */
void disk_cut(struct disk *disk);
/* Power again: what did not reach the disk is gone. Every file is closed. */
void disk_power_on(struct disk *disk);
/* The process was killed, the power stayed: all it wrote is still with the system. Every file is closed. */
void disk_revive(struct disk *disk);
/* Calls tap, once, in the middle of the nth write, sync or change of a name from now (from 1; 0: never), where the
 * power might have gone as well; tap may copy the disk and do nothing else to it. */
typedef void disk_tap_fn(void *context);
void disk_tap_at(struct disk *disk, int64_t nth, disk_tap_fn *tap, void *context);
int64_t disk_events(const struct disk *disk); /* writes, syncs and changes of names since disk_create */

/* ---- failing calls ---- */
/* Asked of each read, write (also one that makes a file) and sync what becomes of it: DISK_NO_FAULT, it goes on; a
 * write may also end with DISK_FULL. NULL: all go on. disk_copy and disk_wipe ask no more. */
typedef enum disk_fault disk_ask_fn(void *context, enum disk_fault kind);
void disk_ask(struct disk *disk, disk_ask_fn *ask, void *context);

/* ---- calls; handles are >= 0, failures -errno ---- */
enum { DISK_CREATE = 1, DISK_EXCLUSIVE = 2 };
int disk_open(struct disk *disk, const char *path, int flags,
              bool *out_created); /* path NULL: a file without a name */
int disk_close(struct disk *disk, int handle);
int64_t disk_read(struct disk *disk, int handle, void *bytes, size_t len, int64_t at); /* how many bytes there were */
int disk_write(struct disk *disk, int handle, const void *bytes, size_t len, int64_t at);
int disk_truncate(struct disk *disk, int handle, int64_t size);
int disk_sync(struct disk *disk, int handle); /* DISK_FOLDER_HANDLE: the names */
int64_t disk_size(const struct disk *disk, int handle);
int disk_find(const struct disk *disk, const char *path); /* the file of that name without opening it */
int disk_rename(struct disk *disk, const char *from, const char *to);
int disk_unlink(struct disk *disk, const char *path);
bool disk_holds(const char *path); /* whether path is in DISK_FOLDER, or the folder itself */

/* ---- the process's view ---- */
/* Registers the VFS, once, as SQLite's default. */
void disk_install(void);
/* Puts this disk under DISK_FOLDER; borrows. */
void disk_mount(struct disk *disk);
/* Under DISK_FOLDER and the digit of place, 1 to 9; borrows. */
void disk_mount_at(struct disk *disk, int place);
/* SQLite's own random numbers follow from seed from here on. */
void disk_randomness(uint64_t seed);
struct disk *disk_mounted(void);

#endif
