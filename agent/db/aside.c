/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/db/aside.h"

#include "agent/base/file.h"
#include "agent/db/sqlite.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char MARK[] = ".damaged-";

/* The time in "<name>.damaged-<time>"; -1 for any other name, such as the WAL's. */
static int64_t time_of(const char *entry, const char *name)
{
    size_t len = strlen(name);
    const char *digits;
    char *end;
    long long value;

    if (strncmp(entry, name, len) != 0 || strncmp(entry + len, MARK, sizeof MARK - 1) != 0)
        return -1;
    digits = entry + len + sizeof MARK - 1;
    if (*digits < '0' || *digits > '9')
        return -1;
    errno = 0;
    value = strtoll(digits, &end, 10);
    return errno == 0 && *end == '\0' ? value : -1;
}

static void delete_aside(const char *path, int64_t time)
{
    char old[SQLITE_PATH_MAX + 64];

    (void)snprintf(old, sizeof old, "%s%s%" PRId64, path, MARK, time);
    (void)unlink(old); /* tried again when the next one is put aside */
    (void)snprintf(old, sizeof old, "%s%s%" PRId64 "-wal", path, MARK, time);
    (void)unlink(old);
}

/* How many are there, and the oldest but for the one just made: on a clock that went back that may not have the
 * latest name. */
static int count_asides(const char *folder, const char *name, int64_t made, int64_t *out_oldest)
{
    DIR *dir = opendir(folder);
    struct dirent *entry;
    int count = 0;

    *out_oldest = INT64_MAX;
    while (dir && (entry = readdir(dir))) {
        int64_t time = time_of(entry->d_name, name);

        if (time < 0)
            continue;
        count++;
        if (time < *out_oldest && time != made)
            *out_oldest = time;
    }
    if (dir)
        closedir(dir);
    return count;
}

static void delete_old(const char *path, int64_t made)
{
    const char *slash = strrchr(path, '/');
    char folder[SQLITE_PATH_MAX + 8];
    int64_t oldest;
    int count, before = INT_MAX;

    (void)snprintf(folder, sizeof folder, "%.*s", slash ? (int)(slash - path) + 1 : 1, slash ? path : ".");
    /* Ends when deleting does not help either. */
    while ((count = count_asides(folder, slash ? slash + 1 : path, made, &oldest)) > ASIDE_KEEP_MAX &&
           count < before) {
        delete_aside(path, oldest);
        before = count;
    }
}

enum status aside_rename(const char *path, int64_t now_unix_ms, struct errmsg *err)
{
    char from[SQLITE_PATH_MAX + 8], to[SQLITE_PATH_MAX + 64];
    int64_t time = now_unix_ms > 0 ? now_unix_ms : 0;

    /* Two in one millisecond, or a clock that went back: each keeps its own name. */
    do
        (void)snprintf(to, sizeof to, "%s%s%" PRId64, path, MARK, time++);
    while (access(to, F_OK) == 0);
    if (rename(path, to) != 0 && errno != ENOENT) {
        errmsg_set(err, "putting the damaged %s aside: %s", path, strerror(errno));
        return errno == EACCES || errno == EROFS ? ST_DENIED : ST_IO;
    }
    (void)snprintf(from, sizeof from, "%s-wal", path);
    (void)snprintf(to + strlen(to), sizeof to - strlen(to), "-wal");
    /* A WAL left here would be read into the new file. */
    if (rename(from, to) != 0 && errno != ENOENT && unlink(from) != 0) {
        errmsg_set(err, "putting the damaged %s aside: %s", from, strerror(errno));
        return ST_IO;
    }
    delete_old(path, time - 1);
    return file_sync_folder(path, err);
}
