/* SPDX-License-Identifier: Apache-2.0 */
/* The mounted disk as SQLite sees it, and as the file calls of agent/db see it (the linker sends those here, --wrap).
 */
#include "tests/powercut/disk.h"
#include "tests/powercut/must.h"

#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    HANDLES_FROM = 1 << 20,
    PLACE_HANDLES = DISK_FILES_MAX + 1
}; /* file descriptors of the disk, out of the way of the system's */

static struct disk *mounts[DISK_MOUNTS_MAX];
static struct dice randomness = {7};

void disk_mount(struct disk *disk)
{
    mounts[0] = disk;
}

void disk_mount_at(struct disk *disk, int place)
{
    mounts[place] = disk;
}

struct disk *disk_mounted(void)
{
    return mounts[0];
}

void disk_randomness(uint64_t seed)
{
    randomness.state = seed;
    sqlite3_randomness(0, NULL);
}

/* The place that path lies in, -1 for none of ours; a file without a name lies on the first disk. */
static int place_of(const char *path)
{
    size_t len = sizeof DISK_FOLDER - 1;
    int place = 0;

    if (!path)
        return 0;
    if (strncmp(path, DISK_FOLDER, len) != 0)
        return -1;
    if (path[len] >= '1' && path[len] <= '9')
        place = path[len++] - '0';
    return path[len] == '\0' || path[len] == '/' ? place : -1;
}

bool disk_holds(const char *path)
{
    return place_of(path) >= 0;
}

static struct disk *disk_of(const char *path)
{
    return mounts[place_of(path)];
}

/* ---- SQLite's side ---- */

struct vfs_file {
    sqlite3_file base;
    struct disk *disk;
    int handle;
    bool sync_folder; /* with the first sync: a journal or WAL that was made just now, as SQLite's own VFS does it */
};

static struct vfs_file *of(sqlite3_file *file)
{
    return (struct vfs_file *)file;
}

static int vfs_close(sqlite3_file *file)
{
    return disk_close(of(file)->disk, of(file)->handle) == 0 ? SQLITE_OK : SQLITE_IOERR_CLOSE;
}

static int vfs_read(sqlite3_file *file, void *bytes, int len, sqlite3_int64 at)
{
    int64_t got = disk_read(of(file)->disk, of(file)->handle, bytes, (size_t)len, at);

    if (got < 0)
        return SQLITE_IOERR_READ;
    if (got == len)
        return SQLITE_OK;
    memset((char *)bytes + got, 0, (size_t)(len - got));
    return SQLITE_IOERR_SHORT_READ;
}

static int vfs_write(sqlite3_file *file, const void *bytes, int len, sqlite3_int64 at)
{
    switch (disk_write(of(file)->disk, of(file)->handle, bytes, (size_t)len, at)) {
    case 0:
        return SQLITE_OK;
    case -ENOSPC:
        return SQLITE_FULL;
    default:
        return SQLITE_IOERR_WRITE;
    }
}

static int vfs_truncate(sqlite3_file *file, sqlite3_int64 size)
{
    return disk_truncate(of(file)->disk, of(file)->handle, size) == 0 ? SQLITE_OK : SQLITE_IOERR_TRUNCATE;
}

static int vfs_sync(sqlite3_file *file, int flags)
{
    struct vfs_file *vfs = (struct vfs_file *)file;

    (void)flags;
    if (disk_sync(vfs->disk, vfs->handle) != 0)
        return SQLITE_IOERR_FSYNC;
    if (vfs->sync_folder && disk_sync(vfs->disk, DISK_FOLDER_HANDLE) != 0)
        return SQLITE_IOERR_DIR_FSYNC;
    vfs->sync_folder = false;
    return SQLITE_OK;
}

static int vfs_size(sqlite3_file *file, sqlite3_int64 *out_size)
{
    int64_t size = disk_size(of(file)->disk, of(file)->handle);

    if (size < 0)
        return SQLITE_IOERR_FSTAT;
    *out_size = size;
    return SQLITE_OK;
}

