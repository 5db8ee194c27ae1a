/* SPDX-License-Identifier: Apache-2.0 */
/* The disk that fails when told to: a VFS in front of SQLite's own, which passes everything on but the failing calls.
 */
#include "tests/unit/agent/db/support.h"

#include <criterion/criterion.h>
#include <sqlite3.h>

#include <stdio.h>
#include <string.h>

static struct {
    enum disk_fault fault;
    char suffix[32];
    int nth; /* counts down; 0 is off */
    bool stays;
    int faults, syncs;
    int64_t now_ns, write_ns, sync_ns; /* a slow one */
} disk;

struct shim_file {
    sqlite3_file base;
    const char *name;
    sqlite3_file *real;
};

static sqlite3_vfs *real_vfs;

static sqlite3_file *real_of(sqlite3_file *file)
{
    return ((struct shim_file *)file)->real;
}

/* Whether this call fails. */
static bool is_due(sqlite3_file *file, bool is_sync)
{
    const char *name = ((struct shim_file *)file)->name;
    size_t len = name ? strlen(name) : 0, suffix_len = strlen(disk.suffix);

    if (disk.nth == 0 || is_sync != (disk.fault == DISK_SYNC_ERROR) || len < suffix_len ||
        strcmp(name + len - suffix_len, disk.suffix) != 0)
        return false;
    if (disk.nth > 1) {
        disk.nth--;
        return false;
    }
    if (!disk.stays)
        disk.nth = 0;
    disk.faults++;
    return true;
}

static int shim_close(sqlite3_file *file)
{
    sqlite3_file *real = real_of(file);
    int code = real->pMethods ? real->pMethods->xClose(real) : SQLITE_OK;

    sqlite3_free(real);
    return code;
}

static int shim_read(sqlite3_file *file, void *bytes, int len, sqlite3_int64 at)
{
    return real_of(file)->pMethods->xRead(real_of(file), bytes, len, at);
}

static int shim_write(sqlite3_file *file, const void *bytes, int len, sqlite3_int64 at)
{
    disk.now_ns += disk.write_ns;
    if (is_due(file, false)) {
        /* A torn write: half of it reaches the file. */
        (void)real_of(file)->pMethods->xWrite(real_of(file), bytes, len / 2, at);
        return disk.fault == DISK_FULL ? SQLITE_FULL : SQLITE_IOERR_WRITE;
    }
    return real_of(file)->pMethods->xWrite(real_of(file), bytes, len, at);
}

static int shim_truncate(sqlite3_file *file, sqlite3_int64 size)
{
    return real_of(file)->pMethods->xTruncate(real_of(file), size);
}

static int shim_sync(sqlite3_file *file, int flags)
{
    disk.syncs++;
    disk.now_ns += disk.sync_ns;
    if (is_due(file, true))
        return SQLITE_IOERR_FSYNC;
    return real_of(file)->pMethods->xSync(real_of(file), flags);
}

static int shim_size(sqlite3_file *file, sqlite3_int64 *out_size)
{
    return real_of(file)->pMethods->xFileSize(real_of(file), out_size);
}

static int shim_lock(sqlite3_file *file, int level)
{
    return real_of(file)->pMethods->xLock(real_of(file), level);
}

static int shim_unlock(sqlite3_file *file, int level)
{
    return real_of(file)->pMethods->xUnlock(real_of(file), level);
}

static int shim_check_lock(sqlite3_file *file, int *out_held)
{
    return real_of(file)->pMethods->xCheckReservedLock(real_of(file), out_held);
}

static int shim_control(sqlite3_file *file, int op, void *arg)
{
    return real_of(file)->pMethods->xFileControl(real_of(file), op, arg);
}

static int shim_sector(sqlite3_file *file)
{
    return real_of(file)->pMethods->xSectorSize(real_of(file));
}

static int shim_traits(sqlite3_file *file)
{
    return real_of(file)->pMethods->xDeviceCharacteristics(real_of(file));
}

/* Version 1: no shared memory and no mmap, which the databases must not need. */
static const sqlite3_io_methods shim_methods = {1,
                                                shim_close,
                                                shim_read,
                                                shim_write,
                                                shim_truncate,
                                                shim_sync,
                                                shim_size,
                                                shim_lock,
                                                shim_unlock,
                                                shim_check_lock,
                                                shim_control,
                                                shim_sector,
                                                shim_traits,
                                                NULL,
                                                NULL,
                                                NULL,
                                                NULL,
                                                NULL,
                                                NULL};

static int shim_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *out_flags)
{
    struct shim_file *shim = (struct shim_file *)file;
    int code;

    (void)vfs;
    shim->base.pMethods = NULL;
    shim->name = name;
    shim->real = sqlite3_malloc(real_vfs->szOsFile);
    if (!shim->real)
        return SQLITE_NOMEM;
    memset(shim->real, 0, (size_t)real_vfs->szOsFile);
    code = real_vfs->xOpen(real_vfs, name, shim->real, flags, out_flags);
    if (code != SQLITE_OK) {
        sqlite3_free(shim->real);
        return code;
    }
    shim->base.pMethods = &shim_methods;
    return SQLITE_OK;
}

void disk_install(void)
{
    static sqlite3_vfs vfs;

    real_vfs = sqlite3_vfs_find(NULL);
    vfs = *real_vfs;
    vfs.zName = "failing";
    vfs.szOsFile = sizeof(struct shim_file);
    vfs.xOpen = shim_open;
    vfs.pNext = NULL;
    cr_assert_eq(sqlite3_vfs_register(&vfs, 1), SQLITE_OK);
    disk_heal();
}

void disk_fail(enum disk_fault fault, const char *suffix, int nth, bool stays)
{
    disk.fault = fault;
    (void)snprintf(disk.suffix, sizeof disk.suffix, "%s", suffix);
    disk.nth = nth;
    disk.stays = stays;
    disk.faults = 0;
}

void disk_heal(void)
{
    disk.nth = 0;
    disk.faults = 0;
    disk.syncs = 0;
}

void disk_slow(int64_t write_ns, int64_t sync_ns)
{
    disk.write_ns = write_ns;
    disk.sync_ns = sync_ns;
}

int64_t disk_now_ns(void *context)
{
    (void)context;
    return disk.now_ns;
}

int disk_fault_count(void)
{
    return disk.faults;
}

int disk_sync_count(void)
{
    return disk.syncs;
}
