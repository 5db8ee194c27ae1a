/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { READ_BYTES_FIRST = 4096, LOCK_TEXT_MAX = 32 };

static enum status fail(const char *what, const char *path, struct errmsg *err)
{
    int code = errno;

    errmsg_set(err, "%s %s: %s", what, path, strerror(code));
    if (code == ENOENT)
        return ST_NOT_FOUND;
    if (code == EACCES || code == EPERM)
        return ST_DENIED;
    return code == ENOMEM ? ST_NOMEM : ST_IO;
}

/* Reads to the end, or one byte past len_max, which tells that there is more. */
static enum status read_all(int fd, const char *path, size_t len_max, char **out_bytes, size_t *out_len,
                            struct errmsg *err)
{
    size_t cap = 0, len = 0;
    char *bytes = NULL;
    enum status st;

    for (;;) {
        ssize_t got;

        if (len + 1 >= cap) {
            size_t wanted = cap ? 2 * cap : READ_BYTES_FIRST;
            char *grown;

            if (wanted > len_max + 2)
                wanted = len_max + 2; /* the byte that is one too many, and the NUL */
            grown = realloc(bytes, wanted);
            if (!grown) {
                errmsg_set(err, "reading %s: out of memory at %zu bytes", path, wanted);
                st = ST_NOMEM;
                break;
            }
            bytes = grown;
            cap = wanted;
        }
        got = read(fd, bytes + len, cap - 1 - len);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0) {
            st = fail("reading", path, err);
            break;
        }
        if (got == 0) {
            bytes[len] = '\0';
            *out_bytes = bytes;
            *out_len = len;
            return ST_OK;
        }
        len += (size_t)got;
        if (len > len_max) {
            errmsg_set(err, "reading %s: longer than %zu bytes", path, len_max);
            st = ST_FULL;
            break;
        }
    }
    free(bytes);
    return st;
}

enum status file_read(const char *path, size_t len_max, char **out_bytes, size_t *out_len, struct errmsg *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    enum status st;

    if (fd < 0)
        return fail("opening", path, err);
    st = read_all(fd, path, len_max, out_bytes, out_len, err);
    close(fd);
    return st;
}

/* The folder a path lies in, as a path: "/etc/x" "/etc", "x" ".", "/x" "/". */
static enum status folder_of(const char *path, char out_folder[PATH_MAX], struct errmsg *err)
{
    const char *slash = strrchr(path, '/');
    size_t len = slash ? (size_t)(slash - path) : 0;

    if (len >= PATH_MAX) {
        errmsg_set(err, "%.64s...: the path is longer than %d bytes", path, PATH_MAX - 1);
        return ST_INVALID;
    }
    if (len > 0)
        memcpy(out_folder, path, len);
    else
        out_folder[len++] = slash ? '/' : '.';
    out_folder[len] = '\0';
    return ST_OK;
}

enum status file_sync_folder(const char *path, struct errmsg *err)
{
    char folder[PATH_MAX];
    enum status st = folder_of(path, folder, err);
    int fd;

    if (st != ST_OK)
        return st;
    fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return fail("opening the folder", folder, err);
    if (fsync(fd) != 0)
        st = fail("writing the folder", folder, err);
    close(fd);
    return st;
}

static enum status write_all(int fd, const char *path, const char *bytes, size_t len, struct errmsg *err)
{
    while (len > 0) {
        ssize_t wrote = write(fd, bytes, len);

        if (wrote < 0 && errno == EINTR)
            continue;
        if (wrote == 0)
            errno = ENOSPC; /* not seen on Linux, but it must not turn into an endless loop */
        if (wrote <= 0)
            return fail("writing", path, err);
        bytes += wrote;
        len -= (size_t)wrote;
    }
    return ST_OK;
}

/* An fsync that fails is not tried again: the kernel may have dropped the pages and would call the next one good. */
static enum status fill(int fd, const char *path, const void *bytes, size_t len, mode_t mode, struct errmsg *err)
{
    enum status st = write_all(fd, path, bytes, len, err);

    if (st == ST_OK && fchmod(fd, mode) != 0)
        st = fail("setting the mode of", path, err);
    if (st == ST_OK && fsync(fd) != 0)
        st = fail("writing to disk", path, err);
    if (close(fd) != 0 && st == ST_OK)
        st = fail("closing", path, err);
    return st;
}

enum status file_write(const char *path, const void *bytes, size_t len, mode_t mode, struct errmsg *err)
{
    char temporary[PATH_MAX];
    enum status st;
    int fd;