/* One process and one connection a file: there is nobody to lock out. */
static int vfs_lock(sqlite3_file *file, int level)
{
    (void)file;
    (void)level;
    return SQLITE_OK;
}

static int vfs_check_lock(sqlite3_file *file, int *out_held)
{
    (void)file;
    *out_held = 0;
    return SQLITE_OK;
}

static int vfs_control(sqlite3_file *file, int op, void *arg)
{
    (void)file;
    (void)op;
    (void)arg;
    return SQLITE_NOTFOUND;
}

static int vfs_sector(sqlite3_file *file)
{
    (void)file;
    return 4096; /* as SQLite's own VFS says of any disk */
}

static int vfs_traits(sqlite3_file *file)
{
    (void)file;
    return SQLITE_IOCAP_POWERSAFE_OVERWRITE;
}

/* Version 1: no shared memory and no mmap, which the databases must not need. */
static const sqlite3_io_methods methods = {1,           vfs_close,  vfs_read,   vfs_write, vfs_truncate,
                                           vfs_sync,    vfs_size,   vfs_lock,   vfs_lock,  vfs_check_lock,
                                           vfs_control, vfs_sector, vfs_traits, NULL,      NULL,
                                           NULL,        NULL,       NULL,       NULL};

static int vfs_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *out_flags)
{
    struct vfs_file *made = (struct vfs_file *)file;
    bool created = false;
    struct disk *disk = disk_of(name);
    int handle = disk_open(disk, name, flags & SQLITE_OPEN_CREATE ? DISK_CREATE : 0, &created);

    (void)vfs;
    made->base.pMethods = NULL;
    if (handle < 0)
        return handle == -ENOSPC ? SQLITE_FULL : SQLITE_CANTOPEN;
    made->base.pMethods = &methods;
    made->disk = disk;
    made->handle = handle;
    made->sync_folder =
        created && name && (flags & (SQLITE_OPEN_MAIN_JOURNAL | SQLITE_OPEN_SUPER_JOURNAL | SQLITE_OPEN_WAL)) != 0;
    if (out_flags)
        *out_flags = flags;
    return SQLITE_OK;
}

static int vfs_delete(sqlite3_vfs *vfs, const char *name, int sync_folder)
{
    int code = disk_unlink(disk_of(name), name);

    (void)vfs;
    if (code == -ENOENT)
        return SQLITE_IOERR_DELETE_NOENT;
    if (code != 0)
        return SQLITE_IOERR_DELETE;
    return sync_folder && disk_sync(disk_of(name), DISK_FOLDER_HANDLE) != 0 ? SQLITE_IOERR_DIR_FSYNC : SQLITE_OK;
}

static int vfs_access(sqlite3_vfs *vfs, const char *name, int flags, int *out_there)
{
    int file = disk_find(disk_of(name), name);

    (void)vfs;
    /* As SQLite's own: an empty file does not exist when it is asked whether there is a journal. */
    *out_there = file >= 0 && (flags != SQLITE_ACCESS_EXISTS || disk_size(disk_of(name), file) > 0);
    return SQLITE_OK;
}

static int vfs_full_path(sqlite3_vfs *vfs, const char *name, int size, char *out_path)
{
    (void)vfs;
    return snprintf(out_path, (size_t)size, "%s", name) < size ? SQLITE_OK : SQLITE_CANTOPEN;
}

static int vfs_random(sqlite3_vfs *vfs, int len, char *out_bytes)
{
    (void)vfs;
    for (int i = 0; i < len; i++)
        out_bytes[i] = (char)dice_bits(&randomness);
    return len;
}

static int vfs_sleep(sqlite3_vfs *vfs, int microseconds)
{
    (void)vfs;
    return microseconds;
}

static int vfs_time(sqlite3_vfs *vfs, double *out_days)
{
    (void)vfs;
    *out_days = 2461000.5;
    return SQLITE_OK;
}

static int vfs_last_error(sqlite3_vfs *vfs, int size, char *out_text)
{
    (void)vfs;
    (void)size;
    (void)out_text;
    return 0;
}

