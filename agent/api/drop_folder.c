/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/api/drop_folder.h"

#include "agent/base/log.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define TAKEN_END  ".json"
#define ANSWER_END ".answer"

enum { ANSWER_NAME_MAX = DROP_NAME_MAX + sizeof ANSWER_END, ANSWER_MODE = 0640 };

static enum status fail(const char *what, const char *name, struct errmsg *err)
{
    int code = errno;

    errmsg_set(err, "%s %s: %s", what, name, strerror(code));
    if (code == EISDIR || code == EEXIST)
        return ST_CONFLICT;
    return code == ENOENT || code == ELOOP ? ST_NOT_FOUND : ST_IO;
}

void drop_folder_init(struct drop_folder *folder)
{
    *folder = (struct drop_folder){.fd = -1};
}

enum status drop_folder_open(struct drop_folder *folder, const char *path, struct errmsg *err)
{
    drop_folder_close(folder);
    folder->fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return folder->fd >= 0 ? ST_OK : fail("drop folder", path, err);
}

void drop_folder_close(struct drop_folder *folder)
{
    if (folder->fd >= 0)
        (void)close(folder->fd);
    drop_folder_init(folder);
}

bool drop_folder_is_gone(const struct drop_folder *folder)
{
    struct stat info;

    return fstat(folder->fd, &info) != 0 || info.st_nlink == 0;
}

static bool ends_with(const char *name, const char *end)
{
    size_t len = strlen(name), end_len = strlen(end);

    return len > end_len && strcmp(name + len - end_len, end) == 0;
}

static void warn_once(struct drop_folder *folder, const char *what)
{
    if (!folder->warned)
        log_warn("dropbox-01", "%s", what);
    folder->warned = true;
}

static bool is_taken(struct drop_folder *folder, const char *name)
{
    if (name[0] == '.' || !ends_with(name, TAKEN_END))
        return false;
    if (strlen(name) > DROP_NAME_MAX) {
        warn_once(folder, "a file with too long a name is not taken: 127 bytes are the most");
        return false;
    }
    return true;
}

/* Of NAME.json its answer's name, and the one under which it is made. */
struct answer_names {
    char final[ANSWER_NAME_MAX + 1], made[ANSWER_NAME_MAX + 8];
};

static struct answer_names answer_names(const char *name)
{
    struct answer_names names;

    (void)snprintf(names.final, sizeof names.final, "%.*s" ANSWER_END, (int)(strlen(name) - strlen(TAKEN_END)), name);
    (void)snprintf(names.made, sizeof names.made, ".%s.new", names.final);
    return names;
}