    /* A name of its own, since a till and loyalctl may write the same file at once: the last rename wins, whole. */
    if (snprintf(temporary, sizeof temporary, "%s.XXXXXX", path) >= (int)sizeof temporary) {
        errmsg_set(err, "%.64s...: the path is longer than %d bytes", path, PATH_MAX - 8);
        return ST_INVALID;
    }
    fd = mkostemp(temporary, O_CLOEXEC);
    if (fd < 0)
        return fail("making a file beside", path, err);
    st = fill(fd, temporary, bytes, len, mode, err);
    if (st == ST_OK && rename(temporary, path) != 0)
        st = fail("renaming to", path, err);
    if (st != ST_OK) {
        (void)unlink(temporary); /* what stays behind is a stray file, never half of the real one */
        return st;
    }
    return file_sync_folder(path, err);
}

static enum status make_one(const char *path, mode_t mode, struct errmsg *err)
{
    struct stat at;

    if (mkdir(path, mode) == 0) {
        (void)file_sync_folder(path, NULL); /* a folder lost by a power cut is made again at the next start */
        return ST_OK;
    }
    if (errno != EEXIST)
        return fail("making the folder", path, err);
    if (stat(path, &at) != 0)
        return fail("looking at", path, err);
    if (!S_ISDIR(at.st_mode)) {
        errmsg_set(err, "%s: is there, but is no folder", path);
        return ST_CONFLICT;
    }
    return ST_OK;
}

enum status file_mkdir(const char *path, mode_t mode, struct errmsg *err)
{
    char part[PATH_MAX];
    size_t len = strnlen(path, PATH_MAX);
    enum status st;
    size_t i;

    if (len == 0 || len >= PATH_MAX) {
        errmsg_set(err, "folder: wanted is a path of 1 to %d bytes", PATH_MAX - 1);
        return ST_INVALID;
    }
    memcpy(part, path, len + 1);
    for (i = 1; i < len; i++) {
        if (part[i] != '/' || part[i - 1] == '/')
            continue;
        part[i] = '\0';
        st = make_one(part, mode, err);
        part[i] = '/';
        if (st != ST_OK)
            return st;
    }
    return make_one(part, mode, err);
}

/* The pid in a lock file, 0 when there is none: its holder may be between taking the lock and writing. */
static long read_pid(int fd)
{
    char text[LOCK_TEXT_MAX];
    ssize_t len = pread(fd, text, sizeof text - 1, 0);
    long pid;
    char *end;

    if (len <= 0)
        return 0;
    text[len] = '\0';
    errno = 0;
    pid = strtol(text, &end, 10);
    return errno == 0 && end != text && pid > 0 ? pid : 0;
}

static enum status say_holder(int fd, const char *dir, const char *path, const char *program, struct errmsg *err)
{
    long pid = read_pid(fd);

    if (pid > 0)
        errmsg_set(err, "%s: already running with pid %ld on %s (lock file %s)", program, pid, dir, path);
    else
        errmsg_set(err, "%s: already running, just starting, on %s (lock file %s)", program, dir, path);
    return ST_CONFLICT;
}

static enum status take_lock(int fd, const char *dir, const char *path, const char *program, struct errmsg *err)
{
    char text[LOCK_TEXT_MAX];
    int len = snprintf(text, sizeof text, "%ld\n", (long)getpid());

    while (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        if (errno == EWOULDBLOCK)
            return say_holder(fd, dir, path, program, err);
        if (errno != EINTR)
            return fail("locking", path, err);
    }
    /* The lock itself is what counts and dies with its holder; the pid in it is for people. */
    if (ftruncate(fd, 0) != 0 || pwrite(fd, text, (size_t)len, 0) != len)
        return fail("writing", path, err);
    return ST_OK;
}

enum status file_lock_dir(const char *dir, const char *program, int *out_fd, struct errmsg *err)
{
    char path[PATH_MAX];
    enum status st;
    int fd;

    if (snprintf(path, sizeof path, "%s/lock", dir) >= (int)sizeof path) {
        errmsg_set(err, "%.64s...: the path is longer than %d bytes", dir, PATH_MAX - 6);
        return ST_INVALID;
    }
    fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
    if (fd < 0)
        return fail("opening the lock file", path, err);
    st = take_lock(fd, dir, path, program, err);
    if (st != ST_OK) {
        close(fd);
        return st;
    }
    *out_fd = fd;
    return ST_OK;
}