void disk_install(void)
{
    static sqlite3_vfs vfs = {.iVersion = 1,
                              .szOsFile = sizeof(struct vfs_file),
                              .mxPathname = 512,
                              .zName = "power-loss",
                              .xOpen = vfs_open,
                              .xDelete = vfs_delete,
                              .xAccess = vfs_access,
                              .xFullPathname = vfs_full_path,
                              .xRandomness = vfs_random,
                              .xSleep = vfs_sleep,
                              .xCurrentTime = vfs_time,
                              .xGetLastError = vfs_last_error};

    must(sqlite3_vfs_register(&vfs, 1) == SQLITE_OK, "SQLite takes no VFS");
}

/* ---- the file calls of agent/base/file, agent/db/sqlite_open and agent/db/aside ---- */

int __real_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...);
int __real_close(int fd);
int __wrap_close(int fd);
int __real_fsync(int fd);
int __wrap_fsync(int fd);
int __real_stat(const char *path, struct stat *out_info);
int __wrap_stat(const char *path, struct stat *out_info);
int __real_access(const char *path, int mode);
int __wrap_access(const char *path, int mode);
int __real_unlink(const char *path);
int __wrap_unlink(const char *path);
int __real_rename(const char *from, const char *to);
int __wrap_rename(const char *from, const char *to);
int __real_chmod(const char *path, mode_t mode);
int __wrap_chmod(const char *path, mode_t mode);

/* 0 and above as they are, -errno as the C library says it. */
static int answer(int code)
{
    if (code >= 0)
        return code;
    errno = -code;
    return -1;
}

static bool is_ours(int fd)
{
    return fd >= HANDLES_FROM && fd < HANDLES_FROM + DISK_MOUNTS_MAX * PLACE_HANDLES;
}

static struct disk *disk_behind(int fd)
{
    return mounts[(fd - HANDLES_FROM) / PLACE_HANDLES];
}

int __wrap_open(const char *path, int flags, ...)
{
    mode_t mode = 0;
    va_list args;
    int handle;

    if (flags & O_CREAT) {
        va_start(args, flags);
        mode = va_arg(args, mode_t);
        va_end(args);
    }
    if (!disk_holds(path))
        return __real_open(path, flags, mode);
    handle = disk_open(disk_of(path), path,
                       (flags & O_CREAT ? DISK_CREATE : 0) | (flags & O_EXCL ? DISK_EXCLUSIVE : 0), NULL);
    return handle >= 0 ? HANDLES_FROM + place_of(path) * PLACE_HANDLES + handle : answer(handle);
}

int __wrap_close(int fd)
{
    return is_ours(fd) ? answer(disk_close(disk_behind(fd), (fd - HANDLES_FROM) % PLACE_HANDLES)) : __real_close(fd);
}

int __wrap_fsync(int fd)
{
    return is_ours(fd) ? answer(disk_sync(disk_behind(fd), (fd - HANDLES_FROM) % PLACE_HANDLES)) : __real_fsync(fd);
}

int __wrap_stat(const char *path, struct stat *out_info)
{
    int file;

    if (!disk_holds(path))
        return __real_stat(path, out_info);
    file = disk_find(disk_of(path), path);
    if (file < 0)
        return answer(file);
    memset(out_info, 0, sizeof *out_info);
    out_info->st_size = disk_size(disk_of(path), file);
    return 0;
}

int __wrap_access(const char *path, int mode)
{
    int file;

    if (!disk_holds(path))
        return __real_access(path, mode);
    file = disk_find(disk_of(path), path);
    return file < 0 ? answer(file) : 0;
}

int __wrap_unlink(const char *path)
{
    return disk_holds(path) ? answer(disk_unlink(disk_of(path), path)) : __real_unlink(path);
}

int __wrap_rename(const char *from, const char *to)
{
    return disk_holds(from) ? answer(disk_rename(disk_of(from), from, to)) : __real_rename(from, to);
}

int __wrap_chmod(const char *path, mode_t mode)
{
    return disk_holds(path) ? 0 : __real_chmod(path, mode);
}