static bool is_folder(const struct drop_folder *folder, const char *name)
{
    struct stat info;

    return fstatat(folder->fd, name, &info, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(info.st_mode);
}

static bool can_be_answered(const struct drop_folder *folder, const char *name)
{
    struct answer_names names = answer_names(name);

    return !is_folder(folder, names.final) && !is_folder(folder, names.made);
}

/* ---- who waits ---- */

static struct drop_waiting *find(struct drop_folder *folder, const char *name)
{
    for (int i = 0; i < folder->waiting_count; i++)
        if (strcmp(folder->waiting[i].name, name) == 0)
            return &folder->waiting[i];
    return NULL;
}

static struct drop_waiting *last_by_name(struct drop_folder *folder)
{
    struct drop_waiting *last = &folder->waiting[0];

    for (int i = 1; i < folder->waiting_count; i++)
        if (strcmp(folder->waiting[i].name, last->name) > 0)
            last = &folder->waiting[i];
    return last;
}

/* NULL: no room; a later look sees it. Of more than there is room for the first by name wait here, or the order in
 * which they are taken would be the file system's. */
static struct drop_waiting *find_or_add(struct drop_folder *folder, const char *name)
{
    struct drop_waiting *one = find(folder, name);

    if (one)
        return one;
    if (folder->waiting_count == DROP_WAITING_MAX) {
        one = last_by_name(folder);
        if (strcmp(name, one->name) > 0)
            return NULL;
    } else {
        one = &folder->waiting[folder->waiting_count++];
    }
    *one = (struct drop_waiting){.size = -1};
    memcpy(one->name, name, strlen(name) + 1);
    return one;
}

void drop_folder_came(struct drop_folder *folder, const char *name)
{
    struct drop_waiting *one = is_taken(folder, name) ? find_or_add(folder, name) : NULL;

    if (one) {
        one->whole = true;
        one->size = -1;
    }
}

static bool is_as_before(const struct drop_waiting *one, const struct stat *info)
{
    return one->size == info->st_size && one->changed.tv_sec == info->st_mtim.tv_sec &&
           one->changed.tv_nsec == info->st_mtim.tv_nsec;
}

static void look_at(struct drop_folder *folder, const char *name, int64_t now_mono_ms)
{
    struct drop_waiting *one;
    struct stat info;

    if (!is_taken(folder, name) || fstatat(folder->fd, name, &info, AT_SYMLINK_NOFOLLOW) != 0)
        return;
    if (!S_ISREG(info.st_mode)) {
        warn_once(folder, "links and special files in the drop folder are not taken");
        return;
    }
    if (!can_be_answered(folder, name)) {
        warn_once(folder, "a file whose answer has no place is not taken: a folder has the answer's name");
        return;
    }
    one = find_or_add(folder, name);
    if (!one)
        return;
    one->there = true;
    if (is_as_before(one, &info))
        return;
    one->whole = one->whole && one->size < 0; /* changed after it came: wait for quiet */
    one->size = info.st_size;
    one->changed = info.st_mtim;
    one->since_mono_ms = now_mono_ms;
}

static void forget_gone(struct drop_folder *folder)
{
    int kept = 0;

    for (int i = 0; i < folder->waiting_count; i++) {
        if (!folder->waiting[i].there)
            continue;
        folder->waiting[kept] = folder->waiting[i];
        folder->waiting[kept++].there = false;
    }
    folder->waiting_count = kept;
}

/* Calls each entry of the folder; the folder's descriptor keeps its place of its own. */
static void each_entry(struct drop_folder *folder,
                       void (*fn)(struct drop_folder *folder, const char *name, void *context), void *context)
{
    int fd = openat(folder->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *entries = fd >= 0 ? fdopendir(fd) : NULL;
    const struct dirent *entry;
    int count = 0;

    if (!entries) {
        if (fd >= 0)
            (void)close(fd);
        return; /* nothing is seen now; the next look comes */
    }
    while ((entry = readdir(entries)) && count++ < DROP_ENTRIES_MAX)
        fn(folder, entry->d_name, context);
    if (entry)
        warn_once(folder, "the drop folder holds too many files: 8,192 are looked at");
    (void)closedir(entries);
}

static void look_at_entry(struct drop_folder *folder, const char *name, void *context)
{
    look_at(folder, name, *(int64_t *)context);
}

bool drop_folder_look(struct drop_folder *folder, int64_t now_mono_ms, char out_name[DROP_NAME_MAX + 1])
{
    const struct drop_waiting *first = NULL;

    each_entry(folder, look_at_entry, &now_mono_ms);
    forget_gone(folder);
    for (int i = 0; i < folder->waiting_count; i++) {
        const struct drop_waiting *one = &folder->waiting[i];

        if ((one->whole || now_mono_ms - one->since_mono_ms >= DROP_QUIET_MS) &&
            (!first || strcmp(one->name, first->name) < 0))
            first = one;
    }
    if (first)
        memcpy(out_name, first->name, sizeof first->name);
    return first != NULL;
}

/* ---- one file ---- */

/* A lease for reading is refused while anybody has the file open for writing. Where there are no leases (another's
 * file, a network share) the quiet time must do. Who opens it for writing before the lease is given back has the
 * kernel send us a signal: SIGIO, which ends a process, unless another one is wanted; nobody minds SIGURG. */
static bool is_being_written(int fd)
{
    bool busy = fcntl(fd, F_SETSIG, SIGURG) == 0 && fcntl(fd, F_SETLEASE, F_RDLCK) != 0 && errno == EAGAIN;

    (void)fcntl(fd, F_SETLEASE, F_UNLCK);
    return busy;
}

static enum status read_bytes(int fd, const char *name, size_t len_max, char **out_bytes, size_t *out_len,
                              struct errmsg *err)
{
    struct stat info;
    size_t len = 0;
    ssize_t got = 1;
    char *bytes;

    if (fstat(fd, &info) != 0)
        return fail("drop folder", name, err);
    if (!S_ISREG(info.st_mode))
        return ST_NOT_FOUND;
    if (is_being_written(fd))
        return ST_AGAIN;
    if ((uint64_t)info.st_size > len_max) {
        errmsg_set(err, "%s has %lld bytes, %zu are the most", name, (long long)info.st_size, len_max);
        return ST_FULL;
    }
    bytes = malloc((size_t)info.st_size + 1);
    if (!bytes)
        return ST_NOMEM;
    while (len < (size_t)info.st_size && got > 0) {
        got = read(fd, bytes + len, (size_t)info.st_size - len);
        len += got > 0 ? (size_t)got : 0;
    }
    if (got < 0) {
        free(bytes);
        return fail("drop folder", name, err);
    }
    bytes[len] = '\0';
    *out_bytes = bytes;
    *out_len = len;
    return ST_OK;
}

enum status drop_folder_read(struct drop_folder *folder, const char *name, size_t len_max, char **out_bytes,
                             size_t *out_len, struct errmsg *err)
{
    /* Not blocking: a pipe put in the file's place meanwhile must not hold the loop. */
    int fd = openat(folder->fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    enum status st =
        fd >= 0 ? read_bytes(fd, name, len_max, out_bytes, out_len, err) : fail("drop folder", name, err);

    if (fd >= 0)
        (void)close(fd);
    return st;
}

static enum status write_new(const struct drop_folder *folder, const char *name, const char *text, size_t len,
                             struct errmsg *err)
{
    int fd;
    size_t done = 0;
    ssize_t put = 1;

    (void)unlinkat(folder->fd, name, 0); /* left by one that was killed */
    fd = openat(folder->fd, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, ANSWER_MODE);
    if (fd < 0)
        return fail("drop folder: answer", name, err);
    while (done < len && put > 0) {
        put = write(fd, text + done, len - done);
        done += put > 0 ? (size_t)put : 0;
    }
    if (done < len || fchmod(fd, ANSWER_MODE) != 0) {
        enum status st = fail("drop folder: answer", name, err);

        (void)close(fd);
        (void)unlinkat(folder->fd, name, 0);
        return st;
    }
    return close(fd) == 0 ? ST_OK : fail("drop folder: answer", name, err);
}

/* Not synced: what the answer tells is in the journal, and a file that is still there after a power cut is answered
 * again. */
enum status drop_folder_answer(struct drop_folder *folder, const char *name, const char *text, size_t len,
                               struct errmsg *err)
{
    struct answer_names names = answer_names(name);
    enum status st = write_new(folder, names.made, text, len, err);

    if (st != ST_OK)
        return st;
    if (renameat(folder->fd, names.made, folder->fd, names.final) != 0) {
        st = fail("drop folder: answer", names.final, err);
        (void)unlinkat(folder->fd, names.made, 0); /* left behind, the next answer removes it */
        return st;
    }
    if (unlinkat(folder->fd, name, 0) != 0 && errno != ENOENT)
        return fail("drop folder: a file that is answered cannot be removed:", name, err);
    return ST_OK;
}

/* ---- answers that nobody took ---- */

struct tidy {
    int64_t now_unix_s, oldest_s;
    int count;
    char oldest[NAME_MAX + 1];
};

static void tidy_entry(struct drop_folder *folder, const char *name, void *context)
{
    struct tidy *tidy = context;
    struct stat info;

    if (!ends_with(name, ANSWER_END) || fstatat(folder->fd, name, &info, AT_SYMLINK_NOFOLLOW) != 0 ||
        !S_ISREG(info.st_mode))
        return;
    if (tidy->now_unix_s - info.st_mtim.tv_sec > DROP_ANSWER_LIFE_S) {
        (void)unlinkat(folder->fd, name, 0); /* the next look tries again */
        return;
    }
    if (tidy->count++ == 0 || info.st_mtim.tv_sec < tidy->oldest_s) {
        tidy->oldest_s = info.st_mtim.tv_sec;
        (void)snprintf(tidy->oldest, sizeof tidy->oldest, "%s", name);
    }
}

/* One too many comes with one answer, so one goes with it. */
void drop_folder_tidy(struct drop_folder *folder, int64_t now_unix_s)
{
    struct tidy tidy = {.now_unix_s = now_unix_s};

    each_entry(folder, tidy_entry, &tidy);
    if (tidy.count > DROP_ANSWERS_MAX)
        (void)unlinkat(folder->fd, tidy.oldest, 0);
}
